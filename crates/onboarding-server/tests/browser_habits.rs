//! How people use a browser: with the keyboard alone, back, twice, too late; and what the pages' script adds.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use std::time::Duration;
use support::browser::keyboard::{ENTER, SPACE};
use support::browser::{Browser, Scripts, site};
use support::{HOUSING, PASSWORD, PEOPLE, Person, Site};

const REGISTER: &str = "/housing/register";
const SENT: &str = "/housing/register/sent";

/// Everything that the register page asks for.
fn filled<'a>(number: &'a str, person: &Person, email: &'a str) -> Vec<(&'a str, &'a str)> {
    let ticked = [("consent_terms", ""), ("consent_privacy", ""), ("consent_edelivery", "")];
    [&[("number", number), ("last_name", person.last_name), ("email", email), ("password", PASSWORD)][..], &ticked].concat()
}

/// From the first page to the area, by Tab, Enter and Space.
fn register_by_keyboard(site: &Site, scripts: Scripts, person: &Person, email: &str) {
    let browser = Browser::at(site, scripts, "de", REGISTER);
    let first = browser.tab_to("a way past the head of the page", |_| true);
    assert_eq!(first.text, "Zum Inhalt springen");
    browser.keys(ENTER);
    browser.tab_to_field("number");
    browser.keys(&person.number());
    browser.tab_to_field("last_name");
    browser.keys(person.last_name);
    browser.tab_to_field("email");
    browser.keys("jana@");
    // Enter in a line sends the form.
    browser.keys(ENTER);
    browser.is_told_faults(&["email", "password", "consent_terms"]);
    let summary = browser.focus();
    assert!(summary.id == "errors" && summary.is_visible, "{summary:?}");
    browser.tab_to("the sentence about the address", |focus| focus.tag == "a" && focus.text.contains("E-Mail"));
    browser.keys(ENTER);
    assert_eq!(browser.focus().name, "email");
    // On again from there: what was typed is marked as in any line.
    browser.command_keys(&['\u{e009}'], "a");
    browser.keys(email);
    browser.tab_to_field("password");
    browser.keys(PASSWORD);
    for consent in ["consent_terms", "consent_privacy", "consent_edelivery"] {
        browser.tab_to_field(consent);
        browser.keys(SPACE);
    }
    browser.tab_to("the button", |focus| focus.tag == "button" && focus.text == "Konto erstellen");
    browser.keys(ENTER);
    browser.arrives(SENT);
    browser.tab_to_field("code");
    browser.keys(&site.mail(HOUSING, email).code());
    browser.keys(ENTER);
    browser.arrives("/housing/register/done");
    browser.tab_to("the way on", |focus| focus.text == "Anmelden");
    browser.keys(ENTER);
    browser.arrives("/housing/login");
    browser.tab_to_field("login");
    browser.keys(email);
    browser.tab_to_field("password");
    browser.keys(PASSWORD);
    browser.keys(ENTER);
    browser.arrives("/housing/area");
}

#[test]
fn a_tenant_registers_with_the_keyboard_alone() {
    let site = site(vec![HOUSING]);
    register_by_keyboard(&site, Scripts::Off, &PEOPLE[0], "ada@post.example");
    register_by_keyboard(&site, Scripts::On, &PEOPLE[1], "zoe@post.example");
}

#[test]
fn a_double_click_is_one_registration_with_and_without_scripts() {
    let site = site(vec![HOUSING]);
    for (scripts, person, email) in [(Scripts::Off, &PEOPLE[0], "off@post.example"), (Scripts::On, &PEOPLE[1], "on@post.example")] {
        let browser = Browser::at(&site, scripts, "de", REGISTER);
        browser.press_twice(&filled(&person.number(), person, email));
        browser.arrives(SENT);
        let code = site.mail(HOUSING, email).code();
        browser.fill(&[("code", &code)]);
        browser.arrives("/housing/register/done");
        assert_eq!(site.mails_to(HOUSING, email).len(), 1, "the second press sent nothing");
    }
}

#[test]
fn back_after_a_form_shows_a_page_and_sending_it_again_does_no_harm() {
    let site = site(vec![HOUSING]);
    let (person, email) = (&PEOPLE[0], "back@post.example");
    for scripts in [Scripts::Off, Scripts::On] {
        let browser = Browser::at(&site, scripts, "de", REGISTER);
        browser.fill(&filled(&person.number(), person, email));
        browser.arrives(SENT);
        browser.back();
        browser.arrives(REGISTER);
        browser.fill(&filled(&person.number(), person, email));
        browser.arrives(SENT);
    }
    let browser = Browser::at(&site, Scripts::Off, "de", REGISTER);
    browser.fill(&filled(&person.number(), person, email));
    browser.arrives(SENT);
    // The newest mail's code counts, whatever was pressed before.
    let code = support::within(support::PATIENCE, "a code", || site.mails_to(HOUSING, email).last().and_then(support::Mail::find_code));
    browser.fill(&[("code", &code)]);
    browser.reads("Konto");
}

#[test]
fn an_expired_link_has_a_button_for_a_new_one() {
    let mut site = site(vec![HOUSING]);
    let (person, email) = (&PEOPLE[0], "late@post.example");
    let late = {
        let browser = Browser::at(&site, Scripts::Off, "fr", REGISTER);
        browser.fill(&filled(&person.number(), person, email));
        browser.arrives(SENT);
        site.mail(HOUSING, email).link()
    };
    site.advance(Duration::from_hours(25));
    let browser = Browser::at(&site, Scripts::Off, "fr", &late);
    assert_eq!(browser.status(), 410);
    browser.press(&[], Some("renew"));
    browser.reads(email);
    let link = site.mail(HOUSING, email).link();
    assert_ne!(link, late);
    browser.open(&link);
    browser.press(&[], Some("confirm"));
    browser.follow("/housing/login");
    browser.fill(&[("login", email), ("password", PASSWORD)]);
    browser.arrives("/housing/area");
}

#[test]
fn a_script_shows_a_password_and_ticks_off_what_it_must_have() {
    let site = site(vec![HOUSING]);
    let browser = Browser::at(&site, Scripts::On, "de", REGISTER);
    let kind = || browser.script("return document.getElementById('password').type", &[]);
    let met = || browser.script("return document.querySelector('[data-rule^=min]').dataset.met ?? 'no'", &[]);
    assert_eq!((kind(), met()), ("password".into(), "no".into()));
    browser.click("#password");
    browser.keys("kurz");
    assert_eq!(met(), "no");
    browser.keys(" ist es nicht mehr");
    assert_eq!(met(), "yes");
    let button = "[data-shows=\"password\"]";
    let label = || browser.script("return document.querySelector('[data-shows]').getAttribute('aria-label')", &[]);
    let before = label();
    browser.click(button);
    assert_eq!(kind(), "text");
    assert_ne!(label(), before, "its name says what it does next");
    assert_eq!(browser.value("password"), "kurz ist es nicht mehr");
    browser.click(button);
    assert_eq!((kind(), label()), ("password".into(), before));
    // Shown once more and sent: what comes back has no password, and hides what is typed.
    browser.click(button);
    browser.fill(&[("number", "")]);
    browser.is_told_faults(&["number"]);
    assert_eq!((kind(), browser.value("password")), ("password".into(), String::new()));
}
