//! What the fakes do beyond their ports: they fail when told to, and tell what they saw.

use onboarding::ports::{
    Actor, Clock, Commit, CommitError, HasherError, JobStatus, LetterError, LetterPress, MailError, MailOrder, Mailer, PasswordHasher,
    RenderedLetter, Stationery, Store, StoreError,
};
use onboarding_core::{Language, MailTemplate, Page, Param};
use onboarding_testkit::{
    CheapHasher, FixedClock, MailFate, MemoryStore, PlainStationery, PressFate, ReadMail, RecordingMailer, RecordingPress, sample,
};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

fn order(to: &str, params: Vec<Param>) -> MailOrder {
    MailOrder {
        portal: sample::portal(),
        template: MailTemplate::ActivationCode,
        language: Language::De,
        to: sample::email(to),
        params,
        message_id: "1@sample.example".to_owned(),
        date: FixedClock::default().now(),
    }
}

#[tokio::test]
async fn code_and_link_are_read_from_the_latest_mail_to_an_address() {
    let mailer = RecordingMailer::new();
    for (n, code) in [(1, "2222-3333"), (2, "7KQ4-M2XH")] {
        let link = Param::Link(Page::Confirm, SecretString::from(format!("token-{n}")));
        let mail = PlainStationery.mail(&order("zoe@mail.example", vec![Param::Code(SecretString::from(code)), link])).unwrap();
        mailer.send(sample::delivery_id(n), &mail).await.unwrap();
    }
    let mail = mailer.last_to("zoe@mail.example").unwrap();
    assert_eq!(mail.code().as_deref(), Some("7KQ4-M2XH"));
    assert_eq!(mail.link_token().as_deref(), Some("token-2"));
    assert_eq!(mail.link().as_deref(), Some("https://portal.example/sample/confirm?t=token-2"));
    assert_eq!(mail.password(), None);
    assert!(mailer.last_to("kim@mail.example").is_none());
    assert_eq!((mailer.all().len(), mailer.to("zoe@mail.example").len()), (2, 2));
    mailer.clear();
    assert!(mailer.all().is_empty());
}

#[tokio::test]
async fn announced_fates_are_met_in_order_and_then_mails_are_taken() {
    let mailer = RecordingMailer::new();
    let later = Some(Duration::from_mins(1));
    mailer.next(MailFate::Transient(later), 2);
    mailer.next(MailFate::Permanent, 1);
    mailer.next(MailFate::UnknownTaken, 1);
    mailer.next(MailFate::UnknownLost, 1);
    let mail = PlainStationery.mail(&order("zoe@mail.example", Vec::new())).unwrap();
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push((mailer.send(sample::delivery_id(1), &mail).await, mailer.all().len()));
    }
    assert!(matches!(answers[0], (Err(MailError::Transient { retry_after, .. }), 0) if retry_after == later));
    assert!(matches!(answers[1], (Err(MailError::Transient { .. }), 0)));
    assert!(matches!(answers[2], (Err(MailError::Permanent { .. }), 0)));
    assert!(matches!(answers[3], (Err(MailError::Unknown { .. }), 1)));
    assert!(matches!(answers[4], (Err(MailError::Unknown { .. }), 1)));
    assert!(matches!(answers[5], (Ok(_), 2)));
}

#[tokio::test]
async fn a_lost_letter_is_unknown_and_a_printed_one_is_done() {
    let press = RecordingPress::new();
    let letter = RenderedLetter { portal: sample::portal(), pdf: b"%PDF".to_vec(), pages: 1 };
    for fate in [PressFate::UnknownLost, PressFate::UnknownPrinted, PressFate::Pending, PressFate::Transient, PressFate::Permanent] {
        press.next(fate, 1);
    }
    let submit = async |n| press.submit(sample::delivery_id(n), &letter).await;
    assert!(matches!(submit(1).await, Err(LetterError::Unknown(_))));
    assert!(matches!(submit(2).await, Err(LetterError::Unknown(_))));
    assert!(submit(3).await.is_ok());
    assert!(matches!(submit(4).await, Err(LetterError::Transient(_))));
    assert!(matches!(submit(5).await, Err(LetterError::Permanent(_))));
    let status = async |n| press.status(sample::delivery_id(n)).await.unwrap();
    assert_eq!((status(1).await, status(2).await, status(3).await), (JobStatus::Unknown, JobStatus::Done, JobStatus::Pending));
    assert!(press.finish(sample::delivery_id(3), JobStatus::Failed));
    assert!(!press.finish(sample::delivery_id(2), JobStatus::Failed), "a job that is done stays done");
    assert_eq!((status(2).await, status(3).await), (JobStatus::Done, JobStatus::Failed));
    assert!(submit(2).await.is_ok());
    assert_eq!(press.letters().len(), 2);
}

#[tokio::test]
async fn an_overloaded_hasher_computes_nothing() {
    let hasher = CheapHasher::new();
    let password = || SecretString::from("correct horse");
    let retry_after = Duration::from_secs(2);
    hasher.overload(Some(retry_after));
    assert_eq!(hasher.hash(password()).await.unwrap_err(), HasherError::Overloaded { retry_after });
    assert_eq!(hasher.verify(password(), None).await.unwrap_err(), HasherError::Overloaded { retry_after });
    assert_eq!((hasher.hashes(), hasher.verifies()), (0, 0));
    hasher.overload(None);
    let stored = hasher.hash(password()).await.unwrap();
    assert!(hasher.verify(password(), Some(stored)).await.unwrap().matches);
    assert_eq!((hasher.hashes(), hasher.verifies()), (1, 1));
}

#[tokio::test]
async fn a_store_that_is_down_keeps_what_it_holds() {
    let clock = Arc::new(FixedClock::default());
    let store = MemoryStore::new(clock.clone());
    let account = sample::account(1, clock.now());
    let id = onboarding_core::Ref::Account(account.id());
    let commit = |expected| {
        let mut commit = Commit::new(clock.now(), sample::portal(), Actor::System);
        commit.writes.push(onboarding::ports::Write { aggregate: account.clone().into(), expected: onboarding::ports::Version(expected) });
        commit
    };
    store.commit(commit(0)).await.unwrap();
    store.set_down(true);
    assert!(matches!(store.ready().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.load(id).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.commit(commit(1)).await, Err(CommitError::Store(StoreError::Unavailable(_)))));
    store.set_down(false);
    assert_eq!(store.load(id).await.unwrap().unwrap().version.0, 1);
}

#[tokio::test]
async fn announced_conflicts_come_first_and_change_nothing() {
    let clock = Arc::new(FixedClock::default());
    let store = MemoryStore::new(clock.clone());
    let commit = || {
        let mut commit = Commit::new(clock.now(), sample::portal(), Actor::System);
        commit
            .writes
            .push(onboarding::ports::Write { aggregate: sample::account(1, clock.now()).into(), expected: onboarding::ports::Version(0) });
        commit
    };
    store.conflict_next(2);
    for _ in 0..2 {
        assert!(matches!(store.commit(commit()).await, Err(CommitError::Conflict)));
    }
    store.commit(commit()).await.unwrap();
}

#[test]
fn odd_records_are_distinct_and_their_ids_follow_from_their_numbers() {
    let records = sample::odd_records();
    let ids: std::collections::HashSet<_> = records.iter().map(|record| record.id).collect();
    assert_eq!(ids.len(), records.len());
    for record in &records {
        assert_eq!(record.id, sample::record_id(&record.number));
    }
}

#[test]
fn a_sample_id_is_of_version_seven_and_sorts_by_its_number() {
    let ids: Vec<_> = (1..=300).map(|n| sample::account_id(n).0).collect();
    assert!(ids.is_sorted());
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    assert_ne!(sample::account_id(1).0, sample::membership_id(1).0);
}
