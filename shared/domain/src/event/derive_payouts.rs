//! The events of payouts, of where they go, and of the settings that make them.

use super::EventKind;
use crate::{
    balance_settings::BalanceSettings,
    bank_account::BankAccount,
    connected_account::ConnectedAccount,
    payout::{Payout, PayoutStatus},
};

/// A change of a payout's status or metadata. That its rail is asked again is no event.
pub(super) fn kinds_of_payout(old: Option<&Payout>, new: &Payout) -> Vec<EventKind> {
    if let Some(old) = old.filter(|old| old.status == new.status) {
        let changed = old.metadata != new.metadata;
        return changed.then_some(EventKind::PayoutUpdated).into_iter().collect();
    }
    let ended = match new.status {
        PayoutStatus::Pending | PayoutStatus::InTransit => None,
        PayoutStatus::Paid => Some(EventKind::PayoutPaid),
        PayoutStatus::Failed => Some(EventKind::PayoutFailed),
        PayoutStatus::Canceled => Some(EventKind::PayoutCanceled),
    };
    let first = if old.is_some() { EventKind::PayoutUpdated } else { EventKind::PayoutCreated };
    std::iter::once(first).chain(ended).collect()
}

/// A transfer never changes.
pub(super) fn kinds_of_transfer(is_new: bool) -> Vec<EventKind> {
    is_new.then_some(EventKind::TransferCreated).into_iter().collect()
}

/// The other merchant's consent. That it was asked for is no event: the merchant that hears of it asked.
pub(super) fn kinds_of_connected_account(
    old: Option<&ConnectedAccount>,
    new: &ConnectedAccount,
) -> Vec<EventKind> {
    let changed = old.is_some_and(|old| old.accepted != new.accepted || old.metadata != new.metadata);
    changed.then_some(EventKind::ConnectedAccountUpdated).into_iter().collect()
}

/// A change of the settings. That the balance was paid out is no event of theirs.
pub(super) fn kinds_of_balance_settings(
    old: Option<&BalanceSettings>,
    new: &BalanceSettings,
) -> Vec<EventKind> {
    let said = |settings: &BalanceSettings| {
        let BalanceSettings { schedule, minimums, statement_descriptor, .. } = settings.clone();
        (schedule, minimums, statement_descriptor)
    };
    let changed = old.is_none_or(|old| said(old) != said(new));
    changed.then_some(EventKind::BalanceSettingsUpdated).into_iter().collect()
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
