//! What a handler answers when it does not refuse.

use crate::problem::Problem;
use poem::{
    Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// A status, a body and headers.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    body: Option<(&'static str, Vec<u8>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    /// 200 with a JSON body.
    pub fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::OK, body)
    }

    /// 201 with a JSON body.
    pub fn created(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::CREATED, body)
    }

    /// 202 with a JSON body.
    pub fn accepted(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::ACCEPTED, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// A status alone.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }

    /// A status with a JSON body. `Err` (500) only for a type that has no JSON, such as a map keyed by objects.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        let bytes = serde_json::to_vec(body).map_err(|_| {
            tracing::error!("could not write an answer as JSON");
            Problem::internal()
        })?;
        Ok(Self::bytes(status, "application/json", bytes))
    }

    /// A status with a body of another type, such as `text/csv; charset=utf-8`.
    pub fn bytes(status: StatusCode, content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { status, body: Some((content_type, bytes)), headers: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a header whose value no log may show. `Err` (500) when the secret isn't visible ASCII; tokens are.
    pub fn secret_header(self, name: HeaderName, secret: &SecretString) -> Result<Self, Problem> {
        let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_| Problem::internal())?;
        value.set_sensitive(true);
        Ok(self.header(name, value))
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status).finish();
        if let Some((content_type, bytes)) = self.body {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            response.set_body(bytes);
        }
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}
