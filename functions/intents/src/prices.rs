//! Prices: what their routes take and show.

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate_apis::intents::{self, Context, PRICE_PREFIX, PRODUCT_PREFIX};
use tollgate_domain::{
    Currency, PriceId, Resource, Tenant,
    billing::{
        CurrencyOption, Interval, IntervalUnit, Packages, Price, PriceDetails, PriceTerms, PriceUpdate,
        Pricing, Recurring, Round, TIERS_MAX, TaxBehavior, Tier, Tiers, TiersMode, UnitAmount,
    },
};
use tollgate_gateway::{NewPrice, PriceFilter};
use tollgate_http::{FieldError, Fields, Issue, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// Longest name and lookup key, in characters.
const KEY_CHARS_MAX: usize = 200;
/// Most lookup keys of a list.
const LOOKUP_KEYS_MAX: usize = 10;
/// Longest id of a meter, in characters.
const METER_CHARS_MAX: usize = 64;
/// Longest decimal amount, in characters.
const DECIMAL_CHARS_MAX: usize = 32;
/// Most currencies of a price.
const CURRENCIES_MAX: usize = 50;
/// Units of a package, at most.
const PACKAGE_MAX: i64 = 1_000_000_000;
const SCHEMES: &[&str] = &["per_unit", "tiered"];
const MODES: &[&str] = &["graduated", "volume"];
const ROUNDS: &[&str] = &["up", "down"];
const UNITS: &[&str] = &["day", "week", "month", "year"];
const USAGES: &[&str] = &["licensed", "metered"];
const TYPES: &[&str] = &["one_time", "recurring"];
const AMOUNT: &str = "an amount of minor units from 0 to 99999999";
const DECIMAL: &str = "a decimal number from 0 to 99999999 with at most 12 decimals";

/// The price that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PriceId, Problem> {
    ctx.id_in_path(PRICE_PREFIX, Resource::Price)
}

/// Reads the body of a create.
pub fn read_create(mut body: Fields) -> Result<(NewPrice, Vec<String>), FieldError> {
    let currency = body.required_currency("currency")?;
    let product = lists::id(&mut body, "product", PRODUCT_PREFIX)?;
    let product = product.ok_or_else(|| body.error("product", Issue::Missing))?;
    let scheme = read_scheme(&mut body)?;
    let pricing = read_pricing(&mut body, scheme)?;
    let packages = read_packages(&mut body)?;
    if packages.is_some() && scheme != Scheme::PerUnit {
        return Err(
            body.error("transform_quantity", Issue::Other("cannot be combined with tiers".to_owned()))
        );
    }
    let terms = PriceTerms { product, currency, pricing, packages, recurring: read_recurring(&mut body)? };
    let details = PriceDetails {
        active: body.boolean("active")?.unwrap_or(true),
        nickname: body.string("nickname", KEY_CHARS_MAX)?,
        lookup_key: body.string("lookup_key", KEY_CHARS_MAX)?.filter(|key| !key.is_empty()),
        tax_behavior: read_tax_behavior(&mut body)?.unwrap_or_default(),
        currency_options: read_options(&mut body, currency, scheme)?,
        metadata: body.metadata("metadata")?,
    };
    let transfer_lookup_key = body.boolean("transfer_lookup_key")?.unwrap_or(false);
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::PRICE)?;
    Ok((NewPrice { terms, details, transfer_lookup_key }, expand))
}

/// Reads the body of an update; says, too, whether a lookup key is taken from another price.
pub fn read_update(mut body: Fields, of: &Price) -> Result<(PriceUpdate, bool, Vec<String>), FieldError> {
    let scheme = match &of.terms.pricing {
        Pricing::Tiered(tiers) => Scheme::Tiered(tiers.mode),
        Pricing::PerUnit(_) => Scheme::PerUnit,
    };
    let update = PriceUpdate {
        active: body.boolean("active")?,
        nickname: body.change("nickname", |b| b.string("nickname", KEY_CHARS_MAX))?,
        lookup_key: body.change("lookup_key", |b| b.string("lookup_key", KEY_CHARS_MAX))?,
        tax_behavior: read_tax_behavior(&mut body)?,
        currency_options: read_options(&mut body, of.terms.currency, scheme)?,
        metadata: body.metadata_changes("metadata")?,
    };
    let transfers = body.boolean("transfer_lookup_key")?.unwrap_or(false);
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::PRICE)?;
    Ok((update, transfers, expand))
}

/// How a price's amounts are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    PerUnit,
    Tiered(TiersMode),
}

fn read_scheme(body: &mut Fields) -> Result<Scheme, FieldError> {
    let is_tiered = body.one_of("billing_scheme", SCHEMES)? == Some("tiered");
    match (is_tiered, body.one_of("tiers_mode", MODES)?) {
        (true, Some("graduated")) => Ok(Scheme::Tiered(TiersMode::Graduated)),
        (true, Some(_)) => Ok(Scheme::Tiered(TiersMode::Volume)),
        (true, None) => Err(body.error("tiers_mode", Issue::Missing)),
        (false, None) => Ok(Scheme::PerUnit),
        (false, Some(_)) => {
            Err(body.error("tiers_mode", Issue::Other("needs billing_scheme=tiered".to_owned())))
        }
    }
}

/// What a quantity costs: `unit_amount` or `unit_amount_decimal`, or `tiers`.
fn read_pricing(body: &mut Fields, scheme: Scheme) -> Result<Pricing, FieldError> {
    let Scheme::Tiered(mode) = scheme else {
        let unit = read_amount(body, "unit_amount", "unit_amount_decimal")?;
        return unit.map(Pricing::PerUnit).ok_or_else(|| body.error("unit_amount", Issue::Missing));
    };
    let entries = body.objects("tiers", TIERS_MAX)?.ok_or_else(|| body.error("tiers", Issue::Missing))?;
    let tiers = entries.into_iter().map(read_tier).collect::<Result<Vec<_>, _>>()?;
    let tiers = Tiers::new(mode, tiers);
    tiers.map(Pricing::Tiered).map_err(|bad| body.error("tiers", Issue::Other(format!("are wrong: {bad}"))))
}

fn read_tier(mut tier: Fields) -> Result<Tier, FieldError> {
    let up_to = if tier.begins("up_to", "inf") {
        tier.one_of("up_to", &["inf"])?;
        None
    } else {
        let end = tier.integer("up_to")?.ok_or_else(|| tier.error("up_to", Issue::Missing))?;
        let end = u64::try_from(end).ok().filter(|end| *end > 0);
        Some(end.ok_or_else(|| tier.error("up_to", Issue::NotValid("a positive number, or inf")))?)
    };
    let unit = read_amount(&mut tier, "unit_amount", "unit_amount_decimal")?;
    let flat = read_amount(&mut tier, "flat_amount", "flat_amount_decimal")?;
    tier.finish()?;
    Ok(Tier { up_to, unit, flat })
}

/// An amount, as minor units or as a decimal number of them; not both.
fn read_amount(
    body: &mut Fields,
    whole: &'static str,
    decimal: &'static str,
) -> Result<Option<UnitAmount>, FieldError> {
    let minor = body.integer(whole)?;
    let text = body.string(decimal, DECIMAL_CHARS_MAX)?;
    match (minor, text) {
        (None, None) => Ok(None),
        (Some(minor), None) => {
            let amount = UnitAmount::from_minor(minor);
            amount.map(Some).ok_or_else(|| body.error(whole, Issue::NotValid(AMOUNT)))
        }
        (None, Some(text)) => {
            let amount = UnitAmount::parse(&text);
            amount.map(Some).ok_or_else(|| body.error(decimal, Issue::NotValid(DECIMAL)))
        }
        (Some(_), Some(_)) => Err(body.error(decimal, Issue::Other(format!("cannot be sent with {whole}")))),
    }
}

fn read_packages(body: &mut Fields) -> Result<Option<Packages>, FieldError> {
    let Some(mut packages) = body.object("transform_quantity")? else { return Ok(None) };
    let size = packages.integer_in("divide_by", 1, PACKAGE_MAX)?;
    let size = size.ok_or_else(|| packages.error("divide_by", Issue::Missing))?;
    let round = packages.one_of("round", ROUNDS)?.ok_or_else(|| packages.error("round", Issue::Missing))?;
    packages.finish()?;
    let round = if round == "up" { Round::Up } else { Round::Down };
    Ok(Some(Packages { divide_by: u64::try_from(size).unwrap_or(1), round }))
}

fn read_recurring(body: &mut Fields) -> Result<Option<Recurring>, FieldError> {
    let Some(mut recurring) = body.object("recurring")? else { return Ok(None) };
    let unit = recurring.one_of("interval", UNITS)?.and_then(IntervalUnit::parse);
    let unit = unit.ok_or_else(|| recurring.error("interval", Issue::Missing))?;
    let count = recurring.integer_in("interval_count", 1, unit.count_max().into())?.unwrap_or(1);
    let interval = u16::try_from(count).ok().and_then(|count| Interval::new(unit, count));
    let interval = interval.ok_or_else(|| recurring.error("interval_count", Issue::NotInteger))?;
    let meter = recurring.string("meter", METER_CHARS_MAX)?;
    let usage = recurring.one_of("usage_type", USAGES)?;
    match (usage, &meter) {
        (Some("metered"), None) => return Err(recurring.error("meter", Issue::Missing)),
        (Some("licensed"), Some(_)) => {
            return Err(recurring.error("meter", Issue::Other("needs usage_type=metered".to_owned())));
        }
        _ => {}
    }
    recurring.finish_without(parameters::PRICE_RECURRING)?;
    Ok(Some(Recurring { interval, meter }))
}

fn read_tax_behavior(body: &mut Fields) -> Result<Option<TaxBehavior>, FieldError> {
    Ok(body.one_of("tax_behavior", TaxBehavior::NAMES)?.and_then(TaxBehavior::parse))
}

/// Amounts in other currencies, by their codes. They have tiers where the price has.
fn read_options(
    body: &mut Fields,
    own: Currency,
    scheme: Scheme,
) -> Result<BTreeMap<String, CurrencyOption>, FieldError> {
    let mut options = BTreeMap::new();
    let Some(mut sent) = body.object("currency_options")? else { return Ok(options) };
    for code in sent.names() {
        let currency = Currency::from_code(&code).filter(|currency| *currency != own);
        let Some(currency) = currency else {
            return Err(
                sent.error(&code, Issue::NotValid("another currency, by its three-letter ISO 4217 code"))
            );
        };
        let mut option = sent.required_object(&code)?;
        let pricing = read_pricing(&mut option, scheme)?;
        let tax_behavior = read_tax_behavior(&mut option)?.unwrap_or_default();
        option.finish_without(parameters::PRICE_OPTION)?;
        options.insert(currency.code().to_ascii_lowercase(), CurrencyOption { pricing, tax_behavior });
    }
    if options.len() > CURRENCIES_MAX {
        return Err(body.error("currency_options", Issue::TooMany(CURRENCIES_MAX)));
    }
    Ok(options)
}

/// Reads the query of a list, and the fields to expand.
pub fn read_list(mut query: Fields) -> Result<(PriceFilter, Vec<String>), FieldError> {
    let page_request = lists::page_request(&mut query, PRICE_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let mut filter = PriceFilter {
        page_request,
        product: lists::id(&mut query, "product", PRODUCT_PREFIX)?,
        active: query.boolean("active")?,
        currency: if query.has("currency") { Some(query.required_currency("currency")?) } else { None },
        recurs: query.one_of("type", TYPES)?.map(|kind| kind == "recurring"),
        unit: None,
        metered: None,
        lookup_keys: query.strings("lookup_keys", LOOKUP_KEYS_MAX, KEY_CHARS_MAX)?.unwrap_or_default(),
        created_from,
        created_to,
    };
    if let Some(mut recurring) = query.object("recurring")? {
        filter.unit = recurring.one_of("interval", UNITS)?.and_then(IntervalUnit::parse);
        filter.metered = recurring.one_of("usage_type", USAGES)?.map(|usage| usage == "metered");
        let meter = recurring.string("meter", METER_CHARS_MAX)?;
        if meter.is_some() {
            return Err(recurring.error("meter", Issue::Unsupported));
        }
        recurring.finish()?;
    }
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    Ok((filter, expand))
}

/// Fields that a price shows only when they are asked for.
const SHOWN_WHEN_ASKED: [&str; 2] = ["currency_options", "tiers"];

/// Parts the paths to expand: the fields of a price that are shown only when they are asked for, and its links.
pub fn shown_by(expand: &[String]) -> (Vec<&'static str>, Vec<String>) {
    let field = |path: &String| {
        let name = path.strip_prefix("data.").unwrap_or(path);
        SHOWN_WHEN_ASKED.into_iter().find(|field| *field == name)
    };
    let links = expand.iter().filter(|path| field(path).is_none()).cloned().collect();
    (expand.iter().filter_map(field).collect(), links)
}

/// A price, with the fields that were asked for.
pub fn show(tenant: Tenant, price: &Price, fields: &[&str]) -> Value {
    let mut shown = intents::price(price, Context::of(tenant));
    for field in fields {
        shown[*field] = intents::price_expansion(price, field).unwrap_or_default();
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn create(more: &Value) -> Result<NewPrice, FieldError> {
        let mut body = json!({"currency": "eur", "product": "prod_000001f2Tnpj0Wah93PB3I"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        read_create(Fields::of(&body)).map(|(new, _)| new)
    }

    fn cost(price: &NewPrice, quantity: u64) -> i64 {
        price.terms.pricing.of(quantity, price.terms.packages)
    }

    #[test]
    fn prices_are_read_in_every_form() {
        let flat = create(&json!({"unit_amount": 700})).unwrap();
        assert_eq!((cost(&flat, 3), flat.terms.recurring.is_none()), (2100, true));
        let decimal = create(&json!({"unit_amount_decimal": "0.5"})).unwrap();
        assert_eq!(cost(&decimal, 3), 2);
        let package = json!({"unit_amount": 500, "transform_quantity": {"divide_by": 10, "round": "up"}});
        assert_eq!(cost(&create(&package).unwrap(), 11), 1000);
        let tiers = json!({"billing_scheme": "tiered", "tiers_mode": "graduated",
            "tiers": [{"up_to": 5, "unit_amount": 700}, {"up_to": "inf", "unit_amount": 600, "flat_amount": 100}],
            "recurring": {"interval": "month", "interval_count": 3}});
        let tiered = create(&tiers).unwrap();
        assert_eq!(cost(&tiered, 6), 3500 + 100 + 600);
        assert_eq!(tiered.terms.recurring.unwrap().interval.count, 3);
        let both =
            create(&json!({"unit_amount": 700, "currency_options": {"usd": {"unit_amount": 800}}})).unwrap();
        assert_eq!(both.details.currency_options["usd"].pricing.of(1, None), 800);
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        for (body, field) in [
            (json!({}), "unit_amount"),
            (json!({"unit_amount": -1}), "unit_amount"),
            (json!({"unit_amount_decimal": "1e3"}), "unit_amount_decimal"),
            (json!({"unit_amount": 1, "unit_amount_decimal": "1"}), "unit_amount_decimal"),
            (json!({"billing_scheme": "tiered", "tiers_mode": "volume"}), "tiers"),
            (json!({"billing_scheme": "tiered", "tiers": []}), "tiers_mode"),
            (json!({"unit_amount": 1, "tiers_mode": "volume"}), "tiers_mode"),
            (
                json!({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": [{"up_to": 5, "unit_amount": 1}]}),
                "tiers",
            ),
            (
                json!({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": [{"unit_amount": 1}]}),
                "tiers.0.up_to",
            ),
            (json!({"unit_amount": 1, "recurring": {}}), "recurring.interval"),
            (
                json!({"unit_amount": 1, "recurring": {"interval": "month", "interval_count": 37}}),
                "recurring.interval_count",
            ),
            (
                json!({"unit_amount": 1, "recurring": {"interval": "month", "usage_type": "metered"}}),
                "recurring.meter",
            ),
            (
                json!({"unit_amount": 1, "transform_quantity": {"divide_by": 0, "round": "up"}}),
                "transform_quantity.divide_by",
            ),
            (
                json!({"unit_amount": 1, "currency_options": {"eur": {"unit_amount": 1}}}),
                "currency_options.eur",
            ),
            (json!({"unit_amount": 1, "currency_options": {"usd": {}}}), "currency_options.usd.unit_amount"),
            (json!({"unit_amount": 1, "custom_unit_amount": {"enabled": true}}), "custom_unit_amount"),
            (json!({"unit_amount": 1, "colour": "red"}), "colour"),
        ] {
            let error = create(&body).unwrap_err();
            assert_eq!(error.path.join("."), field, "{body}");
        }
    }
}
