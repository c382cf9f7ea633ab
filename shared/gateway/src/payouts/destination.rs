//! Where a payout goes that does not say it.

use tollgate_domain::{BankAccountId, Currency, Tenant, bank_account::BankAccountRegister};
use tollgate_store::Reader;

use super::sandbox_account;
use crate::error::Error;

/// The default bank account of a currency, or in test mode the sandbox's. One read.
pub(crate) async fn default_bank_account(
    store: &Reader,
    tenant: Tenant,
    currency: Currency,
) -> Result<Option<BankAccountId>, Error> {
    let register: Option<BankAccountRegister> = store.get(tenant, BankAccountRegister::KEY_ID).await?;
    let default = register.and_then(|register| register.default_for(currency));
    Ok(default.or_else(|| sandbox_account::id_in(tenant, currency)))
}
