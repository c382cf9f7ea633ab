//! Bank accounts: create, update, delete.
//!
//! Each change that concerns the defaults or the number of accounts is one transaction with the tenant's register, and with
//! the account that is the default no more. After a conflict it is decided again on what is stored then.

use tollgate_domain::{
    BankAccount, BankAccountId, Currency, Fingerprint, Metadata, Refusal, ReplaySnapshots, Resource, Tenant,
    bank_account::{BankAccountChange, BankAccountRefusal, BankAccountRegister, HolderType, SealedNumber},
};
use tollgate_processors::payout_rail::sandbox_token;
use tollgate_store::{BankAccountsWrite, Entity as _};

use super::bank_number::BankNumber;
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        resource::{IdempotentResource, earlier_answer, remember, replay_create},
    },
};

/// What names a bank account to create.
#[derive(Clone)]
pub enum BankAccountData {
    /// One of the sandbox's tokens.
    Token(String),
    /// Its numbers.
    Numbers {
        /// ISO 3166-1 alpha-2, upper case.
        country: String,
        /// The currency of its payouts.
        currency: Currency,
        /// The bank's number.
        routing_number: Option<String>,
        /// The account's number or IBAN; spaces and hyphens are allowed.
        account_number: String,
    },
}

impl std::fmt::Debug for BankAccountData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BankAccountData(…)")
    }
}

/// A bank account to create.
#[derive(Clone, Debug)]
pub struct NewBankAccount {
    /// What names it.
    pub data: BankAccountData,
    /// The holder's name.
    pub holder_name: Option<String>,
    /// Who the holder is.
    pub holder_type: Option<HolderType>,
    /// Whether it becomes its currency's default. The first one does in any case.
    pub default_for_currency: bool,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

/// A change of a bank account. What is `None` stays.
#[derive(Clone, Debug)]
pub struct BankAccountUpdate {
    /// The holder's name; `Some(None)` removes it.
    pub holder_name: Option<Option<String>>,
    /// Who the holder is; `Some(None)` removes it.
    pub holder_type: Option<Option<HolderType>>,
    /// Whether it becomes its currency's default.
    pub default_for_currency: Option<bool>,
    /// Changes of the metadata.
    pub metadata: Option<serde_json::Value>,
}

impl IdempotentResource for BankAccount {
    const RESOURCE: Resource = Resource::BankAccount;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
    fn is_gone(&self) -> bool {
        self.deleted
    }
}

/// The partition key of a bank account, to which its sealed number is bound.
pub(crate) fn bank_account_place(tenant: Tenant, id: BankAccountId) -> String {
    format!("{tenant}{}#{id}", BankAccount::CODE)
}

impl Call {
    /// Creates a bank account. A read of the register, and of the account that is the default so far; one transaction.
    pub async fn create_bank_account(
        &self,
        new: NewBankAccount,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<BankAccount>, Error> {
        let tenant = self.tenant().await?;
        let id: BankAccountId = self.id_for(tenant, "bank_accounts", idempotency);
        match self.try_bank_account(tenant, id, new, idempotency).await {
            Err(error) => self.earlier_answer_or(error, tenant, &id.to_string(), idempotency).await,
            created => created,
        }
    }

    async fn try_bank_account(
        &self,
        tenant: Tenant,
        id: BankAccountId,
        new: NewBankAccount,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<BankAccount>, Error> {
        let make_default = new.default_for_currency;
        let account = &self.new_bank_account(tenant, id, new, idempotency).await?;
        retry_conflicts(id, (), |()| async move {
            let register = self.bank_account_register(tenant).await?;
            let (next, is_default) =
                register.with(id, account.currency, make_default).map_err(Refusal::from)?;
            let account = BankAccount { default_for_currency: is_default, ..account.clone() };
            let former =
                if is_default { self.former_default(tenant, &register, &account).await? } else { None };
            let accounts: Vec<&BankAccount> = std::iter::once(&account).chain(&former).collect();
            let writer = self.admitted().await?.writer();
            match writer.write_bank_accounts(tenant, &next, &accounts).await? {
                BankAccountsWrite::Done => Ok(Write::Done(Idempotent::new(account))),
                BankAccountsWrite::Exists(existing) => {
                    let to = self.authorized().await?;
                    replay_create(&*existing, idempotency, self.now, to).map(Write::Done)
                }
                BankAccountsWrite::Conflict => Ok(Write::Conflict(())),
            }
        })
        .await
    }

    /// The account to store, with its number checked and sealed.
    async fn new_bank_account(
        &self,
        tenant: Tenant,
        id: BankAccountId,
        new: NewBankAccount,
        idempotency: Option<&Idempotency>,
    ) -> Result<BankAccount, Error> {
        let (country, currency, number) = match new.data {
            BankAccountData::Token(token) => {
                let numbers = sandbox_token(&token).filter(|_| !tenant.mode.is_live());
                let (number, routing) = numbers.ok_or(Refusal::from(BankAccountRefusal::Token))?;
                let dollars = Currency::from_code("USD");
                let currency = dollars.ok_or_else(|| Error::Internal("no US dollars".to_owned()))?;
                ("US".to_owned(), currency, BankNumber::check("US", Some(routing), number))
            }
            BankAccountData::Numbers { country, currency, routing_number, account_number } => {
                let number = BankNumber::check(&country, routing_number.as_deref(), &account_number);
                (country, currency, number)
            }
        };
        let number = number.map_err(Refusal::from)?;
        let place = bank_account_place(tenant, id);
        let vault = self.gateway.processors()?.vault();
        let sealed = vault.seal(self.gateway.entropy.as_ref(), self.now, &place, number.account.as_bytes());
        let sealed = sealed.await.map_err(|e| Error::Internal(e.to_string()))?;
        let digests = self.gateway.address_ids.as_ref();
        let digests =
            digests.ok_or_else(|| Error::Internal("this function has no identity secret".into()))?;
        let bank = format!("{country}#{}", number.routing.as_deref().unwrap_or_default());
        Ok(BankAccount {
            id,
            version: 1,
            request: self.request.clone(),
            country,
            currency,
            holder_name: new.holder_name,
            holder_type: new.holder_type,
            bank_name: None,
            last4: number.last4(),
            number_fingerprint: digests.of_bank_account(tenant, &bank, &number.account),
            routing_number: number.routing,
            number: Some(SealedNumber(sealed)),
            default_for_currency: false,
            metadata: new.metadata,
            deleted: false,
            created: self.now,
            updated: self.now,
            fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            replay: ReplaySnapshots::default(),
        })
    }

    /// The tenant's register; an empty one before the first account.
    async fn bank_account_register(&self, tenant: Tenant) -> Result<BankAccountRegister, Error> {
        let stored = self.store.get(tenant, BankAccountRegister::KEY_ID).await?;
        Ok(stored.unwrap_or(BankAccountRegister::empty(self.now)))
    }

    /// The next version of the account that is the default of a currency until another one is.
    async fn former_default(
        &self,
        tenant: Tenant,
        register: &BankAccountRegister,
        new: &BankAccount,
    ) -> Result<Option<BankAccount>, Error> {
        let former = register.default_for(new.currency).filter(|id| *id != new.id);
        let Some(id) = former else { return Ok(None) };
        let former: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
        let change = BankAccountChange { default_for_currency: Some(false), ..BankAccountChange::default() };
        Ok(former.map(|former| former.changed(change, self.now, &self.request)))
    }

    /// Updates a bank account: its holder, its metadata, and whether it is its currency's default.
    pub async fn update_bank_account(
        &self,
        id: BankAccountId,
        update: &BankAccountUpdate,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<BankAccount>, Error> {
        let tenant = self.tenant().await?;
        retry_conflicts(id, (), |()| async move {
            let account: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
            let current = account.filter(|account| !account.deleted);
            let current = current.ok_or(Refusal::NotFound(Resource::BankAccount))?;
            if let Some(answer) = earlier_answer(&current, "update", idempotency)? {
                return Ok(Write::Done(Idempotent::replay(answer, self.authorized().await?)));
            }
            if update.default_for_currency == Some(false) && current.default_for_currency {
                return Err(Refusal::from(BankAccountRefusal::DefaultNeeded).into());
            }
            let metadata = current.metadata.updated(update.metadata.as_ref()).map_err(Refusal::from)?;
            let change = BankAccountChange {
                holder_name: update.holder_name.clone(),
                holder_type: update.holder_type,
                default_for_currency: update.default_for_currency,
                metadata: Some(metadata),
            };
            let mut next = current.changed(change, self.now, &self.request);
            remember(&mut next, "update", idempotency);
            let becomes_default = next.default_for_currency && !current.default_for_currency;
            let writer = self.admitted().await?.writer();
            if !becomes_default {
                let replaced = writer.replace(tenant, &next).await?;
                return Ok(match Write::after(replaced, Idempotent::new(next)) {
                    Write::Done(answer) => Write::Done(answer),
                    Write::Conflict(_) => Write::Conflict(()),
                });
            }
            let register = self.bank_account_register(tenant).await?;
            let former = self.former_default(tenant, &register, &next).await?;
            let accounts: Vec<&BankAccount> = std::iter::once(&next).chain(&former).collect();
            let register = register.with_default(id, next.currency);
            Ok(match writer.write_bank_accounts(tenant, &register, &accounts).await? {
                BankAccountsWrite::Done => Write::Done(Idempotent::new(next)),
                BankAccountsWrite::Exists(_) | BankAccountsWrite::Conflict => Write::Conflict(()),
            })
        })
        .await
    }

    /// Deletes a bank account and erases its number. The default of a currency goes last.
    pub async fn delete_bank_account(&self, id: BankAccountId) -> Result<(), Error> {
        let tenant = self.tenant().await?;
        retry_conflicts(id, (), |()| async move {
            let account: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
            let current = account.filter(|account| !account.deleted);
            let current = current.ok_or(Refusal::NotFound(Resource::BankAccount))?;
            let register = self.bank_account_register(tenant).await?.without(id).map_err(Refusal::from)?;
            let writer = self.admitted().await?.writer();
            let erased = current.erased(self.now, &self.request);
            Ok::<_, Error>(match writer.write_bank_accounts(tenant, &register, &[&erased]).await? {
                BankAccountsWrite::Done => Write::Done(()),
                BankAccountsWrite::Exists(_) | BankAccountsWrite::Conflict => Write::Conflict(()),
            })
        })
        .await
    }
}
