//! Payments: what their routes take.

use tollgate_apis::charges::{self, CUSTOMER_PREFIX, PAYMENT_PREFIX};
use tollgate_domain::{
    CustomerId, Money, Payment, PaymentId, Refusal, Resource,
    source::Wallet,
    text::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX},
};
use tollgate_gateway::{
    AMOUNT_MINOR_MIN, ChargeFrom, CreatePayment, PageRequest, Payer, PaymentFilter, charged_and, declined,
};
use tollgate_http::{Api, FieldError, Fields, ID_CHARS_MAX, Issue, Problem, Reply, RequestContext};

use crate::{
    api::Charges,
    lists::{self, Bound},
};

/// Longest token.
const TOKEN_CHARS_MAX: usize = 255;
/// The types of source, of the text and of its wallets.
const SOURCE_TYPES: &[&str] = &["card", "bank_transfer", "apple_pay", "google_pay"];
/// The statuses of the text.
const STATUSES: &[&str] = &["succeeded", "pending", "requires_action", "failed"];

/// The payment that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<PaymentId, Problem> {
    ctx.id_in_path(PAYMENT_PREFIX, Resource::Payment)
}

/// Reads the body of a create.
pub fn read_create(mut body: Fields) -> Result<CreatePayment, Problem> {
    let minor = body.required_integer("amount")?;
    let currency = body.required_currency("currency")?;
    let from = read_source(body.required_object("source")?)?;
    let new = CreatePayment {
        amount: Money { minor, currency },
        minimum: AMOUNT_MINOR_MIN,
        from,
        payer: Payer::named(read_customer(&mut body)?),
        description: body.string("description", DESCRIPTION_CHARS_MAX)?,
        metadata: body.metadata("metadata")?,
    };
    body.finish()?;
    Ok(new)
}

/// An id of another form names no customer.
fn read_customer(body: &mut Fields) -> Result<Option<CustomerId>, Problem> {
    let Some(text) = body.string("customer_id", ID_CHARS_MAX)? else {
        return Ok(None);
    };
    let id = CustomerId::parse(CUSTOMER_PREFIX, &text);
    Ok(Some(id.map_err(|_| Refusal::NoSuchReference(Resource::Customer))?))
}

fn read_source(mut source: Fields) -> Result<ChargeFrom, FieldError> {
    let kind = source.one_of("type", SOURCE_TYPES)?.ok_or_else(|| source.error("type", Issue::Missing))?;
    let from = match kind {
        "bank_transfer" => read_bank_account(source.required_object("bank_account")?)?,
        "apple_pay" => {
            ChargeFrom::WalletToken(Wallet::ApplePay, source.required_string("token", TOKEN_CHARS_MAX)?)
        }
        "google_pay" => {
            ChargeFrom::WalletToken(Wallet::GooglePay, source.required_string("token", TOKEN_CHARS_MAX)?)
        }
        _ => ChargeFrom::CardToken(source.required_string("token", TOKEN_CHARS_MAX)?),
    };
    source.finish()?;
    Ok(from)
}

/// UK bank details: an account number of six to ten digits, a sort code of six, hyphens allowed between its pairs.
fn read_bank_account(mut account: Fields) -> Result<ChargeFrom, FieldError> {
    let account_number = account.required_string("account_number", 34)?;
    if !(6..=10).contains(&account_number.len()) || !account_number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(account.error("account_number", Issue::NotValid("an account number of 6 to 10 digits")));
    }
    let sort_code = account.required_string("sort_code", 16)?;
    let digits: String = sort_code.chars().filter(|c| *c != '-').collect();
    let grouped = sort_code.len() == 6 || sort_code.split('-').map(str::len).eq([2, 2, 2]);
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) || !grouped {
        return Err(account.error("sort_code", Issue::NotValid("a sort code such as 12-34-56")));
    }
    let account_holder_name = account.required_string("account_holder_name", NAME_CHARS_MAX)?;
    account.finish()?;
    Ok(ChargeFrom::BankAccount { account_number, sort_code, account_holder_name })
}

/// Reads the body of a confirm: `return_url`.
pub fn read_confirm(mut body: Fields) -> Result<String, FieldError> {
    let return_url = body.required_url("return_url")?;
    body.finish()?;
    Ok(return_url)
}

/// Reads the query of a list.
pub fn read_list(mut query: Fields) -> Result<PaymentFilter, FieldError> {
    let filter = PaymentFilter {
        page_request: PageRequest {
            limit: lists::limit(&mut query)?,
            starting_after: lists::id(&mut query, "starting_after", PAYMENT_PREFIX)?,
            ending_before: None,
            offset: 0,
        },
        customer: lists::id(&mut query, "customer_id", CUSTOMER_PREFIX)?,
        order: None,
        keep: charged_and(query.one_of("status", STATUSES)?, charges::payment_status),
        created_from: lists::created(&mut query, Bound::From)?,
        created_to: lists::created(&mut query, Bound::To)?,
    };
    query.finish()?;
    Ok(filter)
}

/// The answer that shows a payment, with the page of its challenge while it requires one.
pub async fn show(ctx: &RequestContext, status: u16, payment: &Payment) -> Result<Reply, Problem> {
    let challenge_url = ctx.call.challenge_url(payment).await?;
    Ok(Reply::new(status, charges::payment(payment, challenge_url.as_deref())))
}

/// The answer to a create: the payment, or the error of its decline.
pub async fn show_created(ctx: &RequestContext, payment: &Payment) -> Result<Reply, Problem> {
    match declined(payment) {
        Some(refusal) => Ok(Charges.problem(&refusal.into(), ctx.call.request_id())),
        None => show(ctx, 201, payment).await,
    }
}
