//! How the sandbox behaves when an instrument is charged.

use tollgate_domain::Decline;

/// The result of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behavior {
    Succeeds,
    Declines(Decline),
    ChallengeThenSucceeds,
    ChallengeThenDeclines(Decline),
    /// Challenged, unless the payer is elsewhere: it counts as set up for such charges.
    ChallengeUnlessSetUp,
    /// Its money is available at once.
    SucceedsAndIsAvailable,
    SucceedsThenDisputed,
    RefundFailsLater,
    RefundSucceedsLater,
    BankSucceedsLater,
    BankFailsLater,
}
