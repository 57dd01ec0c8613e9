//! What every test of the core needs: the four portals' journeys, secrets that can be recognised, and a life: one
//! aggregate, its journey, and everything that has happened to it.
#![allow(dead_code, reason = "each test is a crate of its own and uses its part of the scene")]

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use onboarding_core::account::{self, Account};
use onboarding_core::audit::Audited;
use onboarding_core::clerk::{self, Clerk};
use onboarding_core::consent::{ConsentGiven, ConsentInput, DocumentVersion};
use onboarding_core::journey::declaration::Declaration;
use onboarding_core::membership::{self, Membership};
use onboarding_core::registration::{self, Applicant, Fresh, FreshLink, NewPassword, Registration};
use onboarding_core::roster::{self, Roster};
use onboarding_core::{
    AccountId, ClaimChange, ClerkId, Decision, DeliveryId, Digest, Effect, EmailAddress, Journey, Language, Mail, MailTemplate,
    MembershipId, Minted, Param, PasswordHash, PersonName, PortalSlug, Presented, RecordId, RecordNumber, RegistrationId, RosterId, Uuid,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::fmt::Debug;
use std::path::PathBuf;

/// The moment every test begins.
pub(crate) fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 9, 1, 8, 0, 0).unwrap()
}

pub(crate) fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

pub(crate) fn hours(n: i64) -> TimeDelta {
    TimeDelta::hours(n)
}

pub(crate) fn days(n: i64) -> TimeDelta {
    TimeDelta::days(n)
}

/// The part of a portal's file that the core reads.
#[derive(Deserialize)]
struct PortalFile {
    languages: Vec<Language>,
    journey: Declaration,
}

pub(crate) fn portal_text(slug: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../portals").join(slug).join("portal.toml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn journey_of(slug: &str) -> Journey {
    let text = portal_text(slug);
    let file: PortalFile = toml::from_str(&text).unwrap();
    file.journey.compile(PortalSlug::parse(slug).unwrap(), file.languages, &text).unwrap()
}

/// The four portals, by their slugs.
pub(crate) const PORTALS: [&str; 4] = ["housing", "partner", "customer", "chamber"];

/// A digest that is this one and no other.
pub(crate) fn digest(n: u64) -> Digest {
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    Digest { key: 1, bytes }
}

pub(crate) fn shown(n: u64) -> Presented {
    digest(n).into()
}

/// What every secret in plain begins with, so that a leak is found.
pub(crate) const SECRET_MARK: &str = "7SCRT";

pub(crate) fn minted(n: u64) -> Minted {
    Minted { plain: SecretString::from(format!("{SECRET_MARK}{n:09}")), digest: digest(n) }
}

pub(crate) fn hash(n: u64) -> PasswordHash {
    PasswordHash::new(format!("$argon2id$HASHMARK{n:06}"))
}

pub(crate) fn chosen(n: u64, met: u32) -> NewPassword {
    NewPassword { hash: hash(n), met }
}

pub(crate) fn uuid(n: u64) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

pub(crate) fn delivery(n: u64) -> DeliveryId {
    DeliveryId(uuid(n))
}

pub(crate) fn account_id(n: u64) -> AccountId {
    AccountId(uuid(n))
}

pub(crate) fn registration_id(n: u64) -> RegistrationId {
    RegistrationId(uuid(n))
}

pub(crate) fn membership_id(n: u64) -> MembershipId {
    MembershipId(uuid(n))
}

pub(crate) fn clerk_id(n: u64) -> ClerkId {
    ClerkId(uuid(n))
}

pub(crate) fn roster_id(n: u64) -> RosterId {
    RosterId(uuid(n))
}

/// A code and a link; the code's digest is `n`, the link's `n + 1`, the mail's id `n + 2`.
pub(crate) fn fresh(n: u64) -> Fresh {
    Fresh { code: minted(n), link: minted(n + 1), delivery: delivery(n + 2) }
}

/// A link; its digest is `n`, the mail's id `n + 1`.
pub(crate) fn fresh_link(n: u64) -> FreshLink {
    FreshLink { link: minted(n), delivery: delivery(n + 1) }
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

pub(crate) fn number() -> RecordNumber {
    RecordNumber::parse("K7M49QXT2HBP").unwrap()
}

pub(crate) fn record() -> (RecordId, RecordNumber) {
    (RecordId(uuid(9_000)), number())
}

/// First and last name, and a birth date where the journey asks for one.
pub(crate) fn person(journey: &Journey) -> Applicant {
    use onboarding_core::journey::FieldName;
    Applicant {
        first_name: journey.field(FieldName::FirstName).map(|_| name("Zoë")),
        last_name: journey.field(FieldName::LastName).map(|_| name("Quastenflosser")),
        birth_date: journey.field(FieldName::BirthDate).map(|_| chrono::NaiveDate::from_ymd_opt(1987, 6, 5).unwrap()),
    }
}

/// Every document of a journey in this version.
pub(crate) fn documents(journey: &Journey, version: &str) -> Vec<DocumentVersion> {
    journey.consents.iter().map(|rule| document(&rule.document, version)).collect()
}

pub(crate) fn document(document: &str, version: &str) -> DocumentVersion {
    DocumentVersion { document: document.to_owned(), version: version.to_owned(), language: Language::De, sha256: [7; 32] }
}

pub(crate) fn decision(document: &str, granted: bool) -> ConsentInput {
    ConsentInput { document: document.to_owned(), version: "1".to_owned(), granted }
}

pub(crate) fn given(name: &str, version: &str, granted: bool, at: DateTime<Utc>) -> ConsentGiven {
    ConsentGiven { shown: document(name, version), granted, at }
}

/// An aggregate as the driver sees it.
pub(crate) trait Machine: Sized + Clone + PartialEq + Debug {
    type Command: Clone + Debug;
    type Event: Clone + Debug + PartialEq + Audited;
    type Reply: Clone + Debug + PartialEq;
    type Refusal: Debug + PartialEq;

    fn decide(
        state: Option<&Self>,
        command: Self::Command,
        journey: &Journey,
        now: DateTime<Utc>,
    ) -> Result<Decision<Self::Event, Self::Reply>, Self::Refusal>;
    fn evolve(state: Option<Self>, event: &Self::Event) -> Option<Self>;
    fn deadline(&self) -> Option<DateTime<Utc>>;
}

macro_rules! machines {
    ($($state:ident in $module:ident),*) => {$(
        impl Machine for $state {
            type Command = $module::Command;
            type Event = $module::Event;
            type Reply = $module::Reply;
            type Refusal = $module::Refusal;

            fn decide(state: Option<&Self>, command: Self::Command, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Self::Event, Self::Reply>, Self::Refusal> {
                $module::decide(state, command, journey, now)
            }

            fn evolve(state: Option<Self>, event: &Self::Event) -> Option<Self> {
                $module::evolve(state, event)
            }

            fn deadline(&self) -> Option<DateTime<Utc>> {
                $module::deadline(self)
            }
        }
    )*};
}

machines!(Registration in registration, Account in account, Membership in membership, Roster in roster, Clerk in clerk);

/// One aggregate, its journey, and everything that has happened to it.
#[derive(Clone)]
pub(crate) struct Life<M: Machine> {
    pub(crate) journey: Journey,
    pub(crate) now: DateTime<Utc>,
    pub(crate) state: Option<M>,
    pub(crate) events: Vec<M::Event>,
}

/// What one command led to.
#[derive(Debug)]
pub(crate) struct Step<M: Machine> {
    pub(crate) reply: M::Reply,
    pub(crate) events: Vec<M::Event>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) claims: Vec<ClaimChange>,
}

impl<M: Machine> Life<M> {
    pub(crate) fn of(journey: &Journey) -> Self {
        Self { journey: journey.clone(), now: start(), state: None, events: Vec::new() }
    }

    pub(crate) fn state(&self) -> &M {
        self.state.as_ref().expect("it began")
    }

    /// Time passes.
    pub(crate) fn later(&mut self, by: TimeDelta) -> &mut Self {
        self.now += by;
        self
    }

    /// Decides, folds, remembers.
    pub(crate) fn ask(&mut self, command: M::Command) -> Result<Step<M>, M::Refusal> {
        let decision = M::decide(self.state.as_ref(), command, &self.journey, self.now)?;
        for event in &decision.events {
            self.state = M::evolve(self.state.take(), event);
            self.events.push(event.clone());
        }
        Ok(Step { reply: decision.reply, events: decision.events, effects: decision.effects, claims: decision.claims })
    }

    /// The same, where a refusal would be a fault of the test.
    pub(crate) fn does(&mut self, command: M::Command) -> Step<M> {
        let shown = format!("{command:?}");
        self.ask(command).unwrap_or_else(|refusal| panic!("{shown} is refused: {refusal:?}"))
    }

    pub(crate) fn replies(&mut self, command: M::Command) -> M::Reply {
        self.does(command).reply
    }

    /// The same, where anything but a refusal would be a fault.
    pub(crate) fn refuses(&mut self, command: M::Command) -> M::Refusal {
        match self.ask(command) {
            Ok(step) => panic!("not refused: {:?} with {:?}", step.reply, step.events),
            Err(refusal) => refusal,
        }
    }
}

impl<M: Machine> Step<M> {
    pub(crate) fn mails(&self) -> Vec<&Mail> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::SendMail(mail) => Some(mail),
                Effect::PrintPinLetter(_) | Effect::TellClerks(..) => None,
            })
            .collect()
    }

    pub(crate) fn templates(&self) -> Vec<MailTemplate> {
        self.mails().iter().map(|mail| mail.template).collect()
    }

    pub(crate) fn to_clerks(&self) -> Vec<MailTemplate> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::TellClerks(template, _) => Some(*template),
                Effect::PrintPinLetter(_) | Effect::SendMail(_) => None,
            })
            .collect()
    }

    /// The only mail.
    pub(crate) fn mail(&self) -> &Mail {
        let mails = self.mails();
        assert_eq!(mails.len(), 1, "{:?}", self.templates());
        mails[0]
    }
}

/// The code, link or password in a mail, in plain, without the blanks of its groups.
pub(crate) fn secrets_in(mail: &Mail) -> Vec<String> {
    mail.params
        .iter()
        .filter_map(|param| match param {
            Param::Code(secret) | Param::Password(secret) | Param::Link(_, secret) => Some(secret.expose_secret().replace('-', "")),
            Param::Name(_)
            | Param::PageLink(_)
            | Param::ValidUntil(_)
            | Param::At(_)
            | Param::Days(_)
            | Param::Company(_)
            | Param::Business(_)
            | Param::RecordNumber(_)
            | Param::Email(_)
            | Param::Reason(_)
            | Param::Role(_)
            | Param::Count(_) => None,
        })
        .collect()
}
