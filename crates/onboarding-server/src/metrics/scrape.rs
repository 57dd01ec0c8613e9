//! The figures of one moment: what is counted, and what waits in the database just now.
//!
//! The database is asked at most every five seconds, whoever asks how often: a collector that runs wild costs nothing.

use super::{Metrics, head, line};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::Onboarding;
use onboarding::ports::{Counted, Tally};
use onboarding_http::exposition::Figures;
use onboarding_secrets::ArgonPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long what the database said is told again.
const FRESH: Duration = Duration::from_secs(5);
/// How late the sweeper may be before it shows, and beyond how much it shows twice.
const LATE: [(&str, TimeDelta); 3] = [("0", TimeDelta::zero()), ("60", TimeDelta::minutes(1)), ("600", TimeDelta::minutes(10))];
/// Aggregates that are counted as overdue at most.
const OVERDUE_AT_MOST: u32 = 1_000;

/// Everything that `/metrics` tells.
pub(crate) struct Scrape {
    metrics: Arc<Metrics>,
    engine: Onboarding,
    pool: Arc<ArgonPool>,
    waiting: Mutex<Option<(Instant, String)>>,
}

impl Scrape {
    pub(crate) fn new(metrics: Arc<Metrics>, engine: Onboarding, pool: Arc<ArgonPool>) -> Self {
        Self { metrics, engine, pool, waiting: Mutex::new(None) }
    }

    /// What the database said lately; asked anew where that is old.
    async fn waiting(&self) -> String {
        let mut kept = self.waiting.lock().await;
        if let Some((at, text)) = &*kept
            && at.elapsed() < FRESH
        {
            return text.clone();
        }
        let text = self.asked().await;
        *kept = Some((Instant::now(), text.clone()));
        text
    }

    async fn asked(&self) -> String {
        let mut text = String::new();
        let ports = self.engine.ports();
        head(&mut text, "onboarding_ready", "1 while the database answers, is migrated and agrees on the time.", "gauge");
        let now = match ports.store.ready().await {
            Ok(()) => ports.store.now().await,
            Err(error) => Err(error),
        };
        line(&mut text, "onboarding_ready", "", i32::from(now.is_ok()));
        // What cannot be asked is left out, and seen by its absence and by `onboarding_ready`.
        let Ok(now) = now else { return text };
        head(
            &mut text,
            "onboarding_sweeper_overdue",
            "Things whose time came so many seconds ago and that did not move yet, at most 1000.",
            "gauge",
        );
        for (word, late) in LATE {
            if let Ok(due) = ports.store.due(now - late, OVERDUE_AT_MOST).await {
                line(&mut text, "onboarding_sweeper_overdue", &format!("seconds=\"{word}\""), due.len());
            }
        }
        let mut tallies = Vec::new();
        for portal in self.engine.portals().all() {
            if let Ok(tally) = ports.backoffice.tally(&portal.slug, &[]).await {
                tallies.push((portal.slug.to_string(), tally));
            }
        }
        write_tallies(&mut text, &tallies, now);
        text
    }
}

fn age(now: DateTime<Utc>, counted: &Counted) -> i64 {
    (now - counted.oldest).num_seconds().max(0)
}

fn write_tallies(text: &mut String, tallies: &[(String, Tally)], now: DateTime<Utc>) {
    let deliveries = || {
        tallies.iter().flat_map(|(portal, tally)| {
            tally
                .deliveries
                .iter()
                .map(move |(kind, counted)| (format!("portal=\"{portal}\",kind=\"{}\",state=\"{}\"", kind.word(), counted.state), counted))
        })
    };
    head(text, "onboarding_outbox_deliveries", "Mails and letters that are queued, parked or failed.", "gauge");
    deliveries().for_each(|(labels, counted)| line(text, "onboarding_outbox_deliveries", &labels, counted.count));
    head(text, "onboarding_outbox_oldest_seconds", "How long ago the oldest of them was ordered.", "gauge");
    deliveries().for_each(|(labels, counted)| line(text, "onboarding_outbox_oldest_seconds", &labels, age(now, counted)));
    for (name, help, of) in [
        (
            "onboarding_registrations_waiting",
            "Registrations that wait for somebody, by state.",
            (|tally: &Tally| &tally.registrations) as fn(&Tally) -> &Vec<Counted>,
        ),
        ("onboarding_letters", "PIN letters whose PIN still counts, by state.", |tally| &tally.letters),
    ] {
        head(text, name, help, "gauge");
        for (portal, tally) in tallies {
            for counted in of(tally) {
                line(text, name, &format!("portal=\"{portal}\",state=\"{}\"", counted.state), counted.count);
            }
        }
    }
}

#[async_trait]
impl Figures for Scrape {
    async fn text(&self) -> String {
        let mut text = String::new();
        head(&mut text, "onboarding_build_info", "The version that runs.", "gauge");
        line(&mut text, "onboarding_build_info", concat!("version=\"", env!("CARGO_PKG_VERSION"), "\""), 1);
        self.metrics.write(&mut text);
        head(&mut text, "onboarding_hashes_total", "Passwords hashed, of unknown logins too.", "counter");
        line(&mut text, "onboarding_hashes_total", "", self.pool.computed());
        head(&mut text, "onboarding_hashes_refused_total", "Passwords turned away because too many waited.", "counter");
        line(&mut text, "onboarding_hashes_refused_total", "", self.pool.refused());
        head(&mut text, "onboarding_hash_queue", "Passwords that wait for a hashing thread.", "gauge");
        line(&mut text, "onboarding_hash_queue", "", self.pool.waiting());
        text.push_str(&self.waiting().await);
        text
    }
}
