//! Stages of HTTP APIs.

use serde_json::Value;

use super::{TemplateError, Throttle, intrinsics::Stack};

/// The only stage: the one that adds no segment to paths.
pub(super) const STAGE: &str = "$default";

/// An account's own throttle, for what a stage's settings leave out.
const RATE_DEFAULT: f64 = 10_000.0;
const BURST_DEFAULT: u32 = 5_000;

/// Checks a stage's properties, and gives its throttle if it has one.
pub(super) fn read(
    stack: &Stack<'_>,
    id: &str,
    properties: &Value,
) -> Result<Option<Throttle>, TemplateError> {
    if properties["StageName"] != STAGE {
        return Err(stack.error(id, format!("the local cloud knows the stage `{STAGE}` only")));
    }
    if properties["AutoDeploy"] != true {
        return Err(stack.error(id, "without AutoDeploy the stage has no routes"));
    }
    if properties.get("RouteSettings").is_some() {
        return Err(
            stack.error(id, "the local cloud knows DefaultRouteSettings only, which are for every route")
        );
    }
    let settings = stack.evaluate(&properties["DefaultRouteSettings"], id)?;
    let number = |name: &str| match &settings[name] {
        Value::Null => Ok(None),
        value => match stack.text(value, id)?.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
            Ok(_) | Err(_) => Err(stack.error(id, format!("{name} is not a number of requests"))),
        },
    };
    let (rate, burst) = (number("ThrottlingRateLimit")?, number("ThrottlingBurstLimit")?);
    if rate.is_none() && burst.is_none() {
        return Ok(None);
    }
    let burst = match burst {
        None => BURST_DEFAULT,
        Some(burst) => {
            whole(burst).ok_or_else(|| stack.error(id, "ThrottlingBurstLimit is no whole number"))?
        }
    };
    Ok(Some(Throttle { rate: rate.unwrap_or(RATE_DEFAULT), burst }))
}

/// A number without a fraction.
fn whole(number: f64) -> Option<u32> {
    format!("{number}").parse().ok()
}
