//! One process of a function: its current and its next invocation, and how it is ended.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::body::Bytes;
use tokio::{sync::Notify, task::AbortHandle};

use super::invocation::{Invocation, Outcome};
use crate::template;

/// One process of a function.
pub(super) struct Instance {
    pub(super) function: Arc<template::Function>,
    pub(super) pid: Option<u32>,
    work: Mutex<Work>,
    assigned: Notify,
    kill: Notify,
    invocations: AtomicU64,
}

struct Work {
    /// Assigned to this process and not picked up yet.
    next: Option<Invocation>,
    /// Picked up and not answered yet, with the timer of its timeout.
    current: Option<(Invocation, AbortHandle)>,
    asked: bool,
    /// Why the process is being killed, for the waiting caller.
    verdict: Option<String>,
    last_used: Instant,
}

/// An invocation that the process has picked up.
pub(super) struct PickedUp {
    pub(super) id: String,
    pub(super) payload: Bytes,
}

impl Instance {
    pub(super) fn new(function: Arc<template::Function>, pid: Option<u32>) -> Arc<Self> {
        let work = Work { next: None, current: None, asked: false, verdict: None, last_used: Instant::now() };
        Arc::new(Self {
            function,
            pid,
            work: Mutex::new(work),
            assigned: Notify::new(),
            kill: Notify::new(),
            invocations: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn assign(&self, invocation: Invocation) {
        self.lock().next = Some(invocation);
        self.assigned.notify_one();
    }

    /// Takes the unanswered invocations of a process that has ended: the current one, and the one not picked up.
    pub(super) fn take_work(&self) -> (Option<Invocation>, Option<Invocation>) {
        let mut work = self.lock();
        let current = work.current.take().map(|(invocation, timer)| {
            timer.abort();
            invocation
        });
        (current, work.next.take())
    }

    pub(super) fn has_asked(&self) -> bool {
        self.lock().asked
    }

    pub(super) fn is_busy(&self) -> bool {
        let work = self.lock();
        work.next.is_some() || work.current.is_some()
    }

    pub(super) fn last_used(&self) -> Instant {
        self.lock().last_used
    }

    pub(super) fn invocations(&self) -> u64 {
        self.invocations.load(Ordering::Relaxed)
    }

    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    /// Kills the process; the waiting caller is told this reason.
    pub(super) fn kill_because(&self, verdict: String) {
        self.lock().verdict = Some(verdict);
        self.kill();
    }

    pub(super) fn take_verdict(&self) -> Option<String> {
        self.lock().verdict.take()
    }

    pub(super) async fn killed(&self) {
        self.kill.notified().await;
    }

    /// Waits for the next invocation. Its timeout begins when it is picked up.
    pub(super) async fn next(self: &Arc<Self>) -> PickedUp {
        loop {
            // Registered before the check, so that no invocation is missed.
            let assigned = self.assigned.notified();
            if let Some(picked_up) = self.pick_up() {
                return picked_up;
            }
            assigned.await;
        }
    }

    fn pick_up(self: &Arc<Self>) -> Option<PickedUp> {
        let mut work = self.lock();
        work.asked = true;
        let invocation = work.next.take()?;
        let picked_up = PickedUp { id: invocation.id.clone(), payload: invocation.payload.clone() };
        let timer = tokio::spawn(self.clone().time_out(invocation.id.clone()));
        work.current = Some((invocation, timer.abort_handle()));
        Some(picked_up)
    }

    /// Kills the process if the invocation still runs after the function's timeout.
    async fn time_out(self: Arc<Self>, id: String) {
        let timeout = self.function.timeout;
        tokio::time::sleep(timeout).await;
        let still_running = self.lock().current.as_ref().is_some_and(|(i, _)| i.id == id);
        if still_running {
            self.kill_because(format!("Task timed out after {:.2} seconds", timeout.as_secs_f64()));
        }
    }

    /// Answers the invocation with this id, if it is the current one.
    pub(super) fn answer(&self, id: &str, outcome: Outcome) -> bool {
        let done = {
            let mut work = self.lock();
            work.last_used = Instant::now();
            match &work.current {
                Some((invocation, _)) if invocation.id == id => work.current.take(),
                _ => None,
            }
        };
        let Some((invocation, timer)) = done else {
            return false;
        };
        timer.abort();
        self.invocations.fetch_add(1, Ordering::Relaxed);
        // The caller may be gone.
        let _ = invocation.reply.send(outcome);
        true
    }
}
