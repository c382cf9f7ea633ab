//! The AWS account that the local cloud stands for, and the names of things in it.

use crate::clock::now_ms;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT: &str = "000000000000";

/// The ARN of a service's resource in this account.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

pub(crate) fn table_arn(table: &str) -> String {
    arn("dynamodb", &format!("table/{table}"))
}

/// A table has one stream here, which lasts as long as the table.
pub(crate) fn stream_arn(table: &str) -> String {
    format!("{}/stream/local", table_arn(table))
}

pub(crate) fn queue_arn(queue: &str) -> String {
    arn("sqs", queue)
}

pub(crate) fn function_arn(function: &str) -> String {
    arn("lambda", &format!("function:{function}"))
}

/// The name of a queue or a function, given its ARN or the name itself.
pub(crate) fn name_in(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

/// An X-Ray trace id.
pub(crate) fn trace_id() -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{};Sampled=0", now_ms() / 1000, &random[..24])
}

/// Whether a text is covered by a pattern, in which `*` stands for any text and `?` for one character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // The last star, and how much of the text it stands for so far: it takes one character more whenever the rest fails.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(c) if *c == '?' || *c == text[seen] => {
                at += 1;
                seen += 1;
            }
            Some(_) | None => {
                let Some((at_star, from)) = star else {
                    return false;
                };
                star = Some((at_star, from + 1));
                at = at_star + 1;
                seen = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text_and_a_question_mark_for_one_character() {
        for pattern in
            ["a/*/*", "a/*/GET/v1/*", "*", "a/$default/GET/v1/x", "a/$default/GET/v1/x*", "?/*v?/?"]
        {
            assert!(matches(pattern, "a/$default/GET/v1/x"), "{pattern}");
        }
        for pattern in ["a/*/POST/*", "b/*", "a/*/GET", "", "a/*/?x", "a/$default/GET/v1/x?"] {
            assert!(!matches(pattern, "a/$default/GET/v1/x"), "{pattern}");
        }
        assert!(matches("", "") && matches("**", "") && !matches("?", ""));
        // No pattern takes long.
        assert!(!matches(&"*a".repeat(40), &"a".repeat(39)));
    }
}
