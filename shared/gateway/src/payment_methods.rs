//! Payment methods: make, read, attach, detach, change, and resolve whatever a request names as one.

use tollgate_domain::{
    CustomerId, EnteredCard, Metadata, PaymentMethod, PaymentMethodId, Refusal, ReplaySnapshots, Resource,
    Source, Tenant, id,
    payment_method::{Billing, MethodRefusal},
    source::{SepaDebit, Wallet},
};
use tollgate_processors::sandbox;
use tollgate_store::Page;

use crate::{
    call::Call,
    customers::must_exist,
    error::Error,
    idempotency::{Idempotency, Idempotent},
    page_request::PageRequest,
};

/// What a payment method is made of.
#[derive(Clone, Debug)]
pub enum MethodData {
    /// A card that was entered.
    Card(EnteredCard),
    /// A card's or a wallet's token.
    Token(String),
    /// An account that is debited by SEPA.
    Sepa {
        /// The account, spaces allowed; only the last four characters, bank and country are kept.
        iban: String,
    },
}

/// A payment method to be made.
#[derive(Clone, Debug)]
pub struct NewMethod {
    /// Of what.
    pub data: MethodData,
    /// Whose it is.
    pub billing: Billing,
    /// The merchant's metadata.
    pub metadata: Metadata,
}

impl NewMethod {
    /// A payment method of which nothing else is known.
    pub fn of(data: MethodData) -> Self {
        Self { data, billing: Billing::default(), metadata: Metadata::default() }
    }
}

/// A payment method that a request names or describes.
#[derive(Clone, Debug)]
pub enum MethodRef {
    /// `pm_…`: one that was made, or a named one of the sandbox.
    Named(String),
    /// A description of a new one.
    New(Box<NewMethod>),
}

/// A payment method, and whether it has to be stored first.
pub(crate) struct Resolved {
    pub(crate) method: PaymentMethod,
    pub(crate) is_new: bool,
}

impl Call {
    /// Makes a payment method. Two round trips: admission and one conditional put.
    pub async fn create_payment_method(
        &self,
        new: NewMethod,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<PaymentMethod>, Error> {
        let tenant = self.tenant().await?;
        let id: PaymentMethodId = self.id_for(tenant, "payment_methods", idempotency);
        let prepare = async {
            let mut method = self.new_method(tenant, id, new)?;
            method.fingerprint = idempotency.map(|i| i.fingerprint.clone());
            Ok(method)
        };
        self.create_idempotent(tenant, &id.to_string(), idempotency, prepare).await
    }

    fn new_method(
        &self,
        tenant: Tenant,
        id: PaymentMethodId,
        new: NewMethod,
    ) -> Result<PaymentMethod, Error> {
        // Test tokens and test accounts are the sandbox's; no live network is connected to these sources yet.
        if tenant.mode.is_live() {
            return Err(Refusal::NoProcessor.into());
        }
        let chargeable = match &new.data {
            MethodData::Card(card) => sandbox::entered_card(card),
            MethodData::Token(token) => sandbox::card_token(token)
                .or_else(|| sandbox::simple_source(token))
                .or_else(|| sandbox::wallet_token(Wallet::ApplePay, token))
                .or_else(|| sandbox::wallet_token(Wallet::GooglePay, token))
                .ok_or(Refusal::InvalidToken)?,
            MethodData::Sepa { iban } => sepa(iban)?,
        };
        Ok(PaymentMethod {
            id,
            version: 1,
            request: self.request.clone(),
            source: chargeable.source,
            instrument: chargeable.instrument,
            billing: new.billing,
            customer: None,
            detached_from: None,
            detached: false,
            metadata: new.metadata,
            created: self.now,
            updated: self.now,
            fingerprint: None,
            replay: ReplaySnapshots::default(),
        })
    }

    /// What a request names as a payment method, for a payment of this customer. One that has to be made is called `fresh`.
    pub(crate) async fn resolve_method(
        &self,
        tenant: Tenant,
        fresh: PaymentMethodId,
        named: &MethodRef,
        customer: Option<CustomerId>,
    ) -> Result<Resolved, Error> {
        let made = |method: NewMethod| {
            let method = self.new_method(tenant, fresh, method)?;
            Ok(Resolved { method, is_new: true })
        };
        match named {
            MethodRef::New(method) => made((**method).clone()),
            MethodRef::Named(name) if sandbox::is_named(name) => {
                made(NewMethod::of(MethodData::Token(name.clone())))
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

    /// Reads a payment method. One round trip in a warm function.
    pub async fn retrieve_payment_method(&self, id: PaymentMethodId) -> Result<PaymentMethod, Error> {
        let tenant = self.tenant().await?;
        let method = self.store.get(tenant, &id.to_string()).await?;
        Ok(method.ok_or(Refusal::NotFound(Resource::PaymentMethod))?)
    }

    /// Lists a customer's payment methods, newest first, those of one kind if `keep` says so.
    pub async fn list_payment_methods(
        &self,
        customer: CustomerId,
        query: MethodFilter,
    ) -> Result<Page<PaymentMethod>, Error> {
        let tenant = self.tenant().await?;
        must_exist(&self.store, tenant, customer).await?;
        let list = self.query_of::<PaymentMethod, _>(tenant, query.page_request).await?;
        let list = list.of_customer(tenant, customer);
        let kind = query.kind;
        let keep = move |method: &PaymentMethod| kind.is_none_or(|kind| kind == kind_of(&method.source));
        Ok(self.store.list(tenant, &list, kind.map(|_| &keep as _)).await?)
    }

    /// Attaches a payment method to a customer. A named one of the sandbox is made, attached.
    pub async fn attach_payment_method(
        &self,
        name: &str,
        customer: CustomerId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<PaymentMethod>, Error> {
        let tenant = self.tenant().await?;
        if sandbox::is_named(name) {
            let id: PaymentMethodId = self.id_for(tenant, "payment_methods/attach", idempotency);
            let prepare = async {
                must_exist(&self.store, tenant, customer).await?;
                let new = NewMethod::of(MethodData::Token(name.to_owned()));
                let mut method = self.new_method(tenant, id, new)?;
                method.customer = Some(customer);
                method.fingerprint = idempotency.map(|i| i.fingerprint.clone());
                Ok(method)
            };
            return self.create_idempotent(tenant, &id.to_string(), idempotency, prepare).await;
        }
        let id =
            PaymentMethodId::parse("pm_", name).map_err(|_| Refusal::NotFound(Resource::PaymentMethod))?;
        must_exist(&self.store, tenant, customer).await?;
        self.change(&id.to_string(), "attach", idempotency, |method: &PaymentMethod| {
            let attached = method.attached(customer, self.now, &self.request);
            Ok(attached.map_err(Refusal::from)?)
        })
        .await
    }

    /// Detaches a payment method from its customer, for good.
    pub async fn detach_payment_method(
        &self,
        id: PaymentMethodId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<PaymentMethod>, Error> {
        self.change(&id.to_string(), "detach", idempotency, |method: &PaymentMethod| {
            let detached = method.detached(self.now, &self.request);
            Ok(detached.map_err(Refusal::from)?)
        })
        .await
    }

    /// Changes a payment method, as [`Metadata::updated`] and [`Call::change`] do. What is absent stays.
    pub async fn update_payment_method(
        &self,
        id: PaymentMethodId,
        billing: Option<&Billing>,
        metadata: Option<&serde_json::Value>,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<PaymentMethod>, Error> {
        self.change(&id.to_string(), "update", idempotency, |method: &PaymentMethod| {
            let metadata = method.metadata.updated(metadata).map_err(Refusal::from)?;
            Ok(method.changed(self.now, &self.request, |next| {
                next.metadata = metadata;
                if let Some(billing) = billing {
                    next.billing.clone_from(billing);
                }
            }))
        })
        .await
    }
}

/// Which payment methods to list.
#[derive(Clone, Copy, Debug)]
pub struct MethodFilter {
    /// Which page.
    pub page_request: PageRequest<id::PaymentMethodKind>,
    /// Only those of this kind: `card` or `sepa_debit`.
    pub kind: Option<&'static str>,
}

/// The kind of a payment method, as `intents` names it.
pub const fn kind_of(source: &Source) -> &'static str {
    match source {
        Source::Card(_) => "card",
        Source::SepaDebit(_) => "sepa_debit",
        Source::BankTransfer(_) => "bank_transfer",
    }
}

fn sepa(iban: &str) -> Result<sandbox::Chargeable, Refusal> {
    use iban::IbanLike;
    use std::str::FromStr;
    let bare: String = iban.chars().filter(|c| !c.is_whitespace()).collect();
    let parsed = iban::Iban::from_str(&bare.to_ascii_uppercase()).map_err(|_| Refusal::InvalidIban)?;
    let text = parsed.electronic_str();
    Ok(sandbox::sepa_debit(
        text,
        SepaDebit {
            country: parsed.country_code().to_owned(),
            bank_code: parsed.bank_identifier().unwrap_or_default().to_owned(),
            last4: text[text.len() - 4..].to_owned(),
        },
    ))
}
