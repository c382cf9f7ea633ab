//! How webhooks are signed.

/// The documented signature header of an API. `tollgate-webhooks` computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureScheme {
    /// `<header>: t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>`. During a rotation there is a `v1` for each secret.
    Timestamped {
        /// The header's name.
        header: &'static str,
        /// Which secret's `v1` comes first during a rotation.
        order: RotationOrder,
    },
    /// `<header>: <hex>`: HMAC-SHA256 of the body. During a rotation the old secret signs: the header holds one signature.
    BodyOnly {
        /// The header's name.
        header: &'static str,
    },
}

/// The order of signatures while two secrets are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationOrder {
    /// For verifiers that read only the first `v1`.
    OldFirst,
    /// For verifiers that try each `v1`.
    NewFirst,
}
