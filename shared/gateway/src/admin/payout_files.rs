//! Live payouts, which a bank gets as a file from the operator and answers with a report.
//!
//! Pending live payouts wait in an index partition of their own. Taking them for a file records the file's name on each, as in transit, before
//! the file is written; so none can be canceled from then on, and a run that died is repeated under the same name. The
//! report's outcomes settle them as due work settles those of the sandbox.

use std::collections::BTreeMap;

use tollgate_domain::{
    BankAccount, MerchantId, Money, Payout, PayoutId, Tenant, Timestamp,
    payout::{LiveRail, PayoutFailure, PayoutOutcome, PayoutStatus},
};
use tollgate_store::{Put, Replaced};
use zeroize::Zeroizing;

use super::{
    operator::{Admin, AdminError},
    republish::failed,
};
use crate::{
    conflict_retry::Write,
    due_work::payouts::Bank,
    payouts::{rail::live_tenant, settle::settle},
};

/// Payouts of one file, at most.
const FILE_PAYOUTS_MAX: usize = 5000;

/// A payout as a file names it.
#[derive(Clone, Debug)]
pub struct FiledPayout {
    /// The payout.
    pub id: PayoutId,
    /// How much.
    pub amount: Money,
    /// Who holds the account: its holder, or the merchant.
    pub holder: String,
    /// The account's number.
    pub number: Zeroizing<String>,
    /// What the bank's statement says.
    pub text: Option<String>,
}

/// The payouts of a file.
#[derive(Clone, Debug, Default)]
pub struct TakenPayouts {
    /// Those that are in it, by their ids.
    pub filed: Vec<FiledPayout>,
    /// Those that wait still, because a file of this kind cannot carry them.
    pub left: Vec<PayoutId>,
    /// Those that failed, because their bank accounts are gone.
    pub failed: Vec<PayoutId>,
}

/// What a report says of a file's payouts.
#[derive(Clone, Debug, Default)]
pub struct FileReport {
    /// The file's name.
    pub file: String,
    /// What became of all payouts of which nothing else is said.
    pub all: Option<PayoutOutcome>,
    /// What became of single ones; `None` is not decided.
    pub each: BTreeMap<String, Option<PayoutOutcome>>,
}

/// What a report settled.
#[derive(Clone, Debug, Default)]
pub struct ReportedPayouts {
    /// Those that arrived.
    pub paid: Vec<PayoutId>,
    /// Those that failed.
    pub failed: Vec<PayoutId>,
    /// Those of the file that are not decided.
    pub undecided: Vec<PayoutId>,
    /// What the report names and the file did not have, or has no more in transit.
    pub unknown: Vec<String>,
}

impl Admin {
    /// Lets a merchant pay out real money to banks, or no more. What is on its way stays so.
    pub async fn set_live_payouts(&self, merchant: MerchantId, enabled: bool) -> Result<(), AdminError> {
        if self.0.store.get_merchant(merchant).await?.is_none() {
            return Err(AdminError::NoSuchMerchant);
        }
        let (tenant, now) = (live_tenant(merchant), self.0.now());
        let stored: Option<LiveRail> = self.0.store.get(tenant, LiveRail::KEY_ID).await?;
        let is_written = match stored {
            None => {
                matches!(self.0.writer().create(tenant, &LiveRail::new(enabled, now)).await?, Put::Created)
            }
            Some(rail) if rail.enabled == enabled => true,
            Some(rail) => {
                matches!(self.0.writer().replace(tenant, &rail.set(enabled)).await?, Replaced::Done)
            }
        };
        if is_written { Ok(()) } else { Err(AdminError::Failed("it changed meanwhile: try again".into())) }
    }

    /// Takes the pending live payouts that `takes` accepts for a new file, or, without `take_more`, gives those that a file of this name has.
    pub async fn take_payouts(
        &self,
        file: &str,
        take_more: bool,
        takes: impl Fn(Money, &BankAccount, &str) -> bool,
    ) -> Result<TakenPayouts, AdminError> {
        let mut taken = TakenPayouts::default();
        if take_more {
            for (tenant, payout) in self.carried(None).await? {
                self.take(tenant, &payout, file, &takes, &mut taken).await?;
            }
        } else {
            for (tenant, payout) in self.carried(Some(file)).await? {
                let bank = self.0.bank_of(tenant, &payout).await.map_err(failed)?;
                let bank = bank.ok_or_else(|| {
                    let id = payout.id;
                    AdminError::Failed(format!("the bank account of {id} was deleted after it was filed"))
                })?;
                taken.filed.push(self.as_filed(tenant, &payout, bank).await?);
            }
        }
        taken.filed.sort_by_key(|payout| payout.id.to_string());
        Ok(taken)
    }

    /// Ends a payout whose bank account is gone.
    async fn fail(
        &self,
        tenant: Tenant,
        payout: &Payout,
        taken: &mut TakenPayouts,
    ) -> Result<(), AdminError> {
        let outcome = PayoutOutcome::Failed(PayoutFailure::NoAccount);
        if let Ok(gone) = payout.settle(outcome, self.0.now(), &self.0.new_request())
            && let Write::Done(()) = settle(self.0.writer(), tenant, &gone).await.map_err(failed)?
        {
            taken.failed.push(payout.id);
        }
        Ok(())
    }

    async fn take(
        &self,
        tenant: Tenant,
        payout: &Payout,
        file: &str,
        takes: &impl Fn(Money, &BankAccount, &str) -> bool,
        taken: &mut TakenPayouts,
    ) -> Result<(), AdminError> {
        let Some(bank) = self.0.bank_of(tenant, payout).await.map_err(failed)? else {
            return self.fail(tenant, payout, taken).await;
        };
        if !takes(payout.amount, &bank.account, &bank.number) {
            taken.left.push(payout.id);
            return Ok(());
        }
        if let Ok(filed) = payout.filed(file, self.0.now(), &self.0.new_request()) {
            match self.0.writer().replace(tenant, &filed).await? {
                // The index shows it in the file a moment later.
                Replaced::Done => taken.filed.push(self.as_filed(tenant, &filed, bank).await?),
                // It was canceled, or another file has it.
                Replaced::Conflict(_) => {}
            }
        }
        Ok(())
    }

    async fn as_filed(&self, tenant: Tenant, payout: &Payout, bank: Bank) -> Result<FiledPayout, AdminError> {
        let holder = if let Some(name) = bank.account.holder_name {
            name
        } else {
            let merchant = self.0.store.get_merchant(tenant.merchant).await?;
            merchant.ok_or(AdminError::NoSuchMerchant)?.name
        };
        let text = payout.statement_descriptor.clone().or_else(|| payout.description.clone());
        Ok(FiledPayout { id: payout.id, amount: payout.amount, holder, number: bank.number, text })
    }

    /// Settles payouts as a report says. One that is repeated settles nothing new.
    pub async fn settle_reported(&self, report: &FileReport) -> Result<ReportedPayouts, AdminError> {
        let mut done = ReportedPayouts::default();
        let mut unknown = report.each.clone();
        for (tenant, payout) in self.carried(Some(&report.file)).await? {
            let named = unknown.remove(&payout.id.to_string());
            let Some(outcome) = named.unwrap_or(report.all) else {
                done.undecided.push(payout.id);
                continue;
            };
            let settled = payout.settle(outcome, self.0.now(), &self.0.new_request());
            let settled = settled.map_err(|e| AdminError::Failed(format!("{}: {e}", payout.id)))?;
            if let Write::Conflict(()) = settle(self.0.writer(), tenant, &settled).await.map_err(failed)? {
                return Err(AdminError::Failed(format!(
                    "{} changed meanwhile: repeat the report",
                    payout.id
                )));
            }
            match outcome {
                PayoutOutcome::Paid => done.paid.push(payout.id),
                PayoutOutcome::Failed(_) => done.failed.push(payout.id),
            }
        }
        done.unknown = unknown.into_keys().collect();
        Ok(done)
    }

    /// The live payouts to banks that wait for a file, or those of a file that wait for a report; oldest first.
    async fn carried(&self, file: Option<&str>) -> Result<Vec<(Tenant, Payout)>, AdminError> {
        let mut all = Vec::new();
        for (tenant, pk) in self.0.store.filed_payouts(file, FILE_PAYOUTS_MAX).await? {
            // The index may lag behind the item.
            let payout: Option<Payout> = self.0.store.get_by_key(&pk).await?;
            let is_here = |payout: &Payout| match file {
                None => payout.status == PayoutStatus::Pending,
                Some(file) => {
                    let is_its = payout.rail_reference.as_deref() == Some(file);
                    is_its && payout.status == PayoutStatus::InTransit
                }
            };
            all.extend(payout.filter(is_here).map(|payout| (tenant, payout)));
        }
        Ok(all)
    }

    /// The name of a file that is made now. No other file has it.
    pub fn new_payout_file(&self) -> String {
        let random: [u8; 4] = std::array::from_fn(|at| self.random()[at]);
        format!("{FILE_PREFIX}{}-{}", self.0.now().s(), hex::encode(random))
    }
}

/// The time that a file's name says it was made at; `None` if it is no name of a file.
pub fn payout_file_made_at(file: &str) -> Option<Timestamp> {
    let (seconds, random) = file.strip_prefix(FILE_PREFIX)?.split_once('-')?;
    let is_random = random.len() == 8 && random.bytes().all(|b| b.is_ascii_hexdigit());
    is_random.then(|| seconds.parse().ok().map(Timestamp::from_s)).flatten()
}

/// The beginning of a file's name.
const FILE_PREFIX: &str = "TOLLGATE-";
