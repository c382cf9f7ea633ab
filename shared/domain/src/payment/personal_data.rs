//! Erasure of personal data from payments.
//!
//! A payment may hold the address for the receipt, those for billing and shipping, how a mandate was accepted, the bank account's holder, and the fingerprint of a
//! request that contained an e-mail address or a name: a fingerprint can be matched by trying values.

use super::Payment;
use crate::{front_door::FrontDoor, request_ref::RequestRef, source::Source, time::Timestamp};

/// The JSON members with personal data: answers that the first releases stored as JSON are dropped if they
/// have one.
const PERSONAL_MEMBERS: [&str; 2] = ["receipt_email", "account_holder_name"];

impl Payment {
    /// Whether any version of the payment, and so one of its events, may hold personal data.
    pub fn may_have_told_of_person(&self) -> bool {
        let has_holder = self.source.as_ref().is_some_and(|source| source.holder().is_some());
        self.front_door == FrontDoor::Direct || self.intent.is_some() || self.details.is_some() || has_holder
    }

    /// The same version without personal data, also in the stored answers.
    #[must_use]
    pub fn without_person(&self) -> Self {
        let replay = self.replay.map(&PERSONAL_MEMBERS, Self::without_person);
        let mut next = Self { replay, ..self.clone() };
        // A create of `direct` may contain an e-mail address.
        if self.front_door == FrontDoor::Direct || self.names_person() {
            next.fingerprint = None;
        }
        if let Some(intent) = &mut next.intent {
            intent.receipt_email = None;
        }
        if let Some(details) = &mut next.details {
            details.erase_person();
        }
        if let Some(source) = &mut next.source {
            source.erase_holder();
        }
        next
    }

    /// The next version, without personal data; `None` if the payment holds none.
    pub fn erased(&self, now: Timestamp, request: &RequestRef) -> Option<Self> {
        let without = self.without_person();
        (without != *self).then(|| Self {
            version: self.version + 1,
            updated: now,
            request: request.clone(),
            ..without
        })
    }

    /// Whether the payment or one of its stored answers holds a receipt's address or an account holder's
    /// name.
    fn names_person(&self) -> bool {
        let receipt = self.intent.as_ref().and_then(|intent| intent.receipt_email.as_ref());
        let described = self.details.as_ref().is_some_and(|details| details.names_person());
        let holder = self.source.as_ref().and_then(Source::holder);
        receipt.is_some()
            || described
            || holder.is_some_and(|name| !name.is_empty())
            || self.replay.resources().any(Self::names_person)
    }
}
