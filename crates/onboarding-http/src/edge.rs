//! The door to the network: accepts connections and bounds what each may cost in time, memory and number.
//!
//! HTTP/1.1 only, without TLS: a reverse proxy stands in front, speaks TLS and HTTP/2 with the world and HTTP/1.1 with its backends; what
//! isn't spoken can't be flooded. hyper is driven directly, since poem's own server leaves a half-sent header open for ever.
//! Leaves out routing, refusals' texts and logs (see [`crate::middleware`]).

pub mod body;
pub mod client;
mod clock;
mod connection;
pub(crate) mod pace;
mod watch;

pub use clock::RequestClock;

use poem::Endpoint;
use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch as notice},
    task::JoinSet,
    time::timeout,
};

/// What a connection may cost. The defaults stand beside each.
#[derive(Clone, Copy, Debug)]
pub struct EdgeLimits {
    /// From a connection's start, or a later request's first byte, to the end of the header. 10 s.
    pub header_time: Duration,
    /// From the same moment to the end of the body. 12 s: with the time to linger a slow client is gone within 15 s whatever it drips.
    pub body_time: Duration,
    /// From the same moment to the answer. 30 s; then 503. An import extends it for itself.
    pub total_time: Duration,
    /// How long a connection may wait for its next request. 75 s: longer than the 60 s of common proxies, so that they close first.
    pub idle_time: Duration,
    /// How long a client may take nothing of an answer that is ready. 30 s.
    pub stall_time: Duration,
    /// How long requests in flight may take once the server is told to stop. 8 s: with what comes after it the process ends within 10.
    pub drain_time: Duration,
    /// How long what a client still sends is read and thrown away after the last answer, so that it can read that answer. 2 s.
    pub linger_time: Duration,
    /// Request line and header together. 16 KiB; beyond it 431. At least 1 KiB.
    pub header_bytes: usize,
    /// Header lines. 64; beyond it 431.
    pub header_lines: usize,
    /// Connections at a time. 1,024; the next ones wait in the kernel's queue.
    pub connections: usize,
}

impl Default for EdgeLimits {
    fn default() -> Self {
        Self {
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(12),
            total_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            stall_time: Duration::from_secs(30),
            drain_time: Duration::from_secs(8),
            linger_time: Duration::from_secs(2),
            header_bytes: 16 * 1024,
            header_lines: 64,
            connections: 1024,
        }
    }
}

/// What the accept loop tells every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    /// Nothing; go on.
    Open,
    /// All places are taken: who waits for a next request, leave.
    Crowded,
    /// Finish the request in flight and leave.
    Closing,
}

/// How long to pause after the system refused to accept (out of file descriptors): trying again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `app` on `listener` until `shutdown` resolves; then accepts nothing more, finishes what is in flight and returns.
///
/// `app` should be a [`Frame`](crate::middleware::Frame), which answers every error and catches panics.
pub async fn serve<E>(listener: TcpListener, app: Arc<E>, limits: EdgeLimits, shutdown: impl Future<Output = ()>)
where
    E: Endpoint + 'static,
{
    let mut shutdown = pin!(shutdown);
    let places = Arc::new(Semaphore::new(limits.connections));
    let (notices, inbox) = notice::channel(Notice::Open);
    let mut connections = JoinSet::new();
    loop {
        notices.send_if_modified(|notice| {
            let now = if places.available_permits() == 0 { Notice::Crowded } else { Notice::Open };
            std::mem::replace(notice, now) != now
        });
        let place = tokio::select! {
            biased;
            () = &mut shutdown => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        // Only a closed semaphore gives no place, and nobody closes this one.
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        while let Some(ended) = connections.try_join_next() {
            report(&ended);
        }
        match accepted {
            Ok((stream, peer)) => {
                let (app, inbox) = (Arc::clone(&app), inbox.clone());
                connections.spawn(async move {
                    connection::serve(stream, peer, app, limits, inbox).await;
                    drop(place);
                });
            }
            Err(error) if of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(kind = ?error.kind(), "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    notices.send_replace(Notice::Closing);
    let drained = timeout(limits.drain_time, async {
        while let Some(ended) = connections.join_next().await {
            report(&ended);
        }
    });
    if drained.await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were cut after the time to finish");
        connections.shutdown().await;
    }
}

fn report(ended: &Result<(), tokio::task::JoinError>) {
    if ended.is_err() {
        tracing::error!("a connection's task panicked");
    }
}

/// Errors that concern the connection that was about to be accepted, not the listener.
fn of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted)
}
