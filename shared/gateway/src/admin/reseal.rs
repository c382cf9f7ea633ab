//! Seals stored texts again with the current version of the vault's key, and counts the texts of each
//! version.

use std::collections::BTreeMap;

use tollgate_domain::{BankAccount, Payment, Tenant, bank_account::SealedNumber, source::SealedCard};
use tollgate_store::{NoticeKeys, ProcessorAccount, Sealed, SealedNoticeKey};

use crate::{
    conflict_retry::{Write, replace_retrying, retry_conflicts},
    error::Error,
    payouts::bank_accounts::bank_account_place,
    processing::references::card_place,
    vault::cipher::version_of,
    worker::Worker,
};

/// The result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Scanned items.
    pub scanned: usize,
    /// Texts that were sealed again.
    pub resealed: usize,
    /// Number of texts by the version that sealed them, before the run.
    pub found: BTreeMap<u32, usize>,
    /// Keys of the items that were left: they met too many conflicts, or do not open.
    pub left: Vec<String>,
    /// Where the next run continues; `None` at the end of the table.
    pub next: Option<String>,
}

impl Worker {
    /// Scans up to `pages` pages of the table after `after`, and seals again the texts of other versions,
    /// unless `only_count`. Every write is conditional on what was read, so a run can be stopped, repeated
    /// and run beside other requests.
    pub(crate) async fn reseal(
        &self,
        after: Option<String>,
        pages: usize,
        only_count: bool,
    ) -> Result<Resealed, Error> {
        let mut done = Resealed { next: after, ..Resealed::default() };
        for _ in 0..pages {
            let page = self.store.scan_sealed(done.next.as_deref()).await?;
            done.scanned += page.scanned;
            for (tenant, sealed) in page.items {
                self.reseal_item(tenant, sealed, only_count, &mut done).await?;
            }
            done.next = page.next;
            if done.next.is_none() {
                break;
            }
        }
        Ok(done)
    }

    /// Counts an item's text and seals it again.
    async fn reseal_item(
        &self,
        tenant: Tenant,
        sealed: Sealed,
        only_count: bool,
        done: &mut Resealed,
    ) -> Result<(), Error> {
        let (place, texts) = match &sealed {
            Sealed::Payment(payment) => {
                (card_place(tenant, payment.id), sealed_card(payment).into_iter().collect())
            }
            Sealed::Account(account) => (account.key(tenant), vec![account.secret.clone()]),
            Sealed::BankAccount(account) => {
                let number = account.number.iter().map(|number| number.0.clone());
                (bank_account_place(tenant, account.id), number.collect())
            }
            Sealed::NoticeKeys(keys) => {
                let secrets = keys.keys.iter().map(|key| key.secret.clone());
                (keys.key(tenant), secrets.collect())
            }
        };
        for text in &texts {
            *done.found.entry(version_of(text).unwrap_or_default()).or_default() += 1;
        }
        if only_count || texts.is_empty() {
            return Ok(());
        }
        let resealed = match sealed {
            Sealed::Payment(payment) => self.reseal_payment(tenant, *payment, &place).await,
            Sealed::Account(account) => self.reseal_account(tenant, *account, &place).await,
            Sealed::BankAccount(account) => self.reseal_bank_account(tenant, *account, &place).await,
            Sealed::NoticeKeys(keys) => self.reseal_notice_keys(tenant, *keys, &place).await,
        };
        match resealed {
            Ok(true) => done.resealed += 1,
            Ok(false) => {}
            Err(Error::Store(error)) => return Err(error.into()),
            Err(error @ (Error::Denied(_) | Error::Refused(_) | Error::Internal(_))) => {
                tracing::error!(place, %error, "a sealed text was not sealed again");
                done.left.push(place);
            }
        }
        Ok(())
    }

    /// Stores the payment's next version, which differs only in the sealed text. A concurrent step of the
    /// charge gets a conflict and continues with this version, so the old text does not return.
    async fn reseal_payment(&self, tenant: Tenant, payment: Payment, place: &str) -> Result<bool, Error> {
        replace_retrying(self.writer(), tenant, place, payment, |payment| async move {
            let Some(text) = sealed_card(&payment) else { return Ok(None) };
            let Some(sealed) = self.reseal_text(place, &text).await? else { return Ok(None) };
            let mut next = payment;
            next.version += 1;
            next.request = self.new_request();
            if let Some(charge) = &mut next.processor_charge {
                charge.card = Some(SealedCard(sealed));
            }
            Ok(Some(next))
        })
        .await
    }

    /// Stores the account's next version, which differs only in the sealed number. A concurrent change gets a conflict
    /// and continues with this version.
    async fn reseal_bank_account(
        &self,
        tenant: Tenant,
        account: BankAccount,
        place: &str,
    ) -> Result<bool, Error> {
        replace_retrying(self.writer(), tenant, place, account, |account| async move {
            let Some(number) = &account.number else { return Ok(None) };
            let sealed = self.reseal_text(place, &number.0).await?;
            Ok(sealed.map(|sealed| account.resealed(SealedNumber(sealed), &self.new_request())))
        })
        .await
    }

    async fn reseal_account(
        &self,
        tenant: Tenant,
        account: ProcessorAccount,
        place: &str,
    ) -> Result<bool, Error> {
        retry_conflicts(place, account, |account| async move {
            let Some(secret) = self.reseal_text(place, &account.secret).await? else {
                return Ok(Write::Done(false));
            };
            let next = ProcessorAccount { secret, ..account.clone() };
            if self.writer().replace_processor_account(tenant, &account, &next).await? {
                return Ok(Write::Done(true));
            }
            let now = if account.former {
                self.store
                    .get_former_processor_account(tenant, account.processor, &account.merchant_id)
                    .await?
            } else {
                self.store.get_processor_account(tenant, account.processor).await?
            };
            Ok(now.map_or(Write::Done(false), Write::Conflict))
        })
        .await
    }

    async fn reseal_notice_keys(&self, tenant: Tenant, keys: NoticeKeys, place: &str) -> Result<bool, Error> {
        retry_conflicts(place, keys, |keys| async move {
            let mut next = NoticeKeys { version: keys.version + 1, keys: Vec::new(), ..keys };
            let mut is_new = false;
            for key in &keys.keys {
                let secret = self.reseal_text(place, &key.secret).await?;
                is_new |= secret.is_some();
                let secret = secret.unwrap_or_else(|| key.secret.clone());
                next.keys.push(SealedNoticeKey { secret, ..key.clone() });
            }
            if !is_new || self.writer().put_notice_keys(tenant, &next).await? {
                return Ok(Write::Done(is_new));
            }
            let now = self.store.get_notice_keys(tenant, keys.processor).await?;
            Ok(now.map_or(Write::Done(false), Write::Conflict))
        })
        .await
    }

    /// Seals a text again; `None` if the current version already sealed it.
    async fn reseal_text(&self, place: &str, text: &str) -> Result<Option<String>, Error> {
        let vault = self.processors()?.vault();
        let sealed = vault.reseal(self.entropy.as_ref(), self.now(), place, text).await;
        sealed.map_err(|e| Error::Internal(e.to_string()))
    }
}

/// The sealed card of a payment that is not decided yet.
fn sealed_card(payment: &Payment) -> Option<String> {
    let card = payment.processor_charge.as_ref()?.card.as_ref()?;
    Some(card.0.clone())
}
