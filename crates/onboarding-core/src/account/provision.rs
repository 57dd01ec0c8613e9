//! How an account comes to be: for a registration that passed every gate, or by the company for a record.

use super::event::Event;
use super::state::{Account, Credential, Standing};
use super::{Refusal, Reply};
use crate::consent::Consents;
use crate::journey::Start;
use crate::registration::{Applicant, MailFate, NewPassword};
use crate::{
    AccountId, Claim, ClaimChange, Decision, DeliveryId, EmailAddress, Journey, Language, Mail, MailTemplate, Minted, Page, Param,
    PasswordHash, Personal, RecordNumber, Ref, policy,
};
use chrono::{DateTime, Utc};
use std::fmt;

/// The account of a registration.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// The proved address.
    pub email: EmailAddress,
    /// The person.
    pub person: Applicant,
    /// The person's language.
    pub language: Language,
    /// The record of the claim.
    pub record: Option<RecordNumber>,
    /// What was decided on the way.
    pub consents: Consents,
    /// The credential.
    pub credential: NewCredential,
    /// Whether it will decide on others.
    pub privileged: bool,
}

/// The first credential of an account.
#[derive(Clone, Debug)]
pub enum NewCredential {
    /// Chosen on the way.
    Own(NewPassword),
    /// Generated now, to be mailed.
    Generated {
        /// The password.
        password: Minted,
        /// Its hash.
        hash: PasswordHash,
        /// Id of the mail.
        delivery: DeliveryId,
    },
}

/// The account of a provisioned record.
#[derive(Clone)]
pub struct ProvisionInput {
    /// Its id.
    pub id: AccountId,
    /// The record's address.
    pub email: EmailAddress,
    /// The person in the master data.
    pub person: Applicant,
    /// The language of the mails.
    pub language: Language,
    /// The record.
    pub record: RecordNumber,
    /// Its number as the company writes it, for mail 1.
    pub written: String,
    /// The initial password.
    pub password: Minted,
    /// Its hash.
    pub hash: PasswordHash,
    /// Ids of mail 1 and mail 2.
    pub deliveries: [DeliveryId; 2],
}

impl fmt::Debug for ProvisionInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The number as written is told to nobody.
        f.debug_struct("ProvisionInput").field("id", &self.id).field("deliveries", &self.deliveries).finish_non_exhaustive()
    }
}

pub(super) fn open(new: NewAccount, journey: &Journey, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let (credential, mail) = match new.credential {
        NewCredential::Own(NewPassword { hash, met }) => (Credential::Own { hash, met }, None),
        NewCredential::Generated { password, hash, delivery } => {
            let dies = now + policy::MAILED_PASSWORD_LIFE;
            let mail = Mail {
                id: delivery,
                template: MailTemplate::GeneratedPassword,
                to: new.email.clone(),
                language: new.language,
                params: vec![Param::Password(password.plain), Param::ValidUntil(dies), Param::PageLink(Page::Login)],
                not_after: Some(dies),
                after: None,
            };
            (Credential::Generated { hash, delivery, expires_at: None, used: false }, Some(mail))
        }
    };
    let account = Account {
        id: new.id,
        portal: journey.portal.clone(),
        email: Personal(new.email),
        person: Personal(new.person),
        language: new.language,
        record: new.record.map(Personal),
        standing: Standing::Active,
        credential,
        generation: 1,
        privileged: new.privileged,
        consents: new.consents,
        reset: None,
        used_reset: None,
        new_email: None,
        used_new_email: None,
        lapsed_reset: None,
        lapsed_new_email: None,
        pin_tries: Vec::new(),
        letters: Vec::new(),
        opened_at: now,
        last_sign_in: None,
    };
    let mut decision = opened(account, journey);
    decision.effects.extend(mail.map(crate::Effect::SendMail));
    decision
}

pub(super) fn provision(input: ProvisionInput, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    if journey.start != Start::Company {
        return Err(Refusal::NotInThisJourney);
    }
    let [first, second] = input.deliveries;
    let account = Account {
        id: input.id,
        portal: journey.portal.clone(),
        email: Personal(input.email.clone()),
        person: Personal(input.person),
        language: input.language,
        record: Some(Personal(input.record)),
        standing: Standing::Active,
        credential: Credential::Initial { hash: input.hash, delivery: second, expires_at: None },
        generation: 1,
        privileged: false,
        consents: Consents::default(),
        reset: None,
        used_reset: None,
        new_email: None,
        used_new_email: None,
        lapsed_reset: None,
        lapsed_new_email: None,
        pin_tries: Vec::new(),
        letters: Vec::new(),
        opened_at: now,
        last_sign_in: None,
    };
    let number = Mail {
        id: first,
        template: MailTemplate::CustomerNumber,
        to: input.email.clone(),
        language: input.language,
        params: vec![Param::RecordNumber(input.written), Param::PageLink(Page::Login)],
        not_after: None,
        after: None,
    };
    let password = initial_password_mail(second, input.email, input.language, input.password, Some(first));
    Ok(opened(account, journey).mail(number).mail(password))
}

pub(super) fn initial_password_mail(
    id: DeliveryId,
    to: EmailAddress,
    language: Language,
    password: Minted,
    after: Option<DeliveryId>,
) -> Mail {
    Mail {
        id,
        template: MailTemplate::InitialPassword,
        to,
        language,
        params: vec![Param::Password(password.plain), Param::PageLink(Page::Login)],
        not_after: None,
        after,
    }
}

fn opened(account: Account, journey: &Journey) -> Decision<Event, Reply> {
    let claims = Claim::of_account(journey, &account.email.key(), account.record());
    let owner = Ref::Account(account.id);
    let mut decision = Decision::events(vec![Event::Opened { account: Box::new(account) }], Reply::Done);
    decision.claims = claims.into_iter().map(|claim| ClaimChange::Take(claim, owner)).collect();
    decision
}

/// The life of a mailed password begins with the mail server's acceptance.
pub(super) fn settle(account: &Account, settled: DeliveryId, fate: MailFate, now: DateTime<Utc>) -> Decision<Event, Reply> {
    match &account.credential {
        Credential::Generated { delivery, expires_at: None, .. } | Credential::Initial { delivery, expires_at: None, .. }
            if *delivery == settled && fate == MailFate::Sent =>
        {
            Decision::events(vec![Event::PasswordMailed { expires_at: now + policy::MAILED_PASSWORD_LIFE }], Reply::Done)
        }
        Credential::Own { .. } | Credential::Generated { .. } | Credential::Initial { .. } => Decision::answer(Reply::Repeated),
    }
}
