//! What the operator's tool does: merchants, their keys and their tier.

use tollgate_domain::{
    Contract, ContractLimit, EndpointId, EventId, FrontDoor, Id, KeyId, KeyKind, MerchantId, Metadata, Mode,
    PaymentId, Permission, RefundId, ReplaySnapshots, RequestRef, Tenant, Tier, WebhookEndpoint,
    access::BadLimit,
    delivery::AttemptRecord,
    endpoint::{EndpointStatus, Secret},
    id::KeyKind as KeyMarker,
};
use tollgate_processors::Account;
use tollgate_store::{ApiKey, Changed, KeyHash, KeyPut, LIVE_KEYS_MAX, Merchant, NewApiKey, Put, StoreError};

use crate::{Worker, error::Error};

/// Characters of a key that lists show.
const HINT_CHARS: usize = 4;
/// Longest name of a merchant, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The operator's view of the tables: no caller, no tenant, no metering.
#[derive(Clone, Debug)]
pub struct Admin(pub(crate) Worker);

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such merchant.
    #[error("no such merchant")]
    NoSuchMerchant,
    /// The merchant has no such key.
    #[error("the merchant has no such key")]
    NoSuchKey,
    /// The tenant has as many accepted keys as there may be.
    #[error("the merchant has {LIVE_KEYS_MAX} keys of this mode that are accepted; revoke one first")]
    TooManyKeys,
    /// Limits by contract are for enterprises.
    #[error("limits by contract are for the tier enterprise; set the tier first")]
    NotEnterprise,
    /// The limit cannot be kept.
    #[error(transparent)]
    BadLimit(#[from] BadLimit),
    /// Empty or too long.
    #[error("a merchant's name has 1 to {NAME_CHARS_MAX} characters")]
    BadName,
    /// The processor's account is not one; the text says why.
    #[error("{0}")]
    BadAccount(String),
    /// The vault's key was not changed; the text says why.
    #[error("{0}")]
    Vault(String),
    /// It did not work; the text says why.
    #[error("{0}")]
    Failed(String),
    /// The tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// For whom.
    pub merchant: MerchantId,
    /// Test or live.
    pub mode: Mode,
    /// Secret or publishable.
    pub kind: KeyKind,
    /// What it may do.
    pub scopes: Vec<Permission>,
}

impl NewKey {
    /// Whether this is the key that was asked for.
    fn is_for(&self, key: &ApiKey) -> bool {
        (self.merchant, self.mode, self.kind) == (key.merchant, key.mode, key.kind)
            && self.scopes == key.scopes
    }
}

/// A key that was made. Its text is shown this once and is not stored.
#[derive(Clone)]
pub struct IssuedKey {
    /// The text to send.
    pub secret: String,
    /// Everything else.
    pub key: ApiKey,
}

/// Money on its way, as the operator names it.
#[derive(Clone, Copy, Debug)]
pub enum OpenMoney {
    /// A payment's.
    Payment(PaymentId),
    /// A refund's.
    Refund(RefundId),
}

impl Admin {
    /// What the operator does, on these tables.
    pub fn new(worker: Worker) -> Self {
        Self(worker)
    }

    /// Makes a merchant.
    pub async fn create_merchant(&self, name: &str, tier: Tier) -> Result<Merchant, AdminError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(AdminError::BadName);
        }
        let merchant = Merchant {
            id: self.0.new_id(),
            name: name.to_owned(),
            contract: tier.into(),
            created: self.0.now(),
        };
        // A random id is taken by none but an earlier try of this very put, whose answer was lost.
        let (Put::Created | Put::Exists(())) = self.0.writer().create_merchant(&merchant).await?;
        Ok(merchant)
    }

    /// Reads a merchant.
    pub async fn merchant(&self, id: MerchantId) -> Result<Merchant, AdminError> {
        self.0.store.get_merchant(id).await?.ok_or(AdminError::NoSuchMerchant)
    }

    /// Makes a key: `sk_test_…`, `pk_live_…`.
    pub async fn create_key(&self, new: NewKey) -> Result<IssuedKey, AdminError> {
        self.create_key_of(new, &self.0.random_bytes()).await
    }

    /// Makes the key whose text is made of these bytes, unless it is there already.
    pub(crate) async fn create_key_of(&self, new: NewKey, bytes: &[u8; 32]) -> Result<IssuedKey, AdminError> {
        let merchant = self.merchant(new.merchant).await?;
        let secret = Self::key_text(new.kind, new.mode, bytes);
        let asked = new.clone();
        let key = ApiKey {
            id: self.0.new_id(),
            merchant: merchant.id,
            mode: new.mode,
            kind: new.kind,
            scopes: new.scopes,
            contract: merchant.contract,
            created: self.0.now(),
            hint: secret.chars().skip(secret.len() - HINT_CHARS).collect(),
            revoked_at: None,
            expires_at: None,
        };
        let hash = KeyHash::of(&secret);
        let stored = NewApiKey { hash: hash.clone(), key: key.clone() };
        let now = self.0.now();
        match self.0.writer().create_key(&stored, now).await? {
            KeyPut::Created => {}
            KeyPut::TooMany => return Err(AdminError::TooManyKeys),
            // A retry whose record has expired: the same key, if it is still what is asked for.
            KeyPut::Exists(key) if asked.is_for(&key) && key.is_live(now) => {
                return Ok(IssuedKey { secret, key: *key });
            }
            KeyPut::Exists(_) => return Err(AdminError::NoSuchKey),
        }
        // The contract may have been changed since it was read, and the change not have met this key.
        let current = self.merchant(merchant.id).await?.contract;
        if current != merchant.contract {
            let (Changed::Done | Changed::Missing) =
                self.0.writer().set_contract_of_key(&hash, current).await?;
        }
        Ok(IssuedKey { secret, key })
    }

    /// A key's text: two ids' worth of bytes, in letters and digits that a double click selects whole.
    pub(crate) fn key_text(kind: KeyKind, mode: Mode, bytes: &[u8; 32]) -> String {
        let half = |at: usize| {
            let mut id = [0; 16];
            id.copy_from_slice(&bytes[at..at + 16]);
            Id::<KeyMarker>::from_bytes(id)
        };
        format!("{}_{}_{}{}", kind.prefix(), mode.as_str(), half(0), half(16))
    }

    /// A merchant's keys, oldest first.
    pub async fn list_keys(&self, merchant: MerchantId) -> Result<Vec<ApiKey>, AdminError> {
        self.merchant(merchant).await?;
        Ok(self.0.store.all_keys(merchant).await?)
    }

    /// Revokes a key: the next request with it is refused.
    pub async fn revoke_key(&self, merchant: MerchantId, key: KeyId) -> Result<(), AdminError> {
        let (hash, key) = self.key_by_id(merchant, key).await?;
        self.revoke(&hash, &key).await
    }

    /// Revokes the key of this text, whosever it is, and says which it was: what is left to do with a key that was found where it
    /// should not be.
    pub async fn revoke_key_text(&self, text: &str) -> Result<ApiKey, AdminError> {
        let hash = KeyHash::of(text);
        let key = self.0.store.key_of_hash(&hash).await?;
        let key = key.ok_or(AdminError::NoSuchKey)?;
        self.revoke(&hash, &key).await?;
        Ok(key)
    }

    async fn revoke(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), AdminError> {
        match self.0.writer().revoke_key(hash, key, self.0.now()).await? {
            Changed::Done => Ok(()),
            Changed::Missing => Err(AdminError::NoSuchKey),
        }
    }

    async fn key_by_id(&self, merchant: MerchantId, id: KeyId) -> Result<(KeyHash, ApiKey), AdminError> {
        let found = self.0.store.key_by_id(merchant, id).await?;
        found.ok_or(AdminError::NoSuchKey)
    }

    /// Sets what a key may do.
    pub async fn set_scopes(
        &self,
        merchant: MerchantId,
        key: KeyId,
        scopes: &[Permission],
    ) -> Result<(), AdminError> {
        let (hash, _) = self.key_by_id(merchant, key).await?;
        match self.0.writer().set_key_scopes(&hash, scopes).await? {
            Changed::Done => Ok(()),
            Changed::Missing => Err(AdminError::NoSuchKey),
        }
    }

    /// Sets a merchant's tier, on the merchant and on each of its keys; says on how many keys. Limits by contract stay on record, and
    /// count for an enterprise alone.
    pub async fn set_tier(&self, merchant: MerchantId, tier: Tier) -> Result<usize, AdminError> {
        let limits = self.merchant(merchant).await?.contract.limits;
        self.set_contract(merchant, Contract { tier, limits }).await
    }

    /// Sets what an enterprise's contract allows through a front door, on the merchant and on each of its keys; says on how many
    /// keys. Without a limit it is the largest published one.
    pub async fn set_limit(
        &self,
        merchant: MerchantId,
        front_door: FrontDoor,
        limit: Option<ContractLimit>,
    ) -> Result<usize, AdminError> {
        if let Some(limit) = limit {
            limit.check(front_door)?;
        }
        let Contract { tier, limits } = self.merchant(merchant).await?.contract;
        if tier != Tier::Enterprise {
            return Err(AdminError::NotEnterprise);
        }
        let limits = limits.with(front_door, limit);
        self.set_contract(merchant, Contract { tier, limits }).await
    }

    async fn set_contract(&self, merchant: MerchantId, contract: Contract) -> Result<usize, AdminError> {
        match self.0.writer().set_merchant_contract(merchant, contract).await? {
            Changed::Done => Ok(self.0.writer().set_contract(merchant, contract).await?),
            Changed::Missing => Err(AdminError::NoSuchMerchant),
        }
    }

    /// The recorded attempts to deliver an event to an endpoint, the first first.
    pub async fn delivery_attempts(
        &self,
        merchant: MerchantId,
        mode: Mode,
        event: EventId,
        endpoint: EndpointId,
    ) -> Result<Vec<AttemptRecord>, AdminError> {
        Ok(self.0.store.list_attempts(Tenant { merchant, mode }, event, endpoint).await?)
    }

    /// Records a merchant's account with a processor, its secret sealed by the vault.
    pub async fn set_processor(
        &self,
        merchant: MerchantId,
        mode: Mode,
        account: &Account,
    ) -> Result<(), AdminError> {
        self.merchant(merchant).await?;
        account.check(mode.is_live()).map_err(|e| AdminError::BadAccount(e.to_string()))?;
        let tenant = Tenant { merchant, mode };
        self.0.set_processor_account(tenant, account).await.map_err(|e| match e {
            Error::Store(error) => AdminError::Store(error),
            other => AdminError::BadAccount(other.to_string()),
        })
    }

    /// Has a payment or a refund begun anew that waits for the operator (see `docs/operations.md`): due work asks its processor
    /// at once, and may send as often as at first. `false` when nothing of it is open with a processor.
    pub async fn resume_money(
        &self,
        merchant: MerchantId,
        mode: Mode,
        what: OpenMoney,
    ) -> Result<bool, AdminError> {
        let tenant = Tenant { merchant, mode };
        let resumed = match what {
            OpenMoney::Payment(id) => self.0.resume_stuck_payment(tenant, id).await,
            OpenMoney::Refund(id) => self.0.resume_stuck_refund(tenant, id).await,
        };
        resumed.map_err(|e| match e {
            Error::Store(error) => AdminError::Store(error),
            other => AdminError::Failed(other.to_string()),
        })
    }

    /// Random bytes for a secret.
    pub fn random(&self) -> [u8; 32] {
        self.0.random_bytes()
    }

    /// Makes an endpoint with a given secret, as the local cloud does for its inbox; `false` when it is there already.
    pub async fn create_endpoint(
        &self,
        tenant: Tenant,
        api: FrontDoor,
        url: &str,
        secret: &str,
    ) -> Result<bool, AdminError> {
        let endpoint = WebhookEndpoint {
            id: tollgate_domain::idempotency::consequence_id(&format!("{tenant}{}{url}", api.as_str()), 0, 0),
            version: 1,
            request: RequestRef::default(),
            url: url.to_owned(),
            api,
            enabled_events: vec!["*".into()],
            description: None,
            metadata: Metadata::default(),
            status: EndpointStatus::Enabled,
            secret: Secret(secret.to_owned()),
            previous: None,
            failing_since: None,
            pause: None,
            disabled_reason: None,
            deleted: false,
            created: self.0.now(),
            updated: Some(self.0.now()),
            fingerprint: None,
            replay: ReplaySnapshots::default(),
        };
        Ok(matches!(self.0.writer().create(tenant, &endpoint).await?, Put::Created))
    }
}
