//! The people: each tries until it has an answer, with the same key and the same words, at whichever server.

use super::sink::Taken;
use crate::sample;
use anyhow::{Context, Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many are at it at once.
const AT_ONCE: usize = 6;
/// How long one may try for an answer.
const PATIENCE: Duration = Duration::from_mins(3);
/// How long one waits for a word on one connection.
const SILENCE: Duration = Duration::from_secs(5);

/// Somebody whose registration was answered.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) number: u32,
    pub(super) handle: String,
}

/// Everybody.
pub(super) struct Crowd {
    servers: Vec<SocketAddr>,
    seed: u64,
    consents: Mutex<Option<Value>>,
}

impl Crowd {
    pub(super) fn new(servers: Vec<SocketAddr>, seed: u64) -> Result<Self> {
        ensure!(!servers.is_empty(), "there is no server");
        Ok(Self { servers, seed, consents: Mutex::new(None) })
    }

    /// As many register; each answer that was given. Whoever is told to come back another day gives up, and must not be registered.
    pub(super) fn register(&self, people: u32) -> Result<Vec<Answered>> {
        let numbers: Vec<u32> = (0..people).collect();
        let all = self.each(&numbers, |number, random| {
            let body = json!({
                "claim": { "number": sample::record(*number), "last_name": sample::last_name(*number) },
                "email": sample::email(*number), "password": sample::PASSWORD, "consents": self.consents(random)?,
            });
            let path = format!("/api/v1/{}/registrations", sample::PORTAL);
            let key = format!("register-{:032x}", random.random::<u128>());
            let call = Call { method: "POST", path: &path, from: *number, key: Some(&key), body: Some(&body) };
            // A try that a crash cut off stays counted: five of them are an address's share of a day.
            let Some(answer) = self.try_for(random, &call)? else { return Ok(None) };
            let handle = answer["registration"].as_str().context("an answer without a handle")?.to_owned();
            // Once more, as somebody who has not seen the answer would: it must be the same.
            let again = self.try_for(random, &call)?;
            let same = again.is_some_and(|again| again["registration"] == answer["registration"]);
            Ok(Some(Answered { number: *number, handle: if same { handle } else { String::new() } }))
        })?;
        Ok(all.into_iter().flatten().collect())
    }

    /// Each confirms by its mail: every other by the code, the rest by the link.
    pub(super) fn confirm(&self, people: &[&Answered], mail_to: impl Fn(u32) -> Option<Taken> + Sync) -> Result<()> {
        self.each(people, |person, random| {
            let mail = mail_to(person.number).context("a mail went away")?;
            let (path, body) = match mail.code.filter(|_| person.number % 2 == 0) {
                Some(code) => (format!("registrations/{}/confirm", person.handle), json!({ "code": code })),
                None => ("confirmations".to_owned(), json!({ "token": mail.token.context("a mail without a link")? })),
            };
            // The same key whenever the same person confirms: whether it was done is then for the server to know.
            let key = format!("confirm-{:032}", person.number);
            let path = format!("/api/v1/{}/{path}", sample::PORTAL);
            let call = Call { method: "POST", path: &path, from: person.number, key: Some(&key), body: Some(&body) };
            let answer = self.insist(random, &call)?;
            ensure!(answer["state"] == "active", "a confirmation ended in {answer}");
            Ok(())
        })?;
        Ok(())
    }

    fn consents(&self, random: &mut StdRng) -> Result<Value> {
        if let Some(known) = &*self.consents.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(known.clone());
        }
        let path = format!("/api/v1/{}/documents", sample::PORTAL);
        let list = self.insist(random, &Call { method: "GET", path: &path, from: 0, key: None, body: None })?;
        let all: Value = list
            .as_array()
            .context("no list of documents")?
            .iter()
            .map(|document| json!({ "document": document["document"], "version": document["version"], "granted": true }))
            .collect();
        *self.consents.lock().unwrap_or_else(PoisonError::into_inner) = Some(all.clone());
        Ok(all)
    }

    fn each<P: Sync, T: Send>(&self, people: &[P], act: impl Fn(&P, &mut StdRng) -> Result<T> + Sync) -> Result<Vec<T>> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let walkers: Vec<_> = (0..AT_ONCE)
                .map(|walker| {
                    let (next, done, act) = (&next, &done, &act);
                    scope.spawn(move || -> Result<()> {
                        let mut random = StdRng::seed_from_u64(self.seed.wrapping_mul(7_919).wrapping_add(walker as u64));
                        while let Some(person) = people.get(next.fetch_add(1, Ordering::Relaxed)) {
                            let one = act(person, &mut random)?;
                            done.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                        }
                        Ok(())
                    })
                })
                .collect();
            walkers.into_iter().try_for_each(|walker| walker.join().map_err(|_| anyhow::anyhow!("somebody panicked"))?)
        })?;
        Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tries until somebody answers 2xx.
    fn insist(&self, random: &mut StdRng, call: &Call) -> Result<Value> {
        self.try_for(random, call)?.context("somebody was told to come back another day")
    }

    /// Tries until somebody answers 2xx. What asks to come again is no answer, and neither is a broken connection. `None`: not today.
    fn try_for(&self, random: &mut StdRng, call: &Call) -> Result<Option<Value>> {
        let Call { method, path, .. } = call;
        let begun = Instant::now();
        let mut last = String::from("nothing");
        while begun.elapsed() < PATIENCE {
            let server = self.servers[random.random_range(0..self.servers.len())];
            match call.at(server) {
                Ok((200..300, answer)) => return Ok(Some(answer)),
                Ok((429, answer)) if answer["retry_after"].as_u64().is_some_and(|wait| wait > 3_600) => return Ok(None),
                // 409: the same key is being worked on by another server.
                Ok((status @ (409 | 429 | 500..600), answer)) => last = format!("{status} {answer}"),
                Ok((status, answer)) => bail!("{method} {path} was answered {status}: {answer}"),
                Err(error) => last = error.to_string(),
            }
            std::thread::sleep(Duration::from_millis(random.random_range(5..60)));
        }
        bail!("{method} {path} had no answer in {} s; the last was {last}", PATIENCE.as_secs())
    }
}

/// What somebody asks, each from a network of their own: a guess that a crash left counted is one of theirs alone.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    from: u32,
    key: Option<&'a str>,
    body: Option<&'a Value>,
}

impl Call<'_> {
    /// Asks on a connection of its own.
    fn at(&self, server: SocketAddr) -> io::Result<(u16, Value)> {
        let mut stream = TcpStream::connect_timeout(&server, SILENCE)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_nodelay(true)?;
        let Self { method, path, from, .. } = self;
        let body = self.body.map(Value::to_string).unwrap_or_default();
        let content = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let key = self.key.map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
        let network = format!("10.{}.{}.7", from / 256, from % 256);
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: chaos\r\nConnection: close\r\nX-Forwarded-For: {network}\r\nContent-Length: {length}\r\n{content}{key}"
        );
        stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut off");
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(cut)?;
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|value| value.trim().to_owned()));
        if length.and_then(|value| value.parse::<usize>().ok()).is_some_and(|length| body.len() < length) {
            return Err(cut());
        }
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }
}
