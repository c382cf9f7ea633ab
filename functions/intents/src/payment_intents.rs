//! Payment intents: what their routes take and show.

use tollgate_apis::intents::{self, CUSTOMER_PREFIX, PAYMENT_PREFIX};
use tollgate_domain::{
    CustomerId, Money, Payment, PaymentId, Refusal, Resource,
    payment::{Amendment, Intent, Status},
    text::DESCRIPTION_CHARS_MAX,
};
use tollgate_gateway::{IntentAction, IntentUpdate, MethodRef, NewIntent, PaymentFilter};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, Reply, RequestContext};

use crate::{
    expansions::{self, Permitted},
    lists, objects, payment_methods,
};

/// The kinds of payment method that an intent may accept. Wallets present cards.
const TYPES: &[&str] = &["card", "sepa_debit"];
/// Most kinds of one intent.
const TYPES_MAX: usize = 8;
/// The reasons that a merchant may give.
const CANCELLATION_REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer", "abandoned"];
const METHODS: &[&str] = &["automatic", "manual"];

/// The intent that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    ctx.id_in_path(PAYMENT_PREFIX, Resource::Payment)
}

fn read_types(body: &mut Fields) -> Result<Option<Vec<String>>, FieldError> {
    let Some(types) = body.strings("payment_method_types", TYPES_MAX, ID_CHARS_MAX)? else {
        return Ok(None);
    };
    if types.is_empty() || !types.iter().all(|kind| TYPES.contains(&kind.as_str())) {
        return Err(body.error("payment_method_types", Issue::NotOneOf(TYPES)));
    }
    Ok(Some(types))
}

fn read_customer(body: &mut Fields) -> Result<Option<CustomerId>, Problem> {
    let Some(text) = body.string("customer", ID_CHARS_MAX)? else {
        return Ok(None);
    };
    let id = CustomerId::parse(CUSTOMER_PREFIX, &text);
    Ok(Some(id.map_err(|_| Refusal::NoSuchReference(Resource::Customer))?))
}

fn is_manual(body: &mut Fields, name: &str) -> Result<Option<bool>, FieldError> {
    Ok(body.one_of(name, METHODS)?.map(|word| word == "manual"))
}

async fn read_method(ctx: &RequestContext, body: &mut Fields) -> Result<Option<MethodRef>, Problem> {
    let named = body.string("payment_method", ID_CHARS_MAX)?.map(MethodRef::Named);
    let described = match body.object("payment_method_data")? {
        None => None,
        Some(data) => {
            let tenant = ctx.tenant().await?;
            let new = payment_methods::read_new(data, tenant, ctx.call.now())?;
            Some(MethodRef::New(Box::new(new)))
        }
    };
    Ok(named.or(described))
}

/// Reads the body of a create, and the links to expand.
pub async fn read_create(
    ctx: &RequestContext,
    mut body: Fields,
) -> Result<(NewIntent, Vec<String>), Problem> {
    let minor = body.required_integer("amount")?;
    let currency = body.required_currency("currency")?;
    let intent = Intent {
        manual_capture: is_manual(&mut body, "capture_method")?.unwrap_or(false),
        manual_confirmation: is_manual(&mut body, "confirmation_method")?.unwrap_or(false),
        payment_method_types: read_types(&mut body)?.unwrap_or_else(|| vec!["card".to_owned()]),
        receipt_email: body.email("receipt_email")?,
        ..Intent::default()
    };
    let new = NewIntent {
        amount: Money { minor, currency },
        customer: read_customer(&mut body)?,
        method: read_method(ctx, &mut body).await?,
        intent,
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        metadata: body.metadata("metadata")?,
        confirm: body.boolean("confirm")?.unwrap_or(false),
        return_url: body.url("return_url")?,
    };
    if new.return_url.is_some() && !new.confirm {
        let issue = Issue::Other("can only be sent when confirm is true".to_owned());
        return Err(body.error("return_url", issue).into());
    }
    let expand = expansions::read(&mut body)?;
    body.finish()?;
    Ok((new, expand))
}

/// Reads the body of an update.
pub async fn read_update(
    ctx: &RequestContext,
    mut body: Fields,
) -> Result<(IntentAction, Vec<String>), Problem> {
    let amendment = Amendment {
        customer: read_customer(&mut body)?,
        description: body.change("description", |b| b.string("description", DESCRIPTION_CHARS_MAX))?,
        receipt_email: body.change("receipt_email", |b| b.email("receipt_email"))?,
        payment_method_types: read_types(&mut body)?,
        manual_capture: is_manual(&mut body, "capture_method")?,
        ..Amendment::default()
    };
    let currency = if body.has("currency") { Some(body.required_currency("currency")?) } else { None };
    let update = IntentUpdate {
        amount: body.integer("amount")?,
        currency,
        method: read_method(ctx, &mut body).await?,
        metadata: body.metadata_changes("metadata")?,
        amendment,
    };
    let expand = expansions::read(&mut body)?;
    body.finish()?;
    Ok((IntentAction::Update(Box::new(update)), expand))
}

/// What a confirm asks for.
#[derive(Debug)]
pub struct Confirmation {
    /// The action.
    pub action: IntentAction,
    /// The client secret, with which a payer's page shows that the intent is its own.
    pub client_secret: Option<String>,
    /// The links to expand.
    pub expand: Vec<String>,
}

/// Reads the body of a confirm.
pub async fn read_confirm(ctx: &RequestContext, mut body: Fields) -> Result<Confirmation, Problem> {
    let confirmation = Confirmation {
        action: IntentAction::Confirm {
            method: read_method(ctx, &mut body).await?,
            return_url: body.url("return_url")?,
        },
        client_secret: body.string("client_secret", 256)?,
        expand: expansions::read(&mut body)?,
    };
    body.finish()?;
    Ok(confirmation)
}

/// Reads the body of a capture.
pub fn read_capture(mut body: Fields) -> Result<(IntentAction, Vec<String>), FieldError> {
    let action = IntentAction::Capture(body.integer("amount_to_capture")?);
    let expand = expansions::read(&mut body)?;
    body.finish()?;
    Ok((action, expand))
}

/// Reads the body of a cancel.
pub fn read_cancel(mut body: Fields) -> Result<(IntentAction, Vec<String>), FieldError> {
    let reason = body.one_of("cancellation_reason", CANCELLATION_REASONS)?;
    let expand = expansions::read(&mut body)?;
    body.finish()?;
    Ok((IntentAction::Cancel(reason.map(str::to_owned)), expand))
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<(PaymentFilter, Vec<String>), FieldError> {
    let page_request = lists::page_request(&mut query, PAYMENT_PREFIX)?;
    let (created_from, created_to) = lists::created(&mut query)?;
    let filter = PaymentFilter {
        page_request,
        customer: lists::id(&mut query, "customer", CUSTOMER_PREFIX)?,
        keep: None,
        created_from,
        created_to,
    };
    let expand = expansions::read(&mut query)?;
    query.finish()?;
    Ok((filter, expand))
}

/// The answer that shows an intent, with expanded links. If this request's charge was declined, it is the decline's error
/// with the intent in it.
pub async fn answer(
    ctx: &RequestContext,
    status: u16,
    payment: &Payment,
    charged: bool,
    expand: &Permitted,
) -> Result<Reply, Problem> {
    let tenant = ctx.tenant().await?;
    let mut shown = objects::payment_intent(ctx, tenant, payment)?;
    expansions::expand(ctx, &mut shown, expand).await?;
    let is_declined = charged && payment.state.status == Status::RequiresPaymentMethod;
    let declined = is_declined.then(|| intents::declined(payment, &shown)).flatten();
    Ok(declined.map_or_else(|| Reply::new(status, shown), Reply::from))
}
