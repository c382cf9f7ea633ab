//! `DueMessage`: the queue message of one due item.

use serde::{Deserialize, Serialize};
use tollgate_domain::{EndpointId, Payment, ProcessorKind, Tenant};
use tollgate_store::{Claimed, DueKind, Entity, QueueMessage};

use crate::{error::Error, message_format};

/// A message of the queue of due work: do the work of this item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueMessage {
    /// The kind of work.
    pub kind: DueKind,
    /// The tenant, from the item's key.
    pub tenant: Tenant,
    /// The item's partition key.
    pub pk: String,
    /// The finder's claim. A message that a worker sent has none.
    pub(super) claim: Option<String>,
    /// The step of a backlog that a worker goes on with.
    pub(super) step: Option<u32>,
    /// The request that wrote the item; empty if none did.
    pub(super) request: String,
    /// The processor that the work asks, as far as it is known.
    pub(super) processor: Option<ProcessorKind>,
}

/// A message as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    kind: String,
    pk: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    /// For log lines only: a release that does not know it ignores it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    request: String,
}

impl DueMessage {
    /// The request that wrote the item, as log lines name it; empty if none did.
    pub fn request_id(&self) -> &str {
        &self.request
    }

    /// The message of a claimed item.
    pub(super) fn of(kind: DueKind, claimed: &Claimed) -> Self {
        let processor = match kind {
            // An item that does not read is the worker's to report.
            DueKind::Payment => claimed
                .read::<Payment>()
                .ok()
                .and_then(|payment| payment.processor_charge.map(|charge| charge.processor)),
            DueKind::Refund
            | DueKind::Customer
            | DueKind::Delivery
            | DueKind::Backlog
            | DueKind::Funds
            | DueKind::Dispute
            | DueKind::LedgerCheck
            | DueKind::Payout
            | DueKind::BalanceSettings => None,
        };
        let (tenant, pk) = (claimed.tenant, claimed.pk.clone());
        let request = claimed.request_id().to_owned();
        Self { kind, tenant, pk, claim: Some(claimed.claim.clone()), step: None, request, processor }
    }

    /// The message that goes on with an endpoint's backlog at a step.
    pub(crate) fn of_backlog(tenant: Tenant, endpoint: EndpointId, step: u32) -> Self {
        let pk = format!("{tenant}{}#{endpoint}", tollgate_domain::backlog::Backlog::CODE);
        let request = String::new();
        Self { kind: DueKind::Backlog, tenant, pk, claim: None, step: Some(step), request, processor: None }
    }

    /// Reads a message. An unknown kind or a newer format is an error, so that the queue redelivers the
    /// message until a release reads it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let written: Written = message_format::read(text)?;
        let bad = |what: &str| Error::Internal(format!("message of due work has no known {what}"));
        let kind = DueKind::from_code(&written.kind).ok_or_else(|| bad("kind"))?;
        let tenant = Tenant::from_key(&written.pk).ok_or_else(|| bad("tenant"))?;
        let Written { pk, claim, step, request, .. } = written;
        Ok(Self { kind, tenant, pk, claim, step, request, processor: None })
    }

    /// The message for the queue. Its group is the merchant's work of one kind at one processor, so that a
    /// processor that hangs delays no other work. A step of a backlog waits `delay_s` seconds.
    pub(crate) fn on_queue(&self, delay_s: u32) -> Result<QueueMessage, Error> {
        let written = Written {
            kind: self.kind.code().to_owned(),
            pk: self.pk.clone(),
            claim: self.claim.clone(),
            step: self.step,
            request: self.request.clone(),
        };
        let processor = self.processor.map_or("-", ProcessorKind::as_str);
        let Tenant { merchant, mode } = self.tenant;
        let group = format!("{merchant}-{}-{}-{processor}", mode.as_str(), self.kind.code());
        Ok(QueueMessage { body: message_format::write(&written)?, group, delay_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back_and_an_unknown_one_refused() {
        let tenant = Tenant {
            merchant: tollgate_domain::MerchantId::from_bytes([2; 16]),
            mode: tollgate_domain::Mode::Test,
        };
        let message = DueMessage::of_backlog(tenant, EndpointId::from_bytes([4; 16]), 3);
        let text = message.on_queue(0).unwrap().body;
        assert_eq!(DueMessage::parse(&text).unwrap(), message);
        for (from, to) in [("HLD\",", "NEW\","), ("\"f\":1", "\"f\":2"), ("M#", "K#")] {
            assert_ne!(text.replace(from, to), text, "{from}");
            assert!(DueMessage::parse(&text.replace(from, to)).is_err(), "{from}");
        }
    }
}
