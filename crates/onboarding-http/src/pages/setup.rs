//! `/{p}/setup?t=` and `/{p}/invite?t=`: what is missing after an approval or invitation, on one page; what was given stays when somebody
//! stops half-way. An account that is there already signs in first; an expired link has a button for a new one.

use super::blocks::{Block, Button, Field};
use super::view::View;
use super::{Form, Pages, Posted, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::forms::FieldError;
use onboarding::stories::{CompletionForm, SetupView};
use onboarding_core::journey::{FieldName, FieldRule};
use onboarding_core::registration::{Missing, Refusal};
use onboarding_text::{Arg, Zone, moments};
use secrecy::SecretString;

impl Pages {
    pub(super) async fn setup(&self, visit: &Visit) -> Result<Turn, Problem> {
        Ok(self.set_up(visit).await?.into())
    }

    async fn set_up(&self, visit: &Visit) -> Result<View, Problem> {
        let unknown = || problem_of(Error::Registration(Refusal::TokenUnknown));
        let Some(token) = &visit.token else { return self.dead_link(&visit.portal, visit.language, &unknown(), None) };
        let found = self.api.engine().setup_link(visit.portal.slug.as_str(), token).await;
        let link = match found {
            Ok(link) => link,
            Err(error) => {
                let problem = problem_of(error);
                return if Self::is_dead(&problem) { self.dead_link(&visit.portal, visit.language, &problem, None) } else { Err(problem) };
            }
        };
        if let Some(refusal) = link.refusal.clone() {
            return self.refused_setup(visit, token, &link, refusal).await;
        }
        match &visit.posted {
            None => self.ask_setup(visit, token, &link, &[]),
            Some(posted) => self.take_setup(visit, token, &link, posted).await,
        }
    }

    async fn take_setup(&self, visit: &Visit, token: &SecretString, link: &SetupView, posted: &Posted) -> Result<View, Problem> {
        let form = CompletionForm {
            first_name: posted.filled("first_name"),
            last_name: posted.filled("last_name"),
            consents: posted.ticked(),
            password: posted.given("password").filter(|password| !password.is_empty()).map(SecretString::from),
        };
        let slug = visit.portal.slug.as_str();
        match self.api.engine().complete(slug, &visit.caller, token, &form, visit.session.as_ref()).await {
            Ok(completed) if completed.missing.is_empty() => {
                Ok(View::new(self.text(&visit.portal, visit.language, "register-done-title", &[])?)
                    .says(self.text(&visit.portal, visit.language, "register-done-body", &[])?)
                    .with(Block::Button {
                        href: format!("/{}/login", visit.portal.slug),
                        text: self.text(&visit.portal, visit.language, "login-submit", &[])?,
                        quiet: false,
                    }))
            }
            Ok(_) => {
                // What was given is kept; the page asks for the rest.
                let link = self.api.engine().setup_link(slug, token).await.map_err(problem_of)?;
                let faults: Vec<FieldError> = link.missing.iter().map(missing_fault).collect();
                self.ask_setup(visit, token, &link, &faults)
            }
            Err(Error::Input(faults)) => self.ask_setup(visit, token, link, &faults),
            Err(Error::Registration(refusal)) => self.refused_setup(visit, token, link, refusal).await,
            Err(error) => Err(problem_of(error)),
        }
    }

    /// The page with everything that is missing.
    fn ask_setup(&self, visit: &Visit, token: &SecretString, link: &SetupView, faults: &[FieldError]) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, Self::spoken(visit, link));
        let text = |key: &str, args: &[(&str, Arg<'_>)]| self.text(portal, language, key, args);
        let names: &[(&str, Arg<'_>)] = &[("company", link.company.as_str().into()), ("portal", portal.name.as_str().into())];
        let (title, body) = if link.invited {
            (text("mail-invite-subject", names)?, text("mail-invite-body", names)?)
        } else {
            (text("pending-approved-title", &[])?, text("mail-approved-body", &[])?)
        };
        let mut view = View::new(title).says(body);
        view.language = Some(language);
        if link.missing == [Missing::SignIn] {
            return Ok(view.says(text("invite-existing-body", &[("email", link.email.as_str().into())])?));
        }
        if let Some(until) = link.expires_at {
            let until = moments::datetime(language, Zone::of_country(&portal.country), until);
            view = view.says(text("setup-pause", &[("datetime", until.as_str().into())])?);
        }
        let mut form = self.linked_form(visit, token, path(link));
        form.buttons.push(Button::new(text("common-continue", &[])?));
        // The proof of a consent names the language that was shown: the answer comes back in the page's.
        form.action = format!("/{}/{}?lang={language}#errors", portal.slug, path(link));
        for missing in &link.missing {
            match missing {
                Missing::SignIn => {}
                Missing::FirstName => form.fields.push(self.person_field(visit, FieldRule { name: FieldName::FirstName, required: true })?),
                Missing::LastName => form.fields.push(self.person_field(visit, FieldRule { name: FieldName::LastName, required: true })?),
                Missing::Consent(document) => form.fields.push(self.asked(visit, link, document, true)?),
                Missing::Password => {
                    let (label, value) = (text("field-username", &[])?, link.email.as_str().to_owned());
                    form.fields.push(Field::Fixed { name: "username", label, value, autocomplete: "username" });
                    let min = Some(link.min_length);
                    form.fields.push(self.password_field(portal, language, "password", "field-passwordCreate", min)?);
                }
            }
        }
        for document in &link.offered {
            form.fields.push(self.asked(visit, link, document, false)?);
        }
        Ok(view.asks(form).wrong(self.faults(portal, language, faults)?))
    }

    /// A box for one document of the set-up.
    fn asked(&self, visit: &Visit, link: &SetupView, document: &str, required: bool) -> Result<Field, Problem> {
        let rule = visit.portal.journey.consent(document).ok_or_else(Problem::internal)?;
        Ok(Field::Tick(self.tick(&visit.portal, Self::spoken(visit, link), rule, required)?))
    }

    /// A link that leads nowhere any more, or a renewal.
    async fn refused_setup(&self, visit: &Visit, token: &SecretString, link: &SetupView, refusal: Refusal) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, Self::spoken(visit, link));
        let renewable = refusal == Refusal::TokenExpired && link.state == "awaiting_completion";
        let asked = visit.posted.as_ref().is_some_and(|posted| posted.decision() == Some("renew"));
        if renewable && asked {
            self.api.engine().renew_link(portal.slug.as_str(), &visit.caller, token).await.map_err(problem_of)?;
            // Whoever holds the link was mailed it at this address.
            let told = self.text(portal, language, "resend-done", &[("email", link.email.as_str().into())])?;
            return Ok(View::new(self.text(portal, language, "link-expired-title", &[])?).says(told));
        }
        let problem = problem_of(Error::Registration(refusal));
        if problem.code() == "token_used" {
            let title = self.text(portal, language, "common-success", &[])?;
            return Ok(View::new(title).says(self.text(portal, language, "setup-already", &[])?).status(problem.status()));
        }
        if Self::is_dead(&problem) {
            let button = Button::decides(self.text(portal, language, "btn-resendMail", &[])?, "renew");
            let renewal = renewable.then(|| Form { buttons: vec![button], ..self.linked_form(visit, token, path(link)) });
            return self.dead_link(portal, language, &problem, renewal);
        }
        let gone = if link.invited { "invite-revoked" } else { "register-expired-body" };
        let title = self.text(portal, language, "register-expired-title", &[])?;
        Ok(View::new(title).says(self.text(portal, language, gone, &[])?).status(problem.status()))
    }

    /// The language of the registration, unless another was chosen on the page.
    fn spoken(visit: &Visit, link: &SetupView) -> onboarding_core::Language {
        let own = link.language;
        if visit.wished || !visit.portal.journey.languages.contains(&own) { visit.language } else { own }
    }
}

fn path(link: &SetupView) -> &'static str {
    if link.invited { "invite" } else { "setup" }
}

fn missing_fault(missing: &Missing) -> FieldError {
    match missing {
        Missing::Consent(document) => FieldError::new(format!("consents.{document}"), "required"),
        Missing::SignIn | Missing::FirstName | Missing::LastName | Missing::Password => FieldError::new(missing.word(), "required"),
    }
}
