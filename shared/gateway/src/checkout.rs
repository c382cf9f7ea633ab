//! Hosted checkout: a payment that its payer confirms on a page of ours.

use tollgate_domain::{
    Cause, EnteredCard, Metadata, Money, Payment, PaymentId, Provider, Scope, Source,
    payment::{Command, Hosted, HostedCharge, NewPayment, Status},
    source::{Brand, Instrument},
};

use crate::{
    Gateway,
    call::Call,
    error::{Error, Refusal},
    links::Purpose,
    network::card_place,
    once::{Idempotency, MAX_TRIES, Made},
    pages::LinkError,
    payer::Payer,
    payments::check_amount,
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
    pub provider: Provider,
    /// The card.
    pub card: EnteredCard,
    /// For whom.
    pub payer: Payer,
    /// Where the payer goes when it is paid.
    pub return_url: Option<String>,
    /// Where the payer goes when it is not.
    pub cancel_url: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

/// How the payer gets to the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// By a redirect to the checkout page.
    Redirect,
    /// By HTML that the merchant shows, which leads straight to the challenge.
    Html,
}

impl Entrance {
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
    let seconds: Option<i64> = std::env::var("TOLLGATE_CHECKOUT_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    seconds.map_or(DEFAULT_LIFETIME_MS, |seconds| seconds.saturating_mul(1000))
}

impl Call {
    /// Makes a payment that waits for its payer. An admission beside reads of the order's attempt and of the merchant's account
    /// with the provider, and one conditional put, which is also the check of the order's number.
    ///
    /// An order whose attempt has failed, was cancelled or has expired may be initialised again, whatever the request: the new
    /// attempt is a payment of its own. At most one attempt is ever charged, as the one before has ended without money.
    pub async fn initialize_checkout(
        &self,
        new: NewCheckout,
        idempotency: &Idempotency,
    ) -> Result<Made<Payment>, Error> {
        let scope = self.tenant().await?;
        let first = self.attempt_id(scope, idempotency, 1);
        let (known, account, payer) = tokio::join!(
            self.read_attempt(scope, first),
            self.store.get_processor_account(scope, new.provider),
            self.find_payer(scope, &new.payer),
        );
        let known = known?;
        let (id, is_taken) = match known {
            None => (first, false),
            Some(known) if !self.has_ended(&known) => (first, true),
            Some(known) => {
                self.end_expired(scope, known).await?;
                self.next_attempt(scope, idempotency).await?
            }
        };
        let prepare = async {
            check_amount(new.amount, 1)?;
            // The challenge of our own page proves nothing to an issuer.
            if scope.mode.is_live() {
                return Err(Refusal::NoNetwork.into());
            }
            let account = account?.ok_or(Refusal::ProviderNotConfigured)?;
            if is_taken {
                // Whether it is a retry is decided below; nothing is written about the payer before that.
                return Err(Refusal::IdempotencyKeyReused.into());
            }
            let vault = self.gateway.networks()?.vault();
            let card = vault
                .seal_card(
                    self.gateway.entropy.as_ref(),
                    self.now,
                    &card_place(scope, id),
                    &new.card,
                )
                .await
                .map_err(|e| Error::Internal(e.to_string()))?;
            let customer = self.settle_payer(scope, &new.payer, payer?, None).await?;
            let payment = NewPayment {
                id,
                front_door: self.front_door,
                cause: self.cause.clone(),
                amount: new.amount,
                source: Some(Source::Card(new.card.shown())),
                instrument: Some(Instrument(format!("network/{}", new.provider.as_str()))),
                customer,
                description: None,
                metadata: new.metadata,
                fingerprint: Some(idempotency.fingerprint.clone()),
            };
            let hosted = HostedCharge {
                provider: new.provider,
                account: account.merchant_id,
                card,
                hosted: Hosted {
                    order_id: new.order_id,
                    cancel_url: new.cancel_url,
                },
                return_url: new.return_url,
                expires: self.now.plus_ms(lifetime_ms()),
                confirmed: Entrance::of(new.card.brand) == Entrance::Html,
            };
            Ok(Payment::create_hosted(payment, hosted, self.now))
        };
        Box::pin(self.make_once(scope, &id.to_string(), Some(idempotency), prepare)).await
    }

    /// The id of an order's `number`-th attempt, from 1.
    fn attempt_id(&self, scope: Scope, idempotency: &Idempotency, number: usize) -> PaymentId {
        match number {
            1 => self.id_for(scope, "orders", Some(idempotency)),
            number => self.id_for(scope, &format!("orders/{number}"), Some(idempotency)),
        }
    }

    async fn read_attempt(&self, scope: Scope, id: PaymentId) -> Result<Option<Payment>, Error> {
        Ok(self.store.get(scope, &id.to_string(), true).await?)
    }

    /// Whether an attempt has ended without the money, or would have, had due work come by already.
    fn has_ended(&self, attempt: &Payment) -> bool {
        match attempt.face.status {
            Status::Failed | Status::Canceled => true,
            Status::RequiresConfirmation | Status::RequiresAction => {
                attempt.due.is_none_or(|due| due <= self.now)
            }
            _ => false,
        }
    }

    /// Ends an attempt that has expired, so that its payer can no longer pay it. One that was paid at the last moment is no
    /// longer expired: the request then meets it as it is.
    async fn end_expired(&self, scope: Scope, attempt: Payment) -> Result<(), Error> {
        let command = match attempt.face.status {
            Status::RequiresConfirmation => Command::Cancel,
            Status::RequiresAction => Command::ChallengeExpired,
            _ => return Ok(()),
        };
        let worker = self.admitted().await?.worker();
        match worker.record(scope, &attempt, command, &self.cause).await? {
            Recorded::Done(_) => Ok(()),
            Recorded::Overtaken(now) if self.has_ended(&now) => Ok(()),
            Recorded::Overtaken(_) => Err(Refusal::IdempotencyKeyReused.into()),
        }
    }

    /// The attempt after the last one that has ended, and whether there is one of that id already.
    async fn next_attempt(
        &self,
        scope: Scope,
        idempotency: &Idempotency,
    ) -> Result<(PaymentId, bool), Error> {
        for number in 2..=ATTEMPTS_MAX {
            let id = self.attempt_id(scope, idempotency, number);
            match self.read_attempt(scope, id).await? {
                None => return Ok((id, false)),
                Some(attempt) if !self.has_ended(&attempt) => return Ok((id, true)),
                Some(attempt) => self.end_expired(scope, attempt).await?,
            }
        }
        Err(Refusal::IdempotencyKeyReused.into())
    }

    /// Where the payer of a hosted payment is sent first.
    pub async fn entrance_url(&self, payment: &Payment, entrance: Entrance) -> Result<String, Error> {
        let scope = self.tenant().await?;
        let purpose = match entrance {
            Entrance::Redirect => Purpose::Checkout,
            Entrance::Html => Purpose::Challenge,
        };
        self.gateway.page_url(purpose, scope, payment)
    }
}

impl Gateway {
    /// The payer presses "pay": the challenge comes next. Pressing twice does it once.
    pub async fn confirm_checkout(&self, token: &str, cause: &Cause) -> Result<(Scope, Payment), LinkError> {
        self.move_checkout(token, &Command::PayerConfirmed, cause).await
    }

    /// The payer presses "cancel".
    pub async fn cancel_checkout(&self, token: &str, cause: &Cause) -> Result<(Scope, Payment), LinkError> {
        self.move_checkout(token, &Command::Cancel, cause).await
    }

    async fn move_checkout(
        &self,
        token: &str,
        command: &Command,
        cause: &Cause,
    ) -> Result<(Scope, Payment), LinkError> {
        let (link, mut payment) = self.linked_payment(Purpose::Checkout, token).await?;
        let (scope, worker) = (link.scope(), self.worker_of_payer(&link));
        for _ in 0..MAX_TRIES {
            if payment.face.status != Status::RequiresConfirmation {
                return Ok((scope, payment));
            }
            self.not_expired(&payment)?;
            match worker.record(scope, &payment, command.clone(), cause).await? {
                Recorded::Done(next) => return Ok((scope, next)),
                Recorded::Overtaken(now) => payment = now,
            }
        }
        Ok((scope, payment))
    }
}
