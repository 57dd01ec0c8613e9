//! What has to have happened before pages are looked at: people who are half-way, signed in or waiting, and their links.

use crate::support::browser::site;
use crate::support::people::{pin_of_the_letter, sample, samples};
use crate::support::{HOUSING, PASSWORD, PEOPLE, Site, Visitor, form};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// Who is there, by their cookies, and what stands for `{name}` in a path.
pub(crate) struct Scene {
    pub(crate) site: Site,
    pub(crate) actors: BTreeMap<&'static str, BTreeMap<String, String>>,
    pub(crate) words: BTreeMap<&'static str, String>,
}

impl Scene {
    fn of(site: Site) -> Self {
        Self { site, actors: BTreeMap::new(), words: BTreeMap::new() }
    }

    /// Where this path leads in this scene.
    pub(crate) fn path(&self, path: &str) -> String {
        let filled = self.words.iter().fold(path.to_owned(), |path, (name, word)| path.replace(&format!("{{{name}}}"), word));
        assert!(!filled.contains('{'), "nothing stands for a word of {filled}");
        filled
    }
}

/// A visitor who has signed in.
fn signed_in(site: &Site, portal: &str, login: &str, password: &str) -> BTreeMap<String, String> {
    let mut visitor = Visitor::at(site, "de", &format!("/{portal}/login"));
    visitor.fill(&[("login", login), ("password", password)]);
    assert!(visitor.cookies.contains_key(&format!("s-{portal}")), "{}", visitor.text());
    visitor.cookies
}

/// The last part of the first link of a page that begins so.
fn id_at(visitor: &Visitor, start: &str) -> String {
    let html = visitor.page.text().replace("&#x2f;", "/");
    let link = html.split(&format!("href=\"{start}")).nth(1).unwrap_or_else(|| panic!("no link to {start}: {html}"));
    link.split(['"', '?']).next().unwrap().to_owned()
}

pub(crate) fn housing() -> Scene {
    let mut scene = Scene::of(site(vec![HOUSING]));
    let site = &mut scene.site;
    let apply = |site: &Site, at: usize, email: &str| {
        assert_eq!(site.post("/housing/registrations", &form(&PEOPLE[at], email)).status, 202);
        site.mail(HOUSING, email).token()
    };
    scene.words.insert("expired", apply(site, 0, "late@post.example"));
    site.advance(Duration::from_hours(25));
    let used = apply(site, 1, "used@post.example");
    assert_eq!(site.post("/housing/confirmations", &json!({ "token": used })).status, 200);
    scene.words.insert("used", used);
    let mut applicant = Visitor::at(site, "de", "/housing/register");
    let (number, last_name) = (PEOPLE[2].number(), PEOPLE[2].last_name);
    let ticked = [("consent_terms", ""), ("consent_privacy", ""), ("consent_edelivery", "")];
    let typed = [("number", number.as_str()), ("last_name", last_name), ("email", "ayse@post.example"), ("password", PASSWORD)];
    applicant.fill(&[&typed[..], &ticked[..]].concat());
    assert_eq!(applicant.path(), "/housing/register/sent");
    scene.words.insert("link", site.mail(HOUSING, "ayse@post.example").token());
    scene.actors.insert("applicant", applicant.cookies);
    let email = "kim@post.example";
    site.register(HOUSING, &PEOPLE[3], email);
    scene.actors.insert("tenant", signed_in(site, HOUSING, email, PASSWORD));
    site.post("/housing/password-resets", &json!({ "login": email })).expect(202);
    scene.words.insert("reset", site.mail(HOUSING, email).token());
    let session = site.sign_in(HOUSING, email, PASSWORD);
    let wish = json!({ "email": "new@post.example", "password": PASSWORD });
    site.signed(&session, "PUT", "/housing/account/email", &wish).expect(202);
    scene.words.insert("address", site.mail(HOUSING, "new@post.example").token());
    scene
}

/// New terms.
pub(crate) fn renewed() -> Scene {
    let mut scene = Scene::of(site(vec![HOUSING]));
    let site = &mut scene.site;
    site.register(HOUSING, &PEOPLE[0], "kim@post.example");
    let declaration = site.folder().join("portals").join(HOUSING).join("portal.toml");
    let text = fs::read_to_string(&declaration).unwrap();
    fs::write(&declaration, text.replace("terms = \"2026-10\"", "terms = \"2026-11\"")).unwrap();
    site.restart();
    scene.actors.insert("tenant", signed_in(site, HOUSING, "kim@post.example", PASSWORD));
    scene
}

pub(crate) fn partner() -> Scene {
    let portal = "partner";
    let mut scene = Scene::of(site(vec![portal]));
    let site = &scene.site;
    let record = sample(site, portal);
    let boss = "boss@praxis.example";
    site.run(&["super-admin", portal, &record["number"], boss]);
    let mut chief = Visitor::at(site, "de", "/partner/");
    chief.open(&site.mail(portal, boss).link());
    chief.fill(&[("first_name", "Ada"), ("last_name", "Chefin")]);
    while !chief.path().ends_with("/setup/password") {
        chief.press(&[], None);
    }
    chief.fill(&[("password", PASSWORD)]);
    chief.cookies = signed_in(site, portal, boss, PASSWORD);

    // One of every state; each further step is one more that has been taken.
    let names = ["claimant", "applicant", "waiting", "rejected", "approved", "nearly"];
    for (steps, name) in names.into_iter().enumerate() {
        let email = format!("{name}@praxis.example");
        let mut visitor = Visitor::at(site, "de", "/partner/register");
        visitor.fill(&[("number", &record["number"]), ("postal_code", &record["postal_code"]), ("email", &email)]);
        assert_eq!(visitor.path(), "/partner/register/details", "{}", visitor.text());
        if steps >= 1 {
            visitor.fill(&[
                ("first_name", "Maximiliane-Friederike"),
                ("last_name", "von Hohenzollern-Wartenburg"),
                ("consent_privacy", ""),
            ]);
            let link = site.mail(portal, &email).link();
            if steps == 1 {
                scene.words.insert("link", link.split_once("?t=").unwrap().1.to_owned());
            } else {
                visitor.open(&link);
                visitor.press(&[], Some("confirm"));
            }
        }
        if steps >= 3 {
            chief.open("/partner/team");
            let html = chief.page.text().replace("&#x2f;", "/");
            let before = html.split(&email).next().unwrap();
            let id = before.rsplit("/partner/team/requests/").next().unwrap().split(['"', '?']).next().unwrap().to_owned();
            chief.open(&format!("/partner/team/requests/{id}"));
            if name == "rejected" {
                chief.press(&[("reason", "Sie arbeiten in einem anderen Betrieb.")], Some("reject"));
            } else {
                chief.press(&[], Some("approve"));
                let link = site.mail(portal, &email).link();
                scene.words.insert("setup", link.split_once("?t=").unwrap().1.to_owned());
                // Behind the first button, and behind the first document.
                visitor.open(&link);
                visitor.press(&[], None);
                if name == "nearly" {
                    visitor.press(&[], None);
                    assert_eq!(visitor.path(), "/partner/setup/password", "{}", visitor.text());
                }
            }
            assert_eq!(chief.path(), "/partner/team", "{}", chief.text());
        }
        scene.actors.insert(name, visitor.cookies);
    }
    chief.open("/partner/team/invite");
    chief.fill(&[("email", "lou@praxis.example"), ("first_name", "Lou"), ("last_name", "Neu"), ("role", "member")]);
    scene.words.insert("invite", site.mail(portal, "lou@praxis.example").token());
    chief.open("/partner/team");
    for (word, start) in [("request", "requests"), ("invitation", "invitations"), ("member", "members")] {
        scene.words.insert(word, id_at(&chief, &format!("/partner/team/{start}/")));
    }
    chief.open("/partner/account");
    scene.words.insert("membership", id_at(&chief, "/partner/account/leave/"));
    scene.actors.insert("chief", chief.cookies);
    scene
}

pub(crate) fn customer() -> Scene {
    let portal = "customer";
    let mut scene = Scene::of(site(vec![portal]));
    let site = &scene.site;
    let people: Vec<_> = samples(site, portal).into_iter().filter(|row| !row["email"].is_empty()).take(2).collect();
    for person in &people {
        site.run(&["provision", portal, &person["number"]]);
        site.mail(portal, &person["email"]);
    }
    let initial: Vec<_> = people.iter().map(|person| site.mail(portal, &person["email"]).password()).collect();
    scene.actors.insert("newcomer", signed_in(site, portal, &people[0]["number"], &initial[0]));
    let mut visitor = Visitor::at(site, "de", "/customer/login");
    visitor.fill(&[("login", &people[1]["number"]), ("password", &initial[1])]);
    let own = "Zaun#7-am-Bach";
    visitor.fill(&[("current", &initial[1]), ("new", own), ("repeat", own)]);
    scene.actors.insert("customer", signed_in(site, portal, &people[1]["number"], own));
    site.post("/customer/password-resets", &json!({ "login": people[1]["number"] })).expect(202);
    let reset = loop {
        let mail = site.mail(portal, &people[1]["email"]);
        if mail.find_link().is_some_and(|link| link.contains("/reset")) {
            break mail.token();
        }
    };
    scene.words.insert("reset", reset);
    scene
}

pub(crate) fn chamber() -> Scene {
    let portal = "chamber";
    let mut scene = Scene::of(site(vec![portal]));
    let site = &scene.site;
    let record = sample(site, portal);
    let register = |email: &str| {
        let mut visitor = Visitor::at(site, "de", "/chamber/register");
        let born = [("birth_date_day", "1"), ("birth_date_month", "2"), ("birth_date_year", "1984"), ("consent_privacy", "")];
        visitor.fill(&[&[("first_name", "Nora"), ("last_name", "Muster"), ("email", email)][..], &born[..]].concat());
        (visitor, site.mail(portal, email))
    };
    let (applicant, mail) = register("half@workshop.example");
    scene.actors.insert("applicant", applicant.cookies);
    scene.words.insert("link", mail.token());
    for (name, email) in [("craftsman", "nora@workshop.example"), ("waiting", "ida@workshop.example"), ("member", "max@workshop.example")] {
        let (mut visitor, mail) = register(email);
        visitor.open(&mail.link());
        visitor.press(&[], Some("confirm"));
        let password = site.mail(portal, email).password();
        let mut cookies = signed_in(site, portal, email, &password);
        if name != "craftsman" {
            visitor.cookies.clone_from(&cookies);
            visitor.open("/chamber/business/pin");
            visitor.fill(&[("number", if name == "member" { &record["number"] } else { "0000000" })]);
        }
        if name == "member" {
            let pin = pin_of_the_letter(site, portal);
            visitor.open("/chamber/business/link");
            visitor.fill(&[("number", &record["number"]), ("pin", &pin)]);
            cookies = signed_in(site, portal, email, &password);
        }
        scene.actors.insert(name, cookies);
    }
    scene
}
