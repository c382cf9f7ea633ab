//! The sandbox processor: test cards, test tokens and test bank accounts, and their results.
//!
//! The [`Instrument`] itself names its behavior, so the sandbox stores nothing.

mod behavior;
mod cards;
mod disputes;
mod names;

use tollgate_domain::{
    Decline, EnteredCard, Source, Timestamp,
    payment::Outcome,
    refund::RefundOutcome,
    source::{BankAccount, Brand, Card, Instrument, SepaDebit, Wallet},
};

/// How long the sandbox takes for a bank transfer or a slow refund, in milliseconds. Due work runs every
/// second in the local cloud and every minute when deployed.
pub const DECIDES_AFTER_MS: i64 = 1000;
/// Expiry of all cards behind test tokens.
const TOKEN_EXPIRY: (u8, u16) = (12, 2030);
/// The bank account whose transfers fail.
const FAILING_ACCOUNT: &str = "00012345";

/// The IBAN whose debits fail.
const FAILING_IBAN: &str = "DE62370400440532013001";

use behavior::{Behavior, ChargeBehavior, RefundBehavior};
pub use cards::TestCard;
use cards::{CARDS, SIMPLE_SOURCES, description};
pub use disputes::{DisputeDecision, DisputeScript, EVIDENCE_MS, dispute_decision};
use names::{NAMED, NAMED_PLAIN};

use Behavior::{
    BankFailsLater, BankSucceedsLater, ChallengeThenDeclines, ChallengeThenSucceeds, ChallengeUnlessSetUp,
    Declines, RefundFailsLater, RefundSucceedsLater, Succeeds, SucceedsAndIsAvailable, SucceedsThenDisputed,
};

/// The name of each behavior in an [`Instrument`].
const NAMES: &[(&str, Behavior)] = &[
    ("succeeds", Succeeds),
    ("declines:card_declined", Declines(Decline::CardDeclined)),
    ("declines:insufficient_funds", Declines(Decline::InsufficientFunds)),
    ("declines:expired_card", Declines(Decline::ExpiredCard)),
    ("declines:incorrect_cvc", Declines(Decline::IncorrectCvc)),
    ("declines:processing_error", Declines(Decline::ProcessingError)),
    ("challenge:succeeds", ChallengeThenSucceeds),
    ("challenge:declines", ChallengeThenDeclines(Decline::CardDeclined)),
    ("challenge:declines:insufficient_funds", ChallengeThenDeclines(Decline::InsufficientFunds)),
    ("challenge:declines:processing_error", ChallengeThenDeclines(Decline::ProcessingError)),
    ("challenge:unless_set_up", ChallengeUnlessSetUp),
    ("available", SucceedsAndIsAvailable),
    ("disputed", SucceedsThenDisputed(DisputeScript::FRAUDULENT)),
    ("disputed:product_not_received", SucceedsThenDisputed(DisputeScript::NOT_RECEIVED)),
    ("disputed:inquiry", SucceedsThenDisputed(DisputeScript::INQUIRY)),
    ("disputed:early_fraud", SucceedsThenDisputed(DisputeScript::EARLY_FRAUD)),
    ("disputed:twice", SucceedsThenDisputed(DisputeScript::TWICE)),
    ("refund_fails", RefundFailsLater),
    ("refund_succeeds_later", RefundSucceedsLater),
    ("bank:succeeds", BankSucceedsLater),
    ("bank:fails", BankFailsLater),
];

/// An instrument with the details that answers show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chargeable {
    /// The details that answers show.
    pub source: Source,
    /// The instrument to charge.
    pub instrument: Instrument,
}

/// The instrument was not made by the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the instrument is not one of the sandbox's")]
pub struct UnknownInstrument;

/// The test card of a card token: `tok_<brand>_<last4>`, or a named payment method (`pm_card_visa`).
pub fn card_token(token: &str) -> Option<Chargeable> {
    if let Some(named) = named(token) {
        return Some(named);
    }
    let (brand, last4) = token.strip_prefix("tok_")?.split_once('_')?;
    let brand = [Brand::Visa, Brand::Mastercard, Brand::Amex].into_iter().find(|b| b.as_str() == brand)?;
    card(brand, last4)
}

/// The card of a named payment method: `pm_card_visa`, …
fn named(name: &str) -> Option<Chargeable> {
    if let Some((_, brand, last4)) = NAMED.iter().find(|(named, ..)| *named == name) {
        return card(*brand, last4);
    }
    let (_, brand, last4) = NAMED_PLAIN.iter().find(|(named, ..)| *named == name)?;
    Some(shown_card(*brand, last4, Succeeds))
}

/// The card of a named token: `tok_visa`, `tok_chargeDeclinedExpiredCard`, … What follows `tok_` is what
/// follows `pm_card_` in the name of a payment method.
pub fn named_token(token: &str) -> Option<Chargeable> {
    named(&format!("pm_card_{}", token.strip_prefix("tok_")?))
}

/// The issuer's code for a decline of a test card that says no more than "declined"; `None` where there is
/// none.
pub fn issuer_code(source: &Source) -> Option<&'static str> {
    let Source::Card(card) = source else { return None };
    match (card.brand, card.last4.as_str()) {
        (Brand::Visa, "9987") => Some("lost_card"),
        (Brand::Visa, "9979") => Some("stolen_card"),
        (Brand::Visa, "6975") => Some("card_velocity_exceeded"),
        (Brand::Visa, "0019" | "4954") => Some("fraudulent"),
        _ => None,
    }
}

/// The test cards, the most used first.
pub fn test_cards() -> impl Iterator<Item = TestCard> {
    CARDS.iter().map(|(number, brand, behavior)| {
        let last4 = number.len().saturating_sub(4);
        let token = format!("tok_{}_{}", brand.as_str(), &number[last4..]);
        TestCard {
            number,
            brand: *brand,
            token: card_token(&token).is_some().then_some(token),
            outcome: description(*behavior),
        }
    })
}

/// The test card of a source of `simple`: `tok_visa`, `tok_chargeDeclined`, …
pub fn simple_source(source: &str) -> Option<Chargeable> {
    let (_, brand, last4) = SIMPLE_SOURCES.iter().find(|(name, ..)| *name == source)?;
    card(*brand, last4)
}

/// An entered card. Test cards behave as listed; all others succeed.
pub fn entered_card(card: &EnteredCard) -> Chargeable {
    let listed = CARDS.iter().find(|(number, ..)| *number == card.pan.reveal());
    let behavior = listed.map_or(Succeeds, |(.., behavior)| *behavior);
    Chargeable { source: Source::Card(card.shown()), instrument: behavior.instrument() }
}

/// Whether this names a payment method of the sandbox: `pm_card_visa`, …
pub fn is_named(name: &str) -> bool {
    named(name).is_some()
}

/// A SEPA account. Its debits are decided later.
pub fn sepa_debit(iban: &str, shown: SepaDebit) -> Chargeable {
    let behavior = if iban == FAILING_IBAN { BankFailsLater } else { BankSucceedsLater };
    Chargeable { source: Source::SepaDebit(shown), instrument: behavior.instrument() }
}

/// Why a test card is declined after any challenge; `None` for other cards.
pub fn decline_of(number: &str) -> Option<Decline> {
    let (.., behavior) = CARDS.iter().find(|(listed, ..)| *listed == number)?;
    match behavior.of_charge() {
        ChargeBehavior::Declined(decline) => Some(decline),
        ChargeBehavior::Challenged { decline, .. } => decline,
        ChargeBehavior::Approved | ChargeBehavior::DecidedLater { .. } => None,
    }
}

/// The card of a test wallet: `tok_apple_…` or `tok_google_…`. A token that ends in `_declined` is declined.
pub fn wallet_token(wallet: Wallet, token: &str) -> Option<Chargeable> {
    let prefix = match wallet {
        Wallet::ApplePay => "tok_apple_",
        Wallet::GooglePay => "tok_google_",
    };
    let name = token.strip_prefix(prefix)?;
    if name.is_empty() || token.len() > 255 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let declined = name == "declined" || name.ends_with("_declined");
    let behavior = if declined { Declines(Decline::CardDeclined) } else { Succeeds };
    let mut chargeable = card(Brand::Visa, "4242")?;
    chargeable.instrument = behavior.instrument();
    if let Source::Card(card) = &mut chargeable.source {
        card.wallet = Some(wallet);
    }
    Some(chargeable)
}

/// A bank account. Only the last four digits of its number are stored.
pub fn bank_account(account_number: &str, sort_code: &str, account_holder_name: &str) -> Chargeable {
    let behavior = if account_number == FAILING_ACCOUNT { BankFailsLater } else { BankSucceedsLater };
    let last4 =
        account_number.char_indices().rev().nth(3).map_or(account_number, |(at, _)| &account_number[at..]);
    Chargeable {
        source: Source::BankTransfer(BankAccount {
            last4: last4.to_owned(),
            sort_code: sort_code.to_owned(),
            account_holder_name: account_holder_name.to_owned(),
        }),
        instrument: behavior.instrument(),
    }
}

/// Charges an instrument.
pub fn charge(instrument: &Instrument, now: Timestamp) -> Result<Outcome, UnknownInstrument> {
    Ok(match Behavior::of(instrument)?.of_charge() {
        ChargeBehavior::Approved => Outcome::Approved,
        ChargeBehavior::Declined(decline) => Outcome::Declined(decline),
        ChargeBehavior::Challenged { .. } => Outcome::ChallengeRequired,
        ChargeBehavior::DecidedLater { .. } => Outcome::Pending { ask_at: now.plus_ms(DECIDES_AFTER_MS) },
    })
}

/// Charges an instrument while the payer is elsewhere: one that was set up for this is not challenged.
pub fn charge_off_session(instrument: &Instrument, now: Timestamp) -> Result<Outcome, UnknownInstrument> {
    match Behavior::of(instrument)?.of_charge() {
        ChargeBehavior::Challenged { is_set_up: true, .. } => Ok(Outcome::Approved),
        ChargeBehavior::Approved
        | ChargeBehavior::Declined(_)
        | ChargeBehavior::Challenged { is_set_up: false, .. }
        | ChargeBehavior::DecidedLater { .. } => charge(instrument, now),
    }
}

/// Charges an instrument after a passed challenge.
pub fn charge_after_challenge(instrument: &Instrument, now: Timestamp) -> Result<Outcome, UnknownInstrument> {
    match Behavior::of(instrument)?.of_charge() {
        ChargeBehavior::Challenged { decline, .. } => Ok(decided(decline)),
        ChargeBehavior::Approved | ChargeBehavior::Declined(_) | ChargeBehavior::DecidedLater { .. } => {
            charge(instrument, now)
        }
    }
}

/// Queries a pending charge.
pub fn look_up_charge(instrument: &Instrument, now: Timestamp) -> Result<Outcome, UnknownInstrument> {
    match Behavior::of(instrument)?.of_charge() {
        ChargeBehavior::DecidedLater { decline } => Ok(decided(decline)),
        ChargeBehavior::Approved | ChargeBehavior::Declined(_) | ChargeBehavior::Challenged { .. } => {
            charge(instrument, now)
        }
    }
}

/// What a challenge or a wait ended in.
fn decided(decline: Option<Decline>) -> Outcome {
    decline.map_or(Outcome::Approved, Outcome::Declined)
}

/// Whether a charge's money is available at once, whatever the merchant's delay is.
pub fn is_available_at_once(instrument: &Instrument) -> bool {
    matches!(Behavior::of(instrument), Ok(SucceedsAndIsAvailable))
}

/// How a charge is disputed after its capture; nothing for most instruments.
pub fn disputes_of(instrument: &Instrument) -> &'static [DisputeScript] {
    match Behavior::of(instrument) {
        Ok(SucceedsThenDisputed(scripts)) => scripts,
        Ok(_) | Err(UnknownInstrument) => &[],
    }
}

/// Refunds a charge.
pub fn refund(instrument: &Instrument, now: Timestamp) -> Result<RefundOutcome, UnknownInstrument> {
    Ok(match Behavior::of(instrument)?.of_refund() {
        RefundBehavior::Succeeds => RefundOutcome::Succeeded,
        RefundBehavior::DecidedLater { .. } => {
            RefundOutcome::Pending { ask_at: now.plus_ms(DECIDES_AFTER_MS) }
        }
    })
}

/// Queries a pending refund.
pub fn look_up_refund(instrument: &Instrument) -> Result<RefundOutcome, UnknownInstrument> {
    Ok(match Behavior::of(instrument)?.of_refund() {
        RefundBehavior::Succeeds | RefundBehavior::DecidedLater { fails: false } => RefundOutcome::Succeeded,
        RefundBehavior::DecidedLater { fails: true } => RefundOutcome::Failed,
    })
}

fn card(brand: Brand, last4: &str) -> Option<Chargeable> {
    let (_, _, behavior) =
        CARDS.iter().find(|(number, b, _)| *b == brand && last4.len() == 4 && number.ends_with(last4))?;
    Some(shown_card(brand, last4, *behavior))
}

fn shown_card(brand: Brand, last4: &str, behavior: Behavior) -> Chargeable {
    let (exp_month, exp_year) = TOKEN_EXPIRY;
    Chargeable {
        source: Source::Card(Card { brand, last4: last4.to_owned(), exp_month, exp_year, wallet: None }),
        instrument: behavior.instrument(),
    }
}

impl Behavior {
    fn instrument(self) -> Instrument {
        let name = NAMES.iter().find(|(_, b)| *b == self).map_or("succeeds", |(name, _)| name);
        Instrument(format!("sandbox/{name}"))
    }

    fn of(instrument: &Instrument) -> Result<Self, UnknownInstrument> {
        let name = instrument.0.strip_prefix("sandbox/").ok_or(UnknownInstrument)?;
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, b)| *b).ok_or(UnknownInstrument)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Timestamp = Timestamp::from_s(1_736_720_000);

    fn outcome_of(token: &str) -> Outcome {
        charge(&card_token(token).unwrap().instrument, NOW).unwrap()
    }

    #[test]
    fn every_behavior_has_a_name_and_every_card_a_behavior_that_is_read_back() {
        for (number, _, behavior) in CARDS {
            assert_eq!(Behavior::of(&behavior.instrument()), Ok(*behavior), "{number}");
        }
        for (_, behavior) in NAMES {
            assert_eq!(Behavior::of(&behavior.instrument()), Ok(*behavior));
        }
        assert_eq!(charge(&Instrument("elsewhere".into()), NOW), Err(UnknownInstrument));
    }

    #[test]
    fn brand_and_last_four_name_one_card() {
        for (number, brand, _) in CARDS {
            let same =
                CARDS.iter().filter(|(n, b, _)| b == brand && n.ends_with(&number[number.len() - 4..]));
            assert_eq!(same.count(), 1, "{number}");
        }
    }

    #[test]
    fn tokens_stand_for_the_test_cards() {
        assert_eq!(outcome_of("tok_visa_4242"), Outcome::Approved);
        assert_eq!(outcome_of("tok_amex_0005"), Outcome::Approved);
        assert_eq!(outcome_of("tok_visa_9995"), Outcome::Declined(Decline::InsufficientFunds));
        assert_eq!(outcome_of("tok_visa_3220"), Outcome::ChallengeRequired);
        assert_eq!(outcome_of("pm_card_visa"), Outcome::Approved);
        for unknown in
            ["", "tok_visa_", "tok_visa_42424242", "tok_visa_9999", "tok_amex_4242", "4242424242424242"]
        {
            assert_eq!(card_token(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn entered_cards_behave_as_listed_and_others_succeed() {
        let outcome = |number: &str| {
            let card =
                EnteredCard::check(number, (12, 2025), None, tollgate_domain::Mode::Test, NOW).unwrap();
            charge(&entered_card(&card).instrument, NOW).unwrap()
        };
        assert_eq!(outcome("4000000000000002"), Outcome::Declined(Decline::CardDeclined));
        assert_eq!(outcome("4111111111111112"), Outcome::Declined(Decline::CardDeclined));
        assert_eq!(outcome("4012888888881881"), Outcome::Approved);
        for (number, ..) in CARDS {
            outcome(number);
        }
    }

    #[test]
    fn every_named_payment_method_stands_for_a_card() {
        for (name, ..) in SIMPLE_SOURCES {
            assert!(simple_source(name).is_some(), "{name}");
        }
        for (name, ..) in NAMED.iter().chain(NAMED_PLAIN) {
            assert!(card_token(name).is_some(), "{name}");
            let token = format!("tok_{}", name.strip_prefix("pm_card_").unwrap());
            assert_eq!(named_token(&token), card_token(name), "{token}");
            let same = NAMED.iter().chain(NAMED_PLAIN).filter(|(other, ..)| other == name);
            assert_eq!(same.count(), 1, "{name}");
        }
        assert_eq!(named_token("tok_nothing"), None);
    }

    #[test]
    fn a_method_that_was_set_up_is_not_challenged_while_the_payer_is_elsewhere() {
        let charged = |name: &str| {
            let instrument = card_token(name).unwrap().instrument;
            (charge(&instrument, NOW).unwrap(), charge_off_session(&instrument, NOW).unwrap())
        };
        let (challenged, approved) = (Outcome::ChallengeRequired, Outcome::Approved);
        assert_eq!(charged("pm_card_authenticationRequiredSetupForOffSession"), (challenged, approved));
        assert_eq!(charged("pm_card_authenticationRequired"), (challenged, challenged));
        assert_eq!(charged("pm_card_visa"), (approved, approved));
    }

    #[test]
    fn a_decline_after_a_challenge_has_its_reason() {
        let name = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds";
        let instrument = card_token(name).unwrap().instrument;
        let declined = Outcome::Declined(Decline::InsufficientFunds);
        assert_eq!(charge_after_challenge(&instrument, NOW), Ok(declined));
    }

    #[test]
    fn every_code_of_an_issuer_is_of_a_card_that_is_declined() {
        for (number, brand, behavior) in CARDS {
            let source = card(*brand, &number[number.len() - 4..]).unwrap().source;
            if issuer_code(&source).is_some() {
                assert_eq!(*behavior, Declines(Decline::CardDeclined), "{number}");
            }
        }
        let lost = card_token("pm_card_visa_chargeDeclinedLostCard").unwrap();
        assert_eq!(issuer_code(&lost.source), Some("lost_card"));
    }

    #[test]
    fn wallets_take_their_own_tokens() {
        let charged =
            |wallet, token| wallet_token(wallet, token).map(|c| charge(&c.instrument, NOW).unwrap());
        assert_eq!(charged(Wallet::ApplePay, "tok_apple_abc123"), Some(Outcome::Approved));
        assert_eq!(charged(Wallet::GooglePay, "tok_google_x"), Some(Outcome::Approved));
        let declined = Some(Outcome::Declined(Decline::CardDeclined));
        assert_eq!(charged(Wallet::ApplePay, "tok_apple_abc_declined"), declined);
        assert_eq!(charged(Wallet::GooglePay, "tok_google_declined"), declined);
        assert_eq!(charged(Wallet::ApplePay, "tok_google_x"), None);
        assert_eq!(charged(Wallet::ApplePay, "tok_apple_"), None);
    }

    #[test]
    fn a_bank_transfer_is_decided_later_and_keeps_four_digits() {
        let good = bank_account("12345678", "12-34-56", "John Doe");
        let Source::BankTransfer(account) = &good.source else { unreachable!("not a bank account") };
        assert_eq!(account.last4, "5678");
        assert_eq!(charge(&good.instrument, NOW), Ok(Outcome::Pending { ask_at: NOW.plus_ms(1000) }));
        assert_eq!(look_up_charge(&good.instrument, NOW), Ok(Outcome::Approved));
        let bad = bank_account("00012345", "12-34-56", "John Doe");
        assert_eq!(look_up_charge(&bad.instrument, NOW), Ok(Outcome::Declined(Decline::BankTransferFailed)));
    }

    #[test]
    fn two_cards_refund_slowly() {
        let refunded = |token: &str| refund(&card_token(token).unwrap().instrument, NOW).unwrap();
        assert_eq!(refunded("tok_visa_4242"), RefundOutcome::Succeeded);
        assert_eq!(refunded("tok_visa_5126"), RefundOutcome::Pending { ask_at: NOW.plus_ms(1000) });
        assert_eq!(
            look_up_refund(&card_token("tok_visa_5126").unwrap().instrument),
            Ok(RefundOutcome::Failed)
        );
        assert_eq!(
            look_up_refund(&card_token("tok_visa_7726").unwrap().instrument),
            Ok(RefundOutcome::Succeeded)
        );
    }
}
