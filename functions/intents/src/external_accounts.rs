//! Bank accounts, which are external accounts of the merchant's own account: what their routes take and show.

use serde_json::Value;
use tollgate_apis::intents::{self, ACCOUNT_PREFIX, BANK_ACCOUNT_PREFIX, Context};
use tollgate_domain::{
    BankAccount, BankAccountId, MerchantId, Metadata, Refusal, Resource, Tenant,
    bank_account::{HOLDER_NAME_CHARS_MAX, HolderType},
    id::BankAccountKind,
};
use tollgate_gateway::{BankAccountData, BankAccountUpdate, NewBankAccount, PageRequest};
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue, Problem, RequestContext};

use crate::{expansions, lists, parameters};

/// Longest account or routing number, in characters, with spaces.
const NUMBER_CHARS_MAX: usize = 64;
/// Types of external account. Cards are refused by name.
const OBJECTS: &[&str] = &["bank_account", "card"];

/// Refuses a path that names another account than the caller's own.
pub async fn check_account(ctx: &RequestContext) -> Result<(), Problem> {
    let named = MerchantId::parse(ACCOUNT_PREFIX, ctx.request.path_parameter("account"));
    let own = ctx.tenant().await?.merchant;
    if named.is_ok_and(|named| named == own) {
        Ok(())
    } else {
        Err(Refusal::NotFound(Resource::Account).into())
    }
}

/// The bank account that the path names.
pub fn id_in_path(ctx: &RequestContext) -> Result<BankAccountId, Problem> {
    ctx.id_in_path(BANK_ACCOUNT_PREFIX, Resource::BankAccount)
}

fn read_holder_type(fields: &mut Fields) -> Result<Option<HolderType>, FieldError> {
    let text = fields.one_of("account_holder_type", &["individual", "company"])?;
    Ok(text.map(|text| if text == "company" { HolderType::Company } else { HolderType::Individual }))
}

/// Reads the body of a create: `external_account`, a token or an object.
pub fn read_create(mut body: Fields) -> Result<NewBankAccount, FieldError> {
    let mut new = if body.is_object("external_account") {
        read_numbers(body.required_object("external_account")?)?
    } else {
        NewBankAccount {
            data: BankAccountData::Token(body.required_string("external_account", ID_CHARS_MAX)?),
            holder_name: None,
            holder_type: None,
            default_for_currency: false,
            metadata: Metadata::default(),
        }
    };
    new.default_for_currency = body.boolean("default_for_currency")?.unwrap_or_default();
    new.metadata = body.metadata("metadata")?;
    expansions::read(&mut body)?;
    body.finish()?;
    Ok(new)
}

/// Reads a bank account's numbers and holder.
fn read_numbers(mut fields: Fields) -> Result<NewBankAccount, FieldError> {
    refuse_cards(&mut fields)?;
    let country = fields.required_string("country", ID_CHARS_MAX)?;
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(fields.error("country", Issue::NotValid("a two-letter ISO 3166 country code")));
    }
    let data = BankAccountData::Numbers {
        country: country.to_ascii_uppercase(),
        currency: fields.required_currency("currency")?,
        routing_number: fields.string("routing_number", NUMBER_CHARS_MAX)?,
        account_number: fields.required_string("account_number", NUMBER_CHARS_MAX)?,
    };
    let new = NewBankAccount {
        data,
        holder_name: fields.string("account_holder_name", HOLDER_NAME_CHARS_MAX)?,
        holder_type: read_holder_type(&mut fields)?,
        default_for_currency: false,
        metadata: Metadata::default(),
    };
    fields.finish_without(parameters::EXTERNAL_ACCOUNT)?;
    Ok(new)
}

fn refuse_cards(fields: &mut Fields) -> Result<(), FieldError> {
    if fields.one_of("object", OBJECTS)? == Some("card") {
        return Err(fields.error(
            "object",
            Issue::Other("card is not supported: payouts go to bank accounts.".to_owned()),
        ));
    }
    Ok(())
}

/// Reads the body of an update.
pub fn read_update(mut body: Fields) -> Result<BankAccountUpdate, FieldError> {
    let update = BankAccountUpdate {
        holder_name: body
            .change("account_holder_name", |b| b.string("account_holder_name", HOLDER_NAME_CHARS_MAX))?,
        holder_type: body.change("account_holder_type", read_holder_type)?,
        default_for_currency: body.boolean("default_for_currency")?,
        metadata: body.metadata_changes("metadata")?,
    };
    expansions::read(&mut body)?;
    body.finish_without(parameters::UPDATE_EXTERNAL_ACCOUNT)?;
    Ok(update)
}

/// Reads the query of a list. `object` may be `bank_account`; there are no cards.
pub fn read_list(mut query: Fields) -> Result<PageRequest<BankAccountKind>, FieldError> {
    refuse_cards(&mut query)?;
    let page_request = lists::page_request(&mut query, BANK_ACCOUNT_PREFIX)?;
    expansions::read(&mut query)?;
    query.finish()?;
    Ok(page_request)
}

/// A bank account.
pub fn show(tenant: Tenant, account: &BankAccount) -> Value {
    intents::bank_account(account, Context::of(tenant))
}

/// The answer to a delete.
pub fn show_deleted(id: BankAccountId) -> Value {
    intents::deleted(id.to_prefixed(BANK_ACCOUNT_PREFIX), "bank_account")
}
