//! Attacks with what is typed and how it is sent: fields that nobody asked for, text that turns into mail, markup or another request, forms
//! from foreign pages. Rows 41, 49, 53 and 54 of the threat model, and requests that two servers read differently.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{
    ATTACKER, MINUTE, NEW, VICTIM, add_portal, apply, email_token, handle, quiet, recipients, replaced, reset_token, state, try_sign_in,
    type_code,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{HOUSING, PASSWORD, PEOPLE, Setup, Site, TWIN, form};

/// What an attacker would like to be asked.
const WISHES: [(&str, &str); 16] = [
    ("role", "\"super_admin\""),
    ("roles", "[\"admin\"]"),
    ("tenant_id", "\"gartenstadt\""),
    ("portal", "\"gartenstadt\""),
    ("approved", "true"),
    ("email_verified", "true"),
    ("state", "\"active\""),
    ("access", "\"member\""),
    ("is_admin", "true"),
    ("privileged", "true"),
    ("must_change_password", "false"),
    ("memberships", "[]"),
    ("account_id", "1"),
    ("id", "1"),
    ("__proto__", "{\"role\":\"super_admin\"}"),
    ("constructor", "{\"prototype\":{}}"),
];

/// Row 49.
#[test]
fn a_field_that_nobody_asked_for_is_refused_by_every_call_that_takes_a_body() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[1], "pending@y.example");
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let printed = String::from_utf8(site.run(&["staff", "add", HOUSING, "amt@office.example"]).stdout).unwrap();
    let set_up = json!({ "token": printed.lines().last().unwrap(), "password": PASSWORD });
    let clerk = site.post("/housing/staff/setup", &set_up).expect(201)["token"].as_str().unwrap().to_owned();
    let document = site.http().get("/api/openapi.json").send().expect(200);

    let mut calls = 0;
    for (pattern, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let target = pattern
                .replace("{portal}", HOUSING)
                .replace("{handle}", &pending.handle)
                .replace("{document}", "terms")
                .replace("{number}", "N-1")
                .replace("{id}", "00000000-0000-7000-8000-000000000000");
            // A file is no JSON: it is refused for what it is.
            if matches!(method.as_str(), "parameters" | "get" | "head") || pattern.ends_with("/import") {
                continue;
            }
            calls += 1;
            // A super admin's calls speak of others' roles; whoever is none is turned away before the body is read.
            let of_team = pattern.contains("/team/");
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let shape = schema["$ref"].as_str().map_or(schema, |path| document.pointer(path.strip_prefix('#').unwrap()).unwrap());
            for (wish, value) in WISHES {
                assert!(
                    shape["properties"][wish].is_null()
                        || !matches!(wish, "role" | "approved" | "email_verified")
                        || of_team && wish == "role",
                    "{pattern} asks for {wish}"
                );
                let body = format!("{{\"{wish}\":{value}}}");
                let call = site.http().call(&method.to_uppercase(), &target).bearer(if operation["x-auth"] == "staff" {
                    &clerk
                } else {
                    &session
                });
                let call = call.body("application/json", body.as_bytes());
                if of_team {
                    call.send().refused(403, "forbidden");
                    continue;
                }
                let problem = call.send().refused(422, "validation_failed");
                assert_eq!(
                    (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
                    (&json!(wish), &json!("unknown_field")),
                    "{method} {pattern}"
                );
            }
        }
    }
    assert!(calls >= 15, "only {calls} calls take a body");
    // Nothing of it happened: the session still lives, the account is what it was.
    let seen = site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
    assert_eq!(seen["memberships"][0]["role"], "member");
    assert_eq!(state(&site, HOUSING, &pending.handle), "awaiting_email");
}

/// Row 49.
#[test]
fn a_whole_registration_with_a_wish_in_it_at_any_depth_registers_nobody() {
    let site = Site::start();
    for (wish, value) in WISHES {
        let value: Value = serde_json::from_str(value).unwrap();
        for place in ["", "/claim", "/consents/0"] {
            let mut application = form(&PEOPLE[0], ATTACKER);
            application.pointer_mut(place).unwrap()[wish] = value.clone();
            let problem = site.post("/housing/registrations", &application).refused(422, "validation_failed");
            assert_eq!(problem["errors"][0]["code"], "unknown_field", "{place} {wish}");
        }
    }
    // Nor does it in a form; behind a question mark, where mail gateways add words of their own, it says nothing.
    let pending = apply(&site, HOUSING, &PEOPLE[1], VICTIM);
    let plain = site.http().get(&format!("/housing/confirm?t={}", pending.token)).send();
    for (wish, _) in WISHES {
        let pressed = site.http().press("/housing/confirm", &[("token", &pending.token), ("decision", "confirm"), (wish, "1")]);
        assert_eq!(pressed.status, 422, "{wish}");
        let looked = site.http().get(&format!("/housing/confirm?t={}&{wish}=1", pending.token)).send();
        assert_eq!((looked.status, looked.text()), (200, plain.text()), "{wish}");
    }
    quiet(&site);
    assert_eq!(recipients(&site).into_keys().collect::<Vec<_>>(), [VICTIM]);
    assert_eq!(state(&site, HOUSING, &pending.handle), "awaiting_email");
}

const NAMED: &str = "named";

/// A site with a portal that asks for first and last name, beside the claim.
fn asks_for_names() -> Site {
    let mut site = Site::prepared(&Setup::default());
    add_portal(&site, NAMED, |declaration| {
        replaced(
            &declaration,
            "[[journey.consents]]\ndocument = \"terms\"",
            "[[journey.fields]]\nname = \"first_name\"\n\n[[journey.fields]]\nname = \"last_name\"\n\n[[journey.consents]]\ndocument = \"terms\"",
        )
    });
    site.import(NAMED, &site.folder().join("people.csv"));
    site.restart();
    site
}

fn named(first_name: &str, last_name: &str, email: &str) -> Value {
    let mut application = form(&PEOPLE[0], email);
    application["first_name"] = json!(first_name);
    application["last_name"] = json!(last_name);
    application
}

/// Row 54.
#[test]
fn a_text_typed_into_a_name_does_not_reach_a_mailbox_that_has_not_confirmed() {
    let site = asks_for_names();
    let texts = [
        "Hello <a href=\"http://evil.example\">win</a>",
        "http://evil.example",
        "https evil.example",
        "www.evil.example",
        "evil.example",
        "You have won. Call Kim at evil.example",
        "Eve\r\nBcc: evil@x.example",
        "Eve\u{2028}evil",
        "{{ evil }} {% evil %} ${evil} {evil}",
        "=HYPERLINK(\"http://evil.example\")",
        "\u{202e}evil",
        "Evil\u{200b}",
        &"evil ".repeat(60),
    ];
    let mut sent = 0;
    for text in texts {
        for application in [named(text, "Müller", VICTIM), named("Jana", text, VICTIM)] {
            let mail_before = site.mails_to(NAMED, VICTIM).len();
            let answer = site.post(&format!("/{NAMED}/registrations"), &application);
            if answer.status == 429 {
                continue;
            }
            // Refused, or taken for a name; shown to nobody who has not confirmed.
            if answer.status == 422 {
                assert_eq!(site.mails_to(NAMED, VICTIM).len(), mail_before);
                continue;
            }
            handle(&answer);
            let mail = site.mail(NAMED, VICTIM);
            let shown = format!("{}{}{}{}", mail.subject, mail.text, mail.html, mail.raw).to_lowercase();
            assert!(!shown.contains("evil") && !shown.contains("jana") && !shown.contains("you have won"), "{text:?}: {}", mail.raw);
            sent += 1;
        }
    }
    assert!(sent >= 3, "no text was taken for a name: the test shows nothing");
    // Markup and addresses with a scheme are no names.
    for text in &texts[..2] {
        let answer = site.post(&format!("/{NAMED}/registrations"), &named(text, "Müller", ATTACKER));
        assert_eq!(answer.refused(422, "validation_failed")["errors"][0]["field"], "first_name");
    }
}

/// Row 54.
#[test]
fn a_last_name_dressed_up_to_match_the_record_does_not_reach_the_mail() {
    let site = Site::start();
    // Titles make no difference when names are compared, so they can be strung together.
    for (nth, dressed) in ["Prof. Dr. Dr. Müller-Lüdenscheidt", "Frau Müller - Lüdenscheidt", "MÜLLER.LÜDENSCHEIDT"].into_iter().enumerate()
    {
        let email = format!("victim-{nth}@y.example");
        site.post("/housing/registrations", &support::typed(&PEOPLE[0].number(), dressed, &email)).expect(202);
        let mail = site.mail(HOUSING, &email);
        let shown = format!("{}{}{}", mail.subject, mail.text, mail.html).to_lowercase();
        assert!(!shown.contains("denscheidt") && !shown.contains("prof"), "{}", mail.text);
    }
}

/// Row 53.
#[test]
fn a_name_with_line_ends_or_a_lone_dot_makes_no_second_header_recipient_or_message() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let amend = |name: &str| site.signed(&session, "PATCH", "/housing/account", &json!({ "first_name": name, "last_name": name }));
    for name in [
        "Eve\r\nBcc: attacker@x.example",
        "Eve\nBcc: attacker@x.example",
        "Eve\rBcc: attacker@x.example",
        "Eve\r\n.\r\nMAIL FROM:<a@b.example>",
        ".",
        "..",
        "\r\n.\r\n",
        "Eve\u{0}",
        "Eve\u{b}Bcc:",
        "Eve\u{85}Bcc",
        "=?utf-8?q?=0d=0aBcc:?=",
        "<script>alert(1)</script>",
        "a@b.example, attacker@x.example",
        "\"Eve\" <attacker@x.example>",
    ] {
        let problem = amend(name).refused(422, "validation_failed");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{name:?}");
    }
    // What a name may hold, in a mail to its owner.
    for name in ["..Eve", "Eve. ", "O'’-.", "E.\u{301}ve", "Eve\u{2028}Bcc\u{2029}Eve"] {
        amend(name).expect(200);
        let before = site.mails_to(HOUSING, VICTIM).len();
        let reset = reset_token(&site, HOUSING, VICTIM);
        assert_eq!(site.mails_to(HOUSING, VICTIM).len(), before + 1);
        let mail = site.mails_to(HOUSING, VICTIM).pop().unwrap();
        assert_eq!(mail.token(), reset);
        headers_are_ours(&mail.raw);
    }
    assert_eq!(recipients(&site).into_keys().collect::<Vec<_>>(), [VICTIM]);
}

/// Row 53.
#[test]
fn an_address_with_every_sign_that_is_allowed_in_one_stays_one_recipient_and_plain_text() {
    let site = Site::start();
    for address in ["a&b'c`d{e|f}g~h@y.example", "#!$%*+-/=?^_@y.example", "x=0d=0abcc@y.example", "javascript%3aalert'1'@y.example"] {
        let answer = site.post("/housing/registrations", &form(&PEOPLE[0], address));
        answer.expect(202);
        let mail = site.mail(HOUSING, address);
        headers_are_ours(&mail.raw);
        // On the page that names the address it is text, too.
        let page = site.http().get(&mail.path("https://portal.example")).send();
        assert_eq!(page.status, 200);
        let page = page.text();
        for sign in ['&', '\'', '`', '<', '"'].into_iter().filter(|sign| address.contains(*sign)) {
            if matches!(sign, '&' | '\'' | '<' | '"') {
                assert!(!page.contains(address), "{sign} stands as it is in {page}");
            }
        }
        site.http().press("/housing/confirm", &[("token", &mail.token()), ("decision", "deny")]);
    }
}

#[track_caller]
fn headers_are_ours(raw: &str) {
    let head = raw.split("\r\n\r\n").next().unwrap();
    let names: Vec<_> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap().to_lowercase())
        .collect();
    let known = [
        "date",
        "from",
        "to",
        "reply-to",
        "subject",
        "message-id",
        "content-language",
        "auto-submitted",
        "x-auto-response-suppress",
        "mime-version",
        "content-transfer-encoding",
        "content-type",
    ];
    assert!(names.iter().all(|name| known.contains(&name.as_str())), "{names:?}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    assert!(!raw.contains('\0') && !raw.replace("\r\n", "").contains(['\r', '\n']), "bare line ends: {raw:?}");
}

/// Row 41.
#[test]
fn a_form_that_a_foreign_page_sends_to_a_links_page_does_nothing() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], "other@y.example");
    let reset = reset_token(&site, HOUSING, "other@y.example");
    let session = site.sign_in(HOUSING, "other@y.example", PASSWORD);
    let change = email_token(&site, HOUSING, &session, "changed@y.example");
    quiet(&site);
    let before = recipients(&site)["other@y.example"];
    let http = site.http();
    let own = http.origin();
    let foreign: [&[(&str, &str)]; 15] = [
        &[],
        &[("Origin", "https://evil.example")],
        &[("Origin", "https://evil.example"), ("Host", "evil.example")],
        &[("Origin", "null")],
        &[("Origin", "")],
        &[("Origin", "https://portal.example.evil.example")],
        &[("Origin", "http://127.0.0.1")],
        &[("Origin", "http://127.0.0.1:1")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", own.as_str())],
        &[("Sec-Fetch-Site", "Same-Origin, cross-site")],
        &[("Referer", own.as_str())],
        &[("Cookie", "__Host-s-housing=x"), ("Host", "portal.example")],
    ];
    for headers in foreign {
        let forgotten = headers.iter().fold(http.post("/housing/password/forgot"), |call, (name, value)| call.header(name, value));
        assert_eq!(forgotten.form(&[("login", "other@y.example")]).send().status, 403, "{headers:?}");
        for (page, token) in [("confirm", &pending.token), ("password/reset", &reset), ("account/email/confirm", &change)] {
            for decision in ["confirm", "deny"] {
                let mut call = http.post(&format!("/housing/{page}"));
                for (name, value) in headers {
                    call = call.header(name, value);
                }
                let mut fields = vec![("token", token.as_str())];
                match page {
                    "confirm" => fields.push(("decision", decision)),
                    "password/reset" => fields.push(("new", NEW)),
                    _ => {}
                }
                assert_eq!(call.form(&fields).send().status, 403, "{headers:?}");
            }
        }
    }
    // From our own page, but as something that a foreign page could send without asking.
    for (kind, body) in [
        ("text/plain", format!("token={}&decision=confirm", pending.token)),
        ("application/json", json!({ "token": pending.token, "decision": "confirm" }).to_string()),
    ] {
        let answer = http.post("/housing/confirm").header("Origin", &own).body(kind, body.as_bytes()).send();
        assert_eq!(answer.status, 415, "{answer}");
    }
    assert_eq!(state(&site, HOUSING, &pending.handle), "awaiting_email");
    site.sign_in(HOUSING, "other@y.example", PASSWORD);
    assert_eq!(site.signed(&session, "GET", "/housing/account", &Value::Null).expect(200)["email"], "other@y.example");
    quiet(&site);
    assert_eq!(recipients(&site)["other@y.example"], before, "a foreign page had a mail sent");
    // No answer invites a foreign page to read it, asked beforehand or not.
    for target in ["/api/v1/housing/sessions", "/api/v1/housing/session", "/housing/confirm"] {
        for method in ["OPTIONS", "GET", "POST"] {
            let answer = http
                .call(method, target)
                .header("Origin", "https://evil.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization")
                .send();
            assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{answer}");
        }
    }
}

#[test]
fn a_method_that_is_overridden_by_a_header_or_a_field_is_not() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"] {
        for method in ["DELETE", "PUT", "POST"] {
            let target = format!("/api/v1/housing/session?_method={method}");
            site.http().get(&target).bearer(&session).header(name, method).send().expect(200);
            let answer = site.http().post(&target).bearer(&session).header(name, method).send();
            answer.refused(405, "method_not_allowed");
        }
    }
    site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
}

#[test]
fn a_path_dressed_up_leads_nowhere_else() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    let handle = &pending.handle;
    let (first, rest) = handle.split_at(1);
    let encoded = format!("%{:02x}{rest}", first.as_bytes()[0]);
    for path in [
        format!("housing/registrations/{handle}%2fresend"),
        format!("housing/registrations/{handle}%2Fresend"),
        format!("housing/registrations/x/../{handle}/resend"),
        format!("housing/registrations/x/%2e%2e/{handle}/resend"),
        format!("housing/registrations/..%2fregistrations/{handle}/resend"),
        format!("housing/registrations//{handle}/resend"),
        format!("housing//registrations/{handle}/resend"),
        format!("housing/registrations/{handle}/resend/"),
        format!("housing/registrations/{handle};x/resend"),
        format!("housing/registrations/{handle}%00/resend"),
        format!("housing/registrations/{handle}%20/resend%20"),
        format!("housing/registrations/{handle}\\resend"),
        format!("housing/registrations/{handle}%252fresend"),
        format!("housing/registrations/{handle}/RESEND"),
        format!("HOUSING/registrations/{handle}/resend"),
        format!("housing%00/registrations/{handle}/resend"),
        format!("{TWIN}%2f..%2fhousing/registrations/{handle}/resend"),
        format!("%ff/registrations/{handle}/resend"),
        format!("housing/registrations/%ff{handle}/resend"),
        format!("../api/v1/housing/registrations/{handle}/resend"),
    ] {
        let answer = site.http().post(&format!("/api/v1/{path}")).send();
        assert!(matches!(answer.status, 404 | 405), "{path}: {answer}");
    }
    // An escape that says the same letter is the same address, and nothing more.
    let known = site.get(&format!("/housing/registrations/{handle}")).expect(200);
    let same = site.get(&format!("/housing/registrations/{encoded}"));
    assert!(same.status == 404 || same.json() == known, "{same}");
    quiet(&site);
    assert_eq!(recipients(&site)[VICTIM], 1);
}

#[test]
fn a_very_long_address_or_header_is_refused_and_the_next_caller_is_served() {
    let site = Site::start();
    let http = site.http();
    for call in [
        http.get(&format!("/{}", "a".repeat(20_000))),
        http.get(&format!("/housing/confirm?t={}", "a".repeat(20_000))),
        http.get(&format!("/{}", "a/".repeat(10_000))),
        http.get(&format!("/{}", "%2e%2e%2f".repeat(3_000))),
        http.get("/health/live").header("X-Long", &"a".repeat(20_000)),
        (0..100).fold(http.get("/health/live"), |call, nth| call.header(&format!("X-{nth}"), "a")),
        http.get("/health/live").header(&"X".repeat(20_000), "a"),
    ] {
        let status = call.send().status;
        assert!(matches!(status, 414 | 431), "{status}");
    }
    // Long, but within what a header may weigh.
    for target in [
        format!("/housing/confirm?t={}", "a".repeat(10_000)),
        format!("/api/v1/housing/registrations/{}", "a".repeat(10_000)),
        format!("/{}", "a/".repeat(5_000)),
    ] {
        assert_eq!(http.get(&target).send().status, 404);
    }
    assert_eq!(http.get("/health/live").send().status, 200);
}

/// How many answers a connection gave.
fn answers(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).matches("HTTP/1.1 ").count()
}

#[test]
fn a_request_whose_length_can_be_read_in_two_ways_is_the_last_of_its_connection() {
    let site = Site::start();
    let http = site.http();
    let smuggled = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let head = "POST /api/v1/housing/password-resets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let ambiguous = [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity, chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Content-Length: 0, 5\r\n\r\n0\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 0x0\r\n\r\n",
        "Content-Length: 18446744073709551616\r\n\r\n",
        "Content-Length : 0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
    ];
    for rest in ambiguous {
        // A server that hangs up without a word answered nothing, which is as good.
        let received = http.raw(format!("{head}{rest}{smuggled}").as_bytes()).unwrap_or_default();
        let text = String::from_utf8_lossy(&received);
        assert!(answers(&received) <= 1, "{rest:?}: {text}");
        assert!(!text.contains("HTTP/1.1 2"), "{rest:?}: {text}");
    }
    // A whole body, whichever way it is measured: its answer is the last one.
    let body = format!("d\r\n{}\r\n0\r\n\r\n", r#"{"login":"x"}"#);
    for lengths in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "transfer-encoding: CHUNKED\r\ncontent-length: 23",
    ] {
        let received = http.raw(format!("{head}{lengths}\r\n\r\n{body}{smuggled}").as_bytes()).unwrap_or_default();
        assert!(answers(&received) == 1, "{lengths}: {}", String::from_utf8_lossy(&received));
    }
    // HTTP/1.0 knows no chunks.
    let old = head.replace("HTTP/1.1", "HTTP/1.0");
    let received = http
        .raw(format!("{old}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}").as_bytes())
        .unwrap_or_default();
    assert!(answers(&received) <= 1);
}

#[test]
fn a_body_behind_a_call_that_takes_none_is_not_the_next_request() {
    let site = Site::start();
    let smuggled = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    for first in [
        "GET /health/live",
        "HEAD /health/live",
        "GET /housing/confirm?t=x",
        "GET /api/v1/portals",
        "DELETE /api/v1/housing/session",
        "OPTIONS /x",
        "GET /nothing",
    ] {
        let request = format!("{first} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len());
        let mut ended = request.clone().into_bytes();
        ended.extend_from_slice(b"GET /api/v1/portals HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let received = site.http().raw(&ended).unwrap_or_default();
        // Its own answer, and perhaps that of the honest request behind the body.
        assert!(answers(&received) <= 2, "{first}: {}", String::from_utf8_lossy(&received));
        let live = String::from_utf8_lossy(&received).matches("{\"status\":\"ok\"}").count();
        assert_eq!(live, usize::from(first == "GET /health/live"), "{first}: {}", String::from_utf8_lossy(&received));
    }
}

#[test]
fn a_request_without_or_with_two_hosts_reaches_nobodys_mail() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let body = json!({ "login": VICTIM }).to_string();
    for host in
        ["", "Host: portal.example\r\nHost: evil.example\r\n", "Host: evil.example, portal.example\r\n", "Host:\r\n", "Host: \u{1}\r\n"]
    {
        let request = format!(
            "POST /api/v1/housing/password-resets HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let received = site.http().raw(request.as_bytes()).unwrap_or_default();
        assert!(answers(&received) <= 1);
    }
    quiet(&site);
    for mail in site.mails_to(HOUSING, VICTIM) {
        assert!(!mail.raw.contains("evil"), "{}", mail.raw);
        mail.path("https://portal.example");
    }
}

#[test]
fn a_text_meant_for_a_database_or_a_template_is_only_a_text() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let texts = [
        "' OR '1'='1",
        "'; DROP TABLE accounts; --",
        "\" OR \"\"=\"",
        "victim@y.example' --",
        "%",
        "_",
        "*",
        "{{7*7}}",
        "{% raw %}",
        "${7*7}",
        "$(id)",
        "`id`",
        "../../../../etc/passwd",
        "\u{0}",
        "NULL",
        "undefined",
    ];
    for text in texts {
        for password in [text, PASSWORD] {
            let answer = try_sign_in(&site, HOUSING, text, password);
            answer.refused(401, "sign_in_failed");
        }
        site.post("/housing/password-resets", &json!({ "login": text })).expect(202);
        let claim = site.post("/housing/claims", &json!({ "number": text, "last_name": text }));
        assert!(matches!(claim.status, 422 | 429), "{text}: {claim}");
        site.post("/housing/confirmations", &json!({ "token": text })).refused(404, "token_unknown");
        let answer = type_code(&site, HOUSING, &"A".repeat(43), text);
        assert!(matches!(answer.status, 404 | 422), "{text}: {answer}");
        for answer in [&claim, &answer] {
            assert!(answer.json().get("detail").is_some_and(|detail| !detail.to_string().contains("49")), "{answer}");
        }
        site.advance(MINUTE);
    }
    site.sign_in(HOUSING, VICTIM, PASSWORD);
    quiet(&site);
    assert_eq!(recipients(&site)[VICTIM], 1);
}
