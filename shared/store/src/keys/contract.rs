//! Changing the scopes and the contract of keys.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemInput, builders::UpdateItemInputBuilder},
    types::AttributeValue,
};
use tollgate_domain::{Contract, KeyId, MerchantId, Mode, Permission, Tenant, id::NotAnId};

use super::{
    index::Walk,
    key::KeyHash,
    live::{LiveKeys, live_pk},
};
use crate::{
    Changed, Writer,
    attributes::{SK, s},
    db::Conditional,
    error::StoreError,
};

impl Writer {
    /// Sets the permissions of a key. One write.
    pub async fn set_key_scopes(&self, hash: &KeyHash, scopes: &[Permission]) -> Result<Changed, StoreError> {
        let scopes = AttributeValue::L(scopes.iter().map(|p| s(p.as_str())).collect());
        let request = self
            .key_update(&hash.pk())
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", "scopes")
            .expression_attribute_values(":value", scopes);
        self.changed(request).await
    }

    /// Sets the contract on every key of a merchant; returns their number. A query per page of keys and one
    /// write per key. It can be repeated after a failure.
    pub async fn set_contract(&self, merchant: MerchantId, contract: Contract) -> Result<usize, StoreError> {
        let mut pks = std::collections::BTreeSet::new();
        self.walk(merchant, |pk, _| {
            pks.insert(pk);
            Ok(Walk::On)
        })
        .await?;
        // The index may lack the newest keys.
        for mode in [Mode::Test, Mode::Live] {
            let tenant = Tenant { merchant, mode };
            let item = self.read_item(&self.tables.keys, &live_pk(tenant)).await?;
            let Some(item) = item else { continue };
            for id in LiveKeys::read(&item)?.ends.into_keys() {
                let id: KeyId = id.parse().map_err(|e: NotAnId| StoreError::BadValue(e.to_string()))?;
                pks.extend(self.pk_of_id(merchant, id).await?);
            }
        }
        for pk in &pks {
            // A deleted key needs no contract.
            let (Changed::Done | Changed::Missing) = self.set_key_contract(pk, contract).await?;
        }
        Ok(pks.len())
    }

    async fn set_key_contract(&self, pk: &str, contract: Contract) -> Result<Changed, StoreError> {
        self.changed(with_contract(self.key_update(pk), contract)?).await
    }

    /// Sets the contract on one key. One write.
    pub async fn set_contract_of_key(
        &self,
        hash: &KeyHash,
        contract: Contract,
    ) -> Result<Changed, StoreError> {
        self.set_key_contract(&hash.pk(), contract).await
    }

    fn key_update(&self, pk: &str) -> UpdateItemInputBuilder {
        UpdateItemInput::builder()
            .table_name(&self.tables.keys)
            .key("pk", s(pk))
            .key("sk", s(SK))
            .condition_expression("attribute_exists(pk)")
    }

    async fn changed(&self, request: UpdateItemInputBuilder) -> Result<Changed, StoreError> {
        Ok(match self.db.update_item(request).await? {
            Conditional::Done(_) => Changed::Done,
            Conditional::Refused(_) => Changed::Missing,
        })
    }
}

/// Sets tier and limits on an item.
pub(crate) fn with_contract(
    request: UpdateItemInputBuilder,
    contract: Contract,
) -> Result<UpdateItemInputBuilder, StoreError> {
    let request = request
        .expression_attribute_names("#tier", "tier")
        .expression_attribute_names("#limits", "limits")
        .expression_attribute_values(":tier", s(contract.tier.as_str()));
    if contract.limits.is_empty() {
        return Ok(request.update_expression("SET #tier = :tier REMOVE #limits"));
    }
    let limits: AttributeValue = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(contract.limits)
        .map_err(|e| StoreError::BadValue(e.to_string()))?;
    Ok(request
        .update_expression("SET #tier = :tier, #limits = :limits")
        .expression_attribute_values(":limits", limits))
}
