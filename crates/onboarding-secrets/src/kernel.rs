//! The computation itself, in memory that is kept between hashes. The one file that calls argon2 to hash: a faster
//! kernel replaces it here.
//!
//! The memory is not wiped between hashes: the next one overwrites it, and it holds nothing that leads back to a
//! password faster than the stored hash does.

use argon2::{Argon2, Block};
use onboarding::ports::HasherError;

/// The working memory of one thread.
pub(crate) struct Arena {
    blocks: Vec<Block>,
    keep: usize,
}

impl Arena {
    /// Memory of `kib` KiB, written once so that no hash waits for the pages.
    pub(crate) fn new(kib: u32) -> Result<Self, HasherError> {
        let keep = kib as usize;
        let mut arena = Self { blocks: Vec::new(), keep };
        arena.grow(keep)?;
        Ok(arena)
    }

    /// Fills `out`, whose length is part of the input.
    pub(crate) fn hash(&mut self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), HasherError> {
        self.grow(argon2.params().block_count())?;
        let done = argon2.hash_password_into_with_memory(password, salt, out, self.blocks.as_mut_slice());
        if self.blocks.len() > self.keep {
            // A stored hash of a dearer time must not hold its memory for ever.
            self.blocks.truncate(self.keep);
            self.blocks.shrink_to_fit();
        }
        done.map_err(|error| HasherError::Failed(error.to_string()))
    }

    fn grow(&mut self, blocks: usize) -> Result<(), HasherError> {
        let missing = blocks.saturating_sub(self.blocks.len());
        self.blocks.try_reserve_exact(missing).map_err(|_| HasherError::Failed("out of memory".to_owned()))?;
        if missing > 0 {
            self.blocks.resize(blocks, Block::new());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{Algorithm, AssociatedData, ParamsBuilder, Version};

    /// Source: RFC 9106 5.3.
    const TAG: [u8; 32] = [
        0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75,
        0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
    ];

    #[test]
    fn the_vector_of_rfc_9106_is_met_in_fresh_used_and_larger_memory() {
        let params = ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(AssociatedData::new(&[4; 12]).unwrap()).build().unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        for kib in [8, 32, 100] {
            let mut arena = Arena::new(kib).unwrap();
            for round in 0..3 {
                let mut tag = [0; 32];
                arena.hash(&argon2, &[1; 32], &[2; 16], &mut tag).unwrap();
                assert_eq!(tag, TAG, "{kib} KiB, round {round}");
                assert_eq!(arena.blocks.len(), kib as usize);
            }
        }
    }
}
