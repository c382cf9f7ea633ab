//! Reads what a later release wrote with the sources of this one, which it is built with.
//!
//! `reader DYNAMODB` takes `{"tables": {"tollgate": [item, …], …}, "messages": [text, …]}` on its standard input and prints a
//! line for each item and message that it does not read: its kind, a tab, its key, a tab, the reason.
//!
//! It is built with the sources of the release before, so its names are that release's: a rename leaves this file alone.

use std::io::Read as _;

use serde_json::Value;
use tollgate_domain::{
    Adjustment, BalanceSettings, BalanceTransaction, BankAccount, ConnectedAccount, Customer, Delivery, Dispute, Event, Payout, IdempotencyRecord, Payment, PaymentMethod, ProcessorKind, Refund, Tenant,
    Timestamp, Transfer, WebhookEndpoint, backlog::Backlog, billing::{Price, Product}, bank_account::BankAccountRegister, ledger::LedgerCheck, processor_health::ProcessorHealth,
};
use tollgate_gateway::Message;
use tollgate_store::{AwsEnvironment, Entity, KeyHash, Reader, Tables, Writer, subject_of};

type Outcome = Result<(), String>;

async fn of<E: Entity>(store: &Reader, pk: &str) -> Outcome {
    let read = store.get_by_key::<E>(pk).await.map_err(|e| e.to_string())?;
    read.map(|_| ()).ok_or_else(|| "it is not there".to_owned())
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name]["S"].as_str().unwrap_or_default()
}

async fn read(store: &Reader, item: &Value) -> Outcome {
    let pk = text(item, "pk");
    let tenant = Tenant::from_key(pk);
    let image: serde_dynamo::Item = serde_json::from_value(item.clone()).map_err(|e| e.to_string())?;
    subject_of(image).map_err(|e| e.to_string())?;
    match text(item, "t") {
        "PAY" => of::<Payment>(store, pk).await,
        "REF" => of::<Refund>(store, pk).await,
        "DSP" => of::<Dispute>(store, pk).await,
        "PYO" => of::<Payout>(store, pk).await,
        "BNK" => of::<BankAccount>(store, pk).await,
        "BNKS" => of::<BankAccountRegister>(store, pk).await,
        "TRF" => of::<Transfer>(store, pk).await,
        "ADJ" => of::<Adjustment>(store, pk).await,
        "CNA" => of::<ConnectedAccount>(store, pk).await,
        "BST" => of::<BalanceSettings>(store, pk).await,
        "PRD" => of::<Product>(store, pk).await,
        "PRI" => of::<Price>(store, pk).await,
        "LCK" => of::<LedgerCheck>(store, pk).await,
        "CUS" => of::<Customer>(store, pk).await,
        "PM" => of::<PaymentMethod>(store, pk).await,
        "EP" => of::<WebhookEndpoint>(store, pk).await,
        "EVT" => of::<Event>(store, pk).await,
        "DLV" => of::<Delivery>(store, pk).await,
        "RUN" => of::<IdempotencyRecord>(store, pk).await,
        "HLD" => of::<Backlog>(store, pk).await,
        "PRH" => of::<ProcessorHealth>(store, pk).await,
        "BTX" => of::<BalanceTransaction>(store, pk).await,
        "BAL" => {
            let balances = store.balances(tenant.ok_or("no tenant")?).await.map_err(|e| e.to_string())?;
            if balances.is_empty() { Err("it is not there".to_owned()) } else { Ok(()) }
        }
        "ATT" => {
            let (_, delivery) = pk.split_once("DLV#").ok_or("no delivery")?;
            let (event, endpoint) = delivery.split_once('#').ok_or("no endpoint")?;
            let event = event.parse().map_err(|_| "no event")?;
            let endpoint = endpoint.parse().map_err(|_| "no endpoint")?;
            let tenant = tenant.ok_or("no tenant")?;
            let attempts = store.list_attempts(tenant, event, endpoint).await.map_err(|e| e.to_string())?;
            if attempts.is_empty() { Err("it is not there".to_owned()) } else { Ok(()) }
        }
        "PRC" => {
            let processor = ProcessorKind::parse(text(item, "provider")).ok_or("no processor")?;
            let account = store.get_processor_account(tenant.ok_or("no tenant")?, processor).await;
            account.map(|_| ()).map_err(|e| e.to_string())
        }
        "MERCHANT" => {
            let id = text(item, "id").parse().map_err(|_| "no merchant")?;
            store.get_merchant(id).await.map(|_| ()).map_err(|e| e.to_string())
        }
        "" if pk.starts_with("KEY#") => {
            let mut digest = [0; 32];
            for (at, byte) in digest.iter_mut().enumerate() {
                let digits = pk.get(4 + 2 * at..6 + 2 * at).ok_or("no digest")?;
                *byte = u8::from_str_radix(digits, 16).map_err(|e| e.to_string())?;
            }
            let key = store.find_key(&KeyHash::from_digest(digest), Timestamp::from_s(0)).await;
            key.map(|_| ()).map_err(|e| e.to_string())
        }
        // What it has no name for it does not read, and does not have to.
        _ => Ok(()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("DYNAMODB")?;
    let mut given = String::new();
    std::io::stdin().read_to_string(&mut given)?;
    let given: Value = serde_json::from_str(&given)?;
    let tables = Writer::open(&AwsEnvironment::emulated(&url, &url), Tables::of_stack("tollgate"));
    for items in given["tables"].as_object().ok_or("tables")?.values() {
        for item in items.as_array().ok_or("items")? {
            if let Err(reason) = read(&tables, item).await {
                println!("{}\t{}\t{}", text(item, "t"), text(item, "pk"), reason.replace('\n', " "));
            }
        }
    }
    for message in given["messages"].as_array().ok_or("messages")? {
        let message = message.as_str().ok_or("message")?;
        if let Err(error) = Message::parse(message) {
            println!("message\t{message}\t{error}");
        }
    }
    Ok(())
}
