//! What every card processor can be asked, and what it may answer.
//!
//! The rule that keeps a cardholder from being charged twice: every request carries our own reference, the processor
//! can be asked what became of a reference, and an answer that is not clear is [`ProcessorError::Unknown`], never a
//! guess. Only the caller decides to ask again, after it looked the reference up.

use std::future::Future;

use tollgate_domain::{Decline, EnteredCard, Money, ProcessorTransactionId, Timestamp};

/// Proof that the cardholder passed a 3-D Secure challenge, as the issuer's directory server gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// Electronic commerce indicator: `05` (Visa, Amex) or `02` (Mastercard) for a passed challenge.
    pub eci: String,
    /// The cardholder authentication verification value, base64.
    pub cavv: String,
    /// The directory server's transaction id, a UUID.
    pub transaction_id: String,
    /// The version of EMV 3-D Secure: `2.2.0`.
    pub version: String,
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
    /// See [`tollgate_domain::processor_charge::Sent::renewed`].
    pub renewed: u32,
}

/// A request about an authorisation: take it, or let it go.
#[derive(Clone, Debug)]
pub struct OfAuthorization<'a> {
    /// Our reference of the payment.
    pub reference: &'a str,
    /// The processor's own id of the authorisation.
    pub authorization: &'a ProcessorTransactionId,
    /// All of what was authorised.
    pub amount: Money,
    /// See [`tollgate_domain::processor_charge::Sent::renewed`].
    pub renewed: u32,
}

/// A request to send money back.
#[derive(Clone, Debug)]
pub struct RefundRequest<'a> {
    /// Our reference of the payment.
    pub reference: &'a str,
    /// The processor's own id of the capture: refunds are of a capture, not of its authorisation.
    pub capture: &'a ProcessorTransactionId,
    /// Our reference of this refund, of the same form as a payment's. One reference is one refund for ever.
    pub refund_reference: &'a str,
    /// How much: all of the capture or a part.
    pub amount: Money,
    /// See [`tollgate_domain::processor_charge::Sent::renewed`].
    pub renewed: u32,
}

/// A refund to be looked up.
#[derive(Clone, Copy, Debug)]
pub struct RefundName<'a> {
    /// Our reference of the payment.
    pub reference: &'a str,
    /// Our reference of the refund.
    pub refund_reference: &'a str,
    /// See [`tollgate_domain::processor_charge::Sent::renewed`].
    pub renewed: u32,
}

/// A clear answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Approved {
        /// The processor's own id of what was done; later requests name it.
        id: ProcessorTransactionId,
    },
    /// An authorisation that reserved the money, which a reviewer has to accept before it may be captured.
    InReview {
        /// The processor's own id of the authorisation.
        id: ProcessorTransactionId,
    },
    /// Refused by the issuer or the processor, for good; nothing is reserved.
    Declined(Decline),
    /// An authorisation that was refused for good although the money is, or may be, reserved: it is to be let go.
    DeclinedWithHold {
        /// The processor's own id of the authorisation.
        id: ProcessorTransactionId,
        /// Why it was refused.
        decline: Decline,
    },
}

/// What a processor knows under a payment's reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Nothing: no request with this reference arrived, or none that look-ups show yet.
    Nothing,
    /// The processor has it and has not decided; ask again later.
    Undecided,
    /// The money is reserved, and the reservation has to be accepted first.
    InReview {
        /// The processor's own id of the authorisation.
        authorization: ProcessorTransactionId,
    },
    /// The money is reserved, not taken, as far as look-ups show.
    Authorized {
        /// The processor's own id of the authorisation.
        authorization: ProcessorTransactionId,
    },
    /// The money was taken.
    Captured {
        /// The processor's own id of the authorisation.
        authorization: ProcessorTransactionId,
        /// The processor's own id of the capture.
        capture: ProcessorTransactionId,
    },
    /// Refused; nothing is reserved.
    Declined(Decline),
    /// Refused, and the money is, or may be, reserved all the same.
    DeclinedWithHold {
        /// The processor's own id of the authorisation.
        authorization: ProcessorTransactionId,
        /// Why it was refused.
        decline: Decline,
    },
    /// It was authorised and let go.
    Voided,
}

/// What became of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// It goes on.
    Waiting,
    /// The authorisation may be captured.
    Accepted,
    /// It may not: it is to be let go.
    Rejected,
}

/// What a processor knows under a refund's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorRefundStatus {
    /// Nothing: no refund with this reference arrived, or none that look-ups show yet.
    Nothing,
    /// The processor has it and has not decided; ask again later.
    Undecided,
    /// The money went back, or is on its way for certain.
    Succeeded,
    /// It was refused.
    Failed,
}

/// No clear answer. The texts never hold a card number, a key or a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcessorError {
    /// The request certainly did nothing: the processor could not be connected to, or was too busy, or did not accept the
    /// account's credentials. The same request may be sent again.
    #[error("the network did nothing: {0}")]
    NothingDone(String),
    /// The request certainly did nothing and never will: the processor says that it is wrong. An earlier request with the same
    /// reference may still have done something.
    #[error("the network refused the request: {0}")]
    Rejected(String),
    /// It may or may not have happened: no answer in time, a broken connection, a 5xx, a time-out or failure behind the
    /// processor, a duplicate of an earlier request, or an answer that makes no sense. Only a look-up decides.
    #[error("the network's answer is unknown: {0}")]
    Unknown(String),
}

/// A way to a card processor.
pub trait Processor {
    /// Reserves money.
    fn authorize(
        &self,
        request: &Authorize<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Takes reserved money, all of it.
    fn capture(
        &self,
        request: &OfAuthorization<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Lets reserved money go.
    fn void(
        &self,
        request: &OfAuthorization<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Sends taken money back.
    fn refund(
        &self,
        request: &RefundRequest<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Lets go whatever an authorisation without an answer may have reserved. An error says that the processor cannot do this,
    /// or that it is not clear whether it did.
    fn void_unanswered(
        &self,
        reference: &str,
        amount: Money,
        renewed: u32,
    ) -> impl Future<Output = Result<(), ProcessorError>> + Send;

    /// What became of a payment.
    fn look_up(
        &self,
        reference: &str,
    ) -> impl Future<Output = Result<TransactionStatus, ProcessorError>> + Send;

    /// What became of the review of an authorisation that is held since `since`.
    fn look_up_review(
        &self,
        authorization: &ProcessorTransactionId,
        since: Timestamp,
    ) -> impl Future<Output = Result<Review, ProcessorError>> + Send;

    /// What became of a refund of a payment.
    fn look_up_refund(
        &self,
        refund: &RefundName<'_>,
    ) -> impl Future<Output = Result<ProcessorRefundStatus, ProcessorError>> + Send;
}
