//! Who waits for a hashing thread. Decides admission, before anything was computed: who comes to a full queue is told
//! at once when a try has a chance.

use onboarding::ports::{HasherError, Verification};
use onboarding_core::PasswordHash;
use secrecy::SecretString;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How much work may wait. About one second of hashing: whoever waits longer has gone.
const WORK_WAITING: Duration = Duration::from_secs(1);
/// However cheap a hash is, no more wait.
const MOST_WAITING: usize = 4096;

/// One password and who waits for it. Dropping it wipes the password.
pub(super) enum Job {
    /// A new password.
    Hash {
        /// The password.
        password: SecretString,
        /// Who waits.
        reply: oneshot::Sender<Result<PasswordHash, HasherError>>,
    },
    /// A comparison.
    Verify {
        /// The password.
        password: SecretString,
        /// What it is compared with; `None`: the dummy.
        stored: Option<PasswordHash>,
        /// Who waits.
        reply: oneshot::Sender<Result<Verification, HasherError>>,
    },
}

impl Job {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Hash { reply, .. } => reply.is_closed(),
            Self::Verify { reply, .. } => reply.is_closed(),
        }
    }
}

/// First come, first served, bounded.
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    threads: usize,
    fixed: Option<usize>,
    /// Microseconds that a hash takes, as a moving average.
    pace: AtomicU64,
    refused: AtomicU64,
}

struct State {
    jobs: VecDeque<Job>,
    open: bool,
}

impl Queue {
    /// A queue for `threads` threads; `pace` is the time of the first hash.
    pub(super) fn new(threads: usize, fixed: Option<usize>, pace: Duration) -> Self {
        Self {
            state: Mutex::new(State { jobs: VecDeque::new(), open: true }),
            wake: Condvar::new(),
            threads,
            fixed,
            pace: AtomicU64::new(micros(pace)),
            refused: AtomicU64::new(0),
        }
    }

    /// Lets a job in, or tells when a try has a chance.
    pub(super) fn admit(&self, job: Job) -> Result<(), HasherError> {
        let mut state = self.lock();
        if state.jobs.len() >= self.capacity() {
            // Whoever went away must not keep others out.
            state.jobs.retain(|job| !job.is_abandoned());
        }
        let waiting = state.jobs.len();
        if waiting >= self.capacity() {
            drop(state);
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(HasherError::Overloaded { retry_after: self.retry_after(waiting) });
        }
        state.jobs.push_back(job);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// The next job that somebody still waits for; waits for one. `None` when the queue is closed.
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if !state.open {
                return None;
            }
            match state.jobs.pop_front() {
                Some(job) if job.is_abandoned() => {}
                Some(job) => return Some(job),
                None => state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Learns how long a hash took.
    pub(super) fn took(&self, time: Duration) {
        // Two threads may overwrite each other's lesson: the average needs none in particular.
        let pace = self.pace.load(Ordering::Relaxed);
        self.pace.store((pace * 7 + micros(time)) / 8, Ordering::Relaxed);
    }

    /// Ends the threads and drops who waits.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.open = false;
        state.jobs.clear();
        drop(state);
        self.wake.notify_all();
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().jobs.len()
    }

    /// How many were turned away.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn capacity(&self) -> usize {
        self.fixed.unwrap_or_else(|| {
            let each = micros(WORK_WAITING) / self.pace.load(Ordering::Relaxed).max(1);
            // At least one for each thread: with a very dear hash somebody must still be let in.
            usize::try_from(each)
                .unwrap_or(MOST_WAITING)
                .clamp(1, MOST_WAITING)
                .saturating_mul(self.threads)
                .min(MOST_WAITING.max(self.threads))
        })
    }

    /// In whole seconds, rounded up: that is what `Retry-After` can say.
    fn retry_after(&self, waiting: usize) -> Duration {
        let ahead = self.pace.load(Ordering::Relaxed).saturating_mul(waiting as u64 + 1) / self.threads as u64;
        Duration::from_secs(ahead.div_ceil(1_000_000).max(1))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under the lock; were it otherwise, a queue of jobs has no half state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 8).clamp(1, u64::MAX / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> (Job, oneshot::Receiver<Result<Verification, HasherError>>) {
        let (reply, answer) = oneshot::channel();
        (Job::Verify { password: SecretString::from("x"), stored: None, reply }, answer)
    }

    #[test]
    fn about_one_second_of_work_may_wait() {
        let queue = Queue::new(3, None, Duration::from_millis(50));
        assert_eq!(queue.capacity(), 60);
        for _ in 0..200 {
            queue.took(Duration::from_millis(100));
        }
        assert_eq!(queue.capacity(), 30, "slower hashes, a shorter queue");
        assert_eq!(Queue::new(2, None, Duration::from_secs(10)).capacity(), 2);
        assert_eq!(Queue::new(2, None, Duration::ZERO).capacity(), MOST_WAITING);
        assert_eq!(Queue::new(2, Some(7), Duration::from_millis(50)).capacity(), 7);
    }

    #[test]
    fn a_full_queue_tells_when_to_come_back() {
        let queue = Queue::new(1, Some(2), Duration::from_millis(700));
        let held: Vec<_> = (0..2)
            .map(|_| {
                let (job, answer) = job();
                queue.admit(job).unwrap();
                answer
            })
            .collect();
        assert_eq!(queue.admit(job().0), Err(HasherError::Overloaded { retry_after: Duration::from_secs(3) }), "3 × 0.7 s, rounded up");
        assert_eq!((queue.waiting(), queue.refused()), (2, 1));
        drop(held);
    }

    #[test]
    fn who_went_away_keeps_nobody_out_and_is_skipped() {
        let queue = Queue::new(1, Some(2), Duration::from_millis(1));
        let (first, gone) = job();
        queue.admit(first).unwrap();
        let (second, kept) = job();
        queue.admit(second).unwrap();
        drop(gone);
        let (third, also_kept) = job();
        queue.admit(third).unwrap();
        assert_eq!(queue.waiting(), 2);
        drop(kept);
        assert!(queue.next().is_some_and(|job| !job.is_abandoned()), "the second was skipped");
        assert_eq!(queue.waiting(), 0);
        drop(also_kept);
    }

    #[test]
    fn a_closed_queue_ends_its_threads_and_drops_who_waits() {
        let queue = Queue::new(1, Some(2), Duration::from_millis(1));
        let (only, mut answer) = job();
        queue.admit(only).unwrap();
        queue.close();
        assert!(queue.next().is_none());
        assert!(answer.try_recv().is_err());
    }
}
