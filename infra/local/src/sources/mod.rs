//! Event sources: streams, queues and schedules start functions, by Lambda's rules for batches, retries and failures.

mod batch_result;
mod context;
mod filter;
mod positions;
mod queue;
mod schedule;
mod stream;

use std::{path::Path, sync::Arc};

use crate::{Error, template::Source};
pub(crate) use context::Context;
use positions::Positions;

/// Starts every source. `positions` is the file of the streams' positions.
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
