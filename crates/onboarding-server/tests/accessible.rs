//! What the pages from the letter into the area owe to whoever has no mouse, hears them read out, pastes what was mailed or speaks another
//! language, in all four: read from the markup, in a browser that runs no script. How it looks and how a screen reader pronounces it is not seen here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use support::{HOUSING, PASSWORD, PEOPLE, Site, Visitor};

const LANGUAGES: [&str; 4] = ["de", "en", "fr", "it"];

/// The tags of a page in their order: names with attributes.
fn tags(html: &str) -> Vec<(&str, BTreeMap<&str, &str>)> {
    let opened = html.split('<').skip(1).filter(|part| part.starts_with(|c: char| c.is_ascii_lowercase()));
    opened
        .map(|part| {
            let tag = part.split('>').next().unwrap();
            let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
            let mut attributes = BTreeMap::new();
            while let Some((key, after)) = rest.split_once("=\"") {
                let (value, after) = after.split_once('"').unwrap();
                // Words before the last one stand without a value.
                for word in key.split_whitespace() {
                    attributes.insert(word, if key.trim_end().ends_with(word) { value } else { "" });
                }
                rest = after;
            }
            attributes.extend(rest.split_whitespace().map(|word| (word, "")));
            (name, attributes)
        })
        .collect()
}

/// What holds for each page.
#[track_caller]
fn usable(visitor: &Visitor<'_>, language: &str) {
    let (html, at) = (visitor.page.text(), &visitor.at);
    let tags = tags(html);
    let named = |wanted: &'static str| tags.iter().filter(move |(name, _)| *name == wanted).map(|(_, attributes)| attributes);
    let ids: Vec<_> = tags.iter().filter_map(|(_, attributes)| attributes.get("id")).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{at}: an id stands twice: {ids:?}");

    // Read out: in its language, by headings and landmarks, each field by its name, each fault beside its field.
    assert_eq!(named("html").map(|html| html["lang"]).collect::<Vec<_>>(), [language], "{at}");
    for once in ["h1", "main", "header", "footer", "title"] {
        assert_eq!(named(once).count(), 1, "{at}: {once}");
    }
    assert!(named("nav").all(|nav| nav.get("aria-label").is_some_and(|label| !label.is_empty())), "{at}");
    assert!(named("img").all(|image| image.contains_key("alt")), "{at}");
    let labels: BTreeSet<_> = named("label").map(|label| label["for"]).collect();
    for field in named("input").chain(named("select")).chain(named("textarea")).filter(|field| field.get("type") != Some(&"hidden")) {
        let id = field["id"];
        assert!(labels.contains(id), "{at}: {id} has no label");
        if !matches!(field.get("type"), Some(&("checkbox" | "radio"))) {
            assert!(field.contains_key("autocomplete"), "{at}: {id} cannot be filled in");
        }
        // Pasted as it was mailed, with blanks and hyphens, nothing is cut off or refused.
        for bar in ["maxlength", "pattern", "onpaste", "disabled"] {
            assert!(!field.contains_key(bar), "{at}: {id} has {bar}");
        }
    }
    for (name, attributes) in &tags {
        for id in ["aria-describedby", "for"].iter().filter_map(|key| attributes.get(key)).flat_map(|ids| ids.split_whitespace()) {
            assert!(ids.contains(&&id), "{at}: {name} names {id}, which is not there");
        }
        if let Some(place) = attributes.get("href").and_then(|href| href.strip_prefix('#')) {
            assert!(ids.contains(&&place), "{at}: nothing is at #{place}");
        }
        // By keyboard: in the page's own order, by what takes the focus by itself, and by nothing that only a script does.
        assert!(attributes.get("tabindex").is_none_or(|index| *index == "-1"), "{at}: {name} {attributes:?}");
        assert!(attributes.keys().all(|key| !key.starts_with("on")), "{at}: {name} {attributes:?}");
        assert!(*name != "a" || attributes.get("href").is_some_and(|href| !href.is_empty()), "{at}: {attributes:?}");
        assert!(*name != "form" || attributes.get("action").is_some_and(|action| !action.is_empty()), "{at}: {attributes:?}");
        // What a script alone can do is not shown until one has come.
        assert!(*name != "button" || attributes["type"] == "submit" || attributes.contains_key("hidden"), "{at}: {attributes:?}");
    }
    let first = tags.iter().position(|(name, _)| *name == "body").unwrap() + 1;
    assert_eq!((tags[first].0, tags[first].1.get("href")), ("a", Some(&"#content")), "{at}: the first stop leads past the top");
    for (element, what) in [("button", "a button"), ("a", "a link"), ("label", "a label"), ("h1", "a heading"), ("title", "a title")] {
        for part in html.split(&format!("<{element}")).skip(1).filter(|part| part.starts_with([' ', '>'])) {
            let inside = part.split_once('>').unwrap().1.split(&format!("</{element}>")).next().unwrap();
            let text: String = inside.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
            assert!(!text.trim().is_empty(), "{at}: {what} says nothing");
        }
    }
    // A fault is announced, and leads to its field.
    if visitor.page.status == 422 {
        let summary = tags.iter().find(|(_, attributes)| attributes.get("id") == Some(&"errors")).unwrap_or_else(|| panic!("{at}: {html}"));
        assert!(summary.1.get("role") == Some(&"alert") && summary.1.contains_key("autofocus"), "{at}: {summary:?}");
        assert!(tags.iter().any(|(_, attributes)| attributes.get("aria-invalid") == Some(&"true")), "{at}: no field is told to be wrong");
    }
}

/// The first heading, which tells one page and language from another.
fn heading(visitor: &Visitor<'_>) -> String {
    visitor.page.text().split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().to_owned()
}

/// Promise 16, on the way from the letter into the area and through all that is there.
#[test]
fn the_pages_from_the_letter_into_the_area_are_used_by_keyboard_paste_and_screen_reader_in_four_languages() {
    let site = Site::start();
    let mut headings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (person, language) in PEOPLE.iter().zip(LANGUAGES) {
        let email = format!("person-{language}@post.example");
        let mut visitor = Visitor::at(&site, language, "/housing/");
        let mut seen = |visitor: &Visitor<'_>| {
            usable(visitor, language);
            headings.entry(visitor.path().to_owned()).or_default().insert(heading(visitor));
        };
        for path in ["", "register", "login", "password/forgot", "password/reset?t=unknown", "confirm?t=unknown", "nothing"] {
            visitor.open(&format!("/housing/{path}"));
            seen(&visitor);
        }
        visitor.open("/housing/register");
        visitor.fill(&[("number", ""), ("last_name", ""), ("email", "post@"), ("password", "x")]);
        assert_eq!(visitor.page.status, 422);
        seen(&visitor);
        let boxes = [("consent_terms", ""), ("consent_privacy", ""), ("consent_edelivery", "")];
        let typed = [("number", &*person.types()), ("last_name", person.writes), ("email", &*email), ("password", PASSWORD)];
        visitor.fill(&[&typed[..], &boxes[..]].concat());
        assert_eq!(visitor.path(), "/housing/register/sent", "{}", visitor.text());
        seen(&visitor);
        let mail = site.mail(HOUSING, &email);
        assert_eq!(mail.language, language);
        visitor.fill(&[("code", "2222-2222")]);
        assert_eq!(visitor.page.status, 422);
        seen(&visitor);
        // The link shows its button to whoever opens it elsewhere.
        let mut elsewhere = Visitor::at(&site, language, &mail.path(site.base_url()));
        seen(&elsewhere);
        elsewhere.open("/housing/login");
        visitor.fill(&[("code", &format!("\u{a0}{} ", mail.code().to_lowercase().replace('-', " ")))]);
        assert_eq!(visitor.path(), "/housing/register/done", "{}", visitor.text());
        seen(&visitor);
        visitor.open("/housing/login");
        visitor.fill(&[("login", &email), ("password", "x")]);
        seen(&visitor);
        visitor.fill(&[("login", &email), ("password", PASSWORD)]);
        assert_eq!(visitor.path(), "/housing/area", "{}", visitor.text());
        // Everywhere that links lead from here.
        let (mut left, mut known) = (vec!["/housing/area".to_owned()], BTreeSet::new());
        while let Some(path) = left.pop() {
            if !known.insert(path.clone()) {
                continue;
            }
            visitor.open(&path);
            if !visitor.page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                continue;
            }
            assert_eq!(visitor.page.status, 200, "{path}");
            seen(&visitor);
            let html = visitor.page.text().replace("&#x2f;", "/");
            let links = html.split("<a ").skip(1).filter_map(|part| part.split("href=\"").nth(1)?.split('"').next().map(str::to_owned));
            left.extend(links.filter(|link| link.starts_with("/housing/") && !link.contains(['?', '#'])));
        }
        assert!(known.len() >= 5, "{known:?}");
    }
    assert!(headings.len() >= 12, "{headings:?}");
    for (path, own) in headings {
        assert!(own.len() >= LANGUAGES.len(), "{path} says the same in two languages: {own:?}");
    }
}
