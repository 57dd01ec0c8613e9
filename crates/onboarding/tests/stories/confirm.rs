//! The proof of address: by code, by link, twice, wrongly, too late, and by several at once.

use crate::scene::{BJOERN, GARDEN, GUILD, Scene, ZOE, caller, garden_form, handle, secret, wrong};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{policy, registration::Refusal};
use onboarding_testkit::ReadMail;

#[tokio::test]
async fn the_code_of_the_mail_opens_the_account_and_its_membership() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
    let signed_in = scene.signed_in("zoe@mail.example").await;
    assert!(signed_in.member && !signed_in.must_change_password && signed_in.must_accept.is_empty());
    assert_eq!(signed_in.memberships.iter().map(|membership| membership.record.as_str()).collect::<Vec<_>>(), ["A-100"]);
    let view = scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap();
    assert_eq!((view.state.as_str(), view.expires_at, view.attempts_left), ("active", None, None));
}

#[tokio::test]
async fn a_code_is_read_however_it_was_pasted_and_what_cannot_be_one_costs_no_try() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    for (typed, fault) in [("", "required"), ("7KQ4", "code_length"), ("7KQ4-M2X0", "code_characters")] {
        match scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), typed).await.unwrap_err() {
            Error::Input(faults) => assert_eq!((faults[0].field.as_str(), faults[0].code), ("code", fault)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().attempts_left, Some(5));
    let pasted = format!(" {}\u{a0}\n", code.to_lowercase().replace('-', " "));
    assert_eq!(scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &pasted).await.unwrap().state, "active");
}

#[tokio::test]
async fn a_link_is_shown_without_being_used_and_pressed_twice_it_tells_the_state() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let token = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    for _ in 0..3 {
        let view = scene.engine.confirmation(GARDEN, &token).await.unwrap();
        assert_eq!((view.state, view.email.as_str(), view.refusal, view.used), ("awaiting_email", "zoe@mail.example", None, false));
    }
    for _ in 0..2 {
        assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap().state, "active");
    }
    let view = scene.engine.confirmation(GARDEN, &token).await.unwrap();
    assert_eq!((view.state, view.refusal, view.used), ("active", None, true));
    assert_eq!(scene.engine.deny(GARDEN, &caller(), &token).await.unwrap_err(), Error::Registration(Refusal::TokenUsed));
}

#[tokio::test]
async fn a_used_code_typed_again_tells_the_state_and_any_other_is_refused() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    scene.confirm(&applied, "zoe@mail.example").await.unwrap();
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    let other = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &wrong(&code)).await;
    assert_eq!(other.unwrap_err(), Error::Registration(Refusal::NotInThisState("active")));
}

#[tokio::test]
async fn a_fifth_wrong_code_closes_the_code_s_door_and_leaves_the_link_s_open() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let mail = scene.mail_to("zoe@mail.example").await;
    let code = mail.code().unwrap();
    for left in (0..5).rev() {
        let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &wrong(&code)).await;
        assert_eq!(refused.unwrap_err(), Error::CodeWrong { attempts_left: left });
    }
    for _ in 0..2 {
        let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &code).await;
        assert_eq!(refused.unwrap_err(), Error::Registration(Refusal::CodeUsedUp), "the right code too");
    }
    let link = secret(&mail.link_token().unwrap());
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &link).await.unwrap().state, "active");
}

#[tokio::test]
async fn a_resend_after_wrong_codes_brings_no_fresh_tries() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    for round in 0..4 {
        let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
        let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &wrong(&code)).await;
        assert_eq!(refused.unwrap_err(), Error::CodeWrong { attempts_left: 4 - round });
        scene.bench.clock.advance(policy::RESEND_AFTER);
        scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
    }
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &wrong(&code)).await;
    assert_eq!(refused.unwrap_err(), Error::CodeWrong { attempts_left: 0 });
    // From here on the mail carries the link alone.
    scene.bench.clock.advance(TimeDelta::hours(24));
    scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
    let mail = scene.mail_to("zoe@mail.example").await;
    assert_eq!((mail.subject.as_str(), mail.code()), ("confirm-link", None));
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &secret(&mail.link_token().unwrap())).await.unwrap().state, "active");
}

#[tokio::test]
async fn a_crowd_that_guesses_at_once_is_judged_five_times_at_most() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    // All fifty have read the same state before the first of them commits.
    scene.watched.gather_loads(50);
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (engine, handle, code) = (scene.engine.clone(), handle(&applied), wrong(&code));
        guesses.spawn(async move { engine.confirm_code(GARDEN, &caller(), &handle, &code).await.unwrap_err() });
    }
    let answers = guesses.join_all().await;
    let mut left = Vec::new();
    for answer in &answers {
        match answer {
            Error::CodeWrong { attempts_left } => left.push(*attempts_left),
            Error::Contended | Error::Registration(Refusal::CodeUsedUp) => {}
            other => panic!("{other:?}"),
        }
    }
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4], "each try was counted on its own");
    let right = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &code).await;
    assert_eq!(right.unwrap_err(), Error::Registration(Refusal::CodeUsedUp));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_many_threads_is_judged_five_times_at_most() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (engine, handle, code) = (scene.engine.clone(), handle(&applied), wrong(&code));
        guesses.spawn(async move { engine.confirm_code(GARDEN, &caller(), &handle, &code).await });
    }
    let judged = guesses.join_all().await.into_iter().filter(|answer| matches!(answer, Err(Error::CodeWrong { .. }))).count();
    assert!((1..=5).contains(&judged), "{judged} judged");
    let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &code).await;
    assert!(judged < 5 || matches!(refused, Err(Error::Registration(Refusal::CodeUsedUp))), "{refused:?}");
}

#[tokio::test]
async fn a_code_and_a_link_die_after_a_day_and_the_link_can_be_renewed() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let mail = scene.mail_to("zoe@mail.example").await;
    let token = secret(&mail.link_token().unwrap());
    scene.engine.renew_link(GARDEN, &caller(), &token).await.unwrap();
    assert_eq!(scene.templates_to("zoe@mail.example").await.len(), 1, "a living link needs no successor");
    scene.bench.clock.advance(policy::CODE_LIFE);
    let late = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &mail.code().unwrap()).await;
    assert_eq!(late.unwrap_err(), Error::Registration(Refusal::CodeExpired));
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap_err(), Error::Registration(Refusal::TokenExpired));
    assert_eq!(scene.engine.confirmation(GARDEN, &token).await.unwrap().refusal, Some(Refusal::TokenExpired));
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().state, "awaiting_email");
    scene.engine.renew_link(GARDEN, &caller(), &token).await.unwrap();
    // The old one was replaced; it renews nothing any more.
    scene.engine.renew_link(GARDEN, &caller(), &token).await.unwrap();
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap_err(), Error::Registration(Refusal::TokenSuperseded));
    assert_eq!(scene.templates_to("zoe@mail.example").await.len(), 2);
    let fresh = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &fresh).await.unwrap().state, "active");
}

#[tokio::test]
async fn renewing_is_answered_alike_for_every_token() {
    let scene = Scene::new().await;
    for token in ["", "x", "not a token!", &"A".repeat(43), &"A".repeat(100_000)] {
        scene.engine.renew_link(GARDEN, &caller(), &secret(token)).await.unwrap();
    }
    assert!(scene.rows().await.is_empty());
}

#[tokio::test]
async fn that_wasn_t_me_ends_the_registration() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let mail = scene.mail_to("zoe@mail.example").await;
    let token = secret(&mail.link_token().unwrap());
    assert_eq!(scene.engine.deny(GARDEN, &caller(), &token).await.unwrap().state, "closed");
    let view = scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap();
    assert_eq!((view.state.as_str(), view.reason.as_deref()), ("closed", Some("denied")));
    let late = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &mail.code().unwrap()).await;
    assert_eq!(late.unwrap_err(), Error::Registration(Refusal::NotInThisState("closed")));
    scene.bench.clock.advance(TimeDelta::minutes(2));
    assert!(scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.is_err());
    scene.engine.renew_link(GARDEN, &caller(), &token).await.unwrap();
    scene.post().await;
    assert_eq!(scene.bench.mailer.all().len(), 1, "the stranger is left in peace");
    // The record is free for its owner.
    scene.member("zoe@mail.example", ZOE).await;
}

#[tokio::test]
async fn a_record_that_somebody_else_took_closes_the_registration_and_tells_its_owner() {
    let scene = Scene::new().await;
    let late = scene.apply("late@mail.example", ZOE).await;
    let late_mail = scene.mail_to("late@mail.example").await;
    scene.member("zoe@mail.example", ZOE).await;
    let link = secret(&late_mail.link_token().unwrap());
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &link).await.unwrap_err(), Error::RecordTaken);
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &link).await.unwrap().state, "closed", "repeated it tells the state");
    let again = scene.engine.confirm_code(GARDEN, &caller(), &handle(&late), &late_mail.code().unwrap()).await;
    assert_eq!(again.unwrap().state, "closed");
    let view = scene.engine.registration(GARDEN, &handle(&late)).await.unwrap();
    assert_eq!((view.state.as_str(), view.reason.as_deref()), ("closed", Some("record_taken")));
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code", "record-taken"]);
    assert_eq!(scene.templates_to("late@mail.example").await, ["activation-code"]);
    assert_eq!(scene.sign_in(GARDEN, "late@mail.example", crate::scene::PASSWORD).await.unwrap_err(), Error::SignInFailed);
    // A right pair for a used number is answered like any other.
    assert_eq!(scene.apply("third@mail.example", ZOE).await.state, "awaiting_email");
}

#[tokio::test]
async fn an_address_that_got_its_account_meanwhile_closes_the_other_registration() {
    let scene = Scene::new().await;
    let one = scene.apply("zoe@mail.example", ZOE).await;
    let first = scene.mail_to("zoe@mail.example").await;
    let other = scene.apply("Zoe@MAIL.example", BJOERN).await;
    scene.post().await;
    let second = scene.bench.mailer.all().pop().unwrap();
    let confirm = |applied, code: String| {
        let (engine, handle) = (scene.engine.clone(), handle(applied));
        async move { engine.confirm_code(GARDEN, &caller(), &handle, &code).await }
    };
    assert_eq!(confirm(&one, first.code().unwrap()).await.unwrap().state, "active");
    assert_eq!(confirm(&other, second.code().unwrap()).await.unwrap_err(), Error::EmailTaken);
    assert_eq!(confirm(&other, second.code().unwrap()).await.unwrap().state, "closed");
    let view = scene.engine.registration(GARDEN, &handle(&other)).await.unwrap();
    assert_eq!(view.reason.as_deref(), Some("email_taken"));
    scene.post().await;
    assert_eq!(scene.bench.mailer.all().pop().unwrap().subject, "account-exists");
    assert_eq!(scene.signed_in("zoe@mail.example").await.memberships.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_for_one_record_has_one_winner() {
    let scene = Scene::new().await;
    let mut tokens = Vec::new();
    for racer in 0..8 {
        let email = format!("racer{racer}@mail.example");
        scene.apply(&email, ZOE).await;
        tokens.push(secret(&scene.mail_to(&email).await.link_token().unwrap()));
    }
    let mut race = tokio::task::JoinSet::new();
    for token in tokens {
        let engine = scene.engine.clone();
        race.spawn(async move { engine.confirm_link(GARDEN, &caller(), &token).await });
    }
    let answers = race.join_all().await;
    assert_eq!(
        answers.iter().filter(|answer| answer.as_ref().is_ok_and(|confirmed| confirmed.state == "active")).count(),
        1,
        "{answers:?}"
    );
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Err(Error::RecordTaken))).count(), 7, "{answers:?}");
}

#[tokio::test]
async fn a_token_is_good_for_its_own_purpose_at_its_own_portal_only() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let link = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    let unknown = Error::Registration(Refusal::TokenUnknown);
    assert_eq!(scene.engine.confirm_link(GUILD, &caller(), &link).await.unwrap_err(), unknown);
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &handle(&applied)).await.unwrap_err(), unknown);
    assert_eq!(scene.engine.registration(GARDEN, &link).await.unwrap_err(), Error::NotFound);
    assert_eq!(scene.engine.registration(GUILD, &handle(&applied)).await.unwrap_err(), Error::NotFound);
    assert_eq!(scene.engine.confirm_code(GUILD, &caller(), &handle(&applied), "7KQ4-M2XH").await.unwrap_err(), Error::NotFound);
    assert_eq!(
        scene.session(GARDEN, &onboarding::stories::SignedIn { token: link, ..scene_signed_in(&scene).await }).await.unwrap_err(),
        Error::SignInRequired
    );
}

async fn scene_signed_in(scene: &Scene) -> onboarding::stories::SignedIn {
    scene.member("other@mail.example", BJOERN).await;
    scene.signed_in("other@mail.example").await
}

#[tokio::test]
async fn a_record_that_was_closed_meanwhile_opens_the_account_without_a_membership() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    scene.import("number,name,first_name,last_name,street,postal_code,city,country,email,language,status\nA-100,,Zoë,O’Neill,Gartenweg 1,10999,Berlin,DE,,de,closed\n").await;
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
    let signed_in = scene.signed_in("zoe@mail.example").await;
    assert!(!signed_in.member && signed_in.memberships.is_empty());
}

#[tokio::test]
async fn a_conflict_is_decided_anew_and_too_many_are_told() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let code = scene.mail_to("zoe@mail.example").await.code().unwrap();
    scene.bench.store.conflict_next(4);
    let contended = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &code).await;
    assert_eq!(contended.unwrap_err(), Error::Contended);
    scene.bench.store.conflict_next(3);
    assert_eq!(scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &code).await.unwrap().state, "active");
    scene.bench.store.conflict_next(3);
    scene.engine.apply(GARDEN, &caller(), &garden_form("b@mail.example", BJOERN)).await.unwrap();
}
