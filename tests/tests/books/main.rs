//! Two sets of books: a random run of everything that moves money over a wire, against both processors' simulators, which fail
//! in every way they can, with the functions killed at their calls. When the faults are over and due work has run, the
//! processors' books and ours say the same, and each merchant was told each end once.
//!
//! The gateway runs in this process, over the embedded DynamoDB, with a clock of the test's own, so that days go by in a
//! minute. A kill is what it is for a function: the use case's future is dropped while one of its calls is on its way, before
//! it arrives or before its answer does.
//!
//! `BOOKS_SEED` replays a run, or, as `random`, makes a new one; `BOOKS_STEPS` makes it longer. Both are printed. Without them
//! it is always the same run, so that a change is judged by what it changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::large_futures)]

mod chance;
mod fate;
mod world;

use chance::Chance;
use world::World;

/// Steps of a run, unless `BOOKS_STEPS` says otherwise.
const STEPS: u32 = 2000;

/// The seed of the usual run. It found an order that was taken for none while its authorisation was under way.
const SEED: u64 = 6_482_506_730_808_352_537;

fn random() -> u64 {
    let mut bytes = [0; 8];
    tollgate_gateway::Entropy::fill(&tollgate_gateway::OsEntropy, &mut bytes);
    u64::from_be_bytes(bytes)
}

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_providers_books_equal_ours_whatever_fails_and_whoever_dies() {
    let seed: u64 = match std::env::var("BOOKS_SEED").as_deref() {
        Ok("random") => random(),
        _ => setting("BOOKS_SEED").unwrap_or(SEED),
    };
    let steps = setting("BOOKS_STEPS").unwrap_or(STEPS);
    println!("BOOKS_SEED={seed} BOOKS_STEPS={steps}");
    let mut world = World::open(Chance::of(seed)).await;
    for _ in 0..steps {
        world.step().await;
    }
    world.come_to_rest().await;
    world.compare_books().await;
    world.compare_disputes().await;
    world.compare_ledger().await;
    world.compare_events().await;
    println!("{}", world.tally());
}
