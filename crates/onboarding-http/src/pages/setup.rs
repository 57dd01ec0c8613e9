//! `/{p}/setup?t=` and `/{p}/invite?t=`: what follows an approval or invitation, a step a page: each document by itself, then the password.
//!
//! What was given stays when somebody stops half-way, and the link leads on from there. Behind the first button the link's token travels in
//! the sealed cookie, and stands in no address any more. An account that is there already signs in and joins; an expired link has a button
//! for a new one.

use super::blocks::{Block, Button, Field};
use super::cookies::Purpose;
use super::flow::Flow;
use super::view::View;
use super::{Form, Pages, Posted, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::forms::FieldError;
use onboarding::stories::{Completed, CompletionForm, SetupView};
use onboarding_core::Language;
use onboarding_core::consent::ConsentInput;
use onboarding_core::journey::{ConsentKind, ConsentStage, PasswordOrigin};
use onboarding_core::registration::{Missing, Refusal};
use onboarding_text::{Arg, Zone, moments};
use secrecy::{ExposeSecret, SecretString};

/// The step of whoever has an account already.
const JOIN: &str = "join";
/// The last step of everybody else.
const LAST: &str = "password";

impl Pages {
    /// What the link leads to: what waits, and a button that begins.
    pub(super) async fn setup(&self, visit: &Visit) -> Result<Turn, Problem> {
        let unknown = || problem_of(Error::Registration(Refusal::TokenUnknown));
        let Some(token) = &visit.token else { return Ok(self.dead_link(&visit.portal, visit.language, &unknown(), None)?.into()) };
        let link = match self.link_of(visit, token).await? {
            Ok(link) => link,
            Err(view) => return Ok(view.into()),
        };
        if let Some(refusal) = link.refusal.clone() {
            return Ok(self.refused_setup(visit, token, &link, refusal).await?.into());
        }
        let Some(posted) = &visit.posted else { return Ok(self.welcome(visit, token, &link, &[])?.into()) };
        let names = asked_names(&link);
        let absent: Vec<_> = names.iter().filter(|missing| posted.filled(&missing.word()).is_none()).map(absent).collect();
        if !absent.is_empty() {
            return Ok(self.welcome(visit, token, &link, &absent)?.into());
        }
        if !names.is_empty() || is_one_page(&link) {
            let form = CompletionForm { password: None, ..read(posted) };
            match self.api.engine().complete(visit.portal.slug.as_str(), &visit.caller, token, &form, visit.session.as_ref()).await {
                Ok(completed) if completed.missing.is_empty() => return Ok(self.set_up(visit, Self::spoken(visit, &link))),
                Ok(_) => {}
                Err(Error::Input(faults)) => return Ok(self.welcome(visit, token, &link, &faults)?.into()),
                Err(Error::Registration(refusal)) => return Ok(self.refused_setup(visit, token, &link, refusal).await?.into()),
                Err(error) => return Err(problem_of(error)),
            }
        }
        let next = next(&link.missing);
        let cookies = vec![self.handing_on(visit, Flow::SetUp { token: token.expose_secret().to_owned() }).await?];
        Ok(Turn::Go { to: format!("setup/{next}?lang={}", Self::spoken(visit, &link)), cookies, clear: false })
    }

    /// What a link leads to, or the page for one that leads nowhere.
    async fn link_of(&self, visit: &Visit, token: &SecretString) -> Result<Result<SetupView, View>, Problem> {
        match self.api.engine().setup_link(visit.portal.slug.as_str(), token, visit.session.as_ref()).await {
            Ok(link) => Ok(Ok(link)),
            Err(error) => {
                let problem = problem_of(error);
                if Self::is_dead(&problem) { self.dead_link(&visit.portal, visit.language, &problem, None).map(Err) } else { Err(problem) }
            }
        }
    }

    /// Who may begin what, and how many steps it takes.
    fn welcome(&self, visit: &Visit, token: &SecretString, link: &SetupView, faults: &[FieldError]) -> Result<View, Problem> {
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
        let mut form = self.linked_form(visit, language, token, path(link));
        if link.missing.contains(&Missing::SignIn) {
            let told = text("invite-existing-body", &[("email", link.email.as_str().into())])?;
            form.buttons.push(Button::new(text("invite-existing-submit", &[])?));
            return Ok(view.says(told).asks(form));
        }
        let mut items = Vec::new();
        for step in &link.missing {
            let what = match step {
                Missing::Consent(document) => Self::document_title(visit, language, document)?,
                Missing::Password => text("setup-password-title", &[])?,
                Missing::FirstName | Missing::LastName | Missing::SignIn => continue,
            };
            items.push(what);
        }
        if !items.is_empty() {
            view = view.with(Block::Heading { text: text("setup-tasks", &[])? }).with(Block::Steps { items });
        }
        if let Some(until) = link.expires_at {
            let until = moments::datetime(language, Zone::of_country(&portal.country), until);
            view = view.with(Block::Quiet { text: text("setup-pause", &[("datetime", until.as_str().into())])? });
        }
        if link.invited && (link.first_name.is_some() || link.last_name.is_some()) {
            view = view.with(Block::Quiet { text: text("invite-checkName", &[])? });
        }
        form.fields = if is_one_page(link) { self.last_fields(visit, link)? } else { self.name_fields(visit, link)? };
        form.buttons.push(Button::new(text("common-continue", &[])?));
        Ok(view.asks(form).wrong(self.faults(portal, language, faults)?))
    }

    fn name_fields(&self, visit: &Visit, link: &SetupView) -> Result<Vec<Field>, Problem> {
        let language = Self::spoken(visit, link);
        let field = |missing| match missing {
            Missing::FirstName => Some(self.first_name_field(visit, language, link.first_name.as_deref(), false)),
            Missing::LastName => Some(self.last_name_field(visit, language, link.last_name.as_deref(), false)),
            Missing::SignIn | Missing::Consent(_) | Missing::Password => None,
        };
        asked_names(link).into_iter().filter_map(field).collect()
    }

    fn document_title(visit: &Visit, language: Language, document: &str) -> Result<String, Problem> {
        let found = visit.portal.document(document).ok_or_else(Problem::internal)?;
        Ok(found.in_language(language, visit.portal.journey.default_language()).1.title.clone())
    }

    /// One step: a document to agree to, the password, or joining with an account that is there.
    pub(super) async fn setup_step(&self, visit: &Visit) -> Result<Turn, Problem> {
        let unknown = || problem_of(Error::Registration(Refusal::TokenUnknown));
        let Some(Flow::SetUp { token }) = self.handed_on(visit).await? else {
            // The link in the mail leads on from where one stopped.
            return Ok(self.dead_link(&visit.portal, visit.language, &unknown(), None)?.into());
        };
        let token = SecretString::from(token);
        let link = match self.link_of(visit, &token).await? {
            Ok(link) => link,
            Err(view) => return Ok(view.into()),
        };
        if let Some(refusal) = link.refusal.clone() {
            return Ok(self.refused_setup(visit, &token, &link, refusal).await?.into());
        }
        let due = next(&link.missing);
        if due == JOIN && link.missing.contains(&Missing::SignIn) {
            return Ok(Turn::go(format!("login?done=required&return_to=/{}/setup/{JOIN}", visit.portal.slug)));
        }
        let language = Self::spoken(visit, &link);
        let go_on = Turn::go(format!("setup/{due}?lang={language}"));
        if visit.part.as_deref() != Some(due.as_str()) {
            // Back, or on from a link that was opened again: what is due comes first.
            return Ok(go_on);
        }
        let Some(posted) = &visit.posted else { return Ok(self.step_view(visit, &link, &due)?.into()) };
        let form = if due == LAST || due == JOIN { read(posted) } else { CompletionForm { password: None, ..read(posted) } };
        match self.api.engine().complete(visit.portal.slug.as_str(), &visit.caller, &token, &form, visit.session.as_ref()).await {
            Ok(Completed { missing, .. }) if missing.is_empty() => Ok(self.set_up(visit, language)),
            Ok(_) => {
                let link = match self.link_of(visit, &token).await? {
                    Ok(link) => link,
                    Err(view) => return Ok(view.into()),
                };
                let due_now = next(&link.missing);
                if due_now != due {
                    return Ok(Turn::go(format!("setup/{due_now}?lang={language}")));
                }
                let faults: Vec<_> = link.missing.iter().map(absent).collect();
                Ok(self.step_view(visit, &link, &due)?.wrong(self.faults(&visit.portal, language, &faults)?).into())
            }
            Err(Error::Input(faults)) => {
                Ok(self.step_view(visit, &link, &due)?.wrong(self.faults(&visit.portal, language, &faults)?).into())
            }
            Err(Error::Registration(refusal)) => Ok(self.refused_setup(visit, &token, &link, refusal).await?.into()),
            Err(error) => Err(problem_of(error)),
        }
    }

    fn step_view(&self, visit: &Visit, link: &SetupView, due: &str) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, Self::spoken(visit, link));
        let text = |key: &str, args: &[(&str, Arg<'_>)]| self.text(portal, language, key, args);
        let mut form = Form { action: format!("/{}/setup/{due}?lang={language}#errors", portal.slug), ..Form::default() };
        form.hidden = self.carried(visit);
        let view = if due == JOIN {
            let company: &[(&str, Arg<'_>)] = &[("company", link.company.as_str().into()), ("portal", portal.name.as_str().into())];
            form.buttons.push(Button::new(text("mail-invite-button", &[])?));
            View::new(text("mail-invite-subject", company)?).says(text("mail-invite-body", company)?)
        } else if due == LAST {
            form.fields = self.last_fields(visit, link)?;
            form.buttons.push(Button::new(text("common-save", &[])?));
            View::new(text("setup-password-title", &[])?)
        } else {
            let rule = portal.journey.consent(due).ok_or_else(Problem::internal)?;
            let document = portal.document(due).ok_or_else(Problem::internal)?;
            // The button is the decision, and it is about this version.
            form.hidden.push((format!("consent_{due}").into(), document.version.clone()));
            let agree = if rule.kind == ConsentKind::Notice { "setup-privacy-accept" } else { "setup-terms-accept" };
            form.buttons.push(Button::new(text(agree, &[])?));
            View::new(Self::document_title(visit, language, due)?)
                .with(Block::Quiet { text: text("document-edition", &[("version", document.version.as_str().into())])? })
                .with(Self::written_in(visit, language, due).ok_or_else(Problem::internal)?)
        };
        let mut view = view.asks(form);
        view.language = Some(language);
        view.step = self.step_of(visit, link, language)?;
        Ok(view)
    }

    /// "Step 2 of 3", where a new account is set up.
    fn step_of(&self, visit: &Visit, link: &SetupView, language: Language) -> Result<Option<String>, Problem> {
        let journey = &visit.portal.journey;
        // Whoever was invited has not been asked for anything before.
        let asked =
            journey.consents.iter().filter(|rule| rule.required && (link.invited || rule.stage == ConsentStage::Completion)).count();
        let total = asked + usize::from(journey.password == PasswordOrigin::AtCompletion);
        let left = link.missing.iter().filter(|missing| matches!(missing, Missing::Consent(_) | Missing::Password)).count();
        if visit.session.is_some() || total < 2 || left == 0 || left > total {
            return Ok(None);
        }
        self.text(&visit.portal, language, "common-step", &[("n", (total - left + 1).into()), ("total", total.into())]).map(Some)
    }

    /// Everything but documents to agree to: a password, and what may be chosen.
    fn last_fields(&self, visit: &Visit, link: &SetupView) -> Result<Vec<Field>, Problem> {
        let (portal, language) = (&visit.portal, Self::spoken(visit, link));
        let mut fields = if is_one_page(link) || link.missing.iter().any(is_name) { self.name_fields(visit, link)? } else { Vec::new() };
        if link.missing.contains(&Missing::Password) {
            let (label, value) = (self.text(portal, language, "field-username", &[])?, link.email.as_str().to_owned());
            fields.push(Field::Fixed { name: "username", label, value, autocomplete: "username" });
            fields.push(self.password_field(portal, language, "password", "field-password", Some(link.min_length))?);
        }
        for document in &link.offered {
            let rule = portal.journey.consent(document).ok_or_else(Problem::internal)?;
            fields.push(Field::Tick(self.tick(portal, language, rule, false)?));
        }
        Ok(fields)
    }

    /// Nothing is missing any more.
    fn set_up(&self, visit: &Visit, language: Language) -> Turn {
        let chosen = visit.portal.journey.password == PasswordOrigin::AtCompletion;
        let to = match &visit.session {
            Some(_) => "area?done=joined",
            None if chosen => "login?done=password",
            None => "login?done=ready",
        };
        let cookies = vec![self.jar.delete(Purpose::Flow, visit.portal.slug.as_str())];
        Turn::Go { to: format!("{to}&lang={language}"), cookies, clear: false }
    }

    /// A link that leads nowhere any more, or a renewal.
    async fn refused_setup(&self, visit: &Visit, token: &SecretString, link: &SetupView, refusal: Refusal) -> Result<View, Problem> {
        let language = Self::spoken(visit, link);
        let view = self.why_not(visit, language, token, link, refusal).await?;
        Ok(View { language: Some(language), ..view })
    }

    async fn why_not(
        &self,
        visit: &Visit,
        language: Language,
        token: &SecretString,
        link: &SetupView,
        refusal: Refusal,
    ) -> Result<View, Problem> {
        let portal = &visit.portal;
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
            let sign_in = self.text(portal, language, "login-submit", &[])?;
            let sign_in = Block::Button { href: format!("/{}/login", portal.slug), text: sign_in, quiet: false };
            let told = self.text(portal, language, "setup-already", &[])?;
            return Ok(View::new(title).says(told).with(sign_in).status(problem.status()));
        }
        if Self::is_dead(&problem) {
            let button = Button::decides(self.text(portal, language, "btn-resendMail", &[])?, "renew");
            let renewal = renewable.then(|| Form { buttons: vec![button], ..self.linked_form(visit, language, token, path(link)) });
            return self.dead_link(portal, language, &problem, renewal);
        }
        if problem.code() == "wrong_account" {
            let title = self.text(portal, language, "err-forbidden-title", &[])?;
            let told = self.text(portal, language, "invite-wrongAccount", &[("email", link.email.as_str().into())])?;
            return Ok(View::new(title).says(told).status(problem.status()));
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

/// Whether nothing is left for pages of their own: no document to agree to, no password, no account to sign in to.
fn is_one_page(link: &SetupView) -> bool {
    link.missing.iter().all(is_name)
}

fn is_name(missing: &Missing) -> bool {
    matches!(missing, Missing::FirstName | Missing::LastName)
}

/// Names to be given on the first page: those that are missing, and those that somebody else has typed.
fn asked_names(link: &SetupView) -> Vec<Missing> {
    let asked = |missing: &Missing, known: bool| {
        !link.missing.contains(&Missing::SignIn) && (link.missing.contains(missing) || link.invited && known)
    };
    let names = [(Missing::FirstName, link.first_name.is_some()), (Missing::LastName, link.last_name.is_some())];
    names.into_iter().filter(|(name, known)| asked(name, *known)).map(|(name, _)| name).collect()
}

/// The step that is due: documents first, each by itself.
fn next(missing: &[Missing]) -> String {
    let document = missing.iter().find_map(|missing| match missing {
        Missing::Consent(document) => Some(document.clone()),
        Missing::SignIn | Missing::FirstName | Missing::LastName | Missing::Password => None,
    });
    match document {
        Some(document) => document,
        None if missing.is_empty() || missing.contains(&Missing::SignIn) => JOIN.to_owned(),
        None => LAST.to_owned(),
    }
}

fn read(posted: &Posted) -> CompletionForm {
    let consents: Vec<ConsentInput> = posted.ticked();
    CompletionForm {
        first_name: posted.filled("first_name"),
        last_name: posted.filled("last_name"),
        consents,
        password: posted.given("password").filter(|password| !password.is_empty()).map(SecretString::from),
    }
}

fn absent(missing: &Missing) -> FieldError {
    match missing {
        Missing::Consent(document) => FieldError::new(format!("consents.{document}"), "required"),
        Missing::SignIn | Missing::FirstName | Missing::LastName | Missing::Password => FieldError::new(missing.word(), "required"),
    }
}
