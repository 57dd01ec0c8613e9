//! `/{p}/password/forgot`: ask for a link to a new password; the answer is the same for everybody.

use super::blocks::{Block, Button};
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding_core::journey::LoginWith;
use onboarding_core::policy;
use onboarding_text::{Zone, moments};

impl Pages {
    pub(super) async fn forgot(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let (intro, missing) = match portal.journey.login_with {
            LoginWith::Email => ("reset-intro-email", "err-email-empty".to_owned()),
            LoginWith::RecordNumber => {
                ("reset-intro-recordNumber", format!("err-{}-empty", super::fields::number_word(portal.journey.number)))
            }
        };
        let form = Form {
            action: format!("/{}/password/forgot?lang={language}#errors", portal.slug),
            hidden: self.carried(visit),
            fields: vec![self.login_field(visit)?],
            buttons: vec![Button::new(text("reset-submit")?)],
        };
        let view = View::new(text("reset-title")?);
        let Some(posted) = &visit.posted else { return Ok(view.says(text(intro)?).asks(form).into()) };
        let login = posted.text("login");
        if login.trim().is_empty() {
            return Ok(view.says(text(intro)?).asks(form).wrong(vec![Wrong::at("login", text(&missing)?)]).into());
        }
        self.api.engine().request_reset(portal.slug.as_str(), &visit.caller, login).await.map_err(problem_of)?;
        Ok(Turn::go(format!("password/forgot/sent?lang={language}")))
    }

    /// The same for everybody, and for whoever opens it without having asked.
    pub(super) async fn asked_for_reset(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let view = View::new(self.text(portal, language, "reset-title", &[])?);
        let until = self.api.engine().ports().store.now().await.map_err(|error| problem_of(error.into()))? + policy::RESET_LIFE;
        let time = moments::time(language, Zone::of_country(&portal.country), until);
        let sender = portal.sender.from.as_str();
        let spam = self.text(portal, language, "confirm-noMail-body", &[("sender", sender.into())])?;
        let contact = Self::contact(portal);
        let view = view.says(self.text(portal, language, "reset-sent", &[("time", time.as_str().into())])?).says(spam);
        let view =
            view.with(Block::Quiet { text: self.text(portal, language, "reset-noAccess", &[("contact", contact.as_str().into())])? });
        let again = self.text(portal, language, "btn-resendMail", &[])?;
        Ok(view.with(Block::Link { href: format!("/{}/password/forgot", portal.slug), text: again }).into())
    }
}
