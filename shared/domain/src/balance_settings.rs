//! Settings of a merchant's balance: when it is paid out by itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// Longest statement descriptor of automatic payouts, in characters.
pub use crate::payout::STATEMENT_DESCRIPTOR_CHARS_MAX;

/// Days within which every schedule has a day: a month.
const LOOK_AHEAD_DAYS: u8 = 31;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// Every day, in the order of ISO 8601.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Its English name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    /// Reads a name of [`Weekday::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|day| day.as_str() == text)
    }

    fn of(day: Date) -> Self {
        match day.weekday() {
            jiff::civil::Weekday::Monday => Self::Monday,
            jiff::civil::Weekday::Tuesday => Self::Tuesday,
            jiff::civil::Weekday::Wednesday => Self::Wednesday,
            jiff::civil::Weekday::Thursday => Self::Thursday,
            jiff::civil::Weekday::Friday => Self::Friday,
            jiff::civil::Weekday::Saturday => Self::Saturday,
            jiff::civil::Weekday::Sunday => Self::Sunday,
        }
    }
}

/// When a balance is paid out by itself, at the beginning of a day in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayoutSchedule {
    /// Never: the merchant creates payouts.
    #[default]
    Manual,
    /// Every day.
    Daily,
    /// On these days of each week.
    Weekly(BTreeSet<Weekday>),
    /// On these days of each month, from 1 to 31; those that a month lacks are its last day.
    Monthly(BTreeSet<i8>),
}

impl PayoutSchedule {
    /// `manual`, `daily`, `weekly` or `monthly`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Daily => "daily",
            Self::Weekly(_) => "weekly",
            Self::Monthly(_) => "monthly",
        }
    }

    fn includes(&self, day: Date) -> bool {
        match self {
            Self::Manual => false,
            Self::Daily => true,
            Self::Weekly(days) => days.contains(&Weekday::of(day)),
            Self::Monthly(days) => {
                let is_last = day.day() == day.days_in_month();
                days.contains(&day.day()) || (is_last && days.iter().any(|wanted| *wanted > day.day()))
            }
        }
    }

    /// The beginning of the next day with payouts, after an instant; `None` if there is none.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut day = at.date();
        for _ in 0..LOOK_AHEAD_DAYS {
            day = day.tomorrow().ok()?;
            if self.includes(day) {
                return Timestamp::start_of(day);
            }
        }
        None
    }
}

/// The settings of a tenant's balance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BalanceSettings {
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// When the balance is paid out.
    #[serde(default)]
    pub schedule: PayoutSchedule,
    /// What stays in the balance, by the currency's code, in minor units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub minimums: BTreeMap<String, i64>,
    /// What the bank's statement says of automatic payouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_descriptor: Option<String>,
    /// How long money was pending when the merchant last changed them, in days.
    #[serde(default)]
    pub delay_days: u16,
    /// When they were first set.
    pub created: Timestamp,
    /// When the merchant last changed them.
    pub updated: Timestamp,
    /// When the balance is paid out next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// A change of the settings. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct BalanceSettingsChange {
    /// When the balance is paid out.
    pub schedule: Option<PayoutSchedule>,
    /// What stays in the balance, by the currency's code; `None` takes a currency away.
    pub minimums: BTreeMap<String, Option<i64>>,
    /// What the bank's statement says; `Some(None)` removes it.
    pub statement_descriptor: Option<Option<String>>,
    /// How long money is pending, in days.
    pub delay_days: u16,
}

impl BalanceSettings {
    /// Its id: there is one for each tenant.
    pub const KEY_ID: &'static str = "settings";

    /// The settings of a merchant that has set none.
    pub fn unset(now: Timestamp) -> Self {
        Self {
            version: 0,
            request: RequestRef::default(),
            schedule: PayoutSchedule::Manual,
            minimums: BTreeMap::new(),
            statement_descriptor: None,
            delay_days: 0,
            created: now,
            updated: now,
            due: None,
            replay: ReplaySnapshots::default(),
        }
    }

    /// Returns the next version with a change.
    #[must_use]
    pub fn changed(&self, change: BalanceSettingsChange, now: Timestamp, request: &RequestRef) -> Self {
        let mut next = Self {
            version: self.version + 1,
            request: request.clone(),
            schedule: change.schedule.unwrap_or_else(|| self.schedule.clone()),
            statement_descriptor: change
                .statement_descriptor
                .unwrap_or_else(|| self.statement_descriptor.clone()),
            delay_days: change.delay_days,
            updated: now,
            ..self.clone()
        };
        for (currency, minimum) in change.minimums {
            match minimum {
                Some(minor) => next.minimums.insert(currency, minor),
                None => next.minimums.remove(&currency),
            };
        }
        if next.schedule != self.schedule || next.due.is_none() {
            next.due = next.schedule.next_after(now);
        }
        if self.version > 0 {
            next.keep_created(self);
        }
        next
    }

    /// Returns the next version after the balance was paid out. Days that were missed are not made up for: the next payout
    /// takes their money, too. No answer shows the change.
    #[must_use]
    pub fn paid_out(&self, now: Timestamp) -> Self {
        let mut next = Self {
            version: self.version + 1,
            request: RequestRef::default(),
            due: self.schedule.next_after(now),
            ..self.clone()
        };
        next.keep_created(self);
        next
    }

    /// What stays in the balance of a currency, in minor units.
    pub fn minimum_in(&self, currency: &str) -> i64 {
        self.minimums.get(currency).copied().unwrap_or(0)
    }
}

impl Replayable for BalanceSettings {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Timestamp {
        Timestamp::day(text).expect("a day").0
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("a time")
    }

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        for (text, weekday) in [
            ("1970-01-01", Weekday::Thursday),
            ("1969-12-31", Weekday::Wednesday),
            ("2000-02-29", Weekday::Tuesday),
            ("2026-11-23", Weekday::Monday),
            ("2026-11-27", Weekday::Friday),
            ("2026-11-28", Weekday::Saturday),
            ("2026-11-29", Weekday::Sunday),
        ] {
            assert_eq!(Weekday::of(day(text).date()), weekday, "{text}");
        }
        for weekday in Weekday::ALL {
            assert_eq!(Weekday::parse(weekday.as_str()), Some(weekday));
        }
    }

    #[test]
    fn the_next_day_is_the_first_after_the_instant() {
        let daily = PayoutSchedule::Daily;
        assert_eq!(PayoutSchedule::Manual.next_after(day("2026-11-23")), None);
        assert_eq!(daily.next_after(day("2026-11-23")), Some(day("2026-11-24")));
        assert_eq!(daily.next_after(at("2026-11-23T23:59:59Z")), Some(day("2026-11-24")));
        let weekly = |days: &[Weekday]| PayoutSchedule::Weekly(days.iter().copied().collect());
        let two = weekly(&[Weekday::Monday, Weekday::Thursday]);
        assert_eq!(two.next_after(day("2026-11-23")), Some(day("2026-11-26")));
        assert_eq!(two.next_after(at("2026-11-26T10:00:00Z")), Some(day("2026-11-30")));
        assert_eq!(
            weekly(&[Weekday::Monday]).next_after(at("2026-11-23T00:00:01Z")),
            Some(day("2026-11-30"))
        );
        assert_eq!(weekly(&[]).next_after(day("2026-11-23")), None);
    }

    #[test]
    fn days_that_a_month_lacks_are_its_last_one() {
        let monthly = |days: &[i8]| PayoutSchedule::Monthly(days.iter().copied().collect());
        let last = monthly(&[31]);
        for (now, next) in [
            ("2027-01-01", "2027-01-31"),
            ("2027-01-31", "2027-02-28"),
            ("2028-02-01", "2028-02-29"),
            ("2028-02-29", "2028-03-31"),
            ("2027-03-31", "2027-04-30"),
        ] {
            assert_eq!(last.next_after(day(now)), Some(day(next)), "{now}");
        }
        let two = monthly(&[1, 30]);
        assert_eq!(two.next_after(day("2027-02-01")), Some(day("2027-02-28")));
        assert_eq!(two.next_after(day("2027-02-28")), Some(day("2027-03-01")));
        assert_eq!(two.next_after(day("2027-03-01")), Some(day("2027-03-30")));
    }

    #[test]
    fn a_change_sets_when_the_balance_is_paid_out_next() {
        let request = RequestRef { request_id: "req_1".to_owned(), ..RequestRef::default() };
        let now = at("2026-11-23T10:00:00Z");
        let schedule = |schedule| BalanceSettingsChange { schedule: Some(schedule), ..Default::default() };
        let daily = BalanceSettings::unset(now).changed(schedule(PayoutSchedule::Daily), now, &request);
        assert_eq!((daily.version, daily.due), (1, Some(day("2026-11-24"))));
        let keeps = BalanceSettingsChange {
            minimums: [("USD".to_owned(), Some(500)), ("EUR".to_owned(), None)].into(),
            ..Default::default()
        };
        let later = at("2026-11-24T00:00:01Z");
        let kept = daily.changed(keeps, later, &request);
        assert_eq!(kept.due, daily.due, "another setting does not put off what is due");
        assert_eq!((kept.minimum_in("USD"), kept.minimum_in("EUR")), (500, 0));
        let paid = kept.paid_out(later);
        assert_eq!((paid.due, paid.updated), (Some(day("2026-11-25")), kept.updated));
        let manual = paid.changed(schedule(PayoutSchedule::Manual), later, &request);
        assert_eq!(manual.due, None);
    }
}
