//! Owners of e-mail addresses: an item per tenant and address names the customer of payments with that
//! address.
//!
//! Several customers may have one address; at most one of them owns it. The item is written in one
//! transaction with the customer: it is added with the first customer that has the address, and removed with
//! the change that takes the address from its owner. The key contains a digest of the address, and the item
//! is deleted with the customer's data.
//!
//! The first releases wrote no owners. So a missing item does not mean that no customer has the address: such
//! a customer is found through the index and then added as owner.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use tollgate_domain::{Customer, CustomerId, Tenant};

use crate::{
    Put, Reader, Replaced, Writer,
    attributes::{ABSENT, Item, SK, n, s},
    db::Transacted,
    entity::{email_key, from_item},
    error::StoreError,
    format,
    items::{ours, put_in_transaction},
};

/// The type code in keys and in the attribute `t`.
const CODE: &str = "EML";
/// The format of the item (see [`format`]).
const FORMAT: u32 = 1;
/// Adds an owner where there is none, or replaces one that was found not to have the address any more.
const MAY_ENTER: &str = "attribute_not_exists(pk) OR customer = :former";

/// A customer's claim to own an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The address, in any case.
    pub email: &'a str,
    /// The owner to replace: a customer that no longer has the address.
    pub instead_of: Option<CustomerId>,
}

/// The changes of owners that go with a write of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership<'a> {
    /// The customer becomes the owner of this address.
    pub claim: Option<Claim<'a>>,
    /// The customer stops being the owner of this address.
    pub release: Option<&'a str>,
}

/// The result of a write of a customer.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "something else may have come first"]
pub enum CustomerWrite {
    /// It was written.
    Done,
    /// The id is taken, or another change came first: the current customer, or `None` if it is gone.
    Refused(Option<Box<Customer>>),
    /// Another customer owns an address.
    OwnedBy {
        /// The owner of the claimed address.
        claimed: Option<CustomerId>,
        /// The owner of the address to release. It need not be released.
        released: Option<CustomerId>,
    },
}

fn owner_of(item: &Item, key: &str) -> Result<CustomerId, StoreError> {
    format::check(item, FORMAT)?;
    let id = item.get("customer").and_then(|v| v.as_s().ok());
    id.and_then(|id| id.parse().ok())
        .ok_or_else(|| StoreError::BadItem { key: key.to_owned(), detail: "names no customer".to_owned() })
}

impl Reader {
    /// The customer that owns an e-mail address. One call, 1 unit; consistent.
    pub async fn address_owner(&self, tenant: Tenant, email: &str) -> Result<Option<CustomerId>, StoreError> {
        let key = email_key(tenant, email);
        let item = self.read_item(&self.tables.main, &key).await?;
        item.map(|item| owner_of(&item, &key)).transpose()
    }
}

impl Writer {
    /// Creates a customer (version 1) or replaces it with its next version, together with the owners of
    /// addresses, all or nothing. One call. Without a change of owners it costs the same as
    /// [`Writer::create`]; otherwise twice as much, and 2 units per owner.
    pub async fn write_customer(
        &self,
        tenant: Tenant,
        next: &Customer,
        ownership: &Ownership<'_>,
    ) -> Result<CustomerWrite, StoreError> {
        if *ownership == Ownership::default() {
            return self.write_only_customer(tenant, next).await;
        }
        let mut operations = vec![self.put_customer(tenant, next)?];
        if let Some(claim) = &ownership.claim {
            operations.push(self.put_owner(tenant, claim, next.id)?);
        }
        if let Some(email) = ownership.release {
            operations.push(self.delete_owner(tenant, email, next.id)?);
        }
        let refused = match self.db.transact_write_items(operations).await? {
            Transacted::Done => return Ok(CustomerWrite::Done),
            Transacted::Refused(refused) => refused,
        };
        let mut refused = refused.into_iter();
        if let Some(existing) = refused.next().flatten() {
            let existing: Customer = from_item(existing)?;
            return Ok(if existing.version == next.version && ours(&existing, next) {
                CustomerWrite::Done
            } else {
                CustomerWrite::Refused(Some(Box::new(existing)))
            });
        }
        let mut owner = |wanted: bool| -> Result<Option<CustomerId>, StoreError> {
            let item = if wanted { refused.next().flatten() } else { None };
            item.map(|item| owner_of(&item, "EML")).transpose()
        };
        let claimed = owner(ownership.claim.is_some())?;
        let released = owner(ownership.release.is_some())?;
        Ok(match (claimed, released) {
            // No owner prevented it, so the customer itself does not exist.
            (None, None) => CustomerWrite::Refused(None),
            (claimed, released) => CustomerWrite::OwnedBy { claimed, released },
        })
    }

    /// Adds an owner without a change of the customer; returns the other owner, if there is one. One call, 2
    /// units.
    pub async fn claim_address(
        &self,
        tenant: Tenant,
        claim: &Claim<'_>,
        customer: CustomerId,
    ) -> Result<Option<CustomerId>, StoreError> {
        let operation = self.put_owner(tenant, claim, customer)?;
        match self.db.transact_write_items(vec![operation]).await? {
            Transacted::Done => Ok(None),
            Transacted::Refused(refused) => {
                let item = refused.into_iter().flatten().next();
                let owner = item.map(|item| owner_of(&item, CODE)).transpose()?;
                Ok(owner.filter(|owner| *owner != customer))
            }
        }
    }

    async fn write_only_customer(
        &self,
        tenant: Tenant,
        next: &Customer,
    ) -> Result<CustomerWrite, StoreError> {
        if next.version == 1 {
            return Ok(match self.create(tenant, next).await? {
                Put::Created => CustomerWrite::Done,
                Put::Exists(existing) => CustomerWrite::Refused(Some(Box::new(existing))),
            });
        }
        Ok(match self.replace(tenant, next).await? {
            Replaced::Done => CustomerWrite::Done,
            Replaced::Conflict(existing) => CustomerWrite::Refused(existing.map(Box::new)),
        })
    }

    fn put_customer(&self, tenant: Tenant, next: &Customer) -> Result<TransactWriteItem, StoreError> {
        let item = self.item_of(tenant, next)?;
        if next.version == 1 {
            return put_in_transaction(&self.tables.main, item, ABSENT, None);
        }
        let before = n(next.version - 1);
        put_in_transaction(&self.tables.main, item, "version = :before", Some((":before", before)))
    }

    fn put_owner(
        &self,
        tenant: Tenant,
        claim: &Claim<'_>,
        customer: CustomerId,
    ) -> Result<TransactWriteItem, StoreError> {
        let former = claim.instead_of.unwrap_or(customer);
        let mut item = HashMap::from([
            ("pk".to_owned(), s(email_key(tenant, claim.email))),
            ("sk".to_owned(), s(SK)),
            ("t".to_owned(), s(CODE)),
            ("customer".to_owned(), s(customer.to_string())),
        ]);
        format::mark(&mut item, FORMAT);
        let former = s(former.to_string());
        put_in_transaction(&self.tables.main, item, MAY_ENTER, Some((":former", former)))
    }

    fn delete_owner(
        &self,
        tenant: Tenant,
        email: &str,
        customer: CustomerId,
    ) -> Result<TransactWriteItem, StoreError> {
        let key: HashMap<String, AttributeValue> =
            HashMap::from([("pk".to_owned(), s(email_key(tenant, email))), ("sk".to_owned(), s(SK))]);
        let delete = Delete::builder()
            .table_name(&self.tables.main)
            .set_key(Some(key))
            // The item may be missing: the first releases wrote none.
            .condition_expression(MAY_ENTER)
            .expression_attribute_values(":former", s(customer.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
