//! `/{p}/area`: what opens after signing in. The member area shows only to members.

use super::blocks::{Block, Row};
use super::view::View;
use super::{Pages, Turn, Visit};
use crate::problem::Problem;
use onboarding_core::PersonName;
use onboarding_core::journey::MembershipBy;

impl Pages {
    pub(super) fn area(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = visit.session.as_ref().ok_or_else(|| Problem::unauthorized("sign_in_required"))?;
        let account = &session.facts.account.value;
        let mut view = View::new(text("area-title")?);
        view.done = match visit.done.as_deref() {
            Some("password") => Some(text("password-saved")?),
            Some("reset") => Some(text("reset-done")?),
            Some("saved") => Some(text("account-saved")?),
            Some("joined") => Some(text("businessLink-signIn")?),
            Some("accepted") => Some(text("accept-done")?),
            Some(_) | None => None,
        };
        let person = account.person();
        let name: Vec<&str> = [&person.first_name, &person.last_name].into_iter().flatten().map(PersonName::as_str).collect();
        let shown = if name.is_empty() { account.email().as_str().to_owned() } else { name.join(" ") };
        view = view.says(self.text(portal, language, "common-signedInAs", &[("name", shown.as_str().into())])?);
        if let Some(at) = account.last_sign_in() {
            let at = Self::moment(visit, at);
            view = view.with(Block::Quiet { text: self.text(portal, language, "area-lastSignIn", &[("datetime", at.as_str().into())])? });
        }
        if session.member {
            view = view.with(Block::Heading { text: text("member-title")? });
            let mut rows = Vec::new();
            for membership in session.memberships.iter().filter(|one| session.facts.session.memberships.contains(&one.id)) {
                let label = text(&format!("field-{}", super::fields::number_word(portal.journey.number)))?;
                // Where the books have no name, its number below says it.
                if !membership.name.is_empty() {
                    view = view.says(self.text(portal, language, "member-for", &[("business", membership.name.as_str().into())])?);
                }
                rows.push(Row { name: label, value: membership.record.clone(), href: None, change: String::new() });
            }
            view = view.with(Block::Rows { rows });
        } else if portal.journey.membership == MembershipBy::PostedPin {
            view = view.says(text("area-memberLocked")?);
        }
        let slug = &portal.slug;
        if portal.journey.membership == MembershipBy::PostedPin {
            view = view.with(Block::Button { href: format!("/{slug}/business"), text: text("business-title")?, quiet: session.member });
        }
        if session.may_decide().is_ok() {
            view = view.with(Block::Button { href: format!("/{slug}/team"), text: text("team-title")?, quiet: true });
        }
        Ok(view.with(Block::Quiet { text: text("login-sharedDevice")? }).into())
    }
}
