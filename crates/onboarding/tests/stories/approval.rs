//! Who decides on a request, once, on what was shown; who is reminded; and what happens when nobody decides.

use crate::office::{CLERKS, COUNTER, NORD, OFFICE, Office, PASSWORD, SUED, form, granted, the_rest};
use crate::scene::{caller, handle, repeatable, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{Ref, RegistrationId, Role, Uuid, policy, registration::Refusal};
use onboarding::ports::{SessionKind, Store};
use onboarding::stories::{MemberChange, Needs};
use onboarding_testkit::ReadMail;

const CLERK: Uuid = Uuid::from_u128(0xc1e4);

#[tokio::test]
async fn a_super_admin_lets_a_colleague_in_who_completes_and_is_a_member() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.forget_mails().await;
    let applied = office.asks("robin@mail.example", NORD).await;
    assert_eq!(office.templates_to("boss@mail.example").await, ["approval-wanted"]);
    let wanted = office.mail_to("boss@mail.example").await;
    assert!(wanted.text.contains("company: Praxis Nord") && !wanted.text.contains("Robin"), "{}", wanted.text);
    let request = office.request(&boss).await;
    assert_eq!(
        (request.email.as_str(), request.first_name.as_deref(), request.record.as_str()),
        ("robin@mail.example", Some("Robin"), "K-100")
    );
    assert_eq!(office.approve(&boss, request.id, request.version).await.unwrap(), "awaiting_completion");
    let view = office.engine.registration(OFFICE, &handle(&applied)).await.unwrap();
    assert_eq!((view.state.as_str(), view.decided_by.as_deref()), ("awaiting_completion", Some("super_admin")));
    assert!(office.team(&boss).await.requests.is_empty());
    let mail = office.mail_to("robin@mail.example").await;
    assert_eq!(mail.subject, "approved");
    assert!(mail.text.contains("name: Robin Reeder"), "a proved address is greeted: {}", mail.text);
    let token = secret(&mail.link_token().unwrap());
    assert_eq!(office.complete(&token, &the_rest()).await.unwrap().state, "active");
    let session = office.session("robin@mail.example").await;
    assert!(session.member && session.memberships.len() == 1 && session.memberships[0].role == Role::Member);
    assert_eq!(office.team(&boss).await.members.len(), 2);
}

#[tokio::test]
async fn nothing_of_a_person_who_waits_is_an_account() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    office.forget_mails().await;
    let account_like = async || {
        assert_eq!(office.sign_in("robin@mail.example").await.unwrap_err(), Error::SignInFailed);
        office.engine.request_reset(OFFICE, &caller(), "robin@mail.example").await.unwrap();
        assert_eq!(office.templates_to("robin@mail.example").await, [""; 0]);
    };
    account_like().await;
    let request = office.request(&boss).await;
    office.approve(&boss, request.id, request.version).await.unwrap();
    office.forget_mails().await;
    account_like().await;
}

#[tokio::test]
async fn a_decision_is_on_what_was_shown_and_taken_once() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    let outdated = Error::Registration(Refusal::Outdated);
    assert_eq!(office.approve(&boss, request.id, request.version + 1).await.unwrap_err(), outdated);
    office.approve(&boss, request.id, request.version).await.unwrap();
    assert_eq!(office.approve(&boss, request.id, request.version).await.unwrap_err(), outdated);
    let late = office.engine.reject(&caller(), &boss, request.id, request.version, None).await;
    assert_eq!(late.unwrap_err(), outdated);
}

#[tokio::test]
async fn a_repeated_command_is_answered_alike() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    for _ in 0..2 {
        let again = repeatable("a key of at least 128 bit", "the same body");
        let decided = office.engine.approve(&again, &boss, request.id, request.version).await.unwrap();
        assert_eq!(decided.state, "awaiting_completion");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_approve_at_once_make_one_decision_and_one_mail() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.colleague(&boss, "vice@mail.example", NORD, Role::SuperAdmin).await;
    let vice = office.session("vice@mail.example").await;
    office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    let mut race = tokio::task::JoinSet::new();
    for session in [boss.clone(), vice.clone(), boss.clone(), vice] {
        let (engine, id, version) = (office.engine.clone(), request.id, request.version);
        race.spawn(async move { engine.approve(&caller(), &session, id, version).await });
    }
    let answers = race.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let history = office.scene.bench.store.history(Ref::Registration(request.id)).await.unwrap();
    assert_eq!(history.iter().filter(|row| row.kind == "registration.approved").count(), 1);
    let mails = office.templates_to("robin@mail.example").await;
    assert_eq!(mails.iter().filter(|template| *template == "approved").count(), 1, "{mails:?}");
}

#[tokio::test]
async fn what_belongs_to_others_does_not_exist() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    let other = office.boss("other@mail.example", SUED).await;
    office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    assert!(office.team(&other).await.requests.is_empty());
    assert_eq!(office.approve(&other, request.id, request.version).await.unwrap_err(), Error::NotFound);
    let rejected = office.engine.reject(&caller(), &other, request.id, request.version, None).await;
    assert_eq!(rejected.unwrap_err(), Error::NotFound);
    let nobody = RegistrationId(Uuid::from_u128(7));
    assert_eq!(office.approve(&boss, nobody, 1).await.unwrap_err(), Error::NotFound);
    assert_eq!(office.request(&boss).await.version, request.version, "nothing happened");
}

#[tokio::test]
async fn a_request_is_seen_only_after_its_proof() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.apply("robin@mail.example", NORD).await;
    assert!(office.team(&boss).await.requests.is_empty());
}

#[tokio::test]
async fn nobody_decides_on_the_own_request() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    // The super admin moves to the very address that asks.
    office.engine.request_email(&caller(), &boss, "robin@mail.example", &secret(PASSWORD)).await.unwrap();
    let link = office.token_to("robin@mail.example").await;
    office.engine.confirm_email(OFFICE, &caller(), &link).await.unwrap();
    let boss = office.session("robin@mail.example").await;
    let request = office.request(&boss).await;
    let own = office.approve(&boss, request.id, request.version).await;
    assert_eq!(own.unwrap_err(), Error::Registration(Refusal::OwnRequest));
}

#[tokio::test]
async fn a_rejection_tells_its_reason_and_a_bad_reason_is_refused() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    let applied = office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    let reject = async |reason: &str| office.engine.reject(&caller(), &boss, request.id, request.version, Some(reason)).await;
    for (reason, code) in [("x".repeat(501), "too_long"), ("a\u{7}bell".to_owned(), "characters")] {
        let Err(Error::Input(faults)) = reject(&reason).await else { panic!("{reason}") };
        assert_eq!((faults[0].field.as_str(), faults[0].code), ("reason", code));
    }
    assert_eq!(reject("  works\r\nelsewhere ").await.unwrap().state, "rejected");
    let view = office.engine.registration(OFFICE, &handle(&applied)).await.unwrap();
    assert_eq!(
        (view.state.as_str(), view.decided_by.as_deref(), view.reason.as_deref()),
        ("rejected", Some("super_admin"), Some("works elsewhere"))
    );
    let mail = office.mail_to("robin@mail.example").await;
    assert!(mail.subject == "rejected" && mail.text.contains("reason: works elsewhere"), "{}", mail.text);
}

#[tokio::test]
async fn clerks_decide_after_a_week_and_not_before() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    let clerk = async || office.engine.approve_as_clerk(&caller(), OFFICE, CLERK, request.id, request.version).await;
    assert_eq!(clerk().await.unwrap_err(), Error::Registration(Refusal::NotEntitled));
    office.later(policy::APPROVAL_ESCALATION);
    assert_eq!(clerk().await.unwrap().state, "awaiting_completion");
    assert_eq!(office.mail_to("robin@mail.example").await.subject, "approved");
    let unknown = office.engine.reject_as_clerk(&caller(), OFFICE, CLERK, RegistrationId(Uuid::from_u128(7)), 1, None).await;
    assert_eq!(unknown.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn a_record_without_a_super_admin_is_the_clerks() {
    let office = Office::new().await;
    let applied = office.asks("robin@mail.example", NORD).await;
    assert_eq!(office.templates_to(CLERKS).await, ["clerk-approval"]);
    let boss = office.boss("boss@mail.example", NORD).await;
    let request = office.request(&boss).await;
    let rejected =
        office.engine.reject_as_clerk(&caller(), OFFICE, CLERK, request.id, request.version, Some("unknown here")).await.unwrap();
    assert_eq!(rejected.state, "rejected");
    let view = office.engine.registration(OFFICE, &handle(&applied)).await.unwrap();
    assert_eq!((view.decided_by.as_deref(), view.reason.as_deref()), (Some("clerk"), Some("unknown here")));
}

#[tokio::test]
async fn when_the_last_super_admin_closes_the_account_the_clerks_decide_at_once() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    office.engine.close_account(&caller(), &boss, &secret(PASSWORD)).await.unwrap();
    assert_eq!(office.templates_to(CLERKS).await, ["clerk-approval"], "told once");
    let decided = office.engine.approve_as_clerk(&caller(), OFFICE, CLERK, request.id, request.version).await.unwrap();
    assert_eq!(decided.state, "awaiting_completion");
}

#[tokio::test]
async fn a_suspended_super_admin_decides_nothing_and_leaves_the_record_to_the_clerks() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    let request = office.request(&boss).await;
    let account = office.scene.account(boss.account()).await;
    let found = office.scene.bench.store.load(Ref::Account(boss.account())).await.unwrap().unwrap();
    let suspend = onboarding::core::account::Command::Suspend { delivery: onboarding_testkit::sample::delivery_id(77) };
    let journey = office.engine.portal(OFFICE).unwrap().journey.clone();
    let decision = onboarding::core::account::decide(Some(&account), suspend, &journey, office.scene.now()).unwrap();
    let after = decision.events.iter().fold(Some(account.clone()), onboarding::core::account::evolve).unwrap();
    let mut commit = onboarding::ports::Commit::new(office.scene.now(), account.portal().clone(), onboarding::ports::Actor::Clerk(CLERK));
    commit.writes.push(onboarding::ports::Write { aggregate: after.into(), expected: found.version });
    office.scene.bench.store.commit(commit).await.unwrap();
    assert_eq!(office.approve(&boss, request.id, request.version).await.unwrap_err(), Error::SignInRequired);
    let decided = office.engine.approve_as_clerk(&caller(), OFFICE, CLERK, request.id, request.version).await.unwrap();
    assert_eq!(decided.state, "awaiting_completion", "whether or not the sweeper was there yet");
}

#[tokio::test]
async fn a_request_reminds_after_three_days_passes_on_after_seven_and_ends_after_thirty() {
    let office = Office::new().await;
    office.boss("boss@mail.example", NORD).await;
    let applied = office.asks("robin@mail.example", NORD).await;
    office.forget_mails().await;
    let sweep = async || office.engine.sweep_once().await.unwrap();
    office.later(policy::APPROVAL_REMINDER - TimeDelta::seconds(1));
    assert_eq!(sweep().await, 0);
    office.later(TimeDelta::seconds(1));
    assert_eq!(sweep().await, 1);
    assert_eq!(office.templates_to("boss@mail.example").await, ["approval-reminder"]);
    assert!(office.mail_to("boss@mail.example").await.text.contains("company: Praxis Nord"));
    office.later(policy::APPROVAL_ESCALATION - policy::APPROVAL_REMINDER);
    assert_eq!(sweep().await, 1);
    assert_eq!(office.templates_to(CLERKS).await, ["clerk-reminder"]);
    office.later(policy::APPROVAL_EXPIRY - policy::APPROVAL_ESCALATION);
    let state = async || office.engine.registration(OFFICE, &handle(&applied)).await.unwrap().state;
    assert_eq!(state().await, "expired", "whether or not the sweeper was there yet");
    assert_eq!(sweep().await, 1);
    assert_eq!(state().await, "expired");
    assert_eq!(office.templates_to("robin@mail.example").await, ["expired-approval"]);
    assert_eq!(sweep().await, 0);
}

#[tokio::test]
async fn after_five_requests_a_day_a_record_gets_one_digest_the_next_day() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.forget_mails().await;
    for asker in 0..8 {
        office.asks(&format!("asker{asker}@mail.example"), NORD).await;
    }
    assert_eq!(office.templates_to("boss@mail.example").await, ["approval-wanted"; 5]);
    assert_eq!(office.team(&boss).await.requests.len(), 8, "all of them wait all the same");
    office.engine.sweep_once().await.unwrap();
    assert_eq!(office.templates_to("boss@mail.example").await.len(), 5);
    office.later(TimeDelta::days(1));
    office.engine.sweep_once().await.unwrap();
    office.engine.sweep_once().await.unwrap();
    assert_eq!(office.templates_to("boss@mail.example").await[5..], ["approval-reminder"]);
    office.asks("late@mail.example", NORD).await;
    assert_eq!(office.templates_to("boss@mail.example").await[6..], ["approval-wanted"]);
}

#[tokio::test]
async fn an_approval_to_which_nothing_is_missing_opens_the_account_at_once() {
    let office = Office::new().await;
    office.engine.name_super_admin(COUNTER, None, NORD.0, "boss@mail.example").await.unwrap();
    let token = office.token_to("boss@mail.example").await;
    office.engine.complete(COUNTER, &caller(), &token, &crate::office::everything(), None).await.unwrap();
    let mut form = form("robin@mail.example", NORD);
    form.password = Some(secret(PASSWORD));
    form.consents = granted(&["privacy", "terms"]);
    office.engine.apply(COUNTER, &caller(), &form).await.unwrap();
    let link = office.token_to("robin@mail.example").await;
    assert_eq!(office.engine.confirm_link(COUNTER, &caller(), &link).await.unwrap().state, "awaiting_approval");
    let sign_in = async |email: &str| {
        let signed_in = office.engine.sign_in(COUNTER, &caller(), SessionKind::Bearer, email, &secret(PASSWORD)).await?;
        office.engine.session(COUNTER, &signed_in.token, Needs::Everything).await
    };
    assert_eq!(sign_in("robin@mail.example").await.unwrap_err(), Error::SignInFailed);
    let boss = sign_in("boss@mail.example").await.unwrap();
    let request = office.request(&boss).await;
    assert_eq!(office.approve(&boss, request.id, request.version).await.unwrap(), "active");
    assert!(sign_in("robin@mail.example").await.unwrap().member);
}

#[tokio::test]
async fn a_super_admin_with_a_shorter_password_changes_it_before_deciding() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.invite(&boss, "short@mail.example", NORD, Role::Member).await.unwrap();
    let token = office.token_to("short@mail.example").await;
    let twelve = "Zwölf Gänse!";
    let form = onboarding::stories::CompletionForm { password: Some(secret(twelve)), ..crate::office::everything() };
    office.complete(&token, &form).await.unwrap();
    let sign_in = async || office.engine.sign_in(OFFICE, &caller(), SessionKind::Bearer, "short@mail.example", &secret(twelve)).await;
    let before = sign_in().await.unwrap();
    assert!(!before.must_change_password);
    let id = office.member_id(&boss, "short@mail.example").await;
    let promote = MemberChange { role: Some(Role::SuperAdmin), suspended: None };
    office.engine.change_member(&boss, id, promote).await.unwrap();
    let ended = office.engine.session(OFFICE, &before.token, Needs::Nothing).await;
    assert_eq!(ended.unwrap_err(), Error::SignInRequired, "a role that is gained ends what was opened before");
    let after = sign_in().await.unwrap();
    assert!(after.must_change_password);
    let session = office.engine.session(OFFICE, &after.token, Needs::Nothing).await.unwrap();
    assert_eq!(session.may_decide().unwrap_err(), Error::PasswordChangeRequired);
    assert_eq!(office.engine.team(&session).await.unwrap_err(), Error::PasswordChangeRequired);
}
