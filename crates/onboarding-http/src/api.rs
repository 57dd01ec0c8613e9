//! The JSON API: one table of calls over the engine's use cases. Each handler parses, calls one use case and renders.

mod account;
mod completions;
mod memberships;
mod moment;
mod portals;
mod refusals;
mod registrations;
mod sessions;
mod staff;
mod team;
mod texts;

pub(crate) use account::exported;
pub use refusals::problem_of;
pub use texts::ApiTexts;

use crate::{
    problem::Problem,
    routes::{Asking, Auth, Ctx, Gate, Route, Routes},
};
use async_trait::async_trait;
use onboarding::{
    Caller, CommandId, Error, Onboarding, Portal,
    ports::SessionKind,
    stories::{Needs, SessionView, StaffView},
};
use onboarding_core::Language;
use onboarding_text::MailStationery;
use secrecy::ExposeSecret;
use std::sync::Arc;

/// What every handler has at hand.
pub struct Api {
    engine: Onboarding,
    /// What mails are written on, for clerks' previews.
    stationery: Option<Arc<MailStationery>>,
}

/// Who was admitted.
pub enum Admitted {
    /// Anybody.
    Anyone,
    /// Somebody with a living session that may make this call.
    Session(Box<SessionView>),
    /// A clerk of the portal.
    Clerk(Box<StaffView>),
    /// Somebody whose session is over, with a call that may have ended it.
    Ended,
}

impl Api {
    /// The API of an engine.
    pub fn new(engine: Onboarding) -> Self {
        Self { engine, stationery: None }
    }

    /// Shows clerks what its mails look like, without anybody's data.
    #[must_use]
    pub fn with_previews(mut self, stationery: Arc<MailStationery>) -> Self {
        self.stationery = Some(stationery);
        self
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Onboarding {
        &self.engine
    }
}

#[async_trait]
impl Gate for Api {
    type Caller = Admitted;

    fn portal_languages(&self, slug: &str) -> Option<&[Language]> {
        let slug = onboarding_core::PortalSlug::parse(slug)?;
        self.engine.portals().get(&slug).map(|portal| portal.journey.languages.as_slice())
    }

    async fn admit(&self, asking: Asking<'_>) -> Result<Admitted, Problem> {
        let needs = match asking.auth {
            Auth::Public => return Ok(Admitted::Anyone),
            Auth::RestrictedSession => Needs::Nothing,
            Auth::SessionBeforeDocuments => Needs::Password,
            Auth::Session => Needs::Everything,
            Auth::Staff => {
                let (Some(portal), Some(token)) = (asking.portal, asking.bearer) else {
                    return Err(Problem::unauthorized("sign_in_required"));
                };
                return Ok(Admitted::Clerk(Box::new(self.engine.staff_session(portal, token).await.map_err(problem_of)?)));
            }
            Auth::SuperAdmin => Needs::Everything,
        };
        let (Some(portal), Some(token)) = (asking.portal, asking.bearer) else { return Err(Problem::unauthorized("sign_in_required")) };
        match self.engine.session(portal, token, needs).await {
            Ok(session) if session.facts.session.kind != SessionKind::Bearer => Err(Problem::unauthorized("sign_in_required")),
            Ok(session) => {
                if asking.auth == Auth::SuperAdmin {
                    session.may_decide().map_err(problem_of)?;
                }
                Ok(Admitted::Session(Box::new(session)))
            }
            Err(Error::SignInRequired) if asking.repeat => Ok(Admitted::Ended),
            Err(error) => Err(problem_of(error)),
        }
    }
}

impl Ctx<Api> {
    /// The session that was admitted. The table guarantees it on calls that need one.
    pub(crate) fn session(&self) -> Result<&SessionView, Problem> {
        match &self.caller {
            Admitted::Session(session) => Ok(session),
            Admitted::Anyone | Admitted::Clerk(_) | Admitted::Ended => Err(Problem::unauthorized("sign_in_required")),
        }
    }

    /// The clerk that was admitted. The table guarantees it on calls that need one.
    pub(crate) fn staff(&self) -> Result<&StaffView, Problem> {
        match &self.caller {
            Admitted::Clerk(staff) => Ok(staff),
            Admitted::Anyone | Admitted::Session(_) | Admitted::Ended => Err(Problem::unauthorized("sign_in_required")),
        }
    }

    /// The portal of the path.
    pub(crate) fn portal_of(&self) -> Result<Arc<Portal>, Problem> {
        self.state.engine.portal(self.portal()).map_err(problem_of)
    }

    /// Who asks; a repeat is not recognised.
    pub(crate) fn once(&self) -> Caller {
        Caller { network: self.head.network.as_str().to_owned(), language: self.head.language, command: None, browser: None }
    }

    /// Who asks; a repeat with the same key is answered alike.
    pub(crate) fn repeatable(&self, route: &'static str) -> Caller {
        let command = self.head.idempotency_key.as_ref().map(|key| CommandId {
            route,
            // A token may read like any word; what it says stands behind one that nobody else's begins with.
            caller: self.head.bearer.as_ref().map_or_else(|| "anonymous".to_owned(), |token| format!("bearer {}", token.expose_secret())),
            key: key.as_str().to_owned(),
            body: self.command_body(),
        });
        Caller { command, ..self.once() }
    }
}

#[cfg(test)]
mod repeats;

/// Every call of the API.
pub fn routes() -> Routes<Api> {
    let rows: Vec<Route<Api>> =
        portals::rows().into_iter().chain(registrations::rows()).chain(sessions::rows()).chain(account::rows()).collect();
    Routes::new().with_all(rows).with_all(memberships::rows()).with_all(completions::rows()).with_all(team::rows()).with_all(staff::rows())
}
