//! When a use case dies: at which of its calls, and whether that call still arrives.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::sync::watch;

/// Dies at its `call`-th call, from 1, before it arrives or after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kill {
    pub(crate) call: u32,
    pub(crate) after: bool,
}

/// Counts the calls of the use case that runs, and ends it.
pub(crate) struct Fate {
    kill: Mutex<Option<Kill>>,
    calls: AtomicU32,
    dead: watch::Sender<u64>,
}

impl Fate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { kill: Mutex::new(None), calls: AtomicU32::new(0), dead: watch::Sender::new(0) })
    }

    /// Runs a use case; `None` when it was killed.
    pub(crate) async fn run<T>(&self, kill: Option<Kill>, work: impl Future<Output = T>) -> Option<T> {
        self.calls.store(0, Ordering::SeqCst);
        *self.kill.lock().unwrap() = kill;
        let mut dead = self.dead.subscribe();
        let done = tokio::select! {
            biased;
            _ = dead.changed() => None,
            done = work => Some(done),
        };
        *self.kill.lock().unwrap() = None;
        done
    }

    /// Lets a call through; never returns for one at which the use case dies.
    pub(crate) async fn pass<T>(&self, call: impl Future<Output = T>) -> T {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let kill = self.kill.lock().unwrap().filter(|kill| kill.call == number);
        match kill {
            Some(Kill { after: false, .. }) => self.die().await,
            Some(Kill { after: true, .. }) => {
                let _ = call.await;
                self.die().await
            }
            None => call.await,
        }
    }

    async fn die<T>(&self) -> T {
        self.dead.send_modify(|times| *times += 1);
        std::future::pending().await
    }
}
