//! Routes, integrations and permissions.

use super::{
    super::{Cloud, TemplateError, Throttle},
    files, setting,
};

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

fn stacks(root: &str, routes: &str) -> Result<Cloud, TemplateError> {
    files(&[("template.yaml", root), ("routes.yaml", routes)], &setting(&[]))
}

#[test]
fn routes_of_a_nested_stack_belong_to_the_api_of_its_parent() {
    let cloud = stacks(ROOT, ROUTES).expect("it loads");
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
        let error = stacks(&ROOT.replacen(text, replacement, 1), ROUTES).expect_err(reason);
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
        ("!GetAtt Echo.Arn", "'arn:aws:lambda:x:1:function:nobody'", "there is no function `nobody`"),
        ("!GetAtt Echo.Arn", "nobody", "there is no function `nobody`"),
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
        let error = stacks(ROOT, &ROUTES.replacen(text, replacement, 1)).expect_err(reason);
        assert!(error.to_string().contains(reason), "{reason}: {error}");
    }
}

#[test]
fn a_function_with_an_alias_is_called_by_it_alone() {
    let aliased = ROUTES
        .replace("FunctionName: echo}", "FunctionName: echo, AutoPublishAlias: live}")
        .replace("!GetAtt Echo.Arn", "!Ref Echo.Alias")
        .replace("FunctionName: !Ref Echo,", "FunctionName: !Ref Echo.Alias,");
    let cloud = stacks(ROOT, &aliased).expect("it loads");
    assert_eq!(cloud.functions[0].alias.as_deref(), Some("live"));
    assert_eq!(cloud.apis[0].routes.len(), 3);
    for (text, replacement, reason) in [
        (
            "IntegrationUri: !Ref Echo.Alias",
            "IntegrationUri: !GetAtt Echo.Arn",
            "calls `echo` past the alias `live`",
        ),
        (
            "IntegrationUri: !Ref Echo.Alias",
            "IntegrationUri: 'echo:old'",
            "calls `echo` past the alias `live`",
        ),
        (
            "FunctionName: !Ref Echo.Alias,",
            "FunctionName: !Ref Echo,",
            "lets this route call `live` of `echo`",
        ),
        (", AutoPublishAlias: live", "", "`Echo` has no AutoPublishAlias"),
        ("!Ref Echo.Alias", "!Ref Nobody.Alias", "there is no parameter or resource `Nobody`"),
        ("!Ref Echo.Alias", "!Ref Echo.Version", "there is no parameter or resource `Echo.Version`"),
    ] {
        assert!(aliased.contains(text), "{text}");
        let error = stacks(ROOT, &aliased.replacen(text, replacement, 1)).expect_err(reason);
        assert!(error.to_string().contains(reason), "{reason}: {error}");
    }
    let unknown = ROUTES.replace("!GetAtt Echo.Arn", "'echo:live'");
    let error = stacks(ROOT, &unknown).expect_err("no alias").to_string();
    assert!(error.contains("`echo` has no alias `live`"), "{error}");
}

#[test]
fn a_stages_throttle_is_read() {
    let throttle = |settings: &str| {
        let stage = format!("AutoDeploy: true, {settings}");
        stacks(&ROOT.replace("AutoDeploy: true", &stage), ROUTES).map(|cloud| cloud.apis[0].throttle)
    };
    let of = |rate: f64, burst: u32| Some(Throttle { rate, burst });
    for (settings, read) in [
        ("DefaultRouteSettings: {ThrottlingRateLimit: 2.5, ThrottlingBurstLimit: 7}", of(2.5, 7)),
        (
            "DefaultRouteSettings: {ThrottlingRateLimit: !Sub '100', ThrottlingBurstLimit: !Sub '5'}",
            of(100.0, 5),
        ),
        ("DefaultRouteSettings: {ThrottlingBurstLimit: 7}", of(10_000.0, 7)),
        ("DefaultRouteSettings: {ThrottlingRateLimit: 3}", of(3.0, 5_000)),
        ("DefaultRouteSettings: {DetailedMetricsEnabled: true}", None),
        ("Description: none", None),
    ] {
        assert_eq!(throttle(settings).expect(settings), read, "{settings}");
    }
    for wrong in [
        "DefaultRouteSettings: {ThrottlingRateLimit: many}",
        "DefaultRouteSettings: {ThrottlingRateLimit: -1}",
        "DefaultRouteSettings: {ThrottlingBurstLimit: 1.5}",
        "RouteSettings: {}",
    ] {
        assert!(throttle(wrong).is_err(), "{wrong}");
    }
}
