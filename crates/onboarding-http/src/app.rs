//! Everything together: the API, its document, the pages, health, and the frame around them.

use crate::api::{self, Api, ApiTexts};
use crate::auth_request;
use crate::docs_page;
use crate::edge::client::TrustedProxies;
use crate::embed;
use crate::middleware::{Frame, FrameParts};
use crate::openapi::{self, About};
use crate::pages::{self, Jar, Origin, Pages, PagesError};
use crate::post_office::{self, PostOffice};
use crate::routes::TableError;
use onboarding::Onboarding;
use onboarding_text::Texts;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Response, endpoint::make};
use serde_json::Value;
use std::sync::Arc;

/// Why the application cannot be served. A fault of ours, not of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The table of calls.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The pages.
    #[error(transparent)]
    Pages(#[from] PagesError),
    /// The router.
    #[error("could not route the documentation")]
    Router(#[from] poem::error::RouteError),
}

/// The OpenAPI 3.1 document.
pub fn document() -> Value {
    let about = About {
        title: "Onboarding",
        version: env!("CARGO_PKG_VERSION"),
        description: "Registration, sign-in and accounts for portals whose customers are in the books already.",
    };
    openapi::document(&about, api::routes().listings())
}

/// The application over an engine, reached at `base_url`: forms are taken from pages of that origin alone.
///
/// # Errors
/// Faults of ours that a test excludes.
pub fn app(engine: Onboarding, texts: Arc<Texts>, proxies: TrustedProxies, base_url: &str) -> Result<Frame, AppError> {
    app_with(Api::new(engine), None, texts, proxies, base_url)
}

/// The same over an API that somebody put together, and with the demo's post office. That one is for the demo alone: it shows every code
/// and link there is.
///
/// # Errors
/// As [`app`].
pub fn app_with(
    api: Api,
    office: Option<&Arc<dyn PostOffice>>,
    texts: Arc<Texts>,
    proxies: TrustedProxies,
    base_url: &str,
) -> Result<Frame, AppError> {
    let engine = api.engine().clone();
    let entropy = engine.ports().entropy.clone();
    let ready = engine;
    let state = Arc::new(api);
    let secure = Origin::of(base_url).is_secure();
    let jar = Jar { secure };
    let router = api::routes().router(&state)?;
    let router = docs_page::add(router, &document())?;
    let router = auth_request::add(router, state.clone(), jar)?;
    let router = embed::add(router, state.engine(), &texts, jar)?;
    let pages = Arc::new(Pages::new(state, texts.clone(), Origin::of(base_url), office.is_some())?);
    let router = pages::add(router, &pages)?.at("/health/live", poem::get(make(|_| async { Ok::<_, poem::Error>(health(true)) }))).at(
        "/health/ready",
        poem::get(make(move |_| {
            let engine = ready.clone();
            async move { Ok::<_, poem::Error>(health(is_ready(&engine).await)) }
        })),
    );
    let router = match office {
        None => router,
        Some(office) => post_office::add(router, office, texts.clone(), secure)?,
    };
    Ok(Frame::new(router, FrameParts { texts: Arc::new(ApiTexts::new(texts)), entropy, proxies, pages: Some(pages) }))
}

async fn is_ready(engine: &Onboarding) -> bool {
    match engine.ports().store.ready().await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "not ready");
            false
        }
    }
}

fn health(ok: bool) -> Response {
    let (status, body) =
        if ok { (StatusCode::OK, "{\"status\":\"ok\"}") } else { (StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"unavailable\"}") };
    let mut response = Response::builder().status(status).body(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
