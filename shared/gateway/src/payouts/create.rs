//! Creates payouts: the money is taken in the request, in the transaction that stores the payout.

use std::time::Duration;

use tollgate_domain::{
    BalanceTransaction, BankAccount, BankAccountId, Currency, LedgerTerms, Metadata, Money, Payout, PayoutId,
    Refusal, Resource, Tenant,
    ledger::{TransactionKind, required_by_payout},
    payout::{NewPayout, PayoutDestination, PayoutRefusal},
};
use tollgate_processors::payout_rail::{PayoutRail as _, SANDBOX_PENDING_MS, SandboxRail};
use tollgate_store::{PayableFunds, PayoutPut};

use super::{destination::default_bank_account, rail::has_rail, sandbox_account};
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
    idempotency::{
        idempotent::{Idempotency, Idempotent},
        resource::replay_create,
    },
};

/// How often the balance is looked at again in test mode, where it holds too little.
const BOOKED_WITHIN_LOOKS: u32 = 8;
/// The pause before each look.
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// A payout to create.
#[derive(Clone, Debug)]
pub struct CreatePayout {
    /// How much to pay out: at least one minor unit.
    pub amount: Money,
    /// The bank account; the currency's default one when absent.
    pub destination: Option<BankAccountId>,
    /// The merchant's description.
    pub description: Option<String>,
    /// What the bank's statement is to say.
    pub statement_descriptor: Option<String>,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

/// The balance transaction that takes a payout's money.
pub(crate) fn what_it_takes(tenant: Tenant, payout: &Payout) -> Result<BalanceTransaction, Error> {
    let required = required_by_payout(payout);
    let taken = required.iter().find(|booking| booking.kind() == TransactionKind::Payout);
    let taken = taken.ok_or_else(|| Error::Internal("a payout takes no money".to_owned()))?;
    Ok(taken.booked(tenant, &LedgerTerms::default()))
}

impl Call {
    /// Creates a payout and takes its money from the available balance, both or neither. Reads of the bank account
    /// and of the balance, then one transaction, repeated after another payout.
    pub async fn create_payout(
        &self,
        new: CreatePayout,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payout>, Error> {
        let tenant = self.tenant().await?;
        let id: PayoutId = self.id_for(tenant, "payouts", idempotency);
        match self.try_payout(tenant, id, &new, idempotency).await {
            Err(error) => self.earlier_answer_or(error, tenant, &id.to_string(), idempotency).await,
            created => created,
        }
    }

    async fn try_payout(
        &self,
        tenant: Tenant,
        id: PayoutId,
        new: &CreatePayout,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<Payout>, Error> {
        if !has_rail(tenant) {
            return Err(Refusal::from(PayoutRefusal::NoRail).into());
        }
        let currency = new.amount.currency;
        let (destination, funds) = tokio::join!(
            self.payout_destination(tenant, new.destination, currency),
            self.funds_for(tenant, new.amount)
        );
        let destination = destination?;
        let payout = Payout::create(
            NewPayout {
                id,
                request: self.request.clone(),
                amount: new.amount,
                destination: PayoutDestination::BankAccount(destination),
                automatic: false,
                description: new.description.clone(),
                statement_descriptor: new.statement_descriptor.clone(),
                metadata: new.metadata.clone(),
                arrival_date: SandboxRail.arrival_date(self.now),
                submit_at: self.now.plus_ms(SANDBOX_PENDING_MS),
                fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            },
            self.now,
        );
        let taken = &what_it_takes(tenant, &payout)?;
        let payout = &payout;
        retry_conflicts(id, Some(funds?), |funds| async move {
            let funds = match funds {
                Some(funds) => funds,
                None => self.funds_for(tenant, payout.amount).await?,
            };
            if funds.available < payout.amount.minor {
                let available = Money { minor: funds.available, currency };
                return Err(Refusal::from(PayoutRefusal::BalanceInsufficient { available }).into());
            }
            let writer = self.admitted().await?.writer();
            match writer.create_payout(tenant, payout, taken, funds).await? {
                PayoutPut::Created => Ok(Write::Done(Idempotent::new(payout.clone()))),
                PayoutPut::Exists(existing) => {
                    let to = self.authorized().await?;
                    replay_create(&*existing, idempotency, self.now, to).map(Write::Done)
                }
                PayoutPut::BalanceMoved => Ok(Write::Conflict(None)),
            }
        })
        .await
    }

    /// What can be paid out. In test mode a payout often follows the charge whose money it takes at once, while the
    /// stream books it: too little money is looked at again for a moment.
    async fn funds_for(&self, tenant: Tenant, amount: Money) -> Result<PayableFunds, Error> {
        let mut funds = self.store.payable_funds(tenant, amount.currency).await?;
        for _ in 0..BOOKED_WITHIN_LOOKS {
            if funds.available >= amount.minor {
                break;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
            funds = self.store.payable_funds(tenant, amount.currency).await?;
        }
        Ok(funds)
    }

    /// The bank account to which a payout goes: the named one, the currency's default, or in test mode the sandbox's.
    async fn payout_destination(
        &self,
        tenant: Tenant,
        named: Option<BankAccountId>,
        currency: Currency,
    ) -> Result<BankAccountId, Error> {
        let Some(id) = named else {
            let destination = default_bank_account(&self.store, tenant, currency).await?;
            return Ok(destination.ok_or(Refusal::from(PayoutRefusal::NoBankAccount))?);
        };
        if sandbox_account::id_in(tenant, currency) == Some(id) {
            return Ok(id);
        }
        let account: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
        let account = account.filter(|account| !account.deleted);
        let account = account.ok_or(Refusal::NoSuchReference(Resource::BankAccount))?;
        if account.currency != currency {
            return Err(Refusal::from(PayoutRefusal::OtherCurrency).into());
        }
        Ok(id)
    }
}
