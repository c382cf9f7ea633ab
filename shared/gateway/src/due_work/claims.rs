//! How long finders claim what they find.

use tollgate_store::DueKind;

/// How long the first claim lasts, in milliseconds, unless set otherwise: longer than the queue and the work
/// usually take. Each further claim of an item lasts twice as long, up to [`CLAIM_FACTOR_MAX`] times.
pub const DUE_CLAIM_MS: i64 = 2 * 60 * 1000;
/// The longest claim, in first claims: an hour, unless set otherwise.
const CLAIM_FACTOR_MAX: i64 = 30;
/// How long the first claim of a delivery lasts, in milliseconds: the queue of webhooks may be long, and a
/// second message could mean a second attempt.
const DELIVERY_CLAIM_MS: i64 = tollgate_domain::delivery::LOST_AFTER_MS;

/// How long a claim lasts, in milliseconds, after this many earlier ones; the first one lasts `first_ms`.
pub(super) fn claim_ms(kind: DueKind, first_ms: i64, claims: u32) -> i64 {
    let first_ms = match kind {
        DueKind::Delivery => DELIVERY_CLAIM_MS,
        DueKind::Payment
        | DueKind::Refund
        | DueKind::Customer
        | DueKind::Backlog
        | DueKind::Funds
        | DueKind::Dispute
        | DueKind::LedgerCheck
        | DueKind::Payout
        | DueKind::BalanceSettings => first_ms,
    };
    first_ms.saturating_mul((1 << claims.min(10)).min(CLAIM_FACTOR_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_claim_of_an_item_lasts_twice_as_long_up_to_an_hour() {
        let minutes = |claims| claim_ms(DueKind::Payment, DUE_CLAIM_MS, claims) / 60_000;
        assert_eq!([0, 1, 2, 3, 4, 5, 60].map(minutes), [2, 4, 8, 16, 32, 60, 60]);
    }
}
