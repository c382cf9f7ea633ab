//! The end of a payout: its balance transaction is settled with it, and money that did not arrive is given back.

use tollgate_domain::{
    BalanceTransaction, LedgerTerms, Payout, Tenant,
    ledger::{FundsStatus, TransactionKind, required_by_payout},
};
use tollgate_store::{PayoutSettled, Writer};

use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
};

/// Settles a payout and its money. `Write::Conflict` if another change of the payout came first.
pub(crate) async fn settle(
    writer: &Writer,
    tenant: Tenant,
    settled: &Payout,
) -> Result<Write<(), ()>, Error> {
    let required = required_by_payout(settled);
    let booked: Vec<BalanceTransaction> =
        required.iter().map(|booking| booking.booked(tenant, &LedgerTerms::default())).collect();
    let booked = &booked;
    retry_conflicts(settled.id, (), |()| async move {
        Ok::<_, Error>(match writer.settle_payout(tenant, settled, booked).await? {
            PayoutSettled::Done => Write::Done(Write::Done(())),
            PayoutSettled::Conflict(_) => Write::Done(Write::Conflict(())),
            PayoutSettled::NotBooked => {
                book_as_taken(writer, tenant, booked).await?;
                Write::Conflict(())
            }
        })
    })
    .await
}

/// Books what a payout took, where it is not there: a table that was restored in part may lack it.
async fn book_as_taken(writer: &Writer, tenant: Tenant, booked: &[BalanceTransaction]) -> Result<(), Error> {
    let taken = booked.iter().find(|transaction| transaction.kind == TransactionKind::Payout);
    if let Some(taken) = taken {
        let first = BalanceTransaction { version: 1, status: FundsStatus::Pending, ..taken.clone() };
        writer.book(tenant, &first).await?;
    }
    Ok(())
}
