//! `/{p}/register` and `/{p}/register/details`: the form, in one step or two, as the journey asks. Where people are asked for more than
//! the claim and an address, the claim comes first: whoever has no matching number need not fill in the rest.

use super::blocks::{Block, Button, Field};
use super::fields::{birth_date, number_word};
use super::flow::Flow;
use super::view::{View, Wrong};
use super::{Form, Pages, Posted, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::forms::{ClaimForm, RegistrationForm};
use onboarding_core::EmailAddress;
use onboarding_core::journey::{ConsentStage, EmailProof, Journey, MustMatch, NumberName, PasswordOrigin, Start};
use onboarding_core::password::Privilege;
use onboarding_text::{Zone, moments};
use poem::http::StatusCode;
use secrecy::SecretString;
use std::borrow::Cow;

/// Whether the claim is a page of its own.
fn claim_first(journey: &Journey) -> bool {
    journey.claim.is_some() && !journey.fields.is_empty()
}

impl Pages {
    pub(super) async fn register(&self, visit: &Visit) -> Result<Turn, Problem> {
        let journey = &visit.portal.journey;
        if journey.start == Start::Company || !journey.registration_open {
            return self.closed(visit).map(Turn::from);
        }
        match &visit.posted {
            None => Ok(self.ask_registration(visit)?.into()),
            Some(posted) if self.doubts(visit, posted)?.is_some() => {
                let view = self.ask_registration(visit)?;
                Ok(view.wrong(self.doubts(visit, posted)?.into_iter().collect()).into())
            }
            Some(posted) if claim_first(journey) => self.take_claim(visit, posted).await,
            Some(posted) => {
                let form = Self::typed_registration(visit, posted, Self::typed_claim(journey, posted), posted.text("email").to_owned());
                let view = self.ask_registration(visit)?;
                self.apply(visit, view, &form).await
            }
        }
    }

    /// The second page: everything beside the claim and the address.
    pub(super) async fn details(&self, visit: &Visit) -> Result<Turn, Problem> {
        let Some(Flow::Claimed { claim, number, email }) = self.handed_on(visit).await? else { return Ok(Turn::go("register")) };
        let view = self.ask_details(visit, &number, &email)?;
        match &visit.posted {
            None => Ok(view.into()),
            Some(posted) => {
                let claim = ClaimForm { token: Some(claim), ..ClaimForm::default() };
                self.apply(visit, view, &Self::typed_registration(visit, posted, Some(claim), email)).await
            }
        }
    }

    /// A domain that is one slip away from a common one is asked about, once: said again, it is taken as it is.
    pub(super) fn doubts(&self, visit: &Visit, posted: &Posted) -> Result<Option<Wrong>, Problem> {
        let typed = posted.text("email").trim();
        if posted.text("email_seen") == typed {
            return Ok(None);
        }
        let Some(meant) = EmailAddress::parse(typed).ok().and_then(|email| email.suggestion()) else { return Ok(None) };
        let text = self.text(&visit.portal, visit.language, "warn-email-typo", &[("suggestion", meant.as_str().into())])?;
        Ok(Some(Wrong::at("email", text)))
    }

    fn closed(&self, visit: &Visit) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let contact = Self::contact(portal);
        let sign_in = Block::Button { href: format!("/{}/login", portal.slug), text: text("login-submit")?, quiet: false };
        Ok(if portal.journey.start == Start::Company {
            View::new(text("start-firstTime")?).says(text("start-intro-provisioned")?).with(sign_in)
        } else {
            let body = self.text(portal, language, "register-closed-body", &[("contact", contact.as_str().into())])?;
            View::new(text("register-closed-title")?).says(body).with(sign_in).status(StatusCode::FORBIDDEN)
        })
    }

    fn step(&self, visit: &Visit, n: u32) -> Result<Option<String>, Problem> {
        Ok(Some(self.text(&visit.portal, visit.language, "common-step", &[("n", n.into()), ("total", 2_u32.into())])?))
    }

    /// The first page, or the only one.
    fn ask_registration(&self, visit: &Visit) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let journey = &portal.journey;
        let first = claim_first(journey);
        let mut fields = Vec::new();
        if let Some(claim) = &journey.claim {
            fields.push(self.number_field(visit, "number", claim.number, Some(&format!("hint-{}", number_word(claim.number))))?);
            for must in &claim.must_match {
                fields.push(self.second_field(visit, *must)?);
            }
        }
        if !first {
            fields.extend(self.more(visit)?);
        }
        let hint = if journey.proves_by(EmailProof::Code) { "hint-email-code" } else { "hint-email-link" };
        fields.push(self.email_field(visit, Some(hint), None)?);
        if !first {
            fields.extend(self.closing(visit)?);
        }
        let (title, submit) = match (&journey.claim, first) {
            (Some(_), true) => ("claim-title", "common-continue"),
            (Some(_), false) => ("register-title", "register-submit"),
            (None, _) => ("register-portal-title", "details-submit"),
        };
        let mut view = View { step: self.step(visit, 1)?, ..View::new(text(title)?) };
        if first {
            view = view.says(text("claim-intro")?);
        } else if journey.number == NumberName::RegistrationNumber && journey.claim.is_some() {
            view = view.says(text("register-intro")?);
        }
        view = view.with(Block::Quiet { text: text("common-allRequired")? });
        let form = self.register_form(visit, "register", fields, text(submit)?);
        Ok(view.asks(form).with(Block::Link {
            href: format!("/{}/login", portal.slug),
            text: format!("{} {}", text("login-haveAccount")?, text("login-submit")?),
        }))
    }

    fn ask_details(&self, visit: &Visit, number: &str, email: &str) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let label = text(&format!("field-{}", number_word(portal.journey.number)))?;
        let change = |name: String, value: &str| -> Result<super::blocks::Row, Problem> {
            let href = Some(format!("/{}/register", portal.slug));
            Ok(super::blocks::Row { name, value: value.to_owned(), href, change: text("common-change")? })
        };
        let rows = vec![change(label, number)?, change(text("field-email")?, email)?];
        let mut fields = self.more(visit)?;
        fields.extend(self.closing(visit)?);
        let form = self.register_form(visit, "register/details", fields, text("details-submit")?);
        let view = View { step: self.step(visit, 2)?, ..View::new(text("details-title")?) };
        Ok(view.with(Block::Rows { rows }).with(Block::Quiet { text: text("common-allRequired")? }).asks(form))
    }

    fn register_form(&self, visit: &Visit, path: &str, fields: Vec<Field>, submit: String) -> Form {
        Form {
            action: format!("/{}/{path}?lang={}#errors", visit.portal.slug, visit.language),
            hidden: self.carried_with_email(visit),
            fields,
            buttons: vec![Button::new(submit)],
        }
    }

    /// What the form carries, and the address that was asked about.
    pub(super) fn carried_with_email(&self, visit: &Visit) -> Vec<(Cow<'static, str>, String)> {
        let mut hidden = self.carried(visit);
        let seen = visit.posted.as_ref().map(|posted| posted.text("email").trim().to_owned()).filter(|email| !email.is_empty());
        hidden.extend(seen.map(|email| ("email_seen".into(), email)));
        hidden
    }

    /// The person's own fields. A last name that opens the claim is asked for once.
    fn more(&self, visit: &Visit) -> Result<Vec<Field>, Problem> {
        visit.portal.journey.fields.iter().map(|rule| self.person_field(visit, *rule)).collect()
    }

    /// What comes last: the password, and what is agreed to.
    fn closing(&self, visit: &Visit) -> Result<Vec<Field>, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let mut fields = Vec::new();
        if portal.journey.password == PasswordOrigin::AtRegistration {
            let least = portal.journey.password_policy.min_for(Privilege::Common);
            fields.push(self.password_field(portal, language, "password", "field-passwordCreate", Some(least))?);
        }
        let asked: Vec<_> = portal.journey.consents.iter().filter(|rule| rule.stage == ConsentStage::Registration).collect();
        if !asked.is_empty() {
            fields.push(Field::Heading { label: self.text(portal, language, "consent-legend", &[])? });
        }
        for rule in asked {
            fields.push(Field::Tick(self.tick(portal, language, rule, rule.required)?));
        }
        Ok(fields)
    }

    fn typed_claim(journey: &Journey, posted: &Posted) -> Option<ClaimForm> {
        let rule = journey.claim.as_ref()?;
        let typed = |must, name| rule.must_match.contains(&must).then(|| posted.text(name).to_owned());
        Some(ClaimForm {
            number: Some(posted.text("number").to_owned()),
            last_name: typed(MustMatch::LastName, "last_name"),
            postal_code: typed(MustMatch::PostalCode, "postal_code"),
            token: None,
        })
    }

    fn typed_registration(visit: &Visit, posted: &Posted, claim: Option<ClaimForm>, email: String) -> RegistrationForm {
        use onboarding_core::journey::FieldName;
        let journey = &visit.portal.journey;
        let asks = |name| journey.field(name).is_some();
        RegistrationForm {
            claim,
            email,
            first_name: if asks(FieldName::FirstName) { posted.filled("first_name") } else { None },
            last_name: if asks(FieldName::LastName) { posted.filled("last_name") } else { None },
            birth_date: if asks(FieldName::BirthDate) { birth_date(posted) } else { None },
            password: (journey.password == PasswordOrigin::AtRegistration).then(|| posted.secret("password")),
            consents: posted.ticked(),
            language: Some(visit.language.tag().to_owned()),
        }
    }

    async fn take_claim(&self, visit: &Visit, posted: &Posted) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let view = self.ask_registration(visit)?;
        let form = Self::typed_claim(&portal.journey, posted).unwrap_or_default();
        let email = onboarding::forms::email("email", posted.text("email"));
        // A wrong address is told together with the claim's own faults, before a guess is counted.
        let mut faults = self.api.engine().claim_faults(portal, &form);
        faults.extend(email.as_ref().err().cloned());
        if !faults.is_empty() {
            return Ok(view.wrong(self.faults(portal, language, &faults)?).into());
        }
        match self.api.engine().claim(portal.slug.as_str(), &visit.caller, &form).await {
            Ok(ticket) => {
                use secrecy::ExposeSecret as _;
                let claim = ticket.claim.expose_secret().to_owned();
                let (number, email) = (posted.text("number").trim().to_owned(), posted.text("email").trim().to_owned());
                let cookie = self.handing_on(visit, Flow::Claimed { claim, number, email }).await?;
                Ok(Turn::Go { to: format!("register/details?lang={language}"), cookies: vec![cookie], clear: false })
            }
            Err(error) => self.refused_registration(visit, view, error).map(Turn::from),
        }
    }

    async fn apply(&self, visit: &Visit, view: View, form: &RegistrationForm) -> Result<Turn, Problem> {
        match self.api.engine().apply(visit.portal.slug.as_str(), &visit.caller, form).await {
            Ok(applied) => {
                let flow = Flow::Applied { handle: applied.registration, email: form.email.trim().to_owned() };
                let cookie = self.handing_on(visit, flow).await?;
                Ok(Turn::Go { to: format!("register/sent?lang={}", visit.language), cookies: vec![cookie], clear: false })
            }
            Err(error) => self.refused_registration(visit, view, error).map(Turn::from),
        }
    }

    /// The same page with what is to be mended.
    fn refused_registration(&self, visit: &Visit, view: View, error: Error) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        match error {
            Error::Input(faults) => {
                if faults.iter().any(|fault| fault.field == "claim.token") {
                    let expired = self.text(portal, language, "fault-expired", &[])?;
                    return Ok(view.wrong(vec![Wrong::here(expired)]));
                }
                Ok(view.wrong(self.faults(portal, language, &faults)?))
            }
            Error::ClaimMismatch => {
                let own = format!("err-{}-nomatch", number_word(portal.journey.number));
                let text = if self.texts.placeholders(&own).is_some() {
                    self.text(portal, language, &own, &[])?
                } else {
                    self.texts.problem(Some(&portal.slug), language, "claim_mismatch").map_err(|_| Problem::internal())?.detail
                };
                Ok(view.wrong(vec![Wrong::at("number", text)]))
            }
            Error::Throttled { until, now } => Ok(self.too_soon(visit, view, until, now)?),
            other => Err(problem_of(other)),
        }
    }

    /// Too often: when it may be tried again, with everything that was typed.
    pub(super) fn too_soon(
        &self,
        visit: &Visit,
        view: View,
        until: chrono::DateTime<chrono::Utc>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let zone = Zone::of_country(&portal.country);
        let text = if until - now < chrono::TimeDelta::hours(12) {
            let time = moments::time(language, zone, until);
            self.text(portal, language, "err-rate", &[("time", time.as_str().into())])?
        } else {
            let datetime = moments::datetime(language, zone, until);
            self.text(portal, language, "err-rate-later", &[("datetime", datetime.as_str().into())])?
        };
        Ok(view.wrong(vec![Wrong::here(text)]).status(StatusCode::TOO_MANY_REQUESTS))
    }
}

/// The handle that a page handed on, as the engine takes it.
pub(super) fn handle_of(handle: &str) -> SecretString {
    SecretString::from(handle)
}
