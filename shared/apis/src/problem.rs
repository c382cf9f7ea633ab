//! Everything that can be wrong with a request. Each API has its own code and message for each.

use std::fmt;

use tollgate_domain::{Denied, Refusal, metadata::BadMetadata};

/// Largest request body, in bytes.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Why a request failed.
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
    /// The body is larger than [`BODY_BYTES_MAX`].
    #[error("the body is too large")]
    BodyTooLarge,
    /// No such path, or not with this method.
    #[error("no such route")]
    UnknownRoute,
    /// The `Idempotency-Key` header is not a valid key.
    #[error("the Idempotency-Key header is not valid")]
    BadIdempotencyKey,
    /// The requested API version does not exist.
    #[error("unknown API version")]
    UnknownApiVersion,
    /// The requested API version has ended.
    #[error("the API version has ended")]
    VersionEnded,
    /// The caller is not allowed to make the request.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rules do not allow it, because of this parameter of the request. Used where [`ApiError::of`](crate::ApiError::of)
    /// would name another parameter.
    #[error("{0}: {1}")]
    RefusedParam(String, Refusal),
    /// Tollgate failed. The text is logged, never answered.
    #[error("internal: {0}")]
    Internal(String),
}

/// A parameter that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {issue}", .path.join("."))]
pub struct FieldError {
    /// Where it is: `["source", "token"]`.
    pub path: Vec<String>,
    /// What is wrong.
    pub issue: Issue,
}

impl FieldError {
    /// Metadata that is wrong, by its key where one is to blame.
    pub fn of_metadata(bad: BadMetadata) -> Self {
        let key = bad.key().filter(|key| !key.is_empty());
        let path = std::iter::once("metadata").chain(key).map(str::to_owned).collect();
        Self { path, issue: Issue::Metadata(bad) }
    }
}

/// What is wrong with a parameter. The text follows the parameter's name in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issue {
    /// It has to be there.
    Missing,
    /// There is no such parameter.
    Unknown,
    /// The published conventions have such a parameter, and this gateway cannot honour it.
    Unsupported,
    /// Not an integer.
    NotInteger,
    /// Not an absolute http or https URL.
    NotUrl,
    /// Not of this type (`a string`).
    NotA(&'static str),
    /// More than so many characters.
    TooLong(usize),
    /// Empty where it may not be.
    Empty,
    /// Control characters.
    ControlCharacters,
    /// Not one of these.
    NotOneOf(&'static [&'static str]),
    /// Outside these bounds, both included.
    OutOfRange(i64, i64),
    /// More than so many entries.
    TooMany(usize),
    /// Not of the form that its name says (`a valid e-mail address`).
    NotValid(&'static str),
    /// Metadata is wrong.
    Metadata(BadMetadata),
    /// Something else; the text follows the parameter's name in a sentence.
    Other(String),
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is required"),
            Self::Unknown => f.write_str("is not a known parameter"),
            Self::Unsupported => f.write_str("is not supported"),
            Self::NotInteger => f.write_str("must be an integer"),
            Self::NotUrl => f.write_str("must be an absolute http or https URL"),
            Self::NotA(what) | Self::NotValid(what) => write!(f, "must be {what}"),
            Self::TooLong(max) => write!(f, "must have at most {max} characters"),
            Self::Empty => f.write_str("must not be empty"),
            Self::ControlCharacters => f.write_str("must not contain control characters"),
            Self::NotOneOf(options) => write!(f, "must be one of: {}", options.join(", ")),
            Self::OutOfRange(min, max) => write!(f, "must be between {min} and {max}"),
            Self::TooMany(max) => write!(f, "must have at most {max} entries"),
            Self::Metadata(bad) => bad.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl FieldError {
    /// A wrong parameter at the top of the body or query.
    pub fn new(name: &str, issue: Issue) -> Self {
        Self { path: vec![name.to_owned()], issue }
    }

    /// The parameter as `source.token`.
    pub fn dotted(&self) -> String {
        self.path.join(".")
    }

    /// The parameter as `source[token]`.
    pub fn bracketed(&self) -> String {
        let mut parts = self.path.iter();
        let first = parts.next().cloned().unwrap_or_default();
        parts.fold(first, |text, part| format!("{text}[{part}]"))
    }
}
