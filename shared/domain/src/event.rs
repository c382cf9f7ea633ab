//! Events: what merchants are told about committed changes.
//!
//! Events are derived from the table's stream, never from a request: the functions here take the item before and
//! after one committed change. Each front door names and renders them in its own way.

use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    endpoint::{EndpointStatus, WebhookEndpoint},
    id::EventId,
    idempotency::consequence_id,
    payment::{Payment, Status},
    payment_method::PaymentMethod,
    refund::{Refund, RefundStatus},
    replay::Replayable,
    request_ref::RequestRef,
    time::Timestamp,
};

/// What happened, in the ledger's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An intent was made.
    PaymentCreated,
    /// A charge took the money, or reserved it.
    ChargeSucceeded,
    /// A charge was declined.
    ChargeFailed,
    /// Reserved money was taken.
    ChargeCaptured,
    /// Some of a charge went back.
    ChargeRefunded,
    /// A payment method was attached to a customer.
    PaymentMethodAttached,
    /// It was detached.
    PaymentMethodDetached,
    /// It changed.
    PaymentMethodUpdated,
    /// A refund's metadata changed.
    RefundUpdated,
    /// The money was taken.
    PaymentSucceeded,
    /// No money was taken.
    PaymentFailed,
    /// The cardholder has to pass a challenge.
    PaymentRequiresAction,
    /// The processor has not decided.
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
    /// A webhook endpoint was made.
    EndpointCreated,
    /// It changed.
    EndpointUpdated,
    /// Deliveries to it were given up, for the reason that it shows.
    EndpointDisabled,
    /// It was deleted.
    EndpointDeleted,
}

impl EventKind {
    /// Whether it says that a thing is not what it was, so that what it was is worth telling.
    const fn is_a_change(self) -> bool {
        matches!(
            self,
            Self::CustomerUpdated
                | Self::PaymentMethodUpdated
                | Self::RefundUpdated
                | Self::RefundSucceeded
                | Self::EndpointUpdated
                | Self::EndpointDisabled
        )
    }

    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::PaymentCreated,
        Self::ChargeSucceeded,
        Self::ChargeFailed,
        Self::ChargeCaptured,
        Self::ChargeRefunded,
        Self::PaymentMethodAttached,
        Self::PaymentMethodDetached,
        Self::PaymentMethodUpdated,
        Self::RefundUpdated,
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
        Self::EndpointCreated,
        Self::EndpointUpdated,
        Self::EndpointDisabled,
        Self::EndpointDeleted,
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
    /// A payment method.
    PaymentMethod(Box<PaymentMethod>),
    /// A webhook endpoint.
    Endpoint(Box<WebhookEndpoint>),
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
    #[serde(flatten)]
    pub request: RequestRef,
    /// To what.
    pub subject: Subject,
    /// What it was like before, where the event is that it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Subject>,
}

/// Most events of one change.
const EVENTS_OF_A_CHANGE_MAX: usize = 4;

/// The ids that events of the changes up to `version` of the item at `table_key` have, as far as there are such events.
pub fn ids_of_events(table_key: &str, version: u64) -> impl Iterator<Item = EventId> {
    (1..=version).flat_map(move |version| {
        (0..EVENTS_OF_A_CHANGE_MAX).map(move |index| consequence_id(table_key, version, index))
    })
}

impl Event {
    /// The event without what it tells of a person; `None` where it tells nothing.
    pub fn erased(&self) -> Option<Self> {
        let erased = Self {
            subject: self.subject.erased(),
            previous: self.previous.as_ref().map(Subject::erased),
            ..self.clone()
        };
        (erased != *self).then_some(erased)
    }
}

impl Subject {
    /// The thing as it was, without what it tells of a person.
    fn erased(&self) -> Self {
        match self {
            Self::Payment(payment) => Self::Payment(Box::new(payment.without_person())),
            Self::Customer(customer) => Self::Customer(Box::new(customer.without_person())),
            Self::PaymentMethod(method) => Self::PaymentMethod(Box::new(method.without_person())),
            Self::Refund(_) | Self::Endpoint(_) => self.clone(),
        }
    }

    /// What an event keeps of it: neither answers, nor the sealed card, which outlives no payment, nor secrets.
    fn told(&self) -> Self {
        match self {
            Self::Payment(payment) => Self::Payment(Box::new(payment.snapshot())),
            Self::Refund(refund) => Self::Refund(Box::new(refund.snapshot())),
            Self::Customer(customer) => Self::Customer(Box::new(customer.snapshot())),
            Self::PaymentMethod(method) => Self::PaymentMethod(Box::new(method.snapshot())),
            Self::Endpoint(endpoint) => Self::Endpoint(Box::new(endpoint.snapshot())),
        }
    }

    fn version(&self) -> u64 {
        match self {
            Self::Payment(payment) => payment.version,
            Self::Refund(refund) => refund.version,
            Self::Customer(customer) => customer.version,
            Self::PaymentMethod(method) => method.version,
            Self::Endpoint(endpoint) => endpoint.version,
        }
    }

    fn updated(&self) -> Timestamp {
        match self {
            Self::Payment(payment) => payment.updated,
            Self::Refund(refund) => refund.updated,
            Self::Customer(customer) => customer.updated,
            Self::PaymentMethod(method) => method.updated,
            Self::Endpoint(endpoint) => endpoint.updated.unwrap_or(endpoint.created),
        }
    }

    fn request(&self) -> &RequestRef {
        match self {
            Self::Payment(payment) => &payment.request,
            Self::Refund(refund) => &refund.request,
            Self::Customer(customer) => &customer.request,
            Self::PaymentMethod(method) => &method.request,
            Self::Endpoint(endpoint) => &endpoint.request,
        }
    }
}

/// The events of one committed change of the item at `table_key`, in the order in which they happened.
///
/// `before` is the item before the change, `None` for a create.
pub fn events_of(table_key: &str, before: Option<&Subject>, after: &Subject) -> Vec<Event> {
    let kinds = match (before, after) {
        (Some(Subject::Payment(old)), Subject::Payment(new)) => kinds_of_payment(Some(old), new),
        (_, Subject::Payment(new)) => kinds_of_payment(None, new),
        (Some(Subject::Refund(old)), Subject::Refund(new)) if old.status == new.status => {
            let changed = old.metadata != new.metadata;
            changed.then_some(EventKind::RefundUpdated).into_iter().collect()
        }
        (before, Subject::Refund(new)) => {
            let settled = match new.status {
                RefundStatus::Pending => None,
                RefundStatus::Succeeded => Some(EventKind::RefundSucceeded),
                RefundStatus::Failed | RefundStatus::Canceled => Some(EventKind::RefundFailed),
            };
            before.is_none().then_some(EventKind::RefundCreated).into_iter().chain(settled).collect()
        }
        (None, Subject::Customer(_)) => vec![EventKind::CustomerCreated],
        (Some(Subject::Customer(old)), Subject::Customer(_)) if old.deleted => vec![],
        (Some(_), Subject::Customer(new)) if new.deleted => vec![EventKind::CustomerDeleted],
        (Some(Subject::Customer(old)), Subject::Customer(new)) if old.profile == new.profile => vec![],
        (Some(_), Subject::Customer(_)) => vec![EventKind::CustomerUpdated],
        (None, Subject::PaymentMethod(new)) => {
            let attached = new.customer.is_some();
            attached.then_some(EventKind::PaymentMethodAttached).into_iter().collect()
        }
        // Erased with the customer that it was detached from: to tell what it was would keep it for another month.
        (Some(Subject::PaymentMethod(old)), Subject::PaymentMethod(new))
            if old.detached_from.is_some() && new.detached_from.is_none() =>
        {
            vec![]
        }
        (Some(Subject::PaymentMethod(old)), Subject::PaymentMethod(new)) => {
            vec![match (old.customer, new.customer) {
                (None, Some(_)) => EventKind::PaymentMethodAttached,
                (Some(_), None) => EventKind::PaymentMethodDetached,
                _ => EventKind::PaymentMethodUpdated,
            }]
        }
        (Some(_), Subject::PaymentMethod(_)) => vec![],
        (Some(Subject::Endpoint(old)), Subject::Endpoint(new)) => kinds_of_endpoint(old, new),
        (_, Subject::Endpoint(_)) => vec![EventKind::EndpointCreated],
    };
    kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Event {
            id: consequence_id(table_key, after.version(), index),
            kind,
            // What one change means happened in this order, which lists keep.
            created: after.updated().plus_ms(i64::try_from(index).unwrap_or(0)),
            request: after.request().clone(),
            subject: after.told(),
            previous: before.filter(|_| kind.is_a_change()).map(Subject::told),
        })
        .collect()
}

/// What one change of an endpoint means: nothing, where only its health was noted.
fn kinds_of_endpoint(old: &WebhookEndpoint, new: &WebhookEndpoint) -> Vec<EventKind> {
    let kind = if new.deleted {
        EventKind::EndpointDeleted
    } else if (old.status, new.status) == (EndpointStatus::Enabled, EndpointStatus::Disabled) {
        EventKind::EndpointDisabled
    } else if new.is_as_made(old) {
        return vec![];
    } else {
        EventKind::EndpointUpdated
    };
    vec![kind]
}

/// What one change of a payment means: to the payment, and, where it is an intent, to its charge.
fn kinds_of_payment(old: Option<&Payment>, new: &Payment) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    let is_intent = new.intent.is_some();
    if old.is_none() && is_intent {
        kinds.push(EventKind::PaymentCreated);
    }
    if old.is_some_and(|old| new.amount_refunded > old.amount_refunded) {
        kinds.push(EventKind::ChargeRefunded);
    }
    let charges = |payment: &Payment| payment.intent.as_ref().map_or(0, |intent| intent.charges);
    let declined_again = old.is_some_and(|old| charges(new) > charges(old));
    if old.is_some_and(|old| old.state.status == new.state.status) && !declined_again {
        return kinds;
    }
    let was_reserved = old.is_some_and(|old| old.state.status == Status::RequiresCapture);
    match new.state.status {
        // Nothing has happened to it yet, or its card was declined.
        Status::RequiresPaymentMethod if new.state.decline.is_some() => {
            kinds.extend([EventKind::ChargeFailed, EventKind::PaymentFailed]);
        }
        Status::RequiresPaymentMethod | Status::RequiresConfirmation => {}
        Status::RequiresAction => kinds.push(EventKind::PaymentRequiresAction),
        Status::Processing => kinds.push(EventKind::PaymentProcessing),
        Status::RequiresCapture => kinds.extend([EventKind::ChargeSucceeded, EventKind::PaymentCapturable]),
        Status::Succeeded if was_reserved => {
            kinds.extend([EventKind::ChargeCaptured, EventKind::PaymentSucceeded]);
        }
        Status::Succeeded => kinds.extend([EventKind::ChargeSucceeded, EventKind::PaymentSucceeded]),
        Status::Failed => kinds.extend([EventKind::ChargeFailed, EventKind::PaymentFailed]),
        Status::Canceled => kinds.push(EventKind::PaymentCanceled),
    }
    kinds
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
        events_of("k", before.map(subject).as_ref(), &subject(after)).into_iter().map(|e| e.kind).collect()
    }

    #[test]
    fn a_payment_says_where_it_got_to_once() {
        let challenged = payment(1000, Outcome::ChallengeRequired);
        assert_eq!(kinds(None, &challenged), [EventKind::PaymentRequiresAction]);
        let told =
            challenged.apply(Command::SetReturnUrl("https://x.example".into()), NOW, &"r".into()).unwrap();
        assert_eq!(kinds(Some(&challenged), &told), []);
        let paid = told.apply(Command::ChallengePassed(Outcome::Approved), NOW, &"r".into()).unwrap();
        assert_eq!(kinds(Some(&told), &paid), [EventKind::ChargeSucceeded, EventKind::PaymentSucceeded]);
        let refunded = paid.apply(Command::Refund(10), NOW, &"r".into()).unwrap();
        assert_eq!(kinds(Some(&paid), &refunded), [EventKind::ChargeRefunded]);
        let failed = payment(1000, Outcome::Declined(Decline::CardDeclined));
        assert_eq!(kinds(None, &failed), [EventKind::ChargeFailed, EventKind::PaymentFailed]);
    }

    #[test]
    fn reading_a_change_twice_makes_the_same_events() {
        let subject = || Subject::Payment(Box::new(payment(1000, Outcome::Approved)));
        assert_eq!(events_of("k", None, &subject()), events_of("k", None, &subject()));
        assert_ne!(events_of("k", None, &subject())[0].id, events_of("j", None, &subject())[0].id);
    }
}
