//! Every command on a server of PostgreSQL's: what it does, what it refuses, and that no message has the password.

use crate::harness::{Installation, Said};
use onboarding_testkit::postgres::Cluster;
use std::fs;

/// The password of the tests' server.
const PASSWORD: &str = "sample-password";

/// An installation on a new database, with the password in a file of its own.
fn installation() -> Installation {
    let installation = Installation::new();
    let url = Cluster::shared().database().replace(&format!(":{PASSWORD}@"), "@");
    installation.spoil("onboarding.toml", "url = \"sqlite:onboarding.db\"", &format!("url = \"{url}\"\npassword_file = \"password\""));
    installation.write("password", &format!("{PASSWORD}\n"));
    installation
}

#[track_caller]
fn refused(said: &Said, reason: &str) {
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains(reason) && !said.err.contains(PASSWORD) && !said.err.contains("s3cret"), "{said:?}");
}

#[test]
fn a_database_on_a_server_is_checked_migrated_filled_and_served() {
    let installation = installation();
    let ok = installation.run(&["check"]);
    assert_eq!((ok.code, ok.err.as_str()), (0, ""), "{ok:?}");
    refused(&installation.run(&["serve"]), "");
    let migrated = installation.run(&["migrate"]);
    assert!(migrated.out.starts_with("keys made: keys.toml\n"), "{migrated:?}");
    assert_eq!(installation.run(&["migrate"]).out, "the database is at the newest step already\n");
    assert_eq!(installation.run(&["check"]).out, ok.out);
    let records = installation.path("portals/housing/records.csv");
    let rows = fs::read_to_string(&records).unwrap().lines().count() - 1;
    let import = ["records", "import", "housing", records.to_str().unwrap()];
    assert_eq!(installation.run(&import).out, format!("housing: {rows} added, 0 updated, 0 unchanged\n"));
    assert_eq!(installation.run(&import).out, format!("housing: 0 added, 0 updated, {rows} unchanged\n"));
    let server = installation.start(&["serve"], &[]);
    assert_eq!(server.get("/health/ready").status, 200);
    let said = server.stop();
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn lost_keys_are_not_replaced_beside_rows_on_a_server() {
    let installation = installation();
    installation.run(&["migrate"]);
    fs::remove_file(installation.path("keys.toml")).unwrap();
    refused(&installation.run(&["migrate"]), "is in use: put its keys back");
    refused(&installation.run(&["check"]), "keys.toml");
    assert!(!installation.path("keys.toml").exists());
}

#[test]
fn a_server_that_does_not_let_us_in_is_told_by_place_and_reason() {
    let installation = installation();
    installation.write("password", "s3cret\n");
    for command in ["migrate", "check"] {
        refused(&installation.run(&[command]), "the database does not let this user in");
    }
    fs::remove_file(installation.path("password")).unwrap();
    refused(&installation.run(&["migrate"]), "could not read the database's password from password: entity not found");
    let text = fs::read_to_string(installation.path("onboarding.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("url = ")).unwrap();
    installation.spoil("onboarding.toml", line, "url = \"postgres://eva:s3cret@nowhere.invalid/portal\"");
    installation.write("password", PASSWORD);
    refused(&installation.run(&["check"]), "postgres://nowhere.invalid:5432/portal");
    installation.spoil("onboarding.toml", "nowhere.invalid/portal", "nowhere.invalid");
    refused(&installation.run(&["check"]), "onboarding.toml:6: names no database");
}
