//! The suites that every store passes, on PostgreSQL, and what is PostgreSQL's alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "postgres/place.rs"]
mod place;
#[path = "postgres/races.rs"]
mod races;
#[path = "postgres/server.rs"]
mod server;

use async_trait::async_trait;
use onboarding_core::DeliveryId;
use onboarding_testkit::contract::{self, SealedTexts, Stores};
use onboarding_testkit::postgres::Cluster;
use place::Place;
use std::sync::Arc;

/// A look past the ports.
struct Behind {
    url: String,
}

#[async_trait]
impl SealedTexts for Behind {
    async fn sealed_text(&self, id: DeliveryId) -> Option<Vec<u8>> {
        let (url, sql) = (self.url.clone(), format!("SELECT encode(sealed, 'hex') FROM outbox WHERE id = '{id}'"));
        let hex = tokio::task::spawn_blocking(move || Cluster::shared().psql(&url, &sql)).await.unwrap();
        let bytes = hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
        Some(bytes.collect::<Vec<_>>()).filter(|bytes| !bytes.is_empty())
    }
}

async fn fresh() -> Stores {
    let place = Place::migrated().await;
    let store = place.open().await;
    Stores::new(&Arc::new(store), place.clock, Arc::new(Behind { url: place.url }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_every_promise_of_a_store() {
    contract::store::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_every_promise_of_sessions() {
    contract::sessions::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_every_promise_of_an_outbox() {
    contract::outbox::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_every_promise_of_a_directory() {
    contract::directory::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_every_promise_of_a_backoffice() {
    contract::backoffice::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_keeps_every_promise_of_a_throttle() {
    contract::throttle::run_all(fresh).await;
}
