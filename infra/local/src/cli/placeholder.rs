//! Placeholders in event files.
//!
//! `{{unique}}` is another text for every use of a file. `{{FILE#/POINTER}}` is a value in the answer to another event file,
//! by a JSON pointer into `{"statusCode", "headers", "body"}`. `{{FILE#/POINTER | FILTER}}` makes another text of that value.

use super::failure::Failure;

/// A placeholder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// A text that no other use of the file has.
    Unique,
    /// A value in the answer to another file.
    Answer {
        /// The file's name without `.json`.
        file: String,
        /// The JSON pointer.
        pointer: String,
        filter: Filter,
    },
}

/// What is made of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// The value itself.
    None,
    /// An id without its prefix, as it is stored: `a1` of `pay_a1`.
    Bare,
    /// The last segment of a URL's path: the token of a link to a page.
    Segment,
    /// The token of a link to the page of a payment's result; the value is the payment's id.
    ResultToken,
}

impl Filter {
    fn read(name: &str) -> Option<Self> {
        match name {
            "bare" => Some(Self::Bare),
            "segment" => Some(Self::Segment),
            "result_token" => Some(Self::ResultToken),
            _ => None,
        }
    }
}

/// The placeholders of a text, each with the words that stand for it, and each once.
///
/// # Errors
///
/// One has no end or can't be read.
pub(super) fn find(text: &str) -> Result<Vec<(String, Placeholder)>, Failure> {
    let mut found: Vec<(String, Placeholder)> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let (inner, next) = after
            .split_once("}}")
            .ok_or_else(|| Failure::Usage("a placeholder `{{` has no end `}}`".to_owned()))?;
        let words = format!("{{{{{inner}}}}}");
        if found.iter().all(|(known, _)| *known != words) {
            let placeholder = read(inner)
                .ok_or_else(|| Failure::Usage(format!("`{words}` is no placeholder of an event file")))?;
            found.push((words, placeholder));
        }
        rest = next;
    }
    Ok(found)
}

fn read(inner: &str) -> Option<Placeholder> {
    let inner = inner.trim();
    if inner == "unique" {
        return Some(Placeholder::Unique);
    }
    let (reference, filter) = match inner.split_once('|') {
        None => (inner, Filter::None),
        Some((reference, filter)) => (reference.trim(), Filter::read(filter.trim())?),
    };
    let (file, pointer) = reference.split_once('#')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let is_sound = !file.is_empty() && file.chars().all(is_name) && pointer.starts_with('/');
    is_sound.then(|| Placeholder::Answer { file: file.to_owned(), pointer: pointer.to_owned(), filter })
}

/// The text that a filter makes of a value; `None` for the one that needs the stack's secret.
pub(super) fn filtered(value: &str, filter: Filter) -> Option<String> {
    let text = match filter {
        Filter::None => value,
        Filter::Bare => value.split_once('_').map_or(value, |(_, bare)| bare),
        Filter::Segment => {
            let path = value.split(['?', '#']).next().unwrap_or_default();
            path.rsplit('/').next().unwrap_or_default()
        }
        Filter::ResultToken => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_once_each() {
        let text = r#"{"a":"/x/{{charges-create-payment.new#/body/id}}","b":"{{ unique }}","c":"{{unique}}-{{unique}}","d":"{{p#/headers/location | segment}}"}"#;
        let of = |file: &str, pointer: &str, filter| Placeholder::Answer {
            file: file.to_owned(),
            pointer: pointer.to_owned(),
            filter,
        };
        let expected = [
            (
                "{{charges-create-payment.new#/body/id}}",
                of("charges-create-payment.new", "/body/id", Filter::None),
            ),
            ("{{ unique }}", Placeholder::Unique),
            ("{{unique}}", Placeholder::Unique),
            ("{{p#/headers/location | segment}}", of("p", "/headers/location", Filter::Segment)),
        ];
        assert_eq!(find(text).expect("placeholders"), expected.map(|(words, p)| (words.to_owned(), p)));
        assert!(find("{}").expect("none").is_empty());
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        for wrong in ["{{", "{{x}}", "{{x#y}}", "{{#/y}}", "{{../x#/y}}", "{{x#/y | upper}}", "{{}}"] {
            assert!(matches!(find(wrong), Err(Failure::Usage(_))), "{wrong}");
        }
    }

    #[test]
    fn filters_make_ids_and_tokens() {
        assert_eq!(filtered("evt_a1", Filter::Bare).as_deref(), Some("a1"));
        assert_eq!(filtered("a1", Filter::Bare).as_deref(), Some("a1"));
        for url in ["http://localhost:1/pages/checkout/a.b?x=1", "/pages/checkout/a.b#x", "a.b"] {
            assert_eq!(filtered(url, Filter::Segment).as_deref(), Some("a.b"), "{url}");
        }
    }
}
