//! Merchants and their contracts.

use tollgate_domain::{Contract, ContractLimit, FrontDoor, MerchantId, Tier};
use tollgate_store::{Changed, Merchant, Put};

use super::operator::{Admin, AdminError, NAME_CHARS_MAX};

impl Admin {
    /// Creates a merchant.
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
        // A random id is only taken by an earlier attempt of this put whose answer was lost.
        let (Put::Created | Put::Exists(())) = self.0.writer().create_merchant(&merchant).await?;
        Ok(merchant)
    }

    /// Reads a merchant.
    pub async fn merchant(&self, id: MerchantId) -> Result<Merchant, AdminError> {
        self.0.store.get_merchant(id).await?.ok_or(AdminError::NoSuchMerchant)
    }

    /// Sets a merchant's tier, on the merchant and on each of its keys; returns the number of keys. Limits by
    /// contract stay stored, and apply to enterprises only.
    pub async fn set_tier(&self, merchant: MerchantId, tier: Tier) -> Result<usize, AdminError> {
        let limits = self.merchant(merchant).await?.contract.limits;
        self.set_contract(merchant, Contract { tier, limits }).await
    }

    /// Sets an enterprise's rate limit for an API, on the merchant and on each of its keys; returns the
    /// number of keys. Without a limit, the largest published one applies.
    pub async fn set_limit(
        &self,
        merchant: MerchantId,
        front_door: FrontDoor,
        limit: Option<ContractLimit>,
    ) -> Result<usize, AdminError> {
        if let Some(limit) = limit {
            limit.check(tollgate_apis::published(front_door).limits().burst.is_some())?;
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
}
