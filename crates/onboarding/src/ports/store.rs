//! The store: aggregates, and the transaction as a value.
//!
//! A [`Commit`] is all of one step or nothing. No session object, no closure and no SQL type crosses this port.

use super::{Delivery, DigestPurpose, Sealed, SessionChange, Settlement};
use crate::Aggregate;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, Claim, ClaimChange, DeliveryId, Digest, PortalSlug, Presented, RecordNumber, Ref, Uuid, audit::AuditEntry,
    consent::ConsentGiven, policy::Retention,
};

/// A row's version: 0 before it exists, then 1, 2, 3….
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// A value with the version it was read at.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Its version.
    pub version: Version,
}

/// What a token in a link leads to; the digest purposes that are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenPurpose {
    /// The handle of a registration.
    Handle,
    /// A confirmation link.
    Confirmation,
    /// A completion or invitation link.
    Completion,
    /// A reset link.
    PasswordReset,
    /// A link that confirms a new address.
    NewEmail,
    /// A link that confirms an optional consent.
    Marketing,
    /// A clerk's one-use token.
    StaffSetup,
}

impl TokenPurpose {
    /// The digest purpose of the same name.
    pub fn digest(self) -> DigestPurpose {
        match self {
            Self::Handle => DigestPurpose::Handle,
            Self::Confirmation => DigestPurpose::Confirmation,
            Self::Completion => DigestPurpose::Completion,
            Self::PasswordReset => DigestPurpose::PasswordReset,
            Self::NewEmail => DigestPurpose::NewEmail,
            Self::Marketing => DigestPurpose::Marketing,
            Self::StaffSetup => DigestPurpose::StaffSetup,
        }
    }
}

/// A token's digest in the index. The digest is made over the portal and the purpose as well, so nothing else tells
/// them apart. Kept, dead or alive, until its owner is purged, so that a late click gets a truthful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEntry {
    /// The digest.
    pub digest: Digest,
    /// Where it leads.
    pub owner: Ref,
}

/// How an aggregate is found without its id.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// By what it holds.
    Claim(Claim),
    /// By a token, dead or alive.
    Token(Presented),
    /// The roster of a record.
    Roster(PortalSlug, RecordNumber),
    /// The membership whose latest letter this is.
    Letter(DeliveryId),
}

/// A set of aggregates around one thing.
#[derive(Clone, Debug)]
pub enum Relation {
    /// All memberships of an account.
    MembershipsOf(AccountId),
    /// All memberships at a record.
    MembershipsAt(PortalSlug, RecordNumber),
    /// Registrations at a record that wait for a decision or their completion.
    OpenRegistrationsAt(PortalSlug, RecordNumber),
}

/// Who did it, for the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody without a session.
    Anonymous,
    /// The person of this account.
    Account(AccountId),
    /// A clerk.
    Clerk(uuid::Uuid),
    /// Somebody at the command line.
    Operator,
    /// Time itself, the worker or the sweeper.
    System,
}

impl Actor {
    /// A stable word and an id: `account:0192…`, `system`.
    pub fn word(self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Account(id) => format!("account:{id}"),
            Self::Clerk(id) => format!("clerk:{id}"),
            Self::Operator => "operator".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

/// One aggregate's new state.
#[derive(Clone, Debug)]
pub struct Write {
    /// The state after the step.
    pub aggregate: Aggregate,
    /// The version before it; 0: it must not exist yet.
    pub expected: Version,
}

/// A repeatable command with its reply.
#[derive(Clone, Debug)]
pub struct CommandRecord {
    /// Portal, route, caller and the caller's key.
    pub key: Digest,
    /// The request's body.
    pub body: Digest,
    /// The reply, sealed with the key's bytes as context.
    pub reply: Sealed,
}

/// What the store knows of a command id.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Digest of the body it came with.
    pub body: Digest,
    /// The sealed reply.
    pub reply: Sealed,
}

/// What a commit does to the outbox.
#[derive(Clone, Debug)]
pub enum OutboxChange {
    /// Orders a delivery.
    Enqueue(Delivery),
    /// Orders a delivery that a worker of this process begins as soon as the step is taken: leased from the step's time on, under
    /// [`FIRST_FENCE`](super::FIRST_FENCE), and with its first attempt noted.
    HandOver(Delivery),
    /// Notes under the fence that an attempt begins; its outcome is unknown until it is settled.
    Attempt {
        /// Which.
        id: DeliveryId,
        /// The lease.
        fence: u64,
    },
    /// Ends a lease.
    Settle {
        /// Which.
        id: DeliveryId,
        /// The lease.
        fence: u64,
        /// How.
        result: Settlement,
    },
    /// A parked delivery waits for a worker again, with its tries forgotten: what nobody knows of a mail's attempts a clerk has weighed. A
    /// letter's stay known, as it must not be printed twice. One that is not parked is a [`CommitError::Conflict`].
    Unpark {
        /// Which.
        id: DeliveryId,
    },
    /// A queued delivery of this owner is of no use any more: its secret was replaced.
    Withdraw {
        /// Which.
        id: DeliveryId,
    },
}

/// Everything of one step: all or nothing.
#[derive(Clone, Debug)]
pub struct Commit {
    /// When.
    pub at: DateTime<Utc>,
    /// Whose portal.
    pub portal: PortalSlug,
    /// Who.
    pub actor: Actor,
    /// New states with the versions they replace.
    pub writes: Vec<Write>,
    /// Facts the decision stood on: their versions must still be these. Version 0: it must still not exist.
    pub expects: Vec<(Ref, Version)>,
    /// Claims that nobody held when the decision was made, and nobody may hold now.
    pub expects_free: Vec<Claim>,
    /// What happened, for the audit.
    pub events: Vec<(Ref, AuditEntry)>,
    /// Uniqueness taken and released. Releases come before takes.
    pub claims: Vec<ClaimChange>,
    /// Tokens that lead somewhere.
    pub tokens: Vec<TokenEntry>,
    /// Mails and letters.
    pub outbox: Vec<OutboxChange>,
    /// Sessions opened and ended.
    pub sessions: Vec<SessionChange>,
    /// Proofs of consent, append-only.
    pub consents: Vec<(Ref, ConsentGiven)>,
    /// The command id with its reply, where the call can be repeated.
    pub command: Option<CommandRecord>,
    /// Whether a power cut may take it away: whoever wrote it finds out the same anew, and nobody was told. The end of the
    /// process takes nothing away.
    pub redoable: bool,
}

impl Commit {
    /// An empty step.
    pub fn new(at: DateTime<Utc>, portal: PortalSlug, actor: Actor) -> Self {
        Self {
            at,
            portal,
            actor,
            writes: Vec::new(),
            expects: Vec::new(),
            expects_free: Vec::new(),
            events: Vec::new(),
            claims: Vec::new(),
            tokens: Vec::new(),
            outbox: Vec::new(),
            sessions: Vec::new(),
            consents: Vec::new(),
            command: None,
            redoable: false,
        }
    }
}

/// Why a step was not taken; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A version moved on: reload, decide again.
    #[error("somebody else changed the same thing")]
    Conflict,
    /// Somebody else holds the claim.
    #[error("the {} is taken", .0.kind())]
    Claimed(Claim),
    /// The command id was used meanwhile: replay it.
    #[error("the command was carried out meanwhile")]
    Duplicate,
    /// The lease is another worker's by now.
    #[error("the lease ran out")]
    Fenced,
    /// The store failed; whether the step was taken is unknown only where the message says so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not reachable, full, read-only or overloaded; a later try may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A row cannot be read. A retry does not help.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

/// An audit entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: DateTime<Utc>,
    /// Who, as [`Actor::word`].
    pub actor: String,
    /// To what.
    pub subject: Ref,
    /// What, in the past tense.
    pub kind: String,
    /// Ids and codes as JSON object.
    pub details: String,
}

/// Keeps aggregates and takes steps.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// The time all replicas agree on, in whole microseconds.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// An aggregate with its version.
    async fn load(&self, what: Ref) -> Result<Option<Versioned<Aggregate>>, StoreError>;

    /// The aggregate behind a claim, token or record.
    async fn find(&self, by: &Lookup) -> Result<Option<Ref>, StoreError>;

    /// The aggregate behind a claim, token or record, with its version: one look where the store can, else two, whether or
    /// not there is one. Nobody learns it from our time.
    async fn behind(&self, by: &Lookup) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        let found = self.find(by).await?;
        self.load(found.unwrap_or(Ref::Account(AccountId(Uuid::nil())))).await
    }

    /// All aggregates around one thing, oldest first.
    async fn related(&self, relation: &Relation) -> Result<Vec<Versioned<Aggregate>>, StoreError>;

    /// The reply to a command id, if it was carried out in the last 24 hours before `now`.
    async fn replay(&self, key: &Presented, now: DateTime<Utc>) -> Result<Option<Replay>, StoreError>;

    /// Takes one step, or nothing of it.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Aggregates whose deadline has come, at most `limit`, longest overdue first.
    async fn due(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Ref>, StoreError>;

    /// The audit trail of one aggregate, oldest first.
    async fn history(&self, of: Ref) -> Result<Vec<AuditRow>, StoreError>;

    /// Proofs of consent of one aggregate, oldest first.
    async fn consents(&self, of: Ref) -> Result<Vec<ConsentGiven>, StoreError>;

    /// Removes what `keep` no longer keeps, at most `limit` of each kind; tells how many. A proof of consent stays, without its
    /// owner.
    async fn purge(&self, now: DateTime<Utc>, keep: &Retention, limit: u32) -> Result<u64, StoreError>;

    /// Whether the store answers and is migrated.
    async fn ready(&self) -> Result<(), StoreError>;
}
