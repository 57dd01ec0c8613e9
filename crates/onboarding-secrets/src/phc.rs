//! Stored hashes as text: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. Decides what is readable; what is cheap
//! enough to be made anew is the pool's.

use crate::Cost;
use argon2::password_hash::phc;
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use onboarding::ports::HasherError;
use onboarding_core::PasswordHash;

/// Bytes of a new salt. Source: RFC 9106 3.1 (16 bytes recommended for passwords).
pub(crate) const SALT_BYTES: usize = 16;
/// Bytes of a new hash. Source: RFC 9106 4.
pub(crate) const HASH_BYTES: usize = 32;
/// Most lanes of a stored hash from elsewhere.
const MAX_LANES: u32 = 16;

/// A stored hash, read.
pub(crate) struct Stored {
    params: Params,
    salt: phc::Salt,
    hash: phc::Output,
}

impl Stored {
    /// Reads a stored hash. The text never becomes part of the error.
    pub(crate) fn read(stored: &PasswordHash) -> Result<Self, HasherError> {
        let fault = |what: &str| HasherError::Failed(format!("the stored hash {what}"));
        let text = phc::PasswordHash::new(stored.expose()).map_err(|_| fault("is no PHC string"))?;
        if text.algorithm != ARGON2ID_IDENT || text.version != Some(Version::V0x13.into()) {
            return Err(fault("is not argon2id of version 19"));
        }
        let params = Params::try_from(&text).map_err(|_| fault("has unreadable parameters"))?;
        // Whoever can write one row must not be able to occupy the whole pool.
        if params.m_cost() > Cost::MAX_KIB || params.t_cost() > Cost::MAX_PASSES || params.p_cost() > MAX_LANES {
            return Err(fault("asks for more than one hash may cost"));
        }
        let (Some(salt), Some(hash)) = (text.salt, text.hash) else {
            return Err(fault("lacks its salt or its hash"));
        };
        Ok(Self { params, salt, hash })
    }

    /// The computation that leads to the hash.
    pub(crate) fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    /// The salt.
    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The hash, 10 to 64 bytes.
    pub(crate) fn hash(&self) -> &[u8] {
        self.hash.as_bytes()
    }

    /// Whether it was made with less than today's memory, passes, salt or length.
    pub(crate) fn is_cheaper_than(&self, today: Cost) -> bool {
        self.params.m_cost() < today.kib()
            || self.params.t_cost() < today.passes()
            || self.salt().len() < SALT_BYTES
            || self.hash().len() < HASH_BYTES
    }
}

/// The computation of a new hash.
pub(crate) fn fresh(cost: Cost) -> Result<Argon2<'static>, HasherError> {
    let params = Params::new(cost.kib(), cost.passes(), 1, Some(HASH_BYTES)).map_err(|error| HasherError::Failed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Writes a new hash.
pub(crate) fn write(cost: Cost, salt: &[u8; SALT_BYTES], hash: &[u8; HASH_BYTES]) -> PasswordHash {
    let (salt, hash) = (Base64Unpadded::encode_string(salt), Base64Unpadded::encode_string(hash));
    PasswordHash::new(format!("$argon2id$v=19$m={},t={},p=1${salt}${hash}", cost.kib(), cost.passes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Stored, HasherError> {
        Stored::read(&PasswordHash::new(text.to_owned()))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = write(Cost::FLOOR, &[7; 16], &[9; 32]);
        assert_eq!(text.expose(), "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk");
        let stored = Stored::read(&text).unwrap();
        assert_eq!((stored.salt(), stored.hash()), (&[7_u8; 16][..], &[9_u8; 32][..]));
        assert!(!stored.is_cheaper_than(Cost::FLOOR));
        assert!(stored.is_cheaper_than(Cost::new(19_457, 2).unwrap()));
        assert!(stored.is_cheaper_than(Cost::new(19_456, 3).unwrap()));
        assert!(!stored.is_cheaper_than(Cost::new(8, 1).unwrap()));
    }

    #[test]
    fn a_short_salt_or_hash_counts_as_cheap() {
        assert!(
            read("$argon2id$v=19$m=65536,t=3,p=1$BwcHBwcHBwc$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk")
                .unwrap()
                .is_cheaper_than(Cost::FLOOR)
        );
        assert!(read("$argon2id$v=19$m=65536,t=3,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQ").unwrap().is_cheaper_than(Cost::FLOOR));
    }

    #[test]
    fn a_hash_of_another_kind_is_refused_without_being_quoted() {
        for text in [
            "",
            "plain-text-password",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2i$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk",
            "$argon2id$v=16$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk",
            "$argon2id$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk",
            "$argon2id$v=19$m=7,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk",
            "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw",
        ] {
            let Err(HasherError::Failed(reason)) = read(text) else { panic!("{text} was read") };
            assert!(text.is_empty() || !reason.contains(text), "{reason}");
        }
    }

    #[test]
    fn a_planted_hash_that_would_occupy_the_pool_is_refused() {
        for params in ["m=4194304,t=2,p=1", "m=19456,t=100000,p=1", "m=19456,t=2,p=64"] {
            assert!(read(&format!("$argon2id$v=19${params}$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk")).is_err());
        }
    }
}
