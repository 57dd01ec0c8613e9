//! The journey of a tenant, walked as outside programs walk it: public calls, the commands and the `.eml` files, with records made here.
//!
//! Every test has an installation of its own. What attackers try is tested elsewhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::time::Duration;
use support::{Answer, HOUSING, MOVED_OUT, MOVED_OUT_NAME, PASSWORD, PATIENCE, PEOPLE, Person, Setup, Site, TWIN, form, typed, within};

const NEW_PASSWORD: &str = "Zwölf Boskop im Korb 4!";
const MINUTE: Duration = Duration::from_secs(61);
const DAY: Duration = Duration::from_hours(25);

/// Applies at `HOUSING` and returns the handle.
fn apply(site: &Site, person: &Person, email: &str) -> String {
    let applied = site.post("/housing/registrations", &form(person, email)).expect(202);
    applied["registration"].as_str().unwrap().to_owned()
}

fn look(site: &Site, handle: &str) -> Value {
    site.get(&format!("/housing/registrations/{handle}")).expect(200)
}

fn type_code(site: &Site, handle: &str, code: &str) -> Answer {
    site.post(&format!("/housing/registrations/{handle}/confirm"), &json!({ "code": code }))
}

fn confirm(site: &Site, token: &str) -> Answer {
    site.post("/housing/confirmations", &json!({ "token": token }))
}

fn resend(site: &Site, handle: &str) -> Answer {
    site.http().post(&format!("/api/v1/housing/registrations/{handle}/resend")).send()
}

/// A code of the right shape that is not this one.
fn other_than(code: &str) -> String {
    let last = if code.ends_with('7') { '8' } else { '7' };
    format!("{}{last}", &code[..code.len() - 1])
}

/// A refusal without what is different each time.
fn alike(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("request_id").unwrap();
    (answer.status, answer.headers.iter().map(|(name, _)| name.clone()).collect(), body)
}

/// The value of a page's hidden field.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split_once('"').unwrap().0.to_owned()
}

// --- The whole way ---

#[test]
fn a_tenant_goes_from_the_form_to_a_closed_account() {
    walk(&mut Site::start(), &mut |_| {});
}

#[test]
fn a_tenant_goes_the_same_way_past_a_server_that_is_killed_between_every_two_steps() {
    walk(&mut Site::start(), &mut Site::crash);
}

#[test]
fn a_tenant_goes_the_same_way_on_postgresql_past_a_server_that_is_killed_between_every_two_steps() {
    let database = onboarding_testkit::postgres::Cluster::shared().database();
    walk(&mut Site::with(&Setup { database, ..Setup::default() }), &mut Site::crash);
}

/// The code's way in, the account's whole life, and out. `between` happens between every two steps.
fn walk(site: &mut Site, between: &mut dyn FnMut(&mut Site)) {
    let jana = &PEOPLE[0];
    let (email, moved) = ("jana@post.example", "jana.neu@post.example");

    let asks = site.get("/housing").expect(200);
    assert_eq!(asks["registration"]["email_proof"], json!(["code", "link"]));
    between(site);

    let applied = site.post("/housing/registrations", &form(jana, email)).expect(202);
    assert_eq!((&applied["state"], &applied["email_proof"]), (&json!("awaiting_email"), &json!(["code", "link"])));
    let handle = applied["registration"].as_str().unwrap().to_owned();
    between(site);

    let mail = site.mail(HOUSING, email);
    assert_eq!(mail.language, "de");
    assert!(mail.link().starts_with(&format!("{}/housing/confirm?t=", site.base_url())), "{}", mail.link());
    between(site);

    let seen = look(site, &handle);
    assert_eq!((&seen["state"], &seen["attempts_left"]), (&json!("awaiting_email"), &json!(5)));
    assert_eq!(type_code(site, &handle, &mail.code()).expect(200)["state"], "active");
    between(site);

    // The lost answer to a proof is asked for again.
    assert_eq!(type_code(site, &handle, &mail.code()).expect(200)["state"], "active");
    assert_eq!(confirm(site, &mail.token()).expect(200)["state"], "active");
    assert_eq!(look(site, &handle)["state"], "active");
    between(site);

    let session = site.post("/housing/sessions", &json!({ "login": email, "password": PASSWORD })).expect(201);
    assert_eq!(
        (&session["access"], &session["must_change_password"], &session["must_accept"]),
        (&json!("member"), &json!(false), &json!([]))
    );
    let first = session["token"].as_str().unwrap().to_owned();
    between(site);

    let seen = site.signed(&first, "GET", "/housing/session", &Value::Null).expect(200);
    assert_eq!(seen["account"]["email"], email);
    assert_eq!(seen["access"], "member");
    assert_eq!(seen["memberships"].as_array().unwrap().len(), 1);
    assert_eq!((&seen["memberships"][0]["record"], &seen["memberships"][0]["role"]), (&json!(jana.number()), &json!("member")));
    between(site);

    let amended =
        site.signed(&first, "PATCH", "/housing/account", &json!({ "language": "fr", "first_name": "Jana", "last_name": "Müller" }));
    assert_eq!(amended.expect(200)["language"], "fr");
    between(site);
    let account = site.signed(&first, "GET", "/housing/account", &Value::Null).expect(200);
    assert_eq!((&account["language"], &account["first_name"], &account["last_name"]), (&json!("fr"), &json!("Jana"), &json!("Müller")));
    between(site);

    let consents = site.signed(&first, "GET", "/housing/account/consents", &Value::Null).expect(200);
    let given: Vec<_> = consents
        .as_array()
        .unwrap()
        .iter()
        .map(|consent| (consent["document"].as_str().unwrap(), consent["granted"] == true, consent["current"] == true))
        .collect();
    assert_eq!(given.len(), 3, "{consents}");
    for document in ["terms", "privacy", "edelivery"] {
        assert!(given.contains(&(document, true, true)), "{document} in {consents}");
    }
    let withdrawn = site.signed(&first, "PUT", "/housing/account/consents/edelivery", &json!({ "version": "2026-10", "granted": false }));
    withdrawn.refused(409, "document_required");
    let outdated = site.signed(&first, "PUT", "/housing/account/consents/terms", &json!({ "version": "2020-01", "granted": true }));
    outdated.refused(409, "version_outdated");
    between(site);

    let second = site.sign_in(HOUSING, email, PASSWORD);
    let sessions = site.signed(&first, "GET", "/housing/account/sessions", &Value::Null).expect(200);
    let other = sessions.as_array().unwrap().iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    between(site);
    site.signed(&first, "DELETE", &format!("/housing/account/sessions/{other}"), &Value::Null).expect(204);
    between(site);
    assert_eq!(site.signed(&second, "GET", "/housing/session", &Value::Null).status, 401);
    between(site);

    let export = site.signed(&first, "GET", "/housing/account/export", &Value::Null).expect(200);
    assert_eq!(export["account"]["email"], email);
    assert_eq!(export["consents"].as_array().unwrap().len(), 3);
    assert_eq!(export["memberships"][0]["record"], jana.number());
    assert!(!export["history"].as_array().unwrap().is_empty());
    between(site);

    let third = site.sign_in(HOUSING, email, PASSWORD);
    between(site);
    let change = |site: &Site, current: &str, new: &str| {
        site.signed(&first, "PUT", "/housing/account/password", &json!({ "current": current, "new": new }))
    };
    change(site, NEW_PASSWORD, NEW_PASSWORD).refused(422, "wrong_password");
    assert_eq!(change(site, PASSWORD, "kurz").refused(422, "validation_failed")["errors"][0]["field"], "new");
    between(site);
    let changed = change(site, PASSWORD, NEW_PASSWORD);
    changed.expect(204);
    let renewed = changed.header("x-session-token").unwrap().to_owned();
    between(site);
    assert_eq!(site.mail(HOUSING, email).language, "fr", "mails speak the account's language");
    for ended in [&first, &third] {
        assert_eq!(site.signed(ended, "GET", "/housing/session", &Value::Null).status, 401);
    }
    site.signed(&renewed, "GET", "/housing/session", &Value::Null).expect(200);
    between(site);

    let ask = |site: &Site, password: &str| {
        site.signed(&renewed, "PUT", "/housing/account/email", &json!({ "email": moved, "password": password }))
    };
    ask(site, PASSWORD).refused(422, "wrong_password");
    ask(site, NEW_PASSWORD).expect(202);
    between(site);
    let (link, told) = (site.mail(HOUSING, moved), site.mail(HOUSING, email));
    assert_eq!((told.find_link(), told.find_code()), (None, None), "the old address is told and can do nothing with it");
    assert_eq!(site.signed(&renewed, "GET", "/housing/account", &Value::Null).expect(200)["pending_email"], moved);
    between(site);
    site.post("/housing/account/email/confirm", &json!({ "token": link.token() })).expect(204);
    between(site);
    assert_eq!(site.mail(HOUSING, email).find_link(), None, "the old address is told that it is done");
    assert_eq!(site.signed(&renewed, "GET", "/housing/account", &Value::Null).expect(200)["email"], moved);
    site.post("/housing/sessions", &json!({ "login": email, "password": NEW_PASSWORD })).refused(401, "sign_in_failed");
    between(site);

    site.post("/housing/password-resets", &json!({ "login": moved })).expect(202);
    between(site);
    let reset = site.mail(HOUSING, moved).token();
    between(site);
    let set = |site: &Site| site.post("/housing/password-resets/confirm", &json!({ "token": reset, "new": PASSWORD }));
    set(site).expect(200);
    between(site);
    set(site).refused(410, "token_used");
    assert_eq!(site.mail(HOUSING, moved).find_link(), None, "the change is told");
    assert_eq!(site.signed(&renewed, "GET", "/housing/session", &Value::Null).status, 401, "a reset ends every session");
    between(site);

    let signed_in = site.sign_in(HOUSING, moved, PASSWORD);
    between(site);
    site.signed(&signed_in, "DELETE", "/housing/session", &Value::Null).expect(204);
    between(site);
    assert_eq!(site.signed(&signed_in, "GET", "/housing/session", &Value::Null).status, 401);
    between(site);

    let last = site.sign_in(HOUSING, moved, PASSWORD);
    site.signed(&last, "POST", "/housing/account/close", &json!({ "password": NEW_PASSWORD })).refused(422, "wrong_password");
    site.signed(&last, "POST", "/housing/account/close", &json!({ "password": PASSWORD })).expect(204);
    between(site);
    assert_eq!(site.mail(HOUSING, moved).find_link(), None);
    assert_eq!(site.signed(&last, "GET", "/housing/session", &Value::Null).status, 401);
    site.post("/housing/sessions", &json!({ "login": moved, "password": PASSWORD })).refused(401, "sign_in_failed");
    between(site);

    // What the account held is free: number and address open another one.
    site.register(HOUSING, jana, moved);
}

#[test]
fn the_links_way_leads_past_a_server_that_is_killed_between_every_two_steps() {
    let mut site = Site::start();
    let email = "birgit@post.example";
    let handle = apply(&site, &PEOPLE[14], email);
    site.crash();
    let path = site.mail(HOUSING, email).path(site.base_url());
    site.crash();
    let page = site.http().get(&path).send();
    assert_eq!(page.status, 200, "{page}");
    site.crash();
    assert_eq!(look(&site, &handle)["state"], "awaiting_email");
    let press = |site: &Site| site.http().press("/housing/confirm", &[("token", &hidden(page.text(), "token")), ("decision", "confirm")]);
    assert_eq!(press(&site).status, 303);
    site.crash();
    assert_eq!(press(&site).status, 303);
    assert_eq!(look(&site, &handle)["state"], "active");
    site.crash();
    site.sign_in(HOUSING, email, PASSWORD);
    // A second attempt under the same name replaces the first one's file. Where both were cut off before they were noted, a clerk is told.
    assert_eq!(site.mails_to(HOUSING, email).len(), 1);
}

// --- What the form asks ---

#[test]
fn a_portal_tells_an_app_what_its_form_asks() {
    let site = Site::start();
    let portals = site.get("/portals").expect(200);
    let slugs: Vec<_> = portals.as_array().unwrap().iter().map(|portal| portal["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, [TWIN, HOUSING]);
    assert_eq!(portals[0]["name"], "Gartenstadt am Fließ");
    assert_eq!(portals[1]["languages"], json!(["de", "en", "fr", "it"]));

    let housing = site.get("/housing").expect(200);
    assert_eq!(housing["login_with"], "email");
    assert_eq!(housing["membership"], "claim");
    assert_eq!(housing["password_policy"]["min_length"], 12);
    assert!(housing["password_policy"]["max_length"].as_u64().unwrap() >= 128);
    let registration = &housing["registration"];
    assert_eq!(registration["open"], true);
    assert_eq!(registration["claim"], json!({ "number": "registration_number", "must_match": ["last_name"] }));
    assert_eq!((&registration["approval"], &registration["password"]), (&json!("nobody"), &json!("at_registration")));
    let consents: Vec<_> = registration["consents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|consent| (&consent["document"], &consent["stage"], &consent["required"]))
        .collect();
    assert_eq!(consents.len(), 3);
    assert!(consents.iter().all(|(_, stage, required)| **stage == json!("registration") && **required == json!(true)), "{consents:?}");
    site.get("/nowhere").refused(404, "not_found");
}

#[test]
fn documents_come_in_the_asked_language_with_the_digest_of_their_text() {
    let site = Site::start();
    for (asked, language) in [("it", "it"), ("fr-CH, en;q=0.5", "fr"), ("ja", "de")] {
        let get = |path: &str| site.http().get(path).header("Accept-Language", asked).send();
        let documents = get("/api/v1/housing/documents").expect(200);
        let names: Vec<_> = documents.as_array().unwrap().iter().map(|document| document["document"].as_str().unwrap()).collect();
        assert_eq!(names, ["terms", "privacy", "edelivery"]);
        for document in documents.as_array().unwrap() {
            assert_eq!(document["version"], "2026-10");
            let text = get(document["url"].as_str().unwrap());
            assert!(text.status == 200 && text.body.len() > 100, "{text}");
            let told = document["sha256"].as_str().unwrap();
            let digest: Vec<_> = (0..told.len()).step_by(2).map(|at| u8::from_str_radix(&told[at..at + 2], 16).unwrap()).collect();
            assert_eq!(digest, Sha256::digest(&text.body)[..], "{document}");
            let name = document["document"].as_str().unwrap();
            let file = fs::read_to_string(support::repository().join(format!("portals/housing/documents/{name}.{language}.md"))).unwrap();
            assert!(file.contains(document["title"].as_str().unwrap()), "{document}");
            assert!(file.ends_with(text.text().trim_start()) || file == text.text(), "{language} {name}");
        }
    }
}

// --- The claim ---

#[test]
fn numbers_and_names_match_in_the_spellings_that_people_use() {
    let site = Site::start();
    for person in &PEOPLE {
        for (number, last_name) in [(person.number(), person.last_name), (person.types(), person.writes)] {
            let claim = site.post("/housing/claims", &json!({ "number": number, "last_name": last_name }));
            assert_eq!(claim.status, 200, "{number} {last_name}: {claim}");
        }
    }
}

#[test]
fn a_claim_that_matched_stands_for_number_and_name_in_the_form() {
    let site = Site::start();
    let ute = &PEOPLE[13];
    let claim = site.post("/housing/claims", &json!({ "number": ute.types(), "last_name": ute.writes })).expect(200);
    let mut form = form(ute, "ute@post.example");
    form["claim"] = json!({ "token": claim["claim"] });
    let applied = site.post("/housing/registrations", &form).expect(202);
    let code = site.mail(HOUSING, "ute@post.example").code();
    assert_eq!(type_code(&site, applied["registration"].as_str().unwrap(), &code).expect(200)["state"], "active");
    let token = site.sign_in(HOUSING, "ute@post.example", PASSWORD);
    assert_eq!(site.signed(&token, "GET", "/housing/session", &Value::Null).expect(200)["memberships"][0]["record"], ute.number());
}

#[test]
fn a_wrong_pair_is_answered_alike_whatever_is_wrong() {
    let site = Site::start();
    let (zoe, sean) = (&PEOPLE[1], &PEOPLE[3]);
    let pairs = [
        ("unknown number", "2345-6789-BCDF".to_owned(), zoe.last_name),
        ("wrong name", zoe.number(), "Kowalski"),
        ("somebody else's name", zoe.number(), sean.last_name),
        ("half a double name", PEOPLE[0].number(), "Müller"),
        ("closed record", MOVED_OUT.to_owned(), MOVED_OUT_NAME),
    ];
    let mut answers = Vec::new();
    for (what, number, last_name) in &pairs {
        let answer = site.post("/housing/registrations", &typed(number, last_name, "zoe@post.example"));
        answer.refused(422, "claim_mismatch");
        answers.push((what, alike(&answer)));
    }
    for (what, answer) in &answers[1..] {
        assert_eq!(answer, &answers[0].1, "{what}");
    }
    let claims: Vec<_> = pairs[..2]
        .iter()
        .map(|(_, number, last_name)| site.post("/housing/claims", &json!({ "number": number, "last_name": last_name })))
        .collect();
    claims[0].refused(422, "claim_mismatch");
    assert_eq!(alike(&claims[0]), alike(&claims[1]));
    // Typed well at last: nobody is locked out by a few slips, and nothing was mailed before.
    apply(&site, zoe, "zoe@post.example");
    site.mail(HOUSING, "zoe@post.example");
    assert_eq!(site.mails(HOUSING).len(), 1);
}

#[test]
fn fields_to_mend_are_told_by_name_and_nothing_is_mailed() {
    let site = Site::start();
    let form = json!({
        "claim": { "number": PEOPLE[1].number(), "last_name": PEOPLE[1].last_name },
        "email": "zoe at post.example",
        "password": "kurz",
        "consents": [{ "document": "terms", "version": "2026-10", "granted": true }, { "document": "privacy", "version": "2025-01", "granted": true }],
    });
    let problem = site.post("/housing/registrations", &form).refused(422, "validation_failed");
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect();
    for field in ["email", "password"] {
        assert!(fields.iter().any(|told| told == field), "{field} in {problem}");
    }
    let mut form = self::form(&PEOPLE[1], "zoe@post.example");
    form["consents"] = json!([{ "document": "terms", "version": "2026-10", "granted": true }, { "document": "privacy", "version": "2025-01", "granted": true }]);
    let problem = site.post("/housing/registrations", &form).refused(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    let mut form = self::form(&PEOPLE[1], "zoe@post.example");
    form["role"] = json!("super_admin");
    assert_eq!(site.post("/housing/registrations", &form).status, 422);
    site.flush_mails(HOUSING, &PEOPLE[2], "ayse@post.example");
    assert!(site.mails_to(HOUSING, "zoe@post.example").is_empty());
}

// --- The proof of address ---

#[test]
fn looking_at_a_link_changes_nothing_and_its_button_opens_the_account() {
    let site = Site::start();
    let handle = apply(&site, &PEOPLE[4], "chiara@post.example");
    let mail = site.mail(HOUSING, "chiara@post.example");
    let path = mail.path(site.base_url());
    for method in ["GET", "HEAD", "GET"] {
        let page = site.http().call(method, &path).send();
        assert_eq!(page.status, 200, "{page}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
        assert!(page.header("set-cookie").is_none(), "{page}");
    }
    let seen = look(&site, &handle);
    assert_eq!((&seen["state"], &seen["attempts_left"]), (&json!("awaiting_email"), &json!(5)));

    let page = site.http().get(&path).send();
    let token = hidden(page.text(), "token");
    let fields = [("token", token.as_str()), ("decision", "confirm")];
    // Only from a page of ours.
    for origin in [None, Some("https://elsewhere.example"), Some("null")] {
        let call = site.http().post("/housing/confirm").form(&fields);
        let refused = origin.map_or(call.clone(), |origin| call.header("Origin", origin)).send();
        assert_eq!(refused.status, 403, "{origin:?} {refused}");
    }
    assert_eq!(look(&site, &handle)["state"], "awaiting_email");
    let done = site.http().press("/housing/confirm", &fields);
    assert_eq!(done.status, 303, "{done}");
    assert!(done.header("location").is_some_and(|to| to.contains("/housing/register/done")), "{done}");
    assert_eq!(look(&site, &handle)["state"], "active");
    // Pressed twice, looked at again: a success both times.
    assert_eq!(site.http().press("/housing/confirm", &fields).status, 303);
    let again = site.http().get(&path).send();
    assert_eq!(again.status, 200);
    assert!(!again.text().contains("<form"), "{again}");
    site.sign_in(HOUSING, "chiara@post.example", PASSWORD);
}

#[test]
fn a_link_is_confirmed_by_an_app_and_repeated_without_another_effect() {
    let site = Site::start();
    let handle = apply(&site, &PEOPLE[5], "dorde@post.example");
    let mail = site.mail(HOUSING, "dorde@post.example");
    confirm(&site, &format!("{}A", &mail.token()[1..])).refused(404, "token_unknown");
    for _ in 0..2 {
        assert_eq!(confirm(&site, &mail.token()).expect(200), json!({ "state": "active" }));
    }
    assert_eq!(look(&site, &handle)["state"], "active");
    // The handle proves nothing any more.
    resend(&site, &handle).refused(409, "not_in_this_state");
    type_code(&site, &handle, &other_than(&mail.code())).refused(409, "not_in_this_state");
    let token = site.sign_in(HOUSING, "dorde@post.example", PASSWORD);
    assert_eq!(site.signed(&token, "GET", "/housing/session", &Value::Null).expect(200)["memberships"].as_array().unwrap().len(), 1);
}

#[test]
fn a_code_is_taken_as_people_type_it() {
    let site = Site::start();
    let handle = apply(&site, &PEOPLE[6], "heide@post.example");
    let code = site.mail(HOUSING, "heide@post.example").code();
    for broken in ["", "  ", "ABC", "0000-0000", "23456789B"] {
        let problem = type_code(&site, &handle, broken).refused(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "code", "{broken:?}");
    }
    assert_eq!(look(&site, &handle)["attempts_left"], 5, "what cannot be a code is no try");
    let typed = format!(" {} ", code.to_lowercase().replace('-', " – "));
    assert_eq!(type_code(&site, &handle, &typed).expect(200)["state"], "active");
}

#[test]
fn five_wrong_codes_close_the_codes_door_and_the_link_goes_on() {
    let mut site = Site::start();
    let handle = apply(&site, &PEOPLE[7], "minh@post.example");
    let mail = site.mail(HOUSING, "minh@post.example");
    for left in [4, 3, 2, 1, 0] {
        let problem = type_code(&site, &handle, &other_than(&mail.code())).refused(422, "code_wrong");
        assert_eq!(problem["attempts_left"], left);
        assert_eq!(look(&site, &handle)["attempts_left"], left);
    }
    for code in [other_than(&mail.code()), mail.code()] {
        assert_eq!(type_code(&site, &handle, &code).refused(410, "code_used_up")["attempts_left"], 0);
    }
    site.restart();
    type_code(&site, &handle, &mail.code()).refused(410, "code_used_up");

    site.advance(MINUTE);
    assert_eq!(resend(&site, &handle).expect(202)["attempts_left"], 0);
    let again = site.mail(HOUSING, "minh@post.example");
    assert_eq!(again.find_code(), None, "a code is of no use any more");
    assert_ne!(again.token(), mail.token());
    confirm(&site, &mail.token()).refused(410, "token_superseded");
    assert_eq!(confirm(&site, &again.token()).expect(200)["state"], "active");
}

#[test]
fn a_mail_sent_again_voids_the_code_and_link_of_the_one_before() {
    let mut site = Site::start();
    let handle = apply(&site, &PEOPLE[8], "lucja@post.example");
    let first = site.mail(HOUSING, "lucja@post.example");
    let refused = resend(&site, &handle);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{refused}");
    refused.refused(429, "too_many_requests");

    site.advance(MINUTE);
    let resent = resend(&site, &handle).expect(202);
    assert_eq!(resent["attempts_left"], 5);
    assert!(resent["resend_at"].is_string(), "{resent}");
    let second = site.mail(HOUSING, "lucja@post.example");
    assert_ne!(second.message_id, first.message_id);
    confirm(&site, &first.token()).refused(410, "token_superseded");
    let page = site.http().get(&first.path(site.base_url())).send();
    assert_eq!(page.status, 410);
    assert_eq!(type_code(&site, &handle, &first.code()).refused(422, "code_wrong")["attempts_left"], 4);
    assert_eq!(type_code(&site, &handle, &second.code()).expect(200)["state"], "active");
}

#[test]
fn a_mistyped_address_is_corrected_before_its_proof() {
    let mut site = Site::start();
    let handle = apply(&site, &PEOPLE[9], "ase@pots.example");
    let lost = site.mail(HOUSING, "ase@pots.example");
    let correct = |site: &Site, email: &str| {
        site.http().call("PUT", &format!("/api/v1/housing/registrations/{handle}/email")).json(&json!({ "email": email })).send()
    };
    assert_eq!(correct(&site, "ase at post").refused(422, "validation_failed")["errors"][0]["field"], "email");
    site.advance(MINUTE);
    correct(&site, "ase@post.example").expect(202);
    let mail = site.mail(HOUSING, "ase@post.example");
    confirm(&site, &lost.token()).refused(410, "token_superseded");
    type_code(&site, &handle, &lost.code()).refused(422, "code_wrong");
    assert_eq!(type_code(&site, &handle, &mail.code()).expect(200)["state"], "active");
    correct(&site, "ase@pots.example").refused(409, "not_in_this_state");
    site.sign_in(HOUSING, "ase@post.example", PASSWORD);
    site.post("/housing/sessions", &json!({ "login": "ase@pots.example", "password": PASSWORD })).refused(401, "sign_in_failed");
}

#[test]
fn an_expired_link_is_renewed() {
    let mut site = Site::start();
    let handle = apply(&site, &PEOPLE[10], "maria@post.example");
    let first = site.mail(HOUSING, "maria@post.example");
    let renew = |site: &Site, token: &str| site.post("/housing/links/renew", &json!({ "token": token })).expect(202);
    // Alive, or nobody's: answered alike, and nothing is mailed.
    renew(&site, &first.token());
    renew(&site, &format!("{}A", &first.token()[1..]));
    site.advance(DAY);
    confirm(&site, &first.token()).refused(410, "token_expired");
    type_code(&site, &handle, &first.code()).refused(410, "code_expired");
    assert_eq!(look(&site, &handle)["state"], "awaiting_email");
    renew(&site, &first.token());
    let second = site.mail(HOUSING, "maria@post.example");
    confirm(&site, &first.token()).refused(410, "token_superseded");

    // The same by the page's button.
    site.advance(DAY);
    let page = site.http().get(&second.path(site.base_url())).send();
    assert_eq!(page.status, 410, "{page}");
    assert_eq!(hidden(page.text(), "decision"), "renew");
    let pressed = site.http().press("/housing/confirm", &[("token", &hidden(page.text(), "token")), ("decision", "renew")]);
    assert_eq!(pressed.status, 200, "{pressed}");
    let third = site.mail(HOUSING, "maria@post.example");
    // Pressed once more, the page points to the newest mail.
    let again = site.http().press("/housing/confirm", &[("token", &second.token()), ("decision", "renew")]);
    assert_eq!(again.status, 410, "{again}");
    assert_eq!(confirm(&site, &third.token()).expect(200)["state"], "active");
    assert_eq!(site.mails(HOUSING).len(), 3);
}

#[test]
fn a_registration_that_nobody_proved_is_over_after_a_week() {
    let mut site = Site::start();
    let handle = apply(&site, &PEOPLE[10], "maria@post.example");
    let mail = site.mail(HOUSING, "maria@post.example");
    site.advance(DAY * 8);
    within(PATIENCE, "the registration to be over", || (look(&site, &handle)["state"] == "expired").then_some(()));
    confirm(&site, &mail.token()).refused(410, "token_expired");
    resend(&site, &handle).refused(409, "not_in_this_state");
    type_code(&site, &handle, &mail.code()).refused(409, "not_in_this_state");
    let page = site.http().get(&mail.path(site.base_url())).send();
    assert_eq!(page.status, 410);
    assert!(!page.text().contains("<form"), "no button that would do nothing: {page}");
    // Renewing is answered as always and mails nothing; one begins anew.
    site.post("/housing/links/renew", &json!({ "token": mail.token() })).expect(202);
    site.register(HOUSING, &PEOPLE[10], "maria@post.example");
    assert_eq!(site.mails_to(HOUSING, "maria@post.example").len(), 2);
}

#[test]
fn that_was_not_me_ends_a_registration() {
    let site = Site::start();
    let denied = apply(&site, &PEOPLE[11], "elodie@post.example");
    let mail = site.mail(HOUSING, "elodie@post.example");
    let deny = |token: &str| site.post("/housing/confirmations/deny", &json!({ "token": token }));
    assert_eq!(deny(&mail.token()).expect(200)["state"], "closed");
    assert_eq!(look(&site, &denied)["state"], "closed");
    type_code(&site, &denied, &mail.code()).refused(409, "not_in_this_state");
    resend(&site, &denied).refused(409, "not_in_this_state");
    assert_eq!(confirm(&site, &mail.token()).expect(200)["state"], "closed", "a repeated token tells where the registration stands");
    site.post("/housing/sessions", &json!({ "login": "elodie@post.example", "password": PASSWORD })).refused(401, "sign_in_failed");

    // By the page's second button; and the number is as free as before.
    let handle = apply(&site, &PEOPLE[11], "elodie@post.example");
    let mail = site.mail(HOUSING, "elodie@post.example");
    let page = site.http().get(&mail.path(site.base_url())).send();
    assert!(page.text().contains("value=\"deny\""), "{page}");
    let pressed = site.http().press("/housing/confirm", &[("token", &hidden(page.text(), "token")), ("decision", "deny")]);
    assert_eq!(pressed.status, 200, "{pressed}");
    assert_eq!(look(&site, &handle)["state"], "closed");
    site.register(HOUSING, &PEOPLE[11], "elodie@post.example");
}

// --- What is taken ---

#[test]
fn an_address_that_has_an_account_is_answered_like_any_other() {
    let mut site = Site::start();
    let (owner, stranger) = (&PEOPLE[12], &PEOPLE[14]);
    site.register(HOUSING, owner, "ismet@post.example");
    let free = site.post("/housing/registrations", &form(stranger, "birgit@post.example"));
    let taken = site.post("/housing/registrations", &form(stranger, "ISMET@post.example"));
    // Times differ, and so may their digits; nothing else does.
    let shape = |answer: &Answer| -> Vec<(String, usize)> {
        let body = answer.expect(202);
        let width = |name: &str, value: &Value| if name.ends_with("_at") { 0 } else { value.to_string().len() };
        body.as_object().unwrap().iter().map(|(name, value)| (name.clone(), width(name, value))).collect()
    };
    assert_eq!(shape(&taken), shape(&free));
    let headers = |answer: &Answer| -> Vec<String> { answer.headers.iter().map(|(name, _)| name.clone()).collect() };
    assert_eq!(headers(&taken), headers(&free));

    let told = site.mail(HOUSING, "ismet@post.example");
    assert_eq!((told.find_code(), told.find_link()), (None, None), "the owner is told, and nothing can be confirmed");
    assert!(told.text.contains(&format!("{}/housing/password/forgot", site.base_url())), "{}", told.text);
    let handle = taken.json()["registration"].as_str().unwrap().to_owned();
    let seen = look(&site, &handle);
    let other = look(&site, free.json()["registration"].as_str().unwrap());
    assert_eq!((&seen["state"], &seen["attempts_left"]), (&other["state"], &other["attempts_left"]));
    assert_eq!(type_code(&site, &handle, "2345-6789").refused(422, "code_wrong")["attempts_left"], 4);

    // A mistyped address of somebody else: corrected, it is an ordinary registration.
    site.advance(MINUTE);
    let corrected =
        site.http().call("PUT", &format!("/api/v1/housing/registrations/{handle}/email")).json(&json!({ "email": "birgit2@post.example" }));
    corrected.send().expect(202);
    let code = site.mail(HOUSING, "birgit2@post.example").code();
    assert_eq!(type_code(&site, &handle, &code).expect(200)["state"], "active");
    let token = site.sign_in(HOUSING, "ismet@post.example", PASSWORD);
    assert_eq!(site.signed(&token, "GET", "/housing/session", &Value::Null).expect(200)["memberships"][0]["record"], owner.number());
}

#[test]
fn a_number_that_has_an_account_is_told_only_after_the_proof() {
    let site = Site::start();
    let jana = &PEOPLE[0];
    // Both begin while the number is free.
    let late = apply(&site, jana, "late@post.example");
    let late_mail = site.mail(HOUSING, "late@post.example");
    site.register(HOUSING, jana, "early@post.example");
    type_code(&site, &late, &late_mail.code()).refused(409, "record_taken");
    assert_eq!(site.mail(HOUSING, "early@post.example").find_link(), None, "the owner is told");
    for answer in [type_code(&site, &late, &late_mail.code()), confirm(&site, &late_mail.token())] {
        assert_eq!(answer.expect(200)["state"], "closed");
    }
    assert_eq!(look(&site, &late)["state"], "closed");
    // And one that begins afterwards, by the link.
    let third = apply(&site, jana, "third@post.example");
    let third_mail = site.mail(HOUSING, "third@post.example");
    confirm(&site, &third_mail.token()).refused(409, "record_taken");
    assert_eq!(confirm(&site, &third_mail.token()).expect(200)["state"], "closed");
    assert_eq!(look(&site, &third)["state"], "closed");
    assert_eq!(site.mail(HOUSING, "early@post.example").find_link(), None);
    for email in ["late@post.example", "third@post.example"] {
        site.post("/housing/sessions", &json!({ "login": email, "password": PASSWORD })).refused(401, "sign_in_failed");
    }
    site.sign_in(HOUSING, "early@post.example", PASSWORD);
}

// --- The account ---

#[test]
fn a_failed_sign_in_says_nothing_about_what_was_wrong() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[2], "ayse@post.example");
    let sign_in = |login: &str, password: &str| site.post("/housing/sessions", &json!({ "login": login, "password": password }));
    let wrong = sign_in("ayse@post.example", NEW_PASSWORD);
    wrong.refused(401, "sign_in_failed");
    for (login, password) in [("nobody@post.example", PASSWORD), ("no address", PASSWORD), ("ayse@post.example", "")] {
        assert_eq!(alike(&sign_in(login, password)), alike(&wrong), "{login:?}");
    }
    sign_in(" Ayse@Post.example ", PASSWORD).expect(201);
    sign_in("ayse@post.example", &PASSWORD.to_lowercase()).refused(401, "sign_in_failed");
}

#[test]
fn a_forgotten_password_is_set_anew_by_the_page() {
    let mut site = Site::start();
    let email = "zoe@post.example";
    site.register(HOUSING, &PEOPLE[1], email);
    let token = site.sign_in(HOUSING, email, PASSWORD);
    let forget = |site: &Site, login: &str| site.post("/housing/password-resets", &json!({ "login": login })).expect(202);
    forget(&site, "nobody@post.example");
    forget(&site, email);
    let first = site.mail(HOUSING, email);
    forget(&site, email);
    let mail = site.mail(HOUSING, email);
    let old = site.http().get(&first.path(site.base_url())).send();
    assert_eq!(old.status, 410, "a newer link voids the older: {old}");

    let path = mail.path(site.base_url());
    assert!(path.starts_with("/housing/password/reset?t="), "{path}");
    for _ in 0..2 {
        let page = site.http().get(&path).send();
        assert_eq!(page.status, 200, "{page}");
        assert!(page.text().contains("autocomplete=\"new-password\"") && page.text().contains(email), "{page}");
    }
    site.signed(&token, "GET", "/housing/session", &Value::Null).expect(200);
    let page = site.http().get(&path).send();
    let set =
        |site: &Site, new: &str| site.http().press("/housing/password/reset", &[("token", &hidden(page.text(), "token")), ("new", new)]);
    for bad in ["", "kurz", "q1w2e3r4t5y6", "zoe@post.example"] {
        let refused = set(&site, bad);
        assert_eq!(refused.status, 422, "{bad:?}: {refused}");
        assert!(refused.text().contains("id=\"errors\""), "{refused}");
        assert!(bad.is_empty() || !refused.text().contains(&format!("value=\"{bad}\" type=\"password\"")));
    }
    let twice = [("token", hidden(page.text(), "token")), ("new", NEW_PASSWORD.to_owned()), ("repeat", format!("{NEW_PASSWORD}!"))];
    let twice = twice.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(site.http().press("/housing/password/reset", &twice).status, 422, "a program that sends it twice sends the same");
    let done = set(&site, NEW_PASSWORD);
    assert!(done.status == 303 && done.header("location").is_some_and(|to| to.contains("/housing/login")), "{done}");
    assert_eq!(set(&site, NEW_PASSWORD).status, 410);
    assert_eq!(site.http().get(&path).send().status, 410);
    assert_eq!(site.mail(HOUSING, email).find_link(), None, "the change is told");
    assert_eq!(site.signed(&token, "GET", "/housing/session", &Value::Null).status, 401);
    site.post("/housing/sessions", &json!({ "login": email, "password": PASSWORD })).refused(401, "sign_in_failed");
    site.sign_in(HOUSING, email, NEW_PASSWORD);

    // A link is good for an hour.
    forget(&site, email);
    let late = site.mail(HOUSING, email).token();
    site.advance(MINUTE * 60);
    site.post("/housing/password-resets/confirm", &json!({ "token": late, "new": PASSWORD })).refused(410, "token_expired");
    site.flush_mails(HOUSING, &PEOPLE[2], "ayse@post.example");
    assert!(site.mails_to(HOUSING, "nobody@post.example").is_empty());
}

#[test]
fn an_address_is_changed_by_the_page_behind_its_link() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[1], "zoe@post.example");
    site.register(HOUSING, &PEOPLE[2], "ayse@post.example");
    let token = site.sign_in(HOUSING, "zoe@post.example", PASSWORD);
    let ask = |email: &str| site.signed(&token, "PUT", "/housing/account/email", &json!({ "email": email, "password": PASSWORD }));
    // One's own: answered alike, and nobody is told.
    ask("ZOE@post.example").expect(202);
    // Somebody's: answered alike, and only the owner is told.
    ask("ayse@post.example").expect(202);
    let told = site.mail(HOUSING, "ayse@post.example");
    assert_eq!((told.find_code(), told.find_link()), (None, None));

    ask("zoe.neu@post.example").expect(202);
    let lost = site.mail(HOUSING, "zoe.neu@post.example");
    ask("zoe.neu2@post.example").expect(202);
    let mail = site.mail(HOUSING, "zoe.neu2@post.example");
    assert_eq!(site.http().get(&lost.path(site.base_url())).send().status, 410);
    let path = mail.path(site.base_url());
    assert!(path.starts_with("/housing/account/email/confirm?t="), "{path}");
    let page = site.http().get(&path).send();
    assert!(page.status == 200 && page.text().contains("zoe.neu2@post.example"), "{page}");
    assert_eq!(site.signed(&token, "GET", "/housing/account", &Value::Null).expect(200)["email"], "zoe@post.example");
    let pressed = site.http().press("/housing/account/email/confirm", &[("token", &hidden(page.text(), "token"))]);
    assert_eq!(pressed.status, 200, "{pressed}");
    assert_eq!(site.signed(&token, "GET", "/housing/account", &Value::Null).expect(200)["email"], "zoe.neu2@post.example");
    site.sign_in(HOUSING, "zoe.neu2@post.example", PASSWORD);
    site.restart();
    site.sign_in(HOUSING, "zoe.neu2@post.example", PASSWORD);
    // The old address was told of three requests and one change, and is free again.
    for _ in 0..4 {
        assert_eq!(site.mail(HOUSING, "zoe@post.example").find_link(), None);
    }
    site.register(HOUSING, &PEOPLE[3], "zoe@post.example");
}

// --- Repeats, crashes, neighbours ---

#[test]
fn a_repeated_call_with_its_key_is_answered_with_the_first_reply() {
    let mut site = Site::start();
    let key = "9f2c8d1e7b6a4053a1b2c3d4e5f60718";
    let apply =
        |site: &Site, body: &Value| site.http().post("/api/v1/housing/registrations").header("Idempotency-Key", key).json(body).send();
    let first = apply(&site, &form(&PEOPLE[1], "zoe@post.example")).expect(202);
    assert_eq!(apply(&site, &form(&PEOPLE[1], "zoe@post.example")).expect(202), first);
    site.crash();
    assert_eq!(apply(&site, &form(&PEOPLE[1], "zoe@post.example")).expect(202), first, "the reply outlives the process");
    apply(&site, &form(&PEOPLE[1], "zoe2@post.example")).refused(422, "idempotency_mismatch");
    let handle = first["registration"].as_str().unwrap();
    let mail = site.mail(HOUSING, "zoe@post.example");
    let type_code = |code: &str, key: &str| {
        let call = site.http().post(&format!("/api/v1/housing/registrations/{handle}/confirm")).header("Idempotency-Key", key);
        call.json(&json!({ "code": code })).send()
    };
    for _ in 0..3 {
        let wrong = type_code(&other_than(&mail.code()), "11111111111111111111111111111111");
        assert_eq!(wrong.refused(422, "code_wrong")["attempts_left"], 4, "a repeat is no second try");
    }
    assert_eq!(type_code(&mail.code(), "22222222222222222222222222222222").expect(200)["state"], "active");
    assert_eq!(site.mails_to(HOUSING, "zoe@post.example").len(), 1);
}

#[test]
fn a_mail_that_is_outstanding_when_the_server_is_killed_arrives_after_the_restart() {
    let mut site = Site::start();
    // A file where the portal's folder should be: the mail cannot be handed over.
    let folder = site.folder().join("mail").join(HOUSING);
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    fs::write(&folder, "in the way").unwrap();
    let handle = apply(&site, &PEOPLE[1], "zoe@post.example");
    assert_eq!(look(&site, &handle)["mail"], "queued");
    site.kill();
    fs::remove_file(&folder).unwrap();
    site.crash();
    let code = within(Duration::from_secs(35), "the mail", || site.mails_to(HOUSING, "zoe@post.example").pop()).code();
    within(PATIENCE, "the server to know that it is sent", || (look(&site, &handle)["mail"] == "sent").then_some(()));
    assert_eq!(type_code(&site, &handle, &code).expect(200)["state"], "active");
}

#[test]
fn a_server_killed_right_after_its_answer_still_sends_each_mail_once() {
    let mut site = Site::start();
    for (person, email) in
        PEOPLE.iter().zip(["a@post.example", "b@post.example", "c@post.example", "d@post.example", "e@post.example", "f@post.example"])
    {
        let handle = apply(&site, person, email);
        site.crash();
        let mail = site.mail(HOUSING, email);
        within(PATIENCE, "the server to know that it is sent", || (look(&site, &handle)["mail"] == "sent").then_some(()));
        assert_eq!(type_code(&site, &handle, &mail.code()).expect(200)["state"], "active");
        assert_eq!(site.mails_to(HOUSING, email).len(), 1);
    }
}

#[test]
fn what_belongs_to_one_portal_means_nothing_in_its_neighbour() {
    let site = Site::start();
    let zoe = &PEOPLE[1];
    let handle = apply(&site, zoe, "zoe@post.example");
    let mail = site.mail(HOUSING, "zoe@post.example");
    site.get(&format!("/{TWIN}/registrations/{handle}")).refused(404, "not_found");
    site.post(&format!("/{TWIN}/registrations/{handle}/confirm"), &json!({ "code": mail.code() })).refused(404, "not_found");
    site.post(&format!("/{TWIN}/confirmations"), &json!({ "token": mail.token() })).refused(404, "token_unknown");
    assert_eq!(site.http().get(&format!("/{TWIN}/confirm?t={}", mail.token())).send().status, 404);
    assert_eq!(type_code(&site, &handle, &mail.code()).expect(200)["state"], "active");

    let token = site.sign_in(HOUSING, "zoe@post.example", PASSWORD);
    assert_eq!(site.signed(&token, "GET", &format!("/{TWIN}/session"), &Value::Null).status, 401);
    site.post(&format!("/{TWIN}/sessions"), &json!({ "login": "zoe@post.example", "password": PASSWORD })).refused(401, "sign_in_failed");
    // The same person with the same address and number is somebody new there.
    site.register(TWIN, zoe, "zoe@post.example");
    site.sign_in(TWIN, "zoe@post.example", PASSWORD);
    assert_eq!((site.mails(HOUSING).len(), site.mails(TWIN).len()), (1, 1));
}

// --- The master data ---

#[test]
fn a_record_closed_by_an_import_ends_the_access_to_it() {
    let site = Site::start();
    let zoe = &PEOPLE[1];
    site.register(HOUSING, zoe, "zoe@post.example");
    let token = site.sign_in(HOUSING, "zoe@post.example", PASSWORD);
    assert_eq!(site.signed(&token, "GET", "/housing/session", &Value::Null).expect(200)["access"], "member");
    let file = site.folder().join("moved.csv");
    let all = fs::read_to_string(site.folder().join("people.csv")).unwrap();
    let row = all.lines().find(|line| line.starts_with(&zoe.number())).unwrap();
    fs::write(&file, format!("{}\n{}\n", all.lines().next().unwrap(), row.replace(";open", ";closed"))).unwrap();
    let output = site.import(HOUSING, &file);
    assert!(String::from_utf8_lossy(&output.stdout).contains("0 added, 1 updated, 0 unchanged"), "{output:?}");
    let seen = site.signed(&token, "GET", "/housing/session", &Value::Null).expect(200);
    assert_eq!(seen["access"], "basic", "{seen}");
    site.post("/housing/claims", &json!({ "number": zoe.number(), "last_name": zoe.last_name })).refused(422, "claim_mismatch");
}
