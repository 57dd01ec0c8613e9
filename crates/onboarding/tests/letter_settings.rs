//! The `[letters]` table of a portal's file: what holds without it, and what is refused, with line and reason.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use onboarding::Portal;
use onboarding::portal::{LetterDispatch, LetterLayout, LetterSettings};
use onboarding_core::PortalSlug;

const PORTAL: &str = r#"name = "Hafenportal"
languages = ["de"]
country = "COUNTRY"

[support]
email = "hilfe@hafen.example"
phone = "+41 44 555 03 00"

[mail]
from = "portal@hafen.example"
from_name = "Hafenportal"

[journey]
start = "person"
number = "registration_number"
email_proof = ["link"]
approval = "nobody"
password = "at_registration"
login_with = "email"
membership = "claim"
accounts_per_record = "one"

[journey.claim]
must_match = ["last_name"]
"#;

fn parse(country: &str, letters: &str) -> Result<LetterSettings, Vec<String>> {
    let text = format!("{}{letters}", PORTAL.replace("COUNTRY", country));
    let portal = Portal::parse(PortalSlug::parse("harbour").unwrap(), &text, &|_, _| None);
    portal.map(|portal| portal.letters).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn without_the_table_the_portal_s_name_and_country_decide() {
    for (country, layout) in [
        ("DE", LetterLayout::Din),
        ("AT", LetterLayout::Din),
        ("CH", LetterLayout::ChLeft),
        ("LI", LetterLayout::ChLeft),
        ("FR", LetterLayout::Fr),
        ("IT", LetterLayout::It),
        ("SE", LetterLayout::Din),
    ] {
        let settings = parse(country, "").unwrap();
        assert_eq!((settings.layout, settings.handling_days, settings.dispatch), (layout, 3, LetterDispatch::WhenSpooled), "{country}");
        assert_eq!((settings.sender, settings.app_url), (vec!["Hafenportal".to_owned()], None));
    }
}

#[test]
fn every_setting_is_read() {
    let table = "\n[letters]\nsender = [\"Hafen AG\", \"Kai 1\"]\nlayout = \"ch-right\"\nhandling_days = 0\ndispatch = \"when_posted\"\n\
                 app_url = \"https://app.hafen.example/get\"\n";
    let settings = parse("CH", table).unwrap();
    assert_eq!(settings.sender, ["Hafen AG", "Kai 1"]);
    assert_eq!((settings.layout, settings.handling_days, settings.dispatch), (LetterLayout::ChRight, 0, LetterDispatch::WhenPosted));
    assert_eq!(settings.app_url.as_deref(), Some("https://app.hafen.example/get"));
    for layout in LetterLayout::ALL {
        assert_eq!(parse("DE", &format!("\n[letters]\nlayout = \"{}\"\n", layout.word())).unwrap().layout, layout);
    }
}

#[test]
fn what_cannot_be_printed_is_refused_with_its_line() {
    let sender = "sender has 1 to 5 lines of 1 to 60 characters, 160 in all";
    let days = "handling_days is a number of days from 0 to 14";
    let url = "app_url is an address that begins with https://, without blanks, of at most 200 characters";
    for (setting, reason) in [
        ("sender = []".to_owned(), sender),
        ("sender = [\" \"]".to_owned(), sender),
        ("sender = [\"a\\tb\"]".to_owned(), sender),
        (format!("sender = [\"{}\"]", "x".repeat(61)), sender),
        ("sender = [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\"]".to_owned(), sender),
        (format!("sender = [\"{0}\", \"{0}\", \"{0}\"]", "x".repeat(60)), sender),
        ("handling_days = 15".to_owned(), days),
        ("handling_days = -1".to_owned(), days),
        ("app_url = \"http://app.hafen.example\"".to_owned(), url),
        ("app_url = \"https:///get\"".to_owned(), url),
        ("app_url = \"https://app hafen.example\"".to_owned(), url),
    ] {
        assert_eq!(parse("DE", &format!("\n[letters]\n{setting}\n")).unwrap_err(), [format!("line 27: {reason}")], "{setting}");
    }
    for setting in ["layout = \"us\"", "dispatch = \"never\"", "handling_days = \"3\"", "colour = true"] {
        let told = parse("DE", &format!("\n[letters]\n{setting}\n")).unwrap_err();
        assert!(told.len() == 1 && told[0].starts_with("line 27: "), "{told:?}");
    }
}
