//! Randomness, passed in so that a simulation repeats itself from its seed.

use tollgate_domain::{Id, RequestRef};

/// A source of randomness for ids and secrets.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// A random request id: `req_…`.
pub fn new_request_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    Id::<RequestRef>::from_bytes(bytes).to_prefixed("req_")
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    ///
    /// When the operating system has no randomness. Continuing would repeat ids and secrets.
    #[allow(clippy::expect_used)]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives randomness");
    }
}
