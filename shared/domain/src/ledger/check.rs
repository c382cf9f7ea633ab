//! The check of a tenant's ledger: how far it is, and what it found.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Accounts, BalanceTransaction};
use crate::time::Timestamp;

/// The pause between two passes that found nothing, in milliseconds: a day.
pub const PASS_EVERY_MS: i64 = 24 * 60 * 60 * 1000;
/// The pause after a pass that found differences, in milliseconds. The next pass confirms them or does not find them.
pub const CONFIRM_AFTER_MS: i64 = 15 * 60 * 1000;
/// The pause after a pass that could not compare a balance, because it moved all the time, in milliseconds.
pub const BUSY_AGAIN_MS: i64 = 60 * 60 * 1000;
/// Differences that a pass keeps. What it finds beyond them is named once these are corrected.
pub const DIFFERENCES_MAX: usize = 100;

/// The sum of balance transactions in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionSum {
    /// The sums of all movements.
    pub accounts: Accounts,
    /// How many movements there were.
    pub movements: u64,
}

/// Sums of balance transactions, by the currency's code.
pub type TransactionSums = BTreeMap<String, TransactionSum>;

/// Adds a balance transaction to its currency's sum.
pub fn add_to_sums(sums: &mut TransactionSums, transaction: &BalanceTransaction) {
    let sum = sums.entry(transaction.amount.currency.code().to_owned()).or_default();
    sum.accounts = sum.accounts.plus(transaction.movement());
    // Each version is a movement.
    sum.movements = sum.movements.saturating_add(transaction.version);
}

/// Where a tenant's check is: it reads one kind of item after the other, in the order of their creation.
///
/// A difference is confirmed when two passes in a row found it alike. What was only on its way is found by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCheck {
    /// Version number, starting at 1.
    pub version: u64,
    /// When the tenant's first booking was seen.
    pub created: Timestamp,
    /// When the next slice is due.
    pub due: Timestamp,
    /// The code of the items that this pass reads at present; `None` before its first slice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<String>,
    /// The last of them that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The sums of the balance transactions that this pass has read.
    #[serde(default)]
    pub sums: TransactionSums,
    /// The keys of balance transactions whose money is withheld, as far as this pass has read.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub withheld: BTreeSet<String>,
    /// Whether this pass could not compare a balance, because it moved all the time.
    #[serde(default)]
    pub busy: bool,
    /// The differences that this pass has found.
    #[serde(default)]
    pub found: BTreeSet<String>,
    /// The differences that the pass before found.
    #[serde(default)]
    pub suspected: BTreeSet<String>,
    /// The differences that the last two passes found alike.
    #[serde(default)]
    pub confirmed: BTreeSet<String>,
    /// When a pass last ended that compared everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Timestamp>,
}

impl LedgerCheck {
    /// Its id: there is one for each tenant.
    pub const KEY_ID: &'static str = "ledger";

    /// The check of a tenant that begins at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            version: 1,
            created: now,
            due: now,
            reads: None,
            after: None,
            sums: TransactionSums::new(),
            withheld: BTreeSet::new(),
            busy: false,
            found: BTreeSet::new(),
            suspected: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            verified: None,
        }
    }

    /// The same at the start of a pass.
    #[must_use]
    pub fn begun(self) -> Self {
        Self {
            after: None,
            sums: TransactionSums::new(),
            withheld: BTreeSet::new(),
            busy: false,
            found: BTreeSet::new(),
            ..self
        }
    }

    /// For how long nothing has verified the ledger, in milliseconds.
    pub fn unverified_ms(&self, now: Timestamp) -> i64 {
        now.ms().saturating_sub(self.verified.unwrap_or(self.created).ms()).max(0)
    }

    /// Keeps differences, up to [`DIFFERENCES_MAX`].
    pub fn add_differences(&mut self, differences: impl IntoIterator<Item = String>) {
        for difference in differences {
            if self.found.len() < DIFFERENCES_MAX {
                self.found.insert(difference);
            }
        }
    }

    /// The next version, which goes on with these items after this place, at once.
    #[must_use]
    pub fn continued(self, reads: &str, after: Option<String>, now: Timestamp) -> Self {
        Self { version: self.version + 1, due: now, reads: Some(reads.to_owned()), after, ..self }
    }

    /// The next version, at the end of a pass.
    #[must_use]
    pub fn ended(self, now: Timestamp) -> Self {
        let pause_ms = match (self.found.is_empty(), self.busy) {
            (false, _) => CONFIRM_AFTER_MS,
            (true, true) => BUSY_AGAIN_MS,
            (true, false) => PASS_EVERY_MS,
        };
        Self {
            version: self.version + 1,
            due: now.plus_ms(pause_ms),
            reads: None,
            after: None,
            sums: TransactionSums::new(),
            withheld: BTreeSet::new(),
            busy: false,
            confirmed: self.found.intersection(&self.suspected).cloned().collect(),
            suspected: self.found,
            found: BTreeSet::new(),
            verified: if self.busy { self.verified } else { Some(now) },
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_736_720_000);

    fn pass(check: LedgerCheck, differences: &[&str], busy: bool) -> LedgerCheck {
        let mut check = check.continued("BTX", Some("place".to_owned()), NOW);
        check.busy = busy;
        check.add_differences(differences.iter().map(|one| (*one).to_owned()));
        check.ended(NOW)
    }

    #[test]
    fn a_difference_is_confirmed_when_two_passes_in_a_row_found_it() {
        let first = pass(LedgerCheck::new(NOW), &["a", "b"], false);
        assert_eq!((first.confirmed.len(), first.due), (0, NOW.plus_ms(CONFIRM_AFTER_MS)));
        let second = pass(first, &["b", "c"], false);
        assert_eq!(second.confirmed, ["b".to_owned()].into());
        let third = pass(second, &["a"], false);
        assert_eq!(third.confirmed, BTreeSet::new());
        let fourth = pass(third, &[], false);
        assert_eq!((fourth.confirmed.len(), fourth.suspected.len()), (0, 0));
        assert_eq!((fourth.due, fourth.version), (NOW.plus_ms(PASS_EVERY_MS), 9));
    }

    #[test]
    fn a_pass_that_could_not_compare_a_balance_verifies_nothing_and_comes_sooner() {
        let busy = pass(LedgerCheck::new(NOW), &[], true);
        assert_eq!((busy.verified, busy.due, busy.busy), (None, NOW.plus_ms(BUSY_AGAIN_MS), false));
        assert_eq!(busy.unverified_ms(NOW.plus_ms(5)), 5);
        let verified = pass(busy, &[], false);
        assert_eq!(verified.verified, Some(NOW));
    }

    #[test]
    fn a_pass_keeps_a_hundred_differences() {
        let mut check = LedgerCheck::new(NOW);
        check.add_differences((0..1000).map(|n| n.to_string()));
        assert_eq!(check.found.len(), DIFFERENCES_MAX);
    }
}
