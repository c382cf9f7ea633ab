//! Prices: how much a product costs, how often, and in which currencies.
//!
//! What a price costs never changes: subscriptions and invoices that name it stay right. Only what is said of it
//! changes, and whether it can still be used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    interval::Interval,
    pricing::{Packages, Pricing},
};
use crate::{
    id::{PriceId, ProductId},
    idempotency::Fingerprint,
    metadata::{BadMetadata, Metadata},
    money::{Currency, Money},
    replay::{ReplaySnapshots, Replayable},
    request_ref::RequestRef,
    time::Timestamp,
};

/// Whether taxes are in a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaxBehavior {
    /// They come on top.
    Exclusive,
    /// They are in it.
    Inclusive,
    /// Not said: they come on top.
    #[default]
    Unspecified,
}

impl TaxBehavior {
    /// The names, in their order.
    pub const NAMES: &'static [&'static str] = &["exclusive", "inclusive", "unspecified"];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exclusive => "exclusive",
            Self::Inclusive => "inclusive",
            Self::Unspecified => "unspecified",
        }
    }

    /// The one with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Exclusive, Self::Inclusive, Self::Unspecified].into_iter().find(|one| one.as_str() == text)
    }
}

/// How a price recurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurring {
    /// How often it is billed.
    pub interval: Interval,
    /// The meter whose usage is billed, at the end of a period; `None`: a quantity is billed, at its begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
}

/// What a price costs in another currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyOption {
    /// What a quantity costs.
    pub pricing: Pricing,
    /// Whether taxes are in it.
    #[serde(default)]
    pub tax_behavior: TaxBehavior,
}

/// What a price costs, and how often. It never changes, but that currencies are added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTerms {
    /// The product.
    pub product: ProductId,
    /// The currency in which it is billed where none is named.
    pub currency: Currency,
    /// What a quantity costs in that currency.
    pub pricing: Pricing,
    /// How units make packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Packages>,
    /// How it recurs; `None`: it is billed once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurring: Option<Recurring>,
}

/// What is said of a price, and may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceDetails {
    /// Whether new purchases may use it.
    pub active: bool,
    /// What the merchant calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The merchant's own key for it, which one price has at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup_key: Option<String>,
    /// Whether taxes are in it. Once it is said it stays.
    #[serde(default)]
    pub tax_behavior: TaxBehavior,
    /// Other currencies, by their lower-case codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub currency_options: BTreeMap<String, CurrencyOption>,
    /// The merchant's metadata.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// A price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// The id.
    pub id: PriceId,
    /// Version number, starting at 1.
    pub version: u64,
    /// The request that wrote this version.
    #[serde(flatten)]
    pub request: RequestRef,
    /// What it costs.
    #[serde(flatten)]
    pub terms: PriceTerms,
    /// What is said of it.
    #[serde(flatten)]
    pub details: PriceDetails,
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
pub struct PriceUpdate {
    /// See [`PriceDetails::active`].
    pub active: Option<bool>,
    /// See [`PriceDetails::nickname`].
    pub nickname: Option<Option<String>>,
    /// See [`PriceDetails::lookup_key`].
    pub lookup_key: Option<Option<String>>,
    /// See [`PriceDetails::tax_behavior`].
    pub tax_behavior: Option<TaxBehavior>,
    /// Currencies to add.
    pub currency_options: BTreeMap<String, CurrencyOption>,
    /// Changes of the metadata (see [`Metadata::updated`]).
    pub metadata: Option<Value>,
}

/// Why a price is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceRefusal {
    /// Whether taxes are in it was said before.
    #[error("the tax behavior of a price does not change once it is set")]
    TaxBehaviorIsSet,
    /// It has this currency already.
    #[error("the price has the currency {0} already")]
    CurrencyIsSet(String),
    /// The metadata would break its bounds.
    #[error(transparent)]
    Metadata(#[from] BadMetadata),
}

impl Price {
    /// A new price.
    pub fn new(
        id: PriceId,
        terms: PriceTerms,
        details: PriceDetails,
        fingerprint: Option<Fingerprint>,
        now: Timestamp,
        request: &RequestRef,
    ) -> Self {
        Self {
            id,
            version: 1,
            request: request.clone(),
            terms,
            details,
            created: now,
            updated: now,
            fingerprint,
            replay: ReplaySnapshots::default(),
        }
    }

    /// What a quantity costs in a currency; `None` if the price does not have it.
    pub fn of(&self, quantity: u64, currency: Currency) -> Option<Money> {
        let pricing = if currency == self.terms.currency {
            &self.terms.pricing
        } else {
            &self.details.currency_options.get(&currency.code().to_ascii_lowercase())?.pricing
        };
        Some(Money { minor: pricing.of(quantity, self.terms.packages), currency })
    }

    /// Returns the next version after an update.
    ///
    /// # Errors
    /// See [`PriceRefusal`].
    pub fn updated(
        &self,
        update: &PriceUpdate,
        now: Timestamp,
        request: &RequestRef,
    ) -> Result<Self, PriceRefusal> {
        let mut details = self.details.clone();
        if let Some(behavior) = update.tax_behavior {
            if details.tax_behavior != TaxBehavior::Unspecified && behavior != details.tax_behavior {
                return Err(PriceRefusal::TaxBehaviorIsSet);
            }
            details.tax_behavior = behavior;
        }
        for (code, option) in &update.currency_options {
            let is_own = self.terms.currency.code().eq_ignore_ascii_case(code);
            if is_own || details.currency_options.get(code).is_some_and(|now| now != option) {
                return Err(PriceRefusal::CurrencyIsSet(code.clone()));
            }
            details.currency_options.insert(code.clone(), option.clone());
        }
        details.active = update.active.unwrap_or(details.active);
        details.nickname = update.nickname.clone().unwrap_or(details.nickname);
        details.lookup_key = update.lookup_key.clone().unwrap_or(details.lookup_key);
        details.metadata = details.metadata.updated(update.metadata.as_ref())?;
        Ok(Self { details, ..self.next(now, request) })
    }

    /// Returns the next version, without the key that another price has taken over.
    #[must_use]
    pub fn without_lookup_key(&self, now: Timestamp, request: &RequestRef) -> Self {
        let details = PriceDetails { lookup_key: None, ..self.details.clone() };
        Self { details, ..self.next(now, request) }
    }

    fn next(&self, now: Timestamp, request: &RequestRef) -> Self {
        let mut next =
            Self { version: self.version + 1, request: request.clone(), updated: now, ..self.clone() };
        next.keep_created(self);
        next
    }
}

impl Replayable for Price {
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
    use super::*;
    use crate::billing::{IntervalUnit, UnitAmount};

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    fn per_unit(minor: i64) -> Pricing {
        Pricing::PerUnit(UnitAmount::from_minor(minor).unwrap())
    }

    fn monthly() -> Price {
        let interval = Interval::new(IntervalUnit::Month, 1).unwrap();
        let terms = PriceTerms {
            product: ProductId::from_bytes([1; 16]),
            currency: currency("EUR"),
            pricing: per_unit(1500),
            packages: None,
            recurring: Some(Recurring { interval, meter: None }),
        };
        let details = PriceDetails { active: true, ..PriceDetails::default() };
        Price::new(PriceId::from_bytes([2; 16]), terms, details, None, Timestamp::from_s(1), &"req_1".into())
    }

    fn updated(price: &Price, update: &PriceUpdate) -> Result<Price, PriceRefusal> {
        price.updated(update, Timestamp::from_s(2), &"req_2".into())
    }

    #[test]
    fn it_costs_its_amount_in_each_of_its_currencies() {
        let price = monthly();
        assert_eq!(price.of(3, currency("EUR")).unwrap().minor, 4500);
        assert_eq!(price.of(3, currency("USD")), None);
        let option = CurrencyOption { pricing: per_unit(1700), tax_behavior: TaxBehavior::Unspecified };
        let add = |code: &str, option: &CurrencyOption| PriceUpdate {
            currency_options: BTreeMap::from([(code.to_owned(), option.clone())]),
            ..PriceUpdate::default()
        };
        let both = updated(&price, &add("usd", &option)).unwrap();
        assert_eq!(both.of(2, currency("USD")).unwrap().minor, 3400);
        assert_eq!(updated(&both, &add("usd", &option)).unwrap().details, both.details, "said again");
        let other = CurrencyOption { pricing: per_unit(1), ..option.clone() };
        assert_eq!(updated(&both, &add("usd", &other)), Err(PriceRefusal::CurrencyIsSet("usd".into())));
        assert_eq!(updated(&price, &add("eur", &option)), Err(PriceRefusal::CurrencyIsSet("eur".into())));
    }

    #[test]
    fn its_tax_behavior_is_said_once() {
        let say = |behavior| PriceUpdate { tax_behavior: Some(behavior), ..PriceUpdate::default() };
        let inclusive = updated(&monthly(), &say(TaxBehavior::Inclusive)).unwrap();
        assert!(updated(&inclusive, &say(TaxBehavior::Inclusive)).is_ok());
        assert_eq!(updated(&inclusive, &say(TaxBehavior::Exclusive)), Err(PriceRefusal::TaxBehaviorIsSet));
        for name in TaxBehavior::NAMES {
            assert_eq!(TaxBehavior::parse(name).unwrap().as_str(), *name);
        }
    }

    #[test]
    fn it_is_stored_and_read_back() {
        let key = PriceUpdate { lookup_key: Some(Some("basic".into())), ..PriceUpdate::default() };
        let price = updated(&monthly(), &key).unwrap();
        let stored = serde_json::to_value(&price).unwrap();
        assert_eq!(serde_json::from_value::<Price>(stored).unwrap(), price);
        let without = price.without_lookup_key(Timestamp::from_s(3), &"req_3".into());
        assert_eq!((without.details.lookup_key.as_deref(), without.version), (None, 3));
        assert_eq!(without.into_created(), monthly());
    }
}
