//! `/demo`: the demo's guide and its post – how a person walks each journey, and the mails and letters to read on the way – so that whoever
//! tries it needs nothing but a browser.
//!
//! Only the demo adds these pages: they show every code and link there is. So they answer this machine alone, and by its own names alone:
//! another site's name that resolves to loopback reads nothing. A file is shown if its name stands in a folder's list; no path is ever made
//! of what was asked. Without scripts; a mail's HTML is served under a policy that takes everything away from it but its look.

mod desk;
mod reading;
mod steps;

use crate::pages::Jar;
use crate::problem::Problem;
use chrono::{DateTime, Utc};
use desk::Desk;
use onboarding::Portal;
use onboarding_core::Language;
use onboarding_text::Texts;
use poem::error::RouteError;
use poem::http::{HeaderName, HeaderValue, header};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, endpoint::make};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const STYLE: &str = include_str!("../assets/post_office.css");
/// Of our own pages: their style, a letter's picture, and a mail in its frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Of a mail's HTML: no script, no form, no origin, nothing fetched; its own styles, and links that whoever clicks follows.
const MAIL_POLICY: &str = "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Of a letter: what a browser's own viewer shows it with.
const LETTER_POLICY: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// Of a letter's picture: a drawing, and nothing that runs.
const PICTURE_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// A portal of the demo.
#[derive(Clone)]
pub struct Branch {
    /// What it declares: its steps are read from its journey.
    pub portal: Arc<Portal>,
}

/// Somebody whom nobody has been yet: what a person in their place would hold in hands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// In the order in which they are shown.
    pub details: Vec<(Detail, String)>,
}

/// What is known of a sample person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The company or business.
    Company,
    /// The person's whole name.
    Name,
    /// The number in the books.
    Number,
    /// The last name, which must match.
    LastName,
    /// The postal code, which must match.
    PostalCode,
    /// The mailbox in the books.
    Mailbox,
    /// The mailbox of who decides.
    SuperAdmin,
    /// A mailbox to register with.
    AnyMailbox,
}

/// A mail. Not for printing: it carries codes.
#[derive(Clone)]
pub struct Mail {
    /// Its file's name.
    pub name: String,
    /// When it was ordered; unknown of a file that we did not name.
    pub sent: Option<DateTime<Utc>>,
    /// The sender's name and address.
    pub from: String,
    /// The recipient's address.
    pub to: String,
    /// Its subject; empty if it has none.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// A letter in a list.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its file's name.
    pub name: String,
    /// When it was ordered.
    pub sent: DateTime<Utc>,
}

/// A page of a letter. Not for printing: it carries a PIN.
#[derive(Clone)]
pub struct Sheet {
    /// An SVG.
    pub picture: String,
    /// What stands on it, line by line.
    pub text: String,
}

/// What lies in the demo's folders. Calls may block, and are made where the runtime can be waited for.
pub trait PostOffice: Send + Sync + 'static {
    /// The portals.
    fn branches(&self) -> &[Branch];
    /// Somebody to be, as the books stand now; `None` where every sample record has its account.
    ///
    /// # Errors
    /// A store that fails.
    fn sample(&self, branch: &Branch) -> io::Result<Option<Sample>>;
    /// A portal's mails, newest first.
    ///
    /// # Errors
    /// A folder that cannot be read.
    fn mails(&self, branch: &Branch) -> io::Result<Vec<Mail>>;
    /// A portal's letters, newest first.
    ///
    /// # Errors
    /// A folder that cannot be read.
    fn letters(&self, branch: &Branch) -> io::Result<Vec<Letter>>;
    /// The mail of this name, if the portal's folder lists it.
    ///
    /// # Errors
    /// A folder or file that cannot be read.
    fn mail(&self, branch: &Branch, name: &str) -> io::Result<Option<Mail>>;
    /// The PDF of this name, if the portal's folder lists it.
    ///
    /// # Errors
    /// A folder or file that cannot be read.
    fn letter(&self, branch: &Branch, name: &str) -> io::Result<Option<Vec<u8>>>;
    /// The pages of a letter's PDF; none of a file that cannot be shown.
    fn sheets(&self, pdf: Vec<u8>) -> Vec<Sheet>;
}

type Showing = fn(&Desk, &Asked) -> Result<Response, Problem>;

/// What was asked for, and by whom.
struct Asked {
    portal: String,
    name: String,
    page: String,
    language: Wish,
}

/// What the reader's language is chosen by.
struct Wish {
    /// `?lang=`.
    asked: Option<Language>,
    headers: poem::http::HeaderMap,
}

/// Adds the pages.
///
/// # Errors
/// A path that the router does not take, which a test excludes.
pub(crate) fn add(router: Route, office: &Arc<dyn PostOffice>, texts: Arc<Texts>, secure: bool) -> Result<Route, RouteError> {
    let desk = Arc::new(Desk { office: Arc::clone(office), texts, jar: Jar { secure } });
    router
        .try_at("/demo", poem::get(shown(&desk, Desk::index)))?
        .try_at("/demo/demo.css", poem::get(shown(&desk, |_, _| Ok(answer(STYLE, "text/css; charset=utf-8", POLICY)))))?
        .try_at("/demo/:portal", poem::get(shown(&desk, Desk::branch)))?
        .try_at("/demo/:portal/mails/:name", poem::get(shown(&desk, Desk::mail)))?
        .try_at("/demo/:portal/mails/:name/html", poem::get(shown(&desk, html)))?
        .try_at("/demo/:portal/letters/:name", poem::get(shown(&desk, letter)))?
        .try_at("/demo/:portal/letters/:name/read", poem::get(shown(&desk, Desk::letter)))?
        .try_at("/demo/:portal/letters/:name/pages/:page", poem::get(shown(&desk, picture)))
}

fn shown(desk: &Arc<Desk>, show: Showing) -> impl Endpoint + use<> {
    let desk = Arc::clone(desk);
    make(move |request: Request| {
        let desk = Arc::clone(&desk);
        async move {
            let asked = asked(&request)?;
            // Folders are read.
            let shown = tokio::task::spawn_blocking(move || show(&desk, &asked)).await;
            shown.unwrap_or_else(|_| Err(Problem::internal())).map_err(poem::Error::from)
        }
    })
    .boxed()
}

/// Nobody from elsewhere learns that there is anything here.
fn asked(request: &Request) -> Result<Asked, Problem> {
    let peer = request.remote_addr().as_socket_addr().map(SocketAddr::ip);
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if !(peer.is_some_and(|peer| peer.to_canonical().is_loopback()) && host.is_some_and(names_this_machine)) {
        return Err(Problem::not_found());
    }
    let named = |name| request.raw_path_param(name).unwrap_or_default().to_owned();
    let query = request.uri().query().unwrap_or_default();
    let lang = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "lang");
    let asked = lang.and_then(|(_, tag)| Language::from_tag(&tag));
    let language = Wish { asked, headers: request.headers().clone() };
    Ok(Asked { portal: named("portal"), name: named("name"), page: named("page"), language })
}

/// Whether a `Host` is one of loopback's own names.
fn names_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(name, _)| name);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn html(desk: &Desk, asked: &Asked) -> Result<Response, Problem> {
    let mail = desk.mail_of(desk.branch_of(asked)?, asked)?;
    // A link leads out of the frame: the pages behind it refuse to be framed.
    let html = mail.html.replacen("<head>", "<head>\n<base target=\"_top\">", 1);
    let mut response = answer(html, "text/html; charset=utf-8", MAIL_POLICY);
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

fn letter(desk: &Desk, asked: &Asked) -> Result<Response, Problem> {
    Ok(answer(desk.letter_of(desk.branch_of(asked)?, asked)?, "application/pdf", LETTER_POLICY))
}

fn picture(desk: &Desk, asked: &Asked) -> Result<Response, Problem> {
    let pdf = desk.letter_of(desk.branch_of(asked)?, asked)?;
    let page: usize = asked.page.parse().map_err(|_| Problem::not_found())?;
    let sheet = desk.office.sheets(pdf).into_iter().nth(page.wrapping_sub(1)).ok_or_else(Problem::not_found)?;
    Ok(answer(sheet.picture, "image/svg+xml", PICTURE_POLICY))
}

fn unread(error: &io::Error) -> Problem {
    tracing::error!(kind = %error.kind(), "could not read the demo's post");
    Problem::internal()
}

impl Branch {
    fn slug(&self) -> &str {
        self.portal.slug.as_str()
    }
}

fn answer(body: impl IntoResponse, kind: &'static str, policy: &'static str) -> Response {
    let mut response = body.into_response();
    let told: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in told {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopbacks_own_names_name_this_machine() {
        for own in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "[::1]"] {
            assert!(names_this_machine(own), "{own}");
        }
        for foreign in
            ["", "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "[::2]:1"]
        {
            assert!(!names_this_machine(foreign), "{foreign}");
        }
    }
}
