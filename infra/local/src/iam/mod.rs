//! What functions may do: their credentials, and the policies that decide their calls as IAM would.

mod credentials;
mod dynamodb_call;
pub(crate) mod policy;
mod roles;

pub(crate) use credentials::{Caller, Credentials};
pub(crate) use dynamodb_call::{PartitionKeys, needs};
pub(crate) use policy::{LeadingKeys, Need};
pub(crate) use roles::Roles;
