//! `/{p}/password/reset?t=`: a new password, once.

use super::{Form, Pages, View, Visit, problem_of};
use crate::problem::Problem;
use onboarding::ports::SessionKind;
use onboarding::{Error, Portal};
use onboarding_core::Language;
use onboarding_core::password::CharacterKind;
use poem::http::StatusCode;
use secrecy::SecretString;

impl Pages {
    pub(super) async fn reset(&self, visit: &Visit) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let engine = self.api.engine();
        let text = |key: &str| self.text(portal, language, key, &[]);
        let unknown = || problem_of(Error::Account(onboarding_core::account::Refusal::TokenUnknown));
        let Some(token) = &visit.token else { return self.dead_link(portal, language, &unknown(), None) };
        let link = match engine.reset_link(portal.slug.as_str(), token).await {
            Ok(link) => link,
            Err(error) => {
                let problem = problem_of(error);
                return if Self::is_dead(&problem) { self.dead_link(portal, language, &problem, None) } else { Err(problem) };
            }
        };
        if let Some(refusal) = link.refusal {
            return self.dead_link(portal, language, &problem_of(Error::Account(refusal)), None);
        }
        let view = View::new(text("mail-reset-button")?).asks(self.password_form(visit, token, link.login, link.min_length)?);
        let Some(pressed) = &visit.pressed else { return Ok(view) };
        let new = pressed.new.clone().unwrap_or_else(|| SecretString::from(""));
        match engine.confirm_reset(portal.slug.as_str(), SessionKind::Page, token, &new).await {
            Ok(_) => Ok(View::new(text("password-saved")?).says(text("reset-done")?)),
            Err(Error::Input(faults)) => {
                let faults = faults.into_iter().map(|fault| self.password_fault(visit, &fault)).collect::<Result<Vec<_>, _>>()?;
                Ok(View { error: Some((faults.join(" "), Some("new"))), ..view.status(StatusCode::UNPROCESSABLE_ENTITY) })
            }
            Err(error) => {
                let problem = problem_of(error);
                if Self::is_dead(&problem) { self.dead_link(portal, language, &problem, None) } else { Err(problem) }
            }
        }
    }

    fn password_form(&self, visit: &Visit, token: &SecretString, login: String, min: u32) -> Result<Form, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        Ok(Form {
            button: text("common-save")?,
            username: Some(login),
            username_label: Some(text("field-username")?),
            password_label: Some(text("field-passwordNew")?),
            criteria_title: Some(text("pw-title")?),
            criteria: self.criteria(portal, language, min)?,
            ..Self::form(visit, token, "password/reset")
        })
    }

    /// What a new password must be.
    pub(super) fn criteria(&self, portal: &Portal, language: Language, min: u32) -> Result<Vec<String>, Problem> {
        let text = |key: &str| self.text(portal, language, key, &[]);
        let mut criteria = vec![self.text(portal, language, "pw-minLength", &[("min", min.into())])?];
        for kind in &portal.journey.password_policy.require {
            criteria.push(text(kind_key(*kind))?);
        }
        criteria.extend([text("pw-notCommon")?, text("pw-notPersonal")?]);
        Ok(criteria)
    }

    pub(super) fn password_fault(&self, visit: &Visit, fault: &onboarding::forms::FieldError) -> Result<String, Problem> {
        let arg = |name: &str| fault.args.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str());
        let (portal, language) = (&visit.portal, visit.language);
        match fault.code {
            "too_short" => self.text(portal, language, "err-password-short", &[("min", arg("min").into())]),
            "too_long" => self.text(portal, language, "err-password-long", &[("max", arg("max").into())]),
            "common" => self.text(portal, language, "err-password-common", &[]),
            "personal" => self.text(portal, language, "err-password-personal", &[]),
            "criteria" => {
                let kinds = CharacterKind::ALL.into_iter().filter(|kind| arg("missing").split(',').any(|word| word == kind.word()));
                let missing = kinds.map(|kind| self.text(portal, language, kind_key(kind), &[])).collect::<Result<Vec<_>, _>>()?;
                self.text(portal, language, "err-password-criteria", &[("missing", missing.join(", ").as_str().into())])
            }
            _ => self.text(portal, language, "err-password-new-empty", &[]),
        }
    }
}

fn kind_key(kind: CharacterKind) -> &'static str {
    match kind {
        CharacterKind::Upper => "pw-upper",
        CharacterKind::Lower => "pw-lower",
        CharacterKind::Digit => "pw-digit",
        CharacterKind::Symbol => "pw-special",
    }
}
