//! The answers of `intents`.

mod accept_account;
mod attach_payment_method;
mod cancel_payment_intent;
mod cancel_payout;
mod cancel_refund;
mod capture_charge;
mod capture_payment_intent;
mod close_dispute;
mod confirm_payment_intent;
mod create_account;
mod create_api_key;
mod create_customer;
mod create_external_account;
mod create_payment_intent;
mod create_payment_method;
mod create_payout;
mod create_price;
mod create_product;
mod create_refund;
mod create_webhook_endpoint;
mod delete_customer;
mod delete_external_account;
mod delete_product;
mod delete_webhook_endpoint;
mod detach_payment_method;
mod events;
mod list_accounts;
mod list_api_keys;
mod list_balance_transactions;
mod list_charges;
mod list_customer_payment_methods;
mod list_customers;
mod list_disputes;
mod list_events;
mod list_external_accounts;
mod list_payment_intents;
mod list_payment_methods;
mod list_payouts;
mod list_prices;
mod list_products;
mod list_refunds;
mod list_transfers;
mod list_webhook_deliveries;
mod list_webhook_endpoints;
mod preflight;
mod recover_webhook_endpoint;
mod retrieve_account;
mod retrieve_balance;
mod retrieve_balance_settings;
mod retrieve_balance_transaction;
mod retrieve_charge;
mod retrieve_customer;
mod retrieve_dispute;
mod retrieve_event;
mod retrieve_external_account;
mod retrieve_payment_intent;
mod retrieve_payment_method;
mod retrieve_payout;
mod retrieve_price;
mod retrieve_product;
mod retrieve_refund;
mod retrieve_transfer;
mod retrieve_webhook_endpoint;
mod retry_event;
mod revoke_api_key;
mod roll_api_key;
mod roll_webhook_secret;
mod test_webhook_endpoint;
mod unknown_route;
mod update_account;
mod update_balance_settings;
mod update_charge;
mod update_customer;
mod update_dispute;
mod update_external_account;
mod update_payment_intent;
mod update_payment_method;
mod update_payout;
mod update_price;
mod update_product;
mod update_refund;
mod update_webhook_endpoint;
mod version_1;

use super::*;

/// A customer with every field.
fn ada() -> Value {
    json!({
        "email": "ada@example.com", "name": "Ada Lovelace", "phone": "+44 7700 900123",
        "metadata": {"user_id": "12345", "10": "ten"},
    })
}

/// A payment method of a card.
fn card(number: &str) -> Value {
    json!({"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}})
}

/// A payment method of an account in the euro area.
fn sepa(iban: &str) -> Value {
    json!({
        "type": "sepa_debit", "sepa_debit": {"iban": iban},
        "billing_details": {"name": "Ada Lovelace", "email": "ada@example.com"},
    })
}

/// An intent that is not confirmed.
fn intent() -> Value {
    json!({"amount": 4900, "currency": "eur"})
}

/// An intent that is confirmed with a payment method.
fn confirmed(method: &str) -> Value {
    json!({"amount": 4900, "currency": "eur", "payment_method": method, "confirm": true})
}

/// An intent that is authorised and captured later.
fn capturable() -> Value {
    json!({
        "amount": 4900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": true,
        "capture_method": "manual",
    })
}

/// The charge of a new intent.
async fn charged(cloud: &Cloud, body: &Value) -> String {
    let made = cloud.intents().post("/payment_intents", body).await.expect(201);
    made["latest_charge"].as_str().unwrap().to_owned()
}

/// The dispute of a new payment with this method.
async fn disputed(cloud: &Cloud, method: &str) -> String {
    let intents = cloud.intents();
    let intent = intents.post("/payment_intents", &confirmed(method)).await.expect(201);
    let dispute = crate::callers::world::dispute_of(&intents, &intent).await;
    dispute["id"].as_str().unwrap().to_owned()
}

/// Makes something; gives its id.
async fn made(cloud: &Cloud, path: &str, body: &Value) -> String {
    id(&cloud.intents().post(path, body).await)
}

/// A payment method attached to a customer; gives both ids.
async fn attached(cloud: &Cloud, body: &Value) -> (String, String) {
    let (method, customer) =
        (made(cloud, "/payment_methods", body).await, made(cloud, "/customers", &ada()).await);
    let attach = format!("/payment_methods/{method}/attach");
    cloud.intents().post(&attach, &json!({"customer": customer})).await.expect(200);
    (method, customer)
}

/// An endpoint for the cancellation of intents; gives its path.
async fn endpoint(cloud: &Cloud, url: &str) -> String {
    let body = json!({"url": url, "enabled_events": ["payment_intent.canceled"]});
    format!("/webhook_endpoints/{}", made(cloud, "/webhook_endpoints", &body).await)
}

/// A bank account in the United States.
fn us_account(number: &str) -> Value {
    json!({"external_account": {
        "object": "bank_account", "country": "US", "currency": "usd", "account_number": number,
        "routing_number": "110000000", "account_holder_name": "Ada Lovelace", "account_holder_type": "individual",
    }})
}

/// A payout of ten dollars, of money that is there; gives its path.
async fn payout(cloud: &Cloud) -> String {
    crate::intents::payouts::fund(&cloud.intents(), 5000, "usd").await;
    let path = format!("/payouts/{}", made(cloud, "/payouts", &ten_dollars()).await);
    crate::callers::world::keep_pending(cloud, path.rsplit('/').next().unwrap()).await;
    path
}

fn ten_dollars() -> Value {
    json!({"amount": 1000, "currency": "usd"})
}

/// Cancels a new intent.
async fn cancel_one(cloud: &Cloud) -> String {
    let intent = made(cloud, "/payment_intents", &intent()).await;
    cloud.intents().post(&format!("/payment_intents/{intent}/cancel"), &json!({})).await.expect(200);
    intent
}

/// The id of a client's own account.
async fn account_of(client: &tollgate_tests::Client) -> String {
    let account = client.get("/account").await.expect(200);
    account["id"].as_str().unwrap().to_owned()
}

/// The id of a transfer of the partner's money to the demo merchant.
async fn transferred(cloud: &Cloud, minor: i64) -> String {
    let transfer = crate::intents::connected_accounts::transfer(cloud, minor).await;
    transfer["id"].as_str().unwrap().to_owned()
}
