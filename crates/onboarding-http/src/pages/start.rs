//! `/`: the portals; `/{p}/`: where a portal begins; `/.well-known/change-password`.

use super::blocks::{Block, Way};
use super::view::View;
use super::{Chrome, Pages, Turn, Visit};
use crate::language;
use crate::problem::Problem;
use onboarding::Portal;
use onboarding_core::Language;
use onboarding_core::journey::{MembershipBy, Start};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};
use std::sync::Arc;

impl Pages {
    /// All portals, for whoever has only the host's name. One alone is gone to at once.
    pub(super) fn portals(&self, request: &Request) -> Result<Response, Problem> {
        if let Some(only) = self.portal_here(request) {
            let location = HeaderValue::from_str(&format!("/{}/", only.slug)).map_err(|_| Problem::internal())?;
            return Ok(Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, location).finish());
        }
        let all = self.api.engine().portals().all();
        let first = all.first().ok_or_else(Problem::not_found)?;
        let language = language::asked(request.uri().query().unwrap_or_default());
        let language = language.unwrap_or_else(|| language::of_request(request.headers(), &Language::ALL));
        let spoken = &first.journey.languages;
        let language = if spoken.contains(&language) { language } else { first.journey.default_language() };
        let items = all
            .iter()
            .map(|portal| Way { href: format!("/{}/?lang={language}", portal.slug), text: portal.name.clone(), note: None })
            .collect();
        let view = View::new(self.text(first, language, "start-choosePortal", &[])?).with(Block::Links { items });
        self.written(first, language, &Chrome { neutral: true, ..Chrome::default() }, &view)
    }

    /// The portal whose host this is, or the only one there is. A request may name any host: it is only led on to a page here.
    fn portal_here(&self, request: &Request) -> Option<Arc<Portal>> {
        let all = self.api.engine().portals().all();
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let own = all.iter().find(|portal| portal.site.host.as_deref() == Some(host.as_str()));
        own.or_else(|| all.first().filter(|_| all.len() == 1)).map(|portal| Arc::clone(portal))
    }

    /// Where password managers lead people. Source: W3C, "A Well-Known URL for Changing Passwords".
    pub(super) fn to_change_password(&self, request: &Request) -> Result<Response, Problem> {
        let portal = self.portal_here(request).ok_or_else(Problem::not_found)?;
        let location = HeaderValue::from_str(&format!("/{}/account/password", portal.slug)).map_err(|_| Problem::internal())?;
        Ok(Response::builder().status(StatusCode::FOUND).header(header::LOCATION, location).finish())
    }

    pub(super) fn start(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let slug = &portal.slug;
        let journey = &portal.journey;
        let intro = match (journey.start, &journey.claim, journey.fields.is_empty()) {
            (Start::Company, _, _) => "start-intro-provisioned",
            (Start::Person, Some(_), true) => "start-intro-letter",
            (Start::Person, Some(_), false) => "start-intro-claim",
            (Start::Person, None, _) => "start-intro-open",
        };
        let mut view = View::new(text("start-title")?);
        if visit.session.is_some() {
            let button = Block::Button { href: format!("/{slug}/area"), text: text("area-title")?, quiet: false };
            return Ok(view.with(button).into());
        }
        view = view.with(Block::Button { href: format!("/{slug}/login"), text: text("login-submit")?, quiet: false });
        view = view.with(Block::Heading { text: text("start-firstTime")? }).says(text(intro)?);
        if journey.membership == MembershipBy::PostedPin {
            view = view.says(text("start-intro-membership")?);
        }
        if journey.start == Start::Person && journey.registration_open {
            view = view.with(Block::Button { href: format!("/{slug}/register"), text: text("register-title")?, quiet: true });
        }
        if journey.invites() {
            view = view.with(Block::Quiet { text: text("start-invited")? });
        }
        Ok(view.into())
    }
}
