//! The object of an event.

use serde_json::Value;
use tollgate_domain::{EventKind, Subject, billing::BillingSubject};

use super::{
    adjustment::adjustment, balance::balance, balance_settings::balance_settings, bank_account::bank_account,
    charge::charge, connected_account::connected_account, context::Context, customer::customer,
    dispute::dispute, payment_intent::payment_intent, payment_method::payment_method, payout::payout,
    price::price, product::product, refund::refund, transfer::transfer, webhook_endpoint::webhook_endpoint,
};

/// The object of an event.
pub(crate) fn subject(subject: &Subject, kind: EventKind, context: Context<'_>) -> Value {
    let is_about_charge = matches!(
        kind,
        EventKind::ChargeSucceeded
            | EventKind::ChargeFailed
            | EventKind::ChargeCaptured
            | EventKind::ChargeRefunded
            | EventKind::ChargeUpdated
    );
    match subject {
        Subject::Payment(payment) if is_about_charge => charge(payment, context),
        Subject::Payment(payment) => payment_intent(payment, context),
        Subject::Refund(it) => refund(it, context),
        Subject::Customer(it) => customer(it, context),
        Subject::PaymentMethod(it) => payment_method(it, context),
        Subject::Endpoint(it) => webhook_endpoint(it, context),
        Subject::Dispute(it) => dispute(it, context),
        Subject::Payout(it) => payout(it, context),
        Subject::BankAccount(it) => bank_account(it, context),
        Subject::Transfer(it) => transfer(it, context),
        Subject::Adjustment(it) => adjustment(it, context),
        Subject::ConnectedAccount(it) => connected_account(it, context),
        Subject::BalanceSettings(it) => {
            // A live schedule is only taken where something carries its payouts.
            balance_settings(it, !context.livemode() || it.due.is_some())
        }
        Subject::Billing(BillingSubject::Product(it)) => product(it, context),
        Subject::Billing(BillingSubject::Price(it)) => price(it, context),
        Subject::Balance(sheet) => balance(&sheet.balances, context),
    }
}
