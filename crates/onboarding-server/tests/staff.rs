//! Clerks on the real binary: named at the command line, set up, signed in; what they see, write and suspend.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;
use support::{Answer, HOUSING, PASSWORD, PATIENCE, PEOPLE, Setup, Site, TWIN, form, within};

const CLERK: &str = "amt@office.example";
const STAFF_PASSWORD: &str = "Fünf Boote auf dem Fließ 3!";

/// Names a clerk and gives the token that was printed, alone on its line.
fn named(site: &Site, portal: &str, email: &str) -> String {
    let printed = String::from_utf8(site.run(&["staff", "add", portal, email]).stdout).unwrap();
    printed.lines().last().unwrap().to_owned()
}

fn set_up(site: &Site, portal: &str, token: &str) -> Answer {
    site.post(&format!("/{portal}/staff/setup"), &json!({ "token": token, "password": STAFF_PASSWORD }))
}

fn try_sign_in(site: &Site, portal: &str, password: &str) -> Answer {
    site.post(&format!("/{portal}/staff/sessions"), &json!({ "login": CLERK, "password": password }))
}

/// A clerk's session.
fn clerk(site: &Site, portal: &str) -> String {
    set_up(site, portal, &named(site, portal, CLERK)).expect(201)["token"].as_str().unwrap().to_owned()
}

fn get(site: &Site, token: &str, path: &str) -> Value {
    site.signed(token, "GET", path, &Value::Null).expect(200)
}

fn upload(site: &Site, token: &str, body: &[u8]) -> Answer {
    site.http().post("/api/v1/housing/staff/records/import").bearer(token).body("text/csv", body).send()
}

/// Sends a file and waits for what becomes of it.
fn imported(site: &Site, token: &str, body: &[u8]) -> Value {
    let import = upload(site, token, body).expect(202)["import"].as_str().unwrap().to_owned();
    within(PATIENCE, "the import to end", || {
        Some(get(site, token, &format!("/housing/staff/imports/{import}"))).filter(|told| told["state"] != "running")
    })
}

#[test]
fn a_clerk_is_named_once_and_begins_anew_when_named_again() {
    let site = Site::start();
    let token = named(&site, HOUSING, CLERK);
    let too_short = json!({ "token": token, "password": "Kurz 1!" });
    site.post("/housing/staff/setup", &too_short).refused(422, "validation_failed");
    site.post(&format!("/{TWIN}/staff/setup"), &json!({ "token": token, "password": STAFF_PASSWORD })).refused(404, "token_unknown");
    let session = set_up(&site, HOUSING, &token).expect(201);
    set_up(&site, HOUSING, &token).refused(410, "token_used");
    let first = session["token"].as_str().unwrap();
    assert_eq!(get(&site, first, "/housing/staff/session")["clerk"]["email"], CLERK);

    let second = try_sign_in(&site, HOUSING, STAFF_PASSWORD).expect(201)["token"].as_str().unwrap().to_owned();
    site.signed(&second, "DELETE", "/housing/staff/session", &Value::Null).expect(204);
    site.signed(&second, "GET", "/housing/staff/session", &Value::Null).refused(401, "sign_in_required");
    try_sign_in(&site, HOUSING, PASSWORD).refused(401, "sign_in_failed");
    try_sign_in(&site, TWIN, STAFF_PASSWORD).refused(401, "sign_in_failed");
    let coded = json!({ "login": CLERK, "password": STAFF_PASSWORD, "code": "123456" });
    let refused = site.post("/housing/staff/sessions", &coded).refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "code");

    let unused = named(&site, HOUSING, CLERK);
    let newest = named(&site, HOUSING, CLERK);
    site.signed(first, "GET", "/housing/staff/session", &Value::Null).refused(401, "sign_in_required");
    try_sign_in(&site, HOUSING, STAFF_PASSWORD).refused(401, "sign_in_failed");
    set_up(&site, HOUSING, &unused).refused(410, "token_superseded");
    set_up(&site, HOUSING, &newest).expect(201);

    let known = site.command(&["staff", "add", "nowhere", CLERK]).output().unwrap();
    assert_eq!(known.status.code(), Some(1));
    let odd = site.command(&["staff", "add", HOUSING, "no address"]).output().unwrap();
    assert!(String::from_utf8(odd.stderr).unwrap().contains("no e-mail address"));
    assert!(!site.log().contains(CLERK) && !site.log().contains(&newest));
}

#[test]
fn a_token_is_dead_after_a_day_and_a_session_after_an_hour_without_use() {
    let mut site = Site::start();
    let late = named(&site, HOUSING, CLERK);
    site.advance(Duration::from_hours(24));
    set_up(&site, HOUSING, &late).refused(410, "token_expired");
    let session = clerk(&site, HOUSING);
    site.advance(Duration::from_mins(50));
    get(&site, &session, "/housing/staff/session");
    site.advance(Duration::from_hours(1));
    site.signed(&session, "GET", "/housing/staff/session", &Value::Null).refused(401, "sign_in_required");
}

#[test]
fn a_clerk_finds_a_registration_and_sends_its_mail_again() {
    let mut site = Site::start();
    let staff = clerk(&site, HOUSING);
    for (at, person) in PEOPLE[..3].iter().enumerate() {
        site.post("/housing/registrations", &form(person, &format!("p{at}@mail.example"))).expect(202);
    }
    let all = get(&site, &staff, "/housing/staff/registrations");
    let emails: Vec<_> = all["registrations"].as_array().unwrap().iter().map(|row| row["email"].as_str().unwrap()).collect();
    assert_eq!(emails, ["p2@mail.example", "p1@mail.example", "p0@mail.example"]);
    assert_eq!(all["next_cursor"], Value::Null);

    let number = PEOPLE[1].number().to_lowercase();
    let found = get(&site, &staff, &format!("/housing/staff/registrations?q={number}&state=awaiting_email"));
    assert_eq!(found["registrations"].as_array().unwrap().len(), 1);
    let id = found["registrations"][0]["id"].as_str().unwrap();
    let seen = get(&site, &staff, &format!("/housing/staff/registrations/{id}"));
    assert_eq!(seen["email"], "p1@mail.example");
    assert_eq!(seen["master_data"]["last_name"], PEOPLE[1].last_name);
    assert_eq!(seen["consents"].as_array().unwrap().len(), 3);
    assert_eq!(seen["history"][0]["kind"], "registration.applied");
    assert!(seen["version"].is_u64());

    let older = site.mail(HOUSING, "p1@mail.example").token();
    let resend = format!("/housing/staff/registrations/{id}/resend");
    site.signed(&staff, "POST", &resend, &json!({})).refused(429, "too_many_requests");
    site.advance(Duration::from_secs(61));
    site.signed(&staff, "POST", &resend, &json!({})).expect(202);
    let newer = site.mail(HOUSING, "p1@mail.example").token();
    site.post("/housing/confirmations", &json!({ "token": older })).refused(410, "token_superseded");
    site.post("/housing/confirmations", &json!({ "token": newer })).expect(200);
    site.signed(&staff, "POST", &resend, &json!({})).refused(409, "not_in_this_state");
}

/// Row 57.
#[test]
fn a_search_is_literal_and_bounded() {
    let site = Site::start();
    let staff = clerk(&site, HOUSING);
    site.post("/housing/registrations", &form(&PEOPLE[0], "p0@mail.example")).expect(202);
    site.register(HOUSING, &PEOPLE[1], "p1@mail.example");
    for list in ["registrations", "accounts"] {
        for q in ["%25", "_", "%5C", "%5C%25", "p%25", "p_@mail", "'", "%27%20OR%201%3D1--", "%2A", "%00", "%F0%9F%92%A9"] {
            let answer = site.signed(&staff, "GET", &format!("/housing/staff/{list}?q={q}"), &Value::Null);
            // A control character is told to be one; everything else is searched for and not found.
            match answer.status {
                422 => assert_eq!(q, "%00", "{answer}"),
                _ => assert_eq!(answer.expect(200)[list].as_array().unwrap().len(), 0, "{list} {q}"),
            }
        }
        for long in [101, 5_000] {
            let path = format!("/housing/staff/{list}?q={}", "x".repeat(long));
            let refused = site.signed(&staff, "GET", &path, &Value::Null).refused(422, "validation_failed");
            assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!("q"), &json!("too_long")));
        }
        let found = get(&site, &staff, &format!("/housing/staff/{list}?q=MAIL.example"));
        assert!(!found[list].as_array().unwrap().is_empty());
        let cursor = site.signed(&staff, "GET", &format!("/housing/staff/{list}?cursor=%27"), &Value::Null);
        assert_eq!(cursor.refused(422, "validation_failed")["errors"][0]["field"], "cursor");
        site.signed(&staff, "GET", &format!("/housing/staff/{list}?sort=email"), &Value::Null).refused(422, "validation_failed");
    }
}

#[test]
fn lists_are_walked_page_by_page() {
    let site = Site::start();
    let staff = clerk(&site, HOUSING);
    for at in 0..55 {
        site.post("/housing/registrations", &form(&PEOPLE[at % PEOPLE.len()], &format!("p{at}@mail.example"))).expect(202);
    }
    let first = get(&site, &staff, "/housing/staff/registrations");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = get(&site, &staff, &format!("/housing/staff/registrations?cursor={cursor}"));
    assert_eq!((first["registrations"].as_array().unwrap().len(), second["registrations"].as_array().unwrap().len()), (50, 5));
    assert_eq!(
        (&first["registrations"][0]["email"], &second["registrations"][4]["email"]),
        (&json!("p54@mail.example"), &json!("p0@mail.example"))
    );
    assert_eq!(second["next_cursor"], Value::Null);
}

/// Row 40.
#[test]
fn a_suspension_ends_sessions_by_the_next_request_and_the_trail_tells_it() {
    let site = Site::start();
    let staff = clerk(&site, HOUSING);
    site.register(HOUSING, &PEOPLE[0], "kim@mail.example");
    let customer = site.sign_in(HOUSING, "kim@mail.example", PASSWORD);
    let id = get(&site, &staff, "/housing/staff/accounts?q=kim@")["accounts"][0]["id"].as_str().unwrap().to_owned();
    let account = format!("/housing/staff/accounts/{id}");
    let seen = get(&site, &staff, &account);
    assert_eq!((&seen["state"], &seen["memberships"][0]["state"]), (&json!("active"), &json!("active")));

    assert_eq!(site.signed(&staff, "PATCH", &account, &json!({ "suspended": true })).expect(200)["state"], "suspended");
    site.signed(&customer, "GET", "/housing/session", &Value::Null).refused(401, "sign_in_required");
    assert_eq!(site.http().get("/auth/housing").bearer(&customer).send().status, 401);
    site.post("/housing/sessions", &json!({ "login": "kim@mail.example", "password": PASSWORD })).refused(403, "account_suspended");
    site.signed(&staff, "PATCH", &account, &json!({ "suspended": true, "role": "super_admin" })).refused(422, "validation_failed");

    let clerk_id = get(&site, &staff, "/housing/staff/session")["clerk"]["id"].as_str().unwrap().to_owned();
    let trail = get(&site, &staff, &format!("/housing/staff/audit?subject=account:{id}&actor=clerk:{clerk_id}"));
    assert_eq!(trail["entries"][0]["kind"], "account.suspended");
    assert_eq!(trail["entries"].as_array().unwrap().len(), 1);
    let whole = site.signed(&staff, "GET", "/housing/staff/audit", &Value::Null);
    assert!(!whole.text().contains("kim@") && !whole.text().contains(CLERK), "the trail names nobody");

    assert_eq!(site.signed(&staff, "PATCH", &account, &json!({ "suspended": false })).expect(200)["state"], "active");
    site.signed(&customer, "GET", "/housing/session", &Value::Null).refused(401, "sign_in_required");
    site.sign_in(HOUSING, "kim@mail.example", PASSWORD);
}

#[test]
fn a_record_is_written_as_a_whole() {
    let site = Site::start();
    let staff = clerk(&site, HOUSING);
    let record = json!({ "name": "", "first_name": "Ada", "last_name": "=cmd|' /C calc'!A0", "city": "Köln", "country": "de" });
    let path = "/housing/staff/records/N-77";
    assert_eq!(site.signed(&staff, "PUT", path, &record).expect(201)["version"], 1);
    assert_eq!(site.signed(&staff, "PUT", path, &record).expect(200)["version"], 1);
    let seen = get(&site, &staff, "/housing/staff/records/n77");
    assert_eq!((&seen["number"], &seen["last_name"], &seen["country"]), (&json!("N-77"), &record["last_name"], &json!("DE")));
    let closed = json!({ "last_name": "Lovelace", "status": "closed" });
    assert_eq!(site.signed(&staff, "PUT", path, &closed).expect(200)["version"], 2);
    assert_eq!(get(&site, &staff, path)["status"], "closed");
    // Row 47: one record in the path, another in the body.
    let foreign = json!({ "number": PEOPLE[0].number(), "last_name": "Lovelace" });
    assert_eq!(site.signed(&staff, "PUT", path, &foreign).refused(422, "validation_failed")["errors"][0]["field"], "number");
    assert_eq!(get(&site, &staff, &format!("/housing/staff/records/{}", PEOPLE[0].number()))["last_name"], PEOPLE[0].last_name);
    let odd = json!({ "email": "no address", "language": "xx", "version": 7 });
    site.signed(&staff, "PUT", path, &odd).refused(422, "validation_failed");
    site.signed(&staff, "GET", "/housing/staff/records/Z-1", &Value::Null).refused(404, "not_found");
    site.signed(&staff, "GET", &format!("/{TWIN}/staff/records/N-77"), &Value::Null).refused(401, "sign_in_required");
}

/// Row 71.
#[test]
fn a_file_is_taken_over_whole_or_not_at_all() {
    let site = Site::start();
    let staff = clerk(&site, HOUSING);
    let header = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n";
    let mut good = header.to_owned();
    for n in 0..12_000 {
        writeln!(good, "F-{n:05},,Ada,Lovelace,Weg 1,,Köln,DE,,de").unwrap();
    }
    let told = imported(&site, &staff, good.as_bytes());
    assert_eq!(
        (&told["state"], &told["rows"], &told["of"], &told["added"]),
        (&json!("done"), &json!(12_000), &json!(12_000), &json!(12_000)),
        "{told}"
    );
    assert_eq!(imported(&site, &staff, good.as_bytes())["unchanged"], 12_000);

    let faulty = format!("{header}G-1,,Ada,Lovelace,Weg 1,,Köln,DE,,de\nG-2,,Ada,Lovelace,Weg 1,,Köln,DE,no address,de\n");
    let twice = format!("{header}G-1,,Ada,Lovelace,Weg 1,,Köln,DE,,de\ng 1,,Ada,Hopper,Weg 1,,Köln,DE,,de\n");
    let mut latin = format!("{header}G-1,,Ada,Lovelace,Weg 1,,Köln,DE,,de\n").into_bytes();
    latin.extend(b"G-2,,Ada,M\xfcller,Weg 1,,Berlin,DE,,de\n");
    for (file, row, column) in
        [(faulty.into_bytes(), 2, "email"), (twice.into_bytes(), 2, "number"), (latin, 2, "last_name"), (b"x".to_vec(), 0, "")]
    {
        let told = imported(&site, &staff, &file);
        assert_eq!(told["state"], "failed", "{told}");
        assert_eq!((&told["errors"][0]["row"], &told["errors"][0]["column"]), (&json!(row), &json!(column)), "{told}");
        site.signed(&staff, "GET", "/housing/staff/records/G-1", &Value::Null).refused(404, "not_found");
    }
    // A missing postal code is no fault, and matches nothing; a formula stays a text.
    let formula = format!("{header}G-1,,Ada,=HYPERLINK(1),Weg 1,,Köln,DE,,de\n");
    assert_eq!(imported(&site, &staff, formula.as_bytes())["state"], "done");
    assert_eq!(get(&site, &staff, "/housing/staff/records/G-1")["last_name"], "=HYPERLINK(1)");

    let call = || site.http().post("/api/v1/housing/staff/records/import").bearer(&staff);
    call().header("Content-Type", "text/csv").header("Content-Length", "1000000000").send().refused(413, "too_large");
    call().body("application/json", b"{}").send().refused(415, "unsupported_media_type");
    call().header("Content-Encoding", "gzip").body("text/csv", b"x").send().refused(415, "unsupported_media_type");
    call().body("text/csv; charset=iso-8859-1", b"x").send().refused(415, "unsupported_media_type");
    site.http().post("/api/v1/housing/staff/records/import").body("text/csv", good.as_bytes()).send().refused(401, "sign_in_required");
    site.signed(&staff, "GET", "/housing/staff/imports/00000000-0000-0000-0000-000000000000", &Value::Null).refused(404, "not_found");
}

#[test]
fn a_proxy_is_told_who_is_signed_in_and_nothing_about_anybody_else() {
    let site = Site::with(&Setup { portals: vec![HOUSING, "customer"], ..Setup::default() });
    site.register(HOUSING, &PEOPLE[0], "kim@mail.example");
    let session = site.sign_in(HOUSING, "kim@mail.example", PASSWORD);
    for method in ["GET", "HEAD"] {
        let answer = site.http().call(method, "/auth/housing").bearer(&session).send();
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{answer}");
        assert_eq!(answer.header("x-access"), Some("member"));
        assert_eq!(answer.header("x-memberships"), Some(PEOPLE[0].number().as_str()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let id = site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200)["account"]["id"].clone();
        assert_eq!(answer.header("x-account-id"), id.as_str());
    }
    let staff = clerk(&site, HOUSING);
    for (portal, token) in [
        ("housing", "A".repeat(43)),
        ("customer", session.clone()),
        (TWIN, session.clone()),
        ("nowhere", session.clone()),
        ("housing", staff),
    ] {
        let answer = site.http().get(&format!("/auth/{portal}")).bearer(&token).send();
        assert_eq!((answer.status, answer.body.len(), answer.header("x-account-id")), (401, 0, None), "{portal}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(site.http().get("/auth/housing").send().status, 401);
    assert_eq!(site.http().get("/auth/housing").header("Authorization", "Basic a2lt").send().status, 401);
    assert_eq!(site.http().post("/auth/housing").bearer(&session).json(&json!({})).send().status, 405);
}

#[test]
fn a_clerk_opens_an_account_for_a_record_and_mails_another_initial_password() {
    let site = Site::with(&Setup { portals: vec![HOUSING, "customer"], twin: false, ..Setup::default() });
    let staff = clerk(&site, "customer");
    let record = |email: Value| json!({ "name": "Au & Söhne", "city": "Au", "country": "CH", "email": email });
    site.signed(&staff, "PUT", "/customer/staff/records/500-100", &record(json!("kunde@mail.example"))).expect(201);
    site.signed(&staff, "PUT", "/customer/staff/records/500-200", &record(Value::Null)).expect(201);
    let provision = |number: &str| site.signed(&staff, "POST", &format!("/customer/staff/records/{number}/provision"), &json!({}));
    provision("500-300").refused(404, "not_found");
    provision("500-200").refused(422, "validation_failed");
    let account = provision("500-100").expect(202)["account"].as_str().unwrap().to_owned();
    provision("500100").refused(409, "already_provisioned");

    // Both may carry the same second in their files' names.
    let mails = [0, 1].map(|_| site.mail("customer", "kunde@mail.example").text);
    assert_eq!(mails.iter().filter(|text| text.contains("500-100")).count(), 1, "number and password share no mail: {mails:?}");
    let path = format!("/customer/staff/accounts/{account}");
    assert_eq!(get(&site, &staff, &path)["credential"], "initial");
    site.signed(&staff, "POST", &format!("{path}/initial-password"), &json!({})).expect(202);
    site.mail("customer", "kunde@mail.example");
    let kinds: Vec<_> = get(&site, &staff, &path)["history"].as_array().unwrap().iter().map(|entry| entry["kind"].clone()).collect();
    assert!(kinds.contains(&json!("account.initial_password_issued")), "{kinds:?}");
    // The same at a portal whose accounts open otherwise.
    let elsewhere = clerk(&site, HOUSING);
    let path = format!("/housing/staff/records/{}/provision", PEOPLE[0].number());
    assert!(matches!(site.signed(&elsewhere, "POST", &path, &json!({})).status, 403 | 422));
}

/// Row 56.
#[test]
fn the_pins_of_notices_are_told_once_in_a_file_that_calculates_nothing() {
    let site = Site::with(&Setup { portals: vec![HOUSING, "chamber"], twin: false, ..Setup::default() });
    let staff = clerk(&site, "chamber");
    for (number, name) in [("B-1", "=HYPERLINK(\"http://evil.example\")"), ("B-2", "Zirkel; \"& Söhne\", Au")] {
        site.signed(&staff, "PUT", &format!("/chamber/staff/records/{number}"), &json!({ "name": name })).expect(201);
    }
    let batch = |numbers: Value| site.signed(&staff, "POST", "/chamber/staff/pin-batches", &json!({ "numbers": numbers }));
    batch(json!(["B-1", "B-9"])).refused(422, "validation_failed");
    let answer = batch(json!(["B-1", "B-2"]));
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), (Some("text/csv; charset=utf-8"), Some("no-store")));
    let lines: Vec<&str> = answer.text().lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "number,name,pin,valid_until"));
    assert!(lines[1].starts_with("B-1,\"'=HYPERLINK(\"\"http://evil.example\"\")\","), "{}", lines[1]);
    assert!(lines[2].starts_with("B-2,\"Zirkel; \"\"& Söhne\"\", Au\","), "{}", lines[2]);
    assert_ne!(batch(json!(["B-1", "B-2"])).text(), answer.text(), "a second batch has other PINs");
    let wrong = json!({ "numbers": ["B-1"], "valid_until": "soon" });
    let refused = site.signed(&staff, "POST", "/chamber/staff/pin-batches", &wrong).refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "valid_until");
    assert_eq!(get(&site, &staff, "/chamber/staff/letters?state=queued")["letters"], json!([]));
    site.signed(&staff, "GET", "/chamber/staff/letters?state=lost", &Value::Null).refused(422, "validation_failed");
}

#[test]
fn a_clerk_decides_where_nobody_else_can_and_only_what_was_shown() {
    let mut site = Site::prepared(&Setup { portals: vec![HOUSING, "partner"], twin: false, ..Setup::default() });
    let rows = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n\
                400100,Praxis,,,Weg 1,10999,Berlin,DE,,de\n400200,Labor,,,Weg 2,10999,Berlin,DE,,de\n";
    let file = site.folder().join("customers.csv");
    std::fs::write(&file, rows).unwrap();
    site.import("partner", &file);
    site.restart();
    let staff = clerk(&site, "partner");
    site.signed(&staff, "PUT", "/partner/staff/records/400200/super-admins", &json!({ "email": "boss@labor.example" })).expect(202);
    let link = site.mail("partner", "boss@labor.example").token();
    let given = |document: &str, version: &str| json!({ "document": document, "version": version, "granted": true });
    let set_up = json!({
        "token": link, "consents": [given("privacy", "3.0"), given("terms", "3.1")], "password": PASSWORD, "first_name": "Kim", "last_name": "Boss",
    });
    assert_eq!(site.post("/partner/completions", &set_up).expect(200)["state"], "active");
    let waiting = |number: &str, email: &str| {
        let body = json!({
            "claim": { "number": number, "postal_code": "10999" }, "email": email, "first_name": "Robin", "last_name": "Reeder",
            "consents": [given("privacy", "3.0")],
        });
        site.post("/partner/registrations", &body).expect(202);
        let token = site.mail("partner", email).token();
        assert_eq!(site.post("/partner/confirmations", &json!({ "token": token })).expect(200)["state"], "awaiting_approval");
        let found = get(&site, &staff, &format!("/partner/staff/registrations?state=awaiting_approval&q={email}"));
        found["registrations"][0].clone()
    };
    let decide = |seen: &Value, verdict: &str, body: &Value, key: &str| {
        let path = format!("/api/v1/partner/staff/registrations/{}/{verdict}", seen["id"].as_str().unwrap());
        site.http().post(&path).bearer(&staff).header("Idempotency-Key", key).json(body).send()
    };

    let seen = waiting("400100", "robin@praxis.example");
    let version = seen["version"].as_u64().unwrap();
    decide(&seen, "approve", &json!({ "version": version + 1 }), "0123456789abcdef-1").refused(409, "already_decided");
    for _ in 0..2 {
        let approved = decide(&seen, "approve", &json!({ "version": version }), "0123456789abcdef-2").expect(200);
        assert_eq!(approved["state"], "awaiting_completion");
    }
    decide(&seen, "reject", &json!({ "version": version }), "0123456789abcdef-3").refused(409, "already_decided");
    assert!(site.mail("partner", "robin@praxis.example").find_link().is_some());

    let seen = waiting("400100", "lou@praxis.example");
    let body = json!({ "version": seen["version"], "reason": "Kennen wir nicht." });
    assert_eq!(decide(&seen, "reject", &body, "0123456789abcdef-4").expect(200)["state"], "rejected");
    let detail = get(&site, &staff, &format!("/partner/staff/registrations/{}", seen["id"].as_str().unwrap()));
    assert_eq!((&detail["decided_by"], &detail["reason"]), (&json!("clerk"), &json!("Kennen wir nicht.")));

    // Where a super admin decides, the clerk does not, before a week has passed.
    let seen = waiting("400200", "sam@labor.example");
    let body = json!({ "version": seen["version"] });
    decide(&seen, "approve", &body, "0123456789abcdef-5").refused(403, "forbidden");
}

#[test]
fn a_clerk_sees_what_a_mail_of_its_kind_looks_like_and_nothing_of_what_stands_in_it() {
    let mut site = Site::prepared(&Setup { portals: vec![HOUSING], twin: false, ..Setup::default() });
    site.restart();
    let printed = String::from_utf8(site.run(&["staff", "add", HOUSING, "amt@office.example"]).stdout).unwrap();
    let set_up = json!({ "token": printed.lines().last().unwrap(), "password": PASSWORD });
    let clerk = site.post("/housing/staff/setup", &set_up).expect(201)["token"].as_str().unwrap().to_owned();
    site.register(HOUSING, &PEOPLE[0], "kim@praxis.example");
    let page = site.signed(&clerk, "GET", "/housing/staff/outbox?state=sent", &Value::Null).expect(200);
    let sent = page["deliveries"].as_array().unwrap().iter().find(|sent| sent["template"] == "activation-code").expect("the first mail");
    let path = format!("/housing/staff/outbox/{}/preview", sent["id"].as_str().unwrap());
    let preview = site.signed(&clerk, "GET", &path, &Value::Null).expect(200);
    let text = preview["text"].as_str().unwrap();
    assert!(text.lines().any(|line| line == "████-████") && !preview["subject"].as_str().unwrap().is_empty(), "{text}");
    assert!(!page.to_string().contains("kim@praxis") && !preview.to_string().contains("kim@praxis"), "{preview}");
    let retried = format!("/housing/staff/outbox/{}/retry", sent["id"].as_str().unwrap());
    let refused = site.signed(&clerk, "POST", &retried, &json!({})).refused(409, "not_in_this_state");
    assert_eq!(refused["state"], "sent");
    let seen = site.signed(&clerk, "GET", "/housing/staff/overview", &Value::Null).expect(200);
    assert_eq!(seen["approvals"]["older"], 0);
}
