//! Clerks: who becomes one, what a one-use token is worth, and that no token of theirs opens another door.

use crate::scene::{GARDEN, GUILD, OTHER_PASSWORD, PASSWORD, Scene, ZOE, caller, from, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{Ref, clerk::Refusal, policy};
use onboarding::ports::{SessionKind, Store};
use onboarding::stories::{Needs, StaffSignedIn};
use secrecy::{ExposeSecret, SecretString};

const CLERK: &str = "amt@garden.example";

async fn sign_in(scene: &Scene, login: &str, password: &str) -> Result<StaffSignedIn, Error> {
    scene.engine.sign_in_clerk(GARDEN, &caller(), login, &secret(password), None).await
}

async fn kinds(scene: &Scene, of: Ref) -> Vec<String> {
    scene
        .bench
        .store
        .history(of)
        .await
        .unwrap()
        .into_iter()
        .map(|row| format!("{} {}", row.actor.split(':').next().unwrap(), row.kind))
        .collect()
}

#[tokio::test]
async fn a_clerk_is_named_set_up_and_signs_in_and_out() {
    let scene = Scene::new().await;
    let prepared = scene.engine.prepare_clerk(GARDEN, " Amt@Garden.example ").await.unwrap();
    assert!(!prepared.reset);
    assert_eq!(prepared.expires_at, scene.now() + TimeDelta::hours(24));
    let set_up = scene.engine.set_up_clerk(GARDEN, &prepared.token, &secret(PASSWORD)).await.unwrap();
    let view = scene.engine.staff_session(GARDEN, &set_up.token).await.unwrap();
    assert_eq!((view.id(), view.email().as_str()), (prepared.id, "Amt@garden.example"));
    let again = sign_in(&scene, CLERK, PASSWORD).await.unwrap();
    scene.engine.sign_out_clerk(&scene.engine.staff_session(GARDEN, &again.token).await.unwrap()).await.unwrap();
    assert_eq!(scene.engine.staff_session(GARDEN, &again.token).await.unwrap_err(), Error::SignInRequired);
    scene.engine.staff_session(GARDEN, &set_up.token).await.expect("the other session lives on");
    let told = ["operator clerk.prepared", "clerk clerk.set_up", "clerk clerk.signed_in", "clerk clerk.session_ended"];
    assert_eq!(kinds(&scene, Ref::Clerk(prepared.id)).await, told);
    assert!(scene.rows().await.is_empty(), "nothing of it is mailed");
}

#[tokio::test]
async fn a_one_use_token_is_used_once_within_a_day_at_its_own_portal() {
    let scene = Scene::new().await;
    let token = scene.engine.prepare_clerk(GARDEN, CLERK).await.unwrap().token;
    let set_up = async |portal: &str, token: &SecretString, password: &str| {
        scene.engine.set_up_clerk(portal, token, &secret(password)).await.map(drop)
    };
    let hashed = scene.bench.hasher.verifies();
    assert_eq!(set_up(GUILD, &token, PASSWORD).await, Err(Refusal::TokenUnknown.into()));
    assert_eq!(set_up(GARDEN, &secret("x"), PASSWORD).await, Err(Refusal::TokenUnknown.into()));
    assert!(matches!(set_up(GARDEN, &token, "vierzehn Zeich").await, Err(Error::Input(faults)) if faults[0].code == "too_short"));
    assert_eq!(scene.bench.hasher.verifies(), hashed, "nothing was hashed for nothing");
    set_up(GARDEN, &token, PASSWORD).await.unwrap();
    assert_eq!(set_up(GARDEN, &token, OTHER_PASSWORD).await, Err(Refusal::TokenUsed.into()));
    let late = scene.engine.prepare_clerk(GARDEN, "spaet@garden.example").await.unwrap().token;
    scene.bench.clock.advance(TimeDelta::hours(24));
    assert_eq!(set_up(GARDEN, &late, PASSWORD).await, Err(Refusal::TokenExpired.into()));
    scene.engine.sweep_once().await.unwrap();
    assert_eq!(set_up(GARDEN, &late, PASSWORD).await, Err(Refusal::TokenExpired.into()), "and the sweeper changes nothing of that");
}

#[tokio::test]
async fn a_token_used_twice_at_once_makes_one_password() {
    let scene = Scene::new().await;
    let token = scene.engine.prepare_clerk(GARDEN, CLERK).await.unwrap().token;
    scene.watched.gather_loads(2);
    let replica = scene.replica();
    let (one, other) = (secret(PASSWORD), secret(OTHER_PASSWORD));
    let (first, second) = tokio::join!(scene.engine.set_up_clerk(GARDEN, &token, &one), replica.set_up_clerk(GARDEN, &token, &other));
    assert_eq!([&first, &second].iter().filter(|done| done.is_ok()).count(), 1, "{first:?} {second:?}");
    assert_eq!(first.and(second).unwrap_err(), Refusal::TokenUsed.into());
}

#[tokio::test]
async fn a_second_naming_ends_password_sessions_and_older_tokens_at_once() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, CLERK).await;
    let session = sign_in(&scene, CLERK, PASSWORD).await.unwrap();
    let unused = scene.engine.prepare_clerk(GARDEN, CLERK).await.unwrap();
    assert!(unused.reset && unused.id == staff.id());
    assert_eq!(scene.engine.staff_session(GARDEN, &session.token).await.unwrap_err(), Error::SignInRequired);
    assert_eq!(sign_in(&scene, CLERK, PASSWORD).await.unwrap_err(), Error::SignInFailed);
    let newest = scene.engine.prepare_clerk(GARDEN, CLERK).await.unwrap();
    let refused = scene.engine.set_up_clerk(GARDEN, &unused.token, &secret(OTHER_PASSWORD)).await.unwrap_err();
    assert_eq!(refused, Refusal::TokenSuperseded.into());
    scene.engine.set_up_clerk(GARDEN, &newest.token, &secret(OTHER_PASSWORD)).await.unwrap();
    assert_eq!(sign_in(&scene, CLERK, PASSWORD).await.unwrap_err(), Error::SignInFailed);
    sign_in(&scene, CLERK, OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_naming_while_a_sign_in_is_judged_opens_no_session() {
    let scene = Scene::new().await;
    scene.clerk(GARDEN, CLERK).await;
    let replica = scene.replica();
    scene.watched.after("verify", async move {
        replica.prepare_clerk(GARDEN, CLERK).await.unwrap();
    });
    assert_eq!(sign_in(&scene, CLERK, PASSWORD).await.unwrap_err(), Error::SignInFailed);
}

#[tokio::test]
async fn two_namings_of_one_address_make_one_clerk() {
    let scene = Scene::new().await;
    scene.watched.gather_loads(2);
    let replica = scene.replica();
    let (first, second) = tokio::join!(scene.engine.prepare_clerk(GARDEN, CLERK), replica.prepare_clerk(GARDEN, CLERK));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.id, second.id);
    assert!(first.reset != second.reset);
}

#[tokio::test]
async fn no_token_of_a_customer_opens_a_clerks_door_or_the_other_way_round() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let customer = scene.signed_in("zoe@mail.example").await;
    scene.clerk(GARDEN, CLERK).await;
    let clerk = sign_in(&scene, CLERK, PASSWORD).await.unwrap();
    let setup = scene.engine.prepare_clerk(GARDEN, "zweites@garden.example").await.unwrap().token;
    for token in [&customer.token, &setup] {
        assert_eq!(scene.engine.staff_session(GARDEN, token).await.unwrap_err(), Error::SignInRequired);
    }
    for token in [&clerk.token, &setup] {
        assert_eq!(scene.engine.session(GARDEN, token, Needs::Nothing).await.unwrap_err(), Error::SignInRequired);
    }
    assert_eq!(scene.engine.staff_session(GUILD, &clerk.token).await.unwrap_err(), Error::SignInRequired);
    // Each signs in at its own door only, with the same password.
    assert_eq!(sign_in(&scene, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::SignInFailed);
    let as_customer = scene.engine.sign_in(GARDEN, &caller(), SessionKind::Bearer, CLERK, &secret(PASSWORD)).await;
    assert_eq!(as_customer.unwrap_err(), Error::SignInFailed);
    // A clerk may be a customer under the same address, and neither resets the other.
    scene.clerk(GARDEN, "zoe@mail.example").await;
    scene.session(GARDEN, &customer).await.expect("the customer's session lives on");
}

#[tokio::test]
async fn an_address_that_is_no_clerks_costs_and_tells_the_same() {
    let scene = Scene::new().await;
    scene.clerk(GARDEN, CLERK).await;
    scene.engine.prepare_clerk(GARDEN, "prepared@garden.example").await.unwrap();
    let mut ledgers = Vec::new();
    for login in [CLERK, "prepared@garden.example", "nobody@mail.example", "no address"] {
        scene.watched.take_ledger();
        assert_eq!(sign_in(&scene, login, "ein ganz falsches Wort").await.unwrap_err(), Error::SignInFailed, "{login}");
        ledgers.push(scene.watched.take_ledger());
    }
    assert_eq!(ledgers[0]["hasher.verify"], 1);
    assert!(ledgers.iter().all(|ledger| *ledger == ledgers[0]), "{ledgers:#?}");
}

#[tokio::test]
async fn guesses_at_a_clerk_are_limited_before_the_hash_and_apart_from_the_customers() {
    let scene = Scene::new().await;
    scene.clerk(GARDEN, CLERK).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&scene, CLERK, "ein ganz falsches Wort").await.unwrap_err(), Error::SignInFailed);
    }
    sign_in(&scene, CLERK, "x").await.unwrap_err();
    let verifies = scene.bench.hasher.verifies();
    assert!(matches!(sign_in(&scene, &CLERK.to_uppercase(), PASSWORD).await, Err(Error::Throttled { .. })));
    assert_eq!(scene.bench.hasher.verifies(), verifies);
    let as_customer = scene.engine.sign_in(GARDEN, &caller(), SessionKind::Bearer, CLERK, &secret(PASSWORD)).await;
    assert_eq!(as_customer.unwrap_err(), Error::SignInFailed, "the customers' door counts for itself");
    let elsewhere = scene.engine.sign_in_clerk(GARDEN, &from("198.51.100.0/24"), CLERK, &secret(PASSWORD), None).await;
    elsewhere.expect("the owner is not locked out");
}

#[tokio::test]
async fn a_code_is_refused_while_there_is_no_second_factor() {
    let scene = Scene::new().await;
    scene.clerk(GARDEN, CLERK).await;
    let refused = scene.engine.sign_in_clerk(GARDEN, &caller(), CLERK, &secret(PASSWORD), Some("123456")).await.unwrap_err();
    assert!(matches!(refused, Error::Input(faults) if (faults[0].field.as_str(), faults[0].code) == ("code", "unexpected")));
}

#[tokio::test]
async fn a_clerks_session_ends_after_an_hour_without_use_and_after_twelve_in_any_case() {
    let scene = Scene::new().await;
    scene.clerk(GARDEN, CLERK).await;
    let session = sign_in(&scene, CLERK, PASSWORD).await.unwrap();
    let begun = scene.now();
    while scene.now() + TimeDelta::minutes(50) < begun + policy::STAFF_AT_MOST {
        scene.bench.clock.advance(TimeDelta::minutes(50));
        scene.engine.staff_session(GARDEN, &session.token).await.expect("it was used in time");
    }
    scene.bench.clock.set(begun + policy::STAFF_AT_MOST);
    assert_eq!(scene.engine.staff_session(GARDEN, &session.token).await.unwrap_err(), Error::SignInRequired);
    let idle = sign_in(&scene, CLERK, PASSWORD).await.unwrap();
    scene.bench.clock.advance(policy::STAFF_IDLE);
    assert_eq!(scene.engine.staff_session(GARDEN, &idle.token).await.unwrap_err(), Error::SignInRequired);
}

#[tokio::test]
async fn an_outdated_hash_is_made_anew_and_nothing_telling_is_shown() {
    let scene = Scene::new().await;
    scene.clerk(GARDEN, CLERK).await;
    scene.bench.hasher.raise_cost();
    let session = sign_in(&scene, CLERK, PASSWORD).await.unwrap();
    sign_in(&scene, CLERK, PASSWORD).await.unwrap();
    let view = scene.engine.staff_session(GARDEN, &session.token).await.unwrap();
    let shown = format!("{view:?} {session:?}");
    for needle in [CLERK, PASSWORD, session.token.expose_secret(), "cheap-sha256"] {
        assert!(!shown.contains(needle), "{needle}");
    }
}
