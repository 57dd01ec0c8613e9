//! Faults of the database under a running server: while nothing can be written readiness is red and nothing is promised; afterwards all
//! goes on by itself. What a fault does to a single statement is tested with the store.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use support::{HOUSING, PATIENCE, PEOPLE, Setup, Site, form, within};

fn ready(site: &Site) -> u16 {
    site.http().get("/health/ready").send().status
}

fn turns(site: &Site, status: u16) {
    within(PATIENCE, &format!("readiness to be {status}"), || (ready(site) == status).then_some(()));
}

fn registrations(cluster: &Cluster, database: &str) -> usize {
    cluster.psql(database, "SELECT COUNT(*) FROM registrations").parse().unwrap()
}

/// Fault: the database may only be read.
#[test]
fn a_database_that_may_only_be_read_turns_readiness_red_until_it_may_be_written() {
    let cluster = Cluster::shared();
    let database = cluster.database();
    let site = Site::with(&Setup { twin: false, database: database.clone(), ..Setup::default() });
    assert_eq!(ready(&site), 200);
    let name = database.rsplit('/').next().unwrap();
    let turn = |setting: &str| {
        cluster.psql("postgres", &format!("ALTER DATABASE {name} SET default_transaction_read_only = {setting}"));
        cluster.psql("postgres", &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    };
    turn("on");
    turns(&site, 503);
    assert_eq!(site.http().get("/health/live").send().status, 200);
    for _ in 0..3 {
        site.post("/housing/registrations", &form(&PEOPLE[0], "early@post.example")).expect(503);
        assert_eq!(ready(&site), 503);
    }
    assert_eq!(registrations(cluster, &database), 0);
    turn("off");
    turns(&site, 200);
    site.register(HOUSING, &PEOPLE[0], "early@post.example");
}

/// Fault: the database's server crashes under load and comes back. What was promised is there.
#[test]
fn a_database_that_crashes_under_load_loses_nothing_that_was_promised() {
    let cluster = Cluster::start("");
    let database = cluster.database();
    let site = Site::with(&Setup { twin: false, trusted_proxies: vec!["127.0.0.1"], database: database.clone(), ..Setup::default() });
    let over = AtomicBool::new(false);
    let promised: usize = thread::scope(|scope| {
        let crowd: Vec<_> = (0..4)
            .map(|who| {
                let (site, over) = (&site, &over);
                scope.spawn(move || {
                    let mut promised = 0;
                    for nth in 0.. {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let call = site.http().post("/api/v1/housing/registrations").from(&format!("10.{who}.{nth}.1"));
                        let answer = call.json(&form(&PEOPLE[who], &format!("p-{who}-{nth}@post.example"))).send();
                        assert!(matches!(answer.status, 202 | 500 | 503), "{answer}");
                        promised += usize::from(answer.status == 202);
                        thread::sleep(Duration::from_millis(20));
                    }
                    promised
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(700));
        cluster.stop();
        turns(&site, 503);
        cluster.start_again();
        turns(&site, 200);
        thread::sleep(Duration::from_millis(300));
        over.store(true, Ordering::Relaxed);
        crowd.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert!(promised >= 4, "{promised}");
    // A step whose answer was lost may have been taken; none that was promised is missing.
    let there = registrations(&cluster, &database);
    assert!((promised..=promised + 4).contains(&there), "{promised} promised, {there} there");
    site.register(HOUSING, &PEOPLE[9], "after@post.example");
}
