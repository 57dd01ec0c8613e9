//! The vault of a server that runs: follows its key file. Decides when a changed file is taken over, and that one which cannot be read changes
//! nothing: the server goes on with the keys it has.

use crate::{KeyRing, KeyRingError, KeyVault};
use chrono::{DateTime, Utc};
use onboarding::ports::{DigestPurpose, Entropy, Sealed, Vault, VaultError};
use onboarding_core::{Digest, Presented};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

/// A vault over the keys that its file holds at the moment.
#[derive(Debug)]
pub struct FileVault {
    path: PathBuf,
    entropy: Entropies,
    present: RwLock<Present>,
}

struct Entropies(Arc<dyn Entropy>);

impl std::fmt::Debug for Entropies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}

#[derive(Debug)]
struct Present {
    ring: KeyRing,
    active: usize,
    vault: Arc<KeyVault>,
}

impl Present {
    fn of(ring: KeyRing, now: DateTime<Utc>, entropy: &Arc<dyn Entropy>) -> Self {
        Self { active: ring.active(now), vault: Arc::new(KeyVault::at(&ring, now, Arc::clone(entropy))), ring }
    }
}

impl FileVault {
    /// Reads the file. `entropy` draws the nonces.
    ///
    /// # Errors
    /// A file that is missing, open to others, or holds no keys.
    pub fn open(path: &Path, now: DateTime<Utc>, entropy: Arc<dyn Entropy>) -> Result<Self, KeyRingError> {
        let present = Present::of(KeyRing::load(path)?, now, &entropy);
        Ok(Self { path: path.to_owned(), entropy: Entropies(entropy), present: RwLock::new(present) })
    }

    /// Reads the file again, and takes over what it says by now; tells whether anything changed.
    ///
    /// # Errors
    /// As [`FileVault::open`]; the former keys stay.
    pub fn refresh(&self, now: DateTime<Utc>) -> Result<bool, KeyRingError> {
        let ring = KeyRing::load(&self.path)?;
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        let same = ring.masters().eq(present.ring.masters());
        if same && ring.active(now) == present.active {
            return Ok(false);
        }
        *present = Present::of(ring, now, &self.entropy.0);
        Ok(true)
    }

    /// Id of the key that digests and seals.
    pub fn active(&self) -> u32 {
        let present = self.present.read().unwrap_or_else(PoisonError::into_inner);
        present.ring.keys().nth(present.active).map_or(0, |(id, ..)| id)
    }

    fn vault(&self) -> Arc<KeyVault> {
        // It is replaced whole: whoever panicked beside it left one or the other.
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner).vault)
    }
}

impl Vault for FileVault {
    fn digest(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Digest {
        self.vault().digest(purpose, parts)
    }

    fn presented(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Presented {
        self.vault().presented(purpose, parts)
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Sealed {
        self.vault().seal(context, plain)
    }

    fn open(&self, context: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.vault().open(context, sealed)
    }
}
