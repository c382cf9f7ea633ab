//! Metrics and alarms as CloudWatch has them, as far as ours need it: what it reads from log lines ([`points_of`]), and when
//! an alarm on that goes off ([`Alarm`]).

mod alarm;
mod emf;
mod expression;
mod statistic;

pub use self::{
    alarm::{Alarm, Operator, Query, State, Watched},
    emf::{Point, points_of},
    expression::evaluate,
    statistic::statistic,
};
