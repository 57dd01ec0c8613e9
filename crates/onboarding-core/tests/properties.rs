//! What holds whatever people do, in whatever order, in the four journeys and in journeys made at random.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[path = "scene/drafts.rs"]
mod drafts;
#[path = "scene/scene.rs"]
mod scene;

use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::account::{self, Account, NewAccount, NewCredential, ProvisionInput};
use onboarding_core::audit::Audited;
use onboarding_core::clerk::{self, Clerk};
use onboarding_core::consent::Consents;
use onboarding_core::journey::{Approval, ConsentStage, EmailProof, PasswordOrigin, Start};
use onboarding_core::membership::{self, LetterFate, LetterInput, LetterMark, Membership, NoticeVerdict, Place};
use onboarding_core::registration::{
    self, AddressOwner, Applicant, ApplyFacts, ApplyInput, Approver, CompleteFacts, CompletionInput, ConfirmFacts, Decider, Entitlement,
    ExistingAccount, InviteInput, LostClaim, MailFate, Origin, Proof, Registration, Stage, Standing,
};
use onboarding_core::roster::{self, NoticePin, Roster, Waiting};
use onboarding_core::{Claim, ClaimChange, DeliveryId, Effect, Journey, Language, Personal, Presented, Role, policy};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use scene::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt::Debug;

/// The same cases on every machine; what they once found stands as a test of its own in `journeys.rs`.
fn config() -> Config {
    Config { cases: 256, failure_persistence: None, rng_seed: RngSeed::Fixed(0x0b0a_2026), ..Config::default() }
}

// ---- What is never shown ----

const COMPANY: &str = "Schraubenwerk Ottokar";
const WRITTEN: &str = "K7M4-9QXT-2HBP";

/// Parts of every secret, name, address and number that is ever put in.
const NEEDLES: [&str; 12] = [
    SECRET_MARK,
    "HASHMARK",
    "Quastenflosser",
    "Zoë",
    "Anouk",
    "1987",
    "@",
    "example",
    "K7M49QXT2HBP",
    WRITTEN,
    COMPANY,
    "unbekannt verzogen",
];

fn keeps_silent(what: &str, shown: &str) -> Result<(), TestCaseError> {
    for needle in NEEDLES {
        prop_assert!(!shown.contains(needle), "{what} shows {needle}: {shown}");
    }
    Ok(())
}

// ---- What holds for every aggregate ----

/// Asks, and checks what holds for every answer.
fn ask<M>(life: &mut Life<M>, command: M::Command) -> Result<Option<Step<M>>, TestCaseError>
where
    M: Machine + Serialize + DeserializeOwned,
{
    keeps_silent("a command", &format!("{command:?}"))?;
    let before = life.state.clone();
    let step = match life.ask(command) {
        Ok(step) => step,
        Err(refusal) => {
            keeps_silent("a refusal", &format!("{refusal:?}"))?;
            prop_assert_eq!(&life.state, &before, "a refusal changes nothing");
            return Ok(None);
        }
    };
    keeps_silent("a decision", &format!("{step:?}"))?;
    for event in &step.events {
        keeps_silent("an audit entry", &format!("{:?}", event.audit()))?;
        keeps_silent("an event", &format!("{event:?}"))?;
    }
    if let Some(state) = &life.state {
        keeps_silent("a state", &format!("{state:?}"))?;
        let kept = serde_json::to_string(state).unwrap();
        prop_assert_eq!(&serde_json::from_str::<M>(&kept).unwrap(), state, "a state survives its store");
        prop_assert!(!kept.contains(SECRET_MARK), "no secret is stored in plain");
    }
    Ok(Some(step))
}

/// At its deadline, and a little later, time does something; before it, nothing.
fn time_works<M: Machine>(life: &Life<M>, tick: impl Fn() -> M::Command) -> Result<(), TestCaseError> {
    let Some(due) = life.state.as_ref().and_then(M::deadline) else { return Ok(()) };
    for (at, acts) in [(due - TimeDelta::microseconds(1), false), (due, true), (due + TimeDelta::days(2), true)] {
        let mut then = life.clone();
        then.now = at;
        let before = then.state.clone();
        let events = then.does(tick()).events;
        prop_assert_eq!(!events.is_empty(), acts, "{:?} at {}", before, at);
        prop_assert_eq!(then.state != before, !events.is_empty());
    }
    Ok(())
}

fn folds<M: Machine>(life: &Life<M>) -> Result<(), TestCaseError> {
    let folded = life.events.iter().fold(None, M::evolve);
    prop_assert_eq!(&folded, &life.state, "the events tell the state");
    Ok(())
}

/// How long people wait before they do the next thing.
fn wait() -> impl Strategy<Value = TimeDelta> {
    prop_oneof![
        12 => Just(TimeDelta::zero()),
        12 => Just(minutes(2)),
        4 => (0..86_400_i64).prop_map(TimeDelta::seconds),
        1 => Just(hours(24)),
        2 => (1..9_i64).prop_map(days),
        1 => (10..40_i64).prop_map(days),
    ]
}

/// Which of the secrets that were mailed so far somebody holds.
#[derive(Clone, Copy, Debug)]
enum Pick {
    Latest,
    Older(usize),
    Guess(u64),
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![5 => Just(Pick::Latest), 1 => (0..5_usize).prop_map(Pick::Older), 2 => (1..50_u64).prop_map(Pick::Guess)]
}

fn present(issued: &[u64], pick: Pick) -> Presented {
    match pick {
        Pick::Latest => shown(issued.last().copied().unwrap_or(1)),
        Pick::Older(n) => shown(issued.iter().rev().nth(n + 1).copied().unwrap_or(1)),
        Pick::Guess(n) => shown(n),
    }
}

// ---- Registrations ----

#[derive(Clone, Debug)]
enum Move {
    Apply { taken: bool, complete: bool },
    Invite { role: Role, known: bool },
    Code { pick: Pick, lost: bool, approvers: usize },
    Link { pick: Pick, lost: bool, approvers: usize },
    Deny(Pick),
    Resend { taken: bool },
    Correct { taken: bool, n: usize },
    Renew { pick: Pick, taken: bool },
    Approve { clerk: bool, entitled: bool, current: bool, existing: bool },
    Reject { clerk: bool, entitled: bool, reason: bool },
    Complete { pick: Pick, parts: [bool; 3], existing: bool, signed_in: bool },
    Revoke,
    ResendInvitation,
    Tick { approvers: usize },
}

fn moves() -> impl Strategy<Value = Vec<(TimeDelta, Move)>> {
    let often = || prop::bool::weighted(0.85);
    let seldom = || prop::bool::weighted(0.15);
    let rarely = || prop::bool::weighted(0.05);
    let one = prop_oneof![
        1 => (seldom(), often()).prop_map(|(taken, complete)| Move::Apply { taken, complete }),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(admin, known)| Move::Invite { role: if admin { Role::SuperAdmin } else { Role::Member }, known }),
        4 => (pick(), rarely(), 0..3_usize).prop_map(|(pick, lost, approvers)| Move::Code { pick, lost, approvers }),
        4 => (pick(), rarely(), 0..3_usize).prop_map(|(pick, lost, approvers)| Move::Link { pick, lost, approvers }),
        1 => pick().prop_map(Move::Deny),
        2 => seldom().prop_map(|taken| Move::Resend { taken }),
        2 => (seldom(), 0..9_usize).prop_map(|(taken, n)| Move::Correct { taken, n }),
        2 => (pick(), seldom()).prop_map(|(pick, taken)| Move::Renew { pick, taken }),
        4 => (any::<bool>(), often(), often(), seldom()).prop_map(|(clerk, entitled, current, existing)| Move::Approve { clerk, entitled, current, existing }),
        1 => (any::<bool>(), often(), any::<bool>()).prop_map(|(clerk, entitled, reason)| Move::Reject { clerk, entitled, reason }),
        6 => (pick(), [often(), often(), often()], seldom(), any::<bool>())
            .prop_map(|(pick, parts, existing, signed_in)| Move::Complete { pick, parts, existing, signed_in }),
        1 => Just(Move::Revoke),
        1 => Just(Move::ResendInvitation),
        3 => (0..3_usize).prop_map(|approvers| Move::Tick { approvers }),
    ];
    // Whoever begins well gets further: the first move is mostly an application or an invitation.
    let first = prop_oneof![8 => Just(Move::Apply { taken: false, complete: true }), 1 => Just(Move::Apply { taken: true, complete: true }),
        2 => Just(Move::Invite { role: Role::Member, known: false })];
    (first, prop::collection::vec((wait(), one), 4..40))
        .prop_map(|(first, rest)| std::iter::once((TimeDelta::zero(), first)).chain(rest).collect())
}

/// Plays moves on one registration, as a driver would.
struct Play {
    life: Life<Registration>,
    /// Digests so far; each is minted once.
    minted: u64,
    codes: Vec<u64>,
    links: Vec<u64>,
    set_ups: Vec<u64>,
    /// What the account behind the address agreed to, where there is one.
    existing: Consents,
}

fn owner() -> AddressOwner {
    AddressOwner { email: email("stored.owner@example.com"), language: Language::Fr }
}

fn approvers(n: usize) -> Vec<Approver> {
    (0..n).map(|at| Approver { email: email(&format!("boss{at}@example.com")), language: Language::It, name: Some(name("Zoë")) }).collect()
}

fn deliveries(n: usize) -> Vec<DeliveryId> {
    (0..n.max(1)).map(|n| delivery(1_000_000 + n as u64)).collect()
}

fn decider(clerk: bool, entitled: bool) -> Decider {
    if clerk {
        return Decider::Clerk(uuid(8));
    }
    let entitlement = if entitled { Entitlement::Entitled } else { Entitlement::None };
    Decider::SuperAdmin { account: account_id(7), email: Personal(email("boss@example.com")), entitlement }
}

fn tick(n: usize) -> registration::Command {
    registration::Command::Tick { approvers: approvers(n), deliveries: deliveries(n), company: COMPANY.to_owned() }
}

fn confirm(proof: Proof, lost: bool, n: usize) -> registration::Command {
    let lost = lost.then(|| (LostClaim::Email, owner().email, owner().language));
    let facts = ConfirmFacts {
        account: account_id(5),
        lost,
        approvers: approvers(n),
        deliveries: deliveries(n),
        company: COMPANY.to_owned(),
        digest: n.is_multiple_of(3),
    };
    registration::Command::Confirm { proof, facts }
}

impl Play {
    fn new(journey: &Journey) -> Self {
        Self {
            life: Life::of(journey),
            minted: 100,
            codes: Vec::new(),
            links: Vec::new(),
            set_ups: Vec::new(),
            existing: Consents::default(),
        }
    }

    fn fresh(&mut self) -> registration::Fresh {
        self.minted += 3;
        self.codes.push(self.minted);
        self.links.push(self.minted + 1);
        fresh(self.minted)
    }

    fn fresh_link(&mut self) -> registration::FreshLink {
        self.minted += 3;
        self.set_ups.push(self.minted);
        fresh_link(self.minted)
    }

    fn complete_facts(&self, existing: bool, signed_in: bool) -> CompleteFacts {
        let journey = &self.life.journey;
        CompleteFacts {
            account: account_id(5),
            existing: existing.then(|| ExistingAccount { id: account_id(40), consents: self.existing.clone() }),
            signed_in: signed_in.then(|| account_id(40)),
            documents: documents(journey, "1"),
            lost: None,
            inviter_gone: false,
        }
    }

    fn command(&mut self, one: &Move) -> registration::Command {
        use registration::Command as Ask;
        let journey = self.life.journey.clone();
        match one {
            Move::Apply { taken, complete } => {
                let mut input = ApplyInput {
                    id: registration_id(1),
                    email: email("kim@example.com"),
                    applicant: person(&journey),
                    consents: journey
                        .consents
                        .iter()
                        .filter(|rule| rule.stage == ConsentStage::Registration)
                        .map(|rule| decision(&rule.document, true))
                        .collect(),
                    language: Some(Language::Fr),
                    password: (journey.password == PasswordOrigin::AtRegistration).then(|| chosen(1, 12)),
                };
                if !complete {
                    input.consents.clear();
                    input.password = None;
                    input.applicant = Applicant::default();
                }
                let facts = ApplyFacts {
                    record: journey.claim.is_some().then(record),
                    owner: taken.then(owner),
                    documents: documents(&journey, "1"),
                };
                Ask::Apply { input: Box::new(input), facts, fresh: self.fresh() }
            }
            Move::Invite { role, known } => {
                let input = InviteInput {
                    id: registration_id(1),
                    email: email("kim@example.com"),
                    first_name: known.then(|| name("Zoë")),
                    last_name: known.then(|| name("Quastenflosser")),
                    record: record(),
                    company: COMPANY.to_owned(),
                    role: *role,
                    by: Some(account_id(7)),
                    language: Language::De,
                    has_account: false,
                };
                Ask::Invite { input: Box::new(input), fresh: self.fresh_link() }
            }
            Move::Code { pick, lost, approvers } => confirm(Proof::Code(present(&self.codes, *pick)), *lost, *approvers),
            Move::Link { pick, lost, approvers } => confirm(Proof::Link(present(&self.links, *pick)), *lost, *approvers),
            Move::Deny(pick) => Ask::Deny { token: present(&self.links, *pick) },
            Move::Resend { taken } => Ask::Resend { owner: taken.then(owner), fresh: self.fresh() },
            Move::Correct { taken, n } => {
                Ask::CorrectAddress { email: email(&format!("kim{n}@example.com")), owner: taken.then(owner), fresh: self.fresh() }
            }
            Move::Renew { pick, taken } => {
                let issued = if matches!(self.life.state.as_ref().map(Registration::stage), Some(Stage::AwaitingCompletion(_))) {
                    &self.set_ups
                } else {
                    &self.links
                };
                let token = present(issued, *pick);
                Ask::RenewLink { token, owner: taken.then(owner), fresh: self.fresh(), link: self.fresh_link() }
            }
            Move::Approve { clerk, entitled, current, existing } => {
                let shown = self.life.state.as_ref().map_or(1, |state| state.dossier().revision) + u32::from(!current);
                let facts = self.complete_facts(*existing, false);
                Ask::Approve { by: decider(*clerk, *entitled), shown, fresh: self.fresh_link(), facts }
            }
            Move::Reject { clerk, entitled, reason } => {
                let shown = self.life.state.as_ref().map_or(1, |state| state.dossier().revision);
                let reason = reason.then(|| "unbekannt verzogen".to_owned());
                Ask::Reject { by: decider(*clerk, *entitled), shown, reason, delivery: delivery(2_000_000) }
            }
            Move::Complete { pick, parts: [names, consents, password], existing, signed_in } => {
                let invited = self.life.state.as_ref().is_some_and(|state| matches!(state.dossier().origin, Origin::Invited { .. }));
                let asked = journey.consents.iter().filter(|rule| invited || rule.stage == ConsentStage::Completion);
                let chosen_here = matches!(journey.password, PasswordOrigin::AtRegistration | PasswordOrigin::AtCompletion) && !existing;
                let input = CompletionInput {
                    first_name: names.then(|| name("Zoë")),
                    last_name: names.then(|| name("Quastenflosser")),
                    consents: if *consents { asked.map(|rule| decision(&rule.document, true)).collect() } else { Vec::new() },
                    password: (*password && chosen_here).then(|| chosen(2, 12)),
                };
                let facts = self.complete_facts(*existing, *signed_in);
                Ask::Complete { token: present(&self.set_ups, *pick), input: Box::new(input), facts }
            }
            Move::Revoke => Ask::Revoke,
            Move::ResendInvitation => Ask::ResendInvitation { fresh: self.fresh_link() },
            Move::Tick { approvers } => tick(*approvers),
        }
    }

    /// Plays one move; whether the registration became an account.
    fn play(&mut self, one: &Move) -> Result<bool, TestCaseError> {
        let before = self.life.state.clone();
        let counts = (self.codes.len(), self.links.len(), self.set_ups.len());
        let command = self.command(one);
        let facts = match &command {
            registration::Command::Complete { facts, .. } | registration::Command::Approve { facts, .. } => Some(facts.clone()),
            registration::Command::Apply { .. }
            | registration::Command::Invite { .. }
            | registration::Command::Confirm { .. }
            | registration::Command::Deny { .. }
            | registration::Command::Resend { .. }
            | registration::Command::CorrectAddress { .. }
            | registration::Command::RenewLink { .. }
            | registration::Command::Reject { .. }
            | registration::Command::Revoke
            | registration::Command::ResendInvitation { .. }
            | registration::Command::Tick { .. } => None,
        };
        let step = ask(&mut self.life, command)?;
        if step.as_ref().is_none_or(|step| step.events.is_empty()) {
            // Nothing happened: what was minted for it was never mailed.
            self.codes.truncate(counts.0);
            self.links.truncate(counts.1);
            self.set_ups.truncate(counts.2);
        } else if let Some(after) = &self.life.state {
            // A renewal mails one of the two.
            if matches!(one, Move::Renew { .. }) {
                match after.stage() {
                    Stage::AwaitingCompletion(_) => self.links.truncate(counts.1),
                    _ => self.set_ups.truncate(counts.2),
                }
            }
        }
        self.holds(before.as_ref(), step.as_ref(), facts.as_ref())
    }

    fn holds(
        &self,
        before: Option<&Registration>,
        step: Option<&Step<Registration>>,
        facts: Option<&CompleteFacts>,
    ) -> Result<bool, TestCaseError> {
        let Some(after) = &self.life.state else { return Ok(false) };
        prop_assert_eq!(registration::deadline(after).is_none(), after.is_ended(), "only what has ended has no deadline");
        let wrong = self.life.events.iter().filter(|event| matches!(event, registration::Event::CodeRejected)).count();
        prop_assert!(wrong <= 5, "{} wrong codes", wrong);
        if let Some(before) = before {
            if before.is_ended() {
                prop_assert_eq!(before.stage(), after.stage(), "what has ended stays so");
            }
            if let (Stage::AwaitingEmail(stage), Some(step)) = (before.stage(), step) {
                let proved = step.events.iter().any(|event| matches!(event, registration::Event::EmailProved { .. }));
                prop_assert!(!(proved && stage.standing == Standing::Shadow), "a shadow was confirmed");
            }
        }
        if after.is_ended() {
            prop_assert_eq!(&after.dossier().password, &None, "what has ended keeps no password");
        }
        time_works(&self.life, || tick(1))?;
        let begun = before.is_none_or(|before| !matches!(before.stage(), Stage::Active { .. }));
        if begun && matches!(after.stage(), Stage::Active { .. }) {
            self.passed_every_gate(after, facts.and_then(|facts| facts.existing.as_ref()))?;
            return Ok(true);
        }
        Ok(false)
    }

    fn passed_every_gate(&self, registration: &Registration, existing: Option<&ExistingAccount>) -> Result<(), TestCaseError> {
        let (journey, events, dossier) = (&self.life.journey, &self.life.events, registration.dossier());
        let invited = matches!(dossier.origin, Origin::Invited { .. });
        prop_assert!(journey.start == Start::Person, "only the company opens accounts here");
        prop_assert!(dossier.proved.is_some(), "active without a proof of address");
        if journey.approval != Approval::Nobody && !invited {
            prop_assert!(events.iter().any(|event| matches!(event, registration::Event::Approved { .. })), "active without an approval");
        }
        if existing.is_none() {
            let chosen = events.iter().any(|event| match event {
                registration::Event::Applied { dossier, .. } => dossier.password.is_some(),
                registration::Event::PasswordChosen { .. } => true,
                _ => false,
            });
            prop_assert!(chosen || journey.password == PasswordOrigin::Mailed, "active without a password");
        }
        for rule in journey.consents.iter().filter(|rule| rule.required) {
            let granted =
                |consents: &Consents| consents.0.get(&rule.document).is_some_and(|given| given.granted && given.shown.version == "1");
            prop_assert!(
                granted(&dossier.consents) || existing.is_some_and(|existing| granted(&existing.consents)),
                "active without {}",
                rule.document
            );
        }
        Ok(())
    }
}

/// How often each end was reached: a test that never gets anywhere proves nothing.
#[derive(Default, Debug)]
struct Reached {
    cases: u32,
    active: u32,
    ended: u32,
}

fn journeys() -> impl Strategy<Value = Journey> {
    let four: Vec<Journey> = PORTALS.iter().map(|slug| journey_of(slug)).collect();
    prop_oneof![
        1 => proptest::sample::select(four),
        2 => drafts::draft().prop_filter_map("it does not compile", |draft| draft.compile().ok()),
    ]
}

#[test]
fn whatever_people_do_a_registration_passes_every_gate_or_none() {
    let mut reached = Reached::default();
    let shared = std::cell::RefCell::new(&mut reached);
    TestRunner::new(config())
        .run(&(journeys(), moves()), |(journey, moves)| {
            let mut play = Play::new(&journey);
            let mut active = false;
            for (wait, one) in &moves {
                play.life.later(*wait);
                active |= play.play(one)?;
            }
            folds(&play.life)?;
            let mut reached = shared.borrow_mut();
            reached.cases += 1;
            reached.active += u32::from(active);
            reached.ended += u32::from(play.life.state.as_ref().is_some_and(Registration::is_ended));
            Ok(())
        })
        .unwrap();
    assert!(reached.active * 10 >= reached.cases && reached.ended * 4 >= reached.cases, "the moves lead nowhere: {reached:?}");
}

#[test]
fn a_third_of_the_random_drafts_compile_and_a_fifth_do_not() {
    let mut runner = TestRunner::new(config());
    let sample = 600;
    let valid = (0..sample).filter(|_| drafts::draft().new_tree(&mut runner).unwrap().current().compile().is_ok()).count();
    assert!(valid * 10 >= sample * 3, "only {valid} of {sample} compile");
    assert!(valid * 5 <= sample * 4, "{valid} of {sample} compile: the refusals are hardly driven");
}

#[test]
fn every_journey_that_compiles_can_be_gone_to_its_end() {
    let run = |journey: Journey| {
        if journey.start == Start::Company {
            return Ok(());
        }
        let mut play = Play::new(&journey);
        let mut active = play.play(&Move::Apply { taken: false, complete: true })?;
        prop_assert!(play.life.state.is_some(), "nobody can apply");
        active |= play.play(&match journey.email_proof[0] {
            EmailProof::Code => Move::Code { pick: Pick::Latest, lost: false, approvers: 1 },
            EmailProof::Link => Move::Link { pick: Pick::Latest, lost: false, approvers: 1 },
        })?;
        let clerk = journey.approval == Approval::Clerk;
        if journey.approval != Approval::Nobody {
            active |= play.play(&Move::Approve { clerk, entitled: true, current: true, existing: false })?;
        }
        if !active {
            active |= play.play(&Move::Complete { pick: Pick::Latest, parts: [true; 3], existing: false, signed_in: false })?;
        }
        prop_assert!(active, "it leads nowhere: {:?}", play.life.state);
        Ok(())
    };
    TestRunner::new(config()).run(&journeys(), run).unwrap();
}

// ---- Accounts ----

#[derive(Clone, Debug)]
enum Deed {
    SignIn { right: bool },
    Change { right: bool, same: bool, met: u32 },
    RequestReset,
    ConfirmReset(Pick),
    IssueInitial,
    RequestEmail { right: bool, taken: bool, n: usize },
    ConfirmEmail { pick: Pick, lost: bool },
    Amend(usize),
    Decide { document: usize, granted: bool, current: bool },
    Adopt,
    Gain,
    Lose,
    EndSessions,
    RejectPin(u64),
    RequestLetter,
    Suspend,
    Unsuspend,
    Close { right: bool },
    Settle { sent: bool },
    Tick,
}

fn deeds() -> impl Strategy<Value = Vec<(TimeDelta, Deed)>> {
    let often = || prop::bool::weighted(0.85);
    let seldom = || prop::bool::weighted(0.15);
    let one = prop_oneof![
        3 => often().prop_map(|right| Deed::SignIn { right }),
        2 => (often(), seldom(), 8..20_u32).prop_map(|(right, same, met)| Deed::Change { right, same, met }),
        3 => Just(Deed::RequestReset),
        3 => pick().prop_map(Deed::ConfirmReset),
        1 => Just(Deed::IssueInitial),
        3 => (often(), seldom(), 0..4_usize).prop_map(|(right, taken, n)| Deed::RequestEmail { right, taken, n }),
        3 => (pick(), seldom()).prop_map(|(pick, lost)| Deed::ConfirmEmail { pick, lost }),
        1 => (0..3_usize).prop_map(Deed::Amend),
        2 => (0..4_usize, any::<bool>(), often()).prop_map(|(document, granted, current)| Deed::Decide { document, granted, current }),
        1 => Just(Deed::Adopt),
        1 => Just(Deed::Gain),
        1 => Just(Deed::Lose),
        1 => Just(Deed::EndSessions),
        8 => (0..24_u64).prop_map(|n| Deed::RejectPin(if n < 12 { 0 } else { n })),
        3 => Just(Deed::RequestLetter),
        1 => Just(Deed::Suspend),
        2 => Just(Deed::Unsuspend),
        1 => seldom().prop_map(|right| Deed::Close { right }),
        1 => any::<bool>().prop_map(|sent| Deed::Settle { sent }),
        2 => Just(Deed::Tick),
    ];
    prop::collection::vec((wait(), one), 1..50)
}

fn begin(journey: &Journey) -> account::Command {
    if journey.start == Start::Company {
        let input = ProvisionInput {
            id: account_id(1),
            email: email("kim@example.com"),
            person: Applicant { first_name: Some(name("Zoë")), last_name: Some(name("Quastenflosser")), birth_date: None },
            language: Language::De,
            record: number(),
            written: WRITTEN.to_owned(),
            password: minted(1),
            hash: hash(1),
            deliveries: [delivery(1), delivery(2)],
        };
        return account::Command::Provision { input: Box::new(input) };
    }
    let credential = if journey.password == PasswordOrigin::Mailed {
        NewCredential::Generated { password: minted(1), hash: hash(1), delivery: delivery(2) }
    } else {
        NewCredential::Own(chosen(1, 12))
    };
    let new = NewAccount {
        id: account_id(1),
        email: email("kim@example.com"),
        person: person(journey),
        language: Language::De,
        record: journey.claim.is_some().then(number),
        consents: Consents::default(),
        credential,
        privileged: false,
    };
    account::Command::Open { account: Box::new(new) }
}

fn deed(one: &Deed, journey: &Journey, at: u64, resets: &mut Vec<u64>, emails: &mut Vec<u64>, now: DateTime<Utc>) -> account::Command {
    use account::Command as Ask;
    let fresh = 1_000 + at * 10;
    match one {
        Deed::SignIn { right } => {
            Ask::SignIn { verified: *right, rehashed: right.then(|| hash(fresh)), documents: documents(journey, "1") }
        }
        Deed::Change { right, same, met } => {
            Ask::ChangePassword { verified: *right, new: chosen(fresh, *met), same: *same, delivery: delivery(fresh) }
        }
        Deed::RequestReset => {
            resets.push(fresh);
            Ask::RequestReset { link: minted(fresh), delivery: delivery(fresh + 1) }
        }
        Deed::ConfirmReset(pick) => Ask::ConfirmReset { token: present(resets, *pick), new: chosen(fresh, 12), delivery: delivery(fresh) },
        Deed::IssueInitial => Ask::IssueInitialPassword { password: minted(fresh), hash: hash(fresh), delivery: delivery(2), after: None },
        Deed::RequestEmail { right, taken, n } => {
            emails.push(fresh);
            let deliveries = [delivery(fresh + 1), delivery(fresh + 2)];
            Ask::RequestEmail {
                email: email(&format!("kim{n}@example.com")),
                verified: *right,
                owner: taken.then(owner),
                link: minted(fresh),
                deliveries,
            }
        }
        Deed::ConfirmEmail { pick, lost } => Ask::ConfirmEmail { token: present(emails, *pick), delivery: delivery(fresh), lost: *lost },
        Deed::Amend(n) => Ask::Amend {
            first_name: (*n == 0).then(|| name("Anouk")),
            last_name: (*n == 1).then(|| name("Quastenflosser")),
            language: Some(Language::Fr),
        },
        Deed::Decide { document, granted, current } => Ask::DecideConsent {
            document: journey.consents.get(*document).map_or("lottery", |rule| rule.document.as_str()).to_owned(),
            version: if *current { "1" } else { "0" }.to_owned(),
            granted: *granted,
            documents: documents(journey, "1"),
        },
        Deed::Adopt => Ask::AdoptConsents { given: journey.consents.iter().map(|rule| given(&rule.document, "1", true, now)).collect() },
        Deed::Gain => Ask::GainPrivilege,
        Deed::Lose => Ask::LosePrivilege,
        Deed::EndSessions => Ask::EndSessions,
        Deed::RejectPin(n) => Ask::RejectPin { number: digest(500_000 + n) },
        Deed::RequestLetter => Ask::RequestLetter,
        Deed::Suspend => Ask::Suspend { delivery: delivery(fresh) },
        Deed::Unsuspend => Ask::Unsuspend { delivery: delivery(fresh) },
        Deed::Close { right } => Ask::Close { verified: *right, delivery: delivery(fresh) },
        Deed::Settle { sent } => Ask::Settle { delivery: delivery(2), fate: if *sent { MailFate::Sent } else { MailFate::Failed } },
        Deed::Tick => Ask::Tick,
    }
}

/// Takes only what is free, releases only what it holds.
fn balance(held: &mut HashSet<Claim>, changes: &[ClaimChange]) -> Result<(), TestCaseError> {
    for change in changes {
        let fits = match change {
            ClaimChange::Take(claim, _) => held.insert(claim.clone()),
            ClaimChange::Release(claim) => held.remove(claim),
        };
        prop_assert!(fits, "{:?} does not fit what is held", change);
    }
    Ok(())
}

/// Tries and letters, counted from the events alone.
fn budgets(events: &[account::Event]) -> Result<(), TestCaseError> {
    let mut tries: Vec<(onboarding_core::Digest, DateTime<Utc>)> = Vec::new();
    let mut letters: Vec<DateTime<Utc>> = Vec::new();
    for event in events {
        match event {
            account::Event::PinRejected { number, at, .. } => {
                tries.push((*number, *at));
                let recent: Vec<_> = tries.iter().filter(|(_, then)| *then > *at - policy::PIN_WINDOW).collect();
                let same = recent.iter().filter(|(other, _)| other == number).count();
                let numbers: HashSet<_> = recent.iter().map(|(other, _)| other.bytes).collect();
                prop_assert!(same <= 5 && numbers.len() <= 20, "{} tries, {} numbers in 30 days", same, numbers.len());
            }
            account::Event::LetterRequested { at, .. } => {
                prop_assert!(letters.last().is_none_or(|last| *at - *last >= days(7)), "two letters within a week");
                letters.push(*at);
                let recent = letters.iter().filter(|then| **then > *at - policy::PIN_WINDOW).count();
                prop_assert!(recent <= 4, "{} letters in 30 days", recent);
            }
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn whatever_people_do_an_account_keeps_its_bounds() {
    TestRunner::new(config())
        .run(&(journeys(), deeds()), |(journey, deeds)| {
            let mut life = Life::<Account>::of(&journey);
            let (mut resets, mut emails, mut held) = (Vec::new(), Vec::new(), HashSet::new());
            let begun = ask(&mut life, begin(&journey))?.expect("nothing forbids a beginning");
            balance(&mut held, &begun.claims)?;
            for (at, (wait, one)) in deeds.iter().enumerate() {
                life.later(*wait);
                let before = life.state().clone();
                let command = deed(one, &journey, at as u64, &mut resets, &mut emails, life.now);
                let step = ask(&mut life, command)?;
                let after = life.state();
                prop_assert!(after.generation() >= before.generation());
                if before.credential().hash() != after.credential().hash() && !matches!(one, Deed::SignIn { .. }) {
                    prop_assert!(after.generation() > before.generation(), "another password, and sessions live on");
                }
                if before.word() == "closed" {
                    prop_assert_eq!(&before, after, "what is closed stays so");
                }
                balance(&mut held, step.as_ref().map_or(&[], |step| step.claims.as_slice()))?;
                let expected =
                    if after.word() == "closed" { Vec::new() } else { Claim::of_account(&journey, &after.email().key(), after.record()) };
                prop_assert_eq!(&held, &expected.into_iter().collect::<HashSet<_>>(), "the claims are those of the account");
                time_works(&life, || account::Command::Tick)?;
            }
            budgets(&life.events)?;
            folds(&life)
        })
        .unwrap();
}

// ---- Memberships and rosters ----

#[derive(Clone, Debug)]
enum Doing {
    Grant(bool),
    Request { held: bool },
    Redeem { pick: Pick, notice: u8 },
    ByNotice,
    Release,
    Refuse,
    Mark(bool),
    Reissue,
    Settle(u8),
    Role(bool),
    Suspend,
    Unsuspend,
    End,
    Tick,
}

fn doings() -> impl Strategy<Value = Vec<(TimeDelta, Doing)>> {
    let one = prop_oneof![
        1 => any::<bool>().prop_map(Doing::Grant),
        4 => any::<bool>().prop_map(|held| Doing::Request { held }),
        5 => (pick(), 0..12_u8).prop_map(|(pick, notice)| Doing::Redeem { pick, notice }),
        1 => Just(Doing::ByNotice),
        2 => Just(Doing::Release),
        1 => Just(Doing::Refuse),
        1 => any::<bool>().prop_map(Doing::Mark),
        2 => Just(Doing::Reissue),
        2 => (0..5_u8).prop_map(Doing::Settle),
        1 => any::<bool>().prop_map(Doing::Role),
        1 => Just(Doing::Suspend),
        1 => Just(Doing::Unsuspend),
        2 => Just(Doing::End),
        2 => Just(Doing::Tick),
    ];
    prop::collection::vec((wait(), one), 1..40)
}

fn doing(one: &Doing, at: u64, pins: &mut Vec<u64>, now: DateTime<Utc>) -> membership::Command {
    use membership::Command as Ask;
    let place = || Place { id: membership_id(1), account: account_id(1), record: record() };
    let told = || (email("kim@example.com"), Language::De);
    let role = |admin: bool| if admin { Role::SuperAdmin } else { Role::Member };
    let pin = 1_000 + at * 2;
    let letter = |held| LetterInput {
        pin: minted(pin),
        delivery: delivery(7),
        language: Language::De,
        requester: Personal("Nora Beispiel".to_owned()),
        reissued: false,
        valid_until: now + days(24),
        held,
    };
    match one {
        Doing::Grant(admin) => Ask::Grant { place: place(), role: role(*admin) },
        Doing::Request { held } => {
            pins.push(pin);
            Ask::RequestPin { place: place(), letter: letter(*held) }
        }
        Doing::Redeem { pick, notice } => {
            let notice = match notice {
                0 => NoticeVerdict::Matches,
                1 => NoticeVerdict::Expired,
                _ => NoticeVerdict::Mismatch,
            };
            Ask::Redeem { pin: present(pins, *pick), notice, delivery: delivery(8), told: told(), business: COMPANY.to_owned() }
        }
        Doing::ByNotice => Ask::RedeemNotice { place: place(), delivery: delivery(8), told: told(), business: COMPANY.to_owned() },
        Doing::Release => {
            pins.push(pin);
            Ask::ReleaseLetter { letter: letter(false) }
        }
        Doing::Refuse => Ask::RefuseLetter,
        Doing::Mark(posted) => {
            let mark = if *posted { LetterMark::Posted } else { LetterMark::Returned };
            Ask::MarkLetter { delivery: delivery(7), mark }
        }
        Doing::Reissue => {
            pins.push(pin);
            Ask::ReissueLetter { letter: letter(false) }
        }
        Doing::Settle(n) => {
            let fate =
                [LetterFate::Queued, LetterFate::Printed, LetterFate::Posted, LetterFate::Returned, LetterFate::Parked][usize::from(*n)];
            Ask::SettleLetter { delivery: delivery(7), fate }
        }
        Doing::Role(admin) => Ask::ChangeRole { role: role(*admin) },
        Doing::Suspend => Ask::Suspend,
        Doing::Unsuspend => Ask::Unsuspend,
        Doing::End => Ask::End,
        Doing::Tick => Ask::Tick,
    }
}

#[test]
fn whatever_people_do_a_membership_opens_only_by_a_grant_or_a_living_pin() {
    TestRunner::new(config())
        .run(&doings(), |doings| {
            let mut life = Life::<Membership>::of(&journey_of("chamber"));
            let mut pins = Vec::new();
            for (at, (wait, one)) in doings.iter().enumerate() {
                life.later(*wait);
                let before = life.state.clone();
                let issued = pins.len();
                let command = doing(one, at as u64, &mut pins, life.now);
                let step = ask(&mut life, command.clone())?;
                if step.as_ref().is_none_or(|step| step.events.is_empty()) {
                    pins.truncate(issued);
                }
                let opened = life.state.as_ref().is_some_and(Membership::is_active) && !before.as_ref().is_some_and(Membership::is_active);
                let letters =
                    step.iter().flat_map(|step| &step.effects).filter(|effect| matches!(effect, Effect::PrintPinLetter(_))).count();
                prop_assert_eq!(letters, usize::from(pins.len() > issued), "a PIN and its letter come together");
                if opened {
                    let by_pin = |pin: &Presented| {
                        let kept = before.as_ref().and_then(Membership::pin);
                        kept.is_some_and(|kept| pin.matches(&kept.digest) && kept.valid_until > life.now && kept.fate != LetterFate::Held)
                    };
                    let entitled = match &command {
                        membership::Command::Grant { .. } | membership::Command::RedeemNotice { .. } | membership::Command::Unsuspend => {
                            true
                        }
                        membership::Command::Redeem { pin, notice, .. } => *notice == NoticeVerdict::Matches || by_pin(pin),
                        membership::Command::RequestPin { .. }
                        | membership::Command::ReleaseLetter { .. }
                        | membership::Command::RefuseLetter
                        | membership::Command::MarkLetter { .. }
                        | membership::Command::ReissueLetter { .. }
                        | membership::Command::SettleLetter { .. }
                        | membership::Command::ChangeRole { .. }
                        | membership::Command::Suspend
                        | membership::Command::End
                        | membership::Command::Tick => false,
                    };
                    prop_assert!(entitled, "{:?} opened a membership", command);
                }
                if let Some(state) = &life.state {
                    prop_assert!(!state.is_active() || state.pin().is_none(), "an open door has no PIN left");
                }
                time_works(&life, || membership::Command::Tick)?;
            }
            folds(&life)
        })
        .unwrap();
}

fn roster_tick(n: u64) -> roster::Command {
    let (requests, company, many) = (usize::try_from(n % 3).unwrap(), COMPANY.to_owned(), usize::try_from(n % 4).unwrap());
    roster::Command::Tick { waiting: Waiting { requests, approvers: approvers(many), deliveries: deliveries(many), company } }
}

fn roster_command(kind: u8, n: u64, now: DateTime<Utc>) -> roster::Command {
    let account = account_id(n % 4);
    match kind {
        0 => roster::Command::Found { id: roster_id(1), record: number() },
        1 | 2 => roster::Command::AddAdmin { account },
        3 | 4 => roster::Command::RemoveAdmin { account },
        5 => roster::Command::LoseAdmin { account },
        6 | 7 => roster::Command::CountLetter,
        8 => roster::Command::IssueNotice { pin: NoticePin { digest: digest(n), valid_until: now + days(i64::try_from(n).unwrap() * 20) } },
        9 => roster::Command::UseNotice,
        10 => roster::Command::CountApprovalMail,
        _ => roster_tick(n),
    }
}

#[test]
fn whatever_people_do_a_roster_loses_its_last_super_admin_only_to_a_closed_account() {
    TestRunner::new(config())
        .run(&prop::collection::vec((wait(), 0..12_u8, 1..40_u64), 1..50), |asked| {
            let mut life = Life::<Roster>::of(&journey_of("partner"));
            ask(&mut life, roster_command(0, 0, start()))?;
            let mut letters: Vec<DateTime<Utc>> = Vec::new();
            for (wait, kind, n) in asked {
                life.later(wait);
                let before = life.state().admins().to_vec();
                let command = roster_command(kind, n, life.now);
                let step = ask(&mut life, command.clone())?;
                let after = life.state().admins();
                if !before.is_empty() && after.is_empty() {
                    prop_assert!(matches!(command, roster::Command::LoseAdmin { .. }), "{:?} left nobody", command);
                    prop_assert_eq!(step.as_ref().and_then(|step| step.events.last()), Some(&roster::Event::FellToClerks));
                }
                prop_assert_eq!(after.iter().collect::<HashSet<_>>().len(), after.len(), "somebody stands twice");
                if let (roster::Command::CountLetter, Some(step)) = (&command, &step) {
                    let recent = letters.iter().filter(|at| **at > life.now - policy::PIN_WINDOW).count();
                    prop_assert_eq!(step.reply == roster::Reply::Hold, recent >= 10, "{} letters in 30 days", recent);
                    letters.push(life.now);
                }
                prop_assert!(roster::deadline(life.state()).is_none_or(|due| due <= life.now + days(400)));
                time_works(&life, || roster_tick(n))?;
            }
            folds(&life)
        })
        .unwrap();
}

// ---- Clerks ----

fn clerk_command(kind: u8, n: u64) -> clerk::Command {
    match kind {
        0 => clerk::Command::Prepare { id: clerk_id(n), email: email("kim@example.com"), setup: digest(n) },
        1..=3 => clerk::Command::SetUp { token: shown(n), new: chosen(n, 15) },
        4 | 5 => clerk::Command::SignIn { verified: n.is_multiple_of(2), rehashed: n.is_multiple_of(3).then(|| hash(n)) },
        6 => clerk::Command::EndSessions,
        _ => clerk::Command::Tick,
    }
}

#[test]
fn whatever_happens_only_the_newest_token_of_the_last_day_makes_a_password_and_only_once() {
    TestRunner::new(config())
        .run(&prop::collection::vec((wait(), 0..8_u8, 1..6_u64), 1..50), |asked| {
            let mut life = Life::<Clerk>::of(&journey_of("partner"));
            ask(&mut life, clerk_command(0, 1))?;
            let mut living = Some((1, life.now + hours(24)));
            for (wait, kind, n) in asked {
                life.later(wait);
                let before = life.state().clone();
                let command = clerk_command(kind, n);
                let step = ask(&mut life, command.clone())?;
                let after = life.state().clone();
                match command {
                    clerk::Command::Prepare { .. } => {
                        living = Some((n, life.now + hours(24)));
                        prop_assert!(after.credential().is_none(), "the old password is dead");
                        prop_assert!(after.generation() > before.generation(), "every session ends");
                    }
                    clerk::Command::SetUp { .. } => {
                        let due = living.take_if(|(token, end)| *token == n && life.now < *end).is_some();
                        prop_assert_eq!(step.is_some(), due);
                    }
                    clerk::Command::SignIn { verified, .. } => {
                        let expected =
                            if verified && before.credential().is_some() { clerk::Reply::SignedIn } else { clerk::Reply::Failed };
                        prop_assert_eq!(step.map(|step| step.reply), Some(expected));
                    }
                    clerk::Command::EndSessions => prop_assert!(after.generation() > before.generation()),
                    clerk::Command::Tick => {}
                }
                prop_assert_eq!(after.id(), before.id(), "a clerk stays who it is");
                prop_assert!(clerk::deadline(&after).is_none_or(|due| due <= life.now + hours(24)));
                time_works(&life, || clerk::Command::Tick)?;
            }
            folds(&life)
        })
        .unwrap();
}

// ---- The needles are real ----

#[test]
fn what_is_looked_for_is_there_to_be_found() {
    let shown = |what: &dyn Debug| format!("{what:?}");
    assert!(keeps_silent("a text", &shown(&"Quastenflosser")).is_err());
    let mut play = Play::new(&journey_of("chamber"));
    play.play(&Move::Apply { taken: false, complete: true }).unwrap();
    let kept = serde_json::to_string(play.life.state()).unwrap();
    for needle in ["Quastenflosser", "Zoë", "1987", "kim@example.com"] {
        assert!(kept.contains(needle), "{needle} is not even stored");
    }
}
