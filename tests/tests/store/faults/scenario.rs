//! What is known of a function: how to call it, and how often it may take effect.

use std::pin::Pin;

use tollgate_store::{StoreError, Writer};

/// A step of a scenario.
pub(super) type Step<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How often a function takes effect when calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Once if it succeeds; once or not at all if it fails.
    Once,
    /// The same, in steps that may be repeated: a failure may leave some of them undone.
    Steps,
    /// A request is counted, and may be counted again.
    AtLeastOnce,
    /// A token is returned, or lost.
    AtMostOnce,
}

/// A function of the store, called as it is used.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) function: &'static str,
    pub(super) effect: Effect,
    /// What is there before.
    pub(super) prepare: fn(Writer) -> Step<()>,
    /// Calls the function; the text is its answer.
    pub(super) act: fn(Writer) -> Step<Result<String, StoreError>>,
}

/// A row: the function, what was there before it is called (`nothing`, or what a block makes), and the call.
macro_rules! scenario {
    ($function:literal, nothing, |$store:ident| $act:expr) => {
        scenario!($function, Effect::Once, nothing, |$store| $act)
    };
    ($function:literal, |$before:ident| $prepare:expr, |$store:ident| $act:expr) => {
        scenario!($function, Effect::Once, |$before| $prepare, |$store| $act)
    };
    ($function:literal, $effect:expr, nothing, |$store:ident| $act:expr) => {
        scenario!(@ $function, $effect, |_| Box::pin(async {}), |$store| $act)
    };
    ($function:literal, $effect:expr, |$before:ident| $prepare:expr, |$store:ident| $act:expr) => {
        scenario!(@ $function, $effect, |$before| Box::pin(async move { $prepare; }), |$store| $act)
    };
    (@ $function:literal, $effect:expr, $prepare:expr, |$store:ident| $act:expr) => {
        Scenario {
            function: $function,
            effect: $effect,
            prepare: $prepare,
            act: |$store| Box::pin(async move { ($act).await.map(|answer| format!("{answer:?}")) }),
        }
    };
}

pub(super) use scenario;
