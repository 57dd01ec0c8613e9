//! Handing mails to a mail server by SMTP: one recipient a mail, encrypted or on loopback, each outcome told apart.
//!
//! What it decides: how it connects (`connect`), how long each part may take, and what a broken conversation means (`outcome`).
//! When a mail is sent again is the outbox's affair.
//!
//! A delivery ends before the lease that it was taken under: otherwise another worker would send the same mail beside this one.

mod connect;
mod outcome;
mod pace;
mod wire;

use crate::message::{self, Encoding};
use async_trait::async_trait;
use connect::Connection;
use lettre::Address;
use lettre::message::Message;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use onboarding::ports::{MailError, Mailer, Receipt, RenderedMail};
use onboarding_core::{DeliveryId, EmailAddress};
use outcome::{Broken, Stage, Told};
use pace::Pace;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Connections that wait for the next mail.
const KEPT: usize = 2;

/// How the conversation is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (`smtps`, port 465). Source: RFC 8314 3.3.
    Tls,
    /// TLS after `STARTTLS`, which the server must offer (port 587). Source: RFC 3207.
    StartTls,
    /// None: for a mail server on this machine. Refused for any other address.
    Loopback,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// To reach the server and agree on a key.
    pub connect: Duration,
    /// For each answer.
    pub answer: Duration,
    /// For a whole delivery: less than the lease that the outbox gives, 30 seconds.
    pub delivery: Duration,
    /// How long a connection is kept without a mail: servers close idle ones after a few minutes, some after seconds.
    pub idle: Duration,
}

impl Default for Patience {
    /// A server that takes longer than this is one to come back to: RFC 5321 4.5.3.2 allows it minutes, a lease does not.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(8),
            answer: Duration::from_secs(12),
            delivery: Duration::from_secs(20),
            idle: Duration::from_secs(15),
        }
    }
}

/// Who we are to the server.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// A mail server, and how to speak with it.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name or address; the certificate must be for it.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// How the conversation is protected.
    pub security: Security,
    /// Sent only after TLS.
    pub login: Option<Login>,
    /// Who signs its certificate; empty: those whom browsers trust.
    pub roots: Vec<CertificateDer<'static>>,
    /// What we call ourselves: a domain name.
    pub hello: String,
    /// Mails a minute to one domain, at most; `None`: as they come.
    pub per_minute: Option<u32>,
    /// How long things may take.
    pub patience: Patience,
}

/// Why a mailer cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    /// Mails and passwords would go over the net in the clear.
    #[error("without TLS mails go only to a server on this machine")]
    Plaintext,
    /// A password would.
    #[error("a password is sent only under TLS")]
    PlaintextLogin,
    /// No certificate can be for such a name.
    #[error("the mail server's name is neither a domain nor an address")]
    Host,
    /// The certificates to trust cannot be read.
    #[error("could not use the certificates to trust: {0}")]
    Roots(String),
}

/// The certificates in a file (PEM).
///
/// # Errors
/// A file that cannot be read, or holds none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SmtpError> {
    let unusable = |error: rustls::pki_types::pem::Error| SmtpError::Roots(error.to_string());
    let all = CertificateDer::pem_file_iter(path).map_err(unusable)?.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
    if all.is_empty() { Err(SmtpError::Roots("the file holds none".to_owned())) } else { Ok(all) }
}

/// Sends by SMTP.
pub struct SmtpMailer {
    settings: SmtpSettings,
    tls: Option<connect::Tls>,
    idle: Mutex<Vec<(Connection, Instant)>>,
    pace: Option<Pace>,
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer").field("host", &self.settings.host).field("port", &self.settings.port).finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// A mailer for this server. Nothing is connected yet.
    ///
    /// # Errors
    /// Settings under which something would travel unprotected, or nothing could be trusted.
    pub fn new(settings: SmtpSettings) -> Result<Self, SmtpError> {
        let tls = match settings.security {
            Security::Loopback if !connect::is_loopback(&settings.host) => return Err(SmtpError::Plaintext),
            Security::Loopback if settings.login.is_some() => return Err(SmtpError::PlaintextLogin),
            Security::Loopback => None,
            Security::Tls | Security::StartTls => Some(connect::Tls::new(&settings.host, &settings.roots)?),
        };
        let pace = settings.per_minute.map(Pace::new);
        Ok(Self { settings, tls, idle: Mutex::default(), pace })
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<(Connection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that was used before and may still be good.
    fn used(&self) -> Option<Connection> {
        let mut idle = self.kept();
        idle.retain(|(_, since)| since.elapsed() < self.settings.patience.idle);
        idle.pop().map(|(connection, _)| connection)
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.kept();
        if idle.len() < KEPT {
            idle.push((connection, Instant::now()));
        }
    }

    async fn deliver(&self, told: &Arc<Told>, mail: &RenderedMail) -> Result<Receipt, Broken> {
        if let Some(mut connection) = self.used() {
            match self.hand_over(&mut connection, told, mail).await {
                // Closed while it was idle: nothing of this mail was said.
                Err(broken) if broken.is_silence() && told.stage() == Stage::From => {}
                outcome => return self.back(connection, outcome),
            }
        }
        told.reached(Stage::Connect);
        let mut connection = self.connect(told).await?;
        let outcome = self.hand_over(&mut connection, told, mail).await;
        self.back(connection, outcome)
    }

    /// Keeps a connection that is good for another mail.
    fn back<T>(&self, connection: Connection, outcome: Result<T, Broken>) -> Result<T, Broken> {
        if outcome.is_ok() && !connection.has_broken() {
            self.keep(connection);
        }
        outcome
    }

    async fn connect(&self, told: &Told) -> Result<Connection, Broken> {
        let hello = ClientId::Domain(self.settings.hello.clone());
        let Patience { connect, answer, .. } = self.settings.patience;
        let mut connection = connect::open(&self.settings, self.tls.as_ref(), &hello, connect, answer, told).await?;
        if let Some(login) = &self.settings.login {
            told.reached(Stage::Login);
            let credentials = Credentials::new(login.user.clone(), login.password.expose_secret().to_owned());
            connection.sign_in(&credentials, answer).await?;
        }
        Ok(connection)
    }

    async fn hand_over(&self, connection: &mut Connection, told: &Arc<Told>, mail: &RenderedMail) -> Result<Receipt, Broken> {
        let answer = self.settings.patience.answer;
        told.reached(Stage::From);
        let eight_bit = connection.offers(Extension::EightBitMime);
        let encoding = if eight_bit { Encoding::AsItIs } else { Encoding::SevenBit };
        let message = message::build(mail, encoding).map_err(|_| Broken::Unwritable)?;
        let (from, to) = envelope(&message)?;
        let mut parameters = Vec::new();
        if !(mail.to.as_str().is_ascii() && mail.from.as_str().is_ascii()) {
            if !connection.offers(Extension::SmtpUtfEight) {
                return Err(Broken::NoSuchAlphabet);
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let bytes = message.formatted();
        if !bytes.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        connection.command(Mail::new(Some(from), parameters), answer).await?;
        told.reached(Stage::To);
        connection.command(Rcpt::new(to, Vec::new()), answer).await?;
        told.reached(Stage::Data);
        connection.command(Data, answer).await?;
        told.reached(Stage::Text);
        let answer = connection.text(&bytes, answer, told).await?;
        Ok(Receipt { answer })
    }
}

/// The one sender and the one recipient.
fn envelope(message: &Message) -> Result<(Address, Address), Broken> {
    let envelope = message.envelope();
    match (envelope.from(), envelope.to()) {
        (Some(from), [to]) => Ok((from.clone(), to.clone())),
        _ => Err(Broken::Unwritable),
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError> {
        let told = Arc::new(Told::default());
        let outcome = tokio::time::timeout(self.settings.patience.delivery, self.deliver(&told, mail)).await;
        match outcome {
            Ok(Ok(receipt)) => Ok(receipt),
            Ok(Err(broken)) => {
                let is_operators = broken.is_operators(told.stage());
                let error = broken.meaning(&told);
                if is_operators {
                    tracing::error!(delivery = %id, %error, "the mail server cannot be used as it is set up");
                }
                Err(error)
            }
            Err(_) => Err(Broken::Silent.meaning(&told)),
        }
    }

    fn hold(&self, to: &EmailAddress) -> Option<Duration> {
        self.pace.as_ref()?.take(to.as_str().rsplit('@').next().unwrap_or_default(), Instant::now())
    }
}
