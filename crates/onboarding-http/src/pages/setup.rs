//! `/{p}/setup?t=` and `/{p}/invite?t=`: what is missing after an approval or invitation, on one page; what was given stays when somebody
//! stops half-way. An account that is there already signs in first; an expired link has a button for a new one.

use super::view::{Field, Tick};
use super::{Form, Pages, Pressed, View, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::forms::FieldError;
use onboarding::stories::{CompletionForm, SetupView};
use onboarding_core::consent::ConsentInput;
use onboarding_core::journey::ConsentKind;
use onboarding_core::registration::{Missing, Refusal};
use onboarding_text::{Arg, Zone, moments};
use poem::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

impl Pages {
    pub(super) async fn setup(&self, visit: &Visit) -> Result<View, Problem> {
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
        match &visit.pressed {
            None => self.ask_setup(visit, token, &link, &[]),
            Some(pressed) => self.take_setup(visit, token, &link, pressed).await,
        }
    }

    async fn take_setup(&self, visit: &Visit, token: &SecretString, link: &SetupView, pressed: &Pressed) -> Result<View, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let form = CompletionForm {
            first_name: given(&pressed.first_name),
            last_name: given(&pressed.last_name),
            consents: pressed
                .ticked
                .iter()
                .map(|(document, version)| ConsentInput { document: document.clone(), version: version.clone(), granted: true })
                .collect(),
            password: pressed.password.clone().filter(|password| !password.expose_secret().is_empty()),
        };
        let slug = visit.portal.slug.as_str();
        match self.api.engine().complete(slug, &visit.caller, token, &form, None).await {
            Ok(completed) if completed.missing.is_empty() => Ok(View::new(self.text(
                &visit.portal,
                visit.language,
                "register-done-title",
                &[],
            )?)
            .says(self.text(&visit.portal, visit.language, "register-done-body", &[])?)),
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
        let mut form = Form { button: text("common-continue", &[])?, ..Self::form(visit, token, path(link)) };
        // The proof of a consent names the language that was shown: the answer comes back in the page's.
        form.action = format!("/{}/{}?lang={language}", portal.slug, path(link));
        for missing in &link.missing {
            match missing {
                Missing::SignIn => {}
                Missing::FirstName => form.fields.push(Self::name_field(visit, "first_name", "given-name", text("field-firstName", &[])?)),
                Missing::LastName => form.fields.push(Self::name_field(visit, "last_name", "family-name", text("field-lastName", &[])?)),
                Missing::Consent(document) => form.ticks.push(self.tick(visit, link, document, true)?),
                Missing::Password => self.ask_password(visit, link, &mut form)?,
            }
        }
        for document in &link.offered {
            form.ticks.push(self.tick(visit, link, document, false)?);
        }
        for fault in faults {
            view.errors.push((self.setup_fault(visit, fault)?, input_name(&fault.field)));
        }
        if !faults.is_empty() {
            view = view.status(StatusCode::UNPROCESSABLE_ENTITY);
        }
        Ok(view.asks(form))
    }

    fn name_field(visit: &Visit, name: &'static str, autocomplete: &'static str, label: String) -> Field {
        let typed =
            visit.pressed.as_ref().and_then(|pressed| if name == "first_name" { &pressed.first_name } else { &pressed.last_name }.clone());
        Field { name, label, value: typed.unwrap_or_default(), autocomplete }
    }

    /// A box for one document, never ticked beforehand.
    fn tick(&self, visit: &Visit, link: &SetupView, document: &str, required: bool) -> Result<Tick, Problem> {
        let (portal, language) = (&visit.portal, Self::spoken(visit, link));
        let found = portal.document(document).ok_or_else(Problem::internal)?;
        let title = found.in_language(language, portal.journey.default_language()).1.title.clone();
        let known = |key: &str| self.texts.placeholders(key).is_some();
        let (own, own_link) = (format!("consent-{document}"), format!("consent-{document}-link"));
        let label = if known(&own) && known(&own_link) {
            let named = self.text(portal, language, &own_link, &[])?;
            self.text(portal, language, &own, &[("link", named.as_str().into())])?
        } else {
            self.text(portal, language, "consent-other", &[("link", title.as_str().into())])?
        };
        let optional = if required { String::new() } else { format!(" {}", self.text(portal, language, "common-optional", &[])?) };
        Ok(Tick {
            name: format!("consent_{document}"),
            version: found.version.clone(),
            label: format!("{label}{optional}"),
            href: format!("/api/v1/{}/documents/{document}?lang={language}", portal.slug),
            link: format!("{title}, {} {}", found.version, self.text(portal, language, "common-newTab", &[])?),
            required: required && portal.journey.consent(document).is_some_and(|rule| rule.kind != ConsentKind::Consent),
        })
    }

    fn ask_password(&self, visit: &Visit, link: &SetupView, form: &mut Form) -> Result<(), Problem> {
        let (portal, language) = (&visit.portal, Self::spoken(visit, link));
        form.username = Some(link.email.as_str().to_owned());
        form.username_label = Some(self.text(portal, language, "field-username", &[])?);
        form.password_name = "password";
        form.password_label = Some(self.text(portal, language, "field-passwordCreate", &[])?);
        form.criteria_title = Some(self.text(portal, language, "pw-title", &[])?);
        form.criteria = self.criteria(portal, language, link.min_length)?;
        Ok(())
    }

    fn setup_fault(&self, visit: &Visit, fault: &FieldError) -> Result<String, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        if let Some(document) = fault.field.strip_prefix("consents.") {
            let title =
                portal.document(document).map(|found| found.in_language(language, portal.journey.default_language()).1.title.clone());
            let title = title.unwrap_or_else(|| document.to_owned());
            return self.text(portal, language, "err-consent", &[("document", title.as_str().into())]);
        }
        match (fault.field.as_str(), fault.code) {
            ("password", "required") => self.text(portal, language, "err-password-new-empty", &[]),
            ("password", _) => self.password_fault(visit, fault),
            ("first_name", "required") => self.text(portal, language, "err-firstName-empty", &[]),
            ("last_name", "required") => self.text(portal, language, "err-lastName-empty", &[]),
            (_, "too_long") => {
                let max = fault.args.iter().find(|(name, _)| *name == "max").map_or("", |(_, value)| value.as_str());
                self.text(portal, language, "fault-too_long", &[("max", max.into())])
            }
            (_, code) => self.text(portal, language, &format!("fault-{code}"), &[]),
        }
    }

    /// A link that leads nowhere any more, or a renewal.
    async fn refused_setup(&self, visit: &Visit, token: &SecretString, link: &SetupView, refusal: Refusal) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, Self::spoken(visit, link));
        let renewable = refusal == Refusal::TokenExpired && link.state == "awaiting_completion";
        let asked = visit.pressed.as_ref().is_some_and(|pressed| pressed.decision.as_deref() == Some("renew"));
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
            let button = self.text(portal, language, "btn-resendMail", &[])?;
            let renewal = renewable.then(|| Form { decision: Some("renew"), button, ..Self::form(visit, token, path(link)) });
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

/// The input that a field of the JSON body is on this page.
fn input_name(field: &str) -> String {
    field.strip_prefix("consents.").map_or_else(|| field.to_owned(), |document| format!("consent_{document}"))
}
