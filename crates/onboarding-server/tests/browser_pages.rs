//! Every page in every language, looked at: nothing is wider than a small phone, what has the focus is seen, the rules for accessibility and
//! for HTML find no fault, and a contact sheet of pictures is left in `target/screens/` for people to look at.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "browser_pages/judges.rs"]
mod judges;
#[path = "browser_pages/scenes.rs"]
mod scenes;
#[path = "browser_pages/sights.rs"]
mod sights;
#[path = "support/support.rs"]
mod support;

use judges::Sheet;
use scenes::Scene;
use sights::Sight;
use std::collections::BTreeMap;
use std::fs;
use support::browser::{Browser, Look, Scripts};
use support::{Visitor, repository};

const LANGUAGES: [&str; 4] = ["de", "en", "fr", "it"];
/// The language with the longest words, looked at most closely.
const CLOSELY: &str = "de";
const PHONE: Look = Look { width: 320, dark: false };
const DESK_AT_NIGHT: Look = Look { width: 1280, dark: true };
/// Taken as pictures in every language; the last two in one.
const LOOKS: [Look; 4] = [PHONE, DESK_AT_NIGHT, Look { width: 320, dark: true }, Look { width: 1280, dark: false }];

/// Shows one page in one state and language in a browser, after the same page was fetched as it is sent.
fn show(scene: &Scene, browser: &Browser, sight: &Sight, language: &str) -> String {
    let nobody = BTreeMap::new();
    let cookies = if sight.who.is_empty() { &nobody } else { &scene.actors[sight.who] };
    let path = scene.path(sight.path);
    let address = format!("{path}{}lang={language}", if path.contains('?') { '&' } else { '?' });

    let mut visitor = Visitor::at(&scene.site, "en", sight.path.split_inclusive('/').take(2).collect::<String>().as_str());
    visitor.cookies.clone_from(cookies);
    visitor.open(&address);
    browser.wear(cookies);
    browser.open(&address);
    if let Some(wrong) = &sight.wrong {
        visitor.press(wrong.fields, wrong.button);
        browser.press(wrong.fields, wrong.button);
    }
    let place = format!("{} in {language}", sight.name);
    assert_eq!(visitor.path(), path.split('?').next().unwrap(), "{place} led elsewhere: {}", visitor.text());
    assert_eq!(visitor.page.status, sight.status, "{place}: {}", visitor.text());
    browser.arrives(path.split('?').next().unwrap());
    assert_eq!(browser.status(), u64::from(sight.status), "{place}: {}", browser.text());
    assert_eq!(browser.script("return document.documentElement.lang", &[]), language, "{place}");
    visitor.page.text().to_owned()
}

/// Looks at all pages of a scene.
fn look_at(name: &str, scene: &Scene, sights: &[Sight]) {
    let mut sheet = Sheet::new(name);
    let browser = Browser::at(&scene.site, Scripts::On, CLOSELY, "/health/live");
    for sight in sights {
        for language in LANGUAGES {
            let html = show(scene, &browser, sight, language);
            sheet.keep_html(sight.name, language, &html);
            for look in &LOOKS[..if language == CLOSELY { 4 } else { 2 }] {
                browser.look(*look);
                let place = format!("{name}/{} in {language} at {} px", sight.name, look.width);
                if *look == PHONE {
                    sheet.blame(&place, judges::too_wide(&browser));
                    sheet.blame(&place, judges::torn(&browser));
                }
                if *look == PHONE || *look == DESK_AT_NIGHT {
                    sheet.blame(&place, judges::focus_unseen(&browser));
                    if language == CLOSELY {
                        sheet.blame(&place, judges::inaccessible(&browser));
                    }
                }
                sheet.keep_picture(sight.name, language, *look, &browser.picture());
            }
        }
    }
    sheet.finish();
}

#[test]
fn the_pages_of_a_portal_by_letter_and_code_are_fit_for_everybody() {
    look_at("housing", &scenes::housing(), sights::HOUSING);
}

#[test]
fn the_pages_of_a_portal_with_new_terms_are_fit_for_everybody() {
    look_at("renewed", &scenes::renewed(), sights::RENEWED);
}

#[test]
fn the_pages_of_a_portal_with_teams_are_fit_for_everybody() {
    look_at("partner", &scenes::partner(), sights::PARTNER);
}

#[test]
fn the_pages_of_a_portal_that_opens_accounts_itself_are_fit_for_everybody() {
    look_at("customer", &scenes::customer(), sights::CUSTOMER);
}

#[test]
fn the_pages_of_a_portal_with_pins_by_post_are_fit_for_everybody() {
    look_at("chamber", &scenes::chamber(), sights::CHAMBER);
}

/// The table of the server's and the one of the tests: a page that is added there must be looked at here.
#[test]
fn no_page_of_the_server_is_left_out_of_the_sheet() {
    let text = fs::read_to_string(repository().join("crates/onboarding-http/src/pages/rows.rs")).unwrap();
    let rows: Vec<_> = text.split("\"/:portal").skip(1).map(|rest| format!("/:portal{}", rest.split('"').next().unwrap())).collect();
    assert!(rows.len() > 20, "the table was not found: {rows:?}");
    let left_out = sights::left_out(&rows);
    assert!(left_out.is_empty(), "a line for each of these is missing in browser_pages/sights.rs: {left_out:#?}");
}
