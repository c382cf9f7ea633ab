//! Creates payouts: the money is taken in the request, in the transaction that stores the payout.

use std::time::Duration;

use tollgate_domain::{
    BalanceTransaction, BankAccount, BankAccountId, ConnectedAccount, Currency, LedgerTerms, MerchantId,
    Metadata, Money, Payout, PayoutId, Refusal, Resource, Subject, Tenant, Transfer,
    ledger::{TransactionKind, bookings_of, required_by_payout},
    payout::{NewPayout, PayoutDestination, PayoutRefusal},
};
use tollgate_processors::payout_rail::{PayoutRail as _, SANDBOX_PENDING_MS, SandboxRail};
use tollgate_store::{Given, PayableFunds, PayoutPut};

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
    /// The bank account, or the connected account; the currency's default bank account when absent.
    pub destination: Option<PayoutDestination>,
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
        let receiver = new.destination.and_then(PayoutDestination::account);
        if receiver.is_none() && !has_rail(&self.store, tenant).await? {
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
                destination,
                automatic: false,
                description: new.description.clone(),
                statement_descriptor: new.statement_descriptor.clone(),
                metadata: new.metadata.clone(),
                arrival_date: match receiver {
                    None => SandboxRail.arrival_date(self.now),
                    Some(_) => self.now.day_begin(),
                },
                submit_at: self.now.plus_ms(SANDBOX_PENDING_MS),
                fingerprint: idempotency.map(|i| i.fingerprint.clone()),
            },
            self.now,
        );
        let taken = &what_it_takes(tenant, &payout)?;
        let given = receiver.map(|receiver| Received::of(tenant, receiver, &payout)).transpose()?;
        let given = given.as_ref();
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
            let put = match given {
                None => writer.create_payout(tenant, payout, taken, funds).await?,
                Some(received) => {
                    let given = received.given();
                    writer.create_payout_to_merchant(tenant, payout, taken, funds, given).await?
                }
            };
            match put {
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
            if funds.available >= amount.minor || tenant.mode.is_live() {
                break;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
            funds = self.store.payable_funds(tenant, amount.currency).await?;
        }
        Ok(funds)
    }

    /// Where a payout goes: the named bank account or connected account, the currency's default bank account, or in test mode
    /// the sandbox's.
    async fn payout_destination(
        &self,
        tenant: Tenant,
        named: Option<PayoutDestination>,
        currency: Currency,
    ) -> Result<PayoutDestination, Error> {
        match named {
            None => {
                let destination = default_bank_account(&self.store, tenant, currency).await?;
                let destination = destination.ok_or(Refusal::from(PayoutRefusal::NoBankAccount))?;
                Ok(PayoutDestination::BankAccount(destination))
            }
            Some(PayoutDestination::BankAccount(id)) => {
                self.check_bank_account(tenant, id, currency).await?;
                Ok(PayoutDestination::BankAccount(id))
            }
            Some(PayoutDestination::Account(id)) => {
                let account: Option<ConnectedAccount> = self.store.get(tenant, &id.to_string()).await?;
                let account = account.ok_or(Refusal::NoSuchReference(Resource::Account))?;
                if !account.is_accepted() {
                    return Err(Refusal::from(PayoutRefusal::NotAccepted).into());
                }
                Ok(PayoutDestination::Account(id))
            }
        }
    }

    async fn check_bank_account(
        &self,
        tenant: Tenant,
        id: BankAccountId,
        currency: Currency,
    ) -> Result<(), Error> {
        if sandbox_account::id_in(tenant, currency) == Some(id) {
            return Ok(());
        }
        let account: Option<BankAccount> = self.store.get(tenant, &id.to_string()).await?;
        let account = account.filter(|account| !account.deleted);
        let account = account.ok_or(Refusal::NoSuchReference(Resource::BankAccount))?;
        if account.currency != currency {
            return Err(Refusal::from(PayoutRefusal::OtherCurrency).into());
        }
        Ok(())
    }
}

/// What another merchant has of a payout to it.
struct Received {
    to: Tenant,
    transfer: Transfer,
    booked: BalanceTransaction,
}

impl Received {
    fn of(sender: Tenant, receiver: MerchantId, payout: &Payout) -> Result<Self, Error> {
        let to = Tenant { merchant: receiver, mode: sender.mode };
        let transfer = Transfer::of(sender, payout);
        let subject = Subject::Transfer(Box::new(transfer.clone()));
        let bookings = bookings_of(None, &subject);
        let booking =
            bookings.first().ok_or_else(|| Error::Internal("a transfer gives no money".to_owned()))?;
        Ok(Self { to, booked: booking.booked(to, &LedgerTerms::default()), transfer })
    }

    const fn given(&self) -> Given<'_> {
        Given { to: self.to, transfer: &self.transfer, booked: &self.booked }
    }
}
