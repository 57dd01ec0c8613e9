//! A mail server that remembers, and fails when told to.

use async_trait::async_trait;
use onboarding::ports::{MailError, Mailer, Receipt, RenderedMail};
use onboarding_core::DeliveryId;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happens to a mail that is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailFate {
    /// Taken.
    Taken,
    /// Not taken, come back later; the server may say when.
    Transient(Option<Duration>),
    /// Not taken, and never will be.
    Permanent,
    /// The connection broke, and the mail had been taken.
    UnknownTaken,
    /// The connection broke, and the mail was lost.
    UnknownLost,
}

/// Keeps every mail it took, in order.
#[derive(Default)]
pub struct RecordingMailer {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    taken: Vec<(DeliveryId, RenderedMail)>,
    attempts: Vec<DeliveryId>,
    fates: VecDeque<MailFate>,
}

impl RecordingMailer {
    /// A mailer that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next `times` mails meet this fate, after those already announced; then mails are taken again.
    pub fn next(&self, fate: MailFate, times: usize) {
        self.lock().fates.extend(std::iter::repeat_n(fate, times));
    }

    /// Every mail taken, oldest first.
    pub fn all(&self) -> Vec<RenderedMail> {
        self.lock().taken.iter().map(|(_, mail)| mail.clone()).collect()
    }

    /// What was taken under this id, oldest first.
    pub fn taken(&self, id: DeliveryId) -> Vec<RenderedMail> {
        self.lock().taken.iter().filter(|(taken, _)| *taken == id).map(|(_, mail)| mail.clone()).collect()
    }

    /// How often this id was handed over, whatever came of it.
    pub fn attempts(&self, id: DeliveryId) -> usize {
        self.lock().attempts.iter().filter(|attempt| **attempt == id).count()
    }

    /// Every mail taken for this address, oldest first.
    pub fn to(&self, address: &str) -> Vec<RenderedMail> {
        self.lock().taken.iter().filter(|(_, mail)| mail.to.as_str() == address).map(|(_, mail)| mail.clone()).collect()
    }

    /// The latest mail taken for this address.
    pub fn last_to(&self, address: &str) -> Option<RenderedMail> {
        self.to(address).pop()
    }

    /// Forgets what was taken; announced fates stay.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.taken.clear();
        inner.attempts.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RecordingMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordingMailer({} mails)", self.lock().taken.len())
    }
}

#[async_trait]
impl Mailer for RecordingMailer {
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError> {
        let mut inner = self.lock();
        inner.attempts.push(id);
        let fate = inner.fates.pop_front().unwrap_or(MailFate::Taken);
        if matches!(fate, MailFate::Taken | MailFate::UnknownTaken) {
            inner.taken.push((id, mail.clone()));
        }
        match fate {
            MailFate::Taken => Ok(Receipt { answer: "250 taken".to_owned() }),
            MailFate::Transient(retry_after) => Err(MailError::Transient { reason: "451".to_owned(), retry_after }),
            MailFate::Permanent => Err(MailError::Permanent { reason: "550".to_owned() }),
            MailFate::UnknownTaken | MailFate::UnknownLost => Err(MailError::Unknown { reason: "connection closed".to_owned() }),
        }
    }
}
