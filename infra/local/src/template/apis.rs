//! HTTP APIs, and the routes, integrations and permissions that connect them with functions.
//!
//! A route may be in another stack than its API: the API's id is then a parameter of the route's stack. The integration and
//! the permission to call the function are in the route's stack. A template is an error here if API Gateway would answer
//! 500 or CloudFormation would reject the stack.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Api, Cloud, Route, TemplateError,
    intrinsics::Stack,
    stages::{self, STAGE},
};
use crate::aws;

const API_GATEWAY: &str = "apigateway.amazonaws.com";
const INVOKE: &str = "lambda:InvokeFunction";

/// What an integration calls: a function, or its alias.
#[derive(PartialEq)]
struct Called {
    function: String,
    alias: Option<String>,
}

impl Called {
    /// From a name or an ARN, either with an alias or without.
    fn named(value: &Value) -> Self {
        let text = value.as_str().unwrap_or_default();
        let name = text.rsplit_once(":function:").map_or(text, |(_, name)| name);
        let (function, alias) =
            name.split_once(':').map_or((name, None), |(name, alias)| (name, Some(alias)));
        Self { function: function.to_owned(), alias: alias.map(str::to_owned) }
    }
}

/// A permission to call a function. One for the function does not hold for its alias, and the other way round.
struct Permission {
    called: Called,
    /// A pattern for ARNs of routes.
    source: String,
}

impl Permission {
    fn read(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Option<Self>, TemplateError> {
        let properties = stack.evaluate(properties, id)?;
        if properties["Principal"] != API_GATEWAY || properties["Action"] != INVOKE {
            return Ok(None);
        }
        let source = properties["SourceArn"]
            .as_str()
            .ok_or_else(|| stack.error(id, "without a SourceArn any API may call the function"))?;
        Ok(Some(Self { called: Called::named(&properties["FunctionName"]), source: source.to_owned() }))
    }

    fn allows(&self, api: &str, key: &str, called: &Called) -> bool {
        // `GET /v1/payments` is `GET/v1/payments` in an ARN.
        let key = key.replacen(' ', "", 1);
        let route = aws::arn("execute-api", &format!("{api}/{STAGE}/{key}"));
        self.called == *called && aws::matches(&self.source, &route)
    }
}

/// Reads an API. Its name is its stack's; a stack has one API at most.
pub(super) fn read(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Api, TemplateError> {
    if properties["ProtocolType"] != "HTTP" {
        return Err(stack.error(id, "the local cloud knows APIs of the ProtocolType HTTP only"));
    }
    if properties.get("Body").is_some() {
        return Err(stack.error(id, "an API with a Body takes no routes beside it"));
    }
    Ok(Api { name: stack.name.clone(), base_url: None, routes: Vec::new(), throttle: None })
}

/// Adds the routes to the APIs, after all stacks are gathered.
pub(super) fn connect(root: &Stack<'_>, cloud: &mut Cloud) -> Result<(), TemplateError> {
    let mut names = HashSet::new();
    if let Some(twice) = cloud.apis.iter().find(|api| !names.insert(&api.name)) {
        return Err(TemplateError::meaning(&twice.name, "two HTTP APIs have this name"));
    }
    let mut staged = HashSet::new();
    connect_stack(root, cloud, &mut staged)?;
    match cloud.apis.iter().find(|api| !staged.contains(&api.name)) {
        Some(api) => Err(TemplateError::meaning(&api.name, format!("the HTTP API has no stage `{STAGE}`"))),
        None => Ok(()),
    }
}

fn connect_stack(
    stack: &Stack<'_>,
    cloud: &mut Cloud,
    staged: &mut HashSet<String>,
) -> Result<(), TemplateError> {
    for (id, stage) in stack.resources("AWS::ApiGatewayV2::Stage")? {
        let properties = &stage["Properties"];
        let throttle = stages::read(stack, &id, properties)?;
        let index = api_of(stack, &id, properties, &cloud.apis)?;
        cloud.apis[index].throttle = throttle;
        staged.insert(cloud.apis[index].name.clone());
    }
    let mut permissions = Vec::new();
    for (id, permission) in stack.resources("AWS::Lambda::Permission")? {
        permissions.extend(Permission::read(stack, &id, &permission["Properties"])?);
    }
    for (id, route) in stack.resources("AWS::ApiGatewayV2::Route")? {
        add_route(stack, &id, &route["Properties"], &permissions, cloud)?;
    }
    for (id, _) in stack.resources("AWS::Serverless::Application")? {
        connect_stack(stack.nested(&id)?.as_ref(), cloud, staged)?;
    }
    Ok(())
}

fn add_route(
    stack: &Stack<'_>,
    id: &str,
    properties: &Value,
    permissions: &[Permission],
    cloud: &mut Cloud,
) -> Result<(), TemplateError> {
    let index = api_of(stack, id, properties, &cloud.apis)?;
    let api = &mut cloud.apis[index];
    let key = stack.text(&properties["RouteKey"], id)?;
    let called = function_behind(stack, id, properties, &api.name)?;
    let name = &called.function;
    let Some(function) = cloud.functions.iter().find(|known| known.name == *name) else {
        return Err(stack.error(id, format!("there is no function `{name}`")));
    };
    if function.alias != called.alias {
        let reason = match (&function.alias, &called.alias) {
            (None, Some(other)) => format!("`{name}` has no alias `{other}`"),
            (alias, _) => {
                format!(
                    "its integration calls `{name}` past the alias `{}`",
                    alias.as_deref().unwrap_or_default()
                )
            }
        };
        return Err(stack.error(id, reason));
    }
    if !permissions.iter().any(|p| p.allows(&api.name, &key, &called)) {
        let of = called.alias.map_or(String::new(), |alias| format!("`{alias}` of "));
        let reason = format!("no AWS::Lambda::Permission of its stack lets this route call {of}`{name}`");
        return Err(stack.error(id, reason));
    }
    let route = read_key(&key, called.function)
        .ok_or_else(|| stack.error(id, "RouteKey is neither `METHOD /path` nor `$default`"))?;
    let same = |other: &Route| (&other.method, &other.path) == (&route.method, &route.path);
    if api.routes.iter().any(same) {
        return Err(stack.error(id, format!("its API has the route `{key}` already")));
    }
    if let Some(other) = api.routes.iter().find_map(|other| other_name(&route.path, &other.path)) {
        return Err(stack.error(id, format!("another route of its API calls this variable `{other}`")));
    }
    api.routes.push(route);
    Ok(())
}

/// The index of the API that `ApiId` names.
fn api_of(stack: &Stack<'_>, id: &str, properties: &Value, apis: &[Api]) -> Result<usize, TemplateError> {
    let name = stack.text(&properties["ApiId"], id)?;
    apis.iter()
        .position(|api| api.name == name)
        .ok_or_else(|| stack.error(id, "ApiId names no AWS::ApiGatewayV2::Api"))
}

/// What a route's integration calls.
fn function_behind(stack: &Stack<'_>, id: &str, route: &Value, api: &str) -> Result<Called, TemplateError> {
    let target = stack.text(&route["Target"], id)?;
    let integrations = stack.resources("AWS::ApiGatewayV2::Integration")?;
    let found =
        target.strip_prefix("integrations/").and_then(|name| integrations.iter().find(|(id, _)| id == name));
    let Some((id, integration)) = found else {
        return Err(stack
            .error(id, "Target is not `integrations/` and an AWS::ApiGatewayV2::Integration of its stack"));
    };
    let integration = stack.evaluate(&integration["Properties"], id)?;
    if integration["ApiId"] != api {
        return Err(stack.error(id, "ApiId is not that of the route that leads here"));
    }
    if integration["IntegrationType"] != "AWS_PROXY" || integration["PayloadFormatVersion"] != "2.0" {
        return Err(stack.error(id, "the local cloud knows the integration AWS_PROXY with payload 2.0 only"));
    }
    Ok(Called::named(&integration["IntegrationUri"]))
}

/// The route of a key; `None` if the key is malformed.
fn read_key(key: &str, function: String) -> Option<Route> {
    let (method, path) = match key.split_once(' ') {
        Some((method, path)) if is_method(method) && path.starts_with('/') => (Some(method.to_owned()), path),
        None if key == "$default" => (None, key),
        _ => return None,
    };
    Some(Route { method: method.filter(|method| method != "ANY"), path: path.to_owned(), function })
}

fn is_method(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase())
}

/// The other path's name of a variable, if it differs: API Gateway allows one name at one place.
fn other_name<'a>(path: &str, other: &'a str) -> Option<&'a str> {
    let is_variable = |segment: &str| segment.starts_with('{') && !segment.ends_with("+}");
    path.split('/')
        .zip(other.split('/'))
        .find(|(one, two)| one != two)
        .filter(|(one, two)| is_variable(one) && is_variable(two))
        .map(|(_, two)| two)
}
