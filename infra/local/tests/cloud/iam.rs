//! What a function may do at the emulated services, with the credentials that it was given.

use serde_json::{Value, json};

use crate::running::Running;

/// A function's environment, as it tells it.
struct Function {
    environment: Value,
}

impl Function {
    async fn of(run: &Running) -> Self {
        let (status, body) = run.get("/demo/v1/echo/1").await;
        assert_eq!(status, 200, "{body}");
        Self { environment: body["environment"].clone() }
    }

    fn variable(&self, name: &str) -> &str {
        self.environment[name].as_str().expect("a variable")
    }

    /// Calls a service as the function would; gives the status, the code for old SDKs, and the answer.
    async fn call(&self, service: &str, target: &str, body: &Value) -> (u16, String, Value) {
        let credentials = (self.variable("AWS_ACCESS_KEY_ID"), self.variable("AWS_SESSION_TOKEN"));
        call(self.variable(&format!("AWS_ENDPOINT_URL_{service}")), target, credentials, body).await
    }
}

async fn call(url: &str, target: &str, (key, token): (&str, &str), body: &Value) -> (u16, String, Value) {
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=x"
    );
    let request = reqwest::Client::new().post(url).header("x-amz-target", target);
    let request =
        request.header("content-type", "application/x-amz-json-1.0").header("x-amz-date", "20260101T000000Z");
    let mut request = request.header("authorization", credential).body(body.to_string());
    if !token.is_empty() {
        request = request.header("x-amz-security-token", token);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let code = answer.headers().get("x-amzn-query-error").map(|v| v.to_str().expect("text").to_owned());
    let text = answer.text().await.expect("a body");
    (status, code.unwrap_or_default(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

const USER: &str =
    "User: arn:aws:sts::000000000000:assumed-role/demo-echo/demo-echo is not authorized to perform: ";
const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/tollgate-things";

fn dynamodb_body(operation: &str, pk: &str) -> Value {
    let key = json!({"pk": {"S": pk}});
    match operation {
        "PutItem" => json!({"TableName": "tollgate-things", "Item": key}),
        "Query" => json!({"TableName": "tollgate-things", "KeyConditionExpression": "#p = :p",
            "ExpressionAttributeNames": {"#p": "pk"}, "ExpressionAttributeValues": {":p": {"S": pk}}}),
        "TransactWriteItems" => json!({"TransactItems": [
            {"Put": {"TableName": "tollgate-things", "Item": {"pk": {"S": "own-t"}}}},
            {"ConditionCheck": {"TableName": "tollgate-things", "Key": key, "ConditionExpression": "attribute_exists(pk)"}},
        ]}),
        _ => json!({"TableName": "tollgate-things", "Key": key}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_refuses_what_a_functions_policies_do_not_allow() {
    let run = Running::start().await;
    let function = Function::of(&run).await;
    let not_allowed = |action: &str| format!("because no identity-based policy allows the {action} action");
    let denied = || "with an explicit deny in an identity-based policy".to_owned();
    for (operation, pk, refused) in [
        ("PutItem", "own-1", None),
        ("GetItem", "own-1", None),
        ("Query", "own-1", None),
        ("GetItem", "another", Some(("dynamodb:GetItem", not_allowed("dynamodb:GetItem")))),
        ("Query", "another", Some(("dynamodb:Query", not_allowed("dynamodb:Query")))),
        ("PutItem", "own-locked", Some(("dynamodb:PutItem", denied()))),
        ("GetItem", "own-locked", None),
        ("DeleteItem", "own-1", Some(("dynamodb:DeleteItem", not_allowed("dynamodb:DeleteItem")))),
        (
            "TransactWriteItems",
            "own-1",
            Some(("dynamodb:ConditionCheckItem", not_allowed("dynamodb:ConditionCheckItem"))),
        ),
    ] {
        let target = format!("DynamoDB_20120810.{operation}");
        let (status, _, answer) = function.call("DYNAMODB", &target, &dynamodb_body(operation, pk)).await;
        let Some((action, reason)) = refused else {
            assert_eq!(status, 200, "{operation} {pk}: {answer}");
            continue;
        };
        assert_eq!(status, 400, "{operation} {pk}: {answer}");
        assert_eq!(answer["__type"], "com.amazon.coral.service#AccessDeniedException");
        assert_eq!(answer["Message"], format!("{USER}{action} on resource: {TABLE} {reason}"));
    }
    let uses = run.get("/_local/grants").await.1;
    let used = |action: &str| {
        let mut uses = uses.as_array().expect("a list").iter();
        let found = uses.find(|u| u["function"] == "demo-echo" && u["action"] == action);
        found.expect("a grant")["used"].clone()
    };
    assert_eq!((used("dynamodb:Query"), used("sqs:SendMessage")), (json!({TABLE: 1}), json!({})));
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_and_secrets_refuse_what_a_functions_policies_do_not_allow() {
    let run = Running::start().await;
    let function = Function::of(&run).await;
    let url = |queue: &str| format!("{}/000000000000/{queue}", run.cloud.ready.sqs);
    let batch = json!({"QueueUrl": url("work"), "Entries": [{"Id": "1", "MessageBody": "x"}]});
    assert_eq!(function.call("SQS", "AmazonSQS.SendMessageBatch", &batch).await.0, 200);
    for (operation, queue, action) in [
        ("SendMessageBatch", "idle", "sqs:sendmessage"),
        ("ReceiveMessage", "work", "sqs:receivemessage"),
        ("SendMessage", "no-such-queue", "sqs:sendmessage"),
    ] {
        let body = json!({"QueueUrl": url(queue), "Entries": [{"Id": "1", "MessageBody": "x"}]});
        let (status, code, answer) = function.call("SQS", &format!("AmazonSQS.{operation}"), &body).await;
        assert_eq!((status, code.as_str()), (403, "AccessDenied;Sender"), "{answer}");
        assert_eq!(answer["__type"], "com.amazon.coral.service#AccessDeniedException");
        let resource = format!("arn:aws:sqs:us-east-1:000000000000:{queue}");
        let reason = format!("because no identity-based policy allows the {action} action");
        assert_eq!(answer["message"], format!("{USER}{action} on resource: {resource} {reason}"));
    }
    let secret = json!({"SecretId": function.variable("SECRET_ARN"), "SecretString": "x"});
    let (status, _, answer) =
        function.call("SECRETS_MANAGER", "secretsmanager.GetSecretValue", &secret).await;
    assert_eq!((status, &answer["SecretString"]), (200, &function.environment["SECRET"]));
    for (operation, id) in [("PutSecretValue", &secret["SecretId"]), ("GetSecretValue", &json!("nobody"))] {
        let body = json!({"SecretId": id, "SecretString": "x"});
        let target = format!("secretsmanager.{operation}");
        let (status, _, answer) = function.call("SECRETS_MANAGER", &target, &body).await;
        assert_eq!((status, &answer["__type"]), (400, &json!("AccessDeniedException")), "{answer}");
    }
    run.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_its_own_credentials_makes_a_caller_a_function() {
    let run = Running::start().await;
    let function = Function::of(&run).await;
    let (key, token) = (function.variable("AWS_ACCESS_KEY_ID"), function.variable("AWS_SESSION_TOKEN"));
    let url = function.variable("AWS_ENDPOINT_URL_DYNAMODB");
    let get = dynamodb_body("GetItem", "another");
    let other = Running::start().await;
    let of_other = Function::of(&other).await;
    assert_ne!(of_other.variable("AWS_ACCESS_KEY_ID"), key);
    let of_other = (of_other.variable("AWS_ACCESS_KEY_ID"), of_other.variable("AWS_SESSION_TOKEN"));
    for stranger in [(key, ""), ("local", token), ("demo-echo", token), (key, of_other.1), of_other] {
        let (status, _, answer) = call(url, "DynamoDB_20120810.GetItem", stranger, &get).await;
        assert_eq!(status, 400, "{stranger:?}");
        assert_eq!(answer["__type"], "com.amazon.coral.service#UnrecognizedClientException");
    }
    // The operator may do anything.
    for operator in [("local", ""), ("demo-echo", ""), ("AKIAIOSFODNN7EXAMPLE", "local")] {
        assert_eq!(call(url, "DynamoDB_20120810.GetItem", operator, &get).await.0, 200, "{operator:?}");
    }
    let (status, _, answer) = call(url, "DynamoDB_20120810.GetItem", (key, token), &json!([1])).await;
    assert_eq!((status, &answer["__type"]), (400, &json!("com.amazon.coral.service#SerializationException")));
    run.cloud.stop().await;
    other.cloud.stop().await;
}
