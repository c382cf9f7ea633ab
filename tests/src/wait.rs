//! Waiting for something to hold, with a deadline instead of a sleep.

use std::time::{Duration, Instant};

/// How long anything may take that a test waits for.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Waits until something holds, with a deadline instead of a sleep.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until something holds; gives the last reason why it does not when the deadline has passed.
pub async fn settled<T, E>(mut look: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    let began = Instant::now();
    loop {
        let found = look().await;
        if found.is_ok() || began.elapsed() >= DEADLINE {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
