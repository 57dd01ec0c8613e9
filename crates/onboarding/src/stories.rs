//! The use cases, one story a file: each a short method of [`Onboarding`](crate::Onboarding) over the same loop.
//!
//! JSON and HTML doors call the same methods; nothing is decided in a door.

mod apply;
mod claim;
mod confirm;
mod consents;
mod email;
mod import;
mod lifecycle;
mod password;
mod profile;
mod registration;
mod reset;
mod session;
mod sign_in;

pub use apply::Applied;
pub use claim::ClaimTicket;
pub use confirm::{Confirmed, LinkView};
pub use consents::ConsentView;
pub use email::NewEmailView;
pub use import::{ImportError, RowFault, records_from_csv};
pub use password::PasswordChanged;
pub use profile::{AccountView, Amendment, Export, HeldMembership, HeldRegistration, HistoryEntry, Typed};
pub use registration::RegistrationView;
pub use reset::{ResetDone, ResetView};
pub use session::{MembershipView, Needs, SessionListEntry, SessionView, SignedIn};
