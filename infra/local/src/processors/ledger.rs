//! The transactions of the simulated processors, in a file. Of a card number only the last four digits are kept.
//!
//! Every request that was carried out is a transaction. Look-ups show it from `visible_at` on, and its outcome from
//! `decided_at` on; the ledger has both at once.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Row, params};
use tollgate_domain::{Currency, Money, ProcessorKind};
use tollgate_processors::settlement::LINES_MAX;

use super::transaction::{Book, Kind, Order, Outcome, Transaction};
use crate::Error;

/// Orders of one processor that are shown, at most.
const ORDERS_SHOWN_MAX: usize = 10_000;

pub(super) struct Ledger(Mutex<Connection>);

const COLUMNS: &str =
    "kind, reference, name, unique_id, code, amount, currency, last4, outcome, visible_at, decided_at, body";

/// A column's text, parsed.
fn parsed<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or(rusqlite::Error::InvalidColumnType(column, text, rusqlite::types::Type::Text))
}

fn transaction(row: &Row<'_>) -> rusqlite::Result<Transaction> {
    Ok(Transaction {
        kind: parsed(row, 0, Kind::parse)?,
        order: row.get(1)?,
        id: row.get(2)?,
        transaction_id: row.get(3)?,
        code: row.get(4)?,
        money: Money { minor: row.get(5)?, currency: parsed(row, 6, Currency::from_code)? },
        last4: row.get(7)?,
        outcome: parsed(row, 8, Outcome::parse)?,
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
            );
            CREATE TABLE IF NOT EXISTS chargebacks (
                provider TEXT NOT NULL,
                reference TEXT NOT NULL,
                name TEXT NOT NULL,
                amount INTEGER NOT NULL,
                PRIMARY KEY (provider, reference, name)
            )",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn select(&self, processor: ProcessorKind, column: &str, value: &str) -> Result<Vec<Transaction>, Error> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {COLUMNS} FROM transactions WHERE provider = ?1 AND {column} = ?2 ORDER BY rowid"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![processor.as_str(), value], transaction)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The order of a payment's reference; empty if there is none.
    pub(super) fn order(&self, processor: ProcessorKind, reference: &str) -> Result<Order, Error> {
        self.select(processor, "reference", reference).map(Order)
    }

    /// The transactions that were sent with a reference.
    pub(super) fn by_code(&self, processor: ProcessorKind, code: &str) -> Result<Vec<Transaction>, Error> {
        self.select(processor, "code", code)
    }

    /// The transaction with the processor's id.
    pub(super) fn by_id(&self, processor: ProcessorKind, name: &str) -> Result<Option<Transaction>, Error> {
        Ok(self.select(processor, "name", name)?.pop())
    }

    /// Whether a transaction id was used.
    pub(super) fn is_used(&self, processor: ProcessorKind, transaction_id: &str) -> Result<bool, Error> {
        let connection = self.lock();
        let found = connection
            .query_row(
                "SELECT 1 FROM transactions WHERE provider = ?1 AND unique_id = ?2 AND unique_id <> ''",
                params![processor.as_str(), transaction_id],
                |_| Ok(()),
            )
            .optional()?;
        Ok(found.is_some())
    }

    /// Records a transaction.
    pub(super) fn add(&self, processor: ProcessorKind, transaction: &Transaction) -> Result<(), Error> {
        self.lock().execute(
            &format!(
                "INSERT INTO transactions (provider, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
            ),
            params![
                processor.as_str(),
                transaction.kind.as_str(),
                transaction.order,
                transaction.id,
                transaction.transaction_id,
                transaction.code,
                transaction.money.minor,
                transaction.money.currency.code(),
                transaction.last4,
                transaction.outcome.as_str(),
                transaction.visible_at,
                transaction.decided_at,
                transaction.body
            ],
        )?;
        Ok(())
    }

    /// Decides a review. An accepted authorisation is done; a rejected one stays reserved until it is voided. False if none
    /// waits for a review.
    pub(super) fn review(
        &self,
        processor: ProcessorKind,
        name: &str,
        accepted: bool,
        now: i64,
    ) -> Result<bool, Error> {
        let connection = self.lock();
        let outcome = if accepted { Outcome::Done } else { Outcome::Refused };
        let changed = connection.execute(
            "UPDATE transactions SET outcome = ?3 WHERE provider = ?1 AND name = ?2 AND outcome = 'review'",
            params![processor.as_str(), name, outcome.as_str()],
        )?;
        if changed == 0 {
            return Ok(false);
        }
        let decision = if accepted { "ACCEPT" } else { "REJECT" };
        connection.execute(
            "INSERT INTO reviews (provider, name, decision, decided_at) VALUES (?1, ?2, ?3, ?4)",
            params![processor.as_str(), name, decision, now],
        )?;
        Ok(true)
    }

    /// Sets what a case has taken of an order, in minor units.
    pub(super) fn charge_back(
        &self,
        processor: ProcessorKind,
        reference: &str,
        case: &str,
        minor: i64,
    ) -> Result<(), Error> {
        self.lock().execute(
            "INSERT OR REPLACE INTO chargebacks (provider, reference, name, amount) VALUES (?1, ?2, ?3, ?4)",
            params![processor.as_str(), reference, case, minor],
        )?;
        Ok(())
    }

    /// What all cases have taken of an order, in minor units.
    fn charged_back(&self, processor: ProcessorKind, reference: &str) -> Result<i64, Error> {
        let sum = self.lock().query_row(
            "SELECT COALESCE(SUM(amount), 0) FROM chargebacks WHERE provider = ?1 AND reference = ?2",
            params![processor.as_str(), reference],
            |row| row.get(0),
        )?;
        Ok(sum)
    }

    /// The decision of a review.
    pub(super) fn decision_of(&self, processor: ProcessorKind, name: &str) -> Result<Option<String>, Error> {
        let connection = self.lock();
        let found = connection.query_row(
            "SELECT decision FROM reviews WHERE provider = ?1 AND name = ?2",
            params![processor.as_str(), name],
            |row| row.get(0),
        );
        Ok(found.optional()?)
    }

    /// The reviews decided in a period: the authorisation's id and the decision.
    pub(super) fn reviews(
        &self,
        processor: ProcessorKind,
        from: i64,
        to: i64,
    ) -> Result<Vec<(String, String)>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT name, decision FROM reviews WHERE provider = ?1 AND decided_at >= ?2 AND decided_at <= ?3 ORDER BY rowid",
        )?;
        let found = statement
            .query_map(params![processor.as_str(), from, to], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Everything that a processor carried out, the oldest first; a settlement report's worth at most.
    pub(super) fn transactions(&self, processor: ProcessorKind) -> Result<Vec<Transaction>, Error> {
        let connection = self.lock();
        let sql = format!("SELECT {COLUMNS} FROM transactions WHERE provider = ?1 ORDER BY rowid LIMIT ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let limit = i64::try_from(LINES_MAX).unwrap_or(i64::MAX);
        let found = statement.query_map(params![processor.as_str(), limit], transaction)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The books, the oldest order first.
    pub(super) fn books(&self, processor: Option<&str>, reference: Option<&str>) -> Result<Vec<Book>, Error> {
        let mut books = Vec::new();
        let is_wanted = |one: &&ProcessorKind| processor.is_none_or(|wanted| wanted == one.as_str());
        for processor in ProcessorKind::ALL.iter().filter(is_wanted) {
            for reference in self.references(*processor, reference)? {
                let charged_back = self.charged_back(*processor, &reference)?;
                books.extend(Book::of(*processor, &self.order(*processor, &reference)?, charged_back));
            }
        }
        Ok(books)
    }

    fn references(&self, processor: ProcessorKind, only: Option<&str>) -> Result<Vec<String>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT reference FROM transactions WHERE provider = ?1 AND (?2 IS NULL OR reference = ?2) \
             GROUP BY reference ORDER BY MIN(rowid) LIMIT ?3",
        )?;
        let limit = i64::try_from(ORDERS_SHOWN_MAX).unwrap_or(i64::MAX);
        let found = statement.query_map(params![processor.as_str(), only, limit], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
