//! The operator's tool, run against a local cloud.

use std::{
    io::Write as _,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use crate::{Cloud, binary};

impl Cloud {
    /// The operator's tool, told where this cloud's parts are.
    pub fn admin_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("tollgate-admin"));
        for part in ["dynamodb", "sqs", "secretsmanager"] {
            command.arg(format!("--{part}")).arg(self.ready[part].as_str().unwrap());
        }
        command.args(arguments);
        command
    }

    /// Runs the operator's tool; gives what it prints, or its error.
    pub fn run_admin(&self, arguments: &[&str]) -> Result<Value, String> {
        self.run_admin_with_input(arguments, "")
    }

    /// Runs the operator's tool with a text on its standard input.
    pub fn run_admin_with_input(&self, arguments: &[&str], input: &str) -> Result<Value, String> {
        printed(&self.start_admin(arguments, input).wait_with_output().unwrap())
    }

    /// Starts the operator's tool with a text on its standard input.
    pub fn start_admin(&self, arguments: &[&str], input: &str) -> Child {
        let mut command = self.admin_command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that reads nothing may have ended.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child
    }
}

/// What a run of the operator's tool printed, or its error.
pub fn printed(output: &Output) -> Result<Value, String> {
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
