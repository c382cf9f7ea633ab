//! Books changes of payments and refunds.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Mutex;
use tollgate_domain::{
    LedgerTerms, MerchantId, Mode, Subject, Tenant,
    ledger::{Booking, bookings_of},
};
use tollgate_processors::sandbox;

use crate::{error::Error, worker::Worker};

/// The terms of a booking: the merchant's. The money of one of the sandbox's cards is available without a delay.
pub(crate) fn terms_of(tenant: Tenant, booking: &Booking<'_>, merchants: LedgerTerms) -> LedgerTerms {
    let instrument = match booking {
        Booking::Charge(payment) if tenant.mode == Mode::Test => payment.instrument.as_ref(),
        Booking::Charge(_)
        | Booking::Refund(_)
        | Booking::RefundFailure(_)
        | Booking::Dispute(_)
        | Booking::DisputeReversal(_)
        | Booking::Payout(_)
        | Booking::Transfer(_)
        | Booking::Adjustment(_) => None,
    };
    let is_at_once = instrument.is_some_and(sandbox::is_available_at_once);
    if is_at_once { merchants.without_delay() } else { merchants }
}

/// Books a batch of changes. A batch reads a merchant's terms once.
#[derive(Debug)]
pub(crate) struct Booker<'a> {
    worker: &'a Worker,
    terms: Mutex<HashMap<MerchantId, Arc<LedgerTerms>>>,
}

impl Worker {
    /// Starts a batch.
    pub(crate) fn booker(&self) -> Booker<'_> {
        Booker { worker: self, terms: Mutex::default() }
    }
}

impl Booker<'_> {
    /// Books what a change requires; returns how many balance transactions it has. Booking the same change again
    /// moves nothing.
    pub(crate) async fn book(
        &self,
        tenant: Tenant,
        before: Option<&Subject>,
        after: &Subject,
    ) -> Result<usize, Error> {
        let bookings = bookings_of(before, after);
        for booking in &bookings {
            self.book_one(tenant, booking).await?;
        }
        Ok(bookings.len())
    }

    /// Books one balance transaction.
    pub(crate) async fn book_one(&self, tenant: Tenant, booking: &Booking<'_>) -> Result<(), Error> {
        let terms = match booking {
            Booking::Charge(_) => {
                let merchants = self.terms(tenant.merchant).await?;
                terms_of(tenant, booking, (*merchants).clone())
            }
            // A dispute has its own fee, the others none, and their money moves at once.
            Booking::Refund(_)
            | Booking::RefundFailure(_)
            | Booking::Dispute(_)
            | Booking::DisputeReversal(_)
            | Booking::Payout(_)
            | Booking::Transfer(_)
            | Booking::Adjustment(_) => LedgerTerms::default(),
        };
        let transaction = booking.booked(tenant, &terms);
        let earlier = self.worker.writer().book(tenant, &transaction).await?;
        if let Some(earlier) = earlier.filter(|_| booking.is_settled())
            && let Some(settled) = earlier.settled()
        {
            self.worker.writer().move_booked(tenant, &earlier, &settled).await?;
        }
        self.worker.ensure_ledger_check(tenant).await?;
        let (id, kind) = (transaction.id.to_string(), transaction.kind.as_str());
        tracing::info!(transaction = id, kind, source = ?transaction.source, "booked");
        Ok(())
    }

    async fn terms(&self, merchant: MerchantId) -> Result<Arc<LedgerTerms>, Error> {
        // Locked during the read, so that concurrent changes read once.
        let mut known = self.terms.lock().await;
        if let Some(terms) = known.get(&merchant) {
            return Ok(terms.clone());
        }
        let terms = Arc::new(self.worker.store.ledger_terms(merchant).await?);
        known.insert(merchant, terms.clone());
        Ok(terms)
    }
}
