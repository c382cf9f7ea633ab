//! What a merchant may say of a payment beyond what is charged: how it is read.

use serde_json::Value;
use tollgate_domain::payment::DetailsUpdate;
use tollgate_gateway::PayerPresence;
use tollgate_http::{FieldError, Fields, ID_CHARS_MAX, Issue};

use crate::{contact, parameters::METHOD_TYPES, payment_methods::TYPES};

/// Most characters of a text on a statement.
const DESCRIPTOR_CHARS_MAX: usize = 22;
/// Fewest characters of a statement's text for a merchant.
const DESCRIPTOR_CHARS_MIN: usize = 5;
/// Most types that one payment names.
const TYPES_MAX: usize = 100;
/// Most bytes of how a mandate was accepted.
const MANDATE_BYTES_MAX: usize = 2000;
/// When a method is used again.
const USAGES: &[&str] = &["off_session", "on_session"];
/// When 3-D Secure is asked for.
const THREE_D_SECURE: &[&str] = &["any", "automatic", "challenge"];
/// Options of cards that this gateway cannot honour.
const CARD_OPTIONS: &[&str] = &[
    "capture_method",
    "cvc_token",
    "installments",
    "mandate_options",
    "moto",
    "network",
    "request_extended_authorization",
    "request_incremental_authorization",
    "request_multicapture",
    "request_overcapture",
    "require_cvc_recollection",
    "setup_credential_usage",
    "setup_future_usage",
    "statement_descriptor_suffix_kana",
    "statement_descriptor_suffix_kanji",
    "stored_credential_usage",
    "three_d_secure",
];

/// Reads what a create, an update, a confirm or a capture says. Each says only a part of it: the rest is not taken, and so unknown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    /// Whether it may say how the payment is taken: what is excluded, 3-D Secure, later use, shipping.
    pub(crate) charging: bool,
    /// Whether it may say what is on the statement.
    pub(crate) statement: bool,
}

impl Said {
    /// Reads it.
    pub(crate) fn read(self, body: &mut Fields) -> Result<DetailsUpdate, FieldError> {
        let mut update = DetailsUpdate::default();
        if self.statement {
            update.statement_descriptor = body.change("statement_descriptor", |b| {
                read_descriptor(b, "statement_descriptor", DESCRIPTOR_CHARS_MIN)
            })?;
            update.statement_descriptor_suffix = body.change("statement_descriptor_suffix", |b| {
                read_descriptor(b, "statement_descriptor_suffix", 1)
            })?;
        }
        if self.charging {
            update.shipping = body.change("shipping", |b| contact::read_shipping(b, "shipping"))?;
            update.setup_future_usage = body.change("setup_future_usage", |b| {
                Ok(b.one_of("setup_future_usage", USAGES)?.map(str::to_owned))
            })?;
            update.excluded_types = read_excluded(body)?;
            update.request_three_d_secure = read_options(body)?.map(Some);
        }
        Ok(update)
    }
}

/// A text on a statement: Latin letters, digits and signs, at least one letter, and none of `< > \ ' " *`.
fn read_descriptor(body: &mut Fields, name: &str, chars_min: usize) -> Result<Option<String>, FieldError> {
    let Some(text) = body.string(name, DESCRIPTOR_CHARS_MAX)? else {
        return Ok(None);
    };
    let is_plain = text.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"<>\\'\"*".contains(&b));
    let has_letter = text.bytes().any(|b| b.is_ascii_alphabetic());
    if text.len() < chars_min || !is_plain || !has_letter {
        return Err(body.error(
            name,
            Issue::NotValid("a text of Latin characters with at least one letter, without < > \\ ' \" and *"),
        ));
    }
    Ok(Some(text))
}

fn read_excluded(body: &mut Fields) -> Result<Option<Vec<String>>, FieldError> {
    let name = "excluded_payment_method_types";
    if body.take_unset(name) {
        return Ok(Some(Vec::new()));
    }
    read_type_names(body, name)
}

/// Reads a list of types of payment method, taken here or not.
pub(crate) fn read_type_names(body: &mut Fields, name: &str) -> Result<Option<Vec<String>>, FieldError> {
    let Some(types) = body.strings(name, TYPES_MAX, ID_CHARS_MAX)? else {
        return Ok(None);
    };
    let is_known = |kind: &String| TYPES.iter().chain(METHOD_TYPES).any(|known| known == kind);
    if types.iter().all(is_known) {
        return Ok(Some(types));
    }
    Err(body.error(name, Issue::NotValid("a list of types of payment method")))
}

/// Reads `payment_method_options`: when 3-D Secure is asked for. Options of types that are not taken are refused.
fn read_options(body: &mut Fields) -> Result<Option<String>, FieldError> {
    let Some(mut options) = body.object("payment_method_options")? else {
        return Ok(None);
    };
    let mut asked = None;
    if let Some(mut card) = options.object("card")? {
        asked = card.one_of("request_three_d_secure", THREE_D_SECURE)?.map(str::to_owned);
        card.finish_without(CARD_OPTIONS)?;
    }
    if let Some(debit) = options.object("sepa_debit")? {
        debit.finish_without(&["mandate_options", "setup_future_usage", "target_date"])?;
    }
    options.finish_without(METHOD_TYPES)?;
    Ok(asked)
}

/// Reads `mandate_data`: how the payer accepted the mandate of a debit.
pub(crate) fn read_mandate(body: &mut Fields) -> Result<Option<String>, FieldError> {
    let Some(mut mandate) = body.object("mandate_data")? else {
        return Ok(None);
    };
    let mut acceptance = mandate.required_object("customer_acceptance")?;
    mandate.finish()?;
    let mut kept = serde_json::Map::new();
    let kind = acceptance.one_of("type", &["offline", "online"])?;
    let kind = kind.ok_or_else(|| acceptance.error("type", Issue::Missing))?;
    kept.insert("type".to_owned(), Value::from(kind));
    if let Some(at) = acceptance.unix_time("accepted_at")? {
        kept.insert("accepted_at".to_owned(), Value::from(at.s()));
    }
    if let Some(mut online) = acceptance.object("online")? {
        for name in ["ip_address", "user_agent"] {
            if let Some(text) = online.string(name, MANDATE_BYTES_MAX)? {
                kept.insert(name.to_owned(), Value::from(text));
            }
        }
        online.finish()?;
    }
    if let Some(offline) = acceptance.object("offline")? {
        offline.finish()?;
    }
    let text = Value::Object(kept).to_string();
    if text.len() > MANDATE_BYTES_MAX {
        return Err(acceptance.error("online", Issue::TooLong(MANDATE_BYTES_MAX)));
    }
    acceptance.finish()?;
    Ok(Some(text))
}

/// Reads whether the payer is there: `off_session` and `error_on_requires_action`.
pub(crate) fn read_presence(body: &mut Fields) -> Result<PayerPresence, FieldError> {
    // Once it was also a word that said how often the payer is charged.
    let one_of_words = ["one_off", "recurring"].iter().any(|word| body.begins("off_session", word));
    let off_session = if one_of_words {
        body.one_of("off_session", &["one_off", "recurring"])?.is_some()
    } else {
        body.boolean("off_session")?.unwrap_or(false)
    };
    let refuses_challenge = body.boolean("error_on_requires_action")?.unwrap_or(false);
    // Only the libraries of pages could go on with such an answer.
    if body.boolean("use_stripe_sdk")? == Some(true) {
        return Err(body.error("use_stripe_sdk", Issue::Unsupported));
    }
    Ok(PayerPresence { off_session, refuses_challenge })
}
