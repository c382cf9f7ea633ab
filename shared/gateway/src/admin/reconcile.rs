//! Compares a processor's settlement report with the ledger, line by line and back.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use tollgate_domain::{
    MerchantId, Mode, Money, Payment, PaymentId, ProcessorKind, Refund, Tenant, Timestamp,
    payment::AUTHORIZATION_LIFETIME_MS, refund::RefundStatus,
};
use tollgate_processors::settlement::{Settled, SettledLine};
use tollgate_store::{Entity, ListQuery};

use super::{
    operator::{Admin, AdminError},
    references::{payment_id, refund_id},
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
}

impl SettlementDifferenceKind {
    /// Its name for the operator.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::Amount => "amount",
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
    /// The amount in the ledger; `None` if it is missing here.
    pub here: Option<Money>,
    /// The amounts of the lines, together where they have the same currency.
    pub there: Vec<Money>,
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
        })
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
            for group in groups {
                let here = here.get(&(group.settled, group.reference.to_owned())).copied();
                match group.differs(here) {
                    None => done.matched += 1,
                    Some(difference) => done.differences.push(difference),
                }
            }
        }
        let reported: BTreeSet<(Settled, &str)> =
            groups.iter().map(|group| (group.settled, group.reference)).collect();
        done.differences.extend(self.not_reported(tenant, scope, &reported).await?);
        Ok(done)
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
            Some(SettlementDifference { kind, settled, reference, lines, here: Some(here), there })
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
        SettledLine { line, settled, reference: reference.to_owned(), amount }
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
