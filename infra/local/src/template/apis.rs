//! HTTP APIs: the APIs themselves, and the routes, integrations and permissions that lead from them to functions.
//!
//! A route may be in another stack than its API, which the route's stack then knows by a parameter. Its integration and the
//! permission to call the function are in the route's own stack. Where API Gateway would answer 500, or CloudFormation
//! would refuse the stack, the template is wrong here.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    TemplateError,
    cloud::{Api, Cloud, Route},
    intrinsics::Stack,
};
use crate::aws::{self, name_in};

/// The only stage there is: the one without a segment of its own in the path.
const STAGE: &str = "$default";
const API_GATEWAY: &str = "apigateway.amazonaws.com";
const INVOKE: &str = "lambda:InvokeFunction";

/// Leave to call a function.
struct Permission {
    function: String,
    /// A pattern of ARNs of routes.
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
        Ok(Some(Self { function: function_named(&properties["FunctionName"]), source: source.to_owned() }))
    }

    fn allows(&self, api: &str, key: &str, function: &str) -> bool {
        // `GET /v1/payments` is `GET/v1/payments` in an ARN.
        let key = key.replacen(' ', "", 1);
        let route = aws::arn("execute-api", &format!("{api}/{STAGE}/{key}"));
        self.function == function && covers(&self.source, &route)
    }
}

/// An API's name is its stack's; one stack has one API at most.
pub(super) fn read(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Api, TemplateError> {
    if properties["ProtocolType"] != "HTTP" {
        return Err(stack.error(id, "the local cloud knows APIs of the ProtocolType HTTP only"));
    }
    if properties.get("Body").is_some() {
        return Err(stack.error(id, "an API with a Body takes no routes beside it"));
    }
    Ok(Api { name: stack.name.clone(), base_url: None, routes: Vec::new() })
}

/// Gives every API its routes, once all stacks are gathered.
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
        if properties["StageName"] != STAGE {
            return Err(stack.error(&id, format!("the local cloud knows the stage `{STAGE}` only")));
        }
        if properties["AutoDeploy"] != true {
            return Err(stack.error(&id, "without AutoDeploy the stage has no routes"));
        }
        let index = api_of(stack, &id, properties, &cloud.apis)?;
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
    let function = function_behind(stack, id, properties, &api.name)?;
    if !cloud.functions.iter().any(|known| known.name == function) {
        return Err(stack.error(id, format!("there is no function `{function}`")));
    }
    if !permissions.iter().any(|p| p.allows(&api.name, &key, &function)) {
        let reason = format!("no AWS::Lambda::Permission of its stack lets this route call `{function}`");
        return Err(stack.error(id, reason));
    }
    let route = read_key(&key, function)
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

/// Where the API that `ApiId` names is in the list.
fn api_of(stack: &Stack<'_>, id: &str, properties: &Value, apis: &[Api]) -> Result<usize, TemplateError> {
    let name = stack.text(&properties["ApiId"], id)?;
    apis.iter()
        .position(|api| api.name == name)
        .ok_or_else(|| stack.error(id, "ApiId names no AWS::ApiGatewayV2::Api"))
}

/// The function that a route's integration calls.
fn function_behind(stack: &Stack<'_>, id: &str, route: &Value, api: &str) -> Result<String, TemplateError> {
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
    Ok(function_named(&integration["IntegrationUri"]))
}

/// `None` when the key is not one.
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

/// What the other path calls a variable, when it has another name for it: API Gateway keeps one name at one place.
fn other_name<'a>(path: &str, other: &'a str) -> Option<&'a str> {
    let is_variable = |segment: &str| segment.starts_with('{') && !segment.ends_with("+}");
    path.split('/')
        .zip(other.split('/'))
        .find(|(one, two)| one != two)
        .filter(|(one, two)| is_variable(one) && is_variable(two))
        .map(|(_, two)| two)
}

/// The function that a name or an ARN names.
fn function_named(value: &Value) -> String {
    name_in(value.as_str().unwrap_or_default()).to_owned()
}

/// Whether a pattern, in which `*` is any text, covers an ARN.
fn covers(pattern: &str, arn: &str) -> bool {
    let Some((start, pattern)) = pattern.split_once('*') else {
        return pattern == arn;
    };
    let Some(rest) = arn.strip_prefix(start) else {
        return false;
    };
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| covers(pattern, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::super::{Setting, load};
    use super::*;

    /// An API whose route is in a stack nested in its own.
    const ROOT: &str = "
Resources:
  FrontDoor: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: door, ProtocolType: HTTP}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref FrontDoor, StageName: $default, AutoDeploy: true}}
  Routes: {Type: AWS::Serverless::Application, Properties: {Location: routes.yaml, Parameters: {ApiId: !Ref FrontDoor}}}
";
    const ROUTES: &str = "
Parameters: {ApiId: {Type: String}}
Resources:
  Echo: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., FunctionName: echo}}
  Other: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., FunctionName: other}}
  EchoRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref ApiId, RouteKey: 'GET /v1/echo/{id}', Target: !Sub 'integrations/${EchoIntegration}'}
  EchoDefaultRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref ApiId, RouteKey: $default, Target: !Sub 'integrations/${EchoIntegration}'}
  EchoAnyRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref ApiId, RouteKey: ANY /v1/any, Target: !Sub 'integrations/${EchoIntegration}'}
  EchoIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref ApiId, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Echo.Arn, PayloadFormatVersion: '2.0'}
  EchoPermission:
    Type: AWS::Lambda::Permission
    Properties: {Action: 'lambda:InvokeFunction', FunctionName: !Ref Echo, Principal: apigateway.amazonaws.com, SourceArn: !Sub 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiId}/*/*'}
";

    fn loaded(root: &str, routes: &str) -> Result<Cloud, TemplateError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("template.yaml");
        std::fs::write(&path, root).expect("written");
        std::fs::write(folder.path().join("routes.yaml"), routes).expect("written");
        let setting = Setting {
            front_url: String::new(),
            sqs_url: String::new(),
            parameters: Vec::new(),
            secret: &|_, _| Ok(String::new()),
        };
        load(&path, &setting)
    }

    #[test]
    fn routes_of_a_nested_stack_belong_to_the_api_of_its_parent() {
        let cloud = loaded(ROOT, ROUTES).expect("it loads");
        assert_eq!(cloud.apis.len(), 1);
        let routes = cloud.apis[0].routes.iter();
        let routes: Vec<_> =
            routes.map(|r| (r.method.as_deref(), r.path.as_str(), r.function.as_str())).collect();
        let expected =
            [(Some("GET"), "/v1/echo/{id}", "echo"), (None, "$default", "echo"), (None, "/v1/any", "echo")];
        assert_eq!(routes, expected);
    }

    #[test]
    fn an_api_that_can_not_be_served_is_a_clear_error() {
        let stage = "Stage: {Type: AWS::ApiGatewayV2::Stage";
        let second = "FrontDoor2: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}\n  Stage:";
        for (text, replacement, reason) in [
            ("ProtocolType: HTTP", "ProtocolType: WEBSOCKET", "the ProtocolType HTTP only"),
            ("ProtocolType: HTTP", "ProtocolType: HTTP, Body: {}", "an API with a Body takes no routes"),
            ("Stage:", second, "two HTTP APIs have this name"),
            (stage, "Stage: {Type: AWS::Logs::LogGroup", "has no stage `$default`"),
            ("StageName: $default", "StageName: prod", "the stage `$default` only"),
            (", AutoDeploy: true", "", "without AutoDeploy the stage has no routes"),
        ] {
            assert!(ROOT.contains(text), "{text}");
            let error = loaded(&ROOT.replacen(text, replacement, 1), ROUTES).expect_err(reason);
            assert!(error.to_string().contains(reason), "{reason}: {error}");
        }
    }

    #[test]
    fn a_route_that_would_not_reach_its_function_is_a_clear_error() {
        let permission = "Type: AWS::Lambda::Permission";
        let no_leave = "no AWS::Lambda::Permission of its stack lets this route call `echo`";
        let no_target = "Target is not `integrations/` and an AWS::ApiGatewayV2::Integration of its stack";
        for (text, replacement, reason) in [
            (
                "ApiId: !Ref ApiId, RouteKey",
                "ApiId: !Ref Echo, RouteKey",
                "ApiId names no AWS::ApiGatewayV2::Api",
            ),
            ("integrations/${EchoIntegration}", "${EchoIntegration}", no_target),
            ("integrations/${EchoIntegration}", "integrations/${Echo}", no_target),
            (
                "integrations/${EchoIntegration}",
                "integrations/${Nobody}",
                "there is no parameter or resource `Nobody`",
            ),
            (
                "ApiId: !Ref ApiId, IntegrationType",
                "ApiId: x, IntegrationType",
                "not that of the route that leads here",
            ),
            ("AWS_PROXY", "HTTP_PROXY", "the integration AWS_PROXY with payload 2.0 only"),
            ("'2.0'", "'1.0'", "the integration AWS_PROXY with payload 2.0 only"),
            ("!GetAtt Echo.Arn", "x:nobody", "there is no function `nobody`"),
            (permission, "Type: AWS::Logs::LogGroup", no_leave),
            ("FunctionName: !Ref Echo", "FunctionName: !Ref Other", no_leave),
            ("Principal: apigateway.", "Principal: events.", no_leave),
            ("lambda:InvokeFunction", "lambda:GetFunction", no_leave),
            ("${ApiId}/*/*", "another/*/*", no_leave),
            ("${ApiId}/*/*", "${ApiId}/*/POST/*", no_leave),
            (", SourceArn: ", ", SourceAccount: ", "without a SourceArn any API may call"),
            ("$default", "'GET /v1/echo/{id}'", "its API has the route `GET /v1/echo/{id}` already"),
            ("RouteKey: $default", "RouteKey: 'POST /v1/echo/{name}/x'", "calls this variable `{id}`"),
            ("RouteKey: $default", "RouteKey: v1", "RouteKey is neither"),
            ("ANY /v1/any", "any /v1/any", "RouteKey is neither"),
        ] {
            assert!(ROUTES.contains(text), "{text}");
            let error = loaded(ROOT, &ROUTES.replacen(text, replacement, 1)).expect_err(reason);
            assert!(error.to_string().contains(reason), "{reason}: {error}");
        }
    }

    #[test]
    fn a_permission_covers_the_routes_of_its_pattern() {
        for (pattern, covered) in
            [("a/*/*", true), ("a/*/GET/v1/*", true), ("*", true), ("a/$default/GET/v1/x", true)]
                .into_iter()
                .chain([("a/*/POST/*", false), ("b/*", false), ("a/*/GET", false), ("", false)])
        {
            assert_eq!(covers(pattern, "a/$default/GET/v1/x"), covered, "{pattern}");
        }
    }
}
