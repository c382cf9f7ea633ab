//! What processors tell of disputes: a proven notice opens one, or decides it.
//!
//! Notices come more than once, at once and in any order. A dispute's id is derived from its payment and the processor's name for
//! it, so it is opened once; a decision without an opening opens it, and what is decided stays as it is.

use tollgate_domain::{
    Dispute, DisputeId, MerchantId, Mode, Payment, PaymentId, ProcessorKind, Tenant, Timestamp,
    dispute::Decision,
    idempotency::booking_id,
    ledger::{TransactionSource, required_by_payment},
};
use tollgate_processors::notice::{self, BadNotice, DisputeNotice, DisputeStage, Notice, NoticeKey};
use tollgate_store::{ListQuery, NoticeKeys, Page, SealedNoticeKey};

use super::{change::DisputeChange, open::OpenDispute};
use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    gateway::Gateway,
    worker::Worker,
};

/// Longest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long evidence may be given if the notice does not say it, in milliseconds: seven days, which is shorter than any
/// card scheme's time.
const EVIDENCE_DEFAULT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// The inquiries of a payment that a refund ends, at most.
const INQUIRIES_MAX: usize = 20;

/// Where a notice was sent to: the account that it is about, as the path names it.
#[derive(Clone, Copy, Debug)]
pub struct NoticeAddress<'a> {
    /// The processor.
    pub processor: &'a str,
    /// The merchant's id.
    pub merchant: &'a str,
    /// `test` or `live`.
    pub mode: &'a str,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// What it says is so.
    Done,
    /// It is of no consequence.
    Ignored,
    /// Its payment is not there yet, or not captured: the processor has to send it again.
    TooEarly,
    /// Nothing proves that the processor sent it, or there is no such account.
    Unproven,
    /// The processor sent it, and it cannot be read.
    Unreadable(BadNotice),
}

/// Proof that a notice was sent by the processor of an account. Only this file makes one.
#[derive(Debug)]
pub(crate) struct ProvenNotice(());

impl Gateway {
    /// Takes a processor's notice. `header` finds a header by its name in lower case. Nothing is read from the body before it is
    /// proven. One read; for a dispute two more, and one transaction with a read of the merchant's terms.
    pub async fn receive_notice<'a>(
        &self,
        to: &NoticeAddress<'_>,
        header: impl Fn(&str) -> Option<&'a str>,
        body: &[u8],
    ) -> Result<Noticed, Error> {
        let merchant = to.merchant.strip_prefix("acct_").unwrap_or(to.merchant);
        let (Some(processor), Ok(merchant), Some(mode)) =
            (ProcessorKind::parse(to.processor), merchant.parse::<MerchantId>(), Mode::parse(to.mode))
        else {
            return Ok(Noticed::Unproven);
        };
        let tenant = Tenant { merchant, mode };
        let keys = self.notice_keys(tenant, processor).await?;
        if !notice::is_genuine(processor, &keys, header, body, self.now()) {
            return Ok(Noticed::Unproven);
        }
        if body.len() > BODY_BYTES_MAX {
            return Ok(Noticed::Unreadable(BadNotice::TooLarge));
        }
        let worker = self.worker_of_processor(&ProvenNotice(()));
        match notice::read(processor, body) {
            Ok(Notice::Dispute(news)) => worker.take_dispute_notice(tenant, processor, &news).await,
            Ok(Notice::Other) => Ok(Noticed::Ignored),
            Err(error) => Ok(Noticed::Unreadable(error)),
        }
    }

    /// The secrets of a merchant's notices from a processor, opened.
    async fn notice_keys(&self, tenant: Tenant, processor: ProcessorKind) -> Result<Vec<NoticeKey>, Error> {
        let Some(stored) = self.store.get_notice_keys(tenant, processor).await? else {
            return Ok(Vec::new());
        };
        let place = stored.key(tenant);
        let mut keys = Vec::with_capacity(stored.keys.len());
        for key in stored.keys {
            let secret = self.processors()?.open_text(self.now(), &place, &key.secret).await?;
            keys.push(NoticeKey { key_id: key.key_id, secret });
        }
        Ok(keys)
    }
}

impl Worker {
    async fn take_dispute_notice(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        news: &DisputeNotice,
    ) -> Result<Noticed, Error> {
        // An account may have orders of other systems.
        let Ok(id) = PaymentId::parse_uuid(&news.order) else { return Ok(Noticed::Ignored) };
        let payment: Option<Payment> = self.store().get(tenant, &id.to_string()).await?;
        let Some(payment) = payment else { return Ok(Noticed::TooEarly) };
        if payment.processor_charge.as_ref().is_none_or(|charge| charge.processor != processor) {
            return Ok(Noticed::Ignored);
        }
        if news.amount.is_some_and(|amount| amount.currency != payment.amount.currency) {
            return Ok(Noticed::Unreadable(BadNotice::Field("currency")));
        }
        if required_by_payment(&payment).is_empty() {
            return Ok(Noticed::TooEarly);
        }
        let dispute = self.noticed_dispute(tenant, &payment, news).await?;
        let Some(mut dispute) = dispute else { return Ok(Noticed::Ignored) };
        // What is lost was taken: an inquiry becomes a dispute first.
        let takes = matches!(news.stage, DisputeStage::Chargeback | DisputeStage::Lost);
        if takes && dispute.status.is_inquiry() {
            let escalated = Decision::Escalated { evidence_due_by: self.evidence_due_by(news) };
            dispute = self.decide_dispute(tenant, dispute, escalated).await?;
        }
        match news.stage {
            DisputeStage::Inquiry | DisputeStage::Chargeback => {}
            DisputeStage::Won => drop(self.decide_dispute(tenant, dispute, Decision::Won).await?),
            DisputeStage::Lost => drop(self.decide_dispute(tenant, dispute, Decision::Lost).await?),
        }
        Ok(Noticed::Done)
    }

    /// The dispute that a notice is about, opened if it is not there. An inquiry that ended may become a dispute, which is
    /// another one. `None` if nothing is left of the payment to dispute.
    async fn noticed_dispute(
        &self,
        tenant: Tenant,
        payment: &Payment,
        news: &DisputeNotice,
    ) -> Result<Option<Dispute>, Error> {
        let place = TransactionSource::Payment(payment.id).key(tenant);
        let first: DisputeId = booking_id(&place, &format!("dispute {}", news.reference));
        let second: DisputeId = booking_id(&place, &format!("dispute after {}", news.reference));
        let is_inquiry = news.stage == DisputeStage::Inquiry;
        let found: Option<Dispute> = self.store().get(tenant, &first.to_string()).await?;
        let id = match found {
            None => first,
            Some(found) if found.status.is_decided() && found.status.is_inquiry() && !is_inquiry => {
                let found: Option<Dispute> = self.store().get(tenant, &second.to_string()).await?;
                if found.is_some() {
                    return Ok(found);
                }
                second
            }
            Some(found) => return Ok(Some(found)),
        };
        let new = OpenDispute {
            id,
            payment: payment.id,
            minor: news.amount.map(|amount| amount.minor),
            reason: news.reason,
            is_inquiry,
            evidence_due_by: self.evidence_due_by(news),
            reference: Some(news.reference.clone()),
        };
        self.open_dispute(tenant, &new).await
    }

    fn evidence_due_by(&self, news: &DisputeNotice) -> Timestamp {
        news.evidence_due_by.unwrap_or_else(|| self.now().plus_ms(EVIDENCE_DEFAULT_MS))
    }

    /// Stores a secret of notices, sealed: the newest first, and at most one before it, none if `only`.
    pub(crate) async fn set_notice_key(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        key: &NoticeKey,
        only: bool,
    ) -> Result<(), Error> {
        let stored = self.store().get_notice_keys(tenant, processor).await?;
        retry_conflicts("secrets of notices", stored, |stored| async move {
            let mut next = NoticeKeys { processor, version: 1, keys: Vec::new() };
            let secret = self.seal(&next.key(tenant), key.secret.as_bytes()).await?;
            next.keys.push(SealedNoticeKey { key_id: key.key_id.clone(), secret, created: self.now() });
            if let Some(stored) = &stored {
                next.version = stored.version + 1;
                next.keys.extend(stored.keys.first().filter(|_| !only).cloned());
            }
            if self.writer().put_notice_keys(tenant, &next).await? {
                return Ok::<_, Error>(Write::Done(()));
            }
            Ok(Write::Conflict(self.store().get_notice_keys(tenant, processor).await?))
        })
        .await
    }

    /// Decides a dispute; one that is decided stays as it is. Returns it as it is then.
    pub(crate) async fn decide_dispute(
        &self,
        tenant: Tenant,
        dispute: Dispute,
        decision: Decision,
    ) -> Result<Dispute, Error> {
        retry_conflicts(dispute.id, dispute, |dispute| async move {
            let Some(next) = dispute.decided(decision, self.now(), &self.new_request()) else {
                return Ok(Write::Done(dispute));
            };
            Ok(match self.replace_dispute(tenant, &dispute, &next).await? {
                DisputeChange::Done(now) => Write::Done(now),
                DisputeChange::Conflict(Some(now)) => Write::Conflict(now),
                DisputeChange::Conflict(None) => {
                    return Err(Error::Internal(format!("no dispute {}", dispute.id)));
                }
            })
        })
        .await
    }

    /// Closes the processor's inquiries of a payment that was just refunded whole: the bank has nothing more to ask.
    pub(super) async fn close_noticed_inquiries(
        &self,
        tenant: Tenant,
        payment: &Payment,
    ) -> Result<(), Error> {
        if payment.processor_charge.is_none() {
            return Ok(());
        }
        let query = ListQuery::new(INQUIRIES_MAX).of_payment(tenant, payment.id);
        let found: Page<Dispute> = self.store().list(tenant, &query, None).await?;
        for dispute in found.items {
            if dispute.reference.is_some() {
                self.close_inquiry(tenant, dispute).await?;
            }
        }
        Ok(())
    }

    /// Closes an inquiry; one that became a dispute meanwhile stays as it is.
    pub(super) async fn close_inquiry(&self, tenant: Tenant, inquiry: Dispute) -> Result<(), Error> {
        retry_conflicts(inquiry.id, inquiry, |inquiry| async move {
            let closed = inquiry.decided(Decision::Won, self.now(), &self.new_request());
            let Some(closed) = closed.filter(|_| inquiry.status.is_inquiry()) else {
                return Ok(Write::Done(()));
            };
            Ok(match self.replace_dispute(tenant, &inquiry, &closed).await? {
                DisputeChange::Done(_) | DisputeChange::Conflict(None) => Write::Done(()),
                DisputeChange::Conflict(Some(now)) => Write::Conflict(now),
            })
        })
        .await
    }
}
