//! The check of a tenant's ledger in a local cloud.

use tollgate_domain::{Tenant, ledger::LedgerCheck};
use tollgate_gateway::{Clock, SystemClock};
use tollgate_store::Replaced;

use crate::{Cloud, eventually};

impl Cloud {
    /// Lets the next pass over a tenant's ledger begin now, and waits for its end.
    pub async fn check_ledger(&self, tenant: Tenant) -> LedgerCheck {
        let store = self.store();
        let begun = eventually("a pass can begin", || async {
            let check: LedgerCheck = store.get(tenant, LedgerCheck::KEY_ID).await.unwrap()?;
            let version = check.version + 1;
            let is_idle = check.reads.is_none();
            let hurried = LedgerCheck { version, due: SystemClock.now(), ..check };
            let is_ours = is_idle && store.replace(tenant, &hurried).await.unwrap() == Replaced::Done;
            is_ours.then_some(version)
        })
        .await;
        eventually("the pass ends", || async {
            let check: LedgerCheck = store.get(tenant, LedgerCheck::KEY_ID).await.unwrap()?;
            (check.version > begun && check.reads.is_none()).then_some(check)
        })
        .await
    }
}
