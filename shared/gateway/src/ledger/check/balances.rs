//! Compares balances with the sums of their balance transactions, while bookings go on.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tollgate_domain::{
    BalanceTransaction, Currency, Tenant, Timestamp,
    ledger::{
        FundsStatus, LedgerCheck, TransactionKind,
        check::{TransactionSum, TransactionSums, add_to_sums},
    },
};
use tollgate_store::{Balance, Entity as _};

use super::{PAGE_ITEMS, PAGES_MAX, SliceEnd, Step, causes::transaction_in};
use crate::{error::Error, ledger::difference::Difference, worker::Worker};

/// How long after its payment a booking usually comes, at most, in milliseconds: ten minutes. Later ones may be missed by a
/// pass.
pub(super) const RECENT_MS: i64 = 10 * 60 * 1000;
/// What becomes available later than this does not move during a run, in milliseconds: two minutes.
pub(super) const SOON_MS: i64 = 2 * 60 * 1000;
/// Balance transactions that can still move, of which a run sums up those that do not move soon.
const LATE_ITEMS_MAX: usize = 50_000;
/// Balance transactions that can move at any moment: those that are read between two reads of the balances.
const MOVING_ITEMS_MAX: usize = 2_000;
/// How often the balances are compared, at most.
const TRIES_MAX: u32 = 10;
/// How often a difference is found in one run, without a movement meanwhile, before the run believes it.
const SIGHTINGS: u32 = 3;
/// The pause between two tries. An index lags less.
const TRY_PAUSE: Duration = Duration::from_millis(200);

/// What has to be read again for each comparison.
struct Moving {
    /// The sums of everything else.
    sums: TransactionSums,
    /// The keys of balance transactions that become available.
    keys: Vec<String>,
    /// The last place before those that are recent.
    after: Option<String>,
}

/// Whether a balance transaction can change before a time.
fn can_move_before(transaction: &BalanceTransaction, at: Timestamp) -> bool {
    match (transaction.status, transaction.kind) {
        (FundsStatus::Available, _) => false,
        (
            FundsStatus::Pending,
            TransactionKind::Charge
            | TransactionKind::Refund
            | TransactionKind::RefundFailure
            | TransactionKind::DisputeReversal
            | TransactionKind::Transfer
            | TransactionKind::Adjustment,
        ) => transaction.available_on <= at,
        // Whenever the dispute is decided or the payout arrives.
        (
            FundsStatus::Pending,
            TransactionKind::Dispute
            | TransactionKind::Payout
            | TransactionKind::PayoutFailure
            | TransactionKind::PayoutCancel,
        ) => true,
    }
}

/// What two reads of the balances say of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sighting {
    /// It moved meanwhile.
    Moved,
    /// The balance less the sum of its balance transactions; the difference of the movements.
    Excess(TransactionSum, i128),
}

fn sighted(before: Option<&Balance>, after: Option<&Balance>, sum: TransactionSum) -> Sighting {
    let movements = |balance: Option<&Balance>| balance.map_or(0, |balance| balance.movements);
    if movements(before) != movements(after) {
        return Sighting::Moved;
    }
    let accounts = after.map(|balance| balance.accounts).unwrap_or_default().minus(sum.accounts);
    let unread = i128::from(movements(after)) - i128::from(sum.movements);
    Sighting::Excess(TransactionSum { accounts, movements: 0 }, unread)
}

/// Currencies that are still to be compared, with the differences that were sighted, and how often.
#[derive(Default)]
struct Open(BTreeMap<String, (BTreeSet<String>, u32)>);

impl Open {
    /// Takes in a sighting; tells whether the currency is settled, with these differences.
    fn settles(&mut self, tenant: Tenant, code: &str, sighting: Sighting) -> Option<BTreeSet<String>> {
        let Sighting::Excess(excess, unread) = sighting else { return None };
        let currency = Currency::from_code(code)?.code();
        let off = excess.accounts.each().into_iter().filter(|(_, minor)| *minor != 0);
        let differences: BTreeSet<String> = off
            .map(|(account, excess)| {
                let difference =
                    Difference::Balance { tenant: tenant.to_string(), currency, account, excess };
                format!("{difference} ({unread:+} movements)")
            })
            .collect();
        if differences.is_empty() {
            return Some(differences);
        }
        let (seen, times) = self.0.entry(code.to_owned()).or_default();
        *times = if *seen == differences { *times + 1 } else { 1 };
        *seen = differences;
        (*times >= SIGHTINGS).then(|| seen.clone())
    }
}

impl Worker {
    /// Sums up a slice of balance transactions whose money is available, and compares them with their causes. Where those
    /// end, the balances are compared.
    pub(super) async fn sum_slice(
        &self,
        tenant: Tenant,
        check: &mut LedgerCheck,
        now: Timestamp,
    ) -> Result<SliceEnd, Error> {
        let mut after = check.after.clone();
        let recent = now.plus_ms(-RECENT_MS);
        for _ in 0..PAGES_MAX {
            let code = Step::Transactions.code();
            let page = self.store.list_oldest(tenant, code, after.as_deref(), PAGE_ITEMS).await?;
            let mut is_last = !page.has_more;
            let mut settled = Vec::with_capacity(page.items.len());
            for (place, item) in page.items {
                if let Some(transaction) = transaction_in(&item, check)? {
                    let is_pending = transaction.becomes_available();
                    let is_withheld = transaction.status == FundsStatus::Pending && !is_pending;
                    if is_pending || transaction.created > recent || check.withheld.len() >= MOVING_ITEMS_MAX
                    {
                        is_last = true;
                        break;
                    }
                    // What is withheld or in transit may be for months: it is read with what moves, and holds up nothing.
                    if is_withheld {
                        check.withheld.insert(item.key().to_owned());
                    } else {
                        add_to_sums(&mut check.sums, &transaction);
                    }
                    settled.push(*transaction);
                }
                after = Some(place);
            }
            self.compare_with_causes(tenant, &settled, check).await?;
            if is_last {
                self.compare_balances(tenant, check, after.clone(), now).await?;
                return Ok(SliceEnd { after, has_more: false });
            }
        }
        Ok(SliceEnd { after, has_more: true })
    }

    /// Compares the balances with the sums, and everything after this place.
    async fn compare_balances(
        &self,
        tenant: Tenant,
        check: &mut LedgerCheck,
        after: Option<String>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(moving) = self.sum_late(tenant, check, after, now).await? else {
            check.busy = true;
            return Ok(());
        };
        let (mut open, mut settled) = (Open::default(), BTreeSet::new());
        for _ in 0..TRIES_MAX {
            let before = self.store.balances(tenant).await?;
            let Some(sums) = self.sum_moving(tenant, check, &moving).await? else { break };
            let balances = self.store.balances(tenant).await?;
            let of = |balances: &[Balance], code: &str| {
                balances.iter().find(|balance| balance.currency.code() == code).cloned()
            };
            let named = balances.iter().map(|balance| balance.currency.code().to_owned());
            let codes: BTreeSet<String> = named.chain(sums.keys().cloned()).collect();
            for code in codes.difference(&settled.clone()) {
                let sum = sums.get(code).copied().unwrap_or_default();
                let sighting = sighted(of(&before, code).as_ref(), of(&balances, code).as_ref(), sum);
                if let Some(differences) = open.settles(tenant, code, sighting) {
                    check.add_differences(differences);
                    settled.insert(code.clone());
                }
            }
            if codes.is_subset(&settled) {
                return Ok(());
            }
            tokio::time::sleep(TRY_PAUSE).await;
        }
        check.busy = true;
        Ok(())
    }

    /// Sums up what comes after this place and does not move soon; `None` if it is too much for a run.
    async fn sum_late(
        &self,
        tenant: Tenant,
        check: &mut LedgerCheck,
        mut after: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Moving>, Error> {
        let (mut sums, mut keys, mut read) = (check.sums.clone(), Vec::from_iter(check.withheld.clone()), 0);
        loop {
            let code = Step::Transactions.code();
            let page = self.store.list_oldest(tenant, code, after.as_deref(), PAGE_ITEMS).await?;
            read += page.items.len();
            for (place, item) in page.items {
                if let Some(transaction) = transaction_in(&item, check)? {
                    if transaction.created > now.plus_ms(-RECENT_MS) {
                        return Ok(Some(Moving { sums, keys, after }));
                    }
                    if can_move_before(&transaction, now.plus_ms(SOON_MS)) {
                        keys.push(item.key().to_owned());
                    } else {
                        add_to_sums(&mut sums, &transaction);
                    }
                }
                after = Some(place);
            }
            if read > LATE_ITEMS_MAX || keys.len() > MOVING_ITEMS_MAX {
                return Ok(None);
            }
            if !page.has_more {
                return Ok(Some(Moving { sums, keys, after }));
            }
        }
    }

    /// All sums, with what can move as it is now; `None` if it is too much to be read in a moment.
    async fn sum_moving(
        &self,
        tenant: Tenant,
        check: &mut LedgerCheck,
        moving: &Moving,
    ) -> Result<Option<TransactionSums>, Error> {
        let mut sums = moving.sums.clone();
        for item in self.store.stored_items(&moving.keys).await? {
            if let Some(transaction) = transaction_in(&item, check)? {
                add_to_sums(&mut sums, &transaction);
            }
        }
        let (mut after, mut read) = (moving.after.clone(), 0);
        loop {
            let code = BalanceTransaction::CODE;
            let page = self.store.list_oldest(tenant, code, after.as_deref(), PAGE_ITEMS).await?;
            read += page.items.len();
            for (place, item) in page.items {
                if let Some(transaction) = transaction_in(&item, check)? {
                    add_to_sums(&mut sums, &transaction);
                }
                after = Some(place);
            }
            if read > MOVING_ITEMS_MAX {
                return Ok(None);
            }
            if !page.has_more {
                return Ok(Some(sums));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{Accounts, MerchantId, Mode};

    use super::*;

    fn tenant() -> Tenant {
        Tenant { merchant: MerchantId::from_bytes([1; 16]), mode: Mode::Test }
    }

    fn balance(available: i64, movements: u64) -> Balance {
        let accounts = Accounts { available, ..Accounts::default() };
        Balance { currency: Currency::from_code("EUR").unwrap(), accounts, movements }
    }

    fn sum(available: i64, movements: u64) -> TransactionSum {
        TransactionSum { accounts: Accounts { available, ..Accounts::default() }, movements }
    }

    #[test]
    fn a_balance_that_moved_meanwhile_says_nothing() {
        let moved = sighted(Some(&balance(5, 1)), Some(&balance(9, 2)), sum(0, 0));
        assert_eq!(moved, Sighting::Moved);
        assert_eq!(sighted(None, Some(&balance(9, 1)), sum(0, 0)), Sighting::Moved);
        assert_eq!(Open::default().settles(tenant(), "EUR", moved), None);
    }

    #[test]
    fn a_difference_is_believed_when_it_was_sighted_three_times_in_a_row() {
        let mut open = Open::default();
        let off = sighted(Some(&balance(9, 2)), Some(&balance(9, 2)), sum(5, 1));
        let other = sighted(Some(&balance(9, 2)), Some(&balance(9, 2)), sum(4, 1));
        for sighting in [off, off, other, off, Sighting::Moved, off] {
            assert_eq!(open.settles(tenant(), "EUR", sighting), None);
        }
        let settled = open.settles(tenant(), "EUR", off).unwrap();
        assert_eq!(settled.len(), 1);
        let line = settled.first().unwrap();
        assert!(line.starts_with("available of ") && line.ends_with("+4 EUR (+1 movements)"), "{line}");
        let right = sighted(Some(&balance(9, 2)), Some(&balance(9, 2)), sum(9, 2));
        assert_eq!(open.settles(tenant(), "EUR", right), Some(BTreeSet::new()));
        // A balance without transactions, and transactions without a balance.
        assert!(matches!(sighted(None, None, sum(1, 1)), Sighting::Excess(_, -1)));
    }
}
