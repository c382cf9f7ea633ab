//! Postal addresses, and the details for billing and shipping: how they are read.

use tollgate_domain::{
    Address, Billing, Shipping,
    text::{NAME_CHARS_MAX, PHONE_CHARS_MAX},
};
use tollgate_http::{FieldError, Fields, Issue};

/// Longest part of an address, and longest number of a parcel, in characters.
const PART_CHARS_MAX: usize = 500;

/// Reads an address. `None` if it is absent.
pub(crate) fn read_address(fields: &mut Fields, name: &str) -> Result<Option<Address>, FieldError> {
    let Some(mut address) = fields.object(name)? else {
        return Ok(None);
    };
    let mut part = |name: &str| Ok(address.string(name, PART_CHARS_MAX)?.filter(|text| !text.is_empty()));
    let read = Address {
        city: part("city")?,
        country: part("country")?,
        line1: part("line1")?,
        line2: part("line2")?,
        postal_code: part("postal_code")?,
        state: part("state")?,
    };
    address.finish()?;
    Ok(Some(read))
}

/// Reads where the goods of a payment are sent: `address` and `name` have to be there.
pub(crate) fn read_shipping(fields: &mut Fields, name: &str) -> Result<Option<Shipping>, FieldError> {
    read_shipping_of(fields, name, true)
}

/// Reads where a customer's goods are sent.
pub(crate) fn read_customer_shipping(
    fields: &mut Fields,
    name: &str,
) -> Result<Option<Shipping>, FieldError> {
    read_shipping_of(fields, name, false)
}

fn read_shipping_of(
    fields: &mut Fields,
    name: &str,
    of_payment: bool,
) -> Result<Option<Shipping>, FieldError> {
    let Some(mut shipping) = fields.object(name)? else {
        return Ok(None);
    };
    let address = read_address(&mut shipping, "address")?;
    let mut read = Shipping {
        address: address.ok_or_else(|| shipping.error("address", Issue::Missing))?,
        name: Some(shipping.required_string("name", NAME_CHARS_MAX)?),
        phone: shipping.string("phone", PHONE_CHARS_MAX)?.filter(|text| !text.is_empty()),
        ..Shipping::default()
    };
    if of_payment {
        read.carrier = shipping.string("carrier", PART_CHARS_MAX)?;
        read.tracking_number = shipping.string("tracking_number", PART_CHARS_MAX)?;
    }
    shipping.finish()?;
    Ok(Some(read))
}

/// Reads the billing details of a payment method. `None` if they are absent.
pub(crate) fn read_billing(body: &mut Fields) -> Result<Option<Billing>, FieldError> {
    let Some(mut details) = body.object("billing_details")? else {
        return Ok(None);
    };
    let address = if details.take_unset("address") { None } else { read_address(&mut details, "address")? };
    let billing = Billing {
        address: address.filter(|address| *address != Address::default()),
        email: details.email("email")?,
        name: details.string("name", NAME_CHARS_MAX)?,
        phone: details.string("phone", PHONE_CHARS_MAX)?,
    };
    details.finish_without(&["tax_id"])?;
    Ok(Some(billing))
}
