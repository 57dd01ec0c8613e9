//! Reading JSON bodies and query strings strictly: each thing a client wrote is either understood or refused with its place.
//!
//! Two steps: text to a tree (`strict`: UTF-8, depth, no key twice anywhere), tree to a type (`shape`: unknown, missing and mistyped
//! fields, each with its path). What a value means (an address, a date, a code) is the domain's to parse.

mod shape;
mod strict;

use crate::problem::{FieldError, Problem};
use poem::http::StatusCode;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt};

/// Reads a body. 400 `malformed_body` when it is no JSON; 422 with a field error when its shape is another.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let tree = strict::tree(body).map_err(|fault| match fault {
        strict::Fault::Malformed => Problem::new(StatusCode::BAD_REQUEST, "malformed_body"),
        strict::Fault::Duplicate(field) => Problem::invalid(vec![FieldError::new(field, "duplicate_field")]),
    })?;
    shape::read(&tree, shape::Scalars::Typed).map_err(|error| Problem::invalid(vec![error]))
}

/// Reads a query string (without its `?`) or the body of a form. A key twice, an unknown key, or a value that does not read is 422 with a
/// field error.
pub fn read_form<T: DeserializeOwned>(form: &[u8]) -> Result<T, Problem> {
    let mut tree = Map::new();
    for (name, value) in form_urlencoded::parse(form) {
        // What isn't UTF-8 was replaced by this character, which nobody types.
        if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Problem::invalid(vec![FieldError::new(strict::shortened(&name), "invalid")]));
        }
        if tree.insert(name.clone().into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(Problem::invalid(vec![FieldError::new(strict::shortened(&name), "duplicate_field")]));
        }
    }
    shape::read(&Value::Object(tree), shape::Scalars::Textual).map_err(|error| Problem::invalid(vec![error]))
}

/// Checks that a body which nobody reads is empty, or the empty object that some clients always send.
pub(crate) fn read_nothing(body: &[u8]) -> Result<(), Problem> {
    /// The shape of no fields at all.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    if body.is_empty() {
        return Ok(());
    }
    let Nothing {} = read(body)?;
    Ok(())
}

/// A password, code or token in a body: `Debug` keeps silent about it, and the document marks it `format: password`.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// The secret, for a use case.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(SecretString::from(text)))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

impl JsonSchema for SecretText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretText".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "password", "writeOnly": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        email: String,
        #[serde(default)]
        claim: Option<Claim>,
        #[serde(default)]
        consents: Vec<Consent>,
        #[serde(default)]
        free: BTreeMap<String, Value>,
        #[serde(default)]
        role: Option<Role>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Claim {
        number: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Consent {
        #[expect(dead_code, reason = "only its type is tested")]
        version: u32,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Role {
        Member,
    }

    fn refused(body: impl AsRef<[u8]>) -> (u16, Vec<(String, &'static str)>) {
        let problem = read::<Sample>(body.as_ref()).unwrap_err();
        (problem.status().as_u16(), problem.errors().iter().map(|error| (error.field.clone(), error.code)).collect())
    }

    fn field(body: &str) -> (String, &'static str) {
        let (status, mut errors) = refused(body);
        assert_eq!((status, errors.len()), (422, 1), "{body}");
        errors.remove(0)
    }

    #[test]
    fn a_whole_body_is_read() {
        let sample: Sample = read(
            r#"{"email":"a@b.example","claim":{"number":"7"},"consents":[{"version":3}],"free":{"x":[1,null,true]},"role":"member"}"#
                .as_bytes(),
        )
        .unwrap();
        assert_eq!((sample.email.as_str(), sample.claim.unwrap().number.as_str()), ("a@b.example", "7"));
        assert_eq!((sample.consents.len(), sample.free.len(), sample.role), (1, 1, Some(Role::Member)));
    }

    #[test]
    fn each_misfit_is_told_with_its_place() {
        for (body, place, code) in [
            (r#"{"email":"a","approved":true}"#, "approved", "unknown_field"),
            (r#"{"email":"a","claim":{"number":"1","tenant_id":2}}"#, "claim.tenant_id", "unknown_field"),
            (r"{}", "email", "required"),
            (r#"{"email":"a","claim":{}}"#, "claim.number", "required"),
            (r#"{"email":["a"]}"#, "email", "wrong_type"),
            (r#"{"email":null}"#, "email", "wrong_type"),
            (r#"{"email":"a","consents":[{"version":1},{"version":"x"}]}"#, "consents[1].version", "wrong_type"),
            (r#"{"email":"a","consents":[{"version":-1}]}"#, "consents[0].version", "invalid"),
            (r#"{"email":"a","role":"owner"}"#, "role", "unknown_value"),
            (r#"{"email":"a","role":7}"#, "role", "wrong_type"),
            (r#"["a@b.example"]"#, "", "wrong_type"),
            (r#"{"email":"a","claim":["7"]}"#, "claim", "wrong_type"),
            ("\"text\"", "", "wrong_type"),
        ] {
            assert_eq!(field(body), (place.to_owned(), code), "{body}");
        }
    }

    #[test]
    fn a_key_twice_is_refused_at_every_depth() {
        for (body, place) in [
            (r#"{"email":"a","email":"b"}"#, "email"),
            (r#"{"email":"a","\u0065mail":"b"}"#, "email"),
            (r#"{"email":"a","free":{"x":[{"y":1,"y":1}]}}"#, "free.x[0].y"),
        ] {
            assert_eq!(field(body), (place.to_owned(), "duplicate_field"));
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for body in [
            &b"{\"email\":\"\xff\"}"[..],
            b"",
            b"{",
            b"{\"email\":\"a\"} x",
            b"{\"email\":'a'}",
            b"\xef\xbb\xbf{}",
            b"{\"email\":\"\\ud800\"}",
            b"{\"email\":1e999}",
        ] {
            assert_eq!(refused(body), (400, vec![]), "{body:?}");
        }
        assert_eq!(refused("[".repeat(10_000)), (400, vec![]));
        assert_eq!(refused(format!("{}1{}", r#"{"free":{"a":"#.repeat(5_000), "}}".repeat(5_000))), (400, vec![]));
    }

    #[test]
    fn a_long_unknown_key_is_not_echoed_whole() {
        let (place, code) = field(&format!(r#"{{"email":"a","{}":1}}"#, "k".repeat(10_000)));
        assert_eq!((place.chars().count(), code), (64, "unknown_field"));
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        q: Option<String>,
        limit: Option<u16>,
        all: Option<bool>,
    }

    #[test]
    fn a_query_or_form_is_read_as_strictly_as_a_body() {
        let page: Page = read_form(b"q=M%C3%BCller+%26&limit=20&all=true").unwrap();
        assert_eq!((page.q.as_deref(), page.limit, page.all), (Some("Müller &"), Some(20), Some(true)));
        assert!(read_form::<Page>(b"").is_ok());
        for (query, place, code) in [
            ("limit=x", "limit", "wrong_type"),
            ("limit=70000", "limit", "invalid"),
            ("q=1&q=2", "q", "duplicate_field"),
            ("role=x", "role", "unknown_field"),
            ("q=%ff", "q", "invalid"),
        ] {
            let problem = read_form::<Page>(query.as_bytes()).unwrap_err();
            assert_eq!((problem.errors()[0].field.as_str(), problem.errors()[0].code), (place, code), "{query}");
        }
    }

    #[test]
    fn a_secret_in_a_body_is_not_shown_by_debug() {
        let secret: SecretText = read(b"\"hunter2\"").unwrap();
        assert_eq!(format!("{secret:?}"), "SecretText");
    }
}
