//! Bank accounts: where a merchant's payouts go.
//!
//! A currency's default account is what payouts without a destination go to. Every write of accounts also writes the
//! tenant's [`BankAccountRegister`], so there is one default for each currency, and no more accounts than there may be.

use serde::{Deserialize, Serialize};

use crate::{
    id::BankAccountId,
    idempotency::Fingerprint,
    metadata::Metadata,
    money::Currency,
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// Bank accounts of a merchant in each mode.
pub const BANK_ACCOUNTS_MAX: usize = 50;
/// Longest name of a holder, in characters.
pub const HOLDER_NAME_CHARS_MAX: usize = 140;

/// Who holds an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderType {
    /// A person.
    Individual,
    /// A company.
    Company,
}

impl HolderType {
    /// `individual` or `company`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Company => "company",
        }
    }
}

/// A sealed account number: the vault's text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedNumber(pub String);

impl std::fmt::Debug for SealedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedNumber(…)")
    }
}

/// A bank account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BankAccount {
    /// The id.
    pub id: BankAccountId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// The currency of its payouts.
    pub currency: Currency,
    /// The holder's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder_name: Option<String>,
    /// Who the holder is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder_type: Option<HolderType>,
    /// The bank's name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_name: Option<String>,
    /// The bank's number. An IBAN contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_number: Option<String>,
    /// The last four characters of the account number.
    pub last4: String,
    /// The whole account number. `None` after the account was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<SealedNumber>,
    /// A keyed digest of bank and account number: equal for equal accounts of a merchant.
    #[serde(rename = "number_digest")]
    pub number_fingerprint: String,
    /// Whether payouts in its currency go to it unless they say otherwise.
    #[serde(default)]
    pub default_for_currency: bool,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Whether it was deleted. What payouts to it show stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Fingerprint of the create, if it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// A change of a bank account. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct BankAccountChange {
    /// The holder's name; `Some(None)` removes it.
    pub holder_name: Option<Option<String>>,
    /// Who the holder is; `Some(None)` removes it.
    pub holder_type: Option<Option<HolderType>>,
    /// Whether it is its currency's default.
    pub default_for_currency: Option<bool>,
    /// All of the metadata.
    pub metadata: Option<Metadata>,
}

impl BankAccount {
    /// Returns the next version with a change.
    #[must_use]
    pub fn changed(&self, change: BankAccountChange, now: Timestamp, request: &RequestRef) -> Self {
        self.next(now, request, |next| {
            next.holder_name = change.holder_name.unwrap_or(next.holder_name.take());
            next.holder_type = change.holder_type.unwrap_or(next.holder_type);
            next.default_for_currency = change.default_for_currency.unwrap_or(next.default_for_currency);
            next.metadata = change.metadata.unwrap_or_else(|| std::mem::take(&mut next.metadata));
        })
    }

    /// Returns the next version, deleted: without its number, its holder and what the merchant wrote on it.
    #[must_use]
    pub fn erased(&self, now: Timestamp, request: &RequestRef) -> Self {
        let mut next = self.next(now, request, |next| {
            next.deleted = true;
            next.default_for_currency = false;
            next.number = None;
            next.holder_name = None;
            next.holder_type = None;
            next.metadata = Metadata::default();
            next.fingerprint = None;
        });
        next.replay = ReplaySnapshots::default();
        next
    }

    /// Returns the next version with its number sealed again. No answer shows the change.
    #[must_use]
    pub fn resealed(&self, number: SealedNumber, request: &RequestRef) -> Self {
        self.next(self.updated, request, |next| next.number = Some(number))
    }

    fn next(&self, now: Timestamp, request: &RequestRef, change: impl FnOnce(&mut Self)) -> Self {
        let mut next =
            Self { version: self.version + 1, updated: now, request: request.clone(), ..self.clone() };
        change(&mut next);
        next.keep_created(self);
        next
    }
}

impl Replayable for BankAccount {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }

    /// Answers and events never show the number.
    fn snapshot(&self) -> Self {
        Self { replay: ReplaySnapshots::default(), fingerprint: None, number: None, ..self.clone() }
    }
}

/// A tenant's bank accounts: which there are, and which are defaults. Every write of an account that changes this writes
/// both in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccountRegister {
    /// Version number; 0 before the first account.
    pub version: u64,
    /// The accounts that are not deleted, oldest first.
    #[serde(default)]
    pub accounts: Vec<RegisteredAccount>,
    /// When the first account was created.
    pub created: Timestamp,
}

/// An account in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredAccount {
    /// The account.
    pub id: BankAccountId,
    /// Its currency.
    pub currency: Currency,
    /// Whether it is the currency's default.
    pub is_default: bool,
}

/// Why a tenant's bank accounts do not allow a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankAccountRefusal {
    /// There are [`BANK_ACCOUNTS_MAX`] already.
    #[error("too many bank accounts")]
    TooMany,
    /// A default is replaced by making another account the default.
    #[error("a default bank account is replaced by another one")]
    DefaultNeeded,
    /// The default of a currency with other accounts is not deleted.
    #[error("the default bank account of a currency is not deleted while there are others")]
    DefaultDeleted,
    /// The account number is not one.
    #[error("the account number is not valid")]
    AccountNumber,
    /// The token names no bank account.
    #[error("no such token")]
    Token,
    /// The routing number is not one.
    #[error("the routing number is not valid")]
    RoutingNumber,
}

impl BankAccountRegister {
    /// The id of its item: each tenant has one.
    pub const KEY_ID: &'static str = "all";

    /// The register of a tenant without accounts.
    pub const fn empty(now: Timestamp) -> Self {
        Self { version: 0, accounts: Vec::new(), created: now }
    }

    /// The default account of a currency.
    pub fn default_for(&self, currency: Currency) -> Option<BankAccountId> {
        let mut accounts = self.accounts.iter();
        accounts.find(|account| account.currency == currency && account.is_default).map(|account| account.id)
    }

    /// Returns the next version with a new account, and whether that is its currency's default: the first one is, and
    /// one that is to be.
    pub fn with(
        &self,
        id: BankAccountId,
        currency: Currency,
        make_default: bool,
    ) -> Result<(Self, bool), BankAccountRefusal> {
        if self.accounts.len() >= BANK_ACCOUNTS_MAX {
            return Err(BankAccountRefusal::TooMany);
        }
        let is_default = make_default || self.default_for(currency).is_none();
        let mut next = Self { version: self.version + 1, ..self.clone() };
        next.accounts.push(RegisteredAccount { id, currency, is_default: false });
        Ok((if is_default { next.default_set(id, currency) } else { next }, is_default))
    }

    /// Returns the next version with another default.
    #[must_use]
    pub fn with_default(&self, id: BankAccountId, currency: Currency) -> Self {
        Self { version: self.version + 1, ..self.clone() }.default_set(id, currency)
    }

    /// Returns the next version without an account.
    pub fn without(&self, id: BankAccountId) -> Result<Self, BankAccountRefusal> {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let Some(at) = next.accounts.iter().position(|account| account.id == id) else { return Ok(next) };
        let gone = next.accounts.remove(at);
        let others = next.accounts.iter().any(|account| account.currency == gone.currency);
        if gone.is_default && others { Err(BankAccountRefusal::DefaultDeleted) } else { Ok(next) }
    }

    fn default_set(mut self, id: BankAccountId, currency: Currency) -> Self {
        for account in self.accounts.iter_mut().filter(|account| account.currency == currency) {
            account.is_default = account.id == id;
        }
        self
    }
}
