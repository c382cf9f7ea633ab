//! Functions: their binaries, environments and policies.

use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

use serde_json::Value;

use super::{Function, TemplateError, intrinsics::Stack, logs, policies};

/// Lambda's defaults, where neither the function nor `Globals` has a value.
const TIMEOUT_S_DEFAULT: u64 = 3;
const MEMORY_MB_DEFAULT: u64 = 128;
/// What Lambda takes.
const TIMEOUT_S: RangeInclusive<u64> = 1..=900;
const MEMORY_MB: RangeInclusive<u64> = 128..=10_240;
/// Beginnings of the names of variables that Lambda sets itself and lets nobody else set.
const RESERVED: [&str; 8] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];
/// The largest environment of a function. Lambda measures its variables as a JSON object.
const ENVIRONMENT_BYTES_MAX: usize = 4096;

pub(super) fn read(stack: &Stack<'_>, id: &str, resource: &Value) -> Result<Function, TemplateError> {
    let globals = stack.globals("Function");
    let properties = &resource["Properties"];
    let property = |name: &str| stack.function_property(id, name);
    let number =
        |name: &str, default: u64, range: &RangeInclusive<u64>| match property(name) {
            Value::Null => Ok(default),
            value => match stack.text(value, id)?.parse() {
                Ok(number) if range.contains(&number) => Ok(number),
                _ => Err(stack
                    .error(id, format!("{name} is not a number from {} to {}", range.start(), range.end()))),
            },
        };
    let mut environment = BTreeMap::new();
    // SAM merges the variables of `Globals` and of the function.
    for variables in [&globals["Environment"]["Variables"], &properties["Environment"]["Variables"]] {
        for (name, value) in variables.as_object().into_iter().flatten() {
            environment.insert(name.clone(), stack.text(value, &format!("{id}.{name}"))?);
        }
    }
    check_environment(stack, id, &environment)?;
    let name = stack.function_name(id)?;
    let binary = match &resource["Metadata"]["BuildProperties"]["Binary"] {
        Value::Null => name.clone(),
        binary => stack.text(binary, id)?,
    };
    Ok(Function {
        log_group: logs::group_of(stack, id, &name, properties)?,
        alias: stack.alias_of(id)?,
        name,
        binary,
        code: stack.folder().join(stack.text(property("CodeUri"), id)?),
        environment,
        timeout: Duration::from_secs(number("Timeout", TIMEOUT_S_DEFAULT, &TIMEOUT_S)?),
        memory_mb: number("MemorySize", MEMORY_MB_DEFAULT, &MEMORY_MB)?,
        reserved_concurrency: reserved_concurrency(stack, id, property("ReservedConcurrentExecutions"))?,
        policies: policies::read(stack, id, properties)?,
        source_policies: Vec::new(),
        source_needs: Vec::new(),
    })
}

/// Fails where Lambda would refuse to configure the function.
fn check_environment(
    stack: &Stack<'_>,
    id: &str,
    environment: &BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    if let Some(name) = environment.keys().find(|name| RESERVED.iter().any(|start| name.starts_with(start))) {
        return Err(stack.error(id, format!("Lambda sets the variable `{name}` itself")));
    }
    let measured = serde_json::json!(environment).to_string().len();
    if measured <= ENVIRONMENT_BYTES_MAX {
        return Ok(());
    }
    let reason = format!(
        "its environment variables have {measured} bytes as JSON, and Lambda takes {ENVIRONMENT_BYTES_MAX}"
    );
    Err(stack.error(id, reason))
}

/// `ReservedConcurrentExecutions`, also where a condition leaves it out.
fn reserved_concurrency(stack: &Stack<'_>, id: &str, value: &Value) -> Result<Option<usize>, TemplateError> {
    match stack.evaluate(value, id)? {
        Value::Null => Ok(None),
        value => match stack.text(&value, id)?.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(stack.error(id, "ReservedConcurrentExecutions is not a number")),
        },
    }
}
