//! Replaces what differs from run to run by placeholders, and leaves every other byte as it is.
//!
//! Ids become `pay_<1>`, numbered for each prefix in the order in which they appear; the same id is the same
//! placeholder. Times, secrets, signatures, links and ports have placeholders too.

use std::{collections::HashMap, fmt::Write as _};

use tollgate_gateway::{Clock, SystemClock};

/// Characters of an id: a UUID in base 62.
const ID_CHARS: usize = 22;
/// Characters of the random part of an API key or another secret, at least.
const SECRET_CHARS_MIN: usize = 32;
/// How far a number may be from now, in seconds, to be taken for a time: five years.
const TIME_RANGE_S: i64 = 5 * 365 * 24 * 60 * 60;

/// Remembers which placeholder stands for what.
#[derive(Default)]
pub struct Redactor {
    numbers: HashMap<String, HashMap<String, usize>>,
}

impl Redactor {
    /// The text with placeholders.
    pub fn redact(&mut self, text: &str) -> String {
        let is_about_keys = text.contains(r#""object": "api_key""#);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            // After `@` stands the date of an end of life, which is the same in every run.
            let starts_word = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "_@".contains(c));
            let found = self.after_marker(rest, &out, is_about_keys);
            if let Some((length, placeholder)) = found.or_else(|| starts_word.then(|| self.word(rest))?) {
                out.push_str(&placeholder);
                at += length;
            } else if let Some(c) = rest.chars().next() {
                out.push(c);
                at += c.len_utf8();
            }
        }
        out
    }

    fn number(&mut self, kind: &str, text: &str) -> usize {
        let numbers = self.numbers.entry(kind.to_owned()).or_default();
        let next = numbers.len() + 1;
        *numbers.entry(text.to_owned()).or_insert(next)
    }

    /// What is random because of what stands before it.
    fn after_marker(&mut self, rest: &str, before: &str, is_about_keys: bool) -> Option<(usize, String)> {
        let span = |is_part: fn(char) -> bool| rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let ends_with_any = |markers: &[&str]| markers.iter().any(|marker| before.ends_with(marker));
        if ends_with_any(&["/checkout/", "/challenge/", "/result/"]) {
            let length = span(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if length >= SECRET_CHARS_MIN {
                return Some((length, format!("<link {}>", self.number("link", &rest[..length]))));
            }
        }
        if before.ends_with(r#""fingerprint": ""#) {
            let length = span(|c| c.is_ascii_alphanumeric());
            return Some((length, format!("<fingerprint {}>", self.number("fingerprint", &rest[..length]))));
        }
        if ends_with_any(&["localhost:", "127.0.0.1:"]) {
            let length = span(|c| c.is_ascii_digit());
            return (length > 0).then(|| (length, "<port>".to_owned()));
        }
        if ends_with_any(&["v1,", "v1=", "signature: "]) {
            let length = span(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
            if length >= SECRET_CHARS_MIN {
                return Some((length, "<signature>".to_owned()));
            }
        }
        if is_about_keys && before.ends_with(r#""last4": ""#) {
            return Some((span(|c| c.is_ascii_alphanumeric()), "<last4>".to_owned()));
        }
        for (marker, placeholder) in
            [(r#""retry_after": "#, "<seconds>"), ("Retry in ", "<seconds>"), (r#""duration_ms": "#, "<ms>")]
        {
            if before.ends_with(marker) {
                return Some((span(|c| c.is_ascii_digit()), placeholder.to_owned()));
            }
        }
        None
    }

    /// What is random by its own form.
    fn word(&mut self, rest: &str) -> Option<(usize, String)> {
        if let Some(length) = iso_time(rest) {
            return Some((length, "<time>".to_owned()));
        }
        if is_uuid(rest) {
            return Some((36, format!("uuid_<{}>", self.number("uuid", &rest[..36]))));
        }
        // The characters of base 64 in its two alphabets.
        for (prefix, others) in [("at_", "_-"), ("whsec_", "+/=")] {
            let Some(secret) = rest.strip_prefix(prefix) else {
                continue;
            };
            let is_part = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
            let length = secret.find(|c| !is_part(c)).unwrap_or(secret.len());
            if length >= SECRET_CHARS_MIN {
                let number = self.number(prefix, &secret[..length]);
                return Some((prefix.len() + length, format!("{prefix}<{number}>")));
            }
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        if is_time(word) {
            return Some((length, "<time>".to_owned()));
        }
        let placeholder = self.parts(word);
        (placeholder != word).then_some((length, placeholder))
    }

    /// A word whose parts between underscores may be random: `pi_…_secret_…`.
    fn parts(&mut self, word: &str) -> String {
        let mut out = String::new();
        for part in word.split('_') {
            // Tests name unknown things by ids of one character, and accounts by an IBAN of 22 characters.
            let is_plain = part.bytes().all(|b| Some(b) == part.bytes().next())
                || part.bytes().skip(2).all(|b| b.is_ascii_digit());
            let is_secret = part.len() >= SECRET_CHARS_MIN;
            if !is_plain && (part.len() == ID_CHARS || is_secret) {
                let kind = if out.is_empty() { "id_" } else { out.rsplit('>').next().unwrap_or(&out) };
                let kind = kind.trim_start_matches('_').to_owned();
                let number = self.number(&kind, part);
                if out.is_empty() {
                    out.push_str(&kind);
                }
                let _ = write!(out, "<{number}>");
            } else {
                out.push_str(part);
            }
            out.push('_');
        }
        out.pop();
        out
    }
}

/// Whether a word is a Unix time in seconds of about now.
fn is_time(word: &str) -> bool {
    let is_number = word.len() == 10 && word.bytes().all(|b| b.is_ascii_digit());
    let seconds = word.parse::<i64>().ok().filter(|_| is_number);
    seconds.is_some_and(|seconds| (seconds - SystemClock.now().s()).abs() < TIME_RANGE_S)
}

/// The length of a time such as `2026-01-02T03:04:05Z`, with or without milliseconds, at the beginning of a text.
fn iso_time(text: &str) -> Option<usize> {
    let matches = |form: &str| {
        text.len() >= form.len()
            && form
                .bytes()
                .zip(text.bytes())
                .all(|(f, t)| if f == b'0' { t.is_ascii_digit() } else { f == t })
    };
    ["0000-00-00T00:00:00Z", "0000-00-00T00:00:00.000Z"]
        .iter()
        .find(|form| matches(form))
        .map(|form| form.len())
}

fn is_uuid(text: &str) -> bool {
    let form = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    text.len() >= form.len()
        && form.bytes().zip(text.bytes()).all(|(f, t)| if f == b'h' { t.is_ascii_hexdigit() } else { f == t })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "674JO121XMSdIZFCaXS23S";
    const B: &str = "5Zd3w0DjsuXyZPURBusY92";

    fn redacted(text: &str) -> String {
        Redactor::default().redact(text)
    }

    #[test]
    fn ids_are_numbered_for_each_prefix_in_order_of_appearance() {
        let mut redactor = Redactor::default();
        let text = format!(r#"{{"id":"pay_{A}","customer":"cus_{B}","others":["pay_{B}","pay_{A}"]}}"#);
        let expected = r#"{"id":"pay_<1>","customer":"cus_<1>","others":["pay_<2>","pay_<1>"]}"#;
        assert_eq!(redactor.redact(&text), expected);
        assert_eq!(redactor.redact(&format!("pay_{B} acct_{A} {A}")), "pay_<2> acct_<1> id_<1>");
    }

    #[test]
    fn words_that_tests_choose_stay() {
        for text in [
            "tok_chargeDeclinedInsufficientFunds pm_card_threeDSecure2Required",
            r#"{"amount":99999999,"number":"4242424242424242","code":"payment_unexpected_status"}"#,
            "pay_1111111111111111111111 pay_unknown order-1 2026-01-02 100.00 1000000000 DE89370400440532013000",
            "Thu, 31 Dec 2026 23:59:59 GMT @1735689600 é😀 \u{2028}",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn times_in_every_form_are_hidden() {
        let now = SystemClock.now().s();
        assert_eq!(
            redacted(&format!(r#"{{"created":{now},"a":"t={now},v1"}}"#)),
            r#"{"created":<time>,"a":"t=<time>,v1"}"#
        );
        assert_eq!(redacted("2026-11-22T03:38:25Z 2026-11-22T03:38:25.123Z"), "<time> <time>");
    }

    #[test]
    fn secrets_and_signatures_are_hidden_wherever_they_are() {
        let secret = "7D34efJRJLQjjLxrFykwE26o3s9c4jDQsg7LZONfDho8";
        let hex = "838fcefaf51f912a034abb18e68f28680ba2481c0702264f9e456591c8e2f007";
        assert_eq!(redacted(&format!("sk_test_{secret} sk_live_{secret}")), "sk_test_<1> sk_live_<1>");
        for secret in
            ["yXOV9N8KdJ+XABIhp6zH0Zo726PZtShZ+NW6qxsNhUw=", "yXOV9N8KdJaXABIhp6zH0Zo726PZtShZaNW6qxsNhUw="]
        {
            assert_eq!(redacted(&format!("\"whsec_{secret}\"")), "\"whsec_<1>\"");
        }
        assert_eq!(redacted("v1,WRlsxnXuwkqR4NESSPQIs5xGEXbSPzKX0LCyF+foexo="), "v1,<signature>");
        assert_eq!(redacted(&format!("v1={hex}")), "v1=<signature>");
        assert_eq!(redacted(&format!("pi_{A}_secret_35d2efe7bd4e07aeba543bbb174b4fae")), "pi_<1>_secret_<1>");
        let token = "at_gz3-ItI6r6ovtiZF0cvzltt96nw8QkLG4STXea9a8igAAAGiAYxat0514nh2lKiEBQcaLBBAqYg";
        assert_eq!(redacted(token), "at_<1>");
    }

    #[test]
    fn addresses_of_this_run_are_hidden() {
        let link = format!("http://localhost:33301/pages/challenge/{A}.test.{B}.V4EbWDyB9W68H_qJKshbyg");
        assert_eq!(
            redacted(&format!(r#""{link}" {link}"#)),
            r#""http://localhost:<port>/pages/challenge/<link 1>" http://localhost:<port>/pages/challenge/<link 1>"#
        );
        assert_eq!(
            redacted(&format!("../challenge/{A}.test.{B}.V4EbWDyB9W68H_qJKshbyg")),
            "../challenge/<link 1>"
        );
        assert_eq!(redacted("http://127.0.0.1:81/hooks"), "http://127.0.0.1:<port>/hooks");
        assert_eq!(redacted("67f49503-db5f-48e6-a79b-6a13a0905bd8"), "uuid_<1>");
    }

    #[test]
    fn durations_are_hidden_where_their_names_say_so() {
        assert_eq!(
            redacted(r#"{"retry_after": 22, "duration_ms": 3, "n": 5}"#),
            r#"{"retry_after": <seconds>, "duration_ms": <ms>, "n": 5}"#
        );
        assert_eq!(
            redacted("More than 1000 requests in a minute. Retry in 64 seconds."),
            "More than 1000 requests in a minute. Retry in <seconds> seconds."
        );
    }

    #[test]
    fn the_last_characters_of_an_api_key_are_hidden_and_those_of_a_card_are_not() {
        assert_eq!(
            redacted(r#"{"object": "api_key", "last4": "Tz5T"}"#),
            r#"{"object": "api_key", "last4": "<last4>"}"#
        );
        assert_eq!(
            redacted(r#"{"object": "card", "last4": "4242"}"#),
            r#"{"object": "card", "last4": "4242"}"#
        );
    }
}
