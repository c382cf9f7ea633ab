//! Writes of a payout together with its balance transactions and its balance, and with another merchant's if it goes there.
//!
//! Payouts move a part of their own of a balance, `<currency>#payouts`. Its version counts their movements. A payout is
//! created on condition that the version is the one that was read with the balance, so two payouts cannot both take
//! the same money: the second one finds another version, and is decided again.

use aws_sdk_dynamodb::{operation::query::QueryInput, types::TransactWriteItem};
use tollgate_domain::{
    Accounts, BalanceTransaction, Currency, Payout, Tenant, Transfer, ledger::FundsStatus,
    payout::PayoutStatus,
};

use crate::{
    Reader, Writer,
    attributes::{ABSENT, Item, n, s, string_of},
    db::Transacted,
    entity::{filed_partition, from_item},
    error::StoreError,
    items::{ours, put_in_transaction},
    ledger::{balance_of, payouts_part_key, pk},
};

/// What a tenant can pay out in one currency, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayableFunds {
    /// The available money, in minor units; negative if refunds took more than there was.
    pub available: i64,
    /// How many movements of payouts it includes: the version of their part, 0 before the first one.
    pub payouts_version: u64,
}

/// The result of creating a payout.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the money may be gone"]
pub enum PayoutPut {
    /// It was created, and its money is taken.
    Created,
    /// The id is taken, by this payout.
    Exists(Box<Payout>),
    /// Another payout moved the balance since it was read.
    BalanceMoved,
}

/// What another merchant has of a payout to it.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The other merchant, in the payout's mode.
    pub to: Tenant,
    /// The transfer.
    pub transfer: &'a Transfer,
    /// Its balance transaction.
    pub booked: &'a BalanceTransaction,
}

/// The result of settling a payout.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "another change may have come first"]
pub enum PayoutSettled {
    /// It is settled, and its money moved.
    Done,
    /// Another change came first: the current payout, or `None` if it is gone.
    Conflict(Option<Box<Payout>>),
    /// Its balance transaction is not there, as after an incomplete restore, or was settled without it.
    NotBooked,
}

impl Reader {
    /// Reads what a tenant can pay out in a currency. One query; 1 unit per 4 KB, which all parts of a currency are
    /// below; consistent.
    pub async fn payable_funds(
        &self,
        tenant: Tenant,
        currency: Currency,
    ) -> Result<PayableFunds, StoreError> {
        let request = QueryInput::builder()
            .table_name(&self.tables.main)
            .key_condition_expression("pk = :pk AND begins_with(sk, :currency)")
            .expression_attribute_values(":pk", s(pk(tenant)))
            .expression_attribute_values(":currency", s(format!("{}#", currency.code())))
            .consistent_read(true);
        let page = self.db.query(request).await?;
        if page.last_evaluated_key.is_some_and(|key| !key.is_empty()) {
            return Err(StoreError::BadItem { key: pk(tenant), detail: "more than a page".to_owned() });
        }
        let mut funds = PayableFunds::default();
        for item in page.items.unwrap_or_default() {
            let part = balance_of(&item)?;
            funds.available = funds.available.saturating_add(part.accounts.available);
            if string_of(&item, "sk") == Some(&payouts_part_key(currency)) {
                funds.payouts_version = part.movements;
            }
        }
        Ok(funds)
    }

    /// Lists the live payouts to banks that wait for a file, or those of a file that wait for a report, oldest first: their tenants and partition keys. Queries of `gsi3` (keys only), 0.5 units
    /// per 4 KB.
    pub async fn filed_payouts(
        &self,
        file: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(Tenant, String)>, StoreError> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let request = QueryInput::builder()
                .table_name(&self.tables.main)
                .index_name("gsi3")
                .key_condition_expression("gsi3pk = :pk")
                .expression_attribute_values(":pk", s(filed_partition(file)))
                .set_exclusive_start_key(start);
            let page = self.db.query(request).await?;
            for item in page.items.unwrap_or_default() {
                let key = string_of(&item, "pk").unwrap_or_default();
                found.extend(Tenant::from_key(key).map(|tenant| (tenant, key.to_owned())));
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }
}

impl Writer {
    /// Creates a payout and takes its money, both or neither, unless another payout moved the balance since `funds`
    /// was read. `taken` is its balance transaction. One call, and one more per conflict; 2 units per KB of the
    /// payout and of the balance transaction and 2 for the balance, and as much for each index.
    pub async fn create_payout(
        &self,
        tenant: Tenant,
        payout: &Payout,
        taken: &BalanceTransaction,
        funds: PayableFunds,
    ) -> Result<PayoutPut, StoreError> {
        let operations = self.creation_of(tenant, payout, taken, funds)?;
        self.try_creation(payout, operations).await
    }

    /// Creates a payout to another merchant: takes its money and gives it to that merchant, all or nothing, on the
    /// condition of [`Writer::create_payout`]. `given` is what the other merchant has of it. One call, and one more per conflict;
    /// cost as [`Writer::create_payout`], twice.
    pub async fn create_payout_to_merchant(
        &self,
        tenant: Tenant,
        payout: &Payout,
        taken: &BalanceTransaction,
        funds: PayableFunds,
        given: Given<'_>,
    ) -> Result<PayoutPut, StoreError> {
        let table = &self.tables.main;
        let mut operations = self.creation_of(tenant, payout, taken, funds)?;
        let Given { to, transfer, booked } = given;
        operations.push(put_in_transaction(table, self.item_of(to, transfer)?, ABSENT, None)?);
        operations.push(put_in_transaction(table, self.item_of(to, booked)?, ABSENT, None)?);
        operations.push(self.move_balance(to, booked, booked.movement())?);
        self.try_creation(payout, operations).await
    }

    /// The operations that create a payout and take its money. The first one puts the payout.
    fn creation_of(
        &self,
        tenant: Tenant,
        payout: &Payout,
        taken: &BalanceTransaction,
        funds: PayableFunds,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let table = &self.tables.main;
        let put = put_in_transaction(table, self.item_of(tenant, payout)?, ABSENT, None)?;
        let book = put_in_transaction(table, self.item_of(tenant, taken)?, ABSENT, None)?;
        let part = payouts_part_key(payout.amount.currency);
        let update = self.addition_to_balance(tenant, part, taken.movement());
        let update = match funds.payouts_version {
            0 => update.condition_expression(ABSENT),
            version => update
                .condition_expression("#version = :read")
                .expression_attribute_values(":read", n(version)),
        };
        let update = update.build().map_err(|e| StoreError::BadValue(e.to_string()))?;
        Ok(vec![put, book, TransactWriteItem::builder().update(update).build()])
    }

    async fn try_creation(
        &self,
        payout: &Payout,
        operations: Vec<TransactWriteItem>,
    ) -> Result<PayoutPut, StoreError> {
        match self.db.transact_write_items(operations).await? {
            Transacted::Done => Ok(PayoutPut::Created),
            Transacted::Refused(items) => match existing(items)? {
                Some(existing) if existing.version == 1 && ours(&existing, payout) => Ok(PayoutPut::Created),
                Some(existing) => Ok(PayoutPut::Exists(Box::new(existing))),
                None => Ok(PayoutPut::BalanceMoved),
            },
        }
    }

    /// Settles a payout and its balance transaction, and books the return of its money where it did not arrive: all or
    /// nothing. `booked` is what the settled payout requires in the ledger: its own balance transaction, and the
    /// return. One call, cost as [`Writer::create_payout`].
    pub async fn settle_payout(
        &self,
        tenant: Tenant,
        settled: &Payout,
        booked: &[BalanceTransaction],
    ) -> Result<PayoutSettled, StoreError> {
        let (table, before) = (&self.tables.main, "version = :before");
        let version = n(settled.version.saturating_sub(1));
        let item = self.item_of(tenant, settled)?;
        let mut operations = vec![put_in_transaction(table, item, before, Some((":before", version)))?];
        let mut movement = Accounts::default();
        for transaction in booked {
            let item = self.item_of(tenant, transaction)?;
            movement = movement.plus(transaction.movement());
            operations.push(if transaction.version > 1 {
                let first = BalanceTransaction {
                    version: transaction.version - 1,
                    status: FundsStatus::Pending,
                    ..transaction.clone()
                };
                movement = movement.minus(first.movement());
                put_in_transaction(table, item, before, Some((":before", n(first.version))))?
            } else {
                put_in_transaction(table, item, ABSENT, None)?
            });
        }
        let part = payouts_part_key(settled.amount.currency);
        let update = self.addition_to_balance(tenant, part, movement);
        let update = update.build().map_err(|e| StoreError::BadValue(e.to_string()))?;
        operations.push(TransactWriteItem::builder().update(update).build());
        match self.db.transact_write_items(operations).await? {
            Transacted::Done => Ok(PayoutSettled::Done),
            Transacted::Refused(items) => {
                let id = settled.id.to_string();
                // A payout whose own condition held is not shown.
                let existing = match existing(items)? {
                    Some(existing) => Some(existing),
                    None => self.reader().get::<Payout>(tenant, &id).await?,
                };
                Ok(match existing {
                    Some(existing) if existing.version == settled.version && ours(&existing, settled) => {
                        PayoutSettled::Done
                    }
                    Some(existing) if is_before(&existing, settled) => PayoutSettled::NotBooked,
                    existing => PayoutSettled::Conflict(existing.map(Box::new)),
                })
            }
        }
    }
}

/// Whether a payout is what the settled one was made of.
fn is_before(existing: &Payout, settled: &Payout) -> bool {
    let is_open = matches!(existing.status, PayoutStatus::Pending | PayoutStatus::InTransit);
    existing.version + 1 == settled.version && is_open
}

/// The payout whose put was refused.
fn existing(items: Vec<Option<Item>>) -> Result<Option<Payout>, StoreError> {
    items.into_iter().next().flatten().map(from_item).transpose()
}
