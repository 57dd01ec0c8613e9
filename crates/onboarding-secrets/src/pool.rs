//! The argon2id pool: threads of its own, one arena each, a bounded queue with admission before hashing.
//!
//! It decides who is let in and what is skipped. It leaves out who may try how often: limits per login and network come
//! before it and cost nothing.
//!
//! Verifying against a stored hash and against none costs the same: without one the work is done on a dummy made at the
//! start with today's cost. Where a stored hash is cheaper than that, the time tells that an account exists until its
//! next sign-in makes the hash anew ([`Verification::outdated`]).

mod queue;

use crate::Cost;
use crate::kernel::Arena;
use crate::phc::{self, HASH_BYTES, SALT_BYTES, Stored};
use async_trait::async_trait;
use onboarding::ports::{Entropy, HasherError, PasswordHasher, Verification};
use onboarding_core::PasswordHash;
use queue::{Job, Queue};
use secrecy::{ExposeSecret, SecretString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Longest password that is hashed, in bytes: four for each of the 1024 characters a policy can allow. A longer one is
/// no password of anybody, and is answered without work, for known and unknown accounts alike.
pub const PASSWORD_MAX_BYTES: usize = 4096;

/// How large a pool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolSettings {
    /// Cost of a new hash.
    pub cost: Cost,
    /// Threads, each with an arena of the cost's memory. `None`: one less than the machine has cores, at least one.
    pub threads: Option<usize>,
    /// How many may wait. `None`: about one second of work, by the time that hashes took lately.
    pub queue: Option<usize>,
}

/// Hashes passwords with argon2id.
pub struct ArgonPool {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Queue,
    cost: Cost,
    dummy: PasswordHash,
    entropy: Arc<dyn Entropy>,
    computed: AtomicU64,
}

impl ArgonPool {
    /// Makes the dummy hash, which also shows how long one takes, and starts the threads. Blocks for one hash.
    ///
    /// # Errors
    /// When the memory or a thread is refused.
    pub fn start(settings: PoolSettings, entropy: Arc<dyn Entropy>) -> Result<Self, HasherError> {
        let threads = settings.threads.unwrap_or_else(spare_cores).max(1);
        let cost = settings.cost;
        let mut arenas = (0..threads).map(|_| Arena::new(cost.kib())).collect::<Result<Vec<_>, _>>()?;
        let mut secret = Zeroizing::new([0_u8; 32]);
        entropy.fill(secret.as_mut());
        let started = Instant::now();
        let dummy = compute(&mut arenas[0], cost, entropy.as_ref(), secret.as_ref())?;
        let queue = Queue::new(threads, settings.queue, started.elapsed());
        let pool = Self { shared: Arc::new(Shared { queue, cost, dummy, entropy, computed: AtomicU64::new(0) }) };
        for (number, arena) in arenas.into_iter().enumerate() {
            let shared = Arc::clone(&pool.shared);
            // On a refusal the pool is dropped, which ends the threads that run already.
            std::thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || shared.work(arena))
                .map_err(|error| HasherError::Failed(format!("could not start a hashing thread: {}", error.kind())))?;
        }
        Ok(pool)
    }

    /// Cost of a new hash.
    pub fn cost(&self) -> Cost {
        self.shared.cost
    }

    /// Hashes computed for callers since the start, dummies of unknown accounts included.
    pub fn computed(&self) -> u64 {
        self.shared.computed.load(Ordering::Relaxed)
    }

    /// How many wait for a thread now.
    pub fn waiting(&self) -> usize {
        self.shared.queue.waiting()
    }

    /// How many were turned away since the start because too many waited.
    pub fn refused(&self) -> u64 {
        self.shared.queue.refused()
    }
}

impl Drop for ArgonPool {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl std::fmt::Debug for ArgonPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArgonPool").field("cost", &self.shared.cost).field("computed", &self.computed()).finish_non_exhaustive()
    }
}

#[async_trait]
impl PasswordHasher for ArgonPool {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HasherError> {
        if password.expose_secret().len() > PASSWORD_MAX_BYTES {
            return Err(HasherError::Failed(format!("the password has more than {PASSWORD_MAX_BYTES} bytes")));
        }
        let (reply, answer) = oneshot::channel();
        self.shared.queue.admit(Job::Hash { password, reply })?;
        answer.await.map_err(|_| gave_up())?
    }

    async fn verify(&self, password: SecretString, stored: Option<PasswordHash>) -> Result<Verification, HasherError> {
        if password.expose_secret().len() > PASSWORD_MAX_BYTES {
            return Ok(Verification { matches: false, outdated: false });
        }
        let (reply, answer) = oneshot::channel();
        self.shared.queue.admit(Job::Verify { password, stored, reply })?;
        answer.await.map_err(|_| gave_up())?
    }
}

impl Shared {
    fn work(&self, mut arena: Arena) {
        while let Some(job) = self.queue.next() {
            // A panic takes the job with it, whose caller is told; the thread and its arena go on.
            if catch_unwind(AssertUnwindSafe(|| self.carry_out(job, &mut arena))).is_err() {
                tracing::error!("a hashing thread panicked and goes on with the next password");
            }
        }
    }

    /// A caller that went away meanwhile is no fault: its answer is dropped.
    fn carry_out(&self, job: Job, arena: &mut Arena) {
        let started = Instant::now();
        match job {
            Job::Hash { password, reply } => {
                drop(reply.send(self.hash(&password, arena)));
            }
            Job::Verify { password, stored, reply } => {
                drop(reply.send(self.verify(&password, stored.as_ref(), arena)));
            }
        }
        self.queue.took(started.elapsed());
    }

    fn hash(&self, password: &SecretString, arena: &mut Arena) -> Result<PasswordHash, HasherError> {
        let hash = compute(arena, self.cost, self.entropy.as_ref(), password.expose_secret().as_bytes())?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        Ok(hash)
    }

    fn verify(&self, password: &SecretString, stored: Option<&PasswordHash>, arena: &mut Arena) -> Result<Verification, HasherError> {
        let against = Stored::read(stored.unwrap_or(&self.dummy))?;
        let mut hash = Zeroizing::new([0_u8; 64]);
        let hash = &mut hash[..against.hash().len()];
        arena.hash(&against.argon2(), password.expose_secret().as_bytes(), against.salt(), hash)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let equal = bool::from(hash.ct_eq(against.hash()));
        Ok(Verification { matches: equal & stored.is_some(), outdated: stored.is_some() & against.is_cheaper_than(self.cost) })
    }
}

fn compute(arena: &mut Arena, cost: Cost, entropy: &dyn Entropy, password: &[u8]) -> Result<PasswordHash, HasherError> {
    let mut salt = [0_u8; SALT_BYTES];
    entropy.fill(&mut salt);
    let mut hash = Zeroizing::new([0_u8; HASH_BYTES]);
    arena.hash(&phc::fresh(cost)?, password, &salt, hash.as_mut())?;
    Ok(phc::write(cost, &salt, &hash))
}

/// One core stays free for everything that must answer meanwhile.
fn spare_cores() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() - 1)
}

fn gave_up() -> HasherError {
    HasherError::Failed("the hashing thread gave up".to_owned())
}
