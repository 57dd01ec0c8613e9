//! Randomness that repeats: the same seed gives the same ids, codes and tokens.

use onboarding::ports::Entropy;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A seeded generator. Nothing secret comes from it.
pub struct SeededEntropy {
    rng: Mutex<StdRng>,
}

impl SeededEntropy {
    /// Starts the sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self { rng: Mutex::new(StdRng::seed_from_u64(seed)) }
    }
}

impl Default for SeededEntropy {
    fn default() -> Self {
        Self::new(1)
    }
}

impl fmt::Debug for SeededEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededEntropy")
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence() {
        let draw = |seed| {
            let entropy = SeededEntropy::new(seed);
            let mut bytes = [0_u8; 64];
            entropy.fill(&mut bytes[..32]);
            entropy.fill(&mut bytes[32..]);
            bytes
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_ne!(draw(7)[..32], draw(7)[32..]);
    }
}
