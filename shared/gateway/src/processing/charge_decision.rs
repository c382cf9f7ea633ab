//! Decides the next step of a charge that is open with its processor.

use tollgate_domain::{ProcessorCharge, Stage, Timestamp, payment::AUTHORIZATION_LIFETIME_MS};
use tollgate_processors::processor::TransactionStatus;

use super::limits::{AUTHORIZE_MS_MAX, SENDS_MAX, TRY_MS_MAX};

/// The next step of a charge, given its status at the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Apply the status.
    Apply,
    /// No request took effect: send it again.
    SendAgain,
    /// Too late: end the payment without the money.
    GiveUp,
    /// Ask again later.
    Wait,
    /// Only the operator can continue.
    Stuck,
}

/// Decides the next step of a charge whose processor shows `found`. `settle_ms` is how long a request may
/// still take effect.
pub(super) fn next_step(
    charge: &ProcessorCharge,
    found: &TransactionStatus,
    now: Timestamp,
    settle_ms: i64,
) -> Next {
    let settled = charge.sent.is_settled(now, settle_ms);
    let lasted = |limit_ms| charge.since.is_some_and(|since| since.plus_ms(limit_ms) <= now);
    let may_send = |limit_ms| charge.sent.times < SENDS_MAX && !lasted(limit_ms);
    match &charge.stage {
        Stage::Authorizing => match found {
            TransactionStatus::Nothing if settled && may_send(AUTHORIZE_MS_MAX) => Next::SendAgain,
            TransactionStatus::Nothing if settled => Next::GiveUp,
            TransactionStatus::Undecided if settled && lasted(AUTHORIZE_MS_MAX) => Next::GiveUp,
            TransactionStatus::Nothing | TransactionStatus::Undecided => Next::Wait,
            TransactionStatus::InReview { .. }
            | TransactionStatus::Authorized { .. }
            | TransactionStatus::Captured { .. }
            | TransactionStatus::Declined(_)
            | TransactionStatus::DeclinedWithHold { .. }
            | TransactionStatus::Voided => Next::Apply,
        },
        Stage::InReview { .. } => match found {
            TransactionStatus::InReview { .. }
            | TransactionStatus::Nothing
            | TransactionStatus::Undecided => {
                if lasted(AUTHORIZATION_LIFETIME_MS) {
                    Next::GiveUp
                } else {
                    Next::Wait
                }
            }
            TransactionStatus::Authorized { .. }
            | TransactionStatus::Captured { .. }
            | TransactionStatus::Declined(_)
            | TransactionStatus::DeclinedWithHold { .. }
            | TransactionStatus::Voided => Next::Apply,
        },
        Stage::Authorized { .. } => match found {
            TransactionStatus::Authorized { .. } if settled && may_send(TRY_MS_MAX) => Next::SendAgain,
            TransactionStatus::Authorized { .. } if settled => Next::GiveUp,
            TransactionStatus::Authorized { .. }
            | TransactionStatus::InReview { .. }
            | TransactionStatus::Nothing
            | TransactionStatus::Undecided => {
                if lasted(TRY_MS_MAX) {
                    Next::Stuck
                } else {
                    Next::Wait
                }
            }
            TransactionStatus::Captured { .. }
            | TransactionStatus::Declined(_)
            | TransactionStatus::DeclinedWithHold { .. }
            | TransactionStatus::Voided => Next::Apply,
        },
        Stage::Waiting | Stage::Captured { .. } | Stage::Releasing { .. } | Stage::Ended => Next::Wait,
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{
        Decline, ProcessorTransactionId,
        processor_charge::Sent,
        source::{ProcessorKind, SealedCard},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_795_219_200);
    const SETTLE_MS: i64 = 60_000;

    fn id(text: &str) -> ProcessorTransactionId {
        ProcessorTransactionId::parse(text).unwrap()
    }

    /// A charge in a stage, whose `times`-th request was sent `ago_ms` milliseconds ago, in that stage for
    /// `lasted_ms`.
    fn charge(stage: Stage, times: u32, ago_ms: i64, lasted_ms: i64) -> ProcessorCharge {
        ProcessorCharge {
            stage,
            since: Some(NOW.plus_ms(-lasted_ms)),
            sent: Sent { times, last: Some(NOW.plus_ms(-ago_ms)), renewed: 0 },
            ..ProcessorCharge::new(ProcessorKind::Mpgs, None, SealedCard("s".into()))
        }
    }

    fn next(charge: &ProcessorCharge, found: &TransactionStatus) -> Next {
        next_step(charge, found, NOW, SETTLE_MS)
    }

    #[test]
    fn that_nothing_is_shown_proves_nothing_until_the_request_has_settled() {
        let fresh = charge(Stage::Authorizing, 1, SETTLE_MS - 1, SETTLE_MS - 1);
        let settled = charge(Stage::Authorizing, 1, SETTLE_MS, SETTLE_MS);
        assert_eq!(next(&fresh, &TransactionStatus::Nothing), Next::Wait);
        assert_eq!(next(&settled, &TransactionStatus::Nothing), Next::SendAgain);
        // One that is known and not decided is never sent again.
        assert_eq!(next(&settled, &TransactionStatus::Undecided), Next::Wait);
        let stage = || Stage::Authorized { authorization: id("a") };
        let found = TransactionStatus::Authorized { authorization: id("a") };
        assert_eq!(next(&charge(stage(), 1, SETTLE_MS - 1, 0), &found), Next::Wait);
        assert_eq!(next(&charge(stage(), 1, SETTLE_MS, 0), &found), Next::SendAgain);
        assert_eq!(next(&charge(stage(), 1, SETTLE_MS, 0), &TransactionStatus::Nothing), Next::Wait);
    }

    #[test]
    fn requests_are_sent_again_a_bounded_number_of_times_and_for_a_bounded_time() {
        let often = charge(Stage::Authorizing, SENDS_MAX, SETTLE_MS, SETTLE_MS);
        assert_eq!(next(&often, &TransactionStatus::Nothing), Next::GiveUp);
        let long = charge(Stage::Authorizing, 1, SETTLE_MS, AUTHORIZE_MS_MAX);
        assert_eq!(next(&long, &TransactionStatus::Nothing), Next::GiveUp);
        assert_eq!(next(&long, &TransactionStatus::Undecided), Next::GiveUp);
        // However long it lasted: what may still be on its way is waited for.
        let unsettled = charge(Stage::Authorizing, 1, SETTLE_MS - 1, AUTHORIZE_MS_MAX);
        assert_eq!(next(&unsettled, &TransactionStatus::Nothing), Next::Wait);
        let stage = || Stage::Authorized { authorization: id("a") };
        let found = TransactionStatus::Authorized { authorization: id("a") };
        assert_eq!(next(&charge(stage(), SENDS_MAX, SETTLE_MS, SETTLE_MS), &found), Next::GiveUp);
        assert_eq!(
            next(&charge(stage(), 1, SETTLE_MS, TRY_MS_MAX), &TransactionStatus::Undecided),
            Next::Stuck
        );
    }

    #[test]
    fn a_review_is_waited_for_as_long_as_the_authorization_lives() {
        let stage = || Stage::InReview { authorization: id("a") };
        let found = TransactionStatus::InReview { authorization: id("a") };
        let lifetime_ms = AUTHORIZATION_LIFETIME_MS;
        assert_eq!(next(&charge(stage(), 0, 0, lifetime_ms - 1), &found), Next::Wait);
        assert_eq!(next(&charge(stage(), 0, 0, lifetime_ms), &found), Next::GiveUp);
        let accepted = TransactionStatus::Authorized { authorization: id("a") };
        assert_eq!(next(&charge(stage(), 0, 0, lifetime_ms), &accepted), Next::Apply);
    }

    #[test]
    fn clear_answers_decide_in_every_stage() {
        let stages = [
            Stage::Authorizing,
            Stage::InReview { authorization: id("a") },
            Stage::Authorized { authorization: id("a") },
        ];
        let captured = TransactionStatus::Captured { authorization: id("a"), capture: id("c") };
        for stage in stages {
            for found in [
                TransactionStatus::Voided,
                TransactionStatus::Declined(Decline::CardDeclined),
                captured.clone(),
            ] {
                assert_eq!(next(&charge(stage.clone(), 1, 0, 0), &found), Next::Apply);
            }
        }
    }
}
