//! Limits and checks of the texts that merchants send.

/// Longest e-mail address, in bytes (RFC 5321's limit on a path).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 256;
/// Longest phone number, in characters.
pub const PHONE_CHARS_MAX: usize = 32;
/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 1000;
/// Longest URL, in bytes.
pub const URL_BYTES_MAX: usize = 2048;

/// Whether the text is an e-mail address that mail could be sent to: a local part and a dotted or bare domain,
/// without a display name.
pub fn is_email(text: &str) -> bool {
    text.len() <= EMAIL_BYTES_MAX
        && email_address::EmailAddress::parse_with_options(
            text,
            email_address::Options::default()
                .without_display_text()
                .without_domain_literal()
                .with_required_tld(),
        )
        .is_ok()
}

/// Whether the text is an absolute `http` or `https` URL to send a person's browser to.
pub fn is_web_url(text: &str) -> bool {
    text.len() <= URL_BYTES_MAX
        && url::Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|h| !h.is_empty())
        })
}

/// Whether the text holds a control character other than a line break or a tab. Such text has no use in a name or
/// a description and breaks logs, terminals and some databases (a NUL above all).
pub fn has_control_characters(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_a_local_part_and_a_domain() {
        for good in ["dev@example.com", "a.b+c@x.co.uk"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "dev", "dev@", "@example.com", "a b@example.com", "Dev <dev@example.com>", "dev@x"] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email(&format!("{}@example.com", "a".repeat(300))));
    }

    #[test]
    fn only_web_addresses_are_web_addresses() {
        assert!(is_web_url("https://yourapp.com/payment/success"));
        assert!(is_web_url("http://localhost:3000/x?y=z"));
        for bad in ["", "yourapp.com", "javascript:alert(1)", "ftp://x/y", "data:text/html,x", "https://"] {
            assert!(!is_web_url(bad), "{bad}");
        }
    }

    #[test]
    fn a_nul_is_a_control_character_and_a_line_break_is_text() {
        assert!(has_control_characters("a\0b"));
        assert!(!has_control_characters("a\nb\tc"));
    }
}
