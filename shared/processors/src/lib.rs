//! The way out to the card networks.
//!
//! Today there is one network, the [`sandbox`]: a pure function of the instrument, so that asking it costs nothing
//! and can be repeated. A real network is slower, can be lost half-way and must never be asked twice to charge; the
//! order of work for it is: record the payment as processing, ask with our id as its reference, record the answer.

pub mod network;
pub mod sandbox;
