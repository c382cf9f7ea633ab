//! Keeps the start page's keys from pages of other sites: only browsers and programs of this machine may ask.

use axum::http::HeaderMap;

/// The names of this machine. Another name in `Host` may be a foreign site's that resolves to 127.0.0.1.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Whether the request was sent to a name of this machine, with or without a port.
pub(super) fn is_local_host(headers: &HeaderMap) -> bool {
    single_value(headers, "host").is_some_and(|host| {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        LOCAL_HOSTS.iter().any(|local| local.eq_ignore_ascii_case(name))
    })
}

/// Whether a post comes from a page of the same origin. Every browser sends `Origin` or `Sec-Fetch-Site`; a request with
/// neither is refused, because programs can use the API itself.
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    let origin = match (headers.contains_key("origin"), single_value(headers, "host")) {
        (false, _) => None,
        (true, Some(host)) => Some(single_value(headers, "origin") == Some(&format!("http://{host}"))),
        (true, None) => Some(false),
    };
    let site = headers
        .contains_key("sec-fetch-site")
        .then(|| single_value(headers, "sec-fetch-site") == Some("same-origin"));
    match (origin, site) {
        (None, None) => false,
        (origin, site) => origin.unwrap_or(true) && site.unwrap_or(true),
    }
}

/// Whether the request comes from no page of another site.
pub(super) fn is_not_cross_site(headers: &HeaderMap) -> bool {
    let site = single_value(headers, "sec-fetch-site");
    let is_own = matches!(site, Some("same-origin" | "none"));
    !headers.contains_key("origin") && (is_own || !headers.contains_key("sec-fetch-site"))
}

/// A header's value; `None` if it is absent, repeated, or not text.
fn single_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        given
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_names_of_this_machine_lead_here() {
        for host in ["localhost", "localhost:9000", "LOCALHOST:1", "127.0.0.1:9000", "[::1]", "[::1]:9000"] {
            assert!(is_local_host(&headers(&[("host", host)])), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:9000",
            "localhost.evil.example",
            "localhost:9000:1",
            "127.0.0.1.nip.io:9000",
            "0.0.0.0:9000",
            "localhost:",
        ] {
            assert!(!is_local_host(&headers(&[("host", host)])), "{host}");
        }
        assert!(!is_local_host(&HeaderMap::new()));
        let mut twice = headers(&[("host", "localhost")]);
        twice.append("host", HeaderValue::from_static("evil.example"));
        assert!(!is_local_host(&twice));
    }

    #[test]
    fn a_post_must_come_from_this_very_page() {
        let host = ("host", "localhost:9000");
        let own = ("origin", "http://localhost:9000");
        let accepted =
            |more: &[(&'static str, &'static str)]| is_same_origin(&headers(&[&[host], more].concat()));
        assert!(accepted(&[own]));
        assert!(accepted(&[("sec-fetch-site", "same-origin")]));
        assert!(accepted(&[own, ("sec-fetch-site", "same-origin")]));
        assert!(!accepted(&[]));
        assert!(!accepted(&[own, ("sec-fetch-site", "cross-site")]));
        for origin in [
            "null",
            "http://evil.example",
            "https://localhost:9000",
            "http://localhost:9001",
            "http://127.0.0.1:9000",
        ] {
            assert!(!accepted(&[("origin", origin)]), "{origin}");
            assert!(!accepted(&[("origin", origin), ("sec-fetch-site", "same-origin")]), "{origin}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(!accepted(&[("sec-fetch-site", site)]), "{site}");
        }
    }

    #[test]
    fn programs_and_the_address_bar_are_no_other_site() {
        for free in [&[][..], &[("sec-fetch-site", "none")], &[("sec-fetch-site", "same-origin")]] {
            assert!(is_not_cross_site(&headers(free)), "{free:?}");
        }
        for other in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!is_not_cross_site(&headers(&[other])), "{other:?}");
        }
    }
}
