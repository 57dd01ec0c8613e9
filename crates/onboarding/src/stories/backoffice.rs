//! What a clerk sees: lists a page at a time, one registration or account with everything beside it, the audit trail.
//!
//! Nothing is changed here. Every look is within the clerk's own portal: what stands elsewhere is not found.

use crate::Onboarding;
use crate::error::Error;
use crate::forms::FieldError;
use crate::ports::{AuditFilter, AuditListed, AuditRow, Listed, MembershipFact, Needle, Place, RegistrationFilter, Versioned};
use crate::stories::registration::{MailFates, RegistrationView, present_word};
use crate::stories::staff::StaffView;
use base64ct::{Base64UrlUnpadded, Encoding};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use onboarding_core::{
    AccountId, Record, Ref, RegistrationId, Uuid,
    account::Account,
    consent::ConsentGiven,
    registration::{MailFate, Origin, Registration},
};

/// Rows of a page.
pub(crate) const PAGE: u32 = 50;
/// The states that can be asked for.
const STATES: [&str; 7] = ["awaiting_email", "awaiting_approval", "awaiting_completion", "active", "rejected", "expired", "closed"];
/// Longest kind or actor that is asked for, in bytes; ours are shorter.
const LONGEST_WORD: usize = 100;

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListPage<T> {
    /// Its rows, newest first.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// Which registrations, as typed.
#[derive(Clone, Debug, Default)]
pub struct RegistrationQuery {
    /// What is searched for in address, names and number.
    pub q: Option<String>,
    /// The state's word.
    pub state: Option<String>,
    /// A date or a time: made then or later.
    pub from: Option<String>,
    /// A date, meant to its end, or a time: made before then.
    pub to: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Which entries of the audit trail, as typed.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// `account:<id>`, `registration:<id>`….
    pub subject: Option<String>,
    /// `account:<id>`, `clerk:<id>`, `system`….
    pub actor: Option<String>,
    /// How the kind begins.
    pub kind: Option<String>,
    /// A date or a time.
    pub from: Option<String>,
    /// A date, meant to its end, or a time.
    pub to: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A registration as a clerk sees it.
#[derive(Clone, Debug)]
pub struct ClerkRegistration {
    /// The registration, with everything that was entered.
    pub registration: Registration,
    /// The state's word at this moment.
    pub state: String,
    /// What its holder sees.
    pub view: RegistrationView,
    /// What became of the latest mail.
    pub mail: MailFate,
    /// The record it claims, as the books have it now; in lists, `None`.
    pub record: Option<Record>,
    /// Decisions on documents, oldest first; in lists, none.
    pub consents: Vec<ConsentGiven>,
    /// Its trail, oldest first; in lists, none.
    pub history: Vec<AuditView>,
}

/// An account as a clerk sees it.
#[derive(Clone, Debug)]
pub struct ClerkAccount {
    /// The account.
    pub account: Account,
    /// All its memberships, ended ones too; in lists, none.
    pub memberships: Vec<MembershipFact>,
    /// Decisions on documents, oldest first; in lists, none.
    pub consents: Vec<ConsentGiven>,
    /// Its trail, oldest first; in lists, none.
    pub history: Vec<AuditView>,
}

/// A line of the audit trail: ids and codes alone.
#[derive(Clone, Debug)]
pub struct AuditView {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// To what: kind and id.
    pub subject: Ref,
    /// What, in the past tense.
    pub kind: String,
    /// Ids and codes.
    pub details: serde_json::Value,
}

impl AuditView {
    fn of(row: AuditRow) -> Self {
        let details = serde_json::from_str(&row.details).unwrap_or_default();
        Self { at: row.at, actor: row.actor, subject: row.subject, kind: row.kind, details }
    }
}

impl ClerkRegistration {
    /// Its id.
    pub fn id(&self) -> RegistrationId {
        self.registration.id()
    }

    /// The revision that a decision must name.
    pub fn version(&self) -> u32 {
        self.registration.dossier().revision
    }

    /// The role an invitation is for; `None` for an application.
    pub fn invited_as(&self) -> Option<onboarding_core::Role> {
        match self.registration.dossier().origin {
            Origin::Applied => None,
            Origin::Invited { role, .. } => Some(role),
        }
    }

    fn of(registration: Registration, mails: &MailFates, now: DateTime<Utc>) -> Self {
        let mail = mails.of(&registration);
        Self {
            state: present_word(&registration, now).to_owned(),
            view: RegistrationView::of(&registration, mail, now),
            mail,
            registration,
            record: None,
            consents: Vec::new(),
            history: Vec::new(),
        }
    }
}

impl Onboarding {
    /// Registrations, newest first, a page at a time.
    ///
    /// # Errors
    /// What cannot be searched for, as [`Error::Input`].
    pub async fn staff_registrations(&self, staff: &StaffView, query: &RegistrationQuery) -> Result<ListPage<ClerkRegistration>, Error> {
        let mut faults = Faults::default();
        let state = query.state.as_deref().map(|typed| STATES.into_iter().find(|state| *state == typed));
        if state == Some(None) {
            faults.add("state", "unknown");
        }
        let filter = RegistrationFilter {
            q: faults.needle(query.q.as_deref()),
            state: state.flatten(),
            from: faults.moment("from", query.from.as_deref(), Bound::From),
            to: faults.moment("to", query.to.as_deref(), Bound::To),
        };
        let after = faults.cursor(query.cursor.as_deref());
        faults.none()?;
        let rows = self.ports.backoffice.registrations(&staff.portal.slug, &filter, after, PAGE + 1).await?;
        let mails = self.mail_fates(rows.iter().map(|row| &row.value)).await?;
        Ok(page(rows, |row| row.place, |row| ClerkRegistration::of(row.value, &mails, staff.now)))
    }

    /// One registration, with everything beside it.
    ///
    /// # Errors
    /// [`Error::NotFound`], of another portal too.
    pub async fn staff_registration(&self, staff: &StaffView, id: RegistrationId) -> Result<ClerkRegistration, Error> {
        let found = self.registration_of(staff, id).await?;
        let record = match &found.value.dossier().record {
            Some((record, _)) => self.ports.directory.by_id(*record).await?.map(|record| record.value),
            None => None,
        };
        let subject = Ref::Registration(id);
        let mails = self.mail_fates(std::iter::once(&found.value)).await?;
        Ok(ClerkRegistration {
            record,
            consents: self.ports.store.consents(subject).await?,
            history: self.trail(subject).await?,
            ..ClerkRegistration::of(found.value, &mails, staff.now)
        })
    }

    /// Accounts, newest first, a page at a time.
    ///
    /// # Errors
    /// What cannot be searched for, as [`Error::Input`].
    pub async fn staff_accounts(&self, staff: &StaffView, q: Option<&str>, cursor: Option<&str>) -> Result<ListPage<ClerkAccount>, Error> {
        let mut faults = Faults::default();
        let (q, after) = (faults.needle(q), faults.cursor(cursor));
        faults.none()?;
        let rows = self.ports.backoffice.accounts(&staff.portal.slug, q, after, PAGE + 1).await?;
        let row =
            |row: Listed<Account>| ClerkAccount { account: row.value, memberships: Vec::new(), consents: Vec::new(), history: Vec::new() };
        Ok(page(rows, |row| row.place, row))
    }

    /// One account, with everything beside it.
    ///
    /// # Errors
    /// [`Error::NotFound`], of another portal too.
    pub async fn staff_account(&self, staff: &StaffView, id: AccountId) -> Result<ClerkAccount, Error> {
        let account = self.account_of(staff, id).await?.value;
        let subject = Ref::Account(id);
        Ok(ClerkAccount {
            account,
            memberships: self.ports.sessions.memberships(id).await?,
            consents: self.ports.store.consents(subject).await?,
            history: self.trail(subject).await?,
        })
    }

    /// The audit trail of the portal, newest first, a page at a time.
    ///
    /// # Errors
    /// What cannot be asked for, as [`Error::Input`].
    pub async fn staff_audit(&self, staff: &StaffView, query: &AuditQuery) -> Result<ListPage<AuditView>, Error> {
        let mut faults = Faults::default();
        let subject = query.subject.as_deref().map(|typed| {
            let (kind, id) = typed.split_once(':')?;
            Ref::of(kind, Uuid::try_parse(id).ok()?)
        });
        if subject == Some(None) {
            faults.add("subject", "format");
        }
        let filter = AuditFilter {
            subject: subject.flatten(),
            actor: faults.word("actor", query.actor.as_deref()),
            kind: faults.word("kind", query.kind.as_deref()),
            from: faults.moment("from", query.from.as_deref(), Bound::From),
            to: faults.moment("to", query.to.as_deref(), Bound::To),
        };
        let after = faults.cursor(query.cursor.as_deref());
        faults.none()?;
        let rows = self.ports.backoffice.audit(&staff.portal.slug, &filter, after, PAGE + 1).await?;
        Ok(page(rows, |row: &AuditListed| row.place, |row| AuditView::of(row.row)))
    }

    pub(crate) async fn registration_of(&self, staff: &StaffView, id: RegistrationId) -> Result<Versioned<Registration>, Error> {
        let found = self.load::<Registration>(Ref::Registration(id)).await?.ok_or(Error::NotFound)?;
        if *found.value.portal() == staff.portal.slug { Ok(found) } else { Err(Error::NotFound) }
    }

    pub(crate) async fn account_of(&self, staff: &StaffView, id: AccountId) -> Result<Versioned<Account>, Error> {
        let found = self.load::<Account>(Ref::Account(id)).await?.ok_or(Error::NotFound)?;
        if *found.value.portal() == staff.portal.slug { Ok(found) } else { Err(Error::NotFound) }
    }

    async fn trail(&self, of: Ref) -> Result<Vec<AuditView>, Error> {
        Ok(self.ports.store.history(of).await?.into_iter().map(AuditView::of).collect())
    }
}

/// A page, and where the next one begins if there is one.
pub(crate) fn page<R, T>(mut rows: Vec<R>, place: impl Fn(&R) -> Place, view: impl Fn(R) -> T) -> ListPage<T> {
    let whole = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > whole;
    rows.truncate(whole);
    let next = rows.last().filter(|_| more).map(|row| cursor_of(place(row)));
    ListPage { rows: rows.into_iter().map(view).collect(), next }
}

/// Opaque to whoever holds it; it names a place in a list and opens nothing.
pub(crate) fn cursor_of(place: Place) -> String {
    let mut bytes = [0_u8; 24];
    bytes[..8].copy_from_slice(&place.at.timestamp_micros().to_be_bytes());
    bytes[8..].copy_from_slice(place.id.as_bytes());
    Base64UrlUnpadded::encode_string(&bytes)
}

/// The inverse of [`cursor_of`].
pub(crate) fn place_of(cursor: &str) -> Option<Place> {
    let mut bytes = [0_u8; 24];
    if cursor.len() != 32 || Base64UrlUnpadded::decode(cursor, &mut bytes).ok()?.len() != bytes.len() {
        return None;
    }
    let (at, id) = bytes.split_at(8);
    let at = DateTime::from_timestamp_micros(i64::from_be_bytes(at.try_into().ok()?))?;
    Some(Place { at, id: Uuid::from_slice(id).ok()? })
}

/// Which end of a span a date means.
#[derive(Clone, Copy)]
enum Bound {
    From,
    To,
}

/// Everything that is wrong with a query, told at once.
#[derive(Default)]
pub(crate) struct Faults(Vec<FieldError>);

impl Faults {
    pub(crate) fn add(&mut self, field: &str, code: &'static str) {
        self.0.push(FieldError::new(field, code));
    }

    pub(crate) fn none(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Input(self.0)) }
    }

    fn needle(&mut self, typed: Option<&str>) -> Option<Needle> {
        let typed = typed.filter(|typed| !typed.trim().is_empty())?;
        let needle = Needle::parse(typed);
        if needle.is_none() {
            let long = typed.trim().chars().take(Needle::MAX_CHARS + 1).count() > Needle::MAX_CHARS;
            self.0.push(if long {
                FieldError::new("q", "too_long").with("max", Needle::MAX_CHARS)
            } else {
                FieldError::new("q", "characters")
            });
        }
        needle
    }

    fn word(&mut self, field: &str, typed: Option<&str>) -> Option<String> {
        let typed = typed?;
        let fits = typed.len() <= LONGEST_WORD && typed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte));
        if !fits {
            self.add(field, "format");
        }
        fits.then(|| typed.to_owned())
    }

    fn moment(&mut self, field: &str, typed: Option<&str>, bound: Bound) -> Option<DateTime<Utc>> {
        let typed = typed?;
        let of_date = |date: NaiveDate| {
            let start = date.and_time(NaiveTime::MIN).and_utc();
            match bound {
                Bound::From => Some(start),
                Bound::To => start.checked_add_signed(TimeDelta::days(1)),
            }
        };
        let moment = match DateTime::parse_from_rfc3339(typed) {
            Ok(moment) => Some(moment.to_utc()),
            Err(_) => NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok().and_then(of_date),
        };
        if moment.is_none() {
            self.add(field, "format");
        }
        moment
    }

    pub(crate) fn cursor(&mut self, typed: Option<&str>) -> Option<Place> {
        let typed = typed?;
        let place = place_of(typed);
        if place.is_none() {
            self.add("cursor", "format");
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nothing_else_is_one() {
        let place = Place { at: DateTime::from_timestamp_micros(1_767_600_000_000_001).unwrap(), id: Uuid::from_u128(7) };
        let cursor = cursor_of(place);
        assert_eq!(place_of(&cursor), Some(place));
        for other in ["", "%", &cursor[1..], &format!("{cursor}A"), &"=".repeat(32), &"€".repeat(11)] {
            assert_eq!(place_of(other), None, "{other}");
        }
    }
}
