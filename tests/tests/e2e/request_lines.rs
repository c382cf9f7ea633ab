//! What `cargo local` writes while it runs: a line a request, and no secret in any.

use serde_json::{Value, json};
use tollgate_tests::{Client, Cloud, eventually};

use crate::{
    checkout::{initialized, order},
    payment,
};

fn log(cloud: &Cloud) -> String {
    cloud.log.lock().unwrap().join("\n")
}

/// Requests whose queries, bodies and paths hold secrets; gives the secrets.
async fn make_secret_requests(cloud: &Cloud) -> Vec<String> {
    let intents = cloud.intents();
    let intent = json!({"amount": 1000, "currency": "eur"});
    let intent = intents.post("/payment_intents", &intent).await.expect(201);
    let client_secret = intent["client_secret"].as_str().unwrap().to_owned();
    let id = intent["id"].as_str().unwrap();
    let publishable = cloud.ready["credentials"]["publishable_key"].as_str().unwrap();
    let path = format!("/payment_intents/{id}?client_secret={client_secret}");
    intents.with_key(publishable).get(&path).await.expect(200);
    // A secret where an id belongs, and where no route is.
    intents.get(&format!("/payment_intents/{client_secret}")).await;
    let charges = cloud.charges();
    charges.get("/payments/4242424242424242").await;
    charges.get("/nonsense/4000000000009995").await;
    charges.get(&format!("/payments/{}", cloud.key())).await;
    charges.post("/payments", &payment("4242424242424242", 1000)).await.expect(400);
    charges.post("/payments", &payment("tok_visa_0002", 1000)).await.expect(402);
    let direct = json!({"amount": 10.5, "currency": "USD", "card": {"number": "5555555555554444"}});
    cloud.client("direct").post("/payments", &direct).await;
    let (_, link) = initialized(cloud, &order("logged")).await;
    let page = Client::send(reqwest::Client::new().get(&link)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let token = link.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    vec![
        client_secret,
        "4242424242424242".to_owned(),
        "4000000000009995".to_owned(),
        "5555555555554444".to_owned(),
        cloud.key(),
        publishable.to_owned(),
        token,
    ]
}

#[tokio::test]
async fn a_line_says_what_a_request_was_and_never_a_secret() {
    for logs in ["requests", "all", "json"] {
        let cloud = Cloud::start_logging(logs).await;
        let secrets = make_secret_requests(&cloud).await;
        let text = eventually("the last request's line", || async {
            let log = log(&cloud);
            log.contains("/pages/checkout/{token}").then_some(log)
        })
        .await;
        let kept = std::fs::read_to_string(cloud.data.path().join("functions.log")).unwrap_or_default();
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{logs}: {secret} in {text}");
            assert!(!kept.contains(secret.as_str()), "{logs}: {secret} in the file");
        }
        assert!(!text.contains('?') && !text.contains('\x1b'), "{logs}: {text}");
        let shown = |name: &str| text.contains(&format!("\"message\":\"{name}\""));
        match logs {
            "requests" => {
                let declined = text.lines().find(|line| line.ends_with("card_declined"));
                let words: Vec<&str> = declined.expect("a line").split(' ').collect();
                let [method, path, status, ms, unit, function, _] = words[..] else {
                    panic!("{words:?}");
                };
                assert_eq!(
                    (method, path, status, unit, function),
                    ("POST", "/charges/v1/payments", "402", "ms", "charges-create-payment")
                );
                assert!(ms.parse::<u64>().is_ok(), "{ms}");
                assert!(!shown("request") && kept.contains("\"message\":\"request\""), "{text}");
            }
            "all" => assert!(shown("request") && text.contains("[request] POST /charges/v1/payments 402")),
            _ => json_lines(&text),
        }
    }
}

fn json_lines(text: &str) {
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let of_kind = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
    let declined = of_kind("request")
        .into_iter()
        .find(|line| line["code"] == "card_declined")
        .expect("the declined payment");
    assert_eq!(
        (&declined["method"], &declined["path"], &declined["status"], &declined["function"]),
        (&json!("POST"), &json!("/charges/v1/payments"), &json!(402), &json!("charges-create-payment"))
    );
    assert!(declined["duration_ms"].is_u64() && declined["timestamp"].is_string());
    let functions = of_kind("function");
    assert!(functions.iter().any(|line| line["line"]["message"] == "request"));
    let declined = functions.iter().find(|line| line["function"] == "charges-create-payment");
    assert_eq!(declined.expect("its line")["group"], "/tollgate/charges");
}
