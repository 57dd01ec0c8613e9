//! A portal that nobody foresaw: declared by files alone, with a mix of steps that none of the repository's portals has, and walked to its end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::so_far;
use serde_json::{Value, json};
use std::fs;
use support::{PASSWORD, Setup, Site};

/// A harbour cooperative: number, last name and postal code must all fit; a code proves the address; a clerk decides; the password is chosen
/// at the beginning, and the house rules are agreed to at the end.
const HARBOUR: &str = r#"
name = "Hafenportal Seestern"
languages = ["it", "fr"]
country = "CH"

[support]
email = "aiuto@seestern.example"
phone = "+41 91 555 00 10"

[mail]
from = "porto@seestern.example"
from_name = "Hafenportal Seestern"

[documents]
privacy = "7"
rules = "2026-01"
news = "1"

[journey]
start = "person"
number = "business_number"
email_proof = ["code"]
approval = "clerk"
password = "at_registration"
login_with = "email"
membership = "approval"
accounts_per_record = "many"

[journey.claim]
must_match = ["last_name", "postal_code"]

[[journey.fields]]
name = "first_name"
required = false

[[journey.fields]]
name = "birth_date"

[[journey.consents]]
document = "privacy"
kind = "notice"
stage = "registration"
required = true

[[journey.consents]]
document = "news"
kind = "consent"
stage = "registration"
required = false

[[journey.consents]]
document = "rules"
kind = "agreement"
stage = "completion"
required = true
"#;

/// A library: the claim opens, a link proves, the password is mailed, and the card's number signs in.
const LIBRARY: &str = r#"
name = "Bibliothèque du Marais"
languages = ["fr"]
country = "FR"

[support]
email = "aide@marais.example"
phone = "+33 1 55 50 00 20"

[mail]
from = "portail@marais.example"
from_name = "Bibliothèque du Marais"

[journey]
start = "person"
number = "customer_number"
email_proof = ["link"]
approval = "nobody"
password = "mailed"
login_with = "record_number"
membership = "claim"
accounts_per_record = "one"
after_reset = "signed_in"

[journey.claim]
must_match = ["postal_code"]
"#;

const RECORDS: &str = "number;name;first_name;last_name;street;postal_code;city;country;email;language;status\n\
    0042;Cantiere Rossi-Bühler;Marco;Rossi-Bühler;Lungolago 3;6612;Ascona;CH;;it;open\n\
    0043;Nautica Zanetti;Lea;Zanetti;Lungolago 5;6600;Locarno;CH;;it;closed\n";

fn founded(slug: &str, declaration: &str, documents: &[(&str, &[&str])]) -> Site {
    let mut site = Site::prepared(&Setup { portals: Vec::new(), twin: false, ..Setup::default() });
    let portal = site.folder().join("portals").join(slug);
    fs::create_dir_all(portal.join("documents")).unwrap();
    fs::write(portal.join("portal.toml"), declaration).unwrap();
    for (document, languages) in documents {
        for language in *languages {
            fs::write(portal.join(format!("documents/{document}.{language}.md")), format!("# {document} ({language})\n\nTesto.\n"))
                .unwrap();
        }
    }
    let records = site.folder().join("records.csv");
    fs::write(&records, RECORDS).unwrap();
    site.import(slug, &records);
    site.restart();
    site
}

#[test]
fn a_portal_with_a_mix_of_its_own_is_added_by_files_alone_and_walked_to_its_end() {
    let site = founded("seestern", HARBOUR, &[("privacy", &["it", "fr"]), ("rules", &["it", "fr"]), ("news", &["it", "fr"])]);
    let told = site.get("/seestern").expect(200);
    assert_eq!(told["registration"]["claim"], json!({ "number": "business_number", "must_match": ["last_name", "postal_code"] }));
    assert_eq!((&told["registration"]["approval"], &told["registration"]["password"]), (&json!("clerk"), &json!("at_registration")));

    let email = "marco@cantiere.example";
    let form = |last_name: &str, postal_code: &str| {
        json!({
            "claim": { "number": "00 42", "last_name": last_name, "postal_code": postal_code },
            "email": email, "birth_date": "1979-02-28", "password": PASSWORD,
            "consents": [{ "document": "privacy", "version": "7", "granted": true }, { "document": "news", "version": "1", "granted": false }]
        })
    };
    site.post("/seestern/registrations", &form("Rossi-Bühler", "6613")).refused(422, "claim_mismatch");
    site.post("/seestern/registrations", &form("Zanetti", "6612")).refused(422, "claim_mismatch");
    let applied = site.post("/seestern/registrations", &form("buehler rossi", "CH-6612")).expect(202);
    assert_eq!(applied["email_proof"], json!(["code"]));
    let handle = applied["registration"].as_str().unwrap();
    let mail = site.mail("seestern", email);
    assert_eq!(mail.find_link(), None, "this portal proves by a code alone");
    assert_eq!(
        site.post(&format!("/seestern/registrations/{handle}/confirm"), &json!({ "code": mail.code() })).expect(200)["state"],
        "awaiting_approval"
    );
    site.post("/seestern/sessions", &json!({ "login": email, "password": PASSWORD })).refused(401, "sign_in_failed");
    site.mail("seestern", "aiuto@seestern.example");

    let clerk = site.clerk("seestern", "impiegata@seestern.example");
    let waiting = site.signed(&clerk, "GET", "/seestern/staff/registrations?state=awaiting_approval", &Value::Null).expect(200);
    let row = &waiting["registrations"][0];
    let id = row["id"].as_str().unwrap();
    let version = site.signed(&clerk, "GET", &format!("/seestern/staff/registrations/{id}"), &Value::Null).expect(200)["version"].clone();
    site.signed(&clerk, "POST", &format!("/seestern/staff/registrations/{id}/approve"), &json!({ "version": version })).expect(200);
    site.signed(&clerk, "POST", &format!("/seestern/staff/registrations/{id}/approve"), &json!({ "version": version }))
        .refused(409, "already_decided");

    let approved = site.mail("seestern", email);
    let token = approved.token();
    let missing = so_far(site.post("/seestern/completions", &json!({ "token": token })));
    assert_eq!(missing, json!({ "state": "awaiting_completion", "missing": ["consent:rules"] }));
    let agreed = json!({ "token": token, "consents": [{ "document": "rules", "version": "2026-01", "granted": true }] });
    assert_eq!(so_far(site.post("/seestern/completions", &agreed)), json!({ "state": "active", "missing": [] }));

    let session = site.post("/seestern/sessions", &json!({ "login": "MARCO@Cantiere.example", "password": PASSWORD })).expect(201);
    assert_eq!((&session["access"], &session["must_accept"]), (&json!("member"), &json!([])));
    let token = session["token"].as_str().unwrap();
    let seen = site.signed(token, "GET", "/seestern/session", &Value::Null).expect(200);
    assert_eq!((&seen["memberships"][0]["record"], &seen["account"]["language"]), (&json!("0042"), &json!("it")));
    // Not asked for at registration and given later: a free consent, at any time.
    site.signed(token, "PUT", "/seestern/account/consents/news", &json!({ "version": "1", "granted": true })).expect(200);
    site.signed(token, "PUT", "/seestern/account/consents/news", &json!({ "version": "1", "granted": false })).expect(200);
}

#[test]
fn a_mailed_password_and_the_number_of_the_claim_sign_in_where_a_portal_says_so() {
    let site = founded("marais", LIBRARY, &[]);
    let email = "lecteur@courrier.example";
    let body = json!({ "claim": { "number": "42", "postal_code": "6612" }, "email": email, "consents": [] });
    site.post("/marais/registrations", &body).refused(422, "claim_mismatch");
    let body = json!({ "claim": { "number": "0042", "postal_code": "6612" }, "email": email, "consents": [] });
    let handle = site.post("/marais/registrations", &body).expect(202)["registration"].as_str().unwrap().to_owned();
    let link = site.mail("marais", email);
    assert_eq!(site.post("/marais/confirmations", &json!({ "token": link.token() })).expect(200)["state"], "active");
    assert_eq!(site.get(&format!("/marais/registrations/{handle}")).expect(200)["state"], "active");
    let password = site.mail("marais", email).password();
    site.post("/marais/sessions", &json!({ "login": email, "password": password })).refused(401, "sign_in_failed");
    let session =
        site.post("/marais/sessions", &json!({ "login": " 00-42 ", "password": format!("  {} ", password.to_lowercase()) })).expect(201);
    assert_eq!((&session["access"], &session["must_change_password"]), (&json!("member"), &json!(false)));

    // One account per record: whoever comes later is answered alike and told at the end.
    let second = json!({ "claim": { "number": "0042", "postal_code": "6612" }, "email": "autre@courrier.example", "consents": [] });
    site.post("/marais/registrations", &second).expect(202);
    let link = site.mail("marais", "autre@courrier.example");
    site.post("/marais/confirmations", &json!({ "token": link.token() })).refused(409, "record_taken");
}

#[test]
fn the_portal_in_the_manual_is_one_that_works() {
    let manual = fs::read_to_string(support::repository().join("docs/portals.md")).unwrap();
    let declaration = manual.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let both: &[&str] = &["en", "de"];
    let site = founded("harbour", declaration, &[("terms", both), ("privacy", both), ("news", both), ("accessibility", both)]);
    let told = site.get("/harbour").expect(200);
    assert_eq!(told["registration"]["approval"], json!("super_admin"));
    let statement = site.http().get("/harbour/accessibility").send();
    assert!(
        statement.status == 200 && statement.text().contains("Testo.") && !statement.text().contains("WCAG 2.2"),
        "{}",
        statement.text()
    );
}
