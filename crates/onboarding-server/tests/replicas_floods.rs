//! Floods and guesses that come by two servers on one database: what one of them has counted, the other counts on.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use scene::{DAY, VICTIM, WRONG, recipients, shape, try_sign_in, type_code, wrong_code};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;
use support::{Answer, HOUSING, Mail, PASSWORD, PATIENCE, PEOPLE, Setup, Site, form, within};

/// Two installations with the same keys and data, and their database.
fn replicas(trusted_proxies: &[&'static str]) -> ([Site; 2], String) {
    let database = Cluster::shared().database();
    let setup = || Setup { database: database.clone(), twin: false, trusted_proxies: trusted_proxies.to_vec(), ..Setup::default() };
    let first = Site::with(&setup());
    let second = Site::beside(&setup(), &first);
    ([first, second], database)
}

/// Every mail to an address, whichever of them sent it.
fn mails(sites: &[Site; 2], to: &str) -> Vec<Mail> {
    sites.iter().flat_map(|site| site.mails_to(HOUSING, to)).collect()
}

fn first_mail(sites: &[Site; 2], to: &str) -> Mail {
    within(PATIENCE, "a mail of either", || mails(sites, to).into_iter().next())
}

/// So many calls at once, by turns at one and the other.
fn at_once(sites: &[Site; 2], times: usize, call: impl Fn(&Site, usize) -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let call = &call;
        let calls: Vec<_> = (0..times).map(|nth| scope.spawn(move || call(&sites[nth % 2], nth))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// Waits until nothing that was ordered before this call is still to be sent.
fn quiet(database: &str) {
    within(PATIENCE, "the outbox to be empty", || {
        let waiting = Cluster::shared().psql(database, "SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL");
        (waiting == "0").then_some(())
    });
}

fn register(sites: &[Site; 2], email: &str) {
    let applied = sites[0].post("/housing/registrations", &form(&PEOPLE[0], email)).expect(202);
    let code = first_mail(sites, email).code();
    type_code(&sites[1], HOUSING, applied["registration"].as_str().unwrap(), &code).expect(200);
}

/// Threat 25: a header with another address at each try, by turns at both, makes no stranger of the guesser.
#[test]
fn a_guesser_who_rotates_the_forwarded_address_over_both_is_limited() {
    let (sites, _) = replicas(&[]);
    register(&sites, VICTIM);
    for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP"] {
        let limited = (0..16).any(|nth| {
            let value = if header == "Forwarded" { format!("for=10.0.{nth}.1") } else { format!("10.0.{nth}.1") };
            let call = sites[nth % 2].http().post("/api/v1/housing/sessions").header(header, &value);
            call.json(&json!({ "login": VICTIM, "password": WRONG })).send().status == 429
        });
        assert!(limited, "{header}");
    }
    for site in &sites {
        try_sign_in(site, HOUSING, VICTIM, PASSWORD).refused(429, "too_many_requests");
    }
}

/// Threat 25: what a genuine proxy says is believed by both, so the guesser's failures at one keep him out at the other and nobody else.
#[test]
fn a_guesser_behind_a_genuine_proxy_is_limited_at_both_and_his_victim_is_not() {
    let (sites, _) = replicas(&["127.0.0.1"]);
    register(&sites, VICTIM);
    let sign_in = |site: &Site, from: &str, password: &str| {
        site.http().post("/api/v1/housing/sessions").from(from).json(&json!({ "login": VICTIM, "password": password })).send()
    };
    let limited = (0..16).any(|nth| sign_in(&sites[nth % 2], &format!("10.0.{nth}.1, 203.0.113.9"), WRONG).status == 429);
    assert!(limited);
    for site in &sites {
        sign_in(site, "203.0.113.9", PASSWORD).refused(429, "too_many_requests");
        sign_in(site, "198.51.100.7", PASSWORD).expect(201);
    }
}

/// Threat 21: 200 guesses at a code, at once and at both, are no more than five.
#[test]
fn two_hundred_guesses_at_once_over_both_are_five() {
    let (sites, _) = replicas(&["127.0.0.1"]);
    let applied = sites[0].post("/housing/registrations", &form(&PEOPLE[0], VICTIM)).expect(202);
    let (handle, code) = (applied["registration"].as_str().unwrap(), first_mail(&sites, VICTIM).code());
    let guess = |site: &Site, nth: usize| {
        let call = site.http().post(&format!("/api/v1/housing/registrations/{handle}/confirm")).from(&format!("10.2.{nth}.1"));
        call.json(&json!({ "code": wrong_code(&code, nth % 27) })).send()
    };
    let mut left = BTreeSet::new();
    for answer in at_once(&sites, 200, guess) {
        match answer.status {
            422 => assert!(left.insert(answer.refused(422, "code_wrong")["attempts_left"].as_u64().unwrap()), "one try was given twice"),
            410 => drop(answer.refused(410, "code_used_up")),
            _ => drop(answer.refused(503, "busy")),
        }
    }
    assert!(left.len() <= 5, "{left:?}");
    // Those that were too busy were not judged.
    for nth in 0..5 - left.len() {
        guess(&sites[nth % 2], nth).refused(422, "code_wrong");
    }
    for site in &sites {
        type_code(site, HOUSING, handle, &code).refused(410, "code_used_up");
    }
}

/// Threat 35: 200 registrations and resends to one address, by turns at both and from everywhere, are its share of a day.
#[test]
fn a_flood_to_one_address_over_both_is_five_mails_a_day() {
    let (mut sites, database) = replicas(&["127.0.0.1"]);
    let mut handles = Vec::new();
    for nth in 0..200 {
        let client = sites[nth % 2].http();
        let answer = match (nth % 4, handles.last()) {
            (1 | 3, Some(handle)) => client
                .post(&format!("/api/v1/housing/registrations/{handle}/resend"))
                .from(&format!("10.3.{nth}.1"))
                .json(&json!({}))
                .send(),
            _ => client.post("/api/v1/housing/registrations").from(&format!("10.3.{nth}.1")).json(&form(&PEOPLE[nth % 15], VICTIM)).send(),
        };
        match answer.status {
            202 => handles.extend(answer.json()["registration"].as_str().map(str::to_owned)),
            _ => drop(answer.refused(429, "too_many_requests")),
        }
    }
    quiet(&database);
    assert_eq!(mails(&sites, VICTIM).len(), 5);
    for site in &mut sites {
        site.advance(DAY);
    }
    sites[1].post("/housing/registrations", &form(&PEOPLE[1], VICTIM)).expect(202);
    within(PATIENCE, "the next day's mail", || (mails(&sites, VICTIM).len() == 6).then_some(()));
}

/// Threat 35: one address, registered 50 times at once at both, has at most one account and no more mails than its share.
#[test]
fn fifty_registrations_of_one_address_at_once_over_both_open_one_account() {
    let (sites, database) = replicas(&["127.0.0.1"]);
    let answers = at_once(&sites, 50, |site, nth| {
        let call = site.http().post("/api/v1/housing/registrations").from(&format!("10.4.{nth}.1"));
        call.json(&form(&PEOPLE[nth % 15], VICTIM)).send()
    });
    let mut taken = Vec::new();
    for answer in &answers {
        match answer.status {
            202 => taken.push(answer.json()["registration"].as_str().unwrap().to_owned()),
            429 => drop(answer.refused(429, "too_many_requests")),
            _ => drop(answer.refused(503, "busy")),
        }
    }
    assert!((1..=5).contains(&taken.len()), "{}", taken.len());
    quiet(&database);
    let codes: Vec<_> = mails(&sites, VICTIM).iter().filter_map(Mail::find_code).collect();
    assert!((1..=5).contains(&codes.len()), "{codes:?}");
    // Every handle with every code, at once and at both.
    let pairs: Vec<_> = taken.iter().flat_map(|handle| codes.iter().map(move |code| (handle, code))).collect();
    let confirmed = at_once(&sites, pairs.len(), |site, nth| type_code(site, HOUSING, pairs[nth].0, pairs[nth].1));
    assert!(confirmed.iter().any(|answer| answer.status == 200), "{confirmed:?}");
    assert_eq!(Cluster::shared().psql(&database, "SELECT COUNT(*) FROM accounts"), "1");
}

/// Threat 33: while the post office cannot be reached from either, known and unknown are answered alike.
#[test]
fn a_stranger_learns_nothing_at_either_while_the_post_office_is_down() {
    let (mut sites, _) = replicas(&["127.0.0.1"]);
    register(&sites, VICTIM);
    // A port that was free a moment ago, and closed.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for site in &mut sites {
        site.kill();
        let file = site.folder().join("onboarding.toml");
        let text = fs::read_to_string(&file).unwrap();
        let moved = scene::replaced(&text, "folder = \"mail\"", &format!("smtp = \"smtp+plain://127.0.0.1:{port}\""));
        fs::write(&file, moved).unwrap();
        site.restart();
    }
    for (nth, site) in sites.iter().enumerate() {
        let ask = |path: &str, body: &Value| site.http().post(path).from(&format!("10.6.{nth}.1")).json(body).send();
        let resets = [VICTIM, "nobody@y.example"].map(|login| ask("/api/v1/housing/password-resets", &json!({ "login": login })));
        resets[0].expect(202);
        assert_eq!(shape(&resets[0]), shape(&resets[1]));
        let applied = [VICTIM, "nobody@y.example"].map(|email| ask("/api/v1/housing/registrations", &form(&PEOPLE[2], email)));
        applied[0].expect(202);
        assert_eq!(shape(&applied[0]), shape(&applied[1]));
        let handles = applied.each_ref().map(scene::handle);
        // Also after attempts have failed, and seen from the other one.
        thread::sleep(Duration::from_secs(2));
        for site in &sites {
            let looks = handles.each_ref().map(|handle| site.get(&format!("/housing/registrations/{handle}")));
            looks[0].expect(200);
            assert_eq!(shape(&looks[0]), shape(&looks[1]));
        }
    }
    for site in &sites {
        site.sign_in(HOUSING, VICTIM, PASSWORD);
    }
}

/// Threat 53: line ends and a lone dot in a name, typed at either, make no header and no recipient of the other's mails.
#[test]
fn a_name_with_line_ends_makes_no_header_or_recipient_at_either() {
    let (sites, _) = replicas(&[]);
    register(&sites, VICTIM);
    let session = sites[0].sign_in(HOUSING, VICTIM, PASSWORD);
    let amend =
        |site: &Site, name: &str| site.signed(&session, "PATCH", "/housing/account", &json!({ "first_name": name, "last_name": name }));
    for (nth, name) in
        ["Eve\r\nBcc: attacker@x.example", "Eve\nBcc: a@x.example", "Eve\rBcc: a@x.example", ".", "\r\n.\r\n"].iter().enumerate()
    {
        amend(&sites[nth % 2], name).refused(422, "validation_failed");
    }
    amend(&sites[1], "Eve\u{2028}Bcc\u{2029}Eve").expect(200);
    let before = mails(&sites, VICTIM).len();
    sites[0].post("/housing/password-resets", &json!({ "login": VICTIM })).expect(202);
    within(PATIENCE, "the reset's mail", || (mails(&sites, VICTIM).len() > before).then_some(()));
    for mail in mails(&sites, VICTIM) {
        let head = mail.raw.split("\r\n\r\n").next().unwrap();
        assert_eq!(head.lines().filter(|line| line.to_lowercase().starts_with("to:")).count(), 1, "{head}");
        assert!(head.lines().all(|line| !line.to_lowercase().starts_with("bcc:") && !line.to_lowercase().starts_with("cc:")), "{head}");
    }
    let everybody: BTreeSet<_> = sites.iter().flat_map(|site| recipients(site).into_keys()).collect();
    assert_eq!(everybody.into_iter().collect::<Vec<_>>(), [VICTIM]);
}
