//! The pages, walked by somebody whose browser runs no scripts: four journeys to their end, and what goes wrong on the way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::apply;
use std::time::Duration;
use support::people::{pin_of_the_letter, sample};
use support::visitor::filled;
use support::{HOUSING, PASSWORD, PEOPLE, Setup, Site, Visitor};

const PARTNER: &str = "partner";
const CUSTOMER: &str = "customer";
const CHAMBER: &str = "chamber";

fn site(portal: &'static str) -> Site {
    Site::with(&Setup { portals: vec![portal], twin: false, ..Setup::default() })
}

fn fill_register(visitor: &mut Visitor, number: &str, last_name: &str, email: &str) {
    visitor.fill(&[
        ("number", number),
        ("last_name", last_name),
        ("email", email),
        ("password", PASSWORD),
        ("consent_terms", ""),
        ("consent_privacy", ""),
        ("consent_edelivery", ""),
    ]);
}

#[test]
fn a_tenant_goes_from_the_letter_to_the_area_by_the_code() {
    let site = Site::start();
    let person = &PEOPLE[0];
    let email = "jana@post.example";
    let mut visitor = Visitor::at(&site, "de", "/housing/");
    assert!(visitor.text().contains("Registrierungsnummer"));
    visitor.open(&format!("/housing/register?n={}", person.number()));
    assert_eq!(visitor.value("number").unwrap(), person.number(), "the letter's QR code fills it in");

    // Everything wrong at once: the same page, what was typed, never the password.
    visitor.fill(&[("number", ""), ("last_name", person.last_name), ("email", "jana@"), ("password", "kurz")]);
    assert_eq!(visitor.page.status, 422);
    let html = visitor.page.text().to_owned();
    assert!(html.contains("<title>Fehler: ") && html.contains("id=\"errors\"") && html.contains("autofocus"), "{html}");
    assert!(html.find("id=\"errors\"") < html.find("<h1>"), "the summary comes first");
    assert!(html.find("href=\"#number\"") < html.find("href=\"#email\""), "in the order of the fields");
    for id in ["number", "email", "password", "consent_terms", "consent_privacy", "consent_edelivery"] {
        assert!(html.contains(&format!("href=\"#{id}\"")) && html.contains(&format!("id=\"{id}-fault\"")), "{id}: {html}");
    }
    assert_eq!(visitor.value("email").as_deref(), Some("jana@"));
    assert!(!html.contains("kurz"));
    // A pair that does not match says nothing about which of the two is wrong.
    fill_register(&mut visitor, &person.number(), "Niemand", email);
    assert_eq!(visitor.page.status, 422);
    assert!(visitor.text().contains("passen nicht zusammen"));

    fill_register(&mut visitor, &format!(" {} ", person.number()), person.last_name, email);
    assert_eq!((visitor.answered.status, visitor.path()), (303, "/housing/register/sent"));
    assert!(visitor.text().contains(email) && visitor.text().contains("Schritt 2 von 2"));
    let code = site.mail(HOUSING, email).code();
    visitor.fill(&[("code", "")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("code", "22222222")]);
    assert!(visitor.page.status == 422 && visitor.text().contains("Verbleibende Versuche"), "{}", visitor.text());
    visitor.fill(&[("code", &format!(" {} ", code.to_lowercase().replace('-', " – ")))]);
    assert_eq!(visitor.path(), "/housing/register/done");
    // Back, and the code once more: where it leads is where one is.
    visitor.open("/housing/register/sent");
    assert_eq!(visitor.path(), "/housing/register/done");

    visitor.open("/housing/area");
    assert_eq!(visitor.path(), "/housing/login");
    assert!(visitor.text().contains("Melden Sie sich an, um diese Seite zu öffnen."));
    visitor.fill(&[("login", email), ("password", "falsch")]);
    assert!(visitor.page.status == 422 && !visitor.page.text().contains("falsch"));
    visitor.fill(&[("login", &format!(" {} ", email.to_uppercase())), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/area");
    assert!(visitor.text().contains("Mitgliederbereich") && visitor.text().contains("Abmelden"), "{}", visitor.text());
    let signed_in = visitor.cookies.clone();

    visitor.sign_out();
    assert_eq!(visitor.answered.header("clear-site-data"), Some("\"storage\""));
    assert!(visitor.text().contains("Sie sind abgemeldet."));
    // Threat 44: back after signing out shows nothing, not even with the old cookie.
    visitor.cookies = signed_in;
    visitor.open("/housing/area");
    assert_eq!(visitor.path(), "/housing/login");
}

#[test]
fn whoever_is_signed_in_answers_a_confirmation_s_mail_all_the_same() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], "jana@post.example");
    let mut visitor = Visitor::at(&site, "de", "/housing/login");
    visitor.fill(&[("login", "jana@post.example"), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/area");
    for (person, email, button, next) in [
        (&PEOPLE[1], "sohn@post.example", "confirm", "/housing/register/done"),
        (&PEOPLE[2], "tochter@post.example", "deny", "/housing/confirm"),
    ] {
        let pending = apply(&site, HOUSING, person, email);
        visitor.open(&format!("/housing/confirm?t={}", pending.token));
        assert!(visitor.text().contains(email), "{}", visitor.text());
        visitor.press(&[], Some(button));
        assert_eq!((visitor.page.status, visitor.path()), (200, next), "{button}: {}", visitor.text());
    }
    // The browser's session is the browser's: in a program's hands it opens nothing.
    let cookie = visitor.cookies.iter().find(|(name, _)| name.contains("s-housing")).unwrap().1.clone();
    site.signed(&cookie, "GET", "/housing/session", &serde_json::Value::Null).refused(401, "sign_in_required");
    assert_eq!(site.http().get("/auth/housing").bearer(&cookie).send().status, 401);
    visitor.open("/housing/area");
    assert_eq!(visitor.path(), "/housing/area");
}

#[test]
fn a_mistyped_address_is_corrected_before_its_proof() {
    let site = Site::start();
    let person = &PEOPLE[1];
    {
        let mut visitor = Visitor::at(&site, "en", "/housing/register");
        fill_register(&mut visitor, &person.number(), person.last_name, "typo@post.example");
        site.mail(HOUSING, "typo@post.example");
        visitor.open("/housing/register/email");
        assert_eq!(visitor.value("email").as_deref(), Some("typo@post.example"));
        visitor.fill(&[("email", "right@post.example")]);
        assert_eq!(visitor.path(), "/housing/register/sent");
        assert!(visitor.text().contains("right@post.example") && !visitor.text().contains("typo@"), "{}", visitor.text());
        let code = site.mail(HOUSING, "right@post.example").code();
        visitor.fill(&[("code", &code)]);
        assert_eq!(visitor.path(), "/housing/register/done");
    }
}

#[test]
fn a_slip_in_a_common_domain_is_asked_about_once() {
    let site = Site::start();
    let person = &PEOPLE[5];
    let mut visitor = Visitor::at(&site, "en", "/housing/register");
    fill_register(&mut visitor, &person.number(), person.last_name, "kim@gmial.com");
    assert!(visitor.page.status == 422 && visitor.text().contains("Did you mean kim@gmail.com?"), "{}", visitor.text());
    // Changed to another slip: asked about again. Said again: taken.
    fill_register(&mut visitor, &person.number(), person.last_name, "kim@gmail.con");
    assert_eq!(visitor.page.status, 422);
    fill_register(&mut visitor, &person.number(), person.last_name, "kim@gmail.con");
    assert_eq!(visitor.path(), "/housing/register/sent", "{}", visitor.text());
    visitor.open("/housing/register/email");
    visitor.fill(&[("email", "kim@gmaill.com")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("email", "kim@post.example")]);
    assert_eq!(visitor.path(), "/housing/register/sent");
}

#[test]
fn two_presses_of_one_button_are_one_registration() {
    let site = Site::start();
    let person = &PEOPLE[2];
    let (email, number) = ("double@post.example", person.number());
    let mut visitor = Visitor::at(&site, "de", "/housing/register");
    let fields = [
        ("number", number.as_str()),
        ("last_name", person.last_name),
        ("email", email),
        ("password", PASSWORD),
        ("consent_terms", ""),
        ("consent_privacy", ""),
        ("consent_edelivery", ""),
    ];
    let form = visitor.form(&fields, None);
    let body = filled(&form, &fields, None);
    let action = form.action.split('#').next().unwrap().to_owned();
    let answers: Vec<_> = (0..3).map(|_| visitor.send("POST", &action, Some(&body))).collect();
    assert!(answers.iter().all(|answer| answer.status == 303), "{answers:#?}");
    let code = site.mail(HOUSING, email).code();
    assert_eq!(site.mails_to(HOUSING, email).len(), 1, "the other presses sent nothing");
    visitor.open("/housing/register/sent");
    visitor.fill(&[("code", &code)]);
    assert_eq!(visitor.path(), "/housing/register/done");
}

#[test]
fn a_colleague_goes_from_the_claim_over_the_approval_to_the_set_up() {
    let site = site(PARTNER);
    let record = sample(&site, PARTNER);
    let (boss, robin) = ("boss@praxis.example", "robin@praxis.example");
    site.run(&["super-admin", PARTNER, &record["number"], boss]);
    let mut chief = Visitor::at(&site, "fr", "/partner/");
    chief.open(&site.mail(PARTNER, boss).link());
    chief.fill(&[("first_name", ""), ("last_name", "Chefin")]);
    assert_eq!(chief.page.status, 422, "{}", chief.text());
    chief.fill(&[("first_name", "Ada"), ("last_name", "Chefin")]);
    agree_and_choose(&mut chief, PARTNER, PASSWORD);

    let mut visitor = Visitor::at(&site, "fr", "/partner/register");
    visitor.fill(&[("number", &record["number"]), ("postal_code", "00000"), ("email", robin)]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("number", &record["number"]), ("postal_code", &record["postal_code"]), ("email", "robin")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("number", &record["number"]), ("postal_code", &record["postal_code"]), ("email", robin)]);
    assert_eq!(visitor.path(), "/partner/register/details");
    assert!(visitor.text().contains(robin) && visitor.text().contains("Étape 2 sur 2"), "{}", visitor.text());
    visitor.fill(&[("first_name", "Robin"), ("last_name", "")]);
    assert_eq!(visitor.page.status, 422);
    assert_eq!(visitor.value("first_name").as_deref(), Some("Robin"));
    visitor.fill(&[("first_name", "Robin"), ("last_name", "Reeder"), ("consent_privacy", "")]);
    assert_eq!(visitor.path(), "/partner/register/sent");
    let link = site.mail(PARTNER, robin).link();
    // A scanner opens it first, and twice.
    Visitor::at(&site, "fr", "/partner/").open(&link);
    visitor.open(&link);
    assert!(visitor.text().contains(robin));
    visitor.press(&[], Some("confirm"));
    visitor.open("/partner/register/pending");
    assert!(visitor.page.status == 200 && visitor.path() == "/partner/register/pending");

    // The chief decides on what is shown, in a browser too.
    chief.open("/partner/login");
    chief.fill(&[("login", boss), ("password", PASSWORD)]);
    chief.open(&href(&chief, "/partner/team"));
    let request = href(&chief, "/partner/team/requests/");
    chief.open(&request);
    assert!(chief.text().contains("Reeder") && chief.text().contains(robin), "{}", chief.text());
    chief.press(&[], Some("approve"));
    assert_eq!(chief.path(), "/partner/team", "{}", chief.text());
    chief.open(&request);
    assert_eq!(chief.page.status, 404, "decided on once");
    // Nobody else sees the team, and the last one who decides stays.
    visitor.open("/partner/team");
    assert_eq!(visitor.path(), "/partner/login");
    chief.open("/partner/team");
    chief.open(&href(&chief, "/partner/team/members/"));
    chief.press(&[], Some("member"));
    assert_eq!(chief.page.status, 409, "{}", chief.text());
    chief.open("/partner/team/invite");
    chief.fill(&[("email", "nobody@")]);
    assert!(chief.page.status == 422 && chief.page.text().contains("href=\"#role-1\""), "{}", chief.text());
    chief.fill(&[("email", "lou@praxis.example"), ("role", "member")]);
    assert!(chief.path() == "/partner/team" && chief.text().contains("lou@praxis.example"), "{}", chief.text());
    chief.open(&href(&chief, "/partner/team/invitations/"));
    chief.press(&[], Some("revoke"));
    assert!(!chief.text().contains("lou@praxis.example"), "{}", chief.text());
    visitor.open("/partner/register/pending");
    let link = site.mail(PARTNER, robin).link();
    visitor.open(&link);
    visitor.press(&[], None);
    assert_eq!(visitor.path(), "/partner/setup/terms", "{}", visitor.text());
    assert!(!visitor.at.contains("t="), "the token stands in no address any more");
    visitor.open("/partner/setup/password");
    assert_eq!(visitor.path(), "/partner/setup/terms", "a step is not left out");
    // Somebody stops half-way; the link leads on from there.
    visitor.press(&[], None);
    visitor.open(&link);
    visitor.press(&[], None);
    agree_and_choose(&mut visitor, PARTNER, PASSWORD);
    visitor.open(&link);
    assert_eq!(visitor.page.status, 410, "{}", visitor.text());
    visitor.open("/partner/login");
    visitor.fill(&[("login", robin), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/partner/area");
    assert!(visitor.text().contains(&record["name"]), "{}", visitor.text());
}

/// The steps of a set-up from its first document on.
fn agree_and_choose(visitor: &mut Visitor, portal: &str, password: &str) {
    while !visitor.path().ends_with("/setup/password") {
        assert!(visitor.path().starts_with(&format!("/{portal}/setup/")), "{}: {}", visitor.at, visitor.text());
        visitor.press(&[], None);
    }
    visitor.fill(&[("password", "")]);
    assert_eq!(visitor.page.status, 422, "the password is still missing: {}", visitor.text());
    visitor.fill(&[("password", password)]);
    assert_eq!(visitor.path(), format!("/{portal}/login"), "{}", visitor.text());
}

#[test]
fn a_customer_changes_the_initial_password_first_and_resets_it_later() {
    let site = site(CUSTOMER);
    let record = sample(&site, CUSTOMER);
    let (number, email) = (record["number"].as_str(), record["email"].as_str());
    site.run(&["provision", CUSTOMER, number]);
    site.mail(CUSTOMER, email);
    let initial = site.mail(CUSTOMER, email).password();
    let mut visitor = Visitor::at(&site, "it", "/customer/");
    visitor.open("/customer/register");
    assert!(visitor.page.status == 200 && !visitor.page.text().contains("name=\"email\""), "nobody registers here");
    visitor.open("/customer/login");
    visitor.fill(&[("login", number), ("password", &format!(" {} ", initial.to_lowercase()))]);
    assert_eq!(visitor.path(), "/customer/password/first", "{}", visitor.text());
    visitor.open("/customer/area");
    assert_eq!(visitor.path(), "/customer/password/first");
    let new = "Zaun#7-am-Bach";
    visitor.fill(&[("current", &initial), ("new", "kurz"), ("repeat", "lang")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("current", "falsch"), ("new", new), ("repeat", new)]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("current", &initial), ("new", new), ("repeat", new)]);
    assert_eq!(visitor.path(), "/customer/login", "one signs in again: {}", visitor.text());
    visitor.fill(&[("login", number), ("password", new)]);
    assert_eq!(visitor.path(), "/customer/area");
    visitor.sign_out();
    visitor.open("/customer/password/forgot");
    visitor.fill(&[("login", number)]);
    site.mail(CUSTOMER, email);
    let link = site.mail(CUSTOMER, email).link();
    visitor.open(&link);
    visitor.fill(&[("new", "Steg#9-am-See")]);
    assert_eq!(visitor.path(), "/customer/area", "signed in at once: {}", visitor.text());
    visitor.open(&link);
    assert_eq!(visitor.page.status, 410);
}

#[test]
fn a_craftsman_gets_a_password_by_mail_and_sees_no_member_area_yet() {
    let site = site(CHAMBER);
    let email = "nora@workshop.example";
    let mut visitor = Visitor::at(&site, "en", "/chamber/register");
    visitor.fill(&[
        ("first_name", "Nora"),
        ("last_name", "Sample"),
        ("email", email),
        ("birth_date_day", "31"),
        ("birth_date_month", "2"),
        ("birth_date_year", "1984"),
        ("consent_privacy", ""),
    ]);
    assert!(visitor.page.status == 422 && visitor.page.text().contains("href=\"#birth_date_day\""), "{}", visitor.text());
    visitor.fill(&[("birth_date_day", " 1"), ("birth_date_month", "2 "), ("consent_privacy", "")]);
    assert_eq!(visitor.path(), "/chamber/register/sent");
    visitor.open(&site.mail(CHAMBER, email).link());
    visitor.press(&[], Some("confirm"));
    let password = site.mail(CHAMBER, email).password();
    visitor.open("/chamber/login");
    visitor.fill(&[("login", email), ("password", &format!(" {password} "))]);
    assert_eq!(visitor.path(), "/chamber/area");
    assert!(visitor.text().contains("Nora Sample") && !visitor.text().contains("Members’ area"), "{}", visitor.text());

    // A PIN by post, to the address in the books; the page says the same of any number.
    let record = sample(&site, CHAMBER);
    visitor.open(&href(&visitor, "/chamber/business"));
    visitor.open(&href(&visitor, "/chamber/business/pin"));
    visitor.fill(&[("number", "")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("number", &record["number"])]);
    assert_eq!(visitor.path(), "/chamber/business", "{}", visitor.text());
    assert!(!visitor.page.text().contains(&record["name"]) && !visitor.page.text().contains(&record["street"]));
    let pin = pin_of_the_letter(&site, CHAMBER);
    visitor.open("/chamber/business/pin");
    visitor.fill(&[("number", &record["number"])]);
    assert_eq!(visitor.page.status, 429, "one letter a week");
    visitor.open(&format!("/chamber/business/link?n={}", record["number"]));
    assert_eq!(visitor.value("number").as_deref(), Some(record["number"].as_str()), "the letter's QR code fills it in");
    visitor.fill(&[("pin", "2222")]);
    assert_eq!(visitor.page.status, 422);
    visitor.fill(&[("pin", "2222-2222-2222")]);
    assert!(visitor.page.status == 422 && visitor.value("pin").as_deref() == Some("2222-2222-2222"), "{}", visitor.text());
    visitor.fill(&[("pin", &format!(" {} ", pin.to_lowercase()))]);
    assert_eq!((visitor.path(), visitor.answered.header("clear-site-data").is_some()), ("/chamber/login", true), "{}", visitor.text());
    visitor.fill(&[("login", email), ("password", &password)]);
    assert!(visitor.text().contains("Members’ area") && visitor.text().contains(&record["name"]), "{}", visitor.text());
}

#[test]
fn my_business_offers_what_can_be_done_next() {
    let site = site(CHAMBER);
    let email = "nora@workshop.example";
    let mut visitor = Visitor::at(&site, "en", "/chamber/register");
    let born = [("birth_date_day", "1"), ("birth_date_month", "2"), ("birth_date_year", "1984"), ("consent_privacy", "")];
    visitor.fill(&[&[("first_name", "Nora"), ("last_name", "Sample"), ("email", email)][..], &born[..]].concat());
    visitor.open(&site.mail(CHAMBER, email).link());
    visitor.press(&[], Some("confirm"));
    let password = site.mail(CHAMBER, email).password();
    visitor.open("/chamber/login");
    visitor.fill(&[("login", email), ("password", &password)]);
    let offers = |visitor: &Visitor| {
        let html = visitor.page.text().replace("&#x2f;", "/");
        let look =
            |to: &str| ["button\"", "button second\""].into_iter().find(|look| html.contains(&format!("class=\"{look} href=\"{to}\"")));
        (look("/chamber/business/pin"), look("/chamber/business/link"))
    };
    visitor.open("/chamber/business");
    assert_eq!(offers(&visitor), (Some("button\""), Some("button second\"")), "a letter first: {}", visitor.text());
    assert!(visitor.text().contains("Wait for the letter"), "{}", visitor.text());
    let record = sample(&site, CHAMBER);
    visitor.open("/chamber/business/pin");
    visitor.fill(&[("number", &record["number"])]);
    assert_eq!(offers(&visitor), (None, Some("button\"")), "no other letter this week: {}", visitor.text());
    let pin = pin_of_the_letter(&site, CHAMBER);
    visitor.open("/chamber/business/link");
    visitor.fill(&[("number", &record["number"]), ("pin", &pin)]);
    visitor.fill(&[("login", email), ("password", &password)]);
    visitor.open("/chamber/business");
    assert_eq!(offers(&visitor), (None, Some("button second\"")), "nothing that must be done: {}", visitor.text());
}

/// The first link of a page that begins so, the longest of its kind.
fn href(visitor: &Visitor, start: &str) -> String {
    let html = visitor.page.text().replace("&#x2f;", "/");
    let mut links = html.split("href=\"").skip(1).map(|part| part.split('"').next().unwrap().to_owned());
    links.find(|link| link.starts_with(start)).unwrap_or_else(|| panic!("no link to {start} at {}: {html}", visitor.at))
}

/// Signs somebody up and in.
fn signed_in(site: &Site) -> Visitor<'_> {
    site.register(HOUSING, &PEOPLE[3], "kim@post.example");
    let mut visitor = Visitor::at(site, "de", "/housing/login");
    visitor.fill(&[("login", "kim@post.example"), ("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/housing/area");
    visitor
}

/// Threat 41: a form from elsewhere, without a word of where from, or of another session.
#[test]
fn a_form_of_somebody_else_s_page_does_nothing() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    let session = visitor.cookies["__Host-s-housing"].clone();
    let cookie = format!("__Host-s-housing={session}");
    let own = visitor.form(&[("form", "")], None).values;
    let token = own.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let post = |origin: Option<&str>, fields: &[(&str, &str)]| {
        let call = site.http().post("/housing/logout").header("Cookie", &cookie);
        let call = match origin {
            Some(origin) => call.header("Origin", origin),
            None => call,
        };
        call.form(fields).send().status
    };
    assert_eq!(post(Some("https://evil.example"), &[("form", &token)]), 403);
    assert_eq!(post(None, &[("form", &token)]), 403);
    assert_eq!(post(Some(site.base_url()), &[]), 403);
    assert_eq!(post(Some(site.base_url()), &[("form", &"0".repeat(64))]), 403);
    let plain = site.http().post("/housing/logout").header("Cookie", &cookie).header("Origin", site.base_url());
    assert_eq!(plain.body("text/plain", format!("form={token}").as_bytes()).send().status, 415);
    visitor.open("/housing/area");
    assert_eq!(visitor.path(), "/housing/area", "still signed in");
    // A link to it signs nobody out.
    visitor.open("/housing/logout");
    visitor.open("/housing/area");
    assert_eq!(visitor.path(), "/housing/area");
    assert_eq!(post(Some(site.base_url()), &[("form", &token)]), 303);
}

/// Threat 39: whoever plants a cookie has nothing once its victim signs in.
#[test]
fn a_planted_session_is_replaced_at_the_sign_in() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[4], "lea@post.example");
    let mut attacker = signed_in(&site);
    let planted = attacker.cookies["__Host-s-housing"].clone();
    attacker.sign_out();
    let mut victim = Visitor::at(&site, "de", "/housing/login");
    victim.cookies.insert("__Host-s-housing".to_owned(), planted.clone());
    victim.open("/housing/login");
    victim.fill(&[("login", "lea@post.example"), ("password", PASSWORD)]);
    let own = victim.cookies["__Host-s-housing"].clone();
    assert_ne!(own, planted);
    let set = victim.answered.headers.iter().find(|(name, value)| name == "set-cookie" && value.contains(&own)).unwrap().1.clone();
    assert!(["Secure", "HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|word| set.contains(word)), "{set}");
}

/// Threat 20: the way back leads to a page of this portal, or to none.
#[test]
fn signing_in_leads_to_no_address_of_a_stranger_s() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], "mia@post.example");
    for (wish, end) in [
        ("//evil.example", "/housing/area"),
        ("/%5Cevil.example", "/housing/area"),
        ("/housing/%252f%252fevil.example", "/housing/area"),
        ("https:%2F%2Fevil.example", "/housing/area"),
        ("/housing/%09/evil.example", "/housing/area"),
        ("/gartenstadt/area", "/housing/area"),
        ("/housing/documents/terms", "/housing/documents/terms"),
    ] {
        let mut visitor = Visitor::at(&site, "de", &format!("/housing/login?return_to={wish}"));
        visitor.fill(&[("login", "mia@post.example"), ("password", PASSWORD)]);
        assert_eq!(visitor.path(), end, "{wish}");
    }
}

/// Threat 44: the page that follows the end of a session loads what has a browser forget the pages of before; no other page does.
#[test]
fn the_page_after_a_session_has_the_browser_forget_pages() {
    let site = Site::start();
    let mut visitor = Visitor::at(&site, "de", "/housing/login");
    for (done, forgets) in [("signed_out", true), ("password", true), ("linked", true), ("closed", true), ("required", false), ("", false)]
    {
        visitor.open(&format!("/housing/login?done={done}"));
        let html = visitor.page.text().replace("&#x2f;", "/");
        let file =
            html.split("<link rel=\"stylesheet\" media=\"print\" href=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        assert_eq!(file.is_some(), forgets, "{done}: {html}");
        if let Some(file) = file {
            let answer = visitor.send("GET", &file, None);
            let words = ["clear-site-data", "cache-control", "content-type"].map(|name| answer.header(name));
            assert_eq!((answer.status, words), (200, [Some("\"cache\""), Some("no-store"), Some("text/css; charset=utf-8")]), "{done}");
        }
    }
}

/// Threats 43, 44, 45 for every page there is.
#[test]
fn pages_are_framed_by_nobody_kept_by_nobody_and_tell_nobody_where_one_was() {
    let site = Site::start();
    let mut visitor = signed_in(&site);
    for path in [
        "/housing/",
        "/housing/register",
        "/housing/login",
        "/housing/area",
        "/housing/documents/terms",
        "/housing/password/forgot",
        "/housing/none",
    ] {
        let page = visitor.send("GET", path, None);
        let csp = page.header("content-security-policy").unwrap().to_owned();
        assert!(csp.contains("frame-ancestors 'none'") && csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
        let html = page.text();
        assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick"), "{path}");
        // A look changes nothing: no cookie but the language's.
        let set: Vec<_> = page.headers.iter().filter(|(name, value)| name == "set-cookie" && !value.starts_with("__Host-l-")).collect();
        assert!(set.is_empty(), "{path}: {set:?}");
    }
    assert_eq!(visitor.send("GET", "/housing/area/x.css", None).status, 404);
}

#[test]
fn a_language_is_chosen_at_the_top_and_stays() {
    let site = Site::start();
    let mut visitor = Visitor::at(&site, "de", "/housing/register");
    assert!(visitor.page.text().contains("<html lang=\"de\">"));
    visitor.open("/housing/register?lang=it");
    assert!(visitor.page.text().contains("<html lang=\"it\">"));
    visitor.open("/housing/login");
    assert!(visitor.page.text().contains("<html lang=\"it\">"), "kept by a cookie");
    visitor.open("/housing/login?lang=xx");
    assert!(visitor.page.text().contains("<html lang=\"it\">"));
    assert!(["Deutsch", "Français", "Italiano", "English"].iter().all(|name| visitor.page.text().contains(name)));
}

#[test]
fn a_page_that_is_not_there_speaks_the_language_that_was_chosen() {
    let site = Site::start();
    let mut visitor = Visitor::at(&site, "fr", "/housing/none");
    assert!(visitor.page.status == 404 && visitor.page.text().contains("<html lang=\"fr\">"), "{}", visitor.page.text());
    visitor.open("/housing/login?lang=it");
    visitor.open("/housing/none");
    assert!(visitor.page.status == 404 && visitor.page.text().contains("<html lang=\"it\">"), "kept by a cookie: {}", visitor.page.text());
    visitor.open("/housing/none?lang=en");
    assert!(visitor.page.text().contains("<html lang=\"en\">"), "asked for: {}", visitor.page.text());
    visitor.open("/housing/none?lang=xx");
    assert!(visitor.page.text().contains("<html lang=\"it\">"), "{}", visitor.page.text());
}

#[test]
fn a_mailed_link_speaks_its_registrations_language_before_and_after_its_button() {
    let site = Site::with(&Setup { portals: vec![HOUSING, PARTNER], ..Setup::default() });
    let mut visitor = Visitor::at(&site, "de", "/housing/register");
    fill_register(&mut visitor, &PEOPLE[2].number(), PEOPLE[2].last_name, "zoe@post.example");
    let link = site.mail(HOUSING, "zoe@post.example").link();
    let mut elsewhere = Visitor::at(&site, "en", &link);
    assert!(elsewhere.page.text().contains("<html lang=\"de\">"), "{}", elsewhere.page.text());
    elsewhere.press(&[], Some("confirm"));
    assert!(elsewhere.page.status == 200 && elsewhere.page.text().contains("<html lang=\"de\">"), "{}", elsewhere.page.text());
    // Its fields as well.
    let boss = "boss@praxis.example";
    site.run(&["super-admin", PARTNER, &sample(&site, PARTNER)["number"], boss]);
    elsewhere.cookies.clear();
    elsewhere.open(&site.mail(PARTNER, boss).link());
    assert!(elsewhere.text().contains("Vorname") && !elsewhere.text().contains("First name"), "{}", elsewhere.text());
}

/// Half an hour without a word ends a session of the pages.
#[test]
fn a_session_of_the_pages_dies_of_silence() {
    let mut site = Site::start();
    let cookies = signed_in(&site).cookies.clone();
    site.advance(Duration::from_mins(31));
    let mut visitor = Visitor::at(&site, "de", "/housing/");
    visitor.cookies = cookies;
    visitor.open("/housing/area");
    assert_eq!(visitor.path(), "/housing/login");
    assert!(!visitor.cookies.contains_key("__Host-s-housing"), "and its cookie is taken back");
}

#[test]
fn the_stylesheet_is_kept_for_ever_under_a_name_of_its_content() {
    let site = Site::start();
    let visitor = Visitor::at(&site, "de", "/housing/");
    let html = visitor.page.text().replace("&#x2f;", "/");
    for (from, kind) in [("href=\"/assets/", "text/css"), ("src=\"/assets/", "text/javascript")] {
        let name = html.split(from).nth(1).unwrap().split('"').next().unwrap();
        let file = site.http().get(&format!("/assets/{name}")).send();
        assert_eq!(file.status, 200);
        assert!(file.header("content-type").unwrap().starts_with(kind));
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
    }
}
