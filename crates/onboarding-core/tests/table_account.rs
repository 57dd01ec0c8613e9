//! Every (state × command) pair of an account, with its verdict.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[macro_use]
#[path = "scene/table.rs"]
mod table;
#[path = "scene/scene.rs"]
mod scene;

use onboarding_core::account::{Account, Command, Credential, NewAccount, NewCredential, ProvisionInput, Refusal, Reply, Standing};
use onboarding_core::consent::Consents;
use onboarding_core::registration::{Applicant, MailFate};
use onboarding_core::{Journey, Language};
use scene::*;

kinds! {
    /// The states, and within them the credentials that change an answer.
    State { Nothing, Own, Generated, Initial, Dead, Suspended, Closed }
}

kinds! {
    /// The commands, with right and wrong values.
    Ask {
        Open, Provision, SignIn, SignInWrong, ChangePassword, ChangeWrong, ChangeSame, RequestReset, ConfirmReset, IssueInitialPassword, RequestEmail,
        RequestOwnEmail, ConfirmEmail, Amend, Agree, Disagree, AdoptConsents, GainPrivilege, LosePrivilege, EndSessions, RejectPin, RequestLetter, Suspend, Unsuspend, Close,
        CloseWrong, Settle, Tick,
    }
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Repeated,
    SignedIn,
    Failed,
    ToldSuspended,
    ToldExpired,
    EmailTaken,
    NotFound,
    Exists,
    NotInThisState,
    WrongPassword,
    SamePassword,
    TokenUnknown,
    TokenExpired,
    TokenSuperseded,
    TokenUsed,
    SameEmail,
    UnknownDocument,
    VersionOutdated,
    DocumentRequired,
    TooSoon,
    PinUsedUp,
    NotInThisJourney,
}

use Verdict::{
    DocumentRequired as Required, Done, Exists, Failed, NotFound, NotInThisJourney as Elsewhere, NotInThisState as NOT, Repeated,
    SameEmail, SamePassword, SignedIn, TokenExpired, TokenSuperseded as Replaced, ToldExpired, ToldSuspended, UnknownDocument as Unknown,
    WrongPassword,
};

#[rustfmt::skip]
const TABLE: &[(Ask, [Verdict; State::ALL.len()])] = &[
    //                           Nothing   Own            Generated      Initial        Dead           Suspended      Closed
    (Ask::Open,                 [Done,     Exists,        Exists,        Exists,        Exists,        Exists,        Exists]),
    (Ask::Provision,            [Done,     Exists,        Exists,        Exists,        Exists,        Exists,        Exists]),
    (Ask::SignIn,               [NotFound, SignedIn,      SignedIn,      SignedIn,      ToldExpired,   ToldSuspended, Failed]),
    (Ask::SignInWrong,          [NotFound, Failed,        Failed,        Failed,        Failed,        Failed,        Failed]),
    (Ask::ChangePassword,       [NotFound, Done,          Done,          Done,          Done,          NOT,           NOT]),
    (Ask::ChangeWrong,          [NotFound, WrongPassword, WrongPassword, WrongPassword, WrongPassword, NOT,           NOT]),
    (Ask::ChangeSame,           [NotFound, SamePassword,  SamePassword,  SamePassword,  SamePassword,  NOT,           NOT]),
    (Ask::RequestReset,         [NotFound, Done,          Done,          Done,          Done,          Repeated,      Repeated]),
    (Ask::ConfirmReset,         [NotFound, Done,          Done,          Done,          TokenExpired,  Replaced,      Replaced]),
    (Ask::IssueInitialPassword, [NotFound, Elsewhere,     Elsewhere,     Done,          Done,          NOT,           NOT]),
    (Ask::RequestEmail,         [NotFound, Done,          Done,          Done,          Done,          NOT,           NOT]),
    (Ask::RequestOwnEmail,      [NotFound, SameEmail,     SameEmail,     SameEmail,     SameEmail,     NOT,           NOT]),
    (Ask::ConfirmEmail,         [NotFound, Done,          Done,          Done,          TokenExpired,  Replaced,      Replaced]),
    (Ask::Amend,                [NotFound, Done,          Done,          Done,          Done,          NOT,           NOT]),
    (Ask::Agree,                [NotFound, Done,          Done,          Unknown,       Unknown,       NOT,           NOT]),
    (Ask::Disagree,             [NotFound, Required,      Required,      Unknown,       Unknown,       NOT,           NOT]),
    (Ask::AdoptConsents,        [NotFound, Done,          Done,          Done,          Done,          NOT,           NOT]),
    (Ask::GainPrivilege,        [NotFound, Done,          Done,          Done,          Done,          NOT,           NOT]),
    (Ask::LosePrivilege,        [NotFound, Repeated,      Repeated,      Repeated,      Repeated,      Repeated,      NOT]),
    (Ask::EndSessions,          [NotFound, Done,          Done,          Done,          Done,          Done,          NOT]),
    (Ask::RejectPin,            [NotFound, Failed,        Failed,        Failed,        Failed,        NOT,           NOT]),
    (Ask::RequestLetter,        [NotFound, Done,          Done,          Done,          Done,          NOT,           NOT]),
    (Ask::Suspend,              [NotFound, Done,          Done,          Done,          Done,          Repeated,      NOT]),
    (Ask::Unsuspend,            [NotFound, Repeated,      Repeated,      Repeated,      Repeated,      Done,          NOT]),
    (Ask::Close,                [NotFound, Done,          Done,          Done,          Done,          NOT,           NOT]),
    (Ask::CloseWrong,           [NotFound, WrongPassword, WrongPassword, WrongPassword, WrongPassword, NOT,           NOT]),
    (Ask::Settle,               [NotFound, Repeated,      Done,          Done,          Repeated,      Done,          Repeated]),
    (Ask::Tick,                 [NotFound, Repeated,      Repeated,      Repeated,      Done,          Repeated,      Repeated]),
];

const RESET: u64 = 100;
const NEW_EMAIL: u64 = 110;
const PASSWORD_MAIL: u64 = 2;

/// A new command without a kind fails here.
fn kind(command: &Command) -> &'static [Ask] {
    match command {
        Command::Open { .. } => &[Ask::Open],
        Command::Provision { .. } => &[Ask::Provision],
        Command::SignIn { .. } => &[Ask::SignIn, Ask::SignInWrong],
        Command::ChangePassword { .. } => &[Ask::ChangePassword, Ask::ChangeWrong, Ask::ChangeSame],
        Command::RequestReset { .. } => &[Ask::RequestReset],
        Command::ConfirmReset { .. } => &[Ask::ConfirmReset],
        Command::IssueInitialPassword { .. } => &[Ask::IssueInitialPassword],
        Command::RequestEmail { .. } => &[Ask::RequestEmail, Ask::RequestOwnEmail],
        Command::ConfirmEmail { .. } => &[Ask::ConfirmEmail],
        Command::Amend { .. } => &[Ask::Amend],
        Command::DecideConsent { .. } => &[Ask::Agree, Ask::Disagree],
        Command::AdoptConsents { .. } => &[Ask::AdoptConsents],
        Command::GainPrivilege => &[Ask::GainPrivilege],
        Command::LosePrivilege => &[Ask::LosePrivilege],
        Command::EndSessions => &[Ask::EndSessions],
        Command::RejectPin { .. } => &[Ask::RejectPin],
        Command::RequestLetter => &[Ask::RequestLetter],
        Command::Suspend { .. } => &[Ask::Suspend],
        Command::Unsuspend { .. } => &[Ask::Unsuspend],
        Command::Close { .. } => &[Ask::Close, Ask::CloseWrong],
        Command::Settle { .. } => &[Ask::Settle],
        Command::Tick => &[Ask::Tick],
    }
}

/// A new standing or credential without a state fails here.
fn states_of(account: Option<&Account>) -> &'static [State] {
    match account.map(|account| (account.standing(), account.credential())) {
        None => &[State::Nothing],
        Some((Standing::Active, Credential::Own { .. })) => &[State::Own],
        Some((Standing::Active, Credential::Generated { .. })) => &[State::Generated],
        Some((Standing::Active, Credential::Initial { .. })) => &[State::Initial, State::Dead],
        Some((Standing::Suspended { .. }, _)) => &[State::Suspended],
        Some((Standing::Closed { .. }, _)) => &[State::Closed],
    }
}

fn verdict(answer: Result<Reply, Refusal>) -> Verdict {
    match answer {
        Ok(Reply::Done) => Verdict::Done,
        Ok(Reply::Repeated) => Verdict::Repeated,
        Ok(Reply::SignedIn(_)) => Verdict::SignedIn,
        Ok(Reply::Failed) => Verdict::Failed,
        Ok(Reply::Suspended) => Verdict::ToldSuspended,
        Ok(Reply::InitialPasswordExpired) => Verdict::ToldExpired,
        Ok(Reply::EmailTaken) => Verdict::EmailTaken,
        Err(Refusal::NotFound) => Verdict::NotFound,
        Err(Refusal::Exists) => Verdict::Exists,
        Err(Refusal::NotInThisState(_)) => Verdict::NotInThisState,
        Err(Refusal::WrongPassword) => Verdict::WrongPassword,
        Err(Refusal::SamePassword) => Verdict::SamePassword,
        Err(Refusal::TokenUnknown) => Verdict::TokenUnknown,
        Err(Refusal::TokenExpired) => Verdict::TokenExpired,
        Err(Refusal::TokenSuperseded) => Verdict::TokenSuperseded,
        Err(Refusal::TokenUsed) => Verdict::TokenUsed,
        Err(Refusal::SameEmail) => Verdict::SameEmail,
        Err(Refusal::UnknownDocument) => Verdict::UnknownDocument,
        Err(Refusal::VersionOutdated) => Verdict::VersionOutdated,
        Err(Refusal::DocumentRequired) => Verdict::DocumentRequired,
        Err(Refusal::TooSoon(_)) => Verdict::TooSoon,
        Err(Refusal::PinUsedUp) => Verdict::PinUsedUp,
        Err(Refusal::NotInThisJourney) => Verdict::NotInThisJourney,
    }
}

fn open(journey: &Journey, credential: NewCredential) -> Command {
    let account = NewAccount {
        id: account_id(1),
        email: email("kim@example.com"),
        person: person(journey),
        language: Language::De,
        record: None,
        consents: Consents::default(),
        credential,
        privileged: false,
    };
    Command::Open { account: Box::new(account) }
}

fn provision() -> Command {
    let input = ProvisionInput {
        id: account_id(1),
        email: email("kim@example.com"),
        person: Applicant::default(),
        language: Language::De,
        record: number(),
        written: "K7M4-9QXT-2HBP".to_owned(),
        password: minted(1),
        hash: hash(1),
        deliveries: [delivery(1), delivery(PASSWORD_MAIL)],
    };
    Command::Provision { input: Box::new(input) }
}

fn request_email(address: &str) -> Command {
    Command::RequestEmail {
        email: email(address),
        verified: true,
        owner: None,
        link: minted(NEW_EMAIL),
        deliveries: [delivery(11), delivery(12)],
    }
}

fn settled() -> Command {
    Command::Settle { delivery: delivery(PASSWORD_MAIL), fate: MailFate::Sent }
}

fn in_state(state: State) -> Life<Account> {
    let slug = match state {
        State::Own => "partner",
        State::Generated => "chamber",
        State::Nothing | State::Initial | State::Dead | State::Suspended | State::Closed => "customer",
    };
    let journey = journey_of(slug);
    let mut life = Life::of(&journey);
    match state {
        State::Nothing => return life,
        State::Own => life.does(open(&journey, NewCredential::Own(chosen(1, 12)))),
        State::Generated => {
            let generated = NewCredential::Generated { password: minted(1), hash: hash(1), delivery: delivery(PASSWORD_MAIL) };
            life.does(open(&journey, generated))
        }
        State::Initial | State::Dead | State::Suspended | State::Closed => life.does(provision()),
    };
    life.does(Command::RequestReset { link: minted(RESET), delivery: delivery(10) });
    life.does(request_email("kimberly@example.com"));
    match state {
        State::Nothing | State::Own | State::Generated | State::Initial => {}
        State::Dead => {
            life.does(settled());
            life.later(days(14));
        }
        State::Suspended => {
            life.does(Command::Suspend { delivery: delivery(13) });
        }
        State::Closed => {
            life.does(Command::Close { verified: true, delivery: delivery(13) });
        }
    }
    life.later(minutes(10));
    assert!(states_of(life.state.as_ref()).contains(&state), "{state:?} was not reached");
    life
}

fn command(ask: Ask, journey: &Journey) -> Command {
    let sign_in = |verified| Command::SignIn { verified, rehashed: None, documents: documents(journey, "1") };
    let change = |verified, same| Command::ChangePassword { verified, new: chosen(2, 12), same, delivery: delivery(20) };
    let decide = |granted| Command::DecideConsent {
        document: "privacy".to_owned(),
        version: "1".to_owned(),
        granted,
        documents: documents(journey, "1"),
    };
    let command = match ask {
        Ask::Open => open(journey, NewCredential::Own(chosen(1, 12))),
        Ask::Provision => provision(),
        Ask::SignIn => sign_in(true),
        Ask::SignInWrong => sign_in(false),
        Ask::ChangePassword => change(true, false),
        Ask::ChangeWrong => change(false, false),
        Ask::ChangeSame => change(true, true),
        Ask::RequestReset => Command::RequestReset { link: minted(300), delivery: delivery(20) },
        Ask::ConfirmReset => Command::ConfirmReset { token: shown(RESET), new: chosen(2, 12), delivery: delivery(20) },
        Ask::IssueInitialPassword => {
            Command::IssueInitialPassword { password: minted(301), hash: hash(3), delivery: delivery(20), after: None }
        }
        Ask::RequestEmail => request_email("another@example.com"),
        Ask::RequestOwnEmail => request_email("KIM@example.com"),
        Ask::ConfirmEmail => Command::ConfirmEmail { token: shown(NEW_EMAIL), delivery: delivery(20), lost: false },
        Ask::Amend => Command::Amend { first_name: Some(name("Anouk")), last_name: None, language: None },
        Ask::Agree => decide(true),
        Ask::Disagree => decide(false),
        Ask::AdoptConsents => Command::AdoptConsents { given: vec![given("privacy", "1", true, start())] },
        Ask::GainPrivilege => Command::GainPrivilege,
        Ask::LosePrivilege => Command::LosePrivilege,
        Ask::EndSessions => Command::EndSessions,
        Ask::RejectPin => Command::RejectPin { number: digest(400) },
        Ask::RequestLetter => Command::RequestLetter,
        Ask::Suspend => Command::Suspend { delivery: delivery(20) },
        Ask::Unsuspend => Command::Unsuspend { delivery: delivery(20) },
        Ask::Close => Command::Close { verified: true, delivery: delivery(20) },
        Ask::CloseWrong => Command::Close { verified: false, delivery: delivery(20) },
        Ask::Settle => settled(),
        Ask::Tick => Command::Tick,
    };
    assert!(kind(&command).contains(&ask), "{ask:?} is something else");
    command
}

#[test]
fn every_state_answers_every_command_as_listed() {
    let outcome = |state: State, ask: Ask| {
        let mut life = in_state(state);
        let command = command(ask, &life.journey.clone());
        verdict(life.ask(command).map(|step| step.reply))
    };
    drive!(TABLE, State, Ask, outcome);
}

#[test]
fn whatever_ends_trust_ends_every_session() {
    for state in State::ALL {
        for ask in Ask::ALL {
            let mut life = in_state(*state);
            let before = life.state.as_ref().map_or(0, Account::generation);
            let command = command(*ask, &life.journey.clone());
            let Ok(step) = life.ask(command) else { continue };
            let ends = match ask {
                Ask::ChangePassword
                | Ask::ConfirmReset
                | Ask::IssueInitialPassword
                | Ask::GainPrivilege
                | Ask::LosePrivilege
                | Ask::EndSessions
                | Ask::Suspend
                | Ask::Close => step.reply == Reply::Done,
                Ask::Open
                | Ask::Provision
                | Ask::SignIn
                | Ask::SignInWrong
                | Ask::ChangeWrong
                | Ask::ChangeSame
                | Ask::RequestReset
                | Ask::RequestEmail
                | Ask::RequestOwnEmail
                | Ask::ConfirmEmail
                | Ask::Amend
                | Ask::Agree
                | Ask::Disagree
                | Ask::AdoptConsents
                | Ask::RejectPin
                | Ask::RequestLetter
                | Ask::Unsuspend
                | Ask::CloseWrong
                | Ask::Settle
                | Ask::Tick => false,
            };
            let begins = matches!(ask, Ask::Open | Ask::Provision);
            let after = life.state.as_ref().map_or(0, Account::generation);
            assert_eq!(after - before, u64::from(ends || begins), "{state:?} × {ask:?}");
        }
    }
}
