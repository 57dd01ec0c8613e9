//! The frame around everything that is served: gives each request its id, its client's network and its end in time, turns every error and
//! every panic into an answer, puts the security headers on it and writes one line of log.
//!
//! It decides nothing about a request's content. It logs route patterns, never an address with its query: tokens stand there.

mod headers;
mod request_id;

pub use request_id::RequestId;

use crate::{
    edge::{
        RequestClock,
        client::{ClientNetwork, TrustedProxies},
        pace::Pace,
    },
    language,
    problem::{Problem, ProblemTexts},
};
use futures_util::FutureExt;
use onboarding::ports::Entropy;
use onboarding_core::Language;
use poem::{
    Endpoint, PathPattern, Request, Response,
    endpoint::{BoxEndpoint, EndpointExt},
    http::{HeaderMap, Method, StatusCode, header},
};
use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Pages for errors, where a person is asking rather than a program.
pub trait ErrorPages: Send + Sync {
    /// The language of a page at this path, as every page chooses it; `None` where programs are asking.
    fn language(&self, path: &str, query: &str, headers: &HeaderMap) -> Option<Language>;

    /// The page for a problem at this path; `None` where the answer is to be `application/problem+json`.
    fn page(&self, path: &str, problem: &Problem, language: Language, request_id: &str) -> Option<Response>;
}

/// What the frame needs to know.
#[derive(Clone)]
pub struct FrameParts {
    /// The texts of problems.
    pub texts: Arc<dyn ProblemTexts>,
    /// Where request ids come from.
    pub entropy: Arc<dyn Entropy>,
    /// Whose word on the client's address is taken.
    pub proxies: TrustedProxies,
    /// Pages for people; without it every error is `application/problem+json`.
    pub pages: Option<Arc<dyn ErrorPages>>,
}

/// One answer, as whoever counts them sees it.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The method; `other` for one that a client invented.
    pub method: &'static str,
    /// The pattern of the route; `-` for a path that is none.
    pub route: &'a str,
    /// The status.
    pub status: u16,
    /// From the header to the answer.
    pub took: Duration,
}

/// Counts answers.
pub trait AnswerWatch: Send + Sync {
    /// One was given.
    fn answered(&self, answer: &Answered<'_>);
}

/// The code of a problem that was answered with a page already, for the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code(pub(crate) &'static str);

/// The outermost endpoint. Its answer is always an answer, never an error.
pub struct Frame {
    inner: BoxEndpoint<'static>,
    parts: FrameParts,
    pace: Pace,
    watch: Option<Arc<dyn AnswerWatch>>,
}

impl Frame {
    /// Puts the frame around an endpoint.
    pub fn new<E: Endpoint + 'static>(inner: E, parts: FrameParts) -> Self {
        Self { inner: inner.map_to_response().boxed(), parts, pace: Pace::default(), watch: None }
    }

    /// Tells every answer to somebody who counts.
    #[must_use]
    pub fn watched_by(mut self, watch: Arc<dyn AnswerWatch>) -> Self {
        self.watch = Some(watch);
        self
    }

    fn write(&self, path: &str, problem: &Problem, language: Language, id: &RequestId) -> Response {
        let language = problem.language().unwrap_or(language);
        match self.parts.pages.as_ref().and_then(|pages| pages.page(path, problem, language, id.as_str())) {
            Some(mut page) => {
                page.set_status(problem.status());
                for (name, value) in problem.headers() {
                    page.headers_mut().insert(name, value.clone());
                }
                page
            }
            None => problem.to_response(self.parts.texts.as_ref(), language, id.as_str()),
        }
    }
}

impl Endpoint for Frame {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let began = Instant::now();
        let peer = request.remote_addr().as_socket_addr().map(SocketAddr::ip);
        let id = RequestId::for_request(&self.parts, peer, request.headers());
        let clock = RequestClock::of_request(&request);
        request.set_data(clock.clone());
        request.set_data(id.clone());
        let network = network(&self.parts.proxies, peer, request.headers());
        // Looking costs little; what changes something may hash and write. No header takes a stranger out of this count: whether it is worth
        // anything is known too late.
        let knocks = !matches!(*request.method(), Method::GET | Method::HEAD);
        let pace = if knocks { self.pace.take(&network, began) } else { Ok(()) };
        request.set_data(network);
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default();
        let paged = self.parts.pages.as_ref().and_then(|pages| pages.language(&path, query, request.headers()));
        let language = paged.unwrap_or_else(|| language::of_request(request.headers(), &Language::ALL));
        let method = known_method(request.method());

        let answer = tokio::select! {
            biased;
            () = std::future::ready(()), if pace.is_err() => {
                Ok(Err(Problem::too_many("too_many_requests", pace.err().unwrap_or_default()).closing().into()))
            }
            answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind() => answer,
            () = clock.expired() => Ok(Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timed_out").closing().into())),
        };
        let (mut response, pattern, code) = match answer {
            Ok(Ok(response)) => {
                let pattern = response.data::<PathPattern>().cloned();
                let code = response.data::<Code>().map(|code| code.0);
                (response, pattern, code)
            }
            Ok(Err(error)) => {
                let pattern = error.data::<PathPattern>().cloned();
                let problem = problem_of(error);
                (self.write(&path, &problem, language, &id), pattern, Some(problem.code()))
            }
            // The payload may hold anything that was being worked on. Where it happened is told by `quiet_panics`.
            Err(_payload) => {
                tracing::error!(request = id.as_str(), "a request panicked");
                (self.write(&path, &Problem::internal(), language, &id), None, Some("panic"))
            }
        };
        headers::complete(response.headers_mut(), &id);
        let (route, took) = (pattern.as_ref().map_or("-", |pattern| &pattern.0), began.elapsed());
        if let Some(watch) = &self.watch {
            watch.answered(&Answered { method, route, status: response.status().as_u16(), took });
        }
        tracing::info!(
            // Below our own name, so that the level of our logs is its level too.
            target: "onboarding::access",
            request = id.as_str(),
            method,
            route,
            status = response.status().as_u16(),
            code = code.unwrap_or("-"),
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
        Ok(response)
    }
}

/// Makes panics tell where they happened, and nothing of what they carry: the default hook prints the payload.
///
/// For the binary's first line. Applies to the whole process.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let (file, line) = panic.location().map_or(("-", 0), |location| (location.file(), location.line()));
        tracing::error!(file, line, "panicked");
    }));
}

fn network(proxies: &TrustedProxies, peer: Option<IpAddr>, headers: &HeaderMap) -> ClientNetwork {
    peer.map_or_else(ClientNetwork::local, |peer| ClientNetwork::of(proxies.client(peer, headers)))
}

/// The problem behind an endpoint's error. One that carries none is poem's own: a path that isn't there, a method, a header that did not parse.
fn problem_of(error: poem::Error) -> Problem {
    if let Some(problem) = error.data::<Problem>() {
        return problem.clone();
    }
    let response = error.into_response();
    let status = response.status();
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(status, "method_not_allowed"),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "too_large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(status, "unsupported_media_type"),
        _ if status.is_client_error() => Problem::new(status, "malformed_request"),
        _ => {
            tracing::error!(status = status.as_u16(), "an endpoint failed");
            Problem::internal()
        }
    };
    match response.headers().get(header::ALLOW) {
        Some(allow) => problem.header(header::ALLOW, allow.clone()),
        None => problem,
    }
}

/// The method for the log: a client may invent one.
fn known_method(method: &Method) -> &'static str {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        .iter()
        .zip(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
        .find_map(|(known, name)| (known == method).then_some(name))
        .unwrap_or("other")
}
