//! Payout rails: what carries a payout's money to a bank.
//!
//! [`SandboxRail`] is the rail of test mode. There is none for live mode yet.

use std::{collections::BTreeMap, future::Future, sync::LazyLock};

use tollgate_domain::{
    Money, PayoutId, Timestamp,
    payout::{PayoutFailure, PayoutOutcome},
};

/// How long a payout of the sandbox is pending, in milliseconds.
pub const SANDBOX_PENDING_MS: i64 = 5_000;
/// How long a payout of the sandbox is in transit, in milliseconds.
const SANDBOX_IN_TRANSIT_MS: i64 = 5_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The number of the sandbox's own account, to which payouts go when there is no other.
pub const SANDBOX_ACCOUNT_NUMBER: &str = "000123456789";
/// What the sandbox calls a payout that will arrive.
const ARRIVES: &str = "sandbox";

/// A payout, as a rail gets it. Nothing prints the number.
pub struct PayoutOrder<'a> {
    /// The payout. A rail that gets the same one again carries it out once.
    pub payout: PayoutId,
    /// How much is to be carried.
    pub amount: Money,
    /// What the statement is to say.
    pub statement_descriptor: Option<&'a str>,
    /// The country of the bank.
    pub country: &'a str,
    /// The bank's number; `None` with an IBAN.
    pub routing_number: Option<&'a str>,
    /// The account's number or IBAN.
    pub account_number: &'a str,
    /// The holder's name.
    pub holder_name: Option<&'a str>,
}

/// A rail has taken a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// What the rail calls it.
    pub reference: String,
    /// When to ask what became of it.
    pub ask_at: Timestamp,
}

/// What a rail knows of a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RailAnswer {
    /// It certainly never got it. The payout may be submitted again.
    Unknown,
    /// It has not decided.
    Undecided {
        /// When to ask again.
        ask_at: Timestamp,
    },
    /// It is over.
    Ended(PayoutOutcome),
}

/// The rail gave no clear answer: it may have carried the payout out. Only asking it can tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payout rail's answer is unknown: {0}")]
pub struct RailSilent(pub String);

/// What carries payouts to banks.
pub trait PayoutRail {
    /// The day on which a payout that is created now is expected to arrive, as its first instant in UTC.
    fn arrival_date(&self, now: Timestamp) -> Timestamp;

    /// Hands a payout over. Repeatable: the payout's id says that it is the same.
    fn submit(
        &self,
        order: &PayoutOrder<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Submitted, RailSilent>> + Send;

    /// Asks what became of a payout. `reference` is the rail's own name of it, if it is known.
    fn ask(
        &self,
        payout: PayoutId,
        reference: Option<&str>,
        now: Timestamp,
    ) -> impl Future<Output = Result<RailAnswer, RailSilent>> + Send;
}

/// The rail of test mode: a pure function of the account number. What will become of a payout is in the reference that it
/// gives.
#[derive(Clone, Copy, Debug)]
pub struct SandboxRail;

impl PayoutRail for SandboxRail {
    /// The next day that is no Saturday and no Sunday. The sandbox does not wait for it.
    fn arrival_date(&self, now: Timestamp) -> Timestamp {
        let day = now.ms().div_euclid(DAY_MS);
        // The first day of the Unix epoch was a Thursday.
        let weekend = |day: i64| matches!(day.rem_euclid(7), 2 | 3);
        let next = (day + 1..day + 4).find(|day| !weekend(*day)).unwrap_or(day + 1);
        Timestamp::from_ms(next * DAY_MS)
    }

    async fn submit(&self, order: &PayoutOrder<'_>, now: Timestamp) -> Result<Submitted, RailSilent> {
        let reference = sandbox_failure(order.account_number).map_or(ARRIVES, PayoutFailure::code);
        Ok(Submitted { reference: reference.to_owned(), ask_at: now.plus_ms(SANDBOX_IN_TRANSIT_MS) })
    }

    async fn ask(
        &self,
        _payout: PayoutId,
        reference: Option<&str>,
        _now: Timestamp,
    ) -> Result<RailAnswer, RailSilent> {
        let Some(reference) = reference else { return Ok(RailAnswer::Unknown) };
        let failure = PayoutFailure::ALL.iter().find(|failure| failure.code() == reference);
        Ok(RailAnswer::Ended(failure.map_or(PayoutOutcome::Paid, |failure| PayoutOutcome::Failed(*failure))))
    }
}

/// Stripe's published test accounts to which payouts fail, without leading zeros: those of nine and of eight digits, and
/// the ends of the IBANs.
static FAILING: LazyLock<BTreeMap<&str, PayoutFailure>> = LazyLock::new(|| {
    use PayoutFailure::{AccountClosed, DebitNotAuthorized, InsufficientFunds, InvalidCurrency, NoAccount};
    BTreeMap::from([
        ("111111116", NoAccount),
        ("111111113", AccountClosed),
        ("222222227", InsufficientFunds),
        ("333333335", DebitNotAuthorized),
        ("444444440", InvalidCurrency),
        ("11111116", NoAccount),
        ("11111113", AccountClosed),
        ("22222227", InsufficientFunds),
        ("33333335", DebitNotAuthorized),
        ("44444440", InvalidCurrency),
        ("370400440532013001", NoAccount),
        ("370400440532013002", AccountClosed),
        ("370400440532013003", InsufficientFunds),
        ("370400440532013004", DebitNotAuthorized),
        ("370400440532013005", InvalidCurrency),
    ])
});

/// What becomes of a payout to an account in the sandbox; `None` if it arrives.
fn sandbox_failure(number: &str) -> Option<PayoutFailure> {
    // An IBAN is its country, two check digits and the bank's own number.
    let is_iban = number.starts_with(|first: char| first.is_ascii_alphabetic());
    let own = if is_iban { number.get(4..)? } else { number.trim_start_matches('0') };
    FAILING.get(own).copied()
}

/// The account number and routing number of one of Stripe's published tokens for bank accounts in the United States.
pub fn sandbox_token(token: &str) -> Option<(&'static str, &'static str)> {
    let number = match token {
        "btok_us" | "btok_us_verified" => SANDBOX_ACCOUNT_NUMBER,
        "btok_us_verified_noAccount" => "000111111116",
        "btok_us_verified_accountClosed" => "000111111113",
        "btok_us_verified_insufficientFunds" => "000222222227",
        "btok_us_verified_debitNotAuthorized" => "000333333335",
        "btok_us_verified_invalidCurrency" => "000444444440",
        _ => return None,
    };
    Some((number, "110000000"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_payout_arrives_on_the_next_working_day() {
        let next = |date: &str| {
            let (_, last) = Timestamp::day(date).unwrap();
            SandboxRail.arrival_date(last).rfc3339()[..10].to_owned()
        };
        assert_eq!(next("2026-11-19"), "2026-11-20");
        for weekend in ["2026-11-20", "2026-11-21", "2026-11-22"] {
            assert_eq!(next(weekend), "2026-11-23");
        }
    }

    #[test]
    fn the_published_accounts_fail_as_they_should() {
        for (number, code) in [
            ("000123456789", None),
            ("000111111116", Some("no_account")),
            ("111111113", Some("account_closed")),
            ("00022222227", Some("insufficient_funds")),
            ("DE62370400440532013001", Some("no_account")),
            ("DE89370400440532013000", None),
            ("0", None),
            ("DE8", None),
        ] {
            assert_eq!(sandbox_failure(number).map(PayoutFailure::code), code, "{number}");
        }
    }
}
