//! What each function's policies grant, decided as IAM would.

use std::collections::HashMap;

use axum::http::HeaderMap;
use serde_json::Value;

use crate::{
    aws::table_arn,
    template::{Function, Grant},
};

/// The grants of every function, by its name, which is also its access key id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grants(HashMap<String, Vec<Grant>>);

impl Grants {
    pub(crate) fn of(functions: &[Function]) -> Self {
        Self(functions.iter().map(|f| (f.name.clone(), f.grants.clone())).collect())
    }

    /// Why a caller may not do this; `None` if it may. Callers that are not functions, the operator and tests, may do anything.
    pub(crate) fn refusal(&self, caller: &str, action: &str, resource: &str) -> Option<String> {
        let grants = self.0.get(caller)?;
        let granted = grants.iter().any(|grant| grant.allows(action, resource));
        (!granted)
            .then(|| format!("User: {caller} is not authorized to perform: {action} on resource: {resource}"))
    }
}

/// The access key id of a signed request.
pub(crate) fn caller(headers: &HeaderMap) -> &str {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let credential = authorization.and_then(|text| text.split_once("Credential="));
    credential.and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default()
}

/// The actions that a call of DynamoDB needs, each with its resource.
pub(crate) fn required_actions(operation: &str, body: &Value) -> Vec<(String, String)> {
    let action = |name: &str| format!("dynamodb:{name}");
    let table = body["TableName"].as_str().unwrap_or_default();
    match operation {
        // A transaction needs the actions of its parts.
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            parts
                .filter_map(|part| part.as_object()?.iter().next())
                .map(|(name, part)| {
                    let name = if name == "ConditionCheck" {
                        "ConditionCheckItem".to_owned()
                    } else {
                        format!("{name}Item")
                    };
                    (action(&name), table_arn(part["TableName"].as_str().unwrap_or_default()))
                })
                .collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| (action(operation), table_arn(table))).collect()
        }
        _ => {
            let resource = match body["IndexName"].as_str() {
                Some(index) => format!("{}/index/{index}", table_arn(table)),
                None => table_arn(table),
            };
            vec![(action(operation), resource)]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_needs_the_actions_of_its_parts_on_what_they_touch() {
        let table = "arn:aws:dynamodb:us-east-1:000000000000:table/t";
        let query = json!({"TableName": "t", "IndexName": "gsi1"});
        assert_eq!(
            required_actions("Query", &query),
            [("dynamodb:Query".to_owned(), format!("{table}/index/gsi1"))]
        );
        let transaction = json!({"TransactItems": [
            {"Put": {"TableName": "t"}}, {"ConditionCheck": {"TableName": "u"}},
        ]});
        let names: Vec<String> = required_actions("TransactWriteItems", &transaction)
            .into_iter()
            .map(|(action, _)| action)
            .collect();
        assert_eq!(names, ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"]);
    }

    #[test]
    fn a_function_may_do_what_its_policies_say_and_others_may_do_anything() {
        let grant = |action: &str, resource: &str| Grant {
            actions: vec![action.to_owned()],
            resources: vec![resource.to_owned()],
        };
        let grants = vec![grant("dynamodb:Query", "t/index/*"), grant("dynamodb:GetItem", "t")];
        let grants = Grants(HashMap::from([("f".to_owned(), grants)]));
        assert_eq!(grants.refusal("f", "dynamodb:Query", "t/index/gsi1"), None);
        assert_eq!(grants.refusal("f", "dynamodb:GetItem", "t"), None);
        assert!(grants.refusal("f", "dynamodb:PutItem", "t").is_some());
        assert!(grants.refusal("f", "dynamodb:GetItem", "u").is_some());
        assert_eq!(grants.refusal("operator", "dynamodb:PutItem", "t"), None);
    }
}
