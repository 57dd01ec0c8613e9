//! A password hash that costs nothing and counts how often it was asked.

use async_trait::async_trait;
use base64ct::{Base64Unpadded, Encoding};
use onboarding::ports::{HasherError, PasswordHasher, Verification};
use onboarding_core::PasswordHash;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, AtomicU64, Ordering},
};
use std::time::Duration;
use subtle::ConstantTimeEq;

const PREFIX: &str = "$cheap-sha256$";
const SALT: usize = 16;

/// Salted SHA-256 in the form of a PHC string: `$cheap-sha256$c=1$<salt>$<hash>`. Protects nothing.
pub struct CheapHasher {
    cost: AtomicU32,
    hashes: AtomicU64,
    verifies: AtomicU64,
    overloaded: Mutex<Option<Duration>>,
}

impl CheapHasher {
    /// A hasher of cost 1 with a free queue.
    pub fn new() -> Self {
        Self { cost: AtomicU32::new(1), hashes: AtomicU64::new(0), verifies: AtomicU64::new(0), overloaded: Mutex::new(None) }
    }

    /// From now on hashes are made with one step more, and those made before are outdated.
    pub fn raise_cost(&self) {
        self.cost.fetch_add(1, Ordering::SeqCst);
    }

    /// `Some`: the queue is full, and whoever asks is told to come back after this time. `None`: it has room again.
    pub fn overload(&self, retry_after: Option<Duration>) {
        *self.overloaded.lock().unwrap_or_else(PoisonError::into_inner) = retry_after;
    }

    /// How many passwords were hashed.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::SeqCst)
    }

    /// How many comparisons were computed, those against the dummy included.
    pub fn verifies(&self) -> u64 {
        self.verifies.load(Ordering::SeqCst)
    }

    fn admit(&self) -> Result<(), HasherError> {
        match *self.overloaded.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(retry_after) => Err(HasherError::Overloaded { retry_after }),
            None => Ok(()),
        }
    }
}

impl Default for CheapHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CheapHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheapHasher").field("hashes", &self.hashes()).field("verifies", &self.verifies()).finish_non_exhaustive()
    }
}

fn compute(cost: u32, salt: &[u8], password: &SecretString) -> [u8; 32] {
    Sha256::new().chain_update(cost.to_be_bytes()).chain_update(salt).chain_update(password.expose_secret()).finalize().into()
}

/// Cost, salt and hash of a stored text, if this hasher made it.
fn parse(phc: &str) -> Option<(u32, Vec<u8>, Vec<u8>)> {
    let mut parts = phc.strip_prefix(PREFIX)?.split('$');
    let cost = parts.next()?.strip_prefix("c=")?.parse().ok()?;
    let salt = Base64Unpadded::decode_vec(parts.next()?).ok()?;
    let hash = Base64Unpadded::decode_vec(parts.next()?).ok()?;
    (parts.next().is_none() && hash.len() == 32).then_some((cost, salt, hash))
}

#[async_trait]
impl PasswordHasher for CheapHasher {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HasherError> {
        self.admit()?;
        let number = self.hashes.fetch_add(1, Ordering::SeqCst);
        let salt = Sha256::digest(number.to_be_bytes());
        let salt = &salt[..SALT];
        let cost = self.cost.load(Ordering::SeqCst);
        let hash = compute(cost, salt, &password);
        Ok(PasswordHash::new(format!("{PREFIX}c={cost}${}${}", Base64Unpadded::encode_string(salt), Base64Unpadded::encode_string(&hash))))
    }

    async fn verify(&self, password: SecretString, stored: Option<PasswordHash>) -> Result<Verification, HasherError> {
        self.admit()?;
        let today = self.cost.load(Ordering::SeqCst);
        let known = stored.is_some();
        let (cost, salt, hash) = match stored {
            Some(stored) => parse(stored.expose()).ok_or_else(|| HasherError::Failed("the stored hash is of another kind".to_owned()))?,
            None => (today, vec![0; SALT], vec![0; 32]),
        };
        self.verifies.fetch_add(1, Ordering::SeqCst);
        let same = bool::from(compute(cost, &salt, &password).ct_eq(hash.as_slice()));
        Ok(Verification { matches: known && same, outdated: known && cost < today })
    }
}
