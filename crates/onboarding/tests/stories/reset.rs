//! Forgotten passwords: one link, one use, one hour; dead with everything that replaces it.

use crate::scene::{BJOERN, GARDEN, GUILD, OTHER_PASSWORD, PASSWORD, Scene, ZOE, caller, from, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{
    account::{Command, Refusal},
    policy,
};
use onboarding::ports::{DeliveryStatus, SessionKind};
use onboarding_testkit::{ReadMail, sample};
use secrecy::SecretString;

async fn use_it(scene: &Scene, token: &SecretString, new: &str) -> Result<onboarding::stories::ResetDone, Error> {
    scene.engine.confirm_reset(GARDEN, SessionKind::Bearer, token, &secret(new)).await
}

fn refused(result: Result<onboarding::stories::ResetDone, Error>) -> Refusal {
    match result.unwrap_err() {
        Error::Account(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_link_sets_a_new_password_once_and_ends_every_session() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let signed_in = scene.signed_in("zoe@mail.example").await;
    let token = scene.reset_token("zoe@mail.example").await;
    for _ in 0..2 {
        let view = scene.engine.reset_link(GARDEN, &token).await.unwrap();
        assert_eq!((view.login.as_str(), view.min_length, view.refusal), ("zoe@mail.example", 12, None), "looking uses nothing up");
    }
    let done = use_it(&scene, &token, OTHER_PASSWORD).await.unwrap();
    assert!(done.signed_in.is_none(), "this portal asks to sign in");
    assert_eq!(scene.session(GARDEN, &signed_in).await.unwrap_err(), Error::SignInRequired);
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::SignInFailed);
    scene.sign_in(GARDEN, "zoe@mail.example", OTHER_PASSWORD).await.unwrap();
    assert_eq!(scene.mail_to("zoe@mail.example").await.subject, "password-changed");
    let hashes = scene.bench.hasher.hashes();
    assert_eq!(refused(use_it(&scene, &token, "und noch ein Spaziergang").await), Refusal::TokenUsed);
    assert_eq!(scene.bench.hasher.hashes(), hashes, "a dead link hashes nothing");
    assert_eq!(scene.engine.reset_link(GARDEN, &token).await.unwrap().refusal, Some(Refusal::TokenUsed));
}

#[tokio::test]
async fn a_reset_link_dies_after_an_hour_and_stays_expired_when_time_has_dropped_it() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let token = scene.reset_token("zoe@mail.example").await;
    scene.bench.clock.advance(policy::RESET_LIFE);
    assert_eq!(refused(use_it(&scene, &token, OTHER_PASSWORD).await), Refusal::TokenExpired);
    scene.bench.clock.advance(policy::RESET_LIFE);
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 1);
    assert_eq!(refused(use_it(&scene, &token, OTHER_PASSWORD).await), Refusal::TokenExpired);
}

#[tokio::test]
async fn a_reset_link_dies_with_a_newer_one() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let old = scene.reset_token("zoe@mail.example").await;
    let new = scene.reset_token("zoe@mail.example").await;
    assert_eq!(refused(use_it(&scene, &old, OTHER_PASSWORD).await), Refusal::TokenSuperseded);
    use_it(&scene, &new, OTHER_PASSWORD).await.unwrap();
    assert_eq!(refused(use_it(&scene, &old, OTHER_PASSWORD).await), Refusal::TokenSuperseded);
}

#[tokio::test]
async fn a_reset_link_dies_with_a_changed_password_or_address_and_with_a_suspension() {
    for what in ["password", "address", "suspension", "closing"] {
        let scene = Scene::new().await;
        let session = scene.member_session("zoe@mail.example", ZOE).await;
        let token = scene.reset_token("zoe@mail.example").await;
        match what {
            "password" => {
                scene.engine.change_password(&caller(), &session, &secret(PASSWORD), &secret(OTHER_PASSWORD)).await.unwrap();
            }
            "address" => {
                scene.engine.request_email(&caller(), &session, "new@mail.example", &secret(PASSWORD)).await.unwrap();
                let link = secret(&scene.mail_to("new@mail.example").await.link_token().unwrap());
                scene.engine.confirm_email(GARDEN, &caller(), &link).await.unwrap();
            }
            "suspension" => scene.change_account(session.account(), Command::Suspend { delivery: sample::delivery_id(1) }).await,
            _ => scene.engine.close_account(&caller(), &session, &secret(PASSWORD)).await.unwrap(),
        }
        assert_eq!(refused(use_it(&scene, &token, "ein drittes langes Wort").await), Refusal::TokenSuperseded, "{what}");
    }
}

#[tokio::test]
async fn a_reset_link_is_good_for_nothing_else_and_nowhere_else() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let token = scene.reset_token("zoe@mail.example").await;
    let elsewhere = scene.engine.confirm_reset(GUILD, SessionKind::Bearer, &token, &secret(OTHER_PASSWORD)).await;
    assert_eq!(refused(elsewhere), Refusal::TokenUnknown);
    assert_eq!(scene.engine.confirm_email(GARDEN, &caller(), &token).await.unwrap_err(), Error::Account(Refusal::TokenUnknown));
    for token in ["", "short", &"A".repeat(43), &"A".repeat(10_000)] {
        assert_eq!(refused(use_it(&scene, &secret(token), OTHER_PASSWORD).await), Refusal::TokenUnknown);
    }
    use_it(&scene, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_faulty_new_password_leaves_the_link_alive() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let token = scene.reset_token("zoe@mail.example").await;
    let hashes = scene.bench.hasher.hashes();
    assert!(matches!(use_it(&scene, &token, "kurz").await, Err(Error::Input(faults)) if faults[0].code == "too_short"));
    assert_eq!(scene.bench.hasher.hashes(), hashes);
    use_it(&scene, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_stranger_s_requests_end_with_the_address_s_share_and_are_answered_alike() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    for network in 0..20 {
        for login in ["zoe@mail.example", "ZOE@mail.example", "nobody@mail.example", "no address"] {
            scene.engine.request_reset(GARDEN, &from(&format!("10.0.{network}.0/24")), login).await.unwrap();
        }
    }
    assert_eq!(scene.templates_to("zoe@mail.example").await.iter().filter(|template| *template == "password-reset").count(), 5);
    assert_eq!(scene.bench.mailer.all().len(), 6, "nobody else is mailed");
    // Confirmations have a share of their own, and so has the reset.
    scene.bench.clock.advance(TimeDelta::hours(24));
    for _ in 0..5 {
        scene.apply("zoe@mail.example", BJOERN).await;
    }
    let token = scene.reset_token("zoe@mail.example").await;
    use_it(&scene, &token, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_request_for_nobody_writes_a_row_that_is_never_sent() {
    let scene = Scene::new().await;
    scene.engine.request_reset(GARDEN, &caller(), "nobody@mail.example").await.unwrap();
    let rows = scene.rows().await;
    assert_eq!((rows.len(), rows[0].template.as_str(), rows[0].status), (1, "password-reset", DeliveryStatus::Queued));
    scene.post().await;
    assert_eq!((scene.bench.mailer.attempts(rows[0].id), scene.bench.store.sealed_text(rows[0].id)), (0, None));
}

#[tokio::test]
async fn a_pending_account_gets_no_reset() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    scene.engine.request_reset(GARDEN, &caller(), "zoe@mail.example").await.unwrap();
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code"]);
}

#[tokio::test(start_paused = true)]
async fn a_reset_takes_the_strangers_failures_off_the_owner() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    for stranger in 0..100 {
        let network = from(&format!("10.0.{stranger}.0/24"));
        assert!(scene.engine.sign_in(GARDEN, &network, SessionKind::Bearer, "zoe@mail.example", &secret("falsch")).await.is_err());
    }
    let token = scene.reset_token("zoe@mail.example").await;
    use_it(&scene, &token, OTHER_PASSWORD).await.unwrap();
    let before = tokio::time::Instant::now();
    scene.sign_in(GARDEN, "zoe@mail.example", OTHER_PASSWORD).await.unwrap();
    assert!(before.elapsed() < std::time::Duration::from_millis(10));
}

#[tokio::test]
async fn a_reset_link_used_twice_at_once_is_used_once() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let token = scene.reset_token("zoe@mail.example").await;
    let (engine, overtaken) = (scene.engine.clone(), token.clone());
    scene.watched.after("hash", async move {
        engine.confirm_reset(GARDEN, SessionKind::Bearer, &overtaken, &secret("das erste neue Wort gilt")).await.unwrap();
    });
    assert_eq!(refused(use_it(&scene, &token, OTHER_PASSWORD).await), Refusal::TokenUsed);
    scene.sign_in(GARDEN, "zoe@mail.example", "das erste neue Wort gilt").await.unwrap();
}

#[tokio::test]
async fn a_repeated_request_mails_once_and_leaves_the_first_link_alive() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let asked = crate::scene::repeatable("a-key-of-more-than-128-bit-0001", "zoe@mail.example");
    for _ in 0..3 {
        scene.engine.request_reset(GARDEN, &asked, "zoe@mail.example").await.unwrap();
    }
    let token = scene.mail_to("zoe@mail.example").await.link_token().unwrap().clone();
    let other = crate::scene::repeatable("a-key-of-more-than-128-bit-0001", "another body");
    assert_eq!(scene.engine.request_reset(GARDEN, &other, "zoe@mail.example").await.unwrap_err(), Error::IdempotencyMismatch);
    use_it(&scene, &secret(&token), OTHER_PASSWORD).await.unwrap();
}
