//! Hosted checkout: a payment that its payer confirms on a page of Tollgate's.

use tollgate_domain::{
    CustomerId, EnteredCard, JsonObject, Metadata, Money, Payment, PaymentId, ProcessorKind, Refusal, Source,
    Tenant,
    payment::{Hosted, HostedCharge, NewPayment},
    source::{Brand, Instrument, SealedCard},
};
use tollgate_store::{PaymentPut, ProcessorAccount, StoreError};

use super::{
    amount::{CHECKOUT_AMOUNT_MINOR_MIN, check_amount},
    checkout_attempts::AttemptId,
};
use crate::{
    call::Call,
    customers::payment_customer::{FoundPayer, Payer},
    error::Error,
    idempotency::{
        create::{Draft, Prepared},
        idempotent::{Idempotency, Idempotent},
        resource::replay_create,
    },
    processing::references::card_place,
    signing::links::Purpose,
};

/// How long a hosted payment waits for its payer, in milliseconds, unless set otherwise: an hour.
pub const LIFETIME_DEFAULT_MS: i64 = 60 * 60 * 1000;

/// A hosted payment to create.
#[derive(Clone, Debug)]
pub struct NewCheckout {
    /// The merchant's order number.
    pub order_id: String,
    /// The amount.
    pub amount: Money,
    /// The processor that charges the card.
    pub processor: ProcessorKind,
    /// The card.
    pub card: EnteredCard,
    /// The customer.
    pub payer: Payer,
    /// Where the payer returns after a successful payment.
    pub return_url: Option<String>,
    /// Where the payer returns after a failed or canceled one.
    pub cancel_url: Option<String>,
    /// The merchant's metadata.
    pub metadata: Option<JsonObject>,
}

/// How the payer reaches the hosted pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutFlow {
    /// By a redirect to the checkout page.
    Redirect,
    /// By HTML on the merchant's page, which leads directly to the challenge.
    Html,
}

impl CheckoutFlow {
    /// The flow of a card: HTML for American Express, a redirect for every other scheme.
    pub const fn of(brand: Brand) -> Self {
        match brand {
            Brand::Amex => Self::Html,
            Brand::Visa
            | Brand::Mastercard
            | Brand::Discover
            | Brand::Diners
            | Brand::Jcb
            | Brand::UnionPay => Self::Redirect,
        }
    }
}

/// How long a hosted payment waits for its payer, in milliseconds: `TOLLGATE_CHECKOUT_SECONDS`, or an hour.
fn lifetime_ms() -> i64 {
    let seconds: Option<i64> =
        std::env::var("TOLLGATE_CHECKOUT_SECONDS").ok().and_then(|text| text.parse().ok());
    seconds.map_or(LIFETIME_DEFAULT_MS, |seconds| seconds.saturating_mul(1000))
}

/// What `initialize_checkout` read. Failures are reported after the checks that precede them.
struct CheckoutReads {
    account: Result<Option<ProcessorAccount>, StoreError>,
    payer: Result<FoundPayer, Error>,
}

impl Call {
    /// Creates a payment that waits for its payer. Concurrent: authentication and reads of the order's
    /// attempt and of the merchant's account with the processor. Then one conditional put, which is also the
    /// check of the order number.
    ///
    /// An order whose attempt failed, was canceled or expired may be initialized again, by any request: the
    /// new attempt is another payment. The attempt before it has ended without money by then, so at most one
    /// is ever charged.
    ///
    /// `idempotency` is the order number. If the request has an idempotency `key`, an item for the key is
    /// written in one transaction with the payment and names it permanently. A retry with the key gets the
    /// attempt that it created, even if that has ended; another request with the key is refused.
    pub async fn initialize_checkout(
        &self,
        new: NewCheckout,
        idempotency: &Idempotency,
        key: Option<&Idempotency>,
    ) -> Result<Idempotent<Payment>, Error> {
        let tenant = self.tenant().await?;
        let key = key.map(|key| {
            let digest: PaymentId = self.id_for(tenant, "initializations", Some(key));
            digest.to_string()
        });
        let first = self.attempt_id(tenant, idempotency, 1);
        let (known, account, payer, named) = tokio::join!(
            self.read_attempt(tenant, first),
            self.store.get_processor_account(tenant, new.processor),
            self.find_payer(tenant, &new.payer),
            self.payment_of_key(tenant, key.as_deref()),
        );
        if let Some(named) = named? {
            return self.initialized_with_key(tenant, named, idempotency).await;
        }
        let attempt = match known? {
            None => AttemptId { id: first, is_taken: false },
            Some(known) if !self.has_ended(&known) => AttemptId { id: first, is_taken: true },
            Some(known) => {
                self.end_expired(tenant, known).await?;
                self.next_attempt(tenant, idempotency).await?
            }
        };
        let id = attempt.id;
        let draft = self.draft_checkout(tenant, attempt, new, CheckoutReads { account, payer }, idempotency);
        match key {
            None => Box::pin(self.create_idempotent(tenant, &id.to_string(), Some(idempotency), draft)).await,
            Some(key) => Box::pin(self.create_with_key(tenant, id, idempotency, &key, draft)).await,
        }
    }

    async fn draft_checkout(
        &self,
        tenant: Tenant,
        attempt: AttemptId,
        new: NewCheckout,
        reads: CheckoutReads,
        idempotency: &Idempotency,
    ) -> Result<Draft<Payment>, Error> {
        check_amount(new.amount, CHECKOUT_AMOUNT_MINOR_MIN)?;
        // The challenge of our own page proves nothing to an issuer.
        if tenant.mode.is_live() {
            return Err(Refusal::NoProcessor.into());
        }
        let account = reads.account?.ok_or(Refusal::ProcessorNotConfigured)?;
        if attempt.is_taken {
            // Before anything is written about the payer.
            return Ok(Draft::IdTaken);
        }
        let vault = self.gateway.processors()?.vault();
        let place = card_place(tenant, attempt.id);
        let card = vault
            .seal_card(self.gateway.entropy.as_ref(), self.now, &place, &new.card)
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        let customer = self.settle_payer(tenant, &new.payer, reads.payer?, None).await?;
        Ok(Draft::New(self.hosted_payment(attempt.id, new, account, card, customer, idempotency)))
    }

    fn hosted_payment(
        &self,
        id: PaymentId,
        new: NewCheckout,
        account: ProcessorAccount,
        card: SealedCard,
        customer: Option<CustomerId>,
        idempotency: &Idempotency,
    ) -> Payment {
        let plain = new.metadata.as_ref().map_or_else(|| Some(Metadata::default()), JsonObject::as_metadata);
        let json_object = new.metadata.filter(|_| plain.is_none());
        let payment = NewPayment {
            id,
            front_door: self.front_door,
            request: self.request.clone(),
            amount: new.amount,
            source: Some(Source::Card(new.card.shown())),
            instrument: Some(Instrument(format!("network/{}", new.processor.as_str()))),
            customer,
            description: None,
            metadata: plain.unwrap_or_default(),
            fingerprint: Some(idempotency.fingerprint.clone()),
        };
        let hosted = HostedCharge {
            processor: new.processor,
            account: account.merchant_id,
            card,
            hosted: Hosted { order_id: new.order_id, cancel_url: new.cancel_url, metadata: json_object },
            return_url: new.return_url,
            expires: self.now.plus_ms(lifetime_ms()),
            confirmed: CheckoutFlow::of(new.card.brand) == CheckoutFlow::Html,
        };
        Payment::create_hosted(payment, hosted, self.now)
    }

    /// Creates a payment once, like [`Call::create_idempotent`], and stores an item for the key that names
    /// the payment.
    async fn create_with_key(
        &self,
        tenant: Tenant,
        id: PaymentId,
        idempotency: &Idempotency,
        key: &str,
        draft: impl Future<Output = Result<Draft<Payment>, Error>>,
    ) -> Result<Idempotent<Payment>, Error> {
        let taken = Refusal::IdempotencyKeyTaken;
        let id = id.to_string();
        let prepared = self.prepare_create(tenant, &id, Some(idempotency), draft).await?;
        let replay = match prepared {
            Prepared::Earlier(replay) => replay,
            Prepared::New(payment, admitted) => {
                let writer = admitted.writer();
                match writer.create_payment_with_key(tenant, &payment, key).await? {
                    PaymentPut::Created => return Ok(Idempotent::new(payment)),
                    PaymentPut::Exists(existing) => {
                        replay_create(&*existing, Some(idempotency), self.now, self.authorized().await?)?
                    }
                    PaymentPut::KeyTaken => return Err(taken.into()),
                }
            }
        };
        // The first request had no key, or another one. Over the rate limit nothing is written: the next
        // retry stores the key.
        if let Ok(admitted) = self.admitted().await {
            let writer = admitted.writer();
            if !writer.claim_payment_key(tenant, key, replay.value.id).await? {
                return Err(taken.into());
            }
        }
        Ok(replay)
    }

    /// The payment that the item of a key names.
    async fn payment_of_key(&self, tenant: Tenant, key: Option<&str>) -> Result<Option<PaymentId>, Error> {
        match key {
            Some(key) => Ok(self.store.payment_of_key(tenant, key).await?),
            None => Ok(None),
        }
    }

    /// The answer of the request with this key. Another request is refused: the key is taken.
    async fn initialized_with_key(
        &self,
        tenant: Tenant,
        payment: PaymentId,
        request: &Idempotency,
    ) -> Result<Idempotent<Payment>, Error> {
        let taken = Refusal::IdempotencyKeyTaken;
        let earlier =
            self.earlier_answer_or(taken.clone().into(), tenant, &payment.to_string(), Some(request)).await;
        earlier.map_err(|error| match error {
            Error::Refused(Refusal::IdempotencyKeyReused) => taken.into(),
            error => error,
        })
    }

    /// The page that the payer of a hosted payment sees first.
    pub async fn flow_url(&self, payment: &Payment, flow: CheckoutFlow) -> Result<String, Error> {
        let tenant = self.tenant().await?;
        let purpose = match flow {
            CheckoutFlow::Redirect => Purpose::Checkout,
            CheckoutFlow::Html => Purpose::Challenge,
        };
        self.gateway.page_url(purpose, tenant, payment)
    }
}
