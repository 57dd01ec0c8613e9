//! Aggregates as their events make them.

use super::{account_id, clerk_id, delivery_id, digest, email, membership_id, number, portal, record_id, registration_id, roster_id};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::account::{self, Account, NewAccount, NewCredential};
use onboarding_core::clerk::{self, Clerk};
use onboarding_core::consent::Consents;
use onboarding_core::journey::{
    AccountsPerRecord, AfterFirstPassword, AfterReset, Approval, ClaimRule, ConsentKind, ConsentRule, ConsentStage, Draft, EmailProof,
    FieldName, FieldRule, LoginWith, MembershipBy, MustMatch, NumberName, PasswordOrigin, SessionRule, Start,
};
use onboarding_core::membership::{self, Membership};
use onboarding_core::password::PasswordPolicy;
use onboarding_core::registration::{self, Applicant, Closure, Dossier, NewPassword, Origin, Registration, Secrets};
use onboarding_core::roster::{self, Roster};
use onboarding_core::{AccountId, Expiring, Journey, Language, PasswordHash, PersonName, Personal, Role, policy};

/// A journey with nearly everything: a claim, both proofs, an approval by super admins, consents at both stages.
pub fn journey() -> Journey {
    let consent = |document: &str, kind, stage, required| ConsentRule { document: document.to_owned(), kind, stage, required };
    let draft = Draft {
        portal: portal(),
        languages: Language::ALL.to_vec(),
        start: Start::Person,
        registration_open: true,
        claim: Some(ClaimRule { number: NumberName::BusinessNumber, must_match: vec![MustMatch::PostalCode] }),
        number: NumberName::BusinessNumber,
        fields: vec![FieldRule { name: FieldName::FirstName, required: true }, FieldRule { name: FieldName::LastName, required: true }],
        consents: vec![
            consent("privacy", ConsentKind::Notice, ConsentStage::Registration, true),
            consent("terms", ConsentKind::Agreement, ConsentStage::Completion, true),
            consent("news", ConsentKind::Consent, ConsentStage::Completion, false),
        ],
        email_proof: vec![EmailProof::Code, EmailProof::Link],
        approval: Approval::SuperAdmin,
        password: PasswordOrigin::AtCompletion,
        login_with: LoginWith::Email,
        membership: MembershipBy::Approval,
        accounts_per_record: AccountsPerRecord::Many,
        password_policy: PasswordPolicy::default(),
        after_first_password: AfterFirstPassword::Continue,
        after_reset: AfterReset::SignIn,
        sessions: SessionRule { bearer_idle: policy::BEARER_IDLE, page_idle: policy::PAGE_IDLE, page_at_most: policy::PAGE_AT_MOST },
    };
    draft.compile().expect("every rule of a journey is kept above")
}

fn person() -> Applicant {
    let name = |text| PersonName::parse(text).expect("the sample is a name");
    Applicant { first_name: Some(name("Zoë")), last_name: Some(name("O’Neill")), birth_date: None }
}

/// A registration of `person<n>@mail.example` that waits for its proof, with a claim if a number is given.
pub fn registration(n: u64, record: Option<&str>, at: DateTime<Utc>) -> Registration {
    let dossier = Dossier {
        id: registration_id(n),
        portal: portal(),
        origin: Origin::Applied,
        language: Language::De,
        created_at: at,
        email: Personal(email(&format!("person{n}@mail.example"))),
        applicant: Personal(person()),
        record: record.map(|written| (record_id(&number(written)), Personal(number(written)))),
        consents: Consents::default(),
        password: None,
        mail: None,
        proved: None,
        spent: None,
        completion: None,
        revision: 0,
    };
    let secrets = Secrets { code: digest(1_000_000 + n), link: digest(2_000_000 + n), expires_at: at + policy::CODE_LIFE };
    let applied = registration::Event::Applied {
        dossier: Box::new(dossier),
        standing: registration::Standing::Genuine,
        secrets,
        delivery: delivery_id(1_000_000 + n),
        at,
    };
    registration::evolve(None, &applied).expect("an application makes a registration")
}

fn next(state: Registration, event: &registration::Event) -> Registration {
    registration::evolve(Some(state), event).expect("a registration stays one")
}

/// The same registration, proved, waiting for a yes.
pub fn approvable(state: Registration, at: DateTime<Utc>) -> Registration {
    let state = next(state, &registration::Event::EmailProved { by: EmailProof::Code, at });
    next(state, &registration::Event::ApprovalRequested { with_clerks: false, at })
}

/// The same registration as an invitation: it waits for what is missing. Its link's token is `digest(3_000_000 + n)`.
pub fn completable(n: u64, state: &Registration, at: DateTime<Utc>) -> Registration {
    let link = Expiring { digest: digest(3_000_000 + n), expires_at: at + policy::COMPLETION_LINK_LIFE };
    let dossier = Box::new(state.dossier().clone());
    let invited = registration::Event::Invited { dossier, link, delivery: delivery_id(3_000_000 + n), at };
    registration::evolve(None, &invited).expect("an invitation makes a registration")
}

/// The same registration, ended by "that wasn't me".
pub fn ended(state: Registration, at: DateTime<Utc>) -> Registration {
    next(state, &registration::Event::Closed { why: Closure::Denied, at })
}

/// An account of `person<n>@mail.example` with a password of its own, in generation 1.
pub fn account(n: u64, at: DateTime<Utc>) -> Account {
    let new = NewAccount {
        id: account_id(n),
        email: email(&format!("person{n}@mail.example")),
        person: person(),
        language: Language::De,
        record: None,
        consents: Consents::default(),
        credential: NewCredential::Own(NewPassword { hash: PasswordHash::new("$cheap-sha256$c=1$AAAA$AAAA".to_owned()), met: 12 }),
        privileged: false,
    };
    let opened = account::decide(None, account::Command::Open { account: Box::new(new) }, &journey(), at);
    let opened = opened.expect("an account opens where there is none");
    opened.events.iter().fold(None, account::evolve).expect("an opening makes an account")
}

fn amended(state: Account, event: &account::Event) -> Account {
    account::evolve(Some(state), event).expect("an account stays one")
}

/// The same account in its next generation: every session has ended.
pub fn signed_out(state: Account) -> Account {
    amended(state, &account::Event::SessionsEnded)
}

/// The same account, closed.
pub fn closed(state: Account, at: DateTime<Utc>) -> Account {
    amended(state, &account::Event::Closed { at })
}

/// The same account with a reset link that dies at this moment; its deadline is an hour later.
pub fn requesting_reset(state: Account, expires_at: DateTime<Utc>) -> Account {
    amended(state, &account::Event::ResetRequested { link: Expiring { digest: digest(4_000_000), expires_at } })
}

/// A clerk at `clerk<n>@office.example` with a password of its own, in generation 1. Its one-use token was `digest(6_000_000 + n)`.
pub fn clerk(n: u64, at: DateTime<Utc>) -> Clerk {
    let email = email(&format!("clerk{n}@office.example"));
    let prepare = clerk::Command::Prepare { id: clerk_id(n), email, setup: digest(6_000_000 + n) };
    let prepared = clerk::decide(None, prepare, &journey(), at).expect("a clerk is named where there is none");
    let set_up = clerk::Event::SetUp { hash: PasswordHash::new("$cheap-sha256$c=1$AAAA$AAAA".to_owned()), met: 15, at };
    prepared.events.iter().chain([&set_up]).fold(None, clerk::evolve).expect("a naming makes a clerk")
}

/// The same clerk, named again: it waits for its new token, and every session has ended.
pub fn clerk_reset(state: Clerk, expires_at: DateTime<Utc>) -> Clerk {
    let reset = clerk::Event::Reset { setup: Expiring { digest: digest(7_000_000), expires_at } };
    clerk::evolve(Some(state), &reset).expect("a clerk stays one")
}

/// An active membership at the record of this number.
pub fn membership(n: u64, account: AccountId, record: &str, at: DateTime<Utc>) -> Membership {
    let record = number(record);
    let place = membership::Place { id: membership_id(n), account, record: (record_id(&record), record) };
    let granted = membership::decide(None, membership::Command::Grant { place, role: Role::Member }, &journey(), at);
    let granted = granted.expect("a membership is granted where there is none");
    granted.events.iter().fold(None, membership::evolve).expect("a grant makes a membership")
}

/// The roster of the record of this number, with one super admin, one counted letter and a notice's PIN that dies in 30
/// days.
pub fn roster(n: u64, record: &str, at: DateTime<Utc>) -> Roster {
    let founded = roster::decide(None, roster::Command::Found { id: roster_id(n), record: number(record) }, &journey(), at);
    let founded = founded.expect("a roster is founded where there is none");
    let events = [
        roster::Event::AdminAdded { account: account_id(n) },
        roster::Event::LetterCounted { at, forget_before: at - policy::PIN_WINDOW },
        roster::Event::NoticeIssued { pin: roster::NoticePin { digest: digest(5_000_000 + n), valid_until: at + TimeDelta::days(30) } },
    ];
    founded.events.iter().chain(&events).fold(None, roster::evolve).expect("a foundation makes a roster")
}
