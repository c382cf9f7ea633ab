//! A merchant's own account.
//!
//! - `api_keys`: `account`, `list_api_keys`, `create_api_key`, `roll_api_key`, `revoke_api_key`.

pub(crate) mod api_keys;
