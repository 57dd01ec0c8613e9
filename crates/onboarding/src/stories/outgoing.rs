//! Mails and letters in the clerks' hands: which wait, which are stuck, and sending a stuck one again; and what waits at the portal, counted.
//!
//! No recipient and no parameter is shown: what is sealed stays so. Whether a stuck one still has anything to say the core decides.

use crate::Onboarding;
use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::{Counted, DeliveryKind, DeliveryStatus, Kept, OutboxChange, OutboxRow, TokenPurpose, Versioned};
use crate::sealing::{self, Payload};
use crate::step::Step;
use crate::stories::backoffice::{Faults, ListPage, PAGE, page};
use crate::stories::staff::StaffView;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::{
    DeliveryId, MailTemplate, Page, Param, Presented, Ref,
    account::Account,
    audit::AuditEntry,
    membership::{self, LetterFate, Membership},
    policy,
    registration::Registration,
    retry::{self, Carries},
};
use serde::{Deserialize, Serialize};

/// A mail or letter in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    /// Its id.
    pub id: DeliveryId,
    /// `mail` or `letter`.
    pub kind: String,
    /// The template's word.
    pub template: String,
    /// In which language, as a tag.
    pub language: String,
    /// `queued`, `sent`, `failed`, `parked`, `expired`.
    pub state: String,
    /// How many attempts.
    pub attempts: u32,
    /// The last reason, a code.
    pub reason: Option<String>,
    /// Kind and id of what ordered it, such as `account:<id>`.
    pub owner: String,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
}

impl DeliveryView {
    fn of(row: OutboxRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind.word().to_owned(),
            template: row.template,
            language: row.language.tag().to_owned(),
            state: row.status.word().to_owned(),
            attempts: row.attempts,
            reason: row.reason,
            owner: format!("{}:{}", row.owner.kind(), row.owner.uuid()),
            created_at: row.created_at,
            settled_at: row.settled_at,
        }
    }
}

/// Requests for approval by how long ago they were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApprovalAges {
    /// Less than a day ago.
    pub within_a_day: u64,
    /// Less than three: nobody was reminded yet.
    pub within_three_days: u64,
    /// Less than seven: the record's people were reminded.
    pub within_seven_days: u64,
    /// Longer ago: the clerks' affair.
    pub older: u64,
}

/// What waits at a portal. A state that nothing is in is left out.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Registrations that wait for somebody, by state.
    pub registrations: Vec<Counted>,
    /// Requests for approval by age.
    pub approvals: ApprovalAges,
    /// Letters whose PIN still counts, by state.
    pub letters: Vec<Counted>,
    /// Mails and letters that are queued, parked or failed.
    pub deliveries: Vec<(DeliveryKind, Counted)>,
}

/// Who ordered a delivery, as far as it has a say in a retry.
enum Owner {
    Registration(Versioned<Registration>),
    Account(Versioned<Account>),
    Membership(Versioned<Membership>),
    Other,
}

impl Onboarding {
    /// Mails and letters, newest first, a page at a time.
    ///
    /// # Errors
    /// An unknown state or cursor as field to mend.
    pub async fn staff_outbox(
        &self,
        staff: &StaffView,
        state: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<ListPage<DeliveryView>, Error> {
        let mut faults = Faults::default();
        let state = state.map(DeliveryStatus::of);
        if state == Some(None) {
            faults.add("state", "unknown");
        }
        let after = faults.cursor(cursor);
        faults.none()?;
        let rows = self.ports.backoffice.deliveries(&staff.portal.slug, state.flatten(), after, PAGE + 1).await?;
        Ok(page(rows, |row| row.place, |row| DeliveryView::of(row.row)))
    }

    /// One mail or letter.
    ///
    /// # Errors
    /// [`Error::NotFound`], of another portal too.
    pub async fn staff_delivery(&self, staff: &StaffView, id: DeliveryId) -> Result<DeliveryView, Error> {
        let kept = self.ports.outbox.kept(id).await?.filter(|kept| kept.portal == staff.portal.slug);
        kept.map(|kept| DeliveryView::of(kept.row)).ok_or(Error::NotFound)
    }

    /// A parked mail or letter waits for a worker again. What waits for it goes out after it.
    ///
    /// # Errors
    /// [`Error::NotFound`], of another portal too; [`Error::Delivery`] for one that is not parked, or whose secret opens nothing any more.
    pub async fn retry_delivery(&self, caller: &Caller, staff: &StaffView, id: DeliveryId) -> Result<DeliveryView, Error> {
        let portal = &staff.portal;
        let _turn = self.turn(portal, caller).await;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            if let Some(done) = self.replayed(portal, caller, now).await? {
                return Ok(done);
            }
            let kept = self.ports.outbox.kept(id).await?.filter(|kept| kept.portal == portal.slug).ok_or(Error::NotFound)?;
            let owner = self.owner_of_delivery(&kept).await?;
            let parked = match kept.row.status {
                DeliveryStatus::Parked => Ok(()),
                other @ (DeliveryStatus::Queued | DeliveryStatus::Sent | DeliveryStatus::Failed | DeliveryStatus::Expired) => {
                    Err(other.word())
                }
            };
            retry::decide(parked, kept.not_after, self.carries(&kept, &owner, now), now)?;
            let mut step = self.step(portal, staff.actor(), now);
            step.commit.outbox.push(OutboxChange::Unpark { id });
            step.commit.events.push((kept.row.owner, AuditEntry::new("delivery.retried").with("delivery", id)));
            waits_again(&mut step, &owner, id)?;
            let row = OutboxRow { status: DeliveryStatus::Queued, attempts: 0, settled_at: None, ..kept.row };
            let view = DeliveryView::of(row);
            self.remember(&mut step, portal, caller, &view)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(view);
            }
        }
        Err(Error::Contended)
    }

    /// What waits at the portal, counted.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn staff_overview(&self, staff: &StaffView) -> Result<Overview, Error> {
        let marks = [TimeDelta::days(1), policy::APPROVAL_REMINDER, policy::APPROVAL_ESCALATION].map(|age| staff.now - age);
        let tally = self.ports.backoffice.tally(&staff.portal.slug, &marks).await?;
        let all = tally.registrations.iter().find(|counted| counted.state == "awaiting_approval").map_or(0, |counted| counted.count);
        let before = |mark: usize| tally.approvals.get(mark).copied().unwrap_or_default();
        let approvals = ApprovalAges {
            within_a_day: all.saturating_sub(before(0)),
            within_three_days: before(0).saturating_sub(before(1)),
            within_seven_days: before(1).saturating_sub(before(2)),
            older: before(2),
        };
        Ok(Overview { registrations: tally.registrations, approvals, letters: tally.letters, deliveries: tally.deliveries })
    }

    async fn owner_of_delivery(&self, kept: &Kept) -> Result<Owner, Error> {
        let owner = kept.row.owner;
        Ok(match owner {
            Ref::Registration(_) => self.load(owner).await?.map_or(Owner::Other, Owner::Registration),
            Ref::Account(_) => self.load(owner).await?.map_or(Owner::Other, Owner::Account),
            Ref::Membership(_) => self.load(owner).await?.map_or(Owner::Other, Owner::Membership),
            Ref::Roster(_) | Ref::Clerk(_) | Ref::Record(_) => Owner::Other,
        })
    }

    fn carries(&self, kept: &Kept, owner: &Owner, now: DateTime<Utc>) -> Carries {
        let id = kept.row.id;
        match (owner, MailTemplate::of(&kept.row.template)) {
            (Owner::Registration(owner), Some(template)) => retry::of_registration(&owner.value, id, template),
            (Owner::Account(owner), Some(template)) => retry::of_account(&owner.value, id, template, self.link_in(kept).as_ref(), now),
            (Owner::Membership(owner), None) => retry::of_letter(&owner.value, id),
            (Owner::Registration(_) | Owner::Account(_), None) | (Owner::Membership(_), Some(_)) | (Owner::Other, _) => Carries::Something,
        }
    }

    /// The token in a mail that is still sealed, for the door that its page leads to.
    fn link_in(&self, kept: &Kept) -> Option<Presented> {
        let Ok(Payload::Mail { params, .. }) = sealing::open(&*self.ports.vault, kept.row.id, kept.sealed.as_ref()?) else { return None };
        params.iter().find_map(|param| match param {
            Param::Link(Page::PasswordReset, token) => self.presented(&kept.portal, TokenPurpose::PasswordReset.digest(), token),
            Param::Link(Page::ConfirmNewEmail, token) => self.presented(&kept.portal, TokenPurpose::NewEmail.digest(), token),
            _ => None,
        })
    }
}

/// Who ordered it hears that it is on its way again, and must still be what the decision stood on.
fn waits_again(step: &mut Step, owner: &Owner, id: DeliveryId) -> Result<(), Error> {
    let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    let stood_on = match owner {
        Owner::Registration(owner) => (Ref::Registration(owner.value.id()), owner.version),
        Owner::Account(owner) => (Ref::Account(owner.value.id()), owner.version),
        Owner::Membership(owner) => {
            let command = membership::Command::SettleLetter { delivery: id, fate: LetterFate::Queued };
            step.decide(Some(owner), command).map_err(|error| internal(&error))?;
            (Ref::Membership(owner.value.id()), owner.version)
        }
        Owner::Other => return Ok(()),
    };
    if step.commit.writes.is_empty() {
        step.commit.expects.push(stood_on);
    }
    Ok(())
}
