//! The outbox worker: in order, under the fence, at most twice, and nothing left in plain.

use crate::scene::{GARDEN, GUILD, Scene, Silent, ZOE, caller, handle, ids, secret};
use crate::watched::Watched;
use async_trait::async_trait;
use chrono::TimeDelta;
use onboarding::Worker;
use onboarding::core::{DeliveryId, EmailAddress, Language, MailTemplate, Ref, policy};
use onboarding::ports::{
    Actor, Commit, Delivery, DeliveryKind, DeliveryStatus, JobRef, JobStatus, LetterError, LetterPress, MailError, MailOrder, Mailer,
    Outbox, OutboxChange, Receipt, RenderedLetter, RenderedMail, Settlement, Stationery, StationeryError, Store, Vault,
};
use onboarding_testkit::{MailFate, PlainStationery, PressFate, ReadMail, RecordingMailer, sample};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

/// Puts a mail into the outbox the way a commit does.
async fn enqueue(scene: &Scene, id: DeliveryId, to: &str, after: Option<DeliveryId>) {
    let payload = format!(r#"{{"Mail":{{"to":"{to}","params":[{{"PageLink":"login"}}]}}}}"#);
    let delivery = Delivery {
        id,
        portal: scene.engine.portal(GARDEN).unwrap().slug.clone(),
        owner: Ref::Record(sample::record_id(&sample::number("A-100"))),
        kind: DeliveryKind::Mail,
        template: MailTemplate::AccountExists.word().to_owned(),
        language: Language::De,
        not_before: scene.now(),
        not_after: None,
        after,
        priority: 0,
        message_id: format!("{id}@garden.example"),
        sealed: scene.bench.vault.seal(id.0.as_bytes(), payload.as_bytes()),
    };
    let mut commit = Commit::new(scene.now(), delivery.portal.clone(), Actor::System);
    commit.outbox.push(OutboxChange::Enqueue(delivery));
    scene.bench.store.commit(commit).await.unwrap();
}

fn recipients(scene: &Scene) -> Vec<String> {
    scene.bench.mailer.all().iter().map(|mail| mail.to.as_str().to_owned()).collect()
}

#[tokio::test]
async fn a_mail_leaves_after_the_one_it_waits_for_and_never_before() {
    let scene = Scene::new().await;
    let (first, second) = (sample::delivery_id(1), sample::delivery_id(2));
    enqueue(&scene, second, "second@mail.example", Some(first)).await;
    enqueue(&scene, first, "first@mail.example", None).await;
    scene.bench.mailer.next(MailFate::Transient(None), 2);
    for wait in [0, 1, 1] {
        scene.bench.clock.advance(TimeDelta::minutes(wait));
        assert_eq!(scene.worker.run_once().await.unwrap(), 1, "the first alone");
    }
    assert_eq!(recipients(&scene), ["first@mail.example"]);
    assert_eq!(scene.worker.run_once().await.unwrap(), 1);
    assert_eq!(recipients(&scene), ["first@mail.example", "second@mail.example"]);
}

#[tokio::test]
async fn a_parked_first_mail_keeps_the_second_back() {
    let scene = Scene::new().await;
    let (first, second) = (sample::delivery_id(1), sample::delivery_id(2));
    enqueue(&scene, first, "first@mail.example", None).await;
    enqueue(&scene, second, "second@mail.example", Some(first)).await;
    scene.bench.mailer.next(MailFate::UnknownLost, 2);
    for _ in 0..4 {
        scene.post().await;
        scene.bench.clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(recipients(&scene), ["service@garden.example"], "the clerks are told, and nobody else");
    assert_eq!(scene.bench.mailer.all()[0].subject, "mail-parked");
}

#[tokio::test]
async fn the_screen_goes_ahead_of_bulk() {
    let scene = Scene::new().await;
    enqueue(&scene, sample::delivery_id(1), "bulk@mail.example", None).await;
    scene.bench.clock.advance(TimeDelta::seconds(1));
    scene.apply("zoe@mail.example", ZOE).await;
    scene.post().await;
    assert_eq!(recipients(&scene), ["zoe@mail.example", "bulk@mail.example"]);
}

/// Looks into the outbox at the moment of handing over.
struct Witness {
    inner: Arc<RecordingMailer>,
    store: Arc<onboarding_testkit::MemoryStore>,
    attempts: AtomicUsize,
}

#[async_trait]
impl Mailer for Witness {
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError> {
        let rows = self.store.list(&onboarding::ports::OutboxFilter::default(), 10).await.unwrap();
        let row = rows.iter().find(|row| row.id == id).unwrap();
        self.attempts.fetch_add(row.attempts as usize, Ordering::SeqCst);
        self.inner.send(id, mail).await
    }
}

#[tokio::test]
async fn an_attempt_is_written_down_before_the_mail_leaves() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let witness = Arc::new(Witness { inner: scene.bench.mailer.clone(), store: scene.bench.store.clone(), attempts: AtomicUsize::new(0) });
    Worker::new(scene.engine.clone(), Arc::new(PlainStationery), witness.clone()).run_once().await.unwrap();
    assert_eq!(witness.attempts.load(Ordering::SeqCst), 1);
    assert_eq!(scene.bench.mailer.all().len(), 1);
}

#[tokio::test]
async fn a_mail_server_that_asks_to_wait_is_asked_again_ever_later_under_the_same_message_id() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let id = ids(&scene.rows().await)[0];
    scene.bench.mailer.next(MailFate::Transient(None), 5);
    for attempt in 0..5_u32 {
        let wait = TimeDelta::seconds(10) * 2_i32.pow(attempt);
        assert_eq!(scene.worker.run_once().await.unwrap(), 1);
        assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().mail, "queued");
        scene.bench.clock.advance(wait - TimeDelta::seconds(1));
        assert_eq!(scene.worker.run_once().await.unwrap(), 0, "not before {wait}");
        scene.bench.clock.advance(wait / 4 + TimeDelta::seconds(1));
    }
    assert_eq!(scene.worker.run_once().await.unwrap(), 1);
    assert_eq!(scene.bench.mailer.attempts(id), 6);
    let mail = scene.bench.mailer.last_to("zoe@mail.example").unwrap();
    assert_eq!(mail.message_id, format!("{id}@garden.example"));
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().mail, "sent");
}

#[tokio::test]
async fn a_mail_server_that_names_a_time_is_believed_up_to_an_hour() {
    for (asked, wait) in [(Duration::from_mins(10), 600), (Duration::from_hours(24), 3_600)] {
        let scene = Scene::new().await;
        scene.apply("zoe@mail.example", ZOE).await;
        scene.bench.mailer.next(MailFate::Transient(Some(asked)), 1);
        scene.worker.run_once().await.unwrap();
        scene.bench.clock.advance(TimeDelta::seconds(wait - 1));
        assert_eq!(scene.worker.run_once().await.unwrap(), 0);
        scene.bench.clock.advance(TimeDelta::seconds(1));
        assert_eq!(scene.worker.run_once().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_mail_of_unknown_outcome_goes_out_once_more_and_then_waits_for_a_clerk() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let id = ids(&scene.rows().await)[0];
    scene.bench.mailer.next(MailFate::UnknownTaken, 2);
    for _ in 0..5 {
        scene.post().await;
        scene.bench.clock.advance(TimeDelta::hours(1));
    }
    let taken = scene.bench.mailer.taken(id);
    assert_eq!((taken.len(), scene.bench.mailer.attempts(id)), (2, 2), "at most twice");
    assert_eq!(taken[0].message_id, taken[1].message_id);
    let rows = scene.rows().await;
    let row = rows.iter().find(|row| row.id == id).unwrap();
    assert_eq!((row.status, row.reason.as_deref()), (DeliveryStatus::Parked, Some("unknown_twice")));
    assert_eq!(scene.templates_to("service@garden.example").await, ["mail-parked"]);
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().mail, "failed");
}

#[tokio::test]
async fn what_became_of_a_twin_s_mail_tells_no_account() {
    // With an account its mail would go to the stored spelling, and arrive.
    for (email, told) in [("Neu@mail.example", "failed"), ("nıemand@mail.example", "sent")] {
        let scene = Scene::new().await;
        let applied = scene.apply_at_guild(email).await;
        scene.bench.mailer.next(MailFate::Permanent, 1);
        scene.post().await;
        assert_eq!(scene.engine.registration(GUILD, &handle(&applied)).await.unwrap().mail, told, "{email}");
    }
}

#[tokio::test]
async fn an_alarm_that_is_parked_itself_raises_no_other() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    scene.bench.mailer.next(MailFate::UnknownLost, 100);
    for _ in 0..10 {
        scene.post().await;
        scene.bench.clock.advance(TimeDelta::hours(1));
    }
    let rows = scene.rows().await;
    assert_eq!(
        rows.iter().map(|row| (row.template.as_str(), row.status)).collect::<Vec<_>>(),
        [("mail-parked", DeliveryStatus::Parked), ("activation-code", DeliveryStatus::Parked)]
    );
}

#[tokio::test]
async fn a_refused_address_shows_on_the_registrant_s_page() {
    let scene = Scene::new().await;
    let applied = scene.apply("nobody@mail.example", ZOE).await;
    scene.bench.mailer.next(MailFate::Permanent, 1);
    scene.post().await;
    let view = scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap();
    assert_eq!((view.state.as_str(), view.mail.as_str()), ("awaiting_email", "failed"));
    let row = &scene.rows().await[0];
    assert_eq!((row.status, scene.bench.store.sealed_text(row.id)), (DeliveryStatus::Failed, None));
    // The address can be corrected; an older mail's fate interests nobody any more.
    scene.bench.clock.advance(policy::RESEND_AFTER);
    let view = scene.engine.correct_address(GARDEN, &caller(), &handle(&applied), "zoe@mail.example").await.unwrap();
    assert_eq!(view.mail, "queued");
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
}

#[tokio::test]
async fn a_mail_whose_secret_has_expired_is_not_sent() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    scene.bench.clock.advance(policy::CODE_LIFE);
    scene.post().await;
    assert!(scene.bench.mailer.all().is_empty());
    let row = &scene.rows().await[0];
    assert_eq!((row.status, row.attempts, scene.bench.store.sealed_text(row.id)), (DeliveryStatus::Expired, 0, None));
    assert_eq!(scene.engine.registration(GARDEN, &handle(&applied)).await.unwrap().mail, "failed");
}

#[tokio::test]
async fn a_decoy_is_never_sent_and_looks_like_its_model_until_then() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    scene.post().await;
    scene.bench.mailer.clear();
    scene.engine.request_reset(GARDEN, &caller(), "nobody@mail.example").await.unwrap();
    scene.engine.request_reset(GARDEN, &caller(), "zoe@mail.example").await.unwrap();
    let rows = scene.rows().await;
    let sizes: Vec<_> = rows[..2].iter().map(|row| scene.bench.store.sealed_text(row.id).unwrap().bytes.len()).collect();
    assert!(sizes[0].abs_diff(sizes[1]) <= 80, "about as long as the real one: {sizes:?}");
    assert_eq!((rows[0].template.as_str(), rows[0].language, rows[0].kind), (rows[1].template.as_str(), rows[1].language, rows[1].kind));
    scene.post().await;
    assert_eq!(recipients(&scene), ["zoe@mail.example"]);
    assert_eq!(scene.bench.mailer.attempts(rows[1].id), 0);
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_attempt_and_settling_is_taken_over_after_thirty_seconds() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let crashing = Worker::new(scene.engine.clone(), Arc::new(PlainStationery), Arc::new(Silent));
    for attempts in 1..=2 {
        // The worker is dropped in the middle of the delivery.
        assert!(tokio::time::timeout(Duration::from_secs(1), crashing.run_once()).await.is_err());
        assert_eq!(scene.rows().await.last().unwrap().attempts, attempts);
        assert_eq!(scene.worker.run_once().await.unwrap(), 0, "the lease still runs");
        scene.bench.clock.advance(TimeDelta::seconds(30));
        if attempts == 1 {
            continue;
        }
        // Two attempts of unknown outcome: not a third one.
        scene.post().await;
        assert_eq!(scene.rows().await.last().unwrap().status, DeliveryStatus::Parked);
        assert_eq!(recipients(&scene), ["service@garden.example"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_left_by_a_crash_is_sent_by_the_next_worker() {
    let scene = Scene::new().await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    let crashing = Worker::new(scene.engine.clone(), Arc::new(PlainStationery), Arc::new(Silent));
    assert!(tokio::time::timeout(Duration::from_secs(1), crashing.run_once()).await.is_err());
    scene.bench.clock.advance(TimeDelta::seconds(30));
    assert_eq!(scene.worker.run_once().await.unwrap(), 1);
    assert_eq!(scene.confirm(&applied, "zoe@mail.example").await.unwrap(), "active");
}

/// Is so slow that the lease is another worker's by the time it answers.
struct Slow {
    inner: Arc<RecordingMailer>,
    clock: Arc<onboarding_testkit::FixedClock>,
    next: Worker,
}

#[async_trait]
impl Mailer for Slow {
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError> {
        self.clock.advance(TimeDelta::seconds(31));
        self.next.run_once().await.unwrap();
        self.inner.send(id, mail).await
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_settles_nothing() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let id = ids(&scene.rows().await)[0];
    scene.bench.mailer.next(MailFate::Permanent, 1);
    let slow = Slow { inner: scene.bench.mailer.clone(), clock: scene.bench.clock.clone(), next: scene.worker.clone() };
    let late = Worker::new(scene.engine.clone(), Arc::new(PlainStationery), Arc::new(slow));
    assert_eq!(late.run_once().await.unwrap(), 1);
    // The second worker's verdict stands, whatever the first one heard.
    assert_eq!(scene.rows().await[0].status, DeliveryStatus::Failed);
    assert_eq!(scene.bench.mailer.attempts(id), 2);
}

/// Writes so slowly that another worker has the lease, and has sent the mail, before the attempt begins.
struct Dawdling {
    watched: Arc<Watched>,
    clock: Arc<onboarding_testkit::FixedClock>,
    next: Worker,
}

impl Stationery for Dawdling {
    fn mail(&self, order: &MailOrder) -> Result<RenderedMail, StationeryError> {
        self.clock.advance(TimeDelta::seconds(31));
        let next = self.next.clone();
        self.watched.after("now", async move {
            assert_eq!(next.run_once().await.unwrap(), 1);
        });
        PlainStationery.mail(order)
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_before_the_attempt_sends_nothing() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let dawdling = Dawdling { watched: scene.watched.clone(), clock: scene.bench.clock.clone(), next: scene.worker.clone() };
    let late = Worker::new(scene.engine.clone(), Arc::new(dawdling), scene.bench.mailer.clone());
    assert_eq!(late.run_once().await.unwrap(), 1);
    assert_eq!(recipients(&scene), ["zoe@mail.example"], "once, by the other worker");
    assert_eq!(scene.rows().await[0].attempts, 1);
}

#[tokio::test]
async fn a_sealed_text_is_wiped_once_it_was_handed_over() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let id = ids(&scene.rows().await)[0];
    let sealed = scene.bench.store.sealed_text(id).unwrap();
    let in_plain = String::from_utf8_lossy(&sealed.bytes).into_owned();
    assert!(!in_plain.contains("zoe@mail.example"), "nothing is readable before either");
    scene.post().await;
    assert_eq!(scene.bench.store.sealed_text(id), None);
}

#[tokio::test]
async fn a_text_that_was_moved_to_another_row_stays_shut() {
    let scene = Scene::new().await;
    let (one, other) = (sample::delivery_id(1), sample::delivery_id(2));
    enqueue(&scene, one, "one@mail.example", None).await;
    let stolen = scene.bench.store.sealed_text(one).unwrap();
    enqueue(&scene, other, "other@mail.example", None).await;
    let leased = scene.bench.store.lease(scene.now(), 1).await.unwrap().remove(0);
    let mut commit = Commit::new(scene.now(), leased.delivery.portal.clone(), Actor::System);
    commit.outbox.push(OutboxChange::Settle { id: leased.delivery.id, fence: leased.fence, result: Settlement::Expired });
    let moved = Delivery { id: sample::delivery_id(3), sealed: stolen, ..leased.delivery.clone() };
    commit.outbox.push(OutboxChange::Enqueue(moved));
    scene.bench.store.commit(commit).await.unwrap();
    scene.post().await;
    assert_eq!(recipients(&scene), ["other@mail.example", "service@garden.example"]);
    let rows = scene.rows().await;
    let row = rows.iter().find(|row| row.id == sample::delivery_id(3)).unwrap();
    assert_eq!((row.status, row.reason.as_deref()), (DeliveryStatus::Parked, Some("unreadable")));
}

#[tokio::test]
async fn a_replica_without_the_key_leaves_the_mail_for_one_that_has_it() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let other = onboarding_testkit::Bench { vault: Arc::new(onboarding_testkit::PlainVault::new(1)), ..scene.bench.clone() };
    other.vault.rotate();
    other.vault.forget_key(1);
    let keyless = other.worker(&other.engine(scene.engine.portals().clone()));
    assert_eq!(keyless.run_once().await.unwrap(), 1);
    assert!(scene.bench.mailer.all().is_empty());
    scene.bench.clock.advance(TimeDelta::minutes(1));
    scene.post().await;
    assert_eq!(recipients(&scene), ["zoe@mail.example"]);
}

/// Puts a letter into the outbox the way a commit does.
async fn order_letter(scene: &Scene, n: u64) -> DeliveryId {
    let id = sample::delivery_id(n);
    let payload = r#"{"Letter":{"record":"A100","language":"de","pin":"7KQ4-M2XH-BCDF","requester":"Kim Beispiel","requested_at":"2026-01-08T00:00:00Z",
            "reissued":false,"valid_until":"2026-02-01T00:00:00Z","held":false}}"#;
    let delivery = Delivery {
        id,
        portal: scene.engine.portal(GARDEN).unwrap().slug.clone(),
        owner: Ref::Record(sample::record_id(&sample::number("A-100"))),
        kind: DeliveryKind::Letter,
        template: "pin-letter".to_owned(),
        language: Language::De,
        not_before: scene.now(),
        not_after: None,
        after: None,
        priority: 0,
        message_id: id.to_string(),
        sealed: scene.bench.vault.seal(id.0.as_bytes(), payload.as_bytes()),
    };
    let mut commit = Commit::new(scene.now(), delivery.portal.clone(), Actor::System);
    commit.outbox.push(OutboxChange::Enqueue(delivery));
    scene.bench.store.commit(commit).await.unwrap();
    id
}

#[tokio::test]
async fn a_letter_is_printed_at_most_once() {
    let scene = Scene::new().await;
    for (at, fate, status) in [
        (1, PressFate::UnknownPrinted, DeliveryStatus::Sent),
        (2, PressFate::UnknownLost, DeliveryStatus::Parked),
        (3, PressFate::Transient, DeliveryStatus::Sent),
    ] {
        let id = order_letter(&scene, at).await;
        scene.bench.press.next(fate, 1);
        scene.post().await;
        scene.bench.clock.advance(TimeDelta::minutes(1));
        scene.post().await;
        let rows = scene.rows().await;
        assert_eq!(rows.iter().find(|row| row.id == id).unwrap().status, status, "{fate:?}");
    }
    let printed: Vec<_> = scene.bench.press.letters().into_iter().map(|(id, _)| id).collect();
    assert_eq!(printed, [sample::delivery_id(1), sample::delivery_id(3)]);
}

#[tokio::test(start_paused = true)]
async fn a_running_worker_sends_at_once_and_stops_when_told() {
    let scene = Scene::new().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = scene.worker.clone();
    let running = tokio::spawn(async move { worker.run(async { drop(stopped.await) }).await });
    scene.apply("zoe@mail.example", ZOE).await;
    let began = tokio::time::Instant::now();
    while scene.bench.mailer.all().is_empty() {
        tokio::task::yield_now().await;
        assert!(began.elapsed() < Duration::from_secs(5), "nothing was sent");
    }
    assert!(began.elapsed() < Duration::from_millis(500), "at once, not at the nap's end: {:?}", began.elapsed());
    drop(stop);
    running.await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_away_stops_no_worker() {
    let scene = Scene::new().await;
    scene.apply_at_guild("kim@mail.example").await;
    scene.bench.store.set_down(true);
    assert!(scene.worker.run_once().await.is_err());
    scene.bench.store.set_down(false);
    let token = secret(&scene.mail_to("kim@mail.example").await.link_token().unwrap());
    scene.engine.confirm_link(GUILD, &caller(), &token).await.unwrap();
}

/// Takes long over each mail, and wants a domain left alone for a while once.
struct Leisurely {
    inner: Arc<RecordingMailer>,
    clock: Arc<onboarding_testkit::FixedClock>,
    takes: TimeDelta,
    held: AtomicUsize,
}

#[async_trait]
impl Mailer for Leisurely {
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError> {
        self.clock.advance(self.takes);
        self.inner.send(id, mail).await
    }

    fn hold(&self, to: &EmailAddress) -> Option<Duration> {
        let held = to.as_str().starts_with("held") && self.held.fetch_add(1, Ordering::Relaxed) == 0;
        held.then_some(Duration::from_secs(5))
    }
}

/// Begun at the end of its lease it would still be on its way when another worker begins.
#[tokio::test]
async fn what_is_reached_too_late_in_its_lease_is_given_back_without_an_attempt() {
    let scene = Scene::new().await;
    for n in 1..=3 {
        enqueue(&scene, sample::delivery_id(n), &format!("zoe-{n}@mail.example"), None).await;
    }
    let takes = TimeDelta::seconds(6);
    let slow = Leisurely { inner: scene.bench.mailer.clone(), clock: scene.bench.clock.clone(), takes, held: AtomicUsize::new(0) };
    let slow = Worker::new(scene.engine.clone(), Arc::new(PlainStationery), Arc::new(slow));
    assert_eq!(slow.run_once().await.unwrap(), 3);
    assert_eq!(recipients(&scene), ["zoe-1@mail.example", "zoe-2@mail.example"]);
    let left = scene.rows().await.into_iter().find(|row| row.status == DeliveryStatus::Queued).unwrap();
    assert_eq!((left.attempts, left.reason.as_deref()), (0, Some("not_reached")));
    assert_eq!(scene.worker.run_once().await.unwrap(), 1, "at once, by whoever has time");
    assert_eq!(recipients(&scene).len(), 3);
}

#[tokio::test]
async fn a_domain_that_is_to_be_left_alone_costs_no_attempt_and_holds_nobody_else_up() {
    let scene = Scene::new().await;
    enqueue(&scene, sample::delivery_id(1), "held@mail.example", None).await;
    enqueue(&scene, sample::delivery_id(2), "zoe@mail.example", None).await;
    let paced = Leisurely {
        inner: scene.bench.mailer.clone(),
        clock: scene.bench.clock.clone(),
        takes: TimeDelta::zero(),
        held: AtomicUsize::new(0),
    };
    let worker = Worker::new(scene.engine.clone(), Arc::new(PlainStationery), Arc::new(paced));
    assert_eq!(worker.run_once().await.unwrap(), 2);
    assert_eq!(recipients(&scene), ["zoe@mail.example"]);
    assert_eq!(worker.run_once().await.unwrap(), 0);
    scene.bench.clock.advance(TimeDelta::seconds(5));
    assert_eq!(worker.run_once().await.unwrap(), 1);
    assert_eq!(recipients(&scene), ["zoe@mail.example", "held@mail.example"]);
    assert!(scene.rows().await.iter().all(|row| row.attempts == 1));
}

#[tokio::test]
async fn letters_that_wait_are_handed_over_at_a_word_and_only_while_the_press_takes_them() {
    let scene = Scene::new().await;
    let portal = scene.engine.portal(GARDEN).unwrap().slug.clone();
    let none = scene.worker.print_waiting(&portal).await.unwrap();
    assert_eq!(none, onboarding::PrintedNow::default());
    for n in 1..=3 {
        order_letter(&scene, n).await;
    }
    enqueue(&scene, sample::delivery_id(9), "zoe@mail.example", None).await;
    scene.bench.press.next(PressFate::Transient, 1);
    let refused = scene.worker.print_waiting(&portal).await.unwrap();
    assert_eq!((refused.printed, refused.waiting), (0, 3), "it is not tried with the others");
    assert!(refused.reason.is_some());
    // Not a second goes by.
    scene.bench.press.next(PressFate::UnknownPrinted, 1);
    assert_eq!(scene.worker.print_waiting(&portal).await.unwrap().waiting, 3);
    assert_eq!(scene.bench.press.letters().len(), 1);
    let rest = scene.worker.print_waiting(&portal).await.unwrap();
    assert_eq!((rest.printed, rest.waiting, rest.reason), (3, 0, None));
    assert_eq!(scene.bench.press.letters().len(), 3);
    assert!(scene.bench.mailer.all().is_empty(), "mails are no letters");
    let held = scene.bench.store.lease(scene.now(), 10).await.unwrap();
    assert_eq!(held.len(), 1, "the mail waits as before");
}

/// A press that prints a letter without a word, and cannot be asked for a while.
struct Mute {
    inner: Arc<onboarding_testkit::RecordingPress>,
    deaf: AtomicUsize,
}

#[async_trait]
impl LetterPress for Mute {
    async fn submit(&self, id: DeliveryId, letter: &RenderedLetter) -> Result<JobRef, LetterError> {
        self.inner.submit(id, letter).await
    }

    async fn status(&self, id: DeliveryId) -> Result<JobStatus, LetterError> {
        if self.deaf.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(LetterError::Transient("press_unreachable".to_owned()));
        }
        self.inner.status(id).await
    }
}

#[tokio::test]
async fn a_press_that_cannot_be_asked_is_asked_again_for_a_day() {
    for (deaf, status) in [(3, DeliveryStatus::Sent), (usize::MAX, DeliveryStatus::Parked)] {
        let scene = Scene::new().await;
        let mute = Arc::new(Mute { inner: scene.bench.press.clone(), deaf: AtomicUsize::new(deaf) });
        let worker = Worker::new(scene.engine.clone(), Arc::new(PlainStationery), scene.bench.mailer.clone());
        let worker = worker.with_letters(Arc::new(onboarding_testkit::PlainLetters), mute);
        let id = order_letter(&scene, 1).await;
        scene.bench.press.next(PressFate::UnknownPrinted, 1);
        let seen = async || scene.rows().await.into_iter().find(|row| row.id == id).unwrap();
        let mut rounds = 0;
        while seen().await.status == DeliveryStatus::Queued && rounds < 2_000 {
            worker.run_once().await.unwrap();
            scene.bench.clock.advance(TimeDelta::minutes(1));
            rounds += 1;
        }
        assert_eq!((seen().await.status, seen().await.attempts), (status, 1));
        assert_eq!(scene.bench.press.letters().len(), 1, "once, whatever is known of it");
        if deaf == usize::MAX {
            assert!((1_440..1_900).contains(&rounds), "{rounds} minutes");
        }
    }
}
