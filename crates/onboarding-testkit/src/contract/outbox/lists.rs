//! What a clerk sees of the outbox, and how long.

use super::lease::enqueue;
use super::settle::{lease_one, settle};
use crate::contract::stores::{Stores, mail};
use crate::sample;
use chrono::TimeDelta;
use onboarding::ports::{Delivery, DeliveryKind, DeliveryStatus, OutboxFilter, OutboxRow, Settlement};
use onboarding_core::{DeliveryId, Language, Ref};

async fn listed(fresh: &Stores, filter: OutboxFilter, limit: u32) -> Vec<DeliveryId> {
    fresh.outbox.list(&filter, limit).await.unwrap().into_iter().map(|row| row.id).collect()
}

fn ids<const N: usize>(numbers: [u64; N]) -> [DeliveryId; N] {
    numbers.map(sample::delivery_id)
}

/// Of each that is kept, whoever ordered it; of nothing else.
pub async fn where_several_stand_is_told_at_once(fresh: &Stores) {
    let start = fresh.now();
    for (n, result) in (1..).zip([Settlement::Sent, Settlement::Parked { reason: "unreadable".to_owned() }]) {
        enqueue(fresh, mail(n, start)).await;
        let leased = lease_one(fresh).await;
        settle(fresh, &leased, result).await.unwrap();
    }
    enqueue(fresh, Delivery { portal: sample::neighbour(), ..mail(3, start) }).await;
    let asked = [4, 3, 2, 1].map(sample::delivery_id);
    let mut told = fresh.outbox.statuses(&asked).await.unwrap();
    told.sort_by_key(|(id, _)| *id);
    let stand = [(1, DeliveryStatus::Sent), (2, DeliveryStatus::Parked), (3, DeliveryStatus::Queued)];
    assert_eq!(told, stand.map(|(n, status)| (sample::delivery_id(n), status)));
    assert_eq!(fresh.outbox.statuses(&[sample::delivery_id(2)]).await.unwrap(), [(sample::delivery_id(2), DeliveryStatus::Parked)]);
    assert_eq!(fresh.outbox.statuses(&[]).await.unwrap(), []);
}

/// Newest first; by portal, owner, status and all of them together.
pub async fn a_list_shows_what_was_asked_for(fresh: &Stores) {
    let start = fresh.now();
    let owner = Ref::Account(sample::account_id(1));
    enqueue(fresh, mail(1, start)).await;
    let sent = lease_one(fresh).await;
    settle(fresh, &sent, Settlement::Sent).await.unwrap();
    for delivery in [
        mail(2, start),
        Delivery { owner, kind: DeliveryKind::Letter, template: "pin-letter".to_owned(), language: Language::En, ..mail(3, start) },
        Delivery { portal: sample::neighbour(), owner, ..mail(4, start) },
    ] {
        fresh.clock.advance(TimeDelta::seconds(1));
        enqueue(fresh, delivery).await;
    }
    let filter = OutboxFilter::default;
    assert_eq!(listed(fresh, filter(), 10).await, ids([4, 3, 2, 1]));
    assert_eq!(listed(fresh, filter(), 2).await, ids([4, 3]));
    assert_eq!(listed(fresh, OutboxFilter { portal: Some(sample::portal()), ..filter() }, 10).await, ids([3, 2, 1]));
    assert_eq!(listed(fresh, OutboxFilter { owner: Some(owner), ..filter() }, 10).await, ids([4, 3]));
    assert_eq!(listed(fresh, OutboxFilter { status: Some(DeliveryStatus::Sent), ..filter() }, 10).await, ids([1]));
    assert!(listed(fresh, OutboxFilter { status: Some(DeliveryStatus::Failed), ..filter() }, 10).await.is_empty());
    // The same uuid of another kind owns nothing.
    let stranger = Ref::Registration(onboarding_core::RegistrationId(owner.uuid()));
    assert!(listed(fresh, OutboxFilter { owner: Some(stranger), ..filter() }, 10).await.is_empty());
    let all = OutboxFilter { portal: Some(sample::portal()), owner: Some(owner), status: Some(DeliveryStatus::Queued) };
    let rows = fresh.outbox.list(&all, 10).await.unwrap();
    let letter = OutboxRow {
        id: sample::delivery_id(3),
        owner,
        kind: DeliveryKind::Letter,
        template: "pin-letter".to_owned(),
        language: Language::En,
        status: DeliveryStatus::Queued,
        attempts: 0,
        reason: None,
        created_at: start + TimeDelta::seconds(2),
        settled_at: None,
    };
    assert_eq!(rows, [letter]);
}

/// By the time of their settlement, not of their order; what still waits never goes.
pub async fn settled_rows_are_purged(fresh: &Stores) {
    let start = fresh.now();
    for n in 1..=3 {
        enqueue(fresh, mail(n, start)).await;
        let leased = lease_one(fresh).await;
        fresh.clock.advance(TimeDelta::days(1));
        let result = if n == 2 { Settlement::Failed { reason: "550".to_owned() } } else { Settlement::Sent };
        settle(fresh, &leased, result).await.unwrap();
    }
    enqueue(fresh, Delivery { not_before: start + TimeDelta::days(99), ..mail(4, start) }).await;
    assert_eq!(fresh.outbox.purge(start + TimeDelta::days(1), 10).await.unwrap(), 0, "settled at that moment is not before it");
    let before = start + TimeDelta::days(2) + TimeDelta::seconds(1);
    assert_eq!(fresh.outbox.purge(before, 1).await.unwrap(), 1);
    assert_eq!(fresh.outbox.purge(before, 10).await.unwrap(), 1);
    assert_eq!(fresh.outbox.purge(before, 10).await.unwrap(), 0);
    assert_eq!(listed(fresh, OutboxFilter::default(), 10).await, ids([4, 3]));
    assert_eq!(fresh.outbox.purge(start + TimeDelta::days(1_000), 10).await.unwrap(), 1);
    assert_eq!(listed(fresh, OutboxFilter::default(), 10).await, ids([4]), "what waits stays");
}
