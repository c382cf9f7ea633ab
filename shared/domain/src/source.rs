//! The means of a payment, as far as they are stored: never a full card number, never a security code.

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
    /// The lower-case name that the APIs print.
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

/// The wallet that presented a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wallet {
    /// Apple Pay.
    ApplePay,
    /// Google Pay.
    GooglePay,
}

/// A payment service that charges cards for a merchant.
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

    /// The lower-case name in `checkout` and in the operator's tool.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CyberSource => "cybersource",
            Self::Mpgs => "mpgs",
        }
    }

    /// Parses a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|processor| processor.as_str() == text)
    }
}

/// The details of a card that answers show.
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
    /// The wallet, if one presented the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<Wallet>,
}

/// The details of a bank account that answers show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// The last four digits of the account number.
    pub last4: String,
    /// The sort code as sent (`12-34-56`).
    pub sort_code: String,
    /// The account holder's name.
    pub account_holder_name: String,
}

/// The details of a SEPA account that answers show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SepaDebit {
    /// The country of the account, two letters.
    pub country: String,
    /// The bank code.
    pub bank_code: String,
    /// The last four characters of the IBAN.
    pub last4: String,
}

/// The means of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A card, entered or presented by a wallet.
    Card(Card),
    /// A bank transfer.
    BankTransfer(BankAccount),
    /// A SEPA direct debit.
    SepaDebit(SepaDebit),
}

impl Source {
    /// The account holder's name, for sources that have one.
    pub(crate) const fn holder(&self) -> Option<&String> {
        match self {
            Self::BankTransfer(account) => Some(&account.account_holder_name),
            Self::Card(_) | Self::SepaDebit(_) => None,
        }
    }

    /// Erases the account holder's name.
    pub(crate) fn erase_holder(&mut self) {
        match self {
            Self::BankTransfer(account) => account.account_holder_name.clear(),
            Self::Card(_) | Self::SepaDebit(_) => {}
        }
    }
}

/// A processor's name for what it charges. Only that processor interprets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instrument(pub String);

/// A card number with its expiry, encrypted. Only the vault can open it.
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
    /// The issuer declined without a reason.
    CardDeclined,
    /// Insufficient funds.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The security code is incorrect.
    IncorrectCvc,
    /// The processor could not process the card.
    ProcessingError,
    /// The cardholder failed the 3-D Secure challenge.
    AuthenticationFailed,
    /// The cardholder did not answer the 3-D Secure challenge in time.
    AuthenticationExpired,
    /// The bank refused the transfer.
    BankTransferFailed,
}

impl Decline {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::CardDeclined,
        Self::InsufficientFunds,
        Self::ExpiredCard,
        Self::IncorrectCvc,
        Self::ProcessingError,
        Self::AuthenticationFailed,
        Self::AuthenticationExpired,
        Self::BankTransferFailed,
    ];

    /// The code in `intents`, `charges` and `direct`.
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

    /// A message for the payer that says what to do next.
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
