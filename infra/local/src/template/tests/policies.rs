//! Policies of functions and of their event sources.

use super::{
    super::{Actions, Condition, Effect, Function, TemplateError},
    loaded,
};

/// A function with a queue, a stream and a schedule. Its policy is put in.
const TEMPLATE: &str = "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: t
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Policies: POLICIES
      Events:
        Messages: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}
";
const SEND: &str = "{Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Dead.Arn}";

fn function(template: &str) -> Result<Function, TemplateError> {
    Ok(loaded(template)?.functions.remove(0))
}

/// The function with these statements, and the one that its failure queue needs.
fn with_statements(statements: &str) -> Result<Function, TemplateError> {
    function(&TEMPLATE.replace("POLICIES", &format!("[{{Statement: [{statements}, {SEND}]}}]")))
}

#[test]
fn statements_are_read_with_their_conditions() {
    let condition = "Condition: {'ForAllValues:StringLike': {'dynamodb:LeadingKeys': ['KEY#*', 'X']}}";
    let statement = format!(
        "{{Sid: A, Effect: Allow, Action: ['dynamodb:GetItem'], Resource: !GetAtt Table.Arn, {condition}}}"
    );
    let denied = "{Effect: Deny, NotAction: 'sqs:*', Resource: '*', Condition: {'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': X}}}";
    let denied_all_but = with_statements(&format!("{statement}, {denied}"));
    // The function could not read its stream, whose requests name no key.
    let error = denied_all_but.expect_err("denied").to_string();
    assert!(error.contains("do not let the source do dynamodb:DescribeStream"), "{error}");

    let function = with_statements(&statement).expect("it loads");
    let read = &function.policies[0];
    assert_eq!(
        (read.effect, &read.actions),
        (Effect::Allow, &Actions::Only(vec!["dynamodb:GetItem".to_owned()]))
    );
    let values = vec!["KEY#*".to_owned(), "X".to_owned()];
    assert_eq!(read.conditions, [Condition { like: true, values: values.clone() }]);
    let grants = function.grants();
    assert_eq!(grants.len(), 2);
    assert_eq!(grants[0].resource, "arn:aws:dynamodb:us-east-1:000000000000:table/t");
    assert_eq!(grants[0].leading_keys, values);
    assert_eq!(function.source_policies.len(), 2);
}

#[test]
fn a_policy_that_is_not_understood_is_a_clear_error() {
    let known = "Effect: Allow, Action: 'a:B', Resource: '*'";
    let allow_and = |rest: &str| format!("{{{known}, {rest}}}");
    let condition = |text: &str| allow_and(&format!("Condition: {text}"));
    for (statement, reason) in [
        (allow_and("Principal: '*'"), "does not know the element `Principal`"),
        (allow_and("NotResource: '*'"), "does not know the element `NotResource`"),
        (allow_and("NotAction: 'a:C'"), "either Action or NotAction"),
        ("{Effect: Allow, Resource: '*'}".to_owned(), "either Action or NotAction"),
        ("{Effect: Allow, NotAction: 'a:B', Resource: '*'}".to_owned(), "NotAction with Allow"),
        ("{Effect: allow, Action: 'a:B', Resource: '*'}".to_owned(), "neither Allow nor Deny"),
        ("{Effect: Allow, Action: GetItem, Resource: '*'}".to_owned(), "`GetItem` is no action"),
        ("{Effect: Allow, Action: 'a:B', Resource: table}".to_owned(), "`table` is no ARN"),
        ("{Effect: Allow, Action: 'a:B'}".to_owned(), "Resource has no text"),
        ("{Effect: Allow, Action: [], Resource: '*'}".to_owned(), "Action has no text"),
        ("{Effect: Allow, Action: 'a:B', Resource: 'arn:${aws:username}'}".to_owned(), "no policy variables"),
        ("Allow".to_owned(), "is no statement"),
        (condition("{}"), "a Condition says nothing"),
        (condition("{StringLike: {'dynamodb:LeadingKeys': x}}"), "needs ForAllValues:"),
        (condition("{Bool: {'aws:SecureTransport': 'true'}}"), "the condition operator `Bool`"),
        (
            condition("{'ForAllValues:StringLike': {'dynamodb:Attributes': x}}"),
            "the condition key `dynamodb:Attributes`",
        ),
        (
            condition("{'ForAllValues:StringLike': {'dynamodb:LeadingKeys': x}}")
                .replace("a:B", "dynamodb:*"),
            "does not limit dynamodb:Scan",
        ),
    ] {
        let error = with_statements(&statement).expect_err(reason).to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    for (policies, reason) in [
        ("[AmazonDynamoDBFullAccess]", "knows no managed policy"),
        ("AWSLambdaExecute", "knows no managed policy"),
        ("[{DynamoDBReadPolicy: {TableName: t}}]", "no `DynamoDBReadPolicy`"),
        ("[]\n      Role: 'arn:aws:iam::1:role/x'", "without Role"),
        ("[]\n      PermissionsBoundary: 'arn:aws:iam::1:policy/x'", "without PermissionsBoundary"),
    ] {
        let error = function(&TEMPLATE.replace("POLICIES", policies)).expect_err(reason).to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let globals = "\nGlobals: {Function: {Policies: []}}\n";
    let error = function(&(TEMPLATE.replace("POLICIES", "[]") + globals)).expect_err("not there").to_string();
    assert!(error.contains("Globals has no Policies"), "{error}");
}

#[test]
fn a_source_that_may_not_work_is_a_clear_error() {
    // SAM lets the function read its sources, and send to a failure queue only if it is told the queue's kind.
    let bare = TEMPLATE.replace("POLICIES", "[]");
    let error = function(&bare).expect_err("no permission").to_string();
    let reason = "do not let the source do sqs:SendMessage on arn:aws:sqs:us-east-1:000000000000:dead";
    assert!(error.contains("F.Changes") && error.contains(reason), "{error}");
    let typed = bare.replace("{OnFailure: {", "{OnFailure: {Type: SQS, ");
    assert_eq!(function(&typed).expect("it loads").source_policies.len(), 3);
    assert!(with_statements("{Effect: Allow, Action: 'a:B', Resource: '*'}").is_ok());

    let other = "RoleArn: 'arn:aws:iam::1:role/x', ScheduleExpression: ";
    for (template, reason) in [
        (typed.replace("Type: SQS, Destination", "Type: SNS, Destination"), "no destination `SNS`"),
        (typed.replace("ScheduleExpression: ", other), "without RoleArn"),
    ] {
        let error = function(&template).expect_err(reason).to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    for denied in ["sqs:DeleteMessage", "dynamodb:GetRecords", "sqs:Send*"] {
        let deny = format!("{{Effect: Deny, Action: '{denied}', Resource: '*'}}");
        let error = with_statements(&deny).expect_err(denied).to_string();
        assert!(error.contains("do not let the source do"), "{denied}: {error}");
    }
}
