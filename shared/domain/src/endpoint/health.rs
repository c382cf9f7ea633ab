//! The health of an endpoint: paused while it does not answer, disabled after five days of failures.

use super::{EndpointStatus, WebhookEndpoint, pause::Pause};
use crate::{request_ref::RequestRef, time::Timestamp};

/// An endpoint that has failed for so long is disabled, in milliseconds: five days.
pub const DISABLE_AFTER_MS: i64 = 5 * 24 * 60 * 60 * 1000;
/// An endpoint that has not answered for so long is paused, in milliseconds.
pub const PAUSE_AFTER_MS: i64 = 10_000;
/// How long the attempt that tries a paused endpoint out may take, in milliseconds; the next one waits for it.
pub(super) const TRY_OUT_MS: i64 = 15_000;

/// What came of an attempt to deliver, as far as the endpoint's health goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// It arrived.
    Delivered,
    /// The endpoint says that it is gone for good.
    Gone,
    /// There was no answer in time.
    TimedOut,
    /// It failed otherwise.
    Failed,
}

impl WebhookEndpoint {
    /// Until when deliveries are held back, if they are.
    pub fn held_back_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.pause.map(|pause| pause.until).filter(|until| *until > now)
    }

    /// The next version of a paused endpoint whose pause is over: the attempt that puts it is the one that tries it out,
    /// and all others wait for that. `None` for one that is not paused.
    pub fn tried_out(&self, now: Timestamp) -> Option<Self> {
        let pause = self.pause?;
        let until = now.plus_ms(TRY_OUT_MS);
        Some(self.noted(|next| next.pause = Some(Pause { until, ..pause })))
    }

    /// The next version, no longer paused: its merchant says that it answers. `None` for one that is not paused.
    pub fn unpaused(&self) -> Option<Self> {
        self.pause.map(|_| self.noted(|next| next.pause = None))
    }

    /// The next version after an attempt, or `None` when nothing about it changes: since when it fails, whether it is
    /// paused, and off after five days or a 410. `is_try_out` says whether it was [`WebhookEndpoint::tried_out`].
    pub fn after_attempt(&self, attempted: Attempted, is_try_out: bool, now: Timestamp) -> Option<Self> {
        if self.deleted || self.status == EndpointStatus::Disabled {
            return None;
        }
        match (attempted, self.failing_since) {
            (Attempted::Delivered, None) if self.pause.is_none() => None,
            (Attempted::Delivered, _) => Some(self.noted(|next| {
                next.failing_since = None;
                next.pause = None;
            })),
            (Attempted::Gone, _) => Some(self.given_up("the endpoint answered 410 Gone", now)),
            (Attempted::TimedOut | Attempted::Failed, None) => {
                Some(self.noted(|next| next.failing_since = Some(now)))
            }
            (Attempted::TimedOut | Attempted::Failed, Some(since))
                if since.plus_ms(DISABLE_AFTER_MS) <= now =>
            {
                Some(self.given_up("every delivery failed for five days", now))
            }
            (Attempted::TimedOut, Some(since)) => {
                let is_lasting = since.plus_ms(PAUSE_AFTER_MS) <= now;
                let is_new = is_try_out || (is_lasting && self.held_back_until(now).is_none());
                let times = self.pause.map_or(0, |pause| pause.times);
                is_new.then(|| self.noted(|next| next.pause = Some(Pause::after(times, now))))
            }
            // It answers, if not well: then it holds nobody up.
            (Attempted::Failed, Some(_)) if self.pause.is_some() => {
                Some(self.noted(|next| next.pause = None))
            }
            (Attempted::Failed, Some(_)) => None,
        }
    }

    /// The next version, disabled because deliveries do not arrive.
    fn given_up(&self, reason: &str, now: Timestamp) -> Self {
        // Nobody asked for this change.
        self.changed(now, &RequestRef::default(), |next| {
            next.status = EndpointStatus::Disabled;
            next.disabled_reason = Some(reason.to_owned());
            next.pause = None;
        })
    }
}
