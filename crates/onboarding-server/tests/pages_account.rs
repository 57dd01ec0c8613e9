//! The pages of one's own account, and what every page offers: help, the statement on accessibility, a session that ends while one types.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use std::time::Duration;
use support::{HOUSING, PASSWORD, PEOPLE, Setup, Site, Visitor};

const EMAIL: &str = "kim@post.example";

/// Signs somebody up and in.
fn signed_in(site: &Site) -> Visitor<'_> {
    site.register(HOUSING, &PEOPLE[3], EMAIL);
    signed_in_again(site)
}

fn signed_in_again(site: &Site) -> Visitor<'_> {
    let mut visitor = Visitor::at(site, "de", "/housing/login");
    visitor.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/area", "{}", visitor.text());
    visitor
}

#[test]
fn name_and_language_are_changed_and_the_account_says_so() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    visitor.open("/housing/account");
    assert!(visitor.text().contains(EMAIL) && visitor.text().contains("Mein Konto"), "{}", visitor.text());
    visitor.open("/housing/account/profile");
    visitor.fill(&[("first_name", "Ki\u{200b}\u{7}m"), ("last_name", "Neu"), ("language", "de")]);
    assert!(visitor.page.status == 422 && visitor.page.text().contains("href=\"#first_name\""), "{}", visitor.text());
    assert_eq!(visitor.value("last_name").as_deref(), Some("Neu"));
    visitor.fill(&[("first_name", " Kim "), ("last_name", "Neumann"), ("language", "fr")]);
    assert_eq!(visitor.path(), "/housing/account");
    assert!(visitor.page.text().contains("<html lang=\"fr\">"), "the page speaks it at once: {}", visitor.at);
    assert!(visitor.text().contains("Kim") && visitor.text().contains("Neumann"));
}

#[test]
fn another_address_waits_for_its_proof_and_needs_the_password() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    visitor.open("/housing/account/email");
    visitor.fill(&[("email", "neu@"), ("password", "")]);
    assert!(visitor.page.status == 422 && visitor.page.text().contains("href=\"#password\""), "{}", visitor.text());
    visitor.fill(&[("email", "neu@post.example"), ("password", "falsch")]);
    assert!(visitor.page.status == 422 && !visitor.page.text().contains("falsch"), "{}", visitor.text());
    assert_eq!(visitor.value("email").as_deref(), Some("neu@post.example"));
    visitor.fill(&[("email", "neu@post.example"), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/account");
    assert!(visitor.text().contains("neu@post.example") && visitor.text().contains(EMAIL), "{}", visitor.text());
    visitor.open(&site.mail(HOUSING, "neu@post.example").link());
    visitor.press(&[], None);
    visitor.open("/housing/account");
    assert!(visitor.path() == "/housing/account" && !visitor.text().contains(EMAIL), "{}: {}", visitor.at, visitor.text());
}

#[test]
fn the_password_is_changed_and_every_other_device_signed_out() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    let mut other = signed_in_again(&site);
    visitor.open("/housing/account/sessions");
    assert!(visitor.text().contains("Dieses Gerät"), "{}", visitor.text());
    visitor.press(&[], Some("end"));
    assert!(visitor.path() == "/housing/account/sessions" && visitor.text().contains("Das Gerät ist abgemeldet."), "{}", visitor.text());
    other.open("/housing/area");
    assert_eq!(other.path(), "/housing/login");
    let mut other = signed_in_again(&site);
    visitor.open("/housing/account/sessions");
    visitor.press(&[], Some("others"));
    assert_eq!(visitor.path(), "/housing/account/sessions");
    other.open("/housing/area");
    assert_eq!(other.path(), "/housing/login");

    let new = "ein-ganz-neuer-Satz-42";
    visitor.open("/housing/account/password");
    visitor.fill(&[("current", PASSWORD), ("new", new), ("repeat", "anders")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("current", PASSWORD), ("new", new), ("repeat", new)]);
    assert!(visitor.path() == "/housing/account" && visitor.text().contains("Ihr neues Passwort ist gespeichert."), "{}", visitor.text());
}

#[test]
fn every_fault_of_a_new_password_is_told_at_once() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    visitor.open("/housing/account/password");
    visitor.fill(&[("current", ""), ("new", "kurz"), ("repeat", "lang")]);
    for field in ["current", "new", "repeat"] {
        assert!(visitor.page.text().contains(&format!("href=\"#{field}\"")), "{field}: {}", visitor.text());
    }
    visitor.fill(&[("current", PASSWORD), ("new", ""), ("repeat", "")]);
    assert!(visitor.text().contains("Geben Sie ein neues Passwort ein."), "{}", visitor.text());
}

#[test]
fn the_area_says_when_one_signed_in_last() {
    let site = Site::start();
    let visitor = signed_in(&site);
    assert!(visitor.text().contains("Letzte Anmeldung: "), "{}", visitor.text());
}

#[test]
fn everything_held_is_a_file_and_the_account_is_closed_for_good() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    visitor.open("/housing/account/export");
    visitor.fill(&[("password", "falsch")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("password", PASSWORD)]);
    let file = visitor.page.clone();
    assert!(file.header("content-disposition").unwrap().starts_with("attachment; filename=\"housing-"), "{file:?}");
    assert_eq!(file.header("content-type"), Some("application/json"));
    assert!(file.text().contains(EMAIL) && file.text().contains("\"consents\""), "{}", file.text());
    visitor.open("/housing/account/close");
    visitor.fill(&[("password", "")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("password", PASSWORD)]);
    assert!(visitor.path() == "/housing/login" && visitor.text().contains("Ihr Konto ist gelöscht."), "{}", visitor.text());
    assert!(!visitor.cookies.keys().any(|name| name.starts_with("__Host-s-") || name.starts_with("__Host-d-")), "{:?}", visitor.cookies);
    visitor.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    assert_eq!(visitor.page.status, 422);
}

#[test]
fn what_was_typed_is_there_again_after_signing_in_anew() {
    let mut site = Site::start();
    let (cookies, form) = {
        let mut visitor = signed_in(&site);
        visitor.open("/housing/account/profile");
        (visitor.cookies.clone(), visitor.form(&[("first_name", "")], None))
    };
    site.advance(Duration::from_mins(31));
    let mut visitor = Visitor::at(&site, "de", "/housing/");
    visitor.cookies = cookies;
    let token = form.values.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let body = [("form", token.as_str()), ("first_name", "Kimberley"), ("last_name", "Übrigens"), ("language", "de")];
    let answer = visitor.send("POST", "/housing/account/profile", Some(&body));
    assert_eq!(answer.status, 303);
    visitor.open(answer.header("location").unwrap());
    assert!(visitor.path() == "/housing/login" && visitor.text().contains("Ihre Angaben sind noch da"), "{}", visitor.text());
    visitor.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/account/profile");
    assert_eq!(visitor.value("first_name").as_deref(), Some("Kimberley"));
    assert_eq!(visitor.value("last_name").as_deref(), Some("Übrigens"));
    assert!(!visitor.text().contains("Ihre Änderungen sind gespeichert"), "nothing was done with it");
    // Once: whoever comes next in this browser finds what the account says.
    visitor.open("/housing/account/profile");
    assert_ne!(visitor.value("first_name").as_deref(), Some("Kimberley"));
    // No password is ever kept, sealed or not.
    assert!(!visitor.cookies.contains_key("__Host-f-housing"), "{:?}", visitor.cookies);
}

#[test]
fn a_session_is_extended_and_says_until_when() {
    let mut site = Site::start();
    let cookies = signed_in(&site).cookies.clone();
    site.advance(Duration::from_mins(20));
    let mut visitor = Visitor::at(&site, "de", "/housing/");
    visitor.cookies = cookies;
    visitor.open("/housing/account/profile");
    assert!(visitor.page.text().contains("data-seconds=\"1800\""), "{}", visitor.page.text());
    let form = support::visitor::forms(visitor.page.text()).into_iter().find(|form| form.action.contains("/session/extend")).unwrap();
    let body: Vec<(&str, &str)> = form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = visitor.send("POST", &form.action, Some(&body));
    assert_eq!(answer.status, 303);
    visitor.open(answer.header("location").unwrap());
    assert!(visitor.path() == "/housing/account/profile" && visitor.text().contains("Ihre Sitzung ist bis"), "{}", visitor.text());
}

#[test]
fn strangers_failures_do_not_shut_out_a_browser_that_has_signed_in_before() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    visitor.sign_out();
    assert!(visitor.cookies.contains_key("__Host-d-housing"), "it survives signing out");
    // A stranger in the same network piles up failures.
    let mut stranger = Visitor::at(&site, "de", "/housing/login");
    for _ in 0..7 {
        stranger.fill(&[("login", EMAIL), ("password", "geraten")]);
    }
    assert_eq!(stranger.page.status, 429, "{}", stranger.text());
    stranger.cookies.insert("__Host-d-housing".to_owned(), format!("{}-{}", "0".repeat(32), "1".repeat(64)));
    stranger.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    assert_eq!(stranger.page.status, 429, "a mark that is made up opens no bucket");
    visitor.open("/housing/login");
    visitor.fill(&[("login", EMAIL), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/area", "{}", visitor.text());
    // Its own failures are counted as well.
    visitor.sign_out();
    for _ in 0..7 {
        visitor.open("/housing/login");
        visitor.fill(&[("login", EMAIL), ("password", "vertippt")]);
    }
    assert_eq!(visitor.page.status, 429);
}

#[test]
fn a_barrier_is_reported_to_the_people_of_the_portal_and_a_flood_of_reports_is_not() {
    let site = Site::start();
    let mut visitor = Visitor::at(&site, "de", "/housing/help");
    assert!(visitor.text().contains("+49 30 5550 100") && visitor.page.text().contains("href=\"tel:"), "{}", visitor.text());
    visitor.open("/housing/accessibility");
    assert!(visitor.text().contains("WCAG 2.2"), "{}", visitor.text());
    visitor.open("/housing/accessibility/report");
    visitor.fill(&[("text", "  "), ("email", "")]);
    assert!(visitor.page.status == 422 && visitor.page.text().contains("href=\"#text\""), "{}", visitor.text());
    visitor.fill(&[("text", "Der Fokus <b>fehlt</b>\r\nBcc: all@evil.example"), ("email", "leser@post.example\nBcc: x@evil.example")]);
    assert_eq!(visitor.page.status, 422, "{}", visitor.text());
    visitor.fill(&[("text", "Der Fokus <b>fehlt</b>\r\nBcc: all@evil.example"), ("email", "leser@post.example")]);
    assert!(visitor.page.status == 200 && visitor.text().contains("Wir haben Ihre Meldung erhalten"), "{}", visitor.text());
    let mail = site.mail(HOUSING, "service@lindenhof.example");
    assert!(
        mail.text.contains("Der Fokus <b>fehlt</b> Bcc: all@evil.example") && mail.text.contains("leser@post.example"),
        "{}",
        mail.text
    );
    for nth in 0..5 {
        visitor.open("/housing/accessibility/report");
        visitor.fill(&[("text", &format!("Noch etwas: {nth}"))]);
    }
    assert_eq!(visitor.page.status, 429, "{}", visitor.text());
}

#[test]
fn a_consent_is_given_and_withdrawn_by_one_button_each_and_an_agreement_is_not() {
    let site = Site::with(&Setup { portals: vec!["partner"], twin: false, ..Setup::default() });
    site.import("partner", &support::repository().join("portals/partner/records.csv"));
    let text = std::fs::read_to_string(support::repository().join("portals/partner/records.csv")).unwrap();
    let number = text.lines().nth(1).unwrap().split([',', ';']).next().unwrap().to_owned();
    site.run(&["super-admin", "partner", &number, "boss@praxis.example"]);
    let mut chief = Visitor::at(&site, "de", "/partner/");
    chief.open(&site.mail("partner", "boss@praxis.example").link());
    chief.fill(&[("first_name", "Ada"), ("last_name", "Chefin")]);
    while !chief.path().ends_with("/setup/password") {
        chief.press(&[], None);
    }
    chief.fill(&[("password", PASSWORD)]);
    chief.fill(&[("login", "boss@praxis.example"), ("password", PASSWORD)]);
    chief.open("/partner/account/consents");
    chief.press(&[], Some("give:marketing"));
    assert_eq!(chief.page.status, 422, "a box that nobody ticked: {}", chief.text());
    assert!(chief.text().contains("wenn Sie einwilligen möchten") && !chief.text().contains("um fortzufahren"), "{}", chief.text());
    chief.press(&[("consent_marketing", "")], Some("give:marketing"));
    assert!(chief.page.status == 200 && chief.text().contains("Einwilligung widerrufen"), "{}", chief.text());
    chief.press(&[], Some("withdraw:marketing"));
    assert!(chief.text().contains("Widerrufen am"), "{}", chief.text());
    assert!(!chief.page.text().contains("withdraw:terms"), "an agreement is not withdrawn");
    // The last one who decides cannot leave.
    chief.open("/partner/account");
    let html = chief.page.text().replace("&#x2f;", "/");
    let leave =
        html.split("href=\"").find(|part| part.starts_with("/partner/account/leave/")).unwrap().split('"').next().unwrap().to_owned();
    chief.open(&leave);
    chief.press(&[], None);
    assert_eq!(chief.page.status, 409, "{}", chief.text());
}
