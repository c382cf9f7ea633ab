//! Ways in which a network fails, asked for by tests.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use tollgate_domain::Provider;

/// The longest delay that can be asked for.
const MAX_DELAY_MS: u64 = 60_000;
/// Faults that can wait at once.
const MAX_FAULTS: usize = 100;

/// What is asked of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    Authorize,
    Capture,
    Void,
    Refund,
    LookUp,
}

/// Whether the work was done when the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum When {
    Before,
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// No answer until the caller goes or faults are cleared.
    Hang,
    /// Status 500.
    Error,
    /// 200 with something that is no JSON.
    Garbage,
    /// The right answer, late.
    Delay,
}

/// A fault that waits for its request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fault {
    provider: Provider,
    operation: Operation,
    when: When,
    what: What,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

/// The faults that wait, and the requests that hang.
pub(super) struct Faults {
    waiting: Mutex<Vec<Fault>>,
    hanging: Mutex<u32>,
    cleared: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            hanging: Mutex::default(),
            cleared: watch::Sender::new(0),
        }
    }
}

/// Counts a request that hangs for as long as it does, however that ends.
struct Hanging<'a>(&'a Mutex<u32>);

impl<'a> Hanging<'a> {
    fn begin(count: &'a Mutex<u32>) -> Self {
        *lock(count) += 1;
        Self(count)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        *lock(self.0) -= 1;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        let mut waiting = lock(&self.waiting);
        if waiting.len() < MAX_FAULTS {
            waiting.push(fault);
        }
    }

    pub(super) fn clear(&self) {
        lock(&self.waiting).clear();
        self.cleared.send_modify(|times| *times += 1);
    }

    pub(super) fn show(&self) -> Value {
        json!({"waiting": *lock(&self.waiting), "hanging": *lock(&self.hanging)})
    }

    fn take(&self, provider: Provider, operation: Operation, when: When) -> Option<Fault> {
        let mut waiting = lock(&self.waiting);
        let at = waiting
            .iter()
            .position(|f| f.provider == provider && f.operation == operation && f.when == when)?;
        let fault = waiting[at].clone();
        waiting[at].times = fault.times.saturating_sub(1);
        if waiting[at].times == 0 {
            waiting.remove(at);
        }
        Some(fault)
    }

    /// What the caller gets in place of the right answer, if anything.
    pub(super) async fn strike(
        &self,
        provider: Provider,
        operation: Operation,
        when: When,
    ) -> Option<Response> {
        let fault = self.take(provider, operation, when)?;
        match fault.what {
            What::Error => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            What::Garbage => Some("<html>what?".into_response()),
            What::Delay => {
                tokio::time::sleep(Duration::from_millis(fault.delay_ms.min(MAX_DELAY_MS))).await;
                None
            }
            What::Hang => {
                let _hanging = Hanging::begin(&self.hanging);
                let _ = self.cleared.subscribe().changed().await;
                Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
        }
    }
}
