//! The ledger's balances, and the transactions that move them.
//!
//! A tenant's balances are items under one partition key, `<tenant>BAL`: for each currency [`SHARDS`] parts, whose
//! sum is the balance. So many bookings of one merchant write different items, and one query reads them all. A
//! balance transaction always moves the same part. Payouts have a part of their own, whose version guards them (see
//! `payouts`).
//!
//! | item | pk | sk |
//! |---|---|---|
//! | balance | `<tenant>BAL` | `<currency>#<part>`; the part of payouts is `payouts` |

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{
    operation::query::QueryInput,
    types::{AttributeValue, TransactWriteItem, Update, builders::UpdateBuilder},
};
use sha2::{Digest, Sha256};
use tollgate_domain::{
    Accounts, BalanceTransaction, Currency, LedgerTerms, MerchantId, Tenant, ledger::CurrencyBalance,
};

use crate::{
    Changed, Reader, Writer,
    attributes::{ABSENT, Item, SK, n, s, string_of},
    copies::StoredItem,
    db::{Conditional, Transacted},
    entity::{Entity, from_item},
    error::StoreError,
    format,
    items::put_in_transaction,
};

/// Parts of each balance. A number that is raised moves nothing; one that is lowered leaves parts that are still
/// read.
const SHARDS: u8 = 16;
/// Most pages of a tenant's balances. Every currency with all parts is less than one.
const PAGES_MAX: usize = 4;
/// The code of balances in keys and in the attribute `t`.
const CODE: &str = "BAL";
/// The format of balances (see [`format`]).
const FORMAT: u32 = 1;
/// The attribute of a merchant's item with its terms.
const TERMS: &str = "ledger";

/// A tenant's balance in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: Currency,
    /// The sums of all movements.
    pub accounts: Accounts,
    /// How many movements there were.
    pub movements: u64,
}

impl Balance {
    /// What it holds.
    pub const fn in_currency(&self) -> CurrencyBalance {
        CurrencyBalance { currency: self.currency, accounts: self.accounts }
    }
}

/// An item of the ledger, as a scan finds it.
#[derive(Clone, Debug, PartialEq)]
pub enum LedgerItem {
    /// A balance transaction.
    Transaction(Box<BalanceTransaction>),
    /// A part of a balance.
    Balance(Balance),
}

pub(crate) fn pk(tenant: Tenant) -> String {
    format!("{tenant}{CODE}")
}

/// The sort key of the part of a balance that this balance transaction moves.
fn part_key(transaction: &BalanceTransaction) -> String {
    let currency = transaction.amount.currency;
    if transaction.kind.is_of_payout() {
        return payouts_part_key(currency);
    }
    let part = Sha256::digest(transaction.id.to_string().as_bytes())[0] % SHARDS;
    format!("{}#{part}", currency.code())
}

/// The sort key of the part of a balance that payouts move, and nothing else.
pub(crate) fn payouts_part_key(currency: Currency) -> String {
    format!("{}#payouts", currency.code())
}

/// A part of a balance.
pub(crate) fn balance_of(item: &Item) -> Result<Balance, StoreError> {
    format::check(item, FORMAT)?;
    let bad = |detail: &str| StoreError::BadItem {
        key: string_of(item, "pk").unwrap_or_default().to_owned(),
        detail: detail.to_owned(),
    };
    let currency = string_of(item, "sk").and_then(|sk| sk.split('#').next()).and_then(Currency::from_code);
    let number = |name: &str| match item.get(name) {
        None => Ok(0),
        Some(AttributeValue::N(digits)) => digits.parse::<i64>().map_err(|_| bad(name)),
        Some(_) => Err(bad(name)),
    };
    Ok(Balance {
        currency: currency.ok_or_else(|| bad("has no currency"))?,
        accounts: Accounts {
            processor: number("processor")?,
            pending: number("pending")?,
            available: number("available")?,
            in_transit: number("in_transit")?,
            disputed: number("disputed")?,
            fees: number("fees")?,
        },
        movements: u64::try_from(number("version")?).unwrap_or(0),
    })
}

impl StoredItem {
    /// The item of the ledger: its tenant and value; `None` if the item is nothing of the kind.
    pub fn ledger_item(&self) -> Result<Option<(Tenant, LedgerItem)>, StoreError> {
        let item = self.item();
        let Some(tenant) = Tenant::from_key(self.key()) else { return Ok(None) };
        let found = match string_of(item, "t") {
            Some(BalanceTransaction::CODE) => LedgerItem::Transaction(Box::new(from_item(item.clone())?)),
            Some(CODE) => LedgerItem::Balance(balance_of(item)?),
            Some(_) | None => return Ok(None),
        };
        Ok(Some((tenant, found)))
    }
}

impl Reader {
    /// Reads a tenant's balances, ordered by currency. One query; 1 unit per 4 KB, which is a currency or more;
    /// consistent.
    pub async fn balances(&self, tenant: Tenant) -> Result<Vec<Balance>, StoreError> {
        let mut sums: BTreeMap<&'static str, Balance> = BTreeMap::new();
        let mut start = None;
        for _ in 0..PAGES_MAX {
            let request = QueryInput::builder()
                .table_name(&self.tables.main)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(pk(tenant)))
                .consistent_read(true)
                .set_exclusive_start_key(start);
            let page = self.db.query(request).await?;
            for item in page.items.unwrap_or_default() {
                let part = balance_of(&item)?;
                let sum = sums.entry(part.currency.code()).or_insert_with(|| Balance {
                    currency: part.currency,
                    accounts: Accounts::default(),
                    movements: 0,
                });
                sum.accounts = sum.accounts.plus(part.accounts);
                sum.movements = sum.movements.saturating_add(part.movements);
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(sums.into_values().collect());
            }
        }
        Err(StoreError::BadItem { key: pk(tenant), detail: format!("more than {PAGES_MAX} pages") })
    }

    /// Reads a merchant's terms: the default ones if none were set. One call, 1 unit.
    pub async fn ledger_terms(&self, merchant: MerchantId) -> Result<LedgerTerms, StoreError> {
        #[derive(serde::Deserialize)]
        struct WithTerms {
            #[serde(default, rename = "ledger")]
            terms: LedgerTerms,
        }
        let item = self.read_item(&self.tables.main, &crate::merchants::pk(merchant)).await?;
        let Some(item) = item else { return Ok(LedgerTerms::default()) };
        format::decode(item, crate::merchants::FORMAT).map(|with: WithTerms| with.terms)
    }
}

impl Writer {
    /// Books a new balance transaction and moves its balance, both or neither. One that is booked already moves
    /// nothing and is returned: by this call's lost try, by another reader of the change, or by the operator. One call, and one more per conflict; 2 units per KB of the balance transaction and 2 for the
    /// balance, and as much as the first for each index.
    pub async fn book(
        &self,
        tenant: Tenant,
        transaction: &BalanceTransaction,
    ) -> Result<Option<BalanceTransaction>, StoreError> {
        let put = put_in_transaction(&self.tables.main, self.item_of(tenant, transaction)?, ABSENT, None)?;
        let moved = self.move_balance(tenant, transaction, transaction.movement())?;
        match self.db.transact_write_items(vec![put, moved]).await? {
            Transacted::Done => Ok(None),
            Transacted::Refused(items) => items.into_iter().next().flatten().map(from_item).transpose(),
        }
    }

    /// Replaces a balance transaction with its next version and moves its balance by the difference, both or
    /// neither. If it has that version already, nothing moves. One call, cost as [`Writer::book`].
    pub async fn move_booked(
        &self,
        tenant: Tenant,
        before: &BalanceTransaction,
        next: &BalanceTransaction,
    ) -> Result<(), StoreError> {
        let put = put_in_transaction(
            &self.tables.main,
            self.item_of(tenant, next)?,
            "version = :before",
            Some((":before", n(before.version))),
        )?;
        let moved = self.move_balance(tenant, next, next.movement().minus(before.movement()))?;
        match self.db.transact_write_items(vec![put, moved]).await? {
            Transacted::Done | Transacted::Refused(_) => Ok(()),
        }
    }

    /// Adds a movement to a balance that has no balance transaction: the operator's correction of a balance that is not
    /// the sum of its balance transactions. One call, 2 units. A call whose answer was lost may have moved it.
    pub async fn correct_balance(
        &self,
        tenant: Tenant,
        currency: Currency,
        movement: Accounts,
    ) -> Result<(), StoreError> {
        let moved = self.add_to_balance(tenant, format!("{}#0", currency.code()), movement)?;
        match self.db.transact_write_items(vec![moved]).await? {
            Transacted::Done | Transacted::Refused(_) => Ok(()),
        }
    }

    /// Adds a movement to the part of the balance that the balance transaction moves.
    pub(crate) fn move_balance(
        &self,
        tenant: Tenant,
        transaction: &BalanceTransaction,
        movement: Accounts,
    ) -> Result<TransactWriteItem, StoreError> {
        self.add_to_balance(tenant, part_key(transaction), movement)
    }

    fn add_to_balance(
        &self,
        tenant: Tenant,
        part: String,
        movement: Accounts,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = self.addition_to_balance(tenant, part, movement);
        let update = update.build().map_err(|e| StoreError::BadValue(e.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The update that adds a movement to a part of a balance, and one to its version.
    pub(crate) fn addition_to_balance(
        &self,
        tenant: Tenant,
        part: String,
        movement: Accounts,
    ) -> UpdateBuilder {
        let mut update = Update::builder()
            .table_name(&self.tables.main)
            .set_key(Some(HashMap::from([("pk".to_owned(), s(pk(tenant))), ("sk".to_owned(), s(part))])))
            .expression_attribute_names("#t", "t")
            .expression_attribute_names("#f", "f")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":t", s(CODE))
            .expression_attribute_values(":f", n(FORMAT))
            .expression_attribute_values(":one", n(1));
        let mut sums = vec!["#version :one".to_owned()];
        for (name, minor) in movement.each().into_iter().filter(|(_, minor)| *minor != 0) {
            sums.push(format!("#{name} :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), n(minor));
        }
        update.update_expression(format!("SET #t = :t, #f = :f ADD {}", sums.join(", ")))
    }

    /// Sets a merchant's terms. One call, 1 unit.
    pub async fn set_ledger_terms(
        &self,
        merchant: MerchantId,
        terms: &LedgerTerms,
    ) -> Result<Changed, StoreError> {
        let terms = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(terms)
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        let request = aws_sdk_dynamodb::operation::update_item::UpdateItemInput::builder()
            .table_name(&self.tables.main)
            .key("pk", s(crate::merchants::pk(merchant)))
            .key("sk", s(SK))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET #terms = :terms")
            .expression_attribute_names("#terms", TERMS)
            .expression_attribute_values(":terms", terms);
        Ok(match self.db.update_item(request).await? {
            Conditional::Done(_) => Changed::Done,
            Conditional::Refused(_) => Changed::Missing,
        })
    }
}
