//! Failures of a processor or of its network, requested by tests.

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

/// The longest delay of an answer.
const DELAY_MS_MAX: u64 = 60_000;
/// Faults that wait, at most.
const FAULTS_MAX: usize = 100;

/// A processor's operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    Authorize,
    Capture,
    Void,
    Refund,
    LookUp,
}

/// Whether the fault strikes before or after the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum When {
    Before,
    After,
}

/// The kind of a fault, as tests name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultKind {
    /// No answer until the caller disconnects or faults are cleared.
    Hang,
    /// Status 500.
    Error,
    /// Status 200 with a body that is not JSON.
    Garbage,
    /// The right answer, late.
    Delay,
    /// Status 500 now, and the request is carried out `delay_ms` later.
    Late,
    /// The request arrives twice; the second answer is given.
    Repeat,
    /// Status 429: nothing was done.
    Busy,
    /// The issuer or the acquirer declines.
    Decline,
    /// The authorisation is held until a reviewer decides.
    Review,
    /// The issuer approves, and a risk rule refuses.
    Refuse,
    /// The outcome is unknown for `delay_ms`; it was done.
    UnknownDone,
    /// The outcome is unknown for `delay_ms`; it was not done.
    UnknownNotDone,
}

/// A fault of the answer; the request is carried out as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnswerFault {
    Hang,
    Error,
    Garbage,
    Delay,
}

/// A fault of the work itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkFault {
    Late,
    Repeat,
    Busy,
    Decline,
    Review,
    Refuse,
    UnknownDone,
    UnknownNotDone,
}

impl FaultKind {
    const fn of_the_answer(self) -> Option<AnswerFault> {
        match self {
            Self::Hang => Some(AnswerFault::Hang),
            Self::Error => Some(AnswerFault::Error),
            Self::Garbage => Some(AnswerFault::Garbage),
            Self::Delay => Some(AnswerFault::Delay),
            Self::Late
            | Self::Repeat
            | Self::Busy
            | Self::Decline
            | Self::Review
            | Self::Refuse
            | Self::UnknownDone
            | Self::UnknownNotDone => None,
        }
    }

    const fn of_the_work(self) -> Option<WorkFault> {
        match self {
            Self::Hang | Self::Error | Self::Garbage | Self::Delay => None,
            Self::Late => Some(WorkFault::Late),
            Self::Repeat => Some(WorkFault::Repeat),
            Self::Busy => Some(WorkFault::Busy),
            Self::Decline => Some(WorkFault::Decline),
            Self::Review => Some(WorkFault::Review),
            Self::Refuse => Some(WorkFault::Refuse),
            Self::UnknownDone => Some(WorkFault::UnknownDone),
            Self::UnknownNotDone => Some(WorkFault::UnknownNotDone),
        }
    }
}

/// A fault that waits for its request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fault {
    #[serde(rename = "provider")]
    processor: ProcessorKind,
    operation: Operation,
    when: When,
    what: FaultKind,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

/// The waiting faults and the hanging requests.
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

/// Counts a hanging request until it is dropped.
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

    /// Uses up the first fault that `pick` accepts, once; returns what it picked, and the delay in milliseconds.
    fn take<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<(T, u64)> {
        let mut waiting = lock(&self.waiting);
        let (at, picked) =
            waiting.iter().enumerate().find_map(|(at, fault)| pick(fault).map(|picked| (at, picked)))?;
        let delay_ms = waiting[at].delay_ms;
        waiting[at].times = waiting[at].times.saturating_sub(1);
        if waiting[at].times == 0 {
            waiting.remove(at);
        }
        Some((picked, delay_ms))
    }

    /// A fault of the work itself, with its delay in milliseconds.
    pub(super) fn of_the_work(
        &self,
        processor: ProcessorKind,
        operation: Operation,
    ) -> Option<(WorkFault, u64)> {
        self.take(|fault| {
            let is_meant = fault.processor == processor && fault.operation == operation;
            fault.what.of_the_work().filter(|_| is_meant)
        })
    }

    /// The answer in place of the right one, if a fault strikes.
    pub(super) async fn strike(
        &self,
        processor: ProcessorKind,
        operation: Operation,
        when: When,
    ) -> Option<Response> {
        let (fault, delay_ms) = self.take(|fault| {
            let is_meant = fault.processor == processor && fault.operation == operation && fault.when == when;
            fault.what.of_the_answer().filter(|_| is_meant)
        })?;
        match fault {
            AnswerFault::Error => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            AnswerFault::Garbage => Some("<html>what?".into_response()),
            AnswerFault::Delay => {
                tokio::time::sleep(Duration::from_millis(delay_ms.min(DELAY_MS_MAX))).await;
                None
            }
            AnswerFault::Hang => {
                let _hanging = Hanging::begin(&self.hanging);
                let _ = self.cleared.subscribe().changed().await;
                Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
        }
    }
}
