//! Changes: the resource stores the answer of each change with a key, so that a retry gets it again.

use tollgate_domain::Refusal;

use super::{
    idempotent::{Idempotency, Idempotent},
    resource::{IdempotentResource, earlier_answer, remember},
};
use crate::{
    call::Call,
    conflict_retry::{Write, retry_conflicts},
    error::Error,
};

impl Call {
    /// Changes a resource once: a read while the caller is authenticated, then one conditional put, repeated
    /// after a conflict. A retry with the same idempotency key gets the first answer, whatever changed since.
    ///
    /// `route` names the change, so that one key can be used for two different changes. `step` returns the
    /// next version.
    pub(crate) async fn change<E: IdempotentResource>(
        &self,
        id: &str,
        route: &str,
        idempotency: Option<&Idempotency>,
        step: impl Fn(&E) -> Result<E, Error>,
    ) -> Result<Idempotent<E>, Error> {
        let changed = self.change_existing(id, route, idempotency, step).await?;
        Ok(changed.ok_or(Refusal::NotFound(E::RESOURCE))?)
    }

    /// Like [`Call::change`], but `None` if there is no such resource or it was deleted.
    pub(crate) async fn change_existing<E: IdempotentResource>(
        &self,
        id: &str,
        route: &str,
        idempotency: Option<&Idempotency>,
        step: impl Fn(&E) -> Result<E, Error>,
    ) -> Result<Option<Idempotent<E>>, Error> {
        let tenant = self.tenant().await?;
        let stored: Option<E> = self.store.get(tenant, id).await?;
        let step = &step;
        retry_conflicts(id, stored, |stored| async move {
            let Some(current) = stored.filter(|resource| !resource.is_gone()) else {
                return Ok(Write::Done(None));
            };
            if let Some(answer) = earlier_answer(&current, route, idempotency)? {
                return Ok(Write::Done(Some(Idempotent::replay(answer, self.authorized().await?))));
            }
            let mut next = step(&current)?;
            remember(&mut next, route, idempotency);
            let writer = self.admitted().await?.writer();
            let replaced = next.replace(writer, tenant, &current).await?;
            Ok(Write::after(replaced, Some(Idempotent::new(next))))
        })
        .await
    }
}
