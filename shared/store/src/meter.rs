//! The cost of a request: its calls, their depth, and capacity units; and what it wrote.
//!
//! [`crate::db`] records every call. The figures go to the log of each request, and to the tests of each
//! route's budget.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Most resources that are remembered: a request writes two or three, a worker's batch many.
const WRITTEN_MAX: usize = 16;

/// Counts the calls of one handle of the store.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    calls: Vec<Call>,
    written: Vec<String>,
}

#[derive(Clone, Debug)]
struct Call {
    operation: &'static str,
    began: Instant,
    ended: Instant,
    read_units: f64,
    write_units: f64,
}

/// The total of some calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// The operations, ordered by start.
    pub operations: Vec<&'static str>,
    /// The longest chain of calls that started after the previous one ended: round trips.
    pub depth: usize,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units, including indexes.
    pub write_units: f64,
    /// The payments and refunds that were to be written, as `PAY#<id>` and `REF#<id>`.
    pub written: Vec<String>,
}

impl Meter {
    /// Records a try of an operation, whether or not it succeeded.
    pub(crate) fn record(&self, operation: &'static str, began: Instant, writes: bool, units: f64) {
        let call = Call {
            operation,
            began,
            ended: Instant::now(),
            read_units: if writes { 0.0 } else { units },
            write_units: if writes { units } else { 0.0 },
        };
        self.records().calls.push(call);
    }

    /// Records that a payment or a refund is about to be written.
    pub(crate) fn record_written(&self, resource: String) {
        let mut records = self.records();
        if records.written.len() < WRITTEN_MAX && !records.written.contains(&resource) {
            records.written.push(resource);
        }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The total so far.
    pub fn cost(&self) -> Cost {
        let (mut calls, written) = {
            let records = self.records();
            (records.calls.clone(), records.written.clone())
        };
        calls.sort_by_key(|call| call.began);
        let mut depths: Vec<usize> = Vec::with_capacity(calls.len());
        for (at, call) in calls.iter().enumerate() {
            let before =
                (0..at).filter(|i| calls[*i].ended <= call.began).map(|i| depths[i]).max().unwrap_or(0);
            depths.push(before + 1);
        }
        Cost {
            operations: calls.iter().map(|call| call.operation).collect(),
            depth: depths.into_iter().max().unwrap_or(0),
            read_units: calls.iter().map(|call| call.read_units).sum(),
            write_units: calls.iter().map(|call| call.write_units).sum(),
            written,
        }
    }
}
