//! Every (state × command) pair of a clerk, with its verdict.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[macro_use]
#[path = "scene/table.rs"]
mod table;
#[path = "scene/scene.rs"]
mod scene;

use onboarding_core::clerk::{Clerk, Command, Refusal, Reply};
use onboarding_core::{Claim, ClaimChange, Ref};
use scene::*;

kinds! {
    /// Nobody; with a living token; with one that is a day old; with one that time dropped; with a password; with a
    /// password that an operator took away again.
    State { Nothing, Prepared, Overdue, Lapsed, Active, Reset }
}

kinds! {
    /// The commands; `SetUp` shows the first token, `SetUpAgain` the one of the reset.
    Ask { Prepare, SetUp, SetUpAgain, SignIn, SignInWrong, EndSessions, Tick }
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Repeated,
    SignedIn,
    Failed,
    NotFound,
    Expired,
    Superseded,
    Used,
    Unknown,
}

use Verdict::{Done, Expired, Failed, NotFound, Repeated, SignedIn, Superseded as Newer, Used};

#[rustfmt::skip]
const TABLE: &[(Ask, [Verdict; State::ALL.len()])] = &[
    //                  Nothing   Prepared  Overdue   Lapsed    Active    Reset
    (Ask::Prepare,     [Done,     Done,     Done,     Done,     Done,     Done]),
    (Ask::SetUp,       [NotFound, SignedIn, Expired,  Expired,  Used,     Used]),
    (Ask::SetUpAgain,  [NotFound, Newer,    Newer,    Newer,    Newer,    SignedIn]),
    (Ask::SignIn,      [NotFound, Failed,   Failed,   Failed,   SignedIn, Failed]),
    (Ask::SignInWrong, [NotFound, Failed,   Failed,   Failed,   Failed,   Failed]),
    (Ask::EndSessions, [NotFound, Done,     Done,     Done,     Done,     Done]),
    (Ask::Tick,        [NotFound, Repeated, Done,     Repeated, Repeated, Repeated]),
];

/// A new command without a kind fails here.
fn kind(command: &Command) -> Ask {
    match command {
        Command::Prepare { .. } => Ask::Prepare,
        Command::SetUp { token, .. } if *token == shown(2) => Ask::SetUpAgain,
        Command::SetUp { .. } => Ask::SetUp,
        Command::SignIn { verified: true, .. } => Ask::SignIn,
        Command::SignIn { verified: false, .. } => Ask::SignInWrong,
        Command::EndSessions => Ask::EndSessions,
        Command::Tick => Ask::Tick,
    }
}

fn verdict(answer: Result<Reply, Refusal>) -> Verdict {
    match answer {
        Ok(Reply::Done) => Verdict::Done,
        Ok(Reply::Repeated) => Verdict::Repeated,
        Ok(Reply::SignedIn) => Verdict::SignedIn,
        Ok(Reply::Failed) => Verdict::Failed,
        Err(Refusal::NotFound) => Verdict::NotFound,
        Err(Refusal::TokenUnknown) => Verdict::Unknown,
        Err(Refusal::TokenExpired) => Verdict::Expired,
        Err(Refusal::TokenSuperseded) => Verdict::Superseded,
        Err(Refusal::TokenUsed) => Verdict::Used,
    }
}

fn prepare(token: u64) -> Command {
    Command::Prepare { id: clerk_id(1), email: email("kim@example.com"), setup: digest(token) }
}

fn set_up(token: u64) -> Command {
    Command::SetUp { token: shown(token), new: chosen(1, 15) }
}

fn in_state(state: State) -> Life<Clerk> {
    let mut life = Life::of(&journey_of("partner"));
    if state == State::Nothing {
        return life;
    }
    life.does(prepare(1));
    match state {
        State::Nothing | State::Prepared => {}
        State::Overdue => {
            life.later(days(1));
        }
        State::Lapsed => {
            life.later(days(1));
            life.does(Command::Tick);
        }
        State::Active => {
            life.does(set_up(1));
        }
        State::Reset => {
            life.does(set_up(1));
            life.does(prepare(2));
        }
    }
    life
}

fn command(ask: Ask) -> Command {
    let command = match ask {
        Ask::Prepare => prepare(3),
        Ask::SetUp => set_up(1),
        Ask::SetUpAgain => set_up(2),
        Ask::SignIn => Command::SignIn { verified: true, rehashed: None },
        Ask::SignInWrong => Command::SignIn { verified: false, rehashed: None },
        Ask::EndSessions => Command::EndSessions,
        Ask::Tick => Command::Tick,
    };
    assert_eq!(kind(&command), ask);
    command
}

#[test]
fn every_state_answers_every_command_as_listed() {
    let outcome = |state: State, ask: Ask| verdict(in_state(state).ask(command(ask)).map(|step| step.reply));
    drive!(TABLE, State, Ask, outcome);
}

#[test]
fn a_new_clerk_holds_its_address_within_its_portal_and_a_reset_takes_nothing_more() {
    let mut life = Life::<Clerk>::of(&journey_of("partner"));
    let step = life.does(prepare(1));
    let claim = Claim::Staff(life.journey.portal.clone(), email("kim@example.com").key());
    assert_eq!(step.claims, [ClaimChange::Take(claim, Ref::Clerk(clerk_id(1)))]);
    assert!(life.does(prepare(2)).claims.is_empty());
}

#[test]
fn a_second_naming_ends_the_password_and_every_session_at_once() {
    let mut life = in_state(State::Active);
    let before = life.state().clone();
    life.does(prepare(2));
    assert!(life.state().credential().is_none());
    assert!(life.state().generation() > before.generation());
    assert_eq!((life.state().id(), life.state().word()), (before.id(), "prepared"));
}

#[test]
fn a_sign_in_with_todays_cost_replaces_the_hash_and_no_session() {
    let mut life = in_state(State::Active);
    let generation = life.state().generation();
    life.does(Command::SignIn { verified: true, rehashed: Some(hash(9)) });
    assert_eq!(life.state().credential().map(|credential| (credential.hash.clone(), credential.met)), Some((hash(9), 15)));
    assert_eq!((life.state().generation(), life.state().last_sign_in()), (generation, Some(life.now)));
}
