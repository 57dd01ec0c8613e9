//! What a page shows, made of a few building blocks, and how it is written: one template for all pages, so that a page is words and
//! fields and no HTML.

use super::blocks::{Block, Field, Form};
use super::{Chrome, Pages};
use crate::problem::Problem;
use minijinja::value::Serde;
use onboarding::Portal;
use onboarding_core::Language;
use onboarding_text::{Arg, Zone, moments};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;

/// A page.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    /// "Step 1 of 2".
    pub(crate) step: Option<String>,
    /// What was done just now.
    pub(crate) done: Option<String>,
    /// What to mend, first on the page.
    pub(crate) errors: Vec<Wrong>,
    pub(crate) blocks: Vec<Block>,
    /// The reader's language, where it is known better than from the browser.
    pub(crate) language: Option<Language>,
    /// `Set-Cookie` headers.
    pub(crate) cookies: Vec<HeaderValue>,
    /// Whether a session has ended just now, and the browser is to forget the pages of before.
    pub(crate) forgets: bool,
}

/// What to mend.
#[derive(Clone, Serialize)]
pub(crate) struct Wrong {
    pub(crate) text: String,
    /// The field it stands at, if it is about one.
    pub(crate) field: Option<String>,
    /// The input that a link leads to.
    pub(crate) at: String,
}

impl View {
    pub(crate) fn new(title: String) -> Self {
        Self { title, ..Self::default() }
    }

    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn says(self, text: String) -> Self {
        self.with(Block::Text { text })
    }

    pub(crate) fn asks(self, form: Form) -> Self {
        self.with(Block::Form(form))
    }

    pub(crate) fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// What to mend, in the order of the fields: the page is refused as it was sent.
    pub(crate) fn wrong(mut self, errors: Vec<Wrong>) -> Self {
        if !errors.is_empty() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self.errors.extend(errors);
        for wrong in &mut self.errors {
            let choice = |field: &&Field| matches!(field, Field::Choice(choice) if Some(choice.name) == wrong.field.as_deref());
            // A group takes no focus; its first button does.
            if let Some(Field::Choice(choice)) = self.blocks.iter().flat_map(Block::fields).find(choice) {
                wrong.at = format!("{}-1", choice.name);
            }
        }
        let order: Vec<String> = self.blocks.iter().flat_map(Block::fields).map(|field| field.name().to_owned()).collect();
        // What is about the page as a whole comes first.
        self.errors.sort_by_key(|wrong| wrong.field.as_ref().map(|name| order.iter().position(|known| known == name)));
        self
    }
}

impl Wrong {
    /// At a field.
    pub(crate) fn at(field: impl Into<String>, text: String) -> Self {
        let field = field.into();
        // The first part of a date is where a reader begins.
        let at = if field == "birth_date" { "birth_date_day".to_owned() } else { field.clone() };
        Self { text, field: Some(field), at }
    }

    /// About the page as a whole.
    pub(crate) fn here(text: String) -> Self {
        Self { text, field: None, at: String::new() }
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

    /// Whom to ask, in a sentence.
    pub(crate) fn contact(portal: &Portal) -> String {
        let phone = portal.support.phone.trim();
        let email = portal.support.email.as_str();
        if phone.is_empty() { email.to_owned() } else { format!("{phone}, {email}") }
    }

    pub(super) fn written(&self, portal: &Portal, language: Language, chrome: &Chrome, view: &View) -> Result<Response, Problem> {
        let text = |key: &str| self.text(portal, language, key, &[]);
        let slug = &portal.slug;
        let languages: Vec<_> = portal
            .journey
            .languages
            .iter()
            .map(|one| {
                let token = chrome.token.as_deref().map(|token| format!("&t={token}")).unwrap_or_default();
                minijinja::context! { tag => one.tag(), name => own_name(*one), href => format!("?lang={}{token}", one.tag()) }
            })
            .collect();
        let wrong: BTreeMap<String, String> =
            view.errors.iter().rev().filter_map(|wrong| Some((wrong.field.clone()?, wrong.text.clone()))).collect();
        let session = match &chrome.session {
            None => None,
            Some(session) => {
                let zone = Zone::of_country(&portal.country);
                let until = moments::time(language, zone, session.until);
                Some(minijinja::context! {
                    form => session.form_token.clone(),
                    sign_out => format!("/{slug}/logout"), sign_out_text => text("logout")?,
                    account => format!("/{slug}/account"), account_text => text("account-title")?,
                    nav => text("common-nav-account")?,
                    extend => format!("/{slug}/session/extend?lang={language}"), extend_text => text("session-extend")?,
                    back => session.here.as_ref().map(|here| format!("/{slug}/{here}")).unwrap_or_default(),
                    warn => self.text(portal, language, "session-warn", &[("time", until.as_str().into())])?,
                    seconds => session.seconds,
                })
            }
        };
        let words = minijinja::context! {
            skip => text("common-skip")?, language => text("common-language")?, problem => text("common-problem")?,
            error_prefix => text("common-errorPrefix")?, success => text("common-success")?, optional => text("common-optional")?,
            criteria => text("pw-title")?, show => text("btn-show")?, hide => text("btn-hide")?, warning => text("common-warning")?,
            footer => text("common-nav-footer")?,
        };
        let mut footer = Vec::new();
        if !chrome.neutral {
            // At the same place on every page. Source: WCAG 2.2, 3.2.6.
            footer.push(minijinja::context! { href => format!("/{slug}/help"), text => text("common-help")? });
            footer.push(minijinja::context! { href => format!("/{slug}/accessibility"), text => text("common-a11y")? });
        }
        for document in portal.documents.iter().filter(|_| !chrome.neutral) {
            let title = &document.in_language(language, portal.journey.default_language()).1.title;
            footer.push(minijinja::context! { href => format!("/{slug}/documents/{}", document.name), text => title.clone() });
        }
        let mut contact = vec![portal.name.as_str(), portal.support.phone.trim(), portal.support.email.as_str()];
        contact.retain(|word| !word.is_empty() && !chrome.neutral);
        let contact: Vec<String> = contact.into_iter().map(str::to_owned).collect();
        let demo_text = text("demo-title")?;
        let own = self.brands.get(slug).filter(|_| !chrome.neutral);
        let brand = own.map_or_else(
            || minijinja::context! { styles => (), manifest => (), logo => () },
            |brand| {
                minijinja::context! {
                    styles => brand.styles.clone(), logo => brand.logo.clone(),
                    manifest => format!("/{slug}/app.webmanifest"),
                    icon => brand.icons[0].clone(), touch_icon => brand.icons[2].clone(),
                    light => brand.colours[0].to_string(), dark => brand.colours[1].to_string(),
                }
            },
        );
        let page = self
            .templates
            .get_template("page.html")
            .and_then(|template| {
                template.render(minijinja::context! {
                    lang => language.tag(),
                    portal => if chrome.neutral { view.title.clone() } else { portal.name.clone() },
                    home => if chrome.neutral { "/".to_owned() } else { format!("/{slug}/") },
                    title => view.title.clone(),
                    step => view.step.clone(),
                    done => view.done.clone(),
                    blocks => minijinja::Value::from(Serde(&view.blocks)),
                    errors => minijinja::Value::from(Serde(&view.errors)),
                    wrong => wrong,
                    brand => brand,
                    demo => self.demo.then(|| if chrome.neutral { "/demo".to_owned() } else { format!("/demo/{slug}") }),
                    demo_text => demo_text,
                    languages => languages,
                    session => session,
                    footer => footer,
                    contact => contact,
                    styles => super::assets::STYLES_AT,
                    script => chrome.comforts.then_some(super::assets::SCRIPT_AT),
                    forget => view.forgets.then_some(super::assets::FORGET_AT),
                    t => words,
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
        let policy = if chrome.comforts { WITH_COMFORTS } else { PLAIN };
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        for cookie in &view.cookies {
            headers.append(header::SET_COOKIE, cookie.clone());
        }
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
        let view = View { language: Some(language), ..View::new(text(title)?).says(text(body)?).status(problem.status()) };
        Ok(match renew {
            Some(form) => view.asks(form),
            None => view.with(Block::Link { href: format!("/{}/", portal.slug), text: text("common-home")? }),
        })
    }

    /// Refusals that are pages of their own; anything else goes the way of every error.
    pub(crate) fn is_dead(problem: &Problem) -> bool {
        matches!(problem.code(), "token_unknown" | "token_expired" | "token_superseded" | "token_used")
    }
}

/// What a page may load, and where its forms go.
const PLAIN: &str = "default-src 'none'; style-src 'self'; img-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The same with our own script.
const WITH_COMFORTS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; manifest-src 'self'; script-src 'self'; worker-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A language in itself: who looks for it reads it.
pub(crate) fn own_name(language: Language) -> &'static str {
    match language {
        Language::De => "Deutsch",
        Language::Fr => "Français",
        Language::It => "Italiano",
        Language::En => "English",
    }
}
