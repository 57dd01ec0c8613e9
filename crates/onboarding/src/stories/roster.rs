//! Who decides at a record, as facts for other stories; and what happens when nobody is left to.

use crate::engine::only;
use crate::error::Error;
use crate::ports::{Lookup, Relation, Versioned};
use crate::step::Step;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    DeliveryId, Record, RecordId, RecordNumber, Ref, RosterId,
    account::{Account, Standing},
    record::RecordStatus,
    registration::{self, Approver, Registration, Stage},
    roster::{self, Roster},
};

/// A record with those who decide there.
pub(crate) struct Company {
    /// The record, where the books have it still.
    pub(crate) record: Option<Versioned<Record>>,
    /// Its roster, where somebody began one.
    pub(crate) roster: Option<Versioned<Roster>>,
    /// The active super admins of an open record.
    pub(crate) approvers: Vec<Approver>,
}

impl Company {
    /// The company's name in the books.
    pub(crate) fn name(&self) -> String {
        self.record.as_ref().map(|record| record.value.name.clone()).unwrap_or_default()
    }

    /// Whether the record opens doors.
    pub(crate) fn is_open(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.value.status == RecordStatus::Open)
    }

    /// The decision stands on the record and its roster as they are now.
    pub(crate) fn expected_by(&self, step: &mut Step) {
        step.commit.expects.extend(self.record.iter().map(|record| (Ref::Record(record.value.id), record.version)));
        step.commit.expects.extend(self.roster.iter().map(|roster| (Ref::Roster(roster.value.id()), roster.version)));
    }
}

impl Onboarding {
    /// A record's roster.
    pub(crate) async fn roster_of(&self, portal: &Portal, number: &RecordNumber) -> Result<Option<Versioned<Roster>>, Error> {
        match self.ports.store.find(&Lookup::Roster(portal.slug.clone(), number.clone())).await? {
            Some(found) => self.load(found).await,
            None => Ok(None),
        }
    }

    /// Begins a record's roster, for the next decision of the same step.
    pub(crate) fn found_roster(&self, step: &mut Step, number: &RecordNumber) -> Result<Option<Versioned<Roster>>, Error> {
        let found = roster::Command::Found { id: RosterId(self.uuid(step.now)), record: number.clone() };
        let (after, _) = step.decide::<Roster>(None, found).map_err(|refusal| Error::Internal(refusal.to_string()))?;
        Ok(Step::then(None, after))
    }

    /// The record behind an id, and who decides there.
    pub(crate) async fn company(&self, portal: &Portal, id: RecordId, number: &RecordNumber) -> Result<Company, Error> {
        let record = self.ports.directory.by_id(id).await?;
        let roster = self.roster_of(portal, number).await?;
        let mut company = Company { record, roster, approvers: Vec::new() };
        if company.is_open()
            && let Some(roster) = &company.roster
        {
            for admin in roster.value.admins().to_vec() {
                let Some(account) = self.load::<Account>(Ref::Account(admin)).await? else { continue };
                if account.value.standing() == Standing::Active {
                    company.approvers.push(approver(&account.value));
                }
            }
        }
        Ok(company)
    }

    /// Ids for mails to this many, at least one.
    pub(crate) fn deliveries(&self, many: usize, now: DateTime<Utc>) -> Vec<DeliveryId> {
        (0..many.max(1)).map(|_| self.delivery(now)).collect()
    }

    /// Requests that wait at a record.
    pub(crate) async fn requests_at(&self, portal: &Portal, number: &RecordNumber) -> Result<Vec<Versioned<Registration>>, Error> {
        let open = self.ports.store.related(&Relation::OpenRegistrationsAt(portal.slug.clone(), number.clone())).await?;
        let waits = |request: &Versioned<Registration>| matches!(request.value.stage(), Stage::AwaitingApproval(_));
        Ok(only::<Registration>(open).into_iter().filter(waits).collect())
    }

    /// Nobody decides at this record any more: in the same step its requests pass to the clerks. Tells whether there were any, of which the
    /// clerks then hear.
    pub(crate) async fn hand_to_clerks(&self, portal: &Portal, step: &mut Step, number: &RecordNumber) -> Result<bool, Error> {
        let mut any = false;
        for request in self.requests_at(portal, number).await? {
            let command =
                registration::Command::Tick { approvers: Vec::new(), deliveries: self.deliveries(1, step.now), company: String::new() };
            let (_, reply) = step.decide(Some(&request), command).map_err(|refusal| Error::Internal(refusal.to_string()))?;
            any |= reply == registration::Reply::Done;
        }
        Ok(any)
    }
}

fn approver(account: &Account) -> Approver {
    let person = account.person();
    // Greeted as in every other mail; a name that is none is left out.
    let name = account.display_name().and_then(|name| onboarding_core::PersonName::parse(&name).ok());
    Approver { email: account.email().clone(), language: account.language(), name: name.or_else(|| person.first_name.clone()) }
}
