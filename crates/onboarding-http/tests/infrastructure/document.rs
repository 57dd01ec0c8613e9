//! The OpenAPI document and its page.

use crate::sample::{ABOUT, Server, table};
use onboarding_http::openapi;
use serde_json::{Value, json};

async fn get(server: &Server, path: &str) -> crate::sample::Reply {
    server.ask(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await
}

/// Every `$ref` in the document.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(object.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn the_document_lists_the_calls_of_the_table_and_no_others() {
    let server = Server::start().await;
    let reply = get(&server, "/api/openapi.json").await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let document = reply.json();
    assert_eq!(document["openapi"], "3.1.1");
    let listed: usize = document["paths"].as_object().unwrap().values().map(|methods| methods.as_object().unwrap().len()).sum();
    assert_eq!(listed, table().listings().count());
    let apply = &document["paths"]["/api/v1/{portal}/registrations"]["post"];
    assert_eq!(apply["operationId"], "post_portal_registrations");
    assert_eq!(apply["requestBody"]["content"]["application/json"]["schema"], json!({ "$ref": "#/components/schemas/Apply" }));
    assert_eq!(apply["responses"]["202"]["content"]["application/json"]["schema"], json!({ "$ref": "#/components/schemas/Applied" }));
    assert_eq!(apply["responses"]["422"]["description"], "`claim_mismatch`, `validation_failed`");
    assert!(apply["responses"]["429"]["headers"]["Retry-After"].is_object());
    assert!(apply["parameters"].as_array().unwrap().iter().any(|parameter| parameter["name"] == "Idempotency-Key"));
    assert_eq!(
        (&apply["security"], &document["paths"]["/api/v1/{portal}/session"]["get"]["security"]),
        (&json!([]), &json!([{ "session": [] }]))
    );
    let search = &document["paths"]["/api/v1/{portal}/staff/records"]["get"]["parameters"];
    let query: Vec<_> =
        search.as_array().unwrap().iter().filter(|parameter| parameter["in"] == "query").map(|p| (&p["name"], &p["required"])).collect();
    assert_eq!(query, [(&json!("limit"), &json!(false)), (&json!("q"), &json!(true))]);
}

#[test]
fn every_reference_leads_to_a_shape() {
    let document = openapi::document(&ABOUT, table().listings());
    let references = references(&document);
    assert!(references.len() > 10);
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some_and(Value::is_object), "{reference}");
    }
}

#[test]
fn a_type_that_is_read_and_written_differently_has_two_shapes() {
    let document = openapi::document(&ABOUT, table().listings());
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Granted"]["required"], json!(["document", "granted"]));
    assert_eq!(schemas["GrantedBody"]["required"], json!(["document"]));
    assert_eq!(schemas["Applied"]["properties"]["consents"]["items"], json!({ "$ref": "#/components/schemas/Granted" }));
    assert_eq!(schemas["Apply"]["properties"]["consents"]["items"], json!({ "$ref": "#/components/schemas/GrantedBody" }));
    assert_eq!(
        (&schemas["Apply"]["additionalProperties"], &schemas["GrantedBody"]["additionalProperties"]),
        (&json!(false), &json!(false))
    );
    let password = schemas["Apply"]["properties"]["password"].to_string();
    assert!(password.contains("\"format\":\"password\""), "{password}");
}

#[tokio::test]
async fn the_page_has_no_script_no_inline_style_and_nothing_from_elsewhere() {
    let server = Server::start().await;
    let reply = get(&server, "/api/docs").await;
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    let page = reply.text();
    for absent in ["<script", "<style", "style=", "http://", "https://", "onclick", "<Co>", "<records>"] {
        assert!(!page.contains(absent), "{absent}");
    }
    for present in [
        "<html lang=\"en\">",
        "<main>",
        "Sample &amp; &lt;Co&gt;",
        "POST /api/v1/{portal}/registrations",
        "Search &lt;records&gt; &amp; more",
        "schema-GrantedBody",
    ] {
        assert!(page.contains(present), "{present}");
    }
    // Each link within the page has its target.
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
    assert_eq!(get(&server, "/api/docs.css").await.header("content-type"), Some("text/css; charset=utf-8"));
}
