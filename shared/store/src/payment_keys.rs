//! Idempotency keys of payments whose ids are derived from something else: the order number, in `checkout`.
//! An item per key names the payment. It is written in one transaction with the payment, so that one key
//! cannot create two.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use tollgate_domain::{Payment, PaymentId, Tenant};

use crate::{
    Reader, Writer,
    attributes::{ABSENT, Item, SK, pk, s},
    db::Transacted,
    entity::from_item,
    error::StoreError,
    format,
    items::{ours, put_in_transaction},
};

/// The type code in keys and in the attribute `t`.
const CODE: &str = "PKY";
/// The format of the item (see [`format`]).
const FORMAT: u32 = 1;

/// The result of creating a payment with a key.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the payment's id or the key may be taken"]
pub enum PaymentPut {
    /// It was created, and the key names it.
    Created,
    /// The id is taken, by this payment.
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
    /// The payment of a key; `key` is the key's digest. One call, 1 unit.
    pub async fn payment_of_key(&self, tenant: Tenant, key: &str) -> Result<Option<PaymentId>, StoreError> {
        let item = self.read_item(&self.tables.main, &pk(tenant, CODE, key)).await?;
        item.as_ref().map(named).transpose()
    }
}

impl Writer {
    /// Creates a payment and the item of its key, both or neither. One call; 2 units per KB of the payment,
    /// as much for each index that lists it, and 2 for the key.
    pub async fn create_payment_with_key(
        &self,
        tenant: Tenant,
        payment: &Payment,
        key: &str,
    ) -> Result<PaymentPut, StoreError> {
        let item = self.item_of(tenant, payment)?;
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

    /// Lets a key name an existing payment; `false` if it names another one. One call, 2 units.
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
