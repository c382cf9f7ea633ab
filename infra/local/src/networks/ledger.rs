//! What the simulated providers did. A card number is never kept, only its last four digits.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use tollgate_domain::{Currency, Decline, Money, Provider};
use tollgate_processors::sandbox;

use crate::Error;

/// Orders that are shown.
const SHOWN: u32 = 1000;

/// An order: one payment, as a provider knows it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Order {
    pub(super) provider: String,
    pub(super) reference: String,
    pub(super) network_id: String,
    /// Minor units.
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) last4: String,
    pub(super) decline: Option<String>,
    pub(super) authorizations: u32,
    pub(super) captures: u32,
    pub(super) voids: u32,
    pub(super) refunds: u32,
    /// Minor units.
    pub(super) refunded: i64,
}

/// A refund, as a provider knows it.
pub(super) struct Refund {
    pub(super) order: String,
    pub(super) network_id: String,
}

/// Why a provider does not do what it is asked.
pub(super) enum Refused {
    /// The reference was used.
    Duplicate,
    /// There is no such order, it is in another state, or the amount is wrong.
    Invalid,
}

pub(super) struct Ledger(Mutex<Connection>);

const COLUMNS: &str = "o.provider, o.reference, o.network_id, o.amount, o.currency, o.last4, o.decline, \
     o.authorizations, o.captures, o.voids, \
     (SELECT COUNT(*) FROM refunds r WHERE r.provider = o.provider AND r.reference = o.reference), \
     (SELECT COALESCE(SUM(r.amount), 0) FROM refunds r WHERE r.provider = o.provider AND r.reference = o.reference)";

fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        provider: row.get(0)?,
        reference: row.get(1)?,
        network_id: row.get(2)?,
        amount: row.get(3)?,
        currency: row.get(4)?,
        last4: row.get(5)?,
        decline: row.get(6)?,
        authorizations: row.get(7)?,
        captures: row.get(8)?,
        voids: row.get(9)?,
        refunds: row.get(10)?,
        refunded: row.get(11)?,
    })
}

impl Order {
    pub(super) fn money(&self) -> String {
        Currency::from_code(&self.currency).map_or_else(String::new, |currency| {
            let money = Money {
                minor: self.amount,
                currency,
            };
            money.to_decimal()
        })
    }
}

impl Ledger {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS orders (
                provider TEXT NOT NULL,
                reference TEXT NOT NULL,
                network_id TEXT NOT NULL,
                amount INTEGER NOT NULL,
                currency TEXT NOT NULL,
                last4 TEXT NOT NULL,
                decline TEXT,
                authorizations INTEGER NOT NULL,
                captures INTEGER NOT NULL DEFAULT 0,
                voids INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (provider, reference)
            );
            CREATE TABLE IF NOT EXISTS refunds (
                provider TEXT NOT NULL,
                refund_reference TEXT NOT NULL,
                reference TEXT NOT NULL,
                network_id TEXT NOT NULL,
                amount INTEGER NOT NULL,
                PRIMARY KEY (provider, refund_reference)
            )",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn orders(
        &self,
        provider: Option<&str>,
        reference: Option<&str>,
    ) -> Result<Vec<Order>, Error> {
        let connection = self.lock();
        let mut statement = connection.prepare(&format!(
            "SELECT {COLUMNS} FROM orders o WHERE (?1 IS NULL OR o.provider = ?1) AND (?2 IS NULL OR o.reference = ?2) \
             ORDER BY o.rowid LIMIT ?3"
        ))?;
        let orders = statement.query_map(params![provider, reference, SHOWN], order)?;
        Ok(orders.collect::<Result<_, _>>()?)
    }

    /// The order that a provider knows by our reference, or by its own id.
    pub(super) fn find(&self, provider: Provider, name: &str) -> Result<Option<Order>, Error> {
        let connection = self.lock();
        let found = connection.query_row(
            &format!(
                "SELECT {COLUMNS} FROM orders o WHERE o.provider = ?1 AND (o.reference = ?2 OR o.network_id = ?2)"
            ),
            params![provider.as_str(), name],
            order,
        );
        Ok(found.optional()?)
    }

    pub(super) fn find_refund(&self, provider: Provider, reference: &str) -> Result<Option<Refund>, Error> {
        let connection = self.lock();
        let found = connection.query_row(
            "SELECT reference, network_id FROM refunds WHERE provider = ?1 AND refund_reference = ?2",
            params![provider.as_str(), reference],
            |row| {
                Ok(Refund {
                    order: row.get(0)?,
                    network_id: row.get(1)?,
                })
            },
        );
        Ok(found.optional()?)
    }

    /// Reserves money: once for each reference, declined for the cards that are listed as declined.
    pub(super) fn authorize(
        &self,
        provider: Provider,
        reference: &str,
        network_id: &str,
        amount: Money,
        number: &str,
    ) -> Result<Result<Order, Refused>, Error> {
        if self.find(provider, reference)?.is_some() {
            return Ok(Err(Refused::Duplicate));
        }
        let decline = sandbox::decline_of(number).map(Decline::code);
        let last4 = tollgate_domain::card::last_four_digits(number);
        self.lock().execute(
            "INSERT INTO orders (provider, reference, network_id, amount, currency, last4, decline, authorizations) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)",
            params![
                provider.as_str(),
                reference,
                network_id,
                amount.minor,
                amount.currency.code(),
                last4,
                decline
            ],
        )?;
        Ok(self.find(provider, reference)?.ok_or(Refused::Invalid))
    }

    /// Takes reserved money: once, and all of it.
    pub(super) fn capture(
        &self,
        provider: Provider,
        name: &str,
        amount: Money,
    ) -> Result<Result<Order, Refused>, Error> {
        let Some(order) = self.find(provider, name)? else {
            return Ok(Err(Refused::Invalid));
        };
        if order.captures > 0 {
            return Ok(Err(Refused::Duplicate));
        }
        if order.decline.is_some() || order.voids > 0 || order.amount != amount.minor {
            return Ok(Err(Refused::Invalid));
        }
        self.lock().execute(
            "UPDATE orders SET captures = captures + 1 WHERE provider = ?1 AND reference = ?2",
            params![provider.as_str(), order.reference],
        )?;
        Ok(Ok(order))
    }

    /// Lets reserved money go: once, and not after it was taken.
    pub(super) fn void(&self, provider: Provider, name: &str) -> Result<Result<Order, Refused>, Error> {
        let Some(order) = self.find(provider, name)? else {
            return Ok(Err(Refused::Invalid));
        };
        if order.voids > 0 {
            return Ok(Err(Refused::Duplicate));
        }
        if order.decline.is_some() || order.captures > 0 {
            return Ok(Err(Refused::Invalid));
        }
        self.lock().execute(
            "UPDATE orders SET voids = voids + 1 WHERE provider = ?1 AND reference = ?2",
            params![provider.as_str(), order.reference],
        )?;
        Ok(Ok(order))
    }

    /// Sends money back: once for each reference, never more than was taken.
    pub(super) fn refund(
        &self,
        provider: Provider,
        name: &str,
        refund_reference: &str,
        network_id: &str,
        amount: Money,
    ) -> Result<Result<Order, Refused>, Error> {
        if self.find_refund(provider, refund_reference)?.is_some() {
            return Ok(Err(Refused::Duplicate));
        }
        let Some(order) = self.find(provider, name)? else {
            return Ok(Err(Refused::Invalid));
        };
        if order.captures == 0 || amount.minor <= 0 || order.refunded + amount.minor > order.amount {
            return Ok(Err(Refused::Invalid));
        }
        self.lock().execute(
            "INSERT INTO refunds (provider, refund_reference, reference, network_id, amount) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![provider.as_str(), refund_reference, order.reference, network_id, amount.minor],
        )?;
        Ok(Ok(order))
    }
}
