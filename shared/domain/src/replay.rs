//! Answers kept on a resource, so that a retry with the same idempotency key gets the first answer again.
//!
//! A create is answered with the resource as it was first, a change with the resource as it was after that
//! change. The write that makes an answer out of date keeps it, so no answer is lost and a create costs
//! nothing extra.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::idempotency::Fingerprint;

/// Changes whose answers are kept on one resource.
pub const SNAPSHOTS_MAX: usize = 6;
/// Size of these answers together, in bytes of JSON: the item stays within DynamoDB's 400 KB.
const SNAPSHOTS_BYTES_MAX: usize = 150_000;

/// The answers that are kept on a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplaySnapshots<T> {
    /// The answer to the create, kept by the first change.
    #[serde(rename = "created_as", default = "none", skip_serializing_if = "Option::is_none")]
    created: Option<Box<T>>,
    /// The answers to the latest changes with an idempotency key.
    #[serde(rename = "answers", default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    changed: Vec<Snapshot<T>>,
    /// The answer to the create as the first releases stored it: the part of the resource that may change.
    #[serde(rename = "first", default = "none", skip_serializing_if = "Option::is_none")]
    legacy_created: Option<Value>,
    /// The answers to changes as the first releases stored them.
    #[serde(rename = "changes", default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    legacy_changed: Vec<LegacySnapshot>,
}

/// An answer to a change, as the first releases stored it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LegacySnapshot {
    key: Fingerprint,
    request: Fingerprint,
    answer: Value,
}

/// The answer to a change with an idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Snapshot<T> {
    /// Fingerprint of (route, key).
    key: Fingerprint,
    /// Fingerprint of the request.
    request: Fingerprint,
    /// The resource after the change; stored as `thing`.
    #[serde(rename = "thing")]
    resource: T,
}

/// An earlier change with the same idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub enum Earlier<T> {
    /// The same request, with its answer.
    Same(Box<T>),
    /// Another request.
    Other,
}

impl<T> ReplaySnapshots<T> {
    /// Maps each snapshot. Snapshots of the first releases are dropped if they contain one of `members`.
    #[must_use]
    pub(crate) fn map(&self, members: &[&str], change: impl Fn(&T) -> T) -> Self {
        let is_kept = |value: &Value| {
            let text = value.to_string();
            !members.iter().any(|member| text.contains(member))
        };
        let map = |snapshot: &Snapshot<T>| Snapshot {
            key: snapshot.key.clone(),
            request: snapshot.request.clone(),
            resource: change(&snapshot.resource),
        };
        let legacy_changed = self.legacy_changed.iter();
        Self {
            created: self.created.as_deref().map(|created| Box::new(change(created))),
            changed: self.changed.iter().map(map).collect(),
            legacy_created: self.legacy_created.clone().filter(|value| is_kept(value)),
            legacy_changed: legacy_changed.filter(|legacy| is_kept(&legacy.answer)).cloned().collect(),
        }
    }

    /// The resource in every snapshot.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &T> {
        let changed = self.changed.iter().map(|snapshot| &snapshot.resource);
        self.created.as_deref().into_iter().chain(changed)
    }

    /// Takes the answer to the create, if one is kept.
    pub(crate) fn take_created(&mut self) -> Option<T> {
        self.created.take().map(|created| *created)
    }
}

impl<T> Default for ReplaySnapshots<T> {
    fn default() -> Self {
        Self { created: None, changed: Vec::new(), legacy_created: None, legacy_changed: Vec::new() }
    }
}

/// A resource that keeps its answers.
pub trait Replayable: Clone + Serialize {
    /// The answers that are kept.
    fn replay(&self) -> &ReplaySnapshots<Self>;
    /// The answers that are kept, to change them.
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self>;

    /// A copy for an answer, without fields that no answer shows.
    #[must_use]
    fn snapshot(&self) -> Self {
        let mut copy = self.clone();
        *copy.replay_mut() = ReplaySnapshots::default();
        copy
    }

    /// The resource with a part that the first releases stored; `None` for resources of which they stored
    /// none.
    #[must_use]
    fn with_legacy_part(&self, _part: &Value) -> Option<Self> {
        None
    }

    /// Keeps the answer to the create, which is `before` if nothing is kept yet. Every change that answers
    /// show calls this.
    fn keep_created(&mut self, before: &Self) {
        self.keep_whole_created(before);
    }

    /// Keeps the answer to the create with all its fields.
    fn keep_whole_created(&mut self, before: &Self) {
        if self.replay().created.is_none() && self.replay().legacy_created.is_none() {
            self.replay_mut().created = Some(Box::new(before.snapshot()));
        }
    }

    /// The resource as its create answered it.
    #[must_use]
    fn into_created(mut self) -> Self {
        if let Some(created) = self.replay_mut().take_created() {
            return created;
        }
        let legacy = self.replay_mut().legacy_created.take();
        legacy.and_then(|part| self.with_legacy_part(&part)).unwrap_or(self)
    }

    /// Keeps the resource as the answer to a change with this key. The oldest snapshots are dropped.
    fn keep_snapshot(&mut self, key: Fingerprint, request: Fingerprint) {
        let resource = self.snapshot();
        let size =
            |snapshot: &Snapshot<Self>| serde_json::to_vec(&snapshot.resource).map_or(0, |json| json.len());
        let snapshots = &mut self.replay_mut().changed;
        snapshots.push(Snapshot { key, request, resource });
        let mut bytes: usize = snapshots.iter().map(size).sum();
        while snapshots.len() > 1 && (snapshots.len() > SNAPSHOTS_MAX || bytes > SNAPSHOTS_BYTES_MAX) {
            bytes -= size(&snapshots.remove(0));
        }
    }

    /// The earlier change with this key, if it is still kept.
    fn earlier_change(&self, key: &Fingerprint, request: &Fingerprint) -> Option<Earlier<Self>> {
        let snapshots = &self.replay().changed;
        if let Some(snapshot) = snapshots.iter().find(|snapshot| &snapshot.key == key) {
            return Some(if &snapshot.request == request {
                Earlier::Same(Box::new(snapshot.resource.clone()))
            } else {
                Earlier::Other
            });
        }
        let legacy = self.replay().legacy_changed.iter().find(|legacy| &legacy.key == key)?;
        if &legacy.request == request {
            let resource = self.with_legacy_part(&legacy.answer)?;
            Some(Earlier::Same(Box::new(resource)))
        } else {
            Some(Earlier::Other)
        }
    }
}

const fn none<T>() -> Option<T> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize)]
    struct Note {
        text: String,
        replay: ReplaySnapshots<Note>,
    }

    impl Replayable for Note {
        fn replay(&self) -> &ReplaySnapshots<Self> {
            &self.replay
        }
        fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
            &mut self.replay
        }
    }

    fn note(text: impl Into<String>) -> Note {
        Note { text: text.into(), replay: ReplaySnapshots::default() }
    }

    fn fingerprint(text: &str) -> Fingerprint {
        Fingerprint::of("r", &[text.as_bytes()])
    }

    fn changed(before: &Note, text: &str, key: &str) -> Note {
        let mut next = before.clone();
        next.text = text.into();
        next.keep_created(before);
        next.keep_snapshot(fingerprint(key), fingerprint(text));
        next
    }

    #[test]
    fn answers_of_the_first_releases_are_still_replayed() {
        use crate::{Customer, payment::tests::NOW};
        let kept = serde_json::json!({
            "id": "0000000000000000000001", "version": 2, "front_door": "charges", "request_id": "req_2",
            "name": "Bob", "created": NOW.ms(), "updated": NOW.ms() + 5, "first": {"name": "Ann"},
            "changes": [{"key": fingerprint("k"), "request": fingerprint("r"), "answer": {"name": "Cid"}}],
        });
        let customer: Customer = serde_json::from_value(kept.clone()).unwrap();
        let name = |customer: Customer| customer.profile.name.unwrap();
        assert_eq!(name(customer.clone().into_created()), "Ann");
        let replayed = customer.earlier_change(&fingerprint("k"), &fingerprint("r"));
        let Some(Earlier::Same(replayed)) = replayed else { panic!("{replayed:?}") };
        assert_eq!(name(*replayed), "Cid");
        let other = customer.earlier_change(&fingerprint("k"), &fingerprint("x"));
        assert_eq!(other, Some(Earlier::Other));
        // A further change keeps no other first answer, and what was kept goes on being kept.
        let later = customer.with_profile(crate::customer::Profile::default(), NOW, &"req_3".into());
        assert_eq!(name(later.clone().into_created()), "Ann");
        let stored = serde_json::to_value(&later).unwrap();
        assert_eq!((&stored["first"], &stored["changes"]), (&kept["first"], &kept["changes"]));
        // An erasure takes it along.
        assert_eq!(later.erased(NOW, NOW, &"req_4".into()).replay, ReplaySnapshots::default());
    }

    #[test]
    fn a_key_replays_its_answer_and_refuses_another_request() {
        let third = changed(&changed(&note("one"), "two", "k1"), "three", "k2");
        assert_eq!(third.clone().into_created(), note("one"));
        let earlier = |key: &str, text: &str| third.earlier_change(&fingerprint(key), &fingerprint(text));
        assert_eq!(earlier("k1", "two"), Some(Earlier::Same(Box::new(note("two")))));
        assert_eq!(earlier("k1", "three"), Some(Earlier::Other));
        assert_eq!(earlier("k3", "two"), None);
    }

    #[test]
    fn an_items_size_is_bounded() {
        let long = "x".repeat(60_000);
        let mut kept = note("one");
        for n in 0..20 {
            kept = changed(&kept, &format!("{n}"), &format!("k{n}"));
        }
        assert_eq!(kept.replay.changed.len(), SNAPSHOTS_MAX);
        for n in 0..4 {
            kept = changed(&kept, &format!("{n}{long}"), &format!("l{n}"));
        }
        assert_eq!(kept.replay.changed.len(), 2);
    }
}
