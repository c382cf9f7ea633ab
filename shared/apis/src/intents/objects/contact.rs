//! Postal addresses, and the details for billing and shipping.

use serde::Serialize;
use tollgate_domain::{Address as StoredAddress, Billing, Payment, Shipping as StoredShipping, Source};

/// A postal address.
#[derive(Debug, Default, Serialize)]
pub struct Address {
    /// City.
    pub city: Option<String>,
    /// Country, as a code of two letters.
    pub country: Option<String>,
    /// Street and number.
    pub line1: Option<String>,
    /// Apartment or building.
    pub line2: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// State, county or province.
    pub state: Option<String>,
}

impl Address {
    pub(super) fn new(address: &StoredAddress) -> Self {
        Self {
            city: address.city.clone(),
            country: address.country.clone(),
            line1: address.line1.clone(),
            line2: address.line2.clone(),
            postal_code: address.postal_code.clone(),
            state: address.state.clone(),
        }
    }
}

/// Where goods are sent.
#[derive(Debug, Serialize)]
pub struct Shipping {
    /// Where.
    pub address: Address,
    /// The delivery service; of payments only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Option<String>>,
    /// To whom.
    pub name: Option<String>,
    /// The recipient's phone number.
    pub phone: Option<String>,
    /// The delivery service's numbers of the parcels; of payments only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<Option<String>>,
}

impl Shipping {
    /// Where a customer's goods are sent.
    pub(super) fn of_customer(shipping: &StoredShipping) -> Self {
        Self {
            address: Address::new(&shipping.address),
            carrier: None,
            name: shipping.name.clone(),
            phone: shipping.phone.clone(),
            tracking_number: None,
        }
    }

    /// Where the goods of a payment are sent.
    pub(super) fn of_payment(payment: &Payment) -> Option<Self> {
        let shipping = payment.details.as_ref()?.shipping.as_ref()?;
        Some(Self {
            carrier: Some(shipping.carrier.clone()),
            tracking_number: Some(shipping.tracking_number.clone()),
            ..Self::of_customer(shipping)
        })
    }
}

/// Whose a payment method is.
#[derive(Debug, Default, Serialize)]
pub struct BillingDetails {
    /// Postal address.
    pub address: Address,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// Always `null`: tax ids are not taken.
    pub tax_id: Option<()>,
}

impl BillingDetails {
    pub(super) fn new(billing: &Billing) -> Self {
        Self {
            address: billing.address.as_ref().map(Address::new).unwrap_or_default(),
            email: billing.email.clone(),
            name: billing.name.clone(),
            phone: billing.phone.clone(),
            tax_id: None,
        }
    }

    /// Whose the method is that a payment charges.
    pub(super) fn of_payment(payment: &Payment) -> Self {
        let billing = payment.details.as_ref().and_then(|details| details.billing.as_ref());
        let holder = match payment.source.as_ref() {
            Some(Source::BankTransfer(account)) => Some(account.account_holder_name.clone()),
            Some(Source::Card(_) | Source::SepaDebit(_)) | None => None,
        };
        let holder = holder.filter(|name| !name.is_empty());
        billing.map_or_else(|| Self { name: holder, ..Self::default() }, Self::new)
    }
}
