//! Lambda: functions as processes, one invocation at a time each, more processes under load.

mod instance;
mod invoke_api;

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Bytes;
use serde::Serialize;
use serde_json::json;
use tokio::sync::oneshot;

use crate::template;
use instance::Instance;
pub(crate) use invoke_api::router;

/// Processes of one function.
const INSTANCES_PER_FUNCTION_MAX: usize = 8;
/// Processes of all functions, so that a laptop is not swamped. The one idle for longest makes room for another.
const INSTANCES_MAX: usize = 64;
/// Invocations that wait for a process of one function; more are refused, as Lambda throttles.
const WAITING_MAX: usize = 1000;

/// What came of an invocation.
pub(crate) type Outcome = Result<Bytes, FunctionError>;

/// An invocation that gave no result.
#[derive(Debug, Clone)]
pub(crate) enum FunctionError {
    /// There is no such function.
    Unknown(String),
    /// Too many invocations wait already.
    Throttled,
    /// The function answered with an error, crashed or ran out of time. `payload` is what Lambda's caller sees.
    Failed {
        /// `{"errorType", "errorMessage"}`.
        payload: Bytes,
    },
}

impl FunctionError {
    fn failed(kind: &str, message: &str) -> Self {
        let payload = json!({"errorType": kind, "errorMessage": message});
        Self::Failed { payload: Bytes::from(payload.to_string()) }
    }
}

impl std::fmt::Display for FunctionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "there is no function `{name}`"),
            Self::Throttled => write!(f, "too many invocations are waiting"),
            Self::Failed { payload } => write!(f, "{}", String::from_utf8_lossy(payload)),
        }
    }
}

/// One call of a function, on its way.
struct Invocation {
    id: String,
    payload: Bytes,
    reply: oneshot::Sender<Outcome>,
}

/// What every function's process is given besides its own environment.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    /// Where the binaries are.
    pub(crate) binaries: PathBuf,
    /// For every process: endpoints, credentials, region.
    pub(crate) environment: Vec<(String, String)>,
}

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
    /// The last one used is the first to be used again, so that the others can age.
    idle: Vec<Arc<Instance>>,
    waiting: VecDeque<Invocation>,
    /// Processes that were asked for and are not in `instances` yet.
    starting: usize,
}

impl Lambda {
    /// Functions that are started when they are first called.
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
        // Nothing panics while it holds the lock; if it did, the pool's lists would still be whole.
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

    /// Starts another process of a function that has more waiting than it has on the way, if there is room.
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
        tokio::spawn(instance::run(self.clone(), function.clone(), number));
    }

    /// A new process is there: it takes what waits.
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
                self.help_the_starved(&mut pool);
            }
        }
    }

    /// A process has ended. What it had not begun goes to another, unless it never got as far as asking for work:
    /// then the next would fail in the same way, and the caller is told.
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
            self.help_the_starved(&mut pool);
        }
    }

    /// Functions that have invocations waiting and not one process, because the others took all the room.
    fn help_the_starved(self: &Arc<Self>, pool: &mut Pool) {
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

    /// The processes there are.
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

    /// Ends every process and waits until they are gone.
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

/// Ends the process that has been idle for longest. Its place is free at once; `total` is put right when it is gone.
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
