//! Filling a local cloud's tables by the hundred thousand: the store makes the items as it always does, but what it writes goes
//! to a DynamoDB that only takes it down, and then into the emulator's file in one go.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, body::Bytes, extract::State, http::HeaderMap};
use dynoxide::{Database, ImportOptions, types::Item};
use serde_json::{Value, json};
use tollgate_gateway::{AwsEnvironment, Writer};
use tollgate_store::Tables;

/// Items that are put into the file in one transaction.
const IMPORT_ITEMS_MAX: usize = 20_000;

type Taken = Arc<Mutex<BTreeMap<String, Vec<Item>>>>;

/// A store whose writes are taken down.
pub struct Filling {
    /// The store: it makes new things, and nothing else.
    pub store: Writer,
    taken: Taken,
}

impl Filling {
    /// Opens the store.
    pub async fn start() -> Self {
        let taken = Taken::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(take_down).with_state(taken.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let environment = AwsEnvironment::emulated(&url, "http://127.0.0.1:9");
        Self { store: Writer::open(&environment, Tables::of_stack("tollgate")), taken }
    }

    /// Puts what was written so far into the tables of a local cloud that does not run; tells how many items. Nothing is
    /// published of it.
    pub fn put_into(&self, data: &Path) -> usize {
        let database = Database::new(&data.join("dynamodb.db").to_string_lossy()).unwrap();
        database.enable_bulk_loading().unwrap();
        let mut imported = 0;
        for (table, mut items) in std::mem::take(&mut *self.taken.lock().unwrap()) {
            while !items.is_empty() {
                let rest = items.split_off(items.len().min(IMPORT_ITEMS_MAX));
                imported +=
                    database.import_items(&table, items, ImportOptions::default()).unwrap().items_imported;
                items = rest;
            }
        }
        imported
    }
}

/// Takes a write down as what it puts; anything else is no filling.
async fn take_down(State(taken): State<Taken>, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let operation = headers["x-amz-target"].to_str().unwrap();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    let mut puts = match operation.rsplit_once('.').unwrap().1 {
        "PutItem" => vec![body],
        "TransactWriteItems" => {
            let Value::Array(writes) = body["TransactItems"].take() else { panic!("no writes: {body}") };
            writes.into_iter().map(|mut write| write["Put"].take()).collect()
        }
        other => panic!("{other} makes nothing new: {body}"),
    };
    let mut taken = taken.lock().unwrap();
    for put in &mut puts {
        let table = put["TableName"].as_str().expect("a write that puts").to_owned();
        let item: Item = serde_json::from_value(put["Item"].take()).unwrap();
        taken.entry(table).or_default().push(item);
    }
    Json(json!({}))
}
