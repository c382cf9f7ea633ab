//! Settlement reports: what a processor says it took for a merchant and gave back, line by line.
//!
//! - `CyberSource`: the Payment Batch Detail Report as CSV, version 1.0 (Reporting Developer Guide, "CSV Report Formats"). A
//!   first record names the report, a second one its columns; the amount of a refund is negative.
//! - MPGS: the CSV of its Reporting API ("Transaction Reports"), with the columns of [`MPGS_COLUMNS`] at least.

use std::{collections::BTreeMap, io::Read};

use csv::{ReaderBuilder, StringRecord};
use tollgate_domain::{Currency, Money, ProcessorKind};

/// The columns of MPGS's report that are read. A report is asked for with them, and may have others.
pub const MPGS_COLUMNS: [&str; 6] = [
    "order.id",
    "transaction.id",
    "transaction.type",
    "transaction.amount",
    "transaction.currency",
    "result",
];
/// The columns of `CyberSource`'s report, in its order.
pub const CYBERSOURCE_COLUMNS: [&str; 10] = [
    "batch_id",
    "merchant_id",
    "batch_date",
    "request_id",
    "merchant_ref_number",
    "trans_ref_no",
    "payment_method",
    "currency",
    "amount",
    "transaction_type",
];
/// The name in the first record of `CyberSource`'s report.
pub const CYBERSOURCE_REPORT: &str = "Payment Batch Detail Report";
/// Most lines of a report.
pub const LINES_MAX: usize = 1_000_000;
/// Characters of a reference: a UUID. MPGS's name of a repeated refund has a number behind it.
const REFERENCE_CHARS: usize = 36;

/// What was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Settled {
    /// Money that was taken: a captured payment.
    Capture,
    /// Money that was given back.
    Refund,
}

impl Settled {
    /// `capture` or `refund`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Refund => "refund",
        }
    }
}

/// A line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledLine {
    /// Its number in the file, starting at 1.
    pub line: u64,
    /// Whether money was taken or given back.
    pub settled: Settled,
    /// Our reference: of the payment for a capture, of the refund for a refund.
    pub reference: String,
    /// How much; not negative.
    pub amount: Money,
    /// What the processor took for it, in minor units of the amount's currency; `None` if the report does not say it.
    pub fee_minor: Option<i64>,
}

/// Why a report cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReport {
    /// The file is not this processor's report.
    #[error("this is not the report of {0}: {1}")]
    OtherReport(&'static str, String),
    /// A line is malformed.
    #[error("line {line}: {why}")]
    Line {
        /// Its number, starting at 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The report has more than [`LINES_MAX`] lines.
    #[error("the report has more than {LINES_MAX} lines: split it")]
    TooLong,
}

/// Where the columns are.
struct Columns(BTreeMap<String, usize>);

impl Columns {
    fn of(header: &StringRecord, processor: ProcessorKind, wanted: &[&str]) -> Result<Self, BadReport> {
        let found: BTreeMap<String, usize> =
            header.iter().enumerate().map(|(at, name)| (name.trim().to_owned(), at)).collect();
        match wanted.iter().find(|name| !found.contains_key(**name)) {
            Some(missing) => {
                Err(BadReport::OtherReport(processor.as_str(), format!("it has no column `{missing}`")))
            }
            None => Ok(Self(found)),
        }
    }

    fn get<'a>(&self, record: &'a StringRecord, name: &str) -> &'a str {
        self.0.get(name).and_then(|at| record.get(*at)).unwrap_or_default().trim()
    }
}

/// A file without its carriage returns: the parser would count a line too few behind each.
struct WithoutReturns<R>(R);

impl<R: Read> Read for WithoutReturns<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            let mut kept = 0;
            for at in 0..read {
                if buffer[at] != b'\r' {
                    buffer.swap(kept, at);
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Reads a report. Lines that moved no money (authorizations, refused transactions) are left out. `fee_column` names the column
/// with the processor's fees, which neither processor's report has unless it is asked for; its sign is not looked at.
pub fn read(
    processor: ProcessorKind,
    file: impl Read,
    fee_column: Option<&str>,
) -> Result<Vec<SettledLine>, BadReport> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(WithoutReturns(file));
    let mut records = reader.records().map(|record| {
        record.map_err(|error| BadReport::Line {
            line: error.position().map_or(0, csv::Position::line),
            why: "it is no CSV".to_owned(),
        })
    });
    let mut next = || records.next().transpose();
    let nothing = || BadReport::OtherReport(processor.as_str(), "it is empty".to_owned());
    if processor == ProcessorKind::CyberSource {
        let title = next()?.ok_or_else(nothing)?;
        if title.get(0) != Some(CYBERSOURCE_REPORT) || title.get(1) != Some("1.0") {
            let why = format!("its first record does not begin with `{CYBERSOURCE_REPORT},1.0`");
            return Err(BadReport::OtherReport(processor.as_str(), why));
        }
    }
    let wanted: &[&str] = match processor {
        ProcessorKind::CyberSource => &CYBERSOURCE_COLUMNS,
        ProcessorKind::Mpgs => &MPGS_COLUMNS,
    };
    let wanted = [wanted, fee_column.as_slice()].concat();
    let columns = Columns::of(&next()?.ok_or_else(nothing)?, processor, &wanted)?;
    let mut lines = Vec::new();
    let mut count = 0;
    while let Some(record) = next()? {
        count += 1;
        if count > LINES_MAX {
            return Err(BadReport::TooLong);
        }
        let line = record.position().map_or(0, csv::Position::line);
        let read = match processor {
            ProcessorKind::CyberSource => cybersource(&columns, &record),
            ProcessorKind::Mpgs => mpgs(&columns, &record),
        };
        match read {
            Ok(Some((settled, reference, amount))) => {
                let fee = fee_column.map_or("", |column| columns.get(&record, column));
                let fee_minor = fee_minor(fee, amount).map_err(|why| BadReport::Line { line, why })?;
                lines.push(SettledLine { line, settled, reference, amount, fee_minor });
            }
            Ok(None) => {}
            Err(why) => return Err(BadReport::Line { line, why }),
        }
    }
    Ok(lines)
}

type LineRead = Result<Option<(Settled, String, Money)>, String>;

fn cybersource(columns: &Columns, record: &StringRecord) -> LineRead {
    let settled = match columns.get(record, "transaction_type") {
        "ics_bill" => Settled::Capture,
        "ics_credit" => Settled::Refund,
        // Authorizations and reversals are not in this report; other services are not used.
        _ => return Ok(None),
    };
    let amount = money(columns.get(record, "amount"), columns.get(record, "currency"))?;
    let is_signed = settled == Settled::Refund;
    if is_signed != (amount.minor < 0) && amount.minor != 0 {
        return Err(format!("the amount of {} has the wrong sign", settled.as_str()));
    }
    let amount = Money { minor: amount.minor.abs(), ..amount };
    Ok(Some((settled, reference(columns.get(record, "merchant_ref_number"))?, amount)))
}

fn mpgs(columns: &Columns, record: &StringRecord) -> LineRead {
    let (settled, name) = match columns.get(record, "transaction.type") {
        "CAPTURE" | "PAYMENT" => (Settled::Capture, "order.id"),
        "REFUND" => (Settled::Refund, "transaction.id"),
        _ => return Ok(None),
    };
    if columns.get(record, "result") != "SUCCESS" {
        return Ok(None);
    }
    let amount =
        money(columns.get(record, "transaction.amount"), columns.get(record, "transaction.currency"))?;
    if amount.minor < 0 {
        return Err(format!("the amount of {} is negative", settled.as_str()));
    }
    Ok(Some((settled, reference(columns.get(record, name))?, amount)))
}

fn money(amount: &str, currency: &str) -> Result<Money, String> {
    let currency = Currency::from_code(currency).ok_or_else(|| format!("`{currency}` is no currency"))?;
    Money::from_decimal(amount, currency)
        .ok_or_else(|| format!("`{amount}` is no amount of {}", currency.code()))
}

fn fee_minor(text: &str, amount: Money) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let fee = money(text, amount.currency.code())?;
    Ok(Some(fee.minor.saturating_abs()))
}

fn reference(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it has no reference".to_owned());
    }
    Ok(text.chars().take(REFERENCE_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAYMENT: &str = "6c84fb90-12c4-11e1-840d-7b25c5ee775a";
    const REFUND: &str = "110e8400-e29b-11d4-a716-446655440000";

    fn line(line: u64, settled: Settled, reference: &str, minor: i64, code: &str) -> SettledLine {
        let amount = Money { minor, currency: Currency::from_code(code).unwrap() };
        SettledLine { line, settled, reference: reference.to_owned(), amount, fee_minor: None }
    }

    fn cybersource_report(lines: &[String]) -> String {
        let head = format!("{CYBERSOURCE_REPORT},1.0,2026-11-21 to 2026-11-21,,,,,,,");
        [&[head, CYBERSOURCE_COLUMNS.join(",")], lines].concat().join("\r\n")
    }

    fn cybersource_line(reference: &str, currency: &str, amount: &str, kind: &str) -> String {
        format!(
            "123456,shop,2026-11-21,0004172180000167905139,{reference},5652882910,Visa,{currency},{amount},{kind}"
        )
    }

    #[test]
    fn a_report_of_cybersource_is_read() {
        let report = cybersource_report(&[
            cybersource_line(PAYMENT, "USD", "100.00", "ics_bill"),
            cybersource_line(REFUND, "JPY", "-500", "ics_credit"),
            cybersource_line(PAYMENT, "USD", "1.00", "ics_dcc"),
        ]);
        let expected = vec![
            line(3, Settled::Capture, PAYMENT, 10_000, "USD"),
            line(4, Settled::Refund, REFUND, 500, "JPY"),
        ];
        assert_eq!(read(ProcessorKind::CyberSource, report.as_bytes(), None), Ok(expected));
    }

    #[test]
    fn a_report_of_mpgs_is_read_whatever_the_order_of_its_columns() {
        let report = format!(
            "timeOfRecord,result,transaction.type,order.id,transaction.id,transaction.currency,transaction.amount\n\
             2026-11-21T09:00:00Z,SUCCESS,AUTHORIZATION,{PAYMENT},1,EUR,12.50\n\
             2026-11-21T09:00:01Z,SUCCESS,CAPTURE,{PAYMENT},2-1,EUR,12.50\n\
             2026-11-21T09:00:02Z,FAILURE,REFUND,{PAYMENT},{REFUND},EUR,2.50\n\
             2026-11-21T09:00:03Z,SUCCESS,REFUND,{PAYMENT},{REFUND}-1,EUR,2.50\n"
        );
        let expected = vec![
            line(3, Settled::Capture, PAYMENT, 1250, "EUR"),
            line(5, Settled::Refund, REFUND, 250, "EUR"),
        ];
        assert_eq!(read(ProcessorKind::Mpgs, report.as_bytes(), None), Ok(expected));
    }

    #[test]
    fn fees_are_read_where_a_column_is_named() {
        let report = format!(
            "order.id,transaction.id,transaction.type,transaction.amount,transaction.currency,result,fee\n\
             {PAYMENT},2,CAPTURE,12.50,EUR,SUCCESS,-0.35\n\
             {PAYMENT},{REFUND},REFUND,2.50,EUR,SUCCESS,\n"
        );
        let read = |column| read(ProcessorKind::Mpgs, report.as_bytes(), column);
        let fees: Vec<_> = read(Some("fee")).unwrap().iter().map(|line| line.fee_minor).collect();
        assert_eq!(fees, [Some(35), None]);
        assert!(read(None).unwrap().iter().all(|line| line.fee_minor.is_none()));
        let missing = read(Some("cost")).unwrap_err().to_string();
        assert!(missing.contains("no column `cost`"), "{missing}");
    }

    #[test]
    fn what_is_no_report_is_a_clear_error() {
        let error =
            |report: &str| read(ProcessorKind::CyberSource, report.as_bytes(), None).unwrap_err().to_string();
        assert!(error("").contains("it is empty"));
        assert!(error("order.id,result\n").contains("does not begin with"));
        assert!(error(&format!("{CYBERSOURCE_REPORT},1.0,\nbatch_id\n")).contains("no column `merchant_id`"));
        for (reference, currency, amount, kind, why) in [
            (PAYMENT, "XXX", "1.00", "ics_bill", "line 3: `XXX` is no currency"),
            (PAYMENT, "USD", "1.001", "ics_bill", "line 3: `1.001` is no amount of USD"),
            (PAYMENT, "USD", "-1.00", "ics_bill", "line 3: the amount of capture has the wrong sign"),
            (REFUND, "USD", "1.00", "ics_credit", "line 3: the amount of refund has the wrong sign"),
            ("", "USD", "1.00", "ics_bill", "line 3: it has no reference"),
        ] {
            let report = cybersource_report(&[cybersource_line(reference, currency, amount, kind)]);
            assert_eq!(error(&report), why);
        }
    }

    proptest! {
        #[test]
        fn no_file_panics(text in "\\PC{0,200}") {
            for processor in ProcessorKind::ALL {
                let _ = read(*processor, text.as_bytes(), None);
            }
        }
    }
}
