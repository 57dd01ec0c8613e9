//! `GET /auth/{portal}`: what a reverse proxy asks before it lets a request through to something else.
//!
//! A status and three headers, never a body; no part of the JSON API. Whoever may not everything yet (a password to change, a
//! document to agree to) is nobody here. A bearer's token is read, or else the cookie of the portal's pages.

use crate::api::Api;
use crate::pages::{Jar, Purpose};
use crate::routes::bearer;
use onboarding::ports::SessionKind;
use onboarding::stories::{Needs, SessionView};
use poem::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Request, Response};
use secrecy::SecretString;
use std::fmt::Write as _;
use std::sync::Arc;

struct AuthRequest {
    api: Arc<Api>,
    jar: Jar,
}

/// Adds the door.
pub(crate) fn add(router: poem::Route, api: Arc<Api>, jar: Jar) -> Result<poem::Route, poem::error::RouteError> {
    router.try_at("/auth/:portal", AuthRequest { api, jar })
}

impl Endpoint for AuthRequest {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        // A proxy may ask with the method of the request that it holds; asking changes nothing by any of them.
        let looks = [Method::GET, Method::HEAD].contains(request.method());
        let mut response = match self.session(&request).await {
            _ if !looks => Response::builder().status(StatusCode::METHOD_NOT_ALLOWED).header(header::ALLOW, "GET, HEAD").finish(),
            Ok(session) => admitted(&session),
            Err(status) => Response::builder().status(status).header(header::WWW_AUTHENTICATE, "Bearer").finish(),
        };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }
}

impl AuthRequest {
    /// 401 for everybody who is not signed in for everything, an unknown portal's too; 503 where it cannot be told.
    async fn session(&self, request: &Request) -> Result<SessionView, StatusCode> {
        let nobody = StatusCode::UNAUTHORIZED;
        let portal = request.raw_path_param("portal").ok_or(nobody)?;
        let (token, kind) = match bearer(request.headers()) {
            Ok(Some(token)) => (token, SessionKind::Bearer),
            // A browser's: the proxy hands on the cookie of the request that it holds.
            Ok(None) => {
                let cookie = self.jar.get(request.headers(), Purpose::Session, portal).ok_or(nobody)?;
                (SecretString::from(cookie), SessionKind::Page)
            }
            Err(_) => return Err(nobody),
        };
        let session = self.api.engine().session(portal, &token, Needs::Everything).await.map_err(|error| {
            if matches!(error, onboarding::Error::Store(_) | onboarding::Error::Internal(_)) {
                tracing::error!(%error, "could not tell a proxy who asks");
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            nobody
        })?;
        if session.facts.session.kind == kind { Ok(session) } else { Err(nobody) }
    }
}

fn admitted(session: &SessionView) -> Response {
    let member = if session.member { "member" } else { "basic" };
    // Those that were active when the session opened and still are: what was linked since counts from the next sign-in on.
    let records = session.memberships.iter().filter(|membership| session.facts.session.memberships.contains(&membership.id));
    let records: Vec<String> = records.map(|membership| escaped(&membership.record)).collect();
    let told = [("x-account-id", session.account().to_string()), ("x-access", member.to_owned()), ("x-memberships", records.join(","))];
    let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
    for (name, value) in told {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// A number as one piece of a list: everything but letters, digits, `-`, `.`, `_` and `~` percent-encoded. Source: RFC 3986 2.3.
fn escaped(number: &str) -> String {
    number.bytes().fold(String::with_capacity(number.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a string cannot fail");
        }
        text
    })
}
