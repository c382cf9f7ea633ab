//! What must hold of the ledger, whatever happens to payments and refunds.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    dispute::{Decision, Dispute, DisputeReason, DisputeStatus, NewDispute},
    event::Subject,
    front_door::FrontDoor,
    id::{DisputeId, MerchantId, PaymentId, RefundId},
    metadata::Metadata,
    money::{AMOUNT_MINOR_MAX, Currency, Money},
    payment::{Command, Outcome, Payment, tests as payments},
    refund::{NewRefund, Refund, RefundOutcome},
    tenant::{Mode, Tenant},
    time::Timestamp,
};

const NOW: Timestamp = payments::NOW;
const DAY_MS: i64 = 86_400_000;

fn tenant() -> Tenant {
    Tenant { merchant: MerchantId::from_bytes([1; 16]), mode: Mode::Test }
}

fn paid(minor: i64) -> Payment {
    payments::payment(minor, Outcome::Approved)
}

fn of_payment(payment: &Payment) -> Subject {
    Subject::Payment(Box::new(payment.clone()))
}

fn of_refund(refund: &Refund) -> Subject {
    Subject::Refund(Box::new(refund.clone()))
}

fn refund(n: u8, minor: i64, outcome: RefundOutcome) -> Refund {
    let payment = paid(1000);
    let new = NewRefund {
        id: RefundId::from_bytes([n; 16]),
        front_door: FrontDoor::Intents,
        request: "req_1".into(),
        payment: payment.id,
        amount: Money { minor, ..payment.amount },
        reason: None,
        metadata: Metadata::default(),
        by_processor: false,
        fingerprint: None,
    };
    Refund::create(new, outcome, NOW)
}

fn kinds(before: Option<&Subject>, after: &Subject) -> Vec<TransactionKind> {
    bookings_of(before, after).iter().map(Booking::kind).collect()
}

fn booked(after: &Subject) -> Vec<BalanceTransaction> {
    let terms = LedgerTerms::default();
    bookings_of(None, after).iter().map(|booking| booking.booked(tenant(), &terms)).collect()
}

#[test]
fn a_fee_is_a_share_rounded_half_up_and_a_fixed_part() {
    let of = |minor| Fee::DEFAULT.of(minor);
    // 2.9 % of 1000 is 29; of 1050 it is 30.45; of 1500 it is 43.5.
    assert_eq!([of(1000), of(1050), of(1500)], [59, 60, 74]);
    assert_eq!(Fee { rate_basis_points: 0, fixed_minor: 0 }.of(1000), 0);
    // Never more than the payment.
    assert_eq!([of(0), of(1), of(20), of(30), of(31)], [0, 1, 20, 30, 31]);
    assert_eq!(of(32), 31);
}

#[test]
fn a_currency_may_have_a_fee_of_its_own() {
    let (yen, euro) = (Currency::from_code("JPY").unwrap(), Currency::from_code("EUR").unwrap());
    let terms = LedgerTerms::default().with_fee(Some(yen), Fee::new(360, 0).unwrap());
    assert_eq!(terms.fees.fee_of(Money { minor: 1000, currency: yen }), 36);
    assert_eq!(terms.fees.fee_of(Money { minor: 1000, currency: euro }), 59);
    let terms = terms.with_fee(None, Fee::new(100, 5).unwrap());
    assert_eq!(terms.fees.fee_of(Money { minor: 1000, currency: yen }), 36);
    assert_eq!(terms.fees.fee_of(Money { minor: 1000, currency: euro }), 15);
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    assert_eq!(Fee::new(10_001, 0), Err(BadTerms::Rate));
    assert_eq!(Fee::new(0, -1), Err(BadTerms::Fixed));
    assert_eq!(Fee::new(0, AMOUNT_MINOR_MAX + 1), Err(BadTerms::Fixed));
    assert_eq!(LedgerTerms::default().with_delay(91), Err(BadTerms::Delay));
}

#[test]
fn terms_without_fields_are_the_default_ones() {
    assert_eq!(serde_json::from_str::<LedgerTerms>("{}").unwrap(), LedgerTerms::default());
}

#[test]
fn a_payment_is_booked_when_it_is_captured_and_not_again() {
    let waiting = payments::payment(1000, Outcome::ChallengeRequired);
    assert_eq!(kinds(None, &of_payment(&waiting)), []);
    let paid = waiting.apply(Command::ChallengePassed(Outcome::Approved), NOW, &"r".into()).unwrap();
    let charge = [TransactionKind::Charge];
    assert_eq!(kinds(Some(&of_payment(&waiting)), &of_payment(&paid)), charge);
    let refunded = paid.apply(Command::Refund(10), NOW, &"r".into()).unwrap();
    assert_eq!(kinds(Some(&of_payment(&paid)), &of_payment(&refunded)), []);
    // Seen for the first time in a later version, it is the same balance transaction.
    assert_eq!(booked(&of_payment(&paid)), booked(&of_payment(&refunded)));
    assert_eq!(kinds(None, &of_payment(&payments::payment(1000, Outcome::Pending { ask_at: NOW }))), []);
}

#[test]
fn a_captured_payment_is_pending_for_two_days_and_its_fee_is_booked() {
    let [charge] = booked(&of_payment(&paid(1000))).try_into().unwrap();
    assert_eq!((charge.amount.minor, charge.fee, charge.net()), (1000, 59, 941));
    let accounts = Accounts { processor: -1000, pending: 941, fees: 59, ..Accounts::default() };
    assert_eq!(charge.movement(), accounts);
    assert_eq!((charge.created, charge.available_on), (NOW, NOW.plus_ms(2 * DAY_MS)));
    assert_eq!(charge.made_available(NOW.plus_ms(2 * DAY_MS - 1)), None);
    let available = charge.made_available(charge.available_on).unwrap();
    let accounts = Accounts { processor: -1000, available: 941, fees: 59, ..Accounts::default() };
    assert_eq!(available.movement(), accounts);
    assert_eq!(available.made_available(charge.available_on), None);
}

#[test]
fn a_refund_takes_available_money_and_no_fee_and_gives_it_back_when_it_fails() {
    let pending = refund(1, 300, RefundOutcome::Pending { ask_at: NOW });
    let [taken] = booked(&of_refund(&pending)).try_into().unwrap();
    assert_eq!((taken.amount.minor, taken.fee, taken.status), (-300, 0, FundsStatus::Available));
    let failed = pending.settle(RefundOutcome::Failed, NOW, &"r".into()).unwrap();
    let (before, after) = (of_refund(&pending), of_refund(&failed));
    assert_eq!(kinds(Some(&before), &after), [TransactionKind::RefundFailure]);
    let canceled = of_refund(&pending.canceled(NOW, &"r".into()).unwrap());
    assert_eq!(kinds(Some(&before), &canceled), [TransactionKind::RefundFailure]);
    // If the first change was missed, both are booked with the second.
    let both = booked(&after);
    assert_eq!(both[0], taken);
    assert_eq!(both[1].movement().plus(taken.movement()), Accounts::default());
    let succeeded = of_refund(&pending.settle(RefundOutcome::Succeeded, NOW, &"r".into()).unwrap());
    assert_eq!(kinds(Some(&before), &succeeded), []);
    assert_eq!(kinds(None, &of_refund(&refund(2, 5, RefundOutcome::Failed))), []);
}

#[test]
fn what_is_booked_has_an_id_for_its_tenant_its_item_and_its_step() {
    let failed = refund(1, 5, RefundOutcome::Pending { ask_at: NOW });
    let failed = failed.settle(RefundOutcome::Failed, NOW, &"r".into()).unwrap();
    let live = Tenant { mode: Mode::Live, ..tenant() };
    let (payment, refund, other) =
        (of_payment(&paid(1000)), of_refund(&failed), of_refund(&refund(2, 5, RefundOutcome::Succeeded)));
    let mut ids = Vec::new();
    for subject in [&payment, &refund, &other] {
        for booking in bookings_of(None, subject) {
            ids.extend([booking.id(tenant()).to_string(), booking.id(live).to_string()]);
        }
    }
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (8, 8));
}

fn dispute() -> Dispute {
    let new = NewDispute {
        id: DisputeId::from_bytes([9; 16]),
        payment: PaymentId::from_bytes([2; 16]),
        amount: Money { minor: 1000, currency: Currency::from_code("EUR").unwrap() },
        fee: 1500,
        brand: None,
        reason: DisputeReason::Fraudulent,
        is_inquiry: false,
        evidence_due_by: NOW.plus_ms(7 * DAY_MS),
        reference: None,
    };
    Dispute::open(new, NOW, &"r".into())
}

fn of_dispute(dispute: &Dispute) -> Subject {
    Subject::Dispute(Box::new(dispute.clone()))
}

#[test]
fn a_disputes_money_is_withheld_with_a_fee_and_then_the_processors_or_the_merchants() {
    let open = dispute();
    let [taken] = booked(&of_dispute(&open)).try_into().unwrap();
    assert_eq!((taken.amount.minor, taken.fee, taken.net()), (-1000, 1500, -2500));
    let withheld = Accounts { available: -2500, disputed: 1000, fees: 1500, ..Accounts::default() };
    assert_eq!(taken.movement(), withheld);
    // Time alone settles nothing.
    assert_eq!(taken.made_available(NOW.plus_ms(1000 * DAY_MS)), None);
    let lost = open.decided(Decision::Lost, NOW, &"r".into()).unwrap();
    let taken_for_good = Accounts { processor: 1000, available: -2500, fees: 1500, ..Accounts::default() };
    let [settled] = booked(&of_dispute(&lost)).try_into().unwrap();
    assert_eq!((settled.id, settled.movement()), (taken.id, taken_for_good));
    assert_eq!(taken.settled().unwrap().movement(), taken_for_good);
    assert_eq!(settled.settled(), None);
    let won = open.decided(Decision::Won, NOW, &"r".into()).unwrap();
    let both = booked(&of_dispute(&won));
    let sum = both[0].movement().plus(both[1].movement());
    assert_eq!(sum, Accounts { available: -1500, fees: 1500, ..Accounts::default() });
}

#[test]
fn a_dispute_is_booked_again_when_it_is_decided_and_an_inquiry_only_when_it_is_escalated() {
    let open = dispute();
    let (was, lost) =
        (of_dispute(&open), of_dispute(&open.decided(Decision::Lost, NOW, &"r".into()).unwrap()));
    let won = of_dispute(&open.decided(Decision::Won, NOW, &"r".into()).unwrap());
    assert_eq!(kinds(None, &was), [TransactionKind::Dispute]);
    assert_eq!(kinds(Some(&was), &was), []);
    assert_eq!(kinds(Some(&was), &lost), [TransactionKind::Dispute]);
    assert_eq!(kinds(Some(&lost), &lost), []);
    assert_eq!(kinds(Some(&was), &won), [TransactionKind::Dispute, TransactionKind::DisputeReversal]);
    let inquiry = Dispute { status: DisputeStatus::WarningNeedsResponse, withheld_since: None, ..open };
    let closed = inquiry.decided(Decision::Lost, NOW, &"r".into()).unwrap();
    assert_eq!((kinds(None, &of_dispute(&inquiry)), kinds(None, &of_dispute(&closed))), (vec![], vec![]));
    let escalated = inquiry.decided(Decision::Escalated { evidence_due_by: NOW }, NOW, &"r".into()).unwrap();
    assert_eq!(kinds(Some(&of_dispute(&inquiry)), &of_dispute(&escalated)), [TransactionKind::Dispute]);
}

#[test]
fn a_currency_may_have_a_dispute_fee_of_its_own() {
    let (yen, euro) = (Currency::from_code("JPY").unwrap(), Currency::from_code("EUR").unwrap());
    let terms = LedgerTerms::default().with_dispute_fee(Some(yen), 0).unwrap();
    assert_eq!((terms.fees.dispute_fee_in(yen), terms.fees.dispute_fee_in(euro)), (0, 1500));
    let terms = terms.with_dispute_fee(None, 2000).unwrap();
    assert_eq!((terms.fees.dispute_fee_in(yen), terms.fees.dispute_fee_in(euro)), (0, 2000));
    assert_eq!(terms.with_dispute_fee(None, -1), Err(BadTerms::Fixed));
}

#[test]
fn every_account_is_found_by_its_name() {
    for (at, (name, _)) in Accounts::default().each().into_iter().enumerate() {
        let set = Accounts::default().with(name, 7);
        assert_eq!(
            set.each().map(|(_, minor)| minor).iter().position(|minor| *minor == 7),
            Some(at),
            "{name}"
        );
        assert_eq!(set.sum(), 7);
    }
    assert_eq!(Accounts::default().with("none", 7), Accounts::default());
}

/// What happens to a payment's money.
#[derive(Clone, Copy, Debug)]
enum Step {
    Refund(i64),
    SlowRefund(i64),
    Settle(bool),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..500_i64).prop_map(Step::Refund),
        (1..500_i64).prop_map(Step::SlowRefund),
        any::<bool>().prop_map(Step::Settle),
        (0..DAY_MS * 2).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..20)
}

/// The ledger of one tenant in one currency: balance transactions by id, and the balance that they moved.
#[derive(Default)]
struct Books {
    transactions: BTreeMap<String, BalanceTransaction>,
    balance: Accounts,
}

impl Books {
    fn book(&mut self, before: Option<&Subject>, after: &Subject) {
        for booking in bookings_of(before, after) {
            let transaction = booking.booked(tenant(), &LedgerTerms::default());
            if self.transactions.insert(transaction.id.to_string(), transaction.clone()).is_none() {
                self.balance = self.balance.plus(transaction.movement());
            }
        }
    }

    fn make_available(&mut self, now: Timestamp) {
        for transaction in self.transactions.values_mut() {
            if let Some(next) = transaction.made_available(now) {
                let moved = next.movement().minus(transaction.movement());
                assert_eq!(moved.sum(), 0);
                self.balance = self.balance.plus(moved);
                *transaction = next;
            }
        }
    }

    fn check(&self) {
        let mut sum = Accounts::default();
        for transaction in self.transactions.values() {
            assert_eq!(transaction.movement().sum(), 0, "{transaction:?}");
            assert!(transaction.fee >= 0 && transaction.fee <= transaction.amount.minor.max(0));
            sum = sum.plus(transaction.movement());
        }
        assert_eq!(sum, self.balance);
        assert_eq!(self.balance.sum(), 0);
    }
}

proptest! {
    #[test]
    fn every_movement_sums_to_zero_and_all_movements_are_the_balance(
        minor in 1..=AMOUNT_MINOR_MAX, steps in steps(), misses in prop::collection::vec(any::<bool>(), 40),
    ) {
        let mut misses = misses.into_iter().cycle();
        let (mut books, mut now, mut refunded) = (Books::default(), NOW, 0);
        let payment = of_payment(&paid(minor));
        books.book(None, &payment);
        // The stream repeats a record.
        books.book(None, &payment);
        let mut open: Vec<Refund> = Vec::new();
        for (n, step) in (1..).zip(steps) {
            match step {
                Step::Refund(minor) => {
                    refunded += minor;
                    books.book(None, &of_refund(&refund(n, minor, RefundOutcome::Succeeded)));
                }
                Step::SlowRefund(minor) => {
                    let slow = refund(n, minor, RefundOutcome::Pending { ask_at: now });
                    // The first record may be read after the second.
                    if !misses.next().unwrap() {
                        books.book(None, &of_refund(&slow));
                    }
                    open.push(slow);
                }
                Step::Settle(succeeds) => {
                    let Some(slow) = open.pop() else { continue };
                    let outcome = if succeeds { RefundOutcome::Succeeded } else { RefundOutcome::Failed };
                    refunded += if succeeds { slow.amount.minor } else { 0 };
                    let settled = of_refund(&slow.settle(outcome, now, &"r".into()).unwrap());
                    books.book(Some(&of_refund(&slow)), &settled);
                    books.book(None, &of_refund(&slow));
                }
                Step::Wait(ms) => {
                    now = now.plus_ms(ms);
                    books.make_available(now);
                    books.make_available(now);
                }
            }
            books.check();
        }
        for slow in &open {
            books.book(None, &of_refund(slow));
            refunded += slow.amount.minor;
        }
        books.make_available(NOW.plus_ms(100 * DAY_MS));
        books.check();
        let fee = Fee::DEFAULT.of(minor);
        prop_assert_eq!(books.balance.pending, 0);
        prop_assert_eq!(books.balance.available, minor - fee - refunded);
        prop_assert_eq!(books.balance.fees, fee);
    }

    #[test]
    fn no_fee_is_negative_or_above_the_amount(
        rate in 0..=RATE_BASIS_POINTS_MAX, fixed in 0..=AMOUNT_MINOR_MAX, minor in 0..=AMOUNT_MINOR_MAX,
    ) {
        let fee = Fee::new(rate, fixed).unwrap().of(minor);
        prop_assert!((0..=minor).contains(&fee));
        prop_assert!(Fee::new(rate, fixed).unwrap().of(minor + 1) >= fee);
    }
}
