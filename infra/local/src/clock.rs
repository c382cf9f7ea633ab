//! The time, in the formats of AWS's events.

use jiff::Timestamp;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

/// `2025-09-01T12:34:56Z`.
pub(crate) fn rfc3339(at_ms: u64) -> String {
    whole_seconds(at_ms).to_string()
}

/// `01/Sep/2025:12:34:56 +0000`: the Common Log Format, which API Gateway uses for the time of a request.
pub(crate) fn common_log(at_ms: u64) -> String {
    whole_seconds(at_ms).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

fn whole_seconds(at_ms: u64) -> Timestamp {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::{common_log, rfc3339};

    #[test]
    fn times_have_the_formats_of_aws() {
        assert_eq!(rfc3339(1_709_164_800_000), "2024-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_767_225_599_999), "2025-12-31T23:59:59Z");
        assert_eq!(common_log(1_756_730_096_000), "01/Sep/2025:12:34:56 +0000");
    }
}
