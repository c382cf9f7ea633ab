//! Charges, releases and refunds at a processor: everything that is sent over a network and may stay
//! unanswered.
//!
//! - `charge`: authorizes and captures; the rules that keep our books equal to the processor's.
//! - `charge_decision`: the next step of a charge, given its status at the processor.
//! - `charge_requests`: the requests of a charge.
//! - `release`: releases the authorization of a payment that ended without the money.
//! - `refund`: sends refunds and resumes unanswered ones.
//! - `outcome`: records clear answers, and keeps contradicting ones.
//! - `transition`: stores a payment's transition, unless another change was written first.
//! - `escalation`: hands payments to the operator, and takes them back.
//! - `health`: leaves a processor alone that does not answer.
//! - `alarm`: the alarm `MoneyNeedsAttention`.
//! - `processors`: `Processors`: timeouts, the vault, the HTTP client.
//! - `accounts`: merchants' accounts with processors.
//! - `references`, `limits`: names of payments at a processor; limits of requests.

pub(crate) mod accounts;
pub(crate) mod alarm;
pub(crate) mod charge;
pub(crate) mod charge_decision;
pub(crate) mod charge_requests;
pub(crate) mod escalation;
pub(crate) mod health;
pub(crate) mod limits;
pub(crate) mod outcome;
pub(crate) mod processors;
pub(crate) mod references;
pub(crate) mod refund;
pub(crate) mod release;
pub(crate) mod transition;
