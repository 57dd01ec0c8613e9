//! `/{p}/help` and `/{p}/accessibility`: whom to ask, what is often asked, and how to say that a page shuts somebody out.

use super::blocks::{Block, Button, Field, Line, Row};
use super::fields::number_word;
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding_core::journey::{LoginWith, MembershipBy, NumberName, PasswordOrigin, Start};

impl Pages {
    pub(super) fn help(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let journey = &portal.journey;
        let view = View::new(text("common-help")?).with(Block::Rows { rows: self.contacts(visit)? });
        let word = number_word(journey.number);
        let view = if portal.support.quote_number { view.says(text(&format!("help-quote-{word}"))?) } else { view };
        let mut asked = vec![self.text(portal, language, "faq-spam", &[("sender", portal.sender.from.as_str().into())])?];
        let mut add = |applies: bool, key: &str| -> Result<(), Problem> {
            if applies {
                asked.push(text(key)?);
            }
            Ok(())
        };
        let mailed = matches!(journey.password, PasswordOrigin::Mailed | PasswordOrigin::Initial);
        let typed = mailed || !journey.email_proof.is_empty();
        add(typed, "faq-lookalike")?;
        add(typed, "faq-paste")?;
        add(journey.start == Start::Person, "faq-wrongEmail")?;
        add(true, "faq-forgotPassword")?;
        add(true, "faq-changePassword")?;
        add(journey.number == NumberName::CustomerNumber && journey.login_with == LoginWith::RecordNumber, "faq-customerNumber")?;
        add(journey.membership == MembershipBy::PostedPin, "faq-businessNumber")?;
        add(journey.membership == MembershipBy::PostedPin, "faq-pin")?;
        Ok(view.with(Block::Heading { text: text("faq-title")? }).with(Block::Points { items: asked }).into())
    }

    fn contacts(&self, visit: &Visit) -> Result<Vec<Row>, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let phone = portal.support.phone.trim();
        let hours = portal.support.hours.get(&language).or_else(|| portal.support.hours.get(&portal.journey.default_language()));
        let email = portal.support.email.as_str();
        let mut rows = Vec::new();
        if !phone.is_empty() {
            let number: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
            rows.push(Row {
                name: text("help-phone")?,
                value: String::new(),
                href: Some(format!("tel:{number}")),
                change: phone.to_owned(),
            });
        }
        let mailto = Some(format!("mailto:{email}"));
        rows.push(Row { name: text("help-email")?, value: String::new(), href: mailto, change: email.to_owned() });
        if let Some(hours) = hours {
            rows.push(Row { name: text("help-hours")?, value: hours.clone(), href: None, change: String::new() });
        }
        Ok(rows)
    }

    /// What is promised, and to whom to turn. An operator's own statement is a document called `accessibility`.
    pub(super) fn accessibility(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let said = |key: &str| self.text(portal, language, key, &[("portal", portal.name.as_str().into())]);
        let mut view = View::new(said("common-a11y")?);
        match Self::written_in(visit, language, "accessibility") {
            Some(own) => view = view.with(own),
            None => {
                for key in ["a11y-intro", "a11y-standard", "a11y-without", "a11y-tested"] {
                    view = view.says(said(key)?);
                }
            }
        }
        let view = view.with(Block::Heading { text: said("a11y-feedback")? }).with(Block::Rows { rows: self.contacts(visit)? });
        let href = format!("/{}/accessibility/report", portal.slug);
        let view = view.with(Block::Button { href, text: said("common-a11yReport")?, quiet: false });
        Ok(view.says(said("a11y-authority")?).into())
    }

    /// A barrier that somebody met, mailed to the people who answer for the portal.
    pub(super) async fn report(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let mut view = View::new(text("common-a11yReport")?);
        if visit.done.as_deref() == Some("sent") {
            view = View { done: Some(text("a11y-report-sent")?), ..view };
            let home = Block::Link { href: format!("/{}/", portal.slug), text: text("common-home")? };
            return Ok(view.with(home).into());
        }
        let line = |name: &'static str| Line { name, value: Self::typed(visit, name), ..Line::default() };
        view = view.asks(Form {
            action: Self::here(visit, "accessibility/report"),
            hidden: self.carried(visit),
            fields: vec![
                Field::Sentences(Line {
                    label: text("a11y-report-text")?,
                    hint: Some(text("a11y-report-hint")?),
                    kind: "text",
                    autocomplete: "off",
                    ..line("text")
                }),
                Field::Line(Line {
                    label: text("a11y-report-email")?,
                    kind: "email",
                    autocomplete: "email",
                    optional: true,
                    ..line("email")
                }),
            ],
            buttons: vec![Button::new(text("a11y-report-submit")?)],
        });
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let reply_to = posted.filled("email");
        if posted.filled("text").is_none() {
            let fault = reply_to.as_deref().and_then(|email| onboarding::forms::email("email", email).err());
            let mut wrong = self.faults(portal, language, &fault.into_iter().collect::<Vec<_>>())?;
            wrong.push(Wrong::at("text", text("err-report-empty")?));
            return Ok(view.wrong(wrong).into());
        }
        match self.api.engine().report_barrier(portal.slug.as_str(), &visit.caller, posted.text("text"), reply_to.as_deref()).await {
            Ok(()) => Ok(Turn::go(format!("accessibility/report?done=sent&lang={language}"))),
            Err(Error::Input(faults)) => Ok(view.wrong(self.faults(portal, language, &faults)?).into()),
            Err(Error::Throttled { until, now }) => Ok(self.too_soon(visit, view, until, now)?.into()),
            Err(error) => Err(problem_of(error)),
        }
    }
}
