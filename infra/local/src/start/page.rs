//! The start page's HTML. It loads nothing: its style and its script are inline, allowed by their digests.

use std::{fmt::Write as _, sync::OnceLock};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tollgate_domain::FrontDoor;
use tollgate_processors::sandbox::{TestCard, test_cards};

use super::payment::{PaymentResult, payment_body};
use crate::{
    demo::Credentials,
    inbox::{self, escape},
    ready::Ready,
};

const SCRIPT: &str = include_str!("start.js");
/// The test card that is preselected.
const TOKEN: &str = "tok_visa_4242";

fn style() -> &'static str {
    static STYLE: OnceLock<String> = OnceLock::new();
    STYLE.get_or_init(|| format!("{}{}", inbox::STYLE, include_str!("start.css")))
}

/// The content security policy: the page's own style and script, and forms to this host.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let digest = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            digest(style()),
            digest(SCRIPT)
        )
    })
}

/// A page, with headers that isolate it from other sites.
pub(super) fn respond(status: StatusCode, html: &str) -> Response {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy()),
        ("x-content-type-options", "nosniff"),
        // With `no-referrer` a browser would send `Origin: null` with the form.
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ];
    (status, headers, html.to_owned()).into_response()
}

/// The start page.
pub(super) fn start_page(ready: &Ready) -> String {
    let mut content = String::from(
        "<h1>Tollgate</h1>\n<p>The whole gateway runs on this machine: every route is a function of its own, with local \
         tables and queues. A sandbox charges the cards: no money moves.</p>\n",
    );
    content.push_str(&front_doors(ready));
    if let Some(keys) = &ready.credentials {
        content.push_str(&payment_form(ready, keys));
        content.push_str(&demo_keys(keys));
    }
    content.push_str(&cards());
    content.push_str(
        "<h2>Next</h2>\n<ul><li><a href=\"/_inbox\">Webhook inbox</a>: what the demo merchant's endpoint received</li>\
         <li><code>cargo local listen --forward-to localhost:3000/hooks</code> sends webhooks on to your program</li>\
         <li><code>cargo local trigger payment.succeeded</code> makes an event happen</li>\
         <li><code>/_local/functions</code> lists the <a href=\"/_local/functions\">function processes</a></li></ul>\n",
    );
    let script =
        ready.credentials.as_ref().map_or_else(String::new, |_| format!("<script>{SCRIPT}</script>\n"));
    html_document("Tollgate on this machine", &content, &script)
}

/// The page of a payment's result, for browsers without scripts.
pub(super) fn result_page(result: &PaymentResult) -> String {
    let body = serde_json::from_str::<Value>(&result.body).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&body).unwrap_or_default();
    let outcome = match (body["status"].as_str(), body["error"]["code"].as_str()) {
        (Some(status), _) => format!("The payment is <strong>{}</strong>.", escape(status)),
        (None, Some(code)) => format!("The payment was refused: <strong>{}</strong>.", escape(code)),
        (None, None) => "The payment was not made.".to_owned(),
    };
    let challenge = body["next_action"]["redirect_url"].as_str().map_or_else(String::new, |url| {
        format!("<p><a href=\"{}\">Answer its challenge</a>, as its payer would.</p>\n", escape(url))
    });
    let mut webhooks = inbox::articles(&result.webhooks);
    if webhooks.is_empty() {
        webhooks.push_str(
            "<p>Its webhook has not come yet. The <a href=\"/_inbox\">inbox</a> shows it when it does.</p>",
        );
    }
    let content = format!(
        "<h1>A payment</h1>\n<div id=\"result\"><p>{outcome} HTTP status {status}.</p>\n{challenge}\
         <details open><summary>Answer</summary><pre tabindex=\"0\" role=\"region\" aria-label=\"Answer\">{answer}</pre></details>\n<h2>Its webhook</h2>\n{webhooks}\n</div>\n\
         <p><a href=\"/\">Start page</a> · <a href=\"/_inbox\">Webhook inbox</a></p>\n",
        status = result.status,
        answer = escape(&pretty),
    );
    html_document("A payment", &content, "")
}

fn html_document(title: &str, content: &str, script: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{style}</style>\n</head>\n<body>\n<main>\n{content}</main>\n{script}</body>\n</html>\n",
        style = style(),
    )
}

fn front_doors(ready: &Ready) -> String {
    let mut rows = String::new();
    for name in ready.apis.keys().filter(|name| ready.served.contains(name)) {
        let url = ready.apis.get(name).and_then(Value::as_str).unwrap_or_default();
        let what = FrontDoor::parse(name).map_or("", |door| tollgate_apis::published(door).purpose());
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td><code>{}</code></td><td>{what}</td></tr>",
            escape(name),
            escape(url)
        );
    }
    format!(
        "<h2>Base URLs</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">API</th><th scope=\"col\">URL</th>\
         <th scope=\"col\">For</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn payment_form(ready: &Ready, keys: &Credentials) -> String {
    let url = ready.apis.get("charges").and_then(Value::as_str).unwrap_or_default();
    let mut options = String::new();
    for (token, card) in test_cards().filter_map(|card| Some((card.token.clone()?, card))) {
        let chosen = if token == TOKEN { " selected" } else { "" };
        let _ = writeln!(
            options,
            "<option value=\"{token}\"{chosen}>{token}: {}</option>",
            escape(&card.outcome)
        );
    }
    format!(
        "<h2>Take a payment</h2>\n<form method=\"post\" action=\"/_local/payments\">\n\
         <label>Test card <select name=\"token\">\n{options}</select></label>\n\
         <button class=\"main\">Take a payment of £12.34</button>\n</form>\n\
         <p id=\"said\" role=\"status\"></p>\n<div id=\"result\"></div>\n<p>The same from a terminal:</p>\n\
         <pre tabindex=\"0\" role=\"region\" aria-label=\"Command\"><code id=\"curl\" data-token=\"{TOKEN}\">{curl}</code></pre>\n\
         <button type=\"button\" id=\"copy\" hidden>Copy the command</button>\n",
        curl = escape(&curl(url, &keys.secret_key)),
    )
}

/// The command that takes the same payment.
fn curl(url: &str, key: &str) -> String {
    format!(
        "curl {url}/payments \\\n  -H 'Authorization: Bearer {key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'",
        payment_body(TOKEN)
    )
}

fn demo_keys(keys: &Credentials) -> String {
    let mut rows = String::new();
    for (name, key) in [
        ("Secret key", &keys.secret_key),
        ("Publishable key", &keys.publishable_key),
        ("Merchant id", &keys.api_key),
    ] {
        let _ = writeln!(rows, "<tr><th scope=\"row\">{name}</th><td><code>{}</code></td></tr>", escape(key));
    }
    format!(
        "<h2>The demo merchant's test keys</h2>\n<div class=\"scroll\"><table><tbody>\n{rows}</tbody></table></div>\n\
         <p><code>checkout</code> takes the merchant id as <code>X-Api-Key</code> and the secret key as \
         <code>X-Api-Secret</code>. <code>direct</code> gives an access token for the same two as <code>client_id</code> and \
         <code>client_secret</code>, and takes the secret key itself, too.</p>\n"
    )
}

fn cards() -> String {
    let row = |card: TestCard| {
        format!(
            "<tr><td><code>{}</code></td><td>{}</td><td><code>{}</code></td></tr>\n",
            card.number,
            escape(&card.outcome),
            card.token.unwrap_or_default()
        )
    };
    let rows: String = test_cards().map(row).collect();
    format!(
        "<h2>Test cards</h2>\n<p>Any expiry to come and any security code of the right length will do. Any other number with a \
         right check digit succeeds.</p>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Number</th>\
         <th scope=\"col\">A charge</th><th scope=\"col\">Its token in charges</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ready() -> Ready {
        Ready {
            apis: [("charges".to_owned(), json!("http://localhost:9000/charges/v1"))].into_iter().collect(),
            served: vec!["charges".to_owned()],
            page: "http://localhost:9000/".to_owned(),
            dashboard: "http://localhost:9000/_inbox".to_owned(),
            dynamodb: String::new(),
            sqs: String::new(),
            secretsmanager: String::new(),
            credentials: Some(Credentials {
                secret_key: "sk_test_1".to_owned(),
                publishable_key: "pk_test_1".to_owned(),
                client_id: "ACC".to_owned(),
                client_secret: "sk_test_1".to_owned(),
                api_key: "ACC".to_owned(),
                api_secret: "sk_test_1".to_owned(),
                partner_secret_key: String::new(),
            }),
        }
    }

    #[test]
    fn the_page_shows_urls_keys_and_every_test_card() {
        let html = start_page(&ready());
        for text in [
            "http://localhost:9000/charges/v1",
            "sk_test_1",
            "pk_test_1",
            "curl http://localhost:9000/charges/v1/payments",
        ] {
            assert!(html.contains(text), "{text}");
        }
        for card in test_cards() {
            assert!(html.contains(card.number), "{}", card.number);
        }
        assert_eq!(html.matches("id=\"result\"").count(), 1);
    }

    #[test]
    fn without_a_demo_merchant_there_is_neither_key_nor_button() {
        let bare = Ready { credentials: None, ..ready() };
        let html = start_page(&bare);
        assert!(!html.contains("<button") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn a_result_shows_what_came_without_harm() {
        let html = result_page(&PaymentResult {
            status: 402,
            body: json!({"error": {"code": "<script>x</script>"}}).to_string(),
            webhooks: Vec::new(),
        });
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("has not come yet"));
        let challenged =
            json!({"status": "requires_action", "next_action": {"redirect_url": "http://localhost/x?a=1&b"}});
        let html =
            result_page(&PaymentResult { status: 201, body: challenged.to_string(), webhooks: Vec::new() });
        assert!(html.contains("href=\"http://localhost/x?a=1&amp;b\""), "{html}");
    }
}
