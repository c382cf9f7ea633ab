//! Due work in one process: finders and workers, one after the other.

use tollgate_domain::Timestamp;
use tollgate_gateway::{AwsEnvironment, DueKind, DueOutcome, DueQueues, FoundWork, Queue, Worker};
use tollgate_store::{DueItem, Reader};

/// What a round of due work came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Items whose work was done.
    pub done: usize,
    /// Items whose processor did not answer or was left alone, and items that failed.
    pub left: usize,
}

/// Queues that no message reaches: for due work that sends none.
pub fn no_queues() -> DueQueues {
    let nowhere = AwsEnvironment::emulated("http://127.0.0.1:9", "http://127.0.0.1:9");
    let queue = Queue::open(&nowhere, "unused");
    DueQueues { webhooks: queue.clone(), due_work: queue }
}

/// Everything of a kind that was due by `now`, by the index.
pub async fn due(store: &Reader, kind: DueKind, now: Timestamp) -> Vec<DueItem> {
    let mut all = Vec::new();
    for shard in 0..store.due_shards() {
        all.extend(store.due(kind, shard, now, None, 1000).await.unwrap());
    }
    all
}

/// Claims everything that is due, as the finders of all kinds do.
pub async fn claim_due_work(worker: &Worker) -> Vec<FoundWork> {
    let (mut found, now) = (Vec::new(), worker.now());
    for kind in DueKind::ALL {
        for shard in 0..worker.store().due_shards() {
            let mut after = None;
            loop {
                let page = worker.claim_due_page(*kind, shard, now, after.as_ref()).await.unwrap();
                found.extend(page.work);
                after = page.last;
                if after.is_none() {
                    break;
                }
            }
        }
    }
    found
}

/// Claims everything that is due, and does it.
pub async fn run_due_work(worker: &Worker, queues: &DueQueues) -> Round {
    let mut round = Round::default();
    for work in claim_due_work(worker).await {
        let outcome = match work {
            FoundWork::Attempt(message) => {
                queues.webhooks.send(&[message.on_queue(0).unwrap()]).await.unwrap();
                continue;
            }
            FoundWork::Work(message) => worker.run_due_work(&message, queues).await,
        };
        match outcome {
            Ok(DueOutcome::Done) => round.done += 1,
            Ok(DueOutcome::Silent | DueOutcome::Postponed) | Err(_) => round.left += 1,
        }
    }
    round
}
