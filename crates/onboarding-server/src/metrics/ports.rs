//! Ports that count what passes through them, and change nothing of it.

use super::Metrics;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::Aggregate;
use onboarding::ports::{
    AuditRow, Commit, CommitError, JobRef, JobStatus, LetterError, LetterPress, Lookup, MailError, Mailer, Receipt, Relation,
    RenderedLetter, RenderedMail, Replay, Store, StoreError, Versioned,
};
use onboarding_core::{DeliveryId, Presented, Ref, consent::ConsentGiven, policy::Retention};
use std::sync::Arc;

/// A store whose steps are counted.
pub(crate) struct CountedStore {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) metrics: Arc<Metrics>,
}

impl CountedStore {
    fn seen<T>(&self, asked: &str, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if answer.is_err() {
            self.metrics.store_errors.add(format!("asked=\"{asked}\""));
        }
        answer
    }
}

#[async_trait]
impl Store for CountedStore {
    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.seen("now", self.store.now().await)
    }

    async fn load(&self, what: Ref) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        self.seen("load", self.store.load(what).await)
    }

    async fn find(&self, by: &Lookup) -> Result<Option<Ref>, StoreError> {
        self.seen("find", self.store.find(by).await)
    }

    async fn behind(&self, by: &Lookup) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        self.seen("behind", self.store.behind(by).await)
    }

    async fn related(&self, relation: &Relation) -> Result<Vec<Versioned<Aggregate>>, StoreError> {
        self.seen("related", self.store.related(relation).await)
    }

    async fn replay(&self, key: &Presented, now: DateTime<Utc>) -> Result<Option<Replay>, StoreError> {
        self.seen("replay", self.store.replay(key, now).await)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let portal = commit.portal.clone();
        let kinds: Vec<&'static str> = commit.events.iter().map(|(_, entry)| entry.kind).collect();
        let answer = self.store.commit(commit).await;
        let ended = match &answer {
            Ok(()) => {
                for kind in kinds {
                    self.metrics.events.add(format!("portal=\"{portal}\",kind=\"{kind}\""));
                }
                "taken"
            }
            Err(CommitError::Conflict) => "conflict",
            Err(CommitError::Claimed(_)) => "claimed",
            Err(CommitError::Duplicate) => "duplicate",
            Err(CommitError::Fenced) => "fenced",
            Err(CommitError::Store(_)) => {
                self.metrics.store_errors.add("asked=\"commit\"".to_owned());
                "failed"
            }
        };
        self.metrics.commits.add(format!("result=\"{ended}\""));
        answer
    }

    async fn due(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Ref>, StoreError> {
        self.seen("due", self.store.due(now, limit).await)
    }

    async fn history(&self, of: Ref) -> Result<Vec<AuditRow>, StoreError> {
        self.seen("history", self.store.history(of).await)
    }

    async fn consents(&self, of: Ref) -> Result<Vec<ConsentGiven>, StoreError> {
        self.seen("consents", self.store.consents(of).await)
    }

    async fn purge(&self, now: DateTime<Utc>, keep: &Retention, limit: u32) -> Result<u64, StoreError> {
        self.seen("purge", self.store.purge(now, keep, limit).await)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.seen("ready", self.store.ready().await)
    }
}

/// A mailer whose attempts are counted.
pub(crate) struct CountedMailer {
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) metrics: Arc<Metrics>,
}

#[async_trait]
impl Mailer for CountedMailer {
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError> {
        let answer = self.mailer.send(id, mail).await;
        let result = match &answer {
            Ok(_) => "taken",
            Err(MailError::Transient { .. }) => "transient",
            Err(MailError::Permanent { .. }) => "permanent",
            Err(MailError::Unknown { .. }) => "unknown",
        };
        self.metrics.mails.add(format!("result=\"{result}\""));
        answer
    }
}

/// A press whose letters are counted.
pub(crate) struct CountedPress {
    pub(crate) press: Arc<dyn LetterPress>,
    pub(crate) metrics: Arc<Metrics>,
}

#[async_trait]
impl LetterPress for CountedPress {
    async fn submit(&self, id: DeliveryId, letter: &RenderedLetter) -> Result<JobRef, LetterError> {
        let answer = self.press.submit(id, letter).await;
        let result = match &answer {
            Ok(_) => "taken",
            Err(LetterError::Transient(_)) => "transient",
            Err(LetterError::Permanent(_)) => "permanent",
            Err(LetterError::Unknown(_)) => "unknown",
        };
        self.metrics.letters.add(format!("result=\"{result}\""));
        answer
    }

    async fn status(&self, id: DeliveryId) -> Result<JobStatus, LetterError> {
        self.press.status(id).await
    }
}
