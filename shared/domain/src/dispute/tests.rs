#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::{money::Currency, payment::tests::NOW};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn open(is_inquiry: bool) -> Dispute {
    let new = NewDispute {
        id: DisputeId::from_bytes([1; 16]),
        payment: PaymentId::from_bytes([2; 16]),
        amount: Money { minor: 1000, currency: Currency::from_code("EUR").unwrap() },
        fee: 1500,
        brand: None,
        reason: DisputeReason::Fraudulent,
        is_inquiry,
        evidence_due_by: NOW.plus_ms(7 * DAY_MS),
        reference: None,
    };
    Dispute::open(new, NOW, &"r".into())
}

fn evidence(field: &str, text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(field.to_owned(), text.to_owned())])
}

fn says(field: &str, text: &str, submit: Option<bool>) -> DisputeUpdate {
    DisputeUpdate { evidence: evidence(field, text), submit, metadata: None }
}

fn update(dispute: &Dispute, update: &DisputeUpdate) -> Result<Dispute, DisputeRefusal> {
    dispute.changed(update, |_| Some(NOW.plus_ms(5)), NOW, &"r".into())
}

#[test]
fn evidence_is_staged_until_it_is_submitted() {
    let staged = update(&open(false), &says("uncategorized_text", "a", Some(false))).unwrap();
    assert_eq!((staged.status, staged.submissions), (DisputeStatus::NeedsResponse, 0));
    assert_eq!(staged.due, Some(staged.evidence_due_by));
    let more = update(&staged, &says("product_description", "b", None)).unwrap();
    assert_eq!((more.status, more.submissions), (DisputeStatus::UnderReview, 1));
    assert_eq!(more.due, Some(NOW.plus_ms(5)));
    assert_eq!(
        (more.evidence.get("uncategorized_text"), more.evidence.get("product_description")),
        (Some("a"), Some("b"))
    );
    assert_eq!(update(&more, &says("uncategorized_text", "c", None)), Err(DisputeRefusal::Submitted));
    // Metadata may change at any time, and submits nothing.
    let tagged = DisputeUpdate { metadata: Some(Metadata::default()), ..DisputeUpdate::default() };
    assert_eq!(update(&more, &tagged).unwrap().status, DisputeStatus::UnderReview);
    assert_eq!(update(&staged, &tagged).unwrap().status, DisputeStatus::NeedsResponse);
}

#[test]
fn nothing_is_submitted_without_evidence_or_too_late() {
    let submit = DisputeUpdate { submit: Some(true), ..DisputeUpdate::default() };
    assert_eq!(update(&open(false), &submit), Err(DisputeRefusal::NoEvidence));
    let staged = update(&open(false), &says("uncategorized_text", "a", Some(false))).unwrap();
    let emptied = says("uncategorized_text", "", Some(true));
    assert_eq!(update(&staged, &emptied), Err(DisputeRefusal::NoEvidence));
    let late = NOW.plus_ms(7 * DAY_MS);
    assert_eq!(staged.changed(&submit, |_| None, late, &"r".into()), Err(DisputeRefusal::TooLate));
    let long = says("uncategorized_text", &"x".repeat(EVIDENCE_BYTES_MAX + 1), None);
    assert_eq!(update(&staged, &long), Err(DisputeRefusal::TooLong(EvidenceTooLong)));
}

#[test]
fn without_evidence_in_time_a_dispute_is_lost_and_an_inquiry_ends() {
    let late = NOW.plus_ms(7 * DAY_MS);
    for (is_inquiry, status) in [(false, DisputeStatus::Lost), (true, DisputeStatus::WarningClosed)] {
        let dispute = open(is_inquiry);
        assert_eq!(dispute.expired(late.plus_ms(-1), &"r".into()), None);
        let expired = dispute.expired(late, &"r".into()).unwrap();
        assert_eq!((expired.status, expired.due), (status, None));
        assert_eq!(expired.expired(late, &"r".into()), None);
        assert_eq!(dispute.accepted(NOW, &"r".into()).unwrap().status, status);
        assert_eq!(expired.accepted(NOW, &"r".into()), Err(DisputeRefusal::Closed));
    }
}

#[test]
fn an_inquiry_withholds_nothing_until_it_is_escalated() {
    let inquiry = open(true);
    assert_eq!((inquiry.withheld(), inquiry.withheld_since), (0, None));
    let due_by = NOW.plus_ms(20 * DAY_MS);
    let escalated =
        inquiry.decided(Decision::Escalated { evidence_due_by: due_by }, NOW, &"r".into()).unwrap();
    assert_eq!((escalated.status, escalated.due), (DisputeStatus::NeedsResponse, Some(due_by)));
    assert_eq!((escalated.withheld(), escalated.withheld_since), (1000, Some(NOW)));
    assert_eq!(escalated.decided(Decision::Escalated { evidence_due_by: due_by }, NOW, &"r".into()), None);
    assert_eq!(
        inquiry.decided(Decision::Won, NOW, &"r".into()).unwrap().status,
        DisputeStatus::WarningClosed
    );
}

#[test]
fn every_status_and_reason_is_read_by_its_name() {
    for name in DisputeStatus::NAMES {
        assert_eq!(DisputeStatus::parse(name).unwrap().as_str(), *name);
        let stored = serde_json::to_value(DisputeStatus::parse(name)).unwrap();
        assert_eq!(stored, *name);
    }
    for name in DisputeReason::NAMES {
        assert_eq!(DisputeReason::parse(name).unwrap().as_str(), *name);
    }
    assert_eq!(DisputeStatus::parse(""), None);
}

#[test]
fn erasure_takes_who_the_payer_is_and_leaves_the_merchants_words() {
    let named = update(&open(false), &says("customer_name", "Ann", Some(false))).unwrap();
    let told = update(&named, &says("product_description", "Shoes", Some(false))).unwrap();
    let erased = told.erased(NOW, &"e".into()).unwrap();
    assert_eq!(
        (erased.evidence.get("customer_name"), erased.evidence.get("product_description")),
        (None, Some("Shoes"))
    );
    assert_eq!(erased.version, told.version + 1);
    assert_eq!(erased.erased(NOW, &"e".into()), None);
}

proptest! {
    #[test]
    fn no_order_of_changes_decides_twice_or_withholds_more_than_the_amount(
        is_inquiry: bool, steps in prop::collection::vec(0..6_u8, 0..12),
    ) {
        let mut dispute = open(is_inquiry);
        let mut decided = 0;
        for step in steps {
            let due_by = NOW.plus_ms(9 * DAY_MS);
            let next = match step {
                0 => update(&dispute, &says("uncategorized_text", "a", None)).ok(),
                1 => dispute.accepted(NOW, &"r".into()).ok(),
                2 => dispute.expired(NOW.plus_ms(8 * DAY_MS), &"r".into()),
                3 => dispute.decided(Decision::Won, NOW, &"r".into()),
                4 => dispute.decided(Decision::Lost, NOW, &"r".into()),
                _ => dispute.decided(Decision::Escalated { evidence_due_by: due_by }, NOW, &"r".into()),
            };
            let Some(next) = next else { continue };
            prop_assert_eq!(next.version, dispute.version + 1);
            prop_assert!(!dispute.status.is_decided());
            decided += u8::from(next.status.is_decided());
            prop_assert_eq!(next.due.is_none(), next.status.is_decided());
            // Only what was withheld can be won or lost.
            prop_assert_eq!(next.withheld_since.is_some(), !next.status.is_inquiry());
            prop_assert!((0..=1000).contains(&next.withheld()));
            dispute = next;
        }
        prop_assert!(decided <= 1);
    }
}

#[test]
fn a_processors_dispute_is_under_review_when_its_time_ends() {
    let late = NOW.plus_ms(7 * DAY_MS);
    for (is_inquiry, status) in
        [(false, DisputeStatus::UnderReview), (true, DisputeStatus::WarningUnderReview)]
    {
        let dispute = Dispute { reference: Some("case-1".into()), ..open(is_inquiry) };
        assert_eq!(dispute.expired(late.plus_ms(-1), &"r".into()), None);
        let next = dispute.expired(late, &"r".into()).unwrap();
        assert_eq!((next.status, next.due), (status, None));
        assert_eq!(next.expired(late, &"r".into()), None);
        assert_eq!(next.withheld(), dispute.withheld());
        let won = next.decided(Decision::Won, late, &"r".into()).unwrap();
        assert!(won.status.is_decided());
    }
}

#[test]
fn an_inquiry_takes_what_is_left_or_ends() {
    let due = Decision::Escalated { evidence_due_by: NOW.plus_ms(DAY_MS) };
    let escalated = open(true).decided(due, NOW, &"r".into()).unwrap();
    assert_eq!(escalated.clone().taking_at_most(5000), escalated);
    assert_eq!(escalated.clone().taking_at_most(400).withheld(), 400);
    for nothing in [0, -1] {
        let ended = escalated.clone().taking_at_most(nothing);
        assert_eq!((ended.status, ended.withheld()), (DisputeStatus::WarningClosed, 0));
        assert_eq!((ended.due, ended.withheld_since), (None, None));
    }
}
