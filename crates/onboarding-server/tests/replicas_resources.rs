//! What a crowd and what a slow client cost two servers on one database: hashes, memory and time, all of it bounded at either. Rows 38, 60 and 61
//! of the threat model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/replicas.rs"]
mod replicas;
#[path = "support/support.rs"]
mod support;

use replicas::Replicas;
use serde_json::json;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{HOUSING, PASSWORD, PEOPLE, Site};

const VICTIM: &str = "victim@y.example";
/// What a hash may use, in KiB: the floor for servers that are reached from elsewhere.
const ARENA: u64 = 19_456;
/// What 250 connections with bodies and answers may hold at a time, in KiB; ten hashes beside each other are more.
const CROWD: u64 = 160 * 1024;
/// How long a client that is slow on purpose may hold a connection.
const HUNG_UP_ON: Duration = Duration::from_secs(15);

/// The most that the server's process has ever held of the machine's memory, in KiB.
fn peak(site: &Site) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", site.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// A figure of the server's.
fn figure(site: &Site, name: &str) -> u64 {
    let log = site.log();
    let address = log.lines().rev().find_map(|line| line.strip_prefix("metrics on http://")?.strip_suffix("/metrics")).unwrap().to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// Threat 38: of 500 sign-ins at once a third brings a megabyte, which nobody reads to its end; a third a password longer than any, which is never
/// hashed; a third one that is. Only the last ones cost a hash, and no more of them at a time than there are threads.
#[test]
fn of_five_hundred_sign_ins_at_once_only_those_of_a_passwords_length_are_hashed_and_few_at_a_time() {
    let replicas = Replicas::start(|site| {
        site.reconfigure(
            "memory_kib = 64\npasses = 1\n",
            &format!("memory_kib = {ARENA}\npasses = 2\n[metrics]\nlisten = \"127.0.0.1:0\"\n"),
        );
    });
    replicas.register(&PEOPLE[0], VICTIM);
    let sites = &replicas.sites;
    let figures = |name: &str| sites.iter().map(|site| figure(site, name)).sum::<u64>();
    let (hashed, refused) = (figures("onboarding_hashes_total"), figures("onboarding_hashes_refused_total"));
    let before = sites.each_ref().map(peak);
    // At most 1,024 characters can be allowed, of four bytes each.
    let passwords = ["x".repeat(1024 * 1024), "x".repeat(4_097), "x".repeat(1_024)];
    let bodies = passwords
        .map(|password| [VICTIM, "nobody@y.example"].map(|login| json!({ "login": login, "password": password }).to_string().into_bytes()));
    let over = AtomicBool::new(false);
    let answers = thread::scope(|scope| {
        let looks = sites.each_ref().map(|site| {
            let (client, over) = (site.http(), &over);
            scope.spawn(move || {
                let mut looks = 0;
                while !over.load(Ordering::Relaxed) {
                    for path in ["/health/live", "/health/ready"] {
                        let answer = client.get(path).send();
                        assert_eq!(answer.status, 200, "{path}: {answer}");
                    }
                    looks += 1;
                    thread::sleep(Duration::from_millis(50));
                }
                looks
            })
        });
        let answers = replicas.at_once(500, |client, nth| {
            let call = client.post("/api/v1/housing/sessions").from(&format!("10.{}.{}.1", nth / 200, nth % 200));
            call.body("application/json", &bodies[nth % 3][usize::from(nth % 10 != 0)]).send()
        });
        over.store(true, Ordering::Relaxed);
        for looking in looks {
            assert!(looking.join().unwrap() >= 2, "nobody looked while the crowd was there");
        }
        answers
    });
    let (mut judged, mut turned_away) = (0, 0);
    for (nth, answer) in answers.iter().enumerate() {
        match (nth % 3, answer.status) {
            (0, _) => drop(answer.refused(413, "too_large")),
            (2, 503) => {
                answer.refused(503, "busy");
                turned_away += 1;
            }
            (length, _) => {
                answer.refused(401, "sign_in_failed");
                judged += u64::from(length == 2);
            }
        }
    }
    assert_eq!(figures("onboarding_hashes_total") - hashed, judged, "a hash for each that was judged, and for none that was too long");
    assert_eq!(figures("onboarding_hashes_refused_total") - refused, turned_away);
    assert!(judged >= 10, "{judged} judged, {turned_away} turned away");
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get().max(2) - 1);
    let most = u64::try_from(threads).unwrap() * ARENA + CROWD;
    for (site, before) in sites.iter().zip(before) {
        let after = peak(site);
        assert!(after < before + most, "{before} KiB before, {after} KiB after");
        site.sign_in(HOUSING, VICTIM, PASSWORD);
    }
}

/// Threat 60: a compressed body and chunks without an end are refused at either.
#[test]
fn a_compressed_body_or_one_without_end_is_refused_at_either() {
    let replicas = Replicas::start(|_| {});
    let head = "POST /api/v1/housing/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let endless = format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", ("400\r\n".to_owned() + &"x".repeat(1024) + "\r\n").repeat(200));
    for site in &replicas.sites {
        // Ten bytes of a gzip's head, as a bomb begins.
        let bomb = site.http().post("/api/v1/housing/sessions").header("Content-Encoding", "gzip");
        bomb.body("application/json", b"\x1f\x8b\x08\0\0\0\0\0\x02\x03").send().refused(415, "unsupported_media_type");
        let answer = String::from_utf8_lossy(&site.http().raw(endless.as_bytes()).unwrap()).into_owned();
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert_eq!(site.http().get("/health/ready").send().status, 200);
    }
}

/// How a client begins, and what it sends at each beat from then on.
struct Slow {
    start: Vec<u8>,
    beat: Vec<u8>,
    every: Duration,
}

impl Slow {
    fn letters(start: &str) -> Self {
        Self { start: start.as_bytes().to_vec(), beat: b"x".to_vec(), every: Duration::from_millis(400) }
    }

    /// Goes on, whatever is answered, until the server takes nothing more. Gives how long that was and what was answered.
    fn until_hung_up(&self, site: &Site) -> (Duration, Vec<u8>) {
        let mut stream = TcpStream::connect(site.http().address()).unwrap();
        let began = Instant::now();
        stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        stream.set_read_timeout(Some(self.every)).unwrap();
        let busy = |kind| matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut);
        let (mut answered, mut buffer, mut next) = (Vec::new(), [0; 4096], &self.start);
        while began.elapsed() < 2 * HUNG_UP_ON {
            // An end of what the server says is no end of what it takes: only a write tells.
            if stream.write_all(next).is_err_and(|error| !busy(error.kind())) {
                return (began.elapsed(), answered);
            }
            next = &self.beat;
            match stream.read(&mut buffer) {
                Ok(0) => thread::sleep(self.every),
                Ok(count) => answered.extend_from_slice(&buffer[..count]),
                Err(error) if busy(error.kind()) => {}
                Err(_) => return (began.elapsed(), answered),
            }
        }
        (began.elapsed(), answered)
    }
}

/// A frame of HTTP/2 on the first stream.
fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &1_u32.to_be_bytes(), payload].concat()
}

/// Threat 61: whoever sends a header or a body letter by letter, or floods either with frames of HTTP/2, is hung up on within 15 seconds.
#[test]
fn a_slow_header_or_body_or_a_flood_of_http_2_holds_a_connection_of_either_for_less_than_15_seconds() {
    let replicas = Replicas::start(|_| {});
    let (head, json) = ("POST /api/v1/housing/sessions HTTP/1.1\r\nHost: x\r\n", "Content-Type: application/json\r\n");
    let headers = [frame(1, 4, b"\x82\x84\x86\x41\x01x"), frame(3, 0, &8_u32.to_be_bytes())].concat();
    let continued = [frame(1, 0, b"\x82"), frame(9, 0, &[0; 1024]).repeat(8)].concat();
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &[0, 0, 0, 4, 0, 0, 0, 0, 0]].concat();
    let flood = |beat: Vec<u8>| Slow { start: preface.clone(), beat: beat.repeat(50), every: Duration::from_millis(20) };
    let slow = [
        ("a header", Slow::letters("GET /health/live HTTP/1.1\r\nHost: x\r\n")),
        ("a second header", Slow::letters("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HTTP/1.1\r\nX: ")),
        ("a body", Slow::letters(&format!("{head}{json}Content-Length: 5000\r\n\r\n{{"))),
        (
            "a body in chunks",
            Slow { beat: b"1\r\nx\r\n".to_vec(), ..Slow::letters(&format!("{head}{json}Transfer-Encoding: chunked\r\n\r\n")) },
        ),
        ("a body that nobody reads", Slow::letters(&format!("{head}Content-Type: text/html\r\nContent-Length: 5000\r\n\r\n"))),
        ("streams begun and reset", flood(headers)),
        ("a header without end", flood(continued)),
        (
            "an upgrade",
            Slow::letters(
                "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\nPRI",
            ),
        ),
    ];
    let before = replicas.sites.each_ref().map(peak);
    thread::scope(|scope| {
        let held: Vec<_> = replicas.sites.iter().flat_map(|site| slow.iter().map(move |(name, slow)| (site, *name, slow))).collect();
        let held: Vec<_> = held.into_iter().map(|(site, name, slow)| (name, scope.spawn(move || slow.until_hung_up(site)))).collect();
        for (name, held) in held {
            let (held, answered) = held.join().unwrap();
            assert!(held < HUNG_UP_ON, "{name}: held for {held:?}");
            let answered = String::from_utf8_lossy(&answered);
            assert!(!answered.contains("101 Switching") && !answered.starts_with('\0'), "{name}: {answered}");
        }
    });
    for (site, before) in replicas.sites.iter().zip(before) {
        assert_eq!(site.http().get("/health/ready").send().status, 200);
        let after = peak(site);
        assert!(after < before + 32 * 1024, "{before} KiB before, {after} KiB after");
    }
}
