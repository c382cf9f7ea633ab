//! Balances that are paid out by their schedule.
//!
//! Each run makes a payout for each currency with more money than has to stay. Its id is derived from the day and the
//! currency, so a run that died, or that two workers make, makes no second one. Then the settings get their next day.

use tollgate_domain::{
    BalanceSettings, Currency, Money, Payout, PayoutId, Tenant, Timestamp,
    idempotency::booking_id,
    money::AMOUNT_MINOR_MAX,
    payout::{NewPayout, PayoutDestination},
};
use tollgate_processors::payout_rail::{PayoutRail as _, SANDBOX_PENDING_MS, SandboxRail};
use tollgate_store::{PayoutPut, Replaced};

use super::{message::DueMessage, run::DueOutcome};
use crate::{
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    payouts::{create::what_it_takes, destination::default_bank_account, rail::has_rail},
    worker::Worker,
};

/// What an automatic payout says.
const DESCRIPTION: &str = "Automatic payout";

impl Worker {
    pub(super) async fn work_on_balance_settings(&self, message: &DueMessage) -> Result<DueOutcome, Error> {
        let (tenant, now) = (message.tenant, self.now());
        let settings: Option<BalanceSettings> = self.store.get_by_key(&message.pk).await?;
        let due = settings.as_ref().and_then(|settings| settings.due).filter(|due| *due <= now);
        let (Some(settings), Some(due)) = (settings, due) else { return Ok(DueOutcome::Done) };
        if has_rail(&self.store, tenant).await? {
            for balance in self.store.balances(tenant).await? {
                self.pay_out(tenant, &settings, due, balance.currency, now).await?;
            }
        }
        match self.writer().replace(tenant, &settings.paid_out(now)).await? {
            // After a conflict it is no longer due, or it is found again and makes the same payouts.
            Replaced::Done | Replaced::Conflict(_) => Ok(DueOutcome::Done),
        }
    }

    /// Pays out what is available in a currency and need not stay, if there is a bank account for it.
    async fn pay_out(
        &self,
        tenant: Tenant,
        settings: &BalanceSettings,
        due: Timestamp,
        currency: Currency,
        now: Timestamp,
    ) -> Result<(), Error> {
        let key = format!("{tenant}{}#{due}#{}", BalanceSettings::KEY_ID, currency.code(), due = due.ms());
        let id: PayoutId = booking_id(&key, "automatic_payout");
        let Some(destination) = default_bank_account(&self.store, tenant, currency).await? else {
            return Ok(());
        };
        retry_conflicts(id, (), |()| async move {
            let funds = self.store.payable_funds(tenant, currency).await?;
            let minor = funds.available.saturating_sub(settings.minimum_in(currency.code()));
            if minor <= 0 {
                return Ok(Write::Done(()));
            }
            let payout = Payout::create(
                NewPayout {
                    id,
                    request: self.new_request(),
                    amount: Money { minor: minor.min(AMOUNT_MINOR_MAX), currency },
                    destination: PayoutDestination::BankAccount(destination),
                    automatic: true,
                    description: Some(DESCRIPTION.to_owned()),
                    statement_descriptor: settings.statement_descriptor.clone(),
                    metadata: tollgate_domain::Metadata::default(),
                    arrival_date: SandboxRail.arrival_date(now),
                    submit_at: now.plus_ms(SANDBOX_PENDING_MS),
                    fingerprint: None,
                },
                now,
            );
            let taken = what_it_takes(tenant, &payout)?;
            Ok(match self.writer().create_payout(tenant, &payout, &taken, funds).await? {
                PayoutPut::Created => {
                    tracing::info!(payout = %payout.id, minor, currency = currency.code(), "paid out by schedule");
                    Write::Done(())
                }
                // An earlier run made it.
                PayoutPut::Exists(_) => Write::Done(()),
                PayoutPut::BalanceMoved => Write::Conflict(()),
            })
        })
        .await
    }
}
