//! Merchants: accounts, which the operator's tool creates.

use aws_sdk_dynamodb::{
    operation::{put_item::PutItemInput, update_item::UpdateItemInput},
    types::ReturnValuesOnConditionCheckFailure,
};
use serde::{Deserialize, Serialize};
use tollgate_domain::{Contract, MerchantId, Timestamp};

use crate::{
    Changed, Put, Reader, Writer,
    attributes::{ABSENT, SK, s},
    db::Conditional,
    error::StoreError,
    format,
    keys::with_contract,
};

/// A merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// The id.
    pub id: MerchantId,
    /// The name.
    pub name: String,
    /// The contract with its rate limits.
    #[serde(flatten)]
    pub contract: Contract,
    /// When it was created.
    pub created: Timestamp,
}

/// The format of the item (see [`format`]).
pub(crate) const FORMAT: u32 = 1;

/// The partition key of a merchant's item.
pub(crate) fn pk(id: MerchantId) -> String {
    format!("MERCHANT#{id}")
}

impl Reader {
    /// Reads a merchant. One call, 1 unit.
    pub async fn get_merchant(&self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        let item = self.read_item(&self.tables.main, &pk(id)).await?;
        item.map(|item| format::decode(item, FORMAT)).transpose()
    }
}

impl Writer {
    /// Creates a merchant unless the id is taken by another one. One call, 1 unit. If the SDK repeats a put
    /// whose answer was lost, it finds the same merchant, which counts as created.
    pub async fn create_merchant(&self, merchant: &Merchant) -> Result<Put<()>, StoreError> {
        let mut item = format::encode(merchant, FORMAT)?;
        item.insert("pk".into(), s(pk(merchant.id)));
        item.insert("sk".into(), s(SK));
        item.insert("t".into(), s("MERCHANT"));
        let request = PutItemInput::builder()
            .table_name(&self.tables.main)
            .set_item(Some(item))
            .condition_expression(ABSENT)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(match self.db.put_item(request).await? {
            Conditional::Done(_) => Put::Created,
            Conditional::Refused(existing) => {
                let existing: Option<Merchant> =
                    existing.map(|item| format::decode(item, FORMAT)).transpose()?;
                if existing.as_ref() == Some(merchant) { Put::Created } else { Put::Exists(()) }
            }
        })
    }

    /// Sets a merchant's contract. The copies on its keys are set separately. One call, 1 unit.
    pub async fn set_merchant_contract(
        &self,
        id: MerchantId,
        contract: Contract,
    ) -> Result<Changed, StoreError> {
        let request = UpdateItemInput::builder()
            .table_name(&self.tables.main)
            .key("pk", s(pk(id)))
            .key("sk", s(SK))
            .condition_expression("attribute_exists(pk)");
        let request = with_contract(request, contract)?;
        Ok(match self.db.update_item(request).await? {
            Conditional::Done(_) => Changed::Done,
            Conditional::Refused(_) => Changed::Missing,
        })
    }
}
