//! The cost of a request: its calls, their depth, and capacity units.
//!
//! [`crate::db`] records every call. The figures go to the log of each request, and to the tests of each
//! route's budget.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Counts the calls of one handle of the store.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Vec<Call>>>);

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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// The total so far.
    pub fn cost(&self) -> Cost {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
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
        }
    }
}
