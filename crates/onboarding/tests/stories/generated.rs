//! The journey with a mailed password: proof by link, a password that may be changed and dies unused.

use crate::scene::{GUILD, OTHER_PASSWORD, Scene, caller, handle, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{policy, registration::Refusal};
use onboarding::stories::{Needs, PasswordChanged};
use onboarding_testkit::{MailFate, ReadMail};

async fn confirmed(scene: &Scene, email: &str) {
    scene.apply_at_guild(email).await;
    let token = secret(&scene.mail_to(email).await.link_token().unwrap());
    assert_eq!(scene.engine.confirm_link(GUILD, &caller(), &token).await.unwrap().state, "active");
}

#[tokio::test]
async fn the_link_leads_to_a_mailed_password_that_signs_in() {
    let scene = Scene::new().await;
    let applied = scene.apply_at_guild("kim@mail.example").await;
    assert_eq!(scene.bench.hasher.hashes(), 0, "nobody chose a password yet");
    let mail = scene.mail_to("kim@mail.example").await;
    assert_eq!((mail.subject.as_str(), mail.code()), ("confirm-link", None));
    let by_code = scene.engine.confirm_code(GUILD, &caller(), &handle(&applied), "7KQ4-M2XH").await;
    assert_eq!(by_code.unwrap_err(), Error::Registration(Refusal::NotInThisJourney));
    let token = secret(&mail.link_token().unwrap());
    for _ in 0..2 {
        assert_eq!(scene.engine.confirm_link(GUILD, &caller(), &token).await.unwrap().state, "active");
    }
    assert_eq!(
        scene.templates_to("kim@mail.example").await,
        ["confirm-link", "generated-password"],
        "one password, however often the link is pressed"
    );
    assert_eq!(scene.bench.hasher.hashes(), 1);
    let password = scene.mail_to("kim@mail.example").await.password().unwrap();
    let signed_in = scene.sign_in(GUILD, "kim@mail.example", &password).await.unwrap();
    assert!(!signed_in.must_change_password && !signed_in.member);
    scene.engine.session(GUILD, &signed_in.token, Needs::Everything).await.unwrap();
}

#[tokio::test]
async fn a_generated_password_is_read_forgivingly_until_another_one_is_chosen() {
    let scene = Scene::new().await;
    confirmed(&scene, "kim@mail.example").await;
    let password = scene.mail_to("kim@mail.example").await.password().unwrap();
    let typed = format!("\t {} ", password.to_lowercase());
    let signed_in = scene.sign_in(GUILD, "kim@mail.example", &typed).await.unwrap();
    let session = scene.session(GUILD, &signed_in).await.unwrap();
    let changed = scene.engine.change_password(&caller(), &session, &secret(&typed), &secret(OTHER_PASSWORD)).await.unwrap();
    assert!(matches!(changed, PasswordChanged::Renewed(_)));
    for dead in [password.clone(), typed, OTHER_PASSWORD.to_uppercase()] {
        assert_eq!(scene.sign_in(GUILD, "kim@mail.example", &dead).await.unwrap_err(), Error::SignInFailed);
    }
    scene.sign_in(GUILD, "kim@mail.example", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_generated_password_dies_unused_a_fortnight_after_the_mail_server_took_it() {
    let scene = Scene::new().await;
    scene.apply_at_guild("kim@mail.example").await;
    let token = secret(&scene.mail_to("kim@mail.example").await.link_token().unwrap());
    // The mail server is away for a day: only from its acceptance on does the password's life run.
    scene.bench.mailer.next(MailFate::Transient(None), 1);
    scene.engine.confirm_link(GUILD, &caller(), &token).await.unwrap();
    scene.post().await;
    scene.bench.clock.advance(TimeDelta::days(1));
    let password = scene.mail_to("kim@mail.example").await.password().unwrap();
    scene.bench.clock.advance(policy::MAILED_PASSWORD_LIFE);
    assert_eq!(scene.sign_in(GUILD, "kim@mail.example", &password).await.unwrap_err(), Error::InitialPasswordExpired);
    assert_eq!(scene.sign_in(GUILD, "kim@mail.example", "7KQ4M2XHBCDFGH").await.unwrap_err(), Error::SignInFailed);
    scene.engine.request_reset(GUILD, &caller(), "kim@mail.example").await.unwrap();
    assert_eq!(scene.mail_to("kim@mail.example").await.subject, "password-reset");
}

#[tokio::test]
async fn a_generated_password_that_was_used_once_no_longer_dies() {
    let scene = Scene::new().await;
    confirmed(&scene, "kim@mail.example").await;
    let password = scene.mail_to("kim@mail.example").await.password().unwrap();
    scene.bench.clock.advance(policy::MAILED_PASSWORD_LIFE - TimeDelta::seconds(1));
    scene.sign_in(GUILD, "kim@mail.example", &password).await.unwrap();
    scene.bench.clock.advance(TimeDelta::days(300));
    scene.sign_in(GUILD, "kim@mail.example", &password).await.unwrap();
}

#[tokio::test]
async fn a_race_of_clicks_mails_one_password() {
    let scene = Scene::new().await;
    scene.apply_at_guild("kim@mail.example").await;
    let token = secret(&scene.mail_to("kim@mail.example").await.link_token().unwrap());
    scene.watched.gather_loads(6);
    let mut clicks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (engine, token) = (scene.engine.clone(), token.clone());
        clicks.spawn(async move { engine.confirm_link(GUILD, &caller(), &token).await.unwrap().state });
    }
    assert!(clicks.join_all().await.iter().all(|state| state == "active"));
    assert_eq!(scene.templates_to("kim@mail.example").await, ["confirm-link", "generated-password"]);
    let password = scene.mail_to("kim@mail.example").await.password().unwrap();
    scene.sign_in(GUILD, "kim@mail.example", &password).await.unwrap();
}

#[tokio::test]
async fn a_mailed_password_stands_in_no_row_once_it_was_handed_over() {
    let scene = Scene::new().await;
    confirmed(&scene, "kim@mail.example").await;
    let waiting = scene.rows().await;
    assert!(scene.bench.store.sealed_text(waiting[0].id).is_some());
    scene.post().await;
    for row in scene.rows().await {
        assert_eq!(scene.bench.store.sealed_text(row.id), None);
    }
}
