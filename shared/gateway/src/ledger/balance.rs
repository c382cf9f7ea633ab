//! A merchant's balances and balance transactions.

use tollgate_domain::{
    BalanceTransaction, BalanceTransactionId, Currency, PayoutId, Refusal, Resource, Subject, Timestamp, id,
    ledger::{TransactionKind, TransactionSource, bookings_of},
};
use tollgate_store::{Balance, Page};

use super::book::terms_of;
use crate::{call::Call, error::Error, pagination::PageRequest};

/// Which balance transactions to list.
#[derive(Clone, Debug)]
pub struct TransactionFilter {
    /// The page.
    pub page_request: PageRequest<id::BalanceTransactionKind>,
    /// Only those of this source.
    pub source: Option<TransactionSource>,
    /// Only those of one of these kinds. None of them finds none.
    pub kinds: Option<Vec<TransactionKind>>,
    /// Only those in this currency.
    pub currency: Option<Currency>,
    /// Only those that this payout paid out.
    pub payout: Option<PayoutId>,
    /// Only those created at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub created_to: Option<Timestamp>,
}

impl TransactionFilter {
    /// Whether it drops some of the balance transactions that its query reads.
    const fn drops(&self) -> bool {
        self.kinds.is_some() || self.currency.is_some() || self.payout.is_some()
    }

    fn keeps(&self, transaction: &BalanceTransaction) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&transaction.kind))
            && self.currency.is_none_or(|currency| transaction.amount.currency == currency)
            && self.payout.is_none_or(|payout| transaction.payout == Some(payout))
    }
}

impl Call {
    /// Reads the balances, ordered by currency. One round trip in a warm function.
    pub async fn balances(&self) -> Result<Vec<Balance>, Error> {
        let tenant = self.tenant().await?;
        Ok(self.store.balances(tenant).await?)
    }

    /// Reads a balance transaction. One round trip in a warm function.
    pub async fn retrieve_balance_transaction(
        &self,
        id: BalanceTransactionId,
    ) -> Result<BalanceTransaction, Error> {
        let tenant = self.tenant().await?;
        let transaction = self.store.get(tenant, &id.to_string()).await?;
        Ok(transaction.ok_or(Refusal::NotFound(Resource::BalanceTransaction))?)
    }

    /// Reads a balance transaction of a payment or a refund, as it will be booked if it is not booked yet. One round
    /// trip in a warm function, and three if it is not booked yet.
    pub async fn balance_transaction_of(
        &self,
        source: TransactionSource,
        id: BalanceTransactionId,
    ) -> Result<BalanceTransaction, Error> {
        match self.retrieve_balance_transaction(id).await {
            Err(Error::Refused(Refusal::NotFound(Resource::BalanceTransaction))) => {}
            found => return found,
        }
        let tenant = self.tenant().await?;
        let subject = match source {
            TransactionSource::Payment(id) => Subject::Payment(Box::new(self.retrieve_payment(id).await?)),
            TransactionSource::Refund(id) => Subject::Refund(Box::new(self.retrieve_refund(id).await?)),
            TransactionSource::Dispute(id) => Subject::Dispute(Box::new(self.retrieve_dispute(id).await?)),
            TransactionSource::Payout(id) => Subject::Payout(Box::new(self.retrieve_payout(id).await?)),
            TransactionSource::Transfer(id) => Subject::Transfer(Box::new(self.retrieve_transfer(id).await?)),
            TransactionSource::Adjustment(id) => {
                Subject::Adjustment(Box::new(self.retrieve_adjustment(id).await?))
            }
        };
        let bookings = bookings_of(None, &subject);
        let booking = bookings.iter().find(|booking| booking.id(tenant) == id);
        let booking = booking.ok_or(Refusal::NotFound(Resource::BalanceTransaction))?;
        let terms = self.store.ledger_terms(tenant.merchant).await?;
        Ok(booking.booked(tenant, &terms_of(tenant, booking, terms)))
    }

    /// Lists balance transactions, newest first.
    pub async fn list_balance_transactions(
        &self,
        filter: TransactionFilter,
    ) -> Result<Page<BalanceTransaction>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<BalanceTransaction, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        // A payout's balance transactions are listed with it.
        let of_payout = filter.payout.map(TransactionSource::Payout);
        if let Some(source) = filter.source.or(of_payout) {
            query = query.of_source(tenant, source);
        }
        let keep = |transaction: &BalanceTransaction| filter.keeps(transaction);
        Ok(self.store.list(tenant, &query, filter.drops().then_some(&keep as _)).await?)
    }
}
