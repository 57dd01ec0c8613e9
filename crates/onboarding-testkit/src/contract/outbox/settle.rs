//! How a lease ends, what is known then, and what is left of the text.

use super::lease::enqueue;
use crate::contract::stores::{Stores, mail, sealed};
use crate::sample;
use chrono::TimeDelta;
use onboarding::ports::{CommitError, Delivery, DeliveryKind, DeliveryStatus, Leased, OutboxChange, OutboxFilter, OutboxRow, Settlement};

/// The one delivery that is due.
pub(super) async fn lease_one(fresh: &Stores) -> Leased {
    let mut leased = fresh.outbox.lease(fresh.now(), 10).await.unwrap();
    assert_eq!(leased.len(), 1, "deliveries that are due");
    leased.remove(0)
}

pub(super) async fn settle(fresh: &Stores, leased: &Leased, result: Settlement) -> Result<(), CommitError> {
    fresh.change_outbox(OutboxChange::Settle { id: leased.delivery.id, fence: leased.fence, result }).await
}

async fn attempt(fresh: &Stores, leased: &Leased) {
    fresh.change_outbox(OutboxChange::Attempt { id: leased.delivery.id, fence: leased.fence }).await.expect("the holder attempts");
}

/// The row of this delivery as lists show it.
async fn row(fresh: &Stores, n: u64) -> OutboxRow {
    let rows = fresh.outbox.list(&OutboxFilter::default(), 100).await.unwrap();
    rows.into_iter().find(|row| row.id == sample::delivery_id(n)).expect("the row is listed")
}

fn retry(fresh: &Stores, unknown: bool) -> Settlement {
    let (at, reason) = (fresh.now(), "451".to_owned());
    if unknown { Settlement::RetryUnknown { at, reason } } else { Settlement::Retry { at, reason } }
}

/// A crash between attempt and settlement: the next worker sees one attempt, and that nobody knows its outcome.
pub async fn an_attempt_is_unknown_until_it_is_settled(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    // A worker that crashed before its attempt leaves nothing unknown.
    lease_one(fresh).await;
    fresh.clock.advance(TimeDelta::seconds(31));
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (0, 0));
    attempt(fresh, &leased).await;
    assert_eq!(row(fresh, 1).await.attempts, 1);
    fresh.clock.advance(TimeDelta::seconds(31));
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (1, 1), "after a crash");
    attempt(fresh, &leased).await;
    settle(fresh, &leased, retry(fresh, false)).await.unwrap();
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (2, 1), "the second outcome is known, the first never will be");
    attempt(fresh, &leased).await;
    fresh.clock.advance(TimeDelta::seconds(31));
    let leased = lease_one(fresh).await;
    settle(fresh, &leased, retry(fresh, false)).await.unwrap();
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (3, 2), "who takes over and does not attempt knows nothing of the former attempt");
}

/// Order, lease and attempt in one: whoever it was handed to settles it, and if nobody does, another takes it over as after any crash.
pub async fn what_is_handed_over_is_held_and_begun_from_its_order_on(fresh: &Stores) {
    let hand_over = |n| OutboxChange::HandOver(mail(n, fresh.now()));
    let settled = |n, result| OutboxChange::Settle { id: sample::delivery_id(n), fence: 1, result };
    fresh.change_outbox(hand_over(1)).await.unwrap();
    assert!(matches!(fresh.change_outbox(hand_over(1)).await, Err(CommitError::Conflict)), "ordered twice");
    assert_eq!(row(fresh, 1).await.attempts, 1);
    fresh.clock.advance(TimeDelta::milliseconds(29_999));
    assert!(fresh.outbox.lease(fresh.now(), 10).await.unwrap().is_empty());
    fresh.clock.advance(TimeDelta::milliseconds(1));
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (1, 1));
    assert!(leased.delivery.sealed == sealed(1));
    assert!(matches!(fresh.change_outbox(settled(1, Settlement::Sent)).await, Err(CommitError::Fenced)), "after the lease");
    settle(fresh, &leased, Settlement::Sent).await.unwrap();

    fresh.change_outbox(hand_over(2)).await.unwrap();
    fresh.change_outbox(settled(2, retry(fresh, false))).await.unwrap();
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (1, 0), "its outcome is known");
    settle(fresh, &leased, Settlement::Sent).await.unwrap();

    fresh.change_outbox(hand_over(3)).await.unwrap();
    fresh.change_outbox(settled(3, Settlement::Sent)).await.unwrap();
    assert_eq!(row(fresh, 3).await.status, DeliveryStatus::Sent);
}

/// Known outcomes take nothing from it, nor does a lease that ends without an attempt.
pub async fn an_unknown_outcome_stays_counted(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    let leased = lease_one(fresh).await;
    attempt(fresh, &leased).await;
    settle(fresh, &leased, retry(fresh, false)).await.unwrap();
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (1, 0), "known not to have delivered");
    attempt(fresh, &leased).await;
    settle(fresh, &leased, retry(fresh, true)).await.unwrap();
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (2, 1));
    settle(fresh, &leased, retry(fresh, false)).await.unwrap();
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (2, 1), "no attempt, no outcome");
    attempt(fresh, &leased).await;
    settle(fresh, &leased, retry(fresh, true)).await.unwrap();
    assert_eq!(lease_one(fresh).await.unknowns, 2);
}

/// Of both kinds, with the reason in the list.
pub async fn a_retry_waits_for_its_time(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    for unknown in [false, true] {
        let leased = lease_one(fresh).await;
        attempt(fresh, &leased).await;
        let at = fresh.now() + TimeDelta::minutes(5);
        let reason = format!("45{}", u8::from(unknown));
        let result = if unknown {
            Settlement::RetryUnknown { at, reason: reason.clone() }
        } else {
            Settlement::Retry { at, reason: reason.clone() }
        };
        settle(fresh, &leased, result).await.unwrap();
        let row = row(fresh, 1).await;
        assert_eq!((row.status, row.reason, row.settled_at), (DeliveryStatus::Queued, Some(reason), None));
        assert_eq!(fresh.outbox.next_due(fresh.now()).await.unwrap(), Some(at));
        fresh.clock.set(at - TimeDelta::microseconds(1));
        assert!(fresh.outbox.lease(fresh.now(), 10).await.unwrap().is_empty());
        fresh.clock.set(at);
    }
    assert!(lease_one(fresh).await.delivery.sealed == sealed(1));
}

/// The same fence settles once and attempts no more, whatever came of it.
pub async fn a_lease_ends_with_its_settlement(fresh: &Stores) {
    let parked = Settlement::Parked { reason: "553".to_owned() };
    let far = Settlement::Retry { at: fresh.now() + TimeDelta::days(1), reason: "451".to_owned() };
    for (n, result) in (1..).zip([Settlement::Sent, Settlement::Failed { reason: "550".to_owned() }, parked, Settlement::Expired, far]) {
        enqueue(fresh, mail(n, fresh.now())).await;
        let leased = lease_one(fresh).await;
        settle(fresh, &leased, result.clone()).await.unwrap();
        let status = row(fresh, n).await.status;
        assert!(matches!(settle(fresh, &leased, Settlement::Sent).await, Err(CommitError::Fenced)), "a second settlement after {result:?}");
        let again = fresh.change_outbox(OutboxChange::Attempt { id: leased.delivery.id, fence: leased.fence }).await;
        assert!(matches!(again, Err(CommitError::Fenced)), "an attempt after {result:?}");
        assert_eq!(row(fresh, n).await.status, status);
    }
}

/// Sent, failed, expired: status, reason and time stay, the text goes.
pub async fn what_is_settled_for_good_is_wiped(fresh: &Stores) {
    let ends = [
        (Settlement::Sent, DeliveryStatus::Sent, None),
        (Settlement::Failed { reason: "550".to_owned() }, DeliveryStatus::Failed, Some("550".to_owned())),
        (Settlement::Expired, DeliveryStatus::Expired, None),
    ];
    for (n, (result, status, reason)) in (1..).zip(ends) {
        enqueue(fresh, mail(n, fresh.now())).await;
        let leased = lease_one(fresh).await;
        let id = leased.delivery.id;
        assert_eq!(fresh.texts.sealed_text(id).await, Some(sealed(n).bytes), "a queued text is kept");
        attempt(fresh, &leased).await;
        fresh.clock.advance(TimeDelta::seconds(1));
        settle(fresh, &leased, result).await.unwrap();
        let row = row(fresh, n).await;
        assert_eq!((row.status, row.attempts, row.settled_at), (status, 1, Some(fresh.now())));
        assert_eq!(row.reason, reason);
        assert!(fresh.texts.sealed_text(id).await.is_none_or(|text| text.is_empty()), "a {} text was not wiped", status.word());
        fresh.clock.advance(TimeDelta::days(1));
        assert!(fresh.outbox.lease(fresh.now(), 10).await.unwrap().is_empty(), "a {} delivery is due", status.word());
    }
}

/// A clerk must be able to do something with it.
pub async fn what_is_parked_keeps_its_text(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    let leased = lease_one(fresh).await;
    attempt(fresh, &leased).await;
    settle(fresh, &leased, Settlement::Parked { reason: "unknown-twice".to_owned() }).await.unwrap();
    let row = row(fresh, 1).await;
    assert_eq!((row.status, row.reason.as_deref(), row.attempts), (DeliveryStatus::Parked, Some("unknown-twice"), 1));
    assert_eq!(fresh.texts.sealed_text(leased.delivery.id).await, Some(sealed(1).bytes));
    fresh.clock.advance(TimeDelta::days(1));
    assert!(fresh.outbox.lease(fresh.now(), 10).await.unwrap().is_empty());
}

/// Its secret was replaced: nobody sends it any more. What was sent stays sent; what was never ordered is no fault.
pub async fn what_is_withdrawn_is_wiped_and_never_sent(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    let sent = lease_one(fresh).await;
    settle(fresh, &sent, Settlement::Sent).await.unwrap();
    enqueue(fresh, mail(2, fresh.now())).await;
    for n in [1, 2, 99] {
        fresh.change_outbox(OutboxChange::Withdraw { id: sample::delivery_id(n) }).await.expect("a withdrawal always works");
    }
    assert_eq!(row(fresh, 1).await.status, DeliveryStatus::Sent);
    let withdrawn = row(fresh, 2).await;
    assert_eq!((withdrawn.status, withdrawn.settled_at), (DeliveryStatus::Expired, Some(fresh.now())));
    assert!(fresh.texts.sealed_text(sample::delivery_id(2)).await.is_none_or(|text| text.is_empty()));
    assert!(fresh.outbox.lease(fresh.now(), 10).await.unwrap().is_empty());
}

/// Who holds it learns at its attempt that it must not be sent.
pub async fn a_withdrawal_fences_the_worker(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    let leased = lease_one(fresh).await;
    let id = leased.delivery.id;
    fresh.change_outbox(OutboxChange::Withdraw { id }).await.unwrap();
    let late = fresh.change_outbox(OutboxChange::Attempt { id, fence: leased.fence }).await;
    assert!(matches!(late, Err(CommitError::Fenced)));
    assert_eq!(row(fresh, 1).await.attempts, 0);
}

async fn parked_after_an_unknown_attempt(fresh: &Stores, delivery: Delivery) -> Leased {
    enqueue(fresh, delivery).await;
    let leased = lease_one(fresh).await;
    attempt(fresh, &leased).await;
    settle(fresh, &leased, Settlement::Parked { reason: "unknown".to_owned() }).await.unwrap();
    leased
}

/// With its whole text; and who held it before holds it no longer.
pub async fn what_is_unparked_is_leased_again_with_its_tries_forgotten(fresh: &Stores) {
    let former = parked_after_an_unknown_attempt(fresh, mail(1, fresh.now())).await;
    fresh.clock.advance(TimeDelta::days(1));
    assert!(fresh.outbox.lease(fresh.now(), 10).await.unwrap().is_empty());
    fresh.change_outbox(OutboxChange::Unpark { id: sample::delivery_id(1) }).await.unwrap();
    let seen = row(fresh, 1).await;
    assert_eq!((seen.status, seen.attempts, seen.settled_at), (DeliveryStatus::Queued, 0, None));
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns, leased.delivery.sealed.clone()), (0, 0, sealed(1)));
    assert!(leased.fence > former.fence);
    settle(fresh, &leased, Settlement::Sent).await.unwrap();
}

/// It must not be printed twice, whatever a clerk wants.
pub async fn a_letters_unknown_attempts_outlive_its_parking(fresh: &Stores) {
    parked_after_an_unknown_attempt(fresh, Delivery { kind: DeliveryKind::Letter, ..mail(1, fresh.now()) }).await;
    fresh.change_outbox(OutboxChange::Unpark { id: sample::delivery_id(1) }).await.unwrap();
    let leased = lease_one(fresh).await;
    assert_eq!((leased.attempts, leased.unknowns), (0, 1));
}

/// Neither what waits, nor what was sent, nor what never was.
pub async fn only_what_is_parked_can_be_unparked(fresh: &Stores) {
    enqueue(fresh, mail(1, fresh.now())).await;
    let unpark = |n| fresh.change_outbox(OutboxChange::Unpark { id: sample::delivery_id(n) });
    assert!(matches!(unpark(1).await, Err(CommitError::Conflict)));
    let leased = lease_one(fresh).await;
    settle(fresh, &leased, Settlement::Sent).await.unwrap();
    for n in [1, 2] {
        assert!(matches!(unpark(n).await, Err(CommitError::Conflict)));
    }
}

/// Sealed while it waits or is parked, and bare afterwards.
pub async fn one_delivery_is_found_with_what_is_left_of_it(fresh: &Stores) {
    let end = fresh.now() + TimeDelta::hours(1);
    enqueue(fresh, Delivery { not_after: Some(end), ..mail(1, fresh.now()) }).await;
    let found = fresh.outbox.kept(sample::delivery_id(1)).await.unwrap().unwrap();
    assert_eq!((found.portal, found.not_after, found.sealed), (sample::portal(), Some(end), Some(sealed(1))));
    assert_eq!(found.row, row(fresh, 1).await);
    let leased = lease_one(fresh).await;
    settle(fresh, &leased, Settlement::Sent).await.unwrap();
    assert!(fresh.outbox.kept(sample::delivery_id(1)).await.unwrap().unwrap().sealed.is_none());
    assert!(fresh.outbox.kept(sample::delivery_id(2)).await.unwrap().is_none());
}
