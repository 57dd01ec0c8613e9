//! Throttle: never one more than allowed, whoever asks at the same time.

use super::{Stores, at_once, promises};
use crate::sample;
use chrono::TimeDelta;
use onboarding::ports::{Taken, ThrottleKey};
use onboarding_core::{Digest, policy::Limit};

promises! { Stores:
    a_window_allows_so_many_from_the_first,
    a_refused_take_counts_nothing,
    a_backoff_doubles_up_to_the_longest,
    a_backoff_forgets_after_a_while,
    what_is_given_back_can_be_taken_again,
    several_are_taken_together_or_none,
    several_are_given_back_together,
    some_are_taken_where_others_have_room,
    a_look_counts_nothing,
    tries_at_once_leave_room_for_nobody_beyond,
    several_at_once_never_exceed,
    what_is_forgotten_begins_anew,
    keys_do_not_mix,
    takes_at_once_never_exceed,
    counters_that_ended_are_purged,
}

const THREE_AN_HOUR: Limit = Limit::Window { most: 3, per: TimeDelta::hours(1) };

const BACKOFF: Limit =
    Limit::Backoff { free: 2, first: TimeDelta::seconds(1), longest: TimeDelta::seconds(5), forget: TimeDelta::hours(1) };

fn key(n: u64) -> ThrottleKey {
    ThrottleKey(sample::digest(n))
}

async fn take(fresh: &Stores, key: ThrottleKey, limit: Limit) -> Taken {
    fresh.throttle.take(key, limit, fresh.now()).await.expect("could not count")
}

fn allowed(count: u32) -> Taken {
    Taken { count, refused_until: None }
}

/// What would have been a wrong try has to have room, and is not counted; where it has none, nothing is.
pub async fn some_are_taken_where_others_have_room(fresh: &Stores) {
    let beside = async |room: &[(ThrottleKey, Limit)], takes: &[(ThrottleKey, Limit)]| {
        fresh.throttle.take_beside(room, takes, fresh.now()).await.expect("could not count")
    };
    let three = |n| (key(n), THREE_AN_HOUR);
    let start = fresh.now();
    let full = Taken { count: 3, refused_until: Some(start + TimeDelta::hours(1)) };
    for count in 1..=2 {
        take(fresh, key(1), THREE_AN_HOUR).await;
        // The ninth was never counted.
        assert_eq!(beside(&[three(1), three(9)], &[three(3), three(4)]).await, [allowed(count), allowed(count)]);
    }
    assert_eq!(take(fresh, key(9), THREE_AN_HOUR).await, allowed(1));
    assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, allowed(3), "only what was taken is counted");
    for _ in 0..5 {
        assert_eq!(beside(&[three(9), three(1)], &[three(3), three(4)]).await, [full], "there is no room");
        assert_eq!(beside(&[three(1)], &[]).await, [full]);
    }
    assert_eq!(take(fresh, key(3), THREE_AN_HOUR).await, allowed(3), "nothing was counted without room");
    assert_eq!(beside(&[three(9)], &[three(4), three(3)]).await, [allowed(3), full], "what is taken is refused as ever");
    assert_eq!(beside(&[three(9)], &[]).await, []);
    assert_eq!(beside(&[], &[]).await, []);
    assert_eq!(beside(&[], &[three(4)]).await, [allowed(3)]);
    // Where one must wait, there is no room until the wait is over; asking does not prolong it.
    for _ in 0..2 {
        take(fresh, key(5), BACKOFF).await;
    }
    let waits = Taken { count: 2, refused_until: Some(start + TimeDelta::seconds(1)) };
    for _ in 0..5 {
        assert_eq!(beside(&[(key(5), BACKOFF)], &[three(6)]).await, [waits]);
    }
    fresh.clock.set(start + TimeDelta::seconds(1));
    assert_eq!(beside(&[(key(5), BACKOFF)], &[three(6)]).await, [allowed(1)]);
    assert_eq!(take(fresh, key(5), BACKOFF).await, allowed(3));
    // A window that is over has room.
    fresh.clock.set(start + TimeDelta::hours(1));
    assert_eq!(beside(&[three(1)], &[three(7)]).await, [allowed(1)]);
    assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, allowed(1));
}

/// As it would be counted, in order, up to the first refusal; and nothing is.
pub async fn a_look_counts_nothing(fresh: &Stores) {
    let look = async |takes: &[(ThrottleKey, Limit)]| fresh.throttle.look(takes, fresh.now()).await.expect("could not look");
    let three = |n| (key(n), THREE_AN_HOUR);
    assert_eq!(look(&[]).await, []);
    for _ in 0..5 {
        assert_eq!(look(&[three(1), (key(2), BACKOFF)]).await, [allowed(1), allowed(1)]);
    }
    for count in 1..=3 {
        assert_eq!(look(&[three(1)]).await, [allowed(count)]);
        take(fresh, key(1), THREE_AN_HOUR).await;
    }
    let full = Taken { count: 3, refused_until: Some(fresh.now() + TimeDelta::hours(1)) };
    assert_eq!(look(&[three(2), three(1), three(3)]).await, [allowed(1), full]);
    assert_eq!(take(fresh, key(2), THREE_AN_HOUR).await, allowed(1));
    fresh.clock.advance(TimeDelta::hours(1));
    assert_eq!(look(&[three(1)]).await, [allowed(1)]);
}

/// Wrong and right tries at once: no more wrong ones are counted than may be, and no right one is.
pub async fn tries_at_once_leave_room_for_nobody_beyond(fresh: &Stores) {
    let five = Limit::Window { most: 5, per: TimeDelta::hours(1) };
    let many = Limit::Window { most: 1_000, per: TimeDelta::hours(1) };
    let now = fresh.now();
    let tries = (0..60).map(|n| {
        let throttle = fresh.throttle.clone();
        async move {
            let found = if n % 2 == 0 {
                throttle.take_all(&[(key(1), five)], now).await
            } else {
                throttle.take_beside(&[(key(1), five)], &[(key(2), many)], now).await
            };
            found.expect("could not count")
        }
    });
    let tries = at_once(tries).await;
    let passed = |parity: usize| {
        let allowed = |taken: &Vec<Taken>| taken.iter().all(|taken| taken.refused_until.is_none());
        tries.iter().enumerate().filter(|(n, taken)| n % 2 == parity && allowed(taken)).count()
    };
    assert_eq!(passed(0), 5);
    let right = u32::try_from(passed(1)).expect("a few");
    assert_eq!(take(fresh, key(2), many).await, allowed(right + 1));
    assert!(take(fresh, key(1), five).await.refused_until.is_some());
}

/// The window begins with the first take, and the next one when it is over.
pub async fn a_window_allows_so_many_from_the_first(fresh: &Stores) {
    let start = fresh.now();
    for count in 1..=3 {
        assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, allowed(count));
        fresh.clock.advance(TimeDelta::minutes(10));
    }
    let until = Some(start + TimeDelta::hours(1));
    assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, Taken { count: 3, refused_until: until });
    fresh.clock.set(start + TimeDelta::hours(1) - TimeDelta::microseconds(1));
    assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, Taken { count: 3, refused_until: until });
    fresh.clock.set(start + TimeDelta::hours(1));
    assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, allowed(1));
}

/// Whoever keeps asking does not wait longer for it.
pub async fn a_refused_take_counts_nothing(fresh: &Stores) {
    let start = fresh.now();
    let one = Limit::Window { most: 1, per: TimeDelta::hours(1) };
    take(fresh, key(1), one).await;
    for _ in 0..50 {
        let refused = take(fresh, key(1), one).await;
        assert_eq!(refused, Taken { count: 1, refused_until: Some(start + TimeDelta::hours(1)) });
    }
    for _ in 0..2 {
        take(fresh, key(2), BACKOFF).await;
    }
    for _ in 0..50 {
        assert_eq!(take(fresh, key(2), BACKOFF).await, Taken { count: 2, refused_until: Some(start + TimeDelta::seconds(1)) });
    }
    fresh.clock.set(start + TimeDelta::hours(1));
    assert_eq!(take(fresh, key(1), one).await, allowed(1));
}

/// Two at once, then 1, 2, 4, 5, 5 seconds, each counted from the take before.
pub async fn a_backoff_doubles_up_to_the_longest(fresh: &Stores) {
    assert_eq!(take(fresh, key(1), BACKOFF).await, allowed(1));
    assert_eq!(take(fresh, key(1), BACKOFF).await, allowed(2));
    for (count, wait) in (3..).zip([1, 2, 4, 5, 5]) {
        let until = fresh.now() + TimeDelta::seconds(wait);
        let refused = Taken { count: count - 1, refused_until: Some(until) };
        assert_eq!(take(fresh, key(1), BACKOFF).await, refused, "before take {count}");
        fresh.clock.set(until - TimeDelta::microseconds(1));
        assert_eq!(take(fresh, key(1), BACKOFF).await, refused, "just before take {count}");
        fresh.clock.set(until);
        assert_eq!(take(fresh, key(1), BACKOFF).await, allowed(count));
    }
    // A hundred failures later the wait is still the longest, and nothing overflows.
    for count in 8..110 {
        fresh.clock.advance(TimeDelta::seconds(5));
        assert_eq!(take(fresh, key(1), BACKOFF).await, allowed(count));
    }
}

/// An hour without another take: as if there had been none.
pub async fn a_backoff_forgets_after_a_while(fresh: &Stores) {
    take(fresh, key(1), BACKOFF).await;
    take(fresh, key(1), BACKOFF).await;
    fresh.clock.advance(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    assert_eq!(take(fresh, key(1), BACKOFF).await, allowed(3));
    fresh.clock.advance(TimeDelta::hours(1));
    assert_eq!(take(fresh, key(1), BACKOFF).await, allowed(1));
}

/// The try was none; and nothing given back makes less than none.
pub async fn what_is_given_back_can_be_taken_again(fresh: &Stores) {
    for _ in 0..3 {
        take(fresh, key(1), THREE_AN_HOUR).await;
    }
    fresh.throttle.give_back(key(1)).await.unwrap();
    assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, allowed(3));
    assert!(take(fresh, key(1), THREE_AN_HOUR).await.refused_until.is_some());
    for _ in 0..10 {
        fresh.throttle.give_back(key(1)).await.unwrap();
        fresh.throttle.give_back(key(2)).await.unwrap();
    }
    for n in [1, 2] {
        for count in 1..=3 {
            assert_eq!(take(fresh, key(n), THREE_AN_HOUR).await, allowed(count));
        }
        assert!(take(fresh, key(n), THREE_AN_HOUR).await.refused_until.is_some());
    }
}

/// In their order, each under its own limit; the refused one stands last, and those around it were not counted.
pub async fn several_are_taken_together_or_none(fresh: &Stores) {
    let now = fresh.now();
    let two = Limit::Window { most: 2, per: TimeDelta::hours(2) };
    let takes = [(key(1), THREE_AN_HOUR), (key(2), two), (key(3), BACKOFF)];
    let take_all = async |takes: &[(ThrottleKey, Limit)]| fresh.throttle.take_all(takes, now).await.expect("could not count");
    assert_eq!(take_all(&[]).await, []);
    for count in 1..=2 {
        assert_eq!(take_all(&takes).await, [allowed(count); 3]);
    }
    // The second is used up, and the third must wait: the first that refuses is told.
    for _ in 0..10 {
        let refused = Taken { count: 2, refused_until: Some(now + TimeDelta::hours(2)) };
        assert_eq!(take_all(&takes).await, [allowed(3), refused]);
        assert_eq!(take_all(&[(key(4), THREE_AN_HOUR), (key(2), two)]).await, [allowed(1), refused]);
    }
    assert_eq!(take(fresh, key(1), THREE_AN_HOUR).await, allowed(3));
    assert_eq!(take(fresh, key(4), THREE_AN_HOUR).await, allowed(1));
    assert_eq!(take(fresh, key(3), BACKOFF).await, Taken { count: 2, refused_until: Some(now + TimeDelta::seconds(1)) });
    // The same one twice is two takes.
    assert_eq!(take_all(&[(key(5), two), (key(5), two), (key(5), two)]).await.last().unwrap().count, 2);
    assert_eq!(take_all(&[(key(5), two), (key(5), two)]).await, [allowed(1), allowed(2)]);
    assert!(take(fresh, key(5), two).await.refused_until.is_some());
}

/// And what was never counted, or not under this key, stays as it is.
pub async fn several_are_given_back_together(fresh: &Stores) {
    let now = fresh.now();
    let takes = [(key(1), THREE_AN_HOUR), (key(2), THREE_AN_HOUR)];
    for _ in 0..3 {
        fresh.throttle.take_all(&takes, now).await.unwrap();
    }
    take(fresh, key(3), THREE_AN_HOUR).await;
    fresh.throttle.give_back_all(&[]).await.unwrap();
    fresh.throttle.give_back_all(&[key(1), key(2), key(4)]).await.unwrap();
    assert_eq!(fresh.throttle.take_all(&takes, now).await.unwrap(), [allowed(3); 2]);
    assert!(fresh.throttle.take_all(&takes, now).await.unwrap().last().unwrap().refused_until.is_some());
    assert_eq!(take(fresh, key(3), THREE_AN_HOUR).await, allowed(2));
    assert_eq!(take(fresh, key(4), THREE_AN_HOUR).await, allowed(1));
}

/// Of twenty at once, in either order, at most five are allowed, and both counters hold what was.
pub async fn several_at_once_never_exceed(fresh: &Stores) {
    let five = Limit::Window { most: 5, per: TimeDelta::hours(1) };
    let now = fresh.now();
    let tasks = (0..20).map(|n| {
        let throttle = fresh.throttle.clone();
        let takes = if n % 2 == 0 { [(key(1), five), (key(2), five)] } else { [(key(2), five), (key(1), five)] };
        async move { throttle.take_all(&takes, now).await.expect("could not count") }
    });
    let answers = at_once(tasks).await;
    let passed = answers.iter().filter(|taken| taken.iter().all(|taken| taken.refused_until.is_none())).count();
    assert!((1..=5).contains(&passed), "{passed} passed");
    for n in [1, 2] {
        for _ in passed..5 {
            assert_eq!(take(fresh, key(n), five).await.refused_until, None);
        }
        assert!(take(fresh, key(n), five).await.refused_until.is_some());
    }
}

/// After a success, of either kind of limit.
pub async fn what_is_forgotten_begins_anew(fresh: &Stores) {
    fresh.throttle.forget(key(1)).await.expect("what was never counted can be forgotten");
    for limit in [THREE_AN_HOUR, BACKOFF] {
        for _ in 0..4 {
            take(fresh, key(1), limit).await;
        }
        assert!(take(fresh, key(1), limit).await.refused_until.is_some());
        fresh.throttle.forget(key(1)).await.unwrap();
        assert_eq!(take(fresh, key(1), limit).await, allowed(1));
        fresh.throttle.forget(key(1)).await.unwrap();
    }
}

/// Nor does the same digest under another key of the vault.
pub async fn keys_do_not_mix(fresh: &Stores) {
    let rotated = ThrottleKey(Digest { key: 2, ..sample::digest(1) });
    for _ in 0..3 {
        take(fresh, key(1), THREE_AN_HOUR).await;
    }
    assert_eq!(take(fresh, key(2), THREE_AN_HOUR).await, allowed(1));
    assert_eq!(take(fresh, rotated, THREE_AN_HOUR).await, allowed(1));
    fresh.throttle.forget(key(2)).await.unwrap();
    fresh.throttle.give_back(rotated).await.unwrap();
    assert!(take(fresh, key(1), THREE_AN_HOUR).await.refused_until.is_some());
}

/// Of twenty at once five are allowed, and no two of them hear the same count.
pub async fn takes_at_once_never_exceed(fresh: &Stores) {
    let five = Limit::Window { most: 5, per: TimeDelta::hours(1) };
    let now = fresh.now();
    let tasks = (0..20).map(|_| {
        let throttle = fresh.throttle.clone();
        async move { throttle.take(key(1), five, now).await.expect("could not count") }
    });
    let answers = at_once(tasks).await;
    let mut counts: Vec<u32> = answers.iter().filter(|taken| taken.refused_until.is_none()).map(|taken| taken.count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 3, 4, 5]);
}

/// And those that still count are kept.
pub async fn counters_that_ended_are_purged(fresh: &Stores) {
    let day = Limit::Window { most: 1, per: TimeDelta::hours(24) };
    take(fresh, key(1), THREE_AN_HOUR).await;
    take(fresh, key(2), BACKOFF).await;
    take(fresh, key(3), day).await;
    assert_eq!(fresh.throttle.purge(fresh.now() + TimeDelta::minutes(59)).await.unwrap(), 0);
    fresh.clock.advance(TimeDelta::minutes(61));
    assert_eq!(fresh.throttle.purge(fresh.now()).await.unwrap(), 2);
    assert_eq!(fresh.throttle.purge(fresh.now()).await.unwrap(), 0);
    assert!(take(fresh, key(3), day).await.refused_until.is_some());
}
