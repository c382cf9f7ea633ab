//! `expand[]`: ids in an answer that are replaced by their objects, if the caller may read those.
//!
//! A link leads to an object with its own route, so expanding it needs the permission of that route. Links are checked
//! first: a request for a link that does not exist, or that the caller may not read, changes nothing.

use serde_json::Value;
use tollgate_apis::intents::{self, CHARGE_PREFIX, CUSTOMER_PREFIX, METHOD_PREFIX, PAYMENT_PREFIX};
use tollgate_domain::{CustomerId, PaymentId, PaymentMethodId, Permission};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::lists::context;

/// Links that one request may ask for.
const EXPANSIONS_MAX: usize = 8;

/// A link of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Customer,
    PaymentMethod,
    LatestCharge,
    Charge,
    PaymentIntent,
}

impl Link {
    /// The property that holds it.
    const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::PaymentMethod => "payment_method",
            Self::LatestCharge => "latest_charge",
            Self::Charge => "charge",
            Self::PaymentIntent => "payment_intent",
        }
    }

    /// What the route that reads its object needs. A charge is read as a part of its payment.
    const fn permission(self) -> Permission {
        match self {
            Self::Customer => Permission::CustomersRead,
            Self::PaymentMethod | Self::LatestCharge | Self::Charge | Self::PaymentIntent => {
                Permission::PaymentsRead
            }
        }
    }
}

/// An answer that has links.
#[derive(Clone, Copy, Debug)]
pub struct Linked {
    links: &'static [Link],
    listed: bool,
}

impl Linked {
    /// A payment intent.
    pub const INTENT: Self = Self::object(&[Link::Customer, Link::PaymentMethod, Link::LatestCharge]);
    /// A payment method.
    pub const METHOD: Self = Self::object(&[Link::Customer]);
    /// A charge.
    pub const CHARGE: Self = Self::object(&[Link::Customer, Link::PaymentMethod, Link::PaymentIntent]);
    /// A refund.
    pub const REFUND: Self = Self::object(&[Link::Charge, Link::PaymentIntent]);

    const fn object(links: &'static [Link]) -> Self {
        Self { links, listed: false }
    }

    /// A list of such objects, whose links begin with `data.`.
    #[must_use]
    pub const fn list(self) -> Self {
        Self { listed: true, ..self }
    }

    fn link(self, path: &str) -> Option<Link> {
        let name = if self.listed { path.strip_prefix("data.")? } else { path };
        self.links.iter().copied().find(|link| link.name() == name)
    }
}

/// Links that this caller may expand; only [`permitted`] makes them.
#[derive(Debug)]
pub struct Permitted {
    links: Vec<Link>,
    listed: bool,
}

/// Reads `expand`: the links to expand.
pub fn read(fields: &mut Fields) -> Result<Vec<String>, FieldError> {
    Ok(fields.strings("expand", EXPANSIONS_MAX, ID_CHARS_MAX)?.unwrap_or_default())
}

/// Reads a body that holds nothing but `expand`.
pub fn read_alone(mut body: Fields) -> Result<Vec<String>, FieldError> {
    let expand = read(&mut body)?;
    body.finish()?;
    Ok(expand)
}

/// Reads the query of an object without links.
pub fn read_query_alone(ctx: &RequestContext) -> Result<(), Problem> {
    let mut query = ctx.nested_query()?;
    read(&mut query)?;
    Ok(query.finish()?)
}

/// Checks that the answer has these links and that the caller may read what they lead to. It makes no call: it waits for the
/// caller's admission.
pub async fn permitted(ctx: &RequestContext, wanted: &[String], of: Linked) -> Result<Permitted, Problem> {
    let mut links = Vec::with_capacity(wanted.len());
    for path in wanted {
        let link = of.link(path).ok_or_else(|| {
            let issue = Issue::Other(format!("names a property that cannot be expanded: {path}"));
            FieldError::new("expand", issue)
        })?;
        ctx.require(link.permission()).await?;
        links.push(link);
    }
    Ok(Permitted { links, listed: of.listed })
}

/// Expands the links of an object, or of every object of a list. One call for each.
pub async fn expand(ctx: &RequestContext, answer: &mut Value, permitted: &Permitted) -> Result<(), Problem> {
    for link in &permitted.links {
        if permitted.listed {
            let list = answer.get_mut("data").and_then(Value::as_array_mut);
            for object in list.into_iter().flatten() {
                expand_one(ctx, object, *link).await?;
            }
        } else {
            expand_one(ctx, answer, *link).await?;
        }
    }
    Ok(())
}

async fn expand_one(ctx: &RequestContext, object: &mut Value, link: Link) -> Result<(), Problem> {
    // An absent link is `null`.
    let Some(id) = object.get(link.name()).and_then(Value::as_str) else {
        return Ok(());
    };
    let tenant = ctx.tenant().await?;
    let context = context(tenant);
    let no_id = |_| Problem::Internal("an answer's link is no id".into());
    let whole = match link {
        Link::Customer => {
            let id = CustomerId::parse(CUSTOMER_PREFIX, id).map_err(no_id)?;
            let customer = ctx.call.retrieve_customer_even_deleted(id).await?;
            intents::customer(&customer, context)
        }
        Link::PaymentMethod => {
            let id = PaymentMethodId::parse(METHOD_PREFIX, id).map_err(no_id)?;
            intents::payment_method(&ctx.call.retrieve_payment_method(id).await?, context)
        }
        Link::LatestCharge | Link::Charge => {
            let id = PaymentId::parse(CHARGE_PREFIX, id).map_err(no_id)?;
            intents::charge(&ctx.call.retrieve_payment(id).await?, context)
        }
        Link::PaymentIntent => {
            let id = PaymentId::parse(PAYMENT_PREFIX, id).map_err(no_id)?;
            let payment = ctx.call.retrieve_payment(id).await?;
            crate::objects::payment_intent(ctx, tenant, &payment)?
        }
    };
    object[link.name()] = whole;
    Ok(())
}
