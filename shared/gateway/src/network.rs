//! Charges over a wire: every step is recorded before and after it is taken, so that whoever finds a payment half-way
//! can ask the provider what became of it and go on from there.
//!
//! ```text
//! requires_action ─(recorded)─▶ processing ─ authorize ─▶ requires_capture ─ capture ─▶ succeeded
//! ```
//!
//! The provider knows each payment by our reference, under which it charges once. An answer that is not clear changes
//! nothing here: the payment stays where it is and due work asks the provider later.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tollgate_domain::{
    Cause, Decline, Payment, PaymentId, Provider, Refund, RefundId, Scope,
    payment::{Command, Status},
    refund::RefundOutcome,
};
use tollgate_processors::{
    Account, Client, Connector,
    network::{
        Answer, Authentication, Authorize, Found, FoundRefund, NetworkError, OfAuthorization, Processor,
        SendBack,
    },
};
use tollgate_store::{ProcessorAccount, Replaced};

use crate::{
    Gateway,
    error::{Error, Refusal},
    vault::Vault,
};

/// How long a provider may take to answer, in milliseconds, unless set otherwise.
const DEFAULT_TIMEOUT_MS: u64 = 8000;
/// Answers that never came are asked about after so many timeouts: by then the provider has the request or never will.
const ASK_AFTER_TIMEOUTS: i64 = 4;
/// The longest wait between two questions about one payment, in milliseconds: an hour.
const MAX_ASK_MS: i64 = 60 * 60 * 1000;
/// A charge that the provider never heard of is tried again for so long, in milliseconds: a quarter of an hour. After
/// that the payer is long gone, and the payment fails.
const TRY_AGAIN_MS: i64 = 15 * 60 * 1000;

/// What it takes to reach providers.
#[derive(Debug)]
pub struct Networks {
    vault: Vault,
    timeout_ms: u64,
    client: OnceLock<Client>,
}

impl Networks {
    /// Providers that are given `timeout_ms` milliseconds to answer.
    pub fn new(vault: Vault, timeout_ms: u64) -> Self {
        Self {
            vault,
            timeout_ms,
            client: OnceLock::new(),
        }
    }

    /// Reads `TOLLGATE_VAULT_KEY` and `TOLLGATE_NETWORK_TIMEOUT_MS`; `None` for a function that is given no key.
    pub fn from_environment() -> Option<Self> {
        let timeout = std::env::var("TOLLGATE_NETWORK_TIMEOUT_MS").ok();
        let timeout = timeout
            .and_then(|text| text.parse().ok())
            .unwrap_or(DEFAULT_TIMEOUT_MS);
        Some(Self::new(Vault::from_environment()?, timeout))
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Milliseconds after which an answer that did not come is asked about, for the `attempt`-th time.
    fn ask_after_ms(&self, attempt: u32) -> i64 {
        let first = i64::try_from(self.timeout_ms)
            .unwrap_or(MAX_ASK_MS)
            .saturating_mul(ASK_AFTER_TIMEOUTS);
        first
            .saturating_mul(1 << attempt.saturating_sub(1).min(12))
            .min(MAX_ASK_MS)
    }

    /// The client is made on first use: most requests of most functions never need it.
    fn client(&self) -> Result<Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = Client::new(Duration::from_millis(self.timeout_ms))
            .map_err(|e| Error::Internal(e.to_string()))?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}

/// Steps that one run takes: authorize, look up, record, capture, look up, record, and one to spare.
const MAX_STEPS: u32 = 7;

/// Under what the provider knows a payment.
fn payment_reference(id: PaymentId) -> String {
    id.uuid().to_string()
}

fn refund_reference(id: RefundId) -> String {
    id.uuid().to_string()
}

/// The place that a payment's card is sealed for.
pub(crate) fn card_place(scope: Scope, id: PaymentId) -> String {
    format!("{scope}PAY#{id}")
}

fn secret_place(scope: Scope, provider: Provider) -> String {
    format!("{scope}PRC#{}", provider.as_str())
}

impl Gateway {
    pub(crate) fn networks(&self) -> Result<&Networks, Error> {
        let networks = self.networks.as_deref();
        networks.ok_or_else(|| Error::Internal("this function has no key to the vault".into()))
    }

    /// Records a merchant's account with a provider, its secret sealed. Replaces the one there is.
    pub(crate) async fn set_processor_account(&self, scope: Scope, account: &Account) -> Result<(), Error> {
        let place = secret_place(scope, account.provider);
        let secret = self
            .networks()?
            .vault
            .seal(self.entropy.as_ref(), &place, account.secret.as_bytes())
            .map_err(|e| Error::Internal(e.to_string()))?;
        let stored = ProcessorAccount {
            provider: account.provider,
            base_url: account.base_url.clone(),
            merchant_id: account.merchant_id.clone(),
            key_id: account.key_id.clone(),
            secret,
            created: self.now(),
        };
        Ok(self.store.put_processor_account(scope, &stored).await?)
    }

    async fn connector_of(&self, scope: Scope, payment: &Payment) -> Result<Connector, Error> {
        let network = payment.network.as_ref();
        let network =
            network.ok_or_else(|| Error::Internal(format!("payment {} has no provider", payment.id)))?;
        self.connector(scope, network.provider).await
    }

    async fn connector(&self, scope: Scope, provider: Provider) -> Result<Connector, Error> {
        let stored = self.store.get_processor_account(scope, provider).await?;
        let stored = stored.ok_or(Refusal::ProviderNotConfigured)?;
        let networks = self.networks()?;
        let secret = networks
            .vault
            .open(&secret_place(scope, provider), &stored.secret)
            .map_err(|e| Error::Internal(e.to_string()))?;
        let secret = String::from_utf8(secret.to_vec()).map_err(|e| Error::Internal(e.to_string()))?;
        let account = Account {
            provider,
            base_url: stored.base_url,
            merchant_id: stored.merchant_id,
            key_id: stored.key_id,
            secret: secret.into(),
        };
        let clock = self.clock.clone();
        Ok(Connector::new(
            account,
            networks.client()?,
            Arc::new(move || clock.now()),
        ))
    }

    /// Charges a payment whose challenge was passed. Whatever happens on the way, the payment that is returned is what is
    /// recorded: decided, or in flight and looked after by due work.
    pub(crate) async fn charge_over_network(
        &self,
        scope: Scope,
        payment: &Payment,
        cause: &Cause,
    ) -> Result<Payment, Error> {
        let ask_at = self.now().plus_ms(self.networks()?.ask_after_ms(1));
        match self
            .record(scope, payment, Command::BeginCharge { ask_at }, cause)
            .await?
        {
            Recorded::Done(payment) => {
                let connector = self.connector_of(scope, &payment).await?;
                self.go_on(scope, payment, &connector, None, cause).await
            }
            Recorded::Overtaken(payment) => Ok(payment),
        }
    }

    /// Takes the next steps of a charge in flight, as far as clear answers lead. `found` is what the provider is known to
    /// know already.
    async fn go_on(
        &self,
        scope: Scope,
        mut payment: Payment,
        connector: &Connector,
        mut found: Option<Found>,
        cause: &Cause,
    ) -> Result<Payment, Error> {
        for _ in 0..MAX_STEPS {
            let command = match (payment.face.status, found.take()) {
                (Status::Processing, None) => match self.authorize(scope, &payment, connector).await? {
                    Ok(Answer::Approved { network_id }) => self.authorized(network_id)?,
                    Ok(Answer::Declined(decline)) => Command::Refused(decline),
                    Err(error) => match ask_about(&payment, connector, &error).await {
                        Some(clear) => {
                            found = Some(clear);
                            continue;
                        }
                        None => return Ok(payment),
                    },
                },
                (Status::Processing, Some(Found::Authorized { network_id })) => {
                    self.authorized(network_id)?
                }
                (Status::Processing, Some(Found::Captured { network_id })) => {
                    found = Some(Found::Captured {
                        network_id: network_id.clone(),
                    });
                    self.authorized(network_id)?
                }
                (Status::RequiresCapture, None | Some(Found::Authorized { .. })) => {
                    match capture(&payment, connector).await {
                        Ok(Answer::Approved { .. }) => Command::Captured,
                        Ok(Answer::Declined(decline)) => Command::Refused(decline),
                        Err(error) => match ask_about(&payment, connector, &error).await {
                            // Not captured yet, for all that is known: due work goes on.
                            None | Some(Found::Authorized { .. }) => return Ok(payment),
                            clear => {
                                found = clear;
                                continue;
                            }
                        },
                    }
                }
                (Status::RequiresCapture, Some(Found::Captured { .. })) => Command::Captured,
                (Status::Processing | Status::RequiresCapture, Some(Found::Declined(decline))) => {
                    Command::Refused(decline)
                }
                (Status::Processing | Status::RequiresCapture, Some(Found::Voided)) => Command::Voided,
                _ => return Ok(payment),
            };
            match self.record(scope, &payment, command, cause).await? {
                Recorded::Done(next) => payment = next,
                Recorded::Overtaken(now) => return Ok(now),
            }
        }
        Ok(payment)
    }

    fn authorized(&self, network_id: String) -> Result<Command, Error> {
        let ask_at = self.now().plus_ms(self.networks()?.ask_after_ms(1));
        Ok(Command::Authorized { network_id, ask_at })
    }

    async fn authorize(
        &self,
        scope: Scope,
        payment: &Payment,
        connector: &Connector,
    ) -> Result<Result<Answer, NetworkError>, Error> {
        let sealed = payment.network.as_ref().and_then(|network| network.card.as_ref());
        let sealed = sealed.ok_or_else(|| Error::Internal(format!("payment {} has no card", payment.id)))?;
        let place = card_place(scope, payment.id);
        let card = self
            .networks()?
            .vault
            .open_card(&place, sealed, self.now())
            .map_err(|e| Error::Internal(e.to_string()))?;
        let request = Authorize {
            reference: &payment_reference(payment.id),
            amount: payment.amount,
            card: &card,
            authentication: Some(&passed_challenge(payment)),
        };
        Ok(connector.authorize(&request).await)
    }

    /// What due work does for a charge in flight: claims it, asks the provider what became of it, and goes on. A charge
    /// that the provider never heard of is made again under the same reference, or fails when it is too late for that.
    pub(crate) async fn resume_charge(&self, scope: Scope, payment: &Payment) -> Result<(), Error> {
        let Some(network) = &payment.network else {
            return Ok(());
        };
        let cause = self.new_cause();
        let ask_at = self
            .now()
            .plus_ms(self.networks()?.ask_after_ms(network.attempts.saturating_add(1)));
        let claimed = match self
            .record(scope, payment, Command::AskAgain { ask_at }, &cause)
            .await?
        {
            Recorded::Done(claimed) => claimed,
            Recorded::Overtaken(_) => return Ok(()),
        };
        let connector = self.connector(scope, network.provider).await?;
        let found = connector
            .look_up(&payment_reference(payment.id))
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        if found != Found::Nothing {
            self.go_on(scope, claimed, &connector, Some(found), &cause)
                .await?;
            return Ok(());
        }
        if claimed.face.status == Status::RequiresCapture {
            return Err(Error::Internal(format!(
                "the provider does not know payment {}, which it authorized",
                payment.id
            )));
        }
        let since = network.since.unwrap_or(payment.updated);
        if since.plus_ms(TRY_AGAIN_MS) < self.now() {
            let late = Command::Refused(Decline::ProcessingError);
            self.record(scope, &claimed, late, &cause).await?;
        } else {
            self.go_on(scope, claimed, &connector, None, &cause).await?;
        }
        Ok(())
    }

    /// Sends money back over the wire, for a refund that was recorded as pending. `None` when the provider's answer is not
    /// clear: due work asks again.
    pub(crate) async fn send_back(
        &self,
        scope: Scope,
        payment: &Payment,
        refund: &Refund,
    ) -> Result<Option<RefundOutcome>, Error> {
        let connector = self.connector_of(scope, payment).await?;
        let network_id = payment
            .network
            .as_ref()
            .and_then(|network| network.network_id.as_deref());
        let (reference, refund_reference) = (payment_reference(payment.id), refund_reference(refund.id));
        let answer = connector
            .refund(&SendBack {
                reference: &reference,
                network_id: network_id.unwrap_or_default(),
                refund_reference: &refund_reference,
                amount: refund.amount,
            })
            .await;
        let found = match answer {
            Ok(Answer::Approved { .. }) => FoundRefund::Succeeded,
            Ok(Answer::Declined(_)) => FoundRefund::Failed,
            Err(error) => {
                tracing::warn!(refund = %refund.id, %error, "a provider's answer is unclear");
                let found = connector.look_up_refund(&reference, &refund_reference).await;
                found.unwrap_or(FoundRefund::Undecided)
            }
        };
        Ok(clear(found))
    }

    /// What due work does for a refund in flight: asks the provider, and sends it again if it never arrived.
    pub(crate) async fn resume_refund(
        &self,
        scope: Scope,
        payment: &Payment,
        refund: &Refund,
    ) -> Result<Option<RefundOutcome>, Error> {
        let connector = self.connector_of(scope, payment).await?;
        let found = connector
            .look_up_refund(&payment_reference(payment.id), &refund_reference(refund.id))
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        match found {
            FoundRefund::Nothing => self.send_back(scope, payment, refund).await,
            found => Ok(clear(found)),
        }
    }

    /// When due work asks about a refund that is sent now.
    pub(crate) fn ask_about_refund_at(&self) -> Result<tollgate_domain::Timestamp, Error> {
        Ok(self.now().plus_ms(self.networks()?.ask_after_ms(1)))
    }

    pub(crate) async fn record(
        &self,
        scope: Scope,
        payment: &Payment,
        command: Command,
        cause: &Cause,
    ) -> Result<Recorded, Error> {
        let next = payment.apply(command, self.now(), cause).map_err(Refusal::from)?;
        match self.store.replace(scope, &next).await? {
            Replaced::Done => Ok(Recorded::Done(next)),
            Replaced::Conflict(Some(now)) => Ok(Recorded::Overtaken(now)),
            Replaced::Conflict(None) => Err(Error::Internal(format!("payment {} is gone", payment.id))),
        }
    }
}

/// What became of a step that was to be recorded.
pub(crate) enum Recorded {
    /// It was; the payment as it is now.
    Done(Payment),
    /// Somebody else came first; the payment as it is now.
    Overtaken(Payment),
}

async fn capture(payment: &Payment, connector: &Connector) -> Result<Answer, NetworkError> {
    let network_id = payment
        .network
        .as_ref()
        .and_then(|network| network.network_id.as_deref());
    let of = OfAuthorization {
        reference: &payment_reference(payment.id),
        network_id: network_id.unwrap_or_default(),
        amount: payment.amount,
    };
    let answer = connector.capture(&of).await;
    if let Ok(Answer::Declined(_)) = &answer
        && let Err(error) = connector.void(&of).await
    {
        // The reservation is of no use; that it could not be let go at once changes nothing for the payer.
        tracing::warn!(payment = %payment.id, %error, "an authorization was not voided");
    }
    answer
}

/// After an answer that was not clear: what the provider knows for certain. That it knows nothing, or nothing yet, may
/// change while our request is still on its way, so it counts for nothing.
async fn ask_about(payment: &Payment, connector: &Connector, error: &NetworkError) -> Option<Found> {
    tracing::warn!(payment = %payment.id, %error, "a provider's answer is unclear");
    match connector.look_up(&payment_reference(payment.id)).await {
        Ok(Found::Nothing | Found::Undecided) | Err(_) => None,
        Ok(found) => Some(found),
    }
}

const fn clear(found: FoundRefund) -> Option<RefundOutcome> {
    match found {
        FoundRefund::Succeeded => Some(RefundOutcome::Succeeded),
        FoundRefund::Failed => Some(RefundOutcome::Failed),
        FoundRefund::Nothing | FoundRefund::Undecided => None,
    }
}

/// The proof of the challenge that our own page simulates in test mode: what an issuer's directory server would have
/// given, derived from the payment.
fn passed_challenge(payment: &Payment) -> Authentication {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use tollgate_domain::{Source, source::Brand};
    let mastercard = matches!(&payment.source, Some(Source::Card(card)) if card.brand == Brand::Mastercard);
    let id = payment.id.uuid();
    Authentication {
        eci: if mastercard { "02" } else { "05" }.to_owned(),
        cavv: STANDARD.encode([id.as_bytes().as_slice(), b"test"].concat()),
        transaction_id: id.to_string(),
    }
}
