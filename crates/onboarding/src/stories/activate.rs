//! What follows when a registration has passed every gate: an account opens, or one that is there already takes over what was agreed to;
//! the membership; the roster, where the role decides on others. All of it joins the step that passed the last gate.

use crate::engine::only;
use crate::error::Error;
use crate::minting::membership_id;
use crate::ports::{Relation, Versioned};
use crate::step::Step;
use crate::stories::profile::REGISTRATION;
use crate::stories::roster::Company;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, EmailAddress, Mail, MailTemplate, Minted, Param, PasswordHash, RecordId, RecordNumber, Ref, Role,
    account::{self, Account, NewAccount, NewCredential, Standing},
    code,
    journey::MembershipBy,
    membership::{self, Membership, Place},
    policy,
    registration::{Dossier, NewPassword, Origin},
    roster::{self, Roster},
};
use secrecy::SecretString;
use std::sync::Arc;

/// A generated password, minted and hashed once for all rounds of the loop.
pub(crate) struct Generated {
    pub(crate) password: Minted,
    pub(crate) hash: PasswordHash,
}

/// Everything an account opens with, beside its registration.
pub(crate) struct Opening<'a> {
    /// Id of the account that opens, where there is none.
    pub(crate) account: AccountId,
    /// The account that holds the address already.
    pub(crate) existing: Option<&'a Versioned<Account>>,
    /// The password chosen on the way.
    pub(crate) password: Option<NewPassword>,
    /// The password to be mailed, where the journey says so.
    pub(crate) generated: Option<&'a Generated>,
}

impl Onboarding {
    pub(crate) async fn generate_password(&self, now: DateTime<Utc>) -> Result<Generated, Error> {
        let plain = code::draw(policy::MAILED_PASSWORD_CHARS, |bytes| self.ports.entropy.fill(bytes));
        let hash = self.ports.hasher.hash(SecretString::from(plain.clone())).await?;
        // A mailed password is never looked up; the digest only keeps the shape of a minted secret.
        let digest = self.ports.vault.digest(crate::ports::DigestPurpose::Code, &[self.uuid(now).as_bytes()]);
        Ok(Generated { password: Minted { plain: SecretString::from(plain), digest }, hash })
    }

    /// Opens the account of a registration that passed every gate, or adds to the one that is there; in the same step.
    pub(crate) async fn activate(
        &self,
        portal: &Arc<Portal>,
        step: &mut Step,
        dossier: &Dossier,
        opening: Opening<'_>,
    ) -> Result<(), Error> {
        let role = match dossier.origin {
            Origin::Invited { role, .. } => role,
            Origin::Applied => Role::Member,
        };
        let belongs = match dossier.origin {
            Origin::Invited { .. } => true,
            Origin::Applied => matches!(portal.journey.membership, MembershipBy::Claim | MembershipBy::Approval),
        };
        let place = match &dossier.record {
            Some((id, number)) if belongs => {
                let company = self.company(portal, *id, number).await?;
                company.expected_by(step);
                Some((*id, number.0.clone(), company))
            }
            Some(_) | None => None,
        };
        // A record that was closed meanwhile writes no membership; the account opens, and shows it.
        let place = place.filter(|(.., company)| company.is_open());
        let privileged = role == Role::SuperAdmin && place.is_some();
        let existing = opening.existing;
        let account = match existing {
            Some(existing) => Self::adopt(step, dossier, existing, privileged)?,
            None => self.open_account(portal, step, dossier, opening, privileged)?,
        };
        let Some((id, number, company)) = place else { return Ok(()) };
        // A new account has none.
        let held = if existing.is_some() { self.held_at(account, &number).await? } else { None };
        let joined = Self::join(step, account, (id, &number), role, held.as_ref())?;
        if joined && role == Role::SuperAdmin {
            self.enrol(step, account, &number, company.roster.as_ref())?;
        }
        self.thank_inviter(step, dossier, &company).await
    }

    fn open_account(
        &self,
        portal: &Portal,
        step: &mut Step,
        dossier: &Dossier,
        opening: Opening<'_>,
        privileged: bool,
    ) -> Result<AccountId, Error> {
        let credential = match (opening.password, opening.generated) {
            (Some(password), _) => NewCredential::Own(password),
            (None, Some(generated)) => NewCredential::Generated {
                password: generated.password.clone(),
                hash: generated.hash.clone(),
                delivery: self.delivery(step.now),
            },
            (None, None) => return Err(Error::Internal("an account would open without a credential".to_owned())),
        };
        let number = dossier.record.as_ref().map(|(_, number)| number.0.clone());
        let new = NewAccount {
            id: opening.account,
            email: dossier.email.0.clone(),
            person: dossier.applicant.0.clone(),
            language: dossier.language,
            record: number.filter(|_| portal.journey.membership == MembershipBy::Claim),
            consents: dossier.consents.clone(),
            credential,
            privileged,
        };
        step.decide::<Account>(None, account::Command::Open { account: Box::new(new) })?;
        // So that the account's own trail leads to what came before it.
        if let Some((_, opened)) = step.commit.events.iter_mut().find(|(subject, _)| *subject == Ref::Account(opening.account)) {
            opened.details.push((REGISTRATION, dossier.id.to_string()));
        }
        Ok(opening.account)
    }

    /// The account was there: it takes over the decisions, and the duties of the role.
    fn adopt(step: &mut Step, dossier: &Dossier, existing: &Versioned<Account>, privileged: bool) -> Result<AccountId, Error> {
        let given = dossier.consents.0.values().cloned().collect();
        let (after, _) = step.decide(Some(existing), account::Command::AdoptConsents { given })?;
        if privileged {
            let then = Step::then(Some(existing), after);
            let (_, reply) = step.decide(then.as_ref(), account::Command::GainPrivilege)?;
            if reply == account::Reply::Repeated {
                // A role that is gained ends what was opened before it, also where the account decides elsewhere already.
                step.decide(then.as_ref(), account::Command::EndSessions)?;
            }
        }
        if step.commit.writes.iter().all(|write| write.aggregate.reference() != Ref::Account(existing.value.id())) {
            step.commit.expects.push((Ref::Account(existing.value.id()), existing.version));
        }
        Ok(existing.value.id())
    }

    /// The membership of an account at a record, whatever became of it.
    async fn held_at(&self, account: AccountId, number: &RecordNumber) -> Result<Option<Versioned<Membership>>, Error> {
        let all = only::<Membership>(self.ports.store.related(&Relation::MembershipsOf(account)).await?);
        Ok(all.into_iter().find(|membership| membership.value.record() == number))
    }

    /// The membership with its role, which the account may have held before; tells whether it opens doors.
    pub(crate) fn join(
        step: &mut Step,
        account: AccountId,
        (id, number): (RecordId, &RecordNumber),
        role: Role,
        found: Option<&Versioned<Membership>>,
    ) -> Result<bool, Error> {
        let place = Place { id: membership_id(account, id), account, record: (id, number.clone()) };
        let command = match found.map(|found| found.value.standing()) {
            None | Some(membership::Standing::Requested | membership::Standing::Ended) => membership::Command::Grant { place, role },
            Some(membership::Standing::Active) if role == Role::SuperAdmin => membership::Command::ChangeRole { role },
            Some(membership::Standing::Active) => return Ok(true),
            // Whoever was suspended does not get in by another invitation.
            Some(membership::Standing::Suspended) => return Ok(false),
        };
        step.decide(found, command).map_err(|refusal| Error::Internal(refusal.to_string()))?;
        Ok(true)
    }

    /// Puts an account among those who decide at a record; begins the roster where there is none.
    pub(crate) fn enrol(
        &self,
        step: &mut Step,
        account: AccountId,
        number: &RecordNumber,
        roster: Option<&Versioned<Roster>>,
    ) -> Result<(), Error> {
        let internal = |refusal: roster::Refusal| Error::Internal(refusal.to_string());
        let founded = if roster.is_none() { self.found_roster(step, number)? } else { None };
        step.decide(roster.or(founded.as_ref()), roster::Command::AddAdmin { account }).map_err(internal)?;
        Ok(())
    }

    /// Whoever invited hears that the invitation was taken up.
    async fn thank_inviter(&self, step: &mut Step, dossier: &Dossier, company: &Company) -> Result<(), Error> {
        let Origin::Invited { by: Some(inviter), .. } = dossier.origin else { return Ok(()) };
        let Some(inviter) = self.load::<Account>(Ref::Account(inviter)).await? else { return Ok(()) };
        if inviter.value.standing() != Standing::Active {
            return Ok(());
        }
        let params = [Param::Email(shown(&dossier.email.0)), Param::Company(company.name())];
        let mail = told(&inviter.value, self.delivery(step.now), MailTemplate::InvitationAccepted, params);
        step.mail(Ref::Registration(dossier.id), mail);
        Ok(())
    }
}

fn shown(email: &EmailAddress) -> String {
    email.as_str().to_owned()
}

/// A mail to an account's holder, greeted by name.
pub(crate) fn told(
    account: &Account,
    id: onboarding_core::DeliveryId,
    template: MailTemplate,
    params: impl IntoIterator<Item = Param>,
) -> Mail {
    Mail {
        id,
        template,
        to: account.email().clone(),
        language: account.language(),
        params: account.display_name().map(Param::Name).into_iter().chain(params).collect(),
        not_after: None,
        after: None,
    }
}
