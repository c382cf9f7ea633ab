//! What the simulated providers did: their books. A card number is never kept, only its last four digits.
//!
//! Every request that was carried out is a transaction. Look-ups show it from `visible_at` on, which may lag behind, and
//! what came of it from `decided_at` on; the books themselves are right at once.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use tollgate_domain::{Currency, Money, ProcessorKind};

use crate::Error;

/// Orders that are shown.
const SHOWN: usize = 10_000;

/// What a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Authorization,
    Capture,
    Void,
    Refund,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "capture" => Self::Capture,
            "void" => Self::Void,
            "refund" => Self::Refund,
            _ => Self::Authorization,
        }
    }
}

/// What came of a transaction: `done`; for an authorisation also `review` (held until a reviewer decides) and `refused`
/// (held, though a risk rule refused it); else why it was declined.
pub(super) const DONE: &str = "done";
pub(super) const REVIEW: &str = "review";
pub(super) const REFUSED: &str = "refused";

/// A request that was carried out.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) kind: Kind,
    /// The payment's reference: MPGS's order id, `CyberSource`'s code of everything but refunds.
    pub(super) order: String,
    /// The provider's id of it, or, at MPGS, ours.
    pub(super) name: String,
    /// What protects it from being carried out twice: `CyberSource`'s transaction id.
    pub(super) unique: String,
    /// The reference that it was sent with.
    pub(super) code: String,
    pub(super) money: Money,
    pub(super) last4: String,
    pub(super) outcome: String,
    /// From when on look-ups show it, in milliseconds since 1970.
    pub(super) visible_at: i64,
    /// From when on its outcome is known, to the provider too.
    pub(super) decided_at: i64,
    /// What the request said, to tell a repetition from another request.
    pub(super) body: String,
}

impl Transaction {
    pub(super) fn is_done(&self) -> bool {
        self.outcome == DONE
    }

    /// Whether it reserved money, whatever was answered.
    fn reserves(&self) -> bool {
        self.kind == Kind::Authorization && [DONE, REVIEW, REFUSED].contains(&self.outcome.as_str())
    }

    pub(super) fn is_decided(&self, now: i64) -> bool {
        self.decided_at <= now
    }
}

/// An order: all transactions of one payment, the first first.
#[derive(Clone, Debug)]
pub(super) struct Order(pub(super) Vec<Transaction>);

impl Order {
    pub(super) fn of(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Transaction> {
        self.0.iter().filter(move |one| one.kind == kind)
    }

    fn count(&self, kind: Kind) -> usize {
        self.of(kind).filter(|one| one.is_done()).count()
    }

    fn sum(&self, kind: Kind) -> i64 {
        let done = self.of(kind).filter(|one| one.is_done());
        done.map(|one| one.money.minor).sum()
    }

    pub(super) fn captured(&self) -> i64 {
        self.sum(Kind::Capture)
    }

    pub(super) fn refunded(&self) -> i64 {
        self.sum(Kind::Refund)
    }

    pub(super) fn is_voided(&self) -> bool {
        self.count(Kind::Void) > 0
    }

    /// The authorisation that reserved money.
    pub(super) fn reservation(&self) -> Option<&Transaction> {
        self.of(Kind::Authorization).find(|one| one.reserves())
    }

    /// What is reserved and neither taken nor let go.
    fn reserved(&self) -> i64 {
        let open = self.captured() == 0 && !self.is_voided();
        let all = self.of(Kind::Authorization).filter(|one| one.reserves());
        if open { all.map(|one| one.money.minor).sum() } else { 0 }
    }

    /// What look-ups show at an instant.
    pub(super) fn shown_at(&self, now: i64) -> Self {
        Self(self.0.iter().filter(|one| one.visible_at <= now).cloned().collect())
    }
}

/// An order as tests look at it: the provider's books.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Book {
    provider: &'static str,
    reference: String,
    network_id: String,
    /// Minor units, as all amounts here.
    amount: i64,
    currency: &'static str,
    last4: String,
    decline: Option<String>,
    authorizations: usize,
    captures: usize,
    voids: usize,
    refunds: usize,
    captured: i64,
    refunded: i64,
    reserved: i64,
    /// The authorisation that waits for a reviewer.
    in_review: Option<String>,
}

impl Book {
    fn of(provider: ProcessorKind, order: &Order) -> Option<Self> {
        let first = order.0.first()?;
        let last = order.of(Kind::Authorization).next_back().unwrap_or(first);
        let is_declined = !last.reserves() && order.reservation().is_none();
        Some(Self {
            provider: provider.as_str(),
            reference: first.order.clone(),
            network_id: last.name.clone(),
            amount: first.money.minor,
            currency: first.money.currency.code(),
            last4: first.last4.clone(),
            decline: is_declined.then(|| last.outcome.clone()),
            authorizations: order.of(Kind::Authorization).filter(|one| one.reserves()).count(),
            captures: order.count(Kind::Capture),
            voids: order.count(Kind::Void),
            refunds: order.count(Kind::Refund),
            captured: order.captured(),
            refunded: order.refunded(),
            reserved: order.reserved(),
            in_review: order
                .of(Kind::Authorization)
                .find(|one| one.outcome == REVIEW)
                .map(|one| one.name.clone()),
        })
    }
}

pub(super) struct Ledger(Mutex<Connection>);

const COLUMNS: &str =
    "kind, reference, name, unique_id, code, amount, currency, last4, outcome, visible_at, decided_at, body";

fn transaction(row: &Row<'_>) -> rusqlite::Result<Transaction> {
    let currency: String = row.get(6)?;
    let currency = Currency::from_code(&currency)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(6, currency, rusqlite::types::Type::Text))?;
    let kind: String = row.get(0)?;
    Ok(Transaction {
        kind: Kind::parse(&kind),
        order: row.get(1)?,
        name: row.get(2)?,
        unique: row.get(3)?,
        code: row.get(4)?,
        money: Money { minor: row.get(5)?, currency },
        last4: row.get(7)?,
        outcome: row.get(8)?,
        visible_at: row.get(9)?,
        decided_at: row.get(10)?,
        body: row.get(11)?,
    })
}

impl Ledger {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS transactions (
                provider TEXT NOT NULL,
                kind TEXT NOT NULL,
                reference TEXT NOT NULL,
                name TEXT NOT NULL,
                unique_id TEXT NOT NULL,
                code TEXT NOT NULL,
                amount INTEGER NOT NULL,
                currency TEXT NOT NULL,
                last4 TEXT NOT NULL,
                outcome TEXT NOT NULL,
                visible_at INTEGER NOT NULL,
                decided_at INTEGER NOT NULL,
                body TEXT NOT NULL
            );
            CREATE INDEX IF NOT EXISTS by_reference ON transactions (provider, reference);
            CREATE INDEX IF NOT EXISTS by_name ON transactions (provider, name);
            CREATE INDEX IF NOT EXISTS by_code ON transactions (provider, code);
            CREATE TABLE IF NOT EXISTS reviews (
                provider TEXT NOT NULL,
                name TEXT NOT NULL,
                decision TEXT NOT NULL,
                decided_at INTEGER NOT NULL
            )",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn select(&self, provider: ProcessorKind, column: &str, value: &str) -> Result<Vec<Transaction>, Error> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {COLUMNS} FROM transactions WHERE provider = ?1 AND {column} = ?2 ORDER BY rowid"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![provider.as_str(), value], transaction)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The order of a payment's reference; an empty one where there is none.
    pub(super) fn order(&self, provider: ProcessorKind, reference: &str) -> Result<Order, Error> {
        self.select(provider, "reference", reference).map(Order)
    }

    /// The transactions that were sent with a reference.
    pub(super) fn by_code(&self, provider: ProcessorKind, code: &str) -> Result<Vec<Transaction>, Error> {
        self.select(provider, "code", code)
    }

    /// The transaction that the provider calls by this name.
    pub(super) fn by_name(&self, provider: ProcessorKind, name: &str) -> Result<Option<Transaction>, Error> {
        Ok(self.select(provider, "name", name)?.pop())
    }

    /// Whether a transaction id was used.
    pub(super) fn is_used(&self, provider: ProcessorKind, unique: &str) -> Result<bool, Error> {
        let connection = self.lock();
        let found = connection
            .query_row(
                "SELECT 1 FROM transactions WHERE provider = ?1 AND unique_id = ?2 AND unique_id <> ''",
                params![provider.as_str(), unique],
                |_| Ok(()),
            )
            .optional()?;
        Ok(found.is_some())
    }

    /// Writes a transaction into the books.
    pub(super) fn add(&self, provider: ProcessorKind, one: &Transaction) -> Result<(), Error> {
        self.lock().execute(
            &format!(
                "INSERT INTO transactions (provider, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
            ),
            params![
                provider.as_str(),
                one.kind.as_str(),
                one.order,
                one.name,
                one.unique,
                one.code,
                one.money.minor,
                one.money.currency.code(),
                one.last4,
                one.outcome,
                one.visible_at,
                one.decided_at,
                one.body
            ],
        )?;
        Ok(())
    }

    /// Decides a review: accepted, it becomes an authorisation like any other; rejected, it stays held until it is voided.
    pub(super) fn review(
        &self,
        provider: ProcessorKind,
        name: &str,
        accepted: bool,
        now: i64,
    ) -> Result<bool, Error> {
        let connection = self.lock();
        let outcome = if accepted { DONE } else { REFUSED };
        let changed = connection.execute(
            "UPDATE transactions SET outcome = ?3 WHERE provider = ?1 AND name = ?2 AND outcome = 'review'",
            params![provider.as_str(), name, outcome],
        )?;
        if changed == 0 {
            return Ok(false);
        }
        let decision = if accepted { "ACCEPT" } else { "REJECT" };
        connection.execute(
            "INSERT INTO reviews (provider, name, decision, decided_at) VALUES (?1, ?2, ?3, ?4)",
            params![provider.as_str(), name, decision, now],
        )?;
        Ok(true)
    }

    /// The decision of a review.
    pub(super) fn decision_of(&self, provider: ProcessorKind, name: &str) -> Result<Option<String>, Error> {
        let connection = self.lock();
        let found = connection.query_row(
            "SELECT decision FROM reviews WHERE provider = ?1 AND name = ?2",
            params![provider.as_str(), name],
            |row| row.get(0),
        );
        Ok(found.optional()?)
    }

    /// The reviews that were decided within some time: name and decision.
    pub(super) fn reviews(
        &self,
        provider: ProcessorKind,
        from: i64,
        to: i64,
    ) -> Result<Vec<(String, String)>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT name, decision FROM reviews WHERE provider = ?1 AND decided_at >= ?2 AND decided_at <= ?3 ORDER BY rowid",
        )?;
        let found = statement
            .query_map(params![provider.as_str(), from, to], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The books, the oldest order first.
    pub(super) fn books(&self, provider: Option<&str>, reference: Option<&str>) -> Result<Vec<Book>, Error> {
        let mut books = Vec::new();
        for one in ProcessorKind::ALL.iter().filter(|p| provider.is_none_or(|wanted| wanted == p.as_str())) {
            for reference in self.references(*one, reference)? {
                books.extend(Book::of(*one, &self.order(*one, &reference)?));
            }
        }
        Ok(books)
    }

    fn references(&self, provider: ProcessorKind, only: Option<&str>) -> Result<Vec<String>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT reference FROM transactions WHERE provider = ?1 AND (?2 IS NULL OR reference = ?2) \
             GROUP BY reference ORDER BY MIN(rowid) LIMIT ?3",
        )?;
        let limit = i64::try_from(SHOWN).unwrap_or(i64::MAX);
        let found = statement.query_map(params![provider.as_str(), only, limit], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
