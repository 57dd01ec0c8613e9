//! `/{p}/password/forgot`: ask for a link to a new password; the answer is the same for everybody.

use super::{Form, Pages, View, Visit, problem_of};
use crate::problem::Problem;
use onboarding_core::journey::{LoginWith, NumberName};
use onboarding_core::policy;
use onboarding_text::{Zone, moments};
use poem::http::StatusCode;

impl Pages {
    pub(super) async fn forgot(&self, visit: &Visit) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let (intro, label, missing, kind) = match (portal.journey.login_with, portal.journey.number) {
            (LoginWith::Email, _) => ("reset-intro-email", "field-email", "err-email-empty", "email"),
            (LoginWith::RecordNumber, NumberName::RegistrationNumber) => {
                ("reset-intro-recordNumber", "field-registrationNumber", "err-registrationNumber-empty", "text")
            }
            (LoginWith::RecordNumber, NumberName::CustomerNumber) => {
                ("reset-intro-recordNumber", "field-customerNumber", "err-customerNumber-empty", "text")
            }
            (LoginWith::RecordNumber, NumberName::BusinessNumber) => {
                ("reset-intro-recordNumber", "field-businessNumber", "err-businessNumber-empty", "text")
            }
        };
        let form = Form {
            action: format!("/{}/password/forgot?lang={language}", portal.slug),
            button: text("reset-submit")?,
            login_label: Some(text(label)?),
            login_type: kind,
            ..Form::default()
        };
        let view = View::new(text("reset-title")?);
        let Some(pressed) = &visit.pressed else { return Ok(view.says(text(intro)?).asks(form)) };
        let login = pressed.login.as_deref().unwrap_or_default();
        if login.trim().is_empty() {
            let error = Some((text(missing)?, Some("login")));
            return Ok(View { error, ..view.says(text(intro)?).asks(form).status(StatusCode::UNPROCESSABLE_ENTITY) });
        }
        self.api.engine().request_reset(portal.slug.as_str(), &visit.caller, login).await.map_err(problem_of)?;
        let until = self.api.engine().ports().store.now().await.map_err(|error| problem_of(error.into()))? + policy::RESET_LIFE;
        let time = moments::time(language, Zone::of_country(&portal.country), until);
        Ok(view.says(self.text(portal, language, "reset-sent", &[("time", time.as_str().into())])?))
    }
}
