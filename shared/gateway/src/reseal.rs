//! Sealing again what the vault sealed, with the current version of its key, and counting what other versions still hold.

use std::collections::BTreeMap;

use tollgate_domain::{Payment, Tenant};
use tollgate_store::{ProcessorAccount, Replaced, Sealed, StoreError};

use crate::{Worker, error::Error, idempotency::TRIES_MAX, processors::card_place, vault::version_of};

/// What a run found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Items that were looked at.
    pub scanned: usize,
    /// Texts that were sealed again.
    pub resealed: usize,
    /// Texts by the version that sealed them, as they were found.
    pub found: BTreeMap<u32, usize>,
    /// Items that changed faster than they could be sealed again, or do not open: their keys.
    pub left: Vec<String>,
    /// Where a further run goes on; `None` at the end of the table.
    pub next: Option<String>,
}

impl Worker {
    /// Looks at up to `pages` parts of the table after `after`, and seals again with the current version what another one
    /// sealed, unless it is only to be counted. Every write is conditional on what was read, so it can be stopped, repeated and
    /// run beside everything else.
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
                let (place, text) = match &sealed {
                    Sealed::Payment(payment) => (card_place(tenant, payment.id), sealed_card(payment)),
                    Sealed::Account(account) => (account.key(tenant), Some(account.secret.clone())),
                };
                let Some(text) = text else { continue };
                let version = version_of(&text).unwrap_or_default();
                *done.found.entry(version).or_default() += 1;
                if only_count {
                    continue;
                }
                let resealed = match sealed {
                    Sealed::Payment(payment) => self.reseal_payment(tenant, *payment, &place).await,
                    Sealed::Account(account) => self.reseal_account(tenant, *account, &place).await,
                };
                match resealed {
                    Ok(true) => done.resealed += 1,
                    Ok(false) => {}
                    Err(Error::Store(error)) => return Err(error.into()),
                    Err(error) => {
                        tracing::error!(place, %error, "a sealed text was not sealed again");
                        done.left.push(place);
                    }
                }
            }
            done.next = page.next;
            if done.next.is_none() {
                break;
            }
        }
        Ok(done)
    }

    /// The payment's next version, which differs in nothing but the sealed text: a step of the charge that began on the version
    /// before is told of the conflict and goes on with this one, so no old text comes back.
    async fn reseal_payment(&self, tenant: Tenant, mut payment: Payment, place: &str) -> Result<bool, Error> {
        for _ in 0..TRIES_MAX {
            let Some(text) = sealed_card(&payment) else {
                return Ok(false);
            };
            let Some(sealed) = self.reseal_text(place, &text).await? else {
                return Ok(false);
            };
            let mut next = payment.clone();
            next.version += 1;
            next.request = self.new_request();
            if let Some(processor) = &mut next.processor_charge {
                processor.card = Some(tollgate_domain::source::SealedCard(sealed));
            }
            match self.writer().replace(tenant, &next).await? {
                Replaced::Done => return Ok(true),
                Replaced::Conflict(None) => return Ok(false),
                Replaced::Conflict(Some(now)) => payment = now,
            }
        }
        Err(contended(place).into())
    }

    async fn reseal_account(
        &self,
        tenant: Tenant,
        mut account: ProcessorAccount,
        place: &str,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES_MAX {
            let Some(secret) = self.reseal_text(place, &account.secret).await? else {
                return Ok(false);
            };
            let next = ProcessorAccount { secret, ..account.clone() };
            if self.writer().replace_processor_account(tenant, &account, &next).await? {
                return Ok(true);
            }
            let now = if account.former {
                self.store
                    .get_former_processor_account(tenant, account.processor, &account.merchant_id)
                    .await?
            } else {
                self.store.get_processor_account(tenant, account.processor).await?
            };
            match now {
                Some(now) => account = now,
                None => return Ok(false),
            }
        }
        Err(contended(place).into())
    }

    async fn reseal_text(&self, place: &str, text: &str) -> Result<Option<String>, Error> {
        let vault = self.processors()?.vault();
        let sealed = vault.reseal(self.entropy.as_ref(), self.now(), place, text).await;
        sealed.map_err(|e| Error::Internal(e.to_string()))
    }
}

fn sealed_card(payment: &Payment) -> Option<String> {
    let card = payment.processor_charge.as_ref()?.card.as_ref()?;
    Some(card.0.clone())
}

fn contended(place: &str) -> StoreError {
    StoreError::Contended { key: place.to_owned(), attempts: TRIES_MAX }
}
