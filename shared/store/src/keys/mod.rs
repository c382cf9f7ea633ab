//! API keys of merchants.
//!
//! | item | pk | content |
//! |---|---|---|
//! | key | `KEY#<sha256>` | everything about the key, with its rate counters |
//! | key by id | `KID#<merchant>#<id>` | the partition key of the key with this id |
//! | live keys | `<tenant>KEYS` | the ids of the tenant's accepted keys, each with its end |
//!
//! One transaction writes all three. So a new key is found by its id at once, and concurrent requests cannot
//! create more keys than allowed. Keys of the first releases have only the first item; they are found through
//! the index `gsi1`. The index lags, so a decision relies on it only where no other item exists.

mod contract;
mod create;
mod end;
mod index;
mod key;
mod live;
mod lookup;

pub(crate) use self::{contract::with_contract, key::key_of};
pub use self::{
    create::KeyPut,
    index::{KeyPlace, KeyQuery},
    key::{ApiKey, KeyHash, NewApiKey},
};
