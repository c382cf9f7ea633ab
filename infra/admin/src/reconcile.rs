//! `cargo admin reconcile`: a processor's settlement report beside the ledger.

use std::{fs::File, io::Read, path::Path};

use serde_json::{Value, json};
use tollgate_domain::{Mode, Money, ledger::Fee};
use tollgate_gateway::{Admin, AdminError, ReportScope, SettlementDifference};
use tollgate_processors::settlement;

use crate::arguments::Reconcile;

pub(crate) async fn perform(admin: &Admin, report: Reconcile) -> Result<Value, AdminError> {
    let lines = settlement::read(report.processor, open(&report.file)?, report.fee_column.as_deref())
        .map_err(|error| AdminError::Failed(error.to_string()))?;
    let fee = match (report.fee_basis_points, report.fee_fixed) {
        (Some(points), Some(fixed)) => Some(Fee::new(points, fixed)?),
        // The one is given only with the other.
        (Some(_) | None, _) => None,
    };
    let scope = ReportScope {
        merchant: report.merchant,
        mode: if report.live { Mode::Live } else { Mode::Test },
        processor: report.processor,
        from: report.since,
        to: report.until,
        fee,
    };
    let mut done = admin.reconcile(scope, &lines).await?;
    admin.book_differences(scope, &mut done, &report.book).await?;
    Ok(json!({
        "matched": done.matched,
        "differences": done.differences.iter().map(show).collect::<Vec<_>>(),
    }))
}

fn open(file: &Path) -> Result<Box<dyn Read>, AdminError> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let opened = File::open(file).map_err(|e| AdminError::Failed(format!("{}: {e}", file.display())))?;
    Ok(Box::new(opened))
}

fn show(difference: &SettlementDifference) -> Value {
    let money = |money: &Money| json!({"amount": money.minor, "currency": money.currency.code()});
    json!({
        "difference": difference.kind.as_str(),
        "kind": difference.settled.as_str(),
        "reference": difference.reference,
        "lines": difference.lines,
        "here": difference.here.as_ref().map(money),
        "there": difference.there.iter().map(money).collect::<Vec<_>>(),
        "booked": difference.booked.as_ref().map(|adjustment| money(&adjustment.amount)),
    })
}
