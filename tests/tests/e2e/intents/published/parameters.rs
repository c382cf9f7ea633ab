//! Every published parameter of every operation that is served does what the table says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tollgate_tests::{Answer, Cloud};

use super::{
    names, published,
    samples::{Target, sample, target},
    table::OPERATIONS,
    unlimited,
};

#[test]
fn the_table_has_every_published_parameter_of_every_operation_and_no_other() {
    let published = published();
    let all: BTreeMap<&str, BTreeSet<&str>> = published["parameters"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(operation, parameters)| (operation.as_str(), names(parameters).into_iter().collect()))
        .collect();
    let mut table = BTreeMap::new();
    for operation in OPERATIONS {
        let rows: Vec<&str> = [operation.echoed, operation.honoured, operation.unsupported].concat();
        let set: BTreeSet<&str> = rows.iter().copied().collect();
        assert_eq!(set.len(), rows.len(), "{} has a parameter twice", operation.name);
        table.insert(operation.name, set);
    }
    assert_eq!(table, all);
}

#[test]
fn every_route_of_a_published_resource_is_in_the_table() {
    const OWN: &[&str] = &[
        "/deliveries",
        "/recover",
        "/roll_secret",
        "/test",
        "/retry",
        "/history",
        "/history/{id}",
        "/accept",
    ];
    let known: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    let templates = crate::budgets::templates();
    let api =
        templates.apis.iter().find(|api| api.routes.iter().any(|r| r.function == "intents-list-charges"));
    for route in &api.unwrap().routes {
        let path = route.path.trim_start_matches("/{version}");
        let resource = path.trim_start_matches('/').split('/').next().unwrap();
        let is_published = !matches!(resource, "api_keys" | "account" | "$default");
        let is_own = OWN.iter().any(|end| path.ends_with(end));
        let Some(method) = route.method.as_ref().filter(|method| method.as_str() != "OPTIONS") else {
            continue;
        };
        let operation = format!("{method} {path}");
        assert!(
            !is_published || is_own || known.contains(operation.as_str()),
            "{operation} is not in the table"
        );
    }
}

async fn send(cloud: &Cloud, operation: &str, target: &Target, name: &str, value: &Value) -> Answer {
    let mut body = target.base.clone();
    body[name] = value.clone();
    let intents = cloud.intents();
    match operation.split_once(' ').unwrap().0 {
        "POST" => intents.post(&target.path, &body).await,
        "DELETE" => intents.delete(&target.path).await,
        _ => {
            let query: Vec<String> =
                body.as_object().unwrap().iter().flat_map(|(k, v)| pairs(k, v)).collect();
            intents.get(&format!("{}?{}", target.path, query.join("&"))).await
        }
    }
}

/// A parameter in a query.
fn pairs(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map.iter().flat_map(|(k, v)| pairs(&format!("{name}[{k}]"), v)).collect(),
        Value::Array(list) => list.iter().flat_map(|v| pairs(&format!("{name}[]"), v)).collect(),
        Value::String(text) => vec![format!("{name}={text}")],
        other => vec![format!("{name}={other}")],
    }
}

/// Whether a value has everything that another one has.
fn has(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => {
            part.iter().all(|(name, part)| value.get(name).is_some_and(|value| has(value, part)))
        }
        _ => value == part,
    }
}

#[tokio::test]
async fn every_accepted_parameter_is_accepted_and_shown_where_it_is_only_kept() {
    let cloud = unlimited().await;
    let mut wrong = Vec::new();
    for operation in OPERATIONS {
        let shown = operation.echoed.iter().map(|name| (*name, true));
        for (name, is_shown) in shown.chain(operation.honoured.iter().map(|name| (*name, false))) {
            let target = target(&cloud, operation.name, name).await;
            let value = match name {
                "client_secret" => cloud.intents().get(&target.path).await.expect(200)[name].clone(),
                _ => sample(&cloud, operation.name, name).await,
            };
            let answer = send(&cloud, operation.name, &target, name, &value).await;
            let told = format!("{} {name}={value}: {} {}", operation.name, answer.status, answer.text);
            let is_right = answer.status.is_success() && (!is_shown || has(&answer.json()[name], &value));
            if !is_right {
                wrong.push(told);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_other_published_parameter_is_refused_by_its_name_and_every_misspelt_one_is_unknown() {
    let cloud = unlimited().await;
    let mut wrong = Vec::new();
    for operation in OPERATIONS {
        if operation.name.starts_with("DELETE") {
            continue;
        }
        let target = target(&cloud, operation.name, "").await;
        let refused = operation.unsupported.iter().map(|name| ((*name).to_owned(), "parameter_unsupported"));
        let all = [operation.echoed, operation.honoured, operation.unsupported].concat();
        let misspelt = all.iter().map(|name| (format!("{name}s_"), "parameter_unknown"));
        for (name, code) in refused.chain(misspelt) {
            let answer = send(&cloud, operation.name, &target, &name, &json!("text")).await;
            let error = answer.json()["error"].clone();
            let expected = json!([400, code, name, "invalid_request_error"]);
            if json!([answer.status.as_u16(), error["code"], error["param"], error["type"]]) != expected {
                wrong.push(format!("{} {name}: {} {}", operation.name, answer.status, answer.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
