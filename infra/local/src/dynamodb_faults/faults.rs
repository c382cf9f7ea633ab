//! Which call meets which fault.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use super::{
    fault::Fault,
    partitions::{PartitionLoad, Partitions},
    settings::FaultSettings,
};

/// A fault that strikes certain calls.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What happens.
    pub fault: Fault,
    /// How many calls pass before it, counted from when it was planned.
    pub after: u64,
    /// How many calls in a row it strikes.
    pub times: u64,
}

#[derive(Default)]
struct State {
    settings: FaultSettings,
    plan: Option<Plan>,
    /// The calls since the plan or the settings were made.
    calls: u64,
    struck: BTreeMap<Fault, u64>,
    partitions: Option<Partitions>,
}

/// Decides the fault of each call, and counts.
#[derive(Default)]
pub struct Faults(Mutex<State>);

impl Faults {
    /// Faults at random.
    pub fn new(settings: FaultSettings) -> Self {
        let faults = Self::default();
        faults.set(settings);
        faults
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on calls fail as these settings say.
    pub fn set(&self, settings: FaultSettings) {
        let mut state = self.state();
        *state = State { settings, partitions: state.partitions.take(), ..State::default() };
    }

    /// From now on calls fail as planned, or no more without a plan.
    pub fn plan(&self, plan: Option<Plan>) {
        let mut state = self.state();
        *state = State { plan, partitions: state.partitions.take(), ..State::default() };
    }

    /// From now on each partition has room for so many write units a second; DynamoDB's have 1,000. 0 is no limit.
    pub fn limit_partitions(&self, units_per_s: u32) {
        self.state().partitions = (units_per_s > 0).then(|| Partitions::new(units_per_s.into()));
    }

    /// What was written to the partitions since they have a limit, by `<table or index> <partition key>`.
    pub fn partition_loads(&self) -> BTreeMap<String, PartitionLoad> {
        self.state().partitions.as_ref().map(Partitions::loads).unwrap_or_default()
    }

    /// The calls since the last [`Faults::set`] or [`Faults::plan`].
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How many calls failed since then.
    pub fn struck(&self) -> u64 {
        self.state().struck.values().sum()
    }

    pub(super) fn show(&self) -> Value {
        let state = self.state();
        json!({"settings": state.settings, "calls": state.calls, "struck": state.struck})
    }

    /// The fault of the next call, if it has one.
    pub(super) fn next(&self, operation: &str, body: &Value) -> Option<Fault> {
        let mut state = self.state();
        let call = state.calls;
        state.calls += 1;
        let planned =
            state.plan.filter(|plan| (plan.after..plan.after.saturating_add(plan.times)).contains(&call));
        let fault = match planned {
            Some(plan) => Some(plan.fault).filter(|fault| fault.can_strike(operation, body)),
            None => at_random(&state, call, operation, body),
        };
        let is_throttled = fault.is_none()
            && state.partitions.as_mut().is_some_and(|partitions| !partitions.admit(operation, body));
        let throttled = if operation == "TransactWriteItems" {
            Fault::TransactionThrottled
        } else {
            Fault::TableThrottled
        };
        let fault = fault.or_else(|| is_throttled.then_some(throttled))?;
        *state.struck.entry(fault).or_default() += 1;
        Some(fault)
    }
}

fn at_random(state: &State, call: u64, operation: &str, body: &Value) -> Option<Fault> {
    let FaultSettings { per_mille, seed, at_most } = state.settings;
    let chance = scramble(seed ^ scramble(call));
    if state.struck.values().sum::<u64>() >= at_most || chance % 1000 >= u64::from(per_mille) {
        return None;
    }
    let possible: Vec<Fault> =
        Fault::ALL.into_iter().filter(|fault| fault.can_strike(operation, body)).collect();
    let at = usize::try_from(chance / 1000).unwrap_or_default() % possible.len().max(1);
    possible.get(at).copied()
}

/// Spreads neighbouring numbers over all numbers (`SplitMix64`).
const fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(settings: FaultSettings, calls: usize) -> Vec<Option<Fault>> {
        let faults = Faults::new(settings);
        let transaction = json!({"TransactItems": [{}, {}]});
        (0..calls).map(|_| faults.next("TransactWriteItems", &transaction)).collect()
    }

    #[test]
    fn a_seed_repeats_its_faults_and_there_are_no_more_than_allowed() {
        let settings = FaultSettings { per_mille: 200, seed: 7, at_most: 1000 };
        let first = faults_of(settings, 2000);
        assert_eq!(first, faults_of(settings, 2000));
        assert_ne!(first, faults_of(FaultSettings { seed: 8, ..settings }, 2000));
        let struck = first.iter().flatten().count();
        assert!((300..500).contains(&struck), "{struck} of 2000");
        for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Unprocessed) {
            assert!(first.contains(&Some(fault)), "{fault:?}");
        }
        let few = faults_of(FaultSettings { at_most: 5, ..settings }, 2000);
        assert_eq!(few.iter().flatten().count(), 5);
        assert_eq!(faults_of(FaultSettings::default(), 2000).iter().flatten().count(), 0);
    }

    #[test]
    fn a_plan_strikes_the_calls_it_names_and_only_where_dynamodb_could() {
        let faults = Faults::default();
        faults.plan(Some(Plan { fault: Fault::Conflict, after: 1, times: 2 }));
        let struck: Vec<_> = ["PutItem", "PutItem", "GetItem", "PutItem"]
            .map(|operation| faults.next(operation, &Value::Null))
            .into_iter()
            .collect();
        assert_eq!(struck, [None, Some(Fault::Conflict), None, None]);
        assert_eq!((faults.calls(), faults.struck()), (4, 1));
        let one = json!({"RequestItems": {"t": {"Keys": [{}]}}});
        assert!(!Fault::Unprocessed.can_strike("BatchGetItem", &one));
    }
}
