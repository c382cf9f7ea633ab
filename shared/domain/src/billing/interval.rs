//! How often something is billed, and which periods that makes.
//!
//! Periods are counted from an anchor, never from one another: a month that is too short ends a period early and shifts
//! none of the later ones. All of it is UTC, so no clock change makes a day longer.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The unit of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntervalUnit {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl IntervalUnit {
    /// Every unit.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The one with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    /// The most of it between two bills: three years.
    pub const fn count_max(self) -> u16 {
        match self {
            Self::Day => 1095,
            Self::Week => 156,
            Self::Month => 36,
            Self::Year => 3,
        }
    }
}

/// How often something is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The unit.
    pub unit: IntervalUnit,
    /// How many of it lie between two bills.
    pub count: u16,
}

/// A time that is billed as one: from its begin up to, and without, its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its number, from 0.
    pub number: u32,
    /// Its first instant.
    pub begin: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl Interval {
    /// An interval; `None` if it is none, or longer than three years.
    pub fn new(unit: IntervalUnit, count: u16) -> Option<Self> {
        (1..=unit.count_max()).contains(&count).then_some(Self { unit, count })
    }

    /// The period with this number, counted from `anchor`. Ends at the end of time for numbers beyond it.
    pub fn period(self, anchor: Timestamp, number: u32) -> Period {
        Period {
            number,
            begin: self.after(anchor, number),
            end: self.after(anchor, number.saturating_add(1)),
        }
    }

    /// The period that an instant lies in. Before the anchor it is the first one.
    pub fn period_at(self, anchor: Timestamp, at: Timestamp) -> Period {
        // Never too late: no month has more than 31 days, and no year more than 366.
        let unit_ms: i64 = 24
            * 60
            * 60
            * 1000
            * match self.unit {
                IntervalUnit::Day => 1,
                IntervalUnit::Week => 7,
                IntervalUnit::Month => 31,
                IntervalUnit::Year => 366,
            };
        let passed = at.ms().saturating_sub(anchor.ms()).max(0) / (unit_ms * i64::from(self.count.max(1)));
        let mut number = u32::try_from(passed).unwrap_or(u32::MAX);
        // The estimate is short by a part of what passed, so this ends after a few steps.
        while self.after(anchor, number.saturating_add(1)) <= at && number < u32::MAX {
            number += 1;
        }
        self.period(anchor, number)
    }

    /// The instant so many intervals after `anchor`: on the same day of the month, or on its last day where it has no such
    /// day.
    fn after(self, anchor: Timestamp, number: u32) -> Timestamp {
        let units = i64::from(number).saturating_mul(i64::from(self.count));
        let span = jiff::Span::new();
        let span = match self.unit {
            IntervalUnit::Day => span.try_days(units),
            IntervalUnit::Week => span.try_weeks(units),
            IntervalUnit::Month => span.try_months(units),
            IntervalUnit::Year => span.try_years(units),
        };
        let anchor = jiff::Timestamp::from_millisecond(anchor.ms());
        let later = anchor.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).checked_add(span?));
        later.map_or(Timestamp::from_ms(i64::MAX), |at| Timestamp::from_ms(at.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn begins(unit: IntervalUnit, count: u16, anchor: &str, numbers: &[u32]) -> Vec<String> {
        let interval = Interval::new(unit, count).unwrap();
        let begin = |number: &u32| interval.period(at(anchor), *number).begin.rfc3339();
        numbers.iter().map(begin).collect()
    }

    #[test]
    fn a_months_last_day_comes_back_after_a_shorter_month() {
        assert_eq!(
            begins(IntervalUnit::Month, 1, "2027-01-31T10:00:00Z", &[0, 1, 2, 3, 13, 14]),
            [
                "2027-01-31T10:00:00Z",
                "2027-02-28T10:00:00Z",
                "2027-03-31T10:00:00Z",
                "2027-04-30T10:00:00Z",
                "2028-02-29T10:00:00Z",
                "2028-03-31T10:00:00Z",
            ]
        );
        assert_eq!(
            begins(IntervalUnit::Year, 1, "2028-02-29T00:00:00Z", &[1, 2, 3, 4]),
            ["2029-02-28T00:00:00Z", "2030-02-28T00:00:00Z", "2031-02-28T00:00:00Z", "2032-02-29T00:00:00Z"]
        );
        // A night when many countries' clocks change.
        assert_eq!(
            begins(IntervalUnit::Day, 1, "2027-03-27T23:30:00Z", &[1, 2]),
            ["2027-03-28T23:30:00Z", "2027-03-29T23:30:00Z"]
        );
        assert_eq!(begins(IntervalUnit::Week, 2, "2027-12-27T00:00:00Z", &[1]), ["2028-01-10T00:00:00Z"]);
    }

    #[test]
    fn intervals_are_at_most_three_years() {
        for unit in IntervalUnit::ALL {
            assert!(Interval::new(unit, 0).is_none());
            assert!(Interval::new(unit, unit.count_max()).is_some());
            assert!(Interval::new(unit, unit.count_max() + 1).is_none());
            assert_eq!(IntervalUnit::parse(unit.as_str()), Some(unit));
        }
    }

    proptest! {
        /// Periods leave out no instant and share none, and each is found by any of its instants.
        #[test]
        fn every_instant_is_in_one_period(
            anchor in 0_i64..4_000_000_000_000,
            unit in 0_usize..4,
            count in 1_u16..4,
            number in 0_u32..200,
            within in 0.0..1.0_f64,
        ) {
            let interval = Interval::new(IntervalUnit::ALL[unit], count.min(IntervalUnit::ALL[unit].count_max())).unwrap();
            let anchor = Timestamp::from_ms(anchor);
            let period = interval.period(anchor, number);
            prop_assert!(period.begin < period.end);
            prop_assert_eq!(interval.period(anchor, number + 1).begin, period.end);
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
            let ms = ((period.end.ms() - period.begin.ms() - 1) as f64 * within) as i64;
            prop_assert_eq!(interval.period_at(anchor, period.begin.plus_ms(ms)), period);
            prop_assert_eq!(interval.period_at(anchor, period.end.plus_ms(-1)), period);
            prop_assert_eq!(interval.period_at(anchor, anchor.plus_ms(-1)).number, 0);
        }
    }
}
