//! What people agreed to, over the years: a new version of a document asks again, a withdrawn consent stays withdrawn, and every decision is
//! kept as a proof that can be exported.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use std::fs;
use support::{HOUSING, PASSWORD, PEOPLE, Setup, Site};

const EMAIL: &str = "reader@home.example";

/// Publishes a version of the terms: another number, another text, and the server started anew.
fn publish(site: &mut Site, version: &str) {
    let portal = site.folder().join("portals").join(HOUSING);
    let declaration = fs::read_to_string(portal.join("portal.toml")).unwrap();
    let (before, after) = declaration.split_once("\nterms = \"").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    fs::write(portal.join("portal.toml"), format!("{before}\nterms = \"{version}\"{after}")).unwrap();
    for language in ["de", "en", "fr", "it"] {
        let path = portal.join(format!("documents/terms.{language}.md"));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}\nVersion {version}\n")).unwrap();
    }
    site.restart();
}

fn terms(document: &Value) -> bool {
    document["document"] == "terms"
}

#[test]
fn a_new_version_asks_again_before_anything_else_is_open_and_both_answers_stay_as_proofs() {
    let mut site = Site::with(&Setup { twin: false, ..Setup::default() });
    site.register(HOUSING, &PEOPLE[0], EMAIL);
    let old = site.sign_in(HOUSING, EMAIL, PASSWORD);
    let shown = |site: &Site| site.http().get("/api/v1/housing/documents").header("Accept-Language", "de").send().expect(200);
    let first = shown(&site).as_array().unwrap().iter().find(|document| terms(document)).unwrap()["sha256"].clone();

    publish(&mut site, "2026-11");
    let second = shown(&site).as_array().unwrap().iter().find(|document| terms(document)).unwrap().clone();
    assert_ne!(second["sha256"], first);

    // A session that was open before owes the answer as much as one that opens now.
    let session = site.post("/housing/sessions", &json!({ "login": EMAIL, "password": PASSWORD })).expect(201);
    assert_eq!(session["must_accept"], json!(["terms"]));
    let new = session["token"].as_str().unwrap().to_owned();
    for token in [&old, &new] {
        assert_eq!(site.signed(token, "GET", "/housing/session", &Value::Null).expect(200)["must_accept"], json!(["terms"]));
        for (method, path, body) in [
            ("GET", "/housing/account", Value::Null),
            ("GET", "/housing/account/sessions", Value::Null),
            ("PUT", "/housing/account/email", json!({ "email": "x@home.example", "password": PASSWORD })),
            ("PATCH", "/housing/account", json!({ "first_name": "Nora" })),
            ("PUT", "/housing/account/password", json!({ "current": PASSWORD, "new": "ein anderer langer Spaziergang" })),
        ] {
            let refused = site.signed(token, method, path, &body).refused(403, "acceptance_required");
            assert_eq!(refused["must_accept"], json!(["terms"]), "{method} {path}");
        }
        site.signed(token, "PATCH", "/housing/account", &json!({ "language": "fr" })).expect(200);
        site.signed(token, "GET", "/housing/account/export", &Value::Null).expect(200);
    }

    let decide = |version: &str, granted: bool| {
        site.signed(&new, "PUT", "/housing/account/consents/terms", &json!({ "version": version, "granted": granted }))
    };
    decide("2026-10", true).refused(409, "version_outdated");
    decide("2026-11", false).refused(409, "document_required");
    site.signed(&new, "PUT", "/housing/account/consents/unheard_of", &json!({ "version": "1", "granted": true })).refused(404, "not_found");
    decide("2026-11", true).expect(200);
    decide("2026-11", true).expect(200);
    site.signed(&old, "GET", "/housing/account", &Value::Null).expect(200);

    let history = site.signed(&new, "GET", "/housing/account/consents", &Value::Null).expect(200);
    let of_terms: Vec<_> = history.as_array().unwrap().iter().filter(|decision| terms(decision)).collect();
    let told: Vec<_> =
        of_terms.iter().map(|decision| (decision["version"].as_str().unwrap(), decision["current"].as_bool().unwrap())).collect();
    assert_eq!(told, [("2026-10", false), ("2026-11", true)], "{history:#}");
    assert_eq!(of_terms[0]["sha256"], first);
    let export = site.signed(&new, "GET", "/housing/account/export", &Value::Null).expect(200);
    assert_eq!(export["consents"], history);
}

#[test]
fn an_agreement_cannot_be_withdrawn_and_says_so() {
    let site = Site::with(&Setup { twin: false, ..Setup::default() });
    site.register(HOUSING, &PEOPLE[1], EMAIL);
    let token = site.sign_in(HOUSING, EMAIL, PASSWORD);
    for document in ["terms", "privacy", "edelivery"] {
        let body = json!({ "version": "2026-10", "granted": false });
        site.signed(&token, "PUT", &format!("/housing/account/consents/{document}"), &body).refused(409, "document_required");
    }
    assert_eq!(site.signed(&token, "GET", "/housing/session", &Value::Null).expect(200)["must_accept"], json!([]));
}
