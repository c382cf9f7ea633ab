//! Paths, as API Gateway's HTTP APIs read them.

use percent_encoding::percent_decode_str;

/// The version and the API that are also served without the API's name in the path, for clients whose base URL has no
/// path.
const ROOT_API: (&str, &str) = ("v1", "intents");

/// The API that a path names, and the path within the API. `None` for what is no path, as in `OPTIONS *`, and where the
/// name is missing, as in `//v1`.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix('/')?;
    let name = rest.split('/').next().filter(|name| !name.is_empty())?;
    if name == ROOT_API.0 {
        return Some((ROOT_API.1, path));
    }
    match &rest[name.len()..] {
        "" => Some((name, "/")),
        within => Some((name, within)),
    }
}

/// A path as routes are matched with it and functions are given it; `None` where API Gateway answers 400.
///
/// An HTTP API decodes a path twice, and between the two drops what follows a `?`. So `%2F` and `%252F` are both `/`, and a
/// `%25` that is no escape then is an error. Published captures of live APIs show this, AWS's documentation does not.
pub(super) fn decode(path: &str) -> Option<String> {
    let once = decode_once(path)?;
    decode_once(once.split('?').next().unwrap_or_default())
}

fn decode_once(text: &str) -> Option<String> {
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    if text.split('%').skip(1).all(is_escape) {
        return Some(percent_decode_str(text).decode_utf8_lossy().into_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_names_the_api() {
        for (path, split_path) in [
            ("/charges/v1/payments", Some(("charges", "/v1/payments"))),
            ("/charges", Some(("charges", "/"))),
            ("/charges/", Some(("charges", "/"))),
            ("/charges//v1", Some(("charges", "//v1"))),
            ("/v1/payment_intents", Some(("intents", "/v1/payment_intents"))),
            ("//charges/v1", None),
            ("/", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(split(path), split_path, "{path}");
        }
    }

    /// The paths of published captures of a live HTTP API, and two more.
    #[test]
    fn a_path_is_decoded_as_by_live_apis() {
        for (sent, read) in [
            ("/capture/plain", Some("/capture/plain")),
            ("/capture/space%20value", Some("/capture/space value")),
            ("/capture/question%3Fvalue", Some("/capture/question")),
            ("/capture/percent%25done", None),
            ("/capture/hash%23value", Some("/capture/hash#value")),
            ("/capture/slash%2Fvalue", Some("/capture/slash/value")),
            ("/capture/%CE%BB-%E4%B8%96", Some("/capture/λ-世")),
            ("/capture/literal%252Fvalue", Some("/capture/literal/value")),
            ("/capture/literal%253Fvalue", Some("/capture/literal?value")),
            ("/capture/literal%2525value", Some("/capture/literal%value")),
            ("/capture/a+b", Some("/capture/a+b")),
            ("/capture/%zz", None),
            ("/capture/%", None),
            ("/capture/%4", None),
        ] {
            assert_eq!(decode(sent).as_deref(), read, "{sent}");
        }
    }
}
