//! Watches one connection's socket: what it is waiting for, since when, and so until when.
//!
//! hyper's own header timer can't tell a connection at rest between two requests from a half-sent header; the first byte can.

use super::{EdgeLimits, RequestClock};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

/// How much longer than a request's own clock its connection lives: that clock answers with a problem, this one only hangs up.
const GRACE: Duration = Duration::from_secs(2);

/// What a connection is waiting for.
enum Phase {
    /// Its next request, since then.
    Idle(Instant),
    /// The rest of a header, since its first byte (the first one: since the connection was made).
    Header(Instant),
    /// The answer to a request.
    Answer(RequestClock),
}

/// One connection's phase, shared by its socket, its service and its watchdog.
pub(super) struct Watch {
    limits: EdgeLimits,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Since when the client takes nothing of what is ready for it.
    stalled: Option<Instant>,
}

impl Watch {
    pub(super) fn new(limits: EdgeLimits) -> Self {
        Self { limits, state: Mutex::new(State { phase: Phase::Header(Instant::now()), stalled: None }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; and a phase is whole at any moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the connection is to be cut if nothing else happens.
    pub(super) fn deadline(&self) -> Instant {
        let state = self.state();
        let phase = match &state.phase {
            Phase::Idle(since) => *since + self.limits.idle_time,
            Phase::Header(since) => *since + self.limits.header_time,
            Phase::Answer(clock) => clock.until() + GRACE,
        };
        state.stalled.map_or(phase, |since| phase.min(since + self.limits.stall_time))
    }

    /// Whether the connection rests between two requests.
    pub(super) fn idle(&self) -> bool {
        matches!(self.state().phase, Phase::Idle(_))
    }

    /// A request's header is complete: its clock runs from its first byte.
    pub(super) fn begin(&self) -> RequestClock {
        let mut state = self.state();
        let began = match &state.phase {
            Phase::Header(since) => *since,
            // Its bytes came together with the request before.
            Phase::Idle(_) | Phase::Answer(_) => Instant::now(),
        };
        let clock = RequestClock::new(began, &self.limits);
        state.phase = Phase::Answer(clock.clone());
        clock
    }

    /// The answer stands.
    pub(super) fn end(&self) {
        self.state().phase = Phase::Idle(Instant::now());
    }

    fn received(&self) {
        let mut state = self.state();
        if let Phase::Idle(_) = state.phase {
            state.phase = Phase::Header(Instant::now());
        }
    }

    fn sent<T>(&self, outcome: &Poll<T>) {
        let mut state = self.state();
        match outcome {
            Poll::Ready(_) => {
                state.stalled = None;
                // A long answer that is being taken is no rest.
                if let Phase::Idle(since) = &mut state.phase {
                    *since = Instant::now();
                }
            }
            Poll::Pending => {
                state.stalled.get_or_insert_with(Instant::now);
            }
        }
    }
}

/// A socket that tells its [`Watch`] what passes.
pub(super) struct Watched {
    pub(super) stream: TcpStream,
    pub(super) watch: Arc<Watch>,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.watch.received();
        }
        outcome
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch.sent(&outcome);
        outcome
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch.sent(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
