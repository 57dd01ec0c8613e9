//! Decisions on documents: what was decided when, and deciding anew.

use crate::Onboarding;
use crate::engine::{ATTEMPTS, Taken};
use crate::error::Error;
use crate::portal::hex;
use crate::ports::Actor;
use crate::stories::session::SessionView;
use chrono::{DateTime, Utc};
use onboarding_core::{
    Language, Ref,
    account::{Account, Command},
    consent::ConsentGiven,
};
use serde::Serialize;

/// One decision, as proof.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentView {
    /// The document.
    pub document: String,
    /// The version that was shown.
    pub version: String,
    /// The language that was shown.
    pub language: Language,
    /// SHA-256 of the text that was shown, 64 hexadecimal digits.
    pub sha256: String,
    /// Yes or no.
    pub granted: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether this is the latest decision, on the current version.
    pub current: bool,
}

impl Onboarding {
    /// Every decision of the caller, oldest first.
    pub async fn consents(&self, session: &SessionView) -> Result<Vec<ConsentView>, Error> {
        let all = self.ports.store.consents(Ref::Account(session.account())).await?;
        let account: &Account = &session.facts.account.value;
        let shown = session.portal.shown(account.language());
        let view = |given: ConsentGiven| {
            let latest = account.consents().0.get(&given.shown.document) == Some(&given);
            let now = shown.iter().any(|current| current.document == given.shown.document && current.version == given.shown.version);
            ConsentView {
                current: latest && now,
                document: given.shown.document,
                version: given.shown.version,
                language: given.shown.language,
                sha256: hex(&given.shown.sha256),
                granted: given.granted,
                at: given.at,
            }
        };
        Ok(all.into_iter().map(view).collect())
    }

    /// Decides on a document.
    ///
    /// # Errors
    /// `version_outdated`, an unknown or required document, as refusals of the account.
    pub async fn decide_consent(
        &self,
        session: &SessionView,
        language: Language,
        document: &str,
        version: &str,
        granted: bool,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let before = self.account(session.account()).await?;
            session.lives_beside(&before.value)?;
            let mut step = self.step(&session.portal, Actor::Account(session.account()), self.now().await?);
            let documents = session.portal.shown(language);
            let command = Command::DecideConsent { document: document.to_owned(), version: version.to_owned(), granted, documents };
            step.decide(Some(&before), command)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }
}
