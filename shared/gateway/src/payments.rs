//! Payments: create, retrieve, list, and say where the payer goes after a challenge.

use tollgate_domain::{
    Customer, CustomerId, EnteredCard, Metadata, Money, Payment, PaymentId, PaymentMethod, PaymentMethodId,
    Refusal, Resource, Source, Tenant, Timestamp,
    customer::SavedCard,
    id,
    money::AMOUNT_MINOR_MAX,
    payment::{Command, NewPayment, Outcome, Status},
    payment_method::MethodRefusal,
    source::{Instrument, Wallet},
};
use tollgate_processors::sandbox;
use tollgate_store::Page;

use crate::{
    call::Call,
    error::Error,
    idempotency::{Idempotency, Idempotent},
    links::Purpose,
    page_request::PageRequest,
    payer::Payer,
};

/// The smallest amount of `charges`, `direct` and `intents`, in minor units.
pub const AMOUNT_MINOR_MIN: i64 = 50;

/// What to charge, as the caller names it.
#[derive(Clone, Debug)]
pub enum ChargeFrom {
    /// A card's token.
    CardToken(String),
    /// A card that was entered.
    Card(EnteredCard),
    /// The card that the customer last paid with.
    SavedCard,
    /// A source of `simple`.
    SimpleSource(String),
    /// A wallet's token.
    WalletToken(Wallet, String),
    /// A bank account.
    BankAccount {
        /// All of its digits; only the last four are kept.
        account_number: String,
        /// The sort code.
        sort_code: String,
        /// Whose account it is.
        account_holder_name: String,
    },
}

/// A payment to be made.
#[derive(Clone, Debug)]
pub struct CreatePayment {
    /// How much.
    pub amount: Money,
    /// The smallest amount of the front door, in minor units.
    pub minimum: i64,
    /// From what.
    pub from: ChargeFrom,
    /// For whom.
    pub payer: Payer,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

/// Tells which payments of a list to keep.
pub type Keep = Box<dyn Fn(&Payment) -> bool + Send + Sync>;

/// Keeps the payments that ever tried to take money, and of those the ones in a status, if one is named. `status_of` is a payment's
/// status in the front door's words.
pub fn charged_and(status: Option<&'static str>, status_of: fn(&Payment) -> &'static str) -> Option<Keep> {
    Some(Box::new(move |payment| {
        payment.was_charged() && status.is_none_or(|status| status_of(payment) == status)
    }))
}

/// Which payments to list.
pub struct PaymentFilter {
    /// Which page.
    pub page_request: PageRequest<id::PaymentKind>,
    /// Only a customer's.
    pub customer: Option<CustomerId>,
    /// Only those for which this holds.
    pub keep: Option<Keep>,
    /// Only those made then or later.
    pub created_from: Option<Timestamp>,
    /// Only those made then or earlier.
    pub created_to: Option<Timestamp>,
}

impl Call {
    /// Takes a payment. Two round trips: admission, and one conditional put; a named customer is looked up meanwhile.
    ///
    /// A decline is stored as a failed payment and answered as [`Refusal::Declined`], by a replay too.
    pub async fn create_payment(
        &self,
        new: CreatePayment,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let tenant = self.tenant().await?;
        let id: PaymentId = self.id_for(tenant, "payments", idempotency);
        let prepare = async {
            check_amount(new.amount, new.minimum)?;
            let payer = self.find_payer(tenant, &new.payer).await?;
            let chargeable = match &new.from {
                ChargeFrom::CardToken(token) if sandbox::card_token(token).is_none() => {
                    self.stored_method(tenant, token, payer.customer()).await?
                }
                from => chargeable(tenant, from, payer.customer())?,
            };
            // The sandbox is a pure function: asking it before the put charges nobody, so put and charge are one step.
            let outcome = sandbox_outcome(sandbox::charge(&chargeable.instrument, self.now))?;
            let saved = saved_card(&new.from, &chargeable, outcome);
            let writes_payer = matches!(new.payer, Payer::WithEmail { .. }) || saved.is_some();
            if writes_payer && idempotency.is_some() {
                // A retry, or a key of another request, is told so before anything is written about the payer.
                let earlier: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
                if earlier.is_some() {
                    return Err(Refusal::IdempotencyKeyReused.into());
                }
            }
            let customer = self.settle_payer(tenant, &new.payer, payer, saved).await?;
            let payment = NewPayment {
                id,
                front_door: self.front_door,
                request: self.request.clone(),
                amount: new.amount,
                source: Some(chargeable.source),
                instrument: Some(chargeable.instrument),
                customer,
                description: new.description,
                metadata: new.metadata,
                fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            };
            Ok(Payment::create(payment, outcome, self.now))
        };
        Box::pin(self.create_idempotent(tenant, &id.to_string(), idempotency, prepare)).await
    }

    /// A payment method that `intents` made, used as a card token.
    async fn stored_method(
        &self,
        tenant: Tenant,
        token: &str,
        payer: Option<&Customer>,
    ) -> Result<sandbox::Chargeable, Error> {
        if tenant.mode.is_live() {
            return Err(Refusal::NoProcessor.into());
        }
        let id = PaymentMethodId::parse("pm_", token).map_err(|_| Refusal::InvalidToken)?;
        let method: Option<PaymentMethod> = self.store.get(tenant, &id.to_string()).await?;
        let method = method.filter(|m| !m.detached && matches!(m.source, Source::Card(_)));
        let method = method.ok_or(Refusal::InvalidToken)?;
        if method.customer.is_some() && method.customer != payer.map(|payer| payer.id) {
            return Err(Refusal::Method(MethodRefusal::Attached).into());
        }
        Ok(sandbox::Chargeable { source: method.source, instrument: method.instrument })
    }

    /// Reads a payment. One round trip in a warm function.
    pub async fn retrieve_payment(&self, id: PaymentId) -> Result<Payment, Error> {
        let tenant = self.tenant().await?;
        let payment = self.store.get(tenant, &id.to_string()).await?;
        Ok(payment.ok_or(Refusal::NotFound(Resource::Payment))?)
    }

    /// Lists payments, the newest first.
    pub async fn list_payments(&self, filter: PaymentFilter) -> Result<Page<Payment>, Error> {
        let tenant = self.tenant().await?;
        let mut query = self.query_of::<Payment, _>(tenant, filter.page_request).await?;
        query.created_from = filter.created_from;
        query.created_to = filter.created_to;
        if let Some(customer) = filter.customer {
            query = query.of_customer(tenant, customer);
        }
        let keep = filter.keep.as_deref();
        Ok(self.store.list(tenant, &query, keep.map(|keep| keep as _)).await?)
    }

    /// Says where the payer goes after the challenge of a payment that requires one. A retry with the same idempotency
    /// key is told what the first was told.
    pub async fn confirm_payment(
        &self,
        id: PaymentId,
        return_url: String,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        self.change(&id.to_string(), "confirm", idempotency, |current: &Payment| {
            let command = Command::SetReturnUrl(return_url.clone());
            let next = current.apply(command, self.now, &self.request);
            Ok(next.map_err(Refusal::from)?)
        })
        .await
    }

    /// The page on which the payment's challenge is answered, while it requires one.
    pub async fn challenge_url(&self, payment: &Payment) -> Result<Option<String>, Error> {
        let tenant = self.tenant().await?;
        Ok(self.gateway.challenge_url(tenant, payment))
    }
}

impl crate::Gateway {
    /// The page on which the payer goes on, while the payment waits for that. An intent that is to be confirmed waits for its
    /// merchant: no page of ours confirms it.
    pub fn challenge_url(&self, tenant: Tenant, payment: &Payment) -> Option<String> {
        let purpose = match payment.state.status {
            Status::RequiresConfirmation if payment.hosted.is_some() => Purpose::Checkout,
            Status::RequiresAction => Purpose::Challenge,
            _ => return None,
        };
        let number = payment.challenge_number();
        Some(self.links.as_ref()?.url(purpose, tenant, payment.id, number))
    }
}

/// What a failed payment is answered with, where declines are errors.
pub fn declined(payment: &Payment) -> Option<Refusal> {
    payment.state.decline.map(|decline| Refusal::Declined {
        payment: payment.id,
        decline,
        request_id: payment.request.request_id.clone(),
    })
}

/// Whether an amount is within the bounds of one payment; `minimum` is the front door's smallest, in minor units.
pub(crate) fn check_amount(amount: Money, minimum: i64) -> Result<(), Refusal> {
    if amount.minor < minimum {
        let minimum = Money { minor: minimum, ..amount };
        return Err(Refusal::AmountTooSmall { minimum });
    }
    if amount.minor > AMOUNT_MINOR_MAX {
        return Err(Refusal::AmountTooLarge);
    }
    Ok(())
}

/// The card to keep for the customer's next payment: one that was entered and that paid.
fn saved_card(from: &ChargeFrom, chargeable: &sandbox::Chargeable, outcome: Outcome) -> Option<SavedCard> {
    let entered = matches!(from, ChargeFrom::Card(_)) && outcome == Outcome::Approved;
    match &chargeable.source {
        Source::Card(card) if entered => {
            Some(SavedCard { card: card.clone(), instrument: chargeable.instrument.clone() })
        }
        _ => None,
    }
}

fn chargeable(
    tenant: Tenant,
    from: &ChargeFrom,
    payer: Option<&Customer>,
) -> Result<sandbox::Chargeable, Refusal> {
    // Test tokens and test accounts are the sandbox's; no live processor is connected to these sources yet.
    if tenant.mode.is_live() {
        return Err(Refusal::NoProcessor);
    }
    match from {
        ChargeFrom::Card(card) => Ok(sandbox::entered_card(card)),
        ChargeFrom::SavedCard => payer
            .and_then(|customer| customer.card.clone())
            .map(|saved| sandbox::Chargeable {
                source: Source::Card(saved.card),
                instrument: saved.instrument,
            })
            .ok_or(Refusal::NoStoredCard),
        ChargeFrom::CardToken(token) => sandbox::card_token(token).ok_or(Refusal::InvalidToken),
        ChargeFrom::SimpleSource(source) => sandbox::simple_source(source).ok_or(Refusal::InvalidToken),
        ChargeFrom::WalletToken(wallet, token) => {
            sandbox::wallet_token(*wallet, token).ok_or(Refusal::InvalidToken)
        }
        ChargeFrom::BankAccount { account_number, sort_code, account_holder_name } => {
            Ok(sandbox::bank_account(account_number, sort_code, account_holder_name))
        }
    }
}

/// What a payment is charged with; one that was charged has it.
pub(crate) fn instrument(payment: &Payment) -> Result<&Instrument, Error> {
    let instrument = payment.instrument.as_ref();
    instrument.ok_or_else(|| Error::Internal(format!("payment {} has no instrument", payment.id)))
}

/// An instrument that the sandbox does not know was written by someone else than the sandbox.
pub(crate) fn sandbox_outcome<T>(answer: Result<T, sandbox::UnknownInstrument>) -> Result<T, Error> {
    answer.map_err(|e| Error::Internal(e.to_string()))
}
