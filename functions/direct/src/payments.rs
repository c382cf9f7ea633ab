//! Payments: what their routes take and show.

use serde_json::Value;
use tollgate_apis::direct::{self, CUSTOMER_PREFIX, PAYMENT_PREFIX};
use tollgate_domain::{
    CustomerId, EnteredCard, Money, Payment, PaymentId, Permission, Refusal, Resource, Timestamp,
    source::Wallet,
    tenant::Mode,
    text::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX, PHONE_CHARS_MAX},
};
use tollgate_gateway::{AMOUNT_MINOR_MIN, ChargeFrom, CreatePayment, Error, Payer};
use tollgate_http::{CardPlace, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

/// Longest token of a wallet.
const TOKEN_CHARS_MAX: usize = 255;
/// Longest text in the place of a card number, in characters.
const CARD_NUMBER_CHARS_MAX: usize = 64;
/// The accepted payment methods.
const PAYMENT_METHODS: &[&str] = &["card", "apple_pay", "google_pay"];
/// The wallets among them, which send a token.
const WALLETS: &[&str] = &["apple_pay", "google_pay"];

/// The payment that the path names. The API of the release before called it `payment_id` in refunds, and is there until
/// this one has replaced it.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    let names = ["id", "payment_id"].map(|name| ctx.request.path_parameter(name));
    let id = names.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
    PaymentId::parse(PAYMENT_PREFIX, id).map_err(|_| Refusal::NotFound(Resource::Payment).into())
}

/// Reads the body of a create. Unknown fields are ignored.
pub fn read_create(mut body: Fields, mode: Mode, now: Timestamp) -> Result<CreatePayment, Problem> {
    let minor = body.required_integer("amount")?;
    let currency = body.required_currency("currency")?;
    let method = body
        .one_of("payment_method", PAYMENT_METHODS)?
        .ok_or_else(|| body.error("payment_method", Issue::Missing))?;
    let payer = read_payer(&mut body)?;
    let from = match method {
        "apple_pay" => read_wallet(&mut body, method, Wallet::ApplePay)?,
        "google_pay" => read_wallet(&mut body, method, Wallet::GooglePay)?,
        _ => match body.object("card")? {
            None => ChargeFrom::SavedCard,
            Some(card) => ChargeFrom::Card(read_card(card, mode, now)?),
        },
    };
    Ok(CreatePayment {
        amount: Money { minor, currency },
        minimum: AMOUNT_MINOR_MIN,
        from,
        payer,
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        metadata: body.metadata("metadata")?,
    })
}

fn read_card(mut card: Fields, mode: Mode, now: Timestamp) -> Result<EnteredCard, Problem> {
    let number = card.required_string("number", CARD_NUMBER_CHARS_MAX)?;
    let month = card.required_integer("exp_month")?;
    let year = card.required_integer("exp_year")?;
    let cvc = card.required_string("cvc", CARD_NUMBER_CHARS_MAX)?;
    let checked = EnteredCard::check(&number, (month, year), Some(&cvc), mode, now);
    Ok(checked.map_err(Refusal::from)?)
}

/// The wallet's token: in an object named as the method (`"apple_pay": {"token": …}`), or beside it.
fn read_wallet(body: &mut Fields, method: &str, wallet: Wallet) -> Result<ChargeFrom, Problem> {
    let token = match body.object(method)? {
        Some(mut object) => object.required_string("token", TOKEN_CHARS_MAX)?,
        None if body.has("token") => body.required_string("token", TOKEN_CHARS_MAX)?,
        None => return Err(body.error(method, Issue::Missing).into()),
    };
    Ok(ChargeFrom::WalletToken(wallet, token))
}

/// `customer`: `{"id"}` names a customer; `{"email","name","phone"}` finds or creates one.
fn read_payer(body: &mut Fields) -> Result<Payer, Problem> {
    let Some(mut customer) = body.object("customer")? else {
        return Ok(Payer::Anonymous);
    };
    if let Some(id) = customer.string("id", ID_CHARS_MAX)? {
        let id = CustomerId::parse(CUSTOMER_PREFIX, &id);
        return Ok(Payer::Customer(id.map_err(|_| Refusal::NoSuchReference(Resource::Customer))?));
    }
    let email = customer.email("email")?.ok_or_else(|| customer.error("email", Issue::Missing))?;
    Ok(Payer::WithEmail {
        email,
        name: customer.string("name", NAME_CHARS_MAX)?,
        phone: customer.string("phone", PHONE_CHARS_MAX)?,
    })
}

/// The problem of a create that failed: a refusal names the parameter of this request.
pub fn refused(error: Error, body: &Value) -> Problem {
    let Error::Refused(refusal) = error else { return error.into() };
    let method = body["payment_method"].as_str();
    let wallet = WALLETS.iter().copied().find(|wallet| method == Some(*wallet));
    let param = match (&refusal, wallet) {
        (Refusal::InvalidToken, Some(wallet)) if body[wallet].is_object() => format!("{wallet}.token"),
        (Refusal::InvalidToken, _) => "token".to_owned(),
        (Refusal::NoProcessor, wallet) => wallet.unwrap_or("card").to_owned(),
        _ => return refusal.into(),
    };
    Problem::RefusedParam(param, refusal)
}

/// Where a create has a card.
pub const CARD_PLACES: &[CardPlace] =
    &[CardPlace { object: "/card", number: "number", security_code: "cvc" }];

/// Payments as the text shows them, each with its customer's id and, for a caller who may read customers, address, and with the
/// page that waits for its payer. One call, if any has a customer.
pub async fn show_all(ctx: &RequestContext, payments: &[Payment]) -> Result<Vec<Value>, Problem> {
    let ids: Vec<CustomerId> = payments.iter().filter_map(|payment| payment.customer).collect();
    let customers = if ids.is_empty() || !ctx.may(Permission::CustomersRead).await? {
        Vec::new()
    } else {
        ctx.call.customers(&ids).await?
    };
    let email = |payment: &Payment| {
        let customer = customers.iter().find(|c| Some(c.id) == payment.customer);
        customer.and_then(|c| c.profile.email.as_deref())
    };
    let tenant = ctx.tenant().await?;
    let gateway = ctx.call.gateway();
    Ok(payments
        .iter()
        .map(|payment| {
            let challenge_url = gateway.challenge_url(tenant, payment);
            direct::payment(payment, email(payment), challenge_url.as_deref())
        })
        .collect())
}

/// One payment, shown as [`show_all`] does.
pub async fn show(ctx: &RequestContext, payment: &Payment) -> Result<Value, Problem> {
    let shown = show_all(ctx, std::slice::from_ref(payment)).await?;
    Ok(shown.into_iter().next().unwrap_or_default())
}

/// The answer to a create. The request has the payer's address, so the customer is not read.
pub async fn show_created(ctx: &RequestContext, payment: &Payment, payer: &Payer) -> Result<Value, Problem> {
    match payer {
        Payer::WithEmail { email, .. } => {
            let challenge_url = ctx.call.challenge_url(payment).await?;
            Ok(direct::payment(payment, Some(email), challenge_url.as_deref()))
        }
        Payer::Anonymous | Payer::Customer(_) => show(ctx, payment).await,
    }
}
