//! The requests to card processors and their answers.
//!
//! A cardholder must not be charged twice. So every request contains our reference, the processor can be
//! queried by reference, and an unclear answer is [`ProcessorError::Unknown`], never a guess. Only the caller
//! decides to send a request again, after a query.

use std::{future::Future, sync::Arc};

use tollgate_domain::{Decline, EnteredCard, Money, ProcessorTransactionId, Timestamp};

/// Returns the current time, for signatures that contain it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A passed 3-D Secure challenge, as the directory server reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// Electronic commerce indicator of a passed challenge: `05` (Visa, Amex) or `02` (Mastercard).
    pub eci: String,
    /// The cardholder authentication verification value, base64.
    pub cavv: String,
    /// The directory server's transaction id, a UUID.
    pub transaction_id: String,
    /// The version of EMV 3-D Secure: `2.2.0`.
    pub version: String,
}

/// A request for an authorization.
#[derive(Clone, Debug)]
pub struct Authorize<'a> {
    /// Our reference of the payment: 1 to 36 characters of `0-9a-f-`. It is never used for another charge.
    pub reference: &'a str,
    /// The amount.
    pub amount: Money,
    /// The card, without security code: that was checked and dropped before the payment was stored.
    pub card: &'a EnteredCard,
    /// The passed challenge, if there was one.
    pub authentication: Option<&'a Authentication>,
    /// See [`tollgate_domain::processor_charge::Sent::renewed`].
    pub renewed: u32,
}

/// A request to capture or void an authorization.
#[derive(Clone, Debug)]
pub struct OfAuthorization<'a> {
    /// Our reference of the payment.
    pub reference: &'a str,
    /// The processor's id of the authorization.
    pub authorization: &'a ProcessorTransactionId,
    /// The whole authorized amount.
    pub amount: Money,
    /// See [`tollgate_domain::processor_charge::Sent::renewed`].
    pub renewed: u32,
}

/// A request for a refund.
#[derive(Clone, Debug)]
pub struct RefundRequest<'a> {
    /// Our reference of the payment.
    pub reference: &'a str,
    /// The processor's id of the capture: refunds name the capture, not the authorization.
    pub capture: &'a ProcessorTransactionId,
    /// Our reference of the refund, in the form of a payment's. It is never used for another refund.
    pub refund_reference: &'a str,
    /// The amount: all of the capture or a part.
    pub amount: Money,
    /// See [`tollgate_domain::processor_charge::Sent::renewed`].
    pub renewed: u32,
}

/// A query about a refund.
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
    /// The request was executed.
    Approved {
        /// The processor's id of the transaction. Later requests name it.
        id: ProcessorTransactionId,
    },
    /// The amount is authorized; a review has to accept it before the capture.
    InReview {
        /// The processor's id of the authorization.
        id: ProcessorTransactionId,
    },
    /// Refused for good; nothing is authorized.
    Declined(Decline),
    /// Refused for good, although the amount is or may be authorized. The authorization has to be voided.
    DeclinedWithHold {
        /// The processor's id of the authorization.
        id: ProcessorTransactionId,
        /// The reason of the refusal.
        decline: Decline,
    },
}

/// The result of a query about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Nothing found: no request arrived, or queries do not show it yet.
    Nothing,
    /// The processor has not decided.
    Undecided,
    /// The amount is authorized; a review has to accept it.
    InReview {
        /// The processor's id of the authorization.
        authorization: ProcessorTransactionId,
    },
    /// The amount is authorized, and no capture is shown.
    Authorized {
        /// The processor's id of the authorization.
        authorization: ProcessorTransactionId,
    },
    /// The amount was captured.
    Captured {
        /// The processor's id of the authorization.
        authorization: ProcessorTransactionId,
        /// The processor's id of the capture.
        capture: ProcessorTransactionId,
    },
    /// Refused; nothing is authorized.
    Declined(Decline),
    /// Refused, although the amount is or may be authorized.
    DeclinedWithHold {
        /// The processor's id of the authorization.
        authorization: ProcessorTransactionId,
        /// The reason of the refusal.
        decline: Decline,
    },
    /// The authorization was voided.
    Voided,
}

/// The result of a query about a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Review {
    /// The review is open.
    Waiting,
    /// The authorization may be captured.
    Accepted,
    /// The authorization has to be voided.
    Rejected,
}

/// The result of a query about a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorRefundStatus {
    /// Nothing found: no request arrived, or queries do not show it yet.
    Nothing,
    /// The processor has not decided.
    Undecided,
    /// The amount was refunded, or certainly will be.
    Succeeded,
    /// It was refused.
    Failed,
}

/// There is no clear answer. The texts never contain a card number, a key or a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcessorError {
    /// The request certainly had no effect: no connection, too many requests, or refused credentials. It may
    /// be sent again.
    #[error("the network did nothing: {0}")]
    NothingDone(String),
    /// The request certainly had no effect: the processor calls it invalid. An earlier request with the same
    /// reference may still have had one.
    #[error("the network refused the request: {0}")]
    Rejected(String),
    /// The request may have had an effect: a time-out, a broken connection, a 5xx, a failure behind the
    /// processor, a duplicate of an earlier request, or an unintelligible answer. Only a query can tell.
    #[error("the network's answer is unknown: {0}")]
    Unknown(String),
}

/// The client of a card processor.
pub trait Processor {
    /// Authorizes an amount.
    fn authorize(
        &self,
        request: &Authorize<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Captures the whole authorized amount.
    fn capture(
        &self,
        request: &OfAuthorization<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Voids an authorization.
    fn void(
        &self,
        request: &OfAuthorization<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Refunds a captured amount.
    fn refund(
        &self,
        request: &RefundRequest<'_>,
    ) -> impl Future<Output = Result<Answer, ProcessorError>> + Send;

    /// Voids an authorization whose answer is missing. An error means that the processor cannot do this, or
    /// that the result is unclear.
    fn void_unanswered(
        &self,
        reference: &str,
        amount: Money,
        renewed: u32,
    ) -> impl Future<Output = Result<(), ProcessorError>> + Send;

    /// Queries a payment.
    fn look_up(
        &self,
        reference: &str,
    ) -> impl Future<Output = Result<TransactionStatus, ProcessorError>> + Send;

    /// Queries the review of an authorization that has been held since `since`.
    fn look_up_review(
        &self,
        authorization: &ProcessorTransactionId,
        since: Timestamp,
    ) -> impl Future<Output = Result<Review, ProcessorError>> + Send;

    /// Queries a refund.
    fn look_up_refund(
        &self,
        refund: &RefundName<'_>,
    ) -> impl Future<Output = Result<ProcessorRefundStatus, ProcessorError>> + Send;
}
