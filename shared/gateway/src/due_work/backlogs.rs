//! Backlogs: the deliveries that wait for a paused endpoint.

use futures_util::stream::{self, StreamExt};
use tollgate_domain::{
    Delivery, EndpointId, Tenant, Timestamp, WebhookEndpoint,
    backlog::{self, Backlog},
    endpoint::EndpointStatus,
};
use tollgate_store::{Entity as _, Put, Queue, Replaced, StoreError};

use super::{find::DueQueues, message::DueMessage, run::DueOutcome};
use crate::{
    conflict_retry::{Write, retry_conflicts_bounded},
    error::Error,
    webhooks::message::Message,
    worker::Worker,
};

/// Deliveries of one step.
const STEP_ITEMS: i32 = 100;
/// The pause between two steps, in seconds: a hundred deliveries a second to an endpoint that has just
/// recovered.
const STEP_PAUSE_S: u32 = 1;
/// Deliveries that are written concurrently.
const CONCURRENT_MAX: usize = 10;

/// What an endpoint's state means for its backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outlook {
    /// It is paused until then.
    PausedUntil(Timestamp),
    /// Its pause is over: one delivery is the trial.
    Trial,
    /// It answers.
    Well,
    /// It takes no deliveries any more.
    Gone,
}

impl Outlook {
    fn of(endpoint: Option<&WebhookEndpoint>, now: Timestamp) -> Self {
        match endpoint {
            Some(endpoint) if !endpoint.deleted && endpoint.status == EndpointStatus::Enabled => {
                match endpoint.held_back_until(now) {
                    Some(until) => Self::PausedUntil(until),
                    None if endpoint.pause.is_some() => Self::Trial,
                    None => Self::Well,
                }
            }
            Some(_) | None => Self::Gone,
        }
    }
}

impl Worker {
    /// Looks at a backlog: gives the endpoint's trial a delivery, or takes the next step of an endpoint that
    /// answers again.
    ///
    /// A step is recorded before its deliveries are queued. One that dies is repeated when it is due again;
    /// deliveries that left the backlog are not queued twice.
    pub(super) async fn work_on_backlog(
        &self,
        message: &DueMessage,
        queues: &DueQueues,
    ) -> Result<DueOutcome, Error> {
        let (tenant, now) = (message.tenant, self.now());
        let backlog: Option<Backlog> = self.store.get_by_key(&message.pk).await?;
        let is_next = |backlog: &Backlog| {
            backlog.due.is_some_and(|due| due <= now) || message.step == Some(backlog.step)
        };
        let Some(backlog) = backlog.filter(is_next) else { return Ok(DueOutcome::Done) };
        let endpoint: Option<WebhookEndpoint> = self.store.get(tenant, &backlog.endpoint.to_string()).await?;
        let outlook = Outlook::of(endpoint.as_ref(), now);
        let (limit, next) = match outlook {
            Outlook::PausedUntil(until) => {
                self.replace_backlog(tenant, &backlog.postponed(until)).await?;
                return Ok(DueOutcome::Done);
            }
            Outlook::Trial => (1, backlog.postponed(now.plus_ms(backlog::TRIAL_MS))),
            Outlook::Well | Outlook::Gone => (STEP_ITEMS, backlog.stepped(now)),
        };
        let ids = self.store.held_deliveries(tenant, backlog.endpoint, limit).await?;
        if ids.is_empty() {
            self.replace_backlog(tenant, &backlog.emptied(now)).await?;
            return Ok(DueOutcome::Done);
        }
        if !self.replace_backlog(tenant, &next).await? {
            // Another worker takes this step.
            return Ok(DueOutcome::Done);
        }
        self.release_deliveries(tenant, &ids, outlook, &queues.webhooks).await?;
        if matches!(outlook, Outlook::Well | Outlook::Gone) {
            let next = DueMessage::of_backlog(tenant, next.endpoint, next.step);
            queues.due_work.send(&[next.on_queue(STEP_PAUSE_S)?]).await?;
        }
        Ok(DueOutcome::Done)
    }

    /// Takes deliveries out of a backlog, oldest first, and queues their attempts; cancels those of an endpoint
    /// that is gone.
    async fn release_deliveries(
        &self,
        tenant: Tenant,
        ids: &[String],
        outlook: Outlook,
        webhooks: &Queue,
    ) -> Result<(), Error> {
        let mut held: Vec<Delivery> = self.store.get_many(tenant, ids).await?;
        // The index's order is the ids'; the answer has any.
        held.sort_by_key(|delivery| ids.iter().position(|id| *id == delivery.key_id()));
        let now = self.now();
        let releases: Vec<_> = held
            .iter()
            .filter_map(|delivery| {
                let released = delivery.released(now)?;
                Some(if outlook == Outlook::Gone { delivery.canceled() } else { released })
            })
            .map(|next| async move {
                // After a conflict the delivery left the backlog another way.
                let is_ours = matches!(self.writer().replace(tenant, &next).await?, Replaced::Done);
                Ok::<_, StoreError>((next, is_ours))
            })
            .collect();
        let mut releases = stream::iter(releases).buffered(CONCURRENT_MAX);
        let mut messages = Vec::new();
        while let Some(released) = releases.next().await {
            let (delivery, is_ours) = released?;
            if is_ours && outlook != Outlook::Gone {
                let (event, endpoint, attempt) =
                    (delivery.event, delivery.endpoint, delivery.attempts_made + 1);
                messages.push(Message { tenant, event, endpoint, attempt }.on_queue(0)?);
            }
        }
        Ok(webhooks.send(&messages).await?)
    }

    /// Replaces a backlog; `false` if another change came first.
    async fn replace_backlog(&self, tenant: Tenant, next: &Backlog) -> Result<bool, Error> {
        Ok(matches!(self.writer().replace(tenant, next).await?, Replaced::Done))
    }

    /// Makes sure that an endpoint's backlog takes deliveries, and is due at `due` or earlier.
    pub(crate) async fn open_backlog(
        &self,
        tenant: Tenant,
        endpoint: EndpointId,
        due: Timestamp,
    ) -> Result<(), Error> {
        let found: Option<Backlog> = self.store.get(tenant, &endpoint.to_string()).await?;
        let opened = retry_conflicts_bounded(found, |backlog| async move {
            let Some(backlog) = backlog else {
                let new = Backlog::new(endpoint, due, self.now());
                return Ok::<_, Error>(match self.writer().create(tenant, &new).await? {
                    Put::Created => Write::Done(()),
                    Put::Exists(other) => Write::Conflict(Some(other)),
                });
            };
            let Some(next) = backlog.reopened(due) else { return Ok(Write::Done(())) };
            Ok(Write::after(self.writer().replace(tenant, &next).await?, ()))
        })
        .await?;
        match opened {
            Write::Done(()) => Ok(()),
            Write::Conflict(_) => Err(Error::Internal(format!("the backlog of {endpoint} is contended"))),
        }
    }

    /// The endpoint answers again: its backlog is due at once. Returns the message that begins it; `None` if
    /// there is none. A finder would begin it, too.
    pub(crate) async fn wake_backlog(
        &self,
        tenant: Tenant,
        endpoint: EndpointId,
    ) -> Result<Option<DueMessage>, Error> {
        let Some(backlog) = self.store.get::<Backlog>(tenant, &endpoint.to_string()).await? else {
            return Ok(None);
        };
        let Some(woken) = backlog.woken(self.now()) else { return Ok(None) };
        let step = woken.step;
        // After a conflict a worker looks at it at this moment.
        let is_ours = self.replace_backlog(tenant, &woken).await?;
        Ok(is_ours.then(|| DueMessage::of_backlog(tenant, endpoint, step)))
    }
}
