//! Keyed digests and sealed boxes. Decides how keys, purposes and contexts enter; which keys there are is the
//! [key ring](crate::KeyRing)'s.
//!
//! - Digest: HMAC-SHA-256 over the purpose's word and every part, each preceded by its length (8 bytes, big endian).
//! - Box: XChaCha20-Poly1305, a random nonce of 24 bytes, the key's id (4 bytes, big endian) and the context as
//!   associated data.
//! - Derivation: HKDF-Expand (RFC 5869 2.3) with SHA-256 of one block; the master key is uniformly random, so nothing is
//!   to be extracted first.

use crate::KeyRing;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use onboarding::ports::{DigestPurpose, Entropy, Sealed, Vault, VaultError};
use onboarding_core::{Digest, Presented};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::Zeroizing;

const DIGEST_LABEL: &[u8] = b"onboarding digest 1";
const SEAL_LABEL: &[u8] = b"onboarding seal 1";
/// Bytes of the nonce. 192 bit: random ones do not meet.
const NONCE_BYTES: usize = 24;

/// Digests and seals with the keys of a ring.
pub struct KeyVault {
    /// Newest first; never empty.
    keys: Vec<DerivedKey>,
    /// Place of the one that digests and seals.
    active: usize,
    entropy: Arc<dyn Entropy>,
}

struct DerivedKey {
    id: u32,
    retired: bool,
    /// Keyed already: a digest clones it and saves two blocks.
    digest: Hmac<Sha256>,
    seal: XChaCha20Poly1305,
}

impl KeyVault {
    /// Derives the keys, of which the newest digests and seals. `entropy` draws the nonces.
    pub fn new(ring: &KeyRing, entropy: Arc<dyn Entropy>) -> Self {
        Self::with_active(ring, 0, entropy)
    }

    /// The same as it is at this moment: a key whose time lies ahead opens, and does not digest or seal yet.
    pub fn at(ring: &KeyRing, now: DateTime<Utc>, entropy: Arc<dyn Entropy>) -> Self {
        Self::with_active(ring, ring.active(now), entropy)
    }

    fn with_active(ring: &KeyRing, active: usize, entropy: Arc<dyn Entropy>) -> Self {
        let keys = ring
            .masters()
            .map(|(id, retired, master)| {
                let (digest, seal) = (expand(master, DIGEST_LABEL), expand(master, SEAL_LABEL));
                DerivedKey { id, retired, digest: keyed(&digest), seal: XChaCha20Poly1305::new(&Key::from(*seal)) }
            })
            .collect();
        Self { keys, active, entropy }
    }

    fn active(&self) -> &DerivedKey {
        &self.keys[self.active]
    }
}

impl std::fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyVault(keys {:?})", self.keys.iter().map(|key| key.id).collect::<Vec<_>>())
    }
}

impl Vault for KeyVault {
    fn digest(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Digest {
        self.active().digest(purpose, parts)
    }

    fn presented(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Presented {
        Presented(self.keys.iter().filter(|key| !key.retired).map(|key| key.digest(purpose, parts)).collect())
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Sealed {
        let key = self.active();
        let mut bytes = vec![0_u8; NONCE_BYTES];
        self.entropy.fill(&mut bytes);
        let nonce = XNonce::try_from(bytes.as_slice()).expect("the nonce was made with its length");
        let sealed = key.seal.encrypt(&nonce, Payload { msg: plain, aad: &key.associated(context) });
        bytes.extend(sealed.expect("only a text of more than 256 GiB cannot be sealed"));
        Sealed { key: key.id, bytes }
    }

    fn open(&self, context: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.keys.iter().find(|key| key.id == sealed.key).ok_or(VaultError::UnknownKey)?;
        let (nonce, text) = sealed.bytes.split_at_checked(NONCE_BYTES).ok_or(VaultError::Altered)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| VaultError::Altered)?;
        let plain = key.seal.decrypt(&nonce, Payload { msg: text, aad: &key.associated(context) });
        plain.map(Zeroizing::new).map_err(|_| VaultError::Altered)
    }
}

impl DerivedKey {
    fn digest(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Digest {
        let mut mac = self.digest.clone();
        for part in std::iter::once(purpose.word().as_bytes()).chain(parts.iter().copied()) {
            // With the length ahead of each, ("ab", "c") and ("a", "bc") are two things.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Digest { key: self.id, bytes: mac.finalize().into_bytes().into() }
    }

    /// The id has a fixed length, so it and the context cannot run into one another.
    fn associated(&self, context: &[u8]) -> Vec<u8> {
        [&self.id.to_be_bytes(), context].concat()
    }
}

fn expand(master: &[u8; 32], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = keyed(master);
    mac.update(label);
    mac.update(&[1]);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("an HMAC takes a key of any length")
}
