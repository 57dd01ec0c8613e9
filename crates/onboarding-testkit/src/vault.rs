//! A vault whose keys follow from a seed: digests, boxes and rotation work like the real ones, and protect nothing.

use hmac::{Hmac, KeyInit, Mac};
use onboarding::ports::{DigestPurpose, Sealed, Vault, VaultError};
use onboarding_core::{Digest, Presented};
use sha2::Sha256;
use std::fmt;
use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};
use zeroize::Zeroizing;

const NONCE: usize = 24;
const TAG: usize = 16;

/// A vault with reproducible keys.
pub struct PlainVault {
    seed: u64,
    /// Newest first; never empty.
    keys: RwLock<Vec<(u32, [u8; 32])>>,
    boxes: AtomicU64,
}

impl PlainVault {
    /// One key, number 1, that follows from the seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, keys: RwLock::new(vec![(1, key_of(seed, 1))]), boxes: AtomicU64::new(0) }
    }

    /// Adds a key, makes it the newest, and tells its number. The older ones still open and still present.
    pub fn rotate(&self) -> u32 {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let next = keys.iter().map(|(id, _)| *id).max().unwrap_or(0) + 1;
        keys.insert(0, (next, key_of(self.seed, next)));
        next
    }

    /// Throws an old key away. The newest stays, whatever is asked.
    pub fn forget_key(&self, id: u32) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let newest = keys.first().map(|(id, _)| *id);
        keys.retain(|(key, _)| *key != id || Some(*key) == newest);
    }

    fn newest(&self) -> (u32, [u8; 32]) {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        *keys.first().expect("a vault begins with a key and never gives its newest away")
    }
}

impl Default for PlainVault {
    fn default() -> Self {
        Self::new(1)
    }
}

impl fmt::Debug for PlainVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainVault")
    }
}

fn mac(key: &[u8], use_of_key: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    // Each part goes in behind its length: otherwise bytes could move from one part to the next unseen.
    for part in std::iter::once(use_of_key.as_bytes()).chain(parts.iter().copied()) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

fn key_of(seed: u64, id: u32) -> [u8; 32] {
    mac(&seed.to_be_bytes(), "key", &[&id.to_be_bytes()]).finalize().into_bytes().into()
}

/// The key stream of a box, applied: the same call hides and reveals.
fn stream(key: &[u8], nonce: &[u8], text: &mut [u8]) {
    for (block, chunk) in text.chunks_mut(32).enumerate() {
        let pad = mac(key, "stream", &[nonce, &(block as u64).to_be_bytes()]).finalize().into_bytes();
        for (byte, pad) in chunk.iter_mut().zip(pad) {
            *byte ^= pad;
        }
    }
}

impl Vault for PlainVault {
    fn digest(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Digest {
        let (key, bytes) = self.newest();
        Digest { key, bytes: digest_with(&bytes, purpose, parts) }
    }

    fn presented(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Presented {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Presented(keys.iter().map(|(key, bytes)| Digest { key: *key, bytes: digest_with(bytes, purpose, parts) }).collect())
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Sealed {
        let (id, key) = self.newest();
        let mut bytes = vec![0_u8; NONCE];
        bytes[NONCE - 8..].copy_from_slice(&self.boxes.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes.extend_from_slice(plain);
        let (nonce, text) = bytes.split_at_mut(NONCE);
        stream(&key, nonce, text);
        let tag = mac(&key, "box", &[context, nonce, text]).finalize().into_bytes();
        bytes.extend_from_slice(&tag[..TAG]);
        Sealed { key: id, bytes }
    }

    fn open(&self, context: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let (_, key) = keys.iter().find(|(id, _)| *id == sealed.key).ok_or(VaultError::UnknownKey)?;
        if sealed.bytes.len() < NONCE + TAG {
            return Err(VaultError::Altered);
        }
        let (body, tag) = sealed.bytes.split_at(sealed.bytes.len() - TAG);
        let (nonce, text) = body.split_at(NONCE);
        mac(key, "box", &[context, nonce, text]).verify_truncated_left(tag).map_err(|_| VaultError::Altered)?;
        let mut plain = Zeroizing::new(text.to_vec());
        stream(key, nonce, &mut plain);
        Ok(plain)
    }
}

fn digest_with(key: &[u8], purpose: DigestPurpose, parts: &[&[u8]]) -> [u8; 32] {
    let all: Vec<&[u8]> = std::iter::once(purpose.word().as_bytes()).chain(parts.iter().copied()).collect();
    mac(key, "digest", &all).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_of_a_forgotten_key_stays_shut() {
        let vault = PlainVault::new(3);
        let sealed = vault.seal(b"row", b"text");
        let newest = vault.rotate();
        vault.forget_key(1);
        vault.forget_key(newest);
        assert_eq!(vault.open(b"row", &sealed).unwrap_err(), VaultError::UnknownKey);
        assert_eq!(vault.presented(DigestPurpose::Pin, &[b"x"]).0.len(), 1, "the newest key is never given away");
    }

    #[test]
    fn a_seed_is_a_vault() {
        let digest = |seed| PlainVault::new(seed).digest(DigestPurpose::Pin, &[b"x"]);
        assert_eq!(digest(3), digest(3));
        assert_ne!(digest(3), digest(4));
    }
}
