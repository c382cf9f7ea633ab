//! Both processors: their ledger, their faults, and how a request is carried out.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tollgate_domain::{Decline, ProcessorKind};

use super::{
    accounts::NoticesTo,
    faults::{Faults, Operation, When, WorkFault},
    ledger::Ledger,
    transaction::Outcome,
};
use crate::{Error, clock, logs::log};

/// Delayed requests that wait, at most.
const LATE_MAX: usize = 1000;
/// The longest lag of look-ups: an hour.
pub(super) const LAG_MS_MAX: i64 = 60 * 60 * 1000;

/// A clock, in milliseconds since 1970.
pub type NowMs = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Carries out a request.
type Work = Box<dyn Fn(&Ledger, &Effects) -> Result<Response, Error> + Send + Sync>;

/// Both processors.
pub struct Simulators {
    pub(super) ledger: Ledger,
    pub(super) faults: Faults,
    /// Delayed requests and their times. The next request of any kind carries out those that are due.
    late: Mutex<Vec<(i64, Work)>>,
    pub(super) lag_ms: AtomicI64,
    pub(super) notices_to: OnceLock<NoticesTo>,
    now_ms: NowMs,
}

/// How a request is carried out.
pub(super) struct Effects {
    /// A fault of the work, with its delay in milliseconds.
    fault: Option<(WorkFault, u64)>,
    /// The time of the work, in milliseconds since 1970.
    pub(super) now: i64,
    lag_ms: i64,
}

impl Effects {
    /// The outcome of a request that has the outcome `natural` without a fault.
    pub(super) fn outcome(&self, natural: Outcome) -> Outcome {
        match self.fault.map(|(fault, _)| fault) {
            Some(WorkFault::Decline | WorkFault::UnknownNotDone) => Outcome::Declined(Decline::CardDeclined),
            Some(WorkFault::Review) if natural == Outcome::Done => Outcome::Review,
            Some(WorkFault::Refuse) if natural == Outcome::Done => Outcome::Refused,
            None
            | Some(
                WorkFault::Late
                | WorkFault::Repeat
                | WorkFault::Busy
                | WorkFault::Review
                | WorkFault::Refuse
                | WorkFault::UnknownDone,
            ) => natural,
        }
    }

    /// When look-ups begin to show the transaction.
    pub(super) fn visible_at(&self) -> i64 {
        self.now.saturating_add(self.lag_ms)
    }

    /// When the outcome becomes known.
    pub(super) fn decided_at(&self) -> i64 {
        match self.fault {
            Some((WorkFault::UnknownDone | WorkFault::UnknownNotDone, delay_ms)) => {
                self.now.saturating_add_unsigned(delay_ms)
            }
            None
            | Some((
                WorkFault::Late
                | WorkFault::Repeat
                | WorkFault::Busy
                | WorkFault::Decline
                | WorkFault::Review
                | WorkFault::Refuse,
                _,
            )) => self.now,
        }
    }
}

fn system_now_ms() -> i64 {
    i64::try_from(clock::now_ms()).unwrap_or(i64::MAX)
}

impl Simulators {
    /// Processors that keep their ledger in a file.
    pub fn open(path: &Path) -> Result<Arc<Self>, Error> {
        Self::open_with_clock(path, Arc::new(system_now_ms))
    }

    /// The same, with the caller's clock.
    pub fn open_with_clock(path: &Path, now_ms: NowMs) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self {
            ledger: Ledger::open(path)?,
            faults: Faults::default(),
            late: Mutex::default(),
            lag_ms: AtomicI64::new(0),
            notices_to: OnceLock::new(),
            now_ms,
        }))
    }

    pub(super) fn now(&self) -> i64 {
        (self.now_ms)()
    }

    fn effects(&self, fault: Option<(WorkFault, u64)>) -> Effects {
        Effects { fault, now: self.now(), lag_ms: self.lag_ms.load(Ordering::Relaxed) }
    }

    fn carry_out(&self, work: &Work, effects: &Effects) -> Response {
        work(&self.ledger, effects).unwrap_or_else(|error| {
            log("networks", &error.to_string());
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })
    }

    /// Carries out the delayed requests that are due.
    pub(super) fn carry_out_late(&self) {
        let now = self.now();
        let due: Vec<(i64, Work)> = {
            let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
            let (due, rest) = late.drain(..).partition(|(at, _)| *at <= now);
            *late = rest;
            due
        };
        for (at, work) in due {
            // The clock of a delayed request is the time it was put off to.
            let effects = Effects { now: at, ..self.effects(None) };
            let _ = self.carry_out(&work, &effects);
        }
    }

    /// Carries out a request as a processor does, with the fault that waits for it, if any.
    pub(super) async fn perform(
        &self,
        processor: ProcessorKind,
        operation: Operation,
        work: Work,
    ) -> Response {
        self.carry_out_late();
        if let Some(spoilt) = self.faults.strike(processor, operation, When::Before).await {
            return spoilt;
        }
        let effects = self.effects(self.faults.of_the_work(processor, operation));
        let answer = match effects.fault {
            Some((WorkFault::Busy, _)) => return reply(429, &json!({"message": "Too many requests"})),
            Some((WorkFault::Late, delay_ms)) => {
                self.put_off(effects.now.saturating_add_unsigned(delay_ms), work);
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            Some((WorkFault::Repeat, _)) => {
                let _ = self.carry_out(&work, &effects);
                self.carry_out(&work, &self.effects(None))
            }
            None
            | Some((
                WorkFault::Decline
                | WorkFault::Review
                | WorkFault::Refuse
                | WorkFault::UnknownDone
                | WorkFault::UnknownNotDone,
                _,
            )) => self.carry_out(&work, &effects),
        };
        match self.faults.strike(processor, operation, When::After).await {
            Some(spoilt) => spoilt,
            None => answer,
        }
    }

    fn put_off(&self, until_ms: i64, work: Work) {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if late.len() < LATE_MAX {
            late.push((until_ms, work));
        }
    }
}

/// An answer in JSON.
pub(super) fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
