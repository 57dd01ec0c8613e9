//! Time: what expires by itself, what is purged, and what one broken row must not stop.

use crate::scene::{BJOERN, GARDEN, Scene, ZOE, caller, from, garden_form, guild_form, handle, secret};
use chrono::TimeDelta;
use onboarding::core::{policy, registration::Refusal};
use onboarding::ports::Store;
use onboarding::{Error, Portals};
use onboarding_testkit::ReadMail;

#[tokio::test]
async fn an_unproven_registration_expires_seven_days_after_its_last_mail() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let token = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    scene.bench.clock.advance(TimeDelta::days(5));
    scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
    let fresh = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    scene.bench.clock.advance(policy::UNPROVEN_AFTER_MAIL - TimeDelta::seconds(1));
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 0);
    let state = async || scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().state;
    assert_eq!(state().await, "awaiting_email");
    scene.bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(state().await, "expired", "whether or not the sweeper was there yet");
    let before = scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap_err();
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 1);
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 0);
    assert_eq!(state().await, "expired");
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap_err(), before, "the sweep changes no answer");
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &fresh).await.unwrap_err(), Error::Registration(Refusal::TokenExpired));
    assert_eq!(scene.templates_to("zoe@mail.example").await, ["activation-code"; 2], "an unproved address is not told");
}

#[tokio::test]
async fn an_unproven_registration_expires_thirty_days_after_its_start_whatever_was_resent() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    for _ in 0..5 {
        scene.bench.clock.advance(TimeDelta::days(5));
        scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await.unwrap();
        assert_eq!(scene.engine.sweep_once().await.unwrap(), 0);
    }
    scene.bench.clock.advance(TimeDelta::days(5));
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 1);
    let late = scene.engine.resend(GARDEN, &caller(), &handle(&applied)).await;
    assert_eq!(late.unwrap_err(), Error::Registration(Refusal::NotInThisState("expired")));
}

#[tokio::test]
async fn an_ended_registration_is_purged_with_its_tokens_after_thirty_days() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let token = secret(&scene.mail_to("zoe@mail.example").await.link_token().unwrap());
    scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap();
    scene.bench.clock.advance(policy::RETAIN_REGISTRATIONS - TimeDelta::seconds(1));
    scene.engine.sweep_once().await.unwrap();
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap().state, "active");
    scene.bench.clock.advance(TimeDelta::seconds(2));
    scene.engine.sweep_once().await.unwrap();
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap_err(), Error::NotFound);
    assert_eq!(scene.engine.confirm_link(GARDEN, &caller(), &token).await.unwrap_err(), Error::Registration(Refusal::TokenUnknown));
    assert!(scene.rows().await.is_empty(), "the outbox forgets as well");
    scene.signed_in("zoe@mail.example").await;
}

#[tokio::test]
async fn an_abandoned_registration_ends_and_is_purged_without_anybody() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    for _ in 0..2 {
        scene.bench.clock.advance(policy::UNPROVEN_AFTER_MAIL.max(policy::RETAIN_REGISTRATIONS));
        scene.engine.sweep_once().await.unwrap();
    }
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn a_portal_that_was_taken_out_keeps_its_data_and_stops_nobody_else() {
    let scene = Scene::new().await;
    for applicant in 0..120 {
        let network = from(&format!("10.0.{applicant}.0/24"));
        scene.engine.apply(crate::scene::GUILD, &network, &guild_form(&format!("kim{applicant}@mail.example"))).await.unwrap();
    }
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let garden = scene.engine.portal(GARDEN).unwrap();
    let without = scene.replica_with(Portals::new([(*garden).clone()]));
    scene.bench.clock.advance(policy::UNPROVEN_AFTER_MAIL);
    assert_eq!(without.sweep_once().await.unwrap(), 1, "a hundred rows of the other portal are due longer");
    let history = scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap();
    assert_eq!(history.state, "expired");
    assert_eq!(scene.bench.store.due(scene.now(), 1_000).await.unwrap().len(), 120, "untouched");
    let mut moved = 0;
    for _ in 0..3 {
        moved += scene.engine.sweep_once().await.unwrap();
    }
    assert_eq!(moved, 120, "and taken up again with its portal");
}

#[tokio::test]
async fn a_broken_row_stops_neither_the_others_nor_the_purge() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    scene.bench.clock.advance(TimeDelta::seconds(1));
    let other = scene.engine.apply(GARDEN, &caller(), &garden_form("bjoern@mail.example", BJOERN)).await.unwrap();
    scene.post().await;
    scene.bench.clock.advance(policy::RETAIN_OUTBOX + TimeDelta::days(1));
    scene.watched.break_row(scene.bench.store.due(scene.now(), 1).await.unwrap()[0]);
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 1);
    assert_eq!(scene.engine.registration(GARDEN, &handle(&other)).await.unwrap().state, "expired");
    assert!(scene.rows().await.is_empty());
}

#[tokio::test]
async fn a_sweep_beside_another_replica_s_moves_each_thing_once() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    scene.bench.clock.advance(policy::UNPROVEN_AFTER_MAIL);
    let other = scene.engine.clone();
    scene.watched.after("load", async move {
        assert_eq!(other.sweep_once().await.unwrap(), 1);
    });
    assert_eq!(scene.engine.sweep_once().await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_running_sweeper_stops_when_told() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    scene.bench.clock.advance(policy::UNPROVEN_AFTER_MAIL);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let engine = scene.engine.clone();
    let running = tokio::spawn(async move { engine.sweep(async { drop(stopped.await) }).await });
    while scene.bench.store.due(scene.now(), 1).await.unwrap().len() == 1 {
        tokio::task::yield_now().await;
    }
    drop(stop);
    running.await.unwrap();
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().state, "expired");
}

#[tokio::test(start_paused = true)]
async fn a_running_sweeper_pauses_while_the_store_is_not_ready() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    scene.bench.clock.advance(policy::UNPROVEN_AFTER_MAIL);
    scene.watched.set_unready(true);
    let engine = scene.engine.clone();
    let running = tokio::spawn(async move { engine.sweep(std::future::pending()).await });
    tokio::time::sleep(std::time::Duration::from_mins(5)).await;
    let waiting = async || scene.bench.store.due(scene.now(), 10).await.unwrap().len();
    assert_eq!(waiting().await, 1);
    scene.watched.set_unready(false);
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    assert_eq!(waiting().await, 0);
    running.abort();
}
