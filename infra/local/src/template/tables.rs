//! DynamoDB tables.

use serde_json::{Map, Value, json};

use super::{Table, TemplateError, intrinsics::Stack};

pub(super) fn read(stack: &Stack<'_>, id: &str, properties: &Value) -> Result<Table, TemplateError> {
    let name = stack.name_of(id, "TableName")?;
    let mut definition = Map::new();
    definition.insert("TableName".to_owned(), Value::from(name.clone()));
    for property in [
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "BillingMode",
    ] {
        if let Some(value) = properties.get(property) {
            definition.insert(property.to_owned(), stack.evaluate(value, id)?);
        }
    }
    let view = properties["StreamSpecification"]["StreamViewType"].as_str();
    if let Some(view) = view {
        let stream = json!({"StreamEnabled": true, "StreamViewType": view});
        definition.insert("StreamSpecification".to_owned(), stream);
    }
    let ttl = &properties["TimeToLiveSpecification"];
    let ttl_on = ttl["Enabled"].as_bool().unwrap_or(false);
    Ok(Table {
        name,
        definition: Value::Object(definition),
        streamed: view.is_some(),
        ttl_attribute: ttl["AttributeName"].as_str().filter(|_| ttl_on).map(str::to_owned),
    })
}
