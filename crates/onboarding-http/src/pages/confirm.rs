//! `/{p}/confirm?t=`: prove the address, or say "that wasn't me"; an expired link has a button for a new one.

use super::blocks::{Block, Button};
use super::view::View;
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding_core::Language;
use onboarding_core::registration::Refusal;
use poem::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

impl Pages {
    pub(super) async fn confirm(&self, visit: &Visit) -> Result<Turn, Problem> {
        let engine = self.api.engine();
        let slug = visit.portal.slug.as_str();
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        let unknown = || problem_of(Error::Registration(Refusal::TokenUnknown));
        let Some(token) = &visit.token else { return Ok(self.dead_link(&visit.portal, visit.language, &unknown(), None)?.into()) };
        let next = match visit.posted.as_ref().map(|posted| posted.decision()) {
            None => return Ok(self.ask(visit, token).await?.into()),
            Some(Some("deny")) => engine.deny(slug, &visit.caller, token).await.map(|_| None),
            Some(Some("renew")) => return Ok(self.renew(visit, token).await?.into()),
            Some(Some("confirm")) => {
                engine.confirm_link(slug, &visit.caller, token).await.map(|confirmed| match confirmed.state.as_str() {
                    "awaiting_approval" | "awaiting_completion" => Some("register/pending?done=confirmed&"),
                    "active" => Some("register/done?"),
                    _ => None,
                })
            }
            Some(_) => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").field("decision", "unknown")),
        };
        let over = || Ok(View::new(text("register-expired-title")?).says(text("register-expired-body")?));
        match next {
            Ok(Some(page)) => Ok(Turn::go(format!("{page}lang={}", visit.language))),
            Ok(None) => Ok(over()?.into()),
            Err(error) => {
                let problem = problem_of(error);
                if Self::is_dead(&problem) {
                    return Ok(self.ask(visit, token).await?.into());
                }
                match problem.code() {
                    "email_taken" | "record_taken" | "not_in_this_state" => Ok(over()?.status(problem.status()).into()),
                    _ => Err(problem),
                }
            }
        }
    }

    /// A page at the end of a way, with the next one where there is one.
    fn after(&self, visit: &Visit, view: View, is_active: bool) -> Result<View, Problem> {
        if !is_active {
            return Ok(view);
        }
        let text = self.text(&visit.portal, view.language.unwrap_or(visit.language), "login-submit", &[])?;
        Ok(view.with(Block::Button { href: format!("/{}/login", visit.portal.slug), text, quiet: false }))
    }

    /// The page with the two buttons. Nothing is used up.
    async fn ask(&self, visit: &Visit, token: &SecretString) -> Result<View, Problem> {
        let portal = &visit.portal;
        let found = self.api.engine().confirmation(portal.slug.as_str(), token).await;
        // The language of the registration, unless another was chosen on the page.
        let spoken = found.as_ref().ok().map(|link| link.language).filter(|_| !visit.wished);
        let language = spoken.unwrap_or(visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let link = match found {
            Ok(link) => link,
            Err(error) => {
                let problem = problem_of(error);
                return if Self::is_dead(&problem) { self.dead_link(portal, language, &problem, None) } else { Err(problem) };
            }
        };
        if let Some(refusal) = link.refusal {
            let problem = problem_of(Error::Registration(refusal));
            return if Self::is_dead(&problem) {
                // A registration that is over has nothing to renew.
                let renewal = if link.state == "awaiting_email" { self.renewal(visit, language, token, &problem)? } else { None };
                self.dead_link(portal, language, &problem, renewal)
            } else {
                let view = View::new(text("register-expired-title")?).says(text("register-expired-body")?);
                Ok(View { language: Some(language), ..view.status(problem.status()) })
            };
        }
        if link.used {
            let key = match link.state {
                "active" => "confirm-already",
                "awaiting_approval" | "awaiting_completion" => "confirm-alreadyPending",
                _ => "register-expired-body",
            };
            let view = View { language: Some(language), ..View::new(text("confirm-title")?).says(text(key)?) };
            return self.after(visit, view, link.state == "active");
        }
        let ask = self.text(portal, language, "confirm-ask", &[("email", link.email.as_str().into())])?;
        let form = self.form(visit, language, token, "confirm");
        let buttons =
            vec![Button::decides(text("btn-confirmEmail")?, "confirm"), Button::decides(text("confirm-deny")?, "deny").look("second")];
        Ok(View { language: Some(language), ..View::new(text("confirm-title")?).says(ask).asks(Form { buttons, ..form }) })
    }

    /// A new mail for a link that has expired. Any other link is shown as it stands: a second press finds a newer mail on its way.
    async fn renew(&self, visit: &Visit, token: &SecretString) -> Result<View, Problem> {
        let engine = self.api.engine();
        let slug = visit.portal.slug.as_str();
        match engine.confirmation(slug, token).await {
            Ok(link) if link.refusal == Some(Refusal::TokenExpired) && link.state == "awaiting_email" => {
                engine.renew_link(slug, &visit.caller, token).await.map_err(problem_of)?;
                // Whoever holds the link was mailed it at this address.
                let told = self.text(&visit.portal, visit.language, "resend-done", &[("email", link.email.as_str().into())])?;
                Ok(View::new(self.text(&visit.portal, visit.language, "confirm-title", &[])?).says(told))
            }
            Ok(_) | Err(_) => self.ask(visit, token).await,
        }
    }

    fn renewal(&self, visit: &Visit, language: Language, token: &SecretString, problem: &Problem) -> Result<Option<Form>, Problem> {
        if problem.code() != "token_expired" {
            return Ok(None);
        }
        let button = Button::decides(self.text(&visit.portal, language, "btn-resendMail", &[])?, "renew");
        Ok(Some(Form { buttons: vec![button], ..self.form(visit, language, token, "confirm") }))
    }

    /// A form of this link's page, for whoever is signed in as well; what follows it speaks the page's language. It has no key: each press
    /// is an answer of its own, and the state tells what had happened before.
    pub(super) fn form(&self, visit: &Visit, language: Language, token: &SecretString, path: &str) -> Form {
        let mut form = Form { action: format!("/{}/{path}?lang={language}#errors", visit.portal.slug), ..Form::default() };
        form.hidden.push(("token".into(), token.expose_secret().to_owned()));
        form.hidden.extend(self.bound(visit));
        form
    }
}
