//! The same server on a PostgreSQL of its own: what a session check costs us there, and what a second server over the same database adds.

use super::client::Client;
use super::server::{self, Prepared, Server};
use super::{Figure, HASHING};
use anyhow::{Context, Result, anyhow, ensure};
use onboarding_testkit::postgres::Cluster;
use std::path::Path;
use std::time::{Duration, Instant};

/// People who register first.
const PEOPLE: u32 = 40;
/// Session checks measured.
const CHECKS: u32 = 5_000;
/// Sign-ins measured, one after the other.
const SIGN_INS: u32 = 200;
/// Clients of each server while sign-ins are counted; more than it hashes at a time, so that it is never idle.
const CLIENTS: u32 = 3;
/// How long sign-ins are counted in each round.
const SPAN: Duration = Duration::from_secs(5);
/// Less of the machine's time than this is no core that a server could have had.
const NO_CORE_FREE: f64 = 0.05;
/// Rounds in which one server and two alternate: what slows the machine down slows both.
const ROUNDS: u32 = 4;

/// Runs, and gives the figures of the table.
pub(super) fn run(root: &Path, binary: &Path) -> Result<Vec<Figure>> {
    let dir = tempfile::tempdir().context("could not make a folder")?;
    let cluster = Cluster::start("-c max_connections=60");
    let prepared = server::prepare(root, binary, dir.path(), &cluster.database(), PEOPLE, HASHING)?;
    let one = Server::start(binary, &prepared)?;
    let mut client = Client::connect(one.address)?;
    let documents = client.documents("bench")?;
    for number in 0..PEOPLE {
        client.sign_up("bench", number, &documents, &prepared.mails)?;
    }

    let token = client.sign_in("bench", 0)?;
    let before = one.cpu()?;
    for _ in 0..CHECKS {
        client.check("bench", &token)?;
    }
    let check = one.cpu()?.saturating_sub(before) / CHECKS;

    let before = one.spent()?;
    for number in 0..SIGN_INS {
        client.sign_in("bench", number % PEOPLE)?;
    }
    let ratio = one.spent()?.since(&before, SIGN_INS)?.hashes();

    let (alone, both) = throughput(binary, &prepared, &one)?;
    let gain = both.a_second / alone.a_second;
    let cores = std::thread::available_parallelism()?;
    for (servers, rate) in [("one server", &alone), ("two servers", &both)] {
        let (idle, cost) = (rate.idle * 100.0, rate.busy.as_secs_f64() * 1e3 / rate.done);
        println!(
            "{servers}: {:.1} sign-ins a second, {cost:.1} ms CPU of the whole machine each, {idle:.0} % of {cores} cores idle",
            rate.a_second
        );
    }
    println!("{CLIENTS} clients a server; each server hashes one password at a time. Clients and PostgreSQL share the cores.\n");
    Ok(vec![
        Figure {
            what: "session check on PostgreSQL, CPU of ours",
            value: format!("{:.3} ms", check.as_secs_f64() * 1e3),
            budget: "≤ 0.30 ms",
            kept: check <= Duration::from_micros(300),
        },
        Figure {
            what: "sign-in on PostgreSQL, CPU of ours",
            value: format!("{ratio:.2} × one hash"),
            budget: "≤ 1.10 × one hash",
            kept: ratio <= 1.10,
        },
        Figure {
            what: "sign-ins a second, two servers over one database",
            value: format!("{gain:.2} × one server, {:.0} % of the cores idle", both.idle * 100.0),
            budget: "≥ 1.8 × one server, where cores allow",
            kept: gain >= 1.8 || both.idle < NO_CORE_FREE,
        },
    ])
}

/// What was done in all rounds of a kind.
#[derive(Default)]
struct Rate {
    done: f64,
    a_second: f64,
    /// CPU time of the whole machine.
    busy: Duration,
    /// Share of the machine's time in which no core had anything to do.
    idle: f64,
}

/// Sign-ins a second at one server, and at two together.
fn throughput(binary: &Path, prepared: &Prepared, one: &Server) -> Result<(Rate, Rate)> {
    let other = Server::start(binary, prepared)?;
    let (mut alone, mut both) = (Rate::default(), Rate::default());
    for _ in 0..ROUNDS {
        measure(&mut alone, &[one])?;
        measure(&mut both, &[one, &other])?;
    }
    Ok((alone, both))
}

fn measure(rate: &mut Rate, servers: &[&Server]) -> Result<()> {
    let before = server::machine()?;
    let (done, took) = sign_ins(servers)?;
    let after = server::machine()?;
    let (busy, idle) = (after.busy.saturating_sub(before.busy), after.idle.saturating_sub(before.idle));
    rate.done += f64::from(done);
    rate.busy += busy;
    rate.a_second += f64::from(done) / took.as_secs_f64() / f64::from(ROUNDS);
    rate.idle += idle.as_secs_f64() / (busy + idle).as_secs_f64() / f64::from(ROUNDS);
    Ok(())
}

/// Sign-ins of several clients at each of these servers, each with a person of its own, and how long they took.
fn sign_ins(servers: &[&Server]) -> Result<(u32, Duration)> {
    let mut people = 0..PEOPLE;
    let begun = Instant::now();
    let clients = servers.iter().flat_map(|server| (0..CLIENTS).map(|_| server.address)).map(|address| {
        let person = people.next().context("there are more clients than people")?;
        Ok(std::thread::spawn(move || -> Result<u32> {
            let mut client = Client::connect(address)?;
            let mut done = 0;
            while begun.elapsed() < SPAN {
                client.sign_in("bench", person)?;
                done += 1;
            }
            Ok(done)
        }))
    });
    let mut done = 0;
    for client in clients.collect::<Result<Vec<_>>>()? {
        done += client.join().map_err(|_| anyhow!("a client broke off"))??;
    }
    ensure!(done > 0, "nobody signed in");
    Ok((done, begun.elapsed()))
}
