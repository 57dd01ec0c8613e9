//! A suite that cannot fail proves nothing: a careless adapter is caught, and the broken promises are named.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::ports::{StoreError, Taken, Throttle, ThrottleKey};
use onboarding_core::policy::Limit;
use onboarding_testkit::contract::{self, Stores};
use onboarding_testkit::{FixedClock, MemoryStore};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Looks first and counts afterwards: what every hand-written counter does before it is caught.
struct Careless(Arc<dyn Throttle>);

#[async_trait]
impl Throttle for Careless {
    async fn take(&self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Result<Taken, StoreError> {
        self.0.give_back(key).await?;
        self.0.take(key, limit, now).await
    }

    async fn give_back(&self, key: ThrottleKey) -> Result<(), StoreError> {
        self.0.give_back(key).await
    }

    async fn forget(&self, key: ThrottleKey) -> Result<(), StoreError> {
        self.0.forget(key).await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.0.purge(now).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_careless_adapter_is_caught_and_its_broken_promises_are_named() {
    let suite = contract::throttle::run_all(async || {
        let clock = Arc::new(FixedClock::default());
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let stores = Stores::new(&store, clock, store.clone());
        Stores { throttle: Arc::new(Careless(store)), ..stores }
    });
    let panic = futures_util::FutureExt::catch_unwind(AssertUnwindSafe(suite)).await.unwrap_err();
    let told = panic.downcast_ref::<String>().unwrap();
    for broken in ["a_window_allows_so_many_from_the_first", "takes_at_once_never_exceed", "a_refused_take_counts_nothing"] {
        assert!(told.contains(broken), "{told}");
    }
    assert!(told.contains("of onboarding_testkit::contract::throttle broken"), "{told}");
}
