//! Time as AWS's events to_prefixed it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Year, month, day, hour, minute and second of a UTC time.
fn civil(at_ms: u64) -> (u64, u64, u64, u64, u64, u64) {
    let seconds = at_ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant's `civil_from_days`, for days after 1970.
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day, second / 3600, second / 60 % 60, second % 60)
}

/// `2025-09-01T12:34:56Z`.
pub(crate) fn iso(at_ms: u64) -> String {
    let (year, month, day, hour, minute, second) = civil(at_ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `01/Sep/2025:12:34:56 +0000`, as API Gateway's access time.
pub(crate) fn common_log(at_ms: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day, hour, minute, second) = civil(at_ms);
    let name = MONTHS[usize::try_from(month - 1).unwrap_or(0) % 12];
    format!("{day:02}/{name}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// An X-Ray trace id.
pub(crate) fn trace_id() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{};Sampled=0", now_ms() / 1000, &random[..24])
}

#[cfg(test)]
mod tests {
    use super::{common_log, iso};

    #[test]
    fn times_are_spelt_as_aws_spells_them() {
        assert_eq!(iso(1_709_164_800_000), "2024-02-29T00:00:00Z");
        assert_eq!(iso(1_767_225_599_999), "2025-12-31T23:59:59Z");
        assert_eq!(common_log(1_756_730_096_000), "01/Sep/2025:12:34:56 +0000");
    }
}
