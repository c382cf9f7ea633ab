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

/// Whether a text is covered by a pattern, in which `*` stands for any text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, pattern)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(start) else {
        return false;
    };
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(pattern, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, covered) in
            [("a/*/*", true), ("a/*/GET/v1/*", true), ("*", true), ("a/$default/GET/v1/x", true)]
                .into_iter()
                .chain([("a/*/POST/*", false), ("b/*", false), ("a/*/GET", false), ("", false)])
        {
            assert_eq!(matches(pattern, "a/$default/GET/v1/x"), covered, "{pattern}");
        }
    }
}
