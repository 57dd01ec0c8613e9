//! How fast one network may knock: counted in memory, before anything reaches the database.
//!
//! A bucket per network that refills steadily. It keeps one machine from spending everybody's database; what a guess
//! costs is the engine's affair, whose limits are shared by all replicas. Generous on purpose: a whole company, or a
//! service that signs its people in, knocks from one address.

use super::client::ClientNetwork;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Requests at once.
const BURST: f64 = 2_000.0;
/// Requests per second in the long run.
const REFILL: f64 = 200.0;
/// Networks remembered at once: about 8 MiB. When they are full, those that have refilled are forgotten.
const NETWORKS: usize = 65_536;

/// The buckets of one server.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<ClientNetwork, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    seen: Instant,
}

impl Bucket {
    fn refilled(self, now: Instant) -> Self {
        let gained = now.saturating_duration_since(self.seen).as_secs_f64() * REFILL;
        Self { left: (self.left + gained).min(BURST), seen: now }
    }
}

impl Pace {
    /// Takes one.
    ///
    /// # Errors
    /// How long until there is another.
    pub(crate) fn take(&self, network: &ClientNetwork, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= NETWORKS && !buckets.contains_key(network) {
            buckets.retain(|_, bucket| bucket.refilled(now).left < BURST);
        }
        if buckets.len() >= NETWORKS && !buckets.contains_key(network) {
            // Sixty-five thousand networks are knocking at once: remembering more would be the attack's success.
            return Err(Duration::from_secs(1));
        }
        let bucket = buckets.entry(network.clone()).or_insert(Bucket { left: BURST, seen: now });
        *bucket = bucket.refilled(now);
        if bucket.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.left) / REFILL));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn network(address: &str) -> ClientNetwork {
        ClientNetwork::of(address.parse::<IpAddr>().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_is_slowed_down_and_the_others_are_not() {
        let pace = Pace::default();
        let now = Instant::now();
        for _ in 0..2_000 {
            pace.take(&network("192.0.2.1"), now).unwrap();
        }
        assert!(pace.take(&network("192.0.2.200"), now).unwrap_err() <= Duration::from_millis(5), "the same /24");
        assert_eq!(pace.take(&network("198.51.100.1"), now), Ok(()));
        let later = now + Duration::from_secs(1);
        let again = (0..500).filter(|_| pace.take(&network("192.0.2.1"), later).is_ok()).count();
        assert_eq!(again, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_memory_forgets_who_has_calmed_down() {
        let pace = Pace::default();
        let now = Instant::now();
        let nth = |n: u32| ClientNetwork::of(IpAddr::from((0x0a00_0000 + n * 256).to_be_bytes()));
        for n in 0..65_536 {
            pace.take(&nth(n), now).unwrap();
        }
        assert!(pace.take(&network("203.0.113.1"), now).is_err());
        assert_eq!(pace.take(&network("203.0.113.1"), now + Duration::from_secs(1)), Ok(()));
    }
}
