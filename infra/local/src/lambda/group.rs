//! The process group of all functions. It ends with the local cloud, even when that is killed.
//!
//! A frozen process does not notice that its connections are closed, so it can't end by itself. The group's leader waits
//! for the end of its standard input, which the system closes with this process, and then kills the group.

use std::process::Stdio;

use tokio::process::{Child, Command};

/// What the leader runs.
const LEADER: &str = "read -r _; kill -KILL 0";

/// A process group that ends when this is dropped.
pub(super) struct ProcessGroup {
    leader: Child,
}

impl ProcessGroup {
    pub(super) fn start() -> std::io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", LEADER]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // A leader that is dropped must not be killed: it has to kill the others.
        let leader = command.process_group(0).kill_on_drop(false).spawn()?;
        Ok(Self { leader })
    }

    /// The group's id; `None` once its leader has ended.
    pub(super) fn id(&self) -> Option<i32> {
        self.leader.id().and_then(|id| i32::try_from(id).ok())
    }
}
