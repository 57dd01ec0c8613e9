//! Another address: asked for with the password, told to the old one, effective when proved.

use crate::scene::{BJOERN, GARDEN, OTHER_PASSWORD, PASSWORD, Scene, ZOE, caller, secret};
use onboarding::core::{account::Refusal, policy};
use onboarding::{Error, Onboarding};
use onboarding_testkit::ReadMail;

#[tokio::test]
async fn a_new_address_takes_effect_when_it_is_proved() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    scene.engine.request_email(&caller(), &session, "zoe@neu.example", &secret(PASSWORD)).await.unwrap();
    let mail = scene.mail_to("zoe@neu.example").await;
    assert_eq!(mail.subject, "new-email-confirm");
    let token = secret(&mail.link_token().unwrap());
    let view = scene.engine.new_email_link(GARDEN, &token).await.unwrap();
    assert_eq!((view.email.unwrap().as_str(), view.refusal, view.used), ("zoe@neu.example", None, false));
    scene.signed_in("zoe@mail.example").await;
    for _ in 0..2 {
        scene.engine.confirm_email(GARDEN, &caller(), &token).await.unwrap();
    }
    assert!(scene.engine.new_email_link(GARDEN, &token).await.unwrap().used);
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::SignInFailed);
    scene.signed_in("zoe@neu.example").await;
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code", "email-change-requested", "email-changed"]);
    // The old address is free again.
    scene.member("zoe@mail.example", BJOERN).await;
}

#[tokio::test]
async fn what_strangers_start_keeps_no_account_from_another_address() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    for _ in 0..5 {
        scene.apply("zoe@neu.example", BJOERN).await;
    }
    scene.engine.request_email(&caller(), &session, "zoe@neu.example", &secret(PASSWORD)).await.unwrap();
    assert_eq!(scene.templates_to("zoe@neu.example").await.last().unwrap(), "new-email-confirm");
}

#[tokio::test]
async fn a_taken_address_is_answered_alike_and_only_its_owner_is_told() {
    let scene = Scene::new().await;
    scene.member("owner@mail.example", BJOERN).await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    scene.watched.take_ledger();
    scene.engine.request_email(&caller(), &session, "Owner@mail.example", &secret(PASSWORD)).await.unwrap();
    let taken = scene.watched.take_ledger();
    let pending = Onboarding::account_view(&scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap()).pending_email;
    assert_eq!(pending.as_deref(), Some("Owner@mail.example"));
    scene.watched.take_ledger();
    scene.engine.request_email(&caller(), &session, "free@mail.example", &secret(PASSWORD)).await.unwrap();
    assert_eq!(taken, scene.watched.take_ledger(), "the same work");
    assert_eq!(scene.templates_to("owner@mail.example").await, ["activation-code", "account-exists"]);
    assert!(scene.bench.mailer.to("Owner@mail.example").is_empty(), "mail goes to the stored spelling alone");
    assert_eq!(scene.templates_to("free@mail.example").await, ["new-email-confirm"]);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_told_at_the_confirmation() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    scene.engine.request_email(&caller(), &session, "bjoern@mail.example", &secret(PASSWORD)).await.unwrap();
    let token = secret(&scene.mail_to("bjoern@mail.example").await.link_token().unwrap());
    scene.member("bjoern@mail.example", BJOERN).await;
    assert_eq!(scene.engine.confirm_email(GARDEN, &caller(), &token).await.unwrap_err(), Error::EmailTaken);
    assert!(scene.engine.confirm_email(GARDEN, &caller(), &token).await.is_err());
    assert_eq!(scene.signed_in("zoe@mail.example").await.memberships[0].record, "A-100");
    assert_eq!(scene.signed_in("bjoern@mail.example").await.memberships[0].record, "A-200");
}

#[tokio::test]
async fn a_pending_address_dies_with_a_newer_one_a_changed_password_and_a_day() {
    let scene = Scene::new().await;
    let mut session = scene.member_session("zoe@mail.example", ZOE).await;
    let dead = async |token: &str, why: Refusal| {
        assert_eq!(scene.engine.confirm_email(GARDEN, &caller(), &secret(token)).await.unwrap_err(), Error::Account(why));
    };
    let ask = async |session: &onboarding::stories::SessionView, email: &str, password: &str| {
        scene.engine.request_email(&caller(), session, email, &secret(password)).await.unwrap();
        scene.mail_to(email).await.link_token().unwrap()
    };
    let first = ask(&session, "one@mail.example", PASSWORD).await;
    let second = ask(&session, "two@mail.example", PASSWORD).await;
    dead(&first, Refusal::TokenSuperseded).await;
    scene.engine.change_password(&caller(), &session, &secret(PASSWORD), &secret(OTHER_PASSWORD)).await.unwrap();
    dead(&second, Refusal::TokenSuperseded).await;
    session = scene.session(GARDEN, &scene.sign_in(GARDEN, "zoe@mail.example", OTHER_PASSWORD).await.unwrap()).await.unwrap();
    let third = ask(&session, "three@mail.example", OTHER_PASSWORD).await;
    scene.bench.clock.advance(policy::NEW_EMAIL_LIFE);
    dead(&third, Refusal::TokenExpired).await;
    scene.bench.clock.advance(policy::NEW_EMAIL_LIFE);
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 1);
    dead(&third, Refusal::TokenExpired).await;
    scene.sign_in(GARDEN, "zoe@mail.example", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_change_of_address_needs_the_password_and_another_address() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let wrong = scene.engine.request_email(&caller(), &session, "new@mail.example", &secret("falsch")).await;
    assert_eq!(wrong.unwrap_err(), Error::Account(Refusal::WrongPassword));
    let same = scene.engine.request_email(&caller(), &session, "ZOE@mail.example", &secret(PASSWORD)).await;
    assert!(same.is_ok(), "answered like any other address: {same:?}");
    let faulty = scene.engine.request_email(&caller(), &session, "a@b@c", &secret(PASSWORD)).await;
    assert!(matches!(faulty, Err(Error::Input(_))));
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code"]);
}

#[tokio::test]
async fn a_member_who_mails_others_ends_with_their_daily_share() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    for _ in 0..5 {
        scene.engine.request_email(&caller(), &session, "victim@mail.example", &secret(PASSWORD)).await.unwrap();
    }
    let refused = scene.engine.request_email(&caller(), &session, "victim@mail.example", &secret(PASSWORD)).await;
    assert!(matches!(refused, Err(Error::Throttled { .. })));
    scene.post().await;
    assert_eq!(scene.bench.mailer.to("victim@mail.example").len(), 5);
}
