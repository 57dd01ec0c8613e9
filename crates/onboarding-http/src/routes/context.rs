//! What a handler knows about its request, all of it within bounds and parsed as far as HTTP goes.

use super::Gate;
use crate::{
    edge::{body::Upload, client::ClientNetwork},
    json,
    middleware::RequestId,
    problem::Problem,
};
use bytes::Bytes;
use onboarding_core::Language;
use poem::http::{HeaderMap, StatusCode, header};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use std::{fmt, sync::Arc};

/// A request's head: everything but its body.
pub struct Head {
    /// The path's parameters, percent-decoded.
    pub(super) params: Vec<(String, String)>,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    /// The client's network, the key of its limits.
    pub network: ClientNetwork,
    /// The best of the portal's languages for this client.
    pub language: Language,
    /// The request's id.
    pub request_id: RequestId,
    /// The bearer token, where one was sent.
    pub bearer: Option<SecretString>,
    /// The key under which a repeat is recognised, where one was sent.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A request on its way to its handler.
pub struct Ctx<S: Gate> {
    /// The use cases.
    pub state: Arc<S>,
    /// Who was admitted.
    pub caller: S::Caller,
    /// Everything but the body.
    pub head: Head,
    pub(super) body: Bytes,
    pub(super) upload: Option<Upload>,
}

impl<S: Gate> Ctx<S> {
    /// A parameter of the path. 404 when it could not be read; a path that isn't UTF-8 names nothing.
    pub fn param(&self, name: &str) -> Result<&str, Problem> {
        self.head.param(name).ok_or_else(Problem::not_found)
    }

    /// The portal's slug; it exists. Empty on a path that names none.
    pub fn portal(&self) -> &str {
        self.head.param("portal").unwrap_or_default()
    }

    /// A header, if it is there once and is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The query, read strictly: 422 for an unknown, repeated or unreadable parameter.
    pub fn query<Q: DeserializeOwned>(&self) -> Result<Q, Problem> {
        json::read_form(self.head.query.as_bytes())
    }

    /// The body as bytes, at most 64 KiB; the idempotency key is bound to them.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What a repeat of this call must have in common with it: the path's parameters and the body.
    pub fn command_body(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len() + 64);
        for (name, value) in &self.head.params {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(0);
        }
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The body as JSON. `handled_json` has done that already.
    pub(super) fn json<B: DeserializeOwned>(&self) -> Result<B, Problem> {
        json::read(&self.body)
    }

    /// The body of an upload, once.
    pub fn take_upload(&mut self) -> Option<Upload> {
        self.upload.take()
    }
}

impl Head {
    fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn header(&self, name: &str) -> Option<&str> {
        single(&self.headers, name).ok().flatten()
    }
}

/// The client's name for one command, sent again with each repeat. 16 to 255 visible ASCII characters.
///
/// The least length keeps strangers from meeting by chance: a UUID has 36, 128 random bits in hexadecimal 32, in base64 22.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key as sent. Goes into a keyed digest, together with its caller, portal and route.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    /// Silent: whoever knows the key could ask for the reply.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey")
    }
}

/// Reads `Idempotency-Key`; 400 when it has another form or stands there twice.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let refused = || Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid");
    let Some(text) = single(headers, "idempotency-key").map_err(|Twice| refused())? else { return Ok(None) };
    let fits = (16..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Some(IdempotencyKey(text.to_owned()))).ok_or_else(refused)
}

/// Reads `Authorization: Bearer …`; 401 when something else stands there: a call is never made as somebody else than was meant.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<SecretString>, Problem> {
    let refused = || Problem::unauthorized("sign_in_required");
    let Some(text) = single(headers, header::AUTHORIZATION.as_str()).map_err(|Twice| refused())? else { return Ok(None) };
    let (scheme, token) = text.split_once(' ').ok_or_else(refused)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let fits = scheme.eq_ignore_ascii_case("bearer") && (1..=512).contains(&token.len()) && token.bytes().all(plain);
    fits.then(|| Some(SecretString::from(token))).ok_or_else(refused)
}

/// A header that stands there twice, or isn't visible ASCII: two readers could take it for different things.
struct Twice;

fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Twice> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Twice),
        (Some(_), Some(_)) => Err(Twice),
    }
}
