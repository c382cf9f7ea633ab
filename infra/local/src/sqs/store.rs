//! Queues and their messages: `SQLite` for what must last, [`Order`] for what comes next.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use tokio::sync::Notify;

use super::{
    digest,
    queue::{Order, Received, SendRequest},
};
use crate::{clock::now_ms, template::Queue};

/// SQS's limits.
const BODY_BYTES_MAX: usize = 1024 * 1024;
const DELAY_S_MAX: u64 = 900;
const VISIBILITY_S_MAX: u64 = 43_200;
/// How often what has outlived its retention is looked for, at most.
const RETENTION_CHECK_MS: u64 = 60_000;

/// Why a call is refused. The name is SQS's own.
#[derive(Debug, thiserror::Error)]
pub enum SqsError {
    /// There is no such queue.
    #[error("The specified queue does not exist.")]
    NoSuchQueue,
    /// A parameter is wrong.
    #[error("{0}")]
    BadValue(String),
    /// A receipt handle is none.
    #[error("The input receipt handle is invalid.")]
    BadReceipt,
    /// The message is not in flight.
    #[error(
        "Value {0} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
    )]
    NotInFlight(String),
    /// The file can't be read or written.
    #[error("{0}")]
    Storage(#[from] rusqlite::Error),
}

/// Every queue.
pub struct Sqs {
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    queues: HashMap<String, Entry>,
}

struct Entry {
    queue: Queue,
    order: Order,
    arrived: Arc<Notify>,
    retention_checked_ms: u64,
}

impl Entry {
    fn new(queue: &Queue) -> Self {
        Self {
            queue: queue.clone(),
            order: Order::default(),
            arrived: Arc::default(),
            retention_checked_ms: 0,
        }
    }
}

impl Sqs {
    /// Opens the file, with these queues in it.
    pub fn open(path: &Path, queues: &[Queue]) -> Result<Arc<Self>, SqsError> {
        let connection = Connection::open(path)?;
        // A commit is in the file when it returns, and so survives the end of this process, however it ends.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS messages (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                queue TEXT NOT NULL,
                message_id TEXT NOT NULL,
                body TEXT NOT NULL,
                message_group TEXT,
                attributes TEXT NOT NULL,
                sent_ms INTEGER NOT NULL,
                visible_ms INTEGER NOT NULL,
                first_received_ms INTEGER,
                receive_count INTEGER NOT NULL DEFAULT 0,
                receipt TEXT
            );",
        )?;
        // Whoever held a message when the last run ended has ended with it.
        connection.execute(
            "UPDATE messages SET visible_ms = sent_ms, receipt = NULL WHERE receipt IS NOT NULL",
            [],
        )?;
        let mut entries: HashMap<_, _> = queues.iter().map(|q| (q.name.clone(), Entry::new(q))).collect();
        load(&connection, &mut entries)?;
        Ok(Arc::new(Self { state: Mutex::new(State { connection, queues: entries }) }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queues' names, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.lock().queues.keys().cloned().collect();
        names.sort();
        names
    }

    /// Makes a queue, unless there is one of that name.
    pub fn create(&self, queue: &Queue) {
        let mut state = self.lock();
        state.queues.entry(queue.name.clone()).or_insert_with(|| Entry::new(queue));
    }

    /// A queue's settings.
    pub fn describe(&self, name: &str) -> Result<Queue, SqsError> {
        let state = self.lock();
        Ok(state.queues.get(name).ok_or(SqsError::NoSuchQueue)?.queue.clone())
    }

    /// Messages that can be received, are in flight, are delayed.
    pub fn counts(&self, name: &str) -> Result<(usize, usize, usize), SqsError> {
        let mut state = self.lock();
        let entry = state.queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
        entry.order.wake(now_ms());
        Ok(entry.order.counts())
    }

    /// Sends a message; gives its id and the sums of its body and of its attributes.
    pub fn send(
        &self,
        name: &str,
        request: &SendRequest,
    ) -> Result<(String, String, Option<String>), SqsError> {
        if request.body.is_empty() {
            return Err(SqsError::BadValue("The request must contain the parameter MessageBody.".to_owned()));
        }
        if request.body.len() > BODY_BYTES_MAX {
            let reason = format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {BODY_BYTES_MAX} bytes."
            );
            return Err(SqsError::BadValue(reason));
        }
        if let Some(delay) = request.delay_s.filter(|delay| *delay > DELAY_S_MAX) {
            let reason = format!(
                "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= {DELAY_S_MAX}."
            );
            return Err(SqsError::BadValue(reason));
        }
        let mut state = self.lock();
        let State { connection, queues } = &mut *state;
        let entry = queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
        let now = now_ms();
        let delay_ms = request.delay_s.map_or_else(|| millis(entry.queue.delay), |s| s * 1000);
        let message_id = uuid::Uuid::new_v4().to_string();
        connection
            .prepare_cached(
                "INSERT INTO messages (queue, message_id, body, message_group, attributes, sent_ms, visible_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                name,
                message_id,
                request.body,
                request.group,
                request.attributes.to_string(),
                signed(now),
                signed(now + delay_ms)
            ])?;
        let number = connection.last_insert_rowid();
        entry.order.add(number, request.group.as_deref().unwrap_or_default(), now + delay_ms, false, now);
        entry.arrived.notify_waiters();
        Ok((message_id, digest::of_body(&request.body), digest::of_attributes(&request.attributes)))
    }

    /// Receives up to `max` messages, waiting up to `wait` for the first. `visibility` replaces the queue's own.
    pub async fn receive(
        &self,
        name: &str,
        max: usize,
        wait: Duration,
        visibility: Option<Duration>,
    ) -> Result<Vec<Received>, SqsError> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let arrived = {
                let state = self.lock();
                state.queues.get(name).ok_or(SqsError::NoSuchQueue)?.arrived.clone()
            };
            let arrival = arrived.notified();
            tokio::pin!(arrival);
            // Registered before looking, so that a message sent in between is not missed.
            arrival.as_mut().enable();
            let (received, next_wake_ms) = self.take(name, max, visibility)?;
            let now = tokio::time::Instant::now();
            if !received.is_empty() || now >= deadline {
                return Ok(received);
            }
            let until_wake =
                next_wake_ms.map_or(wait, |at| Duration::from_millis(at.saturating_sub(now_ms()).max(1)));
            tokio::select! {
                () = arrival => {}
                () = tokio::time::sleep_until(deadline.min(now + until_wake)) => {}
            }
        }
    }

    fn take(
        &self,
        name: &str,
        max: usize,
        visibility: Option<Duration>,
    ) -> Result<(Vec<Received>, Option<u64>), SqsError> {
        let mut state = self.lock();
        let now = now_ms();
        state.forget_expired(name, now)?;
        let mut received = Vec::new();
        while received.len() < max {
            let State { connection, queues } = &mut *state;
            let entry = queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
            entry.order.wake(now);
            let hide_until_ms = now + millis(visibility.unwrap_or(entry.queue.visibility));
            let Some(number) = entry.order.take(hide_until_ms) else {
                break;
            };
            let redrive = entry.queue.redrive.clone();
            let receive_count: u32 = connection
                .prepare_cached("SELECT receive_count FROM messages WHERE number = ?1")?
                .query_row([number], |row| row.get(0))?;
            match redrive {
                Some((dead_letters, max_receives)) if receive_count >= max_receives => {
                    state.bury(name, number, &dead_letters, now)?;
                }
                _ => received.push(mark_received(connection, number, hide_until_ms, now)?),
            }
        }
        let next = state.queues.get(name).and_then(|entry| entry.order.next_wake_ms());
        Ok((received, next))
    }

    /// Deletes a message in flight. An older receipt of a message that was received again deletes nothing.
    pub fn delete(&self, name: &str, receipt: &str) -> Result<(), SqsError> {
        let number = number_of(receipt)?;
        let mut state = self.lock();
        let State { connection, queues } = &mut *state;
        let entry = queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
        let deleted = connection
            .prepare_cached("DELETE FROM messages WHERE number = ?1 AND receipt = ?2 AND queue = ?3")?
            .execute(params![number, receipt, name])?;
        if deleted > 0 {
            entry.order.remove(number);
        }
        Ok(())
    }

    /// Changes when a message in flight comes back.
    pub fn change_visibility(&self, name: &str, receipt: &str, seconds: u64) -> Result<(), SqsError> {
        if seconds > VISIBILITY_S_MAX {
            let reason = format!(
                "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and {VISIBILITY_S_MAX}."
            );
            return Err(SqsError::BadValue(reason));
        }
        let number = number_of(receipt)?;
        let mut state = self.lock();
        let State { connection, queues } = &mut *state;
        let entry = queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
        let now = now_ms();
        let until = now + seconds * 1000;
        entry.order.wake(now);
        let current: Option<String> = connection
            .prepare_cached("SELECT receipt FROM messages WHERE number = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?
            .flatten();
        if current.as_deref() != Some(receipt) || !entry.order.rehide(number, until) {
            return Err(SqsError::NotInFlight(receipt.to_owned()));
        }
        connection
            .prepare_cached("UPDATE messages SET visible_ms = ?2 WHERE number = ?1")?
            .execute(params![number, signed(until)])?;
        entry.arrived.notify_waiters();
        Ok(())
    }

    /// Deletes every message of a queue.
    pub fn purge(&self, name: &str) -> Result<(), SqsError> {
        let mut state = self.lock();
        let State { connection, queues } = &mut *state;
        let entry = queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
        connection.execute("DELETE FROM messages WHERE queue = ?1", [name])?;
        entry.order = Order::default();
        Ok(())
    }

    /// Moves what can be received of a dead-letter queue to another queue, or back to the queue that it serves; gives the number.
    pub fn move_all(&self, from: &str, to: Option<&str>) -> Result<usize, SqsError> {
        let mut state = self.lock();
        let now = now_ms();
        let serves = |entry: &&Entry| entry.queue.redrive.as_ref().is_some_and(|(dead, _)| dead == from);
        let to = match to {
            Some(to) => to.to_owned(),
            None => match state.queues.values().find(serves) {
                Some(entry) => entry.queue.name.clone(),
                None => {
                    return Err(SqsError::BadValue(
                        "Source queue must be configured as a Dead Letter Queue.".to_owned(),
                    ));
                }
            },
        };
        let mut moved = 0;
        loop {
            let entry = state.queues.get_mut(from).ok_or(SqsError::NoSuchQueue)?;
            entry.order.wake(now);
            let Some(number) = entry.order.take(now + 1000) else {
                return Ok(moved);
            };
            state.bury(from, number, &to, now)?;
            moved += 1;
        }
    }
}

impl State {
    /// Moves a message to another queue, as one that nobody has received.
    fn bury(&mut self, from: &str, number: i64, to: &str, now: u64) -> Result<(), SqsError> {
        if !self.queues.contains_key(to) {
            return Err(SqsError::NoSuchQueue);
        }
        let group: Option<String> = self.connection.query_row(
            "UPDATE messages SET queue = ?2, receive_count = 0, receipt = NULL, visible_ms = ?3, first_received_ms = NULL
             WHERE number = ?1 RETURNING message_group",
            params![number, to, signed(now)],
            |row| row.get(0),
        )?;
        if let Some(entry) = self.queues.get_mut(from) {
            entry.order.remove(number);
        }
        if let Some(entry) = self.queues.get_mut(to) {
            entry.order.add(number, group.as_deref().unwrap_or_default(), now, false, now);
            entry.arrived.notify_waiters();
        }
        Ok(())
    }

    fn forget_expired(&mut self, name: &str, now: u64) -> Result<(), SqsError> {
        let entry = self.queues.get_mut(name).ok_or(SqsError::NoSuchQueue)?;
        if now < entry.retention_checked_ms + RETENTION_CHECK_MS {
            return Ok(());
        }
        entry.retention_checked_ms = now;
        let before = now.saturating_sub(millis(entry.queue.retention));
        let mut delete = self
            .connection
            .prepare_cached("DELETE FROM messages WHERE queue = ?1 AND sent_ms < ?2 RETURNING number")?;
        let gone = delete.query_map(params![name, signed(before)], |row| row.get::<_, i64>(0))?;
        for number in gone {
            entry.order.remove(number?);
        }
        Ok(())
    }
}

fn load(connection: &Connection, entries: &mut HashMap<String, Entry>) -> Result<(), SqsError> {
    let now = now_ms();
    let mut select = connection
        .prepare("SELECT number, queue, message_group, visible_ms, receipt FROM messages ORDER BY number")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let queue: String = row.get(1)?;
        let (group, visible_ms, receipt): (Option<String>, i64, Option<String>) =
            (row.get(2)?, row.get(3)?, row.get(4)?);
        if let Some(entry) = entries.get_mut(&queue) {
            let group = group.unwrap_or_default();
            let visible_ms = u64::try_from(visible_ms).unwrap_or(0);
            entry.order.add(row.get(0)?, &group, visible_ms, receipt.is_some(), now);
        }
    }
    Ok(())
}

fn mark_received(
    connection: &Connection,
    number: i64,
    hide_until_ms: u64,
    now: u64,
) -> Result<Received, SqsError> {
    let receipt = format!("{number}.{}", uuid::Uuid::new_v4().simple());
    let received = connection
        .prepare_cached(
            "UPDATE messages SET receive_count = receive_count + 1, receipt = ?2, visible_ms = ?3,
                first_received_ms = COALESCE(first_received_ms, ?4)
             WHERE number = ?1
             RETURNING message_id, body, message_group, attributes, sent_ms, first_received_ms, receive_count",
        )?
        .query_row(params![number, receipt, signed(hide_until_ms), signed(now)], |row| {
            let body: String = row.get(1)?;
            let attributes: String = row.get(3)?;
            let (sent, first): (i64, i64) = (row.get(4)?, row.get(5)?);
            Ok(Received {
                message_id: row.get(0)?,
                receipt_handle: receipt.clone(),
                md5_of_body: digest::of_body(&body),
                body,
                group: row.get(2)?,
                sent_ms: u64::try_from(sent).unwrap_or(0),
                first_received_ms: u64::try_from(first).unwrap_or(0),
                receive_count: row.get(6)?,
                attributes: serde_json::from_str(&attributes).unwrap_or(Value::Null),
            })
        })?;
    Ok(received)
}

fn number_of(receipt: &str) -> Result<i64, SqsError> {
    let number = receipt.split_once('.').and_then(|(number, _)| number.parse().ok());
    number.ok_or(SqsError::BadReceipt)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4)
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
