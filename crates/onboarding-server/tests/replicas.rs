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
