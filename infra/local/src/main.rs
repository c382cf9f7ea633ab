//! `cargo local`: the whole gateway on this machine, and two tools beside it.

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
            Some(Command::Listen(listen)) => cli::listen(listen).await,
            Some(Command::Trigger(trigger)) => cli::trigger(trigger).await,
        }
    });
    // Blocking work that still runs must not hold the end up.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
