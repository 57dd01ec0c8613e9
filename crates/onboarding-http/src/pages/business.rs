//! `/{p}/business`: a PIN by post, and linking the account to a business with it.

use super::blocks::{Block, Button, Field, Line};
use super::cookies::Purpose;
use super::fields::number_word;
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::forms::FieldError;
use onboarding::stories::SessionView;
use onboarding_core::account::Refusal;
use onboarding_core::journey::MembershipBy;
use onboarding_core::{code, policy};
use onboarding_text::{Zone, moments};

impl Pages {
    /// Only where a PIN is what makes a member.
    fn linking(visit: &Visit) -> Result<&SessionView, Problem> {
        let session = visit.session.as_ref().ok_or_else(|| Problem::unauthorized("sign_in_required"))?;
        if visit.portal.journey.membership == MembershipBy::PostedPin { Ok(session) } else { Err(Problem::not_found()) }
    }

    pub(super) fn business(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::linking(visit)?;
        let slug = &portal.slug;
        let zone = Zone::of_country(&portal.country);
        let letters = Self::letters(session)?;
        let may_ask = letters.last().is_none_or(|last| last.next_at.is_none());
        let linked = !session.memberships.is_empty();
        let mut view = View::new(text("business-title")?);
        if visit.done.as_deref() == Some("requested") {
            view.done = Some(text("pin-requested")?);
        }
        for membership in &session.memberships {
            let known = if membership.name.is_empty() { &membership.record } else { &membership.name };
            view = view.says(self.text(portal, language, "business-linked", &[("business", known.as_str().into())])?);
        }
        if !linked {
            let steps = vec![text("pin-request")?, text("business-task-letter")?, text("businessLink-title")?];
            view = view.says(text("business-unlinked")?).with(Block::Heading { text: text("business-tasks")? });
            view = view.with(Block::Steps { items: steps });
        }
        if let Some((last, next)) = letters.last().and_then(|last| Some((last, last.next_at?))) {
            let (date, next) = (moments::date(language, zone, last.requested_at), moments::date(language, zone, next));
            let said = [("date", date.as_str().into()), ("nextDate", next.as_str().into())];
            view = view.with(Block::Quiet { text: self.text(portal, language, "pin-wait", &said)? });
        }
        let link = if linked { "business-linkAnother" } else { "businessLink-title" };
        let link = Block::Button { href: format!("/{slug}/business/link"), text: text(link)?, quiet: linked || may_ask };
        // What can be done next comes first: a letter, or what it is for. Whoever is linked has nothing that must be done.
        if may_ask {
            let ask = if letters.is_empty() { "pin-request" } else { "pin-new" };
            view = view.with(Block::Button { href: format!("/{slug}/business/pin"), text: text(ask)?, quiet: linked });
            view = view.says(text("business-hasPin")?);
        }
        Ok(view.with(link).with(Block::Link { href: format!("/{slug}/area"), text: text("area-title")? }).into())
    }

    fn back_to_business(&self, visit: &Visit) -> Result<Block, Problem> {
        let text = self.text(&visit.portal, visit.language, "business-title", &[])?;
        Ok(Block::Link { href: format!("/{}/business", visit.portal.slug), text })
    }

    fn letters(session: &SessionView) -> Result<Vec<onboarding::stories::PinLetterView>, Problem> {
        onboarding::Onboarding::pin_letters(session).map_err(problem_of)
    }

    /// A PIN by post, to the address in the books. The page tells nobody whose number it is.
    pub(super) async fn pin(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::linking(visit)?;
        let days = portal.letters.handling_days.max(1);
        let view = View::new(text("pin-request")?)
            .says(self.text(portal, language, "pin-how", &[("days", days.into())])?)
            .with(Block::Quiet { text: text("pin-replaces")? })
            .asks(Form {
                action: Self::here(visit, "business/pin"),
                hidden: self.carried(visit),
                fields: vec![self.number_field(visit, "number", portal.journey.number, Some("hint-businessNumber-request"))?],
                buttons: vec![Button::new(text("pin-request")?)],
            })
            .with(self.back_to_business(visit)?);
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        match self.api.engine().request_pin_letter(&visit.caller, session, posted.text("number")).await {
            Ok(_) => Ok(Turn::go(format!("business?done=requested&lang={language}"))),
            Err(Error::Input(faults)) => Ok(view.wrong(self.faults(portal, language, &faults)?).into()),
            Err(Error::AlreadyMember) => {
                Ok(view.wrong(vec![Wrong::at("number", self.linked_already(visit, posted.text("number"))?)]).into())
            }
            Err(Error::Throttled { until, now }) => Ok(self.too_soon(visit, view, until, now)?.into()),
            Err(error) => Err(problem_of(error)),
        }
    }

    fn linked_already(&self, visit: &Visit, number: &str) -> Result<String, Problem> {
        self.text(&visit.portal, visit.language, "business-linked", &[("business", number.trim().into())])
    }

    /// Number and PIN: on success every session ends, and the next sign-in is a member's.
    pub(super) async fn link(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::linking(visit)?;
        let chars = self.text(portal, language, "hint-code-noLookalikes", &[("chars", code::ABSENT.into())])?;
        let pin = Field::Line(Line {
            name: "pin",
            label: text("field-pin")?,
            hint: Some(format!("{}. {chars}.", text("hint-code-tolerant")?)),
            value: visit.posted.as_ref().map(|posted| posted.text("pin").to_owned()).unwrap_or_default(),
            kind: "text",
            autocomplete: "one-time-code",
            capitals: true,
            code: true,
            width: "long",
            ..Line::default()
        });
        let view = View::new(text("businessLink-title")?).with(Block::Warning { text: text("businessLink-warn")? }).asks(Form {
            action: Self::here(visit, "business/link"),
            hidden: self.carried(visit),
            fields: vec![self.number_field(visit, "number", portal.journey.number, Some("hint-businessNumber"))?, pin],
            buttons: vec![Button::new(text("businessLink-submit")?)],
        });
        let view = view.with(self.back_to_business(visit)?);
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let redeemed = self.api.engine().redeem_pin(&visit.caller, session, posted.text("number"), &posted.secret("pin")).await;
        let said = match redeemed {
            Ok(_) => {
                let slug = portal.slug.as_str();
                let cookies = vec![self.jar.delete(Purpose::Session, slug)];
                return Ok(Turn::Go { to: format!("login?done=linked&lang={language}"), cookies, clear: true });
            }
            Err(Error::PinMismatch { attempts_left }) => self.text(portal, language, "err-pin-wrong", &[("left", attempts_left.into())])?,
            Err(Error::PinExpired) => text("err-pin-expired")?,
            Err(Error::Account(Refusal::PinUsedUp)) => text("err-pin-blocked")?,
            Err(Error::AlreadyMember) => {
                return Ok(view.wrong(vec![Wrong::at("number", self.linked_already(visit, posted.text("number"))?)]).into());
            }
            Err(Error::Input(faults)) => return Ok(view.wrong(self.pin_faults(visit, &faults)?).into()),
            Err(Error::Throttled { until, now }) => return Ok(self.too_soon(visit, view, until, now)?.into()),
            Err(error) => return Err(problem_of(error)),
        };
        Ok(view.wrong(vec![Wrong::at("pin", said)]).into())
    }

    fn pin_faults(&self, visit: &Visit, faults: &[FieldError]) -> Result<Vec<Wrong>, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let mut told = Vec::new();
        for fault in faults {
            let text = match (fault.field.as_str(), fault.code) {
                ("number", "required") => self.text(portal, language, &format!("err-{}-empty", number_word(portal.journey.number)), &[])?,
                ("pin", "required") => self.text(portal, language, "err-pin-empty", &[])?,
                ("pin", "code_characters") => self.text(portal, language, "err-pin-chars", &[("chars", code::ABSENT.into())])?,
                ("pin", _) => {
                    let n = u32::try_from(policy::PIN_CHARS).unwrap_or_default();
                    self.text(portal, language, "err-pin-length", &[("n", n.into())])?
                }
                (_, _) => {
                    told.extend(self.faults(portal, language, std::slice::from_ref(fault))?);
                    continue;
                }
            };
            told.push(Wrong::at(fault.field.clone(), text));
        }
        Ok(told)
    }
}
