//! One suite per port: what every adapter promises, as tests that know no adapter.
//!
//! Each module has one function per promise and a `run_all`, which keeps them all, each with a fresh adapter, and names
//! those that were broken. An adapter's own test is one call:
//!
//! ```
//! use onboarding_testkit::{FixedClock, MemoryStore, contract};
//! use std::sync::Arc;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! contract::throttle::run_all(async || {
//!     let clock = Arc::new(FixedClock::default());
//!     let store = Arc::new(MemoryStore::new(clock.clone()));
//!     contract::Stores::new(&store, clock, store.clone())
//! })
//! .await;
//! # });
//! ```

pub mod backoffice;
pub mod clock;
pub mod directory;
pub mod entropy;
pub mod hasher;
pub mod letter_press;
pub mod mailer;
pub mod outbox;
pub mod sessions;
pub mod stationery;
pub mod store;
mod stores;
pub mod throttle;
pub mod vault;

pub use stores::{SealedTexts, Stores};

use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;

/// Keeps one promise; if it breaks, notes its name and why.
async fn keep(promise: &'static str, broken: &mut Vec<String>, work: impl Future<Output = ()>) {
    if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
        broken.push(format!("{promise}: {}", reason(panic.as_ref())));
    }
}

fn reason(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

/// # Panics
/// If a promise was broken: with the name of each.
fn verdict(port: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{} promise(s) of {port} broken:\n{}", broken.len(), broken.join("\n"));
}

/// Writes `run_all` over the named promises.
macro_rules! promises {
    ($harness:ty: $($promise:path),+ $(,)?) => {
        /// Keeps every promise, each with a fresh adapter.
        ///
        /// # Panics
        /// If a promise is broken: with the name of each that is.
        pub async fn run_all(make: impl AsyncFn() -> $harness) {
            let mut broken = Vec::new();
            $(
                // Boxed: all promises in one place would be more than a test's stack holds.
                let kept = Box::pin(async { $promise(&make().await).await });
                $crate::contract::keep(stringify!($promise), &mut broken, kept).await;
            )+
            $crate::contract::verdict(module_path!(), &broken);
        }
    };
}
use promises;

/// Runs tasks at the same time, on as many threads as the runtime has, and gives what they found.
async fn at_once<T: Send + 'static>(tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let handles: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut found = Vec::with_capacity(handles.len());
    for handle in handles {
        found.push(handle.await.expect("a task of this promise panicked"));
    }
    found
}
