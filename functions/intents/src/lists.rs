//! What every list of this API takes and answers, and the links that a request may ask to be shown whole.

use serde_json::{Value, json};
use tollgate_domain::{CustomerId, Id, PaymentId, PaymentMethodId, Scope, Timestamp, id::Kind};
use tollgate_gateway::{Page, Window};
use tollgate_http::{Exchange, FieldError, Fields, Issue, Problem};
use tollgate_webhooks::render::intents::{
    self as render, CHARGE_PREFIX, CUSTOMER_PREFIX, Context, METHOD_PREFIX, PAYMENT_PREFIX,
};

/// Longest id that is looked at.
pub const ID_MAX_CHARS: usize = 64;
/// Links that one request may ask for.
const MAX_EXPANSIONS: usize = 8;

/// Reads `limit` (1 to 100, 10 when absent), `starting_after` and `ending_before`.
pub fn window<K: Kind>(query: &mut Fields, prefix: &str) -> Result<Window<K>, FieldError> {
    let limit = query.integer_in("limit", 1, 100)?.unwrap_or(10);
    let mut id = |name: &str| match query.string(name, ID_MAX_CHARS)? {
        None => Ok(None),
        Some(text) => Id::parse(prefix, &text)
            .map(Some)
            .map_err(|_| query.error(name, Issue::NotValid("the id of something in this list"))),
    };
    let starting_after = id("starting_after")?;
    let ending_before = id("ending_before")?;
    if starting_after.is_some() && ending_before.is_some() {
        return Err(query.error(
            "ending_before",
            Issue::Other("must not be sent together with starting_after".to_owned()),
        ));
    }
    Ok(Window {
        limit: usize::try_from(limit).unwrap_or(1),
        starting_after,
        ending_before,
    })
}

/// An id that narrows a list; `None` when it is absent. One of another form is the id of nothing.
pub fn id<K: Kind>(query: &mut Fields, name: &str, prefix: &str) -> Result<Option<Id<K>>, FieldError> {
    match query.string(name, ID_MAX_CHARS)? {
        None => Ok(None),
        Some(text) => Id::parse(prefix, &text)
            .map(Some)
            .map_err(|_| query.error(name, Issue::NotValid("an id of the right kind"))),
    }
}

/// Reads `created`: an instant, or an object with `gt`, `gte`, `lt`, `lte`; both ends included in what is given back.
pub fn created(query: &mut Fields) -> Result<(Option<Timestamp>, Option<Timestamp>), FieldError> {
    if !query.has("created") {
        return Ok((None, None));
    }
    let second_end = |at: Timestamp| at.plus_ms(999);
    let Ok(Some(mut range)) = query.object("created") else {
        return Err(query.error("created", Issue::NotA("an object with gt, gte, lt or lte")));
    };
    let (gt, gte) = (range.unix_time("gt")?, range.unix_time("gte")?);
    let (lt, lte) = (range.unix_time("lt")?, range.unix_time("lte")?);
    range.finish()?;
    Ok((
        gte.or_else(|| gt.map(|at| at.plus_ms(1000))),
        lte.map(second_end).or_else(|| lt.map(|at| at.plus_ms(-1))),
    ))
}

/// A page of a list. Its `url` is the request's own path; to Stripe's client libraries, which know their version 1 alone and
/// page by this field, it is called by that version, which whoever points them here rewrites on the way.
pub fn page<E>(exchange: &Exchange, page: &Page<E>, show: impl FnMut(&E) -> Value) -> Value {
    let path = &exchange.request.path;
    let agent = exchange.request.header("user-agent").unwrap_or_default();
    let url = match path.strip_prefix("/v2/") {
        Some(rest) if agent.starts_with("Stripe/v1") => format!("/v1/{rest}"),
        _ => path.clone(),
    };
    json!({
        "object": "list",
        "data": page.items.iter().map(show).collect::<Vec<_>>(),
        "has_more": page.next.is_some(),
        "url": url,
    })
}

/// Reads `expand`: the links that the answer is to show whole.
pub fn expansions(fields: &mut Fields) -> Result<Vec<String>, FieldError> {
    Ok(fields
        .strings("expand", MAX_EXPANSIONS, ID_MAX_CHARS)?
        .unwrap_or_default())
}

/// Reads a body that holds nothing but `expand`.
pub fn read_expansions(mut body: Fields) -> Result<Vec<String>, FieldError> {
    let expand = expansions(&mut body)?;
    body.finish()?;
    Ok(expand)
}

/// Shows the links of an answer whole: `customer`, `payment_method`, `latest_charge`, `charge`, `payment_intent`, of the
/// object itself or, as `data.customer`, of every object of a list.
pub async fn expand(exchange: &Exchange, answer: &mut Value, wanted: &[String]) -> Result<(), Problem> {
    for path in wanted {
        let bad = || {
            let issue = Issue::Other(format!("names a property that cannot be expanded: {path}"));
            Problem::Field(FieldError::new("expand", issue))
        };
        match path.strip_prefix("data.") {
            None => expand_one(exchange, answer, path, &bad).await?,
            Some(name) => {
                let list = answer
                    .get_mut("data")
                    .and_then(Value::as_array_mut)
                    .ok_or_else(bad)?;
                for object in list {
                    expand_one(exchange, object, name, &bad).await?;
                }
            }
        }
    }
    Ok(())
}

async fn expand_one(
    exchange: &Exchange,
    object: &mut Value,
    name: &str,
    bad: &(dyn Fn() -> Problem + Sync),
) -> Result<(), Problem> {
    let link = object.get(name).ok_or_else(bad)?;
    let Some(id) = link.as_str() else { return Ok(()) };
    let scope = exchange.tenant().await?;
    let context = Context {
        livemode: scope.mode.is_live(),
        ..Context::default()
    };
    let whole = match name {
        "customer" => {
            let id = CustomerId::parse(CUSTOMER_PREFIX, id).map_err(|_| bad())?;
            let customer = exchange.call.retrieve_customer_even_deleted(id).await?;
            render::customer(&customer, context)
        }
        "payment_method" => {
            let id = PaymentMethodId::parse(METHOD_PREFIX, id).map_err(|_| bad())?;
            render::payment_method(&exchange.call.retrieve_payment_method(id).await?, context)
        }
        "latest_charge" | "charge" => {
            let id = PaymentId::parse(CHARGE_PREFIX, id).map_err(|_| bad())?;
            render::charge(&exchange.call.retrieve_payment(id).await?, context)
        }
        "payment_intent" => {
            let id = PaymentId::parse(PAYMENT_PREFIX, id).map_err(|_| bad())?;
            let payment = exchange.call.retrieve_payment(id).await?;
            crate::payment_intents::show(exchange, scope, &payment)?
        }
        _ => return Err(bad()),
    };
    object[name] = whole;
    Ok(())
}

/// The context of objects that need no more than their mode.
pub fn context(scope: Scope) -> Context<'static> {
    Context {
        livemode: scope.mode.is_live(),
        ..Context::default()
    }
}
