//! The pages: what people see, over the same use cases as the API. Plain HTML that needs no script.
//!
//! A `GET` shows and changes nothing; a `POST` acts, and a success leads on to a `GET` (303). Mail scanners open links, and people press
//! "back". A form that is refused is the same page again (422), with what was typed, never with passwords.
//!
//! To add a page: a row in `rows::ROWS` (path, who may see it, what answers), a method on `Pages` in a file of its own that takes a
//! `Visit` and gives a `Turn` – a `View` of building blocks, or the way to another page – and its texts in `locales/`. Language,
//! session, the form's protection, duties that come first, headers and errors are done here.

mod account;
mod app;
mod area;
mod assets;
mod blocks;
mod brand;
mod business;
mod close;
mod confirm;
mod consents;
mod content_name;
mod cookies;
mod devices;
mod documents;
mod email;
mod fields;
mod flow;
mod forgot;
mod help;
mod origin;
mod password;
mod posted;
mod register;
mod reset;
mod rows;
mod sent;
mod setup;
mod sign_in;
mod start;
mod team;
mod view;
mod visit;
mod whole;

use crate::api::{Api, problem_of};
use crate::language;
use crate::middleware::{Code, ErrorPages};
use crate::problem::Problem;
use brand::Brands;
use chrono::{DateTime, Utc};
use flow::Flow;
use onboarding::{Error, Portal};
use onboarding_core::{Language, Page};
use onboarding_text::Texts;
use poem::error::RouteError;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Endpoint, EndpointExt, Request, Response, Route, endpoint::make};
use secrecy::ExposeSecret;
use std::sync::Arc;

pub(crate) use assets::STYLES_AT;
pub(crate) use blocks::Form;
pub(crate) use cookies::{Jar, Purpose};
pub(crate) use fields::number_word;
pub use origin::Origin;
pub(crate) use posted::Posted;
use rows::{Door, LINKED, ROWS, Row};
pub(crate) use view::{View, own_name};
pub(crate) use visit::Visit;

/// The pages that are served: a mail links to no other.
pub const SERVED: [Page; 8] =
    [Page::Confirm, Page::PasswordReset, Page::ConfirmNewEmail, Page::PasswordForgot, Page::Setup, Page::Invite, Page::Login, Page::Team];

/// The pages, and what they need.
pub struct Pages {
    api: Arc<Api>,
    texts: Arc<Texts>,
    origin: Origin,
    jar: Jar,
    brands: Brands,
    /// Whether the demo's post office is here, for everybody to find.
    demo: bool,
    templates: minijinja::Environment<'static>,
}

/// What follows a visit.
pub(crate) enum Turn {
    /// A file to keep.
    File { name: String, kind: &'static str, content: Vec<u8> },
    /// This page.
    Show(View),
    /// Another one of this portal's; the path begins behind its slug.
    Go { to: String, cookies: Vec<HeaderValue>, clear: bool },
}

impl From<View> for Turn {
    fn from(view: View) -> Self {
        Self::Show(view)
    }
}

impl Turn {
    pub(crate) fn go(to: impl Into<String>) -> Self {
        Self::Go { to: to.into(), cookies: Vec::new(), clear: false }
    }
}

/// What the frame of a page needs beside its portal.
#[derive(Default)]
pub(crate) struct Chrome {
    /// The link's token, which another language's page keeps.
    pub(crate) token: Option<String>,
    /// Who is signed in.
    pub(crate) session: Option<SignedInFrame>,
    /// Whether comforts are added. Not to a page behind a mailed link, which programs open before people do.
    pub(crate) comforts: bool,
    /// Whether it is no portal's own: the list of all of them.
    pub(crate) neutral: bool,
}

/// What every page says to whoever is signed in.
pub(crate) struct SignedInFrame {
    /// Of every form.
    pub(crate) form_token: String,
    /// When the session ends if nobody does anything.
    pub(crate) until: DateTime<Utc>,
    /// Until then.
    pub(crate) seconds: i64,
    /// Where the page is, below the portal.
    pub(crate) here: Option<String>,
}

/// What is nobody's own: the same for whoever asks.
type Common = fn(&Pages, &Request) -> Result<Response, Problem>;

/// Adds the pages to the router.
///
/// # Errors
/// A path that the router does not take, which a test excludes.
pub fn add(router: Route, pages: &Arc<Pages>) -> Result<Route, RouteError> {
    let mut router = assets::add(router)?;
    let common: [(&str, Common); 6] = [
        ("/", |pages, request| pages.portals(request)),
        ("/.well-known/change-password", |pages, request| pages.to_change_password(request)),
        ("/:portal/app.webmanifest", |pages, request| pages.manifest(&*pages.portal_asked(request)?)),
        ("/:portal/offline", |pages, request| pages.offline(&*pages.portal_asked(request)?)),
        ("/:portal/worker.js", |pages, request| Ok(pages.worker(&*pages.portal_asked(request)?))),
        ("/:portal/look/:part", |pages, request| {
            let brand = pages.brands.get(&pages.portal_asked(request)?.slug);
            let part = request.raw_path_param("part").unwrap_or_default();
            brand.and_then(|brand| brand.file(part)).ok_or_else(Problem::not_found)
        }),
    ];
    for (path, answer) in common {
        let pages = pages.clone();
        let shown = make(move |request: Request| {
            let pages = pages.clone();
            async move { answer(&pages, &request).map_err(poem::Error::from) }
        });
        router = router.try_at(path, poem::get(shown))?;
    }
    for row in &ROWS {
        router = router.try_at(row.path, page(pages, row))?;
    }
    Ok(router)
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("could not read a page's template")]
pub struct PagesError(#[from] minijinja::Error);

impl ErrorPages for Pages {
    /// Who is signed in is not looked up for a page that may not be there.
    fn language(&self, path: &str, query: &str, headers: &HeaderMap) -> Option<Language> {
        let portal = self.portal_of(path)?;
        let spoken = &portal.journey.languages;
        let asked = language::asked(query).filter(|asked| spoken.contains(asked));
        Some(asked.or_else(|| self.kept_language(&portal, headers)).unwrap_or_else(|| language::of_request(headers, spoken)))
    }

    /// Below a portal people are asking; everywhere else programs are.
    fn page(&self, path: &str, problem: &Problem, wished: Language, _request_id: &str) -> Option<Response> {
        let portal = self.portal_of(path)?;
        let spoken = &portal.journey.languages;
        let language = problem.language().unwrap_or(wished);
        let language = if spoken.contains(&language) { language } else { portal.journey.default_language() };
        let view = self.error_view(&portal, language, problem)?;
        self.written(&portal, language, &Chrome::default(), &view).ok()
    }
}

fn page(pages: &Arc<Pages>, row: &'static Row) -> impl Endpoint + use<> {
    let pages = pages.clone();
    make(move |request| {
        let pages = pages.clone();
        async move { pages.answer(request, row).await.map_err(poem::Error::from) }
    })
    .boxed()
}

impl Pages {
    /// The pages over an API, reached at this origin; in the demo each shows the way to its post office.
    ///
    /// # Errors
    /// A template that cannot be read, which a test excludes.
    pub fn new(api: Arc<Api>, texts: Arc<Texts>, origin: Origin, demo: bool) -> Result<Self, PagesError> {
        let mut templates = minijinja::Environment::new();
        templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        templates.add_filter("whole", whole::marked);
        templates.add_template("page.html", include_str!("../templates/page.html"))?;
        let jar = Jar { secure: origin.is_secure() };
        let brands = Brands::of(api.engine().portals().all().into_iter().map(Arc::as_ref));
        let hosts = api.engine().portals().all().into_iter().filter_map(|portal| portal.site.host.clone()).collect();
        Ok(Self { api, texts, origin: origin.also_at(hosts), jar, brands, demo, templates })
    }

    async fn answer(&self, request: Request, row: &Row) -> Result<Response, Problem> {
        let mut visit = self.visit(request, row).await?;
        let turn = match self.first(&mut visit, row).await? {
            Some(first) => Ok(first),
            None => (row.answer)(self, &visit).await,
        };
        match turn {
            Ok(turn) => self.turned(&visit, row, turn),
            // In the language that was chosen; whoever is signed in keeps the way out.
            Err(problem) => self.refused_page(&visit, row, problem),
        }
    }

    fn turned(&self, visit: &Visit, row: &Row, turn: Turn) -> Result<Response, Problem> {
        let slug = visit.portal.slug.as_str();
        match turn {
            Turn::Show(mut view) => {
                view.cookies.extend(visit.cookies.iter().cloned());
                if view.done.is_none() && visit.done.as_deref() == Some("extended") {
                    view.done = self.extended(visit)?;
                }
                let chrome = Chrome { comforts: row.names != LINKED, ..self.chrome(visit) };
                self.written(&visit.portal, view.language.unwrap_or(visit.language), &chrome, &view)
            }
            Turn::Go { to, cookies, clear } => {
                let location = HeaderValue::from_str(&format!("/{slug}/{to}")).map_err(|_| Problem::internal())?;
                let mut response = Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, location).finish();
                for cookie in visit.cookies.iter().chain(&cookies) {
                    response.headers_mut().append(header::SET_COOKIE, cookie.clone());
                }
                if clear {
                    // Not "cookies": that would sign people out of the neighbours on this host. "cache" is sent by a file of the next page: a
                    // browser that has kept much looks through all of it, and would show that page a second later.
                    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"storage\""));
                }
                Ok(response)
            }
            Turn::File { name, kind, content } => {
                let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).map_err(|_| Problem::internal())?;
                let response = Response::builder().header(header::CONTENT_TYPE, kind).header(header::CACHE_CONTROL, "no-store");
                Ok(response.header(header::CONTENT_DISPOSITION, disposition).body(content))
            }
        }
    }

    fn chrome(&self, visit: &Visit) -> Chrome {
        let session = visit.session.as_ref().map(|session| {
            let until = session.facts.session.expires_at();
            let seconds = (until - session.now).num_seconds().max(0);
            SignedInFrame { form_token: self.form_token(visit), until, seconds, here: visit.here.clone() }
        });
        Chrome { token: visit.token.as_ref().map(|token| token.expose_secret().to_owned()), session, comforts: true, neutral: false }
    }

    /// What comes before this page: signing in, a new password, new documents.
    async fn first(&self, visit: &mut Visit, row: &Row) -> Result<Option<Turn>, Problem> {
        let Door::SignedIn(needs) = row.door else { return Ok(None) };
        let Some(session) = &visit.session else { return self.sign_in_first(visit).await.map(Some) };
        match session.may(needs) {
            Err(Error::PasswordChangeRequired) => return Ok(Some(Turn::go("password/first"))),
            Err(_) => return Ok(Some(Turn::go("documents/accept"))),
            Ok(()) => {}
        }
        if visit.posted.is_none()
            && visit.flow.is_some()
            && let Some(Flow::Waiting { page, typed }) = self.handed_on(visit).await?
            && visit.here.as_ref() == Some(&page)
        {
            visit.kept = Some(Posted::of(typed));
            visit.cookies.push(self.jar.delete(Purpose::Flow, visit.portal.slug.as_str()));
        }
        Ok(None)
    }

    /// The way to the sign-in page, and back from it: with what was typed, where a form's session had ended.
    async fn sign_in_first(&self, visit: &Visit) -> Result<Turn, Problem> {
        let back = visit.here.as_ref().map(|below| format!("&return_to=/{}/{below}", visit.portal.slug)).unwrap_or_default();
        let waiting = self.waiting(visit).await?;
        let done = if waiting.is_some() { "expired" } else { "required" };
        Ok(Turn::Go { to: format!("login?done={done}{back}"), cookies: waiting.into_iter().collect(), clear: false })
    }

    /// The page that says no, in the frame of whoever asked.
    fn refused_page(&self, visit: &Visit, row: &Row, problem: Problem) -> Result<Response, Problem> {
        let language = problem.language().filter(|own| visit.portal.journey.languages.contains(own)).unwrap_or(visit.language);
        let view = self.error_view(&visit.portal, language, &problem).ok_or_else(|| problem.clone())?;
        let chrome = Chrome { comforts: row.names != LINKED, ..self.chrome(visit) };
        let mut response = self.written(&visit.portal, language, &chrome, &view)?;
        for (name, value) in problem.headers() {
            response.headers_mut().insert(name, value.clone());
        }
        response.set_data(Code(problem.code()));
        Ok(response)
    }

    /// The portal of a route's path.
    fn portal_asked(&self, request: &Request) -> Result<Arc<Portal>, Problem> {
        self.api.engine().portal(request.raw_path_param("portal").unwrap_or_default()).map_err(problem_of)
    }

    /// The portal that a path is below.
    fn portal_of(&self, path: &str) -> Option<Arc<Portal>> {
        self.api.engine().portal(path.trim_start_matches('/').split('/').next()?).ok()
    }

    /// The language that was chosen on an earlier page.
    fn kept_language(&self, portal: &Portal, headers: &HeaderMap) -> Option<Language> {
        let kept = self.jar.get(headers, Purpose::Language, portal.slug.as_str());
        kept.and_then(|tag| Language::from_tag(&tag)).filter(|kept| portal.journey.languages.contains(kept))
    }

    /// A problem as people are told of it.
    fn error_view(&self, portal: &Portal, language: Language, problem: &Problem) -> Option<View> {
        let text = self.texts.problem(Some(&portal.slug), language, problem.code()).ok()?;
        let detail = if problem.code() == "forbidden" {
            // The form came from elsewhere, or from another session.
            self.texts.text(Some(&portal.slug), language, "err-formExpired", &[]).ok()?
        } else {
            text.detail
        };
        let home = self.texts.text(Some(&portal.slug), language, "common-home", &[]).ok()?;
        let view = View::new(text.title).says(detail).status(problem.status());
        Some(view.with(blocks::Block::Link { href: format!("/{}/", portal.slug), text: home }))
    }
}
