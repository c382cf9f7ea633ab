//! Compares a processor's settlement report with the ledger, line by line and back, and books what the operator says.
//!
//! A difference is booked as an adjustment of the merchant's money. There is one for each capture and each refund, whose id is derived from
//! the reference, so what is booked counts as the ledger's from then on.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use tollgate_domain::{
    Adjustment, AdjustmentId, MerchantId, Mode, Money, Payment, PaymentId, ProcessorKind, Refund, RequestRef,
    Subject, Tenant, Timestamp, adjustment::REASON_CHARS_MAX, idempotency::booking_id, ledger::Fee,
    payment::AUTHORIZATION_LIFETIME_MS, refund::RefundStatus,
};
use tollgate_processors::settlement::{Settled, SettledLine};
use tollgate_store::{Entity, ListQuery, Put};

use super::{
    operator::{Admin, AdminError},
    references::{payment_id, refund_id},
    republish::failed,
};
use crate::processing::references::{payment_reference, refund_reference};

/// Things of the report that are looked up at the same time: one call reads a hundred items.
const AT_A_TIME: usize = 100;
/// Items of a page of a list.
const PAGE_ITEMS: usize = 100;
/// Most payments, and most refunds, of a period.
const ITEMS_MAX: usize = 1_000_000;

/// What a report is of.
#[derive(Clone, Copy, Debug)]
pub struct ReportScope {
    /// The merchant.
    pub merchant: MerchantId,
    /// Real money, or a processor's test system.
    pub mode: Mode,
    /// The processor that made it.
    pub processor: ProcessorKind,
    /// The first instant of its period.
    pub from: Timestamp,
    /// The first instant after its period.
    pub to: Timestamp,
    /// What the processor takes for a capture by its contract; `None`: fees are not compared.
    pub fee: Option<Fee>,
}

/// How the report and the ledger differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementDifferenceKind {
    /// The processor settled it, and the ledger has nothing of it, or has it as not settled.
    MissingHere,
    /// The ledger has it, and the report does not.
    MissingThere,
    /// Both have it, with another amount or another currency.
    Amount,
    /// The processor took another fee than its contract says. It is the operator's cost, and no merchant's money.
    Fee,
}

impl SettlementDifferenceKind {
    /// Its name for the operator.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::Amount => "amount",
            Self::Fee => "fee",
        }
    }
}

/// A difference between the report and the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementDifference {
    /// How they differ.
    pub kind: SettlementDifferenceKind,
    /// Whether money was taken or given back.
    pub settled: Settled,
    /// The reference at the processor.
    pub reference: String,
    /// The report's lines; none if it is missing there.
    pub lines: Vec<u64>,
    /// The amount in the ledger, or the fee by the contract; `None` if it is missing here.
    pub here: Option<Money>,
    /// The amounts of the lines, or their fees, together where they have the same currency.
    pub there: Vec<Money>,
    /// The adjustment that books it; `None` if that was not asked for.
    pub booked: Option<Adjustment>,
}

impl SettlementDifference {
    /// By how much the merchant's money is to be adjusted, in the currency of both; `None` if they have several.
    fn excess(&self) -> Option<Money> {
        let currency = self.here.or_else(|| self.there.first().copied())?.currency;
        let there = match self.there.as_slice() {
            [] => 0,
            [one] if one.currency == currency => one.minor,
            _ => return None,
        };
        let more = there.saturating_sub(self.here.map_or(0, |here| here.minor));
        let minor = match self.settled {
            Settled::Capture => more,
            // More was given back than the ledger took.
            Settled::Refund => more.saturating_neg(),
        };
        Some(Money { minor, currency })
    }
}

/// The id of the adjustment of a capture or a refund.
fn adjustment_id(
    tenant: Tenant,
    processor: ProcessorKind,
    settled: Settled,
    reference: &str,
) -> AdjustmentId {
    let key = format!("{tenant}{}#{}#{reference}", processor.as_str(), settled.as_str());
    booking_id(&key, "adjustment")
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Captures and refunds that both have alike.
    pub matched: usize,
    /// The others: first those of the report, in its order, then those that it lacks.
    pub differences: Vec<SettlementDifference>,
}

/// The lines of one capture or refund.
#[derive(Debug)]
struct Group<'a> {
    settled: Settled,
    reference: &'a str,
    lines: Vec<&'a SettledLine>,
}

impl Group<'_> {
    /// What the lines settled, by currency.
    fn there(&self) -> Vec<Money> {
        let mut sums: Vec<Money> = Vec::new();
        for line in &self.lines {
            match sums.iter_mut().find(|sum| sum.currency == line.amount.currency) {
                Some(sum) => sum.minor = sum.minor.saturating_add(line.amount.minor),
                None => sums.push(line.amount),
            }
        }
        sums
    }

    fn differs(&self, here: Option<Money>) -> Option<SettlementDifference> {
        let there = self.there();
        let kind = match here {
            None => SettlementDifferenceKind::MissingHere,
            Some(here) if there == [here] => return None,
            Some(_) => SettlementDifferenceKind::Amount,
        };
        let lines = self.lines.iter().map(|line| line.line).collect();
        Some(SettlementDifference {
            kind,
            settled: self.settled,
            reference: self.reference.to_owned(),
            lines,
            here,
            there,
            booked: None,
        })
    }
}

impl Group<'_> {
    /// The difference between the fees of a capture's lines and the contract's. A line without a fee has none.
    fn fee_differs(&self, fee: Fee) -> Option<SettlementDifference> {
        if self.settled == Settled::Refund {
            return None;
        }
        let currency = self.lines.first()?.amount.currency;
        let expected: i64 = self.lines.iter().map(|line| fee.of(line.amount.minor)).sum();
        let taken: i64 = self.lines.iter().map(|line| line.fee_minor.unwrap_or(0)).sum();
        (expected != taken).then(|| SettlementDifference {
            kind: SettlementDifferenceKind::Fee,
            settled: self.settled,
            reference: self.reference.to_owned(),
            lines: self.lines.iter().map(|line| line.line).collect(),
            here: Some(Money { minor: expected, currency }),
            there: vec![Money { minor: taken, currency }],
            booked: None,
        })
    }
}

/// What the ledger has of a capture or a refund, with its adjustment.
fn with_adjustment(here: Option<Money>, settled: Settled, adjustment: Option<&Adjustment>) -> Option<Money> {
    let Some(adjustment) = adjustment else { return here };
    let Money { minor, currency } = adjustment.amount;
    let more = if settled == Settled::Refund { minor.saturating_neg() } else { minor };
    match here {
        // What cannot be added stays a difference.
        Some(here) if here.currency != currency => Some(here),
        here => Some(Money { minor: here.map_or(0, |here| here.minor).saturating_add(more), currency }),
    }
}

/// The lines by what they are of, in the order of their first ones.
fn groups(lines: &[SettledLine]) -> Vec<Group<'_>> {
    let mut places: BTreeMap<(Settled, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in lines {
        let (settled, reference) = (line.settled, line.reference.as_str());
        let place = *places.entry((settled, reference)).or_insert_with(|| {
            groups.push(Group { settled, reference, lines: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.lines.push(line);
        }
    }
    groups
}

/// What the ledger says was settled of a payment by this processor.
fn captured(payment: &Payment, processor: ProcessorKind) -> Option<Money> {
    let is_theirs = payment.processor_charge.as_ref().is_some_and(|charge| charge.processor == processor);
    (is_theirs && payment.amount_captured > 0)
        .then_some(Money { minor: payment.amount_captured, currency: payment.amount.currency })
}

/// What the ledger says was given back by a refund. Which processor did is its payment's affair.
fn refunded(refund: &Refund) -> Option<Money> {
    (refund.status == RefundStatus::Succeeded).then_some(refund.amount)
}

impl Admin {
    /// Compares the lines of a report with the ledger. Nothing is written.
    pub async fn reconcile(
        &self,
        scope: ReportScope,
        lines: &[SettledLine],
    ) -> Result<Reconciliation, AdminError> {
        if scope.from >= scope.to {
            return Err(AdminError::Failed("the period ends before it begins".into()));
        }
        let tenant = Tenant { merchant: scope.merchant, mode: scope.mode };
        let mut done = Reconciliation::default();
        let groups = groups(lines);
        for groups in groups.chunks(AT_A_TIME) {
            let here = self.looked_up(tenant, scope.processor, groups).await?;
            let ids = groups.iter().map(|group| (group.settled, group.reference));
            let adjusted = self.adjusted(tenant, scope.processor, ids).await?;
            for group in groups {
                let here = here.get(&(group.settled, group.reference.to_owned())).copied();
                let adjustment = adjusted.get(&(group.settled, group.reference.to_owned()));
                let here = with_adjustment(here, group.settled, adjustment);
                match group.differs(here) {
                    None => done.matched += 1,
                    Some(difference) => done.differences.push(difference),
                }
                done.differences.extend(scope.fee.and_then(|fee| group.fee_differs(fee)));
            }
        }
        let reported: BTreeSet<(Settled, &str)> =
            groups.iter().map(|group| (group.settled, group.reference)).collect();
        let missing = self.not_reported(tenant, scope, &reported).await?;
        for missing in missing.chunks(AT_A_TIME) {
            let ids = missing.iter().map(|one| (one.settled, one.reference.as_str()));
            let adjusted = self.adjusted(tenant, scope.processor, ids).await?;
            for one in missing {
                let adjustment = adjusted.get(&(one.settled, one.reference.clone()));
                match with_adjustment(one.here, one.settled, adjustment) {
                    Some(here) if here.minor == 0 => done.matched += 1,
                    here => done.differences.push(SettlementDifference { here, ..one.clone() }),
                }
            }
        }
        Ok(done)
    }

    /// Books the differences that have one of these references. A reference that is of none is an error, and nothing is booked.
    pub async fn book_differences(
        &self,
        scope: ReportScope,
        found: &mut Reconciliation,
        references: &[String],
    ) -> Result<(), AdminError> {
        let is_bookable =
            |difference: &SettlementDifference| difference.kind != SettlementDifferenceKind::Fee;
        let bookable: BTreeSet<&str> = found
            .differences
            .iter()
            .filter(|difference| is_bookable(difference))
            .map(|difference| difference.reference.as_str())
            .collect();
        let unknown = references.iter().find(|one| !bookable.contains(one.as_str()));
        if let Some(reference) = unknown {
            return Err(AdminError::Failed(format!("no difference has the reference {reference}")));
        }
        for difference in &mut found.differences {
            if is_bookable(difference) && references.contains(&difference.reference) {
                difference.booked = Some(self.book_difference(scope, difference).await?);
            }
        }
        Ok(())
    }

    async fn book_difference(
        &self,
        scope: ReportScope,
        difference: &SettlementDifference,
    ) -> Result<Adjustment, AdminError> {
        let tenant = Tenant { merchant: scope.merchant, mode: scope.mode };
        let (settled, reference) = (difference.settled, &difference.reference);
        let amount = difference.excess().ok_or_else(|| {
            AdminError::Failed(format!("{reference} has several currencies, which no adjustment has"))
        })?;
        let there: Vec<String> = difference.there.iter().map(ToString::to_string).collect();
        let there = if there.is_empty() { "nothing".to_owned() } else { there.join(" and ") };
        let here = difference.here.map_or_else(|| "nothing".to_owned(), |here| here.to_string());
        let reason = format!("{} {reference}: {there} was settled, {here} was booked", settled.as_str());
        let adjustment = Adjustment {
            id: adjustment_id(tenant, scope.processor, settled, reference),
            version: 1,
            request: RequestRef::default(),
            amount,
            reason: reason.chars().take(REASON_CHARS_MAX).collect(),
            created: self.0.now(),
        };
        let stored = match self.0.writer().create(tenant, &adjustment).await? {
            Put::Created => adjustment,
            // A run that died after its first write, or another one at the same time.
            Put::Exists(stored) if stored.amount == adjustment.amount => stored,
            Put::Exists(stored) => {
                let booked = stored.amount;
                return Err(AdminError::Failed(format!("{reference} was adjusted by {booked} already")));
            }
        };
        let subject = Subject::Adjustment(Box::new(stored.clone()));
        self.0.booker().book(tenant, None, &subject).await.map_err(failed)?;
        Ok(stored)
    }

    /// The adjustments of these captures and refunds.
    async fn adjusted(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        of: impl Iterator<Item = (Settled, &str)>,
    ) -> Result<BTreeMap<(Settled, String), Adjustment>, AdminError> {
        let ids: BTreeMap<String, (Settled, String)> = of
            .map(|(settled, reference)| {
                let id = adjustment_id(tenant, processor, settled, reference);
                (id.to_string(), (settled, reference.to_owned()))
            })
            .collect();
        let wanted: Vec<String> = ids.keys().cloned().collect();
        let found: Vec<Adjustment> = self.0.store.get_many(tenant, &wanted).await?;
        let of = |one: Adjustment| Some((ids.get(&one.id.to_string())?.clone(), one));
        Ok(found.into_iter().filter_map(of).collect())
    }

    /// What the ledger has of these groups.
    async fn looked_up(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        groups: &[Group<'_>],
    ) -> Result<BTreeMap<(Settled, String), Money>, AdminError> {
        let of = |settled: Settled, parse: fn(&str) -> Option<String>| -> Vec<String> {
            let wanted = groups.iter().filter(|group| group.settled == settled);
            wanted.filter_map(|group| parse(group.reference)).collect()
        };
        let store = &self.0.store;
        let payments = of(Settled::Capture, payment_id);
        let refunds = of(Settled::Refund, refund_id);
        let payments: Vec<Payment> = store.get_many(tenant, &payments).await?;
        let refunds: Vec<Refund> = store.get_many(tenant, &refunds).await?;
        let payments = payments.iter().filter_map(|payment| {
            Some(((Settled::Capture, payment_reference(payment.id)), captured(payment, processor)?))
        });
        let refunds = refunds
            .iter()
            .filter_map(|refund| Some(((Settled::Refund, refund_reference(refund.id)), refunded(refund)?)));
        Ok(payments.chain(refunds).collect())
    }

    /// Captures and refunds of the period that the report lacks.
    async fn not_reported(
        &self,
        tenant: Tenant,
        scope: ReportScope,
        reported: &BTreeSet<(Settled, &str)>,
    ) -> Result<Vec<SettlementDifference>, AdminError> {
        let is_within = |at: Timestamp| scope.from <= at && at < scope.to;
        let missing = |settled: Settled, reference: String, here: Option<Money>| {
            let here = here.filter(|_| !reported.contains(&(settled, reference.as_str())))?;
            let (kind, lines, there) = (SettlementDifferenceKind::MissingThere, Vec::new(), Vec::new());
            Some(SettlementDifference {
                kind,
                settled,
                reference,
                lines,
                here: Some(here),
                there,
                booked: None,
            })
        };
        let mut all = Vec::new();
        // A payment may be captured as long as its authorization lives.
        let earliest = scope.from.plus_ms(-AUTHORIZATION_LIFETIME_MS);
        self.for_each(tenant, earliest, scope.to, |payment: &Payment| {
            if payment.completed.is_some_and(is_within) {
                let reference = payment_reference(payment.id);
                all.extend(missing(Settled::Capture, reference, captured(payment, scope.processor)));
            }
        })
        .await?;
        let mut refunds = Vec::new();
        self.for_each(tenant, scope.from, scope.to, |refund: &Refund| {
            if is_within(refund.created) {
                refunds.push(refund.clone());
            }
        })
        .await?;
        for refunds in refunds.chunks(AT_A_TIME) {
            let ids: BTreeSet<String> = refunds.iter().map(|refund| refund.payment.to_string()).collect();
            let payments: Vec<Payment> =
                self.0.store.get_many(tenant, &ids.into_iter().collect::<Vec<_>>()).await?;
            let theirs: HashSet<PaymentId> = payments
                .iter()
                .filter(|payment| captured(payment, scope.processor).is_some())
                .map(|payment| payment.id)
                .collect();
            let refunds = refunds.iter().filter(|refund| theirs.contains(&refund.payment));
            all.extend(refunds.filter_map(|refund| {
                missing(Settled::Refund, refund_reference(refund.id), refunded(refund))
            }));
        }
        Ok(all)
    }

    /// Shows everything of a type that was created in a period.
    async fn for_each<E: Entity>(
        &self,
        tenant: Tenant,
        from: Timestamp,
        to: Timestamp,
        mut show: impl FnMut(&E),
    ) -> Result<(), AdminError> {
        let mut query = ListQuery::new(PAGE_ITEMS);
        (query.created_from, query.created_to) = (Some(from), Some(to));
        for _ in 0..ITEMS_MAX / PAGE_ITEMS {
            let page = self.0.store.list::<E>(tenant, &query, None).await?;
            page.items.iter().for_each(&mut show);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(()),
            }
        }
        Err(AdminError::Failed(format!("the period has more than {ITEMS_MAX} of a kind: take a shorter one")))
    }
}

#[cfg(test)]
mod tests {
    use tollgate_domain::Currency;

    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money { minor, currency: Currency::from_code(code).unwrap() }
    }

    fn line(line: u64, settled: Settled, reference: &str, amount: Money) -> SettledLine {
        SettledLine { line, settled, reference: reference.to_owned(), amount, fee_minor: None }
    }

    #[test]
    fn an_adjustment_is_what_makes_both_sides_equal() {
        let difference = |settled, here: Option<Money>, there: Vec<Money>| SettlementDifference {
            kind: SettlementDifferenceKind::Amount,
            settled,
            reference: "a".to_owned(),
            lines: Vec::new(),
            here,
            there,
            booked: None,
        };
        let euro = |minor| money(minor, "EUR");
        for (settled, here, there, expected) in [
            (Settled::Capture, Some(1000), vec![990], -10),
            (Settled::Capture, Some(1000), vec![], -1000),
            (Settled::Capture, None, vec![700], 700),
            // More was given back than was booked: the merchant has less.
            (Settled::Refund, Some(300), vec![301], -1),
            (Settled::Refund, Some(300), vec![], 300),
            (Settled::Refund, None, vec![50], -50),
        ] {
            let one = difference(settled, here.map(euro), there.iter().copied().map(euro).collect());
            assert_eq!(one.excess(), Some(euro(expected)), "{one:?}");
            let adjustment = Adjustment {
                id: AdjustmentId::from_bytes([1; 16]),
                version: 1,
                request: RequestRef::default(),
                amount: euro(expected),
                reason: String::new(),
                created: Timestamp::from_s(1),
            };
            let with = with_adjustment(one.here, settled, Some(&adjustment));
            assert_eq!(with, Some(euro(there.first().copied().unwrap_or(0))), "{one:?}");
        }
        let mixed = difference(Settled::Capture, Some(euro(1)), vec![money(1, "USD")]);
        assert_eq!(mixed.excess(), None);
    }

    #[test]
    fn lines_of_one_thing_count_together_and_in_the_order_of_the_report() {
        let lines = [
            line(3, Settled::Capture, "b", money(100, "EUR")),
            line(4, Settled::Refund, "b", money(40, "EUR")),
            line(5, Settled::Capture, "a", money(5, "EUR")),
            line(6, Settled::Capture, "b", money(1, "EUR")),
        ];
        let groups = groups(&lines);
        let shown: Vec<_> =
            groups.iter().map(|group| (group.settled, group.reference, group.there())).collect();
        assert_eq!(
            shown,
            [
                (Settled::Capture, "b", vec![money(101, "EUR")]),
                (Settled::Refund, "b", vec![money(40, "EUR")]),
                (Settled::Capture, "a", vec![money(5, "EUR")]),
            ]
        );
        assert_eq!(groups[0].differs(Some(money(101, "EUR"))), None);
        let twice = groups[0].differs(Some(money(100, "EUR"))).unwrap();
        assert_eq!((twice.kind, twice.lines), (SettlementDifferenceKind::Amount, vec![3, 6]));
        assert_eq!(groups[2].differs(None).unwrap().kind, SettlementDifferenceKind::MissingHere);
        assert_eq!(groups[2].differs(Some(money(5, "USD"))).unwrap().kind, SettlementDifferenceKind::Amount);
    }
}
