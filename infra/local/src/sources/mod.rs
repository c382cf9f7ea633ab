//! What starts functions besides HTTP, with Lambda's own rules about batches, retries and giving up.

mod context;
mod filter;
mod positions;
mod queue;
mod schedule;
mod stream;
mod verdict;

use std::{path::Path, sync::Arc};

use crate::{Error, template::Source};
pub(crate) use context::Context;
use positions::Positions;

/// Starts every source. `positions` is the file in which streams keep how far they have come.
pub(crate) fn start(context: &Context, sources: &[Source], positions: &Path) -> Result<(), Error> {
    let positions = Arc::new(Positions::open(positions)?);
    for source in sources {
        match source {
            Source::Stream(source) => {
                tokio::spawn(stream::run(context.clone(), source.clone(), positions.clone()));
            }
            Source::Queue(source) => queue::start(context, source),
            Source::Schedule(source) => {
                tokio::spawn(schedule::run(context.clone(), source.clone()));
            }
        }
    }
    Ok(())
}
