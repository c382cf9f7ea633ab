//! A customer.

use serde::Serialize;
use serde_json::Value;
use tollgate_domain::Customer as StoredCustomer;

use super::{
    super::names::CUSTOMER_PREFIX,
    contact::{Address, Shipping},
    context::Context,
    deleted::deleted,
};
use crate::json::to_value;

/// A customer.
#[derive(Debug, Serialize)]
pub struct Customer {
    /// `cus_…`.
    pub id: String,
    /// `customer`.
    pub object: &'static str,
    /// Postal address.
    pub address: Option<Address>,
    /// Always 0: customers have no balance.
    pub balance: i64,
    /// The name of the customer's business.
    pub business_name: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// Always `null`: customers have no balance.
    pub currency: Option<()>,
    /// Always `null`: customers have payment methods, and none is used by itself.
    pub default_source: Option<()>,
    /// Always `false`: there are no invoices.
    pub delinquent: bool,
    /// The merchant's description.
    pub description: Option<String>,
    /// Always `null`: there are no discounts.
    pub discount: Option<()>,
    /// E-mail address.
    pub email: Option<String>,
    /// The name of the person, beside that of the business.
    pub individual_name: Option<String>,
    /// Always `null`: there are no invoices.
    pub invoice_prefix: Option<()>,
    /// Nothing is set: there are no invoices.
    pub invoice_settings: InvoiceSettings,
    /// Whether real money moves.
    pub livemode: bool,
    /// The merchant's metadata.
    pub metadata: Value,
    /// Full name.
    pub name: Option<String>,
    /// Always 1: there are no invoices.
    pub next_invoice_sequence: i64,
    /// Phone number.
    pub phone: Option<String>,
    /// The languages that the customer prefers, the most preferred first.
    pub preferred_locales: Vec<String>,
    /// Where goods are sent.
    pub shipping: Option<Shipping>,
    /// `none`, `exempt` or `reverse`.
    pub tax_exempt: String,
    /// Always `null`: there are no test clocks.
    pub test_clock: Option<()>,
}

/// How a customer's invoices look: nothing is set.
#[derive(Debug, Default, Serialize)]
pub struct InvoiceSettings {
    /// Always `null`.
    pub custom_fields: Option<()>,
    /// Always `null`.
    pub default_payment_method: Option<()>,
    /// Always `null`.
    pub footer: Option<()>,
    /// Always `null`.
    pub rendering_options: Option<()>,
}

/// A customer as JSON; a deleted one as [`Deleted`].
pub fn customer(customer: &StoredCustomer, context: Context<'_>) -> Value {
    let (id, object) = (customer.id.to_prefixed(CUSTOMER_PREFIX), "customer");
    if customer.deleted {
        return deleted(id, object);
    }
    let profile = &customer.profile;
    to_value(&Customer {
        id,
        object,
        address: profile.address.as_ref().map(Address::new),
        balance: 0,
        business_name: profile.business_name.clone(),
        created: customer.created.s(),
        currency: None,
        default_source: None,
        delinquent: false,
        description: profile.description.clone(),
        discount: None,
        email: profile.email.clone(),
        individual_name: profile.individual_name.clone(),
        invoice_prefix: None,
        invoice_settings: InvoiceSettings::default(),
        livemode: context.livemode(),
        metadata: profile.metadata.to_json(),
        name: profile.name.clone(),
        next_invoice_sequence: 1,
        phone: profile.phone.clone(),
        preferred_locales: profile.preferred_locales.clone(),
        shipping: profile.shipping.as_ref().map(Shipping::of_customer),
        tax_exempt: profile.tax_exempt.clone().unwrap_or_else(|| "none".to_owned()),
        test_clock: None,
    })
}
