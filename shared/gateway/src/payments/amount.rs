//! Bounds of one payment's amount.

use tollgate_domain::{Money, Refusal, money::AMOUNT_MINOR_MAX};

/// The smallest amount of `charges`, `direct` and `intents`, in minor units.
pub const AMOUNT_MINOR_MIN: i64 = 50;
/// The smallest amount of `checkout`, in minor units.
pub(crate) const CHECKOUT_AMOUNT_MINOR_MIN: i64 = 1;

/// Refuses an amount that is out of bounds. `minimum` is the API's smallest amount, in minor units.
pub(crate) fn check_amount(amount: Money, minimum: i64) -> Result<(), Refusal> {
    if amount.minor < minimum {
        let minimum = Money { minor: minimum, ..amount };
        return Err(Refusal::AmountTooSmall { minimum });
    }
    if amount.minor > AMOUNT_MINOR_MAX {
        return Err(Refusal::AmountTooLarge);
    }
    Ok(())
}
