//! What every hasher, vault, clock and entropy promises, kept by these.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::DateTime;
use onboarding::ports::{Clock, Entropy, PasswordHasher, Vault};
use onboarding_secrets::{ArgonPool, Cost, KeyRing, KeyVault, OffsetClock, OsEntropy, PoolSettings, SystemClock};
use onboarding_testkit::contract;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pool_keeps_what_a_hasher_promises() {
    contract::hasher::run_all(async || {
        let pool = |kib| {
            let settings = PoolSettings { cost: Cost::new(kib, 1).unwrap(), threads: Some(2), queue: None };
            Arc::new(ArgonPool::start(settings, Arc::new(OsEntropy)).unwrap())
        };
        let (pool, cheaper): (_, Arc<dyn PasswordHasher>) = (pool(64), pool(32));
        let counted = Arc::clone(&pool);
        contract::hasher::Hashers { hasher: pool, cheaper, computed: Some(Box::new(move || counted.computed())) }
    })
    .await;
}

#[tokio::test]
async fn the_vault_keeps_what_a_vault_promises_with_its_keys_in_a_file() {
    contract::vault::run_all(async || {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        let now = DateTime::from_timestamp(1_795_360_800, 0).unwrap();
        KeyRing::create(&path, &OsEntropy, now).unwrap();
        let read = move || -> Arc<dyn Vault> {
            // The folder lives as long as whoever reads from it.
            let path = dir.path().join("keys.toml");
            Arc::new(KeyVault::new(&KeyRing::load(&path).unwrap(), Arc::new(OsEntropy)))
        };
        let vault = read();
        let rotate = move || {
            KeyRing::rotate(&path, &OsEntropy, now, now).unwrap();
            read()
        };
        contract::vault::Vaults { vault, rotate: Box::new(rotate) }
    })
    .await;
}

#[tokio::test]
async fn the_machines_randomness_keeps_what_entropy_promises() {
    contract::entropy::run_all(async || Arc::new(OsEntropy) as Arc<dyn Entropy>).await;
}

#[tokio::test]
async fn both_clocks_keep_what_a_clock_promises() {
    contract::clock::run_all(async || Arc::new(SystemClock) as Arc<dyn Clock>).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clock");
    std::fs::write(&path, "1209600").unwrap();
    contract::clock::run_all(async || Arc::new(OffsetClock::new(Arc::new(SystemClock), &path)) as Arc<dyn Clock>).await;
}
