//! Why a command failed.

/// Why a command failed, as the terminal shows it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Cloud(#[from] tollgate_local::Error),
    #[error(
        "no local cloud answers at port {port}. Start one with `cargo local`, or say which with --port. ({reason})"
    )]
    NotRunning { port: u16, reason: String },
    #[error("the local cloud at port {0} has no demo merchant")]
    NoMerchant(u16),
    #[error("{method} {path}: {reason}")]
    Request { method: &'static str, path: String, reason: String },
    #[error("the function `{0}` failed")]
    Function(String),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    System(String),
}

impl Failure {
    /// 2 if the arguments are wrong, as clap's; else 1.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Cloud(_)
            | Self::NotRunning { .. }
            | Self::NoMerchant(_)
            | Self::Request { .. }
            | Self::Function(_)
            | Self::System(_) => 1,
        }
    }
}
