//! What the alarms of the ledger watch.

use serde::Serialize;
use tollgate_domain::{Tenant, Timestamp, ledger::LedgerCheck};

use crate::metrics::{
    LEDGER_DIFFERENCES, LEDGER_VERIFIED_AGE,
    line::{Level, write},
};

#[derive(Serialize)]
struct Checked<'a> {
    #[serde(rename = "LedgerDifferences")]
    differences: usize,
    /// Seconds.
    #[serde(rename = "LedgerVerifiedAge")]
    verified_age: i64,
    tenant: String,
    confirmed: Vec<&'a str>,
}

/// Differences that a line names.
const NAMED_MAX: usize = 10;

/// Writes what the last pass over a tenant's ledger found, and how long ago one verified it. Each slice writes it, so that an alarm
/// lasts as long as the difference.
pub(super) fn checked(now: Timestamp, tenant: Tenant, check: &LedgerCheck) {
    let level = if check.confirmed.is_empty() { Level::Info } else { Level::Error };
    let checked = Checked {
        differences: check.confirmed.len(),
        verified_age: check.unverified_ms(now) / 1000,
        tenant: tenant.to_string(),
        confirmed: check.confirmed.iter().take(NAMED_MAX).map(String::as_str).collect(),
    };
    write(now, level, "ledger checked", &[&LEDGER_DIFFERENCES, &LEDGER_VERIFIED_AGE], &checked);
}
