//! The journey of a customer whose account the company opens, walked as outside programs walk it: public calls, the commands and the `.eml`
//! files, with records made here.
//!
//! Every test has an installation of its own. What attackers try is tested elsewhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::process::Output;
use std::time::Duration;
use support::{Answer, Mail, PATIENCE, Setup, Site, within};

const CUSTOMER: &str = "customer";
const CLERK: &str = "amt@energy.example";
/// Just what the policy asks for: eight characters of every kind.
const OWN: &str = "Zaun#7ab";
const NEWER: &str = "Bach#8cd";
const DAY: Duration = Duration::from_hours(24);

/// Customers with other numbers in every run: zeros before them, blanks and dashes in them; two share a mailbox, one has none, one left.
struct Books {
    elin: String,
    sami: String,
    tova: String,
    mute: String,
    left: String,
}

/// The mailbox that two customers share.
const SHARED: &str = "familie@post.example";
const ELIN: &str = "elin@post.example";

fn site() -> (Site, Books) {
    let mut site = Site::prepared(&Setup { portals: vec![CUSTOMER], twin: false, ..Setup::default() });
    let seed = std::process::id() % 10_000;
    let number = |n: u32| format!("00-{seed:04} {n}7K");
    let books = Books { elin: number(1), sami: number(2), tova: number(3), mute: number(4), left: number(5) };
    let file = site.folder().join("customers.csv");
    let rows = [
        "number,name,first_name,last_name,street,postal_code,city,country,email,language,status".to_owned(),
        format!("{},,Elín,Þórsdóttir-O’Neill,Austurstræti 1,101,Reykjavík,IS,{ELIN},fr,open", books.elin),
        format!("{},,Sámi,D'Agostini,Via Nassa 2,6900,Lugano,CH,{SHARED},it,open", books.sami),
        format!("{},Tova & Söhne <AG>,,,Dorfplatz 1,3322,Schönbühl,CH,{SHARED},de,open", books.tova),
        format!("{},,Ohne,Adresse,Weg 1,8000,Zürich,CH,,de,open", books.mute),
        format!("{},,Fort,Gezogen,Weg 2,8000,Zürich,CH,fort@post.example,de,closed", books.left),
    ];
    fs::write(&file, rows.join("\n")).unwrap();
    site.import(CUSTOMER, &file);
    site.restart();
    (site, books)
}

/// The command, whatever it ends with.
fn provision(site: &Site, arguments: &[&str]) -> Output {
    site.command(&[&["provision", CUSTOMER], arguments].concat()).output().unwrap()
}

/// The command that must succeed: what it printed.
fn provisioned(site: &Site, arguments: &[&str]) -> String {
    let said = provision(site, arguments);
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).unwrap()
}

fn sign_in(site: &Site, login: &str, password: &str) -> Answer {
    site.post("/customer/sessions", &json!({ "login": login, "password": password }))
}

fn token(answer: &Answer) -> String {
    answer.expect(201)["token"].as_str().unwrap().to_owned()
}

fn change(site: &Site, token: &str, current: &str, new: &str) -> Answer {
    site.signed(token, "PUT", "/customer/account/password", &json!({ "current": current, "new": new }))
}

/// Mail 1 and mail 2, which never share a secret.
fn welcome(site: &Site, to: &str, number: &str) -> (Mail, Mail) {
    let (first, second) = (site.mail(CUSTOMER, to), site.mail(CUSTOMER, to));
    let password = second.password();
    assert!(first.text.lines().any(|line| line == number), "the number stands alone: {}", first.text);
    for (mail, secret) in [(&first, password.as_str()), (&second, number)] {
        assert!(![&mail.subject, &mail.text, &mail.html].iter().any(|part| part.contains(secret)), "{mail:#?}");
    }
    assert_eq!((first.find_link(), second.find_link()), (None, None));
    (first, second)
}

/// An account with a password of its own.
fn settled(site: &Site, to: &str, number: &str) {
    provisioned(site, &[number]);
    let (_, second) = welcome(site, to, number);
    let restricted = token(&sign_in(site, number, &second.password()));
    change(site, &restricted, &second.password(), OWN).expect(204);
}

fn forget(site: &Site, login: &str) -> Answer {
    site.post("/customer/password-resets", &json!({ "login": login }))
}

fn reset(site: &Site, token: &str, new: &str) -> Answer {
    site.post("/customer/password-resets/confirm", &json!({ "token": token, "new": new }))
}

/// The next mail with a link; what else is told on the way is passed over.
fn link(site: &Site, to: &str) -> String {
    within(PATIENCE, "a mail with a link", || site.mail(CUSTOMER, to).find_link()).split_once("?t=").unwrap().1.to_owned()
}

/// A refusal without what is different each time.
fn alike(answer: &Answer) -> (u16, Vec<String>, String) {
    let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
    let mut body = body;
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
    }
    (answer.status, answer.headers.iter().map(|(name, _)| name.clone()).collect(), body.to_string())
}

#[test]
fn a_customer_goes_from_two_mails_to_the_inner_area_past_a_server_that_is_killed_between_the_steps() {
    let (mut site, books) = site();
    let number = books.elin.as_str();
    assert!(provisioned(&site, &[number]).contains("1 provisioned, 0 had an account already"));
    site.crash();
    let (first, second) = welcome(&site, ELIN, number);
    assert_eq!((first.language.as_str(), second.language.as_str()), ("fr", "fr"));
    let initial = second.password();
    site.crash();

    let plain: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let zeros = plain.trim_start_matches('0');
    for (login, password) in [(zeros, initial.as_str()), (ELIN, &initial), (number, OWN)] {
        sign_in(&site, login, password).refused(401, "sign_in_failed");
    }
    for login in [number.to_owned(), plain.clone(), format!("  {} ", plain.to_lowercase()), number.replace(' ', "–").replace('-', " ")] {
        let opened = sign_in(&site, &login, &format!(" {}\u{a0}", initial.to_lowercase())).expect(201);
        assert_eq!(opened["must_change_password"], json!(true), "{login:?}");
    }
    let restricted = token(&sign_in(&site, number, &initial));
    let other = token(&sign_in(&site, number, &initial));
    site.crash();

    let seen = site.signed(&restricted, "GET", "/customer/session", &Value::Null).expect(200);
    assert_eq!((&seen["must_change_password"], &seen["account"]["last_name"]), (&json!(true), &json!("Þórsdóttir-O’Neill")));
    site.signed(&restricted, "PATCH", "/customer/account", &json!({ "language": "it" })).expect(200);
    for (method, path, body) in [
        ("GET", "account", Value::Null),
        ("PATCH", "account", json!({ "first_name": "Elin" })),
        ("PUT", "account/email", json!({ "email": "x@post.example", "password": initial })),
        ("GET", "account/consents", Value::Null),
        ("GET", "account/sessions", Value::Null),
        ("GET", "account/export", Value::Null),
        ("GET", "account/memberships", Value::Null),
        ("POST", "account/close", json!({ "password": initial })),
    ] {
        let refused = site.signed(&restricted, method, &format!("/customer/{path}"), &body);
        assert_eq!((refused.status, refused.code().as_str()), (403, "password_change_required"), "{method} {path}: {refused}");
    }
    assert_eq!(site.http().get("/auth/customer").bearer(&restricted).send().status, 401);

    for (new, code, told) in [
        ("Za#7", "too_short", "8"),
        ("zaun#7ab", "criteria", "Großbuchstabe"),
        ("ZAUN#7AB", "criteria", "Kleinbuchstabe"),
        ("Zaun#abc", "criteria", "Ziffer"),
        ("Zaun77ab", "criteria", "Sonderzeichen"),
    ] {
        let refused = site.http().call("PUT", "/api/v1/customer/account/password").bearer(&restricted).header("Accept-Language", "de");
        let refused = refused.json(&json!({ "current": initial, "new": new })).send().refused(422, "validation_failed");
        let errors = refused["errors"].as_array().unwrap();
        assert_eq!((errors.len(), &errors[0]["field"], &errors[0]["code"]), (1, &json!("new"), &json!(code)), "{new}: {refused}");
        assert!(errors[0]["message"].as_str().unwrap().contains(told), "{new}: {refused}");
    }
    change(&site, &restricted, OWN, OWN).refused(422, "wrong_password");
    assert_eq!(change(&site, &restricted, &initial, &initial).status, 422, "the initial password is no password of one's own");
    site.crash();
    let changed = change(&site, &restricted, &initial, OWN);
    changed.expect(204);
    assert_eq!(changed.header("x-session-token"), None, "one signs in again");
    site.crash();
    for dead in [&restricted, &other] {
        site.signed(dead, "GET", "/customer/session", &Value::Null).refused(401, "sign_in_required");
    }
    for password in [initial.as_str(), &OWN.to_lowercase(), &format!(" {OWN}")] {
        sign_in(&site, number, password).refused(401, "sign_in_failed");
    }
    let opened = sign_in(&site, &plain.to_lowercase(), OWN).expect(201);
    assert_eq!((&opened["must_change_password"], &opened["access"]), (&json!(false), &json!("member")));
    let member = opened["token"].as_str().unwrap().to_owned();
    site.crash();
    let admitted = site.http().get("/auth/customer").bearer(&member).send();
    assert_eq!((admitted.status, admitted.header("x-access")), (204, Some("member")));
    let told = admitted.header("x-memberships").unwrap();
    assert_eq!(told.replace("%20", " "), number);
    let seen = site.signed(&member, "GET", "/customer/session", &Value::Null).expect(200);
    assert_eq!((&seen["memberships"][0]["record"], &seen["account"]["language"]), (&json!(number), &json!("it")));
    assert!(provisioned(&site, &[&plain]).contains("0 provisioned, 1 had an account already"));
    // Of the mails no secret is left in a log.
    assert!(!site.log().contains(&initial) && !site.log().contains(OWN) && !site.log().contains(ELIN));
}

#[test]
fn a_list_is_looked_at_as_a_whole_before_the_first_account_opens() {
    let (site, books) = site();
    let list = site.folder().join("list.txt");
    let list = list.to_str().unwrap();
    fs::write(list, format!("{}\n{}\n99-0000 1\n{}\nx\u{1}y\n", books.elin, books.mute, books.left)).unwrap();
    let refused = provision(&site, &["--numbers", list]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    for (number, reason) in [
        (books.mute.as_str(), "no e-mail address"),
        ("99-0000 1", "not in the books"),
        (&books.left, "not in the books"),
        ("", "is no number"),
    ] {
        assert!(said.lines().any(|line| line.contains(number) && line.contains(reason)), "{number:?} {reason}: {said}");
    }
    assert!(!said.contains(&books.elin), "{said}");

    // Nothing was opened: the same number is opened now, by the list without its faults, and again only skipped.
    fs::write(list, format!("\u{feff}# new\n{}\n\n{}\n{}\n", books.elin, books.sami, books.tova)).unwrap();
    assert!(provisioned(&site, &["--numbers", list]).contains("3 provisioned, 0 had an account already"));
    welcome(&site, ELIN, &books.elin);
    assert!(provisioned(&site, &["--numbers", list]).contains("0 provisioned, 3 had an account already"));
    assert_eq!(provision(&site, &[]).status.code(), Some(2));
    assert_eq!(provision(&site, &[&books.elin, "--numbers", list]).status.code(), Some(2));

    // Two customers behind one mailbox: two accounts, each with its own number, password and reset.
    let mails: Vec<_> = (0..4).map(|_| site.mail(CUSTOMER, SHARED)).collect();
    let has = |mail: &Mail, text: &str| mail.text.lines().any(|line| line == text);
    assert!([&books.sami, &books.tova].iter().all(|number| mails.iter().filter(|mail| has(mail, number)).count() == 1), "{mails:#?}");
    let passwords: Vec<_> = mails
        .iter()
        .filter(|mail| ![&books.sami, &books.tova].iter().any(|number| has(mail, number)))
        .map(|mail| (mail.password(), mail))
        .collect();
    assert_eq!(passwords.len(), 2);
    for number in [&books.sami, &books.tova] {
        let fits: Vec<_> = passwords.iter().filter(|(password, _)| sign_in(&site, number, password).status == 201).collect();
        assert_eq!(fits.len(), 1);
        assert_eq!(fits[0].1.language, if *number == books.sami { "it" } else { "de" });
    }
    forget(&site, &books.sami).expect(202);
    let signed_in = reset(&site, &link(&site, SHARED), OWN).expect(200)["token"].as_str().unwrap().to_owned();
    let seen = site.signed(&signed_in, "GET", "/customer/session", &Value::Null).expect(200);
    assert_eq!(seen["memberships"][0]["record"], json!(books.sami));
    sign_in(&site, &books.tova, OWN).refused(401, "sign_in_failed");
}

#[test]
fn mail_2_waits_for_mail_1() {
    let (mut site, books) = site();
    // A file where the portal's folder should be: no mail can be handed over.
    let folder = site.folder().join("mail").join(CUSTOMER);
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    fs::write(&folder, "in the way").unwrap();
    provisioned(&site, &[&books.elin]);
    site.crash();
    fs::remove_file(&folder).unwrap();
    site.crash();
    let (first, second) = welcome(&site, ELIN, &books.elin);
    assert!(first.file < second.file);
    let written = |mail: &Mail| fs::metadata(&mail.file).unwrap().modified().unwrap();
    assert!(written(&first) <= written(&second));
    let order: Vec<_> = site.mails_to(CUSTOMER, ELIN).into_iter().map(|mail| mail.message_id).collect();
    assert_eq!(order, [first.message_id, second.message_id], "in the folder, too, mail 1 stands before mail 2");
}

#[test]
fn a_clerk_opens_an_account_by_a_call_once() {
    let (mut site, books) = site();
    let clerk = site.clerk(CUSTOMER, CLERK);
    let call = |site: &Site, number: &str, key: Option<&str>| {
        let path = format!("/api/v1/customer/staff/records/{}/provision", number.replace(' ', "%20"));
        let call = site.http().post(&path).bearer(&clerk);
        if let Some(key) = key { call.header("Idempotency-Key", key) } else { call }.send()
    };
    let key = "7d2b9c41e0f84a56b3c1d2e4f5a60718";
    let first = call(&site, &books.elin, Some(key)).expect(202);
    assert_eq!(call(&site, &books.elin, Some(key)).expect(202), first);
    site.crash();
    assert_eq!(call(&site, &books.elin, Some(key)).expect(202), first, "the reply outlives the process");
    call(&site, &books.elin, None).refused(409, "already_provisioned");
    call(&site, &books.elin.replace(['-', ' '], "").to_lowercase(), None).refused(409, "already_provisioned");
    assert_eq!(call(&site, &books.mute, None).refused(422, "validation_failed")["errors"][0]["code"], "no_email");
    call(&site, "99-0000", None).refused(404, "not_found");
    call(&site, &books.left, None).refused(404, "not_found");
    welcome(&site, ELIN, &books.elin);
    let account = format!("/customer/staff/accounts/{}", first["account"].as_str().unwrap());
    let seen = site.signed(&clerk, "GET", &account, &Value::Null).expect(200);
    assert_eq!((&seen["credential"], &seen["email"]), (&json!("initial"), &json!(ELIN)));
    assert_eq!(site.mails_to(CUSTOMER, ELIN).len(), 2);
    let strange = site.post(&format!("/customer/staff/records/{}/provision", books.sami.replace(' ', "%20")), &Value::Null);
    strange.refused(401, "sign_in_required");
    site.post("/customer/registrations", &json!({ "email": "new@post.example", "consents": [] })).refused(403, "registration_closed");
}

#[test]
fn an_initial_password_is_good_for_fourteen_days_and_issued_again_by_a_clerk() {
    let (mut site, books) = site();
    provisioned(&site, &[&books.elin]);
    let (_, second) = welcome(&site, ELIN, &books.elin);
    let old = second.password();
    site.advance(DAY * 13 + Duration::from_mins(23 * 60 + 55));
    let early = token(&sign_in(&site, &books.elin, &old));
    site.advance(Duration::from_mins(6));
    sign_in(&site, &books.elin, &old).refused(403, "initial_password_expired");
    sign_in(&site, &books.elin, NEWER).refused(401, "sign_in_failed");

    let clerk = site.clerk(CUSTOMER, CLERK);
    let q = books.elin.replace(' ', "%20");
    let found = site.signed(&clerk, "GET", &format!("/customer/staff/accounts?q={q}"), &Value::Null).expect(200);
    let id = found["accounts"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
    let issue = format!("/customer/staff/accounts/{id}/initial-password");
    site.signed(&clerk, "POST", &issue, &Value::Null).expect(202);
    site.crash();
    let mail = site.mail(CUSTOMER, ELIN);
    assert!(!mail.text.contains(&books.elin), "{}", mail.text);
    site.signed(&early, "GET", "/customer/session", &Value::Null).refused(401, "sign_in_required");
    sign_in(&site, &books.elin, &old).refused(401, "sign_in_failed");
    let restricted = token(&sign_in(&site, &books.elin, &mail.password()));
    change(&site, &restricted, &mail.password(), OWN).expect(204);
    let member = token(&sign_in(&site, &books.elin, OWN));

    let account = format!("/customer/staff/accounts/{id}");
    assert_eq!(site.signed(&clerk, "PATCH", &account, &json!({ "suspended": true })).expect(200)["state"], "suspended");
    site.signed(&member, "GET", "/customer/session", &Value::Null).refused(401, "sign_in_required");
    sign_in(&site, &books.elin, OWN).refused(403, "account_suspended");
    sign_in(&site, &books.elin, NEWER).refused(401, "sign_in_failed");
    site.signed(&clerk, "POST", &issue, &Value::Null).refused(409, "not_in_this_state");
    let before = site.mails_to(CUSTOMER, ELIN).len();
    forget(&site, &books.elin).expect(202);
    settled(&site, SHARED, &books.sami);
    let told: Vec<_> = site.mails_to(CUSTOMER, ELIN).split_off(before);
    assert!(told.iter().all(|mail| mail.find_link().is_none()), "{told:#?}");
    assert_eq!(site.signed(&clerk, "PATCH", &account, &json!({ "suspended": false })).expect(200)["state"], "active");
    token(&sign_in(&site, &books.elin, OWN));
}

#[test]
fn a_forgotten_password_is_set_by_the_number_and_signs_in_at_once() {
    let (mut site, books) = site();
    settled(&site, ELIN, &books.elin);
    let sessions = [(); 2].map(|()| token(&sign_in(&site, &books.elin, OWN)));
    let known = forget(&site, &books.elin);
    known.expect(202);
    for login in ["00-9999 9", &books.sami, &books.left, ELIN, "no number at all"] {
        assert_eq!(alike(&forget(&site, login)), alike(&known), "{login}");
    }
    let old = link(&site, ELIN);
    site.crash();
    forget(&site, &books.elin.replace(['-', ' '], "").to_lowercase()).expect(202);
    let newest = link(&site, ELIN);
    reset(&site, &old, NEWER).refused(410, "token_superseded");
    reset(&site, "x", NEWER).refused(404, "token_unknown");
    assert_eq!(reset(&site, &newest, "kurz").refused(422, "validation_failed")["errors"][0]["field"], "new");
    site.signed(&sessions[0], "GET", "/customer/session", &Value::Null).expect(200);
    let done = reset(&site, &newest, NEWER).expect(200);
    assert_eq!((&done["access"], &done["must_change_password"]), (&json!("member"), &json!(false)));
    let member = done["token"].as_str().unwrap().to_owned();
    site.crash();
    reset(&site, &newest, OWN).refused(410, "token_used");
    site.signed(&member, "GET", "/customer/account", &Value::Null).expect(200);
    for dead in &sessions {
        site.signed(dead, "GET", "/customer/session", &Value::Null).refused(401, "sign_in_required");
    }
    sign_in(&site, &books.elin, OWN).refused(401, "sign_in_failed");
    forget(&site, &books.elin).expect(202);
    let late = link(&site, ELIN);
    site.advance(Duration::from_mins(61));
    reset(&site, &late, OWN).refused(410, "token_expired");
    token(&sign_in(&site, &books.elin, NEWER));

    // Also before the first password was chosen: the link stands for the initial password, which is dead then.
    provisioned(&site, &[&books.sami]);
    let (_, second) = welcome(&site, SHARED, &books.sami);
    forget(&site, &books.sami).expect(202);
    let opened = reset(&site, &link(&site, SHARED), OWN).expect(200);
    assert_eq!((&opened["must_change_password"], &opened["access"]), (&json!(false), &json!("member")));
    sign_in(&site, &books.sami, &second.password()).refused(401, "sign_in_failed");
}
