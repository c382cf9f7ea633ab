//! Payouts that are to be sent, or whose rail is to be asked.
//!
//! A payout is recorded as in transit before the rail gets it, so that it can no longer be canceled. What the rail calls
//! it is recorded after. A worker that dies between the two leaves a payout of which the rail is asked first.

use tollgate_domain::{
    BankAccount, Mode, Payout, Tenant, Timestamp,
    payout::{PayoutFailure, PayoutOutcome, PayoutStatus},
};
use tollgate_processors::payout_rail::{
    PayoutOrder, PayoutRail, RailAnswer, SANDBOX_ACCOUNT_NUMBER, SandboxRail,
};
use tollgate_store::Replaced;

use super::{message::DueMessage, run::DueOutcome};
use crate::{
    conflict_retry::Write,
    error::Error,
    payouts::{bank_accounts::bank_account_place, sandbox_account, settle::settle},
    worker::Worker,
};

/// How long after a payout was given to a rail it is asked, if nothing is recorded of the rail's answer, in
/// milliseconds.
const UNANSWERED_MS: i64 = 30_000;

impl Worker {
    pub(super) async fn work_on_payout(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        let (tenant, now) = (message.tenant, self.now());
        let payout: Option<Payout> = self.store.get_by_key(&message.pk).await?;
        let Some(payout) = payout.filter(|payout| payout.due.is_some_and(|due| due <= now)) else {
            return Ok(DueOutcome::Done);
        };
        if tenant.mode == Mode::Live {
            return Err(Error::Internal(format!("payout {} has no rail", payout.id)));
        }
        match payout.status {
            PayoutStatus::Pending => self.send_payout(tenant, &payout, &SandboxRail, now).await?,
            PayoutStatus::InTransit => self.ask_about_payout(tenant, &payout, &SandboxRail, now).await?,
            PayoutStatus::Paid | PayoutStatus::Failed | PayoutStatus::Canceled => {}
        }
        Ok(DueOutcome::Done)
    }

    /// Records that a pending payout is in transit and hands it to the rail.
    async fn send_payout(
        &self,
        tenant: Tenant,
        payout: &Payout,
        rail: &impl PayoutRail,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(bank) = self.bank_of(tenant, payout).await? else {
            return self
                .end_payout(tenant, payout, PayoutOutcome::Failed(PayoutFailure::NoAccount), now)
                .await;
        };
        let Ok(sent) = payout.sent(now.plus_ms(UNANSWERED_MS), now, &self.new_request()) else {
            return Ok(());
        };
        match self.writer().replace(tenant, &sent).await? {
            Replaced::Done => self.submit_payout(tenant, &sent, &bank, rail, now).await,
            // It was canceled or changed meanwhile: it is no longer due, or it is found again.
            Replaced::Conflict(_) => Ok(()),
        }
    }

    async fn submit_payout(
        &self,
        tenant: Tenant,
        payout: &Payout,
        bank: &Bank,
        rail: &impl PayoutRail,
        now: Timestamp,
    ) -> Result<(), Error> {
        let order = PayoutOrder {
            payout: payout.id,
            amount: payout.amount,
            statement_descriptor: payout.statement_descriptor.as_deref(),
            country: &bank.account.country,
            routing_number: bank.account.routing_number.as_deref(),
            account_number: &bank.number,
            holder_name: bank.account.holder_name.as_deref(),
        };
        let submitted = rail.submit(&order, now).await.map_err(|e| Error::Internal(e.to_string()))?;
        self.record_taken(tenant, payout, Some(submitted.reference), submitted.ask_at).await
    }

    /// Asks the rail about a payout in transit. One that it never got is submitted again, or fails if its bank account
    /// is gone.
    async fn ask_about_payout(
        &self,
        tenant: Tenant,
        payout: &Payout,
        rail: &impl PayoutRail,
        now: Timestamp,
    ) -> Result<(), Error> {
        let answer = rail.ask(payout.id, payout.rail_reference.as_deref(), now).await;
        match answer.map_err(|e| Error::Internal(e.to_string()))? {
            RailAnswer::Ended(outcome) => self.end_payout(tenant, payout, outcome, now).await,
            RailAnswer::Undecided { ask_at } => self.record_taken(tenant, payout, None, ask_at).await,
            RailAnswer::Unknown => {
                if let Some(bank) = self.bank_of(tenant, payout).await? {
                    return self.submit_payout(tenant, payout, &bank, rail, now).await;
                }
                let failed = PayoutOutcome::Failed(PayoutFailure::NoAccount);
                self.end_payout(tenant, payout, failed, now).await
            }
        }
    }

    /// Records what the rail calls a payout, and when to ask it.
    async fn record_taken(
        &self,
        tenant: Tenant,
        payout: &Payout,
        reference: Option<String>,
        ask_at: Timestamp,
    ) -> Result<(), Error> {
        let Ok(taken) = payout.taken(reference, ask_at, &self.new_request()) else { return Ok(()) };
        match self.writer().replace(tenant, &taken).await? {
            // After a conflict it is found again, and the rail is asked.
            Replaced::Done | Replaced::Conflict(_) => Ok(()),
        }
    }

    async fn end_payout(
        &self,
        tenant: Tenant,
        payout: &Payout,
        outcome: PayoutOutcome,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Ok(settled) = payout.settle(outcome, now, &self.new_request()) else { return Ok(()) };
        match settle(self.writer(), tenant, &settled).await? {
            // After a conflict it is no longer due, or it is found again.
            Write::Done(()) | Write::Conflict(()) => Ok(()),
        }
    }

    /// The bank account of a payout with its number; `None` if it was deleted.
    pub(crate) async fn bank_of(&self, tenant: Tenant, payout: &Payout) -> Result<Option<Bank>, Error> {
        // What goes to another merchant was paid when it was made.
        let Some(id) = payout.destination.bank_account() else { return Ok(None) };
        if let Some(account) = sandbox_account::account(tenant, id, payout.amount.currency) {
            return Ok(Some(Bank { account, number: SANDBOX_ACCOUNT_NUMBER.to_owned().into() }));
        }
        let account: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
        let Some(account) = account.filter(|account| !account.deleted) else { return Ok(None) };
        let Some(sealed) = &account.number else { return Ok(None) };
        let place = bank_account_place(tenant, account.id);
        let plain = self.processors()?.vault().open(self.now(), &place, &sealed.0).await;
        let plain = plain.map_err(|e| Error::Internal(e.to_string()))?;
        let number = std::str::from_utf8(&plain).map_err(|e| Error::Internal(e.to_string()))?;
        Ok(Some(Bank { number: number.to_owned().into(), account }))
    }
}

/// A bank account with its number.
pub(crate) struct Bank {
    pub(crate) account: BankAccount,
    pub(crate) number: zeroize::Zeroizing<String>,
}
