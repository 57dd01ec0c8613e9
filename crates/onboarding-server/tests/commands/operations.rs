//! A running server in an operator's hands: its figures, its log, its keys while they change, and its end.

use crate::harness::{Installation, Server, eventually};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

const CLAIM: (&str, &str) = ("K7M4-9QXT-2HBP", "Müller-Lüdenscheidt");
const CANARY_EMAIL: &str = "kanarie.gelb@mailbox.example";
const CANARY_PASSWORD: &str = "Seven canaries on the stairs, 7";
const CANARY_KEY: &str = "canary-key-0123456789abcdef0123456789";

fn prepared() -> Installation {
    let installation = Installation::new();
    installation.run(&["migrate"]);
    installation.run(&["records", "import", "housing", "portals/housing/records.csv"]);
    installation
}

fn application(email: &str) -> Value {
    let given = |document: &str| json!({ "document": document, "version": "2026-10", "granted": true });
    json!({
        "claim": { "number": CLAIM.0, "last_name": CLAIM.1 },
        "email": email,
        "password": CANARY_PASSWORD,
        "consents": (["terms", "privacy", "edelivery"].map(given)),
    })
}

/// The code of the only mail there is.
fn code(installation: &Installation) -> String {
    let mail = eventually("the mail", || installation.mails("mail/housing").pop());
    let shaped =
        |line: &&str| line.len() == 9 && line.chars().nth(4) == Some('-') && line.chars().all(|c| c == '-' || c.is_ascii_alphanumeric());
    mail.lines().map(str::trim).find(shaped).expect("a code alone on its line").to_owned()
}

/// From the form to a session; gives the handle, the code and the token.
fn walked(installation: &Installation, server: &Server) -> [String; 3] {
    let answer = server.post("/api/v1/housing/registrations", &application(CANARY_EMAIL).to_string());
    assert_eq!(answer.status, 202, "{answer:?}");
    let handle = answer.json()["registration"].as_str().unwrap().to_owned();
    let code = code(installation);
    let answer = server.post(&format!("/api/v1/housing/registrations/{handle}/confirm"), &json!({ "code": code }).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = server.post("/api/v1/housing/sessions", &json!({ "login": CANARY_EMAIL, "password": CANARY_PASSWORD }).to_string());
    assert_eq!(answer.status, 201, "{answer:?}");
    [handle, code, answer.json()["token"].as_str().unwrap().to_owned()]
}

fn session(server: &Server, token: &str) -> u16 {
    raw(
        &server.address,
        &format!("GET /api/v1/housing/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"),
    )
    .0
}

fn raw(address: &str, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[test]
fn figures_stand_on_a_listener_of_their_own_and_name_nobody() {
    let installation = prepared();
    let mut server = installation.start(&["serve"], &[("ONBOARDING_METRICS__LISTEN", "127.0.0.1:0")]);
    let line = server.announcement_until("metrics on ");
    let address = line.trim().strip_prefix("metrics on http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
    assert_eq!(server.get("/metrics").status, 404, "not at the door");
    let [handle, code, token] = walked(&installation, &server);
    assert_eq!(server.get("/api/v1/housing/registrations/nobodys-handle-0123456789").status, 404);
    assert_eq!(server.get(&format!("/{CANARY_EMAIL}/{token}")).status, 404);
    let ask = |path: &str| raw(&address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    assert_eq!(ask("/").0, 404);
    let text = eventually("the mail counted", || {
        Some(ask("/metrics").1).filter(|text| text.contains("onboarding_mail_attempts_total{result=\"taken\"} 1"))
    });
    for expected in [
        "onboarding_ready 1\n",
        "onboarding_http_requests_total{method=\"POST\",route=\"/api/v1/:portal/registrations\",status=\"202\"} 1\n",
        "onboarding_http_requests_total{method=\"POST\",route=\"/api/v1/:portal/sessions\",status=\"201\"} 1\n",
        "onboarding_http_request_duration_seconds_count{method=\"POST\",route=\"/api/v1/:portal/sessions\"} 1\n",
        "onboarding_events_total{portal=\"housing\",kind=\"registration.applied\"} 1\n",
        "onboarding_events_total{portal=\"housing\",kind=\"registration.activated\"} 1\n",
        "onboarding_events_total{portal=\"housing\",kind=\"account.signed_in\"} 1\n",
        "onboarding_sweeper_overdue{seconds=\"0\"} 0\n",
        "onboarding_hash_queue 0\n",
        "onboarding_hashes_refused_total 0\n",
    ] {
        assert!(text.contains(expected), "{expected}{text}");
    }
    for secret in [&handle, &code, &token, CANARY_EMAIL, CLAIM.0, "nobodys-handle", "Lüdenscheidt"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let lines = text.lines().filter(|line| line.starts_with("onboarding_"));
    assert!(lines.count() < 400);
    assert_eq!(server.stop().code, 0);
}

/// Rows 45 and 58, with every word the server would ever say.
#[test]
fn a_whole_journey_at_the_loudest_level_leaves_no_secret_and_nobodys_data_in_the_log() {
    let installation = prepared();
    let loud = [("ONBOARDING_LOG__LEVEL", "trace"), ("ONBOARDING_LOG__FORMAT", "json"), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
    let server = installation.start(&["serve"], &loud);
    let [handle, code, token] = walked(&installation, &server);
    let mail = installation.mails("mail/housing").remove(0);
    let link = mail.lines().find_map(|line| line.trim().split_once("?t=")).expect("a link").1.to_owned();
    let address = &server.address;
    // What is refused, and what no parser understands, is told no more of.
    let bad = format!("{{\"email\": \"{CANARY_EMAIL}\", \"password\": \"{CANARY_PASSWORD}\", \"number\": ");
    assert_eq!(server.post("/api/v1/housing/registrations", &bad).status, 400);
    let wrong = json!({ "login": CANARY_EMAIL, "password": "Canary-wrong-password-1" });
    assert_eq!(server.post("/api/v1/housing/sessions", &wrong.to_string()).status, 401);
    assert_eq!(server.post("/api/v1/housing/password-resets", &json!({ "login": CANARY_EMAIL }).to_string()).status, 202);
    let (status, _) = raw(
        address,
        &format!(
            "GET /housing/confirm?t={link} HTTP/1.1\r\nHost: {CANARY_EMAIL}\r\nReferer: https://x/?t={token}\r\nConnection: close\r\n\r\n"
        ),
    );
    assert!(status < 500);
    let injected = "GET /%0a%1b[31m%22fake HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\"b\u{7f}\r\nUser-Agent: {\"level\":\"FAKE\"}\r\nConnection: close\r\n\r\n";
    assert!(raw(address, injected).0 < 500);
    let keyed = format!(
        "POST /api/v1/housing/password-resets HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {CANARY_KEY}\r\nContent-Type: application/json\r\n\
         Content-Length: 35\r\nConnection: close\r\n\r\n{{\"login\":\"nobody@canary.example.org\"}}"
    );
    raw(address, &keyed);
    let posted = eventually("the reset", || Some(installation.mails("mail/housing")).filter(|mails| mails.len() >= 2));
    let tokens: Vec<String> = posted
        .iter()
        .flat_map(|mail| mail.lines().filter_map(|line| line.trim().split_once("?t=")).map(|(_, token)| token.to_owned()))
        .collect();
    let said = server.stop();
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.lines().count() >= 9, "it said what it did: {}", said.err);
    for line in said.err.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_ne!(event["level"], "FAKE");
        if event["target"] == "onboarding::access" {
            assert!(
                event["request"].is_string() && event["route"].is_string() && event["status"].is_u64() && event["milliseconds"].is_u64(),
                "{line}"
            );
        }
    }
    let mut secrets =
        vec![handle, code, token, link, CANARY_KEY.to_owned(), CANARY_PASSWORD.to_owned(), "canary-wrong".to_owned(), CLAIM.0.to_owned()];
    secrets.extend(tokens);
    secrets.extend(["kanarie", "nobody@canary", "Lüdenscheidt", "ludenscheidt", "$argon2", "sealed_key"].map(str::to_owned));
    let log = said.err.to_lowercase();
    for secret in secrets {
        assert!(!log.contains(&secret.to_lowercase()), "{secret} stands in the log");
    }
}

/// The new key is used, the old one still known, and nobody has to sign in again.
#[test]
fn a_rotation_under_a_running_server_ends_no_session_and_no_link() {
    let installation = prepared();
    let server = installation.start(&["serve"], &[("ONBOARDING_LOG__FORMAT", "json")]);
    let answer = server.post("/api/v1/housing/registrations", &application(CANARY_EMAIL).to_string());
    let handle = answer.json()["registration"].as_str().unwrap().to_owned();
    let code = code(&installation);
    let said = installation.run(&["secrets", "rotate", "--wait", "0"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("key 2 made in keys.toml; used from "), "{said:?}");
    // The watcher looks every two seconds.
    std::thread::sleep(Duration::from_secs(4));
    let confirm = server.post(&format!("/api/v1/housing/registrations/{handle}/confirm"), &json!({ "code": code }).to_string());
    assert_eq!(confirm.status, 200, "a code of before: {confirm:?}");
    let login = json!({ "login": CANARY_EMAIL, "password": CANARY_PASSWORD }).to_string();
    let token = server.post("/api/v1/housing/sessions", &login).json()["token"].as_str().unwrap().to_owned();
    assert_eq!(session(&server, &token), 200);
    installation.run(&["secrets", "rotate", "--wait", "60"]);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(session(&server, &token), 200, "a session under the second key");
    let said = server.stop();
    let active: Vec<Value> = said
        .err
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["message"] == "the keys changed")
        .collect();
    assert_eq!(active.iter().map(|event| event["active"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 2], "the third waits for its hour");
    let keys = fs::read_to_string(installation.path("keys.toml")).unwrap();
    assert_eq!(keys.matches("[[key]]").count(), 3);
    // Another server, started now, knows everything too.
    let server = installation.start(&["serve"], &[]);
    assert_eq!(session(&server, &token), 200);
}

#[test]
fn a_request_in_flight_is_answered_when_the_server_is_told_to_stop_and_the_end_comes_in_time() {
    let installation = prepared();
    let server = installation.start(&["serve"], &[]);
    let mut slow = TcpStream::connect(&server.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let body = json!({ "login": CANARY_EMAIL }).to_string();
    let head = format!(
        "POST /api/v1/housing/password-resets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).unwrap();
    slow.write_all(&body.as_bytes()[..5]).unwrap();
    // A connection that rests, and one whose header never ends, hold nothing up.
    let _rests = TcpStream::connect(&server.address).unwrap();
    let mut drips = TcpStream::connect(&server.address).unwrap();
    drips.write_all(b"GET / HTTP/1.1\r\nHost:").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    let ending = std::thread::spawn(move || server.stop());
    std::thread::sleep(Duration::from_millis(500));
    slow.write_all(&body.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    let said = ending.join().unwrap();
    assert_eq!(said.code, 0, "{said:?}");
    assert!(began.elapsed() <= Duration::from_secs(10), "{:?}", began.elapsed());
}

/// Where there is a program that reads the unit as the system would.
#[test]
fn the_systemd_unit_is_understood() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/onboarding.service");
    let text = fs::read_to_string(unit).unwrap();
    for guard in
        ["NoNewPrivileges=yes", "ProtectSystem=strict", "DynamicUser=", "MemoryDenyWriteExecute=yes", "TimeoutStopSec=15", "ExecStart="]
    {
        assert!(text.contains(guard) || guard == "DynamicUser=" && text.contains("User="), "{guard}");
    }
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no", unit]).output();
    if let Ok(output) = verified {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // The binary is not installed where the test runs; nothing else may be said of our unit.
        let ours = said.lines().filter(|line| line.contains("onboarding.service") && !line.contains("is not executable"));
        assert_eq!(ours.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
