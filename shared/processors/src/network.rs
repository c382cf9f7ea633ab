//! What every card network can be asked, and what it may answer.
//!
//! The rule that keeps a cardholder from being charged twice: every request carries our own reference, the network
//! can be asked what became of a reference, and an answer that is not clear is [`NetworkError::Unknown`], never a
//! guess. Only the caller decides to ask again, after it looked the reference up.

use std::future::Future;

use tollgate_domain::{Decline, EnteredCard, Money};

/// Proof that the cardholder passed a 3-D Secure challenge, as the issuer's directory server gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// Electronic commerce indicator: `05` (Visa, Amex) or `02` (Mastercard) for a passed challenge.
    pub eci: String,
    /// The cardholder authentication verification value, base64.
    pub cavv: String,
    /// The directory server's transaction id, a UUID.
    pub transaction_id: String,
}

/// A request to reserve money on a card, without taking it.
#[derive(Clone, Debug)]
pub struct Authorize<'a> {
    /// Our reference of the payment: 1 to 36 characters of `0-9a-f-`. One reference is one charge for ever.
    pub reference: &'a str,
    /// How much.
    pub amount: Money,
    /// From which card. There is no security code: it was checked and let go before the payment was recorded.
    pub card: &'a EnteredCard,
    /// The passed challenge.
    pub authentication: Option<&'a Authentication>,
}

/// A request about an authorisation: take it, or let it go.
#[derive(Clone, Debug)]
pub struct OfAuthorization<'a> {
    /// Our reference of the payment.
    pub reference: &'a str,
    /// The network's own id of the authorisation.
    pub network_id: &'a str,
    /// All of what was authorised.
    pub amount: Money,
}

/// A request to send money back.
#[derive(Clone, Debug)]
pub struct SendBack<'a> {
    /// Our reference of the payment.
    pub reference: &'a str,
    /// The network's own id of the authorisation that was captured.
    pub network_id: &'a str,
    /// Our reference of this refund, of the same form as a payment's. One reference is one refund for ever.
    pub refund_reference: &'a str,
    /// How much: all of the capture or a part.
    pub amount: Money,
}

/// A clear answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Approved {
        /// The network's own id of what was done, up to 64 characters; later requests name it.
        network_id: String,
    },
    /// Refused by the issuer or the network, for good.
    Declined(Decline),
}

/// What a network knows under a payment's reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: no request with this reference arrived.
    Nothing,
    /// The network has it and has not decided; ask again later.
    Undecided,
    /// The money is reserved, not taken.
    Authorized {
        /// The network's own id of the authorisation.
        network_id: String,
    },
    /// The money was taken.
    Captured {
        /// The network's own id of the authorisation.
        network_id: String,
    },
    /// Refused.
    Declined(Decline),
    /// It was authorised and let go.
    Voided,
}

/// What a network knows under a refund's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundRefund {
    /// Nothing: no refund with this reference arrived.
    Nothing,
    /// The network has it and has not decided; ask again later.
    Undecided,
    /// The money went back, or is on its way for certain.
    Succeeded,
    /// It was refused.
    Failed,
}

/// No clear answer. The texts never hold a card number, a key or a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The request certainly did nothing: nobody could be connected to, or the network refused it as malformed or
    /// unauthorised (4xx). Asking again with the same reference is safe.
    #[error("the network did nothing: {0}")]
    NothingDone(String),
    /// It may or may not have happened: no answer in time, a broken connection, a 5xx, or an answer that makes no sense.
    #[error("the network's answer is unknown: {0}")]
    Unknown(String),
}

/// A way to a card network.
pub trait Processor {
    /// Reserves money.
    fn authorize(&self, request: &Authorize<'_>)
    -> impl Future<Output = Result<Answer, NetworkError>> + Send;

    /// Takes reserved money, all of it.
    fn capture(
        &self,
        request: &OfAuthorization<'_>,
    ) -> impl Future<Output = Result<Answer, NetworkError>> + Send;

    /// Lets reserved money go.
    fn void(
        &self,
        request: &OfAuthorization<'_>,
    ) -> impl Future<Output = Result<Answer, NetworkError>> + Send;

    /// Sends taken money back.
    fn refund(&self, request: &SendBack<'_>) -> impl Future<Output = Result<Answer, NetworkError>> + Send;

    /// What became of a payment.
    fn look_up(&self, reference: &str) -> impl Future<Output = Result<Found, NetworkError>> + Send;

    /// What became of a refund of a payment.
    fn look_up_refund(
        &self,
        reference: &str,
        refund_reference: &str,
    ) -> impl Future<Output = Result<FoundRefund, NetworkError>> + Send;
}
