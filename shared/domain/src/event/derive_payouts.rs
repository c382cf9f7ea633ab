//! The events of payouts and bank accounts.

use super::EventKind;
use crate::{
    bank_account::BankAccount,
    payout::{Payout, PayoutStatus},
};

/// A change of a payout's status or metadata. That its rail is asked again is no event.
pub(super) fn kinds_of_payout(old: Option<&Payout>, new: &Payout) -> Vec<EventKind> {
    let Some(old) = old else { return vec![EventKind::PayoutCreated] };
    if old.status == new.status {
        let changed = old.metadata != new.metadata;
        return changed.then_some(EventKind::PayoutUpdated).into_iter().collect();
    }
    let ended = match new.status {
        PayoutStatus::Pending | PayoutStatus::InTransit => None,
        PayoutStatus::Paid => Some(EventKind::PayoutPaid),
        PayoutStatus::Failed => Some(EventKind::PayoutFailed),
        PayoutStatus::Canceled => Some(EventKind::PayoutCanceled),
    };
    std::iter::once(EventKind::PayoutUpdated).chain(ended).collect()
}

/// A change of a bank account. That its number was sealed again is no event.
pub(super) fn kinds_of_bank_account(old: Option<&BankAccount>, new: &BankAccount) -> Vec<EventKind> {
    let said = |account: &BankAccount| {
        let BankAccount { holder_name, holder_type, default_for_currency, metadata, .. } = account.clone();
        (holder_name, holder_type, default_for_currency, metadata)
    };
    let kind = match old {
        None => EventKind::BankAccountCreated,
        Some(old) if old.deleted => return vec![],
        Some(_) if new.deleted => EventKind::BankAccountDeleted,
        Some(old) if said(old) == said(new) => return vec![],
        Some(_) => EventKind::BankAccountUpdated,
    };
    vec![kind]
}
