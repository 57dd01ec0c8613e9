//! What a page shows, and how it is written.

use super::Pages;
use crate::problem::Problem;
use onboarding::Portal;
use onboarding_core::Language;
use onboarding_text::Arg;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};

/// A page.
pub(crate) struct View {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) forms: Vec<Form>,
    /// What to mend, and the field it belongs to.
    pub(crate) error: Option<(String, Option<&'static str>)>,
    /// The same where there may be several: what to mend, and the id of its field.
    pub(crate) errors: Vec<(String, String)>,
    /// The reader's language, where it is known better than from the browser.
    pub(crate) language: Option<Language>,
}

/// A form with one button.
#[derive(Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) token: String,
    pub(crate) button: String,
    pub(crate) decision: Option<&'static str>,
    pub(crate) quiet: bool,
    pub(crate) username: Option<String>,
    pub(crate) username_label: Option<String>,
    pub(crate) password_label: Option<String>,
    pub(crate) criteria_title: Option<String>,
    pub(crate) criteria: Vec<String>,
    pub(crate) login_label: Option<String>,
    pub(crate) login_type: &'static str,
    pub(crate) fields: Vec<Field>,
    pub(crate) ticks: Vec<Tick>,
    /// The new password's field, where it is not called `new`.
    pub(crate) password_name: &'static str,
}

/// A line to fill in.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) autocomplete: &'static str,
}

/// A box to tick, with the document it is about.
pub(crate) struct Tick {
    pub(crate) name: String,
    /// The version that is shown, and agreed to by ticking.
    pub(crate) version: String,
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) link: String,
    pub(crate) required: bool,
}

impl Form {
    fn context(&self) -> minijinja::Value {
        minijinja::context! {
            action => self.action.clone(),
            token => self.token.clone(),
            button => self.button.clone(),
            decision => self.decision,
            quiet => self.quiet,
            username => self.username.clone(),
            username_label => self.username_label.clone(),
            password_label => self.password_label.clone(),
            criteria_title => self.criteria_title.clone(),
            criteria => self.criteria.clone(),
            login_label => self.login_label.clone(),
            login_type => self.login_type,
            password_name => if self.password_name.is_empty() { "new" } else { self.password_name },
            fields => self.fields.iter().map(Field::context).collect::<Vec<_>>(),
            ticks => self.ticks.iter().map(Tick::context).collect::<Vec<_>>(),
        }
    }
}

impl Field {
    fn context(&self) -> minijinja::Value {
        let Self { name, label, value, autocomplete } = self;
        minijinja::context! { name => *name, label => label.clone(), value => value.clone(), autocomplete => *autocomplete }
    }
}

impl Tick {
    fn context(&self) -> minijinja::Value {
        let Self { name, version, label, href, link, required } = self;
        minijinja::context! {
            name => name.clone(),
            version => version.clone(),
            label => label.clone(),
            href => href.clone(),
            link => link.clone(),
            required => *required,
        }
    }
}

impl View {
    pub(crate) fn new(title: String) -> Self {
        Self { status: StatusCode::OK, title, paragraphs: Vec::new(), forms: Vec::new(), error: None, errors: Vec::new(), language: None }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn says(mut self, paragraph: String) -> Self {
        self.paragraphs.push(paragraph);
        self
    }

    pub(crate) fn asks(mut self, form: Form) -> Self {
        self.forms.push(form);
        self
    }
}

impl Pages {
    /// A text of the wording files. A missing one is a fault of ours that a test excludes.
    pub(crate) fn text(&self, portal: &Portal, language: Language, key: &str, args: &[(&str, Arg<'_>)]) -> Result<String, Problem> {
        self.texts.text(Some(&portal.slug), language, key, args).map_err(|fault| {
            tracing::error!(key, %fault, "could not word a page");
            Problem::internal()
        })
    }

    pub(super) fn written(&self, portal: &Portal, language: Language, view: &View) -> Result<Response, Problem> {
        let text = |key: &str| self.text(portal, language, key, &[]);
        let contact = format!("{} · {} · {}", portal.name, portal.support.phone, portal.support.email.as_str());
        let errors: Vec<_> =
            view.errors.iter().map(|(text, field)| minijinja::context! { text => text.clone(), field => field.clone() }).collect();
        let wrong: Vec<String> = view.errors.iter().map(|(_, field)| field.clone()).collect();
        let forms: Vec<minijinja::Value> = view.forms.iter().map(Form::context).collect();
        let page = self
            .templates
            .get_template("link.html")
            .and_then(|template| {
                template.render(minijinja::context! {
                    lang => language.tag(),
                    portal => portal.name.clone(),
                    title => view.title.clone(),
                    paragraphs => view.paragraphs.clone(),
                    forms => forms,
                    errors => errors,
                    wrong => wrong,
                    error => view.error.as_ref().map(|(error, _)| error.clone()),
                    error_field => view.error.as_ref().and_then(|(_, field)| *field),
                    contact => contact,
                    skip => text("common-skip").ok(),
                    problem => text("common-problem").ok(),
                    error_prefix => text("common-errorPrefix").ok(),
                })
            })
            .map_err(|error| {
                tracing::error!(%error, "could not write a page");
                Problem::internal()
            })?;
        let mut response = page.into_response();
        response.set_status(view.status);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
        );
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        Ok(response)
    }

    /// The page for a link that leads nowhere, with a button where one helps.
    pub(crate) fn dead_link(&self, portal: &Portal, language: Language, problem: &Problem, renew: Option<Form>) -> Result<View, Problem> {
        let text = |key: &str| self.text(portal, language, key, &[]);
        let (title, body) = match problem.code() {
            "token_expired" => ("link-expired-title", "link-expired-body"),
            "token_superseded" => ("link-expired-title", "link-superseded"),
            "token_used" => ("link-used-title", "link-used-body"),
            _ => ("link-incomplete-title", "link-incomplete-body"),
        };
        let view = View::new(text(title)?).says(text(body)?).status(problem.status());
        Ok(match renew {
            Some(form) => view.asks(form),
            None => view,
        })
    }

    /// Refusals that are pages of their own; anything else goes the way of every error.
    pub(crate) fn is_dead(problem: &Problem) -> bool {
        matches!(problem.code(), "token_unknown" | "token_expired" | "token_superseded" | "token_used")
    }
}
