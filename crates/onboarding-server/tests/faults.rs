//! Faults of the database under a running server: while nothing can be written readiness is red and nothing is promised; afterwards all
//! goes on by itself. What a fault does to a single statement is tested with the store.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
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

/// Registers people without pause from four sides, each time from another network, until it is over. Gives the handles that were promised, with
/// the address and the moment of the promise.
fn crowd(site: &Site, over: &AtomicBool) -> Vec<(String, String, Instant)> {
    // Where the test fails before it is over, it ends all the same.
    let end = Instant::now() + 3 * PATIENCE;
    thread::scope(|scope| {
        let crowd: Vec<_> = (0..4)
            .map(|who| {
                scope.spawn(move || {
                    let mut promised = Vec::new();
                    for nth in 0.. {
                        if over.load(Ordering::Relaxed) || Instant::now() > end {
                            break;
                        }
                        let email = format!("p-{who}-{nth}@post.example");
                        let call =
                            site.http().post("/api/v1/housing/registrations").from(&format!("10.{who}{}.{}.1", nth / 250, nth % 250));
                        let answer = call.json(&form(&PEOPLE[who], &email)).send();
                        assert!(matches!(answer.status, 202 | 503), "{answer}");
                        if answer.status == 202 {
                            promised.push((answer.json()["registration"].as_str().unwrap().to_owned(), email, Instant::now()));
                        }
                        thread::sleep(Duration::from_millis(20));
                    }
                    promised
                })
            })
            .collect();
        crowd.into_iter().flat_map(|one| one.join().unwrap()).collect()
    })
}

/// Every promise was kept, and is kept after a crash: the registration is there, and its mail went out once, or twice where nobody could know.
fn kept(site: &mut Site, promised: &[(String, String, Instant)], waiting: impl Fn(&Site) -> String) {
    site.crash();
    for (handle, email, _) in promised {
        assert_eq!(site.get(&format!("/housing/registrations/{handle}")).expect(200)["state"], "awaiting_email", "{email}");
    }
    within(PATIENCE, "the outbox to be empty", || (waiting(site) == "0").then_some(()));
    for (_, email, _) in promised {
        let mails = site.mails_to(HOUSING, email).len();
        assert!((1..=2).contains(&mails), "{mails} mails to {email}");
    }
}

/// A disk whose files of the database refuse what is written, with the error that a file beside the database names.
const DISK: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static int refused(int file) {
    char link[64], path[512], fault[16] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 8);
    if (length < 0) return 0;
    path[length] = 0;
    char *name = strstr(path, "onboarding.db");
    if (!name) return 0;
    strcpy(name, "fault");
    int told = open(path, O_RDONLY);
    if (told < 0) return 0;
    syscall(SYS_read, told, fault, sizeof fault - 1);
    close(told);
    errno = atoi(fault);
    return errno != 0;
}
ssize_t write(int file, const void *bytes, size_t count) {
    return refused(file) ? -1 : syscall(SYS_write, file, bytes, count);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return refused(file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, at);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return pwrite64(file, bytes, count, at);
}
int ftruncate64(int file, off64_t length) {
    return refused(file) ? -1 : (int) syscall(SYS_ftruncate, file, length);
}
"#;

/// What SQLite's own program reads in the file, beside the server.
fn sqlite3(site: &Site, sql: &str) -> String {
    let read = Command::new("sqlite3").arg("-readonly").arg(site.folder().join("onboarding.db")).arg(sql).output().unwrap();
    assert!(read.status.success(), "{read:?}");
    String::from_utf8(read.stdout).unwrap().trim().to_owned()
}

const REGISTRATIONS: &str = "SELECT COUNT(*) FROM registrations";
const WAITING: &str = "SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL";

fn on_sqlite() -> Setup {
    Setup { twin: false, trusted_proxies: vec!["127.0.0.1"], database: "sqlite:onboarding.db".to_owned(), ..Setup::default() }
}

/// Fault: the disk is full (ENOSPC), its filesystem may only be read since an error (EROFS), or it fails (EIO), under load. Nothing is promised and
/// nothing written until it is well, and then all goes on.
#[test]
fn a_disk_that_is_full_read_only_or_broken_turns_readiness_red_and_nothing_is_promised_until_it_takes_what_is_written() {
    for (error, told) in [(28, "the disk is full"), (30, "the disk failed"), (5, "the disk failed")] {
        let mut site = Site::prepared(&on_sqlite());
        site.preload(DISK);
        site.restart();
        let fault = site.folder().join("fault");
        let over = AtomicBool::new(false);
        let promised = thread::scope(|scope| {
            let running = scope.spawn(|| crowd(&site, &over));
            within(PATIENCE, "some registrations", || (sqlite3(&site, REGISTRATIONS).parse::<u32>().unwrap() >= 4).then_some(()));
            // Renamed into place: a disk is full or not.
            fs::write(fault.with_extension("draft"), error.to_string()).unwrap();
            fs::rename(fault.with_extension("draft"), &fault).unwrap();
            turns(&site, 503);
            assert_eq!(site.http().get("/health/live").send().status, 200);
            let written = sqlite3(&site, REGISTRATIONS);
            for nth in 0..5 {
                site.post("/housing/registrations", &form(&PEOPLE[5], &format!("early-{nth}@post.example"))).expect(503);
                assert_eq!(ready(&site), 503);
            }
            assert_eq!(sqlite3(&site, REGISTRATIONS), written, "error {error}: something was written");
            fs::remove_file(&fault).unwrap();
            turns(&site, 200);
            site.register(HOUSING, &PEOPLE[6], "after@post.example");
            over.store(true, Ordering::Relaxed);
            running.join().unwrap()
        });
        assert!(site.log().contains(told), "nobody was told why");
        // All that was promised and nothing else, but for the one who came afterwards.
        assert_eq!(sqlite3(&site, REGISTRATIONS).parse::<usize>().unwrap(), promised.len() + 1, "error {error}");
        kept(&mut site, &promised, |site| sqlite3(site, WAITING));
    }
}

/// Fault: another program holds SQLite's only lock for longer than anybody waits: 5 seconds until a write fails, and 5 more until readiness has tried
/// one of its own.
#[test]
fn a_file_that_another_program_has_locked_turns_readiness_red_until_the_lock_is_gone() {
    let mut site = Site::with(&on_sqlite());
    let over = AtomicBool::new(false);
    let promised = thread::scope(|scope| {
        let running = scope.spawn(|| crowd(&site, &over));
        within(PATIENCE, "some registrations", || (sqlite3(&site, REGISTRATIONS).parse::<u32>().unwrap() >= 4).then_some(()));
        let mut locker = Command::new("sqlite3");
        locker.arg(site.folder().join("onboarding.db")).args([".timeout 20000", "BEGIN IMMEDIATE", ".shell sleep 16", "COMMIT"]);
        let mut locker = locker.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        turns(&site, 503);
        assert_eq!(site.http().get("/health/live").send().status, 200);
        assert!(locker.wait().unwrap().success());
        turns(&site, 200);
        site.register(HOUSING, &PEOPLE[6], "after@post.example");
        over.store(true, Ordering::Relaxed);
        running.join().unwrap()
    });
    assert!(site.log().contains("the database is locked"), "nobody was told why");
    assert_eq!(sqlite3(&site, REGISTRATIONS).parse::<usize>().unwrap(), promised.len() + 1);
    kept(&mut site, &promised, |site| sqlite3(site, WAITING));
}

/// Fault: locks that others hold keep every connection of the pool waiting.
#[test]
fn a_pool_whose_connections_all_wait_for_locks_turns_readiness_red_until_they_are_free() {
    const HELD: Duration = Duration::from_secs(16);
    let cluster = Cluster::shared();
    let database = cluster.database();
    let mut site = Site::with(&Setup { database: database.clone(), ..on_sqlite() });
    let over = AtomicBool::new(false);
    let (promised, locked) = thread::scope(|scope| {
        let running = scope.spawn(|| crowd(&site, &over));
        within(PATIENCE, "some registrations", || (registrations(cluster, &database) >= 4).then_some(()));
        // Readers pass, writers wait.
        let lock = format!("LOCK TABLE throttles, registrations IN EXCLUSIVE MODE; SELECT pg_sleep({})", HELD.as_secs());
        let began = Instant::now();
        let locker = scope.spawn({
            let database = &database;
            move || cluster.psql(database, &lock)
        });
        let held = "SELECT COUNT(*) FROM pg_locks WHERE relation = 'registrations'::regclass AND mode = 'ExclusiveLock' AND granted";
        within(PATIENCE, "the lock", || (cluster.psql(&database, held) == "1").then_some(()));
        let locked = Instant::now();
        let written = registrations(cluster, &database);
        turns(&site, 503);
        assert_eq!(site.http().get("/health/live").send().status, 200);
        assert!(began.elapsed() < HELD, "readiness was red too late to tell by what");
        assert_eq!(registrations(cluster, &database), written);
        locker.join().unwrap();
        turns(&site, 200);
        site.register(HOUSING, &PEOPLE[6], "after@post.example");
        over.store(true, Ordering::Relaxed);
        (running.join().unwrap(), locked..began + HELD)
    });
    // An answer that was on its way when the lock was taken is no promise made during it.
    let during = promised.iter().filter(|(_, _, at)| locked.start + Duration::from_secs(1) < *at && *at < locked.end).count();
    assert_eq!(during, 0, "something was promised that could not be written");
    assert_eq!(registrations(cluster, &database), promised.len() + 1);
    kept(&mut site, &promised, |_| cluster.psql(&database, WAITING));
}

/// The newest of PostgreSQL's own programs.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.is_file()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

/// Shows every other client out.
const OUT: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> 'psql' AND datname = current_database()";

/// Fault: other clients hold every connection that the database's server has.
#[test]
fn a_database_whose_connections_others_hold_turns_readiness_red_until_they_leave() {
    let cluster = Cluster::start("-c max_connections=20");
    let database = cluster.database();
    let mut site = Site::with(&Setup { database: database.clone(), ..on_sqlite() });
    let over = AtomicBool::new(false);
    let promised = thread::scope(|scope| {
        let running = scope.spawn(|| crowd(&site, &over));
        within(PATIENCE, "some registrations", || (registrations(&cluster, &database) >= 4).then_some(()));
        // More than there are places, each of which tries until it has one; all leave together. Whoever is in shows the servers out, again and
        // again: one that came back in between would keep its place.
        let leave = Instant::now() + Duration::from_secs(20);
        let showing_out = Duration::from_secs(2);
        let squatters: Vec<_> = (0..30)
            .map(|_| {
                let database = &database;
                let psql = move || {
                    let mut psql = Command::new(program("psql"));
                    psql.args(["-X", "-q", "-d", database]);
                    for _ in 0..10 {
                        psql.args(["-c", OUT, "-c", "SELECT pg_sleep(0.2)"]);
                    }
                    let rest = leave.saturating_duration_since(Instant::now() + showing_out);
                    psql.args(["-c", &format!("SELECT pg_sleep({})", rest.as_secs_f64())]);
                    psql.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
                };
                scope.spawn(move || {
                    while Instant::now() < leave && !psql() {
                        thread::sleep(Duration::from_millis(10));
                    }
                })
            })
            .collect();
        within(PATIENCE, "the database to be full", || site.log().contains("too many connections").then_some(()));
        turns(&site, 503);
        assert_eq!(site.http().get("/health/live").send().status, 200);
        for squatter in squatters {
            squatter.join().unwrap();
        }
        turns(&site, 200);
        site.register(HOUSING, &PEOPLE[6], "after@post.example");
        over.store(true, Ordering::Relaxed);
        running.join().unwrap()
    });
    // A step whose answer was lost with its connection may have been taken; none that was promised is missing.
    assert!((promised.len() + 1..=promised.len() + 9).contains(&registrations(&cluster, &database)));
    kept(&mut site, &promised, |_| cluster.psql(&database, WAITING));
}
