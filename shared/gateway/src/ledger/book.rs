//! Books changes of payments and refunds.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Mutex;
use tollgate_domain::{
    LedgerTerms, MerchantId, Mode, Payment, Subject, Tenant,
    ledger::{Booking, bookings_of},
};
use tollgate_processors::sandbox;

use crate::{error::Error, worker::Worker};

/// The terms of a payment: its merchant's, and without a delay for the sandbox's card whose money is available at once.
pub(crate) fn terms_of(tenant: Tenant, payment: &Payment, merchants: &LedgerTerms) -> LedgerTerms {
    let is_at_once = payment.instrument.as_ref().is_some_and(sandbox::is_available_at_once);
    let terms = merchants.clone();
    if is_at_once && tenant.mode == Mode::Test { terms.without_delay() } else { terms }
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
            Booking::Charge(payment) => terms_of(tenant, payment, &*self.terms(tenant.merchant).await?),
            // They cost nothing, and their money moves at once.
            Booking::Refund(_) | Booking::RefundFailure(_) => LedgerTerms::default(),
        };
        let transaction = booking.booked(tenant, &terms);
        self.worker.writer().book(tenant, &transaction).await?;
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
