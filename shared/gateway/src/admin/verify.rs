//! Compares the ledger with the payments and refunds, and its balances with its balance transactions.
//!
//! A pass reads the whole main table and sums up what every tenant's balances have to be. Requests go on meanwhile, so a pass may
//! find what is only on its way: a payment whose record the stream has not shown yet. So when a pass finds differences, another
//! one follows, and only what both found alike is a difference.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use tollgate_domain::{
    Accounts, BalanceTransaction, Currency, Subject, Tenant,
    ledger::{TransactionKind, TransactionSource, bookings_of},
};
use tollgate_store::{LedgerItem, StackTable, StoreError, StoredItem};

use super::{
    operator::{Admin, AdminError},
    scan::{Pages, read_or_leave, scan_pages},
};

/// Items of a page.
const PAGE_ITEMS: u16 = 1000;
/// Most pages of a pass.
const PAGES_MAX: usize = 100_000;
/// Differences that a run names, at most.
const DIFFERENCES_MAX: usize = 1000;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A payment or a refund is not booked.
    Missing {
        /// The balance transaction that is missing.
        transaction: String,
        /// Its kind.
        kind: &'static str,
        /// The item that requires it, by its key.
        source: String,
        /// The amount to be booked, in minor units.
        amount: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A balance transaction that no payment or refund requires.
    Unexplained {
        /// The balance transaction.
        transaction: String,
        /// Its kind.
        kind: &'static str,
        /// The item that it names, by its key.
        source: String,
        /// Its amount, in minor units.
        amount: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A balance transaction has another amount than its payment or refund.
    Amount {
        /// The balance transaction.
        transaction: String,
        /// The item that requires it, by its key.
        source: String,
        /// The booked amount, in minor units.
        booked: i64,
        /// The amount of the payment or refund, in minor units.
        required: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A dispute is decided, and its money still withheld.
    Withheld {
        /// The balance transaction.
        transaction: String,
        /// The dispute, by its key.
        source: String,
    },
    /// A balance transaction's fee is negative or above its amount.
    Fee {
        /// The balance transaction.
        transaction: String,
        /// The fee, in minor units.
        fee: i64,
        /// The currency's code.
        currency: &'static str,
    },
    /// A balance is not the sum of its balance transactions.
    Balance {
        /// The tenant, as keys begin.
        tenant: String,
        /// The currency's code.
        currency: &'static str,
        /// The account.
        account: &'static str,
        /// The balance less the sum of its balance transactions, in minor units.
        excess: i64,
    },
    /// An item does not read.
    Unreadable {
        /// Its key.
        key: String,
    },
}

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Items that the last pass read.
    pub scanned: usize,
    /// Payments and refunds that are booked.
    pub sources: usize,
    /// Balance transactions.
    pub transactions: usize,
    /// Balances: tenants and their currencies.
    pub balances: usize,
    /// Passes over the table: two if the first found differences.
    pub passes: u8,
    /// The differences; a thousand at most.
    pub differences: Vec<Difference>,
}

/// What a balance transaction has to be, by the payments and refunds.
struct Required {
    tenant: Tenant,
    kind: TransactionKind,
    source: TransactionSource,
    minor: i64,
    currency: &'static str,
    /// Whether its money must not be withheld any more.
    is_settled: bool,
}

/// What a pass knows.
#[derive(Default)]
struct Pass {
    scanned: usize,
    sources: usize,
    /// By the balance transaction's id.
    required: BTreeMap<u128, Required>,
    booked: BTreeMap<u128, (Tenant, BalanceTransaction)>,
    /// By tenant and currency: what is there, and what the balance transactions sum up to.
    balances: BTreeMap<(String, &'static str), (Accounts, Accounts)>,
    unreadable: Vec<String>,
}

impl Pass {
    fn read(&mut self, item: &StoredItem) -> Result<(), StoreError> {
        let read = read_or_leave(item, &mut self.unreadable, |item| {
            Ok(Some((item.subject()?, item.ledger_item()?)))
        })?;
        let Some((subject, ledger)) = read else { return Ok(()) };
        if let Some((tenant, _, subject)) = subject {
            self.add_source(tenant, &subject);
        }
        if let Some((tenant, ledger)) = ledger {
            self.add_ledger_item(tenant, ledger);
        }
        Ok(())
    }

    fn add_source(&mut self, tenant: Tenant, subject: &Subject) {
        let bookings = bookings_of(None, subject);
        self.sources += usize::from(!bookings.is_empty());
        for booking in bookings {
            let amount = booking.amount();
            let required = Required {
                tenant,
                kind: booking.kind(),
                source: booking.source(),
                minor: amount.minor,
                currency: amount.currency.code(),
                is_settled: booking.is_settled(),
            };
            self.required.insert(booking.id(tenant).uuid().as_u128(), required);
        }
    }

    fn add_ledger_item(&mut self, tenant: Tenant, item: LedgerItem) {
        let currency = match &item {
            LedgerItem::Balance(part) => part.currency,
            LedgerItem::Transaction(transaction) => transaction.amount.currency,
        };
        let (there, sum) = self.balances.entry((tenant.to_string(), currency.code())).or_default();
        match item {
            LedgerItem::Balance(part) => *there = there.plus(part.accounts),
            LedgerItem::Transaction(transaction) => {
                *sum = sum.plus(transaction.movement());
                self.booked.insert(transaction.id.uuid().as_u128(), (tenant, *transaction));
            }
        }
    }

    fn differences(&self) -> BTreeSet<Difference> {
        let mut found = BTreeSet::new();
        let missing = self.required.iter().filter(|(id, _)| !self.booked.contains_key(id));
        for (id, required) in missing {
            found.insert(Difference::Missing {
                transaction: spelled(*id),
                kind: required.kind.as_str(),
                source: required.source.key(required.tenant),
                amount: required.minor,
                currency: required.currency,
            });
        }
        for (id, (tenant, transaction)) in &self.booked {
            found.extend(compare(*tenant, transaction, self.required.get(id)));
        }
        for ((tenant, currency), (there, sum)) in &self.balances {
            let excess = there.minus(*sum).each().into_iter().filter(|(_, minor)| *minor != 0);
            found.extend(excess.map(|(account, excess)| Difference::Balance {
                tenant: tenant.clone(),
                currency,
                account,
                excess,
            }));
        }
        found.extend(self.unreadable.iter().map(|key| Difference::Unreadable { key: key.clone() }));
        found
    }
}

/// A balance transaction's id, as keys have it.
fn spelled(bits: u128) -> String {
    tollgate_domain::BalanceTransactionId::from_bytes(bits.to_be_bytes()).to_string()
}

/// Compares a balance transaction with what its payment or refund requires.
fn compare(tenant: Tenant, booked: &BalanceTransaction, required: Option<&Required>) -> Vec<Difference> {
    let (transaction, source) = (booked.id.to_string(), booked.source.key(tenant));
    let (amount, currency) = (booked.amount.minor, booked.amount.currency.code());
    let mut found = Vec::new();
    match required {
        None => found.push(Difference::Unexplained {
            transaction: transaction.clone(),
            kind: booked.kind.as_str(),
            source,
            amount,
            currency,
        }),
        Some(required) if (required.minor, required.currency) != (amount, currency) => {
            found.push(Difference::Amount {
                transaction: transaction.clone(),
                source,
                booked: amount,
                required: required.minor,
                currency: required.currency,
            });
        }
        Some(required) if required.is_settled && booked.settled().is_some() => {
            found.push(Difference::Withheld { transaction: transaction.clone(), source });
        }
        Some(_) => {}
    }
    // A dispute's fee is on top of what it takes.
    let fees = if booked.kind == TransactionKind::Dispute { i64::MAX } else { amount.max(0) };
    if !(0..=fees).contains(&booked.fee) {
        found.push(Difference::Fee { transaction, fee: booked.fee, currency });
    }
    found
}

impl Admin {
    /// Verifies the ledger of all merchants. It reads only, and may run beside requests.
    pub async fn verify_ledger(&self) -> Result<Verified, AdminError> {
        let first = self.pass().await?;
        let mut differences = first.differences();
        let (mut last, mut passes) = (first, 1);
        if !differences.is_empty() {
            last = self.pass().await?;
            passes = 2;
            differences = differences.intersection(&last.differences()).cloned().collect();
        }
        Ok(Verified {
            scanned: last.scanned,
            sources: last.sources,
            transactions: last.booked.len(),
            balances: last.balances.len(),
            passes,
            differences: differences.into_iter().take(DIFFERENCES_MAX).collect(),
        })
    }

    /// Moves each balance that is not the sum of its balance transactions by the difference, and verifies again.
    pub async fn correct_balances(&self) -> Result<Verified, AdminError> {
        for difference in self.verify_ledger().await?.differences {
            let Difference::Balance { tenant, currency, account, excess } = difference else { continue };
            let (tenant, currency) = (Tenant::from_key(&tenant), Currency::from_code(currency));
            if let (Some(tenant), Some(currency)) = (tenant, currency) {
                let movement = Accounts::default().with(account, excess.saturating_neg());
                self.0.writer().correct_balance(tenant, currency, movement).await?;
            }
        }
        self.verify_ledger().await
    }

    async fn pass(&self) -> Result<Pass, AdminError> {
        let mut pass = Pass::default();
        let pages = Pages { after: None, pages_max: PAGES_MAX, items_max: PAGE_ITEMS };
        let scanned = scan_pages(&self.0.store, StackTable::Main, pages, async |items| {
            for item in items {
                pass.read(item)?;
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        if scanned.next.is_some() {
            return Err(AdminError::Failed(format!("the table has more than {PAGES_MAX} pages")));
        }
        pass.scanned = scanned.items;
        Ok(pass)
    }
}
