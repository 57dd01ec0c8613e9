//! `/{p}/login`, `/{p}/logout` and `/{p}/session/extend`.

use super::blocks::{Block, Button, Field};
use super::cookies::Purpose;
use super::flow::Flow;
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::ports::SessionKind;
use onboarding_core::journey::{LoginWith, PasswordOrigin, Start};
use onboarding_text::{Zone, moments};
use poem::http::StatusCode;
use secrecy::ExposeSecret;

impl Pages {
    /// What one signs in with.
    pub(super) fn login_field(&self, visit: &Visit) -> Result<Field, Problem> {
        match visit.portal.journey.login_with {
            LoginWith::RecordNumber => self.number_field(visit, "login", visit.portal.journey.number, None),
            LoginWith::Email => {
                let field = self.email_field(visit, None, None)?;
                let value = visit.posted.as_ref().map(|posted| posted.text("login").to_owned()).unwrap_or_default();
                Ok(match field {
                    Field::Line(line) => Field::Line(super::blocks::Line { name: "login", autocomplete: "username", value, ..line }),
                    other => other,
                })
            }
        }
    }

    pub(super) async fn login(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let slug = portal.slug.as_str();
        if visit.session.is_some() && visit.posted.is_none() {
            return Ok(Turn::go("area"));
        }
        let mut view = View::new(text("login-title")?);
        view.forgets = matches!(visit.done.as_deref(), Some("signed_out" | "password" | "linked" | "closed"));
        view.done = match visit.done.as_deref() {
            Some("signed_out") => Some(format!("{} {}", text("logout-done")?, text("logout-cleared")?)),
            Some("password") => Some(text("ok-passwordSet")?),
            Some("ready") => Some(text("register-done-body")?),
            Some("reset") => Some(text("reset-done")?),
            Some("linked") => Some(text("businessLink-signIn")?),
            Some("closed") => Some(text("account-delete-done")?),
            Some(_) | None => None,
        };
        match visit.done.as_deref() {
            Some("required") => view = view.says(text("login-required")?),
            Some("expired") => view = view.with(Block::Warning { text: text("session-expiredForm")? }),
            Some(_) | None => {}
        }
        if portal.journey.password == PasswordOrigin::Initial {
            view = view.with(Block::Quiet { text: text("login-hint-initial")? });
        }
        let mut hidden = self.carried(visit);
        if let Some(back) = &visit.return_to {
            hidden.push(("return_to".into(), format!("/{slug}/{back}")));
        }
        let view = view
            .asks(Form {
                action: Self::here(visit, "login"),
                hidden,
                fields: vec![self.login_field(visit)?, self.password_field(portal, language, "password", "field-password", None)?],
                buttons: vec![Button::new(text("login-submit")?)],
            })
            .with(Block::Link { href: format!("/{slug}/password/forgot"), text: text("login-forgot")? });
        let view = if portal.journey.start == Start::Person && portal.journey.registration_open {
            let words = format!("{} {}", text("login-noAccount")?, text("register-title")?);
            view.with(Block::Link { href: format!("/{slug}/register"), text: words })
        } else {
            view
        };
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let mut missing = Vec::new();
        if posted.text("login").trim().is_empty() {
            let key = match portal.journey.login_with {
                LoginWith::Email => "err-email-empty".to_owned(),
                LoginWith::RecordNumber => format!("err-{}-empty", super::fields::number_word(portal.journey.number)),
            };
            missing.push(Wrong::at("login", text(&key)?));
        }
        if posted.text("password").is_empty() {
            missing.push(Wrong::at("password", text("err-password-empty")?));
        }
        if !missing.is_empty() {
            return Ok(view.wrong(missing).into());
        }
        let opened =
            self.api.engine().sign_in(slug, &visit.caller, SessionKind::Page, posted.text("login"), &posted.secret("password")).await;
        let contact = Self::contact(portal);
        let refused = |view: View, text: String, status| view.wrong(vec![Wrong::here(text)]).status(status);
        match opened {
            Ok(signed_in) => {
                let to = match (&visit.return_to, signed_in.must_change_password, signed_in.must_accept.is_empty()) {
                    (_, true, _) => "password/first".to_owned(),
                    (_, false, false) => "documents/accept".to_owned(),
                    (Some(back), false, true) => back.clone(),
                    (None, false, true) => "area".to_owned(),
                };
                // Always a new one: whatever was planted before is of no use to anybody.
                let mut cookies = vec![self.jar.set(Purpose::Session, slug, signed_in.token.expose_secret())];
                let mark = self.api.engine().browser_mark(portal, posted.text("login"), &visit.caller);
                cookies.push(self.jar.set(Purpose::Browser, slug, &mark));
                // What was typed before the former session ended waits on its page.
                let goes_on = match self.handed_on(visit).await? {
                    Some(Flow::Waiting { page, .. }) => visit.return_to.as_ref() == Some(&page),
                    Some(Flow::SetUp { .. }) => visit.return_to.as_deref().is_some_and(|to| to.starts_with("setup/")),
                    Some(Flow::Claimed { .. } | Flow::Applied { .. }) | None => false,
                };
                if !goes_on {
                    cookies.push(self.jar.delete(Purpose::Flow, slug));
                }
                Ok(Turn::Go { to: format!("{to}?lang={language}"), cookies, clear: false })
            }
            Err(Error::SignInFailed) => {
                let key = match portal.journey.login_with {
                    LoginWith::Email => "login-fail-email",
                    LoginWith::RecordNumber => "login-fail-recordNumber",
                };
                Ok(view.wrong(vec![Wrong::at("login", text(key)?)]).into())
            }
            Err(Error::Throttled { until, .. }) => {
                let time = moments::time(language, Zone::of_country(&portal.country), until);
                let locked = self.text(portal, language, "login-locked", &[("time", time.as_str().into())])?;
                Ok(refused(view, locked, StatusCode::TOO_MANY_REQUESTS).into())
            }
            Err(Error::Suspended) => {
                let told = self.text(portal, language, "login-suspended", &[("contact", contact.as_str().into())])?;
                Ok(refused(view, told, StatusCode::FORBIDDEN).into())
            }
            Err(Error::InitialPasswordExpired) => {
                let told = self.text(portal, language, "login-initialExpired", &[("contact", contact.as_str().into())])?;
                Ok(refused(view, told, StatusCode::FORBIDDEN).into())
            }
            Err(error) => Err(problem_of(error)),
        }
    }

    /// Ends the session and has the browser forget what it kept.
    pub(super) async fn logout(&self, visit: &Visit) -> Result<Turn, Problem> {
        if visit.posted.is_none() {
            // A link to here signs nobody out: it shows the button.
            if visit.session.is_none() {
                return Ok(Turn::go("login"));
            }
            let text = self.text(&visit.portal, visit.language, "logout", &[])?;
            let form = Form {
                action: Self::here(visit, "logout"),
                hidden: self.carried(visit),
                fields: Vec::new(),
                buttons: vec![Button::new(text.clone())],
            };
            return Ok(View::new(text).asks(form).into());
        }
        if let Some(session) = &visit.session {
            self.api.engine().sign_out(session).await.map_err(problem_of)?;
        }
        let slug = visit.portal.slug.as_str();
        let cookies = vec![self.jar.delete(Purpose::Session, slug), self.jar.delete(Purpose::Flow, slug)];
        Ok(Turn::Go { to: format!("login?done=signed_out&lang={}", visit.language), cookies, clear: true })
    }

    /// Every request keeps a session alive; this one does nothing else, and goes back.
    pub(super) fn extend(visit: &Visit) -> Turn {
        let back = visit.return_to.clone().unwrap_or_else(|| "area".to_owned());
        Turn::go(format!("{back}?done=extended&lang={}", visit.language))
    }

    /// How long the session goes on.
    pub(super) fn extended(&self, visit: &Visit) -> Result<Option<String>, Problem> {
        let Some(session) = &visit.session else { return Ok(None) };
        let time = moments::time(visit.language, Zone::of_country(&visit.portal.country), session.facts.session.expires_at());
        self.text(&visit.portal, visit.language, "session-extended", &[("time", time.as_str().into())]).map(Some)
    }
}
