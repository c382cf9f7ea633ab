//! What must hold of a payment, whatever happens to it.
#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::{
    contact::Billing,
    id::PaymentMethodId,
    money::Currency,
    processor_charge::{ProcessorTransactionId, Stage},
    replay::Replayable,
    source::{Card, Decline, ProcessorKind, SealedCard},
};

pub(crate) const NOW: Timestamp = Timestamp::from_s(1_736_720_000);

pub(crate) fn payment(minor: i64, outcome: Outcome) -> Payment {
    Payment::create(new_payment(minor), outcome, NOW)
}

fn hosted(minor: i64, confirmed: bool) -> Payment {
    let hosted = HostedCharge {
        processor: ProcessorKind::Mpgs,
        account: "shop".into(),
        card: SealedCard("sealed".into()),
        hosted: Hosted { order_id: "1".into(), metadata: None, cancel_url: None },
        return_url: None,
        expires: NOW.plus_ms(1000),
        confirmed,
    };
    Payment::create_hosted(new_payment(minor), hosted, NOW)
}

fn new_payment(minor: i64) -> NewPayment {
    NewPayment {
        id: PaymentId::from_bytes([9; 16]),
        front_door: FrontDoor::Charges,
        request: "req_1".into(),
        amount: Money { minor, currency: Currency::from_code("GBP").unwrap() },
        source: Some(Source::Card(Card {
            brand: crate::source::Brand::Visa,
            last4: "4242".into(),
            exp_month: 12,
            exp_year: 2030,
            wallet: None,
        })),
        instrument: Some(Instrument("visa_4242".into())),
        customer: None,
        description: None,
        metadata: Metadata::default(),
        fingerprint: None,
    }
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Approved),
        Just(Outcome::Declined(Decline::CardDeclined)),
        Just(Outcome::ChallengeRequired),
        Just(Outcome::Pending { ask_at: NOW.plus_ms(1000) }),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::SetReturnUrl("https://x.example/back".into())),
        outcomes().prop_map(Command::ChallengePassed),
        Just(Command::ChallengeFailed),
        Just(Command::ChallengeExpired),
        outcomes().prop_map(Command::Settled),
        Just(Command::PayerConfirmed),
        Just(Command::Cancel),
        Just(Command::BeginCharge { ask_at: NOW.plus_ms(9) }),
        Just(Command::AskAgain { ask_at: NOW.plus_ms(9) }),
        Just(Command::SendAgain { ask_at: NOW.plus_ms(9) }),
        Just(Command::NothingDone { ask_at: NOW.plus_ms(9) }),
        Just(Command::HeldForReview { authorization: transaction_id("a"), ask_at: NOW.plus_ms(9) }),
        Just(Command::Authorized { authorization: transaction_id("a"), ask_at: NOW.plus_ms(9) }),
        Just(Command::Captured { capture: transaction_id("c") }),
        Just(Command::Refused(Decline::CardDeclined)),
        Just(Command::RefusedWithHold { authorization: transaction_id("a"), decline: Decline::CardDeclined }),
        Just(Command::GiveUp),
        Just(Command::Voided),
        Just(Command::Released),
        Just(Command::Keep("an answer".into())),
        Just(Command::Resume),
        Just(Command::Stuck { ask_at: NOW.plus_ms(9) }),
        (-5..2000_i64).prop_map(Command::Refund),
        (-5..2000_i64).prop_map(Command::RefundFailed),
    ]
}

fn transaction_id(text: &str) -> ProcessorTransactionId {
    ProcessorTransactionId::parse(text).unwrap()
}

fn method() -> Method {
    Method {
        id: PaymentMethodId::from_bytes([1; 16]),
        source: new_payment(1).source.unwrap(),
        instrument: Instrument("i".into()),
        billing: Billing { name: Some("A".into()), ..Billing::default() },
    }
}

fn intent_commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (proptest::option::of(Just(Box::new(method()))), outcomes()).prop_map(|(method, outcome)| {
            Command::Confirm { method, return_url: None, changes: Box::default(), outcome }
        }),
        Just(Command::Amend(Box::new(Amendment { method: Some(method()), ..Amendment::default() }))),
        Just(Command::Annotate(Box::new(Amendment {
            description: Some(Some("x".into())),
            ..Amendment::default()
        }))),
        (-5..6000_i64).prop_map(Command::Capture),
        Just(Command::CancelIntent(None)),
        commands(),
    ]
}

proptest! {
    /// The same for intents: they are charged at most once, whatever is asked of them.
    #[test]
    fn no_sequence_of_commands_breaks_an_intent(
        minor in 50..5000_i64,
        manual_capture: bool,
        commands in proptest::collection::vec(intent_commands(), 0..40),
    ) {
        let new = NewPayment { source: None, instrument: None, ..new_payment(minor) };
        let intent = Intent { manual_capture, ..Intent::default() };
        let created = Payment::create_intent(new, intent, NOW);
        let mut now = created.clone();
        for command in commands {
            let Ok(next) = now.apply(command, NOW.plus_ms(1), &"req_2".into()) else { continue };
            prop_assert!((0..=next.amount_captured).contains(&next.amount_refunded));
            prop_assert!(next.amount_captured <= minor);
            prop_assert_eq!(next.amount_captured > 0, next.state.status == Status::Succeeded);
            if now.state.status.is_final() {
                prop_assert_eq!(next.state.status, now.state.status);
                prop_assert_eq!(next.amount_captured, now.amount_captured);
            }
            prop_assert!(next.state.status != Status::Failed);
            let waits = matches!(next.state.status, Status::RequiresAction | Status::Processing | Status::RequiresCapture);
            prop_assert_eq!(next.due.is_some(), waits);
            prop_assert_eq!(next.state.decline.is_some() && !next.state.status.is_final(), next.state.decline.is_some());
            now = next;
        }
        let version = created.version;
        let replayed = now.into_created();
        prop_assert_eq!(replayed.version, version);
        prop_assert_eq!(replayed, created);
    }

    /// Whatever is asked in whatever order: money is conserved, ends stay ends, refusals change nothing.
    #[test]
    fn no_sequence_of_commands_breaks_a_payment(
        minor in 50..5000_i64,
        start in prop_oneof![outcomes().prop_map(Some), Just(None)],
        confirmed: bool,
        commands in proptest::collection::vec(commands(), 0..40),
    ) {
        let created = start.map_or_else(|| hosted(minor, confirmed), |start| payment(minor, start));
        let mut now = created.clone();
        for command in commands {
            let Ok(next) = now.apply(command.clone(), NOW.plus_ms(1), &"req_2".into()) else { continue };
            prop_assert_eq!(next.version, now.version + 1);
            prop_assert!(next.amount_refunded >= 0);
            prop_assert!(next.amount_refunded <= next.amount_captured);
            prop_assert!(next.amount_captured == 0 || next.amount_captured == minor);
            prop_assert_eq!(next.amount_captured > 0, next.state.status == Status::Succeeded);
            prop_assert_eq!(next.state.decline.is_some(), next.state.status == Status::Failed);
            let releasing = matches!(&next.processor_charge, Some(charge) if matches!(charge.stage, Stage::Releasing { .. }));
            prop_assert_eq!(next.due.is_some(), !next.state.status.is_final() || releasing);
            if now.state.status.is_final() {
                prop_assert_eq!(next.state.status, now.state.status);
            }
            prop_assert_eq!(next.completed.is_some(), next.state.status == Status::Succeeded);
            if let Some(processor) = &next.processor_charge {
                keeps_its_stage(&next, processor)?;
            }
            now = next;
        }
        // A decline's answer names the request it was given to, so a failed create must not change.
        if created.state.status == Status::Failed {
            prop_assert_eq!(&now, &created);
        }
        prop_assert_eq!(now.into_created().state, created.state);
    }
}

/// The payment's status and its charge's stage agree: the card is kept while a request may need it, and an
/// authorization is captured, being voided, or gone.
fn keeps_its_stage(payment: &Payment, charge: &ProcessorCharge) -> Result<(), TestCaseError> {
    let card_is_needed = matches!(charge.stage, Stage::Waiting | Stage::Authorizing);
    prop_assert_eq!(charge.card.is_some(), card_is_needed);
    let fits = match payment.state.status {
        Status::RequiresPaymentMethod => false,
        Status::RequiresConfirmation | Status::RequiresAction => charge.stage == Stage::Waiting,
        Status::Processing => matches!(charge.stage, Stage::Authorizing | Stage::InReview { .. }),
        Status::RequiresCapture => matches!(charge.stage, Stage::Authorized { .. }),
        Status::Succeeded => matches!(charge.stage, Stage::Captured { .. }),
        Status::Failed | Status::Canceled => matches!(charge.stage, Stage::Releasing { .. } | Stage::Ended),
    };
    prop_assert!(fits, "{:?} {:?}", payment.state.status, charge.stage);
    Ok(())
}

fn after(payment: &Payment, commands: &[Command]) -> Payment {
    commands
        .iter()
        .fold(payment.clone(), |payment, command| payment.apply(command.clone(), NOW, &"r".into()).unwrap())
}

#[test]
fn an_authorization_of_a_failed_payment_has_to_be_voided() {
    let ask_at = NOW.plus_ms(9);
    let begun = after(&hosted(1000, true), &[Command::BeginCharge { ask_at }]);
    let authorized = Command::Authorized { authorization: transaction_id("a"), ask_at };
    let held = Command::HeldForReview { authorization: transaction_id("a"), ask_at };
    let refused = || Command::Refused(Decline::CardDeclined);
    let stage = |payment: &Payment| payment.processor_charge.as_ref().unwrap().stage.clone();
    let releasing =
        |authorization: Option<&str>| Stage::Releasing { authorization: authorization.map(transaction_id) };

    let declined_capture = after(&begun, &[authorized.clone(), refused()]);
    assert_eq!(declined_capture.state.status, Status::Failed);
    assert_eq!(stage(&declined_capture), releasing(Some("a")));
    assert_eq!(declined_capture.due, Some(NOW));
    let rejected = after(&begun, &[held, refused()]);
    assert_eq!(stage(&rejected), releasing(Some("a")));
    let given_up = after(&begun, &[Command::GiveUp]);
    assert_eq!(stage(&given_up), releasing(None));
    // The authorization that was given up arrives after all.
    let late = after(&given_up, std::slice::from_ref(&authorized));
    assert_eq!(stage(&late), releasing(Some("a")));
    assert_eq!(late.state.status, Status::Failed);
    let done = after(&late, &[Command::Released]);
    assert_eq!((stage(&done), done.due), (Stage::Ended, None));
    // A clear refusal reserves nothing.
    let refused = after(&begun, &[refused()]);
    assert_eq!((stage(&refused), refused.due), (Stage::Ended, None));
    // Money that was taken for a payment that has ended cannot be taken for a success.
    let captured = Command::Captured { capture: transaction_id("c") };
    assert!(given_up.apply(captured, NOW, &"r".into()).is_err());
}

#[test]
fn an_intent_whose_charge_changes_under_a_challenge_has_to_be_confirmed_again() {
    let intent = Payment::create_intent(new_payment(1000), Intent::default(), NOW);
    let confirm =
        |outcome| Command::Confirm { method: None, return_url: None, changes: Box::default(), outcome };
    let challenged = after(&intent, &[confirm(Outcome::ChallengeRequired)]);
    assert_eq!((challenged.state.status, challenged.challenge_number()), (Status::RequiresAction, 1));
    let amend = |amendment| Command::Amend(Box::new(amendment));
    let more = Money { minor: 99_000, ..challenged.amount };
    let changes = [
        Amendment { amount: Some(more), ..Amendment::default() },
        Amendment { method: Some(method()), ..Amendment::default() },
        Amendment { manual_capture: Some(true), ..Amendment::default() },
    ];
    for change in changes {
        let changed = after(&challenged, &[amend(change)]);
        assert_eq!((changed.state.status, changed.due), (Status::RequiresConfirmation, None));
        let again = after(&changed, &[confirm(Outcome::ChallengeRequired)]);
        assert_eq!((again.state.status, again.challenge_number()), (Status::RequiresAction, 2));
    }
    let harmless = Amendment {
        amount: Some(challenged.amount),
        description: Some(Some("x".into())),
        ..Amendment::default()
    };
    let same = after(&challenged, &[amend(harmless)]);
    assert_eq!(same.state.status, Status::RequiresAction);
    assert_eq!(same.due, challenged.due);
}

#[test]
fn a_create_replays_as_it_was_after_an_annotation_and_after_a_change_of_status() {
    let created = payment(1000, Outcome::ChallengeRequired);
    let annotation = Amendment {
        description: Some(Some("later".into())),
        receipt_email: Some(Some("a@example.com".into())),
        ..Amendment::default()
    };
    let annotate = Command::Annotate(Box::new(annotation));
    let passed = Command::ChallengePassed(Outcome::Approved);
    for commands in [[annotate.clone(), passed.clone()], [passed, annotate]] {
        let changed = after(&created, &commands);
        assert_eq!(changed.state.status, Status::Succeeded);
        assert_eq!(changed.description.as_deref(), Some("later"));
        assert_eq!(changed.receipt_email().map(String::as_str), Some("a@example.com"));
        let replayed = changed.into_created();
        assert_eq!((replayed.state, replayed.description), (created.state.clone(), None));
        assert_eq!(replayed.details, None);
    }
}

#[test]
fn a_payment_keeps_its_customer() {
    let paid = payment(1000, Outcome::Approved);
    let to = |byte| {
        let customer = Some(CustomerId::from_bytes([byte; 16]));
        Command::Annotate(Box::new(Amendment { customer, ..Amendment::default() }))
    };
    let given = after(&paid, &[to(1), to(1)]);
    assert_eq!(given.apply(to(2), NOW, &"r".into()).unwrap_err(), Refusal::HasCustomer);
}

#[test]
fn a_refund_never_exceeds_what_is_left() {
    let paid = payment(1000, Outcome::Approved);
    let once = paid.apply(Command::Refund(600), NOW, &"r".into()).unwrap();
    assert_eq!(once.refundable(), 400);
    assert_eq!(
        once.apply(Command::Refund(401), NOW, &"r".into()).unwrap_err(),
        Refusal::RefundTooLarge { refundable: 400 }
    );
    let all = once.apply(Command::Refund(400), NOW, &"r".into()).unwrap();
    assert_eq!(all.apply(Command::Refund(1), NOW, &"r".into()).unwrap_err(), Refusal::AlreadyRefunded);
    let back = all.apply(Command::RefundFailed(400), NOW, &"r".into()).unwrap();
    assert_eq!(back.refundable(), 400);
}

#[test]
fn what_a_dispute_withholds_cannot_be_refunded() {
    let disputed = Payment { disputed_minor: Some(700), ..payment(1000, Outcome::Approved) };
    let refund = |payment: &Payment, minor| payment.apply(Command::Refund(minor), NOW, &"r".into());
    assert_eq!(refund(&disputed, 301).unwrap_err(), Refusal::RefundTooLarge { refundable: 300 });
    let rest = refund(&disputed, 300).unwrap();
    assert_eq!(refund(&rest, 1).unwrap_err(), Refusal::Disputed);
    // A won dispute gives it back.
    let won = Payment { disputed_minor: Some(0), ..rest };
    assert_eq!(refund(&won, 700).unwrap().refundable(), 0);
}

#[test]
fn a_failed_payment_cannot_be_refunded() {
    let failed = payment(1000, Outcome::Declined(Decline::CardDeclined));
    assert_eq!(
        failed.apply(Command::Refund(1), NOW, &"r".into()).unwrap_err(),
        Refusal::UnexpectedStatus(Status::Failed)
    );
}
