//! One process of a function: its current and its next invocation, and how it is ended.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Bytes;
use tokio::{sync::Notify, task::AbortHandle};

use super::{
    freezer::Freezer,
    invocation::{Invocation, Verdict},
};
use crate::template;

/// One process of a function.
pub(super) struct Instance {
    pub(super) function: Arc<template::Function>,
    pub(super) pid: Option<u32>,
    freezer: Freezer,
    began: Instant,
    work: Mutex<Work>,
    assigned: Notify,
    kill: Notify,
    invocations: AtomicU64,
}

struct Work {
    /// Assigned to this process and not picked up yet.
    next: Option<Invocation>,
    /// Picked up and not answered yet, with the timer of its timeout.
    current: Option<(Invocation, AbortHandle)>,
    asked: bool,
    /// Whether the process starts within its first invocation, because another has failed to start for it.
    starts_within: bool,
    verdict: Option<Verdict>,
    last_used: Instant,
}

/// An invocation that the process has picked up.
pub(super) struct PickedUp {
    pub(super) id: String,
    pub(super) payload: Bytes,
    /// How much of the function's timeout is left.
    pub(super) timeout: Duration,
}

impl Instance {
    pub(super) fn new(function: Arc<template::Function>, pid: Option<u32>, freeze: bool) -> Arc<Self> {
        let began = Instant::now();
        let work = Work {
            next: None,
            current: None,
            asked: false,
            starts_within: false,
            verdict: None,
            last_used: began,
        };
        Arc::new(Self {
            function,
            pid,
            freezer: Freezer::new(pid, freeze),
            began,
            work: Mutex::new(work),
            assigned: Notify::new(),
            kill: Notify::new(),
            invocations: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Assigns an invocation to the process, which waits for one or is starting.
    pub(super) fn assign(&self, invocation: Invocation) {
        {
            let mut work = self.lock();
            work.starts_within = invocation.init_failed && !work.asked;
            work.next = Some(invocation);
            // Under the lock: else the process could be frozen after this.
            self.freezer.thaw();
        }
        self.assigned.notify_one();
    }

    /// How long the process may take to ask for its first invocation: `limit`, or the function's timeout if it starts
    /// within an invocation.
    pub(super) fn init_timeout(&self, limit: Duration) -> Duration {
        if self.lock().starts_within { self.function.timeout } else { limit }
    }

    /// Kills a process that has not asked for its first invocation within the limit.
    pub(super) fn time_out_init(&self, limit: Duration) {
        let (asked, within) = {
            let work = self.lock();
            (work.asked, work.starts_within)
        };
        if asked {
            return;
        }
        self.kill_because(if within {
            Verdict::timed_out(self.function.timeout)
        } else {
            Verdict::exit(format!("Runtime init took longer than {} s", limit.as_secs_f64()))
        });
    }

    /// Takes the unanswered invocations of a process that has ended: the current one, and the one not picked up.
    pub(super) fn take_work(&self) -> (Option<Invocation>, Option<Invocation>) {
        let mut work = self.lock();
        let current = work.current.take().map(|(invocation, timer)| {
            timer.abort();
            invocation
        });
        (current, work.next.take())
    }

    pub(super) fn has_asked(&self) -> bool {
        self.lock().asked
    }

    pub(super) fn is_busy(&self) -> bool {
        let work = self.lock();
        work.next.is_some() || work.current.is_some()
    }

    pub(super) fn last_used(&self) -> Instant {
        self.lock().last_used
    }

    pub(super) fn invocations(&self) -> u64 {
        self.invocations.load(Ordering::Relaxed)
    }

    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    /// Kills the process; the waiting caller is told this reason.
    pub(super) fn kill_because(&self, verdict: Verdict) {
        self.lock().verdict = Some(verdict);
        self.kill();
    }

    pub(super) fn take_verdict(&self) -> Option<Verdict> {
        self.lock().verdict.take()
    }

    pub(super) async fn killed(&self) {
        self.kill.notified().await;
    }

    /// Waits for the next invocation, frozen. Its timeout begins when it is picked up.
    pub(super) async fn next(self: &Arc<Self>) -> PickedUp {
        loop {
            // Registered before the check, so that no invocation is missed.
            let assigned = self.assigned.notified();
            if let Some(picked_up) = self.pick_up() {
                return picked_up;
            }
            assigned.await;
        }
    }

    fn pick_up(self: &Arc<Self>) -> Option<PickedUp> {
        let mut work = self.lock();
        work.asked = true;
        let Some(invocation) = work.next.take() else {
            self.freezer.freeze();
            return None;
        };
        let mut timeout = self.function.timeout;
        if std::mem::take(&mut work.starts_within) {
            timeout = timeout.saturating_sub(self.began.elapsed());
        }
        let picked_up = PickedUp { id: invocation.id.clone(), payload: invocation.payload.clone(), timeout };
        let timer = tokio::spawn(self.clone().time_out(invocation.id.clone(), timeout));
        work.current = Some((invocation, timer.abort_handle()));
        Some(picked_up)
    }

    /// Kills the process if the invocation still runs after its timeout.
    async fn time_out(self: Arc<Self>, id: String, timeout: Duration) {
        tokio::time::sleep(timeout).await;
        let still_running = self.lock().current.as_ref().is_some_and(|(i, _)| i.id == id);
        if still_running {
            self.kill_because(Verdict::timed_out(self.function.timeout));
        }
    }

    /// Takes the current invocation, which is answered, if it has this id.
    pub(super) fn take_answered(&self, id: &str) -> Option<Invocation> {
        let (invocation, timer) = {
            let mut work = self.lock();
            work.last_used = Instant::now();
            work.current.take_if(|(invocation, _)| invocation.id == id)?
        };
        timer.abort();
        self.invocations.fetch_add(1, Ordering::Relaxed);
        Some(invocation)
    }
}
