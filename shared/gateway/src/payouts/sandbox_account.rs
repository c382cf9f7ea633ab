//! The sandbox's own bank account, to which a test payout goes when the merchant has no account of the currency.
//!
//! It is not stored: its id follows from the tenant and the currency. So `payouts.create(amount, currency)` works at once,
//! as with Stripe's test accounts.

use tollgate_domain::{
    BankAccount, BankAccountId, Currency, Metadata, Mode, ReplaySnapshots, RequestRef, Tenant, Timestamp,
    bank_account::HolderType, idempotency::booking_id,
};
use tollgate_processors::payout_rail::SANDBOX_ACCOUNT_NUMBER;

/// Its id; `None` in live mode.
pub(crate) fn id_in(tenant: Tenant, currency: Currency) -> Option<BankAccountId> {
    let id = || booking_id(&format!("{tenant}sandbox-bank-account"), currency.code());
    (tenant.mode == Mode::Test).then(id)
}

/// The account with this id in a currency; `None` if the id is another.
pub(crate) fn account(tenant: Tenant, id: BankAccountId, currency: Currency) -> Option<BankAccount> {
    let last4 = &SANDBOX_ACCOUNT_NUMBER[SANDBOX_ACCOUNT_NUMBER.len() - 4..];
    (id_in(tenant, currency)? == id).then(|| BankAccount {
        id,
        version: 1,
        request: RequestRef::default(),
        country: "US".to_owned(),
        currency,
        holder_name: None,
        holder_type: Some(HolderType::Company),
        bank_name: Some("TOLLGATE TEST BANK".to_owned()),
        routing_number: Some("110000000".to_owned()),
        last4: last4.to_owned(),
        number: None,
        number_fingerprint: id.to_string(),
        default_for_currency: false,
        metadata: Metadata::default(),
        deleted: false,
        created: Timestamp::from_ms(0),
        updated: Timestamp::from_ms(0),
        fingerprint: None,
        replay: ReplaySnapshots::default(),
    })
}
