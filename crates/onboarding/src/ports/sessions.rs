//! Sessions: looked up by the digest of their token, valid only in their account's generation.

use super::{StoreError, Versioned};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::{
    AccountId, ClerkId, Digest, MembershipId, PortalSlug, Presented, SessionId, account::Account, clerk::Clerk, membership::Membership,
    record::RecordStatus,
};

/// What carries a session's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// An `Authorization: Bearer` header.
    Bearer,
    /// A page's cookie.
    Page,
}

impl SessionKind {
    /// A stable word: `bearer`, `page`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Page => "page",
        }
    }

    /// The inverse of `word`.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Bearer, Self::Page].into_iter().find(|kind| kind.word() == word)
    }
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    /// Its id, shown in the list of devices.
    pub id: SessionId,
    /// Whose portal.
    pub portal: PortalSlug,
    /// Whose session.
    pub account: AccountId,
    /// Digest of its token.
    pub digest: Digest,
    /// What carries the token.
    pub kind: SessionKind,
    /// The account's generation when it was opened: a higher one ends it.
    pub generation: u64,
    /// Memberships that were active when it was opened.
    pub memberships: Vec<MembershipId>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was last used; at most a minute behind.
    pub last_seen: DateTime<Utc>,
    /// How long it lives without use.
    pub idle: TimeDelta,
    /// When it ends in any case, if it does.
    pub at_most: Option<DateTime<Utc>>,
}

impl SessionRow {
    /// When it ends if nobody uses it again.
    pub fn expires_at(&self) -> DateTime<Utc> {
        let idle = self.last_seen + self.idle;
        self.at_most.map_or(idle, |end| end.min(idle))
    }
}

/// A membership with what the master data say of its record.
#[derive(Clone, Debug)]
pub struct MembershipFact {
    /// The membership.
    pub membership: Versioned<Membership>,
    /// Whether the record still opens doors.
    pub record: RecordStatus,
    /// The record's number as the company writes it.
    pub written: String,
    /// The record's name.
    pub name: String,
}

/// Everything a request needs of its session, from one statement.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    /// The session.
    pub session: SessionRow,
    /// Its account.
    pub account: Versioned<Account>,
    /// All memberships of the account, ended ones too.
    pub memberships: Vec<MembershipFact>,
}

/// A clerk's session as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StaffSessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose portal.
    pub portal: PortalSlug,
    /// Whose session.
    pub clerk: ClerkId,
    /// Digest of its token.
    pub digest: Digest,
    /// The clerk's generation when it was opened: a higher one ends it.
    pub generation: u64,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was last used; at most a minute behind.
    pub last_seen: DateTime<Utc>,
    /// How long it lives without use.
    pub idle: TimeDelta,
    /// When it ends in any case.
    pub at_most: DateTime<Utc>,
}

impl StaffSessionRow {
    /// When it ends if nobody uses it again.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.at_most.min(self.last_seen + self.idle)
    }
}

/// Everything a clerk's request needs of its session, from one statement.
#[derive(Clone, Debug)]
pub struct StaffFacts {
    /// The session.
    pub session: StaffSessionRow,
    /// Its clerk.
    pub clerk: Versioned<Clerk>,
}

/// What a commit does to sessions.
#[derive(Clone, Debug)]
pub enum SessionChange {
    /// Opens one.
    Open(SessionRow),
    /// Ends one.
    Close(AccountId, SessionId),
    /// Opens a clerk's.
    OpenStaff(StaffSessionRow),
    /// Ends a clerk's.
    CloseStaff(ClerkId, SessionId),
}

/// Reads sessions; they are opened and ended by commits alone.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session with this token at this portal, if it is alive at `now` and in its account's generation.
    async fn look_up(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<SessionFacts>, StoreError>;

    /// Notes that it is in use.
    async fn touch(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// The living sessions of an account in this generation, newest first.
    async fn list(&self, account: AccountId, generation: u64, now: DateTime<Utc>) -> Result<Vec<SessionRow>, StoreError>;

    /// The account's memberships with their records.
    async fn memberships(&self, account: AccountId) -> Result<Vec<MembershipFact>, StoreError>;

    /// The clerk's session with this token at this portal, if it is alive at `now` and in its clerk's generation.
    async fn look_up_staff(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<StaffFacts>, StoreError>;

    /// Notes that a clerk's session is in use.
    async fn touch_staff(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Removes dead sessions, at most `limit`; tells how many. Those of clerks too.
    async fn purge(&self, now: DateTime<Utc>, limit: u32) -> Result<u64, StoreError>;
}
