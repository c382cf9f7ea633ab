//! Where payouts go, as requests and answers name it.

use tollgate_apis::intents::{ACCOUNT_PREFIX, BANK_ACCOUNT_PREFIX};
use tollgate_domain::{BankAccountId, MerchantId, payout::PayoutDestination};

/// Where a payout goes, by the id of a bank account or of a connected account.
pub(crate) fn destination_of(text: &str) -> Option<PayoutDestination> {
    let bank = BankAccountId::parse(BANK_ACCOUNT_PREFIX, text).map(PayoutDestination::BankAccount);
    bank.or_else(|_| MerchantId::parse(ACCOUNT_PREFIX, text).map(PayoutDestination::Account)).ok()
}
