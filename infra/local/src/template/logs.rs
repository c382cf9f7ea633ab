//! Log groups, and which of them a function logs to.

use serde_json::Value;

use super::{LogGroup, TemplateError, intrinsics::Stack};

/// What CloudWatch Logs takes as days of retention.
const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn read(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<LogGroup, TemplateError> {
    let retention_days = match stack.evaluate(&properties["RetentionInDays"], id)? {
        Value::Null => None,
        days => match stack.text(&days, id)?.parse() {
            Ok(days) if RETENTION_DAYS.contains(&days) => Some(days),
            _ => return Err(stack.error(id, format!("RetentionInDays is none of {RETENTION_DAYS:?}"))),
        },
    };
    Ok(LogGroup { name: stack.name_of(id, "LogGroupName")?, retention_days })
}

/// The group that a function's lines go to; without a `LoggingConfig`, the one that Lambda makes for it.
pub(super) fn group_of(
    stack: &Stack<'_>,
    id: &str,
    function: &str,
    properties: &Value,
) -> Result<String, TemplateError> {
    // SAM merges the properties of `Globals` and of the function.
    let configs = [&properties["LoggingConfig"], &stack.globals("Function")["LoggingConfig"]];
    let property = |name: &str| configs.iter().find_map(|config| config.get(name)).cloned();
    let format = property("LogFormat").map(|format| stack.text(&format, id)).transpose()?;
    if format.is_some_and(|format| format != "Text") {
        return Err(
            stack.error(id, "the local cloud knows the LogFormat Text only: lines go out as they are")
        );
    }
    match property("LogGroup") {
        Some(group) => stack.text(&group, id),
        None => Ok(format!("/aws/lambda/{function}")),
    }
}
