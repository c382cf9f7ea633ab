//! Items of a format that this release does not read: refused, never misread.

use serde_json::{Value, json};

use super::{dynamodb::ask, *};

/// Marks an item as written by a release of the future.
async fn raise(opened: &Opened, table: &str, pk: &str) {
    let request = json!({"TableName": table, "Key": {"pk": {"S": pk}, "sk": {"S": "#"}},
        "UpdateExpression": "SET f = :f", "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": {":f": {"N": "2"}}});
    ask(&opened.url, "UpdateItem", &request).await;
}

async fn item(opened: &Opened, table: &str, pk: &str) -> Value {
    let request = json!({"TableName": table, "Key": {"pk": {"S": pk}, "sk": {"S": "#"}}});
    ask(&opened.url, "GetItem", &request).await["Item"].take()
}

fn is_refused<T: std::fmt::Debug>(read: Result<T, StoreError>) {
    let error = read.unwrap_err();
    let StoreError::NewerFormat { key, format, newest } = &error else { panic!("{error}") };
    assert_eq!((*format, *newest), (2, 1));
    assert!(!key.is_empty(), "{error}");
}

#[tokio::test]
async fn an_item_of_a_newer_format_is_refused_and_stays_as_it_is() {
    let opened = open().await;
    let store = &opened.store;
    let paid = payment(1, Outcome::ChallengeRequired, NOW);
    assert_eq!(store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    let pk = format!("{}PAY#{}", tenant(1), paid.id);
    assert_eq!(item(&opened, "tollgate", &pk).await["f"], json!({"N": "1"}));
    raise(&opened, "tollgate", &pk).await;
    let before = item(&opened, "tollgate", &pk).await;
    is_refused(store.get::<Payment>(tenant(1), &paid.id.to_string()).await);
    is_refused(store.get_many::<Payment>(tenant(1), &[paid.id.to_string()]).await);
    is_refused(store.list::<Payment>(tenant(1), &ListQuery::new(5), None).await);
    // A retry of the create finds it, and cannot say what it is.
    let other = Payment { request: "req_other".into(), ..paid.clone() };
    is_refused(store.create(tenant(1), &other).await);
    let image: serde_dynamo::Item = serde_json::from_value(before.clone()).unwrap();
    is_refused(tollgate_store::subject_of(image));
    assert_eq!(item(&opened, "tollgate", &pk).await, before);
}

#[tokio::test]
async fn a_key_of_a_newer_format_lets_nobody_in() {
    let opened = open().await;
    let hash = key(&opened.store).await;
    let pk = format!("KEY#{}", hex_of(&hash));
    raise(&opened, "tollgate-keys", &pk).await;
    is_refused(opened.store.key_meter().meter_key(&hash, FrontDoor::Charges, NOW).await);
    let error = opened.store.find_key(&hash, NOW).await.unwrap_err();
    assert!(!error.to_string().contains(&hex_of(&hash)), "{error}");
}

fn u128_hex(bytes: &[u8]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes.try_into().unwrap()))
}

fn hex_of(hash: &KeyHash) -> String {
    u128_hex(&hash.digest()[..16]) + &u128_hex(&hash.digest()[16..])
}

#[tokio::test]
async fn an_item_without_a_format_is_of_the_first() {
    let opened = open().await;
    let paid = payment(1, Outcome::Approved, NOW);
    assert_eq!(opened.store.create(tenant(1), &paid).await.unwrap(), Put::Created);
    let pk = format!("{}PAY#{}", tenant(1), paid.id);
    let request = json!({"TableName": "tollgate", "Key": {"pk": {"S": pk}, "sk": {"S": "#"}},
        "UpdateExpression": "REMOVE f"});
    ask(&opened.url, "UpdateItem", &request).await;
    assert_eq!(read(&opened.store, tenant(1), paid.id).await, paid);
}
