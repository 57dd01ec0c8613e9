//! Randomness of the operating system.

use onboarding::ports::Entropy;
use rand::TryRng;
use rand::rngs::SysRng;

/// The operating system's generator, asked anew for every byte: nothing is buffered that a fork could share.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    /// When the operating system has no randomness. Going on without would mint secrets that can be guessed.
    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system's random generator answers once the machine has started");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slice_is_filled_with_something_else() {
        let mut draws = vec![[0_u8; 32]; 64];
        for draw in &mut draws {
            OsEntropy.fill(draw);
        }
        draws.sort_unstable();
        draws.dedup();
        assert_eq!(draws.len(), 64);
        assert!(draws.iter().all(|draw| draw[..16] != [0; 16] && draw[16..] != [0; 16]), "both ends are filled");
    }
}
