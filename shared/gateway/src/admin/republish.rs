//! Publishes what was missed: events and deliveries that the tables lack, although their change is in the main table.
//!
//! The stream has every change for a day, but not when the main table itself was lost. Here the changes are found in the
//! table: an item's last version, and the one before it as the newest event shows it. Ids of events are derived
//! from the item's key and version, so what was sent before the loss keeps its id.

use tollgate_domain::{
    Event, Subject, Tenant, Timestamp,
    event::{events_of, ids_of_versions},
};
use tollgate_store::{Place, Put, Queue, StackTable, StoredItem};

use super::{
    operator::{Admin, AdminError},
    scan::{Pages, read_or_leave, scan_pages, unless_full},
};
use crate::{error::Error, webhooks::publish::Publisher};

/// Versions of an item among which the event before its last change is looked for: their events are one call.
const VERSIONS_BACK_MAX: u64 = 25;

/// What a run published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Republished {
    /// Items that were read.
    pub scanned: usize,
    /// Items that changed since the given time.
    pub changed: usize,
    /// Events that were missing.
    pub events: usize,
    /// Deliveries that were missing; each was queued.
    pub deliveries: usize,
    /// Keys of items whose last change cannot be told, so that nothing was published of it. A run ends after the page with
    /// the thousandth.
    pub left: Vec<String>,
    /// Where the next run continues; `None` at the end of the table.
    pub next: Option<Place>,
}

/// What is known of the last change of an item.
#[derive(Debug, PartialEq)]
enum LastChange {
    /// Its events, in their order.
    Events(Vec<Event>),
    /// The version before is not known.
    Unknown,
}

/// The events of an item's last change, derived from `known`, the stored events of its last versions.
fn last_change(key: &str, item: &Subject, known: &[Event]) -> LastChange {
    let version = item.version();
    let of_last = |event: &&Event| event.subject.version() == version;
    let earlier = known.iter().filter(|event| event.subject.version() < version);
    let before = earlier.max_by_key(|event| event.subject.version()).map(|event| &event.subject);
    let stored: Vec<&Event> = known.iter().filter(of_last).collect();
    if before.is_none() && version > 1 {
        // Its events were published, and those before it have expired or never were.
        return if stored.is_empty() { LastChange::Unknown } else { LastChange::Events(Vec::new()) };
    }
    let derived = events_of(key, before, item);
    let agrees =
        |stored: &&Event| derived.iter().any(|event| event.id == stored.id && event.kind == stored.kind);
    // Another list than the one that was published could send the same under another id.
    if stored.iter().all(agrees) { LastChange::Events(derived) } else { LastChange::Unknown }
}

impl Admin {
    /// Goes through pages of the main table and publishes what is missing of items that changed at `since` or later: events of
    /// their last change, and deliveries of their events. It can be repeated: what is there is not sent again.
    pub async fn republish(
        &self,
        queue: &Queue,
        since: Timestamp,
        pages: Pages,
    ) -> Result<Republished, AdminError> {
        let mut done = Republished::default();
        let publisher = self.0.publisher(queue);
        let scanned = scan_pages(&self.0.store, StackTable::Main, pages, async |items| {
            for item in items {
                self.republish_item(&publisher, item, since, &mut done).await.map_err(failed)?;
            }
            Ok(unless_full(&done.left))
        })
        .await?;
        Ok(Republished { scanned: scanned.items, next: scanned.next, ..done })
    }

    async fn republish_item(
        &self,
        publisher: &Publisher<'_>,
        item: &StoredItem,
        since: Timestamp,
        done: &mut Republished,
    ) -> Result<(), Error> {
        let read = read_or_leave(item, &mut done.left, StoredItem::subject)?;
        let Some((tenant, key, subject)) = read.filter(|(_, _, subject)| subject.updated() >= since) else {
            return Ok(());
        };
        done.changed += 1;
        let known = self.events_of_last_versions(tenant, &key, subject.version()).await?;
        let derived = match last_change(&key, &subject, &known) {
            LastChange::Events(derived) => derived,
            LastChange::Unknown => {
                done.left.push(key);
                Vec::new()
            }
        };
        let stored = known.iter().filter(|event| event.created >= since);
        let is_missing = |event: &&Event| known.iter().all(|stored| stored.id != event.id);
        let missing: Vec<&Event> = derived.iter().filter(is_missing).collect();
        for event in &missing {
            let (Put::Created | Put::Exists(_)) = self.0.writer().create(tenant, *event).await?;
        }
        done.events += missing.len();
        for event in stored.chain(missing) {
            done.deliveries += publisher.deliver_missing(tenant, event).await?;
        }
        Ok(())
    }

    async fn events_of_last_versions(
        &self,
        tenant: Tenant,
        key: &str,
        version: u64,
    ) -> Result<Vec<Event>, Error> {
        let first = version.saturating_sub(VERSIONS_BACK_MAX - 1).max(1);
        let ids: Vec<String> = ids_of_versions(key, first..=version).map(|id| id.to_string()).collect();
        let mut known: Vec<Event> = self.0.store.get_many(tenant, &ids).await?;
        known.sort_by_key(|event| event.created);
        Ok(known)
    }
}

/// A failure of a use case, as the operator is told of it.
pub(super) fn failed(error: Error) -> AdminError {
    match error {
        Error::Store(error) => AdminError::Store(error),
        other => AdminError::Failed(other.to_string()),
    }
}
