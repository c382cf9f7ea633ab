//! Why something of billing is not made or changed.

use super::price::PriceRefusal;

/// Why something of billing is not made or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillingRefusal {
    /// Another price has the lookup key.
    #[error("another price has this lookup key")]
    LookupKeyTaken,
    /// A product with prices is not deleted.
    #[error("the product has prices, so it cannot be deleted; set active to false instead")]
    ProductHasPrices,
    /// The default price is another product's.
    #[error("the default price is a price of another product")]
    OtherProductsPrice,
    /// A price is not changed so.
    #[error(transparent)]
    Price(#[from] PriceRefusal),
}
