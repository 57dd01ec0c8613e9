//! Outgoing mails and letters: leased, attempted, settled.

use super::{Sealed, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::{DeliveryId, Language, PortalSlug, Ref};

/// How long a worker holds a delivery before another may take it over.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);

/// The fence of a delivery's first lease, also of one that is handed over with its order.
pub const FIRST_FENCE: u64 = 1;

/// How long handing a mail or a letter over may take: it ends well before the lease, or another worker would do the same beside it.
pub const LONGEST_DELIVERY: TimeDelta = TimeDelta::seconds(20);

/// What is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryKind {
    /// A mail.
    Mail,
    /// A letter.
    Letter,
}

impl DeliveryKind {
    /// A stable word: `mail`, `letter`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Letter => "letter",
        }
    }

    /// The inverse of `word`.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Mail, Self::Letter].into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// Waits for its time, its predecessor or a worker.
    Queued,
    /// Handed over.
    Sent,
    /// Given up: the other side refuses it.
    Failed,
    /// Waits for a clerk.
    Parked,
    /// Its secret died before it could be handed over.
    Expired,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Sent, Self::Failed, Self::Parked, Self::Expired];

    /// A stable word, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Parked => "parked",
            Self::Expired => "expired",
        }
    }

    /// The inverse of `word`.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// A delivery as a commit puts it into the outbox.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id, minted by the driver.
    pub id: DeliveryId,
    /// Whose portal.
    pub portal: PortalSlug,
    /// The aggregate that hears of its fate.
    pub owner: Ref,
    /// Mail or letter.
    pub kind: DeliveryKind,
    /// The template's word.
    pub template: String,
    /// In which language.
    pub language: Language,
    /// Not before.
    pub not_before: DateTime<Utc>,
    /// Not after: the secret inside is dead.
    pub not_after: Option<DateTime<Utc>>,
    /// Only after this one was sent.
    pub after: Option<DeliveryId>,
    /// Higher goes first: 10 what somebody waits for at the screen, 0 bulk.
    pub priority: i16,
    /// `Message-ID` without angle brackets.
    pub message_id: String,
    /// Recipient and parameters, sealed with the id as context.
    pub sealed: Sealed,
}

/// A delivery that a worker holds for 30 seconds.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The delivery.
    pub delivery: Delivery,
    /// Proves that the lease is still this worker's: every lease has a higher one.
    pub fence: u64,
    /// Attempts before this lease.
    pub attempts: u32,
    /// Attempts whose outcome nobody knows.
    pub unknowns: u32,
    /// When the delivery was ordered.
    pub created_at: DateTime<Utc>,
}

/// How a lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Handed over; the sealed text is wiped.
    Sent,
    /// Refused for good; wiped.
    Failed {
        /// A code, without addresses.
        reason: String,
    },
    /// Again at this time. The attempt is known not to have delivered.
    Retry {
        /// When.
        at: DateTime<Utc>,
        /// A code, without addresses.
        reason: String,
    },
    /// Again at this time, and nobody knows whether this attempt delivered.
    RetryUnknown {
        /// When.
        at: DateTime<Utc>,
        /// A code, without addresses.
        reason: String,
    },
    /// A clerk must look at it; kept sealed.
    Parked {
        /// A code, without addresses.
        reason: String,
    },
    /// Its secret is dead; wiped.
    Expired,
}

/// A row as lists show it: nothing sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// Its id.
    pub id: DeliveryId,
    /// The aggregate that ordered it.
    pub owner: Ref,
    /// Mail or letter.
    pub kind: DeliveryKind,
    /// The template's word.
    pub template: String,
    /// In which language.
    pub language: Language,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// How many attempts.
    pub attempts: u32,
    /// The last reason, a code.
    pub reason: Option<String>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
}

/// A delivery with what is left of its text.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Whose portal.
    pub portal: PortalSlug,
    /// As lists show it.
    pub row: OutboxRow,
    /// Not after: the secret inside is dead.
    pub not_after: Option<DateTime<Utc>>,
    /// Recipient and parameters, until they are wiped.
    pub sealed: Option<Sealed>,
}

/// Which rows a list shows.
#[derive(Clone, Debug, Default)]
pub struct OutboxFilter {
    /// Only this portal's.
    pub portal: Option<PortalSlug>,
    /// Only of this owner.
    pub owner: Option<Ref>,
    /// Only with this status.
    pub status: Option<DeliveryStatus>,
}

/// Leases and lists; attempts and settlements are part of commits.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes up to `limit` due deliveries for 30 seconds, highest priority first, then oldest. Due is what is queued, past
    /// its `not_before`, whose predecessor was sent, and that no other worker holds.
    async fn lease(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Leased>, StoreError>;

    /// Takes this one for 30 seconds if it is queued, its predecessor was sent and no other worker holds it; also before its time.
    async fn lease_of(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<Option<Leased>, StoreError>;

    /// When the next delivery becomes due, if any waits; `now` or earlier if one is due already.
    async fn next_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// One delivery, whatever became of it.
    async fn kept(&self, id: DeliveryId) -> Result<Option<Kept>, StoreError>;

    /// Where each of these stands, in any order; one that is not kept any more is left out.
    async fn statuses(&self, ids: &[DeliveryId]) -> Result<Vec<(DeliveryId, DeliveryStatus)>, StoreError>;

    /// Rows, newest first, at most `limit`.
    async fn list(&self, filter: &OutboxFilter, limit: u32) -> Result<Vec<OutboxRow>, StoreError>;

    /// Removes settled rows that were settled before `before`, at most `limit`; tells how many.
    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<u64, StoreError>;
}
