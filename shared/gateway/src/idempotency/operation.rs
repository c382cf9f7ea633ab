//! Operations of more than one write: a record with a lease says whether the operation is running or
//! answered.

use std::future::Future;

use serde::{Serialize, de::DeserializeOwned};
use tollgate_domain::{Denied, IdempotencyRecord, Refusal, Tenant};
use tollgate_store::{Put, Replaced, Writer};

use super::idempotent::{Idempotency, Idempotent};
use crate::{call::Call, error::Error};

/// How long an operation may run before another request with its key may take over, in milliseconds: longer
/// than the timeout of every function that runs one.
pub const LEASE_MS: i64 = 60_000;

/// What a request with a key found.
enum Operation<'a, T> {
    /// It holds the lease and runs the operation.
    Run(IdempotencyRecord, &'a Writer),
    /// An earlier request was answered.
    Answered(Idempotent<T>),
}

impl Call {
    /// Runs an operation of more than one write once: the first request with a key runs it, a later one gets
    /// the same answer, and one that arrives while it runs is refused. If the first one died, the next one
    /// after [`LEASE_MS`] runs the operation again, so every step of `work` must be repeatable.
    pub(crate) async fn run_idempotent<T: Serialize + DeserializeOwned>(
        &self,
        route: &str,
        idempotency: Option<&Idempotency>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<Idempotent<T>, Error> {
        let tenant = self.tenant().await?;
        let Some(idempotency) = idempotency else {
            self.admitted().await?;
            return work.await.map(Idempotent::new);
        };
        let (record, writer) = match self.begin_operation(tenant, route, idempotency).await? {
            Operation::Run(record, writer) => (record, writer),
            Operation::Answered(answer) => return Ok(answer),
        };
        let done = work.await;
        let ended = match &done {
            Ok(answer) => {
                record.answered(serde_json::to_string(answer).map_err(|e| Error::Internal(e.to_string()))?)
            }
            Err(_) => record.given_up(self.now),
        };
        // A conflict means that the lease expired and another request took over: that one records the answer.
        let (Replaced::Done | Replaced::Conflict(_)) = writer.replace(tenant, &ended).await?;
        done.map(Idempotent::new)
    }

    /// Takes the lease of an operation, or finds the answer of an earlier request.
    async fn begin_operation<T: DeserializeOwned>(
        &self,
        tenant: Tenant,
        route: &str,
        idempotency: &Idempotency,
    ) -> Result<Operation<'_, T>, Error> {
        let record = IdempotencyRecord {
            id: self.id_for(tenant, route, Some(idempotency)),
            version: 1,
            request: self.request.clone(),
            fingerprint: idempotency.fingerprint.clone(),
            answer: None,
            until: self.now.plus_ms(LEASE_MS),
            created: self.now,
        };
        let writer = match self.admitted().await {
            Ok(admitted) => admitted.writer(),
            Err(denied) => {
                let answer =
                    self.answer_or_denied(tenant, &record.id.to_string(), idempotency, denied).await?;
                return Ok(Operation::Answered(answer));
            }
        };
        let earlier = match writer.create(tenant, &record).await? {
            Put::Created => return Ok(Operation::Run(record, writer)),
            Put::Exists(earlier) => earlier,
        };
        if earlier.fingerprint != idempotency.fingerprint {
            return Err(Refusal::IdempotencyKeyReused.into());
        }
        if let Some(answer) = &earlier.answer {
            let replay = Idempotent::replay(parse_answer(answer)?, self.authorized().await?);
            return Ok(Operation::Answered(replay));
        }
        let next =
            earlier.taken_over(self.now, LEASE_MS, &self.request).ok_or(Refusal::IdempotencyKeyInUse)?;
        match writer.replace(tenant, &next).await? {
            Replaced::Done => Ok(Operation::Run(next, writer)),
            Replaced::Conflict(_) => Err(Refusal::IdempotencyKeyInUse.into()),
        }
    }

    /// The answer of an earlier request, for a caller that was not admitted: over the rate limit it still
    /// gets the answer.
    async fn answer_or_denied<T: DeserializeOwned>(
        &self,
        tenant: Tenant,
        record_id: &str,
        idempotency: &Idempotency,
        denied: Denied,
    ) -> Result<Idempotent<T>, Error> {
        let earlier: Option<IdempotencyRecord> = self.store.get(tenant, record_id).await?;
        let answer =
            earlier.and_then(|earlier| Some(earlier.answer_to(&idempotency.fingerprint)?.to_owned()));
        match answer.filter(|_| matches!(denied, Denied::RateLimited { .. })) {
            Some(answer) => Ok(Idempotent::replay(parse_answer(&answer)?, self.authorized().await?)),
            None => Err(denied.into()),
        }
    }
}

fn parse_answer<T: DeserializeOwned>(answer: &str) -> Result<T, Error> {
    serde_json::from_str(answer).map_err(|e| Error::Internal(format!("a kept answer does not read: {e}")))
}
