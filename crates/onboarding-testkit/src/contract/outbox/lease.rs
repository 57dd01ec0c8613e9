//! Who holds a delivery, in which order, and from when.

use super::settle::{lease_one, settle};
use crate::contract::at_once;
use crate::contract::stores::{Stores, mail, sealed};
use crate::sample;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::{CommitError, Delivery, DeliveryKind, OutboxChange, Settlement};
use onboarding_core::{DeliveryId, Language, Ref};
use std::collections::HashSet;

pub(super) async fn enqueue(fresh: &Stores, delivery: Delivery) {
    fresh.change_outbox(OutboxChange::Enqueue(delivery)).await.expect("the delivery was not ordered");
}

/// Ids of what one worker gets now.
async fn leased(fresh: &Stores, limit: u32) -> Vec<DeliveryId> {
    fresh.outbox.lease(fresh.now(), limit).await.unwrap().into_iter().map(|leased| leased.delivery.id).collect()
}

/// Everything as ordered, the sealed bytes too, and no attempt yet.
pub async fn a_lease_carries_the_whole_delivery(fresh: &Stores) {
    let now = fresh.now();
    let ordered = Delivery {
        owner: Ref::Membership(sample::membership_id(3)),
        kind: DeliveryKind::Letter,
        template: "pin-letter".to_owned(),
        language: Language::It,
        not_after: Some(now + TimeDelta::microseconds(90_000_001)),
        priority: -3,
        ..mail(1, now)
    };
    enqueue(fresh, ordered.clone()).await;
    fresh.clock.advance(TimeDelta::seconds(5));
    let leased = lease_one(fresh).await;
    let got = leased.delivery;
    assert_eq!((got.id, &got.portal, got.owner, got.kind), (ordered.id, &ordered.portal, ordered.owner, ordered.kind));
    assert_eq!((&got.template, got.language, got.message_id), (&ordered.template, ordered.language, ordered.message_id));
    assert_eq!((got.not_before, got.not_after, got.after, got.priority), (now, ordered.not_after, None, -3));
    assert!(got.sealed == sealed(1), "the sealed text changed");
    assert_eq!((leased.attempts, leased.unknowns, leased.created_at), (0, 0, now));
}

/// For 30 seconds nobody else gets it, however often they ask.
pub async fn a_delivery_is_held_by_one_worker(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    assert_eq!(leased(fresh, 10).await, [sample::delivery_id(1)]);
    assert!(leased(fresh, 10).await.is_empty());
    fresh.clock.advance(TimeDelta::milliseconds(29_999));
    assert!(leased(fresh, 10).await.is_empty());
}

/// Eight workers, forty deliveries: each is held once.
pub async fn workers_at_once_share_without_overlap(fresh: &Stores) {
    let mut commit = fresh.step();
    commit.outbox = (1..=40).map(|n| OutboxChange::Enqueue(mail(n, fresh.now()))).collect();
    fresh.take(commit).await;
    let now = fresh.now();
    let tasks = (0..8).map(|_| {
        let outbox = fresh.outbox.clone();
        async move {
            let mut held = Vec::new();
            // 14 batches are all there is; an adapter that hands out the same ones again must not keep the suite for ever.
            for _ in 0..20 {
                let batch = outbox.lease(now, 3).await.expect("could not lease");
                assert!(batch.len() <= 3);
                held.extend(batch.into_iter().map(|leased| leased.delivery.id));
            }
            held
        }
    });
    let held: Vec<DeliveryId> = at_once(tasks).await.into_iter().flatten().collect();
    assert_eq!(held.len(), 40, "a delivery was held twice or never");
    assert_eq!(held.into_iter().collect::<HashSet<_>>().len(), 40);
}

/// After 30 seconds, with a higher fence, under the same Message-ID.
pub async fn a_crashed_workers_lease_is_taken_over(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    let mut fence = 0;
    for _ in 0..3 {
        let leased = lease_one(fresh).await;
        assert!(leased.fence > fence, "fence {} came after {fence}", leased.fence);
        assert_eq!(leased.delivery.message_id, mail(1, fresh.now()).message_id);
        assert!(leased.delivery.sealed == sealed(1));
        fence = leased.fence;
        fresh.clock.advance(TimeDelta::seconds(30));
    }
}

/// Whoever wakes up late must not send, and must not say what became of it.
pub async fn the_former_holder_is_fenced(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    let former = lease_one(fresh).await;
    fresh.clock.advance(TimeDelta::seconds(31));
    let present = lease_one(fresh).await;
    let id = former.delivery.id;
    let attempt = fresh.change_outbox(OutboxChange::Attempt { id, fence: former.fence }).await;
    assert!(matches!(attempt, Err(CommitError::Fenced)));
    assert!(matches!(settle(fresh, &former, Settlement::Sent).await, Err(CommitError::Fenced)));
    fresh.change_outbox(OutboxChange::Attempt { id, fence: present.fence }).await.expect("the present holder attempts");
    settle(fresh, &present, Settlement::Sent).await.expect("the present holder settles");
    let unknown = OutboxChange::Attempt { id: sample::delivery_id(99), fence: 1 };
    assert!(matches!(fresh.change_outbox(unknown).await, Err(CommitError::Fenced)), "nobody holds what was never ordered");
}

/// What somebody waits for at the screen overtakes a batch.
pub async fn a_higher_priority_goes_first_then_the_older(fresh: &Stores) {
    for (n, priority) in [(1, 0), (2, 10), (3, 0), (4, 10), (5, -1)] {
        enqueue(fresh, Delivery { priority, ..mail(n, fresh.now()) }).await;
        fresh.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(leased(fresh, 3).await, [2, 4, 1].map(sample::delivery_id));
    assert_eq!(leased(fresh, 3).await, [3, 5].map(sample::delivery_id));
}

/// To the microsecond.
pub async fn nothing_leaves_before_its_time(fresh: &Stores) {
    let time = fresh.now() + TimeDelta::days(1);
    enqueue(fresh, Delivery { not_before: time, ..mail(1, fresh.now()) }).await;
    assert!(leased(fresh, 10).await.is_empty());
    fresh.clock.set(time - TimeDelta::microseconds(1));
    assert!(leased(fresh, 10).await.is_empty());
    fresh.clock.set(time);
    assert_eq!(leased(fresh, 10).await, [sample::delivery_id(1)]);
}

/// Mail 2 carries the password for the number in mail 1: whatever its priority, it never overtakes.
pub async fn a_delivery_waits_until_its_predecessor_was_sent(fresh: &Stores) {
    let now = fresh.now();
    let second = Delivery { after: Some(sample::delivery_id(1)), priority: 10, ..mail(2, now) };
    let mut commit = fresh.step();
    commit.outbox = vec![OutboxChange::Enqueue(second), OutboxChange::Enqueue(mail(1, now))];
    fresh.take(commit).await;
    let first = lease_one(fresh).await;
    assert_eq!((first.delivery.id, first.delivery.after), (sample::delivery_id(1), None));
    fresh.change_outbox(OutboxChange::Attempt { id: first.delivery.id, fence: first.fence }).await.unwrap();
    assert!(leased(fresh, 10).await.is_empty(), "an attempt is not yet sent");
    settle(fresh, &first, Settlement::Sent).await.unwrap();
    let second = lease_one(fresh).await;
    assert_eq!((second.delivery.id, second.delivery.after), (sample::delivery_id(2), Some(sample::delivery_id(1))));
}

/// Failed, parked, expired, waiting for a retry, or never ordered: the follower stays.
pub async fn a_predecessor_that_was_not_sent_keeps_its_follower_back(fresh: &Stores) {
    let now = fresh.now();
    let reason = || "550".to_owned();
    let ends = [
        Settlement::Failed { reason: reason() },
        Settlement::Parked { reason: reason() },
        Settlement::Expired,
        Settlement::Retry { at: now + TimeDelta::days(9), reason: reason() },
    ];
    for (n, end) in (1..).step_by(2).zip(ends) {
        enqueue(fresh, mail(n, now)).await;
        enqueue(fresh, Delivery { after: Some(sample::delivery_id(n)), ..mail(n + 1, now) }).await;
        let first = lease_one(fresh).await;
        settle(fresh, &first, end).await.unwrap();
    }
    enqueue(fresh, Delivery { after: Some(sample::delivery_id(77)), ..mail(50, now) }).await;
    fresh.clock.advance(TimeDelta::days(1));
    assert!(leased(fresh, 10).await.is_empty());
}

async fn next_due(fresh: &Stores) -> Option<DateTime<Utc>> {
    fresh.outbox.next_due(fresh.now()).await.unwrap()
}

/// So that a worker need not ask all the time: the earliest time, the end of a lease too; nothing that waits for another.
pub async fn the_next_due_time_is_told(fresh: &Stores) {
    assert_eq!(next_due(fresh).await, None);
    let start = fresh.now();
    enqueue(fresh, Delivery { not_before: start + TimeDelta::hours(2), ..mail(1, start) }).await;
    enqueue(fresh, Delivery { not_before: start + TimeDelta::hours(1), ..mail(2, start) }).await;
    enqueue(fresh, Delivery { after: Some(sample::delivery_id(1)), ..mail(3, start) }).await;
    assert_eq!(next_due(fresh).await, Some(start + TimeDelta::hours(1)));
    fresh.clock.set(start + TimeDelta::minutes(61));
    assert!(next_due(fresh).await.is_some_and(|due| due <= fresh.now()), "one is due already");
    let second = lease_one(fresh).await;
    assert_eq!(next_due(fresh).await, Some(fresh.now() + TimeDelta::seconds(30)), "a lease ends");
    settle(fresh, &second, Settlement::Sent).await.unwrap();
    assert_eq!(next_due(fresh).await, Some(start + TimeDelta::hours(2)));
    fresh.clock.set(start + TimeDelta::hours(2));
    let first = lease_one(fresh).await;
    settle(fresh, &first, Settlement::Parked { reason: "553".to_owned() }).await.unwrap();
    assert_eq!(next_due(fresh).await, None, "what waits for a parked one never becomes due");
}

/// By whoever is first, and by nobody who comes while it is held, while it waits for another, or once it was settled.
pub async fn one_delivery_is_leased_by_its_name_even_before_its_time(fresh: &Stores) {
    let now = fresh.now();
    let later = now + TimeDelta::hours(1);
    enqueue(fresh, mail(1, later)).await;
    enqueue(fresh, mail(2, now)).await;
    enqueue(fresh, Delivery { after: Some(sample::delivery_id(1)), ..mail(3, now) }).await;
    let of = |n| fresh.outbox.lease_of(sample::delivery_id(n), fresh.now());
    let answers = at_once((0..4).map(|_| {
        let outbox = fresh.outbox.clone();
        async move { outbox.lease_of(sample::delivery_id(1), now).await.expect("could not lease") }
    }))
    .await;
    let mut held: Vec<_> = answers.into_iter().flatten().collect();
    assert_eq!(held.len(), 1);
    let first = held.remove(0);
    assert_eq!((first.delivery.id, first.attempts, first.unknowns), (sample::delivery_id(1), 0, 0));
    assert!(first.delivery.sealed == sealed(1), "the sealed text changed");
    assert!(of(3).await.unwrap().is_none(), "its predecessor was not sent");
    assert!(of(4).await.unwrap().is_none(), "there is none");
    assert_eq!(leased(fresh, 10).await, [sample::delivery_id(2)]);
    assert!(of(2).await.unwrap().is_none(), "another worker holds it");
    fresh.clock.advance(TimeDelta::seconds(30));
    let second = of(1).await.unwrap().expect("a crashed worker's lease is taken over");
    assert!(second.fence > first.fence);
    settle(fresh, &second, Settlement::Retry { at: later, reason: "later".to_owned() }).await.unwrap();
    let third = of(1).await.unwrap().expect("it waits for its next try");
    settle(fresh, &third, Settlement::Sent).await.unwrap();
    assert!(of(1).await.unwrap().is_none(), "it was sent");
    assert!(of(3).await.unwrap().is_some());
}
