//! The errors of payouts and bank accounts, by Stripe's codes.

use tollgate_domain::{
    bank_account::{BANK_ACCOUNTS_MAX, BankAccountRefusal},
    payout::PayoutRefusal,
};

/// A refusal in this API's words: its code, the parameter that is to blame, and the message.
pub(super) type Said = (Option<&'static str>, Option<&'static str>, String);

/// Why a payout is refused.
pub(super) fn of_payout(refusal: PayoutRefusal) -> Said {
    match refusal {
        PayoutRefusal::BalanceInsufficient { available } => (
            Some("balance_insufficient"),
            None,
            format!(
                "You have insufficient funds in your account for this payout: {} {} is available. GET /balance shows your balances.",
                available.minor,
                available.currency.code().to_ascii_lowercase()
            ),
        ),
        PayoutRefusal::Instant => (
            Some("instant_payouts_unsupported"),
            Some("method"),
            "Instant payouts are not supported. Leave method out.".to_owned(),
        ),
        PayoutRefusal::NoRail => {
            (Some("payouts_not_allowed"), None, "Live payouts are not enabled for this account.".to_owned())
        }
        PayoutRefusal::NoBankAccount => (
            Some("resource_missing"),
            Some("destination"),
            "There is no bank account for this currency. Create one as an external account.".to_owned(),
        ),
        PayoutRefusal::OwnAccount => (
            None,
            Some("account"),
            "The account is your own. Give the id of another merchant's account, which that merchant reads with GET /account."
                .to_owned(),
        ),
        PayoutRefusal::NotAccepted => (
            Some("transfers_not_allowed"),
            Some("destination"),
            "The connected account has not accepted payouts from you. It does so with POST /accounts/{your account's id}/accept."
                .to_owned(),
        ),
        PayoutRefusal::OtherCurrency => {
            (None, Some("destination"), "The bank account has another currency than the payout.".to_owned())
        }
        PayoutRefusal::UnexpectedStatus(status) => (
            None,
            None,
            format!(
                "Payouts can be canceled only while they are pending. This payout has a status of {}.",
                status.0.as_str()
            ),
        ),
    }
}

/// Why a bank account is refused.
pub(super) fn of_bank_account(refusal: BankAccountRefusal) -> Said {
    match refusal {
        BankAccountRefusal::TooMany => (
            None,
            None,
            format!("There can be at most {BANK_ACCOUNTS_MAX} bank accounts in each mode. Delete one first."),
        ),
        BankAccountRefusal::DefaultNeeded => (
            None,
            Some("default_for_currency"),
            "The bank account is the default of its currency. Make another one the default instead.".to_owned(),
        ),
        BankAccountRefusal::DefaultDeleted => (
            None,
            None,
            "The bank account is the default of its currency, which has other accounts. Make another one the default first."
                .to_owned(),
        ),
        BankAccountRefusal::AccountNumber => (
            Some("account_number_invalid"),
            Some("external_account[account_number]"),
            "The bank account number is not valid for its country.".to_owned(),
        ),
        BankAccountRefusal::RoutingNumber => (
            Some("routing_number_invalid"),
            Some("external_account[routing_number]"),
            "The bank's routing number is not valid for its country.".to_owned(),
        ),
        BankAccountRefusal::Token => (
            Some("resource_missing"),
            Some("external_account"),
            "No such token of a bank account.".to_owned(),
        ),
    }
}
