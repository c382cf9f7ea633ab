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
use tokio::sync::oneshot;

use super::{
    instance::Instance,
    invocation::{FunctionError, Invocation, Outcome},
    process::{Host, Process},
};
use crate::template;

/// Processes of one function, at most.
const INSTANCES_PER_FUNCTION_MAX: usize = 8;
/// Processes of all functions, at most. When there are as many, the one idle for longest ends to make room for another.
const INSTANCES_MAX: usize = 64;
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
    functions: HashMap<String, Arc<template::Function>>,
    pool: Mutex<Pool>,
    next_instance: AtomicU64,
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
    pub(crate) fn new(host: Host, functions: &[template::Function]) -> Arc<Self> {
        Arc::new(Self {
            host,
            functions: functions
                .iter()
                .map(|function| (function.name.clone(), Arc::new(function.clone())))
                .collect(),
            pool: Mutex::default(),
            next_instance: AtomicU64::new(1),
        })
    }

    /// Calls a function and waits for its answer.
    pub(crate) async fn invoke(self: &Arc<Self>, name: &str, payload: Bytes) -> Outcome {
        let (reply, answer) = oneshot::channel();
        let invocation = Invocation { id: uuid::Uuid::new_v4().to_string(), payload, reply };
        self.dispatch(name, invocation);
        answer
            .await
            .unwrap_or_else(|_| Err(FunctionError::failed("Runtime.ExitError", "The invocation was lost")))
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        // No code panics while it holds the lock; even then the pool's lists would be consistent.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dispatch(self: &Arc<Self>, name: &str, invocation: Invocation) {
        let Some(function) = self.functions.get(name) else {
            let _ = invocation.reply.send(Err(FunctionError::Unknown(name.to_owned())));
            return;
        };
        let mut pool = self.lock();
        if pool.stopped {
            let _ = invocation.reply.send(Err(FunctionError::Throttled));
            return;
        }
        let fleet = pool.fleets.entry(name.to_owned()).or_default();
        if let Some(instance) = fleet.idle.pop() {
            instance.assign(invocation);
            return;
        }
        if fleet.waiting.len() >= WAITING_MAX {
            let _ = invocation.reply.send(Err(FunctionError::Throttled));
            return;
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
        let mut process = match Process::start(&self.host, &function, number, on_released).await {
            Ok(process) => process,
            Err(reason) => return self.not_started(&function, &reason),
        };
        self.started(&process.instance);
        let reason = process.ended().await;
        self.ended(&process.instance, &reason);
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
                let _ = invocation.reply.send(Err(FunctionError::failed("Runtime.Unknown", reason)));
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

    /// A process has ended. An invocation that it had not picked up goes to another process. If it never asked for one,
    /// another would probably fail in the same way, and the caller is answered.
    fn ended(self: &Arc<Self>, instance: &Arc<Instance>, reason: &str) {
        let mut pool = self.lock();
        pool.total -= 1;
        let Some(fleet) = pool.fleets.get_mut(&instance.function.name) else {
            return;
        };
        fleet.instances.retain(|other| !Arc::ptr_eq(other, instance));
        fleet.idle.retain(|other| !Arc::ptr_eq(other, instance));
        let (current, unbegun) = instance.take_work();
        if let Some(invocation) = current {
            let error = FunctionError::failed(
                "Runtime.ExitError",
                &format!("RequestId: {} Error: {reason}", invocation.id),
            );
            let _ = invocation.reply.send(Err(error));
        }
        if let Some(invocation) = unbegun {
            if instance.has_asked() {
                fleet.waiting.push_front(invocation);
            } else {
                let _ = invocation.reply.send(Err(FunctionError::failed("Runtime.ExitError", reason)));
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
            .filter_map(|(name, _)| self.functions.get(name).cloned())
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
