//! The pages: what people see, over the same use cases as the API. Plain HTML that needs no script.
//!
//! A `GET` shows and changes nothing; a `POST` acts, and a success leads on to a `GET` (303). Mail scanners open links, and people press
//! "back". A form that is refused is the same page again (422), with what was typed, never with passwords.
//!
//! To add a page: a row in `rows::ROWS` (path, who may see it, what answers), a method on `Pages` in a file of its own that takes a
//! `Visit` and gives a `Turn` – a `View` of building blocks, or the way to another page – and its texts in `locales/`. Language,
//! session, the form's protection, duties that come first, headers and errors are done here.

mod area;
mod assets;
mod blocks;
mod business;
mod confirm;
mod cookies;
mod documents;
mod email;
mod fields;
mod flow;
mod forgot;
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

use crate::api::{Api, problem_of};
use crate::edge::body::{self, LARGEST_JSON};
use crate::edge::client::ClientNetwork;
use crate::language;
use crate::middleware::ErrorPages;
use crate::problem::Problem;
use onboarding::portal::hex;
use onboarding::ports::DigestPurpose;
use onboarding::stories::{Needs, SessionView};
use onboarding::{Caller, CommandId, Error, Portal};
use onboarding_core::{Language, Page};
use onboarding_text::Texts;
use poem::error::RouteError;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, EndpointExt, Request, Response, Route, endpoint::make};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

pub(crate) use assets::STYLES_AT;
pub(crate) use blocks::Form;
pub(crate) use cookies::{Jar, Purpose};
pub(crate) use fields::number_word;
pub use origin::Origin;
pub(crate) use posted::Posted;
use rows::{Door, LINKED, ROWS, Row};
pub(crate) use view::{View, own_name};

/// The pages that are served: a mail links to no other.
pub const SERVED: [Page; 8] =
    [Page::Confirm, Page::PasswordReset, Page::ConfirmNewEmail, Page::PasswordForgot, Page::Setup, Page::Invite, Page::Login, Page::Team];

/// The pages, and what they need.
pub struct Pages {
    api: Arc<Api>,
    texts: Arc<Texts>,
    origin: Origin,
    jar: Jar,
    templates: minijinja::Environment<'static>,
}

/// A request to one portal's page.
pub(crate) struct Visit {
    pub(crate) portal: Arc<Portal>,
    pub(crate) language: Language,
    /// Whether the language was chosen by the reader, rather than by the browser.
    pub(crate) wished: bool,
    pub(crate) caller: Caller,
    /// The token of the link, from the address or the form.
    pub(crate) token: Option<SecretString>,
    /// The form that was sent; `None` for a look.
    pub(crate) posted: Option<Posted>,
    /// Who is signed in.
    pub(crate) session: Option<SessionView>,
    /// What the pages of a registration handed on.
    flow: Option<String>,
    /// The number in a letter's QR code.
    pub(crate) number: Option<String>,
    /// What was done on the page before: one of a few words.
    pub(crate) done: Option<String>,
    /// Where to go after signing in: below this portal, or nowhere.
    pub(crate) return_to: Option<String>,
    /// Of the address: a document's name or an id.
    pub(crate) part: Option<String>,
    cookies: Vec<HeaderValue>,
}

/// What follows a visit.
pub(crate) enum Turn {
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
pub(crate) struct Chrome {
    /// The link's token, which another language's page keeps.
    pub(crate) token: Option<String>,
    /// The form token of whoever is signed in.
    pub(crate) form_token: Option<String>,
    /// Whether comforts are added. Not to a page behind a mailed link, which programs open before people do.
    pub(crate) comforts: bool,
    /// Whether it is no portal's own: the list of all of them.
    pub(crate) neutral: bool,
}

/// What an address may say. Anything else is ignored: mail gateways add parameters of their own.
#[derive(Default)]
struct Query {
    t: Option<SecretString>,
    lang: Option<String>,
    n: Option<String>,
    done: Option<String>,
    return_to: Option<String>,
}

impl Query {
    fn of(query: &str) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "t" if read.t.is_none() => read.t = Some(SecretString::from(value)),
                "lang" if read.lang.is_none() => read.lang = Some(value),
                "n" if read.n.is_none() && value.chars().count() <= 64 => read.n = Some(value),
                "done" if read.done.is_none() => read.done = Some(value),
                "return_to" if read.return_to.is_none() => read.return_to = Some(value),
                _ => {}
            }
        }
        read
    }
}

/// A page of this portal's own, by a path of a few plain characters; `None` for anything that might lead elsewhere.
fn local(slug: &str, path: &str) -> Option<String> {
    let below = path.strip_prefix('/')?.strip_prefix(slug)?.strip_prefix('/')?;
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    below.split('/').all(plain).then(|| below.to_owned())
}

fn session_word(visit: &Visit) -> String {
    visit.session.as_ref().map(|session| session.facts.session.id.to_string()).unwrap_or_default()
}

/// Adds the pages to the router.
///
/// # Errors
/// A path that the router does not take, which a test excludes.
pub fn add(router: Route, pages: &Arc<Pages>) -> Result<Route, RouteError> {
    let mut router = assets::add(router)?;
    let index = pages.clone();
    router = router.try_at(
        "/",
        make(move |request| {
            let pages = index.clone();
            async move { pages.portals(&request).map_err(poem::Error::from) }
        }),
    )?;
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
    /// Below a portal people are asking; everywhere else programs are.
    fn page(&self, path: &str, problem: &Problem, wished: Language, _request_id: &str) -> Option<Response> {
        let portal = self.api.engine().portal(path.trim_start_matches('/').split('/').next()?).ok()?;
        let spoken = &portal.journey.languages;
        let language = problem.language().unwrap_or(wished);
        let language = if spoken.contains(&language) { language } else { portal.journey.default_language() };
        let text = self.texts.problem(Some(&portal.slug), language, problem.code()).ok()?;
        let detail = if problem.code() == "forbidden" {
            // The form came from elsewhere, or from another session.
            self.texts.text(Some(&portal.slug), language, "err-formExpired", &[]).ok()?
        } else {
            text.detail
        };
        let home = self.texts.text(Some(&portal.slug), language, "common-home", &[]).ok()?;
        let view = View::new(text.title).says(detail).status(problem.status());
        let view = view.with(blocks::Block::Link { href: format!("/{}/", portal.slug), text: home });
        self.written(&portal, language, &Chrome { token: None, form_token: None, comforts: false, neutral: false }, &view).ok()
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
    /// The pages over an API, reached at this origin.
    ///
    /// # Errors
    /// A template that cannot be read, which a test excludes.
    pub fn new(api: Arc<Api>, texts: Arc<Texts>, origin: Origin) -> Result<Self, PagesError> {
        let mut templates = minijinja::Environment::new();
        templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        templates.add_template("page.html", include_str!("../templates/page.html"))?;
        let jar = Jar { secure: origin.is_secure() };
        Ok(Self { api, texts, origin, jar, templates })
    }

    async fn answer(&self, request: Request, row: &Row) -> Result<Response, Problem> {
        let here = request.uri().path().to_owned();
        let visit = self.visit(request, row).await?;
        let slug = visit.portal.slug.as_str();
        let turn = match Self::first(&visit, row, &here) {
            Some(first) => first,
            None => (row.answer)(self, &visit).await?,
        };
        match turn {
            Turn::Show(mut view) => {
                view.cookies.extend(visit.cookies.iter().cloned());
                let chrome = Chrome {
                    token: visit.token.as_ref().map(|token| token.expose_secret().to_owned()),
                    form_token: visit.session.is_some().then(|| self.form_token(&visit)),
                    comforts: row.names != LINKED,
                    neutral: false,
                };
                self.written(&visit.portal, view.language.unwrap_or(visit.language), &chrome, &view)
            }
            Turn::Go { to, cookies, clear } => {
                let location = HeaderValue::from_str(&format!("/{slug}/{to}")).map_err(|_| Problem::internal())?;
                let mut response = Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, location).finish();
                for cookie in visit.cookies.iter().chain(&cookies) {
                    response.headers_mut().append(header::SET_COOKIE, cookie.clone());
                }
                if clear {
                    // Not "cookies": that would sign people out of the neighbours on this host.
                    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
                }
                Ok(response)
            }
        }
    }

    /// What comes before this page: signing in, a new password, new documents.
    fn first(visit: &Visit, row: &Row, here: &str) -> Option<Turn> {
        let Door::SignedIn(needs) = row.door else { return None };
        let Some(session) = &visit.session else {
            let back = local(visit.portal.slug.as_str(), here).map(|below| format!("&return_to=/{}/{below}", visit.portal.slug));
            return Some(Turn::go(format!("login?done=required{}", back.unwrap_or_default())));
        };
        match session.may(needs) {
            Err(Error::PasswordChangeRequired) => Some(Turn::go("password/first")),
            Err(_) => Some(Turn::go("documents/accept")),
            Ok(()) => None,
        }
    }

    /// Bound to the session and the portal: a page of somebody else's cannot know it.
    fn form_token(&self, visit: &Visit) -> String {
        let session = session_word(visit);
        hex(&self
            .api
            .engine()
            .ports()
            .vault
            .digest(DigestPurpose::Form, &[visit.portal.slug.as_str().as_bytes(), session.as_bytes()])
            .bytes)
    }

    /// Whether a form's token is this session's, also under a key that was the newest when the page was written.
    fn is_ours(&self, visit: &Visit, token: &str) -> bool {
        let session = session_word(visit);
        let vault = &self.api.engine().ports().vault;
        let known = vault.presented(DigestPurpose::Form, &[visit.portal.slug.as_str().as_bytes(), session.as_bytes()]);
        known.0.iter().any(|digest| hex(&digest.bytes) == token)
    }

    async fn visit(&self, mut request: Request, row: &Row) -> Result<Visit, Problem> {
        let slug = request.raw_path_param("portal").unwrap_or_default().to_owned();
        let part = request.raw_path_param("part").map(str::to_owned);
        let engine = self.api.engine();
        let portal = engine.portal(&slug).map_err(problem_of)?;
        let query = Query::of(request.uri().query().unwrap_or_default());
        let spoken = &portal.journey.languages;
        let known = |tag: &str| Language::from_tag(tag).filter(|language| spoken.contains(language));
        let mut cookies = Vec::new();
        let asked = query.lang.as_deref().and_then(known);
        let kept = self.jar.get(request.headers(), Purpose::Language, &slug).as_deref().and_then(known);
        if let Some(language) = asked.filter(|language| Some(*language) != kept) {
            cookies.push(self.jar.set(Purpose::Language, &slug, language.tag()));
        }
        let posted = match *request.method() {
            Method::GET | Method::HEAD => None,
            Method::POST => {
                self.origin.admit(request.headers())?;
                let bytes = body::of_request(&mut request, &["application/x-www-form-urlencoded"], LARGEST_JSON).await?;
                Some(Posted::read(&bytes, row.names)?)
            }
            _ => return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")),
        };
        let session = match self.jar.get(request.headers(), Purpose::Session, &slug) {
            None => None,
            Some(token) => match engine.session(&slug, &SecretString::from(token), Needs::Nothing).await {
                Ok(session) => Some(session),
                Err(Error::SignInRequired) => {
                    cookies.push(self.jar.delete(Purpose::Session, &slug));
                    None
                }
                Err(error) => return Err(problem_of(error)),
            },
        };
        let own = session.as_ref().map(|session| session.facts.account.value.language()).filter(|own| spoken.contains(own));
        let wished = asked.or(kept);
        let language = wished.or(own).unwrap_or_else(|| language::of_request(request.headers(), spoken));
        let network = request.data::<ClientNetwork>().map_or_else(String::new, |network| network.as_str().to_owned());
        // A second press of the same button, with the same words, is the first one's answer.
        let command = posted.as_ref().and_then(|posted| {
            let key = posted.given("key").filter(|key| key.len() >= 32)?;
            let caller = session.as_ref().map_or_else(|| "page".to_owned(), |session| format!("page {}", session.facts.session.id));
            Some(CommandId { route: row.path, caller, key: key.to_owned(), body: posted.body() })
        });
        let token = match &posted {
            None => query.t,
            Some(posted) => posted.given("token").filter(|token| !token.is_empty()).map(SecretString::from),
        };
        let wanted = posted.as_ref().and_then(|posted| posted.given("return_to").map(str::to_owned)).or(query.return_to);
        let visit = Visit {
            language,
            wished: wished.is_some(),
            caller: Caller { network, language, command },
            token,
            posted,
            session,
            flow: self.jar.get(request.headers(), Purpose::Flow, &slug),
            number: query.n,
            done: query.done,
            return_to: wanted.and_then(|path| local(&slug, &path)),
            part,
            cookies,
            portal,
        };
        match &visit.posted {
            Some(posted) if visit.session.is_some() && !self.is_ours(&visit, posted.text("form")) => Err(Problem::forbidden()),
            Some(_) | None => Ok(visit),
        }
    }

    /// A fresh key for a form: what is sent with it twice is done once.
    pub(crate) fn fresh_key(&self) -> String {
        let mut bytes = [0; 16];
        self.api.engine().ports().entropy.fill(&mut bytes);
        hex(&bytes)
    }

    /// What every form of this visit carries.
    pub(crate) fn carried(&self, visit: &Visit) -> Vec<(&'static str, String)> {
        let mut hidden = vec![("key", self.fresh_key())];
        if visit.session.is_some() {
            hidden.push(("form", self.form_token(visit)));
        }
        hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_leads_to_this_portal_or_nowhere() {
        assert_eq!(local("garden", "/garden/account/email").as_deref(), Some("account/email"));
        for path in [
            "//evil.example",
            "/\\evil.example",
            "/garden//evil.example",
            "/garden/",
            "/garden",
            "/other/area",
            "garden/area",
            "/garden/../x",
            "/garden/%2f%2fevil",
            "/garden/a\tb",
            "/garden/a?b",
            "https://evil.example/garden/area",
            "/garden@evil.example/area",
            "",
        ] {
            assert_eq!(local("garden", path), None, "{path}");
        }
    }
}
