//! `expand[]`: ids in an answer that are replaced by their objects, if the caller may read those.
//!
//! A link leads to an object with its own route, so expanding it needs the permission of that route. Links are checked
//! first: a request for a link that does not exist, or that the caller may not read, changes nothing.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tollgate_apis::intents::{
    self, ADJUSTMENT_PREFIX, CHARGE_PREFIX, CUSTOMER_PREFIX, Context, DISPUTE_PREFIX, METHOD_PREFIX,
    PAYMENT_PREFIX, PAYOUT_PREFIX, PRICE_PREFIX, PRODUCT_PREFIX, REFUND_PREFIX, TRANSACTION_PREFIX,
    TRANSFER_PREFIX,
};
use tollgate_domain::{
    AdjustmentId, BalanceTransactionId, Currency, CustomerId, DisputeId, PaymentId, PaymentMethodId,
    PayoutId, Permission, PriceId, ProductId, RefundId, Tenant, TransferId, ledger::TransactionSource,
    payout::PayoutDestination,
};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::{account_objects, destinations::destination_of};

/// Paths that one request may ask for.
const EXPANSIONS_MAX: usize = 8;
/// Links of one path: a link's object has links itself.
const DEPTH_MAX: usize = 4;
/// Objects of a list whose links are read at a time.
const CONCURRENT_MAX: usize = 10;

/// A link of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Customer,
    PaymentMethod,
    LatestCharge,
    Charge,
    PaymentIntent,
    BalanceTransaction,
    FailureBalanceTransaction,
    Source,
    Destination,
    DefaultPrice,
    Product,
}

const INTENT: &[Link] = &[Link::Customer, Link::PaymentMethod, Link::LatestCharge];
const METHOD: &[Link] = &[Link::Customer];
const CHARGE: &[Link] = &[Link::Customer, Link::PaymentMethod, Link::PaymentIntent, Link::BalanceTransaction];
const REFUND: &[Link] =
    &[Link::Charge, Link::PaymentIntent, Link::BalanceTransaction, Link::FailureBalanceTransaction];
const DISPUTE: &[Link] = &[Link::Charge, Link::PaymentIntent];
const TRANSACTION: &[Link] = &[Link::Source];
/// Those of a charge, those of a refund and those of a dispute.
const PAYOUT: &[Link] = &[Link::Destination, Link::BalanceTransaction, Link::FailureBalanceTransaction];
const TRANSFER: &[Link] = &[Link::Destination, Link::BalanceTransaction];
/// Those of a charge, of a refund and of a payout.
const SOURCE: &[Link] = &[
    Link::Customer,
    Link::PaymentMethod,
    Link::Charge,
    Link::PaymentIntent,
    Link::BalanceTransaction,
    Link::FailureBalanceTransaction,
    Link::Destination,
];

const PRODUCT: &[Link] = &[Link::DefaultPrice];
const PRICE: &[Link] = &[Link::Product];

impl Link {
    /// The property that holds it.
    const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::PaymentMethod => "payment_method",
            Self::LatestCharge => "latest_charge",
            Self::Charge => "charge",
            Self::PaymentIntent => "payment_intent",
            Self::BalanceTransaction => "balance_transaction",
            Self::FailureBalanceTransaction => "failure_balance_transaction",
            Self::Source => "source",
            Self::Destination => "destination",
            Self::DefaultPrice => "default_price",
            Self::Product => "product",
        }
    }

    /// What the route that reads its object needs. A charge is read as a part of its payment.
    const fn permission(self) -> Permission {
        match self {
            Self::Customer => Permission::CustomersRead,
            Self::Destination => Permission::KeysRead,
            Self::PaymentMethod
            | Self::LatestCharge
            | Self::Charge
            | Self::PaymentIntent
            | Self::BalanceTransaction
            | Self::FailureBalanceTransaction
            | Self::Source
            | Self::DefaultPrice
            | Self::Product => Permission::PaymentsRead,
        }
    }

    /// The links of its object.
    const fn links(self) -> &'static [Self] {
        match self {
            Self::Customer | Self::Destination => &[],
            Self::PaymentMethod => METHOD,
            Self::LatestCharge | Self::Charge => CHARGE,
            Self::PaymentIntent => INTENT,
            Self::BalanceTransaction | Self::FailureBalanceTransaction => TRANSACTION,
            Self::Source => SOURCE,
            Self::DefaultPrice => PRICE,
            Self::Product => PRODUCT,
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
    pub const INTENT: Self = Self::object(INTENT);
    /// A payment method.
    pub const METHOD: Self = Self::object(METHOD);
    /// A charge.
    pub const CHARGE: Self = Self::object(CHARGE);
    /// A dispute.
    pub const DISPUTE: Self = Self::object(DISPUTE);
    /// A refund.
    pub const REFUND: Self = Self::object(REFUND);
    /// A payout.
    pub const PAYOUT: Self = Self::object(PAYOUT);
    /// A transfer.
    pub const TRANSFER: Self = Self::object(TRANSFER);
    /// A product.
    pub const PRODUCT: Self = Self::object(PRODUCT);
    /// A price.
    pub const PRICE: Self = Self::object(PRICE);
    /// A balance transaction.
    pub const TRANSACTION: Self = Self::object(TRANSACTION);

    const fn object(links: &'static [Link]) -> Self {
        Self { links, listed: false }
    }

    /// A list of such objects, whose links begin with `data.`.
    #[must_use]
    pub const fn list(self) -> Self {
        Self { listed: true, ..self }
    }

    /// The links of a path such as `latest_charge.balance_transaction`, from the outermost to the innermost.
    fn path(self, path: &str) -> Option<Vec<Link>> {
        let mut names = path.split('.');
        if self.listed && names.next() != Some("data") {
            return None;
        }
        let (mut path, mut links) = (Vec::with_capacity(DEPTH_MAX), self.links);
        for name in names {
            let link = links.iter().copied().find(|link| link.name() == name)?;
            path.push(link);
            links = link.links();
        }
        (1..=DEPTH_MAX).contains(&path.len()).then_some(path)
    }
}

/// Paths that this caller may expand; only [`permitted`] makes them.
#[derive(Debug)]
pub struct Permitted {
    paths: Vec<Vec<Link>>,
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
    let mut paths = Vec::with_capacity(wanted.len());
    for name in wanted {
        let path = of.path(name).ok_or_else(|| {
            let issue = Issue::Other(format!("names a property that cannot be expanded: {name}"));
            FieldError::new("expand", issue)
        })?;
        for link in &path {
            ctx.require(link.permission()).await?;
        }
        paths.push(path);
    }
    Ok(Permitted { paths, listed: of.listed })
}

/// Expands the links of an object, or of every object of a list. One call for each link, and two more where a balance
/// transaction is not booked yet.
pub async fn expand(ctx: &RequestContext, answer: &mut Value, permitted: &Permitted) -> Result<(), Problem> {
    if permitted.paths.is_empty() {
        return Ok(());
    }
    if !permitted.listed {
        return expand_object(ctx, answer, permitted).await;
    }
    let mut expanded = Vec::new();
    for object in answer.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten() {
        expanded.push(expand_object(ctx, object, permitted));
    }
    stream::iter(expanded).buffer_unordered(CONCURRENT_MAX).try_collect().await
}

async fn expand_object(
    ctx: &RequestContext,
    object: &mut Value,
    permitted: &Permitted,
) -> Result<(), Problem> {
    let tenant = ctx.tenant().await?;
    for path in &permitted.paths {
        let mut holder = &mut *object;
        for link in path {
            // A path before this one may have expanded it.
            if let Some(id) = holder.get(link.name()).and_then(Value::as_str) {
                let whole = read_link(ctx, tenant, holder, *link, id).await?;
                holder[link.name()] = whole;
            }
            // An absent link is `null`, and has no links.
            match holder.get_mut(link.name()) {
                Some(linked) if linked.is_object() => holder = linked,
                _ => break,
            }
        }
    }
    Ok(())
}

/// Reads the object to which a link leads; `holder` is the object that has the link.
async fn read_link(
    ctx: &RequestContext,
    tenant: Tenant,
    holder: &Value,
    link: Link,
    id: &str,
) -> Result<Value, Problem> {
    let context = Context::of(tenant);
    Ok(match link {
        Link::Customer => {
            let id = CustomerId::parse(CUSTOMER_PREFIX, id).map_err(|_| no_id())?;
            let customer = ctx.call.retrieve_customer_even_deleted(id).await?;
            intents::customer(&customer, context)
        }
        Link::PaymentMethod => {
            let id = PaymentMethodId::parse(METHOD_PREFIX, id).map_err(|_| no_id())?;
            intents::payment_method(&ctx.call.retrieve_payment_method(id).await?, context)
        }
        Link::DefaultPrice => {
            let id = PriceId::parse(PRICE_PREFIX, id).map_err(|_| no_id())?;
            intents::price(&ctx.call.retrieve_price(id).await?, context)
        }
        Link::Product => {
            let id = ProductId::parse(PRODUCT_PREFIX, id).map_err(|_| no_id())?;
            intents::product(&ctx.call.retrieve_product(id).await?, context)
        }
        Link::PaymentIntent => {
            let id = PaymentId::parse(PAYMENT_PREFIX, id).map_err(|_| no_id())?;
            let payment = ctx.call.retrieve_payment(id).await?;
            crate::objects::payment_intent(ctx, tenant, &payment)?
        }
        Link::LatestCharge | Link::Charge | Link::Source => match source_of(id).ok_or_else(no_id)? {
            TransactionSource::Payment(id) => intents::charge(&ctx.call.retrieve_payment(id).await?, context),
            TransactionSource::Refund(id) => intents::refund(&ctx.call.retrieve_refund(id).await?, context),
            TransactionSource::Dispute(id) => {
                intents::dispute(&ctx.call.retrieve_dispute(id).await?, context)
            }
            TransactionSource::Payout(id) => intents::payout(&ctx.call.retrieve_payout(id).await?, context),
            TransactionSource::Transfer(id) => {
                intents::transfer(&ctx.call.retrieve_transfer(id).await?, context)
            }
            TransactionSource::Adjustment(id) => {
                intents::adjustment(&ctx.call.retrieve_adjustment(id).await?, context)
            }
        },
        Link::Destination => {
            let currency = holder["currency"].as_str().and_then(Currency::from_code).ok_or_else(no_id)?;
            match destination_of(id).ok_or_else(no_id)? {
                PayoutDestination::BankAccount(id) => {
                    intents::destination(&ctx.call.retrieve_destination(id, currency).await?, context)
                }
                PayoutDestination::Account(id) => account_objects::named(ctx, tenant, id).await?,
            }
        }
        Link::BalanceTransaction | Link::FailureBalanceTransaction => {
            let id = BalanceTransactionId::parse(TRANSACTION_PREFIX, id).map_err(|_| no_id())?;
            let source = source_of(holder["id"].as_str().unwrap_or_default()).ok_or_else(no_id)?;
            intents::balance_transaction(&ctx.call.balance_transaction_of(source, id).await?)
        }
    })
}

/// What a balance transaction is about, by the id of a charge, of its intent, of a refund, of a dispute, of a payout, of a transfer or of an adjustment.
pub fn source_of(id: &str) -> Option<TransactionSource> {
    let payment = [CHARGE_PREFIX, PAYMENT_PREFIX].iter().find_map(|prefix| PaymentId::parse(prefix, id).ok());
    let refund = || RefundId::parse(REFUND_PREFIX, id).ok().map(TransactionSource::Refund);
    let dispute = || DisputeId::parse(DISPUTE_PREFIX, id).ok().map(TransactionSource::Dispute);
    let payout = || PayoutId::parse(PAYOUT_PREFIX, id).ok().map(TransactionSource::Payout);
    let transfer = || TransferId::parse(TRANSFER_PREFIX, id).ok().map(TransactionSource::Transfer);
    let adjustment = || AdjustmentId::parse(ADJUSTMENT_PREFIX, id).ok().map(TransactionSource::Adjustment);
    payment
        .map(TransactionSource::Payment)
        .or_else(refund)
        .or_else(dispute)
        .or_else(payout)
        .or_else(transfer)
        .or_else(adjustment)
}

fn no_id() -> Problem {
    Problem::Internal("an answer's link is no id".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_link_to_link() {
        assert_eq!(
            Linked::INTENT.path("latest_charge.balance_transaction"),
            Some(vec![Link::LatestCharge, Link::BalanceTransaction])
        );
        assert_eq!(Linked::REFUND.list().path("data.charge"), Some(vec![Link::Charge]));
        let four = "balance_transaction.source.payment_intent.latest_charge";
        assert_eq!(Linked::CHARGE.path(four).map(|path| path.len()), Some(4));
        for (linked, path) in [
            (Linked::INTENT, ""),
            (Linked::INTENT, "latest_charge."),
            (Linked::INTENT, "charge"),
            (Linked::INTENT, "data.latest_charge"),
            (Linked::INTENT, "latest_charge.source"),
            (Linked::INTENT, "customer.customer"),
            (Linked::INTENT.list(), "latest_charge"),
            (Linked::INTENT.list(), "data"),
            (Linked::CHARGE, "balance_transaction.source.payment_intent.latest_charge.customer"),
        ] {
            assert_eq!(linked.path(path), None, "{path}");
        }
    }
}
