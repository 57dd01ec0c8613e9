//! Reaching a mail server: encrypted at once, after `STARTTLS`, or in the clear on this machine.
//!
//! The clear part before TLS is spoken here, not by the library: it keeps what a server says after `220` for the encrypted part, so
//! that whoever stands between could put words into the server's mouth. Here not a byte may follow. Nothing of ours is in the clear
//! part but a greeting, and no name or password is at hand.

use super::outcome::{Broken, Stage, Told};
use super::wire::{Listener, Wire};
use super::{Security, SmtpError, SmtpSettings};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::{ClientId, Extension};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Most bytes a server may say before TLS.
const CLEAR_AT_MOST: usize = 16 * 1024;

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whom to trust, and for which name.
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub(super) fn new(host: &str, roots: &[CertificateDer<'static>]) -> Result<Self, SmtpError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| SmtpError::Host)?;
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root.clone()).map_err(|error| SmtpError::Roots(error.to_string()))?;
        }
        if roots.is_empty() {
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SmtpError::Roots(error.to_string()))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }
}

/// A conversation that has begun.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    listener: Arc<Listener>,
}

/// Reaches the server and exchanges greetings.
pub(super) async fn open(
    settings: &SmtpSettings,
    tls: Option<&Tls>,
    hello: &ClientId,
    connect: Duration,
    answer: Duration,
    told: &Told,
) -> Result<Connection, Broken> {
    let stream = timeout(connect, TcpStream::connect((settings.host.as_str(), settings.port)));
    let mut stream = stream.await.map_err(|_| Broken::Silent)?.map_err(|_| Broken::Gone)?;
    let peer = stream.peer_addr().map_err(|_| Broken::Gone)?;
    // A name may lead anywhere, whatever it says.
    if settings.security == Security::Loopback && !peer.ip().is_loopback() {
        return Err(Broken::NoTls);
    }
    // What is said in one go is sent in one go; nothing waits for more.
    stream.set_nodelay(true).map_err(|_| Broken::Gone)?;
    let listener = Arc::<Listener>::default();
    let wire = match (settings.security, tls) {
        (Security::Loopback, _) | (_, None) => Wire::plain(stream, peer, Arc::clone(&listener)),
        (security, Some(tls)) => {
            let mut first: &[u8] = b"";
            if security == Security::StartTls {
                told.reached(Stage::Hello);
                ask_for_tls(&mut stream, hello, answer).await?;
                // The library waits for a greeting, which was given before TLS.
                first = b"220 \r\n";
            }
            told.reached(Stage::Tls);
            let shaken = timeout(connect, tls.connector.connect(tls.name.clone(), stream)).await.map_err(|_| Broken::Silent)?;
            Wire::encrypted(shaken.map_err(|_| Broken::Distrusted)?, peer, first, Arc::clone(&listener))
        }
    };
    told.reached(Stage::Hello);
    let smtp = timeout(answer, AsyncSmtpConnection::connect_with_transport(Box::new(wire), hello)).await;
    Ok(Connection { smtp: smtp.map_err(|_| Broken::Silent)??, listener })
}

/// The clear part: greeting, extensions, `STARTTLS`, and not a byte more.
async fn ask_for_tls(stream: &mut TcpStream, hello: &ClientId, answer: Duration) -> Result<(), Broken> {
    let mut heard = Vec::new();
    hear(stream, &mut heard, answer, 220).await?;
    say(stream, &format!("EHLO {hello}\r\n"), answer).await?;
    let extensions = hear(stream, &mut heard, answer, 250).await?;
    if !extensions.lines().any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))) {
        return Err(Broken::NoTls);
    }
    say(stream, "STARTTLS\r\n", answer).await?;
    hear(stream, &mut heard, answer, 220).await?;
    if heard.is_empty() { Ok(()) } else { Err(Broken::NoTls) }
}

async fn say(stream: &mut TcpStream, words: &str, patience: Duration) -> Result<(), Broken> {
    timeout(patience, stream.write_all(words.as_bytes())).await.map_err(|_| Broken::Silent)?.map_err(|_| Broken::Gone)
}

/// One answer with this code; what came after it stays in `heard`.
async fn hear(stream: &mut TcpStream, heard: &mut Vec<u8>, patience: Duration, code: u16) -> Result<String, Broken> {
    let answer = async {
        let mut all = String::new();
        loop {
            while let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8(heard.drain(..=end).collect()).map_err(|_| Broken::Garbled)?;
                let told: u16 = line.get(..3).and_then(|code| code.parse().ok()).ok_or(Broken::Garbled)?;
                let last = line.as_bytes().get(3) != Some(&b'-');
                all.push_str(&line);
                if all.len() > CLEAR_AT_MOST {
                    return Err(Broken::Garbled);
                }
                if last {
                    return if told == code { Ok(all) } else { Err(Broken::Refused(told)) };
                }
            }
            if heard.len() > CLEAR_AT_MOST {
                return Err(Broken::Garbled);
            }
            let mut buffer = [0; 1024];
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return Err(Broken::Gone),
                Ok(read) => heard.extend_from_slice(&buffer[..read]),
            }
        }
    };
    timeout(patience, answer).await.map_err(|_| Broken::Silent)?
}

impl Connection {
    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.smtp.server_info().supports_feature(extension)
    }

    pub(super) fn has_broken(&self) -> bool {
        self.smtp.has_broken()
    }

    pub(super) async fn sign_in(&mut self, credentials: &Credentials, patience: Duration) -> Result<(), Broken> {
        let signed = timeout(patience, self.smtp.auth(&[Mechanism::Plain, Mechanism::Login], credentials)).await;
        signed.map_err(|_| Broken::Silent)??;
        Ok(())
    }

    pub(super) async fn command(&mut self, command: impl Display, patience: Duration) -> Result<(), Broken> {
        timeout(patience, self.smtp.command(command)).await.map_err(|_| Broken::Silent)??;
        Ok(())
    }

    /// Sends the text up to its dot; the answer is the server's code.
    pub(super) async fn text(&mut self, bytes: &[u8], patience: Duration, told: &Arc<Told>) -> Result<String, Broken> {
        self.listener.set(Some(Arc::clone(told)));
        let answered = timeout(patience, self.smtp.message(bytes)).await;
        self.listener.set(None);
        let answer = answered.map_err(|_| Broken::Silent)??;
        Ok(format!("smtp_{}", u16::from(answer.code())))
    }
}
