//! The settings of a balance.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::{
    BalanceSettings as StoredSettings,
    balance_settings::{PayoutSchedule, Weekday},
};

use crate::json::to_value;

/// The settings of a balance.
#[derive(Debug, Serialize)]
pub struct BalanceSettings {
    /// `balance_settings`.
    pub object: &'static str,
    /// Those of the balance of payments, which is the only one.
    pub payments: PaymentsSettings,
}

/// The settings of the balance of payments.
#[derive(Debug, Serialize)]
pub struct PaymentsSettings {
    /// Always `false`: nothing is taken from the bank.
    pub debit_negative_balances: bool,
    /// Those of payouts.
    pub payouts: PayoutSettings,
    /// When money is available.
    pub settlement_timing: SettlementTiming,
}

/// The settings of payouts. `automatic_transfer_rules_by_currency` is absent: there is one balance, and the Python package fails
/// on `null`.
#[derive(Debug, Serialize)]
pub struct PayoutSettings {
    /// What stays in the balance, in minor units by currency; `null` if nothing has to.
    pub minimum_balance_by_currency: Option<BTreeMap<String, i64>>,
    /// When the balance is paid out.
    pub schedule: Schedule,
    /// What the bank's statement says of automatic payouts.
    pub statement_descriptor: Option<String>,
    /// `enabled`, or `disabled` where nothing carries money to banks.
    pub status: &'static str,
}

/// When a balance is paid out.
#[derive(Debug, Serialize)]
pub struct Schedule {
    /// `manual`, `daily`, `weekly` or `monthly`.
    pub interval: &'static str,
    /// Days of the month, of `monthly` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_payout_days: Option<Vec<i8>>,
    /// Days of the week, of `weekly` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly_payout_days: Option<Vec<&'static str>>,
}

/// When money is available.
#[derive(Debug, Serialize)]
pub struct SettlementTiming {
    /// Days for which money is pending.
    pub delay_days: u16,
    /// Always `null`: the operator sets the delay.
    pub delay_days_override: Option<()>,
    /// Always `null`: days are those of UTC.
    pub start_of_day: Option<()>,
}

/// The settings as JSON. `is_enabled`: whether payouts are made at all.
pub fn balance_settings(settings: &StoredSettings, is_enabled: bool) -> Value {
    let minimums: BTreeMap<String, i64> =
        settings.minimums.iter().map(|(code, minor)| (code.to_ascii_lowercase(), *minor)).collect();
    let schedule = &settings.schedule;
    to_value(&BalanceSettings {
        object: "balance_settings",
        payments: PaymentsSettings {
            debit_negative_balances: false,
            payouts: PayoutSettings {
                minimum_balance_by_currency: (!minimums.is_empty()).then_some(minimums),
                schedule: Schedule {
                    interval: schedule.as_str(),
                    monthly_payout_days: match schedule {
                        PayoutSchedule::Monthly(days) => Some(days.iter().copied().collect()),
                        PayoutSchedule::Manual | PayoutSchedule::Daily | PayoutSchedule::Weekly(_) => None,
                    },
                    weekly_payout_days: match schedule {
                        PayoutSchedule::Weekly(days) => {
                            Some(days.iter().map(|day| Weekday::as_str(*day)).collect())
                        }
                        PayoutSchedule::Manual | PayoutSchedule::Daily | PayoutSchedule::Monthly(_) => None,
                    },
                },
                statement_descriptor: settings.statement_descriptor.clone(),
                status: if is_enabled { "enabled" } else { "disabled" },
            },
            settlement_timing: SettlementTiming {
                delay_days: settings.delay_days,
                delay_days_override: None,
                start_of_day: None,
            },
        },
    })
}
