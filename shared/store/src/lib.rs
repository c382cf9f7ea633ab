//! The DynamoDB tables: keys, items, and each access pattern as a named function.
//!
//! There are three tables, by lifecycle (see [`Tables`]). Every key of a merchant's item starts with its
//! [`Tenant`](tollgate_domain::Tenant). Every function takes the tenant, so a caller cannot address another
//! tenant's items. The comment of each function states its key, condition, calls and capacity units.

mod addresses;
mod attributes;
mod aws;
mod bank_accounts;
mod changes;
mod copies;
mod db;
mod deliveries;
mod disputes;
mod due;
mod due_kind;
mod entity;
mod error;
mod format;
mod handles;
mod items;
mod keys;
mod ledger;
mod ledger_check;
mod listing;
mod merchants;
mod meter;
mod notice_keys;
mod order_index;
mod payment_keys;
mod payment_sums;
mod payouts;
mod prices;
mod processor_accounts;
mod queue;
mod rate_limit;
mod refunds;
mod sealed;
mod secrets;

pub use addresses::{Claim, CustomerWrite, Ownership};
pub use aws::{AwsEnvironment, Tables};
pub use bank_accounts::BankAccountsWrite;
pub use changes::{Change, FundsAvailable};
pub use copies::{CopiedBack, Place, StackTable, StoredItem, StoredPage};
pub use disputes::DisputePut;
pub use due::{Claimed, DueItem};
pub use due_kind::{DUE_SHARDS_MIN, DueKind};
pub use entity::{Entity, money_of, subject_of};
pub use error::StoreError;
pub use handles::{KeyMeter, Reader, Writer};
pub use items::{Changed, Put, Replaced};
pub use keys::{ApiKey, KeyHash, KeyPlace, KeyPut, KeyQuery, NewApiKey};
pub use ledger::{Balance, LedgerItem};
pub use ledger_check::OldestPage;
pub use listing::{Cursor, ListQuery, Page};
pub use merchants::Merchant;
pub use meter::{Cost, Meter};
pub use notice_keys::{NoticeKeys, SealedNoticeKey};
pub use payment_keys::PaymentPut;
pub use payouts::{Given, PayableFunds, PayoutPut, PayoutSettled};
pub use prices::PricePut;
pub use processor_accounts::ProcessorAccount;
pub use queue::{Queue, QueueMessage};
pub use rate_limit::{Counted, Met, Metered, Token};
pub use refunds::RefundPut;
pub use sealed::{Sealed, SealedPage};
pub use secrets::Secrets;
