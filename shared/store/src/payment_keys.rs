//! Idempotency keys of payments whose ids come from something else: an order's number, in `checkout`. An item for each key names the
//! payment that was made with it. It is written in one transaction with the payment, so that one key never makes two.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use tollgate_domain::{Payment, PaymentId, Tenant};

use crate::{
    Reader, Writer,
    db::Transacted,
    entity::{from_item, pk, to_item},
    error::StoreError,
    format,
    items::{ABSENT, Item, SK, ours, put_in_transaction, s},
};

/// The type's code.
const CODE: &str = "PKY";
/// The format of a key's item (see [`format`]).
const FORMAT: u32 = 1;

/// What became of a payment that was to be made with a key.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the payment's id or the key may be taken"]
pub enum PaymentPut {
    /// It was made, and the key names it.
    Created,
    /// A payment of that id is there already: this.
    Exists(Box<Payment>),
    /// The key names another payment.
    KeyTaken,
}

fn named(item: &Item) -> Result<PaymentId, StoreError> {
    format::check(item, FORMAT)?;
    let id = item.get("payment").and_then(|v| v.as_s().ok());
    id.and_then(|id| id.parse().ok())
        .ok_or_else(|| StoreError::BadItem { key: CODE.to_owned(), detail: "names no payment".to_owned() })
}

impl Reader {
    /// The payment that was made with a key, of which `key` is the digest. One call, 1 unit.
    pub async fn payment_of_key(&self, tenant: Tenant, key: &str) -> Result<Option<PaymentId>, StoreError> {
        let item = self.read_item(&self.tables.main, &pk(tenant, CODE, key), true).await?;
        item.as_ref().map(named).transpose()
    }
}

impl Writer {
    /// Makes a payment and has the key name it, both or neither. One call; 2 units per KB of the payment and for each index it is
    /// in, and 2 for the key.
    pub async fn create_payment_with_key(
        &self,
        tenant: Tenant,
        payment: &Payment,
        key: &str,
    ) -> Result<PaymentPut, StoreError> {
        let item = to_item(tenant, payment)?;
        let operations = vec![
            put_in_transaction(&self.tables.main, item, ABSENT, None)?,
            self.put_payment_key(tenant, key, payment.id)?,
        ];
        match self.db.transact_write_items(operations).await? {
            Transacted::Done => Ok(PaymentPut::Created),
            Transacted::Refused(items) => match items.into_iter().next().flatten() {
                None => Ok(PaymentPut::KeyTaken),
                Some(existing) => {
                    let existing: Payment = from_item(existing)?;
                    Ok(if existing.version == 1 && ours(&existing, payment) {
                        PaymentPut::Created
                    } else {
                        PaymentPut::Exists(Box::new(existing))
                    })
                }
            },
        }
    }

    /// Has a key name a payment that was made without it; `false` when it names another one. One call, 2 units.
    pub async fn claim_payment_key(
        &self,
        tenant: Tenant,
        key: &str,
        payment: PaymentId,
    ) -> Result<bool, StoreError> {
        let operation = self.put_payment_key(tenant, key, payment)?;
        match self.db.transact_write_items(vec![operation]).await? {
            Transacted::Done => Ok(true),
            Transacted::Refused(_) => Ok(false),
        }
    }

    fn put_payment_key(
        &self,
        tenant: Tenant,
        key: &str,
        payment: PaymentId,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = HashMap::from([
            ("pk".to_owned(), s(pk(tenant, CODE, key))),
            ("sk".to_owned(), s(SK)),
            ("t".to_owned(), s(CODE)),
            ("payment".to_owned(), s(payment.to_string())),
        ]);
        format::mark(&mut item, FORMAT);
        put_in_transaction(
            &self.tables.main,
            item,
            "attribute_not_exists(pk) OR payment = :payment",
            Some((":payment", s(payment.to_string()))),
        )
    }
}
