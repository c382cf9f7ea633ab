//! The processes of all functions: invocations wait here until one is free.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::{Semaphore, oneshot};

use super::{
    group::ProcessGroup,
    instance::Instance,
    invocation::{FunctionError, Invocation, Outcome, Verdict},
    process::{Host, Place, Process},
};
use crate::{options::LambdaOptions, template};

/// Processes of one function, at most.
const INSTANCES_PER_FUNCTION_MAX: usize = 8;
/// Processes of all functions, at most. When there are as many, the one idle for longest ends to make room for another.
const INSTANCES_MAX: usize = 96;
/// Lambda's largest payload of an invocation whose caller waits.
pub(super) const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Invocations that wait for a process of one function, at most; more are throttled.
const WAITING_MAX: usize = 1000;

/// A line of `GET /_local/functions`.
#[derive(Debug, Serialize)]
pub(crate) struct Running {
    name: String,
    pid: Option<u32>,
    busy: bool,
    invocations: u64,
}

/// All functions and their processes.
pub(crate) struct Lambda {
    host: Host,
    options: LambdaOptions,
    group: ProcessGroup,
    functions: HashMap<String, Known>,
    pool: Mutex<Pool>,
    next_instance: AtomicU64,
}

/// A function of the templates.
struct Known {
    function: Arc<template::Function>,
    /// One permit for each invocation that its reserved concurrency allows at the same time.
    reserved: Option<Arc<Semaphore>>,
}

#[derive(Default)]
struct Pool {
    fleets: HashMap<String, Fleet>,
    total: usize,
    stopped: bool,
}

#[derive(Default)]
struct Fleet {
    instances: Vec<Arc<Instance>>,
    /// The last one used is used next, so that the others stay idle and can be evicted.
    idle: Vec<Arc<Instance>>,
    waiting: VecDeque<Invocation>,
    /// Processes that are starting and not in `instances` yet.
    starting: usize,
}

impl Lambda {
    /// A pool without processes: they start when a function is called.
    ///
    /// # Errors
    ///
    /// The process group of the functions can't be made.
    pub(crate) fn new(
        host: Host,
        options: LambdaOptions,
        functions: &[template::Function],
    ) -> std::io::Result<Arc<Self>> {
        let known = |function: &template::Function| Known {
            function: Arc::new(function.clone()),
            reserved: function.reserved_concurrency.map(|max| Arc::new(Semaphore::new(max))),
        };
        Ok(Arc::new(Self {
            host,
            options,
            group: ProcessGroup::start()?,
            functions: functions.iter().map(|function| (function.name.clone(), known(function))).collect(),
            pool: Mutex::default(),
            next_instance: AtomicU64::new(1),
        }))
    }

    /// The names of all functions, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.functions.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Calls a function and waits for its answer.
    pub(crate) async fn invoke(self: &Arc<Self>, name: &str, payload: Bytes) -> Outcome {
        let known = self.functions.get(name).ok_or_else(|| FunctionError::Unknown(name.to_owned()))?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(FunctionError::TooLarge {
                bytes: payload.len(),
                invocation_type: "RequestResponse",
                bytes_max: PAYLOAD_BYTES_MAX,
            });
        }
        let slot = match &known.reserved {
            Some(reserved) => {
                Some(reserved.clone().try_acquire_owned().map_err(|_| FunctionError::Throttled)?)
            }
            None => None,
        };
        let (reply, answer) = oneshot::channel();
        let id = uuid::Uuid::new_v4().to_string();
        let invocation = Invocation { id, payload, reply, slot, init_failed: false };
        self.dispatch(&known.function, invocation);
        answer
            .await
            .unwrap_or_else(|_| Err(FunctionError::failed("Runtime.ExitError", "The invocation was lost")))
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        // No code panics while it holds the lock; even then the pool's lists would be consistent.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dispatch(self: &Arc<Self>, function: &Arc<template::Function>, invocation: Invocation) {
        let mut pool = self.lock();
        if pool.stopped {
            return invocation.finish(Err(FunctionError::Throttled));
        }
        let fleet = pool.fleets.entry(function.name.clone()).or_default();
        if let Some(instance) = fleet.idle.pop() {
            instance.assign(invocation);
            return;
        }
        if fleet.waiting.len() >= WAITING_MAX {
            return invocation.finish(Err(FunctionError::Throttled));
        }
        fleet.waiting.push_back(invocation);
        self.grow(&mut pool, function);
    }

    /// Starts another process of a function, if more invocations wait than processes are starting and there is room.
    fn grow(self: &Arc<Self>, pool: &mut Pool, function: &Arc<template::Function>) {
        let full = pool.total >= INSTANCES_MAX;
        let Some(fleet) = pool.fleets.get(&function.name) else {
            return;
        };
        let count = fleet.instances.len() + fleet.starting;
        if fleet.starting >= fleet.waiting.len() || count >= INSTANCES_PER_FUNCTION_MAX {
            return;
        }
        if full && !evict(pool) {
            return;
        }
        if let Some(fleet) = pool.fleets.get_mut(&function.name) {
            fleet.starting += 1;
        }
        pool.total += 1;
        let number = self.next_instance.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(self.clone().run(function.clone(), number));
    }

    /// Runs one process of a function until it has ended.
    async fn run(self: Arc<Self>, function: Arc<template::Function>, number: u64) {
        let lambda = self.clone();
        let on_released = Box::new(move |instance: &Arc<Instance>| lambda.released(instance));
        let Some(group) = self.group.id() else {
            return self.not_started(&function, "the process group of the functions has ended");
        };
        let place = Place { number, group };
        let started = Process::start(&self.host, self.options, &function, &place, on_released).await;
        let mut process = match started {
            Ok(process) => process,
            Err(reason) => return self.not_started(&function, &reason),
        };
        self.started(&process.instance);
        let verdict = process.ended().await;
        self.ended(&process.instance, &verdict);
    }

    /// A process has started: it takes a waiting invocation.
    fn started(self: &Arc<Self>, instance: &Arc<Instance>) {
        let mut pool = self.lock();
        let stopped = pool.stopped;
        let fleet = pool.fleets.entry(instance.function.name.clone()).or_default();
        fleet.starting = fleet.starting.saturating_sub(1);
        fleet.instances.push(instance.clone());
        if stopped {
            instance.kill();
            return;
        }
        give_work(fleet, instance);
    }

    /// A process could not be started at all.
    fn not_started(self: &Arc<Self>, function: &Arc<template::Function>, reason: &str) {
        let mut pool = self.lock();
        pool.total -= 1;
        if let Some(fleet) = pool.fleets.get_mut(&function.name) {
            fleet.starting = fleet.starting.saturating_sub(1);
            if let Some(invocation) = fleet.waiting.pop_front() {
                invocation.finish(Err(FunctionError::failed("Runtime.Unknown", reason)));
            }
        }
        self.grow(&mut pool, function);
    }

    /// A process has answered and can take the next invocation.
    fn released(self: &Arc<Self>, instance: &Arc<Instance>) {
        let mut pool = self.lock();
        let Some(fleet) = pool.fleets.get_mut(&instance.function.name) else {
            return;
        };
        let alive = fleet.instances.iter().any(|other| Arc::ptr_eq(other, instance));
        if alive {
            give_work(fleet, instance);
            if !fleet.idle.is_empty() {
                self.grow_starved(&mut pool);
            }
        }
    }

    /// A process has ended. An invocation that it had not picked up goes to another process. If it never asked for one, the
    /// next start counts as a part of the invocation, and after that the caller is answered.
    fn ended(self: &Arc<Self>, instance: &Arc<Instance>, verdict: &Verdict) {
        let mut pool = self.lock();
        pool.total -= 1;
        let Some(fleet) = pool.fleets.get_mut(&instance.function.name) else {
            return;
        };
        fleet.instances.retain(|other| !Arc::ptr_eq(other, instance));
        fleet.idle.retain(|other| !Arc::ptr_eq(other, instance));
        let (current, unbegun) = instance.take_work();
        if let Some(invocation) = current {
            let error = verdict.error(&invocation);
            invocation.finish(Err(error));
        }
        if let Some(mut invocation) = unbegun {
            let asked = instance.has_asked();
            if !asked && invocation.init_failed {
                let error = verdict.error(&invocation);
                invocation.finish(Err(error));
            } else {
                invocation.init_failed |= !asked;
                fleet.waiting.push_front(invocation);
            }
        }
        if !pool.stopped {
            self.grow(&mut pool, &instance.function);
            self.grow_starved(&mut pool);
        }
    }

    /// Starts processes of functions that have waiting invocations but no process, because there was no room.
    fn grow_starved(self: &Arc<Self>, pool: &mut Pool) {
        let starved: Vec<_> = pool
            .fleets
            .iter()
            .filter(|(_, fleet)| !fleet.waiting.is_empty() && fleet.instances.len() + fleet.starting == 0)
            .filter_map(|(name, _)| self.functions.get(name).map(|known| known.function.clone()))
            .collect();
        for function in starved {
            self.grow(pool, &function);
        }
    }

    /// All processes, by function and process id.
    pub(crate) fn running(&self) -> Vec<Running> {
        let pool = self.lock();
        let mut running: Vec<_> = pool
            .fleets
            .iter()
            .flat_map(|(name, fleet)| {
                fleet.instances.iter().map(|instance| Running {
                    name: name.clone(),
                    pid: instance.pid,
                    busy: instance.is_busy(),
                    invocations: instance.invocations(),
                })
            })
            .collect();
        running.sort_by(|a, b| (&a.name, a.pid).cmp(&(&b.name, b.pid)));
        running
    }

    /// Ends every process and waits for their end.
    pub(crate) async fn stop(&self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let left = {
                let mut pool = self.lock();
                pool.stopped = true;
                for fleet in pool.fleets.values_mut() {
                    fleet.waiting.clear();
                    for instance in &fleet.instances {
                        instance.kill();
                    }
                }
                pool.total
            };
            if left == 0 || Instant::now() > deadline {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn give_work(fleet: &mut Fleet, instance: &Arc<Instance>) {
    match fleet.waiting.pop_front() {
        Some(invocation) => instance.assign(invocation),
        None => fleet.idle.push(instance.clone()),
    }
}

/// Ends the process that has been idle for longest. Another may start at once, so `total` is one too large until it has
/// ended.
fn evict(pool: &mut Pool) -> bool {
    let oldest = pool
        .fleets
        .values()
        .flat_map(|fleet| &fleet.idle)
        .min_by_key(|instance| instance.last_used())
        .cloned();
    let Some(instance) = oldest else {
        return false;
    };
    if let Some(fleet) = pool.fleets.get_mut(&instance.function.name) {
        fleet.idle.retain(|other| !Arc::ptr_eq(other, &instance));
    }
    instance.kill();
    true
}
