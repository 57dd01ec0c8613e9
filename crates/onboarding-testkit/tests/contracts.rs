//! Every fake keeps the promises of its port.

use onboarding::ports::{Clock, Entropy, Vault};
use onboarding_testkit::contract::{self, Stores};
use onboarding_testkit::{
    CheapHasher, FixedClock, MemoryStore, PlainStationery, PlainVault, RecordingMailer, RecordingPress, SeededEntropy, sample,
};
use std::sync::Arc;

async fn memory() -> Stores {
    let clock = Arc::new(FixedClock::default());
    let store = Arc::new(MemoryStore::new(clock.clone()));
    Stores::new(&store, clock, store.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_is_a_store() {
    contract::store::run_all(memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_keeps_sessions() {
    contract::sessions::run_all(memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_is_an_outbox() {
    contract::outbox::run_all(memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_is_a_directory() {
    contract::directory::run_all(memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_throttles() {
    contract::throttle::run_all(memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_lists() {
    contract::backoffice::run_all(memory).await;
}

#[tokio::test]
async fn the_plain_vault_is_a_vault() {
    contract::vault::run_all(async || {
        let vault = Arc::new(PlainVault::default());
        let rotated = vault.clone();
        let rotate = Box::new(move || {
            rotated.rotate();
            rotated.clone() as Arc<dyn Vault>
        });
        contract::vault::Vaults { vault, rotate }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cheap_hasher_is_a_hasher() {
    contract::hasher::run_all(async || {
        let (hasher, cheaper) = (Arc::new(CheapHasher::new()), Arc::new(CheapHasher::new()));
        hasher.raise_cost();
        let counted = hasher.clone();
        contract::hasher::Hashers { hasher, cheaper, computed: Some(Box::new(move || counted.verifies())) }
    })
    .await;
}

#[tokio::test]
async fn the_recording_mailer_is_a_mailer() {
    contract::mailer::run_all(async || {
        let mailer = Arc::new(RecordingMailer::new());
        contract::mailer::Mailers { mailer: mailer.clone(), postbox: mailer }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recording_press_is_a_letter_press() {
    contract::letter_press::run_all(async || {
        let press = Arc::new(RecordingPress::new());
        contract::letter_press::Presses { press: press.clone(), tray: press }
    })
    .await;
}

#[tokio::test]
async fn the_plain_stationery_is_stationery() {
    contract::stationery::run_all(async || contract::stationery::Stationers {
        stationery: Arc::new(PlainStationery),
        portal: sample::portal(),
        languages: onboarding_core::Language::ALL.to_vec(),
    })
    .await;
}

#[tokio::test]
async fn the_fixed_clock_is_a_clock() {
    contract::clock::run_all(async || Arc::new(FixedClock::default()) as Arc<dyn Clock>).await;
}

#[tokio::test]
async fn the_seeded_entropy_is_entropy() {
    contract::entropy::run_all(async || Arc::new(SeededEntropy::default()) as Arc<dyn Entropy>).await;
}
