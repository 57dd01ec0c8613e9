//! One `POST` to a printer and its answer, each on a connection of its own: bounded in bytes and, by its caller, in time.
//!
//! Our own, because it must be known whether anything of a letter went out when a connection breaks.

use super::outcome::Broken;
use super::{IppAddress, IppError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// An answer is a list of jobs at most.
const ANSWER_MOST: usize = 4 * 1024 * 1024;

/// Whom to trust.
pub(super) struct Tls(TlsConnector);

impl Tls {
    pub(super) fn new(ca_file: Option<&Path>) -> Result<Self, IppError> {
        let mut roots = RootCertStore::empty();
        match ca_file {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(path) => {
                let unreadable = || IppError::Certificates(path.to_owned());
                for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unreadable())? {
                    roots.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
                }
                if roots.is_empty() {
                    return Err(unreadable());
                }
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| IppError::Setup)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

/// The way to a printer.
pub(super) struct Line {
    pub(super) address: IppAddress,
    pub(super) tls: Option<Tls>,
    pub(super) connect: Duration,
}

impl Line {
    /// Posts a request and returns the answer's body. `said` is set before the first byte goes out.
    pub(super) async fn post(&self, body: &[u8], said: &AtomicBool) -> Result<Vec<u8>, Broken> {
        let host = self.address.host.as_str();
        let reached = tokio::time::timeout(self.connect, TcpStream::connect((host, self.address.port))).await;
        let stream = reached.map_err(|_| Broken::Unreachable)?.map_err(|_| Broken::Unreachable)?;
        match &self.tls {
            Some(Tls(tls)) => {
                let name = ServerName::try_from(host.to_owned()).map_err(|_| Broken::Distrusted)?;
                let stream = tls.connect(name, stream).await.map_err(|error| distrust(&error))?;
                self.exchange(stream, body, said).await
            }
            // The name may lead elsewhere than it says.
            None if !stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback()) => Err(Broken::Distrusted),
            None => self.exchange(stream, body, said).await,
        }
    }

    async fn exchange(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, body: &[u8], said: &AtomicBool) -> Result<Vec<u8>, Broken> {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address.path,
            self.address.authority(),
            body.len()
        );
        said.store(true, Ordering::SeqCst);
        let sent = async {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body).await?;
            stream.flush().await
        }
        .await;
        // A printer that has heard enough may answer and close before it has read everything.
        let answer = answer(&mut stream).await;
        match (sent, answer) {
            (Err(_), Err(Broken::Garbled)) => Err(Broken::Gone),
            (_, answer) => answer,
        }
    }
}

fn distrust(error: &io::Error) -> Broken {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>()) {
        Some(_) => Broken::Distrusted,
        None => Broken::Unreachable,
    }
}

async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 8192];
    loop {
        let count = stream.read(&mut chunk).await.unwrap_or_default();
        bytes.extend_from_slice(&chunk[..count]);
        match read(&bytes, count == 0) {
            Read::Whole(Ok(body)) => return Ok(body),
            Read::Whole(Err(status)) => return Err(Broken::Http(status)),
            Read::Garbled => return Err(Broken::Garbled),
            Read::More if count == 0 => return Err(if bytes.is_empty() { Broken::Gone } else { Broken::Garbled }),
            Read::More if bytes.len() > ANSWER_MOST => return Err(Broken::Garbled),
            Read::More => {}
        }
    }
}

enum Read {
    /// The body, or the status of a refusal.
    Whole(Result<Vec<u8>, u16>),
    More,
    Garbled,
}

/// Reads an answer as far as it is there. Answers that announce another one (`100 Continue`) are passed over.
fn read(mut bytes: &[u8], is_end: bool) -> Read {
    loop {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Read::More };
        let Ok(head) = std::str::from_utf8(&bytes[..end]) else { return Read::Garbled };
        bytes = &bytes[end + 4..];
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|code| code.parse::<u16>().ok());
        let Some(status) = status else { return Read::Garbled };
        match status {
            100..=199 => {}
            200 => return body(lines, bytes, is_end),
            _ => return Read::Whole(Err(status)),
        }
    }
}

fn body<'a>(headers: impl Iterator<Item = &'a str>, bytes: &[u8], is_end: bool) -> Read {
    let (mut length, mut chunked) = (None, false);
    for (name, value) in headers.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            let Ok(given) = value.parse::<usize>() else { return Read::Garbled };
            length = Some(given);
        }
        chunked |= name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked");
    }
    match (chunked, length) {
        (true, _) => unchunked(bytes),
        (false, Some(length)) if bytes.len() >= length => Read::Whole(Ok(bytes[..length].to_vec())),
        (false, Some(_)) => Read::More,
        (false, None) if is_end => Read::Whole(Ok(bytes.to_vec())),
        (false, None) => Read::More,
    }
}

fn unchunked(mut bytes: &[u8]) -> Read {
    let mut body = Vec::new();
    loop {
        let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") else { return Read::More };
        let line = std::str::from_utf8(&bytes[..end]).unwrap_or_default();
        let size = line.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else { return Read::Garbled };
        if size > ANSWER_MOST {
            return Read::Garbled;
        }
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Read::Whole(Ok(body));
        }
        let (Some(part), Some(rest)) = (bytes.get(..size), bytes.get(size + 2..)) else { return Read::More };
        body.extend_from_slice(part);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str, is_end: bool) -> Option<Result<Vec<u8>, u16>> {
        match read(text.as_bytes(), is_end) {
            Read::Whole(answer) => Some(answer),
            Read::More | Read::Garbled => None,
        }
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_no_further() {
        let ok = Some(Ok(b"abcde".to_vec()));
        assert_eq!(whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcdefg", false), ok);
        assert_eq!(whole("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd", true), None);
        assert_eq!(whole("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nabcde", true), ok);
        assert_eq!(whole("HTTP/1.0 200 OK\r\n\r\nabcde", false), None);
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(whole(chunked, false), ok);
        assert_eq!(whole(&chunked[..chunked.len() - 7], true), None);
        assert_eq!(whole("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n", false), Some(Err(401)));
        for garbled in ["SSH-2.0\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"] {
            assert!(matches!(read(garbled.as_bytes(), true), Read::Garbled), "{garbled}");
        }
    }
}
