//! Entropy: the whole slice, and not twice the same.

use super::promises;
use onboarding::ports::Entropy;
use std::collections::HashSet;
use std::sync::Arc;

promises! { Arc<dyn Entropy>:
    the_whole_slice_is_filled,
    no_two_draws_are_equal,
    every_bit_is_used,
}

/// Whatever its length: a byte left at zero would be a byte less to guess.
pub async fn the_whole_slice_is_filled(entropy: &Arc<dyn Entropy>) {
    for length in [1, 7, 8, 31, 32, 33, 1_000] {
        let mut seen = vec![0_u8; length];
        // 64 draws leave a byte at zero once in 2^512.
        for _ in 0..64 {
            let mut bytes = vec![0_u8; length];
            entropy.fill(&mut bytes);
            seen.iter_mut().zip(bytes).for_each(|(seen, byte)| *seen |= byte);
        }
        assert!(seen.iter().all(|byte| *byte != 0), "of {length} bytes one was never filled");
    }
    entropy.fill(&mut []);
}

/// 10,000 draws of 128 bits.
pub async fn no_two_draws_are_equal(entropy: &Arc<dyn Entropy>) {
    let mut seen = HashSet::new();
    for _ in 0..10_000 {
        let mut bytes = [0_u8; 16];
        entropy.fill(&mut bytes);
        assert!(seen.insert(bytes), "a draw came twice");
    }
}

/// Each bit of a byte is set about half the time: 40,000 bytes, ten standard deviations.
pub async fn every_bit_is_used(entropy: &Arc<dyn Entropy>) {
    let mut bytes = vec![0_u8; 40_000];
    entropy.fill(&mut bytes);
    for bit in 0..8 {
        let set = bytes.iter().filter(|byte| *byte >> bit & 1 == 1).count();
        assert!((19_000..=21_000).contains(&set), "bit {bit} is set in {set} of 40,000 bytes");
    }
}
