//! The same command twice, one after the other and at once.

use crate::scene::{BJOERN, GARDEN, PASSWORD, Scene, ZOE, caller, garden_form, handle, repeatable, repeatable_by, secret, wrong};
use chrono::TimeDelta;
use onboarding::core::policy;
use onboarding::forms::ClaimForm;
use onboarding::stories::Applied;
use onboarding::{Caller, Error};
use onboarding_testkit::ReadMail;
use secrecy::ExposeSecret;

const KEY: &str = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

fn same(one: &Applied, other: &Applied) -> bool {
    (&one.registration, one.expires_at, one.resend_at) == (&other.registration, other.expires_at, other.resend_at)
}

async fn apply(scene: &Scene, caller: &Caller) -> Result<Applied, Error> {
    scene.engine.apply(GARDEN, caller, &garden_form("zoe@mail.example", ZOE)).await
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_and_does_nothing_more() {
    let scene = Scene::new().await;
    let first = apply(&scene, &repeatable(KEY, "body")).await.unwrap();
    scene.bench.clock.advance(TimeDelta::hours(1));
    let second = apply(&scene, &repeatable(KEY, "body")).await.unwrap();
    assert!(same(&first, &second));
    assert_eq!((scene.rows().await.len(), scene.bench.hasher.hashes()), (1, 1));
    // Without a key, or under another one, it is another registration.
    let third = apply(&scene, &repeatable("another-key-of-128-bit", "body")).await.unwrap();
    assert!(!same(&first, &third));
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let scene = Scene::new().await;
    apply(&scene, &repeatable(KEY, "body")).await.unwrap();
    assert_eq!(apply(&scene, &repeatable(KEY, "another body")).await.unwrap_err(), Error::IdempotencyMismatch);
    assert_eq!(scene.rows().await.len(), 1);
}

#[tokio::test]
async fn a_key_of_another_caller_is_another_key() {
    let scene = Scene::new().await;
    let one = apply(&scene, &repeatable_by("session one", KEY, "body")).await.unwrap();
    let other = apply(&scene, &repeatable_by("session two", KEY, "another body")).await.unwrap();
    assert!(!same(&one, &other));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let scene = Scene::new().await;
    let first = apply(&scene, &repeatable(KEY, "body")).await.unwrap();
    scene.bench.clock.advance(policy::REPLAY_LIFE);
    let second = apply(&scene, &repeatable(KEY, "another body")).await.unwrap();
    assert!(!same(&first, &second));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_command_sent_many_times_at_once_is_carried_out_once() {
    let scene = Scene::new().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let engine = scene.engine.clone();
        calls.spawn(async move { engine.apply(GARDEN, &repeatable(KEY, "body"), &garden_form("zoe@mail.example", ZOE)).await.unwrap() });
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| same(answer, &answers[0])));
    assert_eq!((scene.rows().await.len(), scene.bench.hasher.hashes()), (1, 1));
}

#[tokio::test]
async fn a_command_sent_to_many_servers_at_once_is_carried_out_once() {
    let scene = Scene::new().await;
    // All have looked for a reply, found none and looked for the address's owner before the first one commits.
    scene.watched.gather_loads(5);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let engine = scene.replica();
        calls.spawn(async move { engine.apply(GARDEN, &repeatable(KEY, "body"), &garden_form("zoe@mail.example", ZOE)).await.unwrap() });
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| same(answer, &answers[0])));
    assert_eq!(scene.rows().await.len(), 1);
}

#[tokio::test]
async fn a_repeated_wrong_code_costs_one_try() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    for _ in 0..3 {
        let refused = scene.engine.confirm_code(GARDEN, &repeatable(KEY, "wrong"), &handle(&applied), &wrong(&code)).await;
        assert_eq!(refused.unwrap_err(), Error::CodeWrong { attempts_left: 4 });
    }
    for _ in 0..2 {
        let confirmed = scene.engine.confirm_code(GARDEN, &repeatable("another-key", "right"), &handle(&applied), &code).await;
        assert_eq!(confirmed.unwrap().state, "active");
    }
}

#[tokio::test]
async fn a_lost_record_repeated_under_its_key_is_refused_alike() {
    let scene = Scene::new().await;
    scene.apply("late@mail.example", ZOE).await;
    let link = secret(&scene.mail_to("late@mail.example").await.link_token().unwrap());
    scene.member("zoe@mail.example", ZOE).await;
    for _ in 0..2 {
        assert_eq!(scene.engine.confirm_link(GARDEN, &repeatable(KEY, "link"), &link).await.unwrap_err(), Error::RecordTaken);
    }
}

#[tokio::test]
async fn a_resend_that_its_own_repeat_overtakes_gets_the_repeat_s_answer() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    scene.bench.clock.advance(policy::RESEND_AFTER);
    for look in 1..=3 {
        let (other, handle, key) = (scene.replica(), handle(&applied), format!("{KEY}-{look}"));
        let overtaking = {
            let (handle, key) = (handle.clone(), key.clone());
            async move {
                other.resend(GARDEN, &repeatable(&key, "resend"), &handle).await.unwrap();
            }
        };
        // The repeat goes to another server, right after the first one looked for a reply or loaded the registration.
        scene.watched.after(if look == 2 { "load" } else { "replay" }, overtaking);
        let view = scene.engine.resend(GARDEN, &repeatable(&key, "resend"), &handle).await.unwrap();
        assert_eq!(view.resend_at, Some(scene.now() + policy::RESEND_AFTER));
        scene.bench.clock.advance(policy::RESEND_AFTER);
    }
    assert_eq!(scene.rows().await.len(), 4, "one mail for the form and one for each resend");
}

#[tokio::test]
async fn a_denial_that_its_own_repeat_overtakes_gets_the_repeat_s_answer() {
    for call in ["replay", "load"] {
        let scene = Scene::new().await;
        scene.apply("zoe@mail.example", BJOERN).await;
        let token = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
        let (other, overtaken) = (scene.replica(), token.clone());
        scene.watched.after(call, async move {
            other.deny(GARDEN, &repeatable(KEY, "deny"), &overtaken).await.unwrap();
        });
        assert_eq!(scene.engine.deny(GARDEN, &repeatable(KEY, "deny"), &token).await.unwrap().state, "closed");
    }
}

#[tokio::test]
async fn a_claim_repeated_under_its_key_is_the_same_ticket() {
    let scene = Scene::new().await;
    let form = ClaimForm { number: Some(ZOE.0.to_owned()), last_name: Some(ZOE.1.to_owned()), ..ClaimForm::default() };
    let first = scene.engine.claim(GARDEN, &repeatable(KEY, "claim"), &form).await.unwrap();
    scene.bench.clock.advance(TimeDelta::minutes(1));
    let second = scene.engine.claim(GARDEN, &repeatable(KEY, "claim"), &form).await.unwrap();
    assert_eq!((first.claim.expose_secret(), first.expires_at), (second.claim.expose_secret(), second.expires_at));
    let other = scene.engine.claim(GARDEN, &repeatable(KEY, "another claim"), &form).await;
    assert_eq!(other.unwrap_err(), Error::IdempotencyMismatch);
    let other = scene.engine.claim(GARDEN, &repeatable("another-key", "claim"), &form).await.unwrap();
    assert_ne!(first.claim.expose_secret(), other.claim.expose_secret());
}

#[tokio::test]
async fn a_renewal_repeated_under_its_key_mails_once_and_another_body_is_refused() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let token = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    scene.bench.clock.advance(policy::CODE_LIFE);
    for _ in 0..2 {
        scene.engine.renew_link(GARDEN, &repeatable(KEY, "renew"), &token).await.unwrap();
    }
    assert_eq!(scene.templates_to("zoe@mail.example").await.len(), 2);
    let other = scene.engine.renew_link(GARDEN, &repeatable(KEY, "another"), &token).await;
    assert_eq!(other.unwrap_err(), Error::IdempotencyMismatch);
    // Where there is nothing to renew, the key is taken all the same: the answer is alike in every case.
    scene.engine.renew_link(GARDEN, &repeatable("another-key", "nothing"), &secret("nothing")).await.unwrap();
    let other = scene.engine.renew_link(GARDEN, &repeatable("another-key", "renew"), &token).await;
    assert_eq!(other.unwrap_err(), Error::IdempotencyMismatch);
}

#[tokio::test]
async fn a_new_address_confirmed_again_under_its_key_is_answered_alike() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    scene.engine.request_email(&caller(), &session, "bjoern@mail.example", &secret(PASSWORD)).await.unwrap();
    let token = secret(&scene.mail_to("bjoern@mail.example").await.link_token().unwrap());
    scene.member("bjoern@mail.example", BJOERN).await;
    for _ in 0..2 {
        let lost = scene.engine.confirm_email(GARDEN, &repeatable(KEY, "token"), &token).await;
        assert_eq!(lost.unwrap_err(), Error::EmailTaken, "as it was told first");
    }
    let other = scene.engine.confirm_email(GARDEN, &repeatable(KEY, "another token"), &token).await;
    assert_eq!(other.unwrap_err(), Error::IdempotencyMismatch);
}

#[tokio::test]
async fn a_closing_repeated_under_its_key_is_answered_although_its_session_is_over() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let command = repeatable_by("the session", KEY, "close");
    assert_eq!(scene.engine.closed_before(GARDEN, &command).await.unwrap_err(), Error::SignInRequired);
    scene.engine.close_account(&command, &session, &secret(PASSWORD)).await.unwrap();
    scene.engine.close_account(&command, &session, &secret(PASSWORD)).await.unwrap();
    scene.engine.closed_before(GARDEN, &command).await.unwrap();
    let other = scene.engine.closed_before(GARDEN, &repeatable_by("the session", KEY, "another body")).await;
    assert_eq!(other.unwrap_err(), Error::IdempotencyMismatch);
    for stranger in [repeatable_by("the session", "another-key", "close"), repeatable_by("a stranger", KEY, "close"), caller()] {
        assert_eq!(scene.engine.closed_before(GARDEN, &stranger).await.unwrap_err(), Error::SignInRequired);
    }
}
