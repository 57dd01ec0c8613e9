//! What must be unique, as values under a unique index: no check-then-act.

use crate::{
    EmailKey, Journey, PortalSlug, RecordNumber, Ref,
    journey::{AccountsPerRecord, LoginWith},
};

/// Something only one account may hold, or one clerk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// An address that signs in.
    Email(PortalSlug, EmailKey),
    /// A record's number that signs in.
    Login(PortalSlug, RecordNumber),
    /// A record that may have one account.
    Record(PortalSlug, RecordNumber),
    /// An address that signs a clerk in. Apart from [`Claim::Email`]: a clerk may be a customer too.
    Staff(PortalSlug, EmailKey),
}

impl Claim {
    /// A stable word: `email`, `login`, `record`, `staff`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Email(..) => "email",
            Self::Login(..) => "login",
            Self::Record(..) => "record",
            Self::Staff(..) => "staff",
        }
    }

    /// The portal within which it is unique.
    pub fn portal(&self) -> &PortalSlug {
        match self {
            Self::Email(portal, _) | Self::Login(portal, _) | Self::Record(portal, _) | Self::Staff(portal, _) => portal,
        }
    }

    /// The value that is unique.
    pub fn value(&self) -> &str {
        match self {
            Self::Email(_, key) | Self::Staff(_, key) => key.as_str(),
            Self::Login(_, number) | Self::Record(_, number) => number.as_str(),
        }
    }

    /// Everything an account of this journey holds. Source: rules.md "Claims".
    pub fn of_account(journey: &Journey, email: &EmailKey, record: Option<&RecordNumber>) -> Vec<Self> {
        let mut claims = Vec::new();
        match (journey.login_with, record) {
            (LoginWith::Email, _) => claims.push(Self::Email(journey.portal.clone(), email.clone())),
            (LoginWith::RecordNumber, Some(number)) => claims.push(Self::Login(journey.portal.clone(), number.clone())),
            (LoginWith::RecordNumber, None) => {}
        }
        if let (AccountsPerRecord::One, Some(number)) = (journey.accounts_per_record, record) {
            claims.push(Self::Record(journey.portal.clone(), number.clone()));
        }
        claims
    }
}

/// A claim taken or given back with a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// From now on this aggregate holds it; a lost race is an error of the commit.
    Take(Claim, Ref),
    /// Nobody holds it any more.
    Release(Claim),
}
