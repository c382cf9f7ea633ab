//! What a payment is made with, as far as it is kept: never a card number, never a CVC.

use serde::{Deserialize, Serialize};

/// A card scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Brand {
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    Amex,
    /// Discover.
    Discover,
    /// Diners Club.
    Diners,
    /// JCB.
    Jcb,
    /// China's `UnionPay`.
    UnionPay,
}

impl Brand {
    /// The lower-case name that the front doors print.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::Amex => "amex",
            Self::Discover => "discover",
            Self::Diners => "diners",
            Self::Jcb => "jcb",
            Self::UnionPay => "unionpay",
        }
    }
}

/// The wallet that a card was presented by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wallet {
    /// Apple Pay.
    ApplePay,
    /// Google Pay.
    GooglePay,
}

/// A processor that connects a merchant to the card processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessorKind {
    /// `CyberSource`.
    CyberSource,
    /// Mastercard Payment Gateway Services.
    Mpgs,
}

impl ProcessorKind {
    /// Every processor.
    pub const ALL: &'static [Self] = &[Self::CyberSource, Self::Mpgs];

    /// The lower-case name that `checkout` and the operator's tool use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CyberSource => "cybersource",
            Self::Mpgs => "mpgs",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|processor| processor.as_str() == text)
    }
}

/// What may be shown of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The scheme.
    pub brand: Brand,
    /// The last four digits of the number.
    pub last4: String,
    /// Month of expiry, 1 to 12.
    pub exp_month: u8,
    /// Year of expiry, four digits.
    pub exp_year: u16,
    /// The wallet it came by, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<Wallet>,
}

/// What may be shown of a bank account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// The last four digits of the account number.
    pub last4: String,
    /// The sort code as sent (`12-34-56`).
    pub sort_code: String,
    /// Whose account it is.
    pub account_holder_name: String,
}

/// What may be shown of an account that is debited by SEPA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SepaDebit {
    /// The country of the account, two letters.
    pub country: String,
    /// The code of the bank within it.
    pub bank_code: String,
    /// The last four characters of the IBAN.
    pub last4: String,
}

/// The means of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A card, presented by itself or by a wallet.
    Card(Card),
    /// A bank transfer.
    BankTransfer(BankAccount),
    /// A SEPA direct debit.
    SepaDebit(SepaDebit),
}

/// What a processor calls the thing that is charged: opaque to everyone but the processor that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instrument(pub String);

/// A card number and its expiry, encrypted: opaque to everyone but the vault that sealed it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedCard(pub String);

impl std::fmt::Debug for SealedCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedCard(…)")
    }
}

/// Why a payment failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The issuer said no and not why.
    CardDeclined,
    /// Not enough money.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The security code is wrong.
    IncorrectCvc,
    /// The processor failed to process the card.
    ProcessingError,
    /// The cardholder failed the 3-D Secure challenge.
    AuthenticationFailed,
    /// The cardholder did not answer the 3-D Secure challenge in time.
    AuthenticationExpired,
    /// The bank refused the transfer.
    BankTransferFailed,
}

impl Decline {
    /// The code that `intents`, `charges` and `direct` print.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CardDeclined => "card_declined",
            Self::InsufficientFunds => "insufficient_funds",
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
            Self::AuthenticationFailed => "authentication_failed",
            Self::AuthenticationExpired => "authentication_expired",
            Self::BankTransferFailed => "bank_transfer_failed",
        }
    }

    /// A sentence for the payer's eyes, that says what to do next.
    pub const fn message(self) -> &'static str {
        match self {
            Self::CardDeclined => "The card was declined. Use another card or ask the card's issuer why.",
            Self::InsufficientFunds => "The card has insufficient funds. Use another card.",
            Self::ExpiredCard => "The card has expired. Use another card.",
            Self::IncorrectCvc => "The card's security code is incorrect. Check it and try again.",
            Self::ProcessingError => {
                "The card could not be processed. Try again in a moment or use another card."
            }
            Self::AuthenticationFailed => {
                "The cardholder could not be authenticated. Try again or use another card."
            }
            Self::AuthenticationExpired => {
                "The cardholder was not authenticated in time. Take the payment again."
            }
            Self::BankTransferFailed => {
                "The bank refused the transfer. Check the account or use another one."
            }
        }
    }
}
