//! Derives the events of a committed change.

use super::{
    Event, EventKind, Subject,
    derive_payouts::{
        kinds_of_balance_settings, kinds_of_bank_account, kinds_of_connected_account, kinds_of_payout,
        kinds_of_transfer,
    },
};
use crate::{
    customer::Customer,
    dispute::{Dispute, DisputeStatus},
    endpoint::{EndpointStatus, WebhookEndpoint},
    id::EventId,
    idempotency::consequence_id,
    ledger::BalanceSheet,
    payment::{Payment, Status},
    payment_method::PaymentMethod,
    refund::{Refund, RefundStatus},
};

/// Most events of one change. Their ids are derived from their number within the change.
const EVENTS_OF_A_CHANGE_MAX: usize = 4;

/// The ids that the events of versions 1 to `version` of an item may have. Most versions have fewer events
/// than ids.
pub fn ids_of_events(table_key: &str, version: u64) -> impl Iterator<Item = EventId> {
    ids_of_versions(table_key, 1..=version)
}

/// The ids that the events of these versions of an item may have.
pub fn ids_of_versions(
    table_key: &str,
    versions: std::ops::RangeInclusive<u64>,
) -> impl Iterator<Item = EventId> {
    versions.flat_map(move |version| {
        (0..EVENTS_OF_A_CHANGE_MAX).map(move |index| consequence_id(table_key, version, index))
    })
}

/// Derives the events of a committed change of the item at `table_key`, in their order. `before` is the item
/// before the change; `None` for a create.
pub fn events_of(table_key: &str, before: Option<&Subject>, after: &Subject) -> Vec<Event> {
    let kinds = match (before, after) {
        (Some(Subject::Payment(old)), Subject::Payment(new)) => kinds_of_payment(Some(old), new),
        (_, Subject::Payment(new)) => kinds_of_payment(None, new),
        (Some(Subject::Refund(old)), Subject::Refund(new)) => kinds_of_refund(Some(old), new),
        (_, Subject::Refund(new)) => kinds_of_refund(None, new),
        (Some(Subject::Customer(old)), Subject::Customer(new)) => kinds_of_customer(Some(old), new),
        (_, Subject::Customer(new)) => kinds_of_customer(None, new),
        (Some(Subject::PaymentMethod(old)), Subject::PaymentMethod(new)) => {
            kinds_of_payment_method(Some(old), new)
        }
        (_, Subject::PaymentMethod(new)) => kinds_of_payment_method(None, new),
        (Some(Subject::Endpoint(old)), Subject::Endpoint(new)) => kinds_of_endpoint(Some(old), new),
        (_, Subject::Endpoint(new)) => kinds_of_endpoint(None, new),
        (Some(Subject::Dispute(old)), Subject::Dispute(new)) => kinds_of_dispute(Some(old), new),
        (_, Subject::Dispute(new)) => kinds_of_dispute(None, new),
        (Some(Subject::Payout(old)), Subject::Payout(new)) => kinds_of_payout(Some(old), new),
        (_, Subject::Payout(new)) => kinds_of_payout(None, new),
        (Some(Subject::BankAccount(old)), Subject::BankAccount(new)) => kinds_of_bank_account(Some(old), new),
        (_, Subject::BankAccount(new)) => kinds_of_bank_account(None, new),
        (before, Subject::Transfer(_)) => kinds_of_transfer(before.is_none()),
        (Some(Subject::ConnectedAccount(old)), Subject::ConnectedAccount(new)) => {
            kinds_of_connected_account(Some(old), new)
        }
        (_, Subject::ConnectedAccount(new)) => kinds_of_connected_account(None, new),
        (Some(Subject::BalanceSettings(old)), Subject::BalanceSettings(new)) => {
            kinds_of_balance_settings(Some(old), new)
        }
        (_, Subject::BalanceSettings(new)) => kinds_of_balance_settings(None, new),
        (Some(Subject::Billing(old)), Subject::Billing(new)) => new.kinds(Some(old)),
        (_, Subject::Billing(new)) => new.kinds(None),
        // Balances change by balance transactions: see `balance_available`.
        (_, Subject::Adjustment(_) | Subject::Balance(_)) => Vec::new(),
    };
    kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Event {
            id: consequence_id(table_key, after.version(), index),
            kind,
            // Lists sort by time, so each event of a change is one millisecond later than the one before.
            created: after.updated().plus_ms(i64::try_from(index).unwrap_or(0)),
            request: after.request().clone(),
            subject: after.snapshot(),
            previous: before.filter(|_| kind.is_a_change()).map(Subject::snapshot),
        })
        .collect()
}

/// The event of money that became available. `transaction_key` and `version` are those of the balance transaction that
/// made it so, or of the first of several at once.
pub fn balance_available(transaction_key: &str, version: u64, sheet: BalanceSheet) -> Event {
    Event {
        id: consequence_id(transaction_key, version, 0),
        kind: EventKind::BalanceAvailable,
        created: sheet.read_at,
        request: sheet.request.clone(),
        subject: Subject::Balance(Box::new(sheet)),
        previous: None,
    }
}

/// A refund's settlement, or a change of its metadata.
fn kinds_of_refund(old: Option<&Refund>, new: &Refund) -> Vec<EventKind> {
    if let Some(old) = old.filter(|old| old.status == new.status) {
        let changed = old.metadata != new.metadata;
        return if changed { vec![EventKind::RefundUpdated, EventKind::ChargeRefundUpdated] } else { vec![] };
    }
    let settled = match new.status {
        RefundStatus::Pending => None,
        RefundStatus::Succeeded => Some(EventKind::RefundSucceeded),
        RefundStatus::Failed | RefundStatus::Canceled => Some(EventKind::RefundFailed),
    };
    let created = old.is_none().then_some(EventKind::RefundCreated);
    let updated = old.is_some().then_some(EventKind::ChargeRefundUpdated);
    created.into_iter().chain(settled).chain(updated).collect()
}

/// A dispute's way. The erasure of who the payer is, is no event.
fn kinds_of_dispute(old: Option<&Dispute>, new: &Dispute) -> Vec<EventKind> {
    let was_withheld = old.is_some_and(|old| old.withheld_since.is_some());
    let withdrawn =
        (new.withheld_since.is_some() && !was_withheld).then_some(EventKind::DisputeFundsWithdrawn);
    let Some(old) = old else {
        return std::iter::once(EventKind::DisputeCreated).chain(withdrawn).collect();
    };
    let said = |dispute: &Dispute| (dispute.status, dispute.metadata.clone(), dispute.evidence.clone());
    let is_erasure = said(&old.without_person()) == said(new) && said(old) != said(new);
    if said(old) == said(new) || (is_erasure && old.status == new.status && old.metadata == new.metadata) {
        return vec![];
    }
    let is_closed = new.status.is_decided() && !old.status.is_decided();
    let reinstated =
        (is_closed && new.status == DisputeStatus::Won).then_some(EventKind::DisputeFundsReinstated);
    let changed = if is_closed { EventKind::DisputeClosed } else { EventKind::DisputeUpdated };
    std::iter::once(changed).chain(withdrawn).chain(reinstated).collect()
}

/// A change of a customer's profile. Ownership of an address and a continued erasure are no events.
fn kinds_of_customer(old: Option<&Customer>, new: &Customer) -> Vec<EventKind> {
    match old {
        None => vec![EventKind::CustomerCreated],
        Some(old) if old.deleted => vec![],
        Some(_) if new.deleted => vec![EventKind::CustomerDeleted],
        Some(old) if old.profile == new.profile => vec![],
        Some(_) => vec![EventKind::CustomerUpdated],
    }
}

/// A change of a payment method, or of its customer.
fn kinds_of_payment_method(old: Option<&PaymentMethod>, new: &PaymentMethod) -> Vec<EventKind> {
    let Some(old) = old else {
        let attached = new.customer.is_some();
        return attached.then_some(EventKind::PaymentMethodAttached).into_iter().collect();
    };
    // Erased with the customer from which it was detached. An event would keep its details for another month.
    if old.detached_from.is_some() && new.detached_from.is_none() {
        return vec![];
    }
    vec![match (old.customer, new.customer) {
        (None, Some(_)) => EventKind::PaymentMethodAttached,
        (Some(_), None) => EventKind::PaymentMethodDetached,
        (None, None) | (Some(_), Some(_)) => EventKind::PaymentMethodUpdated,
    }]
}

/// A change of an endpoint. Its health is no event.
fn kinds_of_endpoint(old: Option<&WebhookEndpoint>, new: &WebhookEndpoint) -> Vec<EventKind> {
    let Some(old) = old else { return vec![EventKind::EndpointCreated] };
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

/// A change of a payment's status, a refund, and the charge of an intent.
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
        kinds.extend(old.is_some_and(|old| is_charge_updated(old, new)).then_some(EventKind::ChargeUpdated));
        return kinds;
    }
    let was_reserved = old.is_some_and(|old| old.state.status == Status::RequiresCapture);
    match new.state.status {
        // Otherwise the intent is new, or a payment method was set.
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

/// Whether something else is said of a payment's charge. Erasure is no event, which would keep what is erased for
/// another month.
fn is_charge_updated(old: &Payment, new: &Payment) -> bool {
    let is_erasure = || {
        old.erased(new.updated, &new.request)
            .is_some_and(|erased| said_of_charge(&erased) == said_of_charge(new))
    };
    old.was_charged() && said_of_charge(old) != said_of_charge(new) && !is_erasure()
}

/// What merchants say of a payment's charge.
fn said_of_charge(payment: &Payment) -> impl PartialEq {
    (payment.customer, &payment.description, &payment.metadata, payment.receipt_email(), &payment.details)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        payment::{
            Command, Details, Outcome,
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
    fn what_is_said_of_a_charge_is_told_and_its_erasure_is_not() {
        let paid = payment(1000, Outcome::Approved);
        let mut described = Payment { description: Some("Order 7".into()), ..paid.clone() };
        described.details =
            Some(Box::new(Details { receipt_email: Some("ann@example.com".into()), ..Details::default() }));
        assert_eq!(kinds(Some(&paid), &described), [EventKind::ChargeUpdated]);
        assert_eq!(kinds(Some(&described), &described), []);
        let erased = described.erased(NOW, &"r".into()).unwrap();
        assert_eq!(kinds(Some(&described), &erased), []);
        let challenged = payment(1000, Outcome::ChallengeRequired);
        let refunded = described.apply(Command::Refund(10), NOW, &"r".into()).unwrap();
        let refunded = Payment { description: None, ..refunded };
        assert_eq!(kinds(Some(&described), &refunded), [EventKind::ChargeRefunded, EventKind::ChargeUpdated]);
        assert_eq!(kinds(Some(&challenged), &challenged), []);
    }

    #[test]
    fn reading_a_change_twice_makes_the_same_events() {
        let subject = || Subject::Payment(Box::new(payment(1000, Outcome::Approved)));
        assert_eq!(events_of("k", None, &subject()), events_of("k", None, &subject()));
        assert_ne!(events_of("k", None, &subject())[0].id, events_of("j", None, &subject())[0].id);
    }
}
