//! The use cases, one story a file: each a short method of [`Onboarding`](crate::Onboarding) over the same loop.
//!
//! JSON and HTML doors call the same methods; nothing is decided in a door.

mod activate;
mod apply;
mod approve;
mod backoffice;
mod claim;
mod complete;
mod confirm;
mod consents;
mod email;
mod import;
mod import_notes;
mod invite;
mod letters;
mod lifecycle;
mod membership;
mod notice;
mod outgoing;
mod password;
mod pin_letter;
mod profile;
mod provision;
mod records;
mod registration;
mod reset;
mod roster;
mod session;
mod sign_in;
mod staff;
mod suspend;
mod team;

pub use apply::Applied;
pub use approve::Decided;
pub use backoffice::{AuditQuery, AuditView, ClerkAccount, ClerkRegistration, ListPage, RegistrationQuery};
pub use claim::ClaimTicket;
pub use complete::{Completed, CompletionForm, SetupView};
pub use confirm::{Confirmed, LinkView};
pub use consents::ConsentView;
pub use email::NewEmailView;
pub use import::{ImportError, RowFault, records_from_csv};
pub use invite::{InvitationForm, Invited};
pub use letters::LetterView;
pub use membership::Redeemed;
pub use notice::IssuedNotice;
pub use outgoing::{ApprovalAges, DeliveryView, Overview};
pub use password::PasswordChanged;
pub use pin_letter::PinLetterView;
pub use profile::{AccountView, Amendment, Export, HeldMembership, HeldRegistration, HistoryEntry, Typed};
pub use provision::Provisioned;
pub use records::{RecordForm, RecordView};
pub use registration::RegistrationView;
pub use reset::{ResetDone, ResetView};
pub use session::{MembershipView, Needs, SessionListEntry, SessionView, SignedIn};
pub use staff::{StaffPrepared, StaffSignedIn, StaffView};
pub use team::{MemberChange, TeamInvitation, TeamMember, TeamRecord, TeamRequest, TeamView};
