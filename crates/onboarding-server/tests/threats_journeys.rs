//! Attacks on approval, provisioning and PINs: an invitation turned to another address, a login that is somebody else's, a guess at every
//! door, sessions that should be dead, people who wait and act as if they were in, crowds that come at once. Rows 3, 11, 14, 30, 40, 51 and 67
//! of the threat model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{DOORS, PAGES, mangled};
use serde_json::{Value, json};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};
use support::{Answer, PASSWORD, Setup, Site, within};

const CHAMBER: &str = "chamber";
const CUSTOMER: &str = "customer";
const PARTNER: &str = "partner";
const WRONG_PIN: &str = "2222 2222 2222";
const OWN: &str = "Zaun#7-am-Bach";
const RECORDS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0001842,Malerei Köster,Sabine,Köster,Malweg 1,65189,Wiesbaden,DE,first@post.example,de,open\n\
    0001843,Schreinerei Weiß,Johannes,Weiß,Holzweg 3,65195,Wiesbaden,DE,second@post.example,de,open\n";

fn site(portal: &'static str) -> Site {
    let mut site = Site::prepared(&Setup { portals: vec![portal], twin: false, trusted_proxies: vec!["127.0.0.1"], ..Setup::default() });
    let file = site.folder().join("records.csv");
    fs::write(&file, RECORDS).unwrap();
    site.import(portal, &file);
    site.restart();
    site
}

fn consent(document: &str, version: &str) -> Value {
    json!({ "document": document, "version": version, "granted": true })
}

/// An account of the chamber's portal; the mailed password.
fn craftsman(site: &Site, email: &str) -> String {
    let body = json!({
        "first_name": "Nora", "last_name": "Beispiel", "email": email, "birth_date": "1984-05-17", "consents": [consent("privacy", "2026-09")],
    });
    site.post("/chamber/registrations", &body).expect(202);
    let link = site.mail(CHAMBER, email).token();
    site.post("/chamber/confirmations", &json!({ "token": link })).expect(200);
    site.mail(CHAMBER, email).password()
}

fn redeem(site: &Site, token: &str, number: &str, pin: &str) -> Answer {
    site.signed(token, "POST", "/chamber/account/memberships", &json!({ "number": number, "pin": pin }))
}

/// A notice's PIN for a number, from the command.
fn notice(site: &Site, number: &str) -> String {
    let (numbers, out) = (site.folder().join("numbers.txt"), site.folder().join(format!("pins-{number}.csv")));
    fs::write(&numbers, format!("{number}\n")).unwrap();
    site.run(&["pins", "issue", CHAMBER, "--numbers", numbers.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let file = fs::read_to_string(&out).unwrap();
    file.lines().nth(1).unwrap().split(',').nth_back(1).unwrap().trim_matches('"').to_owned()
}

/// A super admin of the first record: the bearer token.
fn chief(site: &Site) -> String {
    site.run(&["super-admin", PARTNER, "0001842", "chefin@praxis.example"]);
    let body = json!({
        "token": site.mail(PARTNER, "chefin@praxis.example").token(), "password": PASSWORD, "first_name": "Ada", "last_name": "Chefin",
        "consents": [consent("privacy", "3.0"), consent("terms", "3.1")],
    });
    site.post("/partner/completions", &body).expect(200);
    site.sign_in(PARTNER, "chefin@praxis.example", PASSWORD)
}

/// Somebody whose request waits for its approval.
fn waiting(site: &Site, email: &str) -> String {
    let body = json!({
        "claim": { "number": "0001842", "postal_code": "65189" }, "email": email, "first_name": "Robin", "last_name": "Reeder",
        "consents": [consent("privacy", "3.0")],
    });
    let handle = site.post("/partner/registrations", &body).expect(202)["registration"].as_str().unwrap().to_owned();
    let token = site.mail(PARTNER, email).token();
    assert_eq!(site.post("/partner/confirmations", &json!({ "token": token })).expect(200)["state"], "awaiting_approval");
    handle
}

/// Every secret at every door of another purpose, and at the pages.
fn knocks(site: &Site, portal: &str, purpose: &str, secret: &str) {
    for (takes, present, status, code) in DOORS.iter().filter(|(takes, ..)| *takes != purpose) {
        let answer = present(site, portal, secret);
        assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "a {purpose} at a door for a {takes}: {answer}");
    }
    for (_, page) in PAGES.iter().filter(|(takes, _)| *takes != purpose) {
        assert_eq!(site.http().get(&format!("/{portal}/{page}?t={secret}")).send().status, 404, "a {purpose} at {page}");
    }
}

/// Row 3, what an invitation and an approval hand out.
#[test]
fn a_token_of_an_invitation_or_an_approval_is_unknown_at_every_other_door() {
    let site = site(PARTNER);
    let chief = chief(&site);
    waiting(&site, "robin@praxis.example");
    let request = site.signed(&chief, "GET", "/partner/team", &Value::Null).expect(200)["requests"][0].clone();
    let approve = format!("/partner/team/requests/{}/approve", request["id"].as_str().unwrap());
    site.signed(&chief, "POST", &approve, &json!({ "version": request["version"] })).expect(200);
    let set_up = site.mail(PARTNER, "robin@praxis.example").token();
    site.run(&["super-admin", PARTNER, "0001843", "kim@praxis.example"]);
    let invitation = site.mail(PARTNER, "kim@praxis.example").token();
    for token in [&set_up, &invitation] {
        knocks(&site, PARTNER, "completion", token);
        for mangled in mangled(token) {
            site.post("/partner/completions", &json!({ "token": mangled, "password": PASSWORD })).refused(404, "token_unknown");
        }
    }
    let both = [consent("privacy", "3.0"), consent("terms", "3.1")];
    let whole = json!({ "token": invitation, "password": PASSWORD, "first_name": "Kim", "last_name": "Muster", "consents": both });
    assert_eq!(site.post("/partner/completions", &whole).expect(200)["state"], "active");
    let whole = json!({ "token": set_up, "password": PASSWORD, "consents": [consent("terms", "3.1")] });
    assert_eq!(site.post("/partner/completions", &whole).expect(200)["state"], "active");
}

/// Row 3, a letter's PIN: it opens nothing but its business, and nothing else opens that.
#[test]
fn a_pin_is_unknown_at_every_other_door_and_no_other_secret_is_a_pin() {
    let site = site(CHAMBER);
    let password = craftsman(&site, "nora@workshop.example");
    let session = site.sign_in(CHAMBER, "nora@workshop.example", &password);
    let pin = notice(&site, "0001842");
    knocks(&site, CHAMBER, "pin", &pin.replace(' ', ""));
    site.post("/chamber/password-resets", &json!({ "login": "nora@workshop.example" })).expect(202);
    let reset = site.mail(CHAMBER, "nora@workshop.example").token();
    for secret in [&reset, &password, &session] {
        let refused = redeem(&site, &session, "0001842", secret);
        assert_eq!(refused.status, 422, "{refused}");
    }
    redeem(&site, &session, "0001842", &pin).expect(200);
}

/// Row 11.
#[test]
fn an_invitation_stays_with_the_address_it_was_mailed_to() {
    let site = site(PARTNER);
    let chief = chief(&site);
    let body = json!({ "record": "0001842", "email": "victim@praxis.example", "role": "member" });
    site.signed(&chief, "POST", "/partner/team/invitations", &body).expect(202);
    let token = site.mail(PARTNER, "victim@praxis.example").token();
    let whole = json!({
        "token": token, "password": PASSWORD, "first_name": "Kim", "last_name": "Muster",
        "consents": [consent("privacy", "3.0"), consent("terms", "3.1")],
    });
    for (field, wish) in [
        ("email", json!("attacker@elsewhere.example")),
        ("role", json!("super_admin")),
        ("record", json!("0001843")),
        ("account", json!("x")),
    ] {
        let mut wishful = whole.clone();
        wishful[field] = wish;
        let refused = site.post("/partner/completions", &wishful).refused(422, "validation_failed");
        assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!(field), &json!("unknown_field")));
    }
    assert_eq!(site.post("/partner/completions", &whole).expect(200)["state"], "active");
    let token = site.sign_in(PARTNER, "victim@praxis.example", PASSWORD);
    let seen = site.signed(&token, "GET", "/partner/session", &Value::Null).expect(200);
    assert_eq!((&seen["account"]["email"], &seen["memberships"][0]["role"]), (&json!("victim@praxis.example"), &json!("member")));
    site.post("/partner/sessions", &json!({ "login": "attacker@elsewhere.example", "password": PASSWORD })).refused(401, "sign_in_failed");
}

/// Row 14.
#[test]
fn nobodys_login_is_another_ones_number_or_address() {
    let site = site(CUSTOMER);
    site.run(&["provision", CUSTOMER, "0001842", "0001843"]);
    let [first, second] = ["first@post.example", "second@post.example"].map(|mailbox| {
        assert_eq!(site.mail(CUSTOMER, mailbox).find_link(), None);
        site.mail(CUSTOMER, mailbox).password()
    });
    let sign_in = |login: &str, password: &str| site.post("/customer/sessions", &json!({ "login": login, "password": password }));
    for (login, password) in [
        ("0001842", &second),
        ("0001843", &first),
        ("first@post.example", &first),
        ("1842", &first),
        ("0001842 0001843", &first),
        ("0001842\u{0}", &first),
    ] {
        let refused = sign_in(login, password);
        assert!(refused.status == 401 && refused.code() == "sign_in_failed", "{login}: {refused}");
    }
    let restricted = sign_in("0001842", &first).expect(201)["token"].as_str().unwrap().to_owned();
    site.signed(&restricted, "PUT", "/customer/account/password", &json!({ "current": first, "new": OWN })).expect(204);
    let token = site.sign_in(CUSTOMER, "0001842", OWN);
    // An address that reads like a number is no address; one that is somebody else's changes no login.
    let change = |email: &str| site.signed(&token, "PUT", "/customer/account/email", &json!({ "email": email, "password": OWN }));
    change("0001843").refused(422, "validation_failed");
    change("second@post.example").expect(202);
    let link = site.mail(CUSTOMER, "second@post.example").token();
    site.post("/customer/account/email/confirm", &json!({ "token": link })).expect(204);
    sign_in("second@post.example", OWN).refused(401, "sign_in_failed");
    sign_in("0001843", OWN).refused(401, "sign_in_failed");
    assert_eq!(sign_in("0001843", &second).expect(201)["must_change_password"], json!(true));
}

/// Row 30, the PIN's door: five guesses, whatever network they come from, whatever spelling the number has.
#[test]
fn five_guesses_at_a_pin_are_all_there_are_from_every_network_and_in_every_spelling() {
    let site = site(CHAMBER);
    let password = craftsman(&site, "nora@workshop.example");
    let pin = notice(&site, "0001842");
    let sessions: Vec<String> = (0..6).map(|_| site.sign_in(CHAMBER, "nora@workshop.example", &password)).collect();
    let spellings = ["0001842", "000-1842", " 000 1842 ", "０００１８４２", "0001842", "0001842"];
    for (n, (session, number)) in sessions.iter().zip(spellings).enumerate() {
        let guess = site.http().post("/api/v1/chamber/account/memberships").bearer(session).from(&format!("198.51.{n}.7"));
        let answer = guess.json(&json!({ "number": number, "pin": WRONG_PIN })).send();
        if n < 5 {
            assert_eq!(answer.refused(422, "pin_mismatch")["attempts_left"], json!(4 - n));
        } else {
            answer.refused(410, "pin_used_up");
        }
    }
    redeem(&site, &sessions[0], "0001842", &pin).refused(410, "pin_used_up");
    // The tries are the account's: another one redeems what was guessed at.
    let other = craftsman(&site, "jo@workshop.example");
    let other = site.sign_in(CHAMBER, "jo@workshop.example", &other);
    redeem(&site, &other, "0001842", &pin).expect(200);
}

/// Row 30, the clerks' door: the same limit as at everybody's.
#[test]
fn guesses_at_a_clerks_password_are_slowed_down_like_everybody_elses() {
    let site = site(CHAMBER);
    site.clerk(CHAMBER, "amt@office.example");
    let door = |path: &str, login: &str| -> Vec<u16> {
        let guess = || site.post(path, &json!({ "login": login, "password": "geraten und geraten" })).status;
        (0..8).map(|_| guess()).collect()
    };
    let clerks = door("/chamber/staff/sessions", "amt@office.example");
    assert_eq!(clerks[..5], [401; 5], "{clerks:?}");
    assert!(clerks[5..].contains(&429), "{clerks:?}");
    assert_eq!(clerks, door("/chamber/staff/sessions", "nobody@office.example"), "known and unknown are one");
    assert_eq!(clerks, door("/chamber/sessions", "nobody@workshop.example"), "the clerks' door is no wider");
}

/// Row 40: linking, suspending and resetting end what is in flight and everything later.
#[test]
fn a_session_answers_nothing_once_it_was_ended_elsewhere() {
    let site = site(CHAMBER);
    let email = "nora@workshop.example";
    let password = craftsman(&site, email);
    let clerk = site.clerk(CHAMBER, "amt@office.example");
    let mut pins = [notice(&site, "0001842"), notice(&site, "0001843")].into_iter().zip(["0001842", "0001843"]);
    let mut password = password;
    for ending in ["link", "suspend", "reset", "link"] {
        let [acting, watched] = [(); 2].map(|()| site.sign_in(CHAMBER, email, &password));
        let look = |token: &str| site.signed(token, "GET", "/chamber/session", &Value::Null).status;
        let ended = thread::scope(|scope| {
            // Somebody goes on asking while the session is ended; each answer is noted with the time at which it was asked for.
            let looking = scope.spawn(|| {
                let mut seen = Vec::new();
                while seen.last().is_none_or(|(_, status)| *status == 200) {
                    let asked = Instant::now();
                    seen.push((asked, look(&watched)));
                    assert!(seen.len() < 20_000, "it was never ended");
                }
                seen
            });
            thread::sleep(Duration::from_millis(30));
            match ending {
                "link" => {
                    let (pin, number) = pins.next().unwrap();
                    redeem(&site, &acting, number, &pin).expect(200);
                }
                "suspend" => {
                    let listed = site.signed(&clerk, "GET", "/chamber/staff/accounts?q=nora", &Value::Null).expect(200);
                    let path = format!("/chamber/staff/accounts/{}", listed["accounts"][0]["id"].as_str().unwrap());
                    site.signed(&clerk, "PATCH", &path, &json!({ "suspended": true })).expect(200);
                }
                _ => {
                    site.post("/chamber/password-resets", &json!({ "login": email })).expect(202);
                    let token = within(support::PATIENCE, "the reset's mail", || {
                        site.mails_to(CHAMBER, email).iter().rev().find_map(|mail| {
                            mail.find_link()
                                .filter(|link| link.contains("/password/reset"))
                                .map(|link| link.split_once("?t=").unwrap().1.to_owned())
                        })
                    });
                    password = PASSWORD.to_owned();
                    site.post("/chamber/password-resets/confirm", &json!({ "token": token, "new": PASSWORD })).expect(200);
                }
            }
            let ended = Instant::now();
            let seen = looking.join().unwrap();
            assert!(seen.iter().all(|(asked, status)| *status == 401 || *asked <= ended), "{ending}: an ended session was answered");
            ended
        });
        assert!(ended.elapsed() < Duration::from_secs(5));
        for token in [&acting, &watched] {
            site.signed(token, "GET", "/chamber/session", &Value::Null).refused(401, "sign_in_required");
            site.signed(token, "POST", "/chamber/account/pin-letters", &json!({ "number": "0001843" })).refused(401, "sign_in_required");
            assert_eq!(site.http().get("/auth/chamber").bearer(token).send().status, 401);
        }
        if ending == "suspend" {
            let sign_in = json!({ "login": email, "password": password });
            site.post("/chamber/sessions", &sign_in).refused(403, "account_suspended");
            let listed = site.signed(&clerk, "GET", "/chamber/staff/accounts?q=nora", &Value::Null).expect(200);
            let path = format!("/chamber/staff/accounts/{}", listed["accounts"][0]["id"].as_str().unwrap());
            site.signed(&clerk, "PATCH", &path, &json!({ "suspended": false })).expect(200);
        }
    }
}

/// Row 51.
#[test]
fn whoever_waits_for_an_approval_is_nobody_at_every_door() {
    let site = site(PARTNER);
    let email = "robin@praxis.example";
    let handle = waiting(&site, email);
    let before = site.mails_to(PARTNER, email).len();
    site.post("/partner/sessions", &json!({ "login": email, "password": PASSWORD })).refused(401, "sign_in_failed");
    site.post("/partner/password-resets", &json!({ "login": email })).expect(202);
    site.post(&format!("/partner/registrations/{handle}/resend"), &json!({})).refused(409, "not_in_this_state");
    let put =
        site.http().call("PUT", &format!("/api/v1/partner/registrations/{handle}/email")).json(&json!({ "email": "x@praxis.example" }));
    put.send().refused(409, "not_in_this_state");
    for call in ["session", "account", "team", "account/export", "staff/registrations"] {
        let asked = site.http().get(&format!("/api/v1/partner/{call}")).bearer(&handle).send();
        asked.refused(401, "sign_in_required");
    }
    let completion = json!({ "token": handle, "password": PASSWORD });
    site.post("/partner/completions", &completion).refused(404, "token_unknown");
    // What goes out after all of that is not for the one who waits.
    site.post(
        "/partner/registrations",
        &json!({
            "claim": { "number": "0001842", "postal_code": "65189" }, "email": "other@praxis.example", "first_name": "O", "last_name": "P",
            "consents": [consent("privacy", "3.0")],
        }),
    )
    .expect(202);
    site.mail(PARTNER, "other@praxis.example");
    assert_eq!(site.mails_to(PARTNER, email).len(), before, "nothing was mailed");
}

/// Row 67, in one process: one letter, one redemption, one decision.
#[test]
fn a_crowd_that_comes_at_once_gets_one_letter_and_one_membership() {
    let site = site(CHAMBER);
    let password = craftsman(&site, "nora@workshop.example");
    let token = site.sign_in(CHAMBER, "nora@workshop.example", &password);
    let crowd = |call: &(dyn Fn() -> u16 + Sync)| -> Vec<u16> {
        thread::scope(|scope| {
            let all: Vec<_> = (0..12).map(|_| scope.spawn(call)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        })
    };
    let ask = || site.signed(&token, "POST", "/chamber/account/pin-letters", &json!({ "number": "0001842" })).status;
    let asked = crowd(&ask);
    assert_eq!(asked.iter().filter(|status| **status == 202).count(), 1, "{asked:?}");
    assert!(asked.iter().all(|status| matches!(status, 202 | 429 | 503)), "{asked:?}");
    let letters = || -> usize {
        let folder = site.folder().join("letters").join(CHAMBER);
        fs::read_dir(folder)
            .map_or(0, |files| files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "pdf")).count())
    };
    within(support::PATIENCE, "the letter", || (letters() > 0).then_some(()));
    let pin = notice(&site, "0001843");
    let other = craftsman(&site, "jo@workshop.example");
    let others: Vec<String> = (0..2).map(|_| site.sign_in(CHAMBER, "jo@workshop.example", &other)).collect();
    let redeemed = crowd(&|| redeem(&site, &token, "0001843", &pin).status);
    assert_eq!(redeemed.iter().filter(|status| **status == 200).count(), 1, "{redeemed:?}");
    assert!(redeemed.iter().all(|status| matches!(status, 200 | 401 | 409 | 503)), "{redeemed:?}");
    // The notice was good once, and for nobody else.
    assert_eq!(redeem(&site, &others[0], "0001843", &pin).status, 422);
    assert_eq!(letters(), 1);
}
