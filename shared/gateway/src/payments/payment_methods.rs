//! Payment methods: create, retrieve, list, attach, detach, update.

use std::str::FromStr;

use iban::{Iban, IbanLike};
use tollgate_domain::{
    Billing, CustomerId, EnteredCard, Fingerprint, Metadata, PaymentMethod, PaymentMethodId, Refusal,
    ReplaySnapshots, Resource, Source, Tenant, id,
    source::{SepaDebit, Wallet},
};
use tollgate_processors::sandbox;
use tollgate_store::Page;

use crate::{
    call::Call,
    customers::customer::must_exist,
    error::Error,
    idempotency::{
        create::Draft,
        idempotent::{Idempotency, Idempotent},
        resource::IdempotentResource,
    },
    pagination::PageRequest,
};

/// The data of a new payment method.
#[derive(Clone, Debug)]
pub enum MethodData {
    /// A card number that the payer entered.
    Card(EnteredCard),
    /// The token of a card or a wallet.
    Token(String),
    /// An account that is debited by SEPA direct debit.
    Sepa {
        /// The IBAN, spaces allowed; only the last four characters, the bank and the country are stored.
        iban: String,
    },
}

/// A payment method to create.
#[derive(Clone, Debug)]
pub struct NewMethod {
    /// The card, token or account.
    pub data: MethodData,
    /// The billing details.
    pub billing: Billing,
    /// The merchant's metadata.
    pub metadata: Metadata,
    /// See [`PaymentMethod::allow_redisplay`].
    pub allow_redisplay: Option<String>,
}

impl NewMethod {
    /// A payment method without billing details and metadata.
    pub fn of(data: MethodData) -> Self {
        Self { data, billing: Billing::default(), metadata: Metadata::default(), allow_redisplay: None }
    }
}

/// An update of a payment method. Absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub struct MethodUpdate {
    /// The complete new billing details.
    pub billing: Option<Billing>,
    /// See [`PaymentMethod::allow_redisplay`].
    pub allow_redisplay: Option<String>,
    /// New month and year of a card's expiry.
    pub expiry: (Option<u8>, Option<u16>),
    /// Metadata to merge.
    pub metadata: Option<serde_json::Value>,
}

impl MethodUpdate {
    /// Changes a payment method, apart from its metadata.
    fn apply(&self, method: &mut PaymentMethod) {
        if let Some(billing) = &self.billing {
            method.billing.clone_from(billing);
        }
        if self.allow_redisplay.is_some() {
            method.allow_redisplay.clone_from(&self.allow_redisplay);
        }
        if let Source::Card(card) = &mut method.source {
            let (month, year) = self.expiry;
            card.exp_month = month.unwrap_or(card.exp_month);
            card.exp_year = year.unwrap_or(card.exp_year);
        }
    }
}

/// Which payment methods to list.
#[derive(Clone, Copy, Debug)]
pub struct MethodFilter {
    /// The page.
    pub page_request: PageRequest<id::PaymentMethodKind>,
    /// Only those of this kind: `card` or `sepa_debit`.
    pub kind: Option<&'static str>,
    /// Only those that may be shown again in this way.
    pub allow_redisplay: Option<&'static str>,
}

impl IdempotentResource for PaymentMethod {
    const RESOURCE: Resource = Resource::PaymentMethod;
    fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }
}

impl Call {
    /// Creates a payment method. Two round trips: authentication and one conditional put.
    pub async fn create_payment_method(
        &self,
        new: NewMethod,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<PaymentMethod>, Error> {
        let tenant = self.tenant().await?;
        let id: PaymentMethodId = self.id_for(tenant, "payment_methods", idempotency);
        let draft = async {
            let mut method = self.new_method(tenant, id, new)?;
            method.fingerprint = idempotency.map(|i| i.fingerprint.clone());
            Ok(Draft::New(method))
        };
        self.create_idempotent(tenant, &id.to_string(), idempotency, draft).await
    }

    /// A payment method that is not stored yet.
    pub(crate) fn new_method(
        &self,
        tenant: Tenant,
        id: PaymentMethodId,
        new: NewMethod,
    ) -> Result<PaymentMethod, Error> {
        // The sandbox handles test mode only. No live processor is connected to these sources yet.
        if tenant.mode.is_live() {
            return Err(Refusal::NoProcessor.into());
        }
        let chargeable = match &new.data {
            MethodData::Card(card) => sandbox::entered_card(card),
            MethodData::Token(token) => sandbox::card_token(token)
                .or_else(|| sandbox::simple_source(token))
                .or_else(|| sandbox::named_token(token))
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
            allow_redisplay: new.allow_redisplay,
            created: self.now,
            updated: self.now,
            fingerprint: None,
            replay: ReplaySnapshots::default(),
        })
    }

    /// Reads a payment method. One round trip in a warm function.
    pub async fn retrieve_payment_method(&self, id: PaymentMethodId) -> Result<PaymentMethod, Error> {
        let tenant = self.tenant().await?;
        let method = self.store.get(tenant, &id.to_string()).await?;
        Ok(method.ok_or(Refusal::NotFound(Resource::PaymentMethod))?)
    }

    /// Lists a customer's payment methods, newest first.
    pub async fn list_payment_methods(
        &self,
        customer: CustomerId,
        query: MethodFilter,
    ) -> Result<Page<PaymentMethod>, Error> {
        let tenant = self.tenant().await?;
        must_exist(&self.store, tenant, customer).await?;
        let list = self.query_of::<PaymentMethod, _>(tenant, query.page_request).await?;
        let list = list.of_customer(tenant, customer);
        let (kind, shown) = (query.kind, query.allow_redisplay);
        let keep = move |method: &PaymentMethod| {
            kind.is_none_or(|kind| kind == kind_of(&method.source))
                && shown.is_none_or(|shown| shown == allow_redisplay(method))
        };
        let is_filtered = kind.is_some() || shown.is_some();
        Ok(self.store.list(tenant, &list, is_filtered.then_some(&keep as _)).await?)
    }

    /// Attaches a payment method to a customer. A test name of the sandbox creates an attached one.
    pub async fn attach_payment_method(
        &self,
        name: &str,
        customer: CustomerId,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<PaymentMethod>, Error> {
        let tenant = self.tenant().await?;
        if sandbox::is_named(name) {
            let id: PaymentMethodId = self.id_for(tenant, "payment_methods/attach", idempotency);
            let draft = async {
                must_exist(&self.store, tenant, customer).await?;
                let new = NewMethod::of(MethodData::Token(name.to_owned()));
                let mut method = self.new_method(tenant, id, new)?;
                method.customer = Some(customer);
                method.fingerprint = idempotency.map(|i| i.fingerprint.clone());
                Ok(Draft::New(method))
            };
            return self.create_idempotent(tenant, &id.to_string(), idempotency, draft).await;
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

    /// Detaches a payment method from its customer. It cannot be attached again.
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

    /// Updates a payment method, as [`Metadata::updated`] and [`Call::change`] do. Absent fields stay as they
    /// are.
    pub async fn update_payment_method(
        &self,
        id: PaymentMethodId,
        update: &MethodUpdate,
        idempotency: Option<&Idempotency>,
    ) -> Result<Idempotent<PaymentMethod>, Error> {
        self.change(&id.to_string(), "update", idempotency, |method: &PaymentMethod| {
            let metadata = method.metadata.updated(update.metadata.as_ref()).map_err(Refusal::from)?;
            Ok(method.changed(self.now, &self.request, |next| {
                next.metadata = metadata;
                update.apply(next);
            }))
        })
        .await
    }
}

/// The kind of a payment method, as `intents` names it.
pub const fn kind_of(source: &Source) -> &'static str {
    match source {
        Source::Card(_) => "card",
        Source::SepaDebit(_) => "sepa_debit",
        Source::BankTransfer(_) => "bank_transfer",
    }
}

/// Whether a payment method may be shown again, as `intents` says it.
fn allow_redisplay(method: &PaymentMethod) -> &str {
    method.allow_redisplay.as_deref().unwrap_or("unspecified")
}

/// What the sandbox charges for a SEPA account.
fn sepa(iban: &str) -> Result<sandbox::Chargeable, Refusal> {
    let bare: String = iban.chars().filter(|c| !c.is_whitespace()).collect();
    let parsed = Iban::from_str(&bare.to_ascii_uppercase()).map_err(|_| Refusal::InvalidIban)?;
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
