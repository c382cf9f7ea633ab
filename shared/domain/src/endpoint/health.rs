//! The health of an endpoint: paused while it does not answer, disabled after five days of failures.

use super::{EndpointStatus, WebhookEndpoint};
use crate::{pause::Pause, request_ref::RequestRef, time::Timestamp};

/// How long all deliveries must fail before an endpoint is disabled, in milliseconds: five days.
pub const DISABLE_AFTER_MS: i64 = 5 * 24 * 60 * 60 * 1000;
/// How long attempts must time out before an endpoint is paused, in milliseconds.
pub const PAUSE_AFTER_MS: i64 = 10_000;
/// How long the trial attempt of a paused endpoint may take, in milliseconds. The next trial waits for it.
pub(super) const TRY_OUT_MS: i64 = 15_000;

/// The result of an attempt, as far as the endpoint's health is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// The endpoint answered with 2xx.
    Delivered,
    /// The endpoint answered 410 Gone.
    Gone,
    /// The attempt timed out.
    TimedOut,
    /// The attempt failed in another way.
    Failed,
}

impl WebhookEndpoint {
    /// When the pause ends; `None` if deliveries are not paused at `now`.
    pub fn held_back_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.pause.map(|pause| pause.until).filter(|until| *until > now)
    }

    /// Returns the next version of a paused endpoint whose pause is over. The attempt that writes it is the
    /// trial; all others wait for its result. `None` if the endpoint is not paused.
    pub fn tried_out(&self, now: Timestamp) -> Option<Self> {
        let pause = self.pause?;
        let until = now.plus_ms(TRY_OUT_MS);
        Some(self.noted(|next| next.pause = Some(Pause { until, ..pause })))
    }

    /// Returns the next version without the pause, after the merchant's `recover`; `None` if the endpoint is
    /// not paused.
    pub fn unpaused(&self) -> Option<Self> {
        self.pause.map(|_| self.noted(|next| next.pause = None))
    }

    /// Returns the next version after an attempt, or `None` if nothing changes. Records since when attempts
    /// fail, pauses, and disables after five days or a 410. `is_try_out`: the attempt was the trial of
    /// [`WebhookEndpoint::tried_out`].
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
            // The endpoint answers, so its attempts are quick and the pause can end.
            (Attempted::Failed, Some(_)) if self.pause.is_some() => {
                Some(self.noted(|next| next.pause = None))
            }
            (Attempted::Failed, Some(_)) => None,
        }
    }

    /// Returns the next version, disabled.
    fn given_up(&self, reason: &str, now: Timestamp) -> Self {
        // No request made this change.
        self.changed(now, &RequestRef::default(), |next| {
            next.status = EndpointStatus::Disabled;
            next.disabled_reason = Some(reason.to_owned());
            next.pause = None;
        })
    }
}
