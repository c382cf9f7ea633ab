//! Items of a table that was restored to a point in time, copied back into the live one.
//!
//! An item is copied as it is, with its keys: what it means is read later, by whoever uses it. A copy in the main table is
//! marked with the attribute `restored`, so that its stream record counts as no change (see [`crate::Change`]). The next
//! whole write of the item drops the mark.

use std::{collections::HashMap, str::FromStr};

use aws_sdk_dynamodb::{
    operation::{put_item::PutItemInput, scan::ScanInput},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use tollgate_domain::{Subject, Tenant, Timestamp};

use crate::{
    Reader, Writer,
    attributes::{ABSENT, Item, n, s, string_of},
    db::Conditional,
    entity::subject_of,
    error::StoreError,
};

/// The attribute with the time at which an item was copied back, in milliseconds.
pub(crate) const MARK: &str = "restored";

/// One of the three tables of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackTable {
    /// The resources of merchants.
    Main,
    /// Events, deliveries and idempotency records.
    Events,
    /// API keys and rate windows.
    Keys,
}

impl StackTable {
    /// All tables.
    pub const ALL: [Self; 3] = [Self::Main, Self::Events, Self::Keys];

    /// Its name for the operator.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Events => "events",
            Self::Keys => "keys",
        }
    }
}

/// The key of an item, where a scan goes on: partition key and sort key, with `|` between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pk: String,
    sk: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}|{}", self.pk, self.sk)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // No sort key has the separator in it.
        let (pk, sk) = text.rsplit_once('|').ok_or("not a place: `next` of an earlier run, with a `|`")?;
        Ok(Self { pk: pk.to_owned(), sk: sk.to_owned() })
    }
}

impl Place {
    fn of(key: &Item) -> Option<Self> {
        Some(Self { pk: string_of(key, "pk")?.to_owned(), sk: string_of(key, "sk")?.to_owned() })
    }

    fn key(&self) -> Item {
        HashMap::from([("pk".to_owned(), s(&self.pk)), ("sk".to_owned(), s(&self.sk))])
    }
}

/// An item as it is in a table.
#[derive(Clone, Debug)]
pub struct StoredItem(Item);

impl StoredItem {
    pub(crate) const fn new(item: Item) -> Self {
        Self(item)
    }

    /// The resource that has events: its tenant, partition key and value; `None` if the item is nothing of the kind.
    pub fn subject(&self) -> Result<Option<(Tenant, String, Subject)>, StoreError> {
        subject_of(serde_dynamo::Item::from(self.0.clone()))
    }

    /// Its partition key.
    pub fn key(&self) -> &str {
        string_of(&self.0, "pk").unwrap_or_default()
    }

    /// All of it.
    pub(crate) fn item(&self) -> &Item {
        &self.0
    }

    fn version(&self) -> Option<&AttributeValue> {
        self.0.get("version").filter(|version| version.is_n())
    }
}

/// A page of a table.
#[derive(Clone, Debug)]
pub struct StoredPage {
    /// The items.
    pub items: Vec<StoredItem>,
    /// The last item; `None` at the end of the table.
    pub next: Option<Place>,
}

/// The result of copying an item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopiedBack {
    /// It was missing, or older, and is as in the copy now.
    Written,
    /// The live table has this version or a newer one, which stays.
    Kept,
}

impl Reader {
    fn name_of(&self, table: StackTable) -> &str {
        match table {
            StackTable::Main => &self.tables.main,
            StackTable::Events => &self.tables.events,
            StackTable::Keys => &self.tables.keys,
        }
    }

    /// Scans a page of a table, at most `limit` items or 1 MB. One call, 1 unit per 4 KB of all items; consistent.
    pub async fn scan_items(
        &self,
        table: StackTable,
        after: Option<&Place>,
        limit: i32,
    ) -> Result<StoredPage, StoreError> {
        let request = ScanInput::builder()
            .table_name(self.name_of(table))
            .consistent_read(true)
            .set_exclusive_start_key(after.map(Place::key))
            .limit(limit);
        let page = self.db.scan(request).await?;
        Ok(StoredPage {
            items: page.items.unwrap_or_default().into_iter().map(StoredItem).collect(),
            next: page.last_evaluated_key.as_ref().and_then(Place::of),
        })
    }
}

impl Writer {
    /// Copies an item back into the live table, unless that has this version of it or a newer one. An item without a
    /// version is copied only where there is none. One call; 1 unit per KB, and as much for each of its indexes.
    ///
    /// `at` marks the copy in the main table; with the same time a repeated call knows its own write.
    pub async fn copy_back(
        &self,
        table: StackTable,
        item: &StoredItem,
        at: Timestamp,
    ) -> Result<CopiedBack, StoreError> {
        let mut copy = item.0.clone();
        copy.remove(MARK);
        if table == StackTable::Main {
            copy.insert(MARK.to_owned(), n(at.ms()));
        }
        let mut request = PutItemInput::builder()
            .table_name(self.name_of(table))
            .set_item(Some(copy.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        request = match item.version() {
            Some(version) => request
                .condition_expression(format!("{ABSENT} OR version < :version"))
                .expression_attribute_values(":version", version.clone()),
            None => request.condition_expression(ABSENT),
        };
        Ok(match self.db.put_item(request).await? {
            Conditional::Done(_) => CopiedBack::Written,
            Conditional::Refused(Some(live)) if table == StackTable::Main && live == copy => {
                CopiedBack::Written
            }
            Conditional::Refused(_) => CopiedBack::Kept,
        })
    }
}
