//! Merchants: accounts, made by the operator's tool.

use aws_sdk_dynamodb::error::SdkError;
use serde::{Deserialize, Serialize};
use tollgate_domain::{MerchantId, Tier, Timestamp};

use crate::{
    Store,
    error::StoreError,
    items::{Item, SK, s},
};

/// A merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// Its id.
    pub id: MerchantId,
    /// What it is called.
    pub name: String,
    /// Its contract.
    pub tier: Tier,
    /// When it was made.
    pub created: Timestamp,
}

fn pk(id: MerchantId) -> String {
    format!("MERCHANT#{id}")
}

impl Store {
    /// Makes a merchant unless its id is taken; says whether it was made. One call, 1 unit.
    pub async fn create_merchant(&self, merchant: &Merchant) -> Result<bool, StoreError> {
        let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(merchant)
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        item.insert("pk".into(), s(pk(merchant.id)));
        item.insert("sk".into(), s(SK));
        item.insert("t".into(), s("MERCHANT"));
        let put = self
            .db
            .put_item()
            .table_name(&self.tables.main)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::aws("PutItem", error)),
        }
    }

    /// Reads a merchant. One call, 1 unit.
    pub async fn get_merchant(&self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        let item = self.read_item(&self.tables.main, &pk(id), true).await?;
        item.map(|item| {
            serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|e| StoreError::BadItem {
                key: pk(id),
                detail: e.to_string(),
            })
        })
        .transpose()
    }

    /// Records a merchant's tier; its keys carry a copy each. One call, 1 unit.
    pub async fn set_merchant_tier(&self, id: MerchantId, tier: Tier) -> Result<bool, StoreError> {
        let update = self
            .db
            .update_item()
            .table_name(&self.tables.main)
            .key("pk", s(pk(id)))
            .key("sk", s(SK))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET tier = :tier")
            .expression_attribute_values(":tier", s(tier.as_str()))
            .send()
            .await;
        match update {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::aws("UpdateItem", error)),
        }
    }
}
