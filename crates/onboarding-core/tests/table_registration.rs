//! Every (state × command) pair of a registration, with its verdict.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[macro_use]
#[path = "scene/table.rs"]
mod table;
#[path = "scene/scene.rs"]
mod scene;

use chrono::{DateTime, Utc};
use onboarding_core::journey::EmailProof;
use onboarding_core::registration::{
    AddressOwner, ApplyFacts, ApplyInput, Approver, Command, CompleteFacts, CompletionInput, ConfirmFacts, Decider, Entitlement, ExpiredAt,
    InviteInput, Proof, Refusal, Registration, Reply, Stage,
};
use onboarding_core::{Journey, Language, Personal, Presented, Role};
use scene::*;

kinds! {
    /// The states, and within them whatever changes an answer.
    State { Nothing, Email, Shadow, UsedUp, Stale, Overdue, Approval, Clerks, Completion, Invited, Active, Rejected, Expired, Denied }
}

kinds! {
    /// The commands, with right and wrong values.
    Ask {
        Apply, Invite, ConfirmCode, ConfirmWrongCode, ConfirmLink, Deny, Resend, CorrectAddress, RenewLink, ApproveAsAdmin, ApproveAsClerk, Reject, Complete,
        CompletePart, Revoke, ResendInvitation, Tick,
    }
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Repeated,
    CodeWrong,
    Lost,
    Missing,
    Activated,
    NotFound,
    Exists,
    NotInThisState,
    TokenUnknown,
    TokenExpired,
    TokenSuperseded,
    TokenUsed,
    CodeExpired,
    CodeUsedUp,
    TooSoon,
    RegistrationClosed,
    Input,
    NotInThisJourney,
    NotEntitled,
    OwnRequest,
    WrongAccount,
    Outdated,
}

use Verdict::{
    Activated, CodeExpired, CodeUsedUp, CodeWrong, Done, Exists, Missing, NotEntitled, NotFound, NotInThisState, Outdated, Repeated,
    TokenExpired, TokenSuperseded as Replaced, TokenUnknown, TokenUsed,
};

/// Short, so that a row stays a row.
const NOT: Verdict = NotInThisState;

#[rustfmt::skip]
const TABLE: &[(Ask, [Verdict; State::ALL.len()])] = &[
    //                       Nothing   Email         Shadow        UsedUp        Stale         Overdue       Approval      Clerks        Completion Invited    Active     Rejected  Expired       Denied
    (Ask::Apply,            [Done,     Exists,       Exists,       Exists,       Exists,       Exists,       Exists,       Exists,       Exists,    Exists,    Exists,    Exists,   Exists,       Exists]),
    (Ask::Invite,           [Done,     Exists,       Exists,       Exists,       Exists,       Exists,       Exists,       Exists,       Exists,    Exists,    Exists,    Exists,   Exists,       Exists]),
    (Ask::ConfirmCode,      [NotFound, Done,         CodeWrong,    CodeUsedUp,   CodeExpired,  NOT,          Repeated,     Repeated,     Repeated,  NOT,       Repeated,  Repeated, NOT,          NOT]),
    (Ask::ConfirmWrongCode, [NotFound, CodeWrong,    CodeWrong,    CodeUsedUp,   CodeExpired,  NOT,          NOT,          NOT,          NOT,       NOT,       NOT,       NOT,      NOT,          NOT]),
    (Ask::ConfirmLink,      [NotFound, Done,         TokenUnknown, Done,         TokenExpired, TokenExpired, Repeated,     Repeated,     Repeated,  Replaced,  Repeated,  Repeated, TokenExpired, Repeated]),
    (Ask::Deny,             [NotFound, Done,         TokenUnknown, Done,         TokenExpired, TokenExpired, TokenUsed,    TokenUsed,    TokenUsed, Replaced,  TokenUsed, TokenUsed, TokenExpired, TokenUsed]),
    (Ask::Resend,           [NotFound, Done,         Done,         Done,         Done,         NOT,          NOT,          NOT,          NOT,       NOT,       NOT,       NOT,      NOT,          NOT]),
    (Ask::CorrectAddress,   [NotFound, Done,         Done,         Done,         Done,         NOT,          NOT,          NOT,          NOT,       NOT,       NOT,       NOT,      NOT,          NOT]),
    (Ask::RenewLink,        [NotFound, Repeated,     Repeated,     Repeated,     Done,         Repeated,     Repeated,     Repeated,     Repeated,  Repeated,  Repeated,  Repeated, Repeated,     Repeated]),
    (Ask::ApproveAsAdmin,   [NotFound, NOT,          NOT,          NOT,          NOT,          Outdated,     Missing,      Missing,      Outdated,  Outdated,  Outdated,  Outdated, Outdated,     Outdated]),
    (Ask::ApproveAsClerk,   [NotFound, NOT,          NOT,          NOT,          NOT,          Outdated,     NotEntitled,  Missing,      Outdated,  Outdated,  Outdated,  Outdated, Outdated,     Outdated]),
    (Ask::Reject,           [NotFound, NOT,          NOT,          NOT,          NOT,          Outdated,     Done,         Done,         Outdated,  Outdated,  Outdated,  Outdated, Outdated,     Outdated]),
    (Ask::Complete,         [NotFound, TokenUnknown, TokenUnknown, TokenUnknown, TokenUnknown, Replaced,     TokenUnknown, TokenUnknown, Activated, Activated, TokenUsed, Replaced, Replaced,     Replaced]),
    (Ask::CompletePart,     [NotFound, TokenUnknown, TokenUnknown, TokenUnknown, TokenUnknown, Replaced,     TokenUnknown, TokenUnknown, Missing,   Missing,   TokenUsed, Replaced, Replaced,     Replaced]),
    (Ask::Revoke,           [NotFound, NOT,          NOT,          NOT,          NOT,          NOT,          NOT,          NOT,          NOT,       Done,      NOT,       NOT,      NOT,          NOT]),
    (Ask::ResendInvitation, [NotFound, NOT,          NOT,          NOT,          NOT,          NOT,          NOT,          NOT,          Done,      Done,      NOT,       NOT,      NOT,          NOT]),
    (Ask::Tick,             [NotFound, Repeated,     Repeated,     Repeated,     Repeated,     Done,         Repeated,     Repeated,     Repeated,  Repeated,  Repeated,  Repeated, Repeated,     Repeated]),
];

/// The current code; the link is the next digest.
const PROOF: u64 = 100;
/// The completion link.
const SETUP: u64 = 200;
const MAIL: u64 = 1;

/// The partners' journey with both doors, so that every command means something.
fn journey() -> Journey {
    let mut journey = journey_of("partner");
    journey.email_proof = vec![EmailProof::Code, EmailProof::Link];
    journey
}

/// A new command without a kind fails here.
fn kind(command: &Command) -> &'static [Ask] {
    match command {
        Command::Apply { .. } => &[Ask::Apply],
        Command::Invite { .. } => &[Ask::Invite],
        Command::Confirm { .. } => &[Ask::ConfirmCode, Ask::ConfirmWrongCode, Ask::ConfirmLink],
        Command::Deny { .. } => &[Ask::Deny],
        Command::Resend { .. } => &[Ask::Resend],
        Command::CorrectAddress { .. } => &[Ask::CorrectAddress],
        Command::RenewLink { .. } => &[Ask::RenewLink],
        Command::Approve { .. } => &[Ask::ApproveAsAdmin, Ask::ApproveAsClerk],
        Command::Reject { .. } => &[Ask::Reject],
        Command::Complete { .. } => &[Ask::Complete, Ask::CompletePart],
        Command::Revoke => &[Ask::Revoke],
        Command::ResendInvitation { .. } => &[Ask::ResendInvitation],
        Command::Tick { .. } => &[Ask::Tick],
    }
}

/// A new stage without a state fails here.
fn states_of(registration: Option<&Registration>) -> &'static [State] {
    match registration.map(Registration::stage) {
        None => &[State::Nothing],
        Some(Stage::AwaitingEmail(_)) => &[State::Email, State::Shadow, State::UsedUp, State::Stale, State::Overdue],
        Some(Stage::AwaitingApproval(_)) => &[State::Approval, State::Clerks],
        Some(Stage::AwaitingCompletion(_)) => &[State::Completion, State::Invited],
        Some(Stage::Active { .. }) => &[State::Active],
        Some(Stage::Rejected { .. }) => &[State::Rejected],
        Some(Stage::Expired { .. }) => &[State::Expired],
        Some(Stage::Closed { .. }) => &[State::Denied],
    }
}

fn verdict(answer: Result<Reply, Refusal>) -> Verdict {
    match answer {
        Ok(Reply::Done) => Verdict::Done,
        Ok(Reply::Repeated) => Verdict::Repeated,
        Ok(Reply::CodeWrong(_)) => Verdict::CodeWrong,
        Ok(Reply::Lost(_)) => Verdict::Lost,
        Ok(Reply::Missing(_)) => Verdict::Missing,
        Ok(Reply::Activated) => Verdict::Activated,
        Err(Refusal::NotFound) => Verdict::NotFound,
        Err(Refusal::Exists) => Verdict::Exists,
        Err(Refusal::NotInThisState(_)) => Verdict::NotInThisState,
        Err(Refusal::TokenUnknown) => Verdict::TokenUnknown,
        Err(Refusal::TokenExpired) => Verdict::TokenExpired,
        Err(Refusal::TokenSuperseded) => Verdict::TokenSuperseded,
        Err(Refusal::TokenUsed) => Verdict::TokenUsed,
        Err(Refusal::CodeExpired) => Verdict::CodeExpired,
        Err(Refusal::CodeUsedUp) => Verdict::CodeUsedUp,
        Err(Refusal::TooSoon(_)) => Verdict::TooSoon,
        Err(Refusal::RegistrationClosed) => Verdict::RegistrationClosed,
        Err(Refusal::Input(_)) => Verdict::Input,
        Err(Refusal::NotInThisJourney) => Verdict::NotInThisJourney,
        Err(Refusal::NotEntitled) => Verdict::NotEntitled,
        Err(Refusal::OwnRequest) => Verdict::OwnRequest,
        Err(Refusal::WrongAccount) => Verdict::WrongAccount,
        Err(Refusal::Outdated) => Verdict::Outdated,
    }
}

fn owner() -> AddressOwner {
    AddressOwner { email: email("owner@example.com"), language: Language::Fr }
}

fn apply(journey: &Journey, taken: bool) -> Command {
    let consents = vec![decision("privacy", true)];
    let input = ApplyInput {
        id: registration_id(1),
        email: email("kim@example.com"),
        applicant: person(journey),
        consents,
        language: None,
        password: None,
    };
    let facts = ApplyFacts { record: Some(record()), owner: taken.then(owner), documents: documents(journey, "1") };
    let mut fresh = fresh(PROOF);
    fresh.delivery = delivery(MAIL);
    Command::Apply { input: Box::new(input), facts, fresh }
}

fn invite() -> Command {
    let input = InviteInput {
        id: registration_id(1),
        email: email("kim@example.com"),
        first_name: None,
        last_name: None,
        record: record(),
        company: "Muster AG".to_owned(),
        role: Role::Member,
        by: Some(account_id(7)),
        language: Language::De,
        has_account: false,
    };
    let mut fresh = fresh_link(SETUP);
    fresh.delivery = delivery(MAIL);
    Command::Invite { input: Box::new(input), fresh }
}

fn approvers() -> Vec<Approver> {
    vec![Approver { email: email("boss@example.com"), language: Language::De, name: None }]
}

fn confirm(proof: Proof, approvers: Vec<Approver>) -> Command {
    let facts = ConfirmFacts {
        account: account_id(5),
        lost: None,
        approvers,
        deliveries: vec![delivery(50)],
        company: "Muster AG".to_owned(),
        digest: false,
    };
    Command::Confirm { proof, facts }
}

fn admin() -> Decider {
    Decider::SuperAdmin { account: account_id(7), email: Personal(email("boss@example.com")), entitlement: Entitlement::Entitled }
}

fn facts(journey: &Journey) -> CompleteFacts {
    CompleteFacts {
        account: account_id(5),
        existing: None,
        signed_in: None,
        documents: documents(journey, "1"),
        lost: None,
        inviter_gone: false,
    }
}

fn approve(journey: &Journey, by: Decider) -> Command {
    let mut fresh = fresh_link(SETUP);
    fresh.delivery = delivery(MAIL);
    Command::Approve { by, shown: 1, fresh, facts: facts(journey) }
}

fn complete(journey: &Journey, password: bool) -> Command {
    let input = CompletionInput {
        first_name: Some(name("Zoë")),
        last_name: Some(name("Quastenflosser")),
        consents: journey.consents.iter().filter(|rule| rule.document == "terms").map(|rule| decision(&rule.document, true)).collect(),
        password: password.then(|| chosen(1, 12)),
    };
    Command::Complete { token: shown(SETUP), input: Box::new(input), facts: facts(journey) }
}

/// An invited person is asked for the register form's documents too.
fn complete_invited(journey: &Journey, password: bool) -> Command {
    let input = CompletionInput {
        first_name: Some(name("Zoë")),
        last_name: Some(name("Quastenflosser")),
        consents: ["privacy", "terms"].map(|document| decision(document, true)).to_vec(),
        password: password.then(|| chosen(1, 12)),
    };
    Command::Complete { token: shown(SETUP), input: Box::new(input), facts: facts(journey) }
}

fn tick() -> Command {
    Command::Tick { approvers: approvers(), deliveries: vec![delivery(60)], company: "Muster AG".to_owned() }
}

fn by_link() -> Proof {
    Proof::Link(shown(PROOF + 1))
}

fn in_state(state: State) -> Life<Registration> {
    let journey = journey();
    let mut life = Life::of(&journey);
    let applied = |life: &mut Life<Registration>| {
        life.does(apply(&journey, false));
        life.later(minutes(2));
    };
    match state {
        State::Nothing => {}
        State::Email => applied(&mut life),
        State::Shadow => {
            life.does(apply(&journey, true));
            life.later(minutes(2));
        }
        State::UsedUp => {
            applied(&mut life);
            for _ in 0..5 {
                life.does(confirm(Proof::Code(shown(1)), approvers()));
            }
        }
        State::Stale => {
            applied(&mut life);
            life.later(hours(25));
        }
        State::Overdue => {
            applied(&mut life);
            life.later(days(7));
        }
        State::Approval => {
            applied(&mut life);
            life.does(confirm(by_link(), approvers()));
        }
        State::Clerks => {
            applied(&mut life);
            life.does(confirm(by_link(), Vec::new()));
        }
        State::Completion => {
            applied(&mut life);
            life.does(confirm(by_link(), approvers()));
            life.does(approve(&journey, admin()));
        }
        State::Invited => {
            life.does(invite());
        }
        State::Active => {
            applied(&mut life);
            life.does(confirm(by_link(), approvers()));
            life.does(approve(&journey, admin()));
            life.does(complete(&journey, true));
        }
        State::Rejected => {
            applied(&mut life);
            life.does(confirm(by_link(), approvers()));
            life.does(Command::Reject { by: admin(), shown: 1, reason: None, delivery: delivery(70) });
        }
        State::Expired => {
            applied(&mut life);
            life.later(days(7));
            life.does(tick());
            assert!(matches!(life.state().stage(), Stage::Expired { stage: ExpiredAt::Proof, .. }));
        }
        State::Denied => {
            applied(&mut life);
            life.does(Command::Deny { token: shown(PROOF + 1) });
        }
    }
    assert!(states_of(life.state.as_ref()).contains(&state), "{state:?} was not reached");
    life
}

fn command(ask: Ask, state: State, journey: &Journey, now: DateTime<Utc>) -> Command {
    let invited = state == State::Invited;
    let command = match ask {
        Ask::Apply => apply(journey, false),
        Ask::Invite => invite(),
        Ask::ConfirmCode => confirm(Proof::Code(shown(PROOF)), approvers()),
        Ask::ConfirmWrongCode => confirm(Proof::Code(shown(1)), approvers()),
        Ask::ConfirmLink => confirm(by_link(), approvers()),
        Ask::Deny => Command::Deny { token: shown(PROOF + 1) },
        Ask::Resend => Command::Resend { owner: None, fresh: fresh(300) },
        Ask::CorrectAddress => Command::CorrectAddress { email: email("kimberly@example.com"), owner: None, fresh: fresh(300) },
        // Whichever link the state has: only its age is asked.
        Ask::RenewLink => Command::RenewLink {
            token: Presented(vec![digest(PROOF + 1), digest(SETUP)]),
            owner: None,
            fresh: fresh(300),
            link: fresh_link(400),
        },
        Ask::ApproveAsAdmin => approve(journey, admin()),
        Ask::ApproveAsClerk => approve(journey, Decider::Clerk(uuid(8))),
        Ask::Reject => Command::Reject { by: admin(), shown: 1, reason: Some("unknown".to_owned()), delivery: delivery(70) },
        Ask::Complete if invited => complete_invited(journey, true),
        Ask::Complete => complete(journey, true),
        Ask::CompletePart if invited => complete_invited(journey, false),
        Ask::CompletePart => complete(journey, false),
        Ask::Revoke => Command::Revoke,
        Ask::ResendInvitation => Command::ResendInvitation { fresh: fresh_link(400) },
        Ask::Tick => tick(),
    };
    assert!(kind(&command).contains(&ask), "{ask:?} at {now} is something else");
    command
}

#[test]
fn every_state_answers_every_command_as_listed() {
    let outcome = |state: State, ask: Ask| {
        let mut life = in_state(state);
        let command = command(ask, state, &life.journey.clone(), life.now);
        verdict(life.ask(command).map(|step| step.reply))
    };
    drive!(TABLE, State, Ask, outcome);
}

#[test]
fn a_refusal_and_a_repetition_change_nothing() {
    for state in State::ALL {
        for ask in Ask::ALL {
            let mut life = in_state(*state);
            let before = life.state.clone();
            let command = command(*ask, *state, &life.journey.clone(), life.now);
            match life.ask(command) {
                Err(_) => {}
                Ok(step) if step.reply == Reply::Repeated => {
                    assert!(step.events.is_empty() && step.effects.is_empty(), "{state:?} × {ask:?}");
                }
                Ok(_) => continue,
            }
            assert_eq!(life.state, before, "{state:?} × {ask:?}");
        }
    }
}
