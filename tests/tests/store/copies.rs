//! Copies of restored tables: what comes back, what stays, and that the stream takes it for no change.

use serde_json::json;
use tollgate_store::{Change, CopiedBack, StackTable, StoredItem};

use super::*;

const COPIED_AT: Timestamp = Timestamp::from_s(1_736_730_000);

/// The only item of the main table.
async fn only_item(store: &Writer) -> StoredItem {
    let page = store.scan_items(StackTable::Main, None, 10).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    page.items.into_iter().next().unwrap()
}

async fn delete(url: &str, item: &StoredItem) {
    let key = json!({"pk": dynamodb::s(item.key()), "sk": dynamodb::s("#")});
    dynamodb::ask(url, "DeleteItem", &json!({"TableName": "tollgate", "Key": key})).await;
}

#[tokio::test]
async fn a_copy_comes_back_where_nothing_newer_is() {
    let opened = open().await;
    let store = &opened.store;
    let first = payment(1, Outcome::Approved, NOW);
    assert_eq!(store.create(tenant(1), &first).await.unwrap(), Put::Created);
    let copy = only_item(store).await;
    let copy_back = || store.copy_back(StackTable::Main, &copy, COPIED_AT);
    assert_eq!(copy_back().await.unwrap(), CopiedBack::Kept);

    let mut second = first.clone();
    second.version += 1;
    second.description = Some("newer than the copy".into());
    assert_eq!(store.replace(tenant(1), &second).await.unwrap(), Replaced::Done);
    assert_eq!(copy_back().await.unwrap(), CopiedBack::Kept);
    let kept: Payment = store.get(tenant(1), &first.id.to_string()).await.unwrap().unwrap();
    assert_eq!(kept, second);

    delete(&opened.url, &copy).await;
    assert_eq!(copy_back().await.unwrap(), CopiedBack::Written);
    let back: Payment = store.get(tenant(1), &first.id.to_string()).await.unwrap().unwrap();
    assert_eq!(back, first);
    // The newer version wins in the other direction, too.
    assert_eq!(store.replace(tenant(1), &second).await.unwrap(), Replaced::Done);
    let newer = only_item(store).await;
    delete(&opened.url, &newer).await;
    assert_eq!(copy_back().await.unwrap(), CopiedBack::Written);
    assert_eq!(store.copy_back(StackTable::Main, &newer, COPIED_AT).await.unwrap(), CopiedBack::Written);
    let back: Payment = store.get(tenant(1), &first.id.to_string()).await.unwrap().unwrap();
    assert_eq!(back, second);
}

#[tokio::test]
async fn a_page_goes_on_after_the_last_item_of_the_one_before() {
    let opened = open().await;
    let store = &opened.store;
    for n in 1..=7 {
        assert_eq!(store.create(tenant(1), &payment(n, Outcome::Approved, NOW)).await.unwrap(), Put::Created);
    }
    let (mut keys, mut after) = (std::collections::BTreeSet::new(), None);
    loop {
        let page = store.scan_items(StackTable::Main, after.as_ref(), 3).await.unwrap();
        assert!(page.items.len() <= 3);
        keys.extend(page.items.iter().map(|item| item.key().to_owned()));
        // As the operator's tool prints it, and reads it again.
        after = page.next.map(|place| place.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    assert_eq!(keys.len(), 7);
    assert!("no place".parse::<tollgate_store::Place>().is_err());
}

/// A record of the stream: an image that may be marked as a copy, after another one.
async fn record(opened: &Opened, before: Option<i64>, after: Option<i64>) -> serde_json::Value {
    let page = dynamodb::ask(&opened.url, "Scan", &json!({"TableName": "tollgate"})).await;
    let image = |mark: Option<i64>| {
        let mut image = page["Items"][0].clone();
        if let Some(mark) = mark {
            image["restored"] = dynamodb::n(mark);
        }
        image
    };
    let mut record = json!({"dynamodb": {"NewImage": image(after)}});
    if before != Some(0) {
        record["dynamodb"]["OldImage"] = image(before);
    }
    record
}

#[tokio::test]
async fn only_the_write_of_a_copy_counts_as_no_change() {
    let opened = open().await;
    assert_eq!(
        opened.store.create(tenant(1), &payment(1, Outcome::Approved, NOW)).await.unwrap(),
        Put::Created
    );
    let counts = async |before: Option<i64>, after: Option<i64>| {
        Change::read(&record(&opened, before, after).await).unwrap().is_some()
    };
    // A new item, and a copy where there was none.
    assert!(counts(Some(0), None).await);
    assert!(!counts(Some(0), Some(5)).await);
    // A copy over an older item, and over an earlier copy.
    assert!(!counts(None, Some(5)).await);
    assert!(!counts(Some(4), Some(5)).await);
    // Later writes: of some attributes, which leave the mark, and of the whole item.
    assert!(counts(Some(5), Some(5)).await);
    assert!(counts(Some(5), None).await);
}
