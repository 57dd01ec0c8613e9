//! Every answer to a clerk who has a stuck mail or letter go out again.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::retry::{Carries, Refusal, decide};

#[test]
fn only_what_waits_for_a_clerk_and_still_opens_something_goes_out_again() {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let (later, moment) = (Some(now + TimeDelta::seconds(1)), Some(now));
    for (parked, not_after, carries, expected) in [
        (Ok(()), None, Carries::Something, Ok(())),
        (Ok(()), later, Carries::Something, Ok(())),
        (Ok(()), moment, Carries::Something, Err(Refusal::SecretExpired)),
        (Ok(()), later, Carries::Nothing, Err(Refusal::SecretReplaced)),
        (Ok(()), moment, Carries::Nothing, Err(Refusal::SecretExpired)),
        (Err("sent"), later, Carries::Something, Err(Refusal::NotInThisState("sent"))),
        (Err("failed"), moment, Carries::Nothing, Err(Refusal::NotInThisState("failed"))),
    ] {
        assert_eq!(decide(parked, not_after, carries, now), expected, "{parked:?} {not_after:?} {carries:?}");
    }
}
