//! Changing the password, and the initial one that must be changed.

use crate::scene::{GARDEN, OTHER_PASSWORD, PASSWORD, Scene, WORKS, ZOE, caller, from, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{account::Refusal, policy};
use onboarding::ports::SessionKind;
use onboarding::stories::{Needs, PasswordChanged};

const INITIAL: &str = "7KQ4M2XHBCDFGH";

#[tokio::test]
async fn a_changed_password_renews_the_caller_s_session_and_ends_the_others() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let (own, other) = (scene.signed_in("zoe@mail.example").await, scene.signed_in("zoe@mail.example").await);
    let session = scene.session(GARDEN, &own).await.unwrap();
    let changed = scene.engine.change_password(&caller(), &session, &secret(PASSWORD), &secret(OTHER_PASSWORD)).await.unwrap();
    let PasswordChanged::Renewed(renewed) = changed else { panic!("{changed:?}") };
    for dead in [&own, &other] {
        assert_eq!(scene.session(GARDEN, dead).await.unwrap_err(), Error::SignInRequired);
    }
    assert!(scene.session(GARDEN, &renewed).await.unwrap().member);
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::SignInFailed);
    scene.sign_in(GARDEN, "zoe@mail.example", OTHER_PASSWORD).await.unwrap();
    assert_eq!(scene.mail_to("zoe@mail.example").await.subject, "password-changed");
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_is_counted_like_a_sign_in() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    for _ in 0..5 {
        let refused = scene.engine.change_password(&caller(), &session, &secret("falsch"), &secret(OTHER_PASSWORD)).await;
        assert_eq!(refused.unwrap_err(), Error::Account(Refusal::WrongPassword));
    }
    let (hashes, verifies) = (scene.bench.hasher.hashes(), scene.bench.hasher.verifies());
    let here = scene.engine.change_password(&caller(), &session, &secret(PASSWORD), &secret(OTHER_PASSWORD)).await;
    assert!(matches!(here, Err(Error::Throttled { .. })), "{here:?}");
    let at_sign_in = scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await;
    assert!(matches!(at_sign_in, Err(Error::Throttled { .. })), "the same limit at every door: {at_sign_in:?}");
    let at_email = scene.engine.request_email(&caller(), &session, "new@mail.example", &secret(PASSWORD)).await;
    assert!(matches!(at_email, Err(Error::Throttled { .. })), "{at_email:?}");
    let at_closing = scene.engine.close_account(&caller(), &session, &secret(PASSWORD)).await;
    assert!(matches!(at_closing, Err(Error::Throttled { .. })), "{at_closing:?}");
    assert_eq!((scene.bench.hasher.hashes(), scene.bench.hasher.verifies()), (hashes, verifies), "nothing was hashed");
    assert_eq!(scene.account(session.account()).await.generation(), 1);
}

#[tokio::test]
async fn a_password_that_is_too_short_personal_or_the_same_is_refused() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    for (new, code) in [("kurz", "too_short"), ("", "required"), ("password1234", "common"), ("zoe-o-neill-12", "personal")] {
        let refused = scene.engine.change_password(&caller(), &session, &secret(PASSWORD), &secret(new)).await;
        let Err(Error::Input(faults)) = refused else { panic!("{new}: {refused:?}") };
        assert!(faults.iter().any(|fault| (fault.field.as_str(), fault.code) == ("new", code)), "{new}: {faults:?}");
    }
    // Whoever knows the password is nobody who guesses, however often.
    for _ in 0..8 {
        let same = scene.engine.change_password(&caller(), &session, &secret(PASSWORD), &secret(PASSWORD)).await;
        assert_eq!(same.unwrap_err(), Error::Account(Refusal::SamePassword));
    }
    assert_eq!(scene.account(session.account()).await.generation(), 1);
}

#[tokio::test]
async fn an_initial_password_is_read_forgivingly_and_opens_nothing_but_its_change() {
    let scene = Scene::new().await;
    scene.provisioned("K-1001", INITIAL).await;
    let typed = format!("  {}\n", INITIAL.to_lowercase());
    let signed_in = scene.sign_in(WORKS, " k 1001 ", &typed).await.unwrap();
    assert!(signed_in.must_change_password && !signed_in.member);
    let session = scene.session(WORKS, &signed_in).await.unwrap();
    for needs in [Needs::Password, Needs::Everything] {
        assert_eq!(scene.engine.session(WORKS, &signed_in.token, needs).await.unwrap_err(), Error::PasswordChangeRequired);
    }
    let refused = scene.engine.change_password(&caller(), &session, &secret(&typed), &secret("kleinbuchstaben")).await;
    assert!(matches!(refused, Err(Error::Input(faults)) if faults[0].code == "criteria"));
    let own = "Zaun#7ghK";
    let changed = scene.engine.change_password(&caller(), &session, &secret(&typed), &secret(own)).await.unwrap();
    assert!(matches!(changed, PasswordChanged::SignInAgain));
    assert_eq!(scene.session(WORKS, &signed_in).await.unwrap_err(), Error::SignInRequired, "every session ended, the caller's too");
    assert_eq!(scene.sign_in(WORKS, "K-1001", INITIAL).await.unwrap_err(), Error::SignInFailed);
    assert_eq!(
        scene.sign_in(WORKS, "K-1001", &own.to_lowercase()).await.unwrap_err(),
        Error::SignInFailed,
        "an own password is read as it is"
    );
    let again = scene.sign_in(WORKS, "K-1001", own).await.unwrap();
    scene.engine.session(WORKS, &again.token, Needs::Everything).await.unwrap();
}

#[tokio::test]
async fn an_initial_password_dies_after_a_fortnight_and_only_its_holder_is_told() {
    let scene = Scene::new().await;
    let id = scene.provisioned("K-1001", INITIAL).await;
    scene.bench.clock.advance(policy::MAILED_PASSWORD_LIFE - TimeDelta::seconds(1));
    scene.sign_in(WORKS, "K-1001", INITIAL).await.unwrap();
    scene.bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(scene.sign_in(WORKS, "K-1001", INITIAL).await.unwrap_err(), Error::InitialPasswordExpired);
    assert_eq!(scene.sign_in(WORKS, "K-1001", "7KQ4M2XHBCDFGJ").await.unwrap_err(), Error::SignInFailed);
    // Forgot-password is the way on.
    scene.engine.request_reset(WORKS, &caller(), "K-1001").await.unwrap();
    let token = secret(&onboarding_testkit::ReadMail::link_token(&scene.mail_to("kunde@mail.example").await).unwrap());
    let done = scene.engine.confirm_reset(WORKS, SessionKind::Bearer, &token, &secret("Zaun#7ghK")).await.unwrap();
    assert!(done.signed_in.is_some_and(|signed_in| !signed_in.must_change_password), "this portal signs in at once");
    assert_eq!(scene.account(id).await.credential().word(), "own");
}

#[tokio::test]
async fn a_parallel_change_of_the_password_has_one_winner() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let (engine, theirs) = (scene.engine.clone(), session.clone());
    scene.watched.after("hash", async move {
        let new = secret("ein drittes Wort, das gilt");
        engine.change_password(&from("198.51.100.0/24"), &theirs, &secret(PASSWORD), &new).await.unwrap();
    });
    let late = scene.engine.change_password(&caller(), &session, &secret(PASSWORD), &secret(OTHER_PASSWORD)).await;
    assert_eq!(late.unwrap_err(), Error::SignInRequired, "the session ended with the password it was opened with");
    scene.sign_in(GARDEN, "zoe@mail.example", "ein drittes Wort, das gilt").await.unwrap();
}

/// Whoever has a stolen session and the old password asks for another address while the owner sets a new password.
#[tokio::test]
async fn an_old_password_judged_before_a_change_moves_no_address_and_closes_no_account_after_it() {
    for door in ["email", "close"] {
        let scene = Scene::new().await;
        let session = scene.member_session("zoe@mail.example", ZOE).await;
        let (engine, owners) = (scene.engine.clone(), session.clone());
        scene.watched.after("verify", async move {
            let new = secret("ein drittes Wort, das gilt");
            engine.change_password(&from("198.51.100.0/24"), &owners, &secret(PASSWORD), &new).await.unwrap();
        });
        let late = match door {
            "email" => scene.engine.request_email(&caller(), &session, "thief@mail.example", &secret(PASSWORD)).await,
            _ => scene.engine.close_account(&caller(), &session, &secret(PASSWORD)).await,
        };
        assert_eq!(late.unwrap_err(), Error::SignInRequired, "{door}");
        scene.sign_in(GARDEN, "zoe@mail.example", "ein drittes Wort, das gilt").await.unwrap();
    }
}
