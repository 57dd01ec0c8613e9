//! Attacks on where mail goes and where its links lead: lists and controls in an address, twins of an address, forged hosts. Rows 15, 17 and
//! 18 of the threat model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{ATTACKER, DAY, NEW, VICTIM, linked_mail, quiet, recipients, reset_token, try_sign_in};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{Call, HOUSING, PASSWORD, PEOPLE, Site, form};

/// Two addresses where one is expected, in every way that some parser takes for one.
const LISTS: [&str; 18] = [
    "victim@y.example,attacker@x.example",
    "victim@y.example, attacker@x.example",
    "victim@y.example;attacker@x.example",
    "victim@y.example attacker@x.example",
    "attacker@x.example,victim@y.example",
    "victim@y.example\r\nBcc: attacker@x.example",
    "victim@y.example\nBcc: attacker@x.example",
    "victim@y.example\u{0}attacker@x.example",
    "victim@y.example%0d%0aBcc:attacker@x.example",
    "victim@y.example\u{2028}attacker@x.example",
    "victim@y.example\tattacker@x.example",
    "<victim@y.example>attacker@x.example",
    "\"victim@y.example\" <attacker@x.example>",
    "\"victim@y.example\"@x.example",
    "attacker@x.example(victim@y.example)",
    "victim@y.example@x.example",
    "victim@y.example\u{200b},attacker@x.example",
    "victim@[127.0.0.1]",
];

/// Row 15.
#[test]
fn a_list_or_a_control_in_the_login_of_a_reset_mails_nobody() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], ATTACKER);
    let before = recipients(&site);
    for login in LISTS {
        // Answered like any login that nobody has.
        site.post("/housing/password-resets", &json!({ "login": login })).expect(202);
        assert_eq!(site.http().press("/housing/password/forgot", &[("login", login)]).status, 303, "{login:?}");
        assert_eq!(site.http().press("/housing/password/forgot", &[("login", VICTIM), ("login", login)]).status, 422, "{login:?}");
    }
    quiet(&site);
    assert_eq!(recipients(&site), before);
}

/// Row 15.
#[test]
fn a_list_or_a_control_in_an_address_is_refused_at_every_door_that_takes_one() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let handle = scene::handle(&site.post("/housing/registrations", &form(&PEOPLE[1], "mine@x.example")));
    site.mail(HOUSING, "mine@x.example");
    let before = recipients(&site);

    for address in LISTS {
        let faulty = |problem: Value| {
            assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!("email"), &json!("format")), "{address:?}");
        };
        faulty(site.post("/housing/registrations", &form(&PEOPLE[2], address)).refused(422, "validation_failed"));
        let correct =
            site.http().call("PUT", &format!("/api/v1/housing/registrations/{handle}/email")).json(&json!({ "email": address })).send();
        faulty(correct.refused(422, "validation_failed"));
        let change = site.signed(&session, "PUT", "/housing/account/email", &json!({ "email": address, "password": PASSWORD }));
        faulty(change.refused(422, "validation_failed"));
    }
    quiet(&site);
    assert_eq!(recipients(&site), before);
}

/// Row 15.
#[test]
fn an_array_an_object_or_a_key_twice_in_place_of_an_address_is_refused() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], ATTACKER);
    let before = recipients(&site);
    let values = [
        format!(r#"["{VICTIM}","{ATTACKER}"]"#),
        format!(r#"["{VICTIM}"]"#),
        format!(r#"{{"0":"{VICTIM}","1":"{ATTACKER}"}}"#),
        format!(r#"{{"address":"{VICTIM}"}}"#),
        "null".to_owned(),
        "true".to_owned(),
        "0".to_owned(),
        format!(r#""{VICTIM}","KEY":"{ATTACKER}""#),
        format!(r#""{ATTACKER}","KEY":"{VICTIM}""#),
        format!(r#""{VICTIM}","\u00KEYCODE":"{ATTACKER}""#),
        format!(r#""{VICTIM}","KEY[]":"{ATTACKER}""#),
        format!(r#""{VICTIM}","cc":"{ATTACKER}""#),
    ];
    for value in values {
        for (path, key, rest) in [
            ("/housing/password-resets", "login", String::new()),
            ("/housing/sessions", "login", format!(r#","password":"{PASSWORD}""#)),
            ("/housing/registrations", "email", String::new()),
        ] {
            // The first letter of the key, written as an escape: another spelling of the same key.
            let escaped = format!("{:02x}{}", key.as_bytes()[0], &key[1..]);
            let value = value.replace("KEYCODE", &escaped).replace("KEY", key);
            let body = format!(r#"{{"{key}":{value}{rest}}}"#);
            let answer = site.http().post(&format!("/api/v1{path}")).body("application/json", body.as_bytes()).send();
            answer.refused(422, "validation_failed");
        }
    }
    // Other notations than JSON are not read at all.
    for (kind, body) in [
        ("application/x-www-form-urlencoded", format!("login={VICTIM}&login={ATTACKER}")),
        ("text/plain", format!(r#"{{"login":"{VICTIM}"}}"#)),
        ("application/xml", format!("<login>{VICTIM}</login>")),
        ("multipart/form-data; boundary=b", format!("--b\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\n{VICTIM}\r\n--b--\r\n")),
        ("application/json; charset=utf-16", format!(r#"{{"login":"{VICTIM}"}}"#)),
        ("application/json, text/plain", format!(r#"{{"login":"{VICTIM}"}}"#)),
    ] {
        let answer = site.http().post("/api/v1/housing/password-resets").body(kind, body.as_bytes()).send();
        answer.refused(415, "unsupported_media_type");
    }
    quiet(&site);
    assert_eq!(recipients(&site), before);
}

/// The victim's address and what some comparison takes for it.
const STORED: &str = "Mike.Strasse@xn--bcher-kva.example";
const TWINS: [&str; 10] = [
    "mike.strasse@bücher.example",
    "MIKE.STRASSE@BÜCHER.EXAMPLE",
    "mike.strasse@bu\u{308}cher.example",
    "mike.strasse@XN--BCHER-KVA.example",
    "m\u{131}ke.strasse@bücher.example",
    "M\u{130}KE.strasse@bücher.example",
    "mike.\u{17f}trasse@bücher.example",
    "mi\u{212a}e.strasse@bücher.example",
    "\u{ff4d}ike.strasse@bücher.example",
    "mike.strasse@b\u{fc}cher\u{3002}example",
];

/// Row 17.
#[test]
fn a_twin_of_the_victims_address_at_reset_mails_the_stored_address_alone() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], STORED);
    for twin in TWINS {
        site.post("/housing/password-resets", &json!({ "login": twin })).expect(202);
        let mail = linked_mail(&site, HOUSING, STORED);
        assert!(mail.raw.contains(STORED) && !mail.raw.contains(twin), "{twin}: {}", mail.raw);
        // Past the share of a day.
        site.advance(DAY / 4);
    }
    quiet(&site);
    assert_eq!(recipients(&site).into_keys().collect::<Vec<_>>(), [STORED]);
}

/// Row 17.
#[test]
fn a_registration_with_a_twin_of_the_victims_address_opens_no_second_account_and_mails_the_stored_address_alone() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], STORED);
    for twin in TWINS {
        let mut application = form(&PEOPLE[1], twin);
        application["password"] = json!(NEW);
        site.post("/housing/registrations", &application).expect(202);
        let mail = site.mail(HOUSING, STORED);
        assert_eq!((mail.find_code(), mail.find_link()), (None, None), "{twin}: {}", mail.text);
        try_sign_in(&site, HOUSING, twin, NEW).refused(401, "sign_in_failed");
        site.advance(DAY / 4);
    }
    quiet(&site);
    assert_eq!(recipients(&site), BTreeMap::from([(STORED.to_owned(), 1 + TWINS.len())]));
    // Every spelling is the one account.
    for twin in TWINS {
        site.sign_in(HOUSING, twin, PASSWORD);
    }
}

/// Row 17.
#[test]
fn an_address_change_to_a_twin_of_the_victims_address_reaches_the_victim_alone_and_takes_nothing() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], STORED);
    site.register(HOUSING, &PEOPLE[1], ATTACKER);
    let session = site.sign_in(HOUSING, ATTACKER, PASSWORD);
    for twin in TWINS {
        site.signed(&session, "PUT", "/housing/account/email", &json!({ "email": twin, "password": PASSWORD })).expect(202);
        let mail = site.mail(HOUSING, STORED);
        assert_eq!((mail.find_code(), mail.find_link()), (None, None), "{twin}: {}", mail.text);
        site.advance(DAY / 4);
    }
    quiet(&site);
    assert_eq!(recipients(&site).into_keys().collect::<Vec<_>>(), [STORED, ATTACKER]);
}

/// Row 17.
#[test]
fn a_look_alike_that_is_another_address_gets_nothing_of_the_victims() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], "mike@paypal.example");
    let before = recipients(&site);
    // Cyrillic letters, a final dot, a subdomain, a plus, another local part under one of its names.
    for other in [
        "mike@p\u{430}ypal.example",
        "m\u{456}ke@paypal.example",
        "mike@paypal.example.x.example",
        "mike+1@paypal.example",
        "mike@sub.paypal.example",
    ] {
        site.post("/housing/password-resets", &json!({ "login": other })).expect(202);
        try_sign_in(&site, HOUSING, other, PASSWORD).refused(401, "sign_in_failed");
    }
    quiet(&site);
    assert_eq!(recipients(&site), before);
}

/// Forged names of this server, in every header that some framework believes.
fn forged(call: Call) -> Vec<Call> {
    let headers = [
        ("Host", "evil.example"),
        ("Host", "portal.example@evil.example"),
        ("Host", "portal.example:80@evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Server", "evil.example"),
        ("X-Forwarded-Proto", "evil.example"),
        ("X-Forwarded-Port", "evil.example"),
        ("X-Forwarded-Prefix", "//evil.example"),
        ("X-Forwarded-For", "evil.example"),
        ("X-Original-Host", "evil.example"),
        ("X-Original-URL", "//evil.example/"),
        ("X-Rewrite-URL", "//evil.example/"),
        ("X-Host", "evil.example"),
        ("X-HTTP-Host-Override", "evil.example"),
        ("Forwarded", "host=evil.example;proto=http;for=evil.example"),
        ("Origin", "https://evil.example"),
        ("Referer", "https://evil.example/"),
        ("Content-Location", "https://evil.example/"),
    ];
    headers.into_iter().map(|(name, value)| call.clone().header(name, value)).collect()
}

/// Row 18.
#[test]
fn a_forged_host_in_a_reset_does_not_reach_the_mailed_link() {
    for trusted in [vec![], vec!["127.0.0.1"]] {
        let mut site = Site::with(&support::Setup { trusted_proxies: trusted, ..support::Setup::default() });
        site.register(HOUSING, &PEOPLE[0], VICTIM);
        let plain = site.http().post("/api/v1/housing/password-resets").json(&json!({ "login": VICTIM }));
        let absolute = ["http://evil.example", "https://evil.example", "http://portal.example@evil.example"]
            .map(|origin| site.http().post(&format!("{origin}/api/v1/housing/password-resets")).json(&json!({ "login": VICTIM })));
        for call in forged(plain).into_iter().chain(absolute) {
            let answer = call.send();
            answer.expect(202);
            assert!(!answer.to_string().contains("evil"), "{answer}");
            let mail = linked_mail(&site, HOUSING, VICTIM);
            assert!(!mail.raw.contains("evil"), "{}", mail.raw);
            mail.path("https://portal.example");
            site.advance(DAY / 4);
        }
    }
}

/// Row 18.
#[test]
fn a_forged_host_in_a_registration_does_not_reach_the_mailed_link() {
    let site = Site::start();
    let person = |at: usize| format!("person-{at}@y.example");
    let plain = site.http().post("/api/v1/housing/registrations");
    for (at, call) in forged(plain).into_iter().enumerate() {
        let answer = call.json(&form(&PEOPLE[0], &person(at))).send();
        answer.expect(202);
        assert!(!answer.to_string().contains("evil"), "{answer}");
        let mail = site.mail(HOUSING, &person(at));
        assert!(!mail.raw.contains("evil"), "{}", mail.raw);
        mail.path("https://portal.example");
    }
}

/// Row 18.
#[test]
fn a_forged_host_is_on_no_page_and_in_no_header_of_an_answer() {
    let site = Site::start();
    let pending = scene::apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], "other@y.example");
    let reset = reset_token(&site, HOUSING, "other@y.example");
    for target in [
        format!("/housing/confirm?t={}", pending.token),
        format!("/housing/password/reset?t={reset}"),
        "/housing/confirm?t=unknown".to_owned(),
        "/housing/nothing".to_owned(),
        "/api/docs".to_owned(),
        "/api/openapi.json".to_owned(),
        "/api/v1/portals".to_owned(),
        "/api/v1/housing/documents".to_owned(),
        "/api/v1/housing/session".to_owned(),
    ] {
        for call in forged(site.http().get(&target)) {
            let answer = call.send();
            assert!(!answer.to_string().contains("evil"), "{target}: {answer}");
        }
        let answer = site.http().get(&format!("http://evil.example{target}")).send();
        assert!(!answer.to_string().contains("evil"), "{target}: {answer}");
    }
}
