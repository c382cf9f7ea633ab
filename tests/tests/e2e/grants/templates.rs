//! Copies of the templates in which functions lack a grant.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Map, Value, json};
use tollgate_local::template::read_yaml;
use tollgate_tests::root;

/// The folder of `template.yaml`.
/// Writes a copy of all templates without some grants: for each function, the number of the one that it lacks.
pub(super) fn copy_without(lacking: &BTreeMap<String, usize>, into: &Path) {
    copy(&root().join("template.yaml"), lacking, &into.join("template.yaml"));
    std::fs::create_dir_all(into.join("infra")).unwrap();
    copy(&root().join("infra/observability.yaml"), lacking, &into.join("infra/observability.yaml"));
    copy_folder(&root().join("infra/apis"), lacking, &into.join("infra/apis"));
}

fn copy_folder(from: &Path, lacking: &BTreeMap<String, usize>, into: &Path) {
    std::fs::create_dir_all(into).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = into.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, lacking, &target);
        } else {
            copy(&path, lacking, &target);
        }
    }
}

/// A template in JSON is one in YAML, too.
fn copy(from: &Path, lacking: &BTreeMap<String, usize>, into: &Path) {
    let mut template = read_yaml(from).unwrap();
    for resource in template["Resources"].as_object_mut().unwrap().values_mut() {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str();
        if let Some(grant) = binary.and_then(|binary| lacking.get(binary)) {
            let policies = resource["Properties"]["Policies"].as_array_mut().unwrap();
            take_away(policies, *grant);
        }
    }
    std::fs::write(into, template.to_string()).unwrap();
}

/// Takes away the grant with this number: each action on each resource of each statement that allows is one.
fn take_away(policies: &mut [Value], number: usize) {
    let mut first = 0;
    for policy in policies {
        let statements = policy["Statement"].as_array_mut().unwrap();
        for at in 0..statements.len() {
            let grants = grants_of(&statements[at]);
            if let Some(lacking) = number.checked_sub(first).filter(|lacking| *lacking < grants.len()) {
                let kept = grants.iter().enumerate().filter(|(number, _)| *number != lacking);
                let kept: Vec<_> = kept.map(|(_, grant)| grant.clone()).collect();
                statements.splice(at..=at, kept);
                return;
            }
            first += grants.len();
        }
    }
    panic!("there is no grant {number}");
}

/// A statement for each action on each resource.
fn grants_of(statement: &Value) -> Vec<Value> {
    if statement["Effect"] != "Allow" {
        return Vec::new();
    }
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let mut grants = Vec::new();
    for action in list(&statement["Action"]) {
        for resource in list(&statement["Resource"]) {
            let mut grant: Map<String, Value> = statement.as_object().unwrap().clone();
            grant.insert("Action".to_owned(), action.clone());
            grant.insert("Resource".to_owned(), resource);
            grants.push(Value::Object(grant));
        }
    }
    grants
}

#[test]
fn a_grant_is_taken_away_and_nothing_else() {
    let condition = json!({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "K"}});
    let both = json!({"Effect": "Allow", "Action": ["a:One", "a:Two"], "Resource": [{"Ref": "X"}, "y"], "Condition": condition});
    let policies = json!([{"Statement": [{"Effect": "Deny", "Action": "a:B", "Resource": "*"}, both]}]);
    for (number, (action, resource)) in [
        ("a:One", json!({"Ref": "X"})),
        ("a:One", json!("y")),
        ("a:Two", json!({"Ref": "X"})),
        ("a:Two", json!("y")),
    ]
    .into_iter()
    .enumerate()
    {
        let mut without = policies.clone();
        take_away(without.as_array_mut().unwrap(), number);
        let left = without[0]["Statement"].as_array().unwrap();
        assert_eq!((left.len(), &left[0]["Effect"]), (4, &json!("Deny")));
        let taken = |grant: &&Value| grant["Action"] == action && grant["Resource"] == resource;
        assert_eq!(left.iter().filter(taken).count(), 0);
        assert!(left[1..].iter().all(|grant| grant["Condition"] == condition), "{left:?}");
    }
}
