//! Instants. Callers pass them in; this crate reads no clock.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant `ms` milliseconds after the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// An instant `s` seconds after the Unix epoch. Saturates.
    pub const fn from_s(s: i64) -> Self {
        Self(s.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, as the APIs other than `simple` and `checkout` print time.
    pub const fn s(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The instant `ms` milliseconds later. Saturates.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// RFC 3339 in UTC with whole seconds, as `simple` and `checkout` print time: `2024-06-10T12:00:00Z`.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.s()).unwrap_or(jiff::Timestamp::MAX).to_string()
    }

    /// Parses RFC 3339 with an offset: `2024-06-10T12:00:00Z`.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }

    /// The format of HTTP's `Date` header: `Thu, 18 Jul 2019 00:18:03 GMT`.
    pub fn http_date(self) -> String {
        jiff::Timestamp::from_second(self.s())
            .unwrap_or(jiff::Timestamp::MAX)
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }

    /// The date in UTC.
    pub(crate) fn date(self) -> jiff::civil::Date {
        let at = jiff::Timestamp::from_second(self.s()).unwrap_or(jiff::Timestamp::MAX);
        at.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// The beginning of a day in UTC; `None` for days of other eras.
    pub(crate) fn start_of(day: jiff::civil::Date) -> Option<Self> {
        let start = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(start.timestamp().as_millisecond()))
    }

    /// The beginning of its day in UTC.
    #[must_use]
    pub fn day_begin(self) -> Self {
        Self::start_of(self.date()).unwrap_or(self)
    }

    /// The year and month in UTC.
    pub fn year_and_month(self) -> (u16, u8) {
        let date = self.date();
        let year = u16::try_from(date.year()).unwrap_or(0);
        (year, u8::try_from(date.month()).unwrap_or(1))
    }

    /// The first and last millisecond of a UTC day written `YYYY-MM-DD`; `None` for any other text.
    pub fn day(text: &str) -> Option<(Self, Self)> {
        let written = text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| match at {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        let date: jiff::civil::Date = written.then(|| text.parse().ok()).flatten()?;
        let start = Self::start_of(date)?;
        Some((start, start.plus_ms(24 * 60 * 60 * 1000 - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_printed_with_whole_seconds_in_utc() {
        assert_eq!(Timestamp::from_ms(1_718_020_800_999).rfc3339(), "2024-06-10T12:00:00Z");
        assert_eq!(Timestamp::from_ms(1_718_020_800_999).year_and_month(), (2024, 6));
        assert_eq!(Timestamp::from_s(1_563_409_083).http_date(), "Thu, 18 Jul 2019 00:18:03 GMT");
    }

    #[test]
    fn a_day_is_whole_and_utc() {
        let (first, last) = Timestamp::day("2024-06-10").unwrap_or((Timestamp(0), Timestamp(0)));
        assert_eq!(
            (first.rfc3339(), last.rfc3339()),
            ("2024-06-10T00:00:00Z".into(), "2024-06-10T23:59:59Z".into())
        );
        for bad in ["", "2024-6-1", "2024-02-30", "2024-06-10T00:00:00Z", "20240610  ", "2024/06/10"] {
            assert_eq!(Timestamp::day(bad), None, "{bad}");
        }
    }
}
