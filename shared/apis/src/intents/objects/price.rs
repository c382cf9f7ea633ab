//! A price.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tollgate_domain::billing::{
    Price as StoredPrice, Pricing, Recurring, Round, TaxBehavior, Tier, TiersMode,
};

use super::{
    super::names::{PRICE_PREFIX, PRODUCT_PREFIX},
    context::Context,
};
use crate::json::to_value;

/// A price.
#[derive(Debug, Serialize)]
pub struct Price<'a> {
    /// `price_…`.
    pub id: String,
    /// `price`.
    pub object: &'static str,
    /// Whether new purchases may use it.
    pub active: bool,
    /// `per_unit` or `tiered`.
    pub billing_scheme: &'static str,
    /// Unix seconds.
    pub created: i64,
    /// Its currency, in lower case.
    pub currency: String,
    /// Always `null`: no payer chooses an amount.
    pub custom_unit_amount: Option<()>,
    /// Whether it is real data.
    pub livemode: bool,
    /// The merchant's key for it.
    pub lookup_key: Option<&'a str>,
    /// The merchant's metadata.
    pub metadata: Value,
    /// What the merchant calls it.
    pub nickname: Option<&'a str>,
    /// `prod_…`.
    pub product: String,
    /// How it recurs; `null` if it is billed once.
    pub recurring: Option<Value>,
    /// `exclusive`, `inclusive` or `unspecified`.
    pub tax_behavior: &'static str,
    /// `graduated` or `volume`; `null` without tiers.
    pub tiers_mode: Option<&'static str>,
    /// How units make packages.
    pub transform_quantity: Option<Value>,
    /// `one_time` or `recurring`.
    pub r#type: &'static str,
    /// Minor units of one unit; `null` with tiers, or if it is no whole number.
    pub unit_amount: Option<i64>,
    /// The same as a decimal text.
    pub unit_amount_decimal: Option<String>,
}

/// A price as JSON.
pub fn price(price: &StoredPrice, context: Context<'_>) -> Value {
    let (terms, details) = (&price.terms, &price.details);
    let amounts = Amounts::of(&terms.pricing);
    to_value(&Price {
        id: price.id.to_prefixed(PRICE_PREFIX),
        object: "price",
        active: details.active,
        billing_scheme: amounts.scheme,
        created: price.created.s(),
        currency: terms.currency.code().to_ascii_lowercase(),
        custom_unit_amount: None,
        livemode: context.livemode(),
        lookup_key: details.lookup_key.as_deref(),
        metadata: details.metadata.to_json(),
        nickname: details.nickname.as_deref(),
        product: terms.product.to_prefixed(PRODUCT_PREFIX),
        recurring: terms.recurring.as_ref().map(recurring),
        tax_behavior: details.tax_behavior.as_str(),
        tiers_mode: amounts.tiers_mode,
        transform_quantity: terms.packages.map(|packages| {
            let round = match packages.round {
                Round::Up => "up",
                Round::Down => "down",
            };
            json!({"divide_by": packages.divide_by, "round": round})
        }),
        r#type: if terms.recurring.is_some() { "recurring" } else { "one_time" },
        unit_amount: amounts.unit_amount,
        unit_amount_decimal: amounts.unit_amount_decimal,
    })
}

/// What only an expanded price shows: `tiers`, and `currency_options` with its own currency among them.
pub fn price_expansion(price: &StoredPrice, field: &str) -> Option<Value> {
    match field {
        "tiers" => Some(tiers(&price.terms.pricing)),
        "currency_options" => {
            let option = |pricing: &Pricing, behavior: TaxBehavior| {
                let amounts = Amounts::of(pricing);
                json!({
                    "custom_unit_amount": null,
                    "tax_behavior": behavior.as_str(),
                    "tiers": tiers(pricing),
                    "unit_amount": amounts.unit_amount,
                    "unit_amount_decimal": amounts.unit_amount_decimal,
                })
            };
            let own = price.terms.currency.code().to_ascii_lowercase();
            let mut all = Map::new();
            all.insert(own, option(&price.terms.pricing, price.details.tax_behavior));
            for (code, other) in &price.details.currency_options {
                all.insert(code.clone(), option(&other.pricing, other.tax_behavior));
            }
            Some(Value::Object(all))
        }
        _ => None,
    }
}

struct Amounts {
    scheme: &'static str,
    tiers_mode: Option<&'static str>,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<String>,
}

impl Amounts {
    fn of(pricing: &Pricing) -> Self {
        match pricing {
            Pricing::PerUnit(unit) => Self {
                scheme: "per_unit",
                tiers_mode: None,
                unit_amount: unit.minor(),
                unit_amount_decimal: Some(unit.to_string()),
            },
            Pricing::Tiered(tiers) => Self {
                scheme: "tiered",
                tiers_mode: Some(match tiers.mode {
                    TiersMode::Graduated => "graduated",
                    TiersMode::Volume => "volume",
                }),
                unit_amount: None,
                unit_amount_decimal: None,
            },
        }
    }
}

fn tiers(pricing: &Pricing) -> Value {
    let Pricing::Tiered(tiers) = pricing else { return Value::Null };
    let show = |tier: &Tier| {
        json!({
            "flat_amount": tier.flat.and_then(tollgate_domain::billing::UnitAmount::minor),
            "flat_amount_decimal": tier.flat.map(|flat| flat.to_string()),
            "unit_amount": tier.unit.and_then(tollgate_domain::billing::UnitAmount::minor),
            "unit_amount_decimal": tier.unit.map(|unit| unit.to_string()),
            "up_to": tier.up_to,
        })
    };
    tiers.tiers.iter().map(show).collect()
}

fn recurring(recurring: &Recurring) -> Value {
    json!({
        "interval": recurring.interval.unit.as_str(),
        "interval_count": recurring.interval.count,
        "meter": recurring.meter,
        "trial_period_days": null,
        "usage_type": if recurring.meter.is_some() { "metered" } else { "licensed" },
    })
}
