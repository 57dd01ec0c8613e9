//! `/{p}/account/sessions`: where one is signed in, and signing out elsewhere.

use super::blocks::{Block, Button, Row};
use super::cookies::Purpose;
use super::view::View;
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding::ports::SessionKind;
use onboarding_core::{SessionId, Uuid};
use secrecy::ExposeSecret;

impl Pages {
    pub(super) async fn devices(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = Self::signed_in(visit)?;
        let engine = self.api.engine();
        if let Some(posted) = &visit.posted {
            let mut cookies = Vec::new();
            match posted.decision() {
                Some("others") => {
                    let renewed = engine.end_other_sessions(session).await.map_err(problem_of)?;
                    cookies.push(self.jar.set(Purpose::Session, portal.slug.as_str(), renewed.token.expose_secret()));
                }
                Some("end") => {
                    let id = Uuid::parse_str(posted.text("session")).map_err(|_| Problem::not_found())?;
                    match engine.end_session(session, SessionId(id)).await {
                        // Ended by itself, or from elsewhere, since the page was written: that is what was asked for.
                        Ok(()) | Err(Error::NotFound) => {}
                        Err(error) => return Err(problem_of(error)),
                    }
                }
                Some(_) | None => return Err(Problem::not_found()),
            }
            return Ok(Turn::Go { to: format!("account/sessions?done=ended&lang={language}"), cookies, clear: false });
        }
        let mut view = View::new(text("account-sessions")?);
        if visit.done.as_deref() == Some("ended") {
            view.done = Some(text("account-sessions-ended")?);
        }
        let sessions = engine.sessions(session).await.map_err(problem_of)?;
        let others = sessions.iter().any(|one| !one.current);
        for one in sessions {
            let kind = text(if one.kind == SessionKind::Bearer.word() { "device-app" } else { "device-browser" })?;
            let title = if one.current { format!("{kind} · {}", text("account-sessions-current")?) } else { kind.clone() };
            let row = |name: String, value: String| Row { name, value, href: None, change: String::new() };
            let last = Self::moment(visit, one.last_seen);
            let rows = vec![
                row(text("device-since")?, Self::moment(visit, one.opened_at)),
                row(text("device-last")?, last.clone()),
                row(text("device-until")?, Self::moment(visit, one.expires_at)),
            ];
            view = view.with(Block::Heading { text: title }).with(Block::Rows { rows });
            if !one.current {
                let mut hidden = self.carried(visit);
                hidden.push(("session".into(), one.id.to_string()));
                // Several buttons of one word each: what they end stands in their names.
                let about = format!("{kind}, {last}");
                let button = Button::decides(text("account-sessions-end")?, "end").look("second").about(about);
                let action = Self::here(visit, "account/sessions");
                view = view.asks(Form { action, hidden, fields: Vec::new(), buttons: vec![button] });
            }
        }
        if others {
            let buttons = vec![Button::decides(text("account-sessions-endOthers")?, "others").look("second")];
            let action = Self::here(visit, "account/sessions");
            view = view.asks(Form { action, hidden: self.carried(visit), fields: Vec::new(), buttons });
        }
        Ok(view.with(self.back_to_account(visit)?).into())
    }
}
