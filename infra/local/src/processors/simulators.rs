//! Both processors: what they did, how they fail, and how a request is carried out.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tollgate_domain::Provider;

use super::{
    faults::{Fault, Faults, Operation, What, When},
    ledger::Ledger,
    transaction::{DONE, REFUSED, REVIEW},
};
use crate::{Error, clock, logs::log};

/// Requests that wait to be carried out late.
const LATE_MAX: usize = 1000;
/// The longest lag that can be asked for, in milliseconds: an hour.
pub(super) const LAG_MAX_MS: i64 = 60 * 60 * 1000;

/// Tells the time, in milliseconds since 1970.
pub type NowMs = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Carries a request out, in whatever way it is told to.
type Work = Box<dyn Fn(&Ledger, &Effects) -> Result<Response, Error> + Send + Sync>;

/// Both processors.
pub struct Simulators {
    pub(super) ledger: Ledger,
    pub(super) faults: Faults,
    /// Requests that are carried out when their time has come, by the next request of any kind.
    late: Mutex<Vec<(i64, Work)>>,
    pub(super) lag_ms: AtomicI64,
    now_ms: NowMs,
}

/// In what way a request is carried out.
pub(super) struct Effects {
    fault: Option<Fault>,
    /// When, in milliseconds since 1970.
    pub(super) now: i64,
    lag_ms: i64,
}

impl Effects {
    fn what(&self) -> Option<What> {
        self.fault.as_ref().map(|fault| fault.what)
    }

    /// What comes of a request that would by itself end like this.
    pub(super) fn outcome(&self, natural: &str) -> String {
        match self.what() {
            Some(What::Decline | What::UnknownNotDone) => "card_declined",
            Some(What::Review) if natural == DONE => REVIEW,
            Some(What::Refuse) if natural == DONE => REFUSED,
            _ => natural,
        }
        .to_owned()
    }

    pub(super) fn visible_at(&self) -> i64 {
        self.now.saturating_add(self.lag_ms)
    }

    pub(super) fn decided_at(&self) -> i64 {
        match (&self.fault, self.what()) {
            (Some(fault), Some(What::UnknownDone | What::UnknownNotDone)) => {
                self.now.saturating_add_unsigned(fault.delay_ms)
            }
            _ => self.now,
        }
    }
}

fn system_now_ms() -> i64 {
    i64::try_from(clock::now_ms()).unwrap_or(i64::MAX)
}

impl Simulators {
    /// Providers that keep what they did in a file.
    pub fn open(path: &Path) -> Result<Arc<Self>, Error> {
        Self::open_with_clock(path, Arc::new(system_now_ms))
    }

    /// The same, with a clock of the caller's.
    pub fn open_with_clock(path: &Path, now_ms: NowMs) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self {
            ledger: Ledger::open(path)?,
            faults: Faults::default(),
            late: Mutex::default(),
            lag_ms: AtomicI64::new(0),
            now_ms,
        }))
    }

    pub(super) fn now(&self) -> i64 {
        (self.now_ms)()
    }

    fn effects(&self, fault: Option<Fault>) -> Effects {
        Effects { fault, now: self.now(), lag_ms: self.lag_ms.load(Ordering::Relaxed) }
    }

    fn carry_out(&self, work: &Work, effects: &Effects) -> Response {
        work(&self.ledger, effects).unwrap_or_else(|error| {
            log("networks", &error.to_string());
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })
    }

    /// Carries out what was put off and whose time has come.
    pub(super) fn carry_out_late(&self) {
        let now = self.now();
        let due: Vec<(i64, Work)> = {
            let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
            let (due, rest) = late.drain(..).partition(|(at, _)| *at <= now);
            *late = rest;
            due
        };
        for (at, work) in due {
            // It was carried out at its time, not at that of the request that comes now.
            let effects = Effects { now: at, ..self.effects(None) };
            let _ = self.carry_out(&work, &effects);
        }
    }

    /// Does something as a processor does it, with whatever fault was asked for.
    pub(super) async fn perform(&self, processor: Provider, operation: Operation, work: Work) -> Response {
        self.carry_out_late();
        if let Some(spoilt) = self.faults.strike(processor, operation, When::Before).await {
            return spoilt;
        }
        let fault = self.faults.of_the_work(processor, operation);
        let effects = self.effects(fault);
        let answer = match effects.what() {
            Some(What::Busy) => return reply(429, &json!({"message": "Too many requests"})),
            Some(What::Late) => {
                let delay_ms = effects.fault.as_ref().map_or(0, |fault| fault.delay_ms);
                let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
                if late.len() < LATE_MAX {
                    late.push((effects.now.saturating_add_unsigned(delay_ms), work));
                }
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            Some(What::Repeat) => {
                let _ = self.carry_out(&work, &effects);
                self.carry_out(&work, &self.effects(None))
            }
            _ => self.carry_out(&work, &effects),
        };
        match self.faults.strike(processor, operation, When::After).await {
            Some(spoilt) => spoilt,
            None => answer,
        }
    }
}

/// An answer in JSON.
pub(super) fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
