//! The policies of a function's role: those of its template, and those that SAM adds for its event sources.
//!
//! What is not understood is an error, never left out: a policy that was read wrong would allow or refuse too much.

use serde_json::{Map, Value};

use super::{Actions, Condition, Effect, Function, Source, Statement, TemplateError, intrinsics::Stack};
use crate::{
    aws::{queue_arn, stream_arn},
    iam::policy::{Decision, Need, decide, matches_action},
};

/// The only condition key that is understood.
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";

/// What AWS's policy `AWSLambdaDynamoDBExecutionRole` allows beside logs. SAM adds it to a function with a stream.
const STREAM_ACTIONS: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];
/// What AWS's policy `AWSLambdaSQSQueueExecutionRole` allows beside logs. SAM adds it to a function with a queue.
const QUEUE_ACTIONS: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
const SEND: &str = "sqs:SendMessage";

/// The statements of a function's own policies.
pub(super) fn read(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Vec<Statement>, TemplateError> {
    for other in ["Role", "PermissionsBoundary", "AssumeRolePolicyDocument"] {
        if properties.get(other).is_some() || stack.globals("Function").get(other).is_some() {
            let reason =
                format!("the local cloud knows roles that SAM makes of Policies only, without {other}");
            return Err(stack.error(id, reason));
        }
    }
    if stack.globals("Function").get("Policies").is_some() {
        return Err(stack.error(id, "Globals has no Policies: each function names its own"));
    }
    let Some(policies) = properties.get("Policies") else {
        return Ok(Vec::new());
    };
    let mut statements = Vec::new();
    for policy in one_or_more(&stack.evaluate(policies, id)?) {
        let wrong = |reason: String| stack.error(id, format!("Policies: {reason}"));
        let Some(document) = policy.as_object() else {
            return Err(wrong(format!("the local cloud knows no managed policy: {policy}")));
        };
        only(document, &["Version", "Id", "Statement"]).map_err(|other| {
            wrong(format!("the local cloud knows documents with statements only, and no `{other}`"))
        })?;
        for statement in one_or_more(&policy["Statement"]) {
            statements.push(statement_of(statement).map_err(wrong)?);
        }
    }
    Ok(statements)
}

/// Adds the statements that SAM adds for an event source, and checks that the source can work with them.
pub(super) fn connect(
    stack: &Stack<'_>,
    at: &str,
    event: &Value,
    source: &Source,
    function: &mut Function,
) -> Result<(), TemplateError> {
    let mut needs = Vec::new();
    match source {
        Source::Stream(source) => {
            let stream = stream_arn(&source.table);
            function.source_policies.push(allow(&STREAM_ACTIONS, "*"));
            needs.extend(STREAM_ACTIONS.map(|action| Need::new(action, &stream)));
            if let Some(queue) = &source.on_failure_queue {
                let on_failure = &event["Properties"]["DestinationConfig"]["OnFailure"];
                match on_failure.get("Type").map(|kind| stack.text(kind, at)).transpose()?.as_deref() {
                    Some("SQS") => function.source_policies.push(allow(&[SEND], &queue_arn(queue))),
                    // Without a type, SAM adds nothing for the destination.
                    None => {}
                    Some(other) => {
                        return Err(
                            stack.error(at, format!("the local cloud knows no destination `{other}`"))
                        );
                    }
                }
                needs.push(Need::new(SEND, queue_arn(queue)));
            }
        }
        Source::Queue(source) => {
            function.source_policies.push(allow(&QUEUE_ACTIONS, "*"));
            needs.extend(QUEUE_ACTIONS.map(|action| Need::new(action, queue_arn(&source.queue))));
        }
        // SAM makes a role for the schedule, which may invoke the function.
        Source::Schedule(_) => {
            for other in ["RoleArn", "PermissionsBoundary"] {
                if event["Properties"].get(other).is_some() {
                    let reason =
                        format!("the local cloud knows the role that SAM makes only, without {other}");
                    return Err(stack.error(at, reason));
                }
            }
        }
    }
    let statements = function.statements();
    match needs.iter().find(|need| !matches!(decide(&statements, need), Decision::Allowed(_))) {
        None => {
            function.source_needs.extend(needs);
            Ok(())
        }
        Some(need) => {
            let reason = format!(
                "the policies of `{}` do not let the source do {} on {}",
                function.name, need.action, need.resource
            );
            Err(stack.error(at, reason))
        }
    }
}

fn allow(actions: &[&str], resource: &str) -> Statement {
    Statement {
        effect: Effect::Allow,
        actions: Actions::Only(actions.iter().map(|action| (*action).to_owned()).collect()),
        resources: vec![resource.to_owned()],
        conditions: Vec::new(),
    }
}

fn statement_of(statement: &Value) -> Result<Statement, String> {
    let elements = statement.as_object().ok_or_else(|| format!("{statement} is no statement"))?;
    only(elements, &["Sid", "Effect", "Action", "NotAction", "Resource", "Condition"])
        .map_err(|other| format!("the local cloud does not know the element `{other}` of a statement"))?;
    let effect = match statement["Effect"].as_str() {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(format!("Effect is neither Allow nor Deny: {statement}")),
    };
    let actions = match (elements.get("Action"), elements.get("NotAction")) {
        (Some(actions), None) => Actions::Only(texts("Action", actions)?),
        (None, Some(_)) if effect == Effect::Allow => {
            return Err("NotAction with Allow would allow every other service".to_owned());
        }
        (None, Some(actions)) => Actions::Except(texts("NotAction", actions)?),
        _ => return Err(format!("a statement has either Action or NotAction: {statement}")),
    };
    let (Actions::Only(names) | Actions::Except(names)) = &actions;
    if let Some(name) = names.iter().find(|name| *name != "*" && !name.contains(':')) {
        return Err(format!(
            "`{name}` is no action: one begins with its service, such as `dynamodb:GetItem`"
        ));
    }
    let resources = texts("Resource", &statement["Resource"])?;
    if let Some(name) = resources.iter().find(|name| *name != "*" && !name.starts_with("arn:")) {
        return Err(format!("`{name}` is no ARN"));
    }
    let conditions = match elements.get("Condition") {
        None => Vec::new(),
        Some(conditions) => conditions_of(conditions)?,
    };
    // Such a condition holds where a request names no key, and a scan names none.
    let scans = |names: &[String]| names.iter().any(|name| matches_action(name, "dynamodb:Scan"));
    if let Actions::Only(names) = &actions
        && effect == Effect::Allow
        && !conditions.is_empty()
        && scans(names)
    {
        return Err(format!("{LEADING_KEYS} does not limit dynamodb:Scan, which names no key"));
    }
    Ok(Statement { effect, actions, resources, conditions })
}

fn conditions_of(conditions: &Value) -> Result<Vec<Condition>, String> {
    let mut read = Vec::new();
    for (operator, keys) in conditions.as_object().into_iter().flatten() {
        let like = match operator.as_str() {
            "ForAllValues:StringLike" => true,
            "ForAllValues:StringEquals" => false,
            "StringLike" | "StringEquals" => {
                return Err(format!("{LEADING_KEYS} has many values: {operator} needs ForAllValues:"));
            }
            other => return Err(format!("the local cloud does not know the condition operator `{other}`")),
        };
        for (key, values) in keys.as_object().into_iter().flatten() {
            if key != LEADING_KEYS {
                return Err(format!("the local cloud does not know the condition key `{key}`"));
            }
            read.push(Condition { like, values: texts(key, values)? });
        }
    }
    if read.is_empty() {
        return Err(format!("a Condition says nothing: {conditions}"));
    }
    Ok(read)
}

/// A text or a list of texts, at least one.
fn texts(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let texts: Option<Vec<_>> =
        one_or_more(value).iter().map(|text| text.as_str().map(str::to_owned)).collect();
    let texts =
        texts.filter(|texts| !texts.is_empty()).ok_or_else(|| format!("{name} has no text: {value}"))?;
    match texts.iter().find(|text| text.contains("${")) {
        Some(text) => Err(format!("the local cloud knows no policy variables: {text}")),
        None => Ok(texts),
    }
}

fn one_or_more(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// Whether a map has only these keys; otherwise another of its keys.
fn only(map: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(other) => Err(other.clone()),
        None => Ok(()),
    }
}
