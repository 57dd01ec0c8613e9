//! `/demo`: the demo's mails and letters to read, so that whoever tries it needs nothing but a browser.
//!
//! Only the demo adds these pages: they show every code and link there is. So they answer this machine alone, and by its own names alone:
//! another site's name that resolves to loopback reads nothing. A file is shown if its name stands in a folder's list; no path is ever made
//! of what was asked. Without scripts; a mail's HTML is served under a policy that takes everything away from it but its look.

use crate::problem::Problem;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use poem::error::RouteError;
use poem::http::{HeaderName, HeaderValue, header};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, endpoint::make};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const STYLE: &str = include_str!("../assets/post_office.css");
const TEMPLATE: &str = include_str!("../templates/post_office.html");
/// Of our own pages: their style, and a mail in its frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Of a mail's HTML: no script, no form, no origin, nothing fetched; its own styles, and links that whoever clicks follows.
const MAIL_POLICY: &str = "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Of a letter: what a browser's own viewer shows it with.
const LETTER_POLICY: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// A portal of the demo.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// A sample identity and how to begin, as the demo prints it.
    pub introduction: String,
}

/// A mail. Not for printing: it carries codes.
#[derive(Clone)]
pub struct Mail {
    /// Its file's name.
    pub name: String,
    /// When, for people.
    pub sent: String,
    /// The sender's name and address.
    pub from: String,
    /// The recipient's address.
    pub to: String,
    /// Its subject.
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
    /// When, for people.
    pub sent: String,
}

/// What lies in the demo's folders. Calls may block.
pub trait PostOffice: Send + Sync + 'static {
    /// The portals.
    fn branches(&self) -> &[Branch];
    /// A portal's mails, newest first.
    ///
    /// # Errors
    /// A folder that cannot be read.
    fn mails(&self, portal: &Branch) -> io::Result<Vec<Mail>>;
    /// A portal's letters, newest first.
    ///
    /// # Errors
    /// A folder that cannot be read.
    fn letters(&self, portal: &Branch) -> io::Result<Vec<Letter>>;
    /// The mail of this name, if the portal's folder lists it.
    ///
    /// # Errors
    /// A folder or file that cannot be read.
    fn mail(&self, portal: &Branch, name: &str) -> io::Result<Option<Mail>>;
    /// The PDF of this name, if the portal's folder lists it.
    ///
    /// # Errors
    /// A folder or file that cannot be read.
    fn letter(&self, portal: &Branch, name: &str) -> io::Result<Option<Vec<u8>>>;
}

type Shelf = Arc<dyn PostOffice>;
type Showing = fn(&dyn PostOffice, &Asked) -> Result<Response, Problem>;

/// What a path named.
struct Asked {
    portal: String,
    name: String,
}

/// Adds the pages.
///
/// # Errors
/// A path that the router does not take, which a test excludes.
pub(crate) fn add(router: Route, office: &Shelf) -> Result<Route, RouteError> {
    router
        .try_at("/demo", poem::get(shown(office, index)))?
        .try_at("/demo/demo.css", poem::get(shown(office, |_, _| Ok(answer(STYLE, "text/css; charset=utf-8", POLICY)))))?
        .try_at("/demo/:portal", poem::get(shown(office, branch)))?
        .try_at("/demo/:portal/mails/:name", poem::get(shown(office, mail)))?
        .try_at("/demo/:portal/mails/:name/html", poem::get(shown(office, html)))?
        .try_at("/demo/:portal/letters/:name", poem::get(shown(office, letter)))
}

fn shown(office: &Shelf, show: Showing) -> impl Endpoint + use<> {
    let office = Arc::clone(office);
    make(move |request: Request| {
        let office = Arc::clone(&office);
        async move {
            let asked = asked(&request)?;
            // Folders are read.
            let shown = tokio::task::spawn_blocking(move || show(office.as_ref(), &asked)).await;
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
    Ok(Asked { portal: named("portal"), name: named("name") })
}

/// Whether a `Host` is one of loopback's own names.
fn names_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(name, _)| name);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn index(office: &dyn PostOffice, _: &Asked) -> Result<Response, Problem> {
    let counted = office.branches().iter().map(|branch| {
        let (mails, letters) = (office.mails(branch)?.len(), office.letters(branch)?.len());
        let Branch { slug, name, introduction } = branch;
        Ok(context! { slug, name, introduction, counts => format!("Mails: {mails} · letters: {letters}") })
    });
    let branches = counted.collect::<io::Result<Vec<Value>>>().map_err(|error| unread(&error))?;
    page(context! { title => "Demo post office", trail => Vec::<Value>::new(), branches })
}

fn branch(office: &dyn PostOffice, asked: &Asked) -> Result<Response, Problem> {
    let branch = branch_of(office, asked)?;
    let mails = office.mails(branch).map_err(|error| unread(&error))?;
    let mails: Vec<_> = mails.iter().map(Mail::context).collect();
    let letters = office.letters(branch).map_err(|error| unread(&error))?;
    let letters: Vec<_> = letters.iter().map(|Letter { name, sent }| context! { name, sent }).collect();
    page(context! { title => branch.name.clone(), trail => [branch.step()], slug => branch.slug.clone(), mails, letters })
}

fn mail(office: &dyn PostOffice, asked: &Asked) -> Result<Response, Problem> {
    let branch = branch_of(office, asked)?;
    let mail = mail_of(office, branch, asked)?;
    let pieces: Vec<_> = pieces(&mail.text).into_iter().map(|(text, href)| context! { text, href }).collect();
    let html = format!("/demo/{}/mails/{}/html", branch.slug, mail.name);
    page(context! { title => mail.subject.clone(), trail => [branch.step()], mail => mail.context(), pieces, html })
}

fn html(office: &dyn PostOffice, asked: &Asked) -> Result<Response, Problem> {
    let mail = mail_of(office, branch_of(office, asked)?, asked)?;
    // A link leads out of the frame: the pages behind it refuse to be framed.
    let html = mail.html.replacen("<head>", "<head>\n<base target=\"_top\">", 1);
    let mut response = answer(html, "text/html; charset=utf-8", MAIL_POLICY);
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

fn letter(office: &dyn PostOffice, asked: &Asked) -> Result<Response, Problem> {
    let found = office.letter(branch_of(office, asked)?, &asked.name).map_err(|error| unread(&error))?;
    Ok(answer(found.ok_or_else(Problem::not_found)?, "application/pdf", LETTER_POLICY))
}

fn branch_of<'a>(office: &'a dyn PostOffice, asked: &Asked) -> Result<&'a Branch, Problem> {
    office.branches().iter().find(|branch| branch.slug == asked.portal).ok_or_else(Problem::not_found)
}

fn mail_of(office: &dyn PostOffice, branch: &Branch, asked: &Asked) -> Result<Mail, Problem> {
    office.mail(branch, &asked.name).map_err(|error| unread(&error))?.ok_or_else(Problem::not_found)
}

fn unread(error: &io::Error) -> Problem {
    tracing::error!(kind = %error.kind(), "could not read the demo's post");
    Problem::internal()
}

impl Branch {
    fn step(&self) -> Value {
        context! { name => self.name.clone(), href => format!("/demo/{}", self.slug) }
    }
}

impl Mail {
    fn context(&self) -> Value {
        let Self { name, sent, from, to, subject, .. } = self;
        context! { name, sent, from, to, subject }
    }
}

/// A text with its links apart: a word that begins like an address of a page leads there.
fn pieces(text: &str) -> Vec<(&str, Option<&str>)> {
    text.split_inclusive(char::is_whitespace)
        .flat_map(|word| {
            let (bare, space) = word.split_at(word.trim_end().len());
            let leads = bare.starts_with("http://") || bare.starts_with("https://");
            [(bare, leads.then_some(bare)), (space, None)]
        })
        .collect()
}

fn page(context: Value) -> Result<Response, Problem> {
    let written = || {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.add_template("post_office.html", TEMPLATE)?;
        templates.get_template("post_office.html")?.render(context)
    };
    let page: Result<String, minijinja::Error> = written();
    let page = page.map_err(|error| {
        tracing::error!(%error, "could not write a page of the demo");
        Problem::internal()
    })?;
    Ok(answer(page, "text/html; charset=utf-8", POLICY))
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

    #[test]
    fn links_stand_apart_and_no_character_is_lost() {
        let text = "Hello,\n\nhttp://a.example/x?t=1\njavascript:no (https://b.example) end";
        let found = pieces(text);
        assert_eq!(found.iter().map(|(text, _)| *text).collect::<String>(), text);
        assert_eq!(found.iter().filter_map(|(_, href)| *href).collect::<Vec<_>>(), ["http://a.example/x?t=1"]);
    }
}
