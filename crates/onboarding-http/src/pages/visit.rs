//! Reading a request for a page: its portal, its language, who is signed in, what a form carried and whether the form is ours.

use super::cookies::Purpose;
use super::rows::Row;
use super::{Pages, Posted, problem_of};
use crate::edge::body::{self, LARGEST_JSON};
use crate::edge::client::ClientNetwork;
use crate::language;
use crate::problem::Problem;
use onboarding::portal::hex;
use onboarding::ports::{DigestPurpose, SessionKind};
use onboarding::stories::{Needs, SessionView};
use onboarding::{Caller, CommandId, Error, Portal};
use onboarding_core::Language;
use poem::Request;
use poem::http::{HeaderValue, Method, StatusCode};
use secrecy::SecretString;
use std::borrow::Cow;
use std::sync::Arc;

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
    pub(super) flow: Option<String>,
    /// The number in a letter's QR code.
    pub(crate) number: Option<String>,
    /// What was typed before the session ended: shown again after signing in.
    pub(super) kept: Option<Posted>,
    /// Its path below the portal.
    pub(super) here: Option<String>,
    /// What was done on the page before: one of a few words.
    pub(crate) done: Option<String>,
    /// Where to go after signing in: below this portal, or nowhere.
    pub(crate) return_to: Option<String>,
    /// Of the address: a document's name or an id.
    pub(crate) part: Option<String>,
    pub(super) cookies: Vec<HeaderValue>,
}

/// What an address may say. Anything else is ignored: mail gateways add parameters of their own.
#[derive(Default)]
struct Query {
    t: Option<SecretString>,
    lang: Option<Language>,
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
                "lang" if read.lang.is_none() => read.lang = Language::from_tag(&value),
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
pub(super) fn local(slug: &str, path: &str) -> Option<String> {
    let below = path.strip_prefix('/')?.strip_prefix(slug)?.strip_prefix('/')?;
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    below.split('/').all(plain).then(|| below.to_owned())
}

fn session_word(visit: &Visit) -> String {
    visit.session.as_ref().map(|session| session.facts.session.id.to_string()).unwrap_or_default()
}

impl Visit {
    /// What stands in a line: as it was sent, or as it was before the session ended.
    pub(super) fn typed(&self, name: &str) -> Option<&str> {
        self.posted.as_ref().or(self.kept.as_ref()).and_then(|posted| posted.given(name))
    }
}

impl Pages {
    pub(super) async fn visit(&self, mut request: Request, row: &Row) -> Result<Visit, Problem> {
        let slug = request.raw_path_param("portal").unwrap_or_default().to_owned();
        let part = request.raw_path_param("part").map(str::to_owned);
        let engine = self.api.engine();
        let portal = engine.portal(&slug).map_err(problem_of)?;
        let query = Query::of(request.uri().query().unwrap_or_default());
        let spoken = &portal.journey.languages;
        let mut cookies = Vec::new();
        let asked = query.lang.filter(|language| spoken.contains(language));
        let kept = self.kept_language(&portal, request.headers());
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
                Ok(session) if session.facts.session.kind == SessionKind::Page => Some(session),
                // A program's token is no browser's: other times of life, and never in a cookie.
                Ok(_) | Err(Error::SignInRequired) => {
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
            caller: Caller { network, language, command, browser: self.jar.get(request.headers(), Purpose::Browser, &slug) },
            token,
            posted,
            session,
            flow: self.jar.get(request.headers(), Purpose::Flow, &slug),
            kept: None,
            here: local(&slug, request.uri().path()),
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

    /// Bound to the session and the portal: a page of somebody else's cannot know it.
    pub(super) fn form_token(&self, visit: &Visit) -> String {
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

    /// A fresh key for a form: what is sent with it twice is done once.
    pub(crate) fn fresh_key(&self) -> String {
        let mut bytes = [0; 16];
        self.api.engine().ports().entropy.fill(&mut bytes);
        hex(&bytes)
    }

    /// What every form of this visit carries.
    pub(crate) fn carried(&self, visit: &Visit) -> Vec<(Cow<'static, str>, String)> {
        std::iter::once(self.keyed()).chain(self.bound(visit)).collect()
    }

    /// What makes a second press the first one.
    pub(super) fn keyed(&self) -> (Cow<'static, str>, String) {
        ("key".into(), self.fresh_key())
    }

    /// What binds a form to the session, where there is one.
    pub(super) fn bound(&self, visit: &Visit) -> Option<(Cow<'static, str>, String)> {
        visit.session.is_some().then(|| ("form".into(), self.form_token(visit)))
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
