//! Version 1: on its way out, as the text's versioning policy says.

use lambda_http::{Body, Response};
use serde_json::json;
use tollgate_domain::Timestamp;

/// The last instant of version 1: the end of 31 December 2026, UTC, in Unix seconds.
const SUNSET_S: i64 = 1_798_761_599;
/// When version 2 took its place.
const DEPRECATED_S: i64 = 1_735_689_600;

/// The answer to a request of version 1: until its end the way to version 2, which a client may follow with the same
/// method and body; after it 410.
pub fn answer(path: &str, now: Timestamp) -> Result<Response<Body>, lambda_http::Error> {
    let rest = path
        .trim_start_matches('/')
        .strip_prefix("v1")
        .unwrap_or_default();
    let rest = rest.trim_start_matches('/');
    // Relative, because only the caller knows what stands before the path.
    let depth = rest.split('/').count();
    let successor = format!("{}v2/{rest}", "../".repeat(depth));
    let ended = now.s() > SUNSET_S;
    let message = if ended {
        "Version 1 of this API ended on 31 December 2026. Use version 2."
    } else {
        "Version 1 of this API is deprecated and ends on 31 December 2026. Use version 2."
    };
    let body = json!({"error": {"type": "invalid_request_error", "code": "api_version_deprecated", "message": message}});
    let mut response = Response::builder()
        .status(if ended { 410 } else { 308 })
        .header("content-type", "application/json")
        .header("deprecation", format!("@{DEPRECATED_S}"))
        .header("sunset", Timestamp::from_s(SUNSET_S).http_date())
        .header("link", format!("<{successor}>; rel=\"successor-version\""));
    if !ended {
        response = response.header("location", successor);
    }
    Ok(response.body(Body::Text(body.to_string()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_points_to_version_2_until_its_end_and_is_gone_after() {
        let before = answer("/v1/payment_intents/pi_1", Timestamp::from_s(SUNSET_S)).unwrap();
        assert_eq!(
            (before.status(), &before.headers()["location"]),
            (
                lambda_http::http::StatusCode::PERMANENT_REDIRECT,
                &"../../v2/payment_intents/pi_1".parse().unwrap()
            )
        );
        assert_eq!(before.headers()["sunset"], "Thu, 31 Dec 2026 23:59:59 GMT");
        let after = answer("/v1/x", Timestamp::from_s(SUNSET_S + 1)).unwrap();
        assert_eq!(
            (after.status().as_u16(), after.headers().get("location")),
            (410, None)
        );
        assert_eq!(after.headers()["deprecation"], "@1735689600");
    }
}
