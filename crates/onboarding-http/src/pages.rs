//! The pages behind mailed links: a `GET` shows a button and changes nothing, a `POST` acts. Mail scanners open links.
//!
//! Plain HTML without scripts. A page's own policy: styles from here, forms to here, nothing else; the referrer is never
//! sent, because the token stands in the address.

mod confirm;
mod email;
mod reset;
mod view;

use crate::api::{Api, problem_of};
use crate::edge::body::{self, LARGEST_JSON};
use crate::edge::client::ClientNetwork;
use crate::json::{self, SecretText};
use crate::language;
use crate::problem::Problem;
use onboarding::{Caller, Portal};
use onboarding_core::Language;
use onboarding_text::Texts;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, endpoint::make};
use secrecy::SecretString;
use serde::Deserialize;
use std::sync::Arc;
pub(crate) use view::{Form, View};

/// The stylesheet of every page.
const STYLES: &str = include_str!("../assets/portal.css");

/// What a page needs.
pub(crate) struct Pages {
    api: Arc<Api>,
    texts: Arc<Texts>,
    templates: minijinja::Environment<'static>,
}

/// A request to one portal's page.
pub(crate) struct Visit {
    pub(crate) portal: Arc<Portal>,
    pub(crate) language: Language,
    pub(crate) caller: Caller,
    /// The token of the link, from the address or the form.
    pub(crate) token: Option<SecretString>,
    /// The button that was pressed; `None` for a look.
    pub(crate) pressed: Option<Pressed>,
}

/// What a form carried.
pub(crate) struct Pressed {
    pub(crate) decision: Option<String>,
    pub(crate) new: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkQuery {
    t: Option<SecretText>,
    lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkForm {
    token: SecretText,
    decision: Option<String>,
    new: Option<SecretText>,
}

/// Adds the pages to the router.
///
/// # Errors
/// A template that cannot be read, which a test excludes.
pub fn add(router: Route, api: Arc<Api>, texts: Arc<Texts>) -> Result<Route, PagesError> {
    let mut templates = minijinja::Environment::new();
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    templates.add_template("link.html", include_str!("../templates/link.html"))?;
    let pages = Arc::new(Pages { api, texts, templates });
    Ok(router
        .at("/assets/portal.css", poem::get(make(|_| async { Ok::<_, poem::Error>(styles()) })))
        .at("/:portal/confirm", page(&pages, |pages, visit| Box::pin(async move { pages.confirm(&visit).await })))
        .at("/:portal/password/reset", page(&pages, |pages, visit| Box::pin(async move { pages.reset(&visit).await })))
        .at("/:portal/account/email/confirm", page(&pages, |pages, visit| Box::pin(async move { pages.confirm_email(&visit).await }))))
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("could not read a page's template")]
pub struct PagesError(#[from] minijinja::Error);

type Answering = for<'a> fn(Arc<Pages>, Visit) -> futures_util::future::BoxFuture<'static, Result<View, Problem>>;

fn page(pages: &Arc<Pages>, answer: Answering) -> impl Endpoint + use<> {
    let pages = pages.clone();
    make(move |request| {
        let pages = pages.clone();
        async move { pages.answer(request, answer).await.map_err(poem::Error::from) }
    })
    .boxed()
}

fn styles() -> Response {
    let mut response = STYLES.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

impl Pages {
    async fn answer(&self, request: Request, answer: Answering) -> Result<Response, Problem> {
        let visit = self.visit(request).await?;
        let (portal, language) = (visit.portal.clone(), visit.language);
        let view = answer(Arc::new(self.again()), visit).await?;
        self.written(&portal, language, &view)
    }

    fn again(&self) -> Self {
        Self { api: self.api.clone(), texts: self.texts.clone(), templates: self.templates.clone() }
    }

    async fn visit(&self, mut request: Request) -> Result<Visit, Problem> {
        let slug = request.raw_path_param("portal").unwrap_or_default().to_owned();
        let portal = self.api.engine().portal(&slug).map_err(problem_of)?;
        let query: LinkQuery = json::read_form(request.uri().query().unwrap_or_default().as_bytes())?;
        let spoken = &portal.journey.languages;
        let wished = query.lang.as_deref().and_then(Language::from_tag).filter(|language| spoken.contains(language));
        let language = wished.unwrap_or_else(|| language::of_request(request.headers(), spoken));
        let network = request.data::<ClientNetwork>().map_or_else(String::new, |network| network.as_str().to_owned());
        let caller = Caller { network, language, command: None };
        let (token, pressed) = match *request.method() {
            Method::GET | Method::HEAD => (query.t.map(SecretText::into_secret), None),
            Method::POST => {
                same_origin(&request)?;
                let bytes = body::of_request(&mut request, &["application/x-www-form-urlencoded"], LARGEST_JSON).await?;
                let form: LinkForm = json::read_form(&bytes)?;
                let pressed = Pressed { decision: form.decision, new: form.new.map(SecretText::into_secret) };
                (Some(form.token.into_secret()), Some(pressed))
            }
            _ => return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")),
        };
        Ok(Visit { portal, language, caller, token, pressed })
    }
}

/// A form is taken only from our own pages: a browser always says where it comes from.
fn same_origin(request: &Request) -> Result<(), Problem> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = header("host");
    let own = match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin.split_once("://").map(|(_, authority)| authority) == host && host.is_some(),
        (None, None) => false,
    };
    if own { Ok(()) } else { Err(Problem::forbidden()) }
}
