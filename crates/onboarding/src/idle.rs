//! Workers with nothing to do: a step hands one of them its most urgent mail within its own commit.
//!
//! The delivery is ordered, leased and begun at once then, in one commit instead of three. A process that dies after it leaves
//! what any attempt leaves: a lease that runs out, and one outcome that nobody knows.

use crate::ports::{Commit, DeliveryKind, FIRST_FENCE, Leased, OutboxChange};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Who waits.
#[derive(Default)]
pub(crate) struct Idle(Mutex<Waiters>);

#[derive(Default)]
struct Waiters {
    waiting: Vec<(u64, oneshot::Sender<Leased>)>,
    last: u64,
}

/// A worker's place among those who wait.
pub(crate) struct Place {
    number: u64,
    /// What it is handed; an error if the step that would have done so was not taken.
    pub(crate) handed: oneshot::Receiver<Leased>,
}

/// A worker that is spoken for, with what it will be handed once the step is taken.
pub(crate) struct Engaged {
    worker: oneshot::Sender<Leased>,
    lease: Leased,
}

impl Idle {
    /// Waits, until something is handed over or the place is given up.
    pub(crate) fn wait(&self) -> Place {
        let (worker, handed) = oneshot::channel();
        let mut waiters = self.waiters();
        waiters.last += 1;
        let number = waiters.last;
        waiters.waiting.push((number, worker));
        Place { number, handed }
    }

    /// Whether the place could be given up; else a step has engaged its worker, and will tell.
    pub(crate) fn give_up(&self, place: &Place) -> bool {
        let mut waiters = self.waiters();
        let before = waiters.waiting.len();
        waiters.waiting.retain(|(number, _)| *number != place.number);
        waiters.waiting.len() < before
    }

    /// Engages a worker for the most urgent mail of a step, if one waits and there is such a mail.
    pub(crate) fn engage(&self, commit: &mut Commit) -> Option<Engaged> {
        let place = most_urgent(commit)?;
        let worker = self.next()?;
        let change = &mut commit.outbox[place];
        let OutboxChange::Enqueue(delivery) = change else { return None };
        let delivery = delivery.clone();
        *change = OutboxChange::HandOver(delivery.clone());
        Some(Engaged { worker, lease: Leased { delivery, fence: FIRST_FENCE, attempts: 0, unknowns: 0, created_at: commit.at } })
    }

    /// One who is still there.
    fn next(&self) -> Option<oneshot::Sender<Leased>> {
        let mut waiters = self.waiters();
        std::iter::from_fn(|| waiters.waiting.pop()).map(|(_, worker)| worker).find(|worker| !worker.is_closed())
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engaged {
    /// The step was taken. The lease comes back if the worker is gone.
    pub(crate) fn begin(self) -> Option<Leased> {
        self.worker.send(self.lease).err()
    }
}

/// The mail that goes first of those that may go now.
fn most_urgent(commit: &Commit) -> Option<usize> {
    let may_go = commit.outbox.iter().enumerate().filter_map(|(place, change)| match change {
        OutboxChange::Enqueue(mail) if mail.kind == DeliveryKind::Mail && mail.after.is_none() && mail.not_before <= commit.at => {
            Some((mail.priority, place))
        }
        _ => None,
    });
    may_go.max_by_key(|(priority, place)| (*priority, std::cmp::Reverse(*place))).map(|(_, place)| place)
}
