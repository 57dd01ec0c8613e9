//! The pages behind mailed links: a `GET` shows a button and changes nothing, a `POST` acts. Mail scanners open links.
//!
//! Plain HTML without scripts. A page's own policy: styles from here, forms to here, nothing else; the referrer is never
//! sent, because the token stands in the address.

mod confirm;
mod email;
mod forgot;
mod origin;
mod reset;
mod setup;
mod view;

use crate::api::{Api, problem_of};
use crate::edge::body::{self, LARGEST_JSON};
use crate::edge::client::ClientNetwork;
use crate::json::{self, SecretText};
use crate::language;
use crate::middleware::ErrorPages;
use crate::problem::Problem;
use onboarding::{Caller, Portal};
use onboarding_core::{Language, Page};
use onboarding_text::Texts;
use poem::error::RouteError;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, endpoint::make};
use secrecy::SecretString;
use serde::Deserialize;
use std::sync::Arc;

pub use origin::Origin;
pub(crate) use view::{Form, View};

/// The pages that are served: a mail links to no other.
pub const SERVED: [Page; 6] = [Page::Confirm, Page::PasswordReset, Page::ConfirmNewEmail, Page::PasswordForgot, Page::Setup, Page::Invite];

/// The stylesheet of every page.
const STYLES: &str = include_str!("../assets/portal.css");

/// The pages, and what they need.
pub struct Pages {
    api: Arc<Api>,
    texts: Arc<Texts>,
    origin: Origin,
    templates: minijinja::Environment<'static>,
}

/// A request to one portal's page.
pub(crate) struct Visit {
    pub(crate) portal: Arc<Portal>,
    pub(crate) language: Language,
    /// Whether the language was chosen on the page, rather than by the browser.
    pub(crate) wished: bool,
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
    pub(crate) login: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    /// Boxes that were ticked: document and version.
    pub(crate) ticked: Vec<(String, String)>,
}

/// What an address may say. Anything else is ignored: mail gateways add parameters of their own.
#[derive(Default)]
struct LinkQuery {
    t: Option<SecretString>,
    lang: Option<String>,
}

impl LinkQuery {
    fn of(query: &str) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "t" if read.t.is_none() => read.t = Some(SecretString::from(value.into_owned())),
                "lang" if read.lang.is_none() => read.lang = Some(value.into_owned()),
                _ => {}
            }
        }
        read
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkForm {
    token: Option<SecretText>,
    decision: Option<String>,
    new: Option<SecretText>,
    login: Option<String>,
    password: Option<SecretText>,
    first_name: Option<String>,
    last_name: Option<String>,
}

/// What the names of boxes begin with.
const TICKED: &str = "consent_";

/// Adds the pages to the router.
///
/// # Errors
/// A path that the router does not take, which a test excludes.
pub fn add(router: Route, pages: &Arc<Pages>) -> Result<Route, RouteError> {
    router
        .try_at("/assets/portal.css", poem::get(make(|_| async { Ok::<_, poem::Error>(styles()) })))?
        .try_at("/:portal/confirm", page(pages, |pages, visit| Box::pin(async move { pages.confirm(&visit).await })))?
        .try_at("/:portal/setup", page(pages, |pages, visit| Box::pin(async move { pages.setup(&visit).await })))?
        .try_at("/:portal/invite", page(pages, |pages, visit| Box::pin(async move { pages.setup(&visit).await })))?
        .try_at("/:portal/password/reset", page(pages, |pages, visit| Box::pin(async move { pages.reset(&visit).await })))?
        .try_at("/:portal/password/forgot", page(pages, |pages, visit| Box::pin(async move { pages.forgot(&visit).await })))?
        .try_at("/:portal/account/email/confirm", page(pages, |pages, visit| Box::pin(async move { pages.confirm_email(&visit).await })))
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("could not read a page's template")]
pub struct PagesError(#[from] minijinja::Error);

impl ErrorPages for Pages {
    /// Below a portal people are asking; everywhere else programs are.
    fn page(&self, path: &str, problem: &Problem, wished: Language, _request_id: &str) -> Option<Response> {
        let portal = self.api.engine().portal(path.trim_start_matches('/').split('/').next()?).ok()?;
        let spoken = &portal.journey.languages;
        let language = problem.language().unwrap_or(wished);
        let language = if spoken.contains(&language) { language } else { portal.journey.default_language() };
        let text = self.texts.problem(Some(&portal.slug), language, problem.code()).ok()?;
        let detail = if problem.code() == "forbidden" {
            // Nobody is signed in here: the form came from elsewhere.
            self.texts.text(Some(&portal.slug), language, "err-formExpired", &[]).ok()?
        } else {
            text.detail
        };
        self.written(&portal, language, &View::new(text.title).says(detail).status(problem.status())).ok()
    }
}

type Answering = for<'a> fn(Arc<Pages>, Visit) -> futures_util::future::BoxFuture<'static, Result<View, Problem>>;

fn page(pages: &Arc<Pages>, answer: Answering) -> impl Endpoint + use<> {
    let pages = pages.clone();
    make(move |request| {
        let pages = pages.clone();
        async move { Pages::answer(pages, request, answer).await.map_err(poem::Error::from) }
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
    /// The pages over an API, reached at this origin.
    ///
    /// # Errors
    /// A template that cannot be read, which a test excludes.
    pub fn new(api: Arc<Api>, texts: Arc<Texts>, origin: Origin) -> Result<Self, PagesError> {
        let mut templates = minijinja::Environment::new();
        templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        templates.add_template("link.html", include_str!("../templates/link.html"))?;
        Ok(Self { api, texts, origin, templates })
    }

    async fn answer(pages: Arc<Self>, request: Request, answer: Answering) -> Result<Response, Problem> {
        let visit = pages.visit(request).await?;
        let (portal, language) = (visit.portal.clone(), visit.language);
        let view = answer(pages.clone(), visit).await?;
        pages.written(&portal, view.language.unwrap_or(language), &view)
    }

    async fn visit(&self, mut request: Request) -> Result<Visit, Problem> {
        let slug = request.raw_path_param("portal").unwrap_or_default().to_owned();
        let portal = self.api.engine().portal(&slug).map_err(problem_of)?;
        let query = LinkQuery::of(request.uri().query().unwrap_or_default());
        let spoken = &portal.journey.languages;
        let wished = query.lang.as_deref().and_then(Language::from_tag).filter(|language| spoken.contains(language));
        let language = wished.unwrap_or_else(|| language::of_request(request.headers(), spoken));
        let network = request.data::<ClientNetwork>().map_or_else(String::new, |network| network.as_str().to_owned());
        let caller = Caller { network, language, command: None };
        let (token, pressed) = match *request.method() {
            Method::GET | Method::HEAD => (query.t, None),
            Method::POST => {
                self.origin.admit(request.headers())?;
                let bytes = body::of_request(&mut request, &["application/x-www-form-urlencoded"], LARGEST_JSON).await?;
                let (ticked, rest) = ticks_of(&bytes);
                let form: LinkForm = json::read_form(rest.as_bytes())?;
                let pressed = Pressed {
                    decision: form.decision,
                    new: form.new.map(SecretText::into_secret),
                    login: form.login,
                    password: form.password.map(SecretText::into_secret),
                    first_name: form.first_name,
                    last_name: form.last_name,
                    ticked,
                };
                (form.token.map(SecretText::into_secret), Some(pressed))
            }
            _ => return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")),
        };
        Ok(Visit { portal, language, wished: wished.is_some(), caller, token, pressed })
    }
}

/// Takes the boxes out of a form, whose names the portal decides; the rest is read as strictly as any.
fn ticks_of(form: &[u8]) -> (Vec<(String, String)>, String) {
    let mut ticked = Vec::new();
    let mut rest = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(form) {
        match name.strip_prefix(TICKED) {
            Some(document) => ticked.push((document.to_owned(), value.into_owned())),
            None => {
                rest.append_pair(&name, &value);
            }
        }
    }
    (ticked, rest.finish())
}
