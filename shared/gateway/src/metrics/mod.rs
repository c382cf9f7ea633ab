//! Metrics: which there are, and what they are counted by.
//!
//! Functions write them into their log lines, in CloudWatch's embedded metric format ([`line`]); there is no
//! call and no permission for it. CloudWatch counts them under the namespace [`NAMESPACE`], each by the stack
//! and the sets of dimensions below. It charges for every combination of values, so every dimension has a
//! closed set of values ([`Dimension::values`]): never a merchant, an id, or anything that a caller sent.
//!
//! `infra/observability.yaml` has the alarms and the dashboard.

pub mod line;

use serde::{Serialize, Serializer};
use tollgate_domain::{FrontDoor, source::Decline};
use tollgate_store::DueKind;

/// The namespace of every metric.
pub const NAMESPACE: &str = "Tollgate";
/// The dimension that every metric has first: the stack's name.
pub const STACK: &str = "Stack";
/// The [`Dimension::Api`] of the hosted pages, which are no front door.
pub const PAGES: &str = "pages";

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

impl Unit {
    /// The name that CloudWatch has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// What a metric is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// The front door, or the hosted pages.
    Api,
    /// The front door.
    FrontDoor,
    /// How a request ended.
    RequestOutcome,
    /// How a payment ended.
    PaymentOutcome,
    /// Why a payment was declined.
    Decline,
    /// How an attempt of a delivery ended.
    AttemptOutcome,
    /// The kind of due work.
    Kind,
}

impl Dimension {
    /// Its name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api | Self::FrontDoor => "Api",
            Self::RequestOutcome | Self::PaymentOutcome | Self::AttemptOutcome => "Outcome",
            Self::Decline => "Decline",
            Self::Kind => "Kind",
        }
    }

    /// Every value that it can have.
    pub fn values(self) -> Vec<&'static str> {
        match self {
            Self::Api => FrontDoor::ALL.iter().map(|api| api.as_str()).chain([PAGES]).collect(),
            Self::FrontDoor => FrontDoor::ALL.iter().map(|api| api.as_str()).collect(),
            Self::RequestOutcome => RequestOutcome::ALL.iter().map(|outcome| outcome.as_str()).collect(),
            Self::PaymentOutcome => PaymentOutcome::ALL.iter().map(|outcome| outcome.as_str()).collect(),
            Self::Decline => Decline::ALL.iter().map(|decline| decline.code()).collect(),
            Self::AttemptOutcome => AttemptOutcome::ALL.iter().map(|outcome| outcome.as_str()).collect(),
            Self::Kind => DueKind::ALL.iter().map(|kind| kind.code()).collect(),
        }
    }
}

/// A set of values with their names.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

names! {
    /// How a request ended, by its status.
    RequestOutcome {
        /// Below 400.
        Succeeded = "succeeded",
        /// 402: the payment was declined, where the API says that by the status.
        Declined = "declined",
        /// 429: one request too many.
        Limited = "limited",
        /// Any other status from 400 to 499.
        Refused = "refused",
        /// From 500: our own failure.
        Failed = "failed",
    }
}

impl RequestOutcome {
    /// The outcome of a request that was answered with this status.
    pub const fn of(status: u16) -> Self {
        match status {
            402 => Self::Declined,
            429 => Self::Limited,
            400..500 => Self::Refused,
            500.. => Self::Failed,
            0..400 => Self::Succeeded,
        }
    }
}

names! {
    /// How a payment ended, or that it was authorized.
    PaymentOutcome {
        /// The money was taken.
        Succeeded = "succeeded",
        /// It was authorized and can be captured.
        Authorized = "authorized",
        /// It was declined, or its payer did not pass the challenge.
        Failed = "failed",
        /// The merchant or the payer canceled it, or it expired.
        Canceled = "canceled",
    }
}

names! {
    /// How an attempt of a delivery ended.
    AttemptOutcome {
        /// The endpoint accepted it.
        Delivered = "delivered",
        /// The endpoint says that it no longer exists.
        Gone = "gone",
        /// The endpoint did not answer or answered an error.
        Failed = "failed",
    }
}

/// A metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, which is also the name of the member of the line that holds the value.
    pub name: &'static str,
    /// The unit.
    pub unit: Unit,
    /// The sets of dimensions by which it is counted, beside the stack. The empty set is the whole stack.
    pub by: &'static [&'static [Dimension]],
}

/// How long a request took, in the function. Its number of samples is the number of requests.
pub const LATENCY: Metric = Metric {
    name: "Latency",
    unit: Unit::Milliseconds,
    by: &[&[Dimension::Api], &[Dimension::Api, Dimension::RequestOutcome]],
};
/// 1 for a request that writes payments or refunds and was answered 5xx, 0 for one that was not.
pub const PAYMENT_WRITE_FAILED: Metric = Metric { name: "PaymentWriteFailed", unit: Unit::Count, by: &[&[]] };
/// Requests that were answered as an earlier one with their idempotency key.
pub const REPLAYS: Metric = Metric { name: "Replays", unit: Unit::Count, by: &[&[Dimension::FrontDoor]] };
/// How old an event was when it was published.
pub const EVENT_AGE: Metric = Metric { name: "EventAge", unit: Unit::Milliseconds, by: &[&[]] };
/// Payments that ended or were authorized, by the API that made them.
pub const PAYMENTS: Metric =
    Metric { name: "Payments", unit: Unit::Count, by: &[&[Dimension::FrontDoor, Dimension::PaymentOutcome]] };
/// Payments that failed, by the reason and the API that made them.
pub const DECLINES: Metric =
    Metric { name: "Declines", unit: Unit::Count, by: &[&[Dimension::FrontDoor, Dimension::Decline]] };
/// How old an event was when an endpoint accepted it, retries included.
pub const WEBHOOK_AGE: Metric = Metric { name: "WebhookAge", unit: Unit::Milliseconds, by: &[&[]] };
/// How long an attempt had been due when it was made. Unlike the age, it does not grow by an endpoint's own
/// failures. Its number of samples is the number of attempts.
pub const WEBHOOK_WAIT: Metric =
    Metric { name: "WebhookWait", unit: Unit::Milliseconds, by: &[&[], &[Dimension::AttemptOutcome]] };
/// How long the oldest item of a kind has been due, when a finder found it; 0 if nothing was due, so that the
/// alarm ends.
pub const DUE_WORK_OLDEST: Metric =
    Metric { name: "DueWorkOldest", unit: Unit::Seconds, by: &[&[Dimension::Kind]] };
/// Items that a finder found due.
pub const DUE_WORK_FOUND: Metric =
    Metric { name: "DueWorkFound", unit: Unit::Count, by: &[&[Dimension::Kind]] };
/// Items whose work failed. They stay due.
pub const DUE_WORK_FAILED: Metric =
    Metric { name: "DueWorkFailed", unit: Unit::Count, by: &[&[Dimension::Kind]] };
/// Payments and refunds that only the operator can move.
pub const MONEY_NEEDS_ATTENTION: Metric =
    Metric { name: "MoneyNeedsAttention", unit: Unit::Count, by: &[&[]] };

/// Differences in a tenant's ledger that two passes of its check found alike; 0 if there are none, so that the alarm ends.
pub const LEDGER_DIFFERENCES: Metric = Metric { name: "LedgerDifferences", unit: Unit::Count, by: &[&[]] };
/// How long ago a tenant's ledger was verified, when its check went on.
pub const LEDGER_VERIFIED_AGE: Metric = Metric { name: "LedgerVerifiedAge", unit: Unit::Seconds, by: &[&[]] };

/// Every metric.
pub const ALL: &[&Metric] = &[
    &LATENCY,
    &PAYMENT_WRITE_FAILED,
    &REPLAYS,
    &EVENT_AGE,
    &PAYMENTS,
    &DECLINES,
    &WEBHOOK_AGE,
    &WEBHOOK_WAIT,
    &DUE_WORK_OLDEST,
    &DUE_WORK_FOUND,
    &DUE_WORK_FAILED,
    &MONEY_NEEDS_ATTENTION,
    &LEDGER_DIFFERENCES,
    &LEDGER_VERIFIED_AGE,
];

impl Metric {
    /// How many combinations of values it can have: what CloudWatch charges for, at most.
    pub fn combinations(&self) -> usize {
        let set =
            |set: &&[Dimension]| set.iter().map(|dimension| dimension.values().len()).product::<usize>();
        self.by.iter().map(set).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_metric_has_one_definition_and_its_dimensions_have_different_names() {
        let names: HashSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            for set in metric.by {
                let names: HashSet<_> = set.iter().map(|dimension| dimension.name()).chain([STACK]).collect();
                assert_eq!(names.len(), set.len() + 1, "{}", metric.name);
            }
        }
    }

    #[test]
    fn every_status_has_the_outcome_that_its_class_says() {
        for status in 100..=599 {
            let expected = match status / 100 {
                1..=3 => "succeeded",
                5 => "failed",
                _ if status == 402 => "declined",
                _ if status == 429 => "limited",
                _ => "refused",
            };
            assert_eq!(RequestOutcome::of(status).as_str(), expected, "{status}");
        }
    }
}
