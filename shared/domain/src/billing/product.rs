//! Products: what a merchant sells.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    id::{PriceId, ProductId},
    idempotency::Fingerprint,
    metadata::{BadMetadata, Metadata},
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// What a merchant says of a product.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProductDetails {
    /// Its name.
    pub name: String,
    /// Whether it is for sale.
    pub active: bool,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// URLs of pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// What speaks for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marketing_features: Vec<String>,
    /// The price that is meant where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_price: Option<PriceId>,
    /// Whether it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shippable: Option<bool>,
    /// What the payer's bank statement says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_descriptor: Option<String>,
    /// What kind of good it is for taxes, in the merchant's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// What one of it is called on invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_label: Option<String>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// The id.
    pub id: ProductId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// What the merchant says of it.
    #[serde(flatten)]
    pub details: ProductDetails,
    /// Whether it is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Fingerprint of the request that created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The stored answers.
    #[serde(flatten)]
    pub replay: ReplaySnapshots<Self>,
}

/// The changes of an update. `None` leaves a field as it is; `Some(None)` clears it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProductUpdate {
    /// See [`ProductDetails::name`].
    pub name: Option<String>,
    /// See [`ProductDetails::active`].
    pub active: Option<bool>,
    /// See [`ProductDetails::description`].
    pub description: Option<Option<String>>,
    /// All pictures.
    pub images: Option<Vec<String>>,
    /// All features.
    pub marketing_features: Option<Vec<String>>,
    /// See [`ProductDetails::default_price`].
    pub default_price: Option<Option<PriceId>>,
    /// See [`ProductDetails::shippable`].
    pub shippable: Option<Option<bool>>,
    /// See [`ProductDetails::statement_descriptor`].
    pub statement_descriptor: Option<Option<String>>,
    /// See [`ProductDetails::tax_code`].
    pub tax_code: Option<Option<String>>,
    /// See [`ProductDetails::unit_label`].
    pub unit_label: Option<Option<String>>,
    /// See [`ProductDetails::url`].
    pub url: Option<Option<String>>,
    /// Changes of the metadata (see [`Metadata::updated`]).
    pub metadata: Option<Value>,
}

impl ProductDetails {
    fn updated(&self, update: &ProductUpdate) -> Result<Self, BadMetadata> {
        fn over<T: Clone>(change: Option<&T>, now: &T) -> T {
            change.unwrap_or(now).clone()
        }
        Ok(Self {
            name: over(update.name.as_ref(), &self.name),
            active: update.active.unwrap_or(self.active),
            description: over(update.description.as_ref(), &self.description),
            images: over(update.images.as_ref(), &self.images),
            marketing_features: over(update.marketing_features.as_ref(), &self.marketing_features),
            default_price: update.default_price.unwrap_or(self.default_price),
            shippable: update.shippable.unwrap_or(self.shippable),
            statement_descriptor: over(update.statement_descriptor.as_ref(), &self.statement_descriptor),
            tax_code: over(update.tax_code.as_ref(), &self.tax_code),
            unit_label: over(update.unit_label.as_ref(), &self.unit_label),
            url: over(update.url.as_ref(), &self.url),
            metadata: self.metadata.updated(update.metadata.as_ref())?,
        })
    }
}

impl Product {
    /// A new product.
    pub fn new(
        id: ProductId,
        details: ProductDetails,
        fingerprint: Option<Fingerprint>,
        now: Timestamp,
        request: &RequestRef,
    ) -> Self {
        Self {
            id,
            version: 1,
            request: request.clone(),
            details,
            deleted: false,
            created: now,
            updated: now,
            fingerprint,
            replay: ReplaySnapshots::default(),
        }
    }

    /// Returns the next version after an update.
    ///
    /// # Errors
    /// The metadata would break its bounds.
    pub fn updated(
        &self,
        update: &ProductUpdate,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, BadMetadata> {
        Ok(Self { details: self.details.updated(update)?, ..self.next(now, request) })
    }

    /// Returns the next version, deleted. Prices that name it stay as they are.
    #[must_use]
    pub fn delete(&self, now: Timestamp, request: &RequestRef) -> Self {
        Self { deleted: true, ..self.next(now, request) }
    }

    fn next(&self, now: Timestamp, request: &RequestRef) -> Self {
        let mut next =
            Self { version: self.version + 1, request: request.clone(), updated: now, ..self.clone() };
        next.keep_created(self);
        next
    }
}

impl Replayable for Product {
    fn replay(&self) -> &ReplaySnapshots<Self> {
        &self.replay
    }
    fn replay_mut(&mut self) -> &mut ReplaySnapshots<Self> {
        &mut self.replay
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_update_changes_what_it_names() {
        let details = ProductDetails {
            name: "Font".into(),
            active: true,
            url: Some("https://fonts.example".into()),
            ..ProductDetails::default()
        };
        let (now, request) = (Timestamp::from_s(1), "req_1".into());
        let made = Product::new(ProductId::from_bytes([1; 16]), details, None, now, &request);
        let update = ProductUpdate {
            description: Some(Some("A font".into())),
            url: Some(None),
            metadata: Some(json!({"shelf": "7"})),
            ..ProductUpdate::default()
        };
        let updated = made.updated(&update, Timestamp::from_s(2), &"req_2".into()).unwrap();
        assert_eq!(
            (updated.version, updated.details.name.as_str(), updated.details.active),
            (2, "Font", true)
        );
        assert_eq!((updated.details.description.as_deref(), &updated.details.url), (Some("A font"), &None));
        assert_eq!(updated.details.metadata.to_json(), json!({"shelf": "7"}));
        assert_eq!(updated.clone().into_created(), made, "a repeated create is answered as it was");
        assert!(updated.delete(now, &request).deleted);
        let stored = serde_json::to_value(&updated).unwrap();
        assert_eq!(serde_json::from_value::<Product>(stored).unwrap(), updated);
    }
}
