//! What a caller sees of each fault, and whether the call took effect.

use serde_json::{Value, json};
use tollgate_local::dynamodb_faults::{Fault, Plan};
use tollgate_tests::dynamodb::{ask, s, try_ask};

use super::super::Embedded;

fn item(pk: &str) -> Value {
    json!({"TableName": "tollgate", "Item": {"pk": s(pk), "sk": s("#")}})
}

fn batch(count: u32) -> Value {
    let keys: Vec<Value> = (0..count).map(|n| json!({"pk": s(&n.to_string()), "sk": s("#")})).collect();
    json!({"RequestItems": {"tollgate": {"Keys": keys, "ConsistentRead": true}}})
}

async fn is_there(embedded: &Embedded, pk: &str) -> bool {
    let key = json!({"TableName": "tollgate", "Key": {"pk": s(pk), "sk": s("#")}});
    ask(&embedded.tables_url, "GetItem", &key).await.get("Item").is_some()
}

#[tokio::test]
async fn a_fault_prevents_a_call_or_loses_its_answer() {
    let embedded = Embedded::open().await;
    let client = reqwest::Client::new();
    for (fault, status, exception, takes_effect) in [
        (Fault::TableThrottled, 400, "ProvisionedThroughputExceededException", false),
        (Fault::RequestThrottled, 400, "ThrottlingException", false),
        (Fault::AccountThrottled, 400, "RequestLimitExceeded", false),
        (Fault::Conflict, 400, "TransactionConflictException", false),
        (Fault::ErrorBefore, 500, "InternalServerError", false),
        (Fault::ErrorAfter, 500, "InternalServerError", true),
    ] {
        embedded.faults.plan(Some(Plan { fault, after: 0, times: 1 }));
        let pk = format!("{fault:?}");
        let (given, answer) = try_ask(&client, &embedded.url, "PutItem", &item(&pk)).await;
        assert_eq!(given.as_u16(), status, "{fault:?}");
        assert!(answer["__type"].as_str().unwrap().ends_with(exception), "{fault:?}: {answer}");
        assert_eq!(is_there(&embedded, &pk).await, takes_effect, "{fault:?}");
    }
    for (fault, takes_effect) in [(Fault::ClosedBefore, false), (Fault::ClosedAfter, true)] {
        embedded.faults.plan(Some(Plan { fault, after: 0, times: 1 }));
        let pk = format!("{fault:?}");
        let call = client
            .post(&embedded.url)
            .header("x-amz-target", "DynamoDB_20120810.PutItem")
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
            .header("x-amz-date", "20260101T000000Z")
            .body(item(&pk).to_string());
        let error = call.send().await.expect_err("no answer, not even a status");
        assert!(error.is_request(), "{error:?}");
        assert_eq!(is_there(&embedded, &pk).await, takes_effect, "{fault:?}");
    }
}

#[tokio::test]
async fn a_canceled_transaction_names_its_reasons_and_a_batch_what_was_not_read() {
    let embedded = Embedded::open().await;
    let client = reqwest::Client::new();
    let parts = json!({"TransactItems": [{"Put": item("a")}, {"Put": item("b")}]});
    for (fault, code) in
        [(Fault::Conflict, "TransactionConflict"), (Fault::TransactionThrottled, "ThrottlingError")]
    {
        embedded.faults.plan(Some(Plan { fault, after: 0, times: 1 }));
        let (status, answer) = try_ask(&client, &embedded.url, "TransactWriteItems", &parts).await;
        assert_eq!(status.as_u16(), 400);
        assert_eq!(answer["CancellationReasons"], json!([{"Code": "None"}, {"Code": code}]), "{answer}");
        assert!(!is_there(&embedded, "a").await);
    }
    embedded.faults.plan(None);
    for n in 0..7 {
        ask(&embedded.url, "PutItem", &item(&n.to_string())).await;
    }
    embedded.faults.plan(Some(Plan { fault: Fault::Unprocessed, after: 0, times: 1 }));
    let answer = ask(&embedded.url, "BatchGetItem", &batch(7)).await;
    assert_eq!(answer["Responses"]["tollgate"].as_array().unwrap().len(), 4);
    let rest = &answer["UnprocessedKeys"]["tollgate"];
    assert_eq!((rest["Keys"].as_array().unwrap().len(), &rest["ConsistentRead"]), (3, &json!(true)));
    let rest = ask(&embedded.url, "BatchGetItem", &json!({"RequestItems": answer["UnprocessedKeys"]})).await;
    assert_eq!(rest["Responses"]["tollgate"].as_array().unwrap().len(), 3);
}
