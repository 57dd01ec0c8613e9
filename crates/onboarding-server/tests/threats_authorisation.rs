//! Who may call what: every call of the published table, by everybody there is, on what is one's own and what is not. Rows 5, 47, 48 and 49
//! of the threat model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use support::{Answer, HOUSING, PASSWORD, PEOPLE, Setup, Site};

const PARTNER: &str = "partner";
/// Long enough for a member, too short for who decides on others.
const SHORT_PASSWORD: &str = "Vier Gans 17!";
const WRONG: &str = "Drei Kamele am Pol 5!";
/// The record that everything belongs to; another one; one without a super admin.
const RECORDS: [&str; 3] = ["300100", "300200", "300300"];

/// Everybody who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Nobody,
    /// A member of the record.
    Member,
    /// A super admin of the record who must choose a longer password first.
    Restricted,
    OtherAdmin,
    OwnAdmin,
    Clerk,
    OtherClerk,
    /// A member of the neighbouring portal.
    Neighbour,
}

const CALLERS: [By; 8] = [By::Nobody, By::Member, By::Restricted, By::OtherAdmin, By::OwnAdmin, By::Clerk, By::OtherClerk, By::Neighbour];

/// What a caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// 401: not signed in, as far as this call knows.
    Login,
    /// 403: the password first.
    Password,
    /// 403: not entitled.
    Forbidden,
    /// 404: it is somebody else's, or does not exist.
    Hidden,
    /// None of these: what follows is the call's own affair.
    Admitted,
}

use Told::{Admitted as Yes, Forbidden, Hidden, Login, Password};

type Row = [Told; CALLERS.len()];

//                          nobody member restricted other    own     clerk  other  neighbour
/// Anybody signed in, also with duties left.
const ANY_SESSION: Row = [Login, Yes, Yes, Yes, Yes, Login, Login, Login];
/// Anybody signed in who owes nothing.
const SESSION: Row = [Login, Yes, Password, Yes, Yes, Login, Login, Login];
/// The member's own thing.
const MEMBERS_OWN: Row = [Login, Yes, Password, Hidden, Hidden, Login, Login, Login];
/// Any super admin, of whatever record.
const ADMIN: Row = [Login, Forbidden, Password, Yes, Yes, Login, Login, Login];
/// Something of the record: its super admins alone.
const ADMINS_OWN: Row = [Login, Forbidden, Password, Hidden, Yes, Login, Login, Login];
/// A token decides; a session beside it, where there is one, must be one that may act.
const OWNER_BESIDE_TOKEN: Row = [Yes, Yes, Password, Yes, Yes, Login, Login, Login];
/// The portal's own clerks alone.
const STAFF: Row = [Login, Login, Login, Login, Login, Yes, Login, Login];

/// Who may make a call.
#[derive(Clone, Copy)]
enum Who {
    /// Everybody, and everybody is answered alike.
    Public,
    Only(Row),
}

use Who::{Only, Public};

/// Every call: who may make it, and with which body. Braces stand for what belongs to the record of `OwnAdmin`.
fn table() -> Vec<(&'static str, Who, Value)> {
    let none = Value::Null;
    let token = || json!({ "token": "A".repeat(43) });
    vec![
        ("GET /api/v1/portals", Public, none.clone()),
        ("GET /api/v1/{portal}", Public, none.clone()),
        ("GET /api/v1/{portal}/documents", Public, none.clone()),
        ("GET /api/v1/{portal}/documents/{document}", Public, none.clone()),
        ("POST /api/v1/{portal}/registrations", Public, json!({ "email": "" })),
        ("POST /api/v1/{portal}/claims", Public, json!({ "number": "" })),
        ("GET /api/v1/{portal}/registrations/{handle}", Public, none.clone()),
        ("POST /api/v1/{portal}/registrations/{handle}/resend", Public, json!({})),
        ("PUT /api/v1/{portal}/registrations/{handle}/email", Public, json!({ "email": "x@y.example" })),
        ("POST /api/v1/{portal}/registrations/{handle}/confirm", Public, json!({ "code": "2345-6789" })),
        ("POST /api/v1/{portal}/confirmations", Public, token()),
        ("POST /api/v1/{portal}/confirmations/deny", Public, token()),
        ("POST /api/v1/{portal}/links/renew", Public, token()),
        ("POST /api/v1/{portal}/completions", Only(OWNER_BESIDE_TOKEN), token()),
        ("POST /api/v1/{portal}/sessions", Public, json!({ "login": "" })),
        ("POST /api/v1/{portal}/password-resets", Public, json!({ "login": "" })),
        ("POST /api/v1/{portal}/password-resets/confirm", Public, json!({ "token": "A".repeat(43), "new": PASSWORD })),
        ("POST /api/v1/{portal}/account/email/confirm", Public, token()),
        ("POST /api/v1/{portal}/staff/setup", Public, json!({ "token": "A".repeat(43), "password": PASSWORD })),
        ("POST /api/v1/{portal}/staff/sessions", Public, json!({ "login": "", "password": "x", "code": "1" })),
        ("GET /api/v1/{portal}/session", Only(ANY_SESSION), none.clone()),
        ("DELETE /api/v1/{portal}/session", Only(ANY_SESSION), none.clone()),
        ("PATCH /api/v1/{portal}/account", Only(ANY_SESSION), json!({ "language": "fr" })),
        ("PUT /api/v1/{portal}/account/password", Only(ANY_SESSION), json!({ "current": WRONG, "new": "Zwölf Boskop im Korb 4!" })),
        ("GET /api/v1/{portal}/account", Only(SESSION), none.clone()),
        ("PUT /api/v1/{portal}/account/email", Only(SESSION), json!({ "email": "x@y.example", "password": WRONG })),
        ("GET /api/v1/{portal}/account/consents", Only(SESSION), none.clone()),
        ("PUT /api/v1/{portal}/account/consents/{document}", Only(SESSION), json!({ "version": "0", "granted": true })),
        ("GET /api/v1/{portal}/account/sessions", Only(SESSION), none.clone()),
        ("DELETE /api/v1/{portal}/account/sessions/{id}", Only(MEMBERS_OWN), none.clone()),
        ("GET /api/v1/{portal}/account/export", Only(SESSION), none.clone()),
        ("POST /api/v1/{portal}/account/close", Only(SESSION), json!({ "password": WRONG })),
        ("GET /api/v1/{portal}/team", Only(ADMIN), none.clone()),
        ("POST /api/v1/{portal}/team/requests/{id}/approve", Only(ADMINS_OWN), json!({ "version": 0 })),
        ("POST /api/v1/{portal}/team/requests/{id}/reject", Only(ADMINS_OWN), json!({ "version": 0 })),
        (
            "POST /api/v1/{portal}/team/invitations",
            Only(ADMINS_OWN),
            json!({ "record": RECORDS[0], "email": "neu@mail.example", "role": "member" }),
        ),
        ("POST /api/v1/{portal}/team/invitations/{id}/resend", Only(ADMINS_OWN), json!({})),
        ("DELETE /api/v1/{portal}/team/invitations/{id}", Only(ADMINS_OWN), none.clone()),
        ("PATCH /api/v1/{portal}/team/members/{id}", Only(ADMINS_OWN), json!({ "suspended": true })),
        ("DELETE /api/v1/{portal}/team/members/{id}", Only(ADMINS_OWN), none.clone()),
        ("GET /api/v1/{portal}/account/pin-letters", Only(SESSION), none.clone()),
        ("POST /api/v1/{portal}/account/pin-letters", Only(SESSION), json!({ "number": RECORDS[0] })),
        ("GET /api/v1/{portal}/account/memberships", Only(SESSION), none.clone()),
        ("POST /api/v1/{portal}/account/memberships", Only(SESSION), json!({ "number": RECORDS[0], "pin": "2345-6789-BCDF" })),
        // The last thing that the member does.
        ("DELETE /api/v1/{portal}/account/memberships/{id}", Only(MEMBERS_OWN), none.clone()),
        ("GET /api/v1/{portal}/staff/session", Only(STAFF), none.clone()),
        ("GET /api/v1/{portal}/staff/registrations", Only(STAFF), none.clone()),
        ("GET /api/v1/{portal}/staff/registrations/{id}", Only(STAFF), none.clone()),
        ("POST /api/v1/{portal}/staff/registrations/{id}/resend", Only(STAFF), json!({})),
        ("POST /api/v1/{portal}/staff/registrations/{id}/approve", Only(STAFF), json!({ "version": 0 })),
        ("POST /api/v1/{portal}/staff/registrations/{id}/reject", Only(STAFF), json!({ "version": 0 })),
        ("GET /api/v1/{portal}/staff/accounts", Only(STAFF), none.clone()),
        ("GET /api/v1/{portal}/staff/accounts/{id}", Only(STAFF), none.clone()),
        ("PATCH /api/v1/{portal}/staff/accounts/{id}", Only(STAFF), json!({ "suspended": false })),
        ("GET /api/v1/{portal}/staff/records/{number}", Only(STAFF), none.clone()),
        ("PUT /api/v1/{portal}/staff/records/{number}", Only(STAFF), json!({ "email": "no address" })),
        ("PUT /api/v1/{portal}/staff/records/{number}/super-admins", Only(STAFF), json!({ "email": "no address" })),
        ("POST /api/v1/{portal}/staff/records/import", Only(STAFF), Value::Null),
        ("GET /api/v1/{portal}/staff/imports/{id}", Only(STAFF), none.clone()),
        ("POST /api/v1/{portal}/staff/records/{number}/provision", Only(STAFF), json!({})),
        ("POST /api/v1/{portal}/staff/accounts/{id}/initial-password", Only(STAFF), json!({})),
        ("GET /api/v1/{portal}/staff/letters", Only(STAFF), none.clone()),
        ("POST /api/v1/{portal}/staff/letters/{id}/posted", Only(STAFF), json!({})),
        ("POST /api/v1/{portal}/staff/letters/{id}/returned", Only(STAFF), json!({})),
        ("POST /api/v1/{portal}/staff/letters/{id}/reissue", Only(STAFF), json!({})),
        ("POST /api/v1/{portal}/staff/letters/{id}/release", Only(STAFF), json!({})),
        ("POST /api/v1/{portal}/staff/letters/{id}/refuse", Only(STAFF), json!({})),
        ("POST /api/v1/{portal}/staff/pin-batches", Only(STAFF), json!({ "numbers": [] })),
        ("GET /api/v1/{portal}/staff/audit", Only(STAFF), none.clone()),
        ("GET /api/v1/{portal}/staff/outbox", Only(STAFF), none.clone()),
        ("GET /api/v1/{portal}/staff/outbox/{id}/preview", Only(STAFF), none.clone()),
        ("POST /api/v1/{portal}/staff/outbox/{id}/retry", Only(STAFF), json!({})),
        ("GET /api/v1/{portal}/staff/overview", Only(STAFF), none.clone()),
        ("DELETE /api/v1/{portal}/staff/session", Only(STAFF), none),
    ]
}

/// A portal with two teams, somebody who waits at each record, and everybody's session.
struct Town {
    site: Site,
    tokens: BTreeMap<u8, String>,
    /// What braces stand for, by the path up to them.
    ids: BTreeMap<&'static str, String>,
}

fn consent(document: &str, version: &str) -> Value {
    json!({ "document": document, "version": version, "granted": true })
}

fn staff_session(site: &Site, portal: &str) -> String {
    let printed = String::from_utf8(site.run(&["staff", "add", portal, "amt@office.example"]).stdout).unwrap();
    let set_up = json!({ "token": printed.lines().last().unwrap(), "password": PASSWORD });
    site.post(&format!("/{portal}/staff/setup"), &set_up).expect(201)["token"].as_str().unwrap().to_owned()
}

impl Town {
    fn built() -> Self {
        let mut site = Site::prepared(&Setup { portals: vec![HOUSING, PARTNER], twin: false, ..Setup::default() });
        let header = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n";
        let rows = RECORDS.map(|number| format!("{number},Praxis {number},,,Weg 1,10999,Berlin,DE,,de\n")).concat();
        let file = site.folder().join("customers.csv");
        fs::write(&file, format!("{header}{rows}")).unwrap();
        site.import(PARTNER, &file);
        site.restart();
        let mut town = Self { site, tokens: BTreeMap::new(), ids: BTreeMap::new() };
        town.populate();
        town
    }

    fn completed(&self, token: &str, password: &str) {
        let consents = [consent("privacy", "3.0"), consent("terms", "3.1")];
        let body = json!({ "token": token, "consents": consents, "password": password, "first_name": "Kim", "last_name": "Reeder" });
        assert_eq!(self.site.post("/partner/completions", &body).expect(200)["state"], "active");
    }

    fn boss(&self, record: &str, email: &str) -> String {
        self.site.run(&["super-admin", PARTNER, record, email]);
        self.completed(&self.site.mail(PARTNER, email).token(), PASSWORD);
        self.site.sign_in(PARTNER, email, PASSWORD)
    }

    fn invited(&self, boss: &str, email: &str, password: &str) -> String {
        let body = json!({ "record": RECORDS[0], "email": email, "role": "member" });
        let id = self.site.signed(boss, "POST", "/partner/team/invitations", &body).expect(202)["id"].as_str().unwrap().to_owned();
        let token = self.site.mail(PARTNER, email).token();
        if !password.is_empty() {
            self.completed(&token, password);
        }
        id
    }

    fn asks(&self, record: &str, email: &str) {
        let body = json!({
            "claim": { "number": record, "postal_code": "10999" }, "email": email, "first_name": "Robin", "last_name": "Reeder",
            "consents": [consent("privacy", "3.0")],
        });
        self.site.post("/partner/registrations", &body).expect(202);
        let token = self.site.mail(PARTNER, email).token();
        assert_eq!(self.site.post("/partner/confirmations", &json!({ "token": token })).expect(200)["state"], "awaiting_approval");
    }

    fn populate(&mut self) {
        let own = self.boss(RECORDS[0], "chefin@praxis.example");
        let other = self.boss(RECORDS[1], "fremd@labor.example");
        self.invited(&own, "kim@praxis.example", PASSWORD);
        self.invited(&own, "lou@praxis.example", SHORT_PASSWORD);
        self.invited(&own, "weg@praxis.example", PASSWORD);
        let invitation = self.invited(&own, "offen@praxis.example", "");
        self.asks(RECORDS[0], "robin@praxis.example");
        self.asks(RECORDS[2], "robin@ohne.example");
        let team = self.site.signed(&own, "GET", "/partner/team", &Value::Null).expect(200);
        let of = |list: &str, email: &str| {
            let found = team[list].as_array().unwrap().iter().find(|entry| entry["email"] == email).unwrap_or_else(|| panic!("{team}"));
            found["id"].as_str().unwrap().to_owned()
        };
        let promoted = format!("/partner/team/members/{}", of("members", "lou@praxis.example"));
        self.site.signed(&own, "PATCH", &promoted, &json!({ "role": "super_admin" })).expect(200);
        let staff = staff_session(&self.site, PARTNER);
        let listed = |list: &str, email: &str| {
            let found = self.site.signed(&staff, "GET", &format!("/partner/staff/{list}?q={email}"), &Value::Null).expect(200);
            found[list][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
        };
        let account = listed("accounts", "kim@praxis.example");
        let seen = self.site.signed(&staff, "GET", &format!("/partner/staff/accounts/{account}"), &Value::Null).expect(200);
        let outbox = self.site.signed(&staff, "GET", "/partner/staff/outbox", &Value::Null).expect(200);
        let listed_outbox = outbox["deliveries"][0]["id"].as_str().unwrap().to_owned();
        let ids = BTreeMap::from([
            ("account/memberships", seen["memberships"][0]["id"].as_str().unwrap().to_owned()),
            ("team/requests", of("requests", "robin@praxis.example")),
            ("team/invitations", invitation),
            ("team/members", of("members", "weg@praxis.example")),
            ("staff/registrations", listed("registrations", "robin@ohne.example")),
            ("staff/accounts", account),
            ("staff/letters", "00000000-0000-0000-0000-000000000000".to_owned()),
            ("staff/outbox", listed_outbox),
            ("staff/imports", "00000000-0000-0000-0000-000000000000".to_owned()),
        ]);
        self.site.register(HOUSING, &PEOPLE[0], "kim@praxis.example");
        self.ids = ids;
        let neighbours = staff_session(&self.site, HOUSING);
        for (by, token) in [(By::OwnAdmin, own), (By::OtherAdmin, other), (By::Clerk, staff), (By::OtherClerk, neighbours)] {
            self.tokens.insert(by as u8, token);
        }
        for by in [By::Member, By::Restricted, By::Neighbour] {
            self.renew(by);
        }
    }

    /// A fresh session, where the former one may have been ended.
    fn renew(&mut self, by: By) {
        let sign_in = |portal: &str, login: &str, password: &str| self.site.sign_in(portal, login, password);
        let token = match by {
            By::Nobody | By::OtherClerk => return,
            By::Member => sign_in(PARTNER, "kim@praxis.example", PASSWORD),
            By::Restricted => sign_in(PARTNER, "lou@praxis.example", SHORT_PASSWORD),
            By::OtherAdmin => sign_in(PARTNER, "fremd@labor.example", PASSWORD),
            By::OwnAdmin => sign_in(PARTNER, "chefin@praxis.example", PASSWORD),
            By::Neighbour => sign_in(HOUSING, "kim@praxis.example", PASSWORD),
            By::Clerk => {
                let body = json!({ "login": "amt@office.example", "password": PASSWORD });
                self.site.post("/partner/staff/sessions", &body).expect(201)["token"].as_str().unwrap().to_owned()
            }
        };
        self.tokens.insert(by as u8, token);
    }

    /// A second session of the member's own.
    fn members_session(&self) -> String {
        let other = self.site.sign_in(PARTNER, "kim@praxis.example", PASSWORD);
        let all = self.site.signed(&other, "GET", "/partner/account/sessions", &Value::Null).expect(200);
        let own = all.as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
        own["id"].as_str().unwrap().to_owned()
    }

    fn target(&self, path: &str) -> String {
        let path = path.replace("{portal}", PARTNER).replace("{document}", "terms").replace("{number}", RECORDS[0]);
        let path = path.replace("{handle}", &"A".repeat(43));
        let Some((before, after)) = path.split_once("{id}") else { return path };
        let within = before.trim_start_matches("/api/v1/partner/").trim_end_matches('/');
        let id = if within == "account/sessions" { self.members_session() } else { self.ids[within].clone() };
        format!("{before}{id}{after}")
    }

    fn call(&self, by: By, method: &str, target: &str, body: &Value) -> Answer {
        let mut call = self.site.http().call(method, target);
        if let Some(token) = self.tokens.get(&(by as u8)) {
            call = call.bearer(token);
        }
        if target.ends_with("/import") {
            call.body("text/csv", b"x").send()
        } else if body.is_null() {
            call.send()
        } else {
            call.json(body).send()
        }
    }
}

fn told(answer: &Answer) -> Told {
    match (answer.status, answer.code().as_str()) {
        (401, "sign_in_required") => Login,
        (403, "password_change_required") => Password,
        (403, "forbidden") => Forbidden,
        (404, "not_found") => Hidden,
        // The caller was admitted; the journey has no such step.
        (403, "not_acceptable_here") => Yes,
        // The call was made; what it was made with is dead.
        (404, "token_unknown") => Yes,
        (401 | 403 | 404 | 405 | 500.., _) => panic!("{answer}"),
        _ => Yes,
    }
}

/// The calls that the running binary publishes.
fn published(site: &Site) -> Vec<String> {
    let document = site.http().get("/api/openapi.json").send().expect(200);
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        calls.extend(methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    calls.sort();
    calls
}

/// Row 48.
#[test]
fn every_call_admits_whom_the_table_names_and_nobody_else() {
    let mut town = Town::built();
    let table = table();
    let mut rows: Vec<String> = table.iter().map(|(call, ..)| (*call).to_owned()).collect();
    rows.sort();
    assert_eq!(published(&town.site), rows, "every call needs one row");

    let mut faults = Vec::new();
    for (call, who, body) in &table {
        let (method, path) = call.split_once(' ').unwrap();
        let target = town.target(path);
        let ends = *method == *"DELETE" && path.ends_with("/session");
        match who {
            Public => {
                let answers = CALLERS.map(|by| town.call(by, method, &target, body));
                let first = (answers[0].status, answers[0].code());
                for (by, answer) in CALLERS.iter().zip(&answers) {
                    if (answer.status, answer.code()) != first || answer.status >= 500 {
                        faults.push(format!("{call} × {by:?}: {} {} instead of {first:?}", answer.status, answer.code()));
                    }
                }
            }
            Only(row) => {
                for (by, expected) in CALLERS.iter().zip(row) {
                    // Something that is not there is not found, by whoever may look for it.
                    let absent = target.contains("0000-000000000000") && *expected == Yes;
                    let seen = told(&town.call(*by, method, &target, body));
                    if seen != *expected && !(absent && seen == Hidden) {
                        faults.push(format!("{call} × {by:?}: expected {expected:?}, seen {seen:?}"));
                    }
                    if ends && *expected == Yes {
                        town.renew(*by);
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Rows 5 and 47: what the body names is never preferred to what the path and the session name.
#[test]
fn an_id_in_the_body_moves_nothing_from_one_record_or_person_to_another() {
    let town = Town::built();
    let as_ = |by: By, method: &str, path: &str, body: &Value| town.call(by, method, &format!("/api/v1/partner/{path}"), body);
    let request = format!("team/requests/{}/approve", town.ids["team/requests"]);
    let member = format!("team/members/{}", town.ids["team/members"]);
    for foreign in ["record", "id", "account", "portal"] {
        // The own path with a foreign id in the body, and the foreign path with the own id in the body.
        let mut body = json!({ "version": 1 });
        body[foreign] = json!(RECORDS[1]);
        as_(By::OwnAdmin, "POST", &request, &body).refused(422, "validation_failed");
        as_(By::OtherAdmin, "POST", &request, &body).refused(422, "validation_failed");
        let mut body = json!({ "suspended": true });
        body[foreign] = json!(RECORDS[1]);
        as_(By::OtherAdmin, "PATCH", &member, &body).refused(422, "validation_failed");
        let mut body = json!({ "suspended": true });
        body[foreign] = json!(town.ids["staff/accounts"]);
        as_(By::Clerk, "PATCH", &format!("staff/accounts/{}", town.ids["staff/accounts"]), &body).refused(422, "validation_failed");
    }
    let body = json!({ "number": RECORDS[0], "name": "Fremd" });
    let refused = as_(By::Clerk, "PUT", &format!("staff/records/{}", RECORDS[1]), &body).refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "number");
    let body = json!({ "record": RECORDS[0], "email": "x@labor.example", "role": "member" });
    as_(By::OtherAdmin, "POST", "team/invitations", &body).refused(404, "not_found");
    // The other portal's clerk, at his own door, with an id of this one.
    let housing = format!("/api/v1/housing/staff/accounts/{}", town.ids["staff/accounts"]);
    town.call(By::OtherClerk, "PATCH", &housing, &json!({ "suspended": true })).refused(404, "not_found");
    let housing = format!("/api/v1/housing/staff/registrations/{}", town.ids["staff/registrations"]);
    town.call(By::OtherClerk, "GET", &housing, &Value::Null).refused(404, "not_found");
    as_(By::Member, "GET", "session", &Value::Null).expect(200);
}

/// Row 49: nobody becomes anything by saying so.
#[test]
fn a_field_that_would_grant_something_is_refused_at_every_call_that_takes_a_body() {
    let town = Town::built();
    for (call, _, body) in table() {
        let (method, path) = call.split_once(' ').unwrap();
        if !body.is_object() || path.ends_with("/invitations") {
            continue;
        }
        for (field, value) in [
            ("tenant_id", json!("housing")),
            ("approved", json!(true)),
            ("email_verified", json!(true)),
            ("privileged", json!(true)),
            ("state", json!("active")),
            ("access", json!("member")),
        ] {
            let mut granted = body.clone();
            granted[field] = value;
            let by = if path.contains("/staff/") { By::Clerk } else { By::OwnAdmin };
            let answer = town.call(by, method, &town.target(path), &granted);
            let refused = answer.refused(422, "validation_failed");
            assert!(
                refused["errors"].as_array().unwrap().iter().any(|error| error["field"] == field && error["code"] == "unknown_field"),
                "{call}: {refused}"
            );
        }
    }
}
