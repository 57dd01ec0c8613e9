//! What is counted while the server works, and how it is written down for a collector (the text format of Prometheus).
//!
//! Every label is a word of ours: a route's pattern, a status, a portal's slug, a kind of event. Never an id, an address, a number or anything
//! that a client chose, so the number of lines stays bounded. What waits in the database is counted when somebody asks ([`scrape`]).

pub(crate) mod ports;
pub(crate) mod scrape;

use onboarding_http::middleware::{AnswerWatch, Answered};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Upper ends of the buckets of a duration, in seconds. A hash takes tens of milliseconds, a limit is 30 s.
const BUCKETS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Counters and histograms of this process, from its start on.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Counter,
    durations: Histogram,
    /// What commits say happened, by portal and kind.
    pub(crate) events: Counter,
    pub(crate) commits: Counter,
    pub(crate) store_errors: Counter,
    pub(crate) mails: Counter,
    pub(crate) letters: Counter,
}

/// A number for each set of labels.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<BTreeMap<String, u64>>);

/// How long something took, for each set of labels.
#[derive(Debug, Default)]
struct Histogram(Mutex<BTreeMap<String, Spread>>);

#[derive(Clone, Debug, Default)]
struct Spread {
    /// How many fell into each bucket, and beyond the last.
    counts: [u64; BUCKETS.len() + 1],
    sum: Duration,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one number: whoever panicked beside it left it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Counter {
    /// One more.
    pub(crate) fn add(&self, labels: String) {
        *locked(&self.0).entry(labels).or_default() += 1;
    }

    fn write(&self, text: &mut String, name: &str, help: &str) {
        head(text, name, help, "counter");
        for (labels, count) in &*locked(&self.0) {
            line(text, name, labels, count);
        }
    }
}

impl Histogram {
    fn add(&self, labels: String, took: Duration) {
        let mut all = locked(&self.0);
        let spread = all.entry(labels).or_default();
        let bucket = BUCKETS.iter().position(|end| took.as_secs_f64() <= *end).unwrap_or(BUCKETS.len());
        spread.counts[bucket] += 1;
        spread.sum += took;
    }

    fn write(&self, text: &mut String, name: &str, help: &str) {
        head(text, name, help, "histogram");
        for (labels, spread) in &*locked(&self.0) {
            let mut all = 0;
            for (count, end) in spread.counts.iter().zip(BUCKETS.map(|end| end.to_string()).into_iter().chain(["+Inf".to_owned()])) {
                all += count;
                line(text, &format!("{name}_bucket"), &format!("{labels},le=\"{end}\""), all);
            }
            line(text, &format!("{name}_sum"), labels, spread.sum.as_secs_f64());
            line(text, &format!("{name}_count"), labels, all);
        }
    }
}

/// What stands before the lines of a name.
pub(crate) fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to a string cannot fail");
}

/// One line.
pub(crate) fn line(text: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
    writeln!(text, "{name}{labels} {value}").expect("writing to a string cannot fail");
}

impl AnswerWatch for Metrics {
    fn answered(&self, answer: &Answered<'_>) {
        let Answered { method, route, status, took } = answer;
        self.requests.add(format!("method=\"{method}\",route=\"{route}\",status=\"{status}\""));
        self.durations.add(format!("method=\"{method}\",route=\"{route}\""), *took);
    }
}

impl Metrics {
    /// Everything that is counted while the server works.
    fn write(&self, text: &mut String) {
        self.requests.write(text, "onboarding_http_requests_total", "Requests answered, by method, pattern of the route and status.");
        self.durations.write(text, "onboarding_http_request_duration_seconds", "From a request's header to its answer.");
        self.events.write(
            text,
            "onboarding_events_total",
            "What happened, as the audit trail says it: sign-ins, registrations, letters and so on.",
        );
        self.commits.write(
            text,
            "onboarding_commits_total",
            "Steps written to the database, by how they ended. A conflict is decided anew.",
        );
        self.store_errors.write(text, "onboarding_store_errors_total", "Calls of the database that failed, by what was asked.");
        self.mails.write(text, "onboarding_mail_attempts_total", "Mails handed to the mail server, by its answer.");
        self.letters.write(text, "onboarding_letter_attempts_total", "Letters handed to the press, by its answer.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_its_bucket_and_in_every_wider_one() {
        let (metrics, mut text) = (Metrics::default(), String::new());
        for milliseconds in [1, 7, 40_000] {
            let took = Duration::from_millis(milliseconds);
            metrics.answered(&Answered { method: "GET", route: "/x/:portal", status: 200, took });
        }
        metrics.write(&mut text);
        let name = "onboarding_http_request_duration_seconds";
        let labels = "method=\"GET\",route=\"/x/:portal\"";
        for (end, count) in [("0.001", 1), ("0.005", 1), ("0.01", 2), ("30", 2), ("+Inf", 3)] {
            assert!(text.contains(&format!("{name}_bucket{{{labels},le=\"{end}\"}} {count}\n")), "{end}: {text}");
        }
        assert!(
            text.contains(&format!("{name}_count{{{labels}}} 3\n")) && text.contains(&format!("{name}_sum{{{labels}}} 40.008\n")),
            "{text}"
        );
        assert!(text.contains(&format!("onboarding_http_requests_total{{{labels},status=\"200\"}} 3\n")), "{text}");
    }
}
