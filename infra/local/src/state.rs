//! What the local cloud itself remembers: queues, stream positions, the inbox. One `SQLite` file beside DynamoDB's.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, params};

/// The file, opened.
#[derive(Clone)]
pub struct StateFile(Arc<Mutex<Connection>>);

impl StateFile {
    /// Opens or makes the file. What was acknowledged survives the end of this process, however it ends.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS messages (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 queue TEXT NOT NULL,
                 message_id TEXT NOT NULL,
                 group_id TEXT NOT NULL,
                 body TEXT NOT NULL,
                 sent_ms INTEGER NOT NULL,
                 visible_ms INTEGER NOT NULL,
                 first_received_ms INTEGER,
                 receives INTEGER NOT NULL DEFAULT 0,
                 receipt TEXT
             );
             CREATE INDEX IF NOT EXISTS messages_by_queue ON messages (queue, visible_ms);
             CREATE INDEX IF NOT EXISTS messages_by_receipt ON messages (receipt);
             CREATE TABLE IF NOT EXISTS positions (name TEXT PRIMARY KEY, position INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS inbox (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 received_ms INTEGER NOT NULL,
                 verdict TEXT NOT NULL,
                 headers TEXT NOT NULL,
                 body TEXT NOT NULL
             );",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// The connection, for one short piece of work.
    pub fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far something was read; 0 at first.
    pub fn position(&self, name: &str) -> rusqlite::Result<i64> {
        self.lock()
            .query_row("SELECT position FROM positions WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()
            .map(Option::unwrap_or_default)
    }

    /// Remembers how far something was read.
    pub fn set_position(&self, name: &str, position: i64) -> rusqlite::Result<()> {
        self.lock()
            .execute(
                "INSERT INTO positions VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET position = ?2",
                params![name, position],
            )
            .map(|_| ())
    }
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
