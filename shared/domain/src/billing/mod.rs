//! Billing: what merchants sell again and again, and for how much.
//!
//! - `unit_amount`: amounts for one unit, exact to twelve decimals.
//! - `pricing`: what a quantity costs, per unit, in packages or by tiers.
//! - `interval`: how often something is billed, and which periods that makes.
//! - `product`, `price`: what is sold, and for how much; `refusal`: why not.

mod interval;
mod price;
mod pricing;
mod product;
mod refusal;
mod unit_amount;

use serde::{Deserialize, Serialize};

pub use self::{
    interval::{Interval, IntervalUnit, Period},
    price::{
        CurrencyOption, Price, PriceDetails, PriceRefusal, PriceTerms, PriceUpdate, Recurring, TaxBehavior,
    },
    pricing::{BadTiers, Packages, Pricing, Round, TIERS_MAX, Tier, Tiers, TiersMode},
    product::{Product, ProductDetails, ProductUpdate},
    refusal::BillingRefusal,
    unit_amount::{ExactSum, QUANTITY_MAX, UnitAmount},
};
use crate::{event::EventKind, replay::Replayable, request_ref::RequestRef, time::Timestamp};

/// A resource of billing in an event. They are one variant of [`Subject`](crate::Subject), so that whoever has no events of
/// billing names one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingSubject {
    /// A product.
    Product(Box<Product>),
    /// A price.
    Price(Box<Price>),
}

impl BillingSubject {
    /// The part of the resource that an event stores.
    pub(crate) fn snapshot(&self) -> Self {
        match self {
            Self::Product(product) => Self::Product(Box::new(product.snapshot())),
            Self::Price(price) => Self::Price(Box::new(price.snapshot())),
        }
    }

    /// The version.
    pub fn version(&self) -> u64 {
        match self {
            Self::Product(product) => product.version,
            Self::Price(price) => price.version,
        }
    }

    /// When this version was written.
    pub fn updated(&self) -> Timestamp {
        match self {
            Self::Product(product) => product.updated,
            Self::Price(price) => price.updated,
        }
    }

    /// The request that wrote this version.
    pub fn request(&self) -> &RequestRef {
        match self {
            Self::Product(product) => &product.request,
            Self::Price(price) => &price.request,
        }
    }

    /// The kinds of events of a change. `before` is the resource before it; `None` for a create.
    pub(crate) fn kinds(&self, before: Option<&Self>) -> Vec<EventKind> {
        match (before, self) {
            (Some(Self::Product(old)), Self::Product(_)) if old.deleted => vec![],
            (_, Self::Product(new)) if new.deleted => vec![EventKind::ProductDeleted],
            (Some(Self::Product(old)), Self::Product(new)) => {
                (old.details != new.details).then_some(EventKind::ProductUpdated).into_iter().collect()
            }
            (_, Self::Product(_)) => vec![EventKind::ProductCreated],
            (Some(Self::Price(old)), Self::Price(new)) => {
                (old.details != new.details).then_some(EventKind::PriceUpdated).into_iter().collect()
            }
            (_, Self::Price(_)) => vec![EventKind::PriceCreated],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        event::{Subject, events_of},
        id::ProductId,
    };

    #[test]
    fn each_change_of_a_product_is_told_once() {
        let details = ProductDetails { name: "Font".into(), active: true, ..ProductDetails::default() };
        let request: RequestRef = "req_1".into();
        let made =
            Product::new(ProductId::from_bytes([1; 16]), details, None, Timestamp::from_s(1), &request);
        let update = ProductUpdate { active: Some(false), ..ProductUpdate::default() };
        let (later, latest) = (Timestamp::from_s(2), Timestamp::from_s(3));
        let updated = made.updated(&update, later, &request).unwrap();
        let same = updated.updated(&update, later, &request).unwrap();
        let deleted = same.delete(latest, &request);
        let of = |product: &Product| Subject::Billing(BillingSubject::Product(Box::new(product.clone())));
        let kinds = |before: Option<&Product>, after: &Product| -> Vec<EventKind> {
            let before = before.map(of);
            events_of("key", before.as_ref(), &of(after)).iter().map(|event| event.kind).collect()
        };
        assert_eq!(kinds(None, &made), [EventKind::ProductCreated]);
        assert_eq!(kinds(Some(&made), &updated), [EventKind::ProductUpdated]);
        assert_eq!(kinds(Some(&updated), &same), []);
        assert_eq!(kinds(Some(&same), &deleted), [EventKind::ProductDeleted]);
        assert_eq!(kinds(Some(&deleted), &deleted.delete(latest, &request)), []);
        let event = events_of("key", Some(&of(&made)), &of(&updated)).remove(0);
        assert_eq!(event.previous, Some(of(&made)), "it shows what it changed");
        let stored = serde_json::to_value(&event).unwrap();
        assert_eq!(serde_json::from_value::<crate::Event>(stored).unwrap(), event);
    }
}
