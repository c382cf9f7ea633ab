//! Whether the payer is there while an intent is charged, and so can be challenged.

use tollgate_domain::{Decline, Source, Timestamp, payment::Outcome, source::Instrument};
use tollgate_processors::sandbox;

use super::sandbox_charge::sandbox_outcome;
use crate::error::Error;

/// The decline code of a charge that would have needed the payer.
const AUTHENTICATION_REQUIRED: &str = "authentication_required";

/// Whether the payer is there while an intent is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayerPresence {
    /// The payer is elsewhere: a method that was set up for such charges is not challenged.
    pub off_session: bool,
    /// A challenge is a decline.
    pub refuses_challenge: bool,
}

/// The sandbox's answer to a charge.
pub(super) struct Charged {
    pub(super) outcome: Outcome,
    /// The issuer's code for a decline, where it says more than the decline.
    pub(super) decline_code: Option<&'static str>,
}

impl PayerPresence {
    /// Charges an instrument. A payer who is not there is not challenged: the charge is declined.
    pub(super) fn charge(
        self,
        instrument: &Instrument,
        source: Option<&Source>,
        now: Timestamp,
    ) -> Result<Charged, Error> {
        let charged = if self.off_session { sandbox::charge_off_session } else { sandbox::charge };
        let outcome = sandbox_outcome(charged(instrument, now))?;
        Ok(match outcome {
            Outcome::ChallengeRequired if self.off_session || self.refuses_challenge => Charged {
                outcome: Outcome::Declined(Decline::AuthenticationFailed),
                decline_code: Some(AUTHENTICATION_REQUIRED),
            },
            Outcome::Declined(Decline::CardDeclined) => {
                Charged { outcome, decline_code: source.and_then(sandbox::issuer_code) }
            }
            Outcome::Declined(_)
            | Outcome::Approved
            | Outcome::ChallengeRequired
            | Outcome::Pending { .. } => Charged { outcome, decline_code: None },
        })
    }
}
