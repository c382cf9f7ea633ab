//! The vault: encryption of card numbers and processor secrets.
//!
//! - `cipher`: `Vault` seals and opens texts.
//! - `key_versions`: `VaultKeys`, the versions of the vault's key and their life cycle.
//! - `key_source`: where the vault reads the versions.

pub(crate) mod cipher;
pub(crate) mod key_source;
pub(crate) mod key_versions;
