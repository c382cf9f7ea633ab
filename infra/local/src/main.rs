//! `cargo local`: runs the whole gateway on this machine. Its subcommands are tools for the gateway that runs.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match &arguments.command {
            None => cli::run(&arguments.run).await,
            Some(Command::Invoke(invoke)) => cli::invoke(invoke).await,
            Some(Command::Listen(listen)) => cli::listen(listen).await,
            Some(Command::Trigger(trigger)) => cli::trigger(trigger).await,
        }
    });
    // Does not wait for blocking work that still runs.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
