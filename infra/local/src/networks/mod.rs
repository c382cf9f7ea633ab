//! Simulators of the two payment providers: they speak the wire formats that the connectors speak, check credentials for
//! real, know the test cards, and can be told to fail in every way that a network fails.
//!
//! They refuse what the published references say the providers refuse (`docs/processors.md`). `GET /_networks/orders` shows
//! their books, so that a test can tell one charge from two; `POST /_networks/faults` spoils a request to come, `PUT
//! /_networks/lag` lets look-ups lag, `POST /_networks/reviews` decides what is held for review.

mod cybersource;
mod faults;
mod ledger;
mod mpgs;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate_domain::ProcessorKind;
use tollgate_processors::Account;

use crate::Error;
use faults::{Fault, Faults, Operation, What, When};
use ledger::{DONE, Ledger, REFUSED, REVIEW};

/// The demo merchant's account with the simulated `CyberSource`. No other system knows these credentials.
const CYBERSOURCE_MID: &str = "tollgate_demo";
const CYBERSOURCE_KEY_ID: &str = "5d1c7a52-0000-4000-8000-simulator001";
const CYBERSOURCE_SECRET: &str = "c2ltdWxhdGVkIGN5YmVyc291cmNlIHNoYXJlZCBzZWNyZXQ=";
/// The demo merchant's account with the simulated MPGS.
const MPGS_MID: &str = "TOLLGATEDEMO";
const MPGS_PASSWORD: &str = "simulated-mpgs-password";

/// The demo merchant's accounts with the simulators behind the local cloud at `url`.
pub fn demo_accounts(url: &str) -> Vec<Account> {
    let base = |provider: ProcessorKind| format!("{url}/_networks/{}", provider.as_str());
    vec![
        Account {
            processor: ProcessorKind::CyberSource,
            base_url: base(ProcessorKind::CyberSource),
            merchant_id: CYBERSOURCE_MID.to_owned(),
            key_id: Some(CYBERSOURCE_KEY_ID.to_owned()),
            secret: CYBERSOURCE_SECRET.to_owned().into(),
        },
        Account {
            processor: ProcessorKind::Mpgs,
            base_url: base(ProcessorKind::Mpgs),
            merchant_id: MPGS_MID.to_owned(),
            key_id: None,
            secret: MPGS_PASSWORD.to_owned().into(),
        },
    ]
}

/// Requests that wait to be carried out late.
const LATE_MAX: usize = 1000;
/// The longest lag that can be asked for, in milliseconds: an hour.
const LAG_MS_MAX: i64 = 60 * 60 * 1000;

/// Tells the time, in milliseconds since 1970.
pub type NowMs = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Carries a request out, in whatever way it is told to.
type Work = Box<dyn Fn(&Ledger, &Effects) -> Result<Response, Error> + Send + Sync>;

/// Both providers.
pub struct Processors {
    ledger: Ledger,
    faults: Faults,
    /// Requests that are carried out when their time has come, by the next request of any kind.
    late: Mutex<Vec<(i64, Work)>>,
    lag_ms: AtomicI64,
    now_ms: NowMs,
}

/// In what way a request is carried out.
pub(super) struct Effects {
    fault: Option<Fault>,
    /// When, in milliseconds since 1970.
    now: i64,
    lag_ms: i64,
}

impl Effects {
    fn what(&self) -> Option<What> {
        self.fault.as_ref().map(|fault| fault.what)
    }

    /// What comes of a request that would by itself end like this.
    fn outcome(&self, natural: &str) -> String {
        match self.what() {
            Some(What::Decline | What::UnknownNotDone) => "card_declined",
            Some(What::Review) if natural == DONE => REVIEW,
            Some(What::Refuse) if natural == DONE => REFUSED,
            _ => natural,
        }
        .to_owned()
    }

    fn visible_at(&self) -> i64 {
        self.now.saturating_add(self.lag_ms)
    }

    fn decided_at(&self) -> i64 {
        match (&self.fault, self.what()) {
            (Some(fault), Some(What::UnknownDone | What::UnknownNotDone)) => {
                self.now.saturating_add_unsigned(fault.delay_ms)
            }
            _ => self.now,
        }
    }
}

fn system_now_ms() -> i64 {
    i64::try_from(crate::clock::now_ms()).unwrap_or(i64::MAX)
}

impl Processors {
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

    fn now(&self) -> i64 {
        (self.now_ms)()
    }

    fn effects(&self, fault: Option<Fault>) -> Effects {
        Effects { fault, now: self.now(), lag_ms: self.lag_ms.load(Ordering::Relaxed) }
    }

    fn carry_out(&self, work: &Work, effects: &Effects) -> Response {
        work(&self.ledger, effects).unwrap_or_else(|error| {
            crate::log("networks", &error.to_string());
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })
    }

    /// Carries out what was put off and whose time has come.
    fn carry_out_late(&self) {
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

    /// Does something as a provider does it, with whatever fault was asked for.
    async fn perform(&self, provider: ProcessorKind, operation: Operation, work: Work) -> Response {
        self.carry_out_late();
        if let Some(spoilt) = self.faults.strike(provider, operation, When::Before).await {
            return spoilt;
        }
        let fault = self.faults.of_the_work(provider, operation);
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
        match self.faults.strike(provider, operation, When::After).await {
            Some(spoilt) => spoilt,
            None => answer,
        }
    }
}

/// The providers' routes, and those that control them.
pub fn router(networks: Arc<Processors>) -> Router {
    let control = Router::new()
        .route("/_networks/orders", get(orders))
        .route("/_networks/faults", get(show_faults).post(add_fault).delete(clear_faults))
        .route("/_networks/lag", put(set_lag))
        .route("/_networks/reviews", post(decide_review));
    control.merge(cybersource::routes()).merge(mpgs::routes()).with_state(networks)
}

#[derive(Deserialize)]
struct Which {
    provider: Option<String>,
    reference: Option<String>,
}

async fn orders(State(networks): State<Arc<Processors>>, Query(which): Query<Which>) -> Response {
    networks.carry_out_late();
    match networks.ledger.books(which.provider.as_deref(), which.reference.as_deref()) {
        Ok(orders) => Json(json!({"data": orders})).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn add_fault(State(networks): State<Arc<Processors>>, Json(fault): Json<Fault>) -> Json<Value> {
    networks.faults.add(fault);
    Json(networks.faults.show())
}

async fn show_faults(State(networks): State<Arc<Processors>>) -> Json<Value> {
    Json(networks.faults.show())
}

async fn clear_faults(State(networks): State<Arc<Processors>>) -> Json<Value> {
    networks.faults.clear();
    Json(networks.faults.show())
}

#[derive(Deserialize)]
struct Lag {
    ms: i64,
}

async fn set_lag(State(networks): State<Arc<Processors>>, Json(lag): Json<Lag>) -> Json<Value> {
    let ms = lag.ms.clamp(0, LAG_MS_MAX);
    networks.lag_ms.store(ms, Ordering::Relaxed);
    Json(json!({"ms": ms}))
}

#[derive(Deserialize)]
struct Decision {
    provider: ProcessorKind,
    /// The provider's id of the authorisation.
    network_id: String,
    accept: bool,
}

async fn decide_review(State(networks): State<Arc<Processors>>, Json(decision): Json<Decision>) -> Response {
    let now = networks.now();
    match networks.ledger.review(decision.provider, &decision.network_id, decision.accept, now) {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
