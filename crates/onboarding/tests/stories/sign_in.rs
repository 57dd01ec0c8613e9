//! Signing in: what opens, what is refused, what strangers can do to it, and how long a session lives.

use crate::scene::{BJOERN, GARDEN, GUILD, PASSWORD, Scene, ZOE, caller, from, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{Ref, account::Command, policy};
use onboarding::ports::{SessionKind, Store};
use onboarding::stories::Needs;
use onboarding_testkit::sample;
use std::time::Duration;
use tokio::time::Instant;

async fn fail(scene: &Scene, network: &str, login: &str) -> Result<onboarding::stories::SignedIn, Error> {
    scene.engine.sign_in(GARDEN, &from(network), SessionKind::Bearer, login, &secret("ein ganz falsches Wort")).await
}

#[tokio::test]
async fn the_right_password_opens_a_session_that_knows_its_account() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let signed_in = scene.sign_in(GARDEN, " ZOE@mail.example ", PASSWORD).await.unwrap();
    let session = scene.engine.session(GARDEN, &signed_in.token, Needs::Everything).await.unwrap();
    assert!(session.member);
    assert_eq!(session.facts.account.value.email().as_str(), "zoe@mail.example");
    assert_eq!(session.facts.account.value.last_sign_in(), Some(scene.now()));
    assert_eq!(scene.session(GUILD, &signed_in).await.unwrap_err(), Error::SignInRequired, "another portal's token is none");
}

#[tokio::test]
async fn an_own_password_is_never_altered() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    for typed in [format!(" {PASSWORD}"), format!("{PASSWORD}\n"), PASSWORD.to_uppercase(), String::new()] {
        assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", &typed).await.unwrap_err(), Error::SignInFailed, "{typed:?}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    scene.apply("pending@mail.example", BJOERN).await;
    for login in ["zoe@mail.example", "nobody@mail.example", "pending@mail.example", "no address", "", &"x".repeat(10_000)] {
        assert_eq!(fail(&scene, "192.0.2.0/24", login).await.unwrap_err(), Error::SignInFailed, "{login:.20}");
    }
    assert_eq!(scene.sign_in(GARDEN, "pending@mail.example", PASSWORD).await.unwrap_err(), Error::SignInFailed);
}

#[tokio::test]
async fn a_guesser_is_slowed_per_login_and_network_before_anything_is_hashed() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    for login in ["zoe@mail.example", "nobody@mail.example"] {
        let spellings = [login.to_owned(), login.to_uppercase(), format!(" {login}"), login.to_owned(), login.to_owned()];
        for spelling in &spellings {
            assert_eq!(fail(&scene, "198.51.100.0/24", spelling).await.unwrap_err(), Error::SignInFailed);
        }
        for seconds in [1, 2, 4, 8] {
            let before = scene.bench.hasher.verifies();
            let refused = fail(&scene, "198.51.100.0/24", login).await.unwrap_err();
            assert_eq!(refused, Error::Throttled { until: scene.now() + TimeDelta::seconds(seconds), now: scene.now() }, "{login}");
            assert_eq!(scene.bench.hasher.verifies(), before, "limits come before the hash");
            scene.bench.clock.advance(TimeDelta::seconds(seconds));
            assert_eq!(fail(&scene, "198.51.100.0/24", login).await.unwrap_err(), Error::SignInFailed);
        }
    }
    scene.signed_in("zoe@mail.example").await;
}

#[tokio::test]
async fn a_wait_never_grows_beyond_a_quarter_of_an_hour() {
    let scene = Scene::new().await;
    for _ in 0..20 {
        if let Error::Throttled { until, now } = fail(&scene, "198.51.100.0/24", "nobody@mail.example").await.unwrap_err() {
            assert!(until - now <= TimeDelta::minutes(15));
            scene.bench.clock.set(until);
        }
    }
    scene.bench.clock.advance(TimeDelta::hours(24));
    assert_eq!(fail(&scene, "198.51.100.0/24", "nobody@mail.example").await.unwrap_err(), Error::SignInFailed, "forgotten after a day");
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(fail(&scene, "192.0.2.0/24", "zoe@mail.example").await.unwrap_err(), Error::SignInFailed);
        }
        scene.signed_in("zoe@mail.example").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_strangers_do_not_lock_the_owner_out() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    for stranger in 0..1_000 {
        let network = format!("10.{}.{}.0/24", stranger / 250, stranger % 250);
        assert_eq!(fail(&scene, &network, "zoe@mail.example").await.unwrap_err(), Error::SignInFailed);
    }
    let before = Instant::now();
    scene.signed_in("zoe@mail.example").await;
    assert!(before.elapsed() <= Duration::from_secs(2), "{:?}", before.elapsed());
    assert!(before.elapsed() >= Duration::from_secs(1), "strangers are slowed nevertheless: {:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn somebody_who_signs_in_often_is_never_slowed() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let before = Instant::now();
    for _ in 0..60 {
        scene.signed_in("zoe@mail.example").await;
    }
    assert!(before.elapsed() < Duration::from_millis(10), "{:?}", before.elapsed());
}

#[tokio::test]
async fn a_megabyte_of_password_is_not_hashed() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let before = scene.bench.hasher.verifies();
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", &"x".repeat(1_000_000)).await.unwrap_err(), Error::SignInFailed);
    assert_eq!(scene.bench.hasher.verifies(), before);
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_back() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    scene.bench.hasher.overload(Some(Duration::from_secs(3)));
    for login in ["zoe@mail.example", "nobody@mail.example"] {
        let busy = scene.sign_in(GARDEN, login, PASSWORD).await.unwrap_err();
        assert_eq!(busy, Error::Overloaded { retry_after: Duration::from_secs(3) });
    }
}

#[tokio::test]
async fn a_cheap_hash_is_made_anew_at_the_sign_in() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    scene.bench.hasher.raise_cost();
    let before = scene.bench.hasher.hashes();
    for _ in 0..3 {
        scene.signed_in("zoe@mail.example").await;
    }
    assert_eq!(scene.bench.hasher.hashes(), before + 1);
}

#[tokio::test]
async fn a_sign_in_beside_one_that_makes_the_hash_anew_is_no_failure() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    scene.bench.hasher.raise_cost();
    let engine = scene.engine.clone();
    // Between the comparison and the commit the same person signs in elsewhere.
    scene.watched.after("verify", async move {
        engine.sign_in(GARDEN, &from("198.51.100.0/24"), SessionKind::Bearer, "zoe@mail.example", &secret(PASSWORD)).await.unwrap();
    });
    scene.signed_in("zoe@mail.example").await;
}

#[tokio::test]
async fn a_verdict_on_a_password_that_was_changed_meanwhile_is_worth_nothing() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let engine = scene.engine.clone();
    scene.watched.after("verify", async move {
        let new = secret(crate::scene::OTHER_PASSWORD);
        engine.change_password(&caller(), &session, &secret(PASSWORD), &new).await.unwrap();
    });
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::SignInFailed);
    scene.sign_in(GARDEN, "zoe@mail.example", crate::scene::OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_suspension_is_told_only_after_the_right_password_and_ends_the_sessions() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let signed_in = scene.signed_in("zoe@mail.example").await;
    scene.change_account(session.account(), Command::Suspend { delivery: sample::delivery_id(1) }).await;
    assert_eq!(scene.session(GARDEN, &signed_in).await.unwrap_err(), Error::SignInRequired);
    assert_eq!(fail(&scene, "192.0.2.0/24", "zoe@mail.example").await.unwrap_err(), Error::SignInFailed);
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::Suspended);
    scene.change_account(session.account(), Command::Unsuspend { delivery: sample::delivery_id(2) }).await;
    scene.signed_in("zoe@mail.example").await;
}

#[tokio::test]
async fn a_failure_leaves_a_trace_and_does_not_race_with_its_owner() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let what = Ref::Account(session.account());
    let before = scene.bench.store.load(what).await.unwrap().unwrap().version;
    assert_eq!(fail(&scene, "198.51.100.0/24", "zoe@mail.example").await.unwrap_err(), Error::SignInFailed);
    assert_eq!(scene.bench.store.load(what).await.unwrap().unwrap().version, before);
    let kinds: Vec<_> = scene.bench.store.history(what).await.unwrap().into_iter().map(|row| row.kind).collect();
    assert_eq!(kinds, ["account.opened", "account.signed_in", "account.sign_in_failed"]);
}

#[tokio::test]
async fn a_bearer_session_dies_after_thirty_idle_days_and_a_page_s_after_twelve_hours_at_most() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let bearer = scene.signed_in("zoe@mail.example").await;
    assert_eq!(bearer.expires_at, scene.now() + policy::BEARER_IDLE);
    scene.bench.clock.advance(policy::BEARER_IDLE - TimeDelta::seconds(1));
    scene.session(GARDEN, &bearer).await.unwrap();
    scene.bench.clock.advance(policy::BEARER_IDLE - TimeDelta::seconds(1));
    scene.session(GARDEN, &bearer).await.unwrap();
    scene.bench.clock.advance(policy::BEARER_IDLE);
    assert_eq!(scene.session(GARDEN, &bearer).await.unwrap_err(), Error::SignInRequired);

    let page = scene.engine.sign_in(GARDEN, &caller(), SessionKind::Page, "zoe@mail.example", &secret(PASSWORD)).await.unwrap();
    let mut used = TimeDelta::zero();
    while used + TimeDelta::minutes(29) < policy::PAGE_AT_MOST {
        scene.bench.clock.advance(TimeDelta::minutes(29));
        used += TimeDelta::minutes(29);
        scene.session(GARDEN, &page).await.unwrap();
    }
    scene.bench.clock.advance(policy::PAGE_AT_MOST - used);
    assert_eq!(scene.session(GARDEN, &page).await.unwrap_err(), Error::SignInRequired);
    let idle = scene.engine.sign_in(GARDEN, &caller(), SessionKind::Page, "zoe@mail.example", &secret(PASSWORD)).await.unwrap();
    scene.bench.clock.advance(policy::PAGE_IDLE);
    assert_eq!(scene.session(GARDEN, &idle).await.unwrap_err(), Error::SignInRequired);
}
