//! The drill of `docs/operating.md`: a copy taken from a running server, brought back elsewhere, with its keys and without.

use crate::harness::{Installation, Server, eventually};
use onboarding_testkit::postgres::Cluster;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const EMAIL: &str = "you@example.org";
const PASSWORD: &str = "Seven lanterns on the stairs, 7";

fn application(email: &str, (number, last_name): (&str, &str)) -> String {
    let given = |document: &str| json!({ "document": document, "version": "2026-10", "granted": true });
    let consents = ["terms", "privacy", "edelivery"].map(given);
    json!({ "claim": { "number": number, "last_name": last_name }, "email": email, "password": PASSWORD, "consents": consents }).to_string()
}

fn link(installation: &Installation) -> String {
    let mail = eventually("the mail", || installation.mails("mail/housing").pop());
    mail.lines().find_map(|line| line.trim().split_once("?t=")).unwrap().1.to_owned()
}

fn confirmed(server: &Server, link: &str) -> (u16, Value) {
    let answer = server.post("/api/v1/housing/confirmations", &json!({ "token": link }).to_string());
    (answer.status, answer.json())
}

fn signs_in(server: &Server) -> u16 {
    server.post("/api/v1/housing/sessions", &json!({ "login": EMAIL, "password": PASSWORD }).to_string()).status
}

/// Somebody who waits for a link, when the copy is taken; then the copy is brought back and the link followed there.
fn drilled(installation: &Installation, take: impl FnOnce(), restored: &Installation, bring_back: impl FnOnce()) {
    installation.run(&["migrate"]);
    installation.run(&["records", "import", "housing", "portals/housing/records.csv"]);
    let server = installation.start(&["serve"], &[]);
    let answer = server.post("/api/v1/housing/registrations", &application(EMAIL, ("K7M4-9QXT-2HBP", "Müller-Lüdenscheidt")));
    assert_eq!(answer.status, 202, "{answer:?}");
    let link = link(installation);
    take();
    // What happens after the copy is lost with the machine.
    assert_eq!(confirmed(&server, &link).0, 200);
    drop(server);

    bring_back();
    let lost = restored.run(&["serve"]);
    assert_eq!(lost.code, 1, "without its keys a copy is of no use: {lost:?}");
    fs::copy(installation.path("keys.toml"), restored.path("keys.toml")).unwrap();
    let checked = restored.run(&["check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let server = restored.start(&["serve"], &[]);
    assert_eq!(server.get("/health/ready").status, 200);
    assert_eq!(signs_in(&server), 401, "the account was opened after the copy");
    let (status, state) = confirmed(&server, &link);
    assert_eq!((status, &state["state"]), (200, &json!("active")), "the link that was under way works");
    assert_eq!(signs_in(&server), 201);
    assert_eq!(server.stop().code, 0);
}

#[test]
fn a_copy_of_a_running_sqlite_installation_comes_back_with_its_keys() {
    let (installation, restored) = (Installation::new(), Installation::new());
    let copy = installation.path("copy.db");
    let take = || {
        let said =
            Command::new("sqlite3").arg(installation.path("onboarding.db")).arg(format!(".backup {}", copy.display())).output().unwrap();
        assert!(said.status.success(), "{said:?}");
    };
    drilled(&installation, take, &restored, || {
        fs::copy(&copy, restored.path("onboarding.db")).unwrap();
    });
}

/// A program of PostgreSQL's; Debian's are in no path.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.is_file()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

#[test]
fn a_copy_of_a_running_postgresql_installation_comes_back_with_its_keys() {
    let at = || {
        let (installation, url) = (Installation::new(), Cluster::shared().database());
        installation.spoil("onboarding.toml", "sqlite:onboarding.db", &url);
        (installation, url)
    };
    let ((installation, from), (restored, to)) = (at(), at());
    let copy = installation.path("copy.dump");
    let run = |command: &mut Command| {
        let said = command.output().unwrap();
        assert!(said.status.success(), "{said:?}");
    };
    drilled(
        &installation,
        || run(Command::new(program("pg_dump")).args(["--format=custom", "--no-owner", "--file"]).arg(&copy).arg(&from)),
        &restored,
        || {
            run(Command::new(program("pg_restore"))
                .args(["--no-owner", "--exit-on-error", "--single-transaction", "--dbname"])
                .arg(&to)
                .arg(&copy));
        },
    );
}
