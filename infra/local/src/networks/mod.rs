//! Simulators of the two payment providers: they speak the wire formats that the connectors speak, check credentials for
//! real, know the test cards, and can be told to fail in every way that a network fails.
//!
//! `GET /_networks/orders` shows what each provider did, so that a test can tell one charge from two.

mod cybersource;
mod faults;
mod ledger;
mod mpgs;

use std::{path::Path, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate_domain::Provider;
use tollgate_processors::Account;

use crate::Error;
use faults::{Fault, Faults, Operation, When};
use ledger::Ledger;

/// The demo merchant's account with the simulated `CyberSource`. No other system knows these credentials.
const CYBERSOURCE_MID: &str = "tollgate_demo";
const CYBERSOURCE_KEY_ID: &str = "5d1c7a52-0000-4000-8000-simulator001";
const CYBERSOURCE_SECRET: &str = "c2ltdWxhdGVkIGN5YmVyc291cmNlIHNoYXJlZCBzZWNyZXQ=";
/// The demo merchant's account with the simulated MPGS.
const MPGS_MID: &str = "TOLLGATEDEMO";
const MPGS_PASSWORD: &str = "simulated-mpgs-password";

/// The demo merchant's accounts with the simulators behind the local cloud at `url`.
pub fn demo_accounts(url: &str) -> Vec<Account> {
    let base = |provider: Provider| format!("{url}/_networks/{}", provider.as_str());
    vec![
        Account {
            provider: Provider::CyberSource,
            base_url: base(Provider::CyberSource),
            merchant_id: CYBERSOURCE_MID.to_owned(),
            key_id: Some(CYBERSOURCE_KEY_ID.to_owned()),
            secret: CYBERSOURCE_SECRET.to_owned().into(),
        },
        Account {
            provider: Provider::Mpgs,
            base_url: base(Provider::Mpgs),
            merchant_id: MPGS_MID.to_owned(),
            key_id: None,
            secret: MPGS_PASSWORD.to_owned().into(),
        },
    ]
}

/// Both providers.
pub struct Networks {
    ledger: Ledger,
    faults: Faults,
}

impl Networks {
    /// Providers that keep what they did in a file.
    pub fn open(path: &Path) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self {
            ledger: Ledger::open(path)?,
            faults: Faults::default(),
        }))
    }

    /// Does something as a provider does it, with whatever fault was asked for before or after.
    async fn perform(
        &self,
        provider: Provider,
        operation: Operation,
        work: impl FnOnce(&Ledger) -> Result<Response, Error>,
    ) -> Response {
        if let Some(spoilt) = self.faults.strike(provider, operation, When::Before).await {
            return spoilt;
        }
        let answer = work(&self.ledger).unwrap_or_else(|error| {
            crate::log("networks", &error.to_string());
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        });
        match self.faults.strike(provider, operation, When::After).await {
            Some(spoilt) => spoilt,
            None => answer,
        }
    }
}

/// The providers' routes, and those that control them.
pub fn router(networks: Arc<Networks>) -> Router {
    let control = Router::new().route("/_networks/orders", get(orders)).route(
        "/_networks/faults",
        get(show_faults).post(add_fault).delete(clear_faults),
    );
    control
        .merge(cybersource::routes())
        .merge(mpgs::routes())
        .with_state(networks)
}

#[derive(Deserialize)]
struct Which {
    provider: Option<String>,
    reference: Option<String>,
}

async fn orders(State(networks): State<Arc<Networks>>, Query(which): Query<Which>) -> Response {
    match networks
        .ledger
        .orders(which.provider.as_deref(), which.reference.as_deref())
    {
        Ok(orders) => Json(json!({"data": orders})).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn add_fault(State(networks): State<Arc<Networks>>, Json(fault): Json<Fault>) -> Json<Value> {
    networks.faults.add(fault);
    Json(networks.faults.show())
}

async fn show_faults(State(networks): State<Arc<Networks>>) -> Json<Value> {
    Json(networks.faults.show())
}

async fn clear_faults(State(networks): State<Arc<Networks>>) -> Json<Value> {
    networks.faults.clear();
    Json(networks.faults.show())
}

fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
