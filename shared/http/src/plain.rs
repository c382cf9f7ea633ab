//! Routes that need no caller and no table.

use std::{future::Future, time::Instant};

use lambda_http::{Body, Error as LambdaError, Response};
use tollgate_gateway::{Clock, Cost, OsEntropy, SystemClock, new_request_id};

use crate::{
    access_log::{Logged, log},
    event,
    request::Request,
};

/// Answers requests to a front door or to the hosted pages until Lambda ends the function.
///
/// # Errors
/// Those of Lambda's runtime. If `handle` fails, API Gateway answers 500.
pub fn run<H, F>(api: &'static str, handle: H) -> Result<(), LambdaError>
where
    H: Fn(Request) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, LambdaError>> + Send + 'static,
{
    event::block_on(Box::pin(event::answer_requests(Box::new(move |mut request| {
        let (began, now) = (Instant::now(), SystemClock.now());
        let (id, method) = (new_request_id(&OsEntropy), request.method.clone());
        request.id.clone_from(&id);
        let answer = handle(request);
        Box::pin(async move {
            let answer = answer.await?;
            log(&Logged {
                api,
                method: &method,
                request_id: &id,
                status: answer.status().as_u16(),
                replayed: false,
                writes_payments: false,
                cost: Cost::default(),
                now,
                began,
            });
            Ok(answer)
        })
    }))))
}
