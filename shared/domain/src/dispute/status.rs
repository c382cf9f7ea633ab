//! The statuses and reasons of disputes. Their names are Stripe's.

use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every one, by its name.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The one with this name.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

named! {
    /// Where a dispute stands. The first three are of an inquiry, which takes no money.
    DisputeStatus {
        /// The bank inquires, and the merchant may answer.
        WarningNeedsResponse = "warning_needs_response",
        /// The bank reads the answer to its inquiry.
        WarningUnderReview = "warning_under_review",
        /// The inquiry ended without a dispute.
        WarningClosed = "warning_closed",
        /// The money is withheld, and the merchant may give evidence.
        NeedsResponse = "needs_response",
        /// The money is withheld, and the bank reads the evidence.
        UnderReview = "under_review",
        /// The merchant got the money back.
        Won = "won",
        /// The payer got the money.
        Lost = "lost",
    }
}

named! {
    /// Why the payer disputes a payment.
    DisputeReason {
        /// The bank could not process it.
        BankCannotProcess = "bank_cannot_process",
        /// The check was returned.
        CheckReturned = "check_returned",
        /// A promised refund did not come.
        CreditNotProcessed = "credit_not_processed",
        /// The payer asked for it.
        CustomerInitiated = "customer_initiated",
        /// The payer did not authorize the debit.
        DebitNotAuthorized = "debit_not_authorized",
        /// It was paid twice.
        Duplicate = "duplicate",
        /// The payer did not make it.
        Fraudulent = "fraudulent",
        /// Something else.
        General = "general",
        /// The account's details are wrong.
        IncorrectAccountDetails = "incorrect_account_details",
        /// The account had too little money.
        InsufficientFunds = "insufficient_funds",
        /// Rules of the scheme were broken.
        Noncompliant = "noncompliant",
        /// What was bought did not come.
        ProductNotReceived = "product_not_received",
        /// What was bought is not as described.
        ProductUnacceptable = "product_unacceptable",
        /// The subscription had been canceled.
        SubscriptionCanceled = "subscription_canceled",
        /// The payer does not know what it is.
        Unrecognized = "unrecognized",
    }
}

impl DisputeStatus {
    /// Whether it is an inquiry, which takes no money.
    pub const fn is_inquiry(self) -> bool {
        matches!(self, Self::WarningNeedsResponse | Self::WarningUnderReview | Self::WarningClosed)
    }

    /// Whether the merchant may give evidence.
    pub const fn needs_response(self) -> bool {
        matches!(self, Self::WarningNeedsResponse | Self::NeedsResponse)
    }

    /// Whether it is decided: its status is final.
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::WarningClosed | Self::Won | Self::Lost)
    }
}
