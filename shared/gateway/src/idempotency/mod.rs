//! Requests that take effect once, however often they are sent.
//!
//! | request | protected by | use |
//! |---|---|---|
//! | a create | the id, which is derived from the idempotency key | `Call::create_idempotent` |
//! | a change | snapshots of earlier answers on the resource | `Call::change` |
//! | more than one write | a record with a lease | `Call::run_idempotent` |
//!
//! - `idempotent`: `Idempotency`, the key of a request, and `Idempotent`, an answer that may be a replay.
//! - `resource`: `IdempotentResource`, what can be created and changed with a key; replays of its answers.
//! - `create`, `change`, `operation`: the three kinds of request.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod idempotent;
pub(crate) mod operation;
pub(crate) mod resource;
