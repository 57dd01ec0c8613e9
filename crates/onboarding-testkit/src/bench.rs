//! All fakes behind one engine: what a test of a journey starts with.

use crate::{
    CheapHasher, FixedClock, MemoryStore, PlainLetters, PlainStationery, PlainVault, RecordingMailer, RecordingPress, SeededEntropy,
};
use onboarding::{Onboarding, Portals, Ports, Worker};
use std::sync::Arc;

/// An engine over fakes, and the fakes themselves, to turn and to look at.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is the fake of its name")]
pub struct Bench {
    pub clock: Arc<FixedClock>,
    pub entropy: Arc<SeededEntropy>,
    pub store: Arc<MemoryStore>,
    pub vault: Arc<PlainVault>,
    pub hasher: Arc<CheapHasher>,
    pub mailer: Arc<RecordingMailer>,
    pub press: Arc<RecordingPress>,
}

impl Bench {
    /// Fresh fakes; the clock stands at its default, the entropy at seed 1.
    pub fn new() -> Self {
        let clock = Arc::new(FixedClock::default());
        Self {
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            entropy: Arc::default(),
            vault: Arc::default(),
            hasher: Arc::default(),
            mailer: Arc::default(),
            press: Arc::default(),
        }
    }

    /// The fakes as the engine wants them.
    pub fn ports(&self) -> Ports {
        Ports {
            store: self.store.clone(),
            sessions: self.store.clone(),
            outbox: self.store.clone(),
            directory: self.store.clone(),
            throttle: self.store.clone(),
            backoffice: self.store.clone(),
            hasher: self.hasher.clone(),
            vault: self.vault.clone(),
            entropy: self.entropy.clone(),
            clock: self.clock.clone(),
        }
    }

    /// An engine over the fakes. Two of them are two replicas.
    pub fn engine(&self, portals: Portals) -> Onboarding {
        Onboarding::new(self.ports(), portals)
    }

    /// A worker that sends into [`RecordingMailer`] and prints on [`RecordingPress`].
    pub fn worker(&self, engine: &Onboarding) -> Worker {
        Worker::new(engine.clone(), Arc::new(PlainStationery), self.mailer.clone()).with_letters(Arc::new(PlainLetters), self.press.clone())
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}
