//! Every (state × command) pair of a roster, with its verdict.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[macro_use]
#[path = "scene/table.rs"]
mod table;
#[path = "scene/scene.rs"]
mod scene;

use onboarding_core::roster::{Command, NoticePin, Refusal, Reply, Roster, Waiting};
use scene::*;

kinds! {
    /// A roster has one shape; what it holds changes the answers: nobody; A with a living notice; A and B; nobody with a
    /// dead notice, ten letters and five mails; A with a digest that is due.
    State { Nothing, Empty, One, Two, Full, Planned }
}

kinds! {
    /// The commands; whoever is meant is A.
    Ask { Found, AddAdmin, RemoveAdmin, LoseAdmin, CountLetter, IssueNotice, UseNotice, CountApprovalMail, Tick }
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Repeated,
    Hold,
    Digest,
    NotFound,
    Exists,
    LastSuperAdmin,
    NoNotice,
}

use Verdict::{Digest, Done, Exists, Hold, LastSuperAdmin as Last, NoNotice, NotFound, Repeated};

#[rustfmt::skip]
const TABLE: &[(Ask, [Verdict; State::ALL.len()])] = &[
    //                        Nothing   Empty     One       Two       Full      Planned
    (Ask::Found,             [Done,     Exists,   Exists,   Exists,   Exists,   Exists]),
    (Ask::AddAdmin,          [NotFound, Done,     Repeated, Repeated, Done,     Repeated]),
    (Ask::RemoveAdmin,       [NotFound, Repeated, Last,     Done,     Repeated, Last]),
    (Ask::LoseAdmin,         [NotFound, Repeated, Done,     Done,     Repeated, Done]),
    (Ask::CountLetter,       [NotFound, Done,     Done,     Done,     Hold,     Done]),
    (Ask::IssueNotice,       [NotFound, Done,     Done,     Done,     Done,     Done]),
    (Ask::UseNotice,         [NotFound, NoNotice, Done,     NoNotice, NoNotice, NoNotice]),
    (Ask::CountApprovalMail, [NotFound, Done,     Done,     Done,     Digest,   Done]),
    (Ask::Tick,              [NotFound, Repeated, Repeated, Repeated, Done,     Done]),
];

/// A new command without a kind fails here.
fn kind(command: &Command) -> Ask {
    match command {
        Command::Found { .. } => Ask::Found,
        Command::AddAdmin { .. } => Ask::AddAdmin,
        Command::RemoveAdmin { .. } => Ask::RemoveAdmin,
        Command::LoseAdmin { .. } => Ask::LoseAdmin,
        Command::CountLetter => Ask::CountLetter,
        Command::IssueNotice { .. } => Ask::IssueNotice,
        Command::UseNotice => Ask::UseNotice,
        Command::CountApprovalMail => Ask::CountApprovalMail,
        Command::Tick { .. } => Ask::Tick,
    }
}

fn verdict(answer: Result<Reply, Refusal>) -> Verdict {
    match answer {
        Ok(Reply::Done) => Verdict::Done,
        Ok(Reply::Repeated) => Verdict::Repeated,
        Ok(Reply::Hold) => Verdict::Hold,
        Ok(Reply::Digest) => Verdict::Digest,
        Err(Refusal::NotFound) => Verdict::NotFound,
        Err(Refusal::Exists) => Verdict::Exists,
        Err(Refusal::LastSuperAdmin) => Verdict::LastSuperAdmin,
        Err(Refusal::NoNotice) => Verdict::NoNotice,
    }
}

fn notice() -> Command {
    Command::IssueNotice { pin: NoticePin { digest: digest(100), valid_until: start() + days(1) } }
}

fn in_state(state: State) -> Life<Roster> {
    let mut life = Life::of(&journey_of("chamber"));
    if state == State::Nothing {
        return life;
    }
    life.does(Command::Found { id: roster_id(1), record: number() });
    match state {
        State::Nothing | State::Empty => {}
        State::One => {
            life.does(Command::AddAdmin { account: account_id(1) });
            life.does(notice());
        }
        State::Two => {
            life.does(Command::AddAdmin { account: account_id(1) });
            life.does(Command::AddAdmin { account: account_id(2) });
        }
        State::Full => {
            life.does(notice());
            life.later(days(1));
            for _ in 0..10 {
                life.does(Command::CountLetter);
            }
            for _ in 0..5 {
                life.does(Command::CountApprovalMail);
            }
        }
        State::Planned => {
            life.does(Command::AddAdmin { account: account_id(1) });
            for _ in 0..6 {
                life.does(Command::CountApprovalMail);
            }
            life.later(days(1));
        }
    }
    life
}

fn command(ask: Ask) -> Command {
    let command = match ask {
        Ask::Found => Command::Found { id: roster_id(1), record: number() },
        Ask::AddAdmin => Command::AddAdmin { account: account_id(1) },
        Ask::RemoveAdmin => Command::RemoveAdmin { account: account_id(1) },
        Ask::LoseAdmin => Command::LoseAdmin { account: account_id(1) },
        Ask::CountLetter => Command::CountLetter,
        Ask::IssueNotice => notice(),
        Ask::UseNotice => Command::UseNotice,
        Ask::CountApprovalMail => Command::CountApprovalMail,
        Ask::Tick => Command::Tick { waiting: Waiting::default() },
    };
    assert_eq!(kind(&command), ask);
    command
}

#[test]
fn every_state_answers_every_command_as_listed() {
    let outcome = |state: State, ask: Ask| verdict(in_state(state).ask(command(ask)).map(|step| step.reply));
    drive!(TABLE, State, Ask, outcome);
}
