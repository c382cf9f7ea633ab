//! The way to a merchant's processor, whichever it is.

use std::sync::Arc;

use tollgate_domain::{Money, ProcessorKind, ProcessorTransactionId, Timestamp};

use crate::{
    Account, Client,
    cybersource::CyberSource,
    mpgs::Mpgs,
    processor::{
        Answer, Authorize, OfAuthorization, Processor, ProcessorError, ProcessorRefundStatus, RefundName,
        RefundRequest, Review, TransactionStatus,
    },
};

/// Tells the time, for signatures that carry it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The way to a merchant's processor.
pub enum AnyProcessor {
    /// `CyberSource`.
    CyberSource(CyberSource),
    /// MPGS.
    Mpgs(Mpgs),
}

impl AnyProcessor {
    /// The way that an account describes.
    pub fn new(account: Account, client: Client, now: Now) -> Self {
        match account.processor {
            ProcessorKind::CyberSource => Self::CyberSource(CyberSource::new(account, client, now)),
            ProcessorKind::Mpgs => Self::Mpgs(Mpgs::new(account, client)),
        }
    }
}

macro_rules! ask {
    ($self:ident, $method:ident $(, $argument:expr)*) => {
        match $self {
            AnyProcessor::CyberSource(it) => it.$method($($argument),*).await,
            AnyProcessor::Mpgs(it) => it.$method($($argument),*).await,
        }
    };
}

impl Processor for AnyProcessor {
    async fn authorize(&self, request: &Authorize<'_>) -> Result<Answer, ProcessorError> {
        ask!(self, authorize, request)
    }

    async fn capture(&self, request: &OfAuthorization<'_>) -> Result<Answer, ProcessorError> {
        ask!(self, capture, request)
    }

    async fn void(&self, request: &OfAuthorization<'_>) -> Result<Answer, ProcessorError> {
        ask!(self, void, request)
    }

    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Answer, ProcessorError> {
        ask!(self, refund, request)
    }

    async fn void_unanswered(
        &self,
        reference: &str,
        amount: Money,
        renewed: u32,
    ) -> Result<(), ProcessorError> {
        ask!(self, void_unanswered, reference, amount, renewed)
    }

    async fn look_up(&self, reference: &str) -> Result<TransactionStatus, ProcessorError> {
        ask!(self, look_up, reference)
    }

    async fn look_up_review(
        &self,
        authorization: &ProcessorTransactionId,
        since: Timestamp,
    ) -> Result<Review, ProcessorError> {
        ask!(self, look_up_review, authorization, since)
    }

    async fn look_up_refund(&self, refund: &RefundName<'_>) -> Result<ProcessorRefundStatus, ProcessorError> {
        ask!(self, look_up_refund, refund)
    }
}
