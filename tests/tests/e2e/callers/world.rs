//! Makes what rows name, anew for each row, with markers that only permitted callers may be shown.

use serde_json::{Value, json};
use tollgate_domain::{
    BalanceTransaction, BalanceTransactionId, ConnectedAccount, Currency, MerchantId, Metadata, Mode, Money,
    PaymentId, PayoutId, RequestRef, Tenant, Tier, Transfer, TransferId,
    ledger::{FundsStatus, TransactionKind, TransactionSource},
};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::{Put, Replaced};
use tollgate_tests::{Cloud, dynamodb, eventually};

use crate::{
    checkout::{initialized, order, pay},
    intents::payouts::external_accounts,
};

/// Makes what a row names as `name`; gives how it is named and everything that is said of it.
pub(crate) async fn make(cloud: &Cloud, api: &str, name: &str) -> (String, Vec<Value>) {
    let charges = cloud.charges();
    let unique = uuid();
    let marked = json!({"email": format!("{unique}@secret.example"), "name": format!("Secret {unique}")});
    let of = |made: Value| (made["id"].as_str().unwrap().to_owned(), vec![made]);
    match (api, name) {
        ("charges", "customer") => of(charges.post("/customers", &marked).await.expect(201)),
        ("charges", "payment" | "waiting" | "refund") => {
            let token = if name == "waiting" { "tok_visa_3220" } else { "tok_visa_4242" };
            let mut body = crate::payment(token, 1000);
            body["description"] = json!(format!("secret {unique}"));
            let paid = charges.post("/payments", &body).await.expect(201);
            if name != "refund" {
                return of(paid);
            }
            let refund = json!({"payment_id": paid["id"], "amount": 10});
            of(charges.post("/refunds", &refund).await.expect(201))
        }
        ("direct", "payment") => {
            let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"});
            let body = json!({
                "amount": 1000, "currency": "USD", "payment_method": "card", "card": card,
                "customer": {"email": marked["email"]},
            });
            of(cloud.client("direct").post("/payments", &body).await.expect(200))
        }
        ("simple", _) => {
            let body = json!({"amount": 10, "currency": "USD", "source": "tok_visa"});
            of(cloud.client("simple").post("/payments", &body).await.expect(201))
        }
        ("checkout", "order") => (unique, Vec::new()),
        ("checkout", _) => {
            let (reference, page) = initialized(cloud, &order(&unique)).await;
            pay(&page).await;
            let said = json!({"reference": reference, "order_id": unique, "page": page});
            (reference, vec![said])
        }
        ("intents", name) => make_of_intents(cloud, name, &marked).await,
        other => panic!("nothing is called {other:?}"),
    }
}

/// Makes something of `intents`, with the marked address and name.
#[allow(clippy::too_many_lines)] // A table: one row for each thing.
async fn make_of_intents(cloud: &Cloud, name: &str, marked: &Value) -> (String, Vec<Value>) {
    let intents = cloud.intents();
    let of = |made: Value| (made["id"].as_str().unwrap().to_owned(), vec![made]);
    match name {
        "customer" => of(intents.post("/customers", marked).await.expect(201)),
        "intent" | "capturable" | "succeeded" | "charge" | "capturable_charge" | "refund"
        | "pending_refund" => {
            let method = if name == "pending_refund" {
                json!({"type": "card", "card": {"number": "4000000000007726", "exp_month": 12, "exp_year": 2030}})
            } else {
                json!({"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}})
            };
            let mut body = json!({
                "amount": 2000, "currency": "eur", "payment_method_data": method,
                "receipt_email": marked["email"], "description": marked["name"], "confirm": name != "intent",
            });
            if name.starts_with("capturable") {
                body["capture_method"] = json!("manual");
            }
            let intent = intents.post("/payment_intents", &body).await.expect(201);
            if name.ends_with("charge") {
                return (intent["latest_charge"].as_str().unwrap().to_owned(), vec![intent]);
            }
            if !name.ends_with("refund") {
                return of(intent);
            }
            let refund = json!({"payment_intent": intent["id"], "amount": 10});
            of(intents.post("/refunds", &refund).await.expect(201))
        }
        "method" | "attached" => {
            let body = json!({
                "type": "card",
                "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030},
                "billing_details": marked,
            });
            let method = intents.post("/payment_methods", &body).await.expect(201);
            if name == "attached" {
                let customer = intents.post("/customers", marked).await.expect(201);
                let path = format!("/payment_methods/{}/attach", method["id"].as_str().unwrap());
                let to = json!({"customer": customer["id"]});
                intents.post(&path, &to).await.expect(200);
            }
            of(method)
        }
        "product" => of(intents.post("/products", &json!({"name": marked["name"]})).await.expect(201)),
        "price" => {
            let product = intents.post("/products", &json!({"name": marked["name"]})).await.expect(201);
            let body = json!({"currency": "eur", "unit_amount": 700, "product": product["id"],
                "nickname": marked["name"]});
            of(intents.post("/prices", &body).await.expect(201))
        }
        "endpoint" => {
            let body = json!({"url": "https://example.com/hook", "description": marked["name"], "enabled_events": ["refund.created"]});
            of(intents.post("/webhook_endpoints", &body).await.expect(201))
        }
        "event" => {
            let customer = intents.post("/customers", marked).await.expect(201);
            let event = eventually("the customer's event", || async {
                let page = intents.get("/events?limit=100&type=customer.created").await.expect(200);
                let events = page["data"].as_array().unwrap().clone();
                events.into_iter().find(|event| event["data"]["object"]["id"] == customer["id"])
            });
            of(event.await)
        }
        "dispute" => {
            let body = json!({
                "amount": 2000, "currency": "eur", "payment_method": "pm_card_createDispute", "confirm": true,
                "description": marked["name"],
            });
            let intent = intents.post("/payment_intents", &body).await.expect(201);
            of(dispute_of(&intents, &intent).await)
        }
        "transaction" => {
            let body = json!({
                "amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true,
                "description": marked["name"],
            });
            let intent = intents.post("/payment_intents", &body).await.expect(201);
            let path = format!("/balance/history?source={}", intent["latest_charge"].as_str().unwrap());
            let booked = eventually("the payment is booked", || async {
                let page = intents.get(&path).await.expect(200);
                page["data"].get(0).cloned()
            });
            of(booked.await)
        }
        "payout" | "pending_payout" => {
            fund(cloud).await;
            let body = json!({"amount": 1, "currency": "eur", "description": marked["name"]});
            let payout = intents.post("/payouts", &body).await.expect(201);
            if name == "pending_payout" {
                keep_pending(cloud, payout["id"].as_str().unwrap()).await;
            }
            of(payout)
        }
        "account" => {
            let account = intents.get("/account").await.expect(200);
            (account["id"].as_str().unwrap().to_owned(), Vec::new())
        }
        "connected" | "accepted" => {
            let other = cloud.admin().create_merchant("Another", Tier::Growth).await.unwrap().id;
            let body = json!({"account": other.to_prefixed("acct_"), "metadata": {"note": marked["name"]}});
            let made = intents.post("/accounts", &body).await.expect(201);
            if name == "accepted" {
                accept(cloud, cloud.demo_scope(), other).await;
            }
            of(made)
        }
        "payer" => {
            let payer = cloud.admin().create_merchant("Payer", Tier::Growth).await.unwrap().id;
            let payers = Tenant { merchant: payer, mode: Mode::Test };
            let demo = cloud.demo_scope().merchant;
            let asked = ConnectedAccount::request(
                demo,
                Metadata::default(),
                SystemClock.now(),
                &RequestRef::default(),
            );
            assert_eq!(cloud.store().create(payers, &asked).await.unwrap(), Put::Created);
            (payer.to_prefixed("acct_"), Vec::new())
        }
        "transfer" => {
            let transfer = Transfer {
                id: TransferId::from_bytes(random()),
                version: 1,
                request: RequestRef::default(),
                amount: Money { minor: 100, currency: Currency::from_code("EUR").unwrap() },
                sender: MerchantId::from_bytes(random()),
                payout: PayoutId::from_bytes(random()),
                description: marked["name"].as_str().map(str::to_owned),
                created: SystemClock.now(),
            };
            assert_eq!(cloud.store().create(cloud.demo_scope(), &transfer).await.unwrap(), Put::Created);
            (transfer.id.to_prefixed("tr_"), vec![json!({"description": marked["name"]})])
        }
        "bank_account" => {
            let path = external_accounts(cloud).await;
            make_room(cloud, &path).await;
            let number = json!({"object": "bank_account", "country": "DE", "currency": "eur",
                "account_number": "DE89370400440532013000", "account_holder_name": marked["name"]});
            of(intents.post(&path, &json!({"external_account": number})).await.expect(201))
        }
        "key" => of(intents.post("/api_keys", &json!({})).await.expect(201)),
        other => panic!("nothing is called {other:?}"),
    }
}

/// The newest dispute of an intent, which the sandbox opens.
pub(crate) async fn dispute_of(intents: &tollgate_tests::Client, intent: &Value) -> Value {
    let path = format!("/disputes?payment_intent={}", intent["id"].as_str().unwrap());
    let disputes = intents.get(&path).await.expect(200);
    disputes["data"].get(0).unwrap_or_else(|| panic!("no dispute of {intent}")).clone()
}

/// Accepts a connection, as the other merchant would.
pub(crate) async fn accept(cloud: &Cloud, payer: Tenant, other: MerchantId) {
    let asked: ConnectedAccount = cloud.store().get(payer, &other.to_string()).await.unwrap().unwrap();
    let accepted = asked.accept(SystemClock.now()).unwrap();
    assert_eq!(cloud.store().replace(payer, &accepted).await.unwrap(), Replaced::Done);
}

fn random() -> [u8; 16] {
    hex::decode(uuid()).unwrap().repeat(2).try_into().unwrap()
}

/// Makes euros available: a balance transaction of a payment that there is, booked as the stream would.
pub(crate) async fn fund(cloud: &Cloud) {
    let body = json!({"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true});
    let paid = cloud.intents().post("/payment_intents", &body).await.expect(201);
    let payment = PaymentId::parse("pi_", paid["id"].as_str().unwrap()).unwrap();
    let (now, id) = (SystemClock.now(), random());
    let booked = BalanceTransaction {
        id: BalanceTransactionId::from_bytes(id),
        version: 1,
        kind: TransactionKind::Charge,
        source: TransactionSource::Payment(payment),
        amount: Money { minor: 10_000_000, currency: Currency::from_code("EUR").unwrap() },
        fee: 0,
        description: None,
        status: FundsStatus::Available,
        created: now,
        available_on: now,
        payout: None,
    };
    cloud.store().book(cloud.demo_scope(), &booked).await.unwrap();
}

/// Hides a payout from due work, which would send it within seconds.
pub(crate) async fn keep_pending(cloud: &Cloud, id: &str) {
    let id = PayoutId::parse("po_", id).unwrap();
    let key = json!({"pk": dynamodb::s(&format!("{}PYO#{id}", cloud.demo_scope())), "sk": dynamodb::s("#")});
    let update = json!({"TableName": "tollgate", "Key": key, "UpdateExpression": "REMOVE gsi3pk, gsi3sk"});
    dynamodb::ask(cloud.ready["dynamodb"].as_str().unwrap(), "UpdateItem", &update).await;
}

/// Deletes the bank accounts that are no defaults, before there are too many.
async fn make_room(cloud: &Cloud, path: &str) {
    let page = cloud.intents().get(&format!("{path}?limit=100")).await.expect(200);
    let accounts = page["data"].as_array().unwrap();
    if accounts.len() < 40 {
        return;
    }
    for account in accounts.iter().filter(|account| account["default_for_currency"] == false) {
        let path = format!("{path}/{}", account["id"].as_str().unwrap());
        cloud.intents().delete(&path).await.expect(200);
    }
}

fn uuid() -> String {
    use tollgate_gateway::{Entropy, OsEntropy};
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes);
    hex::encode(bytes)
}

/// The texts that tell one thing from all others: ids, secrets, addresses. Times and words that anything may have are none.
pub(super) fn marks(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let is_time = text.len() > 4 && text.as_bytes()[4] == b'-' && text.starts_with("20");
            // The path of a list is the same for everybody.
            let is_word = |b: u8| b.is_ascii_lowercase() || matches!(b, b'_' | b'/');
            let is_path = text.strip_prefix("/v2/").is_some_and(|rest| rest.bytes().all(is_word));
            let is_mark = text.len() >= 12 && text.bytes().any(|b| b.is_ascii_digit());
            if is_mark && !is_time && !is_path {
                into.push(text.clone());
            }
        }
        Value::Array(list) => list.iter().for_each(|value| marks(value, into)),
        Value::Object(map) => map.values().for_each(|value| marks(value, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
