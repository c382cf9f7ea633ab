//! Leaves a processor alone that does not answer, so that due work of others goes on.

use std::future::Future;

use tollgate_domain::{
    ProcessorKind, Tenant, Timestamp,
    processor_health::{Admission, ProcessorHealth},
};
use tollgate_processors::processor::ProcessorError;
use tollgate_store::{Put, Replaced};

use crate::{
    conflict_retry::{Write, retry_conflicts_bounded},
    error::Error,
    worker::Worker,
};

/// Items that a silent processor holds up resume at random times within this many milliseconds, not all at
/// once.
const SPREAD_MS: u64 = 30_000;

/// Whether the processor answered what due work asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resumed {
    /// It did.
    Answered,
    /// It was not asked.
    NotAsked,
    /// It did not. The item stays due.
    Silent(ProcessorError),
}

impl Resumed {
    /// What an error says about the processor: one that refuses a query has answered it.
    pub(super) fn after(error: ProcessorError) -> Self {
        match error {
            ProcessorError::Rejected(_) => Self::Answered,
            ProcessorError::NothingDone(_) | ProcessorError::Unknown(_) => Self::Silent(error),
        }
    }
}

/// The result of due work that asks a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The work ran, and the processor answered if it was asked at all.
    Answered,
    /// The work ran, and the processor did not answer.
    Silent,
    /// The work did not run: the processor is left alone until then.
    ClosedUntil(Timestamp),
}

impl Worker {
    /// Runs work that asks a merchant's processor, unless that one does not answer at present. One read of 1
    /// unit, and a write when its health changes.
    pub(crate) async fn ask_if_healthy(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        work: impl Future<Output = Result<Resumed, Error>>,
    ) -> Result<Asked, Error> {
        let health: Option<ProcessorHealth> = self.store.get(tenant, processor.as_str()).await?;
        let (health, is_trial) = match health.as_ref().map(|health| health.admit(self.now())) {
            None | Some(Admission::Open) => (health, false),
            Some(Admission::Trial(trial)) => match self.writer().replace(tenant, &trial).await? {
                Replaced::Done => (Some(trial), true),
                // Another worker makes the trial.
                Replaced::Conflict(_) => return Ok(Asked::ClosedUntil(self.spread(self.now()))),
            },
            Some(Admission::ClosedUntil(until)) => return Ok(Asked::ClosedUntil(self.spread(until))),
        };
        let resumed = work.await?;
        let is_answered = match &resumed {
            Resumed::Answered => true,
            Resumed::NotAsked => return Ok(Asked::Answered),
            Resumed::Silent(error) => {
                tracing::warn!(processor = processor.as_str(), %error, "a processor did not answer");
                false
            }
        };
        self.note_answer(tenant, processor, health, is_answered, is_trial).await?;
        Ok(if is_answered { Asked::Answered } else { Asked::Silent })
    }

    async fn note_answer(
        &self,
        tenant: Tenant,
        processor: ProcessorKind,
        health: Option<ProcessorHealth>,
        is_answered: bool,
        is_trial: bool,
    ) -> Result<(), Error> {
        if health.is_none() && is_answered {
            return Ok(());
        }
        let noted = retry_conflicts_bounded(health, |health| async move {
            let now = self.now();
            let Some(current) = health else {
                let first = ProcessorHealth::first_silence(processor, now);
                return Ok::<_, Error>(match self.writer().create(tenant, &first).await? {
                    Put::Created => Write::Done(()),
                    Put::Exists(other) => Write::Conflict(Some(other)),
                });
            };
            let Some(next) = current.after(is_answered, is_trial, now) else { return Ok(Write::Done(())) };
            Ok(Write::after(self.writer().replace(tenant, &next).await?, ()))
        })
        .await?;
        // After too many conflicts it is not noted: other workers noted the same.
        let (Write::Done(()) | Write::Conflict(_)) = noted;
        Ok(())
    }

    fn spread(&self, until: Timestamp) -> Timestamp {
        let later = u64::from_be_bytes(self.random_bytes()) % SPREAD_MS;
        until.plus_ms(i64::try_from(later).unwrap_or(0))
    }
}
