//! A mail server that writes down what it was given before it says so, and now and then pulls the plug: at the recipient, after the
//! mail was given and before it is acknowledged, and right after. It speaks as much SMTP as one client needs.

use crate::sample;
use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Chances in a thousand, for each mail.
const AT_RECIPIENT: u32 = 15;
const BEFORE_REPLY: u32 = 25;
const AFTER_REPLY: u32 = 25;

/// A mail as it was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Taken {
    pub(super) message_id: String,
    pub(super) to: String,
    pub(super) code: Option<String>,
    pub(super) token: Option<String>,
}

/// Listens, and does not answer yet.
pub(super) struct Sink {
    listener: TcpListener,
    address: SocketAddr,
    journal: File,
    seed: u64,
}

/// Answers.
#[derive(Clone)]
pub(super) struct Served(Arc<Inner>);

struct Inner {
    taken: Mutex<Vec<Taken>>,
    journal: Mutex<File>,
    random: Mutex<StdRng>,
    stormy: AtomicBool,
    pull: Box<dyn Fn() + Send + Sync>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sink {
    pub(super) fn bind(journal: &Path, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("could not listen for mails")?;
        let address = listener.local_addr().context("could not tell where mails are taken")?;
        let journal = File::create(journal).context("could not open the journal of mails")?;
        Ok(Self { listener, address, journal, seed })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes mails from now on, until this process ends, and pulls the plug by `pull`.
    pub(super) fn serve(self, pull: impl Fn() + Send + Sync + 'static) -> Served {
        let served = Served(Arc::new(Inner {
            taken: Mutex::default(),
            journal: Mutex::new(self.journal),
            random: Mutex::new(StdRng::seed_from_u64(self.seed)),
            stormy: AtomicBool::new(true),
            pull: Box::new(pull),
        }));
        let (listener, inner) = (self.listener, served.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = inner.clone();
                // A client that was killed ends its conversation with an error; that is what it is for.
                std::thread::spawn(move || drop(inner.0.talk(stream)));
            }
        });
        served
    }
}

impl Served {
    pub(super) fn storm(&self) {
        self.0.stormy.store(true, Ordering::Relaxed);
    }

    pub(super) fn calm(&self) {
        self.0.stormy.store(false, Ordering::Relaxed);
    }

    /// Everything taken so far, in its order.
    pub(super) fn journal(&self) -> Vec<Taken> {
        held(&self.0.taken).clone()
    }

    /// The first mail with a link to this person.
    pub(super) fn mail_to(&self, number: u32) -> Option<Taken> {
        let to = sample::email(number);
        held(&self.0.taken).iter().find(|mail| mail.to == to && mail.token.is_some()).cloned()
    }
}

impl Inner {
    fn perhaps_pull(&self, in_a_thousand: u32) -> bool {
        let pulls = self.stormy.load(Ordering::Relaxed) && held(&self.random).random_range(0..1_000) < in_a_thousand;
        if pulls {
            (self.pull)();
        }
        pulls
    }

    fn talk(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut out = stream;
        out.write_all(b"220 sink.example\r\n")?;
        let (mut line, mut to) = (String::new(), String::new());
        loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let word = line.trim_end().to_ascii_uppercase();
            if word.starts_with("EHLO") {
                out.write_all(b"250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?;
            } else if word.starts_with("RCPT TO:") {
                if self.perhaps_pull(AT_RECIPIENT) {
                    return Ok(());
                }
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                out.write_all(b"250 ok\r\n")?;
            } else if word == "DATA" {
                out.write_all(b"354 go on\r\n")?;
                let taken = read(&mut lines, &to)?;
                let mut journal = held(&self.journal);
                writeln!(journal, "{taken:?}")?;
                journal.sync_data()?;
                drop(journal);
                held(&self.taken).push(taken);
                if self.perhaps_pull(BEFORE_REPLY) {
                    return Ok(());
                }
                out.write_all(b"250 taken\r\n")?;
                if self.perhaps_pull(AFTER_REPLY) {
                    return Ok(());
                }
            } else if word == "QUIT" {
                return out.write_all(b"221 bye\r\n");
            } else {
                out.write_all(b"250 ok\r\n")?;
            }
        }
    }
}

/// A mail up to its dot.
fn read(lines: &mut BufReader<TcpStream>, to: &str) -> io::Result<Taken> {
    let mut taken = Taken { message_id: String::new(), to: to.to_owned(), code: None, token: None };
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if lines.read_until(b'\n', &mut bytes)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end();
        if line == "." {
            return Ok(taken);
        }
        let line = line.strip_prefix('.').unwrap_or(line);
        if let Some(id) = line.strip_prefix("Message-ID:") {
            id.trim().trim_matches(['<', '>']).clone_into(&mut taken.message_id);
        }
        let is_code = line.len() == 9
            && line
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 { byte == b'-' } else { byte.is_ascii_uppercase() || byte.is_ascii_digit() });
        if is_code {
            taken.code.get_or_insert_with(|| line.to_owned());
        }
        if let Some((before, token)) = line.split_once("?t=")
            && before.contains("/confirm")
        {
            taken.token.get_or_insert_with(|| token.to_owned());
        }
    }
}
