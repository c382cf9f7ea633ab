//! SQS, as far as standard queues go: delays, visibility, receive counts, dead letters, fair groups.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rusqlite::{OptionalExtension, params};
use tokio::sync::Notify;

use crate::{
    state::{StateFile, now_ms},
    template::QueueSpec,
};

/// Messages of one receive, by SQS's own limit.
pub const MAX_RECEIVE: i64 = 10;
/// How often a waiting receive looks again for messages that became visible by time alone.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// All the queues.
#[derive(Clone)]
pub struct Queues {
    state: StateFile,
    specs: Arc<BTreeMap<String, QueueSpec>>,
    arrived: Arc<Notify>,
}

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id.
    pub message_id: String,
    /// Names this receive of it.
    pub receipt: String,
    /// Its text.
    pub body: String,
    /// Its group, empty when it has none.
    pub group: String,
    /// How often it was received, this time included.
    pub receives: i64,
    /// When it was sent, in milliseconds.
    pub sent_ms: i64,
    /// When it was first received, in milliseconds.
    pub first_received_ms: i64,
}

impl Queues {
    /// The queues that the templates describe, with whatever they held before.
    pub fn new(state: StateFile, specs: Vec<QueueSpec>) -> Self {
        let specs = specs.into_iter().map(|spec| (spec.name.clone(), spec)).collect();
        Self {
            state,
            specs: Arc::new(specs),
            arrived: Arc::new(Notify::new()),
        }
    }

    /// A queue's description.
    pub fn spec(&self, queue: &str) -> Option<&QueueSpec> {
        self.specs.get(queue)
    }

    /// The names of all queues.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.specs.keys().map(String::as_str)
    }

    /// Sends a message; gives its id.
    pub fn send(&self, queue: &str, body: &str, group: &str, delay_s: i64) -> rusqlite::Result<String> {
        let message_id = uuid::Uuid::new_v4().to_string();
        let now = now_ms();
        self.state.lock().execute(
            "INSERT INTO messages (queue, message_id, group_id, body, sent_ms, visible_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![queue, message_id, group, body, now, now + delay_s * 1000],
        )?;
        self.arrived.notify_waiters();
        Ok(message_id)
    }

    /// Receives up to `max` messages, and waits up to `wait` for the first one.
    pub async fn receive(
        &self,
        queue: &str,
        max: i64,
        visibility_s: Option<i64>,
        wait: Duration,
    ) -> rusqlite::Result<Vec<Received>> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let arrived = self.arrived.notified();
            let received = self.take(queue, max, visibility_s)?;
            if !received.is_empty() || tokio::time::Instant::now() >= deadline {
                return Ok(received);
            }
            let look_again = (tokio::time::Instant::now() + LOOK_AGAIN).min(deadline);
            let _ = tokio::time::timeout_at(look_again, arrived).await;
        }
    }

    /// Takes what is visible, fairly: first of every group the oldest message, the groups with the fewest messages in
    /// flight first. So a group with a long backlog, or with a slow receiver, holds up no other.
    fn take(&self, queue: &str, max: i64, visibility_s: Option<i64>) -> rusqlite::Result<Vec<Received>> {
        let Some(spec) = self.specs.get(queue) else {
            return Ok(Vec::new());
        };
        let now = now_ms();
        let mut connection = self.state.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "DELETE FROM messages WHERE queue = ?1 AND sent_ms < ?2",
            params![queue, now - spec.retention_s * 1000],
        )?;
        if let Some((target, most)) = &spec.redrive {
            transaction.execute(
                "UPDATE messages SET queue = ?1, receives = 0, first_received_ms = NULL, receipt = NULL
                 WHERE queue = ?2 AND visible_ms <= ?3 AND receives >= ?4",
                params![target, queue, now, most],
            )?;
        }
        let mut received: Vec<(i64, Received)> = transaction
            .prepare_cached(
                "WITH ready AS (
                     SELECT *, ROW_NUMBER() OVER (PARTITION BY group_id ORDER BY id) AS turn
                     FROM messages WHERE queue = ?1 AND visible_ms <= ?2
                 ), flying AS (
                     SELECT group_id, COUNT(*) AS flights FROM messages
                     WHERE queue = ?1 AND visible_ms > ?2 AND receipt IS NOT NULL GROUP BY group_id
                 )
                 SELECT ready.id, message_id, body, ready.group_id, receives, sent_ms, first_received_ms FROM ready
                 LEFT JOIN flying ON flying.group_id = ready.group_id
                 ORDER BY COALESCE(flights, 0) + turn, ready.id LIMIT ?3",
            )?
            .query_map(params![queue, now, max.clamp(1, MAX_RECEIVE)], |row| {
                let received = Received {
                    message_id: row.get(1)?,
                    receipt: uuid::Uuid::new_v4().to_string(),
                    body: row.get(2)?,
                    group: row.get(3)?,
                    receives: row.get::<_, i64>(4)? + 1,
                    sent_ms: row.get(5)?,
                    first_received_ms: row.get::<_, Option<i64>>(6)?.unwrap_or(now),
                };
                Ok((row.get(0)?, received))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let visible = now + visibility_s.unwrap_or(spec.visibility_s) * 1000;
        for (id, message) in &mut received {
            transaction.execute(
                "UPDATE messages SET visible_ms = ?1, receives = ?2, first_received_ms = ?3, receipt = ?4 WHERE id = ?5",
                params![visible, message.receives, message.first_received_ms, message.receipt, *id],
            )?;
        }
        transaction.commit()?;
        Ok(received.into_iter().map(|(_, message)| message).collect())
    }

    /// Deletes a message by the receipt of its latest receive. An old or unknown receipt deletes nothing.
    pub fn delete(&self, queue: &str, receipt: &str) -> rusqlite::Result<()> {
        self.state
            .lock()
            .execute(
                "DELETE FROM messages WHERE queue = ?1 AND receipt = ?2",
                params![queue, receipt],
            )
            .map(|_| ())
    }

    /// Makes a received message visible again after so many seconds; `false` when the receipt is not its latest.
    pub fn change_visibility(&self, queue: &str, receipt: &str, seconds: i64) -> rusqlite::Result<bool> {
        let changed = self.state.lock().execute(
            "UPDATE messages SET visible_ms = ?1 WHERE queue = ?2 AND receipt = ?3",
            params![now_ms() + seconds * 1000, queue, receipt],
        )?;
        self.arrived.notify_waiters();
        Ok(changed > 0)
    }

    /// Deletes every message of a queue.
    pub fn purge(&self, queue: &str) -> rusqlite::Result<()> {
        self.state
            .lock()
            .execute("DELETE FROM messages WHERE queue = ?1", [queue])
            .map(|_| ())
    }

    /// Messages that are visible, in flight, and delayed.
    pub fn counts(&self, queue: &str) -> rusqlite::Result<(i64, i64, i64)> {
        let counted = self
            .state
            .lock()
            .query_row(
                "SELECT SUM(visible_ms <= ?2), SUM(visible_ms > ?2 AND receipt IS NOT NULL),
                        SUM(visible_ms > ?2 AND receipt IS NULL)
                 FROM messages WHERE queue = ?1",
                params![queue, now_ms()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let (visible, flying, delayed): (Option<i64>, Option<i64>, Option<i64>) = counted.unwrap_or_default();
        Ok((visible.unwrap_or(0), flying.unwrap_or(0), delayed.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queues(folder: &std::path::Path) -> Queues {
        let spec = |name: &str, redrive| QueueSpec {
            name: name.into(),
            visibility_s: 30,
            retention_s: 3600,
            redrive,
        };
        let state = StateFile::open(&folder.join("state.db")).unwrap();
        Queues::new(
            state,
            vec![spec("q", Some(("dead".into(), 2))), spec("dead", None)],
        )
    }

    async fn receive(queues: &Queues, queue: &str, visibility_s: i64) -> Vec<Received> {
        queues
            .receive(queue, 10, Some(visibility_s), Duration::ZERO)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_received_message_is_hidden_and_a_deleted_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let queues = queues(folder.path());
        queues.send("q", "one", "g", 0).unwrap();
        let received = receive(&queues, "q", 30).await;
        assert_eq!((received[0].body.as_str(), received[0].receives), ("one", 1));
        assert!(receive(&queues, "q", 30).await.is_empty());
        assert_eq!(queues.counts("q").unwrap(), (0, 1, 0));
        queues.delete("q", &received[0].receipt).unwrap();
        assert_eq!(queues.counts("q").unwrap(), (0, 0, 0));
    }

    #[tokio::test]
    async fn a_message_that_is_not_deleted_comes_again_and_ends_among_the_dead_letters() {
        let folder = tempfile::tempdir().unwrap();
        let queues = queues(folder.path());
        queues.send("q", "one", "g", 0).unwrap();
        assert_eq!(receive(&queues, "q", 0).await[0].receives, 1);
        let second = receive(&queues, "q", 0).await;
        assert_eq!(second[0].receives, 2);
        assert!(receive(&queues, "q", 0).await.is_empty());
        assert_eq!(receive(&queues, "dead", 0).await[0].body, "one");
    }

    #[tokio::test]
    async fn a_long_backlog_does_not_hold_up_another_group() {
        let folder = tempfile::tempdir().unwrap();
        let queues = queues(folder.path());
        for n in 0..50 {
            queues.send("q", &format!("noisy {n}"), "noisy", 0).unwrap();
        }
        queues.send("q", "quiet", "quiet", 0).unwrap();
        assert!(receive(&queues, "q", 30).await.iter().any(|m| m.body == "quiet"));
        queues.send("q", "quiet again", "quiet", 0).unwrap();
        let next = receive(&queues, "q", 30).await;
        assert_eq!(next[0].body, "quiet again");
    }

    #[tokio::test]
    async fn what_was_sent_is_there_after_a_restart_and_not_before_its_time() {
        let folder = tempfile::tempdir().unwrap();
        queues(folder.path()).send("q", "kept", "g", 0).unwrap();
        let again = queues(folder.path());
        assert_eq!(receive(&again, "q", 30).await[0].body, "kept");
        again.send("q", "later", "g", 900).unwrap();
        assert!(receive(&again, "q", 30).await.is_empty());
        assert_eq!(again.counts("q").unwrap(), (0, 1, 1));
    }

    #[tokio::test]
    async fn a_waiting_receive_is_woken_by_a_send() {
        let folder = tempfile::tempdir().unwrap();
        let queues = queues(folder.path());
        let waiting = tokio::spawn({
            let queues = queues.clone();
            async move {
                queues
                    .receive("q", 1, None, Duration::from_secs(20))
                    .await
                    .unwrap()
            }
        });
        tokio::task::yield_now().await;
        queues.send("q", "now", "", 0).unwrap();
        assert_eq!(waiting.await.unwrap()[0].body, "now");
    }
}
