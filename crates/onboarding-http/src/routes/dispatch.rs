//! From the table to poem's router, and from a request to its handler: portal, method, credentials, admission, body, in this order.
//!
//! The body comes last: nobody who isn't admitted can make the server hold one.

use super::{
    Asking, Auth, Ctx, Gate, Head, Route, TableError, Takes,
    context::{bearer, idempotency_key},
};
use crate::{
    edge::{
        RequestClock,
        body::{self, LARGEST_JSON, Upload},
        client::ClientNetwork,
    },
    json, language,
    middleware::RequestId,
    problem::Problem,
};
use bytes::Bytes;
use onboarding_core::Language;
use poem::{
    Endpoint, Request, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use std::sync::Arc;

const JSON: [&str; 1] = ["application/json"];

/// All rows of one path.
struct Calls<S: Gate> {
    rows: Vec<Route<S>>,
    state: Arc<S>,
    /// The names of the path's parameters.
    params: Vec<&'static str>,
}

pub(super) fn router<S: Gate>(rows: Vec<Route<S>>, state: &Arc<S>) -> Result<poem::Route, TableError> {
    let mut paths: Vec<(&'static str, Vec<Route<S>>)> = Vec::new();
    for row in rows {
        let (method, path) = (row.listing.method.clone(), row.listing.path);
        match paths.iter_mut().find(|(listed, _)| *listed == path) {
            None => paths.push((path, vec![row])),
            Some((_, calls)) if calls.iter().any(|call| call.listing.method == method) => return Err(TableError::Twice { method, path }),
            Some((_, calls)) => calls.push(row),
        }
    }
    paths.into_iter().try_fold(poem::Route::new(), |router, (path, rows)| {
        let calls = Calls { rows, state: Arc::clone(state), params: parameters(path).collect() };
        let pattern = path.replace('{', ":").replace('}', "");
        router.try_at(pattern, calls).map_err(|error| TableError::Path { path, source: error })
    })
}

/// The names in a path's braces, in their order.
pub(crate) fn parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}'))
}

impl<S: Gate> Endpoint for Calls<S> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let mut language = None;
        match self.answer(request, &mut language).await {
            Ok(response) => Ok(response),
            Err(problem) => Err(language.map_or_else(|| problem.clone(), |language| problem.clone().speaking(language)).into()),
        }
    }
}

impl<S: Gate> Calls<S> {
    async fn answer(&self, mut request: Request, language: &mut Option<Language>) -> Result<Response, Problem> {
        let params: Vec<(String, String)> =
            self.params.iter().filter_map(|name| Some(((*name).to_owned(), request.raw_path_param(name)?.to_owned()))).collect();
        // poem leaves out a parameter that isn't UTF-8; without this the call would go on as if its path named no portal.
        if params.len() < self.params.len() {
            return Err(Problem::not_found());
        }
        let portal = params.iter().find(|(name, _)| name == "portal").map(|(_, slug)| slug.clone());
        let spoken = match &portal {
            Some(slug) => self.state.portal_languages(slug).ok_or_else(Problem::not_found)?,
            None => &Language::ALL,
        };
        let spoken = language::of_request(request.headers(), spoken);
        *language = Some(spoken);

        let row = self.row(request.method())?;
        let body = request.take_body();
        let head = Head {
            params,
            query: request.uri().query().unwrap_or_default().to_owned(),
            network: request.data::<ClientNetwork>().cloned().unwrap_or_else(ClientNetwork::local),
            language: spoken,
            request_id: request.data::<RequestId>().cloned().ok_or_else(unframed)?,
            bearer: match (bearer(request.headers()), row.listing.auth) {
                // Who may be anybody may also send what a staging proxy wants to see there.
                (Err(_), Auth::Public) => None,
                (bearer, _) => bearer?,
            },
            idempotency_key: if row.listing.method == Method::POST { idempotency_key(request.headers())? } else { None },
            headers: std::mem::take(request.headers_mut()),
        };
        if row.listing.auth != Auth::Public && head.bearer.is_none() {
            return Err(Problem::unauthorized("sign_in_required"));
        }
        let asking = Asking {
            auth: row.listing.auth,
            portal: portal.as_deref(),
            bearer: head.bearer.as_ref(),
            network: &head.network,
            repeat: row.listing.ends_session && head.idempotency_key.is_some(),
        };
        let caller = self.state.admit(asking).await?;

        let clock = RequestClock::of_request(&request);
        let (body, upload) = match row.listing.takes {
            Takes::Upload(rule) => (Bytes::new(), Some(Upload::open(&head.headers, body, rule.types, rule.limit, rule.time, &clock)?)),
            Takes::Json(_) => (body::read(&head.headers, body, &JSON, LARGEST_JSON, &clock).await?, None),
            Takes::Nothing => {
                let body = body::read(&head.headers, body, &JSON, LARGEST_JSON, &clock).await?;
                json::read_nothing(&body)?;
                (body, None)
            }
        };
        let ctx = Ctx { state: Arc::clone(&self.state), caller, head, body, upload };
        (row.handler)(ctx).await.map(super::Answer::into_response)
    }

    /// The row for a method; HEAD is GET, whose body hyper leaves away.
    fn row(&self, method: &Method) -> Result<&Route<S>, Problem> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        self.rows.iter().find(|row| row.listing.method == *wanted).ok_or_else(|| {
            let mut allowed: Vec<&str> = self.rows.iter().map(|row| row.listing.method.as_str()).collect();
            if allowed.contains(&"GET") {
                allowed.push("HEAD");
            }
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
            match HeaderValue::from_str(&allowed.join(", ")) {
                Ok(allow) => problem.header(header::ALLOW, allow),
                Err(_) => problem,
            }
        })
    }
}

/// The table was served without the frame that gives requests their ids.
fn unframed() -> Problem {
    tracing::error!("could not serve a request: the router stands outside of the frame");
    Problem::internal()
}
