//! Payment intents: what their routes take and show.

use tollgate_apis::intents::{self, CUSTOMER_PREFIX, PAYMENT_PREFIX};
use tollgate_domain::{
    Currency, CustomerId, Money, Payment, PaymentId, Refusal, Resource,
    payment::{Amendment, DetailsUpdate, Intent, Status},
    text::DESCRIPTION_CHARS_MAX,
};
use tollgate_gateway::{
    CaptureIntent, ConfirmIntent, IntentAction, IntentUpdate, MethodRef, NewIntent, PaymentFilter,
};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, Reply, RequestContext};

use crate::{
    expansions::{self, Permitted},
    lists, objects, parameters,
    payment_details::{self, Said},
    payment_methods::{self, TYPES},
};

/// Most types of payment method of one intent.
const TYPES_MAX: usize = 8;
/// The statuses by which intents are listed.
const STATUSES: &[&str] = &[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "canceled",
    "succeeded",
];
/// The reasons that a merchant may give.
const CANCELLATION_REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer", "abandoned"];
const METHODS: &[&str] = &["automatic", "manual"];
/// How a confirmation captures.
const CAPTURE_METHODS: &[&str] = &["automatic", "automatic_async", "manual"];
/// Whether types of payment method that the gateway chooses may redirect.
const REDIRECTS: &[&str] = &["always", "never"];
/// What a create, an update and a confirm may say.
const CHARGING: Said = Said { charging: true, statement: true };
const CONFIRMING: Said = Said { charging: true, statement: false };
const CAPTURING: Said = Said { charging: false, statement: true };

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

/// Reads `customer`: the customer of a payment.
pub(crate) fn read_customer(body: &mut Fields) -> Result<Option<CustomerId>, Problem> {
    let Some(text) = body.string("customer", ID_CHARS_MAX)? else {
        return Ok(None);
    };
    let id = CustomerId::parse(CUSTOMER_PREFIX, &text);
    Ok(Some(id.map_err(|_| Refusal::NoSuchReference(Resource::Customer))?))
}

/// Reads the types that a merchant names: `payment_method_types`, of which each has to be one that is taken here, or
/// `allowed_payment_method_types`, as later versions call them, of which those are accepted that are taken here.
fn read_named_types(body: &mut Fields) -> Result<Option<Vec<String>>, FieldError> {
    let name = "allowed_payment_method_types";
    let Some(mut allowed) = payment_details::read_type_names(body, name)? else {
        return read_types(body);
    };
    allowed.retain(|kind| TYPES.contains(&kind.as_str()));
    if allowed.is_empty() {
        return Err(
            body.error(name, Issue::Other("has no type of payment method that is taken here".to_owned()))
        );
    }
    Ok(Some(allowed))
}

/// Reads `capture_method`: whether the merchant captures separately, and notes which word it used for that it does not.
fn read_capture_method(body: &mut Fields, details: &mut DetailsUpdate) -> Result<Option<bool>, FieldError> {
    let word = body.one_of("capture_method", CAPTURE_METHODS)?;
    // The usual word is not noted, so that it takes no place in what is stored.
    details.async_capture = word.map(|word| word == "automatic_async");
    Ok(word.map(|word| word == "manual"))
}

/// Reads `automatic_payment_methods`: whether types that the gateway chooses may redirect, if it chooses.
fn read_automatic(body: &mut Fields) -> Result<Option<String>, FieldError> {
    let Some(mut automatic) = body.object("automatic_payment_methods")? else {
        return Ok(None);
    };
    let enabled = automatic.boolean("enabled")?;
    let enabled = enabled.ok_or_else(|| automatic.error("enabled", Issue::Missing))?;
    let redirects = automatic.one_of("allow_redirects", REDIRECTS)?.unwrap_or("always");
    automatic.finish()?;
    Ok(enabled.then(|| redirects.to_owned()))
}

/// Reads the accepted types of a new intent: those that the merchant names, or all that fit the currency if the gateway
/// chooses, or cards.
fn read_new_types(
    body: &mut Fields,
    currency: Currency,
    details: &mut DetailsUpdate,
) -> Result<Vec<String>, FieldError> {
    let automatic = read_automatic(body)?;
    let named = read_named_types(body)?;
    if automatic.is_some() && named.is_some() {
        let issue = Issue::Other("cannot be sent with automatic_payment_methods".to_owned());
        return Err(body.error("payment_method_types", issue));
    }
    let mut types = named.unwrap_or_else(|| vec!["card".to_owned()]);
    if automatic.is_some() {
        if currency.code() == "EUR" {
            types.push("sepa_debit".to_owned());
        }
        details.automatic_methods = Some(automatic);
    }
    let excluded = details.excluded_types.as_deref().unwrap_or_default();
    types.retain(|kind| !excluded.contains(kind));
    if types.is_empty() {
        let issue = Issue::Other("leaves no type of payment method".to_owned());
        return Err(body.error("excluded_payment_method_types", issue));
    }
    Ok(types)
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
    let mut details = CHARGING.read(&mut body)?;
    let intent = Intent {
        manual_capture: read_capture_method(&mut body, &mut details)?.unwrap_or(false),
        manual_confirmation: body.one_of("confirmation_method", METHODS)? == Some("manual"),
        payment_method_types: read_new_types(&mut body, currency, &mut details)?,
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
        presence: payment_details::read_presence(&mut body)?,
        details: DetailsUpdate {
            mandate_acceptance: payment_details::read_mandate(&mut body)?.map(Some),
            ..details
        },
    };
    if !new.confirm {
        let sent = [
            ("return_url", new.return_url.is_some()),
            ("mandate_data", new.details.mandate_acceptance.is_some()),
            ("off_session", new.presence.off_session),
            ("error_on_requires_action", new.presence.refuses_challenge),
        ];
        if let Some((name, _)) = sent.into_iter().find(|(_, sent)| *sent) {
            let issue = Issue::Other("can only be sent when confirm is true".to_owned());
            return Err(body.error(name, issue).into());
        }
    }
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::CREATE_INTENT)?;
    Ok((new, expand))
}

/// Reads the body of an update.
pub async fn read_update(
    ctx: &RequestContext,
    mut body: Fields,
) -> Result<(IntentAction, Vec<String>), Problem> {
    let mut details = CHARGING.read(&mut body)?;
    let amendment = Amendment {
        customer: read_customer(&mut body)?,
        description: body.change("description", |b| b.string("description", DESCRIPTION_CHARS_MAX))?,
        receipt_email: body.change("receipt_email", |b| b.email("receipt_email"))?,
        payment_method_types: read_named_types(&mut body)?,
        manual_capture: read_capture_method(&mut body, &mut details)?,
        details,
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
    body.finish_without(parameters::UPDATE_INTENT)?;
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
    let client_secret = body.string("client_secret", 256)?;
    if ctx.call.is_client().await? {
        refuse_what_only_servers_say(&body)?;
    }
    let mut details = CONFIRMING.read(&mut body)?;
    details.mandate_acceptance = payment_details::read_mandate(&mut body)?.map(Some);
    let changes = Amendment {
        receipt_email: body.change("receipt_email", |b| b.email("receipt_email"))?,
        payment_method_types: read_named_types(&mut body)?,
        manual_capture: read_capture_method(&mut body, &mut details)?,
        details,
        ..Amendment::default()
    };
    let confirm = ConfirmIntent {
        method: read_method(ctx, &mut body).await?,
        return_url: body.url("return_url")?,
        presence: payment_details::read_presence(&mut body)?,
        changes,
    };
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::CONFIRM_INTENT)?;
    Ok(Confirmation { action: IntentAction::Confirm(Box::new(confirm)), client_secret, expand })
}

/// A payer's page may not decide how the payment is taken.
fn refuse_what_only_servers_say(body: &Fields) -> Result<(), FieldError> {
    const ONLY_SERVERS: &[&str] = &[
        "allowed_payment_method_types",
        "capture_method",
        "error_on_requires_action",
        "excluded_payment_method_types",
        "off_session",
    ];
    match ONLY_SERVERS.iter().find(|name| body.has(name)) {
        None => Ok(()),
        Some(name) => Err(body.error(name, Issue::Other("cannot be sent with a publishable key".to_owned()))),
    }
}

/// Reads the body of a capture.
pub fn read_capture(mut body: Fields) -> Result<(IntentAction, Vec<String>), FieldError> {
    let capture = CaptureIntent {
        amount: body.integer("amount_to_capture")?,
        metadata: body.metadata_changes("metadata")?,
        annotation: Amendment { details: CAPTURING.read(&mut body)?, ..Amendment::default() },
    };
    // What is not captured is released: a second capture has nothing left.
    if body.boolean("final_capture")? == Some(false) {
        return Err(body.error("final_capture", Issue::Unsupported));
    }
    let expand = expansions::read(&mut body)?;
    body.finish_without(parameters::CAPTURE_INTENT)?;
    Ok((IntentAction::Capture(Box::new(capture)), expand))
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
    let wanted = lists::read_wanted(&mut query, STATUSES)?;
    let filter = PaymentFilter {
        page_request,
        customer: lists::id(&mut query, "customer", CUSTOMER_PREFIX)?,
        order: wanted.order(),
        keep: wanted.keep(|payment| intents::payment_status(payment.state.status)),
        created_from,
        created_to,
    };
    let expand = expansions::read(&mut query)?;
    query.finish_without(parameters::LIST_INTENTS)?;
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
