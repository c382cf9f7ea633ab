//! Verifies a tenant's ledger in slices, by due work.
//!
//! A pass goes through the tenant's items in the order of their creation, a slice at a time, and finds:
//!
//! - a balance transaction that no payment or refund requires, or with another amount (`causes`);
//! - a balance that is not the sum of its balance transactions (`balances`);
//! - a payment or refund that is still not booked after [`causes::UNBOOKED_MS`] (`causes`).
//!
//! # Why traffic is no difference
//!
//! Bookings go on while a pass reads. Each of them counts itself in the balance (`movements`), in the transaction that moves
//! it. So if a balance has the same number of movements before and after something is read, nothing of that currency moved
//! meanwhile, and what was read belongs to that balance. Not all of a merchant's transactions can be read in such a moment,
//! and need not be: only few can move.
//!
//! | balance transactions | can move | read |
//! |---|---|---|
//! | whose money is available | no more | in slices, over any number of runs; their sums are kept in the [`LedgerCheck`] |
//! | whose money is available later than in [`balances::SOON_MS`] | not soon | in the run that compares |
//! | whose money becomes available now | yes | between the two reads of the balances |
//! | of open disputes, and of payouts that have not arrived | yes | between the two reads of the balances; their keys are kept in the [`LedgerCheck`] |
//! | created in the last [`balances::RECENT_MS`], and to come | yes | between the two reads of the balances |
//!
//! If the balance moved meanwhile, what can move is read again, some times; then the pass leaves the balance and says so.
//!
//! What this does not see is found by one pass only: a booking that comes later than [`balances::RECENT_MS`] after its payment,
//! to a place that the pass has left, and an index that lags. So a difference is one that two passes in a row found alike,
//! with as many movements missing, a quarter of an hour after each other.

mod balances;
mod causes;
mod metrics;

use tollgate_domain::{
    Adjustment, Dispute, Payout, Refund, Tenant, Timestamp, Transfer,
    id::{BalanceTransactionKind, Kind as _, PaymentKind},
    ledger::LedgerCheck,
};
use tollgate_store::{Entity as _, Put, Replaced};

use crate::{error::Error, worker::Worker};

/// Items of a page.
const PAGE_ITEMS: i32 = 1000;
/// Pages of a slice.
const PAGES_MAX: usize = 5;
/// Tenants that a process remembers to have a check.
const KNOWN_TENANTS_MAX: usize = 10_000;

/// What a slice reads. The names are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Balance transactions that move no more; at the end the balances.
    Transactions,
    /// The causes of all later ones.
    LateTransactions,
    /// Whether payments are booked.
    Payments,
    /// Whether refunds are booked.
    Refunds,
    /// Whether disputes are booked.
    Disputes,
    /// Whether payouts are booked.
    Payouts,
    /// Whether transfers are booked.
    Transfers,
    /// Whether adjustments are booked.
    Adjustments,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::Transactions,
        Self::LateTransactions,
        Self::Payments,
        Self::Refunds,
        Self::Disputes,
        Self::Payouts,
        Self::Transfers,
        Self::Adjustments,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::LateTransactions => "late_transactions",
            Self::Payments => "payments",
            Self::Refunds => "refunds",
            Self::Disputes => "disputes",
            Self::Payouts => "payouts",
            Self::Transfers => "transfers",
            Self::Adjustments => "adjustments",
        }
    }

    /// The step of a check. One that this release does not know is a newer release's: the pass begins again.
    fn of(check: &LedgerCheck) -> Option<Self> {
        let reads = check.reads.as_deref()?;
        Self::ALL.into_iter().find(|step| step.as_str() == reads)
    }

    /// The code of the items that it reads.
    const fn code(self) -> &'static str {
        match self {
            Self::Transactions | Self::LateTransactions => BalanceTransactionKind::CODE,
            Self::Payments => PaymentKind::CODE,
            Self::Refunds => Refund::CODE,
            Self::Disputes => Dispute::CODE,
            Self::Payouts => Payout::CODE,
            Self::Transfers => Transfer::CODE,
            Self::Adjustments => Adjustment::CODE,
        }
    }

    fn next(self) -> Option<Self> {
        let at = Self::ALL.iter().position(|step| *step == self)?;
        Self::ALL.get(at + 1).copied()
    }
}

/// How a slice ended.
struct SliceEnd {
    /// The last item that was read.
    after: Option<String>,
    /// Whether the step has more.
    has_more: bool,
}

impl Worker {
    /// Makes sure that a tenant's ledger is checked from now on. A process asks once for each tenant: one call, 2 write units
    /// and 2 for the index.
    pub(crate) async fn ensure_ledger_check(&self, tenant: Tenant) -> Result<(), Error> {
        let known = &self.known.checked_ledgers;
        if known.lock().is_ok_and(|known| known.contains(&tenant)) {
            return Ok(());
        }
        let (Put::Created | Put::Exists(_)) =
            self.writer().create(tenant, &LedgerCheck::new(self.now())).await?;
        if let Ok(mut known) = known.lock() {
            if known.len() >= KNOWN_TENANTS_MAX {
                known.clear();
            }
            known.insert(tenant);
        }
        Ok(())
    }

    /// Reads the next slice of a tenant's check, whose item has this key, if it is due.
    pub(crate) async fn check_ledger(&self, tenant: Tenant, key: &str) -> Result<(), Error> {
        let now = self.now();
        let check: Option<LedgerCheck> = self.store.get_by_key(key).await?;
        let Some(check) = check.filter(|check| check.due <= now) else { return Ok(()) };
        metrics::checked(now, tenant, &check);
        let next = self.next_slice(tenant, check, now).await?;
        // After a conflict another worker read the same slice.
        let (Replaced::Done | Replaced::Conflict(_)) = self.writer().replace(tenant, &next).await?;
        Ok(())
    }

    async fn next_slice(
        &self,
        tenant: Tenant,
        check: LedgerCheck,
        now: Timestamp,
    ) -> Result<LedgerCheck, Error> {
        let (step, mut check) = match Step::of(&check) {
            Some(step) => (step, check),
            None => (Step::Transactions, check.begun()),
        };
        let end = match step {
            Step::Transactions => self.sum_slice(tenant, &mut check, now).await?,
            Step::LateTransactions => self.causes_slice(tenant, &mut check, step).await?,
            Step::Payments
            | Step::Refunds
            | Step::Disputes
            | Step::Payouts
            | Step::Transfers
            | Step::Adjustments => self.bookings_slice(tenant, &mut check, step, now).await?,
        };
        if end.has_more {
            return Ok(check.continued(step.as_str(), end.after, now));
        }
        Ok(match step.next() {
            // The late balance transactions follow those that were summed up.
            Some(next @ Step::LateTransactions) => check.continued(next.as_str(), end.after, now),
            Some(next) => check.continued(next.as_str(), None, now),
            None => check.ended(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_has_every_step_once() {
        let mut steps = vec![Step::Transactions];
        while let Some(next) = steps.last().and_then(|step| step.next()) {
            steps.push(next);
        }
        assert_eq!(steps, Step::ALL);
        let now = Timestamp::from_s(1);
        for step in Step::ALL {
            let check = LedgerCheck::new(now).continued(step.as_str(), None, now);
            assert_eq!(Step::of(&check), Some(step));
        }
        assert_eq!(Step::of(&LedgerCheck::new(now).continued("news", None, now)), None);
    }
}
