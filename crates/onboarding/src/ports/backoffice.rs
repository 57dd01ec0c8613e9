//! What clerks look at: lists, newest first, a page at a time by key and never by offset, bounded whatever is asked.

use super::{AuditRow, DeliveryKind, DeliveryStatus, OutboxRow, StoreError, Version};
use crate::search;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding_core::{
    PortalSlug, RecordNumber, Ref,
    account::Account,
    membership::{LetterFate, Membership},
    registration::Registration,
};
use uuid::Uuid;

/// Where a row stands in its list: a page goes on after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Its id, where two were made at once.
    pub id: Uuid,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// Where it stands.
    pub place: Place,
    /// Its version.
    pub version: Version,
    /// What it is.
    pub value: T,
}

/// A row of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditListed {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub row: AuditRow,
}

/// A row of the outbox in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryListed {
    /// Where it stands.
    pub place: Place,
    /// What it is: nothing sealed.
    pub row: OutboxRow,
}

/// How many there are of a kind, and since when the oldest waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The state's stable word.
    pub state: String,
    /// How many; at least one.
    pub count: u64,
    /// When the oldest was made.
    pub oldest: DateTime<Utc>,
}

/// What waits at a portal. A state that nothing is in is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Registrations that wait for somebody, by state.
    pub registrations: Vec<Counted>,
    /// Requests for approval made before each of the marks that were asked for.
    pub approvals: Vec<u64>,
    /// Letters whose PIN still counts, by state.
    pub letters: Vec<Counted>,
    /// Mails and letters that are queued, parked or failed.
    pub deliveries: Vec<(DeliveryKind, Counted)>,
}

impl Tally {
    /// States of registrations that wait for somebody.
    pub const WAITING: [&str; 3] = ["awaiting_email", "awaiting_approval", "awaiting_completion"];
    /// Deliveries that are counted: what was sent or ran out needs nobody.
    pub const DELIVERIES: [DeliveryStatus; 3] = [DeliveryStatus::Queued, DeliveryStatus::Parked, DeliveryStatus::Failed];
}

/// What is searched for: every character means itself. At most 100.
#[derive(Clone, PartialEq, Eq)]
pub struct Needle {
    text: String,
    number: Option<String>,
}

impl Needle {
    /// Most characters of a search.
    pub const MAX_CHARS: usize = 100;

    /// What was typed, folded; `None` where it is blank, too long, or no text.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        // Counted before anything is done to it, and again as folding may lengthen.
        let fits = |text: &str| text.chars().take(Self::MAX_CHARS + 1).count() <= Self::MAX_CHARS;
        if typed.is_empty() || !fits(typed) || typed.chars().any(char::is_control) {
            return None;
        }
        let text = search::folded(typed);
        let number = RecordNumber::parse(typed).ok().map(|number| search::folded(number.as_str())).filter(|number| *number != text);
        fits(&text).then_some(Self { text, number })
    }

    /// The texts of which one must stand in a row's search text: as typed, and as a number without its blanks and dashes.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text.as_str()).chain(self.number.as_deref())
    }

    /// Whether it stands in this text.
    pub fn is_in(&self, search: &str) -> bool {
        self.texts().any(|text| search.contains(text))
    }
}

impl std::fmt::Debug for Needle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Needle")
    }
}

/// Which registrations.
#[derive(Clone, Debug, Default)]
pub struct RegistrationFilter {
    /// What is searched for.
    pub q: Option<Needle>,
    /// In this state, by its stable word.
    pub state: Option<&'static str>,
    /// Made then or later.
    pub from: Option<DateTime<Utc>>,
    /// Made before then.
    pub to: Option<DateTime<Utc>>,
}

/// Which entries of the audit trail.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this thing.
    pub subject: Option<Ref>,
    /// By this one, as [`Actor::word`](super::Actor::word).
    pub actor: Option<String>,
    /// Whose kind begins so.
    pub kind: Option<String>,
    /// Then or later.
    pub from: Option<DateTime<Utc>>,
    /// Before then.
    pub to: Option<DateTime<Utc>>,
}

/// Reads lists. Every method gives at most `limit` rows, after `after` where one is given.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Backoffice: Send + Sync {
    /// Registrations.
    async fn registrations(
        &self,
        portal: &PortalSlug,
        filter: &RegistrationFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Registration>>, StoreError>;

    /// Accounts, closed ones too.
    async fn accounts(
        &self,
        portal: &PortalSlug,
        q: Option<Needle>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Account>>, StoreError>;

    /// Memberships with a letter whose PIN is neither redeemed, voided nor dead; in this state of the letter.
    async fn letters(
        &self,
        portal: &PortalSlug,
        state: Option<LetterFate>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Membership>>, StoreError>;

    /// The audit trail.
    async fn audit(
        &self,
        portal: &PortalSlug,
        filter: &AuditFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<AuditListed>, StoreError>;

    /// The outbox, in this state or all of it.
    async fn deliveries(
        &self,
        portal: &PortalSlug,
        status: Option<DeliveryStatus>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<DeliveryListed>, StoreError>;

    /// What waits, counted; requests for approval also before each of these moments.
    async fn tally(&self, portal: &PortalSlug, marks: &[DateTime<Utc>]) -> Result<Tally, StoreError>;
}
