//! Log groups, and which of them a function logs to.

use super::{super::LogGroup, loaded};

const TEMPLATE: &str = "
Parameters: {Days: {Type: Number, Default: 30}}
Globals:
  Function:
    LoggingConfig: {LogGroup: !Ref Logs, LogFormat: Text}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/${AWS::StackName}/door', RetentionInDays: !Ref Days}}
  Forever: {Type: AWS::Logs::LogGroup}
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., FunctionName: f}}
  G: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., FunctionName: g, LoggingConfig: {LogGroup: !Ref Forever}}}
";

#[test]
fn a_function_logs_to_its_own_group_or_to_that_of_globals_or_to_the_one_that_lambda_makes() {
    let groups = |template: &str| -> Vec<_> {
        let functions = loaded(template).expect("it loads").functions.into_iter();
        functions.map(|function| function.log_group).collect()
    };
    assert_eq!(groups(TEMPLATE), ["/tollgate/door", "Forever"]);
    let without =
        TEMPLATE.replace("    LoggingConfig: {LogGroup: !Ref Logs, LogFormat: Text}", "    Timeout: 3");
    assert_eq!(groups(&without), ["/aws/lambda/f", "Forever"]);
}

#[test]
fn a_groups_retention_is_one_that_cloudwatch_takes() {
    let groups = |days: &str| {
        loaded(&TEMPLATE.replace("Default: 30", &format!("Default: {days}"))).map(|cloud| cloud.log_groups)
    };
    let expected = [("/tollgate/door", Some(365)), ("Forever", None)];
    let expected = expected.map(|(name, retention_days)| LogGroup { name: name.to_owned(), retention_days });
    assert_eq!(groups("365").expect("it loads"), expected);
    for wrong in ["31", "0", "long"] {
        let error = groups(wrong).expect_err(wrong).to_string();
        assert!(error.contains("RetentionInDays is none of [1, 3,"), "{error}");
    }
}

#[test]
fn lines_that_lambda_would_wrap_are_a_clear_error() {
    let error =
        loaded(&TEMPLATE.replace("LogFormat: Text", "LogFormat: JSON")).expect_err("not known").to_string();
    assert!(error.contains("the LogFormat Text only"), "{error}");
}
