//! The upgrade as it is documented, with two servers on one database and people who go on meanwhile: a schema that grows under servers that do not
//! know its newest step, and servers that are replaced one after the other.
//!
//! There is no newer program to test with. Its step is laid into the database beside the servers, as `migrate` would do it; and where it is to
//! start, the step is taken from the list again while its tables and columns stay, which is all that a program sees of a step it knows.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/replicas.rs"]
mod replicas;
#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use replicas::Replicas;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{Answer, Call, Client, HOUSING, PASSWORD, PATIENCE, PEOPLE, Site, form, within};

/// What a newer version would add, in one transaction: steps only add.
const NEWER: &str = "BEGIN; \
    ALTER TABLE accounts ADD COLUMN nickname text; \
    ALTER TABLE registrations ADD COLUMN nickname text; \
    CREATE TABLE nicknames (id uuid PRIMARY KEY, account_id uuid NOT NULL); \
    CREATE INDEX ix_accounts_nickname ON accounts (nickname); \
    INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_nicknames', 1); \
    COMMIT";
const KNOWN: &str = "DELETE FROM seaql_migrations WHERE version = 'm20990101_000001_nicknames'";

/// The proxy in front: it knows where the servers are, and asks the next one where one gives no answer or has none to give.
struct Proxy(Mutex<[Client; 2]>);

impl Proxy {
    fn before(sites: &[Site; 2]) -> Self {
        Self(Mutex::new(sites.each_ref().map(Site::http)))
    }

    /// The server stands somewhere else now.
    fn moved(&self, which: usize, site: &Site) {
        self.0.lock().unwrap()[which] = site.http();
    }

    /// By turns at one and the other, until one answers.
    fn send(&self, mut turn: usize, call: impl Fn(Client) -> Call) -> Answer {
        within(PATIENCE, "an answer of either server", || {
            let client = self.0.lock().unwrap()[turn % 2];
            turn += 1;
            call(client).try_send().ok().filter(|answer| answer.status != 503)
        })
    }
}

/// What people did while the servers changed.
#[derive(Default)]
struct Done {
    /// Handles by address, one for each key.
    registered: BTreeMap<String, String>,
    signed_in: usize,
    looked: usize,
}

/// Does something again and again until it is over: how often.
fn turns(over: &AtomicBool, every: Duration, mut doing: impl FnMut(usize)) -> usize {
    // Where the test fails before it is over, it ends all the same.
    let end = Instant::now() + 3 * PATIENCE;
    let mut turn = 0;
    while !over.load(Ordering::Relaxed) && Instant::now() < end {
        doing(turn);
        turn += 1;
        thread::sleep(every);
    }
    turn
}

/// Registers one address after the other: the handles.
fn registrations(proxy: &Proxy, who: usize, over: &AtomicBool) -> BTreeMap<String, String> {
    let mut registered = BTreeMap::new();
    turns(over, Duration::from_millis(20), |nth| {
        let email = format!("p-{who}-{nth}@post.example");
        let (body, key) = (form(&PEOPLE[1 + who], &email), format!("key-of-somebody-{who:08}-{nth:08}"));
        let answer = proxy.send(nth, |client| {
            let call = client.post("/api/v1/housing/registrations").header("Idempotency-Key", &key);
            call.from(&format!("10.{who}{}.{}.1", nth / 250, nth % 250)).json(&body)
        });
        registered.insert(email, answer.expect(202)["registration"].as_str().unwrap().to_owned());
    });
    registered
}

/// People who register, each under a key of its own; who sign in; and one who has a session and looks at it. Until it is over.
fn people(proxy: &Proxy, session: &str, over: &AtomicBool) -> Done {
    thread::scope(|scope| {
        let registering: Vec<_> = (0..2).map(|who| scope.spawn(move || registrations(proxy, who, over))).collect();
        let signing_in = scope.spawn(|| {
            let body = json!({ "login": "owner@post.example", "password": PASSWORD });
            turns(over, Duration::from_millis(50), |turn| {
                proxy.send(turn, |client| client.post("/api/v1/housing/sessions").from("10.99.0.1").json(&body)).expect(201);
            })
        });
        let looked = turns(over, Duration::from_millis(10), |turn| {
            proxy.send(turn, |client| client.get("/api/v1/housing/session").bearer(session)).expect(200);
        });
        let registered = registering.into_iter().flat_map(|one| one.join().unwrap()).collect();
        Done { registered, signed_in: signing_in.join().unwrap(), looked }
    })
}

/// Nothing is lost and nothing there twice: each key is one registration, each has its one mail, and its code opens the account.
fn whole(replicas: &Replicas, done: &Done) {
    assert!(done.registered.len() > 10 && done.signed_in > 3 && done.looked > 20, "hardly anybody was there");
    replicas.sent_everything();
    assert_eq!(replicas.count("registrations"), done.registered.len() + 1, "a registration for each key, and the owner's");
    let mails = replicas.sites[0].mails(HOUSING);
    for (nth, (email, handle)) in done.registered.iter().enumerate() {
        assert_eq!(replicas.nth(nth).get(&format!("/housing/registrations/{handle}")).expect(200)["state"], "awaiting_email");
        assert_eq!(mails.iter().filter(|mail| mail.to == *email).count(), 1, "mails to {email}");
    }
    let (email, handle) = done.registered.first_key_value().unwrap();
    let code = mails.iter().find(|mail| mail.to == *email).unwrap().code();
    let confirm = format!("/housing/registrations/{handle}/confirm");
    assert_eq!(replicas.sites[1].post(&confirm, &json!({ "code": code })).expect(200)["state"], "active");
}

fn ready(site: &Site) -> u16 {
    site.http().get("/health/ready").send().status
}

/// A moment in which people go on.
fn meanwhile() {
    thread::sleep(Duration::from_millis(700));
}

/// Two servers with an owner of a session.
fn start() -> (Replicas, String) {
    let replicas = Replicas::start(|_| {});
    replicas.register(&PEOPLE[0], "owner@post.example");
    let session = replicas.sites[0].sign_in(HOUSING, "owner@post.example", PASSWORD);
    (replicas, session)
}

/// Replaces one server after the other: told to stop, started again, and ready before the next one is touched.
fn replace_each(replicas: &mut Replicas, proxy: &Proxy) {
    for (which, site) in replicas.sites.iter_mut().enumerate() {
        site.stop();
        meanwhile();
        site.restart();
        proxy.moved(which, site);
        within(PATIENCE, "the new server to be ready", || (ready(site) == 200).then_some(()));
        meanwhile();
    }
}

#[test]
fn two_servers_are_replaced_one_after_the_other_while_people_go_on_and_nothing_is_lost() {
    let (mut replicas, session) = start();
    let (proxy, over) = (Proxy::before(&replicas.sites), AtomicBool::new(false));
    let done = thread::scope(|scope| {
        let going_on = scope.spawn(|| people(&proxy, &session, &over));
        meanwhile();
        // The same step again, while both serve.
        let migrated = replicas.sites[1].run(&["migrate"]);
        assert_eq!(String::from_utf8(migrated.stdout).unwrap(), "the database is at the newest step already\n");
        assert_eq!(replicas.sites.each_ref().map(ready), [200, 200]);
        replace_each(&mut replicas, &proxy);
        over.store(true, Ordering::Relaxed);
        going_on.join().unwrap()
    });
    whole(&replicas, &done);
    for site in &replicas.sites {
        site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
    }
}

#[test]
fn servers_that_do_not_know_the_newest_step_are_not_ready_and_answer_on_until_newer_ones_take_their_place() {
    let (mut replicas, session) = start();
    let (proxy, over) = (Proxy::before(&replicas.sites), AtomicBool::new(false));
    let cluster = Cluster::shared();
    let done = thread::scope(|scope| {
        let going_on = scope.spawn(|| people(&proxy, &session, &over));
        meanwhile();
        cluster.psql(&replicas.database, NEWER);
        let mut late_ones = BTreeMap::new();
        // Both say so, and answer whoever still comes.
        for (nth, site) in replicas.sites.iter().enumerate() {
            within(PATIENCE, "the old server to say so", || (ready(site) == 503).then_some(()));
            site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
            site.sign_in(HOUSING, "owner@post.example", PASSWORD);
            let late = site.http().post("/api/v1/housing/registrations").header("Idempotency-Key", &format!("key-of-a-late-one-{nth:08}"));
            let email = format!("late-{nth}@post.example");
            let handle = late.json(&form(&PEOPLE[5], &email)).send().expect(202)["registration"].as_str().unwrap().to_owned();
            late_ones.insert(email, handle);
            assert_eq!(ready(site), 503);
        }
        meanwhile();
        // The old program does not start, nor migrate, on what it does not know.
        for command in ["serve", "migrate"] {
            let refused = replicas.sites[0].command(&[command]).output().unwrap();
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(refused.status.code() == Some(1) && said.contains("m20990101_000001_nicknames"), "{command}: {refused:?}");
        }
        cluster.psql(&replicas.database, KNOWN);
        replace_each(&mut replicas, &proxy);
        over.store(true, Ordering::Relaxed);
        let mut done = going_on.join().unwrap();
        done.registered.append(&mut late_ones);
        done
    });
    whole(&replicas, &done);
}
