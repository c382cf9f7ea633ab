//! Hosted checkout: a payment that its payer confirms on a page of ours.

use tollgate_domain::{
    EnteredCard, JsonObject, Metadata, Money, Payment, PaymentId, ProcessorKind, Refusal, RequestRef, Source,
    Tenant,
    payment::{Command, Hosted, HostedCharge, NewPayment, Status},
    source::{Brand, Instrument},
};

use tollgate_store::PaymentPut;

use crate::{
    Gateway,
    call::Call,
    error::Error,
    idempotency::{Idempotency, Idempotent, Prepared, TRIES_MAX, replay},
    links::Purpose,
    pages::LinkError,
    payer::Payer,
    payments::check_amount,
    processors::card_place,
    record::Recorded,
};

/// How long a payer may take, in milliseconds, unless set otherwise: an hour.
const DEFAULT_LIFETIME_MS: i64 = 60 * 60 * 1000;

/// Attempts to pay one order. A shop whose customer needs more gives the order another number.
const ATTEMPTS_MAX: usize = 20;

/// A hosted payment to be made.
#[derive(Clone, Debug)]
pub struct NewCheckout {
    /// The merchant's number of the order.
    pub order_id: String,
    /// How much.
    pub amount: Money,
    /// Who charges the card.
    pub processor: ProcessorKind,
    /// The card.
    pub card: EnteredCard,
    /// For whom.
    pub payer: Payer,
    /// Where the payer goes when it is paid.
    pub return_url: Option<String>,
    /// Where the payer goes when it is not.
    pub cancel_url: Option<String>,
    /// The merchant's metadata.
    pub metadata: Option<JsonObject>,
}

/// How the payer gets to the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutFlow {
    /// By a redirect to the checkout page.
    Redirect,
    /// By HTML that the merchant shows, which leads straight to the challenge.
    Html,
}

impl CheckoutFlow {
    /// Of a card: American Express is sent the HTML, every other scheme is redirected.
    pub const fn of(brand: Brand) -> Self {
        match brand {
            Brand::Amex => Self::Html,
            _ => Self::Redirect,
        }
    }
}

/// How long a payer may take, in milliseconds: `TOLLGATE_CHECKOUT_SECONDS`, or an hour.
fn lifetime_ms() -> i64 {
    let seconds: Option<i64> =
        std::env::var("TOLLGATE_CHECKOUT_SECONDS").ok().and_then(|text| text.parse().ok());
    seconds.map_or(DEFAULT_LIFETIME_MS, |seconds| seconds.saturating_mul(1000))
}

impl Call {
    /// Makes a payment that waits for its payer. An admission beside reads of the order's attempt and of the merchant's account
    /// with the processor, and one conditional put, which is also the check of the order's number.
    ///
    /// An order whose attempt has failed, was cancelled or has expired may be initialised again, whatever the request: the new
    /// attempt is another payment. The attempt before it has ended without money by then, so at most one is ever charged.
    ///
    /// `idempotency` is the order's number. If the request has an idempotency `key`, an item for the key is written in one
    /// transaction with the payment and names it for ever. So a retry with the key is told of the attempt that it made, even if that
    /// has ended, and another request with the key is refused.
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
        let known = known?;
        let (id, is_taken) = match known {
            None => (first, false),
            Some(known) if !self.has_ended(&known) => (first, true),
            Some(known) => {
                self.end_expired(tenant, known).await?;
                self.next_attempt(tenant, idempotency).await?
            }
        };
        let prepare = async {
            check_amount(new.amount, 1)?;
            // The challenge of our own page proves nothing to an issuer.
            if tenant.mode.is_live() {
                return Err(Refusal::NoProcessor.into());
            }
            let account = account?.ok_or(Refusal::ProcessorNotConfigured)?;
            if is_taken {
                // Whether it is a retry is decided below; nothing is written about the payer before that.
                return Err(Refusal::IdempotencyKeyReused.into());
            }
            let vault = self.gateway.processors()?.vault();
            let card = vault
                .seal_card(self.gateway.entropy.as_ref(), self.now, &card_place(tenant, id), &new.card)
                .await
                .map_err(|e| Error::Internal(e.to_string()))?;
            let customer = self.settle_payer(tenant, &new.payer, payer?, None).await?;
            let plain =
                new.metadata.as_ref().map_or_else(|| Some(Metadata::default()), JsonObject::as_metadata);
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
            Ok(Payment::create_hosted(payment, hosted, self.now))
        };
        match key {
            None => {
                Box::pin(self.create_idempotent(tenant, &id.to_string(), Some(idempotency), prepare)).await
            }
            Some(key) => Box::pin(self.make_with_key(tenant, id, idempotency, &key, prepare)).await,
        }
    }

    /// Makes a payment once, like [`Call::create_idempotent`], and has a key of its request name it.
    async fn make_with_key(
        &self,
        tenant: Tenant,
        id: PaymentId,
        idempotency: &Idempotency,
        key: &str,
        prepare: impl Future<Output = Result<Payment, Error>>,
    ) -> Result<Idempotent<Payment>, Error> {
        let taken = Refusal::IdempotencyKeyTaken;
        let id = id.to_string();
        let prepared = self.prepare_create(tenant, &id, Some(idempotency), prepare).await?;
        let made = match prepared {
            Prepared::Earlier(made) => made,
            Prepared::New(payment, admitted) => {
                let writer = admitted.writer();
                match writer.create_payment_with_key(tenant, &payment, key).await? {
                    PaymentPut::Created => return Ok(Idempotent::new(payment)),
                    PaymentPut::Exists(existing) => {
                        replay(&*existing, Some(idempotency), self.now, self.authorized().await?)?
                    }
                    PaymentPut::KeyTaken => return Err(taken.into()),
                }
            }
        };
        // The first request had no key, or another one. Over the rate limit nothing is written: the next retry does it.
        if let Ok(admitted) = self.admitted().await {
            let writer = admitted.writer();
            if !writer.claim_payment_key(tenant, key, made.value.id).await? {
                return Err(taken.into());
            }
        }
        Ok(made)
    }

    async fn payment_of_key(&self, tenant: Tenant, key: Option<&str>) -> Result<Option<PaymentId>, Error> {
        match key {
            Some(key) => Ok(self.store.payment_of_key(tenant, key).await?),
            None => Ok(None),
        }
    }

    /// What the request with this key was told; another request is told that the key is taken.
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

    /// The id of an order's `number`-th attempt, from 1.
    fn attempt_id(&self, tenant: Tenant, idempotency: &Idempotency, number: usize) -> PaymentId {
        match number {
            1 => self.id_for(tenant, "orders", Some(idempotency)),
            number => self.id_for(tenant, &format!("orders/{number}"), Some(idempotency)),
        }
    }

    async fn read_attempt(&self, tenant: Tenant, id: PaymentId) -> Result<Option<Payment>, Error> {
        Ok(self.store.get(tenant, &id.to_string()).await?)
    }

    /// Whether an attempt has ended without the money, or would have, had due work come by already.
    fn has_ended(&self, attempt: &Payment) -> bool {
        match attempt.state.status {
            Status::Failed | Status::Canceled => true,
            Status::RequiresConfirmation | Status::RequiresAction => {
                attempt.due.is_none_or(|due| due <= self.now)
            }
            _ => false,
        }
    }

    /// Ends an attempt that has expired, so that its payer can no longer pay it. One that was paid at the last moment is no
    /// longer expired: the request then meets it as it is.
    async fn end_expired(&self, tenant: Tenant, attempt: Payment) -> Result<(), Error> {
        let command = match attempt.state.status {
            Status::RequiresConfirmation => Command::Cancel,
            Status::RequiresAction => Command::ChallengeExpired,
            _ => return Ok(()),
        };
        let worker = self.admitted().await?.worker();
        match worker.record(tenant, &attempt, command, &self.request).await? {
            Recorded::Done(_) => Ok(()),
            Recorded::Overtaken(now) if self.has_ended(&now) => Ok(()),
            Recorded::Overtaken(_) => Err(Refusal::IdempotencyKeyReused.into()),
        }
    }

    /// The attempt after the last one that has ended, and whether there is one of that id already.
    async fn next_attempt(
        &self,
        tenant: Tenant,
        idempotency: &Idempotency,
    ) -> Result<(PaymentId, bool), Error> {
        for number in 2..=ATTEMPTS_MAX {
            let id = self.attempt_id(tenant, idempotency, number);
            match self.read_attempt(tenant, id).await? {
                None => return Ok((id, false)),
                Some(attempt) if !self.has_ended(&attempt) => return Ok((id, true)),
                Some(attempt) => self.end_expired(tenant, attempt).await?,
            }
        }
        Err(Refusal::IdempotencyKeyReused.into())
    }

    /// Where the payer of a hosted payment is sent first.
    pub async fn flow_url(&self, payment: &Payment, flow: CheckoutFlow) -> Result<String, Error> {
        let tenant = self.tenant().await?;
        let purpose = match flow {
            CheckoutFlow::Redirect => Purpose::Checkout,
            CheckoutFlow::Html => Purpose::Challenge,
        };
        self.gateway.page_url(purpose, tenant, payment)
    }
}

impl Gateway {
    /// The payer presses "pay": the challenge comes next. Pressing twice does it once.
    pub async fn confirm_checkout(
        &self,
        token: &str,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        self.move_checkout(token, &Command::PayerConfirmed, request).await
    }

    /// The payer presses "cancel".
    pub async fn cancel_checkout(
        &self,
        token: &str,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        self.move_checkout(token, &Command::Cancel, request).await
    }

    async fn move_checkout(
        &self,
        token: &str,
        command: &Command,
        request: &RequestRef,
    ) -> Result<(Tenant, Payment), LinkError> {
        let (link, mut payment) = self.linked_payment(Purpose::Checkout, token).await?;
        let (tenant, worker) = (link.tenant(), self.worker_of_payer(&link));
        for _ in 0..TRIES_MAX {
            if payment.state.status != Status::RequiresConfirmation {
                return Ok((tenant, payment));
            }
            self.not_expired(&payment)?;
            match worker.record(tenant, &payment, command.clone(), request).await? {
                Recorded::Done(next) => return Ok((tenant, next)),
                Recorded::Overtaken(now) => payment = now,
            }
        }
        Ok((tenant, payment))
    }
}
