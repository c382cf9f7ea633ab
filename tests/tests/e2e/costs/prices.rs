//! AWS's published prices for `us-east-1` and arm64, and what is assumed where nothing is measured.

use std::ops::{Add, AddAssign};

use crate::budgets::Measured;

/// The day on which the prices were checked last.
pub(super) const PRICES_CHECKED: &str = "22 November 2026";

/// A price: what it is for, micro-dollars for a million of it, and where it is published.
pub(super) struct Price {
    pub(super) of: &'static str,
    pub(super) per_million: u64,
    pub(super) source: &'static str,
}

const fn price(of: &'static str, per_million: u64, source: &'static str) -> Price {
    Price { of, per_million, source }
}

const DYNAMODB: &str = "[DynamoDB, on demand](https://aws.amazon.com/dynamodb/pricing/on-demand/)";
const LAMBDA: &str = "[Lambda](https://aws.amazon.com/lambda/pricing/)";
const GATEWAY: &str = "[API Gateway](https://aws.amazon.com/api-gateway/pricing/)";
const SQS: &str = "[SQS](https://aws.amazon.com/sqs/pricing/)";
const CLOUDWATCH: &str = "[CloudWatch](https://aws.amazon.com/cloudwatch/pricing/)";

pub(super) const WRITE: Price = price("a write request unit", 625_000, DYNAMODB);
pub(super) const READ: Price = price("a read request unit", 125_000, DYNAMODB);
pub(super) const INVOCATION: Price = price("an invocation", 200_000, LAMBDA);
pub(super) const GB_SECOND: Price = price("a GB and second, arm64", 13_333_400, LAMBDA);
pub(super) const REQUEST: Price =
    price("a request of an HTTP API, the first 300 million of a month", 1_000_000, GATEWAY);
pub(super) const MESSAGE_REQUEST: Price = price("a request of a standard queue", 400_000, SQS);
pub(super) const LOG_KILOBYTE: Price = price("1,000 bytes of logs that are taken in", 500_000, CLOUDWATCH);

pub(super) const PRICES: &[Price] =
    &[WRITE, READ, INVOCATION, GB_SECOND, REQUEST, MESSAGE_REQUEST, LOG_KILOBYTE];

/// Processor time of a request that asks no table, and of each call of DynamoDB, in microseconds of a whole core
/// (`docs/performance.md`: `charges-unknown-route`, and half of what a create takes more).
pub(super) const BASE_US: u64 = 240;
pub(super) const CALL_US: u64 = 490;
/// The memory with which a function has a whole core.
pub(super) const WHOLE_CORE_MB: u64 = 1769;
/// How long a call of DynamoDB is waited for, in microseconds.
pub(super) const ROUND_TRIP_US: u64 = 4000;
/// How long a merchant's endpoint takes to answer a webhook, in milliseconds.
pub(super) const ENDPOINT_MS: u64 = 300;
/// Bytes that an invocation logs: its line, and Lambda's own lines.
pub(super) const LOG_BYTES: u64 = 1500;
/// Bytes of a request in the access log of its HTTP API.
pub(super) const ACCESS_LOG_BYTES: u64 = 500;
/// Requests of a message that travels alone: sent, received and deleted.
pub(super) const REQUESTS_OF_A_MESSAGE: u64 = 3;

/// What a million of something cost, in micro-dollars, by service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) dynamodb: u64,
    pub(super) lambda: u64,
    pub(super) gateway: u64,
    pub(super) sqs: u64,
    pub(super) logs: u64,
    /// Half units that are read and written, for the page.
    pub(super) half_reads: u64,
    pub(super) half_writes: u64,
    pub(super) invocations: u64,
}

impl Cost {
    pub(super) const fn total(&self) -> u64 {
        self.dynamodb + self.lambda + self.gateway + self.sqs + self.logs
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            dynamodb: self.dynamodb + other.dynamodb,
            lambda: self.lambda + other.lambda,
            gateway: self.gateway + other.gateway,
            sqs: self.sqs + other.sqs,
            logs: self.logs + other.logs,
            half_reads: self.half_reads + other.half_reads,
            half_writes: self.half_writes + other.half_writes,
            invocations: self.invocations + other.invocations,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

fn logs(bytes: u64) -> u64 {
    (bytes * LOG_KILOBYTE.per_million).div_ceil(1000)
}

/// How long an invocation is billed, in milliseconds: its processor time on a part of a core, and its waits.
pub(super) fn duration_ms(memory_mb: u64, calls: u64, depth: u64) -> u64 {
    let core_us = BASE_US + CALL_US * calls;
    let us = (core_us * WHOLE_CORE_MB).div_ceil(memory_mb.min(WHOLE_CORE_MB)) + ROUND_TRIP_US * depth;
    us.div_ceil(1000)
}

/// What a million times this many milliseconds with this memory cost.
pub(super) fn compute(memory_mb: u64, ms: u64) -> u64 {
    (GB_SECOND.per_million * memory_mb * ms).div_ceil(1024 * 1000)
}

/// A million invocations.
pub(super) fn invocation(memory_mb: u64, measured: &Measured) -> Cost {
    let ms = duration_ms(memory_mb, measured.calls, measured.depth);
    let halves = measured.half_reads * READ.per_million + measured.half_writes * WRITE.per_million;
    Cost {
        dynamodb: halves.div_ceil(2),
        lambda: INVOCATION.per_million + compute(memory_mb, ms),
        logs: logs(LOG_BYTES),
        half_reads: measured.half_reads,
        half_writes: measured.half_writes,
        invocations: 1,
        ..Cost::default()
    }
}

/// A million waits in an invocation.
pub(super) fn waiting(memory_mb: u64, ms: u64) -> Cost {
    Cost { lambda: compute(memory_mb, ms), ..Cost::default() }
}

/// A million times this many requests of an HTTP API.
pub(super) fn requests(count: u64) -> Cost {
    Cost { gateway: count * REQUEST.per_million, logs: logs(count * ACCESS_LOG_BYTES), ..Cost::default() }
}

/// A million times this many messages of a queue.
pub(super) fn messages(count: u64) -> Cost {
    Cost { sqs: count * REQUESTS_OF_A_MESSAGE * MESSAGE_REQUEST.per_million, ..Cost::default() }
}
