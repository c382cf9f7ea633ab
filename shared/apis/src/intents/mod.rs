//! The `intents` API: `/v2`, the complete one. Where its text is silent it follows Stripe's conventions.

mod account;
mod billing_errors;
mod deliveries;
mod errors;
mod events;
mod names;
mod objects;
mod payout_errors;

use serde_json::Value;
use tollgate_domain::{Event, EventKind, FrontDoor};

pub use account::{Account, ApiKey, BusinessProfile, List, list};
pub use deliveries::{
    DeliveryAttempt, RecoveryEnd, WebhookDelivery, WebhookRecovery, webhook_delivery, webhook_recovery,
};
pub use names::{
    ACCOUNT_PREFIX, ADJUSTMENT_PREFIX, BANK_ACCOUNT_PREFIX, CHARGE_PREFIX, CUSTOMER_PREFIX, DISPUTE_PREFIX,
    ENDPOINT_PREFIX, EVENT_PREFIX, KEY_PREFIX, METHOD_PREFIX, PAYMENT_PREFIX, PAYOUT_PREFIX, PAYOUT_STATUSES,
    PRICE_PREFIX, PRODUCT_PREFIX, REFUND_PREFIX, REFUND_REASONS, TRANSACTION_PREFIX, TRANSACTION_TYPES,
    TRANSFER_PREFIX, VERSION,
};
pub use objects::{
    Address, Adjustment, AutomaticMethods, Balance, BalanceAmount, BalanceSettings, BalanceTransaction,
    BankAccount, BankTransferDetails, BillingDetails, Capabilities, CardDetails, Charge, ChargeOutcome,
    ConnectedAccount, Context, Customer, Deleted, Dispute, EvidenceDetails, FeeDetail, InvoiceSettings,
    MethodDetails, MethodLink, NextAction, PaymentError, PaymentIntent, PaymentMethod, PaymentsSettings,
    Payout, PayoutSettings, Price, Product, RedirectToUrl, Refund, Schedule, SepaDebitDetails,
    SettlementTiming, Shipping, TraceId, Transfer, WalletDetails, WebhookEndpoint, adjustment, balance,
    balance_settings, balance_transaction, balance_transactions_csv, bank_account, charge, charge_status,
    connected_account, customer, declined, deleted, destination, dispute, payment_intent, payment_method,
    payment_status, payout, price, price_expansion, product, refund, transaction_kinds, transfer,
    webhook_endpoint, webhook_endpoint_with_secret,
};

use crate::{
    Answer, EventContext, Problem, PublishedApi, RotationOrder, SignatureScheme,
    limits::{ApiLimits, burst_by_tier, requests_by_tier},
};

/// The `intents` API.
#[derive(Clone, Copy, Debug)]
pub struct Intents;

impl PublishedApi for Intents {
    fn front_door(&self) -> FrontDoor {
        FrontDoor::Intents
    }

    fn base_path(&self) -> &'static str {
        "/v2"
    }

    fn purpose(&self) -> &'static str {
        "new integrations, and webhook endpoints of every API"
    }

    fn limits(&self) -> ApiLimits {
        ApiLimits { requests_per_minute: requests_by_tier, burst: Some(burst_by_tier), per_merchant: false }
    }

    fn error(&self, problem: &Problem, _request_id: &str) -> Answer {
        errors::answer(problem)
    }

    fn event_type(&self, kind: EventKind) -> Option<&'static str> {
        Some(events::event_type(kind))
    }

    fn event(&self, event: &Event, event_type: &'static str, context: EventContext<'_>) -> Option<Value> {
        Some(events::body(event, event_type, context))
    }

    fn signature(&self) -> Option<SignatureScheme> {
        Some(SignatureScheme::Timestamped { header: "pg-signature", order: RotationOrder::NewFirst })
    }
}
