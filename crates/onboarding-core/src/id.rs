//! Identities: one type per thing, so that a registration's id never opens an account.
//!
//! The core never makes an id; the driver mints them (UUID version 7) and passes them in.

use std::fmt;

pub use uuid::Uuid;

macro_rules! identity {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

identity! {
    /// A registration: an application or an invitation on its way to an account. 128 bit.
    RegistrationId,
    /// A person's account at one portal. 128 bit.
    AccountId,
    /// An account's standing at one record. 128 bit.
    MembershipId,
    /// The roster of one record. 128 bit.
    RosterId,
    /// A clerk of one portal. 128 bit.
    ClerkId,
    /// A row of the master data, whatever its number is called. 128 bit.
    RecordId,
    /// An outgoing mail or letter; the same on every attempt. 128 bit.
    DeliveryId,
    /// A session; what a person sees in the list of devices, never what authorises. 128 bit.
    SessionId,
}

/// One aggregate, by kind and id: what a commit expects, what a token leads to, whom an outgoing mail belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Ref {
    /// A registration.
    Registration(RegistrationId),
    /// An account.
    Account(AccountId),
    /// A membership.
    Membership(MembershipId),
    /// A roster.
    Roster(RosterId),
    /// A clerk.
    Clerk(ClerkId),
    /// A row of the master data: a fact, never written by a decision.
    Record(RecordId),
}

impl Ref {
    /// The id without its kind.
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Registration(id) => id.0,
            Self::Account(id) => id.0,
            Self::Membership(id) => id.0,
            Self::Roster(id) => id.0,
            Self::Clerk(id) => id.0,
            Self::Record(id) => id.0,
        }
    }

    /// A stable word for the kind: `registration`, `account`, `membership`, `roster`, `clerk`, `record`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Registration(_) => "registration",
            Self::Account(_) => "account",
            Self::Membership(_) => "membership",
            Self::Roster(_) => "roster",
            Self::Clerk(_) => "clerk",
            Self::Record(_) => "record",
        }
    }

    /// The inverse of [`Ref::kind`] and [`Ref::uuid`]; `None` for a word that names no kind.
    pub fn of(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "registration" => Some(Self::Registration(RegistrationId(id))),
            "account" => Some(Self::Account(AccountId(id))),
            "membership" => Some(Self::Membership(MembershipId(id))),
            "roster" => Some(Self::Roster(RosterId(id))),
            "clerk" => Some(Self::Clerk(ClerkId(id))),
            "record" => Some(Self::Record(RecordId(id))),
            _ => None,
        }
    }
}
