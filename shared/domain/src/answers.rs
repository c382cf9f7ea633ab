//! What was answered about a thing, kept on the thing, so that a retry is told the same again.
//!
//! A create is answered with the thing as it was first; a change made with an idempotency key with the thing as it was
//! after that change. Both are kept by the very write that makes them history, so an answer can be lost, but never the
//! memory of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::idempotency::Fingerprint;

/// Answers to changes that one thing remembers: enough for retries, few enough for one item.
pub const MAX_ANSWERS: usize = 6;
/// Bytes of them, as JSON: with the thing itself and its first version they stay within DynamoDB's 400 KB for an item.
const MAX_ANSWERS_BYTES: usize = 150_000;

/// The answers about a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers<T> {
    /// What its create answered, kept by the first change after it.
    #[serde(rename = "created_as", default = "none", skip_serializing_if = "Option::is_none")]
    created: Option<Box<T>>,
    /// What changes made with an idempotency key answered, the latest few.
    #[serde(rename = "answers", default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    changed: Vec<Answer<T>>,
    /// What the create answered, as the first releases kept it: the part of the thing that may change after.
    #[serde(rename = "first", default = "none", skip_serializing_if = "Option::is_none")]
    early_created: Option<Value>,
    /// What changes answered, as the first releases kept it.
    #[serde(rename = "changes", default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    early_changed: Vec<EarlyAnswer>,
}

/// An answer to a change, as the first releases kept it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct EarlyAnswer {
    key: Fingerprint,
    request: Fingerprint,
    answer: Value,
}

/// An answer to a change that was made with an idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Answer<T> {
    /// Fingerprint of (route, key).
    key: Fingerprint,
    /// Fingerprint of the request.
    request: Fingerprint,
    /// The thing, as it was answered.
    thing: T,
}

/// The idempotency key of a change had been used before.
#[derive(Clone, Debug, PartialEq)]
pub enum Earlier<T> {
    /// For the same request, which was answered with this.
    Same(Box<T>),
    /// For another request.
    Other,
}

impl<T> Answers<T> {
    /// The same answers, each thing as `change` has it. What the first releases kept is dropped where it names one of `members`.
    #[must_use]
    pub(crate) fn changed_by(&self, members: &[&str], change: impl Fn(&T) -> T) -> Self {
        let is_kept = |value: &Value| {
            let text = value.to_string();
            !members.iter().any(|member| text.contains(member))
        };
        let early_changed = self.early_changed.iter();
        Self {
            created: self.created.as_deref().map(|thing| Box::new(change(thing))),
            changed: self
                .changed
                .iter()
                .map(|answer| Answer {
                    key: answer.key.clone(),
                    request: answer.request.clone(),
                    thing: change(&answer.thing),
                })
                .collect(),
            early_created: self.early_created.clone().filter(|value| is_kept(value)),
            early_changed: early_changed.filter(|early| is_kept(&early.answer)).cloned().collect(),
        }
    }

    /// The things that were answered.
    pub(crate) fn things(&self) -> impl Iterator<Item = &T> {
        let changed = self.changed.iter().map(|answer| &answer.thing);
        self.created.as_deref().into_iter().chain(changed)
    }
}

/// Something that remembers what was answered about it.
pub trait Answerable: Clone + Serialize {
    /// What it remembers.
    fn answers(&self) -> &Answers<Self>;
    /// See [`Answerable::answers`].
    fn answers_mut(&mut self) -> &mut Answers<Self>;

    /// A copy to be kept for an answer: without what only the thing itself needs.
    #[must_use]
    fn snapshot(&self) -> Self {
        let mut copy = self.clone();
        *copy.answers_mut() = Answers::default();
        copy
    }

    /// The thing with the part that the first releases kept of an answer; `None` for what they kept no answers of.
    #[must_use]
    fn with_early_part(&self, _part: &Value) -> Option<Self> {
        None
    }

    /// Keeps what the create of `before` answered. Every change of a thing that answers show calls this.
    fn keep_first_answer(&mut self, before: &Self) {
        self.keep_all_of_first_answer(before);
    }

    /// Keeps the whole of it.
    fn keep_all_of_first_answer(&mut self, before: &Self) {
        if self.answers().created.is_none() && self.answers().early_created.is_none() {
            self.answers_mut().created = Some(Box::new(before.snapshot()));
        }
    }

    /// The thing as its create answered it, whatever happened since.
    #[must_use]
    fn into_first_answer(mut self) -> Self {
        if let Some(first) = self.answers_mut().take_first() {
            return first;
        }
        let early = self.answers_mut().early_created.take();
        early.and_then(|part| self.with_early_part(&part)).unwrap_or(self)
    }

    /// Remembers that this is what a change made with this key answers. The oldest answers give way.
    fn remember_answer(&mut self, key: Fingerprint, request: Fingerprint) {
        let thing = self.snapshot();
        let size = |answer: &Answer<Self>| serde_json::to_vec(&answer.thing).map_or(0, |json| json.len());
        let answers = &mut self.answers_mut().changed;
        answers.push(Answer { key, request, thing });
        let mut bytes: usize = answers.iter().map(size).sum();
        while answers.len() > 1 && (answers.len() > MAX_ANSWERS || bytes > MAX_ANSWERS_BYTES) {
            bytes -= size(&answers.remove(0));
        }
    }

    /// What an earlier change made with this key answered, if there was one that is remembered.
    fn earlier_answer(&self, key: &Fingerprint, request: &Fingerprint) -> Option<Earlier<Self>> {
        let answers = &self.answers().changed;
        if let Some(answer) = answers.iter().find(|answer| &answer.key == key) {
            return Some(if &answer.request == request {
                Earlier::Same(Box::new(answer.thing.clone()))
            } else {
                Earlier::Other
            });
        }
        let answers = &self.answers().early_changed;
        let early = answers.iter().find(|answer| &answer.key == key)?;
        if &early.request == request {
            let thing = self.with_early_part(&early.answer)?;
            Some(Earlier::Same(Box::new(thing)))
        } else {
            Some(Earlier::Other)
        }
    }
}

const fn none<T>() -> Option<T> {
    None
}

impl<T> Answers<T> {
    /// What the create answered, if that was kept.
    pub(crate) fn take_first(&mut self) -> Option<T> {
        self.created.take().map(|first| *first)
    }
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { created: None, changed: Vec::new(), early_created: None, early_changed: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize)]
    struct Note {
        text: String,
        answers: Answers<Note>,
    }

    impl Answerable for Note {
        fn answers(&self) -> &Answers<Self> {
            &self.answers
        }
        fn answers_mut(&mut self) -> &mut Answers<Self> {
            &mut self.answers
        }
    }

    fn note(text: impl Into<String>) -> Note {
        Note { text: text.into(), answers: Answers::default() }
    }

    fn fingerprint(text: &str) -> Fingerprint {
        Fingerprint::of("r", &[text.as_bytes()])
    }

    fn changed(before: &Note, text: &str, key: &str) -> Note {
        let mut next = before.clone();
        next.text = text.into();
        next.keep_first_answer(before);
        next.remember_answer(fingerprint(key), fingerprint(text));
        next
    }

    #[test]
    fn what_the_first_releases_kept_is_still_told() {
        use crate::{Customer, payment::tests::NOW};
        let kept = serde_json::json!({
            "id": "0000000000000000000001", "version": 2, "front_door": "charges", "request_id": "req_2",
            "name": "Bob", "created": NOW.ms(), "updated": NOW.ms() + 5, "first": {"name": "Ann"},
            "changes": [{"key": fingerprint("k"), "request": fingerprint("r"), "answer": {"name": "Cid"}}],
        });
        let customer: Customer = serde_json::from_value(kept.clone()).unwrap();
        let name = |customer: Customer| customer.profile.name.unwrap();
        assert_eq!(name(customer.clone().into_first_answer()), "Ann");
        let told = customer.earlier_answer(&fingerprint("k"), &fingerprint("r"));
        let Some(Earlier::Same(told)) = told else { panic!("{told:?}") };
        assert_eq!(name(*told), "Cid");
        let other = customer.earlier_answer(&fingerprint("k"), &fingerprint("x"));
        assert_eq!(other, Some(Earlier::Other));
        // A further change keeps no other first answer, and what was kept goes on being kept.
        let later = customer.with_profile(crate::customer::Profile::default(), NOW, &"req_3".into());
        assert_eq!(name(later.clone().into_first_answer()), "Ann");
        let stored = serde_json::to_value(&later).unwrap();
        assert_eq!((&stored["first"], &stored["changes"]), (&kept["first"], &kept["changes"]));
        // An erasure takes it along.
        assert_eq!(later.erased(NOW, NOW, &"req_4".into()).answers, Answers::default());
    }

    #[test]
    fn a_key_is_told_what_it_was_told_and_another_request_apart() {
        let third = changed(&changed(&note("one"), "two", "k1"), "three", "k2");
        assert_eq!(third.clone().into_first_answer(), note("one"));
        let earlier = |key: &str, text: &str| third.earlier_answer(&fingerprint(key), &fingerprint(text));
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
        assert_eq!(kept.answers.changed.len(), MAX_ANSWERS);
        for n in 0..4 {
            kept = changed(&kept, &format!("{n}{long}"), &format!("l{n}"));
        }
        assert_eq!(kept.answers.changed.len(), 2);
    }
}
