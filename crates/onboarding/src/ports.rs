//! What the engine asks of the outside: one trait per role, each held as `Arc<dyn …>`.
//!
//! Every trait has a behaving fake and a contract suite in `onboarding-testkit`; with the feature `mock` each also has a
//! `mockall` mock, `Mock…`.

mod backoffice;
mod clock;
mod directory;
mod hasher;
mod letter_press;
mod mailer;
mod outbox;
mod sessions;
mod stationery;
mod store;
mod throttle;
mod vault;

pub use backoffice::{AuditFilter, AuditListed, Backoffice, Counted, DeliveryListed, Listed, Needle, Place, RegistrationFilter, Tally};
pub use clock::{Clock, Entropy};
pub use directory::{Directory, DirectoryError, ImportFault, ImportId, ImportNote, ImportReport, ImportState};
pub use hasher::{HasherError, PasswordHasher, Verification};
pub use letter_press::{JobRef, JobStatus, LetterError, LetterPress, RenderedLetter};
pub use mailer::{MailError, Mailer, Receipt, RenderedMail};
pub use outbox::{
    Delivery, DeliveryKind, DeliveryStatus, FIRST_FENCE, Kept, LEASE, LONGEST_DELIVERY, Leased, Outbox, OutboxFilter, OutboxRow, Settlement,
};
pub use sessions::{MembershipFact, SessionChange, SessionFacts, SessionKind, SessionRow, Sessions, StaffFacts, StaffSessionRow};
pub use stationery::{MailOrder, Stationery, StationeryError};
pub use store::{
    Actor, AuditRow, CommandRecord, Commit, CommitError, Lookup, OutboxChange, Relation, Replay, Store, StoreError, TokenEntry,
    TokenPurpose, Version, Versioned, Write,
};
pub use throttle::{Taken, Throttle, ThrottleKey};
pub use vault::{DigestPurpose, Sealed, Vault, VaultError};

#[cfg(feature = "mock")]
pub use {
    backoffice::MockBackoffice,
    clock::{MockClock, MockEntropy},
    directory::MockDirectory,
    hasher::MockPasswordHasher,
    letter_press::MockLetterPress,
    mailer::MockMailer,
    outbox::MockOutbox,
    sessions::MockSessions,
    stationery::MockStationery,
    store::MockStore,
    throttle::MockThrottle,
    vault::MockVault,
};
