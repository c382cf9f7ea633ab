//! What the templates do for a stack in production: log groups, retention, canaries, the customer's own key, own domain names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tollgate_local::template::{Cloud, Function, read_yaml};
use tollgate_tests::root;

use crate::budgets::{templates, templates_with};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/0f1e2d3c-0000-4000-8000-000000000000";
const KEY_ACTIONS: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// The front door of a function, or `workers`.
fn door<'a>(cloud: &'a Cloud, function: &Function) -> &'a str {
    let api = cloud.apis.iter().find(|api| api.routes.iter().any(|route| route.function == function.name));
    api.map_or("workers", |api| api.name.as_str())
}

/// Every template of the stack, by its path.
fn files() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root().join("infra/apis")];
    let mut paths = vec![root().join("template.yaml"), root().join("infra/observability.yaml")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    for path in paths {
        files.insert(path.display().to_string(), read_yaml(&path).unwrap());
    }
    files
}

/// The resources of a type in a template.
fn resources<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    template["Resources"].as_object().unwrap().iter().filter(move |(_, resource)| resource["Type"] == kind)
}

#[test]
fn every_function_logs_to_its_front_doors_group_which_is_kept_as_long_as_the_parameter_says() {
    for (parameters, days) in [(&[][..], 30), (&[("LogRetentionDays", "365")][..], 365)] {
        let cloud = templates_with(parameters);
        for function in &cloud.functions {
            assert_eq!(
                function.log_group,
                format!("/tollgate/{}", door(&cloud, function)),
                "{}",
                function.name
            );
        }
        let groups: BTreeMap<_, _> =
            cloud.log_groups.iter().map(|group| (group.name.as_str(), group.retention_days)).collect();
        let used: BTreeMap<_, _> =
            cloud.functions.iter().map(|function| (function.log_group.as_str(), Some(days))).collect();
        assert_eq!(groups, used);
        assert_eq!(groups.len(), cloud.apis.len() + 1);
    }
}

#[test]
fn what_moves_money_and_nothing_else_gets_its_requests_by_an_alias() {
    let cloud = templates_with(&[("PaymentConcurrency", "70")]);
    let moves_money = |function: &&Function| function.reserved_concurrency == Some(70);
    let mut expected: BTreeSet<_> =
        cloud.functions.iter().filter(moves_money).map(|f| f.name.as_str()).collect();
    assert!(expected.insert("run-due-work"));
    let aliased = cloud.functions.iter().filter(|function| function.alias.as_deref() == Some("live"));
    assert_eq!(aliased.map(|function| function.name.as_str()).collect::<BTreeSet<_>>(), expected);
}

/// That the API calls the alias and may is an error of the templates otherwise: see `template::apis`.
#[test]
fn every_alias_is_moved_as_the_parameter_says_and_rolled_back_by_alarms_about_it() {
    let mut aliases = 0;
    for (path, template) in files() {
        for (id, function) in resources(&template, "AWS::Serverless::Function") {
            let properties = &function["Properties"];
            if properties.get("AutoPublishAlias").is_none() {
                assert!(properties.get("DeploymentPreference").is_none(), "{path} {id}");
                continue;
            }
            aliases += 1;
            assert_eq!(properties["AutoPublishAliasAllProperties"], true, "{path} {id}");
            let preference = &properties["DeploymentPreference"];
            assert_eq!(preference["Type"], json!({"Ref": "DeploymentPreferenceType"}), "{path} {id}");
            let alarms = preference["Alarms"]["Fn::If"].as_array().unwrap();
            assert_eq!((&alarms[0], &alarms[2]), (&json!("RollsBack"), &json!([{"Ref": "AWS::NoValue"}])));
            let alarms: Vec<_> =
                alarms[1].as_array().unwrap().iter().map(|a| a["Ref"].as_str().unwrap()).collect();
            let own = format!("{id}Fails");
            let expected =
                if id == "RunDueWork" { vec![own.as_str()] } else { vec![own.as_str(), "FrontDoorFails"] };
            assert_eq!(alarms, expected, "{path}");
            for alarm in alarms {
                assert_eq!(template["Resources"][alarm]["Condition"], "RollsBack", "{path} {alarm}");
            }
            let dimensions = json!([
                {"Name": "FunctionName", "Value": {"Ref": id}},
                {"Name": "Resource", "Value": {"Fn::Sub": format!("${{{id}}}:live")}},
            ]);
            assert_eq!(template["Resources"][&own]["Properties"]["Dimensions"], dimensions, "{path} {own}");
            // A request that comes during the update finds no alias that may not be called.
            let integration = &template["Resources"][format!("{id}Integration")];
            assert!(
                integration.is_null() || integration["DependsOn"] == format!("{id}Permission"),
                "{path} {id}"
            );
        }
    }
    assert_eq!(aliases, templates().functions.iter().filter(|function| function.alias.is_some()).count());
}

#[test]
fn memory_is_a_parameter_of_each_kind_of_function() {
    let cloud = templates_with(&[
        ("RouteMemoryMb", "301"),
        ("PaymentMemoryMb", "302"),
        ("WorkerMemoryMb", "303"),
        ("FinderMemoryMb", "304"),
    ]);
    for function in &cloud.functions {
        let expected = match (door(&cloud, function), function.name.as_str()) {
            ("workers", "find-due-work") => 304,
            ("workers", _) => 303,
            _ if function.alias.is_some() => 302,
            _ => 301,
        };
        assert_eq!(function.memory_mb, expected, "{}", function.name);
    }
}

#[test]
fn a_function_that_calls_anything_may_use_the_customers_key_and_no_other() {
    let keys = |cloud: &Cloud| -> BTreeMap<String, Vec<(String, String)>> {
        let of = |function: &Function| {
            let grants = function.grants().into_iter().filter(|grant| grant.action.starts_with("kms:"));
            grants.map(|grant| (grant.action, grant.resource)).collect()
        };
        cloud.functions.iter().map(|function| (function.name.clone(), of(function))).collect()
    };
    let without = templates();
    assert!(keys(&without).values().all(Vec::is_empty));
    let with = keys(&templates_with(&[("KmsKeyArn", KEY)]));
    for function in &without.functions {
        let expected: &[&str] = if function.grants().is_empty() { &[] } else { &KEY_ACTIONS };
        let expected: Vec<_> = expected.iter().map(|action| ((*action).to_owned(), KEY.to_owned())).collect();
        assert_eq!(with[&function.name], expected, "{}", function.name);
    }
}

/// Each type that keeps data, and the property with its key.
#[test]
fn the_customers_key_is_that_of_every_table_queue_secret_and_log_group() {
    let key = json!({"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]});
    let mut kept = 0;
    for (path, template) in files() {
        for (kind, property) in [
            ("AWS::DynamoDB::Table", "/SSESpecification/KMSMasterKeyId"),
            ("AWS::SQS::Queue", "/KmsMasterKeyId"),
            ("AWS::SecretsManager::Secret", "/KmsKeyId"),
            ("AWS::Logs::LogGroup", "/KmsKeyId"),
        ] {
            for (id, resource) in resources(&template, kind) {
                assert_eq!(resource["Properties"].pointer(property), Some(&key), "{path} {id}");
                kept += 1;
            }
        }
    }
    let cloud = templates();
    assert_eq!(kept, cloud.tables.len() + cloud.queues.len() + cloud.secrets.len() + cloud.log_groups.len());
}

#[test]
fn each_front_door_has_its_name_under_the_customers_domain() {
    let cloud = templates_with(&[("DomainName", "pay.example.com"), ("CertificateArn", "arn:aws:acm:x")]);
    for api in cloud.apis.iter().filter(|api| api.name != "pages") {
        let own = format!("https://{}.pay.example.com/", api.name);
        assert!(api.base_url.as_ref().is_some_and(|url| url.starts_with(&own)), "{:?}", api.base_url);
    }
    // The pages lead to each other by relative addresses, and everything else to them by their name.
    let pages = cloud.functions.iter().filter_map(|function| function.environment.get("TOLLGATE_PAGES_URL"));
    let pages: BTreeSet<_> = pages.map(String::as_str).collect();
    assert_eq!(pages, ["..", "https://pages.pay.example.com"].into());
}

#[test]
fn whatever_can_have_tags_has_the_stacks_name() {
    let name = json!({"Ref": "AWS::StackName"});
    let template = read_yaml(&root().join("template.yaml")).unwrap();
    assert_eq!(template["Globals"]["Function"]["Tags"]["tollgate:stack"], name);
    // To the roles and deployment groups that SAM makes as well.
    assert_eq!(template["Globals"]["Function"]["PropagateTags"], true);
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let kind = resource["Type"].as_str().unwrap();
        let tags = &resource["Properties"]["Tags"];
        if kind == "AWS::Serverless::Application" {
            // CloudFormation gives a nested stack's tags to everything in it.
            assert_eq!(tags["tollgate:stack"], name, "{id}");
            let is_door = id != "Observability";
            assert_eq!(tags.get("tollgate:front-door").is_some(), is_door, "{id}");
        } else if kind != "AWS::Serverless::Function" {
            assert_eq!(*tags, json!([{"Key": "tollgate:stack", "Value": name}]), "{id}");
        }
    }
}
