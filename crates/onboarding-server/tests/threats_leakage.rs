//! Attacks by reading: the log, a copy of the database, what answers leave behind in caches and frames. Rows 45, 58 and 65 of the threat model,
//! with 43 and 44 for the pages there are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/dump.rs"]
mod dump;
#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use dump::Found;
use scene::{
    DAY, MINUTE, NEW, VICTIM, WRONG, apply, email_token, let_mail_go, linked_mail, quiet, reset_token, stop_mail, try_sign_in, type_code,
    wrong_code,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use support::{HOUSING, PASSWORD, PEOPLE, Setup, Site, form};

const CHANGED: &str = "changed@y.example";
const KEY: &str = "7f9c24e8-3b1a-4d55-9a0e-1c2b3d4e5f60";

/// Row 45.
#[test]
fn a_reader_of_the_log_finds_no_token_code_password_address_name_or_number() {
    let mut site = Site::with(&Setup { log_level: "trace", ..Setup::default() });
    let mut secrets: Vec<String> =
        [VICTIM, CHANGED, PASSWORD, NEW, WRONG, KEY, "victim", "changed@", "y.example", "203.0.113.9", "203.0.113.0"]
            .map(str::to_owned)
            .to_vec();
    for person in &PEOPLE[..3] {
        secrets.extend([person.number(), person.number().replace('-', ""), person.first_name.to_owned(), person.last_name.to_owned()]);
    }

    // The whole life of an account, as it should go.
    let http = site.http();
    let applied = http
        .post("/api/v1/housing/registrations")
        .from("203.0.113.9")
        .header("Idempotency-Key", KEY)
        .json(&form(&PEOPLE[0], VICTIM))
        .send();
    let handle = scene::handle(&applied);
    let mail = site.mail(HOUSING, VICTIM);
    let (code, token) = (mail.code(), mail.token());
    type_code(&site, HOUSING, &handle, &wrong_code(&code, 0)).refused(422, "code_wrong");
    http.get(&format!("/housing/confirm?t={token}")).header("Referer", &mail.link()).send();
    http.press("/housing/confirm", &[("token", &token), ("decision", "confirm")]);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    try_sign_in(&site, HOUSING, VICTIM, WRONG).refused(401, "sign_in_failed");
    site.signed(&session, "PATCH", "/housing/account", &json!({ "first_name": PEOPLE[1].first_name, "last_name": PEOPLE[1].last_name }))
        .expect(200);
    site.signed(&session, "GET", "/housing/account/export", &Value::Null).expect(200);
    let change = email_token(&site, HOUSING, &session, CHANGED);
    http.get(&format!("/housing/account/email/confirm?t={change}")).send();
    site.post("/housing/account/email/confirm", &json!({ "token": change })).expect(204);
    let reset = reset_token(&site, HOUSING, CHANGED);
    http.get(&format!("/housing/password/reset?t={reset}"))
        .header("Referer", &format!("https://portal.example/housing/password/reset?t={reset}"))
        .send();
    http.press("/housing/password/reset", &[("token", &reset), ("new", NEW)]);
    let claim =
        site.post("/housing/claims", &json!({ "number": PEOPLE[2].number(), "last_name": PEOPLE[2].last_name })).expect(200)["claim"]
            .clone();
    secrets.extend([
        handle.clone(),
        code.clone(),
        code.replace('-', ""),
        token.clone(),
        session.clone(),
        change,
        reset.clone(),
        claim.as_str().unwrap().to_owned(),
    ]);

    // And as it should not: every secret in every place where some server would write it down.
    for secret in [&token, &session, &reset, &handle, &code, &VICTIM.to_owned()] {
        for target in [
            format!("/{secret}"),
            format!("/housing/{secret}"),
            format!("/housing/confirm/{secret}"),
            format!("/housing/confirm?t={secret}&x={secret}"),
            format!("/housing/confirm?token={secret}"),
            format!("/{secret}/confirm?t={secret}"),
            format!("/api/v1/{secret}/sessions"),
            format!("/api/v1/housing/registrations/{secret}/{secret}"),
            format!("/api/v1/housing/account/sessions/{secret}"),
            format!("http://{secret}.example/{secret}?{secret}"),
        ] {
            for method in ["GET", "POST", "DELETE", "PURGE"] {
                http.call(method, &target)
                    .bearer(secret)
                    .header("Referer", secret)
                    .header("User-Agent", secret)
                    .header("X-Request-Id", secret)
                    .header("Cookie", secret)
                    .send();
            }
        }
        for (kind, body) in [
            ("application/json", format!("{{\"login\":\"{secret}\",\"password\":\"{secret}\",\"{secret}\":1}}")),
            ("application/json", format!("{{\"{secret}\":{{\"{secret}\":[\"{secret}\"")),
            ("application/json", format!("\"{secret}\"")),
            ("application/x-www-form-urlencoded", format!("token={secret}&{secret}={secret}")),
            (secret.as_str(), secret.clone()),
        ] {
            for target in ["/api/v1/housing/sessions", "/api/v1/housing/registrations", "/api/v1/housing/confirmations", "/housing/confirm"]
            {
                http.post(target).header("Origin", &http.origin()).header("Idempotency-Key", secret).body(kind, body.as_bytes()).send();
            }
        }
        // No HTTP at all, or too much of it.
        for line in [
            secret.clone(),
            format!("GET /{secret}"),
            format!("GET / HTTP/1.1\r\n{secret}"),
            format!("{secret} / HTTP/9.9\r\nHost: {secret}\r\n\r\n"),
            format!("GET /{} HTTP/1.1\r\n\r\n", secret.repeat(2000)),
        ] {
            // The server may hang up without a word.
            let _ = http.raw(format!("{line}\r\n\r\n").as_bytes());
        }
    }
    // While mail fails, and after a crash.
    quiet(&site);
    fs::rename(site.folder().join("mail").join(HOUSING), site.folder().join("aside")).unwrap();
    fs::write(site.folder().join("mail").join(HOUSING), "").unwrap();
    site.post("/housing/password-resets", &json!({ "login": CHANGED })).expect(202);
    site.post("/housing/registrations", &form(&PEOPLE[1], VICTIM)).expect(202);
    quiet(&site);
    site.crash();
    quiet(&site);

    let log = site.log();
    assert!(log.matches("/api/v1/:portal/registrations").count() >= 3, "nothing is logged at all:\n{log}");
    assert!(log.contains("status=401") && log.contains("status=404"), "{log}");
    for secret in secrets {
        let shown: Vec<_> = log.lines().filter(|line| line.contains(&secret)).collect();
        assert!(shown.is_empty(), "{secret} stands in the log: {shown:#?}");
        // Not in another notation either.
        let escaped: String = secret
            .bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        assert!(!log.contains(&escaped), "{escaped} stands in the log");
    }
}

/// Row 58.
#[test]
fn a_client_that_sends_line_ends_and_escapes_writes_no_line_of_its_own_into_the_log() {
    for format in ["text", "json"] {
        let mut site = Site::prepared(&Setup { log_level: "trace", trusted_proxies: vec!["127.0.0.1"], ..Setup::default() });
        let configuration = site.folder().join("onboarding.toml");
        let settings = fs::read_to_string(&configuration).unwrap();
        fs::write(&configuration, scene::replaced(&settings, "[log]\n", &format!("[log]\nformat = \"{format}\"\n"))).unwrap();
        site.restart();
        let http = site.http();
        let marks = [
            "\n2026-01-01T00:00:00Z ERROR forged",
            "\r\nforged",
            "\u{1b}[31mforged\u{1b}[0m",
            "\" level=\"forged",
            "forged=\"x\" }",
            "\u{2028}forged",
            "\u{85}forged",
            "\u{202e}forged",
        ];
        for mark in marks {
            let quoted: String = mark.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
            for target in [
                format!("/housing/confirm?t={quoted}"),
                format!("/{quoted}"),
                format!("/api/v1/{quoted}/sessions"),
                format!("/api/v1/housing/registrations/{quoted}"),
            ] {
                http.get(&target)
                    .header("X-Request-Id", &mark.replace(['\r', '\n'], " "))
                    .header("User-Agent", &mark.replace(['\r', '\n'], "\t"))
                    .send();
            }
            for body in [
                json!({ "login": mark, "password": mark }),
                json!({ mark: mark }),
                form(&PEOPLE[0], mark),
                support::typed(mark, mark, "a@b.example"),
            ] {
                for path in ["sessions", "registrations", "claims", "password-resets"] {
                    site.post(&format!("/housing/{path}"), &body);
                }
            }
            // As bytes of the request itself.
            let _ = http.raw(format!("GET /x{mark} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
            let _ = http.raw(format!("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: {mark}\r\nConnection: close\r\n\r\n").as_bytes());
            let _ = http.raw(format!("FORGED{mark} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
        }
        let log = site.log();
        let events: Vec<_> = log.lines().filter(|line| !line.starts_with("listening on http://127.0.0.1:")).collect();
        assert!(events.len() > 100, "{log}");
        for line in events {
            assert!(!line.to_lowercase().contains("forged"), "{line}");
            let one_event = match format {
                "text" => line.starts_with("20") && line.get(10..11) == Some("T"),
                _ => serde_json::from_str::<Value>(line).is_ok_and(|event| event["level"].is_string()),
            };
            assert!(one_event, "{line:?}");
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}

/// Row 65.
#[test]
fn a_thief_of_the_database_finds_nothing_that_opens_anything() {
    let mut site = Site::with(&Setup { trusted_proxies: vec!["127.0.0.1"], ..Setup::default() });
    // Something of every kind, alive.
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let change = email_token(&site, HOUSING, &session, CHANGED);
    let reset = reset_token(&site, HOUSING, VICTIM);
    let keyed = site
        .http()
        .post("/api/v1/housing/registrations")
        .header("Idempotency-Key", KEY)
        .json(&form(&PEOPLE[1], "pending@y.example"))
        .send();
    let handle = scene::handle(&keyed);
    let pending = site.mail(HOUSING, "pending@y.example");
    let claim = site.post("/housing/claims", &json!({ "number": PEOPLE[2].number(), "last_name": PEOPLE[2].last_name })).expect(200);
    let mut secrets = vec![
        PASSWORD.to_owned(),
        session.clone(),
        change,
        reset,
        handle,
        pending.code(),
        pending.code().replace('-', ""),
        pending.code().replace('-', "").to_lowercase(),
        pending.token(),
        KEY.to_owned(),
        claim["claim"].as_str().unwrap().to_owned(),
    ];
    // Mails that wait in the outbox, with a code and links that nobody has seen yet.
    stop_mail(&site);
    site.register_later(&PEOPLE[3], "waiting@y.example");
    site.post("/housing/password-resets", &json!({ "login": VICTIM })).expect(202);

    let copies = ["onboarding.db", "onboarding.db-wal"].map(|name| fs::read(site.folder().join(name)).unwrap_or_default());
    let_mail_go(&site);
    site.advance(11 * MINUTE);
    let waiting = site.mail(HOUSING, "waiting@y.example");
    secrets.extend([waiting.code(), waiting.code().replace('-', ""), waiting.token(), linked_mail(&site, HOUSING, VICTIM).token()]);
    // The keys lie elsewhere.
    let keys = fs::read_to_string(site.folder().join("keys.toml")).unwrap();
    secrets.extend(
        keys.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=_-".contains(c))).filter(|word| word.len() >= 32).map(str::to_owned),
    );
    assert!(secrets.len() >= 16, "no key in {keys}");
    site.kill();
    let after = ["onboarding.db", "onboarding.db-wal"].map(|name| fs::read(site.folder().join(name)).unwrap_or_default());
    site.restart();

    for secret in &secrets {
        for copy in copies.iter().chain(&after) {
            let notations =
                [Some(secret.clone().into_bytes()), Some(utf16(secret)), unbase64(secret), Some(hex(secret.as_bytes()).into_bytes())];
            for notation in notations.into_iter().flatten().filter(|notation| notation.len() >= 8) {
                assert!(!copy.windows(notation.len()).any(|window| window == notation), "{secret} can be read in the database");
            }
        }
    }

    // Whatever is found, in whatever notation a door may take it, opens none.
    let mut loot = BTreeSet::new();
    for found in dump::values(&copies[0], &copies[1]).into_iter().chain(dump::values(&after[0], &after[1])) {
        match found {
            Found::Text(text) => loot.extend(
                text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
                    .filter(|word| word.len() >= 16)
                    .map(str::to_owned),
            ),
            Found::Bytes(bytes) if (16..=64).contains(&bytes.len()) => loot.extend([base64(&bytes), hex(&bytes)]),
            Found::Bytes(_) => {}
        }
    }
    // The digests of every living secret are among it, or the copy was not understood.
    let digests =
        dump::values(&after[0], &after[1]).into_iter().filter(|found| matches!(found, Found::Bytes(bytes) if bytes.len() == 32)).count();
    assert!(digests >= 12 && loot.len() > 60, "{digests} {loot:?}");
    for found in &loot {
        let opened = |answer: support::Answer| assert!(matches!(answer.status, 401 | 404 | 422), "{found}: {answer}");
        opened(site.signed(found, "GET", "/housing/session", &Value::Null));
        opened(site.get(&format!("/housing/registrations/{found}")));
        opened(site.post("/housing/confirmations", &json!({ "token": found })));
        opened(site.post("/housing/password-resets/confirm", &json!({ "token": found, "new": NEW })));
        opened(site.post("/housing/account/email/confirm", &json!({ "token": found })));
    }
    // The stored hash is no password.
    let database = String::from_utf8_lossy(&copies[0]).into_owned() + &String::from_utf8_lossy(&copies[1]);
    let hashes: BTreeSet<_> =
        database.split("$argon2id$").skip(1).filter_map(|rest| rest.split('"').next()).map(|rest| format!("$argon2id${rest}")).collect();
    assert!(!hashes.is_empty());
    for (nth, hash) in hashes.iter().take(5).enumerate() {
        let sign_in = site.http().post("/api/v1/housing/sessions").from(&format!("10.0.{nth}.1"));
        sign_in.json(&json!({ "login": VICTIM, "password": hash })).send().refused(401, "sign_in_failed");
    }
    site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
}

impl Site {
    /// Applies while no mail can leave.
    fn register_later(&self, person: &support::Person, email: &str) {
        self.post("/housing/registrations", &form(person, email)).expect(202);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(bytes: &[u8]) -> String {
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..=chunk.len()).map(move |place| char::from(BASE64[(bits >> (18 - 6 * place)) as usize % 64]))
        })
        .collect()
}

/// The bytes behind a text in either alphabet of base64; `None` where it is none.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    let sextets: Vec<u32> = text
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_")
        .bytes()
        .map(|byte| BASE64.iter().position(|letter| *letter == byte).and_then(|place| u32::try_from(place).ok()))
        .collect::<Option<_>>()?;
    let whole = sextets.chunks(4).flat_map(|chunk| {
        let bits = chunk.iter().fold(0, |bits, sextet| (bits << 6) | sextet) << (6 * (4 - chunk.len()));
        bits.to_be_bytes()[1..chunk.len().max(1)].to_vec()
    });
    Some(whole.collect())
}

/// Rows 43 and 44.
#[test]
fn a_page_with_a_token_is_neither_framed_nor_cached_nor_named_to_others() {
    let mut site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], "other@y.example");
    let reset = reset_token(&site, HOUSING, "other@y.example");
    let session = site.sign_in(HOUSING, "other@y.example", PASSWORD);
    let change = email_token(&site, HOUSING, &session, CHANGED);
    let pages = [
        format!("confirm?t={}", pending.token),
        format!("password/reset?t={reset}"),
        format!("account/email/confirm?t={change}"),
        "confirm?t=unknown".to_owned(),
        "confirm".to_owned(),
        "nothing".to_owned(),
    ];
    let check = |site: &Site, statuses: [u16; 6]| {
        for (page, status) in pages.iter().zip(statuses) {
            let answer = site.http().get(&format!("/housing/{page}")).send();
            assert_eq!(answer.status, status, "{answer}");
            let policy = answer.header("content-security-policy").unwrap();
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'") && policy.contains("base-uri 'none'"),
                "{policy}"
            );
            assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
            assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), (Some("no-store"), Some("no-referrer")));
            assert_eq!((answer.header("x-frame-options"), answer.header("x-content-type-options")), (Some("DENY"), Some("nosniff")));
            assert!(
                answer.header("access-control-allow-origin").is_none()
                    && answer.header("server").is_none()
                    && answer.header("x-powered-by").is_none()
            );
        }
    };
    check(&site, [200, 200, 200, 404, 404, 404]);
    site.advance(DAY);
    check(&site, [410, 410, 410, 404, 404, 404]);
}

/// Row 44.
#[test]
fn an_answer_with_personal_data_is_not_kept_by_any_cache_whatever_its_address_looks_like() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    for path in ["session", "account", "account/consents", "account/sessions", "account/export"] {
        let answer = site.signed(&session, "GET", &format!("/housing/{path}"), &Value::Null);
        answer.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert!(answer.header("etag").is_none() && answer.header("last-modified").is_none() && answer.header("expires").is_none());
        for dressed in ["/x.css", ".css", "%2fx.js", ";x.css", "/..%2fx.png", "%00.css", "%0a.css", "/"] {
            let answer = site.signed(&session, "GET", &format!("/housing/{path}{dressed}"), &Value::Null);
            assert!(matches!(answer.status, 401 | 404 | 405), "{path}{dressed}: {answer}");
            assert!(!answer.text().contains(VICTIM));
        }
    }
}
