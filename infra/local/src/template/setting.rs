//! The input of an evaluation besides the templates.

use super::TemplateError;

/// What the templates do not contain: where this local cloud listens, and the caller's parameters.
pub struct Setting<'a> {
    /// Base URL of the HTTP front, without a slash at the end.
    pub front_url: String,
    /// Base URL of the SQS endpoint, without a slash at the end.
    pub sqs_url: String,
    /// Values that replace the root template's defaults, by parameter name.
    pub parameters: Vec<(String, String)>,
    /// The value of the secret with this name; a new secret gets this many random characters.
    pub secret: &'a dyn Fn(&str, usize) -> Result<String, TemplateError>,
}

/// Reads `Key=Value Key2="a value"` as `sam deploy --parameter-overrides` does; a quoted value may hold spaces and commas.
pub fn parse_overrides(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.chars().chain(std::iter::once(' ')).peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), '\\') => word.extend(characters.next()),
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => {
                if let Some((key, value)) = word.split_once('=') {
                    pairs.push((key.to_owned(), value.to_owned()));
                }
                word.clear();
            }
            (_, c) => word.push(c),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_read_as_samconfig_writes_them() {
        let pairs = parse_overrides(r#"A=1  B="1,2, 3" C='x "y"' D=a=b"#);
        let expected = [("A", "1"), ("B", "1,2, 3"), ("C", "x \"y\""), ("D", "a=b")];
        assert_eq!(pairs, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }
}
