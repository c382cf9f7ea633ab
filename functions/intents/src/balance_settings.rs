//! The settings of the balance: what their routes take and show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tollgate_apis::intents;
use tollgate_domain::{
    BalanceSettings, Currency,
    balance_settings::{BalanceSettingsChange, PayoutSchedule, STATEMENT_DESCRIPTOR_CHARS_MAX, Weekday},
    money::AMOUNT_MINOR_MAX,
};
use tollgate_http::{FieldError, Fields, Issue, Problem, RequestContext};

use crate::{expansions, parameters};

/// The days on which banks work. Payouts are not made on others.
const BANKING_DAYS: usize = 5;
/// Days of a month.
const MONTH_DAYS: usize = 31;

/// Reads `schedule`: an interval, with the days that it needs.
fn read_schedule(mut schedule: Fields) -> Result<PayoutSchedule, FieldError> {
    let interval = schedule.one_of("interval", &["manual", "daily", "weekly", "monthly"])?;
    let weekly = read_weekdays(&mut schedule)?;
    let monthly = read_month_days(&mut schedule)?;
    let only_of = |schedule: &Fields, name: &str, interval: &str| {
        schedule.error(name, Issue::Other(format!("is only for the interval {interval}.")))
    };
    let read = match interval {
        Some("weekly") => PayoutSchedule::Weekly(
            weekly.clone().ok_or_else(|| schedule.error("weekly_payout_days", Issue::Missing))?,
        ),
        Some("monthly") => PayoutSchedule::Monthly(
            monthly.clone().ok_or_else(|| schedule.error("monthly_payout_days", Issue::Missing))?,
        ),
        Some("daily") => PayoutSchedule::Daily,
        Some(_) => PayoutSchedule::Manual,
        None => return Err(schedule.error("interval", Issue::Missing)),
    };
    if weekly.is_some() && interval != Some("weekly") {
        return Err(only_of(&schedule, "weekly_payout_days", "weekly"));
    }
    if monthly.is_some() && interval != Some("monthly") {
        return Err(only_of(&schedule, "monthly_payout_days", "monthly"));
    }
    schedule.finish()?;
    Ok(read)
}

fn read_weekdays(schedule: &mut Fields) -> Result<Option<BTreeSet<Weekday>>, FieldError> {
    let Some(names) = schedule.strings("weekly_payout_days", BANKING_DAYS, 16)? else { return Ok(None) };
    let is_banking_day = |day: &Weekday| Weekday::ALL.iter().take(BANKING_DAYS).any(|banking| banking == day);
    let days: Option<BTreeSet<Weekday>> =
        names.iter().map(|name| Weekday::parse(name).filter(is_banking_day)).collect();
    let days = days.filter(|days| !days.is_empty());
    let issue = "a list of the days monday to friday, with at least one";
    days.map(Some).ok_or_else(|| schedule.error("weekly_payout_days", Issue::NotValid(issue)))
}

fn read_month_days(schedule: &mut Fields) -> Result<Option<BTreeSet<i8>>, FieldError> {
    let Some(Value::Array(items)) = schedule.take("monthly_payout_days") else { return Ok(None) };
    let day_of = |item: &Value| {
        let number = item.as_i64().or_else(|| item.as_str()?.parse().ok())?;
        i8::try_from(number).ok().filter(|day| (1..=31).contains(day))
    };
    let days: Option<BTreeSet<i8>> = items.iter().map(day_of).collect();
    let days = days.filter(|days| !days.is_empty() && items.len() <= MONTH_DAYS);
    let issue = "a list of days from 1 to 31, with at least one";
    days.map(Some).ok_or_else(|| schedule.error("monthly_payout_days", Issue::NotValid(issue)))
}

/// Reads `minimum_balance_by_currency`: what stays in the balance, in minor units. An empty text, or `null`, removes a
/// currency's.
fn read_minimums(mut minimums: Fields) -> Result<BTreeMap<String, Option<i64>>, FieldError> {
    let mut changes = BTreeMap::new();
    for name in minimums.names() {
        let Some(currency) = Currency::from_code(&name.to_ascii_uppercase()) else { continue };
        let minor = if minimums.take_unset(&name) {
            None
        } else {
            minimums.integer_in(&name, 0, AMOUNT_MINOR_MAX)?
        };
        changes.insert(currency.code().to_owned(), minor);
    }
    // What names no currency is left.
    minimums.finish()?;
    Ok(changes)
}

/// Reads the body of an update.
pub fn read_update(mut body: Fields) -> Result<BalanceSettingsChange, FieldError> {
    let mut change = BalanceSettingsChange::default();
    if let Some(mut payments) = body.object("payments")? {
        if let Some(mut payouts) = payments.object("payouts")? {
            change.schedule = payouts.object("schedule")?.map(read_schedule).transpose()?;
            let minimums = payouts.object("minimum_balance_by_currency")?;
            change.minimums = minimums.map(read_minimums).transpose()?.unwrap_or_default();
            change.statement_descriptor = payouts.change("statement_descriptor", |fields| {
                fields.string("statement_descriptor", STATEMENT_DESCRIPTOR_CHARS_MAX)
            })?;
            payouts.finish_without(parameters::PAYOUT_SETTINGS)?;
        }
        payments.finish_without(parameters::PAYMENTS_SETTINGS)?;
    }
    expansions::read(&mut body)?;
    body.finish()?;
    Ok(change)
}

/// The settings.
pub async fn show(ctx: &RequestContext, settings: &BalanceSettings) -> Result<Value, Problem> {
    Ok(intents::balance_settings(settings, ctx.call.pays_out().await?))
}
