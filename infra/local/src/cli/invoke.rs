//! `cargo local invoke`: sends an event file to a function of the local cloud that runs.

use super::{
    arguments::Invoke, event_files::EventFiles, failure::Failure, local::Local, root::find_root,
    terminal::print_line,
};

/// The folder of the event files.
const FOLDER: &str = "tests/events";

/// Invokes a function and prints its answer.
///
/// # Errors
///
/// No local cloud runs at the port, it has no such function, the event can't be made, or the function fails.
pub(crate) async fn invoke(arguments: &Invoke) -> Result<(), Failure> {
    let local = Local::connect(arguments.port).await?;
    let names = local.function_names().await?;
    let function = &arguments.function;
    if !names.contains(function) {
        return Err(Failure::Usage(format!(
            "There is no function `{function}`. There are:\n  {}",
            names.join("\n  ")
        )));
    }
    let mut files = EventFiles::new(find_root()?.join(FOLDER), &local);
    let event = match &arguments.event {
        None => files.event_of(function).await?,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
            files.fill(&text).await?
        }
    };
    let invoked = local.invoke(function, event).await?;
    print_line(&invoked.payload);
    if invoked.failed {
        return Err(Failure::Function(function.clone()));
    }
    Ok(())
}
