//! Merchants' accounts with providers: where to reach them and what they know the merchant by.

use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use serde::{Deserialize, Serialize};
use tollgate_domain::{Provider, Scope, Timestamp};

use crate::{
    Store,
    error::StoreError,
    items::{Item, SK, s},
};

/// A merchant's account with a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorAccount {
    /// The provider.
    pub provider: Provider,
    /// Where its API is.
    pub base_url: String,
    /// What it knows the merchant by: the MID.
    pub merchant_id: String,
    /// What it knows the secret by, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The secret, sealed.
    pub secret: String,
    /// When it was recorded.
    pub created: Timestamp,
}

fn pk(scope: Scope, provider: Provider) -> String {
    format!("{scope}PRC#{}", provider.as_str())
}

impl Store {
    /// Records an account in place of the one there is. One call, 1 unit.
    pub async fn put_processor_account(
        &self,
        scope: Scope,
        account: &ProcessorAccount,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(account)
            .map_err(|e| StoreError::BadValue(e.to_string()))?;
        item.insert("pk".into(), s(pk(scope, account.provider)));
        item.insert("sk".into(), s(SK));
        item.insert("t".into(), s("PRC"));
        let request = PutItemInput::builder()
            .table_name(&self.tables.main)
            .set_item(Some(item));
        self.db.put_item(request).await?.unconditional()?;
        Ok(())
    }

    /// Reads a merchant's account with a provider. One call, 1 unit.
    pub async fn get_processor_account(
        &self,
        scope: Scope,
        provider: Provider,
    ) -> Result<Option<ProcessorAccount>, StoreError> {
        let pk = pk(scope, provider);
        let item = self.read_item(&self.tables.main, &pk, true).await?;
        item.map(|item| {
            serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|e| StoreError::BadItem {
                key: pk,
                detail: e.to_string(),
            })
        })
        .transpose()
    }
}
