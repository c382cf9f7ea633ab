//! Settlement reports as the processors write them, and with the mistakes that a test plants in them.

use serde::Deserialize;
use tollgate_domain::{Money, ProcessorKind, Timestamp};
use tollgate_processors::settlement::{CYBERSOURCE_COLUMNS, CYBERSOURCE_REPORT, MPGS_COLUMNS};

use super::transaction::{Kind, Transaction};

/// Hundredths of a percent. A query's values are texts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct BasisPoints(i64);

impl TryFrom<String> for BasisPoints {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Mistakes in a report, by the reference of the payment or refund.
#[derive(Debug, Deserialize)]
pub(super) struct Mistakes {
    /// It is left out.
    #[serde(rename = "lose")]
    pub(super) lost: Option<String>,
    /// It has a minor unit more.
    #[serde(rename = "falsify")]
    pub(super) falsified: Option<String>,
    /// It is there twice.
    #[serde(rename = "double")]
    pub(super) doubled: Option<String>,
    /// There is a capture of this reference that never was.
    #[serde(rename = "invent")]
    pub(super) invented: Option<String>,
    /// The share that the processor takes of a capture, in hundredths of a percent. Reports have no fees without it.
    pub(super) fee_basis_points: Option<BasisPoints>,
    /// Its fee is a minor unit higher.
    #[serde(rename = "overcharge")]
    pub(super) overcharged: Option<String>,
}

/// The reference of what a transaction settles; `None` if it settles nothing.
fn reference(processor: ProcessorKind, transaction: &Transaction) -> Option<String> {
    match (transaction.kind, processor) {
        (Kind::Capture, _) => Some(transaction.order.clone()),
        (Kind::Refund, ProcessorKind::CyberSource) => Some(transaction.code.clone()),
        (Kind::Refund, ProcessorKind::Mpgs) => Some(transaction.id.clone()),
        (Kind::Authorization | Kind::Void, _) => None,
    }
}

/// The report of these transactions, with its mistakes.
pub(super) fn report(processor: ProcessorKind, transactions: &[Transaction], mistakes: &Mistakes) -> String {
    let mut lines = match processor {
        ProcessorKind::CyberSource => {
            vec![format!("{CYBERSOURCE_REPORT},1.0,,,,,,,,"), CYBERSOURCE_COLUMNS.join(",")]
        }
        ProcessorKind::Mpgs => vec![format!("timeOfRecord,{}", MPGS_COLUMNS.join(","))],
    };
    if mistakes.fee_basis_points.is_some()
        && let Some(columns) = lines.last_mut()
    {
        columns.push_str(",fee");
    }
    let settled = transactions.iter().filter(|transaction| transaction.is_done());
    for transaction in settled {
        let Some(reference) = reference(processor, transaction) else { continue };
        let names = |mistake: &Option<String>| mistake.as_deref() == Some(reference.as_str());
        if names(&mistakes.lost) {
            continue;
        }
        let more = i64::from(names(&mistakes.falsified));
        let amount = Money { minor: transaction.money.minor + more, ..transaction.money };
        for _ in 0..=usize::from(names(&mistakes.doubled)) {
            let fee = fee(transaction, amount, mistakes, names(&mistakes.overcharged));
            lines.push(line(processor, transaction, &reference, amount) + &fee);
        }
    }
    let some = transactions.iter().find(|transaction| transaction.kind == Kind::Capture);
    if let (Some(reference), Some(some)) = (&mistakes.invented, some) {
        let invented = Transaction { order: reference.clone(), ..some.clone() };
        lines.push(line(processor, &invented, reference, some.money));
    }
    lines.join("\r\n") + "\r\n"
}

/// The cell of a fee, if the report has any: none of a refund.
fn fee(transaction: &Transaction, amount: Money, mistakes: &Mistakes, is_overcharged: bool) -> String {
    let Some(BasisPoints(points)) = mistakes.fee_basis_points else { return String::new() };
    if transaction.kind == Kind::Refund {
        return ",".to_owned();
    }
    let minor = (amount.minor * points + 5_000) / 10_000 + i64::from(is_overcharged);
    format!(",{}", Money { minor, ..amount }.to_decimal())
}

fn line(processor: ProcessorKind, transaction: &Transaction, reference: &str, amount: Money) -> String {
    let is_refund = transaction.kind == Kind::Refund;
    let (decimal, currency) = (amount.to_decimal(), amount.currency.code());
    let at = Timestamp::from_ms(transaction.decided_at);
    match processor {
        ProcessorKind::CyberSource => {
            let (sign, service) = if is_refund { ("-", "ics_credit") } else { ("", "ics_bill") };
            let date = &at.rfc3339()[..10];
            let id = &transaction.id;
            format!("1,demo,{date},{id},{reference},{id},Visa,{currency},{sign}{decimal},{service}")
        }
        ProcessorKind::Mpgs => {
            let kind = if is_refund { "REFUND" } else { "CAPTURE" };
            let (at, order, id) = (at.rfc3339(), &transaction.order, &transaction.id);
            format!("{at},{order},{id},{kind},{decimal},{currency},SUCCESS")
        }
    }
}
