//! Balance transactions as CSV (RFC 4180), for spreadsheets.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use tollgate_domain::{BalanceTransaction as StoredTransaction, Timestamp};

use super::balance_transaction::BalanceTransaction;

/// The first line.
const HEADER: [&str; 12] = [
    "id",
    "type",
    "source",
    "amount",
    "fee",
    "net",
    "currency",
    "created",
    "available_on",
    "status",
    "reporting_category",
    "description",
];

/// A text that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe in front.
fn as_text(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => Cow::Owned(format!("'{text}")),
        Some(_) | None => Cow::Borrowed(text),
    }
}

/// Balance transactions as CSV, with a header. Amounts are the same as in JSON: minor units. Times are RFC 3339 in
/// UTC. The error has no cause in the data.
pub fn balance_transactions_csv(transactions: &[StoredTransaction]) -> Result<String, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for stored in transactions {
        let shown = BalanceTransaction::new(stored);
        let time = |s| Timestamp::from_s(s).rfc3339();
        writer.write_record([
            shown.id.as_str(),
            shown.r#type,
            &shown.source,
            &shown.amount.to_string(),
            &shown.fee.to_string(),
            &shown.net.to_string(),
            &shown.currency,
            &time(shown.created),
            &time(shown.available_on),
            shown.status,
            shown.reporting_category,
            &as_text(shown.description.as_deref().unwrap_or_default()),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use tollgate_domain::{
        BalanceTransactionId, Currency, Money, PaymentId,
        ledger::{FundsStatus, TransactionKind, TransactionSource},
    };

    use super::*;

    fn row(description: &str, minor: i64) -> String {
        let stored = StoredTransaction {
            id: BalanceTransactionId::from_bytes([1; 16]),
            version: 1,
            kind: TransactionKind::Charge,
            source: TransactionSource::Payment(PaymentId::from_bytes([2; 16])),
            amount: Money { minor, currency: Currency::from_code("EUR").unwrap() },
            fee: 0,
            description: Some(description.to_owned()),
            status: FundsStatus::Pending,
            created: Timestamp::from_s(1_718_020_800),
            available_on: Timestamp::from_s(1_718_193_600),
            payout: None,
        };
        let text = balance_transactions_csv(&[stored]).unwrap();
        let rest = text.strip_prefix(&format!("{}\r\n", HEADER.join(","))).unwrap();
        rest.strip_suffix("\r\n").unwrap().to_owned()
    }

    #[test]
    fn a_row_is_quoted_where_rfc_4180_asks_for_it() {
        let row = row("a, \"b\"\r\nc", -500);
        assert!(row.contains(",-500,0,-500,eur,2024-06-10T12:00:00Z,2024-06-12T12:00:00Z,pending,"), "{row}");
        assert!(row.ends_with(",charge,\"a, \"\"b\"\"\r\nc\""), "{row}");
    }

    #[test]
    fn no_text_is_a_formula_and_a_negative_amount_stays_a_number() {
        for begins in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert!(row(begins, 1).contains(&format!(",'{begins}")), "{begins}");
        }
        assert!(row("\r=1", 1).contains(",\"'\r=1\""));
        assert!(row("plain", -5).contains(",-5,"));
        assert!(row("plain", 1).ends_with(",plain"));
    }
}
