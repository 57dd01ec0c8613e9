//! The aggregates under one type, for stores: what they are is the core's, what a store may index stands here.

use crate::search;
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, DeliveryId, EmailKey, PortalSlug, RecordNumber, Ref,
    account::{self, Account},
    clerk::{self, Clerk},
    membership::{self, Membership},
    registration::{self, Registration},
    roster::{self, Roster},
};
use serde::{Deserialize, Serialize};

/// One aggregate's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// A registration.
    Registration(Box<Registration>),
    /// An account.
    Account(Box<Account>),
    /// A membership.
    Membership(Box<Membership>),
    /// A roster.
    Roster(Box<Roster>),
    /// A clerk.
    Clerk(Box<Clerk>),
}

/// What a store may index of an aggregate, beside its JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Kind and id.
    pub id: Ref,
    /// Whose portal.
    pub portal: PortalSlug,
    /// The state's stable word.
    pub state: &'static str,
    /// When time itself does something.
    pub due_at: Option<DateTime<Utc>>,
    /// The account it belongs to or is.
    pub account: Option<AccountId>,
    /// The record it stands at.
    pub record: Option<RecordNumber>,
    /// The address it is known under.
    pub email: Option<EmailKey>,
    /// An account's or a clerk's session generation; 0 for anything else.
    pub generation: u64,
    /// What a clerk finds it by: address, names and number, folded. `None` for what is in no list.
    pub search: Option<String>,
    /// A membership's latest letter and its state.
    pub letter: Option<(DeliveryId, &'static str)>,
}

impl Aggregate {
    /// What a store may index.
    pub fn index(&self) -> Index {
        match self {
            Self::Registration(state) => Index {
                id: Ref::Registration(state.id()),
                portal: state.portal().clone(),
                state: state.word(),
                due_at: registration::deadline(state),
                account: None,
                record: state.record().cloned(),
                email: Some(state.email().key()),
                generation: 0,
                search: Some(search::registration(state)),
                letter: None,
            },
            Self::Account(state) => Index {
                id: Ref::Account(state.id()),
                portal: state.portal().clone(),
                state: state.word(),
                due_at: account::deadline(state),
                account: Some(state.id()),
                record: state.record().cloned(),
                email: Some(state.email().key()),
                generation: state.generation(),
                search: Some(search::account(state)),
                letter: None,
            },
            Self::Membership(state) => Index {
                id: Ref::Membership(state.id()),
                portal: state.portal().clone(),
                state: state.word(),
                due_at: membership::deadline(state),
                account: Some(state.account()),
                record: Some(state.record().clone()),
                email: None,
                generation: 0,
                search: None,
                letter: state.pin().map(|pin| (pin.delivery, pin.fate.word())),
            },
            Self::Roster(state) => Index {
                id: Ref::Roster(state.id()),
                portal: state.portal().clone(),
                state: "roster",
                due_at: roster::deadline(state),
                account: None,
                record: Some(state.record().clone()),
                email: None,
                generation: 0,
                search: None,
                letter: None,
            },
            Self::Clerk(state) => Index {
                id: Ref::Clerk(state.id()),
                portal: state.portal().clone(),
                state: state.word(),
                due_at: clerk::deadline(state),
                account: None,
                record: None,
                email: Some(state.email().key()),
                generation: state.generation(),
                search: None,
                letter: None,
            },
        }
    }

    /// Kind and id.
    pub fn reference(&self) -> Ref {
        self.index().id
    }
}

macro_rules! conversions {
    ($($variant:ident),*) => {$(
        impl From<$variant> for Aggregate {
            fn from(state: $variant) -> Self {
                Self::$variant(Box::new(state))
            }
        }

        impl TryFrom<Aggregate> for $variant {
            type Error = ();

            fn try_from(aggregate: Aggregate) -> Result<Self, ()> {
                match aggregate {
                    Aggregate::$variant(state) => Ok(*state),
                    _ => Err(()),
                }
            }
        }
    )*};
}

conversions!(Registration, Account, Membership, Roster, Clerk);
