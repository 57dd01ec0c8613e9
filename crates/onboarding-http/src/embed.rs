//! The portal's button on the company's other sites: `GET /embed/{portal}/button.js`, and `GET /embed/{portal}/state`, which tells the sites of
//! a list whether somebody is signed in, and nothing else.
//!
//! The session's cookie goes along between hosts of one site (`www.` and `portal.` of one name); on another site the browser keeps it back, and
//! the button stays the plain link that it is without this script.

use crate::pages::{Jar, Purpose};
use crate::problem::Problem;
use onboarding::ports::SessionKind;
use onboarding::stories::Needs;
use onboarding::{Error, Onboarding, Portal};
use onboarding_core::PortalSlug;
use onboarding_text::Texts;
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, Request, Response, Route, endpoint::make, error::RouteError};
use secrecy::SecretString;
use std::sync::Arc;

/// The button's script; its words stand before it.
const SCRIPT: &str = include_str!("../assets/button.js");

/// Adds both doors.
pub(crate) fn add(router: Route, engine: &Onboarding, texts: &Arc<Texts>, jar: Jar) -> Result<Route, RouteError> {
    let (asked, shown, texts) = (engine.clone(), engine.clone(), texts.clone());
    let state = make(move |request: Request| {
        let engine = asked.clone();
        async move { state(&engine, jar, &request).await.map_err(poem::Error::from) }
    });
    let button = make(move |request: Request| {
        let (engine, texts) = (shown.clone(), texts.clone());
        async move { button(&engine, &texts, &request).map_err(poem::Error::from) }
    });
    router.try_at("/embed/:portal/state", looked_at(state))?.try_at("/embed/:portal/button.js", looked_at(button))
}

/// Only looked at: both doors change nothing.
fn looked_at(endpoint: impl Endpoint<Output = Response> + 'static) -> impl Endpoint {
    poem::get(endpoint).boxed()
}

fn portal_of(engine: &Onboarding, request: &Request) -> Result<Arc<Portal>, Problem> {
    engine.portal(request.raw_path_param("portal").unwrap_or_default()).map_err(|_| Problem::not_found())
}

async fn state(engine: &Onboarding, jar: Jar, request: &Request) -> Result<Response, Problem> {
    let portal = portal_of(engine, request)?;
    let origin = allowed(&portal, request.headers())?;
    let signed_in = signed_in(engine, jar, &portal.slug, request.headers()).await?;
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::VARY, "Origin")
        .body(format!("{{\"signed_in\":{signed_in}}}"));
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The origin that is answered; none for a page of our own. Anybody else is told nothing.
fn allowed(portal: &Portal, headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        let own = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
        return if own { Ok(None) } else { Err(Problem::forbidden()) };
    };
    if portal.site.button_on.iter().any(|known| origin == known.as_str()) { Ok(Some(origin.clone())) } else { Err(Problem::forbidden()) }
}

async fn signed_in(engine: &Onboarding, jar: Jar, slug: &PortalSlug, headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(token) = jar.get(headers, Purpose::Session, slug.as_str()) else { return Ok(false) };
    match engine.session(slug.as_str(), &SecretString::from(token), Needs::Nothing).await {
        Ok(session) => Ok(session.facts.session.kind == SessionKind::Page),
        Err(Error::SignInRequired) => Ok(false),
        Err(error) => Err(crate::api::problem_of(error)),
    }
}

/// The script with its words in the portal's languages: which one is shown the site's own `lang` says.
fn button(engine: &Onboarding, texts: &Texts, request: &Request) -> Result<Response, Problem> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    }
    let portal = portal_of(engine, request)?;
    let mut words = serde_json::Map::new();
    for language in &portal.journey.languages {
        let text = |key: &str| texts.text(Some(&portal.slug), *language, key, &[]).map_err(|_| Problem::internal());
        let own = serde_json::json!({ "in": text("embed-toPortal")?, "out": text("embed-signIn")?, "leave": text("logout")? });
        words.insert(language.tag().to_owned(), own);
    }
    let first = portal.journey.default_language().tag();
    let content = format!("const words = {};\nconst own = \"{first}\";\n{SCRIPT}", serde_json::Value::Object(words));
    let response = Response::builder()
        .header(header::CONTENT_TYPE, "text/javascript; charset=utf-8")
        .header(header::CACHE_CONTROL, "public, max-age=3600")
        .header("cross-origin-resource-policy", "cross-origin")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    Ok(response.body(content))
}
