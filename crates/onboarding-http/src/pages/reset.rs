//! `/{p}/password/reset?t=`: a new password, once.

use super::blocks::{Button, Field};
use super::cookies::Purpose;
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::ports::SessionKind;
use onboarding_core::Language;
use secrecy::{ExposeSecret, SecretString};

impl Pages {
    pub(super) async fn reset(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let engine = self.api.engine();
        let text = |key: &str| self.text(portal, language, key, &[]);
        let unknown = || problem_of(Error::Account(onboarding_core::account::Refusal::TokenUnknown));
        let Some(token) = &visit.token else { return Ok(self.dead_link(portal, language, &unknown(), None)?.into()) };
        let link = match engine.reset_link(portal.slug.as_str(), token).await {
            Ok(link) => link,
            Err(error) => {
                let problem = problem_of(error);
                return if Self::is_dead(&problem) { Ok(self.dead_link(portal, language, &problem, None)?.into()) } else { Err(problem) };
            }
        };
        if let Some(refusal) = link.refusal {
            return Ok(self.dead_link(portal, language, &problem_of(Error::Account(refusal)), None)?.into());
        }
        let view = View::new(text("mail-reset-button")?).asks(self.reset_form(visit, token, link.login, link.min_length)?);
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        // The page asks once and can show what is typed; a program may send it twice.
        if posted.given("repeat").is_some_and(|repeat| repeat != posted.text("new")) {
            return Ok(view.wrong(vec![Wrong::at("new", text("err-password-repeat")?)]).into());
        }
        match engine.confirm_reset(portal.slug.as_str(), SessionKind::Page, token, &posted.secret("new")).await {
            Ok(done) => {
                if let Some(opened) = done.signed_in {
                    let cookie = self.jar.set(Purpose::Session, portal.slug.as_str(), opened.token.expose_secret());
                    return Ok(Turn::Go { to: "area?done=reset".to_owned(), cookies: vec![cookie], clear: false });
                }
                if visit.session.is_some() {
                    // Somebody else is signed in here, perhaps: the page to sign in would lead to their area.
                    return Ok(View::new(text("password-saved")?).says(text("reset-done")?).into());
                }
                Ok(Turn::go(format!("login?done=reset&lang={language}")))
            }
            Err(Error::Input(faults)) => {
                let faults = self.faults(portal, language, &faults)?;
                Ok(view.wrong(faults).into())
            }
            Err(error) => {
                let problem = problem_of(error);
                if Self::is_dead(&problem) { Ok(self.dead_link(portal, language, &problem, None)?.into()) } else { Err(problem) }
            }
        }
    }

    fn reset_form(&self, visit: &Visit, token: &SecretString, login: String, min: u32) -> Result<Form, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let username = Field::Fixed { name: "username", label: text("field-username")?, value: login, autocomplete: "username" };
        let new = self.password_field(portal, language, "new", "field-passwordNew", Some(min))?;
        let buttons = vec![Button::new(text("common-save")?)];
        Ok(Form { fields: vec![username, new], buttons, ..self.linked_form(visit, language, token, "password/reset") })
    }

    /// The same with a key: what is sent with it twice is done once.
    pub(super) fn linked_form(&self, visit: &Visit, language: Language, token: &SecretString, path: &str) -> Form {
        let mut form = self.form(visit, language, token, path);
        form.hidden.push(self.keyed());
        form
    }
}
