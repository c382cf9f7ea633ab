//! Due work: items that have to be processed at a certain time.
//!
//! A finder reads the due index of one kind, claims what is due and puts a message on a queue. A worker takes
//! the message and does the work. A claim moves the item's place in the index, so that nothing stays at the
//! head and hides the rest; each further claim lasts twice as long, until the work writes the item.
//!
//! - `find`: claims what is due, and queues it.
//! - `claims`, `report`: how long a claim lasts, and what a finder's run came to.
//! - `message`: the message of one item.
//! - `run`: does the work of one message.
//! - `payments`, `refunds`, `customers`, `deliveries`, `backlogs`, `funds`, `disputes`, `payouts`, `automatic_payouts`, `ledger_check`: a file for each kind.
//! - `metrics`: what the alarms watch.
//!
//! A new kind needs: a variant of [`DueKind`](tollgate_store::DueKind) with its code, `Entity::due` of its item,
//! a file here with its work, and an arm for it in `run` and in `find`. In `template.yaml` it needs a line in the
//! schedules of `FindDueWork`. The compiler asks for all but the last, and a test for that.

pub(crate) mod automatic_payouts;
mod backlogs;
pub(crate) mod claims;
mod customers;
mod deliveries;
mod disputes;
pub(crate) mod find;
mod funds;
mod ledger_check;
pub(crate) mod message;
pub(crate) mod metrics;
mod payments;
pub(crate) mod payouts;
mod refunds;
pub(crate) mod report;
pub(crate) mod run;
