//! Two servers on one database: what one of them has taken, the other knows, and what both are asked at once happens once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use serde_json::{Value, json};
use support::{HOUSING, PASSWORD, PEOPLE, Setup, Site, form};

/// Two installations with the same keys and data.
fn replicas() -> (Site, Site, String) {
    let database = Cluster::shared().database();
    let setup = || Setup { database: database.clone(), twin: false, ..Setup::default() };
    let first = Site::with(&setup());
    let second = Site::beside(&setup(), &first);
    (first, second, database)
}

fn count(database: &str, what: &str) -> u32 {
    Cluster::shared().psql(database, &format!("SELECT COUNT(*) FROM {what}")).parse().unwrap()
}

#[test]
fn a_person_goes_from_one_server_to_the_other_at_every_step() {
    let (one, other, _) = replicas();
    let (person, email) = (&PEOPLE[0], "jana@post.example");
    let handle = one.post("/housing/registrations", &form(person, email)).expect(202)["registration"].as_str().unwrap().to_owned();
    let code = loop {
        // Either of them may have sent it, into its own folder.
        if let Some(mail) = [&one, &other].into_iter().find_map(|site| site.mails_to(HOUSING, email).pop()) {
            break mail.code();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let confirmed = other.post(&format!("/housing/registrations/{handle}/confirm"), &json!({ "code": code })).expect(200);
    assert_eq!(confirmed["state"], "active");
    let session = one.sign_in(HOUSING, email, PASSWORD);
    assert_eq!(other.signed(&session, "GET", "/housing/session", &Value::Null).expect(200)["account"]["email"], email);
    other.signed(&session, "DELETE", "/housing/session", &Value::Null).expect(204);
    assert_eq!(one.signed(&session, "GET", "/housing/session", &Value::Null).status, 401);
}

/// Threat 67: two replicas confirm together. One event, one account.
#[test]
fn one_code_typed_at_two_servers_at_once_opens_one_account() {
    let (one, other, database) = replicas();
    for (n, person) in PEOPLE.iter().enumerate().take(4) {
        let email = format!("racer-{n}@post.example");
        let handle = one.post("/housing/registrations", &form(person, &email)).expect(202)["registration"].as_str().unwrap().to_owned();
        let code = loop {
            if let Some(mail) = [&one, &other].into_iter().find_map(|site| site.mails_to(HOUSING, &email).pop()) {
                break mail.code();
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        let answers = std::thread::scope(|scope| {
            let typed = (0..8).map(|n| {
                let (site, handle, code) = (if n % 2 == 0 { &one } else { &other }, &handle, &code);
                let client = site.http();
                scope.spawn(move || {
                    let call = client.post(&format!("/api/v1/housing/registrations/{handle}/confirm"));
                    call.json(&json!({ "code": code })).send()
                })
            });
            typed.collect::<Vec<_>>().into_iter().map(|typed| typed.join().unwrap()).collect::<Vec<_>>()
        });
        for answer in answers {
            assert_eq!(answer.expect(200)["state"], "active");
        }
        let opened = u32::try_from(n + 1).unwrap();
        assert_eq!(count(&database, "accounts"), opened);
        assert_eq!(count(&database, "audit WHERE subject_kind = 'account' AND kind LIKE '%opened%'"), opened);
    }
}

/// Two servers of another portal, with two records.
fn others(portal: &'static str) -> (Site, Site, String) {
    let database = Cluster::shared().database();
    let setup = || Setup { portals: vec![portal], twin: false, database: database.clone(), ..Setup::default() };
    let mut first = Site::prepared(&setup());
    let file = first.folder().join("records.csv");
    std::fs::write(&file, RECORDS).unwrap();
    first.import(portal, &file);
    first.restart();
    let second = Site::beside_with_one_postbox(&setup(), &first);
    (first, second, database)
}

const RECORDS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0001842,Malerei Köster,Sabine,Köster,Malweg 1,65189,Wiesbaden,DE,,de,open\n\
    0001843,Schreinerei Weiß,Johannes,Weiß,Holzweg 3,65195,Wiesbaden,DE,,de,open\n";

fn consent(document: &str, version: &str) -> Value {
    json!({ "document": document, "version": version, "granted": true })
}

/// The same call sixteen times at once, by turns at both.
fn at_both(one: &Site, other: &Site, session: &str, path: &str, body: &Value) -> Vec<u16> {
    std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..16)
            .map(|n| {
                let site = if n % 2 == 0 { one } else { other };
                scope.spawn(move || site.signed(session, "POST", path, body).status)
            })
            .collect();
        crowd.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// Nothing that was ordered before this call is still to be sent.
fn sent_everything(database: &str) {
    let waiting = || count(database, "outbox WHERE settled_at IS NULL");
    support::within(support::PATIENCE, "the outbox to be empty", || (waiting() == 0).then_some(()));
}

fn once(statuses: &[u16], status: u16, otherwise: &[u16]) {
    assert_eq!(statuses.iter().filter(|got| **got == status).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|got| *got == status || otherwise.contains(got)), "{statuses:?}");
}

/// Threat 67: two replicas approve together. One event, one mail.
#[test]
fn a_request_approved_at_two_servers_at_once_is_approved_once() {
    let portal = "partner";
    let (one, other, database) = others(portal);
    one.run(&["super-admin", portal, "0001842", "chefin@praxis.example"]);
    let body = json!({
        "token": one.mail(portal, "chefin@praxis.example").token(), "password": PASSWORD, "first_name": "Ada", "last_name": "Chefin",
        "consents": [consent("privacy", "3.0"), consent("terms", "3.1")],
    });
    other.post("/partner/completions", &body).expect(200);
    let chief = one.sign_in(portal, "chefin@praxis.example", PASSWORD);
    let body = json!({
        "claim": { "number": "0001842", "postal_code": "65189" }, "email": "robin@praxis.example", "first_name": "Robin",
        "last_name": "Reeder", "consents": [consent("privacy", "3.0")],
    });
    other.post("/partner/registrations", &body).expect(202);
    let token = one.mail(portal, "robin@praxis.example").token();
    assert_eq!(one.post("/partner/confirmations", &json!({ "token": token })).expect(200)["state"], "awaiting_approval");
    let request = other.signed(&chief, "GET", "/partner/team", &Value::Null).expect(200)["requests"][0].clone();
    let path = format!("/partner/team/requests/{}/approve", request["id"].as_str().unwrap());
    once(&at_both(&one, &other, &chief, &path, &json!({ "version": request["version"] })), 200, &[409, 503]);
    assert_eq!(count(&database, "audit WHERE kind LIKE '%approved%'"), 1);
    sent_everything(&database);
    // The confirmation and the approval.
    assert_eq!(one.mails_to(portal, "robin@praxis.example").len(), 2);
}

/// Threat 67: two replicas issue a PIN together. One letter. One PIN redeemed at both is one membership.
#[test]
fn a_letter_asked_for_and_a_pin_typed_at_two_servers_at_once_are_one_letter_and_one_membership() {
    let portal = "chamber";
    let (one, other, database) = others(portal);
    let body = json!({
        "first_name": "Nora", "last_name": "Beispiel", "email": "nora@workshop.example", "birth_date": "1984-05-17",
        "consents": [consent("privacy", "2026-09")],
    });
    one.post("/chamber/registrations", &body).expect(202);
    let link = one.mail(portal, "nora@workshop.example").token();
    other.post("/chamber/confirmations", &json!({ "token": link })).expect(200);
    let password = one.mail(portal, "nora@workshop.example").password();
    let session = one.sign_in(portal, "nora@workshop.example", &password);
    let asked = at_both(&one, &other, &session, "/chamber/account/pin-letters", &json!({ "number": "0001842" }));
    once(&asked, 202, &[429, 503]);
    assert_eq!(count(&database, "audit WHERE subject_kind = 'membership' AND kind LIKE '%requested%'"), 1);
    let letters = || {
        let Ok(files) = std::fs::read_dir(one.folder().join("letters").join(portal)) else { return 0 };
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "pdf")).count()
    };
    support::within(support::PATIENCE, "the letter", || (letters() > 0).then_some(()));
    // A notice's PIN, which is good once.
    let (numbers, out) = (one.folder().join("numbers.txt"), one.folder().join("pins.csv"));
    std::fs::write(&numbers, "0001843\n").unwrap();
    one.run(&["pins", "issue", portal, "--numbers", numbers.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let file = std::fs::read_to_string(&out).unwrap();
    let pin = file.lines().nth(1).unwrap().split(',').nth_back(1).unwrap().trim_matches('"').to_owned();
    let typed = json!({ "number": "0001843", "pin": pin });
    once(&at_both(&one, &other, &session, "/chamber/account/memberships", &typed), 200, &[401, 409, 503]);
    sent_everything(&database);
    // One that waits for its letter, and one that is open.
    assert_eq!((letters(), count(&database, "memberships")), (1, 2));
}
