//! `/{p}/account/consents`: what was agreed to and when; a consent is given and withdrawn by one button each.

use super::blocks::{Block, Button, Field, Row};
use super::view::{View, Wrong};
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::stories::ConsentView;
use onboarding_core::account::Refusal;
use onboarding_core::journey::{ConsentKind, ConsentRule};
use onboarding_text::{Zone, moments};
use poem::http::StatusCode;

impl Pages {
    pub(super) async fn consents(&self, visit: &Visit) -> Result<Turn, Problem> {
        let session = Self::signed_in(visit)?;
        let Some(posted) = &visit.posted else { return Ok(self.consents_view(visit).await?.into()) };
        let unknown = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").field("decision", "unknown");
        let named = posted.decision().and_then(|word| word.split_once(':')).ok_or_else(unknown)?;
        let rule = visit.portal.journey.consent(named.1).filter(|rule| rule.kind == ConsentKind::Consent).ok_or_else(unknown)?;
        let document = rule.document.as_str();
        let (version, granted) = match named.0 {
            "withdraw" => {
                let current = visit.portal.document(document).ok_or_else(Problem::internal)?;
                (current.version.clone(), false)
            }
            "give" => {
                let ticked = posted.ticked().into_iter().find(|ticked| ticked.document == document);
                let Some(ticked) = ticked else {
                    // Nothing here is needed "to continue": whoever leaves the box empty has decided as well.
                    let told = self.text(&visit.portal, visit.language, "err-consent-voluntary", &[])?;
                    let wrong = vec![Wrong::at(format!("consent_{document}"), told)];
                    return Ok(self.consents_view(visit).await?.wrong(wrong).into());
                };
                (ticked.version, true)
            }
            _ => return Err(unknown()),
        };
        match self.api.engine().decide_consent(session, visit.language, document, &version, granted).await {
            Ok(()) => Ok(Turn::go(format!("account/consents?done=saved&lang={}", visit.language))),
            Err(Error::Account(Refusal::VersionOutdated)) => {
                let told = self.text(&visit.portal, visit.language, "fault-version_outdated", &[])?;
                Ok(self.consents_view(visit).await?.wrong(vec![Wrong::here(told)]).into())
            }
            Err(error) => Err(problem_of(error)),
        }
    }

    async fn consents_view(&self, visit: &Visit) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let all = self.api.engine().consents(Self::signed_in(visit)?).await.map_err(problem_of)?;
        let mut view = View::new(text("account-consents")?);
        if visit.done.as_deref() == Some("saved") {
            view.done = Some(text("account-consents-saved")?);
        }
        for rule in &portal.journey.consents {
            let last = all.iter().rev().find(|given| given.document == rule.document);
            view = self.with_consent(visit, view, rule, last)?;
        }
        if !all.is_empty() {
            let mut rows = Vec::new();
            for given in all.iter().rev() {
                let name = portal.document(&given.document).map_or_else(
                    || given.document.clone(),
                    |document| document.in_language(language, portal.journey.default_language()).1.title.clone(),
                );
                rows.push(Row { name, value: self.decided(visit, given)?, href: None, change: String::new() });
            }
            view = view.with(Block::Heading { text: text("account-consents-history")? }).with(Block::Rows { rows });
        }
        Ok(view.with(self.back_to_account(visit)?))
    }

    fn with_consent(&self, visit: &Visit, view: View, rule: &ConsentRule, last: Option<&ConsentView>) -> Result<View, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let tick = self.tick(portal, language, rule, false)?;
        let title = portal.document(&rule.document).ok_or_else(Problem::internal)?;
        let title = title.in_language(language, portal.journey.default_language()).1.title.clone();
        let granted = last.is_some_and(|given| given.granted);
        let mut view = view.with(Block::Heading { text: title.clone() });
        if let Some(given) = last {
            view = view.says(self.decided(visit, given)?);
        }
        if rule.kind != ConsentKind::Consent {
            let link = Block::Link { href: tick.href, text: tick.link };
            let view = view.with(link);
            // What was only read is nothing to withdraw.
            let agreed = rule.kind == ConsentKind::Agreement;
            return Ok(if agreed { view.with(Block::Quiet { text: text("account-consents-required")? }) } else { view });
        }
        let document = &rule.document;
        let (fields, button) = if granted {
            (Vec::new(), Button::decides(text("consent-withdraw")?, format!("withdraw:{document}")).look("second").about(title))
        } else {
            (vec![Field::Tick(tick)], Button::decides(text("common-save")?, format!("give:{document}")).about(title))
        };
        let action = Self::here(visit, "account/consents");
        Ok(view.asks(Form { action, hidden: self.carried(visit), fields, buttons: vec![button] }))
    }

    /// "Given on 3 May 2026, version 2026-05".
    fn decided(&self, visit: &Visit, given: &ConsentView) -> Result<String, Problem> {
        let date = moments::date(visit.language, Zone::of_country(&visit.portal.country), given.at);
        let args = [("date", date.as_str().into()), ("version", given.version.as_str().into())];
        if given.granted {
            self.text(&visit.portal, visit.language, "account-consents-given", &args)
        } else {
            self.text(&visit.portal, visit.language, "account-consents-withdrawn", &args[..1])
        }
    }
}
