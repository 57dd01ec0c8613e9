//! Every (state × command) pair of a membership, with its verdict.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[macro_use]
#[path = "scene/table.rs"]
mod table;
#[path = "scene/scene.rs"]
mod scene;

use chrono::{DateTime, Utc};
use onboarding_core::membership::{
    Command, LetterFate, LetterInput, LetterMark, Membership, NoticeVerdict, Place, Refusal, Reply, Standing,
};
use onboarding_core::{Language, Personal, Role};
use scene::*;

kinds! {
    /// The states, and within them the letters that change an answer.
    State { Nothing, Requested, Held, Dead, Active, Suspended, Ended }
}

kinds! {
    /// The commands, with right and wrong values.
    Ask {
        Grant, RequestPin, Redeem, RedeemWrong, RedeemWithNotice, RedeemDeadNotice, RedeemNotice, ReleaseLetter, RefuseLetter, PostLetter, ReturnLetter,
        ReissueLetter, SettleLetter, ChangeRole, Suspend, Unsuspend, End, Tick,
    }
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Repeated,
    Mismatch,
    NotFound,
    AlreadyMember,
    NotInThisState,
    PinExpired,
}

use Verdict::{AlreadyMember as Member, Done, Mismatch, NotFound, NotInThisState as NOT, PinExpired, Repeated};

#[rustfmt::skip]
const TABLE: &[(Ask, [Verdict; State::ALL.len()])] = &[
    //                       Nothing     Requested   Held        Dead        Active    Suspended Ended
    (Ask::Grant,            [Done,       Done,       Done,       Done,       Member,   Member,   Done]),
    (Ask::RequestPin,       [Done,       Done,       Done,       Done,       Member,   Member,   Done]),
    (Ask::Redeem,           [Mismatch,   Done,       Mismatch,   PinExpired, Member,   Member,   Mismatch]),
    (Ask::RedeemWrong,      [Mismatch,   Mismatch,   Mismatch,   Mismatch,   Member,   Member,   Mismatch]),
    // Only `RedeemNotice` says where a membership that is not there yet belongs.
    (Ask::RedeemWithNotice, [Mismatch,   Done,       Done,       Done,       Member,   Member,   Done]),
    (Ask::RedeemDeadNotice, [PinExpired, PinExpired, PinExpired, PinExpired, Member,   Member,   PinExpired]),
    (Ask::RedeemNotice,     [Done,       Done,       Done,       Done,       Member,   Member,   Done]),
    (Ask::ReleaseLetter,    [NotFound,   NOT,        Done,       NOT,        NOT,      NOT,      NOT]),
    (Ask::RefuseLetter,     [NotFound,   NOT,        Done,       NOT,        NOT,      NOT,      NOT]),
    // A letter that still waits for the press cannot have been posted; `Dead` is one that was never settled.
    (Ask::PostLetter,       [NotFound,   NOT,        NOT,        NOT,        NOT,      NOT,      NOT]),
    (Ask::ReturnLetter,     [NotFound,   NOT,        NOT,        NOT,        NOT,      NOT,      NOT]),
    (Ask::ReissueLetter,    [NotFound,   Done,       NOT,        Done,       NOT,      NOT,      NOT]),
    (Ask::SettleLetter,     [NotFound,   Done,       Done,       Done,       Repeated, Repeated, Repeated]),
    (Ask::ChangeRole,       [NotFound,   NOT,        NOT,        NOT,        Done,     NOT,      NOT]),
    (Ask::Suspend,          [NotFound,   NOT,        NOT,        NOT,        Done,     Repeated, NOT]),
    (Ask::Unsuspend,        [NotFound,   NOT,        NOT,        NOT,        Repeated, Done,     NOT]),
    (Ask::End,              [NotFound,   Done,       Done,       Done,       Done,     Done,     Repeated]),
    (Ask::Tick,             [NotFound,   Repeated,   Repeated,   Done,       Repeated, Repeated, Repeated]),
];

const PIN: u64 = 100;
const LETTER: u64 = 1;

/// A new command without a kind fails here.
fn kind(command: &Command) -> &'static [Ask] {
    match command {
        Command::Grant { .. } => &[Ask::Grant],
        Command::RequestPin { .. } => &[Ask::RequestPin],
        Command::Redeem { .. } => &[Ask::Redeem, Ask::RedeemWrong, Ask::RedeemWithNotice, Ask::RedeemDeadNotice],
        Command::RedeemNotice { .. } => &[Ask::RedeemNotice],
        Command::ReleaseLetter { .. } => &[Ask::ReleaseLetter],
        Command::RefuseLetter => &[Ask::RefuseLetter],
        Command::MarkLetter { .. } => &[Ask::PostLetter, Ask::ReturnLetter],
        Command::ReissueLetter { .. } => &[Ask::ReissueLetter],
        Command::SettleLetter { .. } => &[Ask::SettleLetter],
        Command::ChangeRole { .. } => &[Ask::ChangeRole],
        Command::Suspend => &[Ask::Suspend],
        Command::Unsuspend => &[Ask::Unsuspend],
        Command::End => &[Ask::End],
        Command::Tick => &[Ask::Tick],
    }
}

/// A new standing without a state fails here.
fn states_of(membership: Option<&Membership>) -> &'static [State] {
    match membership.map(Membership::standing) {
        None => &[State::Nothing],
        Some(Standing::Requested) => &[State::Requested, State::Held, State::Dead],
        Some(Standing::Active) => &[State::Active],
        Some(Standing::Suspended) => &[State::Suspended],
        Some(Standing::Ended) => &[State::Ended],
    }
}

fn verdict(answer: Result<Reply, Refusal>) -> Verdict {
    match answer {
        Ok(Reply::Done) => Verdict::Done,
        Ok(Reply::Repeated) => Verdict::Repeated,
        Ok(Reply::Mismatch) => Verdict::Mismatch,
        Err(Refusal::NotFound) => Verdict::NotFound,
        Err(Refusal::AlreadyMember) => Verdict::AlreadyMember,
        Err(Refusal::NotInThisState) => Verdict::NotInThisState,
        Err(Refusal::PinExpired) => Verdict::PinExpired,
    }
}

fn place() -> Place {
    Place { id: membership_id(1), account: account_id(1), record: record() }
}

fn letter(pin: u64, held: bool, now: DateTime<Utc>) -> LetterInput {
    LetterInput {
        pin: minted(pin),
        delivery: delivery(LETTER),
        language: Language::De,
        requester: Personal("Nora Beispiel".to_owned()),
        reissued: false,
        valid_until: now + days(24),
        held,
    }
}

fn in_state(state: State) -> Life<Membership> {
    let mut life = Life::of(&journey_of("chamber"));
    let requested = Command::RequestPin { place: place(), letter: letter(PIN, state == State::Held, start()) };
    match state {
        State::Nothing => {}
        State::Requested => {
            life.does(requested);
        }
        State::Held | State::Dead => {
            life.does(requested);
            life.later(days(24));
        }
        State::Active | State::Suspended | State::Ended => {
            life.does(requested);
            life.does(redeem(PIN, NoticeVerdict::Mismatch));
        }
    }
    match state {
        State::Nothing | State::Requested | State::Held | State::Dead | State::Active => {}
        State::Suspended => {
            life.does(Command::Suspend);
        }
        State::Ended => {
            life.does(Command::End);
        }
    }
    assert!(states_of(life.state.as_ref()).contains(&state), "{state:?} was not reached");
    life
}

fn redeem(pin: u64, notice: NoticeVerdict) -> Command {
    let told = (email("kim@example.com"), Language::De);
    Command::Redeem { pin: shown(pin), notice, delivery: delivery(20), told, business: "Bäckerei Muster".to_owned() }
}

fn command(ask: Ask, now: DateTime<Utc>) -> Command {
    let command = match ask {
        Ask::Grant => Command::Grant { place: place(), role: Role::Member },
        Ask::RequestPin => Command::RequestPin { place: place(), letter: letter(200, false, now) },
        Ask::Redeem => redeem(PIN, NoticeVerdict::Mismatch),
        Ask::RedeemWrong => redeem(1, NoticeVerdict::Mismatch),
        Ask::RedeemWithNotice => redeem(1, NoticeVerdict::Matches),
        Ask::RedeemDeadNotice => redeem(1, NoticeVerdict::Expired),
        Ask::RedeemNotice => {
            let told = (email("kim@example.com"), Language::De);
            Command::RedeemNotice { place: place(), delivery: delivery(20), told, business: "Bäckerei Muster".to_owned() }
        }
        Ask::ReleaseLetter => Command::ReleaseLetter { letter: letter(200, false, now) },
        Ask::RefuseLetter => Command::RefuseLetter,
        Ask::PostLetter => Command::MarkLetter { delivery: delivery(LETTER), mark: LetterMark::Posted },
        Ask::ReturnLetter => Command::MarkLetter { delivery: delivery(LETTER), mark: LetterMark::Returned },
        Ask::ReissueLetter => Command::ReissueLetter { letter: letter(200, false, now) },
        Ask::SettleLetter => Command::SettleLetter { delivery: delivery(LETTER), fate: LetterFate::Posted },
        Ask::ChangeRole => Command::ChangeRole { role: Role::SuperAdmin },
        Ask::Suspend => Command::Suspend,
        Ask::Unsuspend => Command::Unsuspend,
        Ask::End => Command::End,
        Ask::Tick => Command::Tick,
    };
    assert!(kind(&command).contains(&ask), "{ask:?} is something else");
    command
}

#[test]
fn every_state_answers_every_command_as_listed() {
    let outcome = |state: State, ask: Ask| {
        let mut life = in_state(state);
        let now = life.now;
        verdict(life.ask(command(ask, now)).map(|step| step.reply))
    };
    drive!(TABLE, State, Ask, outcome);
}

#[test]
fn only_what_opens_a_membership_leads_to_an_active_one() {
    for state in State::ALL {
        for ask in Ask::ALL {
            let mut life = in_state(*state);
            let now = life.now;
            let before = life.state.as_ref().is_some_and(Membership::is_active);
            let Ok(step) = life.ask(command(*ask, now)) else { continue };
            let after = life.state.as_ref().is_some_and(Membership::is_active);
            let opens = match ask {
                Ask::Grant | Ask::Redeem | Ask::RedeemWithNotice | Ask::RedeemNotice | Ask::Unsuspend => step.reply == Reply::Done,
                Ask::RequestPin
                | Ask::RedeemWrong
                | Ask::RedeemDeadNotice
                | Ask::ReleaseLetter
                | Ask::RefuseLetter
                | Ask::PostLetter
                | Ask::ReturnLetter
                | Ask::ReissueLetter
                | Ask::SettleLetter
                | Ask::ChangeRole
                | Ask::Suspend
                | Ask::End
                | Ask::Tick => false,
            };
            let closes = matches!(ask, Ask::Suspend | Ask::End);
            assert_eq!(after, opens || before && !closes, "{state:?} × {ask:?}");
        }
    }
}

#[test]
fn a_letter_goes_from_the_press_to_the_post_and_perhaps_back() {
    use LetterFate::{Held, Parked, Posted, Printed, Queued, Returned};
    use LetterMark::{Posted as Post, Returned as Return};
    for (fate, mark, expected) in [
        (Held, Post, NOT),
        (Held, Return, NOT),
        (Queued, Post, NOT),
        (Queued, Return, NOT),
        (Printed, Post, Done),
        (Printed, Return, Done),
        (Posted, Post, Repeated),
        (Posted, Return, Done),
        (Returned, Post, NOT),
        (Returned, Return, Repeated),
        (Parked, Post, Done),
        (Parked, Return, Done),
    ] {
        let mut life = in_state(if fate == Held { State::Held } else { State::Requested });
        if !matches!(fate, Held | Queued) {
            life.does(Command::SettleLetter { delivery: delivery(LETTER), fate });
        }
        let answer = life.ask(Command::MarkLetter { delivery: delivery(LETTER), mark }).map(|step| step.reply);
        assert_eq!(verdict(answer), expected, "{fate:?} {mark:?}");
        let other = life.ask(Command::MarkLetter { delivery: delivery(99), mark }).map(|step| step.reply);
        assert_eq!(verdict(other), NOT, "a letter that was replaced is nobody's any more");
    }
}

#[test]
fn a_letter_that_was_written_again_voids_the_pin_of_the_one_before() {
    let mut life = in_state(State::Requested);
    let now = life.now;
    life.does(Command::SettleLetter { delivery: delivery(LETTER), fate: LetterFate::Returned });
    life.does(Command::ReissueLetter { letter: letter(200, false, now) });
    assert_eq!(verdict(life.ask(redeem(PIN, NoticeVerdict::Mismatch)).map(|step| step.reply)), Mismatch);
    assert_eq!(verdict(life.ask(redeem(200, NoticeVerdict::Mismatch)).map(|step| step.reply)), Done);
}
