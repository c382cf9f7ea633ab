//! The versions of this API: the first segment of every path. Version 1 is deprecated; the functions of
//! version 2 serve it until its end, as the text's versioning policy says.

use std::sync::OnceLock;

use tollgate_domain::Timestamp;
use tollgate_http::{Problem, Request};

/// The last instant of version 1: the end of 31 December 2026, UTC, in Unix seconds.
const SUNSET_S: i64 = 1_798_761_599;
/// When version 2 took its place, in Unix seconds.
const DEPRECATED_S: i64 = 1_735_689_600;

/// A version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Deprecated.
    One,
    /// Today's.
    Two,
}

/// Until when version 1 is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    UntilItsEnd,
    Always,
}

impl Version {
    /// The version that a path asks for; `None` where there is no such version.
    pub fn of(path: &str) -> Option<Self> {
        match path.trim_start_matches('/').split('/').next() {
            Some("v1") => Some(Self::One),
            Some("v2") => Some(Self::Two),
            _ => None,
        }
    }
}

/// What `TOLLGATE_SERVE_VERSION_1` says: `always`, or until its end.
fn served() -> Served {
    static SERVED: OnceLock<Served> = OnceLock::new();
    *SERVED.get_or_init(|| match std::env::var("TOLLGATE_SERVE_VERSION_1").as_deref() {
        Ok("always") => Served::Always,
        _ => Served::UntilItsEnd,
    })
}

/// Refuses a version that does not exist or has ended.
pub(crate) fn check(request: &Request, now: Timestamp) -> Result<(), Problem> {
    judge(&request.path, now, served())
}

fn judge(path: &str, now: Timestamp, served: Served) -> Result<(), Problem> {
    match Version::of(path) {
        Some(Version::Two) => Ok(()),
        Some(Version::One) if served == Served::Always || now.s() <= SUNSET_S => Ok(()),
        Some(Version::One) => Err(Problem::VersionEnded),
        None => Err(Problem::UnknownRoute),
    }
}

/// The headers of answers in version 1: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to the same route in version 2.
/// The link is relative, because only the caller knows the URL before the path.
pub(crate) fn headers(request: &Request) -> Vec<(&'static str, String)> {
    if Version::of(&request.path) != Some(Version::One) {
        return Vec::new();
    }
    let rest = request.path.trim_start_matches('/');
    let rest = rest.strip_prefix("v1").unwrap_or_default();
    let up = "../".repeat(rest.matches('/').count());
    let mut successor = format!("{up}v2{rest}");
    if !request.query().is_empty() {
        successor = format!("{successor}?{}", request.query_string());
    }
    vec![
        ("deprecation", format!("@{DEPRECATED_S}")),
        ("sunset", Timestamp::from_s(SUNSET_S).http_date()),
        ("link", format!("<{successor}>; rel=\"successor-version\"")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_ends_with_the_year_2026_unless_it_is_served_always() {
        let at = |s, served| judge("/v1/payment_intents", Timestamp::from_s(s), served);
        assert!(at(SUNSET_S, Served::UntilItsEnd).is_ok());
        assert!(matches!(at(SUNSET_S + 1, Served::UntilItsEnd), Err(Problem::VersionEnded)));
        assert!(at(SUNSET_S + 1, Served::Always).is_ok());
        let late = Timestamp::from_s(SUNSET_S + 1);
        assert!(judge("/v2", late, Served::UntilItsEnd).is_ok());
        for path in ["/v1", "/v1/", "/v1/nothing"] {
            let judged = judge(path, late, Served::UntilItsEnd);
            assert!(matches!(judged, Err(Problem::VersionEnded)), "{path}");
        }
        for path in ["/", "/v3/payment_intents", "/v10", "/payment_intents"] {
            let judged = judge(path, late, Served::UntilItsEnd);
            assert!(matches!(judged, Err(Problem::UnknownRoute)), "{path}");
        }
        assert_eq!(Timestamp::from_s(SUNSET_S).http_date(), "Thu, 31 Dec 2026 23:59:59 GMT");
    }
}
