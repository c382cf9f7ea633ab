//! Everything that can be wrong with a request, before a front door puts it into its own words.

use crate::fields::FieldError;

/// Why a request was not done. Each front door renders every one of these in its documented shape.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A parameter of the body or the query is wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Several parameters are wrong.
    #[error("{} parameters are wrong", .0.len())]
    Fields(Vec<FieldError>),
    /// The body is not of the documented type; the text says where.
    #[error("{0}")]
    MalformedBody(String),
    /// The body has more than [`crate::BODY_BYTES_MAX`].
    #[error("the body is too large")]
    BodyTooLarge,
    /// No such path, or not with this method.
    #[error("no such route")]
    UnknownRoute,
    /// The `Idempotency-Key` header is not a key.
    #[error("the Idempotency-Key header is not valid")]
    BadIdempotencyKey,
    /// A version was asked for that does not exist.
    #[error("unknown API version")]
    UnknownApiVersion,
    /// A version was asked for that has ended.
    #[error("the API version has ended")]
    VersionEnded,
    /// The rules do not allow it, because of this parameter: the common words name another one, which this request does not have.
    #[error("{0}: {1}")]
    About(String, tollgate_gateway::Error),
    /// The caller may not, the rules do not allow it, or we failed.
    #[error(transparent)]
    Gateway(#[from] tollgate_gateway::Error),
}

impl From<tollgate_domain::Refusal> for Problem {
    fn from(refusal: tollgate_domain::Refusal) -> Self {
        Self::Gateway(refusal.into())
    }
}
