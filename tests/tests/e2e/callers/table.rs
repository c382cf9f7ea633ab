//! The table of permissions: every route of the templates, who may call it, and a request that is answered well.
//!
//! `<name>` in a path or a body stands for something that is made for the row (see `world.rs`).

use reqwest::Method;
use tollgate_domain::Permission::{
    self, CustomersRead, CustomersWrite, KeysRead, KeysWrite, PaymentsRead, PaymentsWrite, PayoutsWrite,
    WebhooksRead, WebhooksWrite,
};

/// Who may call a route.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Access {
    /// A secret key with this scope.
    Scope(Permission),
    /// A secret key with this scope, and a payer's page with a publishable key.
    ScopeOrPage(Permission),
    /// Any secret key.
    AnyKey,
    /// Everybody, with the same answer.
    Everybody,
    /// Whoever proves it without a key: a payer by a signed link, a processor by its secret.
    Link,
}

/// A route.
pub(crate) struct Row {
    pub function: &'static str,
    method: &'static str,
    pub path: &'static str,
    pub access: Access,
    /// The status of the answer to a caller who may.
    pub status: u16,
    pub body: &'static str,
    /// Whether a retry with the same idempotency key is answered with the first answer.
    pub replays: bool,
}

impl Row {
    pub(crate) fn api(&self) -> &'static str {
        self.function.split('-').next().unwrap()
    }

    pub(crate) fn method(&self) -> Method {
        self.method.parse().unwrap()
    }

    /// The scope that a secret key needs.
    pub(crate) fn needs(&self) -> Option<Permission> {
        match self.access {
            Access::Scope(scope) | Access::ScopeOrPage(scope) => Some(scope),
            Access::AnyKey | Access::Everybody | Access::Link => None,
        }
    }

    /// Whether a key is asked for.
    pub(crate) fn asks_for_a_key(&self) -> bool {
        !matches!(self.access, Access::Everybody | Access::Link)
    }

    /// Whether it names something that the merchant owns.
    pub(crate) fn names_something(&self) -> bool {
        // An order's number is the caller's own.
        self.path.contains('<') || self.body.replace("<order>", "").contains('<')
    }

    const fn any_key(self) -> Self {
        Self { access: Access::AnyKey, ..self }
    }

    const fn or_page(self) -> Self {
        match self.access {
            Access::Scope(scope) => Self { access: Access::ScopeOrPage(scope), ..self },
            _ => self,
        }
    }

    const fn no_content(self) -> Self {
        Self { status: 204, ..self }
    }

    const fn without_replay(self) -> Self {
        Self { replays: false, ..self }
    }
}

const fn get(function: &'static str, path: &'static str, needs: Permission) -> Row {
    let access = Access::Scope(needs);
    Row { function, method: "GET", path, access, status: 200, body: "", replays: false }
}

const fn delete(function: &'static str, path: &'static str, needs: Permission) -> Row {
    Row { method: "DELETE", ..get(function, path, needs) }
}

const fn post(function: &'static str, path: &'static str, needs: Permission, body: &'static str) -> Row {
    Row { method: "POST", body, replays: true, ..get(function, path, needs) }
}

const fn patch(function: &'static str, path: &'static str, needs: Permission, body: &'static str) -> Row {
    Row { method: "PATCH", ..post(function, path, needs, body) }
}

/// A `POST` that makes something and says so by 201.
const fn create(function: &'static str, path: &'static str, needs: Permission, body: &'static str) -> Row {
    Row { status: 201, ..post(function, path, needs, body) }
}

/// A route that answers everybody alike, with a whole path of it.
const fn open(function: &'static str, method: &'static str, path: &'static str, status: u16) -> Row {
    let access = Access::Everybody;
    Row { function, method, path, access, status, body: "", replays: false }
}

/// A page whose link is the credential, and what takes notices by their proof.
const fn page(function: &'static str) -> Row {
    Row { function, method: "", path: "", access: Access::Link, status: 200, body: "", replays: false }
}

const PAYMENT: &str = r#"{"amount":1000,"currency":"GBP","source":{"type":"card","token":"tok_visa_4242"}}"#;
const CARD_PAYMENT: &str = r#"{"amount":1000,"currency":"USD","payment_method":"card","card":{"number":"4242424242424242","exp_month":12,"exp_year":2030,"cvc":"123"}}"#;
const DECIMAL_PAYMENT: &str = r#"{"amount":10.00,"currency":"USD","source":"tok_visa"}"#;
const DECIMAL_REFUND: &str = r#"{"payment_id":"<simple_payment>","amount":1}"#;
const ORDER: &str = r#"{"order_id":"<order>","amount":100.50,"currency":"USD","payment_provider":"mpgs","card_number":"4111111111111111","exp_month":"12","exp_year":"25","cvv":"123","return_url":"https://shop.example/ok","cancel_url":"https://shop.example/no"}"#;
const PRICE: &str = r#"{"currency":"eur","unit_amount":700,"product":"<product>"}"#;
const INTENT: &str = r#"{"amount":2000,"currency":"eur","payment_method":"pm_card_visa","confirm":true}"#;
const METHOD: &str = r#"{"type":"card","card":{"number":"4242424242424242","exp_month":12,"exp_year":2030}}"#;
const CONFIRM: &str = r#"{"payment_method":"pm_card_visa"}"#;
const ENDPOINT: &str = r#"{"url":"https://example.com/hook","enabled_events":["refund.created"]}"#;
const BACK: &str = r#"{"return_url":"https://shop.example/"}"#;
const ACCOUNT: &str = r#"{"account":"acct_1111111111111111111111"}"#;
const SETTINGS: &str = r#"{"payments":{"payouts":{"statement_descriptor":"SHOP"}}}"#;
const NAME: &str = r#"{"name":"A"}"#;
const PHONE: &str = r#"{"phone":"+4420"}"#;
const NOTE: &str = r#"{"description":"D"}"#;
const METADATA: &str = r#"{"metadata":{"a":"1"}}"#;
const TEN: &str = r#"{"amount":10}"#;
const OF_PAYMENT: &str = r#"{"payment_id":"<payment>"}"#;
const OF_INTENT: &str = r#"{"payment_intent":"<succeeded>"}"#;
const TO: &str = r#"{"customer":"<customer>"}"#;
const PAYOUT: &str = r#"{"amount":1,"currency":"eur"}"#;
const BANK_ACCOUNT: &str = r#"{"external_account":"btok_us_verified"}"#;
const SINCE: &str = r#"{"since":0}"#;

/// Every route.
pub(crate) const ROWS: &[Row] = &[
    get("charges-health", "/health", PaymentsRead).any_key(),
    create("charges-create-payment", "/payments", PaymentsWrite, PAYMENT),
    get("charges-list-payments", "/payments", PaymentsRead),
    get("charges-retrieve-payment", "/payments/<payment>", PaymentsRead),
    post("charges-confirm-payment", "/payments/<waiting>/confirm", PaymentsWrite, BACK),
    create("charges-create-refund", "/refunds", PaymentsWrite, OF_PAYMENT),
    get("charges-list-refunds", "/refunds?payment_id=<payment>", PaymentsRead),
    get("charges-retrieve-refund", "/refunds/<refund>", PaymentsRead),
    create("charges-create-customer", "/customers", CustomersWrite, NAME),
    get("charges-list-customers", "/customers", CustomersRead),
    get("charges-retrieve-customer", "/customers/<customer>", CustomersRead),
    patch("charges-update-customer", "/customers/<customer>", CustomersWrite, PHONE),
    delete("charges-delete-customer", "/customers/<customer>", CustomersWrite).no_content(),
    open("charges-unknown-route", "GET", "/charges/v1/none", 404),
    // Its credentials are in the body, and each token is another.
    post("direct-issue-token", "/auth/token", PaymentsRead, "{}").any_key().without_replay(),
    post("direct-create-payment", "/payments", PaymentsWrite, CARD_PAYMENT),
    get("direct-retrieve-payment", "/payments/<payment>", PaymentsRead),
    post("direct-refund-payment", "/payments/<payment>/refund", PaymentsWrite, TEN),
    get("direct-list-transactions", "/transactions", PaymentsRead),
    open("direct-unknown-route", "GET", "/direct/v1/none", 404),
    create("simple-create-payment", "/payments", PaymentsWrite, DECIMAL_PAYMENT),
    get("simple-retrieve-payment", "/payments/<simple_payment>", PaymentsRead),
    create("simple-create-refund", "/refunds", PaymentsWrite, DECIMAL_REFUND),
    open("simple-unknown-route", "GET", "/simple/v1/none", 404),
    post("checkout-initialize-payment", "/payments/initialize", PaymentsWrite, ORDER),
    get("checkout-payment-status", "/payments/<reference>/status", PaymentsRead),
    post("checkout-refund-payment", "/payments/<reference>/refund", PaymentsWrite, TEN),
    open("checkout-unknown-route", "GET", "/checkout/api/v1/none", 404),
    page("pages-show-checkout"),
    page("pages-answer-checkout"),
    page("pages-show-challenge"),
    page("pages-answer-challenge"),
    page("pages-show-result"),
    page("pages-receive-notice"),
    open("pages-unknown-route", "GET", "/pages/none", 404),
    create("intents-create-payment-intent", "/payment_intents", PaymentsWrite, INTENT),
    get("intents-list-payment-intents", "/payment_intents", PaymentsRead),
    get("intents-retrieve-payment-intent", "/payment_intents/<intent>", PaymentsRead).or_page(),
    post("intents-update-payment-intent", "/payment_intents/<intent>", PaymentsWrite, NOTE),
    post("intents-confirm-payment-intent", "/payment_intents/<intent>/confirm", PaymentsWrite, CONFIRM)
        .or_page(),
    post("intents-capture-payment-intent", "/payment_intents/<capturable>/capture", PaymentsWrite, "{}"),
    post("intents-cancel-payment-intent", "/payment_intents/<intent>/cancel", PaymentsWrite, "{}"),
    get("intents-list-charges", "/charges", PaymentsRead),
    get("intents-retrieve-charge", "/charges/<charge>", PaymentsRead),
    post("intents-update-charge", "/charges/<charge>", PaymentsWrite, NOTE),
    post("intents-capture-charge", "/charges/<capturable_charge>/capture", PaymentsWrite, "{}"),
    create("intents-create-payment-method", "/payment_methods", PaymentsWrite, METHOD).or_page(),
    get("intents-list-payment-methods", "/payment_methods?customer=<customer>", PaymentsRead),
    get("intents-retrieve-payment-method", "/payment_methods/<method>", PaymentsRead),
    post("intents-update-payment-method", "/payment_methods/<attached>", PaymentsWrite, METADATA),
    post("intents-attach-payment-method", "/payment_methods/<method>/attach", PaymentsWrite, TO),
    post("intents-detach-payment-method", "/payment_methods/<attached>/detach", PaymentsWrite, "{}"),
    get("intents-list-customer-payment-methods", "/customers/<customer>/payment_methods", PaymentsRead),
    create("intents-create-refund", "/refunds", PaymentsWrite, OF_INTENT),
    get("intents-list-refunds", "/refunds", PaymentsRead),
    get("intents-retrieve-refund", "/refunds/<refund>", PaymentsRead),
    post("intents-update-refund", "/refunds/<refund>", PaymentsWrite, METADATA),
    post("intents-cancel-refund", "/refunds/<pending_refund>/cancel", PaymentsWrite, "{}"),
    get("intents-list-disputes", "/disputes", PaymentsRead),
    get("intents-retrieve-dispute", "/disputes/<dispute>", PaymentsRead),
    post("intents-update-dispute", "/disputes/<dispute>", PaymentsWrite, METADATA),
    post("intents-close-dispute", "/disputes/<dispute>/close", PaymentsWrite, "{}"),
    create("intents-create-payout", "/payouts", PayoutsWrite, PAYOUT),
    get("intents-list-payouts", "/payouts", PaymentsRead),
    get("intents-retrieve-payout", "/payouts/<payout>", PaymentsRead),
    post("intents-update-payout", "/payouts/<payout>", PayoutsWrite, METADATA),
    post("intents-cancel-payout", "/payouts/<pending_payout>/cancel", PayoutsWrite, "{}"),
    create(
        "intents-create-external-account",
        "/accounts/<account>/external_accounts",
        PayoutsWrite,
        BANK_ACCOUNT,
    ),
    get("intents-list-external-accounts", "/accounts/<account>/external_accounts", KeysRead),
    get(
        "intents-retrieve-external-account",
        "/accounts/<account>/external_accounts/<bank_account>",
        KeysRead,
    ),
    post(
        "intents-update-external-account",
        "/accounts/<account>/external_accounts/<bank_account>",
        PayoutsWrite,
        METADATA,
    ),
    delete(
        "intents-delete-external-account",
        "/accounts/<account>/external_accounts/<bank_account>",
        PayoutsWrite,
    ),
    create("intents-create-account", "/accounts", PayoutsWrite, ACCOUNT),
    get("intents-list-accounts", "/accounts", KeysRead),
    post("intents-update-account", "/accounts/<connected>", PayoutsWrite, METADATA),
    post("intents-accept-account", "/accounts/<payer>/accept", PayoutsWrite, "{}"),
    get("intents-list-transfers", "/transfers", PaymentsRead),
    get("intents-retrieve-transfer", "/transfers/<transfer>", PaymentsRead),
    get("intents-retrieve-balance-settings", "/balance_settings", KeysRead),
    post("intents-update-balance-settings", "/balance_settings", PayoutsWrite, SETTINGS),
    create("intents-create-product", "/products", PaymentsWrite, NAME),
    get("intents-list-products", "/products", PaymentsRead),
    get("intents-retrieve-product", "/products/<product>", PaymentsRead),
    post("intents-update-product", "/products/<product>", PaymentsWrite, NAME),
    delete("intents-delete-product", "/products/<product>", PaymentsWrite),
    create("intents-create-price", "/prices", PaymentsWrite, PRICE),
    get("intents-list-prices", "/prices", PaymentsRead),
    get("intents-retrieve-price", "/prices/<price>", PaymentsRead),
    post("intents-update-price", "/prices/<price>", PaymentsWrite, r#"{"nickname":"Monthly"}"#),
    create("intents-create-customer", "/customers", CustomersWrite, NAME),
    get("intents-list-customers", "/customers", CustomersRead),
    get("intents-retrieve-customer", "/customers/<customer>", CustomersRead),
    post("intents-update-customer", "/customers/<customer>", CustomersWrite, PHONE),
    delete("intents-delete-customer", "/customers/<customer>", CustomersWrite),
    create("intents-create-webhook-endpoint", "/webhook_endpoints", WebhooksWrite, ENDPOINT),
    get("intents-list-webhook-endpoints", "/webhook_endpoints", WebhooksRead),
    get("intents-retrieve-webhook-endpoint", "/webhook_endpoints/<endpoint>", WebhooksRead),
    post("intents-update-webhook-endpoint", "/webhook_endpoints/<endpoint>", WebhooksWrite, NOTE),
    delete("intents-delete-webhook-endpoint", "/webhook_endpoints/<endpoint>", WebhooksWrite),
    post("intents-roll-webhook-secret", "/webhook_endpoints/<endpoint>/roll_secret", WebhooksWrite, "{}"),
    post("intents-test-webhook-endpoint", "/webhook_endpoints/<endpoint>/test", WebhooksWrite, "{}"),
    post("intents-recover-webhook-endpoint", "/webhook_endpoints/<endpoint>/recover", WebhooksWrite, SINCE),
    get("intents-list-webhook-deliveries", "/webhook_endpoints/<endpoint>/deliveries", WebhooksRead),
    get("intents-retrieve-balance", "/balance", PaymentsRead),
    get("intents-list-balance-transactions", "/balance/history", PaymentsRead),
    get("intents-retrieve-balance-transaction", "/balance/history/<transaction>", PaymentsRead),
    get("intents-list-events", "/events", WebhooksRead),
    get("intents-retrieve-event", "/events/<event>", WebhooksRead),
    post("intents-retry-event", "/events/<event>/retry", WebhooksWrite, "{}"),
    get("intents-list-api-keys", "/api_keys", KeysRead),
    create("intents-create-api-key", "/api_keys", KeysWrite, "{}"),
    post("intents-roll-api-key", "/api_keys/<key>/roll", KeysWrite, "{}"),
    delete("intents-revoke-api-key", "/api_keys/<key>", KeysWrite),
    get("intents-retrieve-account", "/account", KeysRead),
    open("intents-preflight", "OPTIONS", "/intents/v2/payment_methods", 204),
    open("intents-unknown-route", "GET", "/intents/v2/none", 404),
];
