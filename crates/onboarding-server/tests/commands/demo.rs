//! The demo: everything in one folder, a sample identity to begin with, and a second start that goes on.

use crate::harness::{Installation, Server, eventually};
use std::fs;

/// The body of the call that the demo prints for a portal.
fn printed_body(announcement: &str, portal: &str) -> String {
    let (_, call) = announcement.split_once(&format!("/api/v1/{portal}/registrations ")).unwrap();
    let (_, body) = call.split_once(" -d '").unwrap();
    body.split_once("'\n").unwrap().0.to_owned()
}

fn announcement(server: &mut Server) -> String {
    server.announcement_until("Ctrl+C")
}

#[test]
fn the_printed_call_begins_a_registration_and_its_mail_arrives() {
    let installation = Installation::empty();
    let mut server = installation.demo();
    let said = announcement(&mut server);
    assert!(said.contains(&format!("http://{}/api/docs", server.address)), "{said}");
    assert!(said.contains("data/mail/<portal>/*.eml") && said.contains("data/letters/<portal>/*.pdf"), "{said}");
    assert!(said.contains("  registration number  K7M4-9QXT-2HBP\n  last name            Müller-Lüdenscheidt\n"), "{said}");
    let answer = server.post("/api/v1/housing/registrations", &printed_body(&said, "housing"));
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.json()["state"], "awaiting_email");
    let mail = eventually("the mail", || installation.mails("data/mail/housing").pop());
    assert!(mail.contains("To: you@example.org"), "{mail}");
    let link = format!("http://{}/housing/", server.address);
    assert!(mail.replace("=\r\n", "").contains(&link), "links lead to where the demo listens: {mail}");
}

#[test]
fn the_demo_shows_the_portals_that_it_is_asked_for_and_all_of_them_otherwise() {
    let slugs = |server: &crate::harness::Server| -> Vec<String> {
        let portals = server.get("/api/v1/portals").json();
        portals.as_array().unwrap().iter().map(|portal| portal["slug"].as_str().unwrap().to_owned()).collect()
    };
    let mut server = Installation::empty().demo();
    announcement(&mut server);
    assert_eq!(slugs(&server), ["chamber", "customer", "housing", "partner"]);
    let installation = Installation::empty();
    let cheap = [("ONBOARDING_HASHING__MEMORY_KIB", "64"), ("ONBOARDING_HASHING__PASSES", "1"), ("ONBOARDING_PORTALS__ONLY", "housing")];
    let mut server = installation.start(&["demo", "--listen", "127.0.0.1:0", "--data", "data"], &cheap);
    announcement(&mut server);
    assert_eq!(slugs(&server), ["housing"]);
}

#[test]
fn a_second_demo_on_the_same_folder_is_refused_and_disturbs_nothing() {
    let installation = Installation::empty();
    let first = installation.demo();
    // The first start's own mails are on their way: let them arrive, so that nothing moves but what the second one does.
    let invited = eventually("the invitation", || installation.mails("data/mail/partner").pop());
    let opened =
        eventually("the mails of the sample account", || Some(installation.mails("data/mail/customer")).filter(|mails| mails.len() == 2));
    assert!(opened.iter().all(|mail| mail.contains("To: urs.zuercher@post.example")), "{opened:?}");
    assert!(invited.contains("To: super-admin@example.org"), "{invited}");
    let files = installation.files();
    let said = installation.run(&["demo", "--listen", "127.0.0.1:0", "--data", "data"]);
    let expected = "error: the folder data is in use by another demo: end that one, or name another folder with --data\n";
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (1, "", expected));
    assert_eq!(installation.files(), files);
    assert_eq!(first.get("/health/ready").status, 200);
    // Killed, not stopped: the system gives the folder back.
    drop(first);
    assert_eq!(installation.demo().stop().code, 0);
}

#[test]
fn a_second_start_goes_on_with_the_same_data() {
    let installation = Installation::empty();
    let mut server = installation.demo();
    let body = printed_body(&announcement(&mut server), "housing");
    let answer = server.post("/api/v1/housing/registrations", &body);
    let handle = answer.json()["registration"].as_str().unwrap().to_owned();
    let ended = server.stop();
    assert_eq!(ended.code, 0, "{ended:?}");
    let keys = fs::read_to_string(installation.path("data/keys.toml")).unwrap();

    let server = installation.demo();
    let answer = server.get(&format!("/api/v1/housing/registrations/{handle}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["state"], "awaiting_email");
    assert_eq!(fs::read_to_string(installation.path("data/keys.toml")).unwrap(), keys);
}

#[test]
fn records_imported_over_the_samples_outlive_a_second_start() {
    let installation = Installation::empty();
    assert_eq!(installation.demo().stop().code, 0);
    let header = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n";
    installation.write("renamed.csv", &format!("{header}K7M4-9QXT-2HBP,,Jana,Neumann,,10999,Berlin,DE,,de\n"));
    let said = installation.run(&["records", "import", "housing", "renamed.csv", "--data", "data"]);
    assert_eq!((said.code, said.out.as_str()), (0, "housing: 0 added, 1 updated, 0 unchanged\n"), "{said:?}");
    let mut server = installation.demo();
    assert!(announcement(&mut server).contains("  last name            Neumann\n"));
    let claim = server.post("/api/v1/housing/claims", r#"{"number":"K7M4-9QXT-2HBP","last_name":"Neumann"}"#);
    assert_eq!(claim.status, 200, "{claim:?}");
}

#[test]
fn the_demo_writes_nothing_outside_its_folder_and_keeps_it_to_itself() {
    let installation = Installation::empty();
    assert_eq!(installation.demo().stop().code, 0);
    let files = installation.files();
    assert!(files.iter().all(|file| file.starts_with("data/")), "{files:?}");
    assert!(files.contains(&"data/keys.toml".to_owned()) && files.contains(&"data/onboarding.db".to_owned()), "{files:?}");
    #[cfg(unix)]
    for (path, wanted) in [("data", 0o700), ("data/keys.toml", 0o600), ("data/onboarding.db", 0o600)] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(installation.path(path)).unwrap().permissions());
        assert_eq!(mode & 0o777, wanted, "{path}");
    }
    let said = installation.run(&["check", "--data", "data"]);
    assert_eq!(said.code, 0, "{said:?}");
}
