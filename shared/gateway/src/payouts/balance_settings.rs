//! The settings of a merchant's balance.

use tollgate_domain::{
    BalanceSettings, Fingerprint, Refusal, Resource,
    balance_settings::{BalanceSettingsChange, PayoutSchedule},
    payout::PayoutRefusal,
};
use tollgate_store::{Put, Replaced};

use super::rail::has_rail;
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        resource::{IdempotentResource, earlier_answer, remember},
    },
};

impl IdempotentResource for BalanceSettings {
    const RESOURCE: Resource = Resource::Account;
    /// Every merchant has settings: no request creates them.
    fn fingerprint(&self) -> Option<&Fingerprint> {
        None
    }
}

impl Call {
    /// Whether the balance can be paid out to banks.
    pub async fn pays_out(&self) -> Result<bool, Error> {
        has_rail(&self.store, self.tenant().await?).await
    }

    /// Reads the settings, with the merchant's delay as it is now.
    pub async fn balance_settings(&self) -> Result<BalanceSettings, Error> {
        let tenant = self.tenant().await?;
        let (stored, terms) = tokio::join!(
            self.store.get::<BalanceSettings>(tenant, BalanceSettings::KEY_ID),
            self.store.ledger_terms(tenant.merchant)
        );
        let settings = stored?.unwrap_or_else(|| BalanceSettings::unset(self.now));
        Ok(BalanceSettings { delay_days: terms?.delay_days, ..settings })
    }

    /// Changes the settings. What is absent stays.
    pub async fn update_balance_settings(
        &self,
        change: &BalanceSettingsChange,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<BalanceSettings>, Error> {
        let tenant = self.tenant().await?;
        let wants_payouts = change.schedule.as_ref().is_some_and(|wanted| *wanted != PayoutSchedule::Manual);
        if wants_payouts && !self.pays_out().await? {
            return Err(Refusal::from(PayoutRefusal::NoRail).into());
        }
        retry_conflicts(BalanceSettings::KEY_ID, (), |()| async move {
            let current = self.balance_settings().await?;
            if let Some(answer) = earlier_answer(&current, "update", idempotency)? {
                return Ok(Write::Done(Idempotent::replay(answer, self.authorized().await?)));
            }
            let change = BalanceSettingsChange { delay_days: current.delay_days, ..change.clone() };
            let mut next = current.changed(change, self.now, &self.request);
            remember(&mut next, "update", idempotency);
            let writer = self.admitted().await?.writer();
            let is_written = if next.version == 1 {
                matches!(writer.create(tenant, &next).await?, Put::Created)
            } else {
                matches!(writer.replace(tenant, &next).await?, Replaced::Done)
            };
            Ok::<_, Error>(if is_written { Write::Done(Idempotent::new(next)) } else { Write::Conflict(()) })
        })
        .await
    }
}
