//! The requests that cause each kind of event, to the `intents` API and with test cards.

use serde_json::{Value, json};
use tollgate_domain::{EventKind, FrontDoor};

use super::client::{Caller, Method};

/// A debit that is decided a second later, and succeeds.
const IBAN: &str = "DE89370400440532013000";
/// The URL of a temporary endpoint: the discard port, where nothing listens.
const UNREACHABLE_URL: &str = "http://127.0.0.1:9/made-by-cargo-local-trigger";

/// A request. `{name}` in its path or body stands for the id in the answer to the earlier request of that name.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Used by `--set` and by later requests.
    pub(super) name: &'static str,
    pub(super) caller: Caller,
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// `None` if the request takes no parameters.
    pub(super) body: Option<Value>,
    /// Whether the card should be declined.
    pub(super) declined: bool,
}

/// The names of all events of every API, without duplicates.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = FrontDoor::ALL.iter().copied().flat_map(tollgate_apis::event_types).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The first kind of event that has this name in an API.
pub(super) fn kind_of(name: &str) -> Option<EventKind> {
    let is_called_so = |kind: &EventKind| {
        FrontDoor::ALL.iter().any(|api| tollgate_apis::event_type(*kind, *api) == Some(name))
    };
    EventKind::ALL.iter().copied().find(is_called_so)
}

/// The requests that cause an event of the kind. A new kind does not compile until it has a recipe.
#[allow(clippy::too_many_lines)] // A table: one row for each kind.
pub(super) fn recipe(kind: EventKind) -> Vec<Step> {
    match kind {
        EventKind::PaymentCreated => vec![intent(json!({}))],
        EventKind::PaymentSucceeded | EventKind::ChargeSucceeded => vec![charge("pm_card_visa")],
        EventKind::PaymentFailed | EventKind::ChargeFailed => {
            vec![Step { declined: true, ..charge("pm_card_chargeDeclined") }]
        }
        EventKind::PaymentRequiresAction => vec![charge("pm_card_threeDSecure2Required")],
        EventKind::PaymentProcessing => vec![intent(json!({
            "currency": "eur",
            "confirm": true,
            "payment_method_types": ["sepa_debit"],
            "payment_method_data": {
                "type": "sepa_debit",
                "sepa_debit": {"iban": IBAN},
                "billing_details": {"name": "Ida Example", "email": "ida@example.com"},
            },
        }))],
        EventKind::PaymentCapturable => vec![reserve()],
        EventKind::ChargeCaptured => {
            vec![reserve(), post("capture", "/payment_intents/{payment_intent}/capture", json!({}))]
        }
        EventKind::PaymentCanceled => {
            vec![intent(json!({})), post("cancel", "/payment_intents/{payment_intent}/cancel", json!({}))]
        }
        EventKind::ChargeRefunded | EventKind::RefundCreated | EventKind::RefundSucceeded => {
            vec![charge("pm_card_visa"), refund()]
        }
        EventKind::RefundFailed => vec![charge("pm_card_refundFail"), refund()],
        EventKind::ChargeUpdated => vec![
            charge("pm_card_visa"),
            post("update", "/payment_intents/{payment_intent}", json!({"metadata": {"updated": "yes"}})),
        ],
        EventKind::RefundUpdated | EventKind::ChargeRefundUpdated => vec![
            charge("pm_card_visa"),
            refund(),
            post("update", "/refunds/{refund}", json!({"metadata": {"updated": "yes"}})),
        ],
        EventKind::CustomerCreated => vec![customer()],
        EventKind::CustomerUpdated => {
            vec![customer(), post("update", "/customers/{customer}", json!({"name": "Ida Changed"}))]
        }
        EventKind::CustomerDeleted => vec![customer(), delete("/customers/{customer}")],
        EventKind::PaymentMethodAttached => vec![customer(), attach()],
        EventKind::PaymentMethodDetached => {
            vec![customer(), attach(), post("detach", "/payment_methods/{payment_method}/detach", json!({}))]
        }
        EventKind::PaymentMethodUpdated => vec![
            customer(),
            attach(),
            post("update", "/payment_methods/{payment_method}", json!({"metadata": {"updated": "yes"}})),
        ],
        EventKind::BalanceAvailable => vec![charge("pm_card_bypassPending")],
        EventKind::DisputeCreated | EventKind::DisputeFundsWithdrawn => {
            vec![charge("pm_card_createDispute"), dispute()]
        }
        EventKind::DisputeUpdated => {
            vec![charge("pm_card_createDispute"), dispute(), answer(json!({"metadata": {"updated": "yes"}}))]
        }
        EventKind::DisputeClosed => {
            vec![
                charge("pm_card_createDispute"),
                dispute(),
                post("close", "/disputes/{dispute}/close", json!({})),
            ]
        }
        EventKind::DisputeFundsReinstated => vec![
            charge("pm_card_createDispute"),
            dispute(),
            answer(json!({"evidence": {"uncategorized_text": "winning_evidence"}})),
        ],
        EventKind::PayoutCreated | EventKind::PayoutUpdated | EventKind::PayoutPaid => {
            vec![available(), payout(json!({}))]
        }
        EventKind::PayoutCanceled => {
            vec![available(), payout(json!({})), post("cancel", "/payouts/{payout}/cancel", json!({}))]
        }
        // A payout to an account that is gone fails, too. The number of accounts is limited.
        EventKind::PayoutFailed => vec![
            available(),
            account(),
            external_account(),
            payout(json!({"destination": "{external_account}"})),
            delete_external_account(),
        ],
        EventKind::BankAccountCreated | EventKind::BankAccountDeleted => {
            vec![account(), external_account(), delete_external_account()]
        }
        EventKind::BankAccountUpdated => vec![
            account(),
            external_account(),
            post(
                "update",
                "/accounts/{account}/external_accounts/{external_account}",
                json!({"account_holder_name": "Ida Changed"}),
            ),
            delete_external_account(),
        ],
        // The partner pays to the demo merchant, which has accepted.
        EventKind::TransferCreated => vec![
            account(),
            by_partner(get("partner", "/account")),
            by_partner(post("connect", "/accounts", json!({"account": "{account}"}))),
            post("accept", "/accounts/{partner}/accept", json!({})),
            by_partner(available()),
            by_partner(payout(json!({"destination": "{account}"}))),
        ],
        EventKind::ConnectedAccountUpdated => vec![
            by_partner(get("partner", "/account")),
            post("connect", "/accounts", json!({"account": "{partner}"})),
            post("before", "/accounts/{partner}", json!({"metadata": {"updated": "no"}})),
            post("update", "/accounts/{partner}", json!({"metadata": {"updated": "yes"}})),
        ],
        EventKind::ProductCreated => vec![product()],
        EventKind::ProductUpdated => {
            vec![product(), post("update", "/products/{product}", json!({"description": "A serif"}))]
        }
        EventKind::ProductDeleted => vec![product(), delete("/products/{product}")],
        EventKind::PriceCreated => vec![product(), price()],
        EventKind::PriceUpdated => {
            vec![product(), price(), post("update", "/prices/{price}", json!({"nickname": "Monthly"}))]
        }
        EventKind::BalanceSettingsUpdated => vec![
            post("before", "/balance_settings", schedule("daily")),
            post("update", "/balance_settings", schedule("manual")),
        ],
        // The number of endpoints is limited, so each is deleted again.
        EventKind::EndpointCreated | EventKind::EndpointDeleted => vec![endpoint(), delete_endpoint()],
        EventKind::EndpointUpdated => {
            vec![endpoint(), change_endpoint(json!({"description": "Changed"})), delete_endpoint()]
        }
        EventKind::EndpointDisabled => {
            vec![endpoint(), change_endpoint(json!({"disabled": true})), delete_endpoint()]
        }
    }
}

fn post(name: &'static str, path: &'static str, body: Value) -> Step {
    Step { name, caller: Caller::Demo, method: Method::Post, path, body: Some(body), declined: false }
}

fn get(name: &'static str, path: &'static str) -> Step {
    Step { name, caller: Caller::Demo, method: Method::Get, path, body: None, declined: false }
}

fn by_partner(step: Step) -> Step {
    Step { caller: Caller::Partner, ..step }
}

fn delete(path: &'static str) -> Step {
    Step { name: "delete", caller: Caller::Demo, method: Method::Delete, path, body: None, declined: false }
}

fn intent(more: Value) -> Step {
    let mut body = json!({"amount": 1234, "currency": "gbp"});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    post("payment_intent", "/payment_intents", body)
}

fn charge(method: &str) -> Step {
    intent(json!({"payment_method": method, "confirm": true}))
}

fn reserve() -> Step {
    intent(json!({"payment_method": "pm_card_visa", "confirm": true, "capture_method": "manual"}))
}

fn refund() -> Step {
    post("refund", "/refunds", json!({"payment_intent": "{payment_intent}"}))
}

/// The dispute of the payment, which is opened a moment after it.
fn dispute() -> Step {
    get("dispute", "/disputes?payment_intent={payment_intent}")
}

fn answer(body: Value) -> Step {
    post("answer", "/disputes/{dispute}", body)
}

/// A charge in US dollars whose money is available at once.
fn available() -> Step {
    intent(json!({"currency": "usd", "payment_method": "pm_card_bypassPending", "confirm": true}))
}

fn payout(more: Value) -> Step {
    let mut body = json!({"amount": 1000, "currency": "usd"});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    post("payout", "/payouts", body)
}

fn product() -> Step {
    post("product", "/products", json!({"name": "Font"}))
}

/// A price of the product, each month.
fn price() -> Step {
    let body = json!({"currency": "eur", "unit_amount": 700, "product": "{product}",
        "recurring": {"interval": "month"}});
    post("price", "/prices", body)
}

/// Settings with this schedule.
fn schedule(interval: &str) -> Value {
    json!({"payments": {"payouts": {"schedule": {"interval": interval}}}})
}

/// The merchant's own account, which the paths of its bank accounts name.
fn account() -> Step {
    get("account", "/account")
}

/// A bank account to which payouts fail.
fn external_account() -> Step {
    let body = json!({"external_account": "btok_us_verified_noAccount"});
    post("external_account", "/accounts/{account}/external_accounts", body)
}

fn delete_external_account() -> Step {
    delete("/accounts/{account}/external_accounts/{external_account}")
}

fn customer() -> Step {
    let body = json!({"name": "Ida Example", "email": "ida@example.com"});
    post("customer", "/customers", body)
}

fn attach() -> Step {
    post("payment_method", "/payment_methods/pm_card_visa/attach", json!({"customer": "{customer}"}))
}

/// An endpoint for an event that this command does not cause.
fn endpoint() -> Step {
    let body =
        json!({"url": UNREACHABLE_URL, "api": "intents", "enabled_events": ["payment_intent.processing"]});
    post("webhook_endpoint", "/webhook_endpoints", body)
}

fn change_endpoint(change: Value) -> Step {
    post("update", "/webhook_endpoints/{webhook_endpoint}", change)
}

fn delete_endpoint() -> Step {
    delete("/webhook_endpoints/{webhook_endpoint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_every_api_has_a_recipe() {
        for api in FrontDoor::ALL {
            for name in tollgate_apis::event_types(*api) {
                let kind = kind_of(name).unwrap_or_else(|| panic!("{name} of {api:?} is of no kind"));
                assert!(!recipe(kind).is_empty(), "{name}");
                assert!(names().contains(&name), "{name}");
            }
        }
    }

    #[test]
    fn every_request_refers_to_ones_before_it_and_has_a_name_of_its_own() {
        for kind in EventKind::ALL {
            let mut known = Vec::new();
            for step in recipe(*kind) {
                let text = format!("{}{}", step.path, step.body.unwrap_or_default());
                for reference in text.split('{').filter_map(|part| part.split_once('}')) {
                    let name = reference.0;
                    let is_reference =
                        name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && !name.is_empty();
                    assert!(!is_reference || known.contains(&name.to_owned()), "{kind:?}: {name}");
                }
                assert!(!known.contains(&step.name.to_owned()), "{kind:?}: {}", step.name);
                known.push(step.name.to_owned());
            }
        }
    }
}
