//! Attacks by mass: bodies that are large, deep, wide, compressed or not text, and mails in numbers. Rows 35, 38, 59 and 60 of the threat model
//! as far as one client reaches.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{DAY, MINUTE, VICTIM, WRONG, apply, quiet, recipients, try_sign_in};
use serde_json::{Value, json};
use std::fs;
use std::thread;
use support::{Answer, HOUSING, PASSWORD, PEOPLE, Setup, Site, TWIN, form};

/// What the server's process holds of the machine's memory, in KiB.
fn memory(site: &Site) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", site.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// Far less than what is sent, far more than a process moves by itself.
const FLAT: u64 = 48 * 1024;

const DOORS: [&str; 6] = ["sessions", "registrations", "claims", "password-resets", "confirmations", "password-resets/confirm"];

/// Row 59.
#[test]
fn a_body_that_is_large_wide_deep_ambiguous_or_no_text_is_refused_in_flat_memory() {
    let site = Site::start();
    let megabyte = "a".repeat(1024 * 1024);
    let many: String = (0..10_000).map(|nth| format!("\"f{nth}\":1,")).collect::<Vec<_>>().concat();
    let wide: String = (0..6_000).map(|nth| format!("\"f{nth}\":1,")).collect::<Vec<_>>().concat();
    let bodies: Vec<(Vec<u8>, &[u16])> = vec![
        (format!("{{\"login\":\"{megabyte}\",\"password\":\"x\"}}").into_bytes(), &[413]),
        (format!("{{\"login\":\"x\",\"password\":\"{megabyte}\"}}").into_bytes(), &[413]),
        (format!("{{{many}\"login\":\"x\"}}").into_bytes(), &[413]),
        (format!("{{{wide}\"login\":\"x\"}}").into_bytes(), &[413, 422]),
        ("[".repeat(10_000).into_bytes(), &[400]),
        (format!("{{\"login\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(), &[400]),
        (format!("{}1{}", "{\"a\":".repeat(8_000), "}".repeat(8_000)).into_bytes(), &[400]),
        (br#"{"login":"a","login":"b","password":"x"}"#.to_vec(), &[422]),
        (br#"{"login":"a","\u006cogin":"b","password":"x"}"#.to_vec(), &[422]),
        (br#"{"email":"a","email":"b"}"#.to_vec(), &[422]),
        (b"{\"login\":\"\xff\xfe\",\"password\":\"x\"}".to_vec(), &[400]),
        (b"{\"login\":\"\xc0\xaf\"}".to_vec(), &[400]),
        (b"{\"login\":\"\xed\xa0\x80\"}".to_vec(), &[400]),
        (br#"{"login":"\ud800"}"#.to_vec(), &[400]),
        (b"\xef\xbb\xbf{}".to_vec(), &[400]),
        (b"\xff\xfe{\x00}\x00".to_vec(), &[400]),
        (vec![0; 60_000], &[400]),
        (b"{\"login\":1e99999}".to_vec(), &[400]),
        (format!("{{\"login\":{}}}", "9".repeat(60_000)).into_bytes(), &[400, 422]),
        (format!("{{\"{}\":1}}", "k".repeat(60_000)).into_bytes(), &[422]),
        (br#"{"login":"a"}{"login":"b"}"#.to_vec(), &[400]),
        (br#"{"login":"a",}"#.to_vec(), &[400]),
        (b"NaN".to_vec(), &[400]),
        (b"null".to_vec(), &[422]),
    ];
    let everywhere = |site: &Site| {
        for (body, statuses) in &bodies {
            for door in DOORS {
                let answer = site.http().post(&format!("/api/v1/housing/{door}")).body("application/json", body).send();
                assert!(statuses.contains(&answer.status), "{door} {}: {answer}", String::from_utf8_lossy(&body[..body.len().min(60)]));
                // What was sent does not come back.
                assert!(answer.body.len() < 4096, "{}", answer.body.len());
            }
        }
    };
    everywhere(&site);
    let before = memory(&site);
    for _ in 0..3 {
        everywhere(&site);
    }
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let answer = site.http().post("/api/v1/housing/sessions").body("application/json", &bodies[0].0).send();
                    assert_eq!(answer.status, 413);
                }
            });
        }
    });
    let after = memory(&site);
    assert!(after < before + FLAT, "{before} KiB before, {after} KiB after");
    assert_eq!(site.http().get("/health/ready").send().status, 200);
}

/// Row 59.
#[test]
fn a_form_or_query_that_is_large_wide_ambiguous_or_no_text_is_refused() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    let token = &pending.token;
    let press = |body: String| {
        site.http()
            .post("/housing/confirm")
            .header("Origin", &site.http().origin())
            .body("application/x-www-form-urlencoded", body.as_bytes())
            .send()
            .status
    };
    assert_eq!(press(format!("token={token}&decision={}", "a".repeat(1024 * 1024))), 413);
    for body in [
        (0..5_000).fold(format!("token={token}&decision=confirm"), |body, nth| format!("{body}&f{nth}=1")),
        format!("token={token}&token={token}&decision=confirm"),
        format!("token={token}&decision=deny&decision=confirm"),
        format!("token[]={token}&decision=confirm"),
        format!("token={token}&decision=%ff"),
        format!("token={token}&decision=confirm&%ff=1"),
    ] {
        assert_eq!(press(body.clone()), 422, "{}", &body[..body.len().min(100)]);
    }
    for body in
        [String::new(), format!("decision=confirm;token={token}"), "decision=confirm&token=".to_owned(), "decision=confirm".to_owned()]
    {
        assert_eq!(press(body.clone()), 404, "{body}");
    }
    // A look only looks, however its address is written.
    for (query, status) in [
        (format!("t={token}&t=other"), 200),
        (format!("t=other&t={token}"), 404),
        (format!("t[]={token}"), 404),
        ("t=%ff".to_owned(), 404),
        (format!("{}t={token}", "x=1&".repeat(2_000)), 200),
    ] {
        assert_eq!(site.http().get(&format!("/housing/confirm?{query}")).send().status, status, "{query}");
    }
    assert_eq!(scene::state(&site, HOUSING, &pending.handle), "awaiting_email");
}

/// Row 60.
#[test]
fn a_compressed_body_or_one_without_end_is_refused_before_it_is_read() {
    let site = Site::start();
    let body = json!({ "login": VICTIM, "password": WRONG }).to_string();
    for coding in ["gzip", "deflate", "br", "zstd", "identity, gzip", "x-gzip", "aes128gcm"] {
        let answer = site
            .http()
            .post("/api/v1/housing/sessions")
            .header("Content-Encoding", coding)
            .body("application/json", body.as_bytes())
            .send();
        answer.refused(415, "unsupported_media_type");
    }
    // Announced as endless, or sent in chunks without an end.
    let head = "POST /api/v1/housing/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let endless =
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", "400\r\n".to_owned() + &("x".repeat(1024) + "\r\n400\r\n").repeat(100));
    for request in [format!("{head}Content-Length: 99999999999\r\n\r\n{{"), endless] {
        let received = site.http().raw(request.as_bytes()).unwrap();
        assert!(String::from_utf8_lossy(&received).starts_with("HTTP/1.1 413"), "{}", String::from_utf8_lossy(&received));
    }
}

/// Row 35.
#[test]
fn a_flood_of_registrations_for_one_address_from_everywhere_is_five_mails_a_day() {
    let mut site = Site::with(&Setup { trusted_proxies: vec!["127.0.0.1"], ..Setup::default() });
    let flood = |site: &Site, count: usize| -> Vec<u16> {
        let call = |nth: usize| site.http().post("/api/v1/housing/registrations").from(&format!("10.{}.{}.1", nth / 256, nth % 256));
        (0..count).map(|nth| call(nth).json(&form(&PEOPLE[nth % 15], VICTIM)).send().status).collect()
    };
    let statuses = flood(&site, 40);
    assert_eq!(statuses, [[202; 5].as_slice(), &[429; 35]].concat());
    quiet(&site);
    assert_eq!(recipients(&site)[VICTIM], 5);
    // A reset has a share of its own, and so has the neighbour.
    apply(&site, TWIN, &PEOPLE[0], VICTIM);
    site.advance(DAY);
    assert_eq!(flood(&site, 7), [202, 202, 202, 202, 202, 429, 429]);
}

/// Row 35.
#[test]
fn a_flood_of_resends_and_corrections_by_one_registration_stays_within_the_share_of_each_address() {
    let mut site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    let resend = |site: &Site| site.post(&format!("/housing/registrations/{}/resend", pending.handle), &json!({}));
    for _ in 0..20 {
        resend(&site).refused(429, "too_many_requests");
    }
    for _ in 0..10 {
        quiet(&site);
        site.advance(MINUTE);
        let status = resend(&site).status;
        assert!(matches!(status, 202 | 429), "{status}");
    }
    // To and fro between two addresses, which fills neither beyond its share.
    for nth in 0..16 {
        // Each mail is out before the clock jumps over its sender's lease.
        quiet(&site);
        site.advance(MINUTE);
        let email = if nth % 2 == 0 { "other@y.example" } else { VICTIM };
        let call = site.http().call("PUT", &format!("/api/v1/housing/registrations/{}/email", pending.handle));
        let status = call.json(&json!({ "email": email })).send().status;
        assert!(matches!(status, 202 | 429), "{status}");
    }
    quiet(&site);
    assert_eq!((recipients(&site)[VICTIM], recipients(&site)["other@y.example"]), (5, 5));
}

/// Row 38.
#[test]
fn a_crowd_that_signs_in_with_long_passwords_does_not_stop_the_others() {
    let site = Site::with(&Setup { trusted_proxies: vec!["127.0.0.1"], ..Setup::default() });
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let before = memory(&site);
    let long = "x".repeat(60_000);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let crowd: Vec<_> = (0..100)
            .map(|nth| {
                let (site, long) = (&site, &long);
                scope.spawn(move || {
                    let login = format!("nobody-{nth}@y.example");
                    let call = site.http().post("/api/v1/housing/sessions").from(&format!("10.1.{nth}.1"));
                    call.json(&json!({ "login": login, "password": long })).send()
                })
            })
            .collect();
        assert_eq!(site.http().get("/health/live").send().status, 200);
        assert_eq!(site.http().get("/health/ready").send().status, 200);
        crowd.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for answer in &answers {
        answer.refused(401, "sign_in_failed");
    }
    site.sign_in(HOUSING, VICTIM, PASSWORD);
    let after = memory(&site);
    assert!(after < before + FLAT, "{before} KiB before, {after} KiB after");
    // A long one is no shortcut to a session either, nor cut to one that fits.
    try_sign_in(&site, HOUSING, VICTIM, &format!("{PASSWORD}{long}")).refused(401, "sign_in_failed");
    try_sign_in(&site, HOUSING, VICTIM, &format!("{PASSWORD}\u{0}")).refused(401, "sign_in_failed");
    let answer = site.post("/housing/registrations", &{
        let mut application = form(&PEOPLE[1], "long@y.example");
        application["password"] = Value::String(long.clone());
        application
    });
    assert_eq!(answer.refused(422, "validation_failed")["errors"][0]["code"], "too_long");
}
