//! The objects of the `intents` API. Where its text is silent they are Stripe's.

mod adjustment;
mod balance;
mod balance_csv;
mod balance_settings;
mod balance_transaction;
mod bank_account;
mod charge;
mod connected_account;
mod contact;
mod context;
mod customer;
mod decline;
mod deleted;
mod dispute;
mod method_details;
mod payment_intent;
mod payment_method;
mod payout;
mod price;
mod product;
mod refund;
mod subject;
mod transfer;
mod webhook_endpoint;

pub use adjustment::{Adjustment, adjustment};
pub use balance::{Balance, BalanceAmount, balance};
pub use balance_csv::balance_transactions_csv;
pub use balance_settings::{
    BalanceSettings, PaymentsSettings, PayoutSettings, Schedule, SettlementTiming, balance_settings,
};
pub use balance_transaction::{BalanceTransaction, FeeDetail, balance_transaction, transaction_kinds};
pub use bank_account::{BankAccount, bank_account, destination};
pub use charge::{Charge, ChargeOutcome, charge, charge_status};
pub use connected_account::{Capabilities, ConnectedAccount, connected_account};
pub use contact::{Address, BillingDetails, Shipping};
pub use context::Context;
pub use customer::{Customer, InvoiceSettings, customer};
pub use decline::{MethodLink, PaymentError};
pub use deleted::{Deleted, deleted};
pub use dispute::{Dispute, EvidenceDetails, dispute};
pub use method_details::{BankTransferDetails, CardDetails, MethodDetails, SepaDebitDetails, WalletDetails};
pub use payment_intent::{
    AutomaticMethods, NextAction, PaymentIntent, RedirectToUrl, declined, payment_intent, payment_status,
};
pub use payment_method::{PaymentMethod, payment_method};
pub use payout::{Payout, TraceId, payout};
pub use price::{Price, price, price_expansion};
pub use product::{Product, product};
pub use refund::{Refund, refund};
pub(super) use subject::subject;
pub use transfer::{Transfer, transfer};
pub use webhook_endpoint::{WebhookEndpoint, webhook_endpoint, webhook_endpoint_with_secret};
