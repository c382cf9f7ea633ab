//! The local cloud: what `template.yaml` describes, in one process and without AWS.
//!
//! The same binaries and the same templates as deployed: API Gateway ([`front`]), Lambda ([`functions`]), DynamoDB
//! ([`dynamodb`]), SQS ([`queues`], [`sqs`]), and the event sources ([`sources`]) with Lambda's own retry rules.

pub mod cloud;
pub mod demo;
pub mod dynamodb;
pub mod front;
pub mod functions;
pub mod inbox;
pub mod queues;
pub mod sources;
pub mod sqs;
pub mod state;
pub mod template;
