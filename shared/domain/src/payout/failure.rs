//! Why a bank did not take the money of a payout.

use serde::{Deserialize, Serialize};

macro_rules! failures {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Why a payout failed, by Stripe's codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum PayoutFailure {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl PayoutFailure {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code: `account_closed`, say.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// What it says to the merchant.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message),* }
            }
        }
    };
}

failures! {
    /// The account was closed.
    AccountClosed = "account_closed", "The bank account has been closed.";
    /// The account is frozen.
    AccountFrozen = "account_frozen", "The bank account has been frozen.";
    /// The bank restricts the account.
    BankAccountRestricted = "bank_account_restricted",
        "The bank account has restrictions on either the type, or the number, of payouts allowed.";
    /// The bank does not tell why.
    CouldNotProcess = "could_not_process", "The bank could not process this payout.";
    /// The account does not take such transactions.
    DebitNotAuthorized = "debit_not_authorized",
        "Debit transactions are not approved on the bank account.";
    /// The rail's own account holds too little.
    InsufficientFunds = "insufficient_funds",
        "There are insufficient funds in the account to cover the payout.";
    /// The account does not take the currency.
    InvalidCurrency = "invalid_currency",
        "The bank was unable to process this payout because of its currency.";
    /// The account does not exist.
    NoAccount = "no_account",
        "The bank account details on file are probably incorrect. No bank account could be located with those details.";
}
