//! Whether anything carries a tenant's payouts to banks.

use tollgate_domain::{Mode, Tenant};

/// Whether a payout to a bank account reaches it: in test mode the sandbox carries it. No file and no connection carries
/// live money yet, and a payout that nobody carries would hold the money for ever.
pub(crate) const fn has_rail(tenant: Tenant) -> bool {
    match tenant.mode {
        Mode::Test => true,
        Mode::Live => false,
    }
}
