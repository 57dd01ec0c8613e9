//! Fresh ids and secrets: randomness from the port, digests from the vault.

use crate::Onboarding;
use crate::ports::{DigestPurpose, TokenPurpose};
use base64ct::{Base64UrlUnpadded, Encoding};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, DeliveryId, MembershipId, Minted, PortalSlug, Presented, RecordId, RegistrationId, RosterId, code, policy, registration,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// One id for an account at a record: of two steps that both let it in, or both ask for its letter, one has not seen the other, and is
/// decided anew.
pub(crate) fn membership_id(account: AccountId, record: RecordId) -> MembershipId {
    let mixed = account.0.as_u128() ^ record.0.as_u128();
    MembershipId(uuid::Builder::from_custom_bytes(mixed.to_be_bytes()).into_uuid())
}

/// Whose PIN it is: the same characters are another PIN elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PinOf {
    /// A letter's, which one account alone redeems.
    Letter(MembershipId),
    /// A notice's, which is the record's own.
    Notice(RosterId),
}

impl PinOf {
    fn parts<'a>(&'a self, pin: &'a str) -> [&'a [u8]; 3] {
        match self {
            Self::Letter(id) => [b"letter", id.0.as_bytes(), pin.as_bytes()],
            Self::Notice(id) => [b"notice", id.0.as_bytes(), pin.as_bytes()],
        }
    }
}

/// Longest token that is looked at, in bytes; ours have 43.
const LONGEST_TOKEN: usize = 128;

impl Onboarding {
    /// A UUID version 7: sorts by time.
    pub(crate) fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let mut random = [0_u8; 10];
        self.ports.entropy.fill(&mut random);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    pub(crate) fn delivery(&self, now: DateTime<Utc>) -> DeliveryId {
        DeliveryId(self.uuid(now))
    }

    /// A token of 256 bit, written in 43 characters that need no escaping in a link.
    pub(crate) fn token(&self, portal: &PortalSlug, purpose: DigestPurpose) -> Minted {
        let mut bytes = [0_u8; policy::TOKEN_BYTES];
        self.ports.entropy.fill(&mut bytes);
        let plain = Base64UrlUnpadded::encode_string(&bytes);
        let digest = self.ports.vault.digest(purpose, &[portal.as_str().as_bytes(), plain.as_bytes()]);
        Minted { plain: SecretString::from(plain), digest }
    }

    /// A token as presented; `None` for what cannot be one, so that no digest is made of a megabyte.
    pub(crate) fn presented(&self, portal: &PortalSlug, purpose: DigestPurpose, token: &SecretString) -> Option<Presented> {
        let token = token.expose_secret().trim();
        let shaped =
            !token.is_empty() && token.len() <= LONGEST_TOKEN && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        shaped.then(|| self.ports.vault.presented(purpose, &[portal.as_str().as_bytes(), token.as_bytes()]))
    }

    /// A fresh PIN.
    pub(crate) fn pin(&self, of: PinOf) -> Minted {
        let plain = code::draw(policy::PIN_CHARS, |bytes| self.ports.entropy.fill(bytes));
        let digest = self.ports.vault.digest(DigestPurpose::Pin, &of.parts(&plain));
        Minted { plain: SecretString::from(plain), digest }
    }

    /// A PIN as typed, in its one form.
    pub(crate) fn presented_pin(&self, of: PinOf, typed: &SecretString) -> Presented {
        self.ports.vault.presented(DigestPurpose::Pin, &of.parts(typed.expose_secret()))
    }

    /// Code, link and mail id of one proof.
    pub(crate) fn proof(&self, portal: &PortalSlug, id: RegistrationId, now: DateTime<Utc>) -> registration::Fresh {
        let plain = code::draw(policy::CODE_CHARS, |bytes| self.ports.entropy.fill(bytes));
        let digest = self.ports.vault.digest(DigestPurpose::Code, &[id.0.as_bytes(), plain.as_bytes()]);
        registration::Fresh {
            code: Minted { plain: SecretString::from(plain), digest },
            link: self.token(portal, TokenPurpose::Confirmation.digest()),
            delivery: self.delivery(now),
        }
    }

    pub(crate) fn link(&self, portal: &PortalSlug, purpose: TokenPurpose, now: DateTime<Utc>) -> registration::FreshLink {
        registration::FreshLink { link: self.token(portal, purpose.digest()), delivery: self.delivery(now) }
    }
}
