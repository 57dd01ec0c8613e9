//! What waits: the outbox as clerks see it, and the counts.

use crate::contract::stores::{Stores, mail};
use crate::sample;
use chrono::TimeDelta;
use onboarding::ports::{Counted, Delivery, DeliveryKind, DeliveryStatus, Leased, OutboxChange, Place, Settlement, Tally};
use onboarding_core::DeliveryId;

async fn settle_next(fresh: &Stores, result: Settlement) {
    let Leased { delivery, fence, .. } = fresh.outbox.lease(fresh.now(), 1).await.unwrap().remove(0);
    fresh.change_outbox(OutboxChange::Settle { id: delivery.id, fence, result }).await.unwrap();
}

async fn enqueue(fresh: &Stores, delivery: Delivery) {
    fresh.change_outbox(OutboxChange::Enqueue(delivery)).await.unwrap();
}

/// Newest first whatever their state, without a gap, and none of the neighbour's.
pub async fn deliveries_are_listed_by_state_page_by_page(fresh: &Stores) {
    for n in 1..=5 {
        // The odd ones go first, and so are leased at once.
        enqueue(fresh, Delivery { priority: i16::from(n % 2 == 1), ..mail(n, fresh.now()) }).await;
        if n % 2 == 1 {
            settle_next(fresh, Settlement::Parked { reason: "451".to_owned() }).await;
        }
        // Two of one moment stand apart by their ids.
        if n != 4 {
            fresh.clock.advance(TimeDelta::seconds(1));
        }
    }
    enqueue(fresh, Delivery { portal: sample::neighbour(), ..mail(6, fresh.now()) }).await;
    let listed = async |status: Option<DeliveryStatus>| {
        let (mut after, mut seen): (Option<Place>, Vec<DeliveryId>) = (None, Vec::new());
        loop {
            let rows = fresh.backoffice.deliveries(&sample::portal(), status, after, 2).await.unwrap();
            let Some(last) = rows.last() else { return seen };
            after = Some(last.place);
            assert!(rows.iter().all(|listed| listed.place == Place { at: listed.row.created_at, id: listed.row.id.0 }));
            seen.extend(rows.iter().map(|listed| listed.row.id));
        }
    };
    let ids = |numbers: &[u64]| numbers.iter().copied().map(sample::delivery_id).collect::<Vec<_>>();
    assert_eq!(listed(None).await, ids(&[5, 4, 3, 2, 1]));
    assert_eq!(listed(Some(DeliveryStatus::Parked)).await, ids(&[5, 3, 1]));
    assert_eq!(listed(Some(DeliveryStatus::Sent)).await, []);
}

/// By state, with the oldest; what needs nobody and what is the neighbour's is left out.
pub async fn what_waits_is_counted(fresh: &Stores) {
    let start = fresh.now();
    let nothing = fresh.backoffice.tally(&sample::portal(), &[start]).await.unwrap();
    assert_eq!(nothing, Tally { approvals: vec![0], ..Tally::default() });
    for n in 1..=4 {
        fresh.insert(sample::registration(n, Some(&format!("K-{n:03}")), fresh.now())).await;
        if n >= 3 {
            let state = sample::approvable(sample::registration(n, Some(&format!("K-{n:03}")), fresh.now()), fresh.now());
            fresh.write(state, 1).await;
        }
        fresh.clock.advance(TimeDelta::days(1));
    }
    fresh.insert(sample::membership(1, sample::account_id(1), "K-001", fresh.now())).await;
    let letters_at = fresh.now();
    enqueue(fresh, mail(1, fresh.now())).await;
    settle_next(fresh, Settlement::Sent).await;
    enqueue(fresh, mail(2, fresh.now())).await;
    settle_next(fresh, Settlement::Failed { reason: "550".to_owned() }).await;
    for n in [3, 4] {
        enqueue(fresh, mail(n, fresh.now())).await;
    }
    enqueue(fresh, Delivery { kind: DeliveryKind::Letter, ..mail(5, fresh.now()) }).await;
    enqueue(fresh, Delivery { portal: sample::neighbour(), ..mail(6, fresh.now()) }).await;
    let counted = |state: &str, count, oldest| Counted { state: state.to_owned(), count, oldest };
    let marks = [3, 2, 0].map(|days| start + TimeDelta::days(days));
    let tally = fresh.backoffice.tally(&sample::portal(), &marks).await.unwrap();
    let two_days_in = start + TimeDelta::days(2);
    assert_eq!(tally.registrations, [counted("awaiting_approval", 2, two_days_in), counted("awaiting_email", 2, start)]);
    assert_eq!(tally.approvals, [1, 0, 0]);
    assert!(tally.letters.iter().all(|letter| letter.oldest == letters_at && letter.count == 1), "{:?}", tally.letters);
    let deliveries = [
        (DeliveryKind::Letter, counted("queued", 1, letters_at)),
        (DeliveryKind::Mail, counted("failed", 1, letters_at)),
        (DeliveryKind::Mail, counted("queued", 2, letters_at)),
    ];
    assert_eq!(tally.deliveries, deliveries);
}
