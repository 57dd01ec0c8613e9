//! What pages hand on to each other, of a registration, a set-up or a form whose session had ended, sealed in a cookie of an hour: only a `POST` sets it, and nobody but us reads it.

use super::cookies::Purpose;
use super::{Pages, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Portal;
use onboarding::portal::hex;
use onboarding::ports::Sealed;
use poem::http::HeaderValue;
use serde::{Deserialize, Serialize};

/// How far a registration has come on the pages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub(crate) enum Flow {
    /// The claim matched; the form comes next.
    Claimed { claim: String, number: String, email: String },
    /// The form was taken; the mail is on its way.
    Applied { handle: String, email: String },
    /// The way behind a set-up link, after its first button.
    SetUp { token: String },
    /// A form was sent when its session had ended: what was typed waits for the next one. No secrets.
    Waiting { page: String, typed: Vec<(String, String)> },
}

#[derive(Serialize, Deserialize)]
struct Kept {
    flow: Flow,
    /// Microseconds since 1970.
    until: i64,
}

/// Digits of a cookie: what browsers keep, less its name.
const LONGEST: usize = 3_900;
const LIFE: chrono::TimeDelta = chrono::TimeDelta::hours(1);

fn context(portal: &Portal) -> Vec<u8> {
    format!("flow:{}", portal.slug).into_bytes()
}

impl Pages {
    /// The cookie that hands this on.
    pub(super) async fn handing_on(&self, visit: &Visit, flow: Flow) -> Result<HeaderValue, Problem> {
        let ports = self.api.engine().ports();
        let now = ports.store.now().await.map_err(|error| problem_of(error.into()))?;
        let kept = Kept { flow, until: (now + LIFE).timestamp_micros() };
        let plain = serde_json::to_vec(&kept).map_err(|_| Problem::internal())?;
        let sealed = ports.vault.seal(&context(&visit.portal), &plain);
        let bytes = [&sealed.key.to_be_bytes()[..], &sealed.bytes].concat();
        Ok(self.jar.set(Purpose::Flow, visit.portal.slug.as_str(), &hex(&bytes)))
    }

    /// The same for what was typed on a page whose session had ended; `None` where it is more than a browser keeps.
    pub(super) async fn waiting(&self, visit: &Visit) -> Result<Option<HeaderValue>, Problem> {
        let (Some(page), Some(posted)) = (visit.here.clone(), &visit.posted) else { return Ok(None) };
        let cookie = self.handing_on(visit, Flow::Waiting { page, typed: posted.open_words() }).await?;
        Ok(Some(cookie).filter(|cookie| cookie.len() <= LONGEST))
    }

    /// What was handed on; `None` without a cookie of ours that still lives.
    pub(super) async fn handed_on(&self, visit: &Visit) -> Result<Option<Flow>, Problem> {
        let Some(bytes) = visit.flow.as_deref().and_then(unhex) else { return Ok(None) };
        let Some((key, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
        let ports = self.api.engine().ports();
        let sealed = Sealed { key: u32::from_be_bytes(*key), bytes: rest.to_vec() };
        let Ok(plain) = ports.vault.open(&context(&visit.portal), &sealed) else { return Ok(None) };
        let Ok(kept) = serde_json::from_slice::<Kept>(&plain) else { return Ok(None) };
        let now = ports.store.now().await.map_err(|error| problem_of(error.into()))?;
        Ok((kept.until > now.timestamp_micros()).then_some(kept.flow))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
