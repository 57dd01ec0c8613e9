//! Two servers with the same keys on one database of PostgreSQL, as they run in production: asked by turns, and each with a listener for figures.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Answer, Client, HOUSING, PATIENCE, Person, Setup, Site, form, within};
use onboarding_testkit::postgres::Cluster;
use serde_json::json;
use std::thread;

/// Two servers, whose mails lie in the folder of the first.
pub(crate) struct Replicas {
    pub(crate) sites: [Site; 2],
    pub(crate) database: String,
}

impl Replicas {
    /// Of the tenants' portal alone, behind a proxy on loopback; `configure` may change the files of each before it starts.
    pub(crate) fn start(configure: impl Fn(&Site)) -> Self {
        let database = Cluster::shared().database();
        let setup = || Setup { database: database.clone(), twin: false, trusted_proxies: vec!["127.0.0.1"], ..Setup::default() };
        let mut first = Site::prepared(&setup());
        configure(&first);
        first.restart();
        let mut second = Site::beside_with_one_postbox(&setup(), &first);
        second.kill();
        configure(&second);
        second.restart();
        Self { sites: [first, second], database }
    }

    /// By turns.
    pub(crate) fn nth(&self, nth: usize) -> &Site {
        &self.sites[nth % 2]
    }

    /// What PostgreSQL counts.
    pub(crate) fn count(&self, what: &str) -> usize {
        Cluster::shared().psql(&self.database, &format!("SELECT COUNT(*) FROM {what}")).parse().unwrap()
    }

    /// Applies at one, confirms at the other.
    pub(crate) fn register(&self, person: &Person, email: &str) {
        let applied = self.sites[0].post("/housing/registrations", &form(person, email)).expect(202);
        let path = format!("/housing/registrations/{}/confirm", applied["registration"].as_str().unwrap());
        self.sites[1].post(&path, &json!({ "code": self.sites[0].mail(HOUSING, email).code() })).expect(200);
    }

    /// Nothing that was ordered before this call is still to be sent.
    pub(crate) fn sent_everything(&self) {
        within(PATIENCE, "the outbox to be empty", || (self.count("outbox WHERE settled_at IS NULL") == 0).then_some(()));
    }

    /// So many calls at once, by turns at one and the other.
    pub(crate) fn at_once(&self, times: usize, call: impl Fn(Client, usize) -> Answer + Sync) -> Vec<Answer> {
        thread::scope(|scope| {
            let call = &call;
            let calls = (0..times).map(|nth| (self.nth(nth).http(), nth)).map(|(client, nth)| scope.spawn(move || call(client, nth)));
            let calls = calls.collect::<Vec<_>>();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        })
    }
}
