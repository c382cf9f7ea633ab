//! The use cases of merchants, payers, the operator, the stream, the queue and the schedule.
//!
//! A use case reads, lets the domain decide, and writes once. It takes checked values and returns domain
//! values; each API renders them in its own words.
//!
//! A merchant's use cases are methods of [`Call`], a payer's of [`Gateway`], background work's of [`Worker`]
//! and the operator's of [`Admin`]. The rooms below define them; each room's `mod.rs` lists its own.
//!
//! | room | for |
//! |---|---|
//! | `auth` | authentication, rate limits, write access |
//! | `signing` | links, access tokens and client secrets, signed with the gateway's own secret |
//! | `idempotency` | creates, changes and operations that run once per idempotency key |
//! | `payments` | payments, intents, hosted checkout, payment methods, refunds |
//! | `billing` | products and prices |
//! | `customers` | customers, owners of e-mail addresses, erasure |
//! | `merchants` | a merchant's account and API keys |
//! | `disputes` | disputes: how they open, are answered and end |
//! | `ledger` | what payments, refunds and disputes move, balances and balance transactions |
//! | `webhooks` | endpoints, events, deliveries |
//! | `payouts` | payouts and bank accounts |
//! | `pages` | what payers do on hosted pages |
//! | `processing` | charges, releases and refunds at a processor |
//! | `due_work` | what is due at a certain time, and who does it |
//! | `vault` | encryption of card numbers and processor secrets |
//! | `admin` | the operator's tool |
//!
//! Beside the rooms: `gateway`, `worker` and `call` (what use cases run on), `start` (opening them), `clock`
//! and `entropy` (passed in), `error`, `pagination`, `conflict_retry`, `message_format` and
//! `metrics` (what log lines count).

mod admin;
mod auth;
mod billing;
mod call;
mod clock;
mod conflict_retry;
mod customers;
mod disputes;
mod due_work;
mod entropy;
mod error;
mod gateway;
mod idempotency;
mod ledger;
mod merchants;
mod message_format;
mod pages;
mod pagination;
mod payments;
mod payouts;
mod processing;
mod signing;
mod start;
mod vault;
mod webhooks;
mod worker;

pub mod metrics;

pub use admin::{
    api_keys::{IssuedKey, NewKey},
    ledger::{Backfilled, NewTerms},
    operator::{Admin, AdminError},
    orders::OrdersIndexed,
    payout_files::{FileReport, FiledPayout, ReportedPayouts, TakenPayouts, payout_file_made_at},
    reconcile::{Reconciliation, ReportScope, SettlementDifference, SettlementDifferenceKind},
    references::{RecordedMoney, ReferenceFound},
    republish::Republished,
    reseal::Resealed,
    restore::Restored,
    scan::Pages,
    support::OpenMoney,
    verify::Verified,
};
pub use auth::{
    access_tokens::ACCESS_TOKEN_S,
    authorized::{Admitted, Authorized},
    credentials::Credentials,
};
pub use billing::{
    prices::{NewPrice, PriceFilter},
    products::ProductFilter,
};
pub use call::Call;
pub use clock::{Clock, SystemClock};
pub use customers::{address_ids::AddressIds, customer::CustomerFilter, payment_customer::Payer};
pub use disputes::{
    merchant::{AnswerDispute, DisputeFilter},
    notices::{NoticeAddress, Noticed},
};
pub use due_work::{
    claims::DUE_CLAIM_MS,
    find::{ClaimedPage, DueQueues, FoundWork, Part},
    message::DueMessage,
    report::FindReport,
    run::DueOutcome,
};
pub use entropy::{Entropy, OsEntropy, new_request_id};
pub use error::Error;
pub use gateway::Gateway;
pub use idempotency::{
    idempotent::{Idempotency, Idempotent},
    operation::LEASE_MS,
};
pub use ledger::{balance::TransactionFilter, difference::Difference};
pub use pages::{
    link::{HostedView, LinkError},
    redirect::Onward,
};
pub use pagination::PageRequest;
pub use payments::{
    amount::AMOUNT_MINOR_MIN,
    charges::ChargeUpdate,
    checkout::{CheckoutFlow, LIFETIME_DEFAULT_MS, NewCheckout},
    create::{ChargeFrom, CreatePayment, declined},
    intent_actions::{CaptureIntent, ConfirmIntent, IntentAction, IntentUpdate},
    intents::NewIntent,
    list::{Keep, PaymentFilter, charged_and},
    payer_presence::PayerPresence,
    payment_method_ref::MethodRef,
    payment_methods::{MethodData, MethodFilter, MethodUpdate, NewMethod, kind_of},
    refunds::{CreateRefund, RefundAmount, RefundFilter},
};
pub use payouts::{
    bank_accounts::{BankAccountData, BankAccountUpdate, NewBankAccount},
    connected_accounts::AccountFilter,
    create::CreatePayout,
    payout::PayoutFilter,
    transfers::TransferFilter,
};
pub use processing::processors::{Processors, TIMEOUT_DEFAULT_MS};
pub use signing::links::{Links, Purpose};
pub use tollgate_store::{
    ApiKey, AwsEnvironment, Balance, Cost, Cursor, DUE_SHARDS_MIN, DueKind, Merchant, Page, Place, Queue,
    Reader, Secrets, StackTable, StoreError, Tables, Writer, subject_of,
};
pub use vault::{
    cipher::{Vault, VaultError},
    key_source::{KeySource, VaultSecret},
    key_versions::{BadVaultKeys, VaultKeys},
};
pub use webhooks::{
    change_message::ChangeMessage,
    delivery::{Deliverer, DeliverySettings},
    endpoints::{EndpointUpdate, NewEndpoint},
    events::EventFilter,
    message::Message,
    publish::{Published, Publisher},
    redelivery::{RecoverUntil, Recovered},
    related_events::RelatedObject,
};
pub use worker::Worker;
