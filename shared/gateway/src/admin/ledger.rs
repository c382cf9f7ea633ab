//! The ledger, for the operator: a merchant's terms, and the booking of what the stream did not book.

use tollgate_domain::{
    BalanceTransaction, Currency, LedgerTerms, MerchantId,
    ledger::{Booking, Fee, bookings_of},
};
use tollgate_store::{Changed, Place, StackTable, StoredItem};

use super::{
    operator::{Admin, AdminError},
    republish::failed,
    scan::{Pages, read_or_leave, scan_pages, unless_full},
};
use crate::ledger::book::Booker;

/// What a run booked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backfilled {
    /// Items that were read.
    pub scanned: usize,
    /// Balance transactions that were missing and are booked now.
    pub booked: usize,
    /// Keys of items that do not read. A run ends after the page with the thousandth.
    pub left: Vec<String>,
    /// Where the next run continues; `None` at the end of the table.
    pub next: Option<Place>,
}

/// A change of a merchant's terms. What is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewTerms {
    /// The fee.
    pub fee: Option<Fee>,
    /// The fee of a dispute, in minor units.
    pub dispute_fee: Option<i64>,
    /// The currency of the fees; all that have none of their own when absent.
    pub currency: Option<Currency>,
    /// The delay until money is available, in days.
    pub delay_days: Option<u16>,
}

impl Admin {
    /// Changes a merchant's terms, in both modes; returns all of them. They apply to what is booked from then on.
    pub async fn set_terms(&self, merchant: MerchantId, new: NewTerms) -> Result<LedgerTerms, AdminError> {
        let mut terms = self.0.store.ledger_terms(merchant).await?;
        if let Some(fee) = new.fee {
            terms = terms.with_fee(new.currency, fee);
        }
        if let Some(minor) = new.dispute_fee {
            terms = terms.with_dispute_fee(new.currency, minor)?;
        }
        if let Some(days) = new.delay_days {
            terms = terms.with_delay(days)?;
        }
        match self.0.writer().set_ledger_terms(merchant, &terms).await? {
            Changed::Done => Ok(terms),
            Changed::Missing => Err(AdminError::NoSuchMerchant),
        }
    }

    /// Goes through pages of the main table and books what the ledger lacks of payments and refunds: those from before
    /// it, and those whose records of the stream were lost. It can be repeated, also beside requests: what is
    /// booked is not booked again.
    pub async fn backfill_ledger(&self, pages: Pages) -> Result<Backfilled, AdminError> {
        let mut done = Backfilled::default();
        let booker = self.0.booker();
        let scanned = scan_pages(&self.0.store, StackTable::Main, pages, async |items| {
            for item in items {
                self.backfill_item(&booker, item, &mut done).await?;
            }
            Ok(unless_full(&done.left))
        })
        .await?;
        Ok(Backfilled { scanned: scanned.items, next: scanned.next, ..done })
    }

    async fn backfill_item(
        &self,
        booker: &Booker<'_>,
        item: &StoredItem,
        done: &mut Backfilled,
    ) -> Result<(), AdminError> {
        let read = read_or_leave(item, &mut done.left, StoredItem::subject)?;
        let Some((tenant, _, subject)) = read else { return Ok(()) };
        let bookings: Vec<Booking<'_>> = bookings_of(None, &subject);
        if !bookings.is_empty() {
            // The ledgers of merchants that made nothing since they are checked are found here only.
            self.0.ensure_ledger_check(tenant).await.map_err(failed)?;
        }
        for booking in &bookings {
            let id = booking.id(tenant).to_string();
            let booked: Option<BalanceTransaction> = self.0.store.get(tenant, &id).await?;
            let is_behind = |booked: &BalanceTransaction| booking.is_settled() && booked.settled().is_some();
            if booked.as_ref().is_none_or(is_behind) {
                booker.book_one(tenant, booking).await.map_err(failed)?;
                done.booked += 1;
            }
        }
        Ok(())
    }
}
