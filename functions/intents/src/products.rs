//! Products: what their routes take and show.

use serde_json::{Value, json};
use tollgate_apis::intents::{self, Context, PRICE_PREFIX, PRODUCT_PREFIX};
use tollgate_domain::{
    ProductId, Resource, Tenant,
    billing::{Product, ProductDetails, ProductUpdate},
    text::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX, URL_BYTES_MAX},
};
use tollgate_gateway::ProductFilter;
use tollgate_http::{FieldError, Fields, Issue, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// Most pictures.
const IMAGES_MAX: usize = 8;
/// Most features.
const FEATURES_MAX: usize = 15;
/// Longest name of a feature, in characters.
const FEATURE_CHARS_MAX: usize = 80;
/// Longest name of one of it, in characters.
const UNIT_LABEL_CHARS_MAX: usize = 12;
/// Longest text for a bank statement, in characters.
const DESCRIPTOR_CHARS_MAX: usize = 22;
/// Longest tax code, in characters.
const TAX_CODE_CHARS_MAX: usize = 40;
/// The types that older clients send: a product here is what the newer ones make of it.
const TYPES: &[&str] = &["good", "service"];

/// The product that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<ProductId, Problem> {
    ctx.id_in_path(PRODUCT_PREFIX, Resource::Product)
}

/// Reads the body of a create.
pub fn read_create(mut body: Fields) -> Result<(ProductDetails, Vec<String>), FieldError> {
    let details = ProductDetails {
        name: body.required_string("name", NAME_CHARS_MAX)?,
        active: body.boolean("active")?.unwrap_or(true),
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        images: read_images(&mut body)?.unwrap_or_default(),
        marketing_features: read_features(&mut body)?.unwrap_or_default(),
        default_price: None,
        shippable: body.boolean("shippable")?,
        statement_descriptor: read_descriptor(&mut body)?,
        tax_code: body.string("tax_code", TAX_CODE_CHARS_MAX)?,
        unit_label: body.string("unit_label", UNIT_LABEL_CHARS_MAX)?,
        url: body.url("url")?,
        metadata: body.metadata("metadata")?,
    };
    body.one_of("type", TYPES)?;
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::PRODUCT)?;
    Ok((details, expand))
}

/// Reads the body of an update.
pub fn read_update(mut body: Fields) -> Result<(ProductUpdate, Vec<String>), FieldError> {
    let name = body.has("name").then(|| body.required_string("name", NAME_CHARS_MAX)).transpose()?;
    let update = ProductUpdate {
        name,
        active: body.boolean("active")?,
        description: body.change("description", |b| b.string("description", DESCRIPTION_CHARS_MAX))?,
        images: read_images(&mut body)?,
        marketing_features: read_features(&mut body)?,
        default_price: body.change("default_price", |b| lists::id(b, "default_price", PRICE_PREFIX))?,
        shippable: body.change("shippable", |b| b.boolean("shippable"))?,
        statement_descriptor: body.change("statement_descriptor", read_descriptor)?,
        tax_code: body.change("tax_code", |b| b.string("tax_code", TAX_CODE_CHARS_MAX))?,
        unit_label: body.change("unit_label", |b| b.string("unit_label", UNIT_LABEL_CHARS_MAX))?,
        url: body.change("url", |b| b.url("url"))?,
        metadata: body.metadata_changes("metadata")?,
    };
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::PRODUCT)?;
    Ok((update, expand))
}

fn read_images(body: &mut Fields) -> Result<Option<Vec<String>>, FieldError> {
    if body.take_unset("images") {
        return Ok(Some(Vec::new()));
    }
    body.strings("images", IMAGES_MAX, URL_BYTES_MAX)
}

fn read_features(body: &mut Fields) -> Result<Option<Vec<String>>, FieldError> {
    if body.take_unset("marketing_features") {
        return Ok(Some(Vec::new()));
    }
    let Some(features) = body.objects("marketing_features", FEATURES_MAX)? else { return Ok(None) };
    let name = |mut feature: Fields| {
        let name = feature.required_string("name", FEATURE_CHARS_MAX)?;
        feature.finish()?;
        Ok(name)
    };
    features.into_iter().map(name).collect::<Result<_, _>>().map(Some)
}

/// What a bank statement can show: not `<`, `>`, a quote, an apostrophe or a backslash, and at least a letter.
fn read_descriptor(body: &mut Fields) -> Result<Option<String>, FieldError> {
    let text = body.string("statement_descriptor", DESCRIPTOR_CHARS_MAX)?;
    match &text {
        Some(text) if text.contains(['<', '>', '"', '\'', '\\']) || !text.contains(char::is_alphabetic) => {
            let what = "a text with a letter, and without <, >, quotes and backslashes";
            Err(body.error("statement_descriptor", Issue::NotValid(what)))
        }
        _ => Ok(text),
    }
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<(ProductFilter, Vec<String>), FieldError> {
    let page_request = lists::page_request(&mut query, PRODUCT_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let filter = ProductFilter {
        page_request,
        active: query.boolean("active")?,
        url: query.string("url", URL_BYTES_MAX)?,
        created_from,
        created_to,
    };
    query.one_of("type", TYPES)?;
    let expand = expansions::read(&mut query)?;
    query.finish_without(parameters::LIST_PRODUCTS)?;
    Ok((filter, expand))
}

/// A product.
pub fn show(tenant: Tenant, product: &Product) -> Value {
    intents::product(product, Context::of(tenant))
}

/// The answer to a delete.
pub fn show_deleted(id: ProductId) -> Value {
    json!({"id": id.to_prefixed(PRODUCT_PREFIX), "object": "product", "deleted": true})
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn create(body: &Value) -> Result<ProductDetails, FieldError> {
        read_create(Fields::of(body)).map(|(details, _)| details)
    }

    #[test]
    fn a_product_needs_a_name_and_is_for_sale() {
        let made = create(&json!({"name": "Font", "marketing_features": [{"name": "Serifs"}]})).unwrap();
        assert!(made.active && made.marketing_features == ["Serifs"]);
        for wrong in [
            json!({}),
            json!({"name": ""}),
            json!({"name": "Font", "colour": "red"}),
            json!({"name": "Font", "package_dimensions": {"height": 1}}),
            json!({"name": "Font", "statement_descriptor": "1234"}),
            json!({"name": "Font", "statement_descriptor": "a<b"}),
            json!({"name": "Font", "marketing_features": [{"title": "x"}]}),
            json!({"name": "Font", "url": "fonts"}),
        ] {
            assert!(create(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_update_clears_what_is_empty() {
        let (update, _) = read_update(Fields::of(&json!({"description": null, "active": false}))).unwrap();
        assert_eq!((update.description, update.active, update.name), (Some(None), Some(false), None));
        assert!(read_update(Fields::of(&json!({"name": null}))).is_err());
    }
}
