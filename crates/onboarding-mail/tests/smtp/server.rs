//! A mail server of the tests' own that keeps what it is given and misbehaves on demand. It notes every byte that came in the clear.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Where in a conversation something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    Hello,
    StartTls,
    Login,
    From,
    To,
    Data,
    Dot,
}

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// This reply instead of the usual one.
    Say(&'static str),
    /// Nothing, for as long as the client waits.
    Hang,
    /// The connection is reset.
    Drop,
    /// The usual reply, a byte now and then.
    Drip,
    /// A reply that never ends.
    Endless,
    /// A line that never ends.
    EndlessLine,
}

/// How a server is.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    /// TLS from the first byte.
    pub(crate) tls: bool,
    /// What is missing in its greeting.
    pub(crate) lacks: Vec<&'static str>,
    pub(crate) quirk: Option<(At, Does)>,
    /// Only for a recipient that contains this.
    pub(crate) only_for: Option<&'static str>,
    /// Said right behind the reply to `STARTTLS`, before TLS.
    pub(crate) injects: Option<&'static str>,
    /// Takes its leave after every mail, as after a long silence.
    pub(crate) leaves: bool,
    pub(crate) certificate: Certificate,
}

/// Which certificate it shows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Certificate {
    #[default]
    Good,
    WrongName,
    Expired,
    Stranger,
}

/// A mail as it came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Default)]
struct Kept {
    mails: Vec<Came>,
    clear: Vec<u8>,
    logins: Vec<String>,
    connections: usize,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Whom to trust.
    pub(crate) root: CertificateDer<'static>,
    kept: Arc<Mutex<Kept>>,
}

impl Server {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (root, config) = certificates(manner.certificate);
        let kept = Arc::<Mutex<Kept>>::default();
        let server = Self { address, root, kept: kept.clone() };
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().unwrap().connections += 1;
                let (manner, kept, acceptor) = (manner.clone(), kept.clone(), acceptor.clone());
                tokio::spawn(async move { talk(stream, &manner, &kept, &acceptor).await });
            }
        });
        server
    }

    pub(crate) fn mails(&self) -> Vec<Came> {
        self.kept.lock().unwrap().mails.clone()
    }

    /// Everything a listener on the line could read.
    pub(crate) fn clear(&self) -> String {
        String::from_utf8_lossy(&self.kept.lock().unwrap().clear).into_owned()
    }

    pub(crate) fn logins(&self) -> Vec<String> {
        self.kept.lock().unwrap().logins.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }
}

/// A root, and a server's configuration with a certificate below it.
fn certificates(which: Certificate) -> (CertificateDer<'static>, ServerConfig) {
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let trusted = root.clone().self_signed(&root_key).unwrap();
    let names =
        if which == Certificate::WrongName { vec!["elsewhere.example".to_owned()] } else { vec!["localhost".into(), "127.0.0.1".into()] };
    let mut own = CertificateParams::new(names).unwrap();
    if which == Certificate::Expired {
        own.not_before = rcgen::date_time_ymd(2020, 1, 1);
        own.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let certificate = if which == Certificate::Stranger {
        own.self_signed(&key).unwrap()
    } else {
        own.signed_by(&key, &Issuer::new(root, root_key)).unwrap()
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    (trusted.der().clone(), config.with_single_cert(vec![certificate.der().clone()], private).unwrap())
}

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

async fn talk(stream: TcpStream, manner: &Manner, kept: &Mutex<Kept>, acceptor: &TlsAcceptor) {
    let (mut line, encrypted): (Box<dyn Line>, bool) = if manner.tls {
        match acceptor.accept(stream).await {
            Ok(stream) => (Box::new(stream), true),
            Err(_) => return,
        }
    } else {
        match clear(stream, manner, kept, acceptor).await {
            Some(talking) => talking,
            None => return,
        }
    };
    // After STARTTLS there is no greeting.
    let greets = manner.tls || !encrypted;
    let talk = Talk { manner, kept, line: &mut line, heard: Vec::new(), encrypted };
    talk.run(greets).await;
}

/// The part before STARTTLS, if the client asks for it.
async fn clear(stream: TcpStream, manner: &Manner, kept: &Mutex<Kept>, acceptor: &TlsAcceptor) -> Option<(Box<dyn Line>, bool)> {
    if manner.lacks.contains(&"STARTTLS") {
        return Some((Box::new(stream), false));
    }
    let mut boxed: Box<dyn Line> = Box::new(stream);
    let mut talk = Talk { manner, kept, line: &mut boxed, heard: Vec::new(), encrypted: false };
    if !talk.reply(At::Greeting, "220 test.example\r\n", "").await {
        return None;
    }
    loop {
        let word = talk.hear().await?;
        if word.to_ascii_uppercase().starts_with("EHLO") {
            if !talk.reply(At::Hello, &talk.extensions(), "").await {
                return None;
            }
        } else if word.eq_ignore_ascii_case("STARTTLS") {
            let reply = format!("220 go on\r\n{}", manner.injects.unwrap_or_default());
            if !talk.reply(At::StartTls, &reply, "").await {
                return None;
            }
            break;
        } else if !talk.say("502 what?\r\n").await {
            return None;
        }
    }
    let stream = acceptor.accept(boxed).await.ok()?;
    Some((Box::new(stream), true))
}

struct Talk<'a> {
    manner: &'a Manner,
    kept: &'a Mutex<Kept>,
    line: &'a mut Box<dyn Line>,
    heard: Vec<u8>,
    encrypted: bool,
}

impl Talk<'_> {
    fn extensions(&self) -> String {
        let mut all = vec!["8BITMIME", "SMTPUTF8"];
        all.push(if self.encrypted { "AUTH PLAIN LOGIN" } else { "STARTTLS" });
        all.retain(|word| !self.manner.lacks.iter().any(|lacks| word.starts_with(lacks)));
        format!("250-test.example\r\n250-{}\r\n250 PIPELINING\r\n", all.join("\r\n250-"))
    }

    async fn run(mut self, greets: bool) {
        if greets && !self.reply(At::Greeting, "220 test.example\r\n", "").await {
            return;
        }
        let (mut from, mut to) = (String::new(), Vec::new());
        while let Some(word) = self.hear().await {
            let upper = word.to_ascii_uppercase();
            let goes_on = if upper.starts_with("EHLO") {
                self.reply(At::Hello, &self.extensions(), "").await
            } else if upper.starts_with("AUTH") {
                self.kept.lock().unwrap().logins.push(word);
                self.reply(At::Login, "235 welcome\r\n", "").await
            } else if upper.starts_with("MAIL FROM:") {
                from = word;
                to.clear();
                self.reply(At::From, "250 ok\r\n", "").await
            } else if upper.starts_with("RCPT TO:") {
                to.push(word.split(['<', '>']).nth(1).unwrap_or_default().to_owned());
                self.reply(At::To, "250 ok\r\n", &word).await
            } else if upper == "DATA" {
                let recipient = to.first().cloned().unwrap_or_default();
                let begun = self.reply(At::Data, "354 go on\r\n", &recipient).await;
                let goes_on = begun && self.quirk(At::Data).is_none_or(|does| !matches!(does, Does::Say(_)));
                if goes_on {
                    let Some(bytes) = self.text().await else { return };
                    let taken = self.quirk_for(At::Dot, &recipient);
                    if taken.is_none_or(|does| !matches!(does, Does::Say(_))) {
                        self.kept.lock().unwrap().mails.push(Came { from: from.clone(), to: to.clone(), bytes });
                    }
                    self.reply(At::Dot, "250 taken\r\n", &recipient).await && !self.manner.leaves
                } else {
                    begun
                }
            } else if upper == "QUIT" {
                let _ = self.say("221 bye\r\n").await;
                false
            } else {
                self.say("250 ok\r\n").await
            };
            if !goes_on {
                return;
            }
        }
    }

    fn quirk(&self, at: At) -> Option<Does> {
        self.manner.quirk.filter(|(where_, _)| *where_ == at).map(|(_, does)| does)
    }

    fn quirk_for(&self, at: At, recipient: &str) -> Option<Does> {
        self.quirk(at).filter(|_| self.manner.only_for.is_none_or(|only| recipient.contains(only)))
    }

    /// The usual reply, or what happens instead; whether the conversation goes on.
    async fn reply(&mut self, at: At, usual: &str, recipient: &str) -> bool {
        match self.quirk_for(at, recipient) {
            None => self.say(usual).await,
            Some(Does::Say(reply)) => self.say(reply).await && !reply.starts_with("421"),
            Some(Does::Drop) => false,
            Some(Does::Hang) => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                false
            }
            Some(Does::Drip) => {
                for byte in usual.bytes() {
                    if self.line.write_all(&[byte]).await.is_err() || self.line.flush().await.is_err() {
                        return false;
                    }
                    tokio::time::sleep(Duration::from_millis(400)).await;
                }
                true
            }
            Some(Does::Endless) => {
                while self.say("250-and another thing\r\n").await {}
                false
            }
            Some(Does::EndlessLine) => {
                while self.say(&"x".repeat(4096)).await {}
                false
            }
        }
    }

    async fn say(&mut self, words: &str) -> bool {
        self.line.write_all(words.as_bytes()).await.is_ok() && self.line.flush().await.is_ok()
    }

    async fn hear(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.heard.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.heard.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.read().await?;
        }
    }

    /// A text up to its dot, with the dots that were doubled taken out.
    async fn text(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.heard.windows(5).position(|five| five == b"\r\n.\r\n") {
                let text: Vec<u8> = self.heard.drain(..end + 5).collect();
                let text = String::from_utf8_lossy(&text[..end + 2]).replace("\r\n..", "\r\n.");
                return Some(text.into_bytes());
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Option<()> {
        let mut buffer = [0; 4096];
        let read = self.line.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        if !self.encrypted {
            self.kept.lock().unwrap().clear.extend_from_slice(&buffer[..read]);
        }
        self.heard.extend_from_slice(&buffer[..read]);
        Some(())
    }
}
