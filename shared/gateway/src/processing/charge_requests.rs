//! The requests of a charge to its processor.

use base64::{Engine, engine::general_purpose::STANDARD};
use tollgate_domain::{
    Money, Payment, ProcessorTransactionId, Source, Tenant, payment::Command, source::Brand,
};
use tollgate_processors::{
    AnyProcessor,
    processor::{Answer, Authentication, Authorize, OfAuthorization, Processor, ProcessorError},
};

use super::references::{card_place, payment_reference};
use crate::{error::Error, worker::Worker};

impl Worker {
    /// The command that records an authorization.
    pub(crate) fn authorized(&self, authorization: ProcessorTransactionId) -> Result<Command, Error> {
        Ok(Command::Authorized { authorization, ask_at: self.ask_at(1)? })
    }

    /// Sends the authorization of a payment. The outer error is ours, the inner one the processor's.
    pub(super) async fn authorize(
        &self,
        tenant: Tenant,
        payment: &Payment,
        processor: &AnyProcessor,
    ) -> Result<Result<Answer, ProcessorError>, Error> {
        let sealed = payment.processor_charge.as_ref().and_then(|processor| processor.card.as_ref());
        let sealed = sealed.ok_or_else(|| Error::Internal(format!("payment {} has no card", payment.id)))?;
        let place = card_place(tenant, payment.id);
        let card = self
            .processors()?
            .vault()
            .open_card(self.now(), &place, sealed)
            .await
            .map_err(|e| Error::Internal(e.to_string()))?;
        let request = Authorize {
            reference: &payment_reference(payment.id),
            amount: payment.amount,
            card: &card,
            authentication: Some(&passed_challenge(payment)),
            renewed: renewed(payment),
        };
        Ok(processor.authorize(&request).await)
    }
}

/// The data of a request about an authorization.
pub(crate) struct AboutAuthorization<'a> {
    reference: String,
    authorization: &'a ProcessorTransactionId,
    amount: Money,
    renewed: u32,
}

impl AboutAuthorization<'_> {
    /// The request.
    pub(crate) fn as_request(&self) -> OfAuthorization<'_> {
        OfAuthorization {
            reference: &self.reference,
            authorization: self.authorization,
            amount: self.amount,
            renewed: self.renewed,
        }
    }
}

/// The request about an authorization of a payment.
pub(crate) fn of_authorization<'a>(
    payment: &Payment,
    authorization: &'a ProcessorTransactionId,
) -> AboutAuthorization<'a> {
    AboutAuthorization {
        reference: payment_reference(payment.id),
        authorization,
        amount: payment.amount,
        renewed: renewed(payment),
    }
}

/// How often the request got a new transaction id; see [`tollgate_domain::processor_charge::Sent::renewed`].
pub(crate) fn renewed(payment: &Payment) -> u32 {
    payment.processor_charge.as_ref().map_or(0, |charge| charge.sent.renewed)
}

/// The proof of the challenge that our page simulates in test mode: the values of an issuer's directory
/// server, derived from the payment.
fn passed_challenge(payment: &Payment) -> Authentication {
    let mastercard = matches!(&payment.source, Some(Source::Card(card)) if card.brand == Brand::Mastercard);
    let id = payment.id.uuid();
    Authentication {
        eci: if mastercard { "02" } else { "05" }.to_owned(),
        cavv: STANDARD.encode([id.as_bytes().as_slice(), b"test"].concat()),
        transaction_id: id.to_string(),
        version: "2.2.0".to_owned(),
    }
}
