//! How the sandbox behaves when an instrument is charged.

use tollgate_domain::Decline;

use super::disputes::DisputeScript;

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
    SucceedsThenDisputed(&'static [DisputeScript]),
    RefundFailsLater,
    RefundSucceedsLater,
    BankSucceedsLater,
    BankFailsLater,
}

/// What comes of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChargeBehavior {
    Approved,
    Declined(Decline),
    /// Challenged; after a passed challenge it is approved, or declined for this reason. One that is set up is approved
    /// without a challenge while the payer is elsewhere.
    Challenged {
        decline: Option<Decline>,
        is_set_up: bool,
    },
    /// Pending; then approved, or declined for this reason.
    DecidedLater {
        decline: Option<Decline>,
    },
}

/// What comes of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefundBehavior {
    Succeeds,
    /// Pending; then it succeeds or fails.
    DecidedLater {
        fails: bool,
    },
}

impl Behavior {
    /// What comes of a charge of it.
    pub(super) const fn of_charge(self) -> ChargeBehavior {
        match self {
            Self::Succeeds
            | Self::SucceedsAndIsAvailable
            | Self::SucceedsThenDisputed(_)
            | Self::RefundFailsLater
            | Self::RefundSucceedsLater => ChargeBehavior::Approved,
            Self::Declines(decline) => ChargeBehavior::Declined(decline),
            Self::ChallengeThenSucceeds => ChargeBehavior::Challenged { decline: None, is_set_up: false },
            Self::ChallengeThenDeclines(decline) => {
                ChargeBehavior::Challenged { decline: Some(decline), is_set_up: false }
            }
            Self::ChallengeUnlessSetUp => ChargeBehavior::Challenged { decline: None, is_set_up: true },
            Self::BankSucceedsLater => ChargeBehavior::DecidedLater { decline: None },
            Self::BankFailsLater => {
                ChargeBehavior::DecidedLater { decline: Some(Decline::BankTransferFailed) }
            }
        }
    }

    /// What comes of a refund of its charge.
    pub(super) const fn of_refund(self) -> RefundBehavior {
        match self {
            Self::Succeeds
            | Self::SucceedsAndIsAvailable
            | Self::SucceedsThenDisputed(_)
            | Self::Declines(_)
            | Self::ChallengeThenSucceeds
            | Self::ChallengeThenDeclines(_)
            | Self::ChallengeUnlessSetUp
            | Self::BankSucceedsLater
            | Self::BankFailsLater => RefundBehavior::Succeeds,
            Self::RefundFailsLater => RefundBehavior::DecidedLater { fails: true },
            Self::RefundSucceedsLater => RefundBehavior::DecidedLater { fails: false },
        }
    }
}
