//! The mail again, the address corrected, and the shadow of an address that has an account already.

use crate::scene::{BJOERN, GARDEN, GUILD, Scene, ZOE, caller, handle, secret, wrong};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{policy, registration::Refusal};
use onboarding::ports::DeliveryStatus;
use onboarding_testkit::{MailFate, ReadMail};

#[tokio::test]
async fn another_mail_can_be_had_after_a_minute_and_voids_the_first() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let first = scene.mail_to("zoe@mail.example").await;
    let soon = scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await;
    assert_eq!(soon.unwrap_err(), Error::Throttled { until: applied.resend_at, now: scene.now() });
    scene.bench.clock.advance(policy::RESEND_AFTER);
    let view = scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
    assert_eq!((view.expires_at, view.resend_at), (Some(scene.now() + policy::CODE_LIFE), Some(scene.now() + policy::RESEND_AFTER)));
    let second = scene.mail_to("zoe@mail.example").await;
    assert_ne!(first.message_id, second.message_id);
    let old = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &first.code().unwrap()).await;
    assert_eq!(old.unwrap_err(), Error::CodeWrong { attempts_left: 4 });
    let old = scene.engine.confirm_link(GARDEN, &caller(), &secret(&first.link_token().unwrap())).await;
    assert_eq!(old.unwrap_err(), Error::Registration(Refusal::TokenSuperseded));
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
    scene.bench.clock.advance(policy::RESEND_AFTER);
    let late = scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await;
    assert_eq!(late.unwrap_err(), Error::Registration(Refusal::NotInThisState("active")));
}

#[tokio::test]
async fn a_flood_of_resends_ends_with_the_address_s_daily_share() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    for _ in 0..4 {
        scene.bench.clock.advance(policy::RESEND_AFTER);
        scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
    }
    scene.bench.clock.advance(policy::RESEND_AFTER);
    let refused = scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await;
    assert!(matches!(refused, Err(Error::Throttled { .. })), "{refused:?}");
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    assert_eq!(
        scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &code).await.unwrap().state,
        "active",
        "a refused resend voids nothing"
    );
}

#[tokio::test]
async fn a_mail_that_still_waits_is_not_sent_once_its_secret_was_replaced() {
    let scene = Scene::new().await;
    let applied = scene.apply("typo@mail.example", ZOE).await;
    scene.bench.mailer.next(MailFate::Transient(None), 1);
    scene.worker.run_once().await.unwrap();
    scene.bench.clock.advance(TimeDelta::minutes(2));
    scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "zoe@mail.example").await.unwrap();
    scene.post().await;
    let to: Vec<_> = scene.bench.mailer.all().iter().map(|mail| mail.to.as_str().to_owned()).collect();
    assert_eq!(to, ["zoe@mail.example"], "the stranger behind the typing error hears nothing");
    let old = scene.rows().await.pop().unwrap();
    assert_eq!((old.status, scene.bench.store.sealed_text(old.id)), (DeliveryStatus::Expired, None));
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
}

#[tokio::test]
async fn a_corrected_address_gets_the_proof_and_the_mistyped_one_s_is_dead() {
    let scene = Scene::new().await;
    let applied = scene.apply("typo@mail.example", ZOE).await;
    let typo = scene.mail_to("typo@mail.example").await;
    scene.bench.clock.advance(policy::RESEND_AFTER);
    scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "zoe@mail.example").await.unwrap();
    let dead = scene.engine.confirm_link(GARDEN, &caller(), &secret(&typo.link_token().unwrap())).await;
    assert_eq!(dead.unwrap_err(), Error::Registration(Refusal::TokenSuperseded));
    let dead = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &typo.code().unwrap()).await;
    assert_eq!(dead.unwrap_err(), Error::CodeWrong { attempts_left: 4 });
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
    assert_eq!(scene.sign_in(GARDEN, "typo@mail.example", crate::scene::PASSWORD).await.unwrap_err(), Error::SignInFailed);
    let faulty = scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "no address").await;
    assert!(matches!(faulty, Err(Error::Input(_))));
}

#[tokio::test]
async fn a_shadow_answers_like_any_other_and_cannot_be_confirmed() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let shadow = scene.apply("ZOE@mail.example", BJOERN).await;
    assert_eq!(shadow.state, "awaiting_email");
    let mail = scene.mail_to("zoe@mail.example").await;
    assert_eq!((mail.subject.as_str(), mail.code(), mail.link_token()), ("account-exists", None, None));
    for left in (0..5).rev() {
        let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&shadow), "7KQ4-M2XH").await;
        assert_eq!(refused.unwrap_err(), Error::CodeWrong { attempts_left: left });
    }
    let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&shadow), "7KQ4-M2XH").await;
    assert_eq!(refused.unwrap_err(), Error::Registration(Refusal::CodeUsedUp));
    assert_eq!(scene.engine.registration(GARDEN, &handle(&shadow)).await.unwrap().mail, "sent");
}

#[tokio::test]
async fn a_shadow_is_healed_by_another_address_and_made_by_a_taken_one() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let applied = scene.apply("zoe@mail.example", BJOERN).await;
    scene.post().await;
    scene.bench.clock.advance(policy::RESEND_AFTER);
    let healed = scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "bjoern@mail.example").await.unwrap();
    let code = scene.mail_to("bjoern@mail.example").await.code().unwrap();
    scene.bench.clock.advance(policy::RESEND_AFTER);
    let made = scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "zoe@mail.example").await.unwrap();
    assert_eq!((healed.state, healed.attempts_left), (made.state, made.attempts_left), "told alike");
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code", "account-exists", "account-exists"]);
    let old = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &code).await;
    assert_eq!(old.unwrap_err(), Error::CodeWrong { attempts_left: 4 });
    scene.bench.clock.advance(policy::RESEND_AFTER);
    scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "bjoern@mail.example").await.unwrap();
    assert_eq!(scene.confirm(&applied, "bjoern@mail.example").await.unwrap(), "active");
}

#[tokio::test]
async fn a_resend_looks_again_whose_address_it_is() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", BJOERN).await;
    scene.post().await;
    scene.member("zoe@mail.example", ZOE).await;
    scene.bench.clock.advance(policy::RESEND_AFTER);
    scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
    assert_eq!(scene.mail_to("zoe@mail.example").await.subject, "account-exists");
    // Closing the account makes room again: the same registration can be proved after all.
    let session = scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap();
    scene.engine.close_account(&caller(), &session, &secret(crate::scene::PASSWORD)).await.unwrap();
    scene.post().await;
    scene.bench.clock.advance(policy::RESEND_AFTER);
    scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
}

#[tokio::test]
async fn a_shadow_s_renewed_link_and_another_portal_s_handle_do_nothing() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let shadow = scene.apply("zoe@mail.example", BJOERN).await;
    scene.bench.clock.advance(policy::CODE_LIFE);
    let before = scene.rows().await.len();
    scene.engine.renew_link(GARDEN, &caller(), &handle(&shadow)).await.unwrap();
    assert_eq!(scene.engine.resend(GUILD, &caller(), &handle(&shadow)).await.unwrap_err(), Error::NotFound);
    assert_eq!(scene.engine.correct_address(GUILD, &caller(), &handle(&shadow), "a@mail.example").await.unwrap_err(), Error::NotFound);
    assert_eq!(scene.rows().await.len(), before);
}

#[tokio::test]
async fn a_wrong_code_survives_a_corrected_address() {
    let scene = Scene::new().await;
    let applied = scene.apply("typo@mail.example", ZOE).await;
    let code = scene.mail_to("typo@mail.example").await.code().unwrap();
    for _ in 0..4 {
        assert!(scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &wrong(&code)).await.is_err());
    }
    scene.bench.clock.advance(policy::RESEND_AFTER);
    let view = scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "zoe@mail.example").await.unwrap();
    assert_eq!(view.attempts_left, Some(1));
}
