//! Where Amazon's DynamoDB Local and the embedded DynamoDB differ: both are asked the same, and the differences are listed.
//!
//! Runs where the store tests run on Amazon's (`TOLLGATE_TEST_DYNAMODB`); without it there is nothing to compare with.

use serde_json::{Value, json};
use tollgate_tests::dynamodb::{n, s, try_ask};

use super::*;

/// What is asked of both: a name, the operation, and its body.
type Question = (&'static str, &'static str, Value);

/// The names of questions that the two answer differently, and how: the embedded one's answer first.
const DIFFERENCES: [(&str, &str, &str); 4] = [
    ("a condition on a list with <", "ConditionalCheckFailedException", "ValidationException"),
    ("more than a hundred operands of IN", "ConditionalCheckFailedException", "ValidationException"),
    ("an attribute's name of 70,000 bytes", "", "ValidationException"),
    ("adding to a text, in a transaction", "TransactionCanceledException", "ValidationException"),
];

fn of(mut body: Value) -> Value {
    body["TableName"] = "tollgate".into();
    body
}

fn key(pk: &str, sk: &str) -> Value {
    json!({"pk": s(pk), "sk": s(sk)})
}

fn with(mut item: Value, attributes: &Value) -> Value {
    for (name, value) in attributes.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

fn put(item: &Value) -> Value {
    of(json!({ "Item": item }))
}

fn update(expression: &str, values: &Value) -> Value {
    of(json!({"Key": key("a", "#"), "UpdateExpression": expression, "ExpressionAttributeValues": values}))
}

fn query(condition: &str, values: &Value) -> Value {
    let mut body = of(json!({"KeyConditionExpression": condition, "ExpressionAttributeValues": values}));
    if condition.starts_with("gsi1") {
        body["IndexName"] = "gsi1".into();
    }
    body
}

fn transaction(parts: &[Value]) -> Value {
    json!({ "TransactItems": parts })
}

fn keys_and_sizes() -> Vec<Question> {
    let x = "x".repeat(410_000);
    vec![
        ("an item", "PutItem", put(&with(key("a", "#"), &json!({"x": s("")})))),
        ("an empty partition key", "PutItem", put(&key("", "#"))),
        ("an empty sort key", "GetItem", of(json!({"Key": key("a", "")}))),
        (
            "an empty index key",
            "PutItem",
            put(&with(key("a", "#"), &json!({"gsi1pk": s(""), "gsi1sk": s("x")}))),
        ),
        ("an index key that is a number", "PutItem", put(&with(key("a", "#"), &json!({"gsi1pk": n(1)})))),
        ("half of an index key", "PutItem", put(&with(key("a", "#"), &json!({"gsi1pk": s("p")})))),
        ("a long partition key", "PutItem", put(&key(&x[..2049], "#"))),
        ("a long sort key", "PutItem", put(&key("a", &x[..1025]))),
        (
            "a long sort key of an index",
            "PutItem",
            put(&with(key("a", "#"), &json!({"gsi1pk": s("p"), "gsi1sk": s(&x[..1025])}))),
        ),
        ("a long item", "PutItem", put(&with(key("a", "#"), &json!({"x": s(&x)})))),
        ("a key of another type", "GetItem", of(json!({"Key": {"pk": n(1), "sk": s("#")}}))),
        ("half a key", "GetItem", of(json!({"Key": {"pk": s("a")}}))),
        ("an unknown table", "GetItem", json!({"TableName": "unknown", "Key": key("a", "#")})),
    ]
}

fn queries() -> Vec<Question> {
    let between = "gsi1pk = :p AND gsi1sk BETWEEN :l AND :h";
    vec![
        ("a query", "Query", query("pk = :p", &json!({":p": s("a")}))),
        ("a query of an index", "Query", query(between, &json!({":p": s("p"), ":l": s("0"), ":h": s("9")}))),
        ("an empty lower bound", "Query", query(between, &json!({":p": s("p"), ":l": s(""), ":h": s("9")}))),
        ("an empty value", "Query", query("pk = :p", &json!({":p": s("")}))),
        (
            "an empty prefix",
            "Query",
            query("pk = :p AND begins_with(sk, :s)", &json!({":p": s("a"), ":s": s("")})),
        ),
        (
            "a lower bound above the upper",
            "Query",
            query(between, &json!({":p": s("p"), ":l": s("9"), ":h": s("0")})),
        ),
        (
            "a long value of an index",
            "Query",
            query("gsi1pk = :p AND gsi1sk < :s", &json!({":p": s("p"), ":s": s(&"s".repeat(1025))})),
        ),
        ("an unused value", "Query", query("pk = :p", &json!({":p": s("a"), ":u": s("u")}))),
        ("an undefined value", "Query", query("pk = :p AND sk = :s", &json!({":p": s("a")}))),
        (
            "a consistent read of an index",
            "Query",
            with(query("gsi1pk = :p", &json!({":p": s("p")})), &json!({"ConsistentRead": true})),
        ),
        ("a limit of 0", "Query", with(query("pk = :p", &json!({":p": s("a")})), &json!({"Limit": 0}))),
        (
            "a place in another list",
            "Query",
            with(
                query("gsi1pk = :p", &json!({":p": s("p")})),
                &json!({"ExclusiveStartKey": with(key("a", "#"), &json!({"gsi1pk": s("q"), "gsi1sk": s("x")}))}),
            ),
        ),
        (
            "a batch with a key twice",
            "BatchGetItem",
            json!({"RequestItems": {"tollgate": {"Keys": [key("a", "#"), key("a", "#")]}}}),
        ),
        ("a batch of none", "BatchGetItem", json!({"RequestItems": {"tollgate": {"Keys": []}}})),
    ]
}

fn updates() -> Vec<Question> {
    let many: Vec<String> = (0..101).map(|at| format!(":x{at}")).collect();
    let values: serde_json::Map<String, Value> = many.iter().map(|name| (name.clone(), s(name))).collect();
    let in_many = json!({"ConditionExpression": format!("x IN ({})", many.join(", "))});
    vec![
        ("a text", "PutItem", put(&with(key("a", "#"), &json!({"x": s("text")})))),
        ("a reserved word", "UpdateItem", update("SET status = :x", &json!({":x": s("1")}))),
        (
            "an update with an unused value",
            "UpdateItem",
            update("SET x = :x", &json!({":x": s("1"), ":u": s("u")})),
        ),
        (
            "an update with an unused name",
            "UpdateItem",
            with(
                update("SET x = :x", &json!({":x": s("1")})),
                &json!({"ExpressionAttributeNames": {"#u": "u"}}),
            ),
        ),
        ("one path twice", "UpdateItem", update("ADD a :x REMOVE a", &json!({":x": n(1)}))),
        ("a change of a key", "UpdateItem", update("SET sk = :x", &json!({":x": s("1")}))),
        ("adding to a text", "UpdateItem", update("ADD x :x", &json!({":x": n(1)}))),
        ("a path below nothing", "UpdateItem", update("SET nothing.x = :x", &json!({":x": n(1)}))),
        ("a number of 39 digits", "UpdateItem", update("SET y = :x", &json!({":x": {"N": "1".repeat(39)}}))),
        ("an empty set", "UpdateItem", update("SET y = :x", &json!({":x": {"SS": []}}))),
        (
            "an expression of more than 4 KB",
            "UpdateItem",
            update(&format!("SET {} = :x", "a".repeat(4096)), &json!({":x": n(1)})),
        ),
        (
            "a condition that fails",
            "UpdateItem",
            with(
                update("SET x = :x", &json!({":x": s("1")})),
                &json!({"ConditionExpression": "attribute_not_exists(pk)"}),
            ),
        ),
        (
            "a condition on a list with <",
            "UpdateItem",
            with(
                update("SET x = :x", &json!({":x": s("1"), ":l": {"L": []}})),
                &json!({"ConditionExpression": "x < :l"}),
            ),
        ),
        (
            "more than a hundred operands of IN",
            "UpdateItem",
            with(update("SET x = :x0", &Value::Object(values)), &in_many),
        ),
        (
            "an attribute's name of 70,000 bytes",
            "UpdateItem",
            with(
                update("SET #a = :x", &json!({":x": s("1")})),
                &json!({"ExpressionAttributeNames": {"#a": "a".repeat(70_000)}}),
            ),
        ),
        (
            "values without an expression",
            "PutItem",
            with(put(&key("a", "#")), &json!({"ExpressionAttributeValues": {":x": s("1")}})),
        ),
    ]
}

fn transactions() -> Vec<Question> {
    let puts = |count: u32| (0..count).map(|at| json!({"Put": put(&key(&format!("t{at}"), "#"))})).collect();
    let many: Vec<Value> = puts(101);
    let most: Vec<Value> = puts(100);
    let absent = json!({"ConditionExpression": "attribute_not_exists(pk)"});
    let token = |pk: &str| {
        with(transaction(&[json!({"Put": put(&key(pk, "#"))})]), &json!({"ClientRequestToken": "t"}))
    };
    vec![
        ("a text again", "PutItem", put(&with(key("a", "#"), &json!({"x": s("text")})))),
        ("a transaction", "TransactWriteItems", transaction(&most)),
        ("a transaction of 101 items", "TransactWriteItems", transaction(&many)),
        ("a transaction of none", "TransactWriteItems", transaction(&[])),
        ("an item twice", "TransactWriteItems", transaction(&[most[0].clone(), most[0].clone()])),
        (
            "a condition that fails in a transaction",
            "TransactWriteItems",
            transaction(&[json!({"Put": with(put(&key("a", "#")), &absent)}), most[0].clone()]),
        ),
        (
            "values without a condition in a transaction",
            "TransactWriteItems",
            transaction(&[json!({"Put": with(put(&key("a", "#")),
                &json!({"ExpressionAttributeValues": {":x": s("1")}}))})]),
        ),
        (
            "adding to a text, in a transaction",
            "TransactWriteItems",
            transaction(&[json!({"Update": update("ADD x :x", &json!({":x": n(1)}))})]),
        ),
        ("a token", "TransactWriteItems", token("once")),
        ("a token again", "TransactWriteItems", token("once")),
        ("a token of another transaction", "TransactWriteItems", token("twice")),
    ]
}

/// The status, and the name of the exception.
async fn answer_of(client: &reqwest::Client, url: &str, (_, operation, body): &Question) -> (u16, String) {
    let (status, answer) = try_ask(client, url, operation, body).await;
    let kind = answer["__type"].as_str().unwrap_or_default();
    (status.as_u16(), kind.rsplit('#').next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_embedded_dynamodb_differs_from_amazons_only_as_listed() {
    let Some(amazons) = dynamodb::amazons() else {
        eprintln!("skipped: without TOLLGATE_TEST_DYNAMODB there is nothing to compare with");
        return;
    };
    let amazons = open_amazons(&amazons).await;
    let embedded = Embedded::open().await;
    let client = reqwest::Client::new();
    let mut found = Vec::new();
    for question in [keys_and_sizes(), queries(), updates(), transactions()].concat() {
        let ours = answer_of(&client, &embedded.url, &question).await;
        let theirs = answer_of(&client, &amazons.url, &question).await;
        if ours != theirs {
            found.push((question.0, ours.1, theirs.1));
        }
    }
    let listed = DIFFERENCES.map(|(name, ours, theirs)| (name, ours.to_owned(), theirs.to_owned()));
    assert_eq!(found, listed);
}
