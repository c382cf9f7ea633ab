//! Requests that carry one parameter each.

use serde_json::{Value, json};
use tollgate_apis::intents::{ACCOUNT_PREFIX, BANK_ACCOUNT_PREFIX, PAYOUT_PREFIX};
use tollgate_domain::{BankAccountId, PayoutId, Tier};
use tollgate_tests::Cloud;

use crate::callers::world::{fund, make};

/// A request: its path and what it carries anyway.
pub(super) struct Target {
    pub path: String,
    pub base: Value,
}

/// A request of an operation about something new, as far as a parameter needs it.
pub(super) async fn target(cloud: &Cloud, operation: &str, parameter: &str) -> Target {
    let path = operation.split_once(' ').unwrap().1;
    let named = match operation {
        "POST /payment_intents/{id}/capture" => "capturable",
        "POST /charges/{id}/capture" => "capturable_charge",
        "POST /refunds/{id}/cancel" => "pending_refund",
        "POST /payment_methods/{id}/detach" => "attached",
        "POST /payouts/{id}/cancel" => "pending_payout",
        _ => match path.trim_start_matches('/').split('/').next().unwrap() {
            "payment_intents" => "unpaid",
            "charges" => "charge",
            "refunds" => "refund",
            "disputes" => "dispute",
            "customers" => "customer",
            "products" => "product",
            "prices" => "price",
            "payment_methods" => "method",
            "events" => "event",
            "balance_transactions" => "transaction",
            "payouts" => "payout",
            "accounts" => "bank_account",
            "transfers" => "transfer",
            _ => "endpoint",
        },
    };
    let path = if path.contains("{id}") {
        path.replace("{id}", &thing(cloud, named).await)
    } else {
        path.to_owned()
    };
    let path = if path.ends_with("/{account}") {
        path.replace("{account}", &thing(cloud, "connected").await)
    } else if path.contains("{account}") {
        path.replace("{account}", &thing(cloud, "account").await)
    } else {
        path
    };
    let base = match operation {
        "POST /payment_intents" => new_intent(parameter),
        "POST /payment_intents/{id}/confirm" if !parameter.starts_with("payment_method_data") => {
            json!({"payment_method": "pm_card_visa"})
        }
        "POST /refunds" if parameter == "charge" => json!({}),
        "POST /refunds" => json!({"payment_intent": thing(cloud, "succeeded").await}),
        "POST /payment_methods" if parameter == "sepa_debit" => json!({"type": "sepa_debit"}),
        "POST /payment_methods" => json!({"type": "card", "card": sample(cloud, operation, "card").await}),
        "POST /payment_methods/{id}/attach" | "GET /payment_methods" => {
            json!({"customer": thing(cloud, "customer").await})
        }
        "POST /payouts" => {
            fund(cloud).await;
            json!({"amount": 1500, "currency": "eur"})
        }
        "POST /accounts" => {
            let other = cloud.admin().create_merchant("Another", Tier::Growth).await.unwrap().id;
            json!({"account": other.to_prefixed(ACCOUNT_PREFIX)})
        }
        "POST /accounts/{account}/external_accounts" => json!({"external_account": "btok_us_verified"}),
        "POST /products" => json!({"name": "Font"}),
        "POST /prices" => new_price(cloud, parameter).await,
        "POST /webhook_endpoints" => json!({"url": "https://example.com/hook"}),
        _ => json!({}),
    };
    Target { path, base }
}

/// A new price, without what the parameter says.
async fn new_price(cloud: &Cloud, parameter: &str) -> Value {
    let mut body = json!({"currency": "eur", "product": thing(cloud, "product").await});
    match parameter {
        "unit_amount" | "unit_amount_decimal" => {}
        "billing_scheme" | "tiers_mode" => {
            body["tiers"] = json!([{"up_to": "inf", "unit_amount": 1}]);
            body["tiers_mode"] = json!("volume");
            body["billing_scheme"] = json!("tiered");
        }
        "tiers" => {
            body["tiers_mode"] = json!("volume");
            body["billing_scheme"] = json!("tiered");
        }
        _ => body["unit_amount"] = json!(700),
    }
    body
}

/// A new intent, confirmed where the parameter asks for it.
fn new_intent(parameter: &str) -> Value {
    let confirmed = [
        "confirm",
        "error_on_requires_action",
        "mandate_data",
        "off_session",
        "return_url",
        "use_stripe_sdk",
    ];
    if confirmed.contains(&parameter) {
        json!({"amount": 2000, "currency": "eur", "confirm": true, "payment_method": "pm_card_visa"})
    } else {
        json!({"amount": 2000, "currency": "eur"})
    }
}

async fn thing(cloud: &Cloud, named: &str) -> String {
    if named == "unpaid" {
        let intent = json!({"amount": 2000, "currency": "eur"});
        let intent = cloud.intents().post("/payment_intents", &intent).await.expect(201);
        return intent["id"].as_str().unwrap().to_owned();
    }
    make(cloud, "intents", named).await.0
}

/// A value that a parameter takes.
pub(super) async fn sample(cloud: &Cloud, operation: &str, parameter: &str) -> Value {
    let card = json!({"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"});
    let address = json!({"city": "Paris", "country": "FR", "line1": "1 rue", "postal_code": "75001"});
    match (operation, parameter) {
        (_, "amount" | "amount_to_capture") => json!(1500),
        ("POST /payouts", "currency") => json!("eur"),
        (_, "payments") => json!({"payouts": {"statement_descriptor": "SHOP"}}),
        ("POST /payouts", "destination") => json!(thing(cloud, "bank_account").await),
        (_, "destination") => json!(BankAccountId::from_bytes([7; 16]).to_prefixed(BANK_ACCOUNT_PREFIX)),
        ("POST /payouts", "method") => json!("standard"),
        (_, "external_account") => json!({"object": "bank_account", "country": "FR", "currency": "eur",
            "account_number": "FR1420041010050500013M02606"}),
        (_, "account_holder_type") => json!("company"),
        ("GET /accounts/{account}/external_accounts", "object") => json!("bank_account"),
        ("GET /payouts", "status") => json!("paid"),
        (_, "billing_scheme") => json!("tiered"),
        (_, "tiers_mode") => json!("volume"),
        (_, "tiers") => json!([{"up_to": "inf", "unit_amount": 1}]),
        (_, "currency_options") => json!({"usd": {"unit_amount": 800}}),
        (_, "tax_behavior") => json!("inclusive"),
        (_, "transform_quantity") => json!({"divide_by": 10, "round": "up"}),
        ("GET /prices", "recurring") => json!({"interval": "month"}),
        (_, "recurring") => json!({"interval": "month", "interval_count": 2}),
        (_, "unit_amount") => json!(700),
        (_, "unit_amount_decimal") => json!("0.5"),
        (_, "lookup_keys") => json!(["basic"]),
        // One price has a lookup key at a time, so it is a text like no other.
        (_, "lookup_key" | "product") => json!(thing(cloud, "product").await),
        // Only a price of the product itself can be its default price: none at all can.
        ("POST /products/{id}", "default_price") => Value::Null,
        (_, "images") => json!(["https://fonts.example/1.png"]),
        (_, "marketing_features") => json!([{"name": "Ligatures"}]),
        (_, "tax_code") => json!("txcd_10103001"),
        (_, "unit_label") => json!("seat"),
        ("GET /prices", "type") => json!("recurring"),
        ("POST /products" | "GET /products", "type") => json!("service"),
        (_, "currency") => json!("usd"),
        (_, "customer") => json!(thing(cloud, "customer").await),
        (_, "payment_intent") => json!(thing(cloud, "succeeded").await),
        (_, "charge" | "source") => json!(thing(cloud, "charge").await),
        ("POST /payment_methods/{id}", "card") => json!({"exp_month": 3, "exp_year": 2031}),
        (_, "card") => card,
        (_, "sepa_debit") => json!({"iban": "DE89370400440532013000"}),
        (_, "payment_method") => json!("pm_card_mastercard"),
        (_, "payment_method_data") => json!({"type": "card", "card": card}),
        (_, "automatic_payment_methods") => json!({"enabled": true, "allow_redirects": "never"}),
        (_, "capture_method" | "confirmation_method") => json!("manual"),
        (_, "allowed_payment_method_types") => json!(["card", "klarna"]),
        (_, "excluded_payment_method_types") => json!(["klarna", "sepa_debit"]),
        (_, "payment_method_options") => json!({"card": {"request_three_d_secure": "any"}}),
        (_, "setup_future_usage") => json!("off_session"),
        (_, "shipping") => json!({"name": "A", "phone": "+33 1", "address": address}),
        (_, "address") => address,
        (_, "billing_details") => {
            json!({"name": "A", "email": "a@example.com", "phone": "+33 1", "address": address})
        }
        (_, "mandate_data") => json!({"customer_acceptance": {"type": "online", "accepted_at": 1_590_590_577,
            "online": {"ip_address": "127.0.0.1", "user_agent": "test"}}}),
        (_, "statement_descriptor" | "statement_descriptor_suffix") => json!("ORDER 7"),
        (_, "metadata") => json!({"order_id": "7"}),
        (_, "email" | "receipt_email") => json!("b@example.com"),
        (_, "return_url" | "url") => json!("https://example.com/back"),
        (_, "cancellation_reason") => json!("abandoned"),
        (_, "reason") => json!("duplicate"),
        (_, "fraud_details") => json!({"user_report": "safe"}),
        (_, "preferred_locales") => json!(["fr", "en"]),
        (_, "tax_exempt") => json!("reverse"),
        (_, "allow_redisplay") => json!("limited"),
        (_, "enabled_events" | "types") => json!(["refund.created"]),
        ("GET /events", "type") => json!("charge.*"),
        ("GET /balance_transactions", "type") => json!("charge"),
        (_, "payout") => json!(PayoutId::from_bytes([7; 16]).to_prefixed(PAYOUT_PREFIX)),
        (_, "type" | "source_type") => json!("card"),
        (_, "limit") => json!(3),
        ("POST /disputes/{id}", "evidence") => json!({"product_description": "Shoes"}),
        (
            _,
            "confirm"
            | "default_for_currency"
            | "error_on_requires_action"
            | "final_capture"
            | "off_session"
            | "shippable"
            | "transfer_lookup_key",
        ) => json!(true),
        (_, "active" | "disabled" | "use_stripe_sdk" | "submit") => json!(false),
        (_, "created" | "arrival_date") => json!({"gte": 1}),
        (_, "starting_after" | "ending_before") => json!(cursor(cloud, operation).await),
        (_, "expand") => json!(expandable(operation)),
        _ => json!("text"),
    }
}

/// Something that a list has.
async fn cursor(cloud: &Cloud, operation: &str) -> String {
    let named = match operation {
        "GET /payment_intents" => "unpaid",
        "GET /charges" => "charge",
        "GET /refunds" => "refund",
        "GET /disputes" => "dispute",
        "GET /customers" => "customer",
        "GET /events" => "event",
        "GET /balance_transactions" => "transaction",
        "GET /webhook_endpoints" => "endpoint",
        "GET /payouts" => "payout",
        "GET /accounts" => "connected",
        "GET /transfers" => "transfer",
        "GET /products" => "product",
        "GET /prices" => "price",
        "GET /accounts/{account}/external_accounts" => "bank_account",
        _ => "method",
    };
    thing(cloud, named).await
}

/// A link of an operation's answer; none where it has no links.
fn expandable(operation: &str) -> Vec<&'static str> {
    match operation {
        "GET /payment_intents" => vec!["data.customer"],
        "GET /charges" => vec!["data.payment_intent"],
        "GET /refunds" | "GET /disputes" => vec!["data.charge"],
        "GET /balance_transactions" => vec!["data.source"],
        "GET /payouts" | "GET /transfers" => vec!["data.destination"],
        "GET /products" => vec!["data.default_price"],
        "GET /prices" => vec!["data.product"],
        "POST /products" | "GET /products/{id}" | "POST /products/{id}" => vec!["default_price"],
        "POST /prices" | "GET /prices/{id}" | "POST /prices/{id}" => vec!["product"],
        "GET /transfers/{id}" => vec!["balance_transaction", "destination"],
        "GET /balance_transactions/{id}" => vec!["source"],
        _ if operation.contains("/payment_intents") => vec!["latest_charge"],
        _ if operation.contains("/charges") => vec!["payment_intent"],
        _ if operation.contains("/payouts") => vec!["balance_transaction", "destination"],
        _ if operation.contains("/refunds") || operation.contains("/disputes") => vec!["charge"],
        _ => Vec::new(),
    }
}
