//! The OpenAPI 3.1 document of a table of calls.
//!
//! Shapes come from the very types that bodies are read into and answers are written from; nothing in it is typed twice.

use crate::routes::{Auth, Content, Listing, Takes, parameters};
use poem::http::{Method, StatusCode};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What stands at the top of the document.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its title.
    pub title: &'static str,
    /// The version of the contract.
    pub version: &'static str,
    /// What it is for, in a few sentences.
    pub description: &'static str,
}

const PROBLEM: &str = "#/components/schemas/Problem";
const SCHEMAS: &str = "#/components/schemas/";

/// Where references to types that are read point while the document is built: what is read and what is written under one name may differ
/// in what can be missing, and only at the end is it known whether it does.
const READ: &str = "#/components/read/";

/// Builds the document.
pub fn document<'a>(about: &About, listings: impl IntoIterator<Item = &'a Listing>) -> Value {
    let generator = |settings: SchemaSettings, path: &'static str| {
        settings
            .with(|settings| {
                settings.definitions_path = path.into();
                settings.meta_schema = None;
            })
            .into_generator()
    };
    let mut read = generator(SchemaSettings::draft2020_12().for_deserialize(), "/components/read");
    let mut written = generator(SchemaSettings::draft2020_12().for_serialize(), "/components/schemas");
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut tags: Vec<&str> = Vec::new();
    for listing in listings {
        if !tags.contains(&listing.tag) {
            tags.push(listing.tag);
        }
        let operation = operation(listing, &mut read, &mut written);
        paths.entry(listing.path).or_default().insert(listing.method.as_str().to_ascii_lowercase(), operation);
    }
    let mut paths = json!(paths);
    let mut schemas = written.take_definitions(true);
    let read = read.take_definitions(true);
    let apart = apart(&read, &schemas);
    point(&mut paths, &apart);
    for (name, mut schema) in read {
        point(&mut schema, &apart);
        schemas.insert(final_name(&name, &apart), schema);
    }
    schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.1",
        "info": { "title": about.title, "version": about.version, "description": about.description },
        "servers": [{ "url": "/" }],
        "tags": tags.iter().map(|tag| json!({ "name": tag })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "session": { "type": "http", "scheme": "bearer", "description": "The token that signing in answers: opaque, 256 bits." } },
        },
    })
}

/// The names that mean one shape when read and another when written, be it only in something they refer to.
fn apart(read: &Map<String, Value>, written: &Map<String, Value>) -> BTreeSet<String> {
    let mut apart = BTreeSet::new();
    loop {
        let before = apart.len();
        for (name, schema) in read {
            let mut pointed = schema.clone();
            point(&mut pointed, &apart);
            if written.get(name).is_some_and(|other| *other != pointed) {
                apart.insert(name.clone());
            }
        }
        if apart.len() == before {
            return apart;
        }
    }
}

fn final_name(name: &str, apart: &BTreeSet<String>) -> String {
    if apart.contains(name) { format!("{name}Body") } else { name.to_owned() }
}

/// Points the references to types that are read to their final names.
fn point(value: &mut Value, apart: &BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(READ)) {
                let path = format!("{SCHEMAS}{}", final_name(name, apart));
                object.insert("$ref".to_owned(), Value::String(path));
            }
            object.values_mut().for_each(|value| point(value, apart));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| point(value, apart)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn operation(listing: &Listing, read: &mut SchemaGenerator, written: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": operation_id(listing),
        "summary": listing.summary,
        "tags": [listing.tag],
        "security": if listing.auth == Auth::Public { json!([]) } else { json!([{ "session": [] }]) },
        "responses": responses(listing, written),
        "x-auth": auth_name(listing.auth),
    });
    let parameters = parameters_of(listing, read);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    match listing.takes {
        Takes::Nothing => {}
        Takes::Json(schema) => {
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema(read).to_value() } } });
        }
        Takes::Upload(rule) => {
            let content: Map<String, Value> = rule.types.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect();
            operation["requestBody"] =
                json!({ "required": true, "content": content, "description": format!("At most {} bytes.", rule.limit) });
        }
    }
    operation
}

fn operation_id(listing: &Listing) -> String {
    let method = listing.method.as_str().to_ascii_lowercase();
    let path = listing.path.trim_start_matches("/api/v1");
    path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).fold(method, |id, word| id + "_" + word)
}

fn auth_name(auth: Auth) -> &'static str {
    match auth {
        Auth::Public => "public",
        Auth::Session => "session",
        Auth::SessionBeforeDocuments => "session_before_documents",
        Auth::RestrictedSession => "restricted_session",
        Auth::SuperAdmin => "super_admin",
        Auth::Staff => "staff",
    }
}

fn parameters_of(listing: &Listing, read: &mut SchemaGenerator) -> Vec<Value> {
    let mut all: Vec<Value> = parameters(listing.path)
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    all.push(json!({
        "name": "Accept-Language", "in": "header", "required": false, "schema": { "type": "string" },
        "description": "The language of texts in the answer: de, fr, it or en, as far as the portal speaks it.",
    }));
    if listing.method == Method::POST {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 16, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$" },
            "description": "At least 128 random bits. A repeat with the same key and body gets the first answer; with another body 422.",
        }));
    }
    if let Some(schema) = listing.query {
        all.extend(query_parameters(schema(read).to_value(), read));
    }
    all
}

fn query_parameters(schema: Value, read: &SchemaGenerator) -> Vec<Value> {
    let shape = match schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(READ)) {
        Some(name) => read.definitions().get(name).cloned().unwrap_or_default(),
        None => schema,
    };
    let required: Vec<&str> = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = shape["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, schema)| json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": schema }))
        .collect()
}

fn responses(listing: &Listing, written: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    for reply in &listing.replies {
        let mut response = json!({ "description": reply.description });
        match reply.content {
            Content::Empty => {}
            Content::Json(schema) => response["content"] = json!({ "application/json": { "schema": schema(written).to_value() } }),
            Content::Other(kind) => response["content"] = json!({ kind: {} }),
        }
        responses.insert(reply.status.as_str().to_owned(), response);
    }
    let mut refusals: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (status, codes) in always(listing).iter().chain(&listing.refusals) {
        refusals.entry(status.as_u16()).or_default().extend(*codes);
    }
    for (status, mut codes) in refusals {
        codes.sort_unstable();
        codes.dedup();
        let description = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        let mut response =
            json!({ "description": description, "content": { "application/problem+json": { "schema": { "$ref": PROBLEM } } } });
        if status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
            response["headers"] =
                json!({ "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } } });
        }
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

/// The refusals that a call may give because of what it is.
fn always(listing: &Listing) -> Vec<(StatusCode, &'static [&'static str])> {
    let mut all: Vec<(StatusCode, &'static [&'static str])> =
        vec![(StatusCode::INTERNAL_SERVER_ERROR, &["internal"]), (StatusCode::SERVICE_UNAVAILABLE, &["timed_out"])];
    if parameters(listing.path).next().is_some() {
        all.push((StatusCode::NOT_FOUND, &["not_found"]));
    }
    match listing.auth {
        Auth::Public => {}
        Auth::RestrictedSession => all.push((StatusCode::UNAUTHORIZED, &["sign_in_required"])),
        Auth::Session => {
            all.push((StatusCode::UNAUTHORIZED, &["sign_in_required"]));
            all.push((StatusCode::FORBIDDEN, &["password_change_required", "acceptance_required"]));
        }
        Auth::SessionBeforeDocuments => {
            all.push((StatusCode::UNAUTHORIZED, &["sign_in_required"]));
            all.push((StatusCode::FORBIDDEN, &["password_change_required"]));
        }
        Auth::SuperAdmin | Auth::Staff => {
            all.push((StatusCode::UNAUTHORIZED, &["sign_in_required"]));
            all.push((StatusCode::FORBIDDEN, &["forbidden", "password_change_required"]));
        }
    }
    if listing.method == Method::POST {
        all.push((StatusCode::BAD_REQUEST, &["idempotency_key_invalid"]));
    }
    if listing.query.is_some() {
        all.push((StatusCode::UNPROCESSABLE_ENTITY, &["validation_failed"]));
    }
    match listing.takes {
        Takes::Nothing => {}
        Takes::Json(_) => {
            all.push((StatusCode::BAD_REQUEST, &["malformed_body"]));
            all.push((StatusCode::REQUEST_TIMEOUT, &["request_timeout"]));
            all.push((StatusCode::PAYLOAD_TOO_LARGE, &["too_large"]));
            all.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, &["unsupported_media_type"]));
            all.push((StatusCode::UNPROCESSABLE_ENTITY, &["validation_failed"]));
        }
        Takes::Upload(_) => {
            all.push((StatusCode::REQUEST_TIMEOUT, &["request_timeout"]));
            all.push((StatusCode::PAYLOAD_TOO_LARGE, &["too_large"]));
            all.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, &["unsupported_media_type"]));
        }
    }
    all
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457. `code` is stable; the texts are in the language asked for. Further members by code: `attempts_left`, `retry_after`…",
        "required": ["type", "title", "status", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "code": { "type": "string" },
            "detail": { "type": "string" },
            "request_id": { "type": "string" },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "code", "message"],
                    "properties": { "field": { "type": "string" }, "code": { "type": "string" }, "message": { "type": "string" } },
                },
            },
        },
    })
}
