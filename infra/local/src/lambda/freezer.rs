//! Stops a function's process between invocations, as Lambda freezes the environment of a function that waits.

use rustix::process::{Pid, Signal, kill_process};

/// Stops and continues one process.
pub(super) struct Freezer {
    /// The process; `None` if it is never frozen.
    pid: Option<Pid>,
}

impl Freezer {
    pub(super) fn new(pid: Option<u32>, enabled: bool) -> Self {
        let pid = pid.filter(|_| enabled).and_then(|pid| i32::try_from(pid).ok());
        Self { pid: pid.and_then(Pid::from_raw) }
    }

    pub(super) fn freeze(&self) {
        self.send(Signal::STOP);
    }

    pub(super) fn thaw(&self) {
        self.send(Signal::CONT);
    }

    fn send(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            // The process may have been killed meanwhile.
            let _ = kill_process(pid, signal);
        }
    }
}
