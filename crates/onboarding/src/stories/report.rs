//! A barrier on a page, reported by anybody to the people who answer for the portal. What was typed is a mail's content and nothing else: sealed
//! until it is handed over, wiped afterwards.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::Actor;
use crate::{Onboarding, forms};
use onboarding_core::{Effect, MailTemplate, Param, RecordId, Ref, Uuid, policy};

/// The longest report, in characters.
const LONGEST_REPORT: usize = 2_000;

impl Onboarding {
    /// Tells the portal's people of a barrier; `reply_to` is where the answer goes, if one is wished for.
    ///
    /// # Errors
    /// Fields to mend; [`Error::Throttled`].
    pub async fn report_barrier(&self, portal: &str, caller: &Caller, text: &str, reply_to: Option<&str>) -> Result<(), Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let now = self.now().await?;
        if self.replayed::<()>(&portal, caller, now).await?.is_some() {
            return Ok(());
        }
        let mut faults = Vec::new();
        let text = forms::sentences("text", text, LONGEST_REPORT).map_err(|fault| faults.push(fault)).ok();
        let email = reply_to.and_then(|email| forms::email("email", email).map_err(|fault| faults.push(fault)).ok());
        let Some(text) = text.filter(|_| faults.is_empty()) else { return Err(Error::Input(faults)) };
        let limits = [
            (self.throttle_key(&portal.slug, "report-network", &[&caller.network]), policy::REPORTS_PER_NETWORK),
            (self.throttle_key(&portal.slug, "report-portal", &[]), policy::REPORTS_PER_PORTAL),
        ];
        self.limits(&limits, now).await?;
        for _ in 0..ATTEMPTS {
            let mut step = self.step(&portal, Actor::Anonymous, self.now().await?);
            let params =
                [Param::Reason(text.clone())].into_iter().chain(email.as_ref().map(|email| Param::Email(email.as_str().to_owned())));
            step.effect(Ref::Record(RecordId(Uuid::nil())), Effect::TellClerks(MailTemplate::BarrierReported, params.collect()));
            self.remember(&mut step, &portal, caller, &())?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }
}
