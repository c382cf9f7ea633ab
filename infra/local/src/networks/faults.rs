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
use tollgate_domain::ProcessorKind;

/// The longest delay that can be asked for.
const DELAY_MS_MAX: u64 = 60_000;
/// Faults that can wait at once.
const FAULTS_MAX: usize = 100;

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
pub(super) enum What {
    /// No answer until the caller goes or faults are cleared.
    Hang,
    /// Status 500.
    Error,
    /// 200 with something that is no JSON.
    Garbage,
    /// The right answer, late.
    Delay,
    /// Status 500 now, and the request is carried out `delay_ms` later.
    Late,
    /// The request arrives twice; the second answer is given.
    Repeat,
    /// Too busy: certainly nothing was done.
    Busy,
    /// The issuer or the acquirer says no.
    Decline,
    /// The authorisation is held until a reviewer decides.
    Review,
    /// The issuer approves, and a risk rule refuses.
    Refuse,
    /// The provider does not know for `delay_ms` what came of it; it was done.
    UnknownDone,
    /// The same, and it was not done.
    UnknownNotDone,
}

impl What {
    /// Whether it changes what is done, not the way of the answer.
    const fn is_of_the_work(self) -> bool {
        matches!(
            self,
            Self::Late
                | Self::Repeat
                | Self::Busy
                | Self::Decline
                | Self::Review
                | Self::Refuse
                | Self::UnknownDone
                | Self::UnknownNotDone
        )
    }
}

/// A fault that waits for its request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fault {
    provider: ProcessorKind,
    operation: Operation,
    when: When,
    pub(super) what: What,
    #[serde(default)]
    pub(super) delay_ms: u64,
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
        Self { waiting: Mutex::default(), hanging: Mutex::default(), cleared: watch::Sender::new(0) }
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
        if waiting.len() < FAULTS_MAX {
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

    fn take(&self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut waiting = lock(&self.waiting);
        let at = waiting.iter().position(wanted)?;
        let fault = waiting[at].clone();
        waiting[at].times = fault.times.saturating_sub(1);
        if waiting[at].times == 0 {
            waiting.remove(at);
        }
        Some(fault)
    }

    /// A fault of the work itself.
    pub(super) fn of_the_work(&self, provider: ProcessorKind, operation: Operation) -> Option<Fault> {
        self.take(|f| f.provider == provider && f.operation == operation && f.what.is_of_the_work())
    }

    /// What the caller gets in place of the right answer, if anything.
    pub(super) async fn strike(
        &self,
        provider: ProcessorKind,
        operation: Operation,
        when: When,
    ) -> Option<Response> {
        let fault = self.take(|f| {
            f.provider == provider && f.operation == operation && f.when == when && !f.what.is_of_the_work()
        })?;
        match fault.what {
            What::Garbage => Some("<html>what?".into_response()),
            What::Delay => {
                tokio::time::sleep(Duration::from_millis(fault.delay_ms.min(DELAY_MS_MAX))).await;
                None
            }
            What::Hang => {
                let _hanging = Hanging::begin(&self.hanging);
                let _ = self.cleared.subscribe().changed().await;
                Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
            _ => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        }
    }
}
