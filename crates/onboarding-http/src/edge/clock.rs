//! The time one request has: until when its body must be here, until when its answer must stand.

use super::EdgeLimits;
use poem::Request;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// One request's time limits, shared by those who keep them. Goes with the request as data.
#[derive(Clone, Debug)]
pub struct RequestClock {
    body_deadline: Instant,
    until: Arc<watch::Sender<Instant>>,
}

impl RequestClock {
    /// The clock of a request whose first byte came at `began`.
    pub fn new(began: Instant, limits: &EdgeLimits) -> Self {
        Self { body_deadline: began + limits.body_time, until: Arc::new(watch::Sender::new(began + limits.total_time)) }
    }

    /// The clock of a request that came through [`serve`](super::serve); one that did not (a test without sockets) begins now.
    pub fn of_request(request: &Request) -> Self {
        request.data::<Self>().cloned().unwrap_or_else(|| Self::new(Instant::now(), &EdgeLimits::default()))
    }

    /// When an ordinary body must have arrived.
    pub fn body_deadline(&self) -> Instant {
        self.body_deadline
    }

    /// When the answer must stand.
    pub fn until(&self) -> Instant {
        *self.until.borrow()
    }

    /// Moves the end back by as much.
    pub fn extend(&self, time: Duration) {
        self.until.send_modify(|until| *until += time);
    }

    /// Resolves when the time is up, extensions included.
    pub async fn expired(&self) {
        loop {
            let until = self.until();
            sleep_until(until).await;
            if self.until() <= until {
                return;
            }
        }
    }
}
