//! Not too many mails at once to one domain: large providers take a flood from one sender for spam, and refuse all of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Domains that are remembered; those that were left alone long enough are forgotten first.
const DOMAINS: usize = 10_000;

/// Mails to a domain keep this distance.
pub(super) struct Pace {
    distance: Duration,
    /// When the next mail may go to a domain.
    next: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    /// At most so many a minute, one after another; at least one.
    pub(super) fn new(per_minute: u32) -> Self {
        Self { distance: Duration::from_mins(1) / per_minute.max(1), next: Mutex::default() }
    }

    /// Takes the domain's next place; how long to wait if it is not free yet.
    pub(super) fn take(&self, domain: &str, now: Instant) -> Option<Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let domain = domain.to_lowercase();
        if let Some(free) = next.get(&domain).filter(|free| **free > now) {
            return Some(*free - now);
        }
        if next.len() >= DOMAINS {
            next.retain(|_, free| *free > now);
        }
        next.insert(domain, now + self.distance);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_left_alone_between_two_mails_and_others_are_not_held_up() {
        let (pace, now) = (Pace::new(30), Instant::now());
        assert_eq!(pace.take("Post.example", now), None);
        assert_eq!(pace.take("post.example", now), Some(Duration::from_secs(2)));
        assert_eq!(pace.take("other.example", now), None);
        assert_eq!(pace.take("post.example", now + Duration::from_secs(2)), None);
    }
}
