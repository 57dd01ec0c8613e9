//! The four journeys in a real browser whose reader allows no script, one language each, each to its end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use support::browser::{Browser, Scripts, site};
use support::{HOUSING, PASSWORD, PEOPLE, people};

const PARTNER: &str = "partner";
const CUSTOMER: &str = "customer";
const CHAMBER: &str = "chamber";

/// Somebody without scripts; the page itself is asked whether that is so.
fn reader<'a>(site: &'a support::Site, language: &str, path: &str) -> Browser<'a> {
    let browser = Browser::at(site, Scripts::Off, language, path);
    assert_eq!(browser.script("return document.documentElement.lang", &[]), language);
    browser
}

#[test]
fn a_tenant_registers_by_code_without_scripts_in_german() {
    let site = site(vec![HOUSING]);
    let (person, email) = (&PEOPLE[0], "jana@post.example");
    let browser = reader(&site, "de", "/housing/");
    browser.follow("/housing/register");
    browser.arrives("/housing/register");
    assert!(!browser.sees("[data-shows]"), "scripts are off: nothing reveals a password");
    browser.fill(&[("number", ""), ("last_name", person.last_name), ("email", "jana@"), ("password", "kurz")]);
    browser.is_told_faults(&["number", "email", "password", "consent_terms", "consent_privacy", "consent_edelivery"]);
    assert!(browser.title().starts_with("Fehler: "), "{}", browser.title());
    assert_eq!(browser.focus().id, "errors", "the summary is where reading begins");
    assert_eq!((browser.value("email").as_str(), browser.value("password").as_str()), ("jana@", ""));
    browser.click("#errors a[href=\"#email\"]");
    assert_eq!(browser.focus().name, "email", "a sentence leads to its field");

    // As people type it: blanks around and between, other letters.
    browser.fill(&[("number", &person.types()), ("last_name", person.writes), ("email", email), ("password", PASSWORD)]);
    browser.is_told_faults(&["consent_terms"]);
    browser.fill(&[("password", PASSWORD), ("consent_terms", ""), ("consent_privacy", ""), ("consent_edelivery", "")]);
    browser.arrives("/housing/register/sent");
    browser.reads("Schritt 2 von 2");
    let mail = site.mail(HOUSING, email);
    browser.fill(&[("code", "2222-2222")]);
    browser.is_told_faults(&["code"]);
    browser.fill(&[("code", &format!(" {} ", mail.code().to_lowercase().replace('-', " – ")))]);
    browser.arrives("/housing/register/done");
    // Back over the code: where it leads is where one is.
    browser.open("/housing/register/sent");
    browser.arrives("/housing/register/done");
    // The link of the same mail, afterwards.
    browser.open(&mail.link());
    browser.reads("bereits");
    assert_eq!(browser.status(), 200);

    browser.open("/housing/area");
    browser.arrives("/housing/login");
    browser.fill(&[("login", email), ("password", PASSWORD)]);
    browser.arrives("/housing/area");
    browser.reads("Mitgliederbereich");
    browser.sign_out();
    browser.reads("Sie sind abgemeldet.");
}

#[test]
fn a_colleague_registers_by_link_and_approval_without_scripts_in_french() {
    let site = site(vec![PARTNER]);
    let record = people::sample(&site, PARTNER);
    let (boss, robin) = ("boss@praxis.example", "robin@praxis.example");
    site.run(&["super-admin", PARTNER, &record["number"], boss]);
    let chief = reader(&site, "fr", "/partner/");
    chief.open(&site.mail(PARTNER, boss).link());
    chief.fill(&[("first_name", "Ada"), ("last_name", "Chefin")]);
    for document in ["privacy", "terms"] {
        chief.arrives(&format!("/partner/setup/{document}"));
        chief.press(&[], None);
    }
    chief.arrives("/partner/setup/password");
    chief.fill(&[("password", PASSWORD)]);
    chief.arrives("/partner/login");

    let browser = reader(&site, "fr", "/partner/register");
    browser.fill(&[("number", &record["number"]), ("postal_code", "00000"), ("email", robin)]);
    browser.is_told_faults(&[]);
    browser.fill(&[("number", &record["number"]), ("postal_code", &record["postal_code"]), ("email", robin)]);
    browser.arrives("/partner/register/details");
    browser.reads("Étape 2 sur 2");
    browser.fill(&[("first_name", "Robin"), ("last_name", "")]);
    browser.is_told_faults(&["last_name", "consent_privacy"]);
    assert_eq!(browser.value("first_name"), "Robin");
    browser.fill(&[("last_name", "Reeder"), ("consent_privacy", "")]);
    browser.arrives("/partner/register/sent");
    // Threat 9: a scanner opens the link in a browser of its own, twice, and asks for its head.
    let link = site.mail(PARTNER, robin).link();
    for scripts in [Scripts::On, Scripts::Off] {
        let scanner = Browser::at(&site, scripts, "en", &link);
        assert!(scanner.text().contains(robin));
        scanner.open(&link);
    }
    let head = link.strip_prefix(site.base_url()).unwrap();
    assert_eq!(site.http().call("HEAD", head).send().status, 200);
    browser.open(&link);
    browser.reads(robin);
    browser.press(&[], Some("confirm"));
    browser.arrives("/partner/register/pending");

    chief.open("/partner/login");
    chief.fill(&[("login", boss), ("password", PASSWORD)]);
    chief.arrives("/partner/area");
    chief.follow("/partner/team");
    chief.follow("/partner/team/requests/");
    chief.reads("Reeder");
    chief.press(&[], Some("approve"));
    chief.arrives("/partner/team");

    browser.open(&site.mail(PARTNER, robin).link());
    browser.press(&[], None);
    browser.arrives("/partner/setup/terms");
    browser.reads("Étape 1 sur 2");
    browser.press(&[], None);
    browser.arrives("/partner/setup/password");
    browser.fill(&[("password", "court")]);
    browser.is_told_faults(&["password"]);
    browser.fill(&[("password", PASSWORD)]);
    browser.arrives("/partner/login");
    browser.fill(&[("login", robin), ("password", PASSWORD)]);
    browser.arrives("/partner/area");
    browser.reads(&record["name"]);
}

#[test]
fn a_customer_replaces_the_initial_password_without_scripts_in_italian() {
    let site = site(vec![CUSTOMER]);
    let record = people::sample(&site, CUSTOMER);
    let (number, email) = (record["number"].as_str(), record["email"].as_str());
    site.run(&["provision", CUSTOMER, number]);
    site.mail(CUSTOMER, email);
    let initial = site.mail(CUSTOMER, email).password();
    let browser = reader(&site, "it", "/customer/");
    browser.follow("/customer/login");
    browser.fill(&[("login", number), ("password", &format!(" {} ", initial.to_lowercase()))]);
    browser.arrives("/customer/password/first");
    browser.open("/customer/area");
    browser.arrives("/customer/password/first");
    let new = "Zaun#7-am-Bach";
    browser.fill(&[("current", &initial), ("new", "kurz"), ("repeat", "lang")]);
    browser.is_told_faults(&["repeat"]);
    browser.fill(&[("current", &initial), ("new", new), ("repeat", new)]);
    browser.arrives("/customer/login");
    browser.fill(&[("login", number), ("password", new)]);
    browser.arrives("/customer/area");
    browser.sign_out();
    browser.arrives("/customer/login");

    browser.open("/customer/password/forgot");
    browser.fill(&[("login", number)]);
    site.mail(CUSTOMER, email);
    let link = site.mail(CUSTOMER, email).link();
    browser.open(&link);
    browser.fill(&[("new", "Steg#9-am-See")]);
    browser.arrives("/customer/area");
    browser.open(&link);
    assert_eq!(browser.status(), 410);
}

#[test]
fn a_craftsman_links_a_business_by_posted_pin_without_scripts_in_english() {
    let site = site(vec![CHAMBER]);
    let email = "nora@workshop.example";
    let browser = reader(&site, "en", "/chamber/");
    browser.follow("/chamber/register");
    browser.fill(&[
        ("first_name", "Nora"),
        ("last_name", "Sample"),
        ("email", email),
        ("birth_date_day", "31"),
        ("birth_date_month", "2"),
        ("birth_date_year", "1984"),
        ("consent_privacy", ""),
    ]);
    browser.is_told_faults(&["birth_date_day"]);
    browser.fill(&[("birth_date_day", " 1"), ("birth_date_month", "2 "), ("consent_privacy", "")]);
    browser.arrives("/chamber/register/sent");
    browser.open(&site.mail(CHAMBER, email).link());
    browser.press(&[], Some("confirm"));
    let password = site.mail(CHAMBER, email).password();
    browser.open("/chamber/login");
    browser.fill(&[("login", email), ("password", &format!(" {password} "))]);
    browser.arrives("/chamber/area");
    assert!(!browser.text().contains("Members’ area"), "{}", browser.text());

    let record = people::sample(&site, CHAMBER);
    browser.follow("/chamber/business");
    browser.follow("/chamber/business/pin");
    browser.fill(&[("number", "")]);
    browser.is_told_faults(&["number"]);
    browser.fill(&[("number", &record["number"])]);
    browser.arrives("/chamber/business");
    let pin = people::pin_of_the_letter(&site, CHAMBER);
    browser.open(&format!("/chamber/business/link?n={}", record["number"]));
    assert_eq!(browser.value("number"), record["number"], "the letter's QR code fills it in");
    browser.fill(&[("pin", "2222-2222-2222")]);
    browser.is_told_faults(&["pin"]);
    browser.fill(&[("pin", &format!(" {} ", pin.to_lowercase()))]);
    browser.arrives("/chamber/login");
    browser.fill(&[("login", email), ("password", &password)]);
    browser.arrives("/chamber/area");
    browser.reads("Members’ area");
    browser.reads(&record["name"]);
}
