//! `/{p}/account`: what the portal knows of a person, and the ways to change it.

use super::blocks::{Block, Button, Choice, Field, Line, Row, Way};
use super::cookies::Purpose;
use super::fields::number_word;
use super::view::{View, Wrong, own_name};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::stories::{AccountView, Amendment, SessionView};
use onboarding::{Error, Onboarding};
use onboarding_core::account::Refusal;
use onboarding_core::{MembershipId, Uuid};
use onboarding_text::{Zone, moments};

impl Pages {
    /// Who is signed in: `rows` asks for it at the door.
    pub(super) fn signed_in(visit: &Visit) -> Result<&SessionView, Problem> {
        visit.session.as_ref().ok_or_else(|| Problem::unauthorized("sign_in_required"))
    }

    /// What was done on the page before.
    fn account_done(&self, visit: &Visit, account: &AccountView) -> Result<Option<String>, Problem> {
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        match visit.done.as_deref() {
            Some("saved") => text("account-saved").map(Some),
            Some("password") => text("password-saved").map(Some),
            Some("left") => text("leave-done").map(Some),
            // An address that is in effect already was asked for: there is no mail, and nothing is said of one.
            Some("email") => account
                .pending_email
                .as_ref()
                .map(|email| self.text(&visit.portal, visit.language, "account-email-sent", &[("email", email.as_str().into())]))
                .transpose(),
            Some(_) | None => Ok(None),
        }
    }

    pub(super) fn account(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::signed_in(visit)?;
        let account = Onboarding::account_view(session);
        let slug = &portal.slug;
        let change = text("common-change")?;
        let row = |name: String, value: String, to: Option<&str>| Row {
            name,
            value,
            href: to.map(|to| format!("/{slug}/{to}")),
            change: change.clone(),
        };
        let mut view = View::new(text("account-title")?);
        view.done = self.account_done(visit, &account)?;
        if let Some(pending) = &account.pending_email {
            view = view.says(self.text(portal, language, "account-email-pending", &[("email", pending.as_str().into())])?);
        }
        let mut rows = Vec::new();
        if let Some(number) = session.facts.account.value.record() {
            let label = text(&format!("field-{}", number_word(portal.journey.number)))?;
            // As the company writes it, where the books still have it.
            let written = session.facts.memberships.iter().find(|held| held.membership.value.record() == number);
            let written = written.map_or_else(|| number.as_str().to_owned(), |held| held.written.clone());
            rows.push(row(label, written, None));
        }
        let nothing = text("common-notGiven")?;
        let or_nothing = |value: Option<&String>| value.cloned().unwrap_or_else(|| nothing.clone());
        rows.push(row(text("field-email")?, account.email.clone(), Some("account/email")));
        rows.push(row(text("field-firstName")?, or_nothing(account.first_name.as_ref()), Some("account/profile")));
        rows.push(row(text("field-lastName")?, or_nothing(account.last_name.as_ref()), Some("account/profile")));
        rows.push(row(text("common-language")?, own_name(account.language).to_owned(), Some("account/profile")));
        rows.push(row(text("field-password")?, "••••••••".to_owned(), Some("account/password")));
        view = view.with(Block::Rows { rows });
        let way = |to: &str, key: &str| -> Result<Way, Problem> { Ok(Way { href: format!("/{slug}/{to}"), text: text(key)?, note: None }) };
        let mut items = Vec::new();
        if !portal.journey.consents.is_empty() {
            items.push(way("account/consents", "account-consents")?);
        }
        items.push(way("account/sessions", "account-sessions")?);
        items.push(way("account/export", "account-export")?);
        for membership in Self::left_alone(session) {
            let company = Self::company(&membership.name, &membership.record);
            let leave = self.text(portal, language, "leave-title", &[("company", company.into())])?;
            items.push(Way { href: format!("/{slug}/account/leave/{}", membership.id), text: leave, note: None });
        }
        items.push(way("account/close", "account-delete")?);
        let view = view.with(Block::Links { items });
        Ok(view.with(Block::Link { href: format!("/{slug}/area"), text: text("area-title")? }).into())
    }

    /// The memberships that their person may end: none that the books or the registration itself made.
    fn left_alone(session: &SessionView) -> impl Iterator<Item = &onboarding::stories::MembershipView> {
        session.memberships.iter().filter(|_| session.portal.journey.may_leave())
    }

    fn company<'a>(name: &'a str, record: &'a str) -> &'a str {
        if name.is_empty() { record } else { name }
    }

    /// Name and language.
    pub(super) async fn profile(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::signed_in(visit)?;
        let account = Onboarding::account_view(session);
        let (first, last) = (account.first_name.as_deref(), account.last_name.as_deref());
        let languages = portal.journey.languages.iter().map(|one| (one.tag().to_owned(), own_name(*one).to_owned()));
        let view = View::new(text("account-profile")?).asks(Form {
            action: Self::here(visit, "account/profile"),
            hidden: self.carried(visit),
            fields: vec![
                self.first_name_field(visit, language, first, first.is_none())?,
                self.last_name_field(visit, language, last, last.is_none())?,
                Field::Choice(Choice {
                    name: "language",
                    label: text("common-language")?,
                    hint: Some(text("account-language-hint")?),
                    options: languages.collect(),
                    chosen: visit.typed("language").unwrap_or(account.language.tag()).to_owned(),
                }),
            ],
            buttons: vec![Button::new(text("common-save")?)],
        });
        let view = view.with(self.back_to_account(visit)?);
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        // A name that is known is not taken away; one that is not may stay so.
        let name = |name: &str, known: Option<&String>| posted.filled(name).or_else(|| known.map(|_| String::new()));
        let amendment = Amendment {
            first_name: name("first_name", account.first_name.as_ref()),
            last_name: name("last_name", account.last_name.as_ref()),
            language: posted.filled("language"),
        };
        match self.api.engine().amend(session, &amendment).await {
            Ok(after) => {
                let cookies = vec![self.jar.set(Purpose::Language, portal.slug.as_str(), after.language.tag())];
                Ok(Turn::Go { to: format!("account?done=saved&lang={}", after.language.tag()), cookies, clear: false })
            }
            Err(Error::Input(faults)) => Ok(view.wrong(self.faults(portal, language, &faults)?).into()),
            Err(error) => Err(problem_of(error)),
        }
    }

    pub(super) fn back_to_account(&self, visit: &Visit) -> Result<Block, Problem> {
        let text = self.text(&visit.portal, visit.language, "account-title", &[])?;
        Ok(Block::Link { href: format!("/{}/account", visit.portal.slug), text })
    }

    /// Ends one's own membership.
    pub(super) async fn leave(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let session = Self::signed_in(visit)?;
        let id = visit.part.as_deref().and_then(|text| Uuid::parse_str(text).ok()).map(MembershipId).ok_or_else(Problem::not_found)?;
        let membership = Self::left_alone(session).find(|held| held.id == id).ok_or_else(Problem::not_found)?;
        let company = [("company", Self::company(&membership.name, &membership.record).into())];
        let view = View::new(self.text(portal, language, "leave-title", &company)?)
            .with(Block::Warning { text: self.text(portal, language, "leave-warn", &company)? })
            .asks(Form {
                action: Self::here(visit, &format!("account/leave/{id}")),
                hidden: self.carried(visit),
                fields: Vec::new(),
                buttons: vec![Button::new(self.text(portal, language, "leave-submit", &[])?).look("danger")],
            });
        let view = view.with(self.back_to_account(visit)?);
        if visit.posted.is_none() {
            return Ok(view.into());
        }
        match self.api.engine().leave(session, id).await {
            Ok(()) => Ok(Turn::go(format!("account?done=left&lang={language}"))),
            Err(error) => {
                let problem = problem_of(error);
                if problem.code() != "last_super_admin" {
                    return Err(problem);
                }
                let told = Wrong::here(self.text(portal, language, "err-lastSuperAdmin", &[])?);
                Ok(view.wrong(vec![told]).status(problem.status()).into())
            }
        }
    }

    /// Another address, asked for with the password.
    pub(super) async fn change_email(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::signed_in(visit)?;
        let Field::Line(line) = self.email_field(visit, Some("hint-email-link"), None)? else { return Err(Problem::internal()) };
        let own = vec![Row {
            name: text("field-email")?,
            value: session.facts.account.value.email().as_str().to_owned(),
            href: None,
            change: String::new(),
        }];
        let view = View::new(text("account-email")?).with(Block::Rows { rows: own }).asks(Form {
            action: Self::here(visit, "account/email"),
            hidden: self.carried(visit),
            fields: vec![Field::Line(Line { label: text("field-emailNew")?, ..line }), self.own_password(visit)?],
            buttons: vec![Button::new(text("common-save")?)],
        });
        let view = view.with(self.back_to_account(visit)?);
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        // All at once, whatever the password is.
        let fault = onboarding::forms::email("email", posted.text("email")).err();
        let mut missing = self.faults(portal, language, &fault.into_iter().collect::<Vec<_>>())?;
        missing.extend(self.no_password(visit)?);
        if !missing.is_empty() {
            return Ok(view.wrong(missing).into());
        }
        match self.api.engine().request_email(&visit.caller, session, posted.text("email"), &posted.secret("password")).await {
            Ok(()) => Ok(Turn::go(format!("account?done=email&lang={language}"))),
            Err(error) => self.told_at_password(visit, view, error),
        }
    }

    /// The password of whoever is signed in already.
    pub(super) fn own_password(&self, visit: &Visit) -> Result<Field, Problem> {
        self.password_field(&visit.portal, visit.language, "password", "account-askPassword", None)
    }

    pub(super) fn no_password(&self, visit: &Visit) -> Result<Option<Wrong>, Problem> {
        let given = visit.posted.as_ref().is_some_and(|posted| !posted.text("password").is_empty());
        let fault = || self.text(&visit.portal, visit.language, "err-password-current-empty", &[]);
        (!given).then(|| fault().map(|text| Wrong::at("password", text))).transpose()
    }

    /// What an asked-for password may be refused for, on the page that asked.
    pub(super) fn told_at_password(&self, visit: &Visit, view: View, error: Error) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        match error {
            Error::Account(Refusal::WrongPassword) => {
                let text = self.text(portal, language, "err-password-current", &[])?;
                Ok(view.wrong(vec![Wrong::at("password", text)]).into())
            }
            Error::Input(faults) => Ok(view.wrong(self.faults(portal, language, &faults)?).into()),
            Error::Throttled { until, now } => Ok(self.too_soon(visit, view, until, now)?.into()),
            error => Err(problem_of(error)),
        }
    }

    /// A moment as the reader writes it.
    pub(super) fn moment(visit: &Visit, at: chrono::DateTime<chrono::Utc>) -> String {
        moments::datetime(visit.language, Zone::of_country(&visit.portal.country), at)
    }
}
