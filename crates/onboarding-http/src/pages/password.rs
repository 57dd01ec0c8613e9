//! `/{p}/password/first` and `/{p}/account/password`: an initial password is replaced before anything else is open; a password that became too short as well.

use super::blocks::{Button, Field};
use super::cookies::Purpose;
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::forms::FieldError;
use onboarding::stories::PasswordChanged;
use onboarding_core::account::Refusal;
use onboarding_core::journey::LoginWith;
use secrecy::ExposeSecret;

impl Pages {
    pub(super) async fn change_password(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = visit.session.as_ref().ok_or_else(|| Problem::unauthorized("sign_in_required"))?;
        let account = &session.facts.account.value;
        let min = portal.journey.password_policy.min_for(account.privilege());
        let login = match (portal.journey.login_with, account.record()) {
            (LoginWith::RecordNumber, Some(number)) => number.as_str().to_owned(),
            (LoginWith::RecordNumber | LoginWith::Email, _) => account.email().as_str().to_owned(),
        };
        let username = Field::Fixed { name: "username", label: text("field-username")?, value: login, autocomplete: "username" };
        let initial = account.credential().is_initial();
        // Of two doors to the same room: the one that a duty leads to, and the one that somebody opens.
        let (own, after) = match visit.here.as_deref() {
            Some("account/password") => ("account/password", "account"),
            Some(_) | None => ("password/first", "area"),
        };
        let view = View::new(text(if initial { "firstPassword-title" } else { "account-password" })?);
        let view = if initial { view.says(text("firstPassword-why")?) } else { view };
        let view = view.asks(Form {
            action: Self::here(visit, own),
            hidden: self.carried(visit),
            fields: vec![
                username,
                self.password_field(portal, language, "current", "field-passwordPrevious", None)?,
                self.password_field(portal, language, "new", "field-passwordNew", Some(min))?,
                self.password_field(portal, language, "repeat", "field-passwordRepeat", None)?,
            ],
            buttons: vec![Button::new(text("common-save")?)],
        });
        let view = if own == "account/password" { view.with(self.back_to_account(visit)?) } else { view };
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let mut wrong = Vec::new();
        if posted.text("current").is_empty() {
            wrong.push(Wrong::at("current", text("err-password-previous-empty")?));
        }
        if posted.text("new").is_empty() {
            wrong.push(Wrong::at("new", text("err-password-new-empty")?));
        } else {
            // Judged before anything is compared or counted: every fault is told at once.
            let faults = onboarding::Onboarding::new_password_faults(session, &posted.secret("new"));
            wrong.extend(self.faults(portal, language, &faults)?);
        }
        if posted.text("repeat").is_empty() {
            wrong.push(Wrong::at("repeat", text("err-password-repeat-empty")?));
        } else if posted.text("new") != posted.text("repeat") {
            wrong.push(Wrong::at("repeat", text("err-password-repeat")?));
        }
        if !wrong.is_empty() {
            return Ok(view.wrong(wrong).into());
        }
        let changed = self.api.engine().change_password(&visit.caller, session, &posted.secret("current"), &posted.secret("new")).await;
        let slug = portal.slug.as_str();
        let fault = |field: &str, code| self.faults(portal, language, &[FieldError::new(field, code)]);
        match changed {
            Ok(PasswordChanged::Renewed(opened)) => {
                let cookie = self.jar.set(Purpose::Session, slug, opened.token.expose_secret());
                Ok(Turn::Go { to: format!("{after}?done=password&lang={language}"), cookies: vec![cookie], clear: false })
            }
            Ok(PasswordChanged::SignInAgain) => {
                let cookie = self.jar.delete(Purpose::Session, slug);
                Ok(Turn::Go { to: format!("login?done=password&lang={language}"), cookies: vec![cookie], clear: false })
            }
            Err(Error::Input(faults)) => Ok(view.wrong(self.faults(portal, language, &faults)?).into()),
            Err(Error::Account(Refusal::WrongPassword)) => Ok(view.wrong(fault("current", "wrong_password")?).into()),
            Err(Error::Account(Refusal::SamePassword)) => Ok(view.wrong(fault("new", "same_password")?).into()),
            Err(Error::Throttled { until, now }) => Ok(self.too_soon(visit, view, until, now)?.into()),
            Err(error) => Err(problem_of(error)),
        }
    }
}
