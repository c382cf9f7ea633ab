//! Finders: claim what is due, and queue it.

use futures_util::stream::{self, StreamExt};
use tollgate_domain::Timestamp;
use tollgate_store::{Claimed, DueItem, DueKind, Queue, StoreError};

use super::{claims::claim_ms, deliveries, message::DueMessage, metrics, report::FindReport};
use crate::{error::Error, webhooks::message::Message, worker::Worker};

/// Entries on a page of one shard.
const PAGE_ITEMS: i32 = 100;
/// How long a run begins further pages, in milliseconds: the next run starts a minute after this one.
const RUN_MS_MAX: i64 = 45_000;
/// Shards that a run reads concurrently.
const SHARDS_CONCURRENT_MAX: usize = 16;
/// The shards of the due index that a finder reads: those whose number leaves `index` when divided by `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part's number, starting at 0.
    pub index: u8,
    /// Number of parts, at least 1.
    pub of: u8,
}

impl Part {
    /// All shards.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    fn has(self, shard: u8) -> bool {
        shard % self.of.max(1) == self.index
    }
}

/// The queues on which found work is put.
#[derive(Clone, Debug)]
pub struct DueQueues {
    /// The queue of delivery attempts.
    pub webhooks: Queue,
    /// The queue of all other work.
    pub due_work: Queue,
}

/// What a claimed item's work is queued as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundWork {
    /// A delivery attempt.
    Attempt(Message),
    /// Any other work.
    Work(DueMessage),
}

/// One page of a shard, claimed.
#[derive(Debug, Default)]
pub struct ClaimedPage {
    /// The work of the claimed items.
    pub work: Vec<FoundWork>,
    /// Counts of the page.
    pub report: FindReport,
    /// The last entry, if there may be more.
    pub last: Option<DueItem>,
}

impl Worker {
    /// Claims everything of a kind that is due in these shards, and queues it. Logs and measures what it
    /// found.
    ///
    /// A page whose messages cannot be sent is an error; its items are found again when their claims end.
    pub async fn find_due_work(
        &self,
        kind: DueKind,
        part: Part,
        queues: &DueQueues,
    ) -> Result<FindReport, Error> {
        let now = self.now();
        let shards = (0..self.store.due_shards()).filter(|shard| part.has(*shard));
        let mut shards = stream::iter(shards)
            .map(|shard| self.find_in_shard(kind, shard, now, queues))
            .buffer_unordered(SHARDS_CONCURRENT_MAX);
        let (mut report, mut failure) = (FindReport::default(), None);
        while let Some(found) = shards.next().await {
            match found {
                Ok(of_shard) => report.add(of_shard),
                // The other shards go on.
                Err(error) => failure = Some(error),
            }
        }
        metrics::found(now, kind, &report);
        failure.map_or(Ok(report), Err)
    }

    async fn find_in_shard(
        &self,
        kind: DueKind,
        shard: u8,
        now: Timestamp,
        queues: &DueQueues,
    ) -> Result<FindReport, Error> {
        let (mut report, mut after) = (FindReport::default(), None);
        loop {
            let mut page = self.claim_due_page(kind, shard, now, after.as_ref()).await?;
            let (mut attempts, mut work) = (Vec::new(), Vec::new());
            for found in &page.work {
                match found {
                    FoundWork::Attempt(message) => attempts.push(message.on_queue(0)?),
                    FoundWork::Work(message) => work.push(message.on_queue(0)?),
                }
            }
            queues.webhooks.send(&attempts).await?;
            queues.due_work.send(&work).await?;
            page.report.queued = page.work.len();
            report.add(page.report);
            after = page.last;
            if after.is_none() || self.now().ms() - now.ms() > RUN_MS_MAX {
                return Ok(report);
            }
        }
    }

    /// Claims one page of what was due in a shard by `now`. The page begins after an entry, so that what the
    /// index still shows of claimed items is not read again.
    pub async fn claim_due_page(
        &self,
        kind: DueKind,
        shard: u8,
        now: Timestamp,
        after: Option<&DueItem>,
    ) -> Result<ClaimedPage, Error> {
        let items = self.store.due(kind, shard, now, after, PAGE_ITEMS).await?;
        let is_full = i32::try_from(items.len()).is_ok_and(|count| count >= PAGE_ITEMS);
        let mut page =
            ClaimedPage { last: items.last().cloned().filter(|_| is_full), ..ClaimedPage::default() };
        let by = hex::encode(self.random_bytes::<4>());
        let by = by.as_str();
        let claims = items.iter().map(|item| {
            page.report.found += 1;
            page.report.oldest_ms = page.report.oldest_ms.max(now.ms() - item.since.ms());
            async move { (item, self.claim(kind, item, now, by).await) }
        });
        // Ordered, so that a simulation repeats itself from its seed.
        let claims: Vec<_> = claims.collect();
        let mut claims = stream::iter(claims).buffered(self.due_items_concurrent);
        while let Some((item, claimed)) = claims.next().await {
            match claimed {
                Ok(Some(work)) => page.work.push(work),
                // Another finder was first, or it is no longer due.
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(item = item.pk, %error, "a due item was not claimed");
                    page.report.failed += 1;
                }
            }
        }
        Ok(page)
    }

    async fn claim(
        &self,
        kind: DueKind,
        item: &DueItem,
        now: Timestamp,
        by: &str,
    ) -> Result<Option<FoundWork>, StoreError> {
        let until = now.plus_ms(claim_ms(kind, self.due_claim_ms, item.claims));
        let Some(claimed) = self.writer().claim_due(kind, item, until, by).await? else { return Ok(None) };
        metrics::claimed(kind, &claimed);
        Self::work_of(kind, &claimed)
    }

    /// What a claimed item's work is queued as; `None` if it has none.
    fn work_of(kind: DueKind, claimed: &Claimed) -> Result<Option<FoundWork>, StoreError> {
        Ok(match kind {
            DueKind::Delivery => deliveries::next_attempt(claimed)?.map(FoundWork::Attempt),
            DueKind::Payment
            | DueKind::Refund
            | DueKind::Customer
            | DueKind::Backlog
            | DueKind::Funds
            | DueKind::Dispute
            | DueKind::LedgerCheck
            | DueKind::Payout
            | DueKind::BalanceSettings => Some(FoundWork::Work(DueMessage::of(kind, claimed))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_finder_have_every_shard_once() {
        for of in [1, 2, 3, 4, 7] {
            for shard in 0..=255 {
                let parts = (0..of).filter(|index| Part { index: *index, of }.has(shard));
                assert_eq!(parts.count(), 1, "shard {shard} of {of} parts");
            }
        }
    }
}
