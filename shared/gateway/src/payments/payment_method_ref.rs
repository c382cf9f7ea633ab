//! `MethodRef`: the payment method that a request names or describes.

use tollgate_domain::{
    Customer, CustomerId, Payment, PaymentMethod, PaymentMethodId, Refusal, RequestRef, Resource, Tenant,
    Timestamp, payment::Status, payment_method::MethodRefusal,
};
use tollgate_processors::sandbox;
use tollgate_store::{Put, Reader, Replaced, Writer};

use super::payment_methods::{MethodData, NewMethod, kind_of};
use crate::{call::Call, conflict_retry::TRIES_MAX, error::Error};

/// A payment method that a request names or describes.
#[derive(Clone, Debug)]
pub enum MethodRef {
    /// `pm_…`: a stored one, or a test name of the sandbox.
    Named(String),
    /// The description of a new one.
    New(Box<NewMethod>),
}

/// A payment method, and whether it is new and must be stored.
pub(crate) struct Resolved {
    pub(crate) method: PaymentMethod,
    pub(crate) is_new: bool,
}

impl Call {
    /// The payment method that a request names, for a payment of this customer. A new one gets the id
    /// `fresh`.
    async fn resolve_method(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        named: &MethodRef,
        customer: Option<CustomerId>,
    ) -> Result<Resolved, Error> {
        let new = |method: NewMethod| {
            let method = self.new_method(tenant, fresh, method)?;
            Ok(Resolved { method, is_new: true })
        };
        match named {
            MethodRef::New(method) => new((**method).clone()),
            MethodRef::Named(name) if sandbox::is_named(name) => {
                new(NewMethod::of(MethodData::Token(name.clone())))
            }
            MethodRef::Named(name) => {
                let id = PaymentMethodId::parse("pm_", name);
                let id = id.map_err(|_| Refusal::NoSuchReference(Resource::PaymentMethod))?;
                let method: Option<PaymentMethod> = self.store.get(tenant, &id.to_string()).await?;
                let method = method.ok_or(Refusal::NoSuchReference(Resource::PaymentMethod))?;
                if method.detached {
                    return Err(Refusal::Method(MethodRefusal::Detached).into());
                }
                if method.customer.is_some() && method.customer != customer {
                    return Err(Refusal::Method(MethodRefusal::Attached).into());
                }
                Ok(Resolved { method, is_new: false })
            }
        }
    }

    /// The payment method that a request names, if any. Refuses one of a kind that the intent does not
    /// accept.
    pub(crate) async fn resolve_for(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        named: Option<&MethodRef>,
        customer: Option<CustomerId>,
        types: &[String],
    ) -> Result<Option<Resolved>, Error> {
        let Some(named) = named else { return Ok(None) };
        let resolved = self.resolve_method(tenant, fresh, named, customer).await?;
        let kind = kind_of(&resolved.method.source);
        if types.is_empty() || types.iter().any(|accepted| accepted == kind) {
            Ok(Some(resolved))
        } else {
            Err(Refusal::Method(MethodRefusal::TypeNotAccepted).into())
        }
    }

    /// Stores the payment method of an intent, if it is new, and attaches it to the intent's customer, if the
    /// merchant wants to use it again and the intent was charged.
    pub(crate) async fn keep_method(
        &self,
        tenant: Tenant,
        intent: &Payment,
        resolved: Option<&Resolved>,
    ) -> Result<(), Error> {
        let Some(Resolved { method, is_new }) = resolved else { return Ok(()) };
        let attached = attached_method(&self.store, tenant, intent, method, self.now, &self.request).await?;
        let writer = self.admitted().await?.writer();
        if !is_new {
            return store_attached(writer, tenant, attached).await;
        }
        let customer = attached.and_then(|attached| attached.customer);
        let method = PaymentMethod { customer, ..method.clone() };
        match writer.create(tenant, &method).await? {
            Put::Created => Ok(()),
            // An earlier attempt of this request stored it. If another request with the key stored another
            // one, the key is reused.
            Put::Exists(existing) if existing.source == method.source => Ok(()),
            Put::Exists(_) => Err(Refusal::IdempotencyKeyReused.into()),
        }
    }
}

/// Stores what [`attached_method`] returned. If another request changed the payment method since it was read, what is stored
/// now is attached, unless it was attached or detached. One call, and one more per conflict.
pub(crate) async fn store_attached(
    writer: &Writer,
    tenant: Tenant,
    attached: Option<PaymentMethod>,
) -> Result<(), Error> {
    let Some(mut attached) = attached else { return Ok(()) };
    for _ in 0..TRIES_MAX {
        let stored = match writer.replace(tenant, &attached).await? {
            Replaced::Done | Replaced::Conflict(None) => return Ok(()),
            Replaced::Conflict(Some(stored)) => stored,
        };
        let customer = attached.customer.filter(|_| stored.customer.is_none());
        let again = customer.and_then(|id| stored.attached(id, attached.updated, &attached.request).ok());
        let Some(again) = again else { return Ok(()) };
        attached = again;
    }
    // The charge does not depend on it.
    tracing::warn!(payment_method = %attached.id, "payment method was not attached: too many conflicts");
    Ok(())
}

/// The next version of an intent's payment method, attached to the intent's customer; `None` where it stays as
/// it is. One read of the customer, only if the merchant asked for this.
pub(crate) async fn attached_method(
    store: &Reader,
    tenant: Tenant,
    intent: &Payment,
    method: &PaymentMethod,
    now: Timestamp,
    request: &RequestRef,
) -> Result<Option<PaymentMethod>, Error> {
    let was_charged =
        matches!(intent.state.status, Status::Succeeded | Status::RequiresCapture | Status::Processing);
    let Some(customer) = intent.keeps_method_for().filter(|_| was_charged) else { return Ok(None) };
    if method.customer.is_some() {
        return Ok(None);
    }
    let known: Option<Customer> = store.get(tenant, &customer.to_string()).await?;
    if known.is_none_or(|customer| customer.deleted) {
        return Ok(None);
    }
    Ok(method.attached(customer, now, request).ok())
}
