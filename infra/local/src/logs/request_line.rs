//! A request's line.

use serde_json::{Value, json};

use super::palette::Palette;

/// A request, as its line shows it. It holds no secret: no query, no body, no header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestLine {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) duration_ms: u64,
    /// The function that answered.
    pub(crate) function: Option<String>,
    /// The code of the error in its answer.
    pub(crate) code: Option<String>,
}

impl RequestLine {
    pub(super) fn text(&self, palette: Palette) -> String {
        let mut text = format!(
            "{} {} {} {}",
            self.method,
            self.path,
            palette.status(self.status),
            palette.faint(&format!("{} ms", self.duration_ms))
        );
        for part in [&self.function, &self.code].into_iter().flatten() {
            text.push(' ');
            text.push_str(part);
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "kind": "request",
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "duration_ms": self.duration_ms,
            "function": self.function,
            "code": self.code,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> RequestLine {
        RequestLine {
            method: "POST".to_owned(),
            path: "/charges/v1/payments".to_owned(),
            status: 402,
            duration_ms: 35,
            function: Some("charges-create-payment".to_owned()),
            code: Some("card_declined".to_owned()),
        }
    }

    #[test]
    fn a_requests_line_says_what_was_asked_and_what_came_of_it() {
        assert_eq!(
            line().text(Palette::new(false)),
            "POST /charges/v1/payments 402 35 ms charges-create-payment card_declined"
        );
        let coloured = line().text(Palette::new(true));
        assert!(coloured.contains("\x1b[33m402\x1b[0m"), "{coloured}");
        assert_eq!(line().json()["code"], "card_declined");
    }
}
