//! `/{p}/account/email/confirm?t=`: the new address takes effect.

use super::blocks::Button;
use super::view::View;
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;

impl Pages {
    pub(super) async fn confirm_email(&self, visit: &Visit) -> Result<Turn, Problem> {
        Ok(self.email_confirmed(visit).await?.into())
    }

    async fn email_confirmed(&self, visit: &Visit) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let engine = self.api.engine();
        let text = |key: &str| self.text(portal, language, key, &[]);
        let unknown = || problem_of(Error::Account(onboarding_core::account::Refusal::TokenUnknown));
        let Some(token) = &visit.token else { return self.dead_link(portal, language, &unknown(), None) };
        if visit.posted.is_some() {
            return match engine.confirm_email(portal.slug.as_str(), &visit.caller, token).await {
                Ok(()) => Ok(View::new(text("common-success")?).says(text("confirm-done")?).with(self.back_to_account(visit)?)),
                Err(error) => self.refused(visit, problem_of(error)),
            };
        }
        let link = match engine.new_email_link(portal.slug.as_str(), token).await {
            Ok(link) => link,
            Err(error) => return self.refused(visit, problem_of(error)),
        };
        if let Some(refusal) = link.refusal {
            return self.refused(visit, problem_of(Error::Account(refusal)));
        }
        let view = View::new(text("confirm-title")?);
        match link.email {
            Some(email) if !link.used => {
                Ok(view.says(self.text(portal, language, "confirm-ask", &[("email", email.as_str().into())])?).asks(Form {
                    buttons: vec![Button::new(text("btn-confirmEmail")?)],
                    ..self.linked_form(visit, language, token, "account/email/confirm")
                }))
            }
            Some(_) | None => Ok(view.says(text("confirm-done")?).with(self.back_to_account(visit)?)),
        }
    }

    fn refused(&self, visit: &Visit, problem: Problem) -> Result<View, Problem> {
        if Self::is_dead(&problem) {
            return self.dead_link(&visit.portal, visit.language, &problem, None);
        }
        if problem.code() == "email_taken" {
            let text = self.texts.problem(Some(&visit.portal.slug), visit.language, "forbidden").map_err(|_| Problem::internal())?;
            return Ok(View::new(text.title).says(text.detail).status(problem.status()));
        }
        Err(problem)
    }
}
