//! Every state of every aggregate survives its store: to JSON and back, and once more to the same JSON.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[path = "scene/scene.rs"]
mod scene;

use onboarding_core::account::{self, Account, Command, Credential, NewAccount, NewCredential, ProvisionInput};
use onboarding_core::clerk;
use onboarding_core::consent::Consents;
use onboarding_core::journey::EmailProof;
use onboarding_core::membership::{self, LetterFate, LetterInput, Membership, Place};
use onboarding_core::registration::{
    self, Applicant, Closure, Decider, Dossier, Entitlement, Event, ExpiredAt, LostClaim, MailFate, Origin, Registration, Secrets, Stage,
    Standing,
};
use onboarding_core::roster::{self, NoticePin, Roster};
use onboarding_core::{Expiring, Journey, Language, Personal, Role};
use scene::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(state: &T) -> Value {
    let written = serde_json::to_string(state).unwrap();
    let read: T = serde_json::from_str(&written).unwrap();
    assert_eq!(&read, state);
    assert_eq!(serde_json::to_string(&read).unwrap(), written, "the second writing is the first");
    // Stores that keep JSON as a value sort its keys anew.
    let value = serde_json::to_value(state).unwrap();
    assert_eq!(&serde_json::from_value::<T>(value.clone()).unwrap(), state);
    value
}

fn dossier(origin: Origin, full: bool) -> Dossier {
    let mut consents = Consents::default();
    consents.record(given("privacy", "1", true, start()));
    consents.record(given("marketing", "1", false, start()));
    let applicant = Applicant {
        first_name: Some(name("Zoë")),
        last_name: Some(name("O’Neill-Müller")),
        birth_date: chrono::NaiveDate::from_ymd_opt(1987, 6, 5),
    };
    Dossier {
        id: registration_id(1),
        portal: journey_of("partner").portal,
        origin,
        language: Language::It,
        created_at: start() + chrono::TimeDelta::microseconds(123_456),
        email: Personal(email("kim@bücher.example")),
        applicant: if full { Personal(applicant) } else { Personal::default() },
        record: full.then(|| (record().0, Personal(number()))),
        consents: if full { consents } else { Consents::default() },
        password: full.then(|| chosen(1, 12)),
        mail: None,
        proved: None,
        spent: None,
        completion: None,
        revision: 3,
    }
}

fn applied(standing: Standing, full: bool) -> Vec<Event> {
    let secrets = Secrets { code: digest(u64::MAX), link: digest(101), expires_at: start() + hours(24) };
    vec![Event::Applied { dossier: Box::new(dossier(Origin::Applied, full)), standing, secrets, delivery: delivery(1), at: start() }]
}

fn then(mut events: Vec<Event>, more: Vec<Event>) -> Vec<Event> {
    events.extend(more);
    events
}

fn registrations() -> Vec<Vec<Event>> {
    let proved = |by| vec![Event::EmailProved { by, at: start() }];
    let asked = |with_clerks| vec![Event::ApprovalRequested { with_clerks, at: start() }];
    let link = Expiring { digest: digest(200), expires_at: start() + days(14) };
    let admin =
        || Decider::SuperAdmin { account: account_id(7), email: Personal(email("boss@example.com")), entitlement: Entitlement::Entitled };
    let opened = |by: &Decider| vec![Event::CompletionOpened { link, delivery: delivery(2), by: by.into(), at: start() }];
    let waiting = || then(applied(Standing::Genuine, true), then(proved(EmailProof::Link), asked(false)));
    let invited = |by, role| {
        let dossier = Box::new(dossier(Origin::Invited { by, role }, false));
        vec![Event::Invited { dossier, link, delivery: delivery(1), at: start() }]
    };
    let mut all = vec![
        applied(Standing::Genuine, true),
        applied(Standing::Genuine, false),
        then(applied(Standing::Shadow, true), vec![Event::CodeRejected; 5]),
        waiting(),
        then(waiting(), vec![Event::ApproversReminded]),
        then(waiting(), vec![Event::PassedToClerks]),
        then(applied(Standing::Genuine, true), then(proved(EmailProof::Code), asked(true))),
        then(waiting(), opened(&admin())),
        then(waiting(), opened(&Decider::Clerk(uuid(8)))),
        invited(None, Role::SuperAdmin),
        invited(Some(account_id(7)), Role::Member),
        then(
            applied(Standing::Genuine, true),
            then(proved(EmailProof::Code), vec![Event::Activated { account: account_id(5), at: start() }]),
        ),
    ];
    for reason in [None, Some(Personal("\"unknown\"\n\u{1f600}".to_owned()))] {
        for by in [admin(), Decider::Clerk(uuid(8))] {
            all.push(then(waiting(), vec![Event::Rejected { by, reason: reason.clone(), at: start() }]));
        }
    }
    for stage in [ExpiredAt::Proof, ExpiredAt::Approval, ExpiredAt::Completion] {
        all.push(then(applied(Standing::Genuine, true), vec![Event::Expired { stage, at: start() }]));
    }
    for why in [Closure::Denied, Closure::Revoked, Closure::Lost(LostClaim::Email), Closure::Lost(LostClaim::Record)] {
        all.push(then(applied(Standing::Genuine, true), vec![Event::Closed { why, at: start() }]));
    }
    all
}

#[test]
fn every_registration_survives() {
    let mut seen = std::collections::BTreeSet::new();
    for events in registrations() {
        let state = events.iter().fold(None, registration::evolve).unwrap();
        survives(&state);
        // A new stage fails here until it is made above.
        seen.insert(match state.stage() {
            Stage::AwaitingEmail(_) => 0,
            Stage::AwaitingApproval(_) => 1,
            Stage::AwaitingCompletion(_) => 2,
            Stage::Active { .. } => 3,
            Stage::Rejected { .. } => 4,
            Stage::Expired { .. } => 5,
            Stage::Closed { .. } => 6,
        });
    }
    assert_eq!(seen.len(), 7);
}

fn opened(journey: &Journey, credential: NewCredential) -> Life<Account> {
    let mut consents = Consents::default();
    consents.record(given("privacy", "1", true, start()));
    let new = NewAccount {
        id: account_id(1),
        email: email("kim@example.com"),
        person: person(journey),
        language: Language::Fr,
        record: Some(number()),
        consents,
        credential,
        privileged: true,
    };
    let mut life = Life::of(journey);
    life.does(Command::Open { account: Box::new(new) });
    life
}

fn accounts() -> Vec<Life<Account>> {
    let (partner, customer) = (journey_of("partner"), journey_of("customer"));
    let own = opened(&partner, NewCredential::Own(chosen(1, 12)));
    let mut generated = opened(&partner, NewCredential::Generated { password: minted(1), hash: hash(1), delivery: delivery(2) });
    let mut all = vec![own.clone(), generated.clone()];
    generated.does(Command::Settle { delivery: delivery(2), fate: MailFate::Sent });
    generated.does(Command::SignIn { verified: true, rehashed: None, documents: vec![] });
    all.push(generated);
    let input = ProvisionInput {
        id: account_id(1),
        email: email("kim@example.com"),
        person: Applicant::default(),
        language: Language::De,
        record: number(),
        written: "K7M4-9QXT-2HBP".to_owned(),
        password: minted(1),
        hash: hash(1),
        deliveries: [delivery(1), delivery(2)],
    };
    let mut initial = Life::of(&customer);
    initial.does(Command::Provision { input: Box::new(input) });
    all.push(initial.clone());
    initial.does(Command::Settle { delivery: delivery(2), fate: MailFate::Sent });
    all.push(initial);
    let mut busy = own.clone();
    busy.does(Command::RequestReset { link: minted(300), delivery: delivery(3) });
    let deliveries = [delivery(4), delivery(5)];
    busy.does(Command::RequestEmail { email: email("k@example.com"), verified: true, owner: None, link: minted(310), deliveries });
    busy.does(Command::RejectPin { number: digest(400) });
    busy.does(Command::RequestLetter);
    all.push(busy.clone());
    let mut lapsed = busy.clone();
    lapsed.later(days(3));
    lapsed.does(Command::Tick);
    all.push(lapsed);
    let mut used = busy.clone();
    used.does(Command::ConfirmReset { token: shown(300), new: chosen(2, 15), delivery: delivery(6) });
    all.push(used);
    let mut moved = busy;
    moved.does(Command::ConfirmEmail { token: shown(310), delivery: delivery(6), lost: false });
    all.push(moved);
    for end in [Command::Suspend { delivery: delivery(6) }, Command::Close { verified: true, delivery: delivery(6) }] {
        let mut ended = own.clone();
        ended.does(end);
        all.push(ended);
    }
    all
}

#[test]
fn every_account_survives() {
    let mut seen = std::collections::BTreeSet::new();
    for life in accounts() {
        survives(life.state());
        let credential = match life.state().credential() {
            Credential::Own { .. } => 0,
            Credential::Generated { used, expires_at, .. } => 1 + u8::from(*used) + 2 * u8::from(expires_at.is_some()),
            Credential::Initial { expires_at, .. } => 5 + u8::from(expires_at.is_some()),
        };
        let standing = match life.state().standing() {
            account::Standing::Active => 0,
            account::Standing::Suspended { .. } => 1,
            account::Standing::Closed { .. } => 2,
        };
        seen.insert((standing, credential));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(0, 0), (0, 1), (0, 4), (0, 5), (0, 6), (1, 0), (2, 0)]);
}

#[test]
fn an_account_stored_before_links_lapsed_is_still_read() {
    let life = opened(&journey_of("partner"), NewCredential::Own(chosen(1, 12)));
    let mut value = survives(life.state());
    for field in ["lapsed_reset", "lapsed_new_email"] {
        assert!(value.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    assert_eq!(&serde_json::from_value::<Account>(value).unwrap(), life.state());
}

#[test]
fn every_membership_survives() {
    let place = || Place { id: membership_id(1), account: account_id(1), record: record() };
    let letter = |held| LetterInput {
        pin: minted(100),
        delivery: delivery(2),
        language: Language::De,
        requester: Personal("Nora Beispiel".to_owned()),
        reissued: false,
        valid_until: start() + days(24),
        held,
    };
    let journey = journey_of("chamber");
    let mut seen = std::collections::BTreeSet::new();
    let fates = [LetterFate::Held, LetterFate::Queued, LetterFate::Printed, LetterFate::Posted, LetterFate::Returned, LetterFate::Parked];
    let mut all = Vec::new();
    for fate in fates {
        let mut life = Life::<Membership>::of(&journey);
        life.does(membership::Command::RequestPin { place: place(), letter: letter(fate == LetterFate::Held) });
        if !matches!(fate, LetterFate::Held | LetterFate::Queued) {
            life.does(membership::Command::SettleLetter { delivery: delivery(2), fate });
        }
        all.push(life);
    }
    for role in [Role::Member, Role::SuperAdmin] {
        let mut life = Life::<Membership>::of(&journey);
        life.does(membership::Command::Grant { place: place(), role });
        all.push(life.clone());
        life.does(membership::Command::Suspend);
        all.push(life.clone());
        life.does(membership::Command::End);
        all.push(life);
    }
    for life in all {
        survives(life.state());
        seen.insert(match life.state().standing() {
            membership::Standing::Requested => 0,
            membership::Standing::Active => 1,
            membership::Standing::Suspended => 2,
            membership::Standing::Ended => 3,
        });
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn every_roster_survives() {
    let mut life = Life::<Roster>::of(&journey_of("chamber"));
    life.does(roster::Command::Found { id: roster_id(1), record: number() });
    survives(life.state());
    for command in [
        roster::Command::AddAdmin { account: account_id(1) },
        roster::Command::AddAdmin { account: account_id(2) },
        roster::Command::CountLetter,
        roster::Command::IssueNotice { pin: NoticePin { digest: digest(700), valid_until: start() + days(365) } },
        roster::Command::CountApprovalMail,
        roster::Command::CountApprovalMail,
        roster::Command::CountApprovalMail,
        roster::Command::CountApprovalMail,
        roster::Command::CountApprovalMail,
        roster::Command::CountApprovalMail,
        roster::Command::UseNotice,
        roster::Command::LoseAdmin { account: account_id(1) },
    ] {
        life.does(command);
        survives(life.state());
    }
}

#[test]
fn every_clerk_survives() {
    let prepare = |n| clerk::Command::Prepare { id: clerk_id(1), email: email("kim@bücher.example"), setup: digest(n) };
    let mut life = Life::<clerk::Clerk>::of(&journey_of("chamber"));
    life.does(prepare(800));
    survives(life.state());
    for command in [
        clerk::Command::SetUp { token: shown(800), new: chosen(1, 15) },
        clerk::Command::SignIn { verified: true, rehashed: Some(hash(2)) },
        prepare(801),
    ] {
        life.does(command);
        survives(life.state());
    }
    life.later(days(2));
    life.does(clerk::Command::Tick);
    let value = survives(life.state());
    assert_eq!(value["email"], "kim@xn--bcher-kva.example");
}

#[test]
fn the_words_in_stored_states_are_those_of_the_declaration() {
    let state = applied(Standing::Genuine, true).iter().fold(None, registration::evolve);
    let state = registration::evolve(state, &Event::EmailProved { by: EmailProof::Code, at: start() }).unwrap();
    let value = survives::<Registration>(&state);
    assert_eq!(value["dossier"]["proved"]["by"], "code");
    assert_eq!(value["dossier"]["language"], "it");
    assert_eq!(value["dossier"]["email"], "kim@xn--bcher-kva.example");
    assert_eq!(value["dossier"]["created_at"], "2026-09-01T08:00:00.123456Z", "UTC with microseconds");
}
