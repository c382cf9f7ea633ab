//! What one front door made, seen and used through another.

use serde_json::{Value, json};
use tollgate_tests::{Cloud, Receiver, eventually};

use crate::{
    checkout::{initialized, order, with},
    payment,
};

#[tokio::test]
async fn a_merchants_id_is_taken_as_it_is_shown_and_bare() {
    let cloud = Cloud::start().await;
    let account = cloud.intents().get("/account").await.expect(200);
    let shown = account["id"].as_str().unwrap();
    let bare = shown.strip_prefix("acct_").expect("an account's id").to_owned();
    for (number, merchant) in [("as-shown", shown), ("bare", bare.as_str())] {
        let checkout = cloud.checkout().with_account(merchant);
        checkout.post("/payments/initialize", &order(number)).await.expect(200);
        let token = json!({"client_id": merchant, "client_secret": cloud.key()});
        let token = cloud.client("direct").post("/auth/token", &token).await;
        assert!(token.expect(200)["access_token"].is_string());
    }
    for merchant in [format!("acct_acct_{bare}"), format!("ACCT_{bare}"), format!("x{bare}")] {
        let checkout = cloud.checkout().with_account(&merchant);
        let refused = checkout.post("/payments/initialize", &order("other")).await;
        assert_eq!(refused.status, 401, "{merchant}: {}", refused.text);
        let token = json!({"client_id": merchant, "client_secret": cloud.key()});
        cloud.client("direct").post("/auth/token", &token).await.expect(401);
    }
}

#[tokio::test]
async fn a_payment_of_another_front_door_is_no_intent() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let (reference, _) = initialized(&cloud, &with("no-intent", &json!({"payment_provider": "mpgs"}))).await;
    let hosted = tollgate_domain::PaymentId::parse_uuid(&reference).unwrap().to_prefixed("pi_");
    let paid = cloud.charges().post("/payments", &payment("tok_visa_4242", 900)).await;
    let paid = paid.expect(201)["id"].as_str().unwrap().replace("pay_", "pi_");
    for id in [hosted, paid] {
        for (step, body) in [
            ("/confirm", json!({})),
            ("/confirm", json!({"payment_method": "pm_card_visa"})),
            ("/capture", json!({})),
            ("/cancel", json!({})),
            ("", json!({"amount": 1000})),
        ] {
            let refused = intents.post(&format!("/payment_intents/{id}{step}"), &body).await;
            assert_eq!(
                refused.expect(400)["error"]["code"],
                "payment_intent_unexpected_state",
                "{id}{step} {body}"
            );
        }
    }
    let waiting = crate::checkout::status(&cloud, &reference).await;
    assert_eq!(waiting["status"], "initialized");
}

#[tokio::test]
async fn a_payment_method_of_a_type_that_an_intent_does_not_accept_is_told_so() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let sepa = json!({"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"},
        "billing_details": {"name": "Ida", "email": "ida@example.com"}});
    let sepa = intents.post("/payment_methods", &sepa).await.expect(201)["id"].clone();
    let intent = json!({"amount": 1000, "currency": "eur"});
    let intent = intents.post("/payment_intents", &intent).await.expect(201);
    let path = format!("/payment_intents/{}", intent["id"].as_str().unwrap());
    for (path, body) in [
        (format!("{path}/confirm"), json!({"payment_method": sepa})),
        (path.clone(), json!({"payment_method": sepa})),
        ("/payment_intents".to_owned(), json!({"amount": 1000, "currency": "eur", "payment_method": sepa})),
    ] {
        let refused = intents.post(&path, &body).await.expect(400);
        assert_eq!(
            (&refused["error"]["code"], &refused["error"]["param"]),
            (&json!("payment_intent_incompatible_payment_method"), &json!("payment_method")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_payment_method_of_a_customer_is_charged_for_that_customer_only() {
    let cloud = Cloud::start().await;
    let (intents, charges) = (cloud.intents(), cloud.charges());
    let customer = async |email: &str| {
        let made = intents.post("/customers", &json!({"email": email})).await;
        made.expect(201)["id"].as_str().unwrap().to_owned()
    };
    let (owner, other) = (customer("owner@example.com").await, customer("other@example.com").await);
    let card =
        json!({"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}});
    let method = intents.post("/payment_methods", &card).await.expect(201)["id"].clone();
    let method = method.as_str().unwrap();
    // An intent without a customer that was given the payment method before it was attached.
    let early = json!({"amount": 1000, "currency": "eur", "payment_method": method});
    let early = intents.post("/payment_intents", &early).await.expect(201);
    let attach = format!("/payment_methods/{method}/attach");
    intents.post(&attach, &json!({"customer": owner})).await.expect(200);
    let confirm = format!("/payment_intents/{}/confirm", early["id"].as_str().unwrap());
    let of_other = json!({"amount": 1000, "currency": "eur", "customer": other, "payment_method": method, "confirm": true});
    let refusals =
        [intents.post(&confirm, &json!({})).await, intents.post("/payment_intents", &of_other).await];
    for refused in refusals {
        let error = &refused.expect(400)["error"];
        assert_eq!(
            (&error["code"], &error["param"]),
            (&json!("payment_method_unexpected_state"), &json!("payment_method"))
        );
    }
    let charge = |customer: Option<&str>| {
        let mut body = payment(method, 1000);
        if let Some(customer) = customer {
            body["customer_id"] = json!(customer);
        }
        body
    };
    for wrong in [None, Some(other.as_str())] {
        let refused = charges.post("/payments", &charge(wrong)).await.expect(400);
        assert_eq!(refused["error"]["code"], "payment_method_unexpected_state", "{refused}");
    }
    let charged = charges.post("/payments", &charge(Some(&owner))).await.expect(201);
    assert_eq!(charged["status"], "succeeded");
    // An intent whose customer is changed after it took the method on.
    let intent = json!({"amount": 1000, "currency": "eur", "customer": owner, "payment_method": method});
    let intent = intents.post("/payment_intents", &intent).await.expect(201);
    let path = format!("/payment_intents/{}", intent["id"].as_str().unwrap());
    intents.post(&path, &json!({"customer": other})).await.expect(200);
    let refused = intents.post(&format!("{path}/confirm"), &json!({})).await.expect(400);
    assert_eq!(refused["error"]["code"], "payment_method_unexpected_state");
    intents.post(&path, &json!({"customer": owner})).await.expect(200);
    intents.post(&format!("{path}/confirm"), &json!({})).await.expect(200);
}

#[tokio::test]
async fn an_intent_that_was_never_charged_is_no_payment_of_the_others() {
    let cloud = Cloud::start().await;
    let (intents, charges, direct) = (cloud.intents(), cloud.charges(), cloud.client("direct"));
    let empty = json!({"amount": 1000, "currency": "eur"});
    let given = json!({"amount": 1001, "currency": "eur", "payment_method": "pm_card_visa"});
    let declined = json!({"amount": 1002, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": true});
    let challenged = json!({"amount": 1003, "currency": "eur", "payment_method": "pm_card_threeDSecure2Required", "confirm": true});
    let paid = json!({"amount": 1004, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    for (body, status) in [(&empty, 201), (&given, 201), (&declined, 402), (&challenged, 201), (&paid, 201)] {
        intents.post("/payment_intents", body).await.expect(status);
    }
    let of = |list: &Value| -> Vec<(i64, String)> {
        let items = list["data"].as_array().unwrap().iter();
        items
            .map(|item| (item["amount"].as_i64().unwrap(), item["status"].as_str().unwrap().to_owned()))
            .collect()
    };
    let listed = |pairs: &[(i64, &str)]| -> Vec<(i64, String)> {
        pairs.iter().map(|(n, word)| (*n, (*word).to_owned())).collect()
    };
    let all = charges.get("/payments?limit=10").await.expect(200);
    assert_eq!(of(&all), listed(&[(1004, "succeeded"), (1003, "requires_action"), (1002, "failed")]));
    let all = direct.get("/transactions?limit=10").await.expect(200);
    assert_eq!(of(&all), listed(&[(1004, "succeeded"), (1003, "pending"), (1002, "failed")]));
    for (client, path) in [(&charges, "/payments"), (&direct, "/transactions")] {
        let failed = client.get(&format!("{path}?status=failed")).await.expect(200);
        assert_eq!(of(&failed), listed(&[(1002, "failed")]));
        let first = client.get(&format!("{path}?limit=1")).await.expect(200);
        assert_eq!((of(&first).len(), &first["has_more"]), (1, &json!(true)));
    }
    // By its id each is found; nothing is pending on a page that there is not.
    let all = intents.get("/payment_intents").await.expect(200);
    for intent in all["data"].as_array().unwrap() {
        let id = intent["id"].as_str().unwrap().replace("pi_", "pay_");
        for client in [&charges, &direct] {
            let shown = client.get(&format!("/payments/{id}")).await.expect(200);
            let next = &shown["next_action"];
            assert!(next.is_null() || next["redirect_url"].is_string(), "{shown}");
            let word = if intent["amount"].as_i64() < Some(1002) {
                assert!(next.is_null() && shown["failure_code"].is_null(), "{shown}");
                "pending"
            } else {
                shown["status"].as_str().unwrap()
            };
            assert_eq!(shown["status"], word);
        }
    }
}

#[tokio::test]
async fn a_declined_intent_is_told_to_other_apis_as_a_failed_payment() {
    let cloud = Cloud::start().await;
    let (intents, receiver) = (cloud.intents(), Receiver::start(&[]));
    for api in ["charges", "direct"] {
        let body = json!({"url": receiver.url, "enabled_events": ["payment.failed"], "api": api});
        intents.post("/webhook_endpoints", &body).await.expect(201);
    }
    let declined = json!({"amount": 1002, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": true});
    intents.post("/payment_intents", &declined).await.expect(402);
    for webhook in receiver.wait_for(2).await {
        let event = webhook.json();
        let object =
            if event["data"]["object"].is_object() { &event["data"]["object"] } else { &event["data"] };
        assert_eq!(
            (&object["status"], &object["failure_code"]),
            (&json!("failed"), &json!("card_declined")),
            "{event}"
        );
        assert!(object["next_action"].is_null(), "{event}");
    }
}

#[tokio::test]
async fn a_key_of_metadata_that_is_not_there_is_removed_without_an_error() {
    let cloud = Cloud::start().await;
    let (intents, charges) = (cloud.intents(), cloud.charges());
    let customer = charges.post("/customers", &json!({"email": "a@example.com"})).await;
    let customer = format!("/customers/{}", customer.expect(201)["id"].as_str().unwrap());
    let changed = charges.patch(&customer, &json!({"metadata": {"a": null}})).await.expect(200);
    assert_eq!(changed["metadata"], json!({}));
    let changed = intents.post_form(&customer, "metadata[a]=&metadata[b]=1").await.expect(200);
    assert_eq!(changed["metadata"], json!({"b": "1"}));
    let changed = charges.patch(&customer, &json!({"metadata": {"b": null, "c": null}})).await;
    assert_eq!(changed.expect(200)["metadata"], json!({}));
    // A create has nothing to remove.
    let mut body = payment("tok_visa_4242", 900);
    body["metadata"] = json!({"a": null});
    charges.post("/payments", &body).await.expect(400);
}

#[tokio::test]
async fn lists_are_narrowed_to_one_second() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    let made = intents.post("/customers", &json!({"name": "A"})).await.expect(201);
    let at = made["created"].as_i64().unwrap();
    for (instant, count) in [(at, 1), (at - 1, 0), (at + 1, 0)] {
        let list = intents.get(&format!("/customers?created={instant}")).await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), count, "{instant}");
    }
    for wrong in ["created=x", "created=-1", "created[gt]=x", "created[eq]=1"] {
        let refused = intents.get(&format!("/customers?{wrong}")).await.expect(400);
        let param = refused["error"]["param"].as_str().unwrap();
        assert!(param.starts_with("created"), "{wrong}: {refused}");
    }
}

#[tokio::test]
async fn debits_and_cards_of_the_sandbox_do_what_their_names_say() {
    let cloud = Cloud::start().await;
    let intents = cloud.intents();
    for (iban, end) in
        [("DE89370400440532013000", "succeeded"), ("DE62370400440532013001", "requires_payment_method")]
    {
        let debit = json!({"amount": 1000, "currency": "eur", "confirm": true, "payment_method_types": ["sepa_debit"],
            "payment_method_data": {"type": "sepa_debit", "sepa_debit": {"iban": iban},
                "billing_details": {"name": "Ida", "email": "ida@example.com"}}});
        let debit = intents.post("/payment_intents", &debit).await.expect(201);
        assert_eq!(debit["status"], "processing", "{iban}");
        let path = format!("/payment_intents/{}", debit["id"].as_str().unwrap());
        let ended = eventually(&format!("{iban} is {end}"), || async {
            let shown = intents.get(&path).await.expect(200);
            (shown["status"] == end).then_some(shown)
        })
        .await;
        assert_eq!(ended["last_payment_error"].is_object(), end != "succeeded", "{ended}");
    }
    for (method, status) in [
        ("pm_card_createDispute", "succeeded"),
        ("pm_card_refundFail", "succeeded"),
        ("pm_card_discover", "succeeded"),
        ("pm_card_authenticationRequired", "requires_action"),
    ] {
        let paid = json!({"amount": 1000, "currency": "eur", "payment_method": method, "confirm": true});
        let paid = intents.post("/payment_intents", &paid).await.expect(201);
        assert_eq!(paid["status"], status, "{method}");
        if method == "pm_card_refundFail" {
            let refund = json!({"payment_intent": paid["id"]});
            let refund = intents.post("/refunds", &refund).await.expect(201);
            assert_eq!(refund["status"], "pending");
            let path = format!("/refunds/{}", refund["id"].as_str().unwrap());
            eventually("the refund fails", || async {
                let shown = intents.get(&path).await.expect(200);
                (shown["status"] == "failed").then_some(())
            })
            .await;
        }
    }
}
