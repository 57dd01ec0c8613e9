//! A mail handed to an idle worker within the step that orders it: begun at once, sent once, and lost by no crash.

use crate::scene::{GARDEN, Scene, Silent, WORKS, ZOE, caller, garden_form};
use chrono::TimeDelta;
use onboarding::ports::{Actor, DeliveryStatus};
use onboarding::stories::Applied;
use onboarding::{Error, Worker};
use onboarding_testkit::{PlainStationery, ReadMail};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// A worker that runs, and is idle by the time this returns.
async fn running(worker: Worker) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move { worker.run(async { drop(stopped.await) }).await });
    turns().await;
    (stop, running)
}

/// Everybody else's turn, a few times.
async fn turns() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Somebody asks for something, and the answer to its commit is held back until it is let go.
async fn held_back<T: Send + 'static>(scene: &Scene, asks: impl Future<Output = T> + Send + 'static) -> (Arc<Notify>, JoinHandle<T>) {
    let go = Arc::new(Notify::new());
    let held = Arc::clone(&go);
    scene.watched.after("commit", async move { held.notified().await });
    let asking = tokio::spawn(asks);
    turns().await;
    (go, asking)
}

fn applies(scene: &Scene, address: &'static str) -> impl Future<Output = Result<Applied, Error>> + Send + 'static {
    let engine = scene.engine.clone();
    async move { engine.apply(GARDEN, &caller(), &garden_form(address, ZOE)).await }
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = tokio::time::Instant::now();
    while !is_so().await {
        tokio::task::yield_now().await;
        assert!(began.elapsed() < Duration::from_millis(500), "{what}: not before the nap's end");
    }
}

/// Attempts and statuses, newest first.
async fn rows(scene: &Scene) -> Vec<(u32, DeliveryStatus)> {
    scene.rows().await.iter().map(|row| (row.attempts, row.status)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_is_handed_the_mail_within_the_step_and_sends_it_once() {
    let scene = Scene::new().await;
    let (stop, running) = running(scene.worker.clone()).await;
    for (n, address) in ["zoe@mail.example", "zoe.two@mail.example"].into_iter().enumerate() {
        let (go, asking) = held_back(&scene, applies(&scene, address)).await;
        assert_eq!(rows(&scene).await[0], (1, DeliveryStatus::Queued), "begun with its order");
        assert_eq!(scene.bench.mailer.all().len(), n, "and not sent before the step is taken");
        go.notify_one();
        asking.await.unwrap().unwrap();
        until("the mail is settled", async || rows(&scene).await[0].1 == DeliveryStatus::Sent).await;
        assert_eq!(scene.bench.mailer.all().len(), n + 1);
        assert_eq!(rows(&scene).await[0], (1, DeliveryStatus::Sent));
    }
    drop(stop);
    running.await.unwrap();
    // Nobody is left to be handed anything.
    scene.apply("zoe.three@mail.example", ZOE).await;
    assert_eq!(rows(&scene).await[0], (0, DeliveryStatus::Queued));
    scene.post().await;
    assert_eq!(scene.bench.mailer.all().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_busy_worker_is_handed_nothing_and_what_it_dies_over_is_taken_over() {
    let scene = Scene::new().await;
    let (_stop, running) = running(Worker::new(scene.engine.clone(), Arc::new(PlainStationery), Arc::new(Silent))).await;
    scene.apply("zoe@mail.example", ZOE).await;
    until("the worker is at work", async || rows(&scene).await[0].0 == 1).await;
    turns().await;
    scene.apply("zoe.two@mail.example", ZOE).await;
    assert_eq!(rows(&scene).await[0], (0, DeliveryStatus::Queued), "the worker is busy");
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    scene.post().await;
    assert_eq!(scene.bench.mailer.all().len(), 1, "the first is held by the dead one");
    scene.bench.clock.advance(TimeDelta::seconds(30));
    scene.post().await;
    let to: Vec<_> = scene.bench.mailer.all().iter().map(|mail| mail.to.as_str().to_owned()).collect();
    assert_eq!(to, ["zoe.two@mail.example", "zoe@mail.example"]);
    assert_eq!(rows(&scene).await[1], (2, DeliveryStatus::Sent));
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_step_was_not_taken_is_idle_again() {
    let scene = Scene::new().await;
    let (_stop, _running) = running(scene.worker.clone()).await;
    scene.bench.store.set_down(true);
    scene.engine.apply(GARDEN, &caller(), &garden_form("zoe@mail.example", ZOE)).await.unwrap_err();
    scene.bench.store.set_down(false);
    turns().await;
    let (go, asking) = held_back(&scene, applies(&scene, "zoe@mail.example")).await;
    assert_eq!(rows(&scene).await, [(1, DeliveryStatus::Queued)]);
    go.notify_one();
    asking.await.unwrap().unwrap();
    until("the mail is settled", async || rows(&scene).await[0].1 == DeliveryStatus::Sent).await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_mail_that_was_handed_over_follows_it_at_once() {
    let scene = Scene::new().await;
    let portal = scene.engine.portal(WORKS).unwrap();
    let books = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
        0070-01,,Urs,Zürcher,Bachweg 1,8001,Zürich,CH,kunde@mail.example,en,open\n";
    scene.engine.import_records(&portal, books.as_bytes(), |_| ()).await.unwrap();
    let (_stop, _running) = running(scene.worker.clone()).await;
    let engine = scene.engine.clone();
    let provides = async move { engine.provision(&caller(), WORKS, Actor::Operator, "0070-01").await };
    let (go, asking) = held_back(&scene, provides).await;
    let mut attempts: Vec<_> = rows(&scene).await.into_iter().map(|(attempts, _)| attempts).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [0, 1], "the number is handed over, the password waits for it");
    go.notify_one();
    asking.await.unwrap().unwrap();
    until("both are settled", async || rows(&scene).await.iter().all(|(_, status)| *status == DeliveryStatus::Sent)).await;
    let mails = scene.bench.mailer.to("kunde@mail.example");
    assert_eq!(mails.iter().map(|mail| mail.password().is_some()).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_bell_that_rings_while_a_worker_is_engaged_keeps_no_mail_back() {
    // Whether the step that engaged it is taken at once, or only when it is decided anew.
    for conflicts in [0, 1] {
        let scene = Scene::new().await;
        let (_stop, running) = running(scene.worker.clone()).await;
        scene.bench.store.conflict_next(conflicts);
        let (go, first) = held_back(&scene, applies(&scene, "zoe@mail.example")).await;
        scene.apply("zoe.two@mail.example", ZOE).await;
        turns().await;
        go.notify_one();
        first.await.unwrap().unwrap();
        until("both are settled", async || rows(&scene).await.iter().filter(|row| **row == (1, DeliveryStatus::Sent)).count() == 2).await;
        assert!(!running.is_finished());
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_reaches_its_worker_although_whoever_asked_for_it_has_gone_away() {
    let scene = Scene::new().await;
    let (_stop, _running) = running(scene.worker.clone()).await;
    let (go, asking) = held_back(&scene, applies(&scene, "zoe@mail.example")).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    assert_eq!(rows(&scene).await, [(1, DeliveryStatus::Queued)], "committed, and not handed over yet");
    go.notify_one();
    until("the mail is settled", async || rows(&scene).await[0].1 == DeliveryStatus::Sent).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_told_to_stop_while_it_is_engaged_leaves_the_mail_to_another() {
    let scene = Scene::new().await;
    let (stop, running) = running(scene.worker.clone()).await;
    let (go, asking) = held_back(&scene, applies(&scene, "zoe@mail.example")).await;
    drop(stop);
    turns().await;
    go.notify_one();
    asking.await.unwrap().unwrap();
    running.await.unwrap();
    // Given back, and at once.
    assert_eq!(scene.bench.mailer.all().len(), 0);
    scene.post().await;
    assert_eq!(scene.bench.mailer.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_mail_whose_worker_died_meanwhile_is_anybody_s_at_once() {
    let scene = Scene::new().await;
    let (_stop, running) = running(scene.worker.clone()).await;
    let (go, asking) = held_back(&scene, applies(&scene, "zoe@mail.example")).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    go.notify_one();
    asking.await.unwrap().unwrap();
    scene.post().await;
    assert_eq!(scene.bench.mailer.all().len(), 1);
}
