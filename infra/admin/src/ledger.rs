//! The ledger: a merchant's fees, what was not booked, and whether the books agree.

use serde_json::{Value, json};
use tollgate_domain::{LedgerTerms, ledger::Fee};
use tollgate_gateway::{Admin, AdminError, Difference, NewTerms, Verified};

use crate::arguments::{LedgerCommand, MERCHANT_PREFIX, SetFees};

pub(crate) async fn perform(admin: &Admin, command: LedgerCommand) -> Result<Value, AdminError> {
    Ok(match command {
        LedgerCommand::SetFees(new) => set_fees(admin, &new).await?,
        LedgerCommand::BookPayments { pages } => {
            let done = admin.backfill_ledger(pages.into()).await?;
            json!({
                "scanned": done.scanned,
                "booked": done.booked,
                "left": done.left,
                "next": done.next.map(|place| place.to_string()),
            })
        }
        LedgerCommand::IndexOrders { pages } => {
            let done = admin.index_orders(pages.into()).await?;
            json!({
                "scanned": done.scanned,
                "indexed": done.indexed,
                "left": done.left,
                "next": done.next.map(|place| place.to_string()),
            })
        }
        LedgerCommand::VerifyLedger { correct_balances: true } => {
            show_verified(&admin.correct_balances().await?)
        }
        LedgerCommand::VerifyLedger { correct_balances: false } => {
            show_verified(&admin.verify_ledger().await?)
        }
    })
}

async fn set_fees(admin: &Admin, new: &SetFees) -> Result<Value, AdminError> {
    let fee = match (new.basis_points, new.fixed) {
        (Some(points), Some(fixed)) => Some(Fee::new(points, fixed)?),
        // The one is given only with the other.
        (Some(_) | None, _) => None,
    };
    let change =
        NewTerms { fee, currency: new.currency, dispute_fee: new.dispute_fee, delay_days: new.delay_days };
    let terms = admin.set_terms(new.merchant, change).await?;
    let mut shown = show_terms(&terms);
    shown["id"] = json!(new.merchant.to_prefixed(MERCHANT_PREFIX));
    Ok(shown)
}

fn show_terms(terms: &LedgerTerms) -> Value {
    let show = |fee: &Fee| json!({"basis_points": fee.rate_basis_points, "fixed": fee.fixed_minor});
    let by_currency: serde_json::Map<String, Value> =
        terms.fees.by_currency.iter().map(|(code, fee)| (code.clone(), show(fee))).collect();
    json!({
        "fee": show(&terms.fees.standard),
        "fee_by_currency": by_currency,
        "dispute_fee": terms.fees.dispute_minor,
        "dispute_fee_by_currency": terms.fees.dispute_by_currency,
        "delay_days": terms.delay_days,
    })
}

fn show_verified(verified: &Verified) -> Value {
    json!({
        "scanned": verified.scanned,
        "payments_and_refunds": verified.sources,
        "balance_transactions": verified.transactions,
        "balances": verified.balances,
        "passes": verified.passes,
        "differences": verified.differences.iter().map(show_difference).collect::<Vec<_>>(),
    })
}

fn show_difference(difference: &Difference) -> Value {
    match difference {
        Difference::Missing { transaction, kind, source, amount, currency } => json!({
            "difference": "not booked", "transaction": transaction, "type": kind, "source": source,
            "amount": amount, "currency": currency,
        }),
        Difference::Unexplained { transaction, kind, source, amount, currency } => json!({
            "difference": "booked without a cause", "transaction": transaction, "type": kind, "source": source,
            "amount": amount, "currency": currency,
        }),
        Difference::Amount { transaction, source, booked, required, currency } => json!({
            "difference": "another amount", "transaction": transaction, "source": source, "booked": booked,
            "required": required, "currency": currency,
        }),
        Difference::Fee { transaction, fee, currency } => json!({
            "difference": "no sensible fee", "transaction": transaction, "fee": fee, "currency": currency,
        }),
        Difference::Withheld { transaction, source } => json!({
            "difference": "withheld although decided", "transaction": transaction, "source": source,
        }),
        Difference::Balance { tenant, currency, account, excess } => json!({
            "difference": "a balance is not the sum of its transactions", "tenant": tenant,
            "currency": currency, "account": account, "excess": excess,
        }),
        Difference::Unreadable { key } => json!({"difference": "does not read", "key": key}),
    }
}
