//! What a refusal looks like to a client: one stable code, and texts in its language (RFC 9457).
//!
//! Carries codes and numbers only. The texts come from [`ProblemTexts`] when the answer is written; no error's own text, no name of a type
//! and nothing that a client sent (its field names apart) can get into one.

pub use onboarding::forms::FieldError;
use onboarding_core::Language;
use poem::{
    Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Members beside the standard ones: `attempts_left`, `state`, `retry_after`…
pub type Facts = Map<String, Value>;

/// The texts of one problem in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemText {
    /// A few words, the same for every occurrence.
    pub title: String,
    /// What happened and what to do now, in a sentence or two.
    pub detail: Option<String>,
}

/// Where the texts of problems come from.
pub trait ProblemTexts: Send + Sync {
    /// The texts for a code; the facts (`attempts_left`, `retry_after` in seconds) may be told in them.
    fn problem(&self, language: Language, code: &str, facts: &Facts) -> ProblemText;

    /// The sentence for one field: its path in the body (`claim.number`), a code such as `required`, and what the sentence names.
    fn field(&self, language: Language, error: &FieldError) -> String;
}

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    errors: Vec<FieldError>,
    facts: Facts,
    headers: Vec<(HeaderName, HeaderValue)>,
    language: Option<Language>,
}

impl Problem {
    /// A problem with its status (4xx or 5xx) and code (`snake_case`).
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, errors: Vec::new(), facts: Facts::new(), headers: Vec::new(), language: None }
    }

    /// 422 `validation_failed`: these fields can't be taken.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed") }
    }

    /// 404 `not_found`: it isn't there, or belongs to somebody else.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
    }

    /// 401 with the challenge that RFC 9110 asks for.
    pub fn unauthorized(code: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code).header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403 `forbidden`: signed in, but not entitled.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden")
    }

    /// 500 `internal`. The cause is logged where it happened.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    /// 429 with `Retry-After`.
    pub fn too_many(code: &'static str, retry_after: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code).retry_after(retry_after)
    }

    /// Adds one field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, code: &'static str) -> Self {
        self.errors.push(FieldError::new(field, code));
        self
    }

    /// Adds a member beside the standard ones.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds `Retry-After` and the member `retry_after`, in whole seconds, rounded up, at least 1.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds)).with("retry_after", seconds)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Closes the connection after the answer: what the client still sends would be taken for its next request.
    #[must_use]
    pub(crate) fn closing(self) -> Self {
        self.header(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// Sets the language of the texts; otherwise it is negotiated among all there are.
    #[must_use]
    pub fn speaking(mut self, language: Language) -> Self {
        self.language.get_or_insert(language);
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The fields that were not accepted.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The members beside the standard ones.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The language asked for, where it is known.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// The headers that go with it, whatever the body looks like.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// The answer as `application/problem+json`.
    pub fn to_response(&self, texts: &dyn ProblemTexts, language: Language, request_id: &str) -> Response {
        let language = self.language.unwrap_or(language);
        let text = texts.problem(language, self.code, &self.facts);
        let mut body = self.facts.clone();
        body.insert("type".to_owned(), json!(format!("/problems/{}", self.code)));
        body.insert("title".to_owned(), json!(text.title));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("code".to_owned(), json!(self.code));
        body.insert("request_id".to_owned(), json!(request_id));
        if let Some(detail) = text.detail {
            body.insert("detail".to_owned(), json!(detail));
        }
        if !self.errors.is_empty() {
            let errors = self
                .errors
                .iter()
                .map(|error| json!({ "field": error.field, "code": error.code, "message": texts.field(language, error) }));
            body.insert("errors".to_owned(), errors.collect());
        }
        let mut response = Response::builder()
            .status(self.status)
            .content_type("application/problem+json")
            .header(header::CONTENT_LANGUAGE, language.tag())
            .body(Value::Object(body).to_string());
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

impl From<Problem> for poem::Error {
    /// Carried as data, so that the [frame](crate::middleware::Frame) can write it out.
    fn from(problem: Problem) -> Self {
        let mut error = Self::from_status(problem.status);
        error.set_data(problem);
        error
    }
}
