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
        let mut place: Option<Place> = None;
        let mut look = true;
        let mut looked = Instant::now();
        loop {
            if let Some(Ok(lease)) = place.as_mut().map(|place| place.handed.try_recv()) {
                place = None;
                self.begin(lease, &stopping).await;
            }
            if look || looked.elapsed() >= NAP {
                let mut round = std::pin::pin!(self.round(&stopping));
                let ended = tokio::select! {
                    ended = &mut round => Some(ended),
                    () = &mut stop => None,
                };
                looked = Instant::now();
                let Some(ended) = ended else {
                    stopping.store(true, Ordering::Relaxed);
                    // What is at the mail server is heard to its end; the rest is another worker's at once.
                    if let Err(error) = round.await {
                        tracing::error!(%error, "could not work on the outbox");
                    }
                    return self.leave(place, &stopping).await;
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
            let mut waiting = place.take().unwrap_or_else(|| self.engine.idle.wait());
            tokio::select! {
                () = &mut stop => {
                    stopping.store(true, Ordering::Relaxed);
                    return self.leave(Some(waiting), &stopping).await;
                }
                handed = &mut waiting.handed => {
                    // Where there is none, the step was not taken.
                    if let Ok(lease) = handed {
                        self.begin(lease, &stopping).await;
                    }
                    continue;
                }
                () = self.engine.bell.notified() => look = true,
                () = tokio::time::sleep(NAP.saturating_sub(looked.elapsed())) => look = true,
            }
            // Whoever works is not idle. Engaged already, it hears of it later.
            place = (!self.engine.idle.give_up(&waiting)).then_some(waiting);
        }
    }

    /// Gives up its place; what it was engaged for is another worker's at once.
    async fn leave(&self, place: Option<Place>, stopping: &AtomicBool) {
        let Some(place) = place else { return };
        if !self.engine.idle.give_up(&place)
            && let Ok(Ok(lease)) = tokio::time::timeout(NAP, place.handed).await
        {
            self.begin(lease, stopping).await;
        }
    }

    /// Works on a delivery that was handed over with its order.
    async fn begin(&self, lease: Leased, stopping: &AtomicBool) {
        let (id, since) = (lease.delivery.id, lease.created_at);
        Self::told(id, self.work_or_give_back(lease, since, Attempt::Noted, stopping).await);
    }
}
