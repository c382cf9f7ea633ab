//! Initialising a payment: what its route takes and answers.

use serde_json::Value;
use tollgate_apis::checkout::Initialized;
use tollgate_domain::{
    BadCard, Currency, EnteredCard, IdempotencyKey, JsonObject, Money, Payment, Refusal, Source, Timestamp,
    source::ProcessorKind,
    tenant::Mode,
    text::{NAME_CHARS_MAX, PHONE_CHARS_MAX},
};
use tollgate_gateway::{CheckoutFlow, Error, NewCheckout, Payer};
use tollgate_http::{
    CardPlace, FieldError, Fields, Issue, Problem, Reply, RequestContext, Wrong, without_card_data,
};

/// Longest number of an order, in characters.
const ORDER_ID_CHARS_MAX: usize = 255;
/// Longest text in place of a card number or a part of an expiry.
const CARD_TEXT_CHARS_MAX: usize = 64;
/// The largest amount, in minor units.
const MINOR_MAX: i64 = tollgate_domain::money::AMOUNT_MINOR_MAX;
/// The processors of the text.
const PROVIDERS: &[&str] = &["cybersource", "mpgs"];

/// Reads the whole body, then reports all errors. `amount` and `metadata` are the texts that were sent.
pub fn read(
    mut body: Fields,
    amount: Option<&str>,
    metadata: Option<&str>,
    mode: Mode,
    now: Timestamp,
) -> Result<NewCheckout, Problem> {
    let mut wrong = Wrong::default();
    let order_id = wrong.take(body.required_string("order_id", ORDER_ID_CHARS_MAX));
    let currency = wrong.take(body.required_currency("currency"));
    let amount = wrong.take(read_amount(&body, amount, currency));
    let processor = wrong.take(read_processor(&mut body));
    let card = read_card(&mut body, mode, now, &mut wrong);
    let payer = read_payer(&mut body, &mut wrong);
    let return_url = wrong.take(body.url("return_url"));
    let cancel_url = wrong.take(body.url("cancel_url"));
    let metadata = wrong.take(read_metadata(&body, metadata));
    if let Some(problem) = wrong.into_problem() {
        return Err(problem);
    }
    let read = || {
        Some(NewCheckout {
            order_id: order_id?,
            amount: amount??,
            processor: processor?,
            card: card?,
            payer,
            return_url: return_url?,
            cancel_url: cancel_url?,
            metadata: metadata?,
        })
    };
    // A missing field was reported above.
    read().ok_or_else(|| Problem::Internal("a field was neither read nor wrong".into()))
}

/// The smallest amount in minor units: 0.01, or 1 in a currency without decimal places.
fn minimum_minor(currency: Currency) -> i64 {
    10_i64.pow(currency.exponent().saturating_sub(2))
}

/// `None` if the amount cannot be checked because the currency is wrong.
fn read_amount(
    body: &Fields,
    sent: Option<&str>,
    currency: Option<Currency>,
) -> Result<Option<Money>, FieldError> {
    let error = |issue| body.error("amount", issue);
    let text = sent.filter(|text| *text != "null").ok_or_else(|| error(Issue::Missing))?;
    // Some clients send numbers in quotation marks.
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if text.is_empty() {
        return Err(error(Issue::Missing));
    }
    let Some(currency) = currency else {
        let number = Currency::from_code("CLF").and_then(|widest| Money::from_decimal(text, widest));
        return number.map(|_| None).ok_or_else(|| error(Issue::NotA("a number")));
    };
    let Some(amount) = Money::from_decimal(text, currency) else {
        let is_number = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        return Err(error(if is_number {
            Issue::Other(format!("must be a number with at most {} decimal places", currency.exponent()))
        } else {
            Issue::NotA("a number")
        }));
    };
    let at = |minor| Money { minor, currency }.to_decimal();
    let minimum = minimum_minor(currency);
    if amount.minor < minimum {
        return Err(error(Issue::Other(format!("must be at least {}", at(minimum)))));
    }
    if amount.minor > MINOR_MAX {
        return Err(error(Issue::Other(format!("must not be greater than {}", at(MINOR_MAX)))));
    }
    Ok(Some(amount))
}

fn read_metadata(body: &Fields, sent: Option<&str>) -> Result<Option<JsonObject>, FieldError> {
    let sent = sent.filter(|text| *text != "null");
    let object = sent.map(JsonObject::parse).transpose();
    object.map_err(|bad| body.error("metadata", Issue::Other(bad.to_string())))
}

fn read_processor(body: &mut Fields) -> Result<ProcessorKind, FieldError> {
    let word = body
        .one_of("payment_provider", PROVIDERS)?
        .ok_or_else(|| body.error("payment_provider", Issue::Missing))?;
    ProcessorKind::parse(word).ok_or_else(|| body.error("payment_provider", Issue::NotOneOf(PROVIDERS)))
}

fn read_card(body: &mut Fields, mode: Mode, now: Timestamp, wrong: &mut Wrong) -> Option<EnteredCard> {
    let number = wrong.take(body.required_string("card_number", CARD_TEXT_CHARS_MAX));
    let month = wrong.take(read_digits(body, "exp_month", &[2], "must be 2 digits"));
    let year = wrong.take(read_digits(body, "exp_year", &[2, 4], "must be 2 or 4 digits"));
    let cvv = wrong.take(body.required_string("cvv", CARD_TEXT_CHARS_MAX));
    let checked = EnteredCard::check(&number?, (month?, year?), Some(&cvv?), mode, now);
    checked
        .map_err(|bad| {
            let (name, text) = match bad {
                BadCard::Number => ("card_number", "must be a valid card number"),
                BadCard::Scheme => ("card_number", "must be of a card scheme that is accepted"),
                BadCard::ExpiryMonth => ("exp_month", "must be between 01 and 12"),
                BadCard::ExpiryYear => ("exp_year", "must be a valid year"),
                BadCard::Expired => ("exp_year", "must not lie in the past: the card has expired"),
                BadCard::Cvc => ("cvv", "must be 3 digits, or 4 on American Express"),
            };
            wrong.add(body.error(name, Issue::Other(text.to_owned())));
        })
        .ok()
}

fn read_digits(body: &mut Fields, name: &str, lengths: &[usize], otherwise: &str) -> Result<i64, FieldError> {
    let text = body.required_string(name, CARD_TEXT_CHARS_MAX)?;
    let digits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| body.error(name, Issue::Other(otherwise.to_owned())))
}

/// A payer without an e-mail address has no customer.
fn read_payer(body: &mut Fields, wrong: &mut Wrong) -> Payer {
    let email = wrong.take(body.email("customer_email")).flatten();
    let name = wrong.take(body.string("customer_name", NAME_CHARS_MAX)).flatten();
    let phone = wrong.take(body.string("customer_phone", PHONE_CHARS_MAX)).flatten();
    match email {
        Some(email) => Payer::WithEmail { email, name, phone },
        None => Payer::Anonymous,
    }
}

/// Where an initialization has a card: in the body itself.
const CARD_PLACES: &[CardPlace] = &[CardPlace { object: "", number: "card_number", security_code: "cvv" }];

/// Initializes the payment. The order number is an idempotency key: a repeated request for an order returns the same payment.
/// An `Idempotency-Key` header is for one request about one order.
pub async fn initialize(ctx: &RequestContext, body: &Value, new: NewCheckout) -> Result<Reply, Problem> {
    let body = without_card_data(body, CARD_PLACES);
    let key = ctx.idempotency(&body)?;
    let number = IdempotencyKey::from_reference(&new.order_id);
    let order = ctx.keyed(number, &body);
    let taken = |text: &str| FieldError::new("order_id", Issue::Other(text.to_owned())).into();
    match ctx.call.initialize_checkout(new, &order, key.as_ref()).await {
        Ok(made) => Ok(answer(ctx, &made.value).await?.replayed(made.replayed)),
        Err(Error::Refused(Refusal::IdempotencyKeyReused)) => {
            Err(taken("has already been used for another payment"))
        }
        Err(Error::Refused(Refusal::IdempotencyKeyTaken)) => {
            Err(taken("came with an Idempotency-Key that was used for another request"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn answer(ctx: &RequestContext, payment: &Payment) -> Result<Reply, Problem> {
    let flow = match &payment.source {
        Some(Source::Card(card)) => CheckoutFlow::of(card.brand),
        _ => CheckoutFlow::Redirect,
    };
    let url = ctx.call.flow_url(payment, flow).await?;
    let initialized = match flow {
        CheckoutFlow::Redirect => Initialized::redirect(payment, url),
        CheckoutFlow::Html => Initialized::html(payment, &url),
    };
    Ok(Reply::ok(initialized.to_json()))
}
