//! Functions: their binaries, environments and policies.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{Function, TemplateError, intrinsics::Stack, policies};

/// Lambda's defaults, where neither the function nor `Globals` has a value.
const TIMEOUT_S_DEFAULT: u64 = 3;
const MEMORY_MB_DEFAULT: u64 = 128;

pub(super) fn read(stack: &Stack<'_>, id: &str, resource: &Value) -> Result<Function, TemplateError> {
    let globals = stack.globals("Function");
    let properties = &resource["Properties"];
    let property = |name: &str| properties.get(name).unwrap_or(&globals[name]).clone();
    let number = |name: &str, default: u64| -> Result<u64, TemplateError> {
        match property(name) {
            Value::Null => Ok(default),
            value => stack
                .text(&value, id)?
                .parse()
                .map_err(|_| stack.error(id, format!("{name} is not a number"))),
        }
    };
    let mut environment = BTreeMap::new();
    // SAM merges the variables of `Globals` and of the function.
    for variables in [&globals["Environment"]["Variables"], &properties["Environment"]["Variables"]] {
        for (name, value) in variables.as_object().into_iter().flatten() {
            environment.insert(name.clone(), stack.text(value, &format!("{id}.{name}"))?);
        }
    }
    let name = stack.function_name(id)?;
    let binary = match &resource["Metadata"]["BuildProperties"]["Binary"] {
        Value::Null => name.clone(),
        binary => stack.text(binary, id)?,
    };
    Ok(Function {
        name,
        binary,
        code: stack.folder().join(stack.text(&property("CodeUri"), id)?),
        environment,
        timeout: Duration::from_secs(number("Timeout", TIMEOUT_S_DEFAULT)?),
        memory_mb: number("MemorySize", MEMORY_MB_DEFAULT)?,
        policies: policies::read(stack, id, properties)?,
        source_policies: Vec::new(),
        source_needs: Vec::new(),
    })
}
