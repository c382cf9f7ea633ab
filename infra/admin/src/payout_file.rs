//! `cargo admin write-payouts` and `settle-payouts`: the file of live payouts for a bank (ISO 20022 `pain.001.001.09`), and the bank's
//! report of it (`pain.002`).
//!
//! Euros to accounts with an IBAN of the SEPA countries, as the bank's credit transfers carry them.

use std::{fs, io::Write as _, path::Path};

use sepa::{
    CreditTransferEntry, CreditTransferGroup, Iban, IsoDate, IsoDateTime, Pain001Builder, PaymentStatus,
    pain002::{ReasonCode, TransactionStatus, parse_pain002},
    validate_bic, validate_iban,
};
use serde_json::{Value, json};
use tollgate_domain::{
    BankAccount, Money, PayoutId, Timestamp,
    payout::{PayoutFailure, PayoutOutcome},
};
use tollgate_gateway::{Admin, AdminError, FileReport, FiledPayout, TakenPayouts, payout_file_made_at};

use crate::arguments::{PayoutCommand, WritePayouts};

/// What the bank's statement says of a payout that says nothing.
const TEXT: &str = "Payout";
/// Largest report, in bytes.
const REPORT_BYTES_MAX: u64 = 32 * 1024 * 1024;

pub(crate) async fn perform(admin: &Admin, command: PayoutCommand) -> Result<Value, AdminError> {
    Ok(match command {
        PayoutCommand::Set { merchant, enabled } => {
            admin.set_live_payouts(merchant, enabled).await?;
            json!({"id": merchant.to_prefixed("acct_"), "live_payouts": enabled})
        }
        PayoutCommand::Write(arguments) => write(admin, &arguments).await?,
        PayoutCommand::Settle { report } => settle(admin, &report).await?,
    })
}

fn fail(error: impl std::fmt::Display) -> AdminError {
    AdminError::Failed(error.to_string())
}

/// Whether the file can carry a payout: euros, to an IBAN of a SEPA country.
fn takes(amount: Money, _account: &BankAccount, number: &str) -> bool {
    amount.currency.code() == "EUR" && validate_iban(number).is_ok_and(|iban| iban.is_sepa())
}

async fn write(admin: &Admin, arguments: &WritePayouts) -> Result<Value, AdminError> {
    let debtor = validate_iban(&arguments.debtor_iban).map_err(fail)?;
    let file = arguments.again.clone().unwrap_or_else(|| admin.new_payout_file());
    let made = payout_file_made_at(&file)
        .ok_or_else(|| fail(format!("`{file}` is no name of a file of payouts")))?;
    // What is wrong with the debtor is found before any payout is taken.
    document(&file, made, arguments, &debtor, &[sample()?])?;
    // A run that dies from here on is repeated with this name.
    writeln!(std::io::stderr(), "file {file}").map_err(fail)?;
    let taken = admin.take_payouts(&file, arguments.again.is_none(), takes).await?;
    let total: i64 = taken.filed.iter().map(|payout| payout.amount.minor).sum();
    if !taken.filed.is_empty() {
        let text = document(&file, made, arguments, &debtor, &taken.filed)?;
        write_new(&arguments.file, &text)?;
    }
    Ok(shown(&file, &taken, total))
}

fn shown(file: &str, taken: &TakenPayouts, total: i64) -> Value {
    let ids = |ids: &[PayoutId]| ids.iter().map(|id| id.to_prefixed("po_")).collect::<Vec<_>>();
    json!({
        "file": file,
        "payouts": taken.filed.len(),
        "amount": total,
        "currency": "EUR",
        "left": ids(&taken.left),
        "failed": ids(&taken.failed),
    })
}

/// Writes a file that only its owner may read: it has account numbers.
fn write_new(path: &Path, text: &str) -> Result<(), AdminError> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let opened = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| {
        fail(format!("{}: {error}; the payouts are taken, so write it again with --again", path.display()))
    })
}

/// A payout with which the document is tried.
fn sample() -> Result<FiledPayout, AdminError> {
    let currency = tollgate_domain::Currency::from_code("EUR").ok_or_else(|| fail("no euro"))?;
    Ok(FiledPayout {
        id: PayoutId::from_bytes([1; 16]),
        amount: Money { minor: 1, currency },
        holder: "Holder".to_owned(),
        number: "DE89370400440532013000".to_owned().into(),
        text: None,
    })
}

/// The document. It is the same for the same file and payouts.
fn document(
    file: &str,
    made: Timestamp,
    arguments: &WritePayouts,
    debtor: &Iban,
    payouts: &[FiledPayout],
) -> Result<String, AdminError> {
    let created = IsoDateTime::parse(&made.rfc3339()).map_err(fail)?;
    let on = match &arguments.on {
        Some(day) => IsoDate::parse(day).map_err(fail)?,
        None => IsoDate::parse(&made.rfc3339()[..10]).map_err(fail)?,
    };
    let mut group = CreditTransferGroup::new(&arguments.debtor_name, debtor, on);
    if let Some(bic) = &arguments.debtor_bic {
        group = group.debtor_bic(validate_bic(bic).map_err(fail)?);
    }
    for payout in payouts {
        let number = validate_iban(&payout.number).map_err(fail)?;
        let id = payout.id.to_string();
        let entry = CreditTransferEntry::new(&payout.holder, number, payout.amount.minor, id);
        group = group.add_entry(entry.with_description(payout.text.as_deref().unwrap_or(TEXT)));
    }
    Pain001Builder::new(&arguments.debtor_name, file)
        .created_at(created)
        .add_group(group)
        .build()
        .map_err(fail)
}

/// What a status says of a payout; `None` while it is not decided.
fn outcome(status: Option<&PaymentStatus>, reasons: &[ReasonCode]) -> Option<PayoutOutcome> {
    match status? {
        PaymentStatus::Acsc => Some(PayoutOutcome::Paid),
        PaymentStatus::Other(code) if code == "ACCC" => Some(PayoutOutcome::Paid),
        PaymentStatus::Rjct => Some(PayoutOutcome::Failed(failure(reasons.first()))),
        _ => None,
    }
}

/// The reason of a failure, by the codes of ISO 20022's external code sets.
fn failure(reason: Option<&ReasonCode>) -> PayoutFailure {
    match reason.map(ReasonCode::as_code) {
        Some("AC01" | "AC03" | "RC01" | "BE04") => PayoutFailure::NoAccount,
        Some("AC04" | "AC07" | "MD07") => PayoutFailure::AccountClosed,
        Some("AC06") => PayoutFailure::AccountFrozen,
        Some("AG01") => PayoutFailure::BankAccountRestricted,
        Some("AM04") => PayoutFailure::InsufficientFunds,
        Some("AM03") => PayoutFailure::InvalidCurrency,
        Some(_) | None => PayoutFailure::CouldNotProcess,
    }
}

fn read_report(text: &str) -> Result<FileReport, AdminError> {
    let report = parse_pain002(text).map_err(fail)?;
    let groups = &report.payment_info_statuses;
    let of_group = outcome(report.group_status.as_ref(), &report.group_reason_codes);
    let of_info = groups.iter().find_map(|info| outcome(info.status.as_ref(), &info.reason_codes));
    let one = |transaction: &TransactionStatus| {
        let outcome = outcome(transaction.status.as_ref(), &transaction.reason_codes);
        Some((transaction.original_end_to_end_id.clone()?, outcome))
    };
    Ok(FileReport {
        file: report.original_msg_id.clone(),
        all: of_group.or(of_info),
        each: groups.iter().flat_map(|info| &info.transactions).filter_map(one).collect(),
    })
}

async fn settle(admin: &Admin, path: &Path) -> Result<Value, AdminError> {
    let size = fs::metadata(path).map_err(|e| fail(format!("{}: {e}", path.display())))?.len();
    if size > REPORT_BYTES_MAX {
        return Err(fail("the report has more than 32 MB"));
    }
    let text = fs::read_to_string(path).map_err(|e| fail(format!("{}: {e}", path.display())))?;
    let report = read_report(&text)?;
    let done = admin.settle_reported(&report).await?;
    let ids = |ids: &[PayoutId]| ids.iter().map(|id| id.to_prefixed("po_")).collect::<Vec<_>>();
    Ok(json!({
        "file": report.file,
        "paid": ids(&done.paid),
        "failed": ids(&done.failed),
        "undecided": ids(&done.undecided),
        "unknown": done.unknown,
    }))
}
