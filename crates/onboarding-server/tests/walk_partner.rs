//! The journey of a customer's colleagues, walked as outside programs walk it: public calls, the commands and the `.eml` files, with records
//! made here.
//!
//! Every test has an installation of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::so_far;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use support::{Answer, PASSWORD, Setup, Site, Visitor};

const PARTNER: &str = "partner";
const BOSS: &str = "chefin@praxis.example";
const ROBIN: &str = "robin@praxis.example";
const DAY: Duration = Duration::from_hours(24);

/// A customer: number and postal code as the books write them.
struct Customer {
    number: String,
    postal_code: String,
}

/// Two customers, others in every run.
fn site() -> (Site, Customer, Customer) {
    let mut site = Site::prepared(&Setup { portals: vec![PARTNER], twin: false, ..Setup::default() });
    let seed = std::process::id();
    let one = Customer { number: format!("{:06}", seed % 1_000_000), postal_code: format!("{:05}", 10_000 + seed % 80_000) };
    let two = Customer { number: format!("{:07}", 1_000_000 + seed % 1_000_000), postal_code: format!("{:05}", 10_001 + seed % 80_000) };
    let header = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n";
    let row = |customer: &Customer, name: &str| format!("{},{name},,,Weg 1,{},Ort,DE,,de,open\n", customer.number, customer.postal_code);
    let file = site.folder().join("customers.csv");
    fs::write(&file, format!("{header}{}{}", row(&one, "Praxis Drossel"), row(&two, "Labor Zeisig"))).unwrap();
    site.import(PARTNER, &file);
    site.restart();
    (site, one, two)
}

fn consent(document: &str) -> Value {
    let version = if document == "terms" {
        "3.1"
    } else if document == "marketing" {
        "1.2"
    } else {
        "3.0"
    };
    json!({ "document": document, "version": version, "granted": true })
}

fn complete(site: &Site, body: &Value) -> Answer {
    site.post("/partner/completions", body)
}

/// Everything that an invited person is asked for.
fn everything(token: &str) -> Value {
    let consents = [consent("privacy"), consent("terms")];
    json!({ "token": token, "consents": consents, "password": PASSWORD, "first_name": "Nora", "last_name": "Drossel" })
}

/// Names a super admin by the command, completes and signs in.
fn boss(site: &Site, customer: &Customer, email: &str) -> String {
    let said = site.run(&["super-admin", PARTNER, &customer.number, email]);
    assert!(String::from_utf8_lossy(&said.stdout).contains(email), "{said:?}");
    let mail = site.mail(PARTNER, email);
    assert!(mail.link().starts_with(&format!("{}/partner/invite?t=", site.base_url())), "{}", mail.link());
    assert_eq!(so_far(complete(site, &everything(&mail.token()))), json!({ "state": "active", "missing": [] }));
    site.sign_in(PARTNER, email, PASSWORD)
}

/// Applies with a claim that was checked before, and proves the address.
fn ask(site: &Site, customer: &Customer, email: &str) -> String {
    let claim = json!({ "number": customer.number, "postal_code": customer.postal_code });
    let ticket = site.post("/partner/claims", &claim).expect(200)["claim"].clone();
    let body = json!({
        "claim": { "token": ticket }, "email": email, "first_name": "Robin", "last_name": "Reeder",
        "consents": [consent("privacy"), consent("marketing")],
    });
    let applied = site.post("/partner/registrations", &body).expect(202);
    let token = site.mail(PARTNER, email).token();
    assert_eq!(site.post("/partner/confirmations", &json!({ "token": token })).expect(200)["state"], "awaiting_approval");
    applied["registration"].as_str().unwrap().to_owned()
}

fn team(site: &Site, token: &str) -> Value {
    site.signed(token, "GET", "/partner/team", &Value::Null).expect(200)
}

fn decide(site: &Site, token: &str, request: &Value, verdict: &str, body: &Value) -> Answer {
    site.signed(token, "POST", &format!("/partner/team/requests/{}/{verdict}", request["id"].as_str().unwrap()), body)
}

fn member(site: &Site, token: &str, email: &str) -> String {
    let team = team(site, token);
    let member = team["members"].as_array().unwrap().iter().find(|member| member["email"] == email).unwrap_or_else(|| panic!("{team}"));
    member["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_colleague_goes_from_the_claim_to_the_member_area() {
    let (mut site, customer, _) = site();
    let boss = boss(&site, &customer, BOSS);
    let handle = ask(&site, &customer, ROBIN);
    let wanted = site.mail(PARTNER, BOSS);
    assert_eq!(wanted.find_link(), None, "no link of the mail decides: {}", wanted.text);
    site.crash();

    let team_before = team(&site, &boss);
    assert_eq!(team_before["records"], json!([{ "number": customer.number, "name": "Praxis Drossel" }]));
    let request = &team_before["requests"][0];
    assert_eq!((&request["email"], &request["first_name"]), (&json!(ROBIN), &json!("Robin")));
    let version = request["version"].as_u64().unwrap();
    decide(&site, &boss, request, "approve", &json!({ "version": version + 1 })).refused(409, "already_decided");
    assert_eq!(decide(&site, &boss, request, "approve", &json!({ "version": version })).expect(200)["state"], "awaiting_completion");
    decide(&site, &boss, request, "approve", &json!({ "version": version })).refused(409, "already_decided");
    let seen = site.get(&format!("/partner/registrations/{handle}")).expect(200);
    assert_eq!((&seen["state"], &seen["decided_by"]), (&json!("awaiting_completion"), &json!("super_admin")));
    site.crash();

    // Not an account yet.
    site.post("/partner/sessions", &json!({ "login": ROBIN, "password": PASSWORD })).refused(401, "sign_in_failed");
    let mail = site.mail(PARTNER, ROBIN);
    assert!(mail.link().starts_with(&format!("{}/partner/setup?t=", site.base_url())), "{}", mail.link());
    let token = mail.token();
    // A GET changes nothing; the page lists what is missing.
    let page = site.http().get(&mail.path(site.base_url())).send();
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("<li>Nutzungsbedingungen</li>") && page.text().contains("<li>Passwort festlegen</li>"), "{}", page.text());

    let part = json!({ "token": token, "consents": [consent("terms")] });
    assert_eq!(so_far(complete(&site, &part)), json!({ "state": "awaiting_completion", "missing": ["password"] }));
    site.crash();
    for (field, value) in
        [("email", json!("evil@mail.example")), ("role", json!("super_admin")), ("approved", json!(true)), ("email_verified", json!(true))]
    {
        let mut body = json!({ "token": token, "password": PASSWORD });
        body[field] = value;
        assert_eq!(complete(&site, &body).refused(422, "validation_failed")["errors"][0]["code"], "unknown_field");
    }
    assert_eq!(so_far(complete(&site, &json!({ "token": token, "password": PASSWORD }))), json!({ "state": "active", "missing": [] }));
    complete(&site, &json!({ "token": token, "password": PASSWORD })).refused(410, "token_used");

    let robin = site.sign_in(PARTNER, ROBIN, PASSWORD);
    let session = site.signed(&robin, "GET", "/partner/session", &Value::Null).expect(200);
    assert_eq!((&session["access"], &session["account"]["email"]), (&json!("member"), &json!(ROBIN)));
    assert_eq!((&session["memberships"][0]["record"], &session["memberships"][0]["role"]), (&json!(customer.number), &json!("member")));
    site.signed(&robin, "GET", "/partner/team", &Value::Null).refused(403, "forbidden");
    let consents = site.signed(&robin, "GET", "/partner/account/consents", &Value::Null).expect(200);
    assert!(
        consents.as_array().unwrap().iter().any(|consent| consent["document"] == "marketing" && consent["granted"] == true),
        "{consents}"
    );
}

#[test]
fn a_rejection_tells_its_reason_and_others_see_nothing_of_it() {
    let (site, customer, other) = site();
    let (chief, stranger) = (boss(&site, &customer, BOSS), boss(&site, &other, "fremd@labor.example"));
    let handle = ask(&site, &customer, ROBIN);
    let request = team(&site, &chief)["requests"][0].clone();
    assert_eq!(team(&site, &stranger)["requests"], json!([]));
    for verdict in ["approve", "reject"] {
        decide(&site, &stranger, &request, verdict, &json!({ "version": request["version"] })).refused(404, "not_found");
    }
    let id = request["id"].as_str().unwrap();
    assert_eq!(site.post(&format!("/partner/team/requests/{id}/approve"), &json!({ "version": 1 })).status, 401);
    let body = json!({ "version": request["version"], "reason": "Kennen wir nicht." });
    assert_eq!(decide(&site, &chief, &request, "reject", &body).expect(200)["state"], "rejected");
    let seen = site.get(&format!("/partner/registrations/{handle}")).expect(200);
    assert_eq!((&seen["state"], &seen["reason"]), (&json!("rejected"), &json!("Kennen wir nicht.")));
    assert!(site.mail(PARTNER, ROBIN).text.contains("Kennen wir nicht."));
}

#[test]
fn an_invitation_is_sent_again_and_taken_back_and_its_page_lets_somebody_in() {
    let (site, customer, _) = site();
    let chief = boss(&site, &customer, BOSS);
    let invite = |email: &str, role: &str| {
        let body = json!({ "record": customer.number, "email": email, "role": role });
        site.signed(&chief, "POST", "/partner/team/invitations", &body)
    };
    let id = invite("kim@praxis.example", "member").expect(202)["id"].as_str().unwrap().to_owned();
    let first = site.mail(PARTNER, "kim@praxis.example").token();
    assert_eq!(invite(BOSS, "member").refused(422, "validation_failed")["errors"][0]["code"], "already_member");
    assert_eq!(invite("x@praxis.example", "owner").refused(422, "validation_failed")["errors"][0]["field"], "role");
    for (field, value) in [("approved", json!(true)), ("email_verified", json!(true)), ("by", json!("nobody"))] {
        let mut body = json!({ "record": customer.number, "email": "y@praxis.example", "role": "member" });
        body[field] = value;
        let refused = site.signed(&chief, "POST", "/partner/team/invitations", &body).refused(422, "validation_failed");
        assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!(field), &json!("unknown_field")));
    }
    let path = format!("/partner/team/invitations/{id}");
    site.signed(&chief, "POST", &format!("{path}/resend"), &Value::Null).expect(202);
    let again = site.mail(PARTNER, "kim@praxis.example");
    complete(&site, &everything(&first)).refused(410, "token_superseded");
    site.signed(&chief, "DELETE", &path, &Value::Null).expect(204);
    complete(&site, &everything(&again.token())).refused(409, "not_in_this_state");
    assert_eq!(team(&site, &chief)["invitations"], json!([]));

    invite("lou@praxis.example", "super_admin").expect(202);
    let mail = site.mail(PARTNER, "lou@praxis.example");
    let page = site.http().get(&mail.path(site.base_url())).send();
    assert_eq!(page.status, 200, "{}", page.text());
    let mut visitor = Visitor::at(&site, "de", "/partner/");
    visitor.open(&mail.link());
    visitor.fill(&[("first_name", "Lou"), ("last_name", "")]);
    assert_eq!(visitor.page.status, 422, "{}", visitor.text());
    assert_eq!(visitor.value("first_name").as_deref(), Some("Lou"), "what was typed is kept");
    visitor.fill(&[("first_name", "Lou"), ("last_name", "Lerche")]);
    while !visitor.path().ends_with("/setup/password") {
        assert!(visitor.text().contains("Schritt"), "{}: {}", visitor.at, visitor.text());
        visitor.press(&[], None);
    }
    visitor.fill(&[("password", "kurz")]);
    assert!(visitor.page.status == 422 && !visitor.page.text().contains("kurz"), "passwords are never kept: {}", visitor.text());
    assert!(visitor.page.text().contains("href=\"#password\""), "{}", visitor.text());
    visitor.fill(&[("password", PASSWORD)]);
    assert_eq!(visitor.path(), "/partner/login", "{}", visitor.text());
    let lou = site.sign_in(PARTNER, "lou@praxis.example", PASSWORD);
    let consents = site.signed(&lou, "GET", "/partner/account/consents", &Value::Null).expect(200);
    let given: Vec<_> =
        consents.as_array().unwrap().iter().map(|consent| (consent["document"].as_str(), consent["language"].as_str())).collect();
    assert_eq!(given.len(), 2, "{consents}");
    assert!(given.iter().all(|(_, language)| *language == Some("de")), "as the page was shown: {consents}");
    assert_eq!(team(&site, &lou)["members"].as_array().unwrap().len(), 2);
    assert_eq!(site.http().get(&mail.path(site.base_url())).send().status, 410);
}

#[test]
fn an_account_takes_a_second_record_by_signing_in() {
    let (site, customer, other) = site();
    let (chief, second) = (boss(&site, &customer, BOSS), boss(&site, &other, "leitung@labor.example"));
    let body = json!({ "record": other.number, "email": BOSS, "role": "member" });
    site.signed(&second, "POST", "/partner/team/invitations", &body).expect(202);
    let mail = site.mail(PARTNER, BOSS);
    let token = mail.token();
    let empty = json!({ "token": token });
    let before = so_far(complete(&site, &everything(&token)));
    assert_eq!(before, json!({ "state": "awaiting_completion", "missing": ["sign_in"] }));
    let page = site.http().get(&mail.path(site.base_url())).send();
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains(BOSS) && !page.text().contains("name=\"password\""), "{}", page.text());
    site.signed(&second, "POST", "/partner/completions", &empty).refused(403, "forbidden");
    site.signed("nobody", "POST", "/partner/completions", &empty).refused(401, "sign_in_required");
    assert_eq!(so_far(site.signed(&chief, "POST", "/partner/completions", &empty)), json!({ "state": "active", "missing": [] }));
    let token = site.sign_in(PARTNER, BOSS, PASSWORD);
    let session = site.signed(&token, "GET", "/partner/session", &Value::Null).expect(200);
    assert_eq!(session["memberships"].as_array().unwrap().len(), 2);
    assert_eq!(team(&site, &token)["records"].as_array().unwrap().len(), 1, "a member there, no super admin");
}

#[test]
fn the_last_super_admin_stays_and_the_role_is_handed_over() {
    let (site, customer, _) = site();
    let chief = boss(&site, &customer, BOSS);
    let own = format!("/partner/team/members/{}", member(&site, &chief, BOSS));
    site.signed(&chief, "DELETE", &own, &Value::Null).refused(409, "last_super_admin");
    for change in [json!({ "role": "member" }), json!({ "suspended": true })] {
        site.signed(&chief, "PATCH", &own, &change).refused(409, "last_super_admin");
    }
    let body = json!({ "record": customer.number, "email": ROBIN, "role": "member" });
    site.signed(&chief, "POST", "/partner/team/invitations", &body).expect(202);
    complete(&site, &everything(&site.mail(PARTNER, ROBIN).token())).expect(200);
    let robin = site.sign_in(PARTNER, ROBIN, PASSWORD);
    let other = format!("/partner/team/members/{}", member(&site, &chief, ROBIN));
    assert_eq!(site.signed(&chief, "PATCH", &other, &json!({ "role": "super_admin" })).expect(200)["role"], "super_admin");
    assert_eq!(
        site.signed(&robin, "GET", "/partner/session", &Value::Null).status,
        401,
        "a role that is gained ends what was opened before"
    );
    site.signed(&chief, "DELETE", &own, &Value::Null).expect(204);
    site.signed(&chief, "GET", "/partner/team", &Value::Null).refused(401, "sign_in_required");
    let robin = site.sign_in(PARTNER, ROBIN, PASSWORD);
    let members = team(&site, &robin)["members"].clone();
    assert_eq!(members.as_array().unwrap().iter().map(|member| &member["email"]).collect::<Vec<_>>(), [&json!(ROBIN)]);
}

#[test]
fn an_expired_invitation_is_renewed_from_its_page() {
    let (mut site, customer, _) = site();
    site.run(&["super-admin", PARTNER, &customer.number, BOSS]);
    let mail = site.mail(PARTNER, BOSS);
    site.advance(DAY * 14);
    complete(&site, &everything(&mail.token())).refused(410, "token_expired");
    let page = site.http().get(&mail.path(site.base_url())).send();
    assert_eq!(page.status, 410, "{}", page.text());
    assert!(page.text().contains("value=\"renew\""), "{}", page.text());
    assert_eq!(site.http().press("/partner/invite", &[("token", &mail.token()), ("decision", "renew")]).status, 200);
    let fresh = site.mail(PARTNER, BOSS);
    assert_eq!(complete(&site, &everything(&fresh.token())).expect(200)["state"], "active");
}

#[test]
fn the_command_tells_in_one_line_what_is_wrong() {
    let (site, customer, _) = site();
    for (arguments, told) in [
        (["super-admin", PARTNER, "no-such", BOSS], "there is no open record no-such at partner"),
        (["super-admin", PARTNER, &customer.number, "nowhere"], "nowhere is no e-mail address"),
        (["super-admin", "harbour", &customer.number, BOSS], "there is no portal `harbour`, only partner"),
    ] {
        let output = site.command(&arguments).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(err.lines().last().unwrap_or_default().ends_with(told), "{err}");
    }
}

#[test]
fn many_who_approve_at_once_make_one_decision_and_one_mail() {
    let (site, customer, _) = site();
    let chief = boss(&site, &customer, BOSS);
    ask(&site, &customer, ROBIN);
    let request = team(&site, &chief)["requests"][0].clone();
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let approve = || decide(&site, &chief, &request, "approve", &json!({ "version": request["version"] })).status;
        let crowd: Vec<_> = (0..8).map(|_| scope.spawn(approve)).collect();
        crowd.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 200 | 409 | 503)), "{answers:?}");
    let mail = site.mail(PARTNER, ROBIN);
    site.mail(PARTNER, BOSS);
    assert_eq!(
        complete(&site, &json!({ "token": mail.token(), "consents": [consent("terms")], "password": PASSWORD })).expect(200)["state"],
        "active"
    );
    // Everything ordered before is sent by now; the confirmation and the approval are all there was.
    let body = json!({ "record": customer.number, "email": "last@praxis.example", "role": "member" });
    site.signed(&chief, "POST", "/partner/team/invitations", &body).expect(202);
    site.mail(PARTNER, "last@praxis.example");
    assert_eq!(site.mails_to(PARTNER, ROBIN).len(), 2);
}

#[test]
fn a_request_reminds_its_super_admin_passes_to_the_clerks_and_is_decided_by_one() {
    let (mut site, customer, _) = site();
    boss(&site, &customer, BOSS);
    let handle = ask(&site, &customer, ROBIN);
    let late = ask(&site, &customer, "late@praxis.example");
    // Two mails that ask, from the two requests.
    site.mail(PARTNER, BOSS);
    site.mail(PARTNER, BOSS);
    let clerk = site.clerk(PARTNER, "amt@office.example");
    let approve = |site: &Site, clerk: &str, email: &str| {
        let found = site.signed(clerk, "GET", &format!("/partner/staff/registrations?q={email}"), &Value::Null).expect(200);
        let seen = &found["registrations"][0];
        let path = format!("/partner/staff/registrations/{}/approve", seen["id"].as_str().unwrap());
        site.signed(clerk, "POST", &path, &json!({ "version": seen["version"] }))
    };
    approve(&site, &clerk, ROBIN).refused(403, "forbidden");
    site.crash();

    // The sweeper looks at its start and then now and then: a restart is the next look.
    site.advance(3 * DAY);
    site.restart();
    site.mail(PARTNER, BOSS);
    site.mail(PARTNER, BOSS);
    site.advance(4 * DAY);
    site.restart();
    site.mail(PARTNER, "portal@medora.example");
    let clerk = site.clerk(PARTNER, "amt@office.example");
    assert_eq!(approve(&site, &clerk, ROBIN).expect(200)["state"], "awaiting_completion");
    assert_eq!(site.get(&format!("/partner/registrations/{handle}")).expect(200)["decided_by"], "clerk");
    let token = site.mail(PARTNER, ROBIN).token();
    let rest = json!({ "token": token, "consents": [consent("terms")], "password": PASSWORD });
    assert_eq!(complete(&site, &rest).expect(200)["state"], "active");
    let session = site.post("/partner/sessions", &json!({ "login": ROBIN, "password": PASSWORD })).expect(201);
    assert_eq!(session["access"], "member");

    // The other one waits in vain, and is told when its time is over.
    site.advance(24 * DAY);
    site.restart();
    let told = site.mail(PARTNER, "late@praxis.example");
    assert_eq!(told.find_link(), None, "{told:#?}");
    assert_eq!(site.get(&format!("/partner/registrations/{late}")).expect(200)["state"], "expired");
}
