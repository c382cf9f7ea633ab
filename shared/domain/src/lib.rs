//! The rules of Tollgate, without I/O: money, ids, payments, refunds, the ledger, customers, events.
//!
//! This crate reads no clock, draws no random numbers and uses no AWS types. A state change is a function
//! from the old value and a command to the new value or a refusal, so the rules can be tested exhaustively.

pub mod access;
pub mod adjustment;
pub mod backlog;
pub mod balance_settings;
pub mod bank_account;
pub mod billing;
pub mod card;
pub mod connected_account;
pub mod contact;
pub mod customer;
pub mod delivery;
pub mod dispute;
pub mod endpoint;
pub mod event;
pub mod front_door;
pub mod id;
pub mod idempotency;
pub mod idempotency_record;
pub mod ledger;
pub mod metadata;
pub mod money;
pub mod pause;
pub mod payment;
pub mod payment_method;
pub mod payout;
pub mod processor_charge;
pub mod processor_health;
pub mod rate_limit;
pub mod refund;
pub mod refusal;
pub mod replay;
pub mod request_ref;
pub mod source;
pub mod tenant;
pub mod text;
pub mod time;
pub mod transfer;

pub use access::{Contract, ContractLimit, ContractLimits, KeyKind, Permission, Tier};
pub use adjustment::Adjustment;
pub use balance_settings::BalanceSettings;
pub use bank_account::BankAccount;
pub use card::{BadCard, Cvc, EnteredCard, Pan};
pub use connected_account::ConnectedAccount;
pub use contact::{Address, Billing, Shipping};
pub use customer::Customer;
pub use delivery::Delivery;
pub use dispute::Dispute;
pub use endpoint::WebhookEndpoint;
pub use event::{Event, EventKind, Subject};
pub use front_door::FrontDoor;
pub use id::{
    AdjustmentId, BalanceTransactionId, BankAccountId, CustomerId, DisputeId, EndpointId, EventId, Id,
    IdempotencyRecordId, KeyId, MerchantId, PaymentId, PaymentMethodId, PayoutId, PriceId, ProductId,
    RefundId, TransferId,
};
pub use idempotency::{Fingerprint, IdempotencyKey};
pub use idempotency_record::IdempotencyRecord;
pub use ledger::{Accounts, BalanceTransaction, LedgerTerms};
pub use metadata::{BadJsonObject, JsonObject, MetaValue, Metadata};
pub use money::{Currency, Money};
pub use payment::Payment;
pub use payment_method::PaymentMethod;
pub use payout::Payout;
pub use processor_charge::{ProcessorCharge, ProcessorTransactionId, Stage};
pub use refund::Refund;
pub use refusal::{Denied, KeyRefusal, Refusal, Resource};
pub use replay::{Earlier, ReplaySnapshots, Replayable};
pub use request_ref::RequestRef;
pub use source::{Decline, ProcessorKind, Source};
pub use tenant::{Mode, Tenant};
pub use time::Timestamp;
pub use transfer::Transfer;
