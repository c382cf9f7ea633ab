//! `MethodRef`: the payment method that a request names or describes.

use tollgate_domain::{
    CustomerId, PaymentMethod, PaymentMethodId, Refusal, Resource, Tenant, payment_method::MethodRefusal,
};
use tollgate_processors::sandbox;
use tollgate_store::Put;

use super::payment_methods::{MethodData, NewMethod, kind_of};
use crate::{call::Call, error::Error};

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

    /// Stores a payment method that is new.
    pub(crate) async fn store_method(
        &self,
        tenant: Tenant,
        resolved: Option<&Resolved>,
    ) -> Result<(), Error> {
        if let Some(resolved) = resolved.filter(|resolved| resolved.is_new) {
            let writer = self.admitted().await?.writer();
            match writer.create(tenant, &resolved.method).await? {
                Put::Created => {}
                // An earlier attempt of this request stored it. If another request with the key stored
                // another one, the key is reused.
                Put::Exists(existing) if existing.source == resolved.method.source => {}
                Put::Exists(_) => return Err(Refusal::IdempotencyKeyReused.into()),
            }
        }
        Ok(())
    }
}
