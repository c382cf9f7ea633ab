//! Support for a merchant: deliveries, processor accounts, stuck money; and what the local cloud sets up.

use tollgate_domain::{
    Dispute, DisputeId, EndpointId, EventId, FrontDoor, MerchantId, Metadata, Mode, PaymentId, ProcessorKind,
    RefundId, ReplaySnapshots, RequestRef, Tenant, WebhookEndpoint,
    delivery::AttemptRecord,
    dispute::Decision,
    endpoint::{EndpointStatus, Secret},
};
use tollgate_processors::{Account, notice::NoticeKey};
use tollgate_store::Put;

use super::operator::{Admin, AdminError};
use crate::error::Error;

/// A payment or a refund that is open with a processor.
#[derive(Clone, Copy, Debug)]
pub enum OpenMoney {
    /// A payment.
    Payment(PaymentId),
    /// A refund.
    Refund(RefundId),
}

impl Admin {
    /// The recorded attempts to deliver an event to an endpoint, oldest first.
    pub async fn delivery_attempts(
        &self,
        merchant: MerchantId,
        mode: Mode,
        event: EventId,
        endpoint: EndpointId,
    ) -> Result<Vec<AttemptRecord>, AdminError> {
        Ok(self.0.store.list_attempts(Tenant { merchant, mode }, event, endpoint).await?)
    }

    /// Stores a merchant's account with a processor. The vault encrypts its secret.
    pub async fn set_processor(
        &self,
        merchant: MerchantId,
        mode: Mode,
        account: &Account,
    ) -> Result<(), AdminError> {
        self.merchant(merchant).await?;
        account.check(mode.is_live()).map_err(|e| AdminError::BadAccount(e.to_string()))?;
        let tenant = Tenant { merchant, mode };
        self.0.set_processor_account(tenant, account).await.map_err(|e| match e {
            Error::Store(error) => AdminError::Store(error),
            other => AdminError::BadAccount(other.to_string()),
        })
    }

    /// Stores a secret with which a processor proves its notices, beside the one before, or instead of all others if
    /// `only`. The vault encrypts it.
    pub async fn set_notice_key(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        key: &NoticeKey,
        only: bool,
    ) -> Result<(), AdminError> {
        self.merchant(tenant.merchant).await?;
        key.check(processor).map_err(|e| AdminError::BadAccount(e.to_string()))?;
        self.0.set_notice_key(tenant, processor, key, only).await.map_err(|e| match e {
            Error::Store(error) => AdminError::Store(error),
            other => AdminError::BadAccount(other.to_string()),
        })
    }

    /// Decides a dispute as its bank told the operator; one that is decided stays as it is. `None` if there is no such
    /// dispute.
    pub async fn decide_dispute(
        &self,
        tenant: Tenant,
        id: DisputeId,
        is_won: bool,
    ) -> Result<Option<Dispute>, AdminError> {
        let found: Option<Dispute> = self.0.store.get(tenant, &id.to_string()).await?;
        let Some(dispute) = found else { return Ok(None) };
        let decision = if is_won { Decision::Won } else { Decision::Lost };
        let decided = self.0.decide_dispute(tenant, dispute, decision).await;
        decided.map(Some).map_err(|e| match e {
            Error::Store(error) => AdminError::Store(error),
            other => AdminError::Failed(other.to_string()),
        })
    }

    /// Resumes a payment or a refund that waits for the operator (see `docs/operations.md`): due work queries
    /// its processor immediately, and the limits of requests start again. `false` if nothing of it is open
    /// with a processor.
    pub async fn resume_money(
        &self,
        merchant: MerchantId,
        mode: Mode,
        what: OpenMoney,
    ) -> Result<bool, AdminError> {
        let tenant = Tenant { merchant, mode };
        let resumed = match what {
            OpenMoney::Payment(id) => self.0.resume_stuck_payment(tenant, id).await,
            OpenMoney::Refund(id) => self.0.resume_stuck_refund(tenant, id).await,
        };
        resumed.map_err(|e| match e {
            Error::Store(error) => AdminError::Store(error),
            other => AdminError::Failed(other.to_string()),
        })
    }

    /// Random bytes for a secret.
    pub fn random(&self) -> [u8; 32] {
        self.0.random_bytes()
    }

    /// Creates an endpoint with a given secret, for the local cloud's inbox; `false` if it exists.
    pub async fn create_endpoint(
        &self,
        tenant: Tenant,
        api: FrontDoor,
        url: &str,
        secret: &str,
    ) -> Result<bool, AdminError> {
        let endpoint = WebhookEndpoint {
            id: tollgate_domain::idempotency::consequence_id(&format!("{tenant}{}{url}", api.as_str()), 0, 0),
            version: 1,
            request: RequestRef::default(),
            url: url.to_owned(),
            api,
            enabled_events: vec!["*".into()],
            description: None,
            metadata: Metadata::default(),
            status: EndpointStatus::Enabled,
            secret: Secret(secret.to_owned()),
            previous: None,
            failing_since: None,
            pause: None,
            disabled_reason: None,
            deleted: false,
            created: self.0.now(),
            updated: Some(self.0.now()),
            fingerprint: None,
            replay: ReplaySnapshots::default(),
        };
        Ok(matches!(self.0.writer().create(tenant, &endpoint).await?, Put::Created))
    }
}
