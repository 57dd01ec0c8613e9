//! A worker that runs: it looks into the outbox when the bell rings and once a second, and is handed mails while it is idle.

use super::{Attempt, Worker};
use crate::idle::Place;
use crate::ports::Leased;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// The longest nap: rows of another process ring no bell here.
const NAP: Duration = Duration::from_secs(1);

impl Worker {
    /// Works until it is dropped or `stop` completes; never in the middle of a delivery.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let stopping = AtomicBool::new(false);
        let mut look = true;
        let mut looked = Instant::now();
        loop {
            if look || looked.elapsed() >= NAP {
                let mut round = std::pin::pin!(self.round(&stopping));
                let ended = tokio::select! {
                    biased;
                    () = &mut stop => None,
                    ended = &mut round => Some(ended),
                };
                looked = Instant::now();
                let Some(ended) = ended else {
                    stopping.store(true, Ordering::Relaxed);
                    // What is at the mail server is heard to its end; the rest is another worker's at once.
                    if let Err(error) = round.await {
                        tracing::error!(%error, "could not work on the outbox");
                    }
                    return;
                };
                let worked = match ended {
                    Ok(worked) => worked,
                    Err(error) => {
                        tracing::error!(%error, "could not work on the outbox");
                        0
                    }
                };
                // There may be more, and what waited for one of these may be due now.
                look = worked > 0;
                if look {
                    continue;
                }
            }
            let mut place = self.engine.idle.wait();
            let handed = tokio::select! {
                biased;
                () = &mut stop => {
                    stopping.store(true, Ordering::Relaxed);
                    self.leave(place).await
                }
                // Where there is none, the step was not taken.
                handed = &mut place.handed => handed.ok(),
                () = self.engine.bell.notified() => self.leave(place).await,
                () = tokio::time::sleep(NAP.saturating_sub(looked.elapsed())) => self.leave(place).await,
            };
            // Rung for, slept enough, or somebody may have waited for what is handed over.
            look = true;
            if let Some(lease) = handed {
                self.begin(lease, &stopping).await;
            }
            if stopping.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Is idle no longer. A step that has engaged it tells what it is handed, or that there is nothing, in the time of a commit.
    async fn leave(&self, place: Place) -> Option<Leased> {
        if self.engine.idle.give_up(&place) {
            return None;
        }
        tokio::time::timeout(NAP, place.handed).await.ok().and_then(Result::ok)
    }

    /// Works on a delivery that was handed over with its order.
    async fn begin(&self, lease: Leased, stopping: &AtomicBool) {
        let (id, since) = (lease.delivery.id, lease.created_at);
        Self::told(id, self.work_or_give_back(lease, since, Attempt::Noted, stopping).await);
    }
}
