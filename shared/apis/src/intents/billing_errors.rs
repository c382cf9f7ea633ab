//! The errors of billing, by Stripe's codes.

use tollgate_domain::billing::{BillingRefusal, PriceRefusal};

use super::payout_errors::Said;

/// Why something of billing is refused.
pub(super) fn of_billing(refusal: &BillingRefusal) -> Said {
    match refusal {
        BillingRefusal::LookupKeyTaken => (
            Some("resource_already_exists"),
            Some("lookup_key"),
            "Another price uses this lookup key. Set transfer_lookup_key to true to take it over.".to_owned(),
        ),
        BillingRefusal::ProductHasPrices => (
            None,
            None,
            "This product cannot be deleted because it has one or more prices. Set active to false instead."
                .to_owned(),
        ),
        BillingRefusal::OtherProductsPrice => {
            (None, Some("default_price"), "The default price has to be a price of this product.".to_owned())
        }
        BillingRefusal::Price(PriceRefusal::TaxBehaviorIsSet) => (
            None,
            Some("tax_behavior"),
            "The tax behavior of a price cannot be changed once it is set.".to_owned(),
        ),
        BillingRefusal::Price(PriceRefusal::CurrencyIsSet(code)) => (
            None,
            Some("currency_options"),
            format!("This price has amounts in {code} already, which cannot be changed."),
        ),
        BillingRefusal::Price(PriceRefusal::Metadata(bad)) => (None, Some("metadata"), bad.to_string()),
    }
}
