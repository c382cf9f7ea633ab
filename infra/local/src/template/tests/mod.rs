//! Templates, read from files.

mod apis;
mod logs;
mod policies;

use std::path::Path;

use super::{Cloud, Setting, Source, TemplateError, load};

fn setting(parameters: &[(&str, &str)]) -> Setting<'static> {
    Setting {
        front_url: "http://localhost:1".to_owned(),
        sqs_url: "http://127.0.0.1:2".to_owned(),
        parameters: parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        secret: &|name, length| Ok(format!("{name}:{length}")),
    }
}

/// Loads the first of these files, with the others beside it.
fn files(files: &[(&str, &str)], setting: &Setting<'_>) -> Result<Cloud, TemplateError> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    load(&folder.path().join(files[0].0), setting)
}

/// Loads a template that is alone.
fn loaded(template: &str) -> Result<Cloud, TemplateError> {
    files(&[("template.yaml", template)], &setting(&[]))
}

/// Loads a template with one function whose variable `V` is this.
fn variable(value: &str, parameters: &[(&str, &str)]) -> Result<String, TemplateError> {
    let text = format!(
        "Parameters: {{P: {{Type: String, Default: p}}, None: {{Type: String}}}}\n\
         Mappings: {{M: {{a: {{b: mapped}}}}}}\n\
         Conditions: {{IsP: !Equals [!Ref P, p], Other: !And [!Not [!Condition IsP], !Equals [a, a]]}}\n\
         Resources:\n  Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q}}}}\n  \
         Secret: {{Type: AWS::SecretsManager::Secret}}\n  \
         F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: .\n      \
         Environment: {{Variables: {{V: {value}}}}}\n"
    );
    let cloud = files(&[("template.yaml", &text)], &setting(parameters))?;
    Ok(cloud.functions[0].environment["V"].clone())
}

#[test]
fn intrinsics_are_evaluated() {
    for (value, expected) in [
        ("!Ref P", "p"),
        ("!Ref AWS::StackName", "tollgate"),
        ("!Ref Queue", "http://127.0.0.1:2/000000000000/q"),
        ("!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:000000000000:q"),
        ("!Sub '${P}-${Queue.QueueName}-${!P}'", "p-q-${P}"),
        ("!Sub ['${X}${P}', {X: !Ref P}]", "pp"),
        ("!Join ['/', [a, !Ref P]]", "a/p"),
        ("!Select [1, !Split ['-', 'a-b']]", "b"),
        ("!If [IsP, yes-it-is, no-it-is-not]", "yes-it-is"),
        ("!If [Other, 1, 2]", "2"),
        ("!FindInMap [M, a, b]", "mapped"),
        ("!Sub '{{resolve:secretsmanager:${Secret}:SecretString}}'", "Secret:32"),
    ] {
        assert_eq!(variable(value, &[]).expect(value), expected, "{value}");
    }
    assert_eq!(variable("!If [IsP, 1, 2]", &[("P", "other")]).expect("a value"), "2");
}

#[test]
fn what_can_not_be_evaluated_is_a_clear_error() {
    for (value, reason) in [
        ("!ImportValue x", "does not know the intrinsic `Fn::ImportValue`"),
        ("!Ref Nobody", "there is no parameter or resource `Nobody`"),
        ("!Ref None", "has no value and no default"),
        ("!GetAtt Queue.Colour", "does not know the attribute `Colour`"),
        ("'{{resolve:ssm:x}}'", "does not know `{{resolve:ssm:x}}`"),
    ] {
        let error = variable(value, &[]).expect_err(value).to_string();
        assert!(error.contains(reason), "{value}: {error}");
    }
    let error = variable("x", &[("Typo", "1")]).expect_err("no such parameter");
    assert!(error.to_string().contains("`Typo`"));
}

/// Loads a template with one function with these properties.
fn function(properties: &str) -> Result<Cloud, TemplateError> {
    loaded(&format!(
        "Parameters: {{Max: {{Type: String, Default: '7'}}}}\nConditions: {{Never: !Equals [a, b]}}\n\
         Resources:\n  Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q}}}}\n  F:\n    \
         Type: AWS::Serverless::Function\n    Properties: {{CodeUri: ., {properties}}}\n"
    ))
}

#[test]
fn an_environment_of_more_than_four_kilobytes_is_an_error_that_names_the_function() {
    // As JSON: {"A":"…"}
    let of = |bytes: usize| format!("Environment: {{Variables: {{A: '{}'}}}}", "x".repeat(bytes - 8));
    assert!(function(&of(4096)).is_ok());
    let error = function(&of(4097)).expect_err("too large").to_string();
    assert!(error.contains("(F): its environment variables have 4097 bytes"), "{error}");
}

#[test]
fn what_lambda_refuses_of_a_function_is_an_error() {
    for refused in [
        "Timeout: 0",
        "Timeout: 901",
        "Timeout: soon",
        "MemorySize: 64",
        "Environment: {Variables: {AWS_LAMBDA_FUNCTION_NAME: mine}}",
        "Environment: {Variables: {AWS_SESSION_TOKEN: mine}}",
    ] {
        assert!(function(refused).is_err(), "{refused}");
    }
    assert!(
        function("Timeout: 900, MemorySize: 128, Environment: {Variables: {AWS_ENDPOINT_URL: x}}").is_ok()
    );
}

#[test]
fn concurrency_is_read_and_what_lambda_refuses_is_refused() {
    let reserved = |value: &str| {
        let property = format!("ReservedConcurrentExecutions: {value}");
        function(&property).map(|cloud| cloud.functions[0].reserved_concurrency)
    };
    assert_eq!(reserved("3").expect("it loads"), Some(3));
    assert_eq!(reserved("0").expect("it loads"), Some(0));
    assert_eq!(reserved("!Ref Max").expect("it loads"), Some(7));
    assert_eq!(reserved("!If [Never, 1, !Ref AWS::NoValue]").expect("it loads"), None);
    assert_eq!(function("Timeout: 3").expect("it loads").functions[0].reserved_concurrency, None);
    assert!(reserved("many").is_err());
    let max = |value: &str| {
        let scaling = format!("ScalingConfig: {{MaximumConcurrency: {value}}}");
        let event =
            format!("Events: {{E: {{Type: SQS, Properties: {{Queue: !GetAtt Queue.Arn, {scaling}}}}}}}");
        function(&event).map(|cloud| match &cloud.sources[0] {
            Source::Queue(source) => source.max_concurrency,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(max("2").expect("it loads"), Some(2));
    assert_eq!(max("!Ref Max").expect("it loads"), Some(7));
    assert!(max("1").is_err(), "Lambda's least is 2");
}

#[test]
fn the_gateways_own_templates_load() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let cloud = load(&root, &setting(&[("AllowLoopbackWebhooks", "true")])).expect("they load");
    let charges = cloud.apis.iter().find(|api| api.name == "charges").expect("an API");
    assert_eq!(charges.base_url.as_deref(), Some("http://localhost:1/charges/v1"));
    assert!(charges.routes.iter().any(|route| route.path == "$default"));
    let intents = cloud.apis.iter().find(|api| api.name == "intents").expect("an API");
    assert_eq!(intents.base_url.as_deref(), Some("http://localhost:1/intents/v2"));
    assert!(intents.routes.iter().any(|route| route.path == "$default"));
    let create = cloud.functions.iter().find(|f| f.name == "charges-create-payment").expect("a function");
    assert_eq!(create.environment["TOLLGATE_TABLE"], "tollgate");
    assert_eq!(create.environment["TOLLGATE_KEYS_TABLE"], "tollgate-keys");
    assert_eq!(create.environment["TOLLGATE_PAGES_URL"], "http://localhost:1/pages");
    let kinds = |wanted: fn(&Source) -> bool| cloud.sources.iter().filter(|s| wanted(s)).count();
    assert_eq!(kinds(|s| matches!(s, Source::Stream(_))), 1);
    assert_eq!(kinds(|s| matches!(s, Source::Queue(_))), 3);
    assert_eq!(kinds(|s| matches!(s, Source::Schedule(_))), 11);
    let expiring: Vec<_> = cloud.tables.iter().filter(|t| t.ttl_attribute.is_some()).collect();
    assert_eq!(expiring.len(), 1);
    assert_eq!(expiring[0].name, "tollgate-events");
}
