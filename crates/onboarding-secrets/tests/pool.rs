//! The hasher as its callers see it: known answers, equal work, admission, and a thread that survives a panic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use argon2::password_hash::{PasswordVerifier as _, phc};
use onboarding::ports::{Entropy, HasherError, PasswordHasher, Verification};
use onboarding_core::PasswordHash;
use onboarding_secrets::{ArgonPool, Cost, OsEntropy, PASSWORD_MAX_BYTES, PoolSettings};
use secrecy::SecretString;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

const CHEAP: PoolSettings = PoolSettings { cost: cheap(), threads: Some(1), queue: Some(64) };

const fn cheap() -> Cost {
    match Cost::new(64, 1) {
        Ok(cost) => cost,
        Err(_) => Cost::FLOOR,
    }
}

fn pool(settings: PoolSettings) -> ArgonPool {
    ArgonPool::start(settings, Arc::new(OsEntropy)).unwrap()
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

/// A call that got as far as waiting for its answer.
fn begun<T>(mut call: Pin<Box<dyn Future<Output = T> + Send + '_>>) -> Pin<Box<dyn Future<Output = T> + Send + '_>> {
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    call
}

/// Answers each request with bytes that count up, and stops where the test says so.
struct Gate {
    next: AtomicU8,
    closed: AtomicBool,
    arrived: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

impl Gate {
    fn new() -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let (arrived, arrivals) = channel();
        let (opener, open) = channel();
        let gate = Self { next: AtomicU8::new(1), closed: AtomicBool::new(false), arrived: Mutex::new(arrived), open: Mutex::new(open) };
        (Arc::new(gate), arrivals, opener)
    }
}

impl Entropy for Gate {
    fn fill(&self, bytes: &mut [u8]) {
        if self.closed.load(Ordering::SeqCst) {
            self.arrived.lock().unwrap().send(()).unwrap();
            self.open.lock().unwrap().recv().unwrap();
        }
        bytes.fill(self.next.fetch_add(1, Ordering::SeqCst));
    }
}

#[tokio::test]
async fn a_hash_is_a_phc_string_that_others_verify() {
    let pool = pool(PoolSettings { cost: Cost::FLOOR, ..CHEAP });
    let stored = pool.hash(secret("grüne Wiese, Regen")).await.unwrap();
    assert!(stored.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.expose());
    let parsed = phc::PasswordHash::new(stored.expose()).unwrap();
    assert_eq!((parsed.salt.unwrap().len(), parsed.hash.unwrap().len()), (16, 32));
    let other = argon2::Argon2::default();
    assert_eq!(other.verify_password("grüne Wiese, Regen".as_bytes(), &parsed), Ok(()));
    assert!(other.verify_password(b"something else", &parsed).is_err());
    assert_eq!(pool.verify(secret("grüne Wiese, Regen"), Some(stored.clone())).await, Ok(Verification { matches: true, outdated: false }));
    assert_eq!(pool.verify(secret("grune Wiese, Regen"), Some(stored)).await, Ok(Verification { matches: false, outdated: false }));
}

#[tokio::test]
async fn a_hash_of_the_reference_program_is_verified() {
    // Source: `src/test.c` of phc-winner-argon2.
    let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let pool = pool(CHEAP);
    let verify = |password| pool.verify(secret(password), Some(PasswordHash::new(known.to_owned())));
    assert!(verify("password").await.unwrap().matches);
    assert!(!verify("differentpassword").await.unwrap().matches);
}

#[tokio::test]
async fn the_same_password_never_gives_the_same_hash() {
    let pool = pool(CHEAP);
    let (first, second) = (pool.hash(secret("again and again")).await.unwrap(), pool.hash(secret("again and again")).await.unwrap());
    assert_ne!(first.expose(), second.expose());
}

#[tokio::test]
async fn a_cheaper_hash_still_opens_and_is_called_outdated() {
    let stored = pool(CHEAP).hash(secret("an older one")).await.unwrap();
    let today = pool(PoolSettings { cost: Cost::new(128, 1).unwrap(), ..CHEAP });
    assert_eq!(today.verify(secret("an older one"), Some(stored.clone())).await, Ok(Verification { matches: true, outdated: true }));
    assert_eq!(today.verify(secret("another"), Some(stored)).await, Ok(Verification { matches: false, outdated: true }));
    let dear = today.hash(secret("a dearer one")).await.unwrap();
    assert_eq!(pool(CHEAP).verify(secret("a dearer one"), Some(dear)).await, Ok(Verification { matches: true, outdated: false }));
}

#[tokio::test]
async fn an_unknown_account_costs_one_hash_like_a_known_one() {
    let pool = pool(CHEAP);
    let stored = pool.hash(secret("known")).await.unwrap();
    let before = pool.computed();
    assert_eq!(pool.verify(secret("guess"), None).await, Ok(Verification { matches: false, outdated: false }));
    assert_eq!(pool.computed(), before + 1);
    pool.verify(secret("guess"), Some(stored)).await.unwrap();
    assert_eq!(pool.computed(), before + 2);
}

#[tokio::test]
async fn a_guess_of_the_dummys_password_still_matches_nothing() {
    // The dummy's password is 32 bytes of the first draw; here all the letter A.
    struct Letter;
    impl Entropy for Letter {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(b'A');
        }
    }
    let pool = ArgonPool::start(CHEAP, Arc::new(Letter)).unwrap();
    assert!(!pool.verify(secret(&"A".repeat(32)), None).await.unwrap().matches);
}

#[tokio::test]
async fn an_unreadable_hash_is_told_without_quoting_it() {
    let pool = pool(CHEAP);
    let result = pool.verify(secret("x"), Some(PasswordHash::new("hunter2-in-plain".to_owned()))).await;
    let Err(HasherError::Failed(reason)) = result else { panic!("{result:?}") };
    assert!(!reason.contains("hunter2"), "{reason}");
    assert_eq!(pool.computed(), 0);
}

#[tokio::test]
async fn a_megabyte_of_password_is_answered_without_work() {
    let pool = pool(CHEAP);
    let stored = pool.hash(secret(&"ä".repeat(PASSWORD_MAX_BYTES / 2))).await.unwrap();
    let before = pool.computed();
    let huge = "ä".repeat(500_000);
    for stored in [None, Some(stored)] {
        assert_eq!(pool.verify(secret(&huge), stored).await, Ok(Verification { matches: false, outdated: false }));
    }
    assert!(matches!(pool.hash(secret(&huge)).await, Err(HasherError::Failed(_))));
    assert_eq!(pool.computed(), before);
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_turned_away_at_once_and_hashes_no_more_than_may_wait() {
    let (gate, arrivals, opener) = Gate::new();
    let pool = ArgonPool::start(PoolSettings { queue: Some(3), ..CHEAP }, gate.clone()).unwrap();
    gate.closed.store(true, Ordering::SeqCst);
    let working = begun(pool.hash(secret("working")));
    arrivals.recv().unwrap();
    let waiting = [0, 1, 2].map(|_| begun(pool.hash(secret("waiting"))));
    assert_eq!(pool.waiting(), 3);

    for _ in 0..500 {
        let Err(HasherError::Overloaded { retry_after }) = pool.verify(secret("flood"), None).await else { panic!("let in") };
        assert!(retry_after >= Duration::from_secs(1), "{retry_after:?}");
    }
    assert_eq!((pool.refused(), pool.computed(), pool.waiting()), (500, 0, 3));

    gate.closed.store(false, Ordering::SeqCst);
    opener.send(()).unwrap();
    assert!(working.await.is_ok());
    for one in waiting {
        assert!(one.await.is_ok());
    }
    assert_eq!(pool.computed(), 4);
    assert!(pool.verify(secret("afterwards"), None).await.is_ok());
}

#[tokio::test]
async fn who_went_away_is_not_hashed_for() {
    let (gate, arrivals, opener) = Gate::new();
    let pool = ArgonPool::start(CHEAP, gate.clone()).unwrap();
    gate.closed.store(true, Ordering::SeqCst);
    let first = begun(pool.hash(secret("first")));
    arrivals.recv().unwrap();
    let (gone, last) = (begun(pool.hash(secret("gone"))), begun(pool.hash(secret("last"))));
    assert_eq!(pool.waiting(), 2);
    drop(gone);
    gate.closed.store(false, Ordering::SeqCst);
    opener.send(()).unwrap();
    assert!(first.await.is_ok() && last.await.is_ok());
    assert_eq!(pool.computed(), 2);
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_no_thread() {
    struct Fragile(AtomicBool);
    impl Entropy for Fragile {
        fn fill(&self, bytes: &mut [u8]) {
            assert!(!self.0.load(Ordering::SeqCst), "as the test wishes");
            bytes.fill(7);
        }
    }
    let entropy = Arc::new(Fragile(AtomicBool::new(false)));
    let pool = ArgonPool::start(CHEAP, entropy.clone()).unwrap();
    for _ in 0..3 {
        entropy.0.store(true, Ordering::SeqCst);
        assert_eq!(pool.hash(secret("unlucky")).await, Err(HasherError::Failed("the hashing thread gave up".to_owned())));
        entropy.0.store(false, Ordering::SeqCst);
        let stored = pool.hash(secret("lucky")).await.unwrap();
        assert!(pool.verify(secret("lucky"), Some(stored)).await.unwrap().matches);
    }
}

#[tokio::test]
async fn many_threads_answer_everybody_rightly() {
    let pool = Arc::new(pool(PoolSettings { threads: Some(3), queue: Some(200), ..CHEAP }));
    let tasks: Vec<_> = (0..60)
        .map(|number: u32| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                let stored = pool.hash(secret(&format!("password {number}"))).await.unwrap();
                let right = pool.verify(secret(&format!("password {number}")), Some(stored.clone())).await.unwrap();
                let wrong = pool.verify(secret(&format!("password {}", number + 1)), Some(stored)).await.unwrap();
                right.matches && !wrong.matches
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(pool.computed(), 180);
}

#[test]
fn nothing_of_a_pool_is_told_by_debug_but_its_cost() {
    let text = format!("{:?}", pool(CHEAP));
    assert_eq!(text, "ArgonPool { cost: Cost { kib: 64, passes: 1 }, computed: 0, .. }");
}
