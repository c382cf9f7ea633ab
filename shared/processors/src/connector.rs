//! The way to a merchant's provider, whichever it is.

use std::sync::Arc;

use tollgate_domain::{Money, NetworkId, Provider, Timestamp};

use crate::{
    Account, Client,
    cybersource::CyberSource,
    mpgs::Mpgs,
    network::{
        Answer, Authorize, NetworkError, OfAuthorization, Processor, ProcessorRefundStatus, RefundName,
        RefundRequest, Review, TransactionStatus,
    },
};

/// Tells the time, for signatures that carry it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The way to a merchant's provider.
pub enum Connector {
    /// `CyberSource`.
    CyberSource(CyberSource),
    /// MPGS.
    Mpgs(Mpgs),
}

impl Connector {
    /// The way that an account describes.
    pub fn new(account: Account, client: Client, now: Now) -> Self {
        match account.provider {
            Provider::CyberSource => Self::CyberSource(CyberSource::new(account, client, now)),
            Provider::Mpgs => Self::Mpgs(Mpgs::new(account, client)),
        }
    }
}

macro_rules! ask {
    ($self:ident, $method:ident $(, $argument:expr)*) => {
        match $self {
            Connector::CyberSource(it) => it.$method($($argument),*).await,
            Connector::Mpgs(it) => it.$method($($argument),*).await,
        }
    };
}

impl Processor for Connector {
    async fn authorize(&self, request: &Authorize<'_>) -> Result<Answer, NetworkError> {
        ask!(self, authorize, request)
    }

    async fn capture(&self, request: &OfAuthorization<'_>) -> Result<Answer, NetworkError> {
        ask!(self, capture, request)
    }

    async fn void(&self, request: &OfAuthorization<'_>) -> Result<Answer, NetworkError> {
        ask!(self, void, request)
    }

    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Answer, NetworkError> {
        ask!(self, refund, request)
    }

    async fn void_unanswered(
        &self,
        reference: &str,
        amount: Money,
        renewed: u32,
    ) -> Result<(), NetworkError> {
        ask!(self, void_unanswered, reference, amount, renewed)
    }

    async fn look_up(&self, reference: &str) -> Result<TransactionStatus, NetworkError> {
        ask!(self, look_up, reference)
    }

    async fn look_up_review(
        &self,
        authorization: &NetworkId,
        since: Timestamp,
    ) -> Result<Review, NetworkError> {
        ask!(self, look_up_review, authorization, since)
    }

    async fn look_up_refund(&self, refund: &RefundName<'_>) -> Result<ProcessorRefundStatus, NetworkError> {
        ask!(self, look_up_refund, refund)
    }
}
