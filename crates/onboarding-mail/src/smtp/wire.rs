//! The stream below a conversation: plain or encrypted, bounded in what it takes in, and it notices the final dot.

use super::outcome::Told;
use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Most bytes that a server may say between two of our commands. A greeting with all its extensions has some hundred.
const ANSWER_AT_MOST: usize = 64 * 1024;

/// Whose conversation runs over a wire at present: a kept connection serves one delivery after another.
#[derive(Debug, Default)]
pub(super) struct Listener(Mutex<Option<Arc<Told>>>);

impl Listener {
    pub(super) fn set(&self, told: Option<Arc<Told>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }

    fn dot(&self) {
        if let Some(told) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            told.dot();
        }
    }
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// The stream.
#[derive(Debug)]
pub(super) struct Wire {
    inner: Inner,
    peer: SocketAddr,
    /// Bytes that were read already, to be given first.
    first: Vec<u8>,
    given: usize,
    heard: usize,
    listener: Arc<Listener>,
}

impl Wire {
    pub(super) fn plain(stream: TcpStream, peer: SocketAddr, listener: Arc<Listener>) -> Self {
        Self { inner: Inner::Plain(stream), peer, first: Vec::new(), given: 0, heard: 0, listener }
    }

    /// `first` stands for what the server said before.
    pub(super) fn encrypted(stream: TlsStream<TcpStream>, peer: SocketAddr, first: &[u8], listener: Arc<Listener>) -> Self {
        Self { inner: Inner::Encrypted(Box::new(stream)), peer, first: first.to_vec(), given: 0, heard: 0, listener }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.given < self.first.len() {
            let part = buffer.remaining().min(self.first.len() - self.given);
            buffer.put_slice(&self.first[self.given..self.given + part]);
            self.given += part;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Inner::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        self.heard += buffer.filled().len() - before;
        if self.heard > ANSWER_AT_MOST {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "an answer without end")));
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // How the library ends a text, and nothing else that it writes.
        if bytes == b"\r\n.\r\n" {
            self.listener.dot();
        }
        self.heard = 0;
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Inner::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(context),
            Inner::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Inner::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
