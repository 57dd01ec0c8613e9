//! `/{p}/register/sent` and what belongs to it: the code, the mail again, a corrected address; then the end, or waiting for a decision.

use super::blocks::{Block, Button, Field, Line};
use super::flow::Flow;
use super::register::handle_of;
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::stories::RegistrationView;
use onboarding_core::journey::{Approval, EmailProof, PasswordOrigin};
use onboarding_core::registration::Refusal;
use onboarding_core::{code, policy};
use onboarding_text::{Zone, moments};

impl Pages {
    pub(super) async fn sent(&self, visit: &Visit) -> Result<Turn, Problem> {
        let Some(Flow::Applied { handle, email }) = self.handed_on(visit).await? else { return Ok(Turn::go("register")) };
        let engine = self.api.engine();
        let handle = handle_of(&handle);
        let found = engine.registration(visit.portal.slug.as_str(), &handle).await.map_err(problem_of)?;
        if let Some(elsewhere) = Self::elsewhere(&found) {
            return Ok(Turn::go(format!("{elsewhere}?lang={}", visit.language)));
        }
        let view = self.ask_code(visit, &found, &email)?;
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        let typed = posted.text("code");
        if typed.trim().is_empty() {
            return Ok(view.wrong(vec![Wrong::at("code", text("err-code-empty")?)]).into());
        }
        match engine.confirm_code(visit.portal.slug.as_str(), &visit.caller, &handle, typed).await {
            Ok(_) => {
                let now = engine.registration(visit.portal.slug.as_str(), &handle).await.map_err(problem_of)?;
                Ok(Turn::go(format!("{}?lang={}", Self::elsewhere(&now).unwrap_or("register/done"), visit.language)))
            }
            Err(error) => self.refused_code(visit, view, error).map(Turn::from),
        }
    }

    /// Where somebody belongs who is past this page.
    fn elsewhere(found: &RegistrationView) -> Option<&'static str> {
        match found.state.as_str() {
            "awaiting_email" => None,
            "active" => Some("register/done"),
            _ => Some("register/pending"),
        }
    }

    fn refused_code(&self, visit: &Visit, view: View, error: Error) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let said = match error {
            Error::CodeWrong { attempts_left } => {
                let left = self.text(portal, language, "err-code-left", &[("left", attempts_left.into())])?;
                format!("{} {left}", text("err-code-wrong")?)
            }
            Error::Registration(Refusal::CodeExpired) => text("err-code-expired")?,
            Error::Registration(Refusal::CodeUsedUp) => text("err-code-blocked")?,
            Error::Input(faults) => match faults.first() {
                Some(fault) if fault.code == "code_characters" => {
                    self.text(portal, language, "err-code-chars", &[("chars", code::ABSENT.into())])?
                }
                Some(fault) if fault.code == "code_length" => {
                    let n = u32::try_from(policy::CODE_CHARS).unwrap_or_default();
                    self.text(portal, language, "err-code-length", &[("n", n.into())])?
                }
                Some(_) | None => text("err-code-empty")?,
            },
            Error::Throttled { until, now } => return self.too_soon(visit, view, until, now),
            other => return Err(problem_of(other)),
        };
        Ok(view.wrong(vec![Wrong::at("code", said)]))
    }

    fn ask_code(&self, visit: &Visit, found: &RegistrationView, email: &str) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let zone = Zone::of_country(&portal.country);
        let by_code = portal.journey.proves_by(EmailProof::Code) && found.attempts_left != Some(0);
        let step = self.text(portal, language, "common-step", &[("n", 2_u32.into()), ("total", 2_u32.into())])?;
        let mut view = View { step: Some(step), ..View::new(text("confirm-title")?) };
        view.done = match visit.done.as_deref() {
            Some("resent") => Some(self.text(portal, language, "resend-done", &[("email", email.into())])?),
            Some(_) | None => None,
        };
        if found.mail == "failed" {
            let bounced = self.text(portal, language, "err-mailBounced", &[("email", email.into())])?;
            view = view.with(Block::Warning { text: bounced });
        }
        if by_code {
            let until = found.expires_at.map(|until| moments::datetime(language, zone, until)).unwrap_or_default();
            view = view.says(self.text(
                portal,
                language,
                "confirm-codeSent",
                &[("email", email.into()), ("datetime", until.as_str().into())],
            )?);
            if portal.journey.proves_by(EmailProof::Link) {
                view = view.says(text("confirm-codeOrLink")?);
            }
            let n = u32::try_from(policy::CODE_CHARS).unwrap_or_default();
            let hint = self.text(portal, language, "hint-activationCode", &[("n", n.into()), ("example", "7KQ4-M2XH".into())])?;
            let field = Field::Line(Line {
                name: "code",
                label: text("field-activationCode")?,
                hint: Some(format!("{hint} {}", text("hint-code-tolerant")?)),
                value: visit.posted.as_ref().map(|posted| posted.text("code").to_owned()).unwrap_or_default(),
                kind: "text",
                autocomplete: "one-time-code",
                capitals: true,
                code: true,
                width: "middle",
                ..Line::default()
            });
            view = view.asks(Form {
                action: Self::here(visit, "register/sent"),
                hidden: self.carried(visit),
                fields: vec![field],
                buttons: vec![Button::new(text("btn-confirm")?)],
            });
        } else {
            view = view.says(self.text(portal, language, "confirm-linkSent", &[("email", email.into())])?);
        }
        view = view.with(Block::Heading { text: text("confirm-noMail-title")? });
        let sender = portal.sender.from.as_str();
        view = view.says(self.text(portal, language, "confirm-noMail-body", &[("sender", sender.into())])?);
        if let Some(at) = found.resend_at {
            let time = moments::time(language, zone, at);
            view = view.with(Block::Quiet { text: self.text(portal, language, "resend-wait", &[("time", time.as_str().into())])? });
        }
        let again = if by_code { "btn-resendCode" } else { "btn-resendMail" };
        view = view.asks(Form {
            action: Self::here(visit, "register/resend"),
            hidden: self.carried(visit),
            fields: Vec::new(),
            buttons: vec![Button::new(text(again)?).look("second")],
        });
        Ok(view.with(Block::Link { href: format!("/{}/register/email", portal.slug), text: text("link-changeEmail")? }))
    }

    /// A form's address: the same language, and the faults in sight.
    pub(super) fn here(visit: &Visit, path: &str) -> String {
        format!("/{}/{path}?lang={}#errors", visit.portal.slug, visit.language)
    }

    /// The mail once more.
    pub(super) async fn resend(&self, visit: &Visit) -> Result<Turn, Problem> {
        let Some(Flow::Applied { handle, email }) = self.handed_on(visit).await? else { return Ok(Turn::go("register")) };
        if visit.posted.is_none() {
            return Ok(Turn::go("register/sent"));
        }
        let (engine, handle, slug) = (self.api.engine(), handle_of(&handle), visit.portal.slug.as_str());
        match engine.resend(slug, &visit.caller, &handle).await {
            Ok(_) => Ok(Turn::go(format!("register/sent?done=resent&lang={}", visit.language))),
            Err(Error::Throttled { until, now }) => {
                let found = engine.registration(slug, &handle).await.map_err(problem_of)?;
                Ok(self.too_soon(visit, self.ask_code(visit, &found, &email)?, until, now)?.into())
            }
            Err(Error::Registration(Refusal::NotInThisState(_))) => Ok(Turn::go("register/sent")),
            Err(error) => Err(problem_of(error)),
        }
    }

    /// A mistyped address, before its proof.
    pub(super) async fn correct(&self, visit: &Visit) -> Result<Turn, Problem> {
        let Some(Flow::Applied { handle, email }) = self.handed_on(visit).await? else { return Ok(Turn::go("register")) };
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let view = View::new(text("link-changeEmail")?).says(text("changeEmail-note")?).asks(Form {
            action: Self::here(visit, "register/email"),
            hidden: self.carried_with_email(visit),
            fields: vec![self.email_field(visit, None, Some(&email))?],
            buttons: vec![Button::new(text("common-save")?)],
        });
        let view = view.with(Block::Link { href: format!("/{}/register/sent", portal.slug), text: text("common-back")? });
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        if let Some(doubt) = self.doubts(visit, posted)? {
            return Ok(view.wrong(vec![doubt]).into());
        }
        let typed = posted.text("email").trim().to_owned();
        match self.api.engine().correct_address(portal.slug.as_str(), &visit.caller, &handle_of(&handle), &typed).await {
            Ok(_) => {
                let cookie = self.handing_on(visit, Flow::Applied { handle, email: typed }).await?;
                Ok(Turn::Go { to: format!("register/sent?done=resent&lang={language}"), cookies: vec![cookie], clear: false })
            }
            Err(Error::Input(faults)) => Ok(view.wrong(self.faults(portal, language, &faults)?).into()),
            Err(Error::Throttled { until, now }) => Ok(self.too_soon(visit, view, until, now)?.into()),
            Err(Error::Registration(Refusal::NotInThisState(_))) => Ok(Turn::go("register/sent")),
            Err(error) => Err(problem_of(error)),
        }
    }

    /// The end of a registration that opened an account.
    pub(super) fn registered(&self, visit: &Visit) -> Result<Turn, Problem> {
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        let sign_in = Block::Button { href: format!("/{}/login", visit.portal.slug), text: text("login-submit")?, quiet: false };
        let mailed = visit.portal.journey.password == PasswordOrigin::Mailed;
        let told = text(if mailed { "confirm-passwordSent" } else { "register-done-body" })?;
        Ok(View::new(text("register-done-title")?).says(told).with(sign_in).into())
    }

    /// Waiting for whoever decides, and what was decided.
    pub(super) async fn pending(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let confirmed = visit.done.as_deref() == Some("confirmed");
        let told = || Ok::<Turn, Problem>(View::new(text("pending-title")?).says(text("confirm-alreadyPending")?).into());
        let Some(Flow::Applied { handle, email }) = self.handed_on(visit).await? else {
            // The mail was opened in another browser than the form.
            return if confirmed { told() } else { Ok(Turn::go("register")) };
        };
        let found = self.api.engine().registration(portal.slug.as_str(), &handle_of(&handle)).await.map_err(problem_of)?;
        if confirmed && !matches!(found.state.as_str(), "awaiting_approval" | "awaiting_completion") {
            // This browser has begun another one since.
            return told();
        }
        let contact = Self::contact(portal);
        let view = match found.state.as_str() {
            "awaiting_email" => return Ok(Turn::go("register/sent")),
            "active" => return Ok(Turn::go("register/done")),
            "awaiting_approval" => {
                let by_clerk = portal.journey.approval == Approval::Clerk;
                let mut view = View::new(text("pending-title")?).says(text(if by_clerk { "pending-body-clerk" } else { "pending-body" })?);
                if let Some(until) = found.expires_at {
                    let date = moments::date(language, Zone::of_country(&portal.country), until);
                    view = view.says(self.text(portal, language, "pending-expiry", &[("date", date.as_str().into())])?);
                }
                view
            }
            "awaiting_completion" => View::new(text("pending-approved-title")?).says(self.text(
                portal,
                language,
                "pending-approved-body",
                &[("email", email.as_str().into())],
            )?),
            "rejected" => {
                let mut view = View::new(text("pending-rejected-title")?);
                if let Some(reason) = &found.reason {
                    view = view.says(self.text(portal, language, "pending-rejected-reason", &[("reason", reason.as_str().into())])?);
                }
                view.says(self.text(portal, language, "pending-rejected-body", &[("contact", contact.as_str().into())])?)
            }
            _ => View::new(text("register-expired-title")?).says(text("register-expired-body")?).with(Block::Button {
                href: format!("/{}/register", portal.slug),
                text: text("register-restart")?,
                quiet: false,
            }),
        };
        Ok(view.into())
    }
}
