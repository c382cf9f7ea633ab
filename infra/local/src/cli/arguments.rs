//! The command line's arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tollgate_local::logs::LogMode;

use super::api::Api;

const ENVIRONMENT: &str = "Environment:
  NO_COLOR                       no colours, even on a terminal
  TOLLGATE_PARAMETER_OVERRIDES   template parameters, as samconfig.toml writes them: Key=Value Other=\"1,2\"
  TOLLGATE_LOCAL_SKIP_BUILD=1    run the binaries that are there already
  TOLLGATE_LOCAL_BINARIES=DIR    run the binaries of this folder
  TOLLGATE_LOCAL_CHECK=LIST      what tests check: `stale-reads` answers eventually consistent reads as if nothing were
                                 written yet
  TOLLGATE_LOCAL_FREEZE=1        stop a function's process while it waits for an invocation, as Lambda freezes it
  TOLLGATE_LOCAL_INIT_SECONDS=N  how long a function's start may take [default: 10, as on Lambda]
  TOLLGATE_LOCAL_DYNAMODB=LIST   what DynamoDB does to the functions' calls: per-mille=50,seed=7,at-most=200 fails 50 of
                                 1000 calls, 200 at most; lag-ms=300 shows eventually consistent reads an older state

`cargo local listen --help`, `trigger --help` and `invoke --help` say more of the three tools.";

/// Tollgate on this machine: builds every function, runs it behind one port, and makes a demo merchant.
///
/// `listen`, `trigger` and `invoke` are for a second terminal, while this one runs.
#[derive(Debug, Parser)]
#[command(
    name = "cargo local",
    bin_name = "cargo local",
    args_conflicts_with_subcommands = true,
    after_help = ENVIRONMENT
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: Run,
}

/// The options of `cargo local` itself.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = PORT_DEFAULT, value_name = "N")]
    pub(crate) port: u16,
    /// The folder of all state [default: a fresh temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print one line of JSON on standard output when ready, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
    /// Build and run the functions with optimisations
    #[arg(long)]
    pub(crate) release: bool,
    /// What is written to standard error while it runs
    #[arg(long, value_enum, default_value_t, value_name = "WHAT", env = "TOLLGATE_LOCAL_LOGS")]
    pub(crate) logs: LogMode,
}

const PORT_DEFAULT: u16 = 9000;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Forward the demo merchant's webhooks to a program of yours
    ///
    /// Registers a webhook endpoint with the local cloud that runs, prints its signing secret once, and sends every
    /// delivery on byte for byte, with its headers. The delivery is answered with the status that your program gave, so
    /// that a failure is retried. Ctrl-C deletes the endpoint; one that a killed listener left behind is deleted by the next.
    Listen(Listen),
    /// Make an event happen, by doing what causes it through the API
    ///
    /// The requests go to the local cloud that runs, with the demo merchant's key. Each is printed with its status and the
    /// id of what it made.
    Trigger(Trigger),
    /// Invoke one function with an event file, and print its answer
    ///
    /// The event is the function's file in tests/events, or another. The demo merchant's credentials are put into it, and what
    /// its placeholders name is made first. The status is 1 if the function fails.
    Invoke(Invoke),
}

/// The options of `cargo local invoke`.
#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// The function's name, which is its binary's; a wrong one lists all
    pub(crate) function: String,
    /// The event [default: tests/events/FUNCTION.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) event: Option<PathBuf>,
    /// The port of the local cloud
    #[arg(long, default_value_t = PORT_DEFAULT, value_name = "N")]
    pub(crate) port: u16,
}

/// The options of `cargo local listen`.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Where deliveries go: a URL, or a host and a port with a path
    #[arg(long, value_name = "URL", required = true)]
    pub(crate) forward_to: String,
    /// Event types or patterns, with commas between them: payment.succeeded,refund.* [default: all]
    #[arg(long, value_delimiter = ',', value_name = "TYPES")]
    pub(crate) events: Vec<String>,
    /// Whose names, bodies and signature the events have [default: the first that knows all of --events]
    #[arg(long, value_enum, value_name = "API")]
    pub(crate) api: Option<Api>,
    /// The port of the local cloud
    #[arg(long, default_value_t = PORT_DEFAULT, value_name = "N")]
    pub(crate) port: u16,
}

/// The options of `cargo local trigger`.
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    /// The event's type; without one, all are listed
    pub(crate) event: Option<String>,
    /// Replace a parameter of the first request, or of a named one: amount=500, metadata.order='"7"', refund.amount=100
    ///
    /// A value that is JSON is sent as such, any other as text.
    #[arg(long, value_name = "[REQUEST.]NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The port of the local cloud
    #[arg(long, default_value_t = PORT_DEFAULT, value_name = "N")]
    pub(crate) port: u16,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn read(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from([&["cargo local"], arguments].concat())
    }

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_command_the_cloud_runs() {
        let run = read(&["--port=0", "--data", "x", "--json"]).expect("arguments").run;
        assert_eq!((run.port, run.json, run.release), (0, true, false));
        assert_eq!(run.data, Some(PathBuf::from("x")));
        assert_eq!(read(&[]).expect("arguments").run.port, 9000);
        assert!(read(&["--port", "many"]).is_err());
        assert!(read(&["--colour"]).is_err());
    }

    #[test]
    fn the_tools_have_options_of_their_own() {
        let given =
            read(&["listen", "--forward-to", "localhost:3000", "--events", "a,b"]).expect("arguments");
        let Some(Command::Listen(listen)) = given.command else {
            panic!("{given:?}");
        };
        assert_eq!((listen.events, listen.port), (vec!["a".to_owned(), "b".to_owned()], 9000));
        assert!(read(&["listen"]).is_err());
        let given =
            read(&["trigger", "payment.succeeded", "--set", "amount=5", "--port", "1"]).expect("arguments");
        let Some(Command::Trigger(trigger)) = given.command else {
            panic!("{given:?}");
        };
        assert_eq!((trigger.set, trigger.port), (vec!["amount=5".to_owned()], 1));
        let given = read(&["invoke", "charges-health", "--event", "x.json"]).expect("arguments");
        let Some(Command::Invoke(invoke)) = given.command else {
            panic!("{given:?}");
        };
        assert_eq!((invoke.event, invoke.port), (Some(PathBuf::from("x.json")), 9000));
        assert!(read(&["invoke"]).is_err());
    }

    #[test]
    fn the_help_names_every_command_and_option() {
        let help = Arguments::command().render_long_help().to_string();
        for text in
            ["listen", "trigger", "invoke", "--port", "--data", "--json", "--release", "--logs", "NO_COLOR"]
        {
            assert!(help.contains(text), "{text}: {help}");
        }
    }
}
