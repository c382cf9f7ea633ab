//! The type of a payment method, and what may be shown of it.

use serde::Serialize;
use tollgate_domain::{Source, source::Wallet};

/// The type of a payment method and, under the type's name, what may be shown of it.
#[derive(Debug, Serialize)]
pub struct MethodDetails {
    /// `card`, `sepa_debit` or `bank_transfer`.
    pub r#type: &'static str,
    /// Of a card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<CardDetails>,
    /// Of a bank transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_transfer: Option<BankTransferDetails>,
    /// Of a SEPA debit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sepa_debit: Option<SepaDebitDetails>,
}

/// A card.
#[derive(Debug, Serialize)]
pub struct CardDetails {
    /// The card scheme.
    pub brand: &'static str,
    /// 1 to 12.
    pub exp_month: u8,
    /// Four digits.
    pub exp_year: u16,
    /// Last four digits.
    pub last4: String,
    /// The wallet that presented it.
    pub wallet: Option<WalletDetails>,
}

/// A wallet.
#[derive(Debug, Serialize)]
pub struct WalletDetails {
    /// `apple_pay` or `google_pay`.
    pub r#type: &'static str,
}

/// An account that sent a bank transfer.
#[derive(Debug, Serialize)]
pub struct BankTransferDetails {
    /// Last four digits of the account.
    pub last4: String,
    /// Sort code of the bank.
    pub sort_code: String,
}

/// An account that is debited.
#[derive(Debug, Serialize)]
pub struct SepaDebitDetails {
    /// The bank's code within its country.
    pub bank_code: String,
    /// ISO 3166 code.
    pub country: String,
    /// Last four characters of the IBAN.
    pub last4: String,
}

pub(super) const fn method_type(source: &Source) -> &'static str {
    match source {
        Source::Card(_) => "card",
        Source::BankTransfer(_) => "bank_transfer",
        Source::SepaDebit(_) => "sepa_debit",
    }
}

impl MethodDetails {
    pub(super) fn new(source: &Source) -> Self {
        let mut details =
            Self { r#type: method_type(source), card: None, bank_transfer: None, sepa_debit: None };
        match source {
            Source::Card(card) => {
                details.card = Some(CardDetails {
                    brand: card.brand.as_str(),
                    exp_month: card.exp_month,
                    exp_year: card.exp_year,
                    last4: card.last4.clone(),
                    wallet: card.wallet.map(|wallet| WalletDetails {
                        r#type: match wallet {
                            Wallet::ApplePay => "apple_pay",
                            Wallet::GooglePay => "google_pay",
                        },
                    }),
                });
            }
            Source::BankTransfer(account) => {
                details.bank_transfer = Some(BankTransferDetails {
                    last4: account.last4.clone(),
                    sort_code: account.sort_code.clone(),
                });
            }
            Source::SepaDebit(account) => {
                details.sepa_debit = Some(SepaDebitDetails {
                    bank_code: account.bank_code.clone(),
                    country: account.country.clone(),
                    last4: account.last4.clone(),
                });
            }
        }
        details
    }
}
