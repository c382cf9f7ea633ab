//! Compares balance transactions with the payments and refunds that require them, both ways.

use std::collections::{HashMap, HashSet};

use tollgate_domain::{
    BalanceTransaction, LedgerTerms, Subject, Tenant, Timestamp,
    ledger::{LedgerCheck, bookings_of},
};
use tollgate_store::{Entity as _, LedgerItem, StoredItem};

use super::{PAGE_ITEMS, PAGES_MAX, SliceEnd, Step};
use crate::{
    error::Error,
    ledger::difference::{Difference, Required, compare},
    worker::Worker,
};

/// How long after a change it is a difference that it is not booked, in milliseconds: eight hours. The stream keeps trying for six
/// hours, and the queue of changes for half an hour.
pub(super) const UNBOOKED_MS: i64 = 8 * 60 * 60 * 1000;

/// What an item is; a difference if it does not read.
fn read_or_name<T>(
    item: &StoredItem,
    read: Result<Option<T>, tollgate_store::StoreError>,
) -> Result<Result<Option<T>, Difference>, Error> {
    match read {
        Ok(found) => Ok(Ok(found)),
        Err(error) if error.is_unreadable() => Ok(Err(Difference::Unreadable { key: item.key().to_owned() })),
        Err(error) => Err(error.into()),
    }
}

/// The balance transaction in an item. One that does not read is a difference.
pub(super) fn transaction_in(
    item: &StoredItem,
    check: &mut LedgerCheck,
) -> Result<Option<Box<BalanceTransaction>>, Error> {
    Ok(match read_or_name(item, item.ledger_item())? {
        Ok(Some((_, LedgerItem::Transaction(transaction)))) => Some(transaction),
        Ok(Some((_, LedgerItem::Balance(_))) | None) => None,
        Err(difference) => {
            check.add_differences([difference.to_string()]);
            None
        }
    })
}

/// The payment or refund in an item. One that does not read is a difference.
fn subject_in(item: &StoredItem, check: &mut LedgerCheck) -> Result<Option<Subject>, Error> {
    Ok(match read_or_name(item, item.subject())? {
        Ok(found) => found.map(|(_, _, subject)| subject),
        Err(difference) => {
            check.add_differences([difference.to_string()]);
            None
        }
    })
}

impl Worker {
    /// Compares a slice of balance transactions with their causes.
    pub(super) async fn causes_slice(
        &self,
        tenant: Tenant,
        check: &mut LedgerCheck,
        step: Step,
    ) -> Result<SliceEnd, Error> {
        let mut after = check.after.clone();
        for _ in 0..PAGES_MAX {
            let page = self.store.list_oldest(tenant, step.code(), after.as_deref(), PAGE_ITEMS).await?;
            let mut transactions = Vec::with_capacity(page.items.len());
            for (place, item) in page.items {
                transactions.extend(transaction_in(&item, check)?.map(|transaction| *transaction));
                after = Some(place);
            }
            self.compare_with_causes(tenant, &transactions, check).await?;
            if !page.has_more {
                return Ok(SliceEnd { after, has_more: false });
            }
        }
        Ok(SliceEnd { after, has_more: true })
    }

    /// Compares balance transactions with the payments and refunds that they name. These are read after them, so they show
    /// what was booked.
    pub(super) async fn compare_with_causes(
        &self,
        tenant: Tenant,
        transactions: &[BalanceTransaction],
        check: &mut LedgerCheck,
    ) -> Result<(), Error> {
        let keys: HashSet<String> = transactions.iter().map(|one| one.source.key(tenant)).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let mut required = HashMap::new();
        for item in self.store.stored_items(&keys).await? {
            let Some(subject) = subject_in(&item, check)? else { continue };
            let bookings = bookings_of(None, &subject);
            required
                .extend(bookings.iter().map(|booking| (booking.id(tenant), Required::by(tenant, booking))));
        }
        for transaction in transactions {
            let differences = compare(tenant, transaction, required.get(&transaction.id));
            check.add_differences(differences.iter().map(Difference::to_string));
        }
        Ok(())
    }

    /// Looks for the balance transactions of a slice of payments or refunds.
    pub(super) async fn bookings_slice(
        &self,
        tenant: Tenant,
        check: &mut LedgerCheck,
        step: Step,
        now: Timestamp,
    ) -> Result<SliceEnd, Error> {
        let mut after = check.after.clone();
        for _ in 0..PAGES_MAX {
            let page = self.store.list_oldest(tenant, step.code(), after.as_deref(), PAGE_ITEMS).await?;
            let mut required = Vec::new();
            for (place, item) in page.items {
                after = Some(place);
                let Some(subject) = subject_in(&item, check)? else { continue };
                for booking in bookings_of(None, &subject) {
                    let due = booking.booked(tenant, &LedgerTerms::default()).created.plus_ms(UNBOOKED_MS);
                    if due <= now {
                        required.push(Required::by(tenant, &booking));
                    }
                }
            }
            self.find_unbooked(tenant, &required, check).await?;
            if !page.has_more {
                return Ok(SliceEnd { after, has_more: false });
            }
        }
        Ok(SliceEnd { after, has_more: true })
    }

    async fn find_unbooked(
        &self,
        tenant: Tenant,
        required: &[Required],
        check: &mut LedgerCheck,
    ) -> Result<(), Error> {
        let key = |required: &Required| format!("{tenant}{}#{}", BalanceTransaction::CODE, required.id);
        let keys: Vec<String> = required.iter().map(key).collect();
        let booked = self.store.stored_items(&keys).await?;
        let booked: HashSet<&str> = booked.iter().map(StoredItem::key).collect();
        let missing = required.iter().zip(&keys).filter(|(_, key)| !booked.contains(key.as_str()));
        check.add_differences(missing.map(|(required, _)| required.missing().to_string()));
        Ok(())
    }
}
