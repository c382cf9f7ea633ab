//! Events: what merchants are told about committed changes.
//!
//! Events are derived from the table's stream, never from a request: the functions here take the item before and
//! after one committed change. Each front door names and renders them in its own way.

use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    id::EventId,
    idempotency::consequence_id,
    payment::{Payment, Status},
    refund::{Refund, RefundStatus},
    time::Timestamp,
};

/// What happened, in the ledger's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The money was taken.
    PaymentSucceeded,
    /// No money was taken.
    PaymentFailed,
    /// The cardholder has to pass a challenge.
    PaymentRequiresAction,
    /// The network has not decided.
    PaymentProcessing,
    /// The money is reserved and can be taken.
    PaymentCapturable,
    /// It was given up before money was taken.
    PaymentCanceled,
    /// A refund was asked for.
    RefundCreated,
    /// The money went back.
    RefundSucceeded,
    /// It did not.
    RefundFailed,
    /// A customer was made.
    CustomerCreated,
    /// A customer's data changed.
    CustomerUpdated,
    /// A customer's data was erased.
    CustomerDeleted,
}

impl EventKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::PaymentSucceeded,
        Self::PaymentFailed,
        Self::PaymentRequiresAction,
        Self::PaymentProcessing,
        Self::PaymentCapturable,
        Self::PaymentCanceled,
        Self::RefundCreated,
        Self::RefundSucceeded,
        Self::RefundFailed,
        Self::CustomerCreated,
        Self::CustomerUpdated,
        Self::CustomerDeleted,
    ];
}

/// The thing that an event is about, as it was when the event happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A payment.
    Payment(Box<Payment>),
    /// A refund.
    Refund(Box<Refund>),
    /// A customer.
    Customer(Box<Customer>),
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id, the same however often the change is read.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub created: Timestamp,
    /// The request that caused it.
    pub request_id: String,
    /// To what.
    pub subject: Subject,
}

impl Subject {
    /// What an event keeps of it: everything but the sealed card, which outlives no payment.
    fn told(&self) -> Self {
        let mut told = self.clone();
        if let Self::Payment(payment) = &mut told
            && let Some(network) = &mut payment.network
        {
            network.card = None;
        }
        told
    }

    fn version(&self) -> u64 {
        match self {
            Self::Payment(payment) => payment.version,
            Self::Refund(refund) => refund.version,
            Self::Customer(customer) => customer.version,
        }
    }

    fn updated(&self) -> Timestamp {
        match self {
            Self::Payment(payment) => payment.updated,
            Self::Refund(refund) => refund.updated,
            Self::Customer(customer) => customer.updated,
        }
    }

    fn request_id(&self) -> &str {
        match self {
            Self::Payment(payment) => &payment.request_id,
            Self::Refund(refund) => &refund.request_id,
            Self::Customer(customer) => &customer.request_id,
        }
    }
}

/// The events of one committed change of the item at `table_key`, in the order in which they happened.
///
/// `before` is the item before the change, `None` for a create.
pub fn events_of(table_key: &str, before: Option<&Subject>, after: &Subject) -> Vec<Event> {
    let kinds = match (before, after) {
        (Some(Subject::Payment(old)), Subject::Payment(new)) if old.face.status == new.face.status => vec![],
        (_, Subject::Payment(new)) => match new.face.status {
            // Nothing has happened to it yet.
            Status::RequiresConfirmation => vec![],
            Status::RequiresAction => vec![EventKind::PaymentRequiresAction],
            Status::Processing => vec![EventKind::PaymentProcessing],
            Status::RequiresCapture => vec![EventKind::PaymentCapturable],
            Status::Succeeded => vec![EventKind::PaymentSucceeded],
            Status::Failed => vec![EventKind::PaymentFailed],
            Status::Canceled => vec![EventKind::PaymentCanceled],
        },
        (Some(Subject::Refund(old)), Subject::Refund(new)) if old.status == new.status => vec![],
        (before, Subject::Refund(new)) => {
            let settled = match new.status {
                RefundStatus::Pending => None,
                RefundStatus::Succeeded => Some(EventKind::RefundSucceeded),
                RefundStatus::Failed => Some(EventKind::RefundFailed),
            };
            before
                .is_none()
                .then_some(EventKind::RefundCreated)
                .into_iter()
                .chain(settled)
                .collect()
        }
        (None, Subject::Customer(_)) => vec![EventKind::CustomerCreated],
        (Some(_), Subject::Customer(new)) if new.deleted => vec![EventKind::CustomerDeleted],
        (Some(Subject::Customer(old)), Subject::Customer(new)) if old.profile == new.profile => vec![],
        (Some(_), Subject::Customer(_)) => vec![EventKind::CustomerUpdated],
    };
    kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Event {
            id: consequence_id(table_key, after.version(), index),
            kind,
            created: after.updated(),
            request_id: after.request_id().to_owned(),
            subject: after.told(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        payment::{
            Command, Outcome,
            tests::{NOW, payment},
        },
        source::Decline,
    };

    fn kinds(before: Option<&Payment>, after: &Payment) -> Vec<EventKind> {
        let subject = |p: &Payment| Subject::Payment(Box::new(p.clone()));
        events_of("k", before.map(subject).as_ref(), &subject(after))
            .into_iter()
            .map(|e| e.kind)
            .collect()
    }

    #[test]
    fn a_payment_says_where_it_got_to_once() {
        let challenged = payment(1000, Outcome::ChallengeRequired);
        assert_eq!(kinds(None, &challenged), [EventKind::PaymentRequiresAction]);
        let told = challenged
            .apply(Command::SetReturnUrl("https://x.example".into()), NOW, "r")
            .unwrap();
        assert_eq!(kinds(Some(&challenged), &told), []);
        let paid = told
            .apply(Command::ChallengePassed(Outcome::Approved), NOW, "r")
            .unwrap();
        assert_eq!(kinds(Some(&told), &paid), [EventKind::PaymentSucceeded]);
        let refunded = paid.apply(Command::Refund(10), NOW, "r").unwrap();
        assert_eq!(kinds(Some(&paid), &refunded), []);
        let failed = payment(1000, Outcome::Declined(Decline::CardDeclined));
        assert_eq!(kinds(None, &failed), [EventKind::PaymentFailed]);
    }

    #[test]
    fn reading_a_change_twice_makes_the_same_events() {
        let subject = || Subject::Payment(Box::new(payment(1000, Outcome::Approved)));
        assert_eq!(events_of("k", None, &subject()), events_of("k", None, &subject()));
        assert_ne!(
            events_of("k", None, &subject())[0].id,
            events_of("j", None, &subject())[0].id
        );
    }
}
