//! A configured server: when it starts, when it refuses to, and how it ends.

use crate::harness::{Installation, eventually};
use std::fs;
use std::net::TcpListener;

#[test]
fn a_server_without_a_migrated_database_refuses_to_start() {
    let installation = Installation::new();
    let before = installation.files();
    let said = installation.run(&["serve"]);
    assert_eq!((said.code, said.err.as_str()), (1, "error: there is no database at onboarding.db: run `onboarding migrate` first\n"));
    assert_eq!(installation.files(), before, "nothing was made");
    installation.run(&["migrate"]);
    fs::write(installation.path("onboarding.db"), "").unwrap();
    let said = installation.run(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("is not migrated") && said.err.contains("run `onboarding migrate` first"), "{said:?}");
}

#[test]
fn a_migrated_server_answers_and_ends_when_it_is_told_to() {
    let installation = Installation::new();
    let first = installation.run(&["migrate"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.out.starts_with("keys made: keys.toml\n"), "{first:?}");
    assert_eq!(installation.run(&["migrate"]).out, "the database is at the newest step already\n");
    let server = installation.start(&["serve"], &[("ONBOARDING_LOG__FORMAT", "json")]);
    assert_eq!(server.get("/health/ready").status, 200);
    let portals = server.get("/api/v1/portals").json();
    assert_eq!(portals.as_array().unwrap().len(), 1, "{portals}");
    assert_eq!(portals[0]["slug"], "housing");
    let said = server.stop();
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{said:?}");
    for line in said.err.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event["level"].is_string() && event["timestamp"].is_string(), "{line}");
    }
    assert!(said.err.contains("stopping"), "{said:?}");
}

#[cfg(unix)]
#[test]
fn keys_and_database_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let installation = Installation::new();
    installation.run(&["migrate"]);
    for file in ["keys.toml", "onboarding.db"] {
        let mode = fs::metadata(installation.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn lost_keys_are_never_replaced_behind_the_operators_back() {
    let installation = Installation::new();
    installation.run(&["migrate"]);
    fs::remove_file(installation.path("keys.toml")).unwrap();
    for command in [&["migrate"][..], &["serve"]] {
        let said = installation.run(command);
        assert_eq!((said.code, said.err.lines().count()), (1, 1), "{said:?}");
        assert!(said.err.contains("keys.toml"), "{said:?}");
        assert!(!installation.path("keys.toml").exists());
    }
}

#[test]
fn an_address_that_is_taken_is_told() {
    let installation = Installation::new();
    installation.run(&["migrate"]);
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let said = installation.run_with(&["serve"], &[("ONBOARDING_SERVER__LISTEN", &address)]);
    assert_eq!((said.code, said.err.as_str()), (1, format!("error: could not listen on {address}: address in use\n").as_str()));
}

#[test]
fn a_file_moves_the_clock_of_a_server_on_loopback() {
    let installation = Installation::new();
    installation.run(&["migrate"]);
    installation.run(&["records", "import", "housing", "portals/housing/records.csv"]);
    installation.write("clock", "86400000");
    let clock = installation.path("clock");
    let server = installation.start(&["serve"], &[("ONBOARDING_TEST__CLOCK_FILE", clock.to_str().unwrap())]);
    let claim = r#"{"number":"K7M4-9QXT-2HBP","last_name":"Müller-Lüdenscheidt"}"#;
    let ticket = |seconds: &str| {
        installation.write("clock", seconds);
        let answer = server.post("/api/v1/housing/claims", claim);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["expires_at"].as_str().unwrap().to_owned()
    };
    let (now, later) = (ticket("0"), ticket("86400000"));
    let years = |time: &str| time[..4].parse::<i32>().unwrap();
    assert!(years(&later) - years(&now) >= 2, "1,000 days later: {now} and {later}");
}

#[test]
fn mails_come_in_the_layout_of_their_portal() {
    let installation = Installation::new();
    installation.write_layout(
        "text.jinja",
        "Ein Brief von {{ portal }}\n{% for block in blocks %}\n{{ block.url if block.kind == 'link' else block.text }}\n{% endfor %}\n",
    );
    installation.run(&["migrate"]);
    installation.run(&["records", "import", "housing", "portals/housing/records.csv"]);
    let server = installation.start(&["serve"], &[]);
    let consents = ["terms", "privacy", "edelivery"]
        .map(|document| serde_json::json!({ "document": document, "version": "2026-10", "granted": true }));
    let body = serde_json::json!({
        "claim": { "number": "K7M4-9QXT-2HBP", "last_name": "Müller-Lüdenscheidt" },
        "email": "you@example.org",
        "password": "Seven lanterns on the stairs, 7",
        "consents": consents,
    });
    let answer = server.post("/api/v1/housing/registrations", &body.to_string());
    assert_eq!(answer.status, 202, "{answer:?}");
    let mail = eventually("the mail", || installation.mails("mail/housing").pop());
    assert!(mail.contains("\r\n\r\nEin Brief von Wohnportal Lindenhof\r\n"), "{mail}");
    assert!(mail.contains("<!DOCTYPE html>"), "HTML keeps the common layout: {mail}");
}
