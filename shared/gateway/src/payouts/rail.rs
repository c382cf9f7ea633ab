//! Whether anything carries a tenant's payouts to banks.

use tollgate_domain::{MerchantId, Mode, Tenant, payout::LiveRail};
use tollgate_store::Reader;

use crate::error::Error;

/// Whether a payout to a bank account reaches it. In test mode the sandbox carries it. In live mode the operator sends files to a bank, for merchants of
/// whom it said so: a payout that nobody carries would hold the money for ever. One read in live mode.
pub(crate) async fn has_rail(store: &Reader, tenant: Tenant) -> Result<bool, Error> {
    match tenant.mode {
        Mode::Test => Ok(true),
        Mode::Live => {
            let rail: Option<LiveRail> = store.get(tenant, LiveRail::KEY_ID).await?;
            Ok(rail.is_some_and(|rail| rail.enabled))
        }
    }
}

/// The live mode of a merchant.
pub(crate) const fn live_tenant(merchant: MerchantId) -> Tenant {
    Tenant { merchant, mode: Mode::Live }
}
