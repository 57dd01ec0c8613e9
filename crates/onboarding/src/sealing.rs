//! What the outbox keeps sealed: recipient, parameters, secrets. Nothing of it is readable without the keys.

use crate::ports::{Sealed, Vault, VaultError};
use chrono::{DateTime, Utc};
use onboarding_core::{DeliveryId, EmailAddress, Language, Page, Param, Personal, PinLetterOrder, RecordNumber, Role};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The content of one delivery.
#[derive(Debug)]
pub(crate) enum Payload {
    /// A mail.
    Mail { to: EmailAddress, params: Vec<Param> },
    /// A letter.
    Letter(PinLetterOrder),
    /// Nothing: the row only looks like a mail.
    Decoy,
}

#[derive(Serialize, Deserialize)]
enum Stored {
    Mail {
        to: EmailAddress,
        params: Vec<StoredParam>,
    },
    Letter {
        record: RecordNumber,
        language: Language,
        pin: String,
        requester: String,
        requested_at: DateTime<Utc>,
        reissued: bool,
        valid_until: DateTime<Utc>,
        held: bool,
    },
    Decoy {
        padding: String,
    },
}

/// The serialised form of a parameter; it exists only between JSON and the seal.
#[derive(Serialize, Deserialize)]
enum StoredParam {
    Name(String),
    Code(String),
    Password(String),
    Link(String, String),
    PageLink(String),
    ValidUntil(DateTime<Utc>),
    At(DateTime<Utc>),
    Days(u32),
    Company(String),
    Business(String),
    RecordNumber(String),
    Email(String),
    Reason(String),
    Role(Role),
    Count(u32),
}

fn page_of(path: &str) -> Option<Page> {
    use Page::{Confirm, ConfirmNewEmail, Invite, Login, PasswordForgot, PasswordReset, Setup, Staff, Team};
    [Confirm, Setup, Invite, PasswordReset, ConfirmNewEmail, Login, PasswordForgot, Team, Staff]
        .into_iter()
        .find(|page| page.path() == path)
}

impl From<&Param> for StoredParam {
    fn from(param: &Param) -> Self {
        match param {
            Param::Name(text) => Self::Name(text.clone()),
            Param::Code(secret) => Self::Code(secret.expose_secret().to_owned()),
            Param::Password(secret) => Self::Password(secret.expose_secret().to_owned()),
            Param::Link(page, token) => Self::Link(page.path().to_owned(), token.expose_secret().to_owned()),
            Param::PageLink(page) => Self::PageLink(page.path().to_owned()),
            Param::ValidUntil(at) => Self::ValidUntil(*at),
            Param::At(at) => Self::At(*at),
            Param::Days(days) => Self::Days(*days),
            Param::Company(text) => Self::Company(text.clone()),
            Param::Business(text) => Self::Business(text.clone()),
            Param::RecordNumber(text) => Self::RecordNumber(text.clone()),
            Param::Email(text) => Self::Email(text.clone()),
            Param::Reason(text) => Self::Reason(text.clone()),
            Param::Role(role) => Self::Role(*role),
            Param::Count(count) => Self::Count(*count),
        }
    }
}

impl StoredParam {
    fn open(self) -> Option<Param> {
        Some(match self {
            Self::Name(text) => Param::Name(text),
            Self::Code(secret) => Param::Code(SecretString::from(secret)),
            Self::Password(secret) => Param::Password(SecretString::from(secret)),
            Self::Link(page, token) => Param::Link(page_of(&page)?, SecretString::from(token)),
            Self::PageLink(page) => Param::PageLink(page_of(&page)?),
            Self::ValidUntil(at) => Param::ValidUntil(at),
            Self::At(at) => Param::At(at),
            Self::Days(days) => Param::Days(days),
            Self::Company(text) => Param::Company(text),
            Self::Business(text) => Param::Business(text),
            Self::RecordNumber(text) => Param::RecordNumber(text),
            Self::Email(text) => Param::Email(text),
            Self::Reason(text) => Param::Reason(text),
            Self::Role(role) => Param::Role(role),
            Self::Count(count) => Param::Count(count),
        })
    }
}

/// Seals a payload to its delivery: moved to another row it stays shut.
pub(crate) fn seal(vault: &dyn Vault, id: DeliveryId, payload: &Payload) -> Sealed {
    let stored = match payload {
        Payload::Mail { to, params } => Stored::Mail { to: to.clone(), params: params.iter().map(StoredParam::from).collect() },
        Payload::Letter(order) => Stored::Letter {
            record: order.record.clone(),
            language: order.language,
            pin: order.pin.expose_secret().to_owned(),
            requester: order.requester.0.clone(),
            requested_at: order.requested_at,
            reissued: order.reissued,
            valid_until: order.valid_until,
            held: order.held,
        },
        // About as long as a reset mail's payload.
        Payload::Decoy => Stored::Decoy { padding: "0".repeat(220) },
    };
    let plain = Zeroizing::new(serde_json::to_vec(&stored).expect("a payload is plain data and has no map with other keys than texts"));
    vault.seal(id.0.as_bytes(), &plain)
}

/// Why a payload cannot be used. A retry does not help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("could not read an opened payload")]
    Unreadable,
}

/// Opens a payload.
pub(crate) fn open(vault: &dyn Vault, id: DeliveryId, sealed: &Sealed) -> Result<Payload, OpenError> {
    let plain = vault.open(id.0.as_bytes(), sealed)?;
    match serde_json::from_slice(&plain).map_err(|_| OpenError::Unreadable)? {
        Stored::Mail { to, params } => {
            let params = params.into_iter().map(StoredParam::open).collect::<Option<Vec<_>>>().ok_or(OpenError::Unreadable)?;
            Ok(Payload::Mail { to, params })
        }
        Stored::Letter { record, language, pin, requester, requested_at, reissued, valid_until, held } => {
            let (pin, requester) = (SecretString::from(pin), Personal(requester));
            Ok(Payload::Letter(PinLetterOrder { id, record, language, pin, requester, requested_at, reissued, valid_until, held }))
        }
        Stored::Decoy { padding: _ } => Ok(Payload::Decoy),
    }
}
