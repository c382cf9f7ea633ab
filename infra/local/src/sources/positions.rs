//! The position of each stream's reader, in a file. Records after it are delivered again after a restart.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, params};

use crate::Error;

pub(super) struct Positions {
    connection: Mutex<Connection>,
}

impl Positions {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS positions (source TEXT PRIMARY KEY, sequence_number TEXT NOT NULL)",
        )?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    pub(super) fn get(&self, source: &str) -> Result<Option<String>, Error> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select =
            connection.prepare_cached("SELECT sequence_number FROM positions WHERE source = ?1")?;
        Ok(select.query_row([source], |row| row.get(0)).optional()?)
    }

    pub(super) fn set(&self, source: &str, sequence_number: &str) -> Result<(), Error> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("INSERT OR REPLACE INTO positions (source, sequence_number) VALUES (?1, ?2)")?
            .execute(params![source, sequence_number])?;
        Ok(())
    }
}
