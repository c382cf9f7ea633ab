//! The table: every route, what a caller needs for it, and a request that a caller who has that is answered well.
//!
//! `<name>` in a path or a body stands for something that is made for the row (see `world.rs`).

use reqwest::Method;
use tollgate_domain::Permission::{
    self, CustomersRead, CustomersWrite, KeysRead, KeysWrite, PaymentsRead, PaymentsWrite, WebhooksRead,
    WebhooksWrite,
};

/// A route.
pub(crate) struct Row {
    pub function: &'static str,
    pub method: Method,
    pub path: &'static str,
    /// The scope that a secret key needs; a route without one is open to every secret key.
    pub needs: Option<Permission>,
    /// Whether payers' pages may call it with a publishable key.
    pub pages: bool,
    pub body: &'static str,
    /// The status of the answer to a caller who may.
    pub status: u16,
    /// Whether a retry with the same idempotency key is answered with the first answer.
    pub replays: bool,
}

impl Row {
    pub(crate) fn api(&self) -> &'static str {
        self.function.split('-').next().unwrap()
    }

    /// Whether it names something that the merchant owns.
    pub(crate) fn names_something(&self) -> bool {
        // An order's number is the caller's own.
        self.path.contains('<') || self.body.replace("<order>", "").contains('<')
    }

    fn for_pages(self) -> Self {
        Self { pages: true, ..self }
    }

    fn without_replay(self) -> Self {
        Self { replays: false, ..self }
    }
}

fn get(function: &'static str, path: &'static str, needs: Permission) -> Row {
    Row {
        function,
        method: Method::GET,
        path,
        needs: Some(needs),
        pages: false,
        body: "",
        status: 200,
        replays: false,
    }
}

fn delete(function: &'static str, path: &'static str, needs: Permission, status: u16) -> Row {
    Row { method: Method::DELETE, status, ..get(function, path, needs) }
}

fn post(
    function: &'static str,
    path: &'static str,
    needs: Permission,
    status: u16,
    body: &'static str,
) -> Row {
    Row { method: Method::POST, body, status, replays: true, ..get(function, path, needs) }
}

/// Routes that answer everybody alike, whoever asks, each with a path of it and the status of its answer.
pub(crate) const OPEN: &[(&str, &str, &str, u16)] = &[
    ("charges-unknown-route", "GET", "/charges/v1/none", 404),
    ("direct-unknown-route", "GET", "/direct/v1/none", 404),
    ("simple-unknown-route", "GET", "/simple/v1/none", 404),
    ("checkout-unknown-route", "GET", "/checkout/api/v1/none", 404),
    ("intents-unknown-route", "GET", "/intents/v2/none", 404),
    ("intents-preflight", "OPTIONS", "/intents/v2/payment_methods", 204),
    ("pages-unknown-route", "GET", "/pages/none", 404),
];

/// Pages for people, whose links are their credentials.
pub(crate) const PAGES: &[&str] = &[
    "pages-show-checkout",
    "pages-answer-checkout",
    "pages-show-challenge",
    "pages-answer-challenge",
    "pages-show-result",
];

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = charges();
    rows.extend(direct());
    rows.extend(simple());
    rows.extend(checkout());
    rows.extend(intents());
    rows.extend(tools());
    rows
}

fn charges() -> Vec<Row> {
    const PAYMENT: &str =
        r#"{"amount":1000,"currency":"GBP","source":{"type":"card","token":"tok_visa_4242"}}"#;
    let confirm = r#"{"return_url":"https://shop.example/"}"#;
    let health = Row { needs: None, ..get("charges-health", "/health", PaymentsRead) };
    let update = Row {
        method: Method::PATCH,
        ..post(
            "charges-update-customer",
            "/customers/<customer>",
            CustomersWrite,
            200,
            r#"{"phone":"+4420"}"#,
        )
    };
    vec![
        health,
        post("charges-create-payment", "/payments", PaymentsWrite, 201, PAYMENT),
        get("charges-list-payments", "/payments", PaymentsRead),
        get("charges-retrieve-payment", "/payments/<payment>", PaymentsRead),
        post("charges-confirm-payment", "/payments/<waiting>/confirm", PaymentsWrite, 200, confirm),
        post("charges-create-refund", "/refunds", PaymentsWrite, 201, r#"{"payment_id":"<payment>"}"#),
        get("charges-list-refunds", "/refunds?payment_id=<payment>", PaymentsRead),
        get("charges-retrieve-refund", "/refunds/<refund>", PaymentsRead),
        post("charges-create-customer", "/customers", CustomersWrite, 201, r#"{"name":"A"}"#),
        get("charges-list-customers", "/customers", CustomersRead),
        get("charges-retrieve-customer", "/customers/<customer>", CustomersRead),
        update,
        delete("charges-delete-customer", "/customers/<customer>", CustomersWrite, 204),
    ]
}

fn direct() -> Vec<Row> {
    let payment = r#"{"amount":1000,"currency":"USD","payment_method":"card","card":{"number":"4242424242424242","exp_month":12,"exp_year":2030,"cvc":"123"}}"#;
    let token = Row {
        needs: None,
        replays: false,
        ..post("direct-issue-token", "/auth/token", PaymentsRead, 200, "{}")
    };
    vec![
        token,
        post("direct-create-payment", "/payments", PaymentsWrite, 200, payment),
        get("direct-retrieve-payment", "/payments/<payment>", PaymentsRead),
        post("direct-refund-payment", "/payments/<payment>/refund", PaymentsWrite, 200, r#"{"amount":10}"#),
        get("direct-list-transactions", "/transactions", PaymentsRead),
    ]
}

fn simple() -> Vec<Row> {
    let payment = r#"{"amount":10.00,"currency":"USD","source":"tok_visa"}"#;
    vec![
        post("simple-create-payment", "/payments", PaymentsWrite, 201, payment),
        get("simple-retrieve-payment", "/payments/<simple_payment>", PaymentsRead),
        post(
            "simple-create-refund",
            "/refunds",
            PaymentsWrite,
            201,
            r#"{"payment_id":"<simple_payment>","amount":1}"#,
        ),
    ]
}

fn checkout() -> Vec<Row> {
    let order = r#"{"order_id":"<order>","amount":100.50,"currency":"USD","payment_provider":"mpgs","card_number":"4111111111111111","exp_month":"12","exp_year":"25","cvv":"123","return_url":"https://shop.example/ok","cancel_url":"https://shop.example/no"}"#;
    vec![
        post("checkout-initialize-payment", "/payments/initialize", PaymentsWrite, 200, order),
        get("checkout-payment-status", "/payments/<reference>/status", PaymentsRead),
        post(
            "checkout-refund-payment",
            "/payments/<reference>/refund",
            PaymentsWrite,
            200,
            r#"{"amount":10}"#,
        ),
    ]
}

fn intents() -> Vec<Row> {
    let new = r#"{"amount":2000,"currency":"eur","payment_method":"pm_card_visa","confirm":true}"#;
    let method = r#"{"type":"card","card":{"number":"4242424242424242","exp_month":12,"exp_year":2030}}"#;
    let write = |function, path, status, body| post(function, path, PaymentsWrite, status, body);
    let read = |function, path| get(function, path, PaymentsRead);
    vec![
        write("intents-create-payment-intent", "/payment_intents", 201, new),
        read("intents-list-payment-intents", "/payment_intents"),
        read("intents-retrieve-payment-intent", "/payment_intents/<intent>").for_pages(),
        write("intents-update-payment-intent", "/payment_intents/<intent>", 200, r#"{"description":"D"}"#),
        write(
            "intents-confirm-payment-intent",
            "/payment_intents/<intent>/confirm",
            200,
            r#"{"payment_method":"pm_card_visa"}"#,
        )
        .for_pages(),
        write("intents-capture-payment-intent", "/payment_intents/<capturable>/capture", 200, "{}"),
        write("intents-cancel-payment-intent", "/payment_intents/<intent>/cancel", 200, "{}"),
        write("intents-create-payment-method", "/payment_methods", 201, method).for_pages(),
        read("intents-list-payment-methods", "/payment_methods?customer=<customer>"),
        read("intents-retrieve-payment-method", "/payment_methods/<method>"),
        write(
            "intents-update-payment-method",
            "/payment_methods/<attached>",
            200,
            r#"{"metadata":{"a":"1"}}"#,
        ),
        write(
            "intents-attach-payment-method",
            "/payment_methods/<method>/attach",
            200,
            r#"{"customer":"<customer>"}"#,
        ),
        write("intents-detach-payment-method", "/payment_methods/<attached>/detach", 200, "{}"),
        read("intents-list-customer-payment-methods", "/customers/<customer>/payment_methods"),
        write("intents-create-refund", "/refunds", 201, r#"{"payment_intent":"<succeeded>"}"#),
        read("intents-list-refunds", "/refunds"),
        read("intents-retrieve-refund", "/refunds/<refund>"),
        write("intents-update-refund", "/refunds/<refund>", 200, r#"{"metadata":{"a":"1"}}"#),
        write("intents-cancel-refund", "/refunds/<pending_refund>/cancel", 200, "{}"),
    ]
}

fn tools() -> Vec<Row> {
    let hooks = |function, path, status, body| post(function, path, WebhooksWrite, status, body);
    let read = |function, path| get(function, path, WebhooksRead);
    vec![
        post("intents-create-customer", "/customers", CustomersWrite, 201, r#"{"name":"A"}"#),
        get("intents-list-customers", "/customers", CustomersRead),
        get("intents-retrieve-customer", "/customers/<customer>", CustomersRead),
        post("intents-update-customer", "/customers/<customer>", CustomersWrite, 200, r#"{"phone":"+4420"}"#),
        delete("intents-delete-customer", "/customers/<customer>", CustomersWrite, 200),
        hooks(
            "intents-create-webhook-endpoint",
            "/webhook_endpoints",
            201,
            r#"{"url":"https://example.com/hook","enabled_events":["refund.created"]}"#,
        ),
        read("intents-list-webhook-endpoints", "/webhook_endpoints"),
        read("intents-retrieve-webhook-endpoint", "/webhook_endpoints/<endpoint>"),
        hooks(
            "intents-update-webhook-endpoint",
            "/webhook_endpoints/<endpoint>",
            200,
            r#"{"description":"D"}"#,
        ),
        delete("intents-delete-webhook-endpoint", "/webhook_endpoints/<endpoint>", WebhooksWrite, 200),
        hooks("intents-roll-webhook-secret", "/webhook_endpoints/<endpoint>/roll_secret", 200, "{}"),
        hooks("intents-test-webhook-endpoint", "/webhook_endpoints/<endpoint>/test", 200, "{}"),
        hooks(
            "intents-recover-webhook-endpoint",
            "/webhook_endpoints/<endpoint>/recover",
            200,
            r#"{"since":0}"#,
        ),
        read("intents-list-webhook-deliveries", "/webhook_endpoints/<endpoint>/deliveries"),
        read("intents-list-events", "/events"),
        read("intents-retrieve-event", "/events/<event>"),
        hooks("intents-retry-event", "/events/<event>/retry", 200, "{}"),
        get("intents-list-api-keys", "/api_keys", KeysRead),
        post("intents-create-api-key", "/api_keys", KeysWrite, 201, "{}"),
        post("intents-roll-api-key", "/api_keys/<key>/roll", KeysWrite, 200, "{}"),
        delete("intents-revoke-api-key", "/api_keys/<key>", KeysWrite, 200).without_replay(),
        get("intents-retrieve-account", "/account", KeysRead),
    ]
}
