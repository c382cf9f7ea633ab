//! A request's line in the log: the path without secrets, and the code of an error.

use axum::http::Method;
use serde_json::Value;

use super::routes::RouteMatch;
use crate::logs::RequestLine;

/// The API whose paths hold tokens, with which anybody may pay or answer a challenge.
const PAGES: &str = "pages";
/// Prefixes of the ids in paths.
const ID_PREFIXES: [&str; 11] =
    ["pay_", "rfnd_", "cus_", "pi_", "ch_", "pm_", "re_", "we_", "evt_", "key_", "req_"];
/// Longest path segment that is shown.
const SEGMENT_BYTES_MAX: usize = 48;
/// Path segments that are shown.
const SEGMENTS_MAX: usize = 12;
/// Longest error code that is shown.
const CODE_BYTES_MAX: usize = 60;

/// The line of a request before its route is known.
pub(super) fn begin(method: &Method, path: &str) -> RequestLine {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    RequestLine {
        // A method may be any word, even a secret: only known ones are shown.
        method: if known.contains(method) { method.as_str() } else { "?" }.to_owned(),
        path: shown(path, &[], path.starts_with("/pages/")),
        ..RequestLine::default()
    }
}

/// Adds the function and the route's own path to the line. `before` is the part of the path before it, which names the API.
pub(super) fn route(
    line: &mut RequestLine,
    api: &str,
    before: &str,
    raw_path: &str,
    route_match: &RouteMatch<'_>,
) {
    line.function = Some(route_match.route.function.clone());
    let pattern: Vec<&str> = match route_match.route.path.as_str() {
        "$default" => Vec::new(),
        pattern => pattern.split('/').skip(1).collect(),
    };
    line.path = format!("{before}{}", shown(raw_path, &pattern, api == PAGES));
}

/// The code of a function's error answer, if it has one.
pub(super) fn error_code(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    if answer.get("statusCode")?.as_u64()? < 400 {
        return None;
    }
    let body: Value = serde_json::from_str(answer.get("body")?.as_str()?).ok()?;
    let code = body.get("error")?.get("code")?.as_str()?;
    let is_code = code.len() <= CODE_BYTES_MAX && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_code.then(|| code.to_owned())
}

/// A path without possible secrets. The route's fixed segments stay. Of the others, words and ids stay, unless
/// `rest_is_secret`; anything else is replaced.
fn shown(path: &str, pattern: &[&str], rest_is_secret: bool) -> String {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let mut text = String::new();
    for (index, segment) in segments.iter().take(SEGMENTS_MAX).enumerate() {
        text.push('/');
        let of_route = pattern.get(index).copied();
        let is_variable = of_route.is_some_and(|name| name.starts_with('{'));
        let stays = match of_route {
            Some(_) if !is_variable => true,
            _ => !rest_is_secret && (is_word(segment) || is_id(segment)),
        };
        text.push_str(match of_route {
            _ if stays => segment,
            Some(name) if is_variable => name,
            _ => "{…}",
        });
    }
    if segments.len() > SEGMENTS_MAX {
        text.push_str("/…");
    }
    text
}

/// Whether a segment is a plain word or a version. No key, number or token is.
fn is_word(segment: &str) -> bool {
    let is_version = segment
        .strip_prefix('v')
        .is_some_and(|number| number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit()));
    let is_letter = |b: u8| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b'.');
    is_version || (segment.len() <= SEGMENT_BYTES_MAX && segment.bytes().all(is_letter))
}

/// Whether a segment is a gateway's id: a UUID, or a known prefix and then letters and digits, at least one a letter.
fn is_id(segment: &str) -> bool {
    let of_prefix = ID_PREFIXES.iter().find_map(|prefix| segment.strip_prefix(prefix));
    let is_ours = of_prefix.is_some_and(|rest| {
        segment.len() <= SEGMENT_BYTES_MAX
            && rest.bytes().all(|b| b.is_ascii_alphanumeric())
            && rest.bytes().any(|b| b.is_ascii_alphabetic())
    });
    is_ours || (segment.len() == 36 && uuid::Uuid::parse_str(segment).is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::Route;

    fn path_of(api: &str, path: &str, raw_path: &str, pattern: &str) -> String {
        let route_of = Route { method: None, path: pattern.to_owned(), function: "f".to_owned() };
        let route_match = RouteMatch { route: &route_of, variables: Vec::new() };
        let mut line = begin(&Method::GET, path);
        route(&mut line, api, path.strip_suffix(raw_path).unwrap_or_default(), raw_path, &route_match);
        assert_eq!(line.function.as_deref(), Some("f"));
        line.path
    }

    #[test]
    fn words_and_ids_stay_and_secrets_go() {
        let payment = |id: &str| {
            let raw = format!("/v1/payments/{id}");
            path_of("charges", &format!("/charges{raw}"), &raw, "/v1/payments/{id}")
        };
        assert_eq!(payment("pay_8Yq2x"), "/charges/v1/payments/pay_8Yq2x");
        for secret in [
            "4242424242424242",
            "pay_4242424242424242",
            "sk_test_a1B2c3D4",
            "pi_a1_secret_b2",
            "whsec_a1B2",
            "%34%32",
        ] {
            assert_eq!(payment(secret), "/charges/v1/payments/{id}", "{secret}");
        }
        let reference = "/api/v1/payments/0b8f2f0e-9a4e-4d7e-8d0a-1f2e3d4c5b6a/status";
        let pattern = "/api/v1/payments/{referenceId}/status";
        assert_eq!(
            path_of("checkout", &format!("/checkout{reference}"), reference, pattern),
            format!("/checkout{reference}")
        );
    }

    #[test]
    fn a_pages_token_is_never_shown_whatever_it_looks_like() {
        for token in ["eyJhbGciOi.J9", "word", "pay_a1"] {
            let raw = format!("/checkout/{token}");
            assert_eq!(
                path_of("pages", &format!("/pages{raw}"), &raw, "/checkout/{token}"),
                "/pages/checkout/{token}"
            );
        }
    }

    #[test]
    fn version_1_at_the_root_and_unknown_paths_are_shown_too() {
        let raw = "/v1/payment_intents";
        assert_eq!(path_of("intents", raw, raw, "/{version}/payment_intents"), raw);
        assert_eq!(
            path_of("charges", "/charges/v1/paymnets/4242", "/v1/paymnets/4242", "$default"),
            "/charges/v1/paymnets/{…}"
        );
        let line = begin(&Method::from_bytes(b"SECRET1").expect("a method"), "/favicon.ico");
        assert_eq!((line.method.as_str(), line.path.as_str()), ("?", "/favicon.ico"));
        assert!(begin(&Method::GET, &"/a".repeat(100)).path.ends_with("/a/…"));
    }

    #[test]
    fn an_errors_code_is_told_and_nothing_else_of_the_body() {
        let answer = |status: u16, code: &str| {
            let body = json!({"error": {"code": code, "message": "secret"}}).to_string();
            json!({"statusCode": status, "body": body}).to_string()
        };
        assert_eq!(error_code(answer(402, "card_declined").as_bytes()).as_deref(), Some("card_declined"));
        assert_eq!(error_code(answer(200, "card_declined").as_bytes()), None);
        assert_eq!(error_code(answer(400, "4242 4242").as_bytes()), None);
        let simple = json!({"statusCode": 400, "body": json!({"error": "text"}).to_string()}).to_string();
        assert_eq!(error_code(simple.as_bytes()), None);
    }
}
