//! Compares the ledger with the payments and refunds, and its balances with its balance transactions.
//!
//! A pass reads the whole main table and sums up what every tenant's balances have to be. Requests go on meanwhile, so a pass may
//! find what is only on its way: a payment whose record the stream has not shown yet. So when a pass finds differences, another
//! one follows, and only what both found alike is a difference.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use tollgate_domain::{Accounts, BalanceTransaction, Currency, Subject, Tenant, ledger::bookings_of};
use tollgate_store::{LedgerItem, StackTable, StoreError, StoredItem};

use super::{
    operator::{Admin, AdminError},
    scan::{Pages, read_or_leave, scan_pages},
};
use crate::ledger::difference::{Difference, Required, compare};

/// Items of a page.
const PAGE_ITEMS: u16 = 1000;
/// Most pages of a pass.
const PAGES_MAX: usize = 100_000;
/// Differences that a run names, at most.
const DIFFERENCES_MAX: usize = 1000;

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
            let required = Required::by(tenant, &booking);
            self.required.insert(required.id.uuid().as_u128(), required);
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
        found.extend(missing.map(|(_, required)| required.missing()));
        for (id, (tenant, transaction)) in &self.booked {
            let required = self.required.get(id);
            found.extend(compare(*tenant, transaction, required));
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
