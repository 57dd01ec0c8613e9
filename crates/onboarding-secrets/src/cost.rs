//! What one argon2id hash costs. Decides which costs can be computed at all; whether a cheap one is acceptable is the
//! caller's, who knows where it listens.

use argon2::Params;

/// Memory and passes of argon2id, on one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    kib: u32,
    passes: u32,
}

/// Why a cost cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// Less memory than argon2 needs, or more than one hash may take.
    #[error("could not use {0} KiB for a password hash: {min} to {max} KiB are possible", min = Cost::MIN_KIB, max = Cost::MAX_KIB)]
    Memory(u32),
    /// No pass, or more than one hash may take.
    #[error("could not use {0} passes for a password hash: 1 to {max} are possible", max = Cost::MAX_PASSES)]
    Passes(u32),
}

impl Cost {
    /// The least that a server on the net may use: 19456 KiB, 2 passes. Source: OWASP Password Storage Cheat Sheet,
    /// threats.md "Values".
    pub const FLOOR: Self = Self { kib: 19_456, passes: 2 };
    /// Least memory in KiB that argon2 accepts. Source: RFC 9106 3.1.
    pub const MIN_KIB: u32 = Params::MIN_M_COST;
    /// Most memory of one hash: 1 GiB, in KiB. A stored hash that asks for more is refused, not computed.
    pub const MAX_KIB: u32 = 1024 * 1024;
    /// Most passes of one hash.
    pub const MAX_PASSES: u32 = 64;

    /// A cost of `kib` KiB of memory (8 to 1,048,576) and `passes` (1 to 64).
    pub const fn new(kib: u32, passes: u32) -> Result<Self, CostError> {
        if kib < Self::MIN_KIB || kib > Self::MAX_KIB {
            return Err(CostError::Memory(kib));
        }
        if passes == 0 || passes > Self::MAX_PASSES {
            return Err(CostError::Passes(passes));
        }
        Ok(Self { kib, passes })
    }

    /// Memory in KiB.
    pub fn kib(self) -> u32 {
        self.kib
    }

    /// Passes over the memory.
    pub fn passes(self) -> u32 {
        self.passes
    }

    /// Whether it has less memory or fewer passes than [`Cost::FLOOR`]: fit for tests on loopback only.
    pub fn is_below_floor(self) -> bool {
        self.is_cheaper_than(Self::FLOOR)
    }

    /// Whether memory or passes are less than the other's.
    pub fn is_cheaper_than(self, other: Self) -> bool {
        self.kib < other.kib || self.passes < other.passes
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::FLOOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_that_argon2_cannot_compute_is_refused() {
        assert_eq!(Cost::new(7, 1), Err(CostError::Memory(7)));
        assert_eq!(Cost::new(1024 * 1024 + 1, 1), Err(CostError::Memory(1024 * 1024 + 1)));
        assert_eq!(Cost::new(8, 0), Err(CostError::Passes(0)));
        assert_eq!(Cost::new(8, 65), Err(CostError::Passes(65)));
        assert_eq!(CostError::Memory(7).to_string(), "could not use 7 KiB for a password hash: 8 to 1048576 KiB are possible");
    }

    #[test]
    fn the_floor_is_the_default_and_both_numbers_count() {
        assert!(!Cost::default().is_below_floor());
        assert!(Cost::new(19_455, 3).unwrap().is_below_floor());
        assert!(Cost::new(65_536, 1).unwrap().is_below_floor());
        assert!(!Cost::new(65_536, 2).unwrap().is_below_floor());
    }
}
