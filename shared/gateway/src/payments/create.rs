//! Creating a payment that is charged at once, for `charges`, `direct` and `simple`.

use tollgate_domain::{
    Customer, CustomerId, EnteredCard, Metadata, Money, Payment, PaymentId, PaymentMethod, PaymentMethodId,
    Refusal, Source, Tenant,
    customer::SavedCard,
    payment::{Command, NewPayment, Outcome},
    payment_method::MethodRefusal,
    source::Wallet,
};
use tollgate_processors::sandbox;

use super::{amount::check_amount, sandbox_charge::sandbox_outcome};
use crate::{
    call::Call,
    customers::payment_customer::Payer,
    error::Error,
    idempotency::{
        create::Draft,
        idempotent::{Idempotency, Idempotent},
    },
};

/// What to charge.
#[derive(Clone, Debug)]
pub enum ChargeFrom {
    /// A card's token.
    CardToken(String),
    /// A card number that the payer entered.
    Card(EnteredCard),
    /// The card that the customer last paid with.
    SavedCard,
    /// A source token of `simple`.
    SimpleSource(String),
    /// A wallet's token.
    WalletToken(Wallet, String),
    /// A bank account.
    BankAccount {
        /// All digits; only the last four are stored.
        account_number: String,
        /// The sort code.
        sort_code: String,
        /// The account holder's name.
        account_holder_name: String,
    },
}

/// A payment to create.
#[derive(Clone, Debug)]
pub struct CreatePayment {
    /// The amount.
    pub amount: Money,
    /// The API's smallest amount, in minor units.
    pub minimum: i64,
    /// What to charge.
    pub from: ChargeFrom,
    /// The customer.
    pub payer: Payer,
    /// The merchant's description.
    pub description: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

impl Call {
    /// Creates a payment. Two round trips: authentication, and one conditional put; a named customer is read
    /// concurrently.
    ///
    /// A decline is stored as a failed payment and answered as [`Refusal::Declined`], also by a replay.
    pub async fn create_payment(
        &self,
        new: CreatePayment,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let tenant = self.tenant().await?;
        let id: PaymentId = self.id_for(tenant, "payments", idempotency);
        let draft = self.draft_payment(tenant, id, new, idempotency);
        Box::pin(self.create_idempotent(tenant, &id.to_string(), idempotency, draft)).await
    }

    async fn draft_payment(
        &self,
        tenant: Tenant,
        id: PaymentId,
        new: CreatePayment,
        idempotency: Option<&Idempotency>,
    ) -> Result<Draft<Payment>, Error> {
        check_amount(new.amount, new.minimum)?;
        let payer = self.find_payer(tenant, &new.payer).await?;
        let chargeable = match &new.from {
            ChargeFrom::CardToken(token) if sandbox::card_token(token).is_none() => {
                self.stored_method(tenant, token, payer.customer()).await?
            }
            from => chargeable(tenant, from, payer.customer())?,
        };
        // The sandbox only computes an outcome and charges nobody. The put of the payment is the charge.
        let outcome = sandbox_outcome(sandbox::charge(&chargeable.instrument, self.now))?;
        let saved = saved_card(&new.from, &chargeable, outcome);
        let writes_payer = matches!(new.payer, Payer::WithEmail { .. }) || saved.is_some();
        if writes_payer && idempotency.is_some() {
            // If the key was used already, nothing about the payer may be written.
            let earlier: Option<Payment> = self.store.get(tenant, &id.to_string()).await?;
            if earlier.is_some() {
                return Ok(Draft::IdTaken);
            }
        }
        let customer = self.settle_payer(tenant, &new.payer, payer, saved).await?;
        let payment = self.charged_payment(id, new, chargeable, customer, idempotency);
        Ok(Draft::New(Payment::create(payment, outcome, self.now)))
    }

    fn charged_payment(
        &self,
        id: PaymentId,
        new: CreatePayment,
        chargeable: sandbox::Chargeable,
        customer: Option<CustomerId>,
        idempotency: Option<&Idempotency>,
    ) -> NewPayment {
        NewPayment {
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
        }
    }

    /// A stored payment method of `intents`, used as a card token.
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

    /// Sets where the payer returns after the challenge of a payment that requires one. A retry with the same
    /// idempotency key gets the first answer.
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
}

/// The refusal of a failed payment, for APIs where declines are errors.
pub fn declined(payment: &Payment) -> Option<Refusal> {
    payment.state.decline.map(|decline| Refusal::Declined {
        payment: payment.id,
        decline,
        request_id: payment.request.request_id.clone(),
    })
}

/// The card to save for the customer's next payment: one that was entered and approved.
fn saved_card(from: &ChargeFrom, chargeable: &sandbox::Chargeable, outcome: Outcome) -> Option<SavedCard> {
    let entered = matches!(from, ChargeFrom::Card(_)) && outcome == Outcome::Approved;
    match &chargeable.source {
        Source::Card(card) if entered => {
            Some(SavedCard { card: card.clone(), instrument: chargeable.instrument.clone() })
        }
        Source::Card(_) | Source::SepaDebit(_) | Source::BankTransfer(_) => None,
    }
}

/// What the sandbox charges for a source.
fn chargeable(
    tenant: Tenant,
    from: &ChargeFrom,
    payer: Option<&Customer>,
) -> Result<sandbox::Chargeable, Refusal> {
    // The sandbox handles test mode only. No live processor is connected to these sources yet.
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
