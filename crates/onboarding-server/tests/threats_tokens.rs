//! Attacks on tokens, codes, handles and sessions: used for another purpose, at another portal, for another person, after their time, or
//! before their owner. Rows 1, 3, 4, 5, 7, 9 and 12 of the threat model, and what follows from them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{
    ATTACKER, DAY, DOORS, MINUTE, NEW, PAGES, VICTIM, WRONG, apply, email_token, handle, linked_mail, mangled, quiet, recipients,
    reset_token, state, try_sign_in, type_code,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{HOUSING, PASSWORD, PEOPLE, Site, TWIN, form};

/// What an answer or a mail can hand out, each alive, each of another person.
struct Secrets {
    handle: String,
    code: String,
    confirmation: String,
    reset: String,
    new_email: String,
    session: String,
    claim: String,
    staff_setup: String,
    staff_session: String,
}

const RESET_OWNER: &str = "reset@y.example";
const CHANGING: &str = "changing@y.example";
const CHANGED: &str = "changed@y.example";

impl Secrets {
    fn alive(site: &Site) -> Self {
        let pending = apply(site, HOUSING, &PEOPLE[0], VICTIM);
        site.register(HOUSING, &PEOPLE[1], RESET_OWNER);
        site.register(HOUSING, &PEOPLE[2], CHANGING);
        let session = site.sign_in(HOUSING, CHANGING, PASSWORD);
        let claim = json!({ "number": PEOPLE[3].number(), "last_name": PEOPLE[3].last_name });
        let claim = site.post("/housing/claims", &claim).expect(200)["claim"].as_str().unwrap().to_owned();
        Self {
            handle: pending.handle,
            code: pending.code,
            confirmation: pending.token,
            reset: reset_token(site, HOUSING, RESET_OWNER),
            new_email: email_token(site, HOUSING, &session, CHANGED),
            session,
            claim,
            staff_setup: staff_token(site, "new@office.example"),
            staff_session: {
                let token = staff_token(site, "clerk@office.example");
                let set_up = json!({ "token": token, "password": PASSWORD });
                site.post("/housing/staff/setup", &set_up).expect(201)["token"].as_str().unwrap().to_owned()
            },
        }
    }

    fn named(&self) -> [(&'static str, &str); 9] {
        [
            ("handle", &self.handle),
            ("code", &self.code),
            ("confirmation", &self.confirmation),
            ("reset", &self.reset),
            ("new_email", &self.new_email),
            ("session", &self.session),
            ("claim", &self.claim),
            ("staff_setup", &self.staff_setup),
            ("staff_session", &self.staff_session),
        ]
    }

    /// Each secret at its own door: none of them was used up or killed.
    fn all_work(&self, site: &Site) {
        assert_eq!(state(site, HOUSING, &self.handle), "awaiting_email");
        site.signed(&self.session, "GET", "/housing/session", &Value::Null).expect(200);
        let mut application = form(&PEOPLE[3], "claimed@y.example");
        application["claim"] = json!({ "token": self.claim });
        site.post("/housing/registrations", &application).expect(202);
        site.post("/housing/confirmations", &json!({ "token": self.confirmation })).expect(200);
        site.post("/housing/account/email/confirm", &json!({ "token": self.new_email })).expect(204);
        site.post("/housing/password-resets/confirm", &json!({ "token": self.reset, "new": NEW })).expect(200);
        site.signed(&self.staff_session, "GET", "/housing/staff/session", &Value::Null).expect(200);
        site.post("/housing/staff/setup", &json!({ "token": self.staff_setup, "password": PASSWORD })).expect(201);
    }
}

/// Names a clerk; the token is the last line that is printed.
fn staff_token(site: &Site, email: &str) -> String {
    let printed = String::from_utf8(site.run(&["staff", "add", HOUSING, email]).stdout).unwrap();
    printed.lines().last().unwrap().to_owned()
}

/// Row 3.
#[test]
fn a_secret_of_every_purpose_at_every_door_of_another_purpose_is_unknown() {
    let site = Site::start();
    let secrets = Secrets::alive(&site);
    quiet(&site);
    let before = recipients(&site);

    for (purpose, secret) in secrets.named() {
        for (takes, present, status, code) in DOORS.iter().filter(|(takes, ..)| *takes != purpose) {
            let answer = present(&site, HOUSING, secret);
            assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "a {purpose} at a door for a {takes}: {answer}");
        }
        for (_, page) in PAGES.iter().filter(|(takes, _)| *takes != purpose) {
            let target = format!("/housing/{page}");
            assert_eq!(site.http().get(&format!("{target}?t={secret}")).send().status, 404, "a {purpose} at {page}");
            for decision in ["confirm", "deny"] {
                let fields = [("token", secret), ("decision", decision), ("new", NEW)];
                assert_eq!(site.http().press(&target, &fields).status, 404, "a {purpose} at {page} to {decision}");
            }
        }
        // Answered alike for everything, and nothing follows but from an expired link of its own.
        site.post("/housing/links/renew", &json!({ "token": secret })).expect(202);
    }

    quiet(&site);
    assert_eq!(recipients(&site), before);
    secrets.all_work(&site);
}

/// Row 4.
#[test]
fn a_secret_of_one_portal_means_nothing_in_its_neighbour() {
    let site = Site::start();
    let secrets = Secrets::alive(&site);
    quiet(&site);
    let before = site.mails(TWIN).len();

    for (purpose, secret) in secrets.named() {
        for (takes, present, status, code) in DOORS {
            let answer = present(&site, TWIN, secret);
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "a {purpose} at a door for a {takes}: {answer}");
        }
        for (_, page) in PAGES {
            assert_eq!(site.http().get(&format!("/{TWIN}/{page}?t={secret}")).send().status, 404);
            assert_eq!(
                site.http().press(&format!("/{TWIN}/{page}"), &[("token", secret), ("decision", "confirm"), ("new", NEW)]).status,
                404
            );
        }
        site.post(&format!("/{TWIN}/links/renew"), &json!({ "token": secret })).expect(202);
    }
    // The same address and password open nothing next door either.
    try_sign_in(&site, TWIN, RESET_OWNER, PASSWORD).refused(401, "sign_in_failed");

    quiet(&site);
    // Two rounds of two mails of its own.
    assert_eq!(site.mails(TWIN).len(), before + 2);
    secrets.all_work(&site);
}

#[test]
fn a_token_in_another_case_cut_off_or_dressed_up_is_unknown() {
    let site = Site::start();
    let secrets = Secrets::alive(&site);
    for (takes, present, status, code) in DOORS {
        // Nobody of this portal completes anything; `threats_journeys` does the same with such tokens.
        let Some((_, secret)) = secrets.named().into_iter().find(|(purpose, _)| *purpose == takes) else {
            assert_eq!(takes, "completion");
            continue;
        };
        for mangled in mangled(secret) {
            let answer = present(&site, HOUSING, &mangled);
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{takes}: {mangled}: {answer}");
        }
    }
    secrets.all_work(&site);
}

/// Row 1.
#[test]
fn a_registration_for_ones_own_address_that_is_changed_to_the_victims_is_not_confirmed_by_the_first_mail() {
    let mut site = Site::start();
    let own = apply(&site, HOUSING, &PEOPLE[0], ATTACKER);
    site.advance(MINUTE);
    let target = format!("/api/v1/housing/registrations/{}/email", own.handle);
    site.http().call("PUT", &target).json(&json!({ "email": VICTIM })).send().expect(202);

    site.post("/housing/confirmations", &json!({ "token": own.token })).refused(410, "token_superseded");
    site.post("/housing/confirmations/deny", &json!({ "token": own.token })).refused(410, "token_superseded");
    assert_eq!(site.http().press("/housing/confirm", &[("token", &own.token), ("decision", "confirm")]).status, 410);
    type_code(&site, HOUSING, &own.handle, &own.code).refused(422, "code_wrong");

    assert_eq!(state(&site, HOUSING, &own.handle), "awaiting_email");
    try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(401, "sign_in_failed");
    // The victim's own mailbox is what confirms it.
    let token = linked_mail(&site, HOUSING, VICTIM).token();
    site.post("/housing/confirmations", &json!({ "token": token })).expect(200);
}

/// Row 1.
#[test]
fn an_address_change_that_is_asked_for_again_with_the_victims_address_is_not_confirmed_by_the_first_mail() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], ATTACKER);
    let session = site.sign_in(HOUSING, ATTACKER, PASSWORD);
    let first = email_token(&site, HOUSING, &session, "attacker-2@x.example");
    let second = email_token(&site, HOUSING, &session, VICTIM);

    site.post("/housing/account/email/confirm", &json!({ "token": first })).refused(410, "token_superseded");
    assert_eq!(site.http().press("/housing/account/email/confirm", &[("token", &first)]).status, 410);

    let account = site.signed(&session, "GET", "/housing/account", &Value::Null).expect(200);
    assert_eq!((&account["email"], &account["pending_email"]), (&json!(ATTACKER), &json!(VICTIM)));
    assert_ne!(first, second);
}

/// Row 5.
#[test]
fn an_own_token_with_the_victims_id_beside_it_is_refused_and_does_nothing() {
    let site = Site::start();
    let own = apply(&site, HOUSING, &PEOPLE[0], ATTACKER);
    let theirs = apply(&site, HOUSING, &PEOPLE[1], VICTIM);
    site.register(HOUSING, &PEOPLE[2], "owner@y.example");
    let session = site.sign_in(HOUSING, "owner@y.example", PASSWORD);
    let id = site.signed(&session, "GET", "/housing/account", &Value::Null).expect(200)["id"].clone();
    site.register(HOUSING, &PEOPLE[3], "thief@x.example");
    let reset = reset_token(&site, HOUSING, "thief@x.example");

    for (key, value) in [
        ("registration", json!(theirs.handle)),
        ("handle", json!(theirs.handle)),
        ("email", json!(VICTIM)),
        ("account", id.clone()),
        ("id", id.clone()),
        ("login", json!(VICTIM)),
        ("portal", json!(TWIN)),
    ] {
        for (target, mut body) in [
            ("/housing/confirmations".to_owned(), json!({ "token": own.token })),
            ("/housing/confirmations/deny".to_owned(), json!({ "token": own.token })),
            ("/housing/links/renew".to_owned(), json!({ "token": own.token })),
            (format!("/housing/registrations/{}/confirm", own.handle), json!({ "code": own.code })),
            ("/housing/password-resets/confirm".to_owned(), json!({ "token": reset, "new": NEW })),
            ("/housing/account/email/confirm".to_owned(), json!({ "token": reset })),
        ] {
            body[key] = value.clone();
            let problem = site.post(&target, &body).refused(422, "validation_failed");
            assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!(key), &json!("unknown_field")), "{target}");
        }
    }
    assert_eq!(
        (state(&site, HOUSING, &own.handle).as_str(), state(&site, HOUSING, &theirs.handle).as_str()),
        ("awaiting_email", "awaiting_email")
    );
    site.sign_in(HOUSING, "thief@x.example", PASSWORD);
}

/// Row 5.
#[test]
fn a_code_from_ones_own_mail_does_not_open_the_victims_registration() {
    let site = Site::start();
    let own = apply(&site, HOUSING, &PEOPLE[0], ATTACKER);
    let theirs = apply(&site, HOUSING, &PEOPLE[1], VICTIM);
    type_code(&site, HOUSING, &theirs.handle, &own.code).refused(422, "code_wrong");
    assert_eq!(state(&site, HOUSING, &theirs.handle), "awaiting_email");
    type_code(&site, HOUSING, &own.handle, &own.code).expect(200);
}

#[test]
fn a_stranger_neither_sees_nor_ends_the_victims_sessions() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], ATTACKER);
    site.register(HOUSING, &PEOPLE[1], VICTIM);
    let (theirs, own) = (site.sign_in(HOUSING, VICTIM, PASSWORD), site.sign_in(HOUSING, ATTACKER, PASSWORD));
    let listed = site.signed(&theirs, "GET", "/housing/account/sessions", &Value::Null).expect(200);
    let id = listed[0]["id"].as_str().unwrap();

    let seen = site.signed(&own, "GET", "/housing/account/sessions", &Value::Null).expect(200);
    assert!(seen.as_array().unwrap().iter().all(|session| session["id"] != listed[0]["id"]));
    site.signed(&own, "DELETE", &format!("/housing/account/sessions/{id}"), &Value::Null).refused(404, "not_found");
    site.signed(&theirs, "GET", "/housing/session", &Value::Null).expect(200);
}

/// Row 7.
#[test]
fn a_reset_link_that_was_used_is_dead() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let token = reset_token(&site, HOUSING, VICTIM);
    site.post("/housing/password-resets/confirm", &json!({ "token": token, "new": NEW })).expect(200);

    reset_is_dead(&site, &token, "token_used");
    site.sign_in(HOUSING, VICTIM, NEW);
}

/// Row 7.
#[test]
fn a_reset_link_is_dead_once_a_newer_one_was_asked_for() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let (older, newer) = (reset_token(&site, HOUSING, VICTIM), reset_token(&site, HOUSING, VICTIM));

    reset_is_dead(&site, &older, "token_superseded");
    site.post("/housing/password-resets/confirm", &json!({ "token": newer, "new": NEW })).expect(200);
    reset_is_dead(&site, &older, "token_superseded");
}

/// Row 7.
#[test]
fn a_reset_link_is_dead_after_the_password_was_changed() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let token = reset_token(&site, HOUSING, VICTIM);
    site.signed(&session, "PUT", "/housing/account/password", &json!({ "current": PASSWORD, "new": NEW })).expect(204);

    reset_is_dead(&site, &token, "token_superseded");
    site.sign_in(HOUSING, VICTIM, NEW);
}

/// Row 7.
#[test]
fn a_reset_link_in_the_old_mailbox_is_dead_after_the_address_was_changed() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let reset = reset_token(&site, HOUSING, VICTIM);
    let token = email_token(&site, HOUSING, &session, "victim-2@y.example");
    site.post("/housing/account/email/confirm", &json!({ "token": token })).expect(204);

    reset_is_dead(&site, &reset, "token_superseded");
    site.sign_in(HOUSING, "victim-2@y.example", PASSWORD);
}

/// Row 7.
#[test]
fn a_reset_link_is_dead_after_an_hour_and_stays_dead() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let token = reset_token(&site, HOUSING, VICTIM);
    site.advance(60 * MINUTE);
    reset_is_dead(&site, &token, "token_expired");
    site.advance(DAY);
    reset_is_dead(&site, &token, "token_expired");
    site.sign_in(HOUSING, VICTIM, PASSWORD);
}

/// Row 7.
#[test]
fn a_reset_link_and_every_session_are_dead_after_the_account_was_closed() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let (session, other) = (site.sign_in(HOUSING, VICTIM, PASSWORD), site.sign_in(HOUSING, VICTIM, PASSWORD));
    let change = email_token(&site, HOUSING, &session, "victim-2@y.example");
    let token = reset_token(&site, HOUSING, VICTIM);
    site.signed(&session, "POST", "/housing/account/close", &json!({ "password": PASSWORD })).expect(204);

    reset_is_dead(&site, &token, "token_superseded");
    site.post("/housing/account/email/confirm", &json!({ "token": change })).refused(410, "token_superseded");
    for session in [session, other] {
        site.signed(&session, "GET", "/housing/session", &Value::Null).refused(401, "sign_in_required");
    }
    try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(401, "sign_in_failed");
    try_sign_in(&site, HOUSING, VICTIM, NEW).refused(401, "sign_in_failed");
}

/// By the API, by a look at the page and by its button.
#[track_caller]
fn reset_is_dead(site: &Site, token: &str, code: &str) {
    site.post("/housing/password-resets/confirm", &json!({ "token": token, "new": "Sieben Zwerge im Wald 9!" })).refused(410, code);
    assert_eq!(site.http().get(&format!("/housing/password/reset?t={token}")).send().status, 410);
    assert_eq!(site.http().press("/housing/password/reset", &[("token", token), ("new", "Sieben Zwerge im Wald 9!")]).status, 410);
}

/// Row 9.
#[test]
fn a_mail_scanner_that_opens_every_link_consumes_nothing() {
    let site = Site::start();
    let secrets = Secrets::alive(&site);
    quiet(&site);
    let mails = recipients(&site);
    let links = [("confirm", &secrets.confirmation), ("password/reset", &secrets.reset), ("account/email/confirm", &secrets.new_email)];
    for (page, token) in links {
        let target = format!("/housing/{page}?t={token}");
        for method in ["GET", "HEAD", "GET"] {
            let answer = site.http().call(method, &target).send();
            assert_eq!(answer.status, 200, "{method} {answer}");
            assert!(answer.header("set-cookie").is_none());
        }
        assert!(site.http().call("HEAD", &target).send().body.is_empty());
        for language in ["fr", "it", "xx"] {
            assert_eq!(site.http().get(&format!("{target}&lang={language}")).send().status, 200);
        }
        // Nothing on the page acts by itself, and nothing but its style is loaded.
        let page = site.http().get(&target).send().text().to_owned();
        for active in ["<script", "<iframe", "<object", "http-equiv", "onload", "onerror", "javascript:", "<link rel=\"prefetch"] {
            assert!(!page.contains(active), "{active} in {page}");
        }
        assert_eq!(page.matches("<link ").count(), page.matches("<link rel=\"stylesheet\" href=\"").count());
        // The portal's own logo, and no other picture.
        assert_eq!(page.matches("<img ").count(), page.replace("&#x2f;", "/").matches("<img src=\"/housing/look/").count());
        // Other methods act no more than GET does.
        for method in ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            assert_eq!(site.http().call(method, &target).send().status, 405, "{method}");
        }
        // The calls behind the buttons are not to be had by GET.
        for call in ["confirmations", "confirmations/deny", "links/renew", "password-resets/confirm", "account/email/confirm"] {
            site.get(&format!("/housing/{call}?token={token}")).refused(405, "method_not_allowed");
        }
    }

    quiet(&site);
    assert_eq!(recipients(&site), mails);
    secrets.all_work(&site);
}

/// Row 12.
#[test]
fn a_stranger_who_registered_the_victims_address_first_keeps_nothing_once_the_victim_registers() {
    let mut site = Site::start();
    let mut application = form(&PEOPLE[0], VICTIM);
    application["password"] = json!(WRONG);
    let prepared = handle(&site.post("/housing/registrations", &application));
    let strangers_mail = site.mail(HOUSING, VICTIM);

    site.register(HOUSING, &PEOPLE[1], VICTIM);
    site.advance(MINUTE);

    try_sign_in(&site, HOUSING, VICTIM, WRONG).refused(401, "sign_in_failed");
    // The stranger's handle goes on, and leads nowhere: the next mail tells the owner, and carries nothing to confirm with.
    site.post(&format!("/housing/registrations/{prepared}/resend"), &json!({})).expect(202);
    let told = site.mail(HOUSING, VICTIM);
    assert_eq!((told.find_code(), told.find_link()), (None, None), "{}", told.text);
    site.post("/housing/confirmations", &json!({ "token": strangers_mail.token() })).refused(410, "token_superseded");
    type_code(&site, HOUSING, &prepared, &strangers_mail.code()).refused(422, "code_wrong");
    assert_eq!(state(&site, HOUSING, &prepared), "awaiting_email");

    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let memberships = site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200)["memberships"].clone();
    assert_eq!((memberships.as_array().unwrap().len(), &memberships[0]["record"]), (1, &json!(PEOPLE[1].number())));
}

/// Row 12.
#[test]
fn a_link_that_a_stranger_started_confirms_nothing_after_the_victim_has_an_account() {
    let site = Site::start();
    let prepared = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], VICTIM);
    // Still alive, and pressed by mistake: the address is taken, the registration is over.
    site.post("/housing/confirmations", &json!({ "token": prepared.token })).refused(409, "email_taken");
    assert_eq!(state(&site, HOUSING, &prepared.handle), "closed");
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let memberships = site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200)["memberships"].clone();
    assert_eq!(memberships.as_array().unwrap().len(), 1);
}

/// Row 12.
#[test]
fn a_stranger_whose_registration_the_victim_confirmed_is_thrown_out_by_a_reset() {
    let site = Site::start();
    let mut application = form(&PEOPLE[0], VICTIM);
    application["password"] = json!(WRONG);
    site.post("/housing/registrations", &application).expect(202);
    let token = site.mail(HOUSING, VICTIM).token();
    site.post("/housing/confirmations", &json!({ "token": token })).expect(200);
    // The stranger is in, and lays a second way in.
    let session = site.sign_in(HOUSING, VICTIM, WRONG);
    let spare = site.sign_in(HOUSING, VICTIM, WRONG);
    site.signed(&session, "PUT", "/housing/account/email", &json!({ "email": ATTACKER, "password": WRONG })).expect(202);
    let change = linked_mail(&site, HOUSING, ATTACKER).token();

    let reset = reset_token(&site, HOUSING, VICTIM);
    site.post("/housing/password-resets/confirm", &json!({ "token": reset, "new": NEW })).expect(200);

    for token in [&session, &spare] {
        site.signed(token, "GET", "/housing/session", &Value::Null).refused(401, "sign_in_required");
    }
    try_sign_in(&site, HOUSING, VICTIM, WRONG).refused(401, "sign_in_failed");
    site.post("/housing/account/email/confirm", &json!({ "token": change })).refused(410, "token_superseded");
    assert_eq!(site.http().press("/housing/account/email/confirm", &[("token", &change)]).status, 410);
    let own = site.sign_in(HOUSING, VICTIM, NEW);
    let account = site.signed(&own, "GET", "/housing/account", &Value::Null).expect(200);
    assert_eq!((&account["email"], &account["pending_email"]), (&json!(VICTIM), &Value::Null));
}

#[test]
fn a_session_that_was_stolen_before_a_change_of_password_is_dead_after_it() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let (stolen, own) = (site.sign_in(HOUSING, VICTIM, PASSWORD), site.sign_in(HOUSING, VICTIM, PASSWORD));
    let changed = site.signed(&own, "PUT", "/housing/account/password", &json!({ "current": PASSWORD, "new": NEW }));
    changed.expect(204);
    let renewed = changed.header("x-session-token").unwrap();

    for dead in [&stolen, &own] {
        site.signed(dead, "GET", "/housing/session", &Value::Null).refused(401, "sign_in_required");
        site.signed(dead, "DELETE", "/housing/session", &Value::Null).refused(401, "sign_in_required");
    }
    site.signed(renewed, "GET", "/housing/session", &Value::Null).expect(200);
}

#[test]
fn a_session_token_in_a_cookie_the_query_or_another_scheme_signs_nobody_in() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let token = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let target = "/api/v1/housing/session";
    let http = site.http();
    let refused = BTreeSet::from([401]);
    let answers = [
        http.get(target).header("Cookie", &format!("__Host-s-housing={token}; session={token}; token={token}")).send(),
        http.get(&format!("{target}?token={token}&access_token={token}")).send(),
        http.get(target).header("Authorization", &format!("Basic {token}")).send(),
        http.get(target).header("Authorization", &format!("Token {token}")).send(),
        http.get(target).header("Authorization", &token).send(),
        http.get(target).header("Authorization", &format!("Bearer {token},{token}")).send(),
        http.get(target).header("Authorization", &format!("Bearer {token} ")).header("Authorization", &format!("Bearer {token}")).send(),
        http.get(target).header("X-Session-Token", &token).send(),
        http.get(target).header("Proxy-Authorization", &format!("Bearer {token}")).send(),
        http.get(target).header("X-Account-Id", "1").header("X-User", VICTIM).header("X-Remote-User", VICTIM).send(),
    ];
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<BTreeSet<_>>(), refused);
    http.get(target).bearer(&token).send().expect(200);
}
