//! Writes of bank accounts together with the register of all of a tenant's.

use tollgate_domain::{BankAccount, Tenant, bank_account::BankAccountRegister};

use crate::{
    Writer,
    attributes::{ABSENT, n},
    db::Transacted,
    entity::{Entity, from_item},
    error::StoreError,
    items::{ours, put_in_transaction},
};

/// The result of a write of bank accounts.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "another change may have come first"]
pub enum BankAccountsWrite {
    /// They were written.
    Done,
    /// The id of a new account is taken, by this one.
    Exists(Box<BankAccount>),
    /// Another change came first.
    Conflict,
}

impl Writer {
    /// Writes the next versions of bank accounts and of their register, all or nothing. A first version must not be
    /// there yet. The first account is the one that the request is about. One call, and one more per conflict; 2
    /// units per KB of each item, and as much for each index.
    pub async fn write_bank_accounts(
        &self,
        tenant: Tenant,
        register: &BankAccountRegister,
        accounts: &[&BankAccount],
    ) -> Result<BankAccountsWrite, StoreError> {
        let put = |item, version: u64| {
            let table = &self.tables.main;
            if version == 1 {
                put_in_transaction(table, item, ABSENT, None)
            } else {
                put_in_transaction(table, item, "version = :before", Some((":before", n(version - 1))))
            }
        };
        let mut operations = Vec::with_capacity(accounts.len() + 1);
        for account in accounts {
            operations.push(put(self.item_of(tenant, *account)?, account.version)?);
        }
        operations.push(put(self.item_of(tenant, register)?, register.version())?);
        let existing = match self.db.transact_write_items(operations).await? {
            Transacted::Done => return Ok(BankAccountsWrite::Done),
            Transacted::Refused(items) => items.into_iter().next().flatten(),
        };
        let existing: Option<BankAccount> = existing.map(from_item).transpose()?;
        Ok(match (existing, accounts.first()) {
            (Some(existing), Some(written))
                if existing.version == written.version && ours(&existing, *written) =>
            {
                BankAccountsWrite::Done
            }
            (Some(existing), Some(written)) if written.version == 1 => {
                BankAccountsWrite::Exists(Box::new(existing))
            }
            _ => BankAccountsWrite::Conflict,
        })
    }
}
