//! What a crash costs, counted: people register while servers are killed, their database stops and the mail's connection breaks; then
//! every answer is compared with what is stored and with what the mail server wrote down.
//!
//! And a test of the test: with a guard taken away, the same run must find fault, and the fault that the guard is there against. Everything
//! random comes from a seed; what the machine does in between does not, so that a seed is a kind of weather, not a recording.

mod clients;
mod fleet;
mod ground;
mod sink;
mod verdict;

use anyhow::{Context, Result, ensure};
use clients::{Answered, Crowd};
use fleet::Fleet;
use ground::{Database, Ground};
use sink::Sink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use verdict::{Fault, Kind, Mails};

/// Registrations of a short run on each database, and of one without a guard.
const SHORT: (u32, u32) = (150, 60);
/// How long what a dead server held may stay with it, and a little more.
const LEASE: Duration = Duration::from_secs(31);
/// How often that may pass until nothing waits: once for a lease, and again for each doubt that a crash left.
const LEASES_AT_MOST: u32 = 4;
/// How long the outbox may take to empty itself once nothing stands in its way.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much, and how often.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many seeds: one run of each on either database
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Registrations of a run
    #[arg(long, default_value_t = 1_000)]
    registrations: u32,
    /// A few registrations and one seed: what every change must pass
    #[arg(long)]
    short: bool,
}

impl Options {
    /// What every change must pass.
    pub(crate) fn short() -> Self {
        Self { seeds: 1, registrations: SHORT.0, short: true }
    }
}

/// A guard that can be taken away, and what must be found without it.
#[derive(Clone, Copy)]
struct Guard {
    name: &'static str,
    word: &'static str,
    found_as: Kind,
}

const GUARDS: [Guard; 3] = [
    Guard { name: "without the transaction", word: "split-commit", found_as: Kind::Torn },
    Guard { name: "without the takeover", word: "no-takeover", found_as: Kind::LeftBehind },
    Guard { name: "without the replay check", word: "no-replay", found_as: Kind::Twice },
];

/// What came of a run.
struct Outcome {
    answered: u32,
    deaths: fleet::Deaths,
    mails: Mails,
    confirmed: u32,
    took: Duration,
    faults: Vec<Fault>,
}

/// Runs everything; fails at the first run that found fault, and at the first missing guard that went unnoticed.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    crate::test::require_tools()?;
    let binary = build(root)?;
    let (seeds, registrations, without) =
        if options.short { (1, SHORT.0, SHORT.1) } else { (options.seeds, options.registrations, options.registrations / 5) };
    println!(
        "| run | answered | killed | died at a point | plug pulled by the mail server | database stopped | mails once | twice | parked in doubt | confirmed | took |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for database in [Database::SQLITE, Database::POSTGRES] {
        for seed in 1..=seeds {
            let name = format!("{}, seed {seed}", database.name());
            let outcome = storm(root, &binary, database, seed, registrations, None).with_context(|| name.clone())?;
            row(&name, &outcome);
            ensure!(outcome.faults.is_empty(), "{name}: {}", Fault::all(&outcome.faults));
        }
    }
    // Every commit and every lease is the same code on either; the short run takes the guards away on one of them.
    let grounds = if options.short { &[Database::SQLITE][..] } else { &[Database::SQLITE, Database::POSTGRES] };
    for database in grounds {
        for guard in GUARDS {
            let name = format!("{}, {}", database.name(), guard.name);
            let outcome = storm(root, &binary, *database, 1, without, Some(guard)).with_context(|| name.clone())?;
            row(&name, &outcome);
            let found = outcome.faults.iter().find(|fault| fault.kind == guard.found_as);
            let found = found.with_context(|| format!("{name}: nobody noticed; found was only: {}", Fault::all(&outcome.faults)))?;
            println!("|  | red, as it must be: {} |", found.text);
        }
    }
    Ok(())
}

fn row(name: &str, outcome: &Outcome) {
    let Outcome { answered, deaths, mails, confirmed, took, .. } = outcome;
    println!(
        "| {name} | {answered} | {} | {} | {} | {} | {} | {} | {} | {confirmed} | {:.0} s |",
        deaths.killed,
        deaths.by_themselves,
        deaths.plugs,
        deaths.outages,
        mails.once,
        mails.twice,
        mails.doubtful,
        took.as_secs_f64()
    );
}

/// A server that can be made to die at chosen moments, kept apart from the one that tests use.
fn build(root: &Path) -> Result<PathBuf> {
    let arguments = ["build", "--locked", "-p", "onboarding-server", "--features", "chaos"];
    crate::process::run(&mut crate::process::cargo(root, &arguments))?;
    let folder = root.join("target/chaos");
    std::fs::create_dir_all(&folder).context("could not make a folder")?;
    let binary = folder.join("onboarding");
    std::fs::copy(root.join("target/debug/onboarding"), &binary).context("could not put the server aside")?;
    Ok(binary)
}

/// One run: people register in the storm, it calms down, they confirm in the next, it calms down, and everything is counted.
fn storm(root: &Path, binary: &Path, database: Database, seed: u64, registrations: u32, without: Option<Guard>) -> Result<Outcome> {
    let begun = Instant::now();
    let ground = Ground::prepare(database)?;
    let sink = Sink::bind(&ground.folder().join("journal"), seed)?;
    let fleet = Arc::new(Fleet::prepare(root, binary, &ground, sink.address(), registrations, seed, without.map(|guard| guard.word))?);
    let served = {
        let fleet = Arc::clone(&fleet);
        sink.serve(move || fleet.pull_the_plug())
    };
    let crowd = Crowd::new(fleet.addresses(), seed)?;

    fleet.begin();
    let answered = weather(&fleet, &ground, seed, || crowd.register(registrations)).with_context(|| fleet.last_words())?;
    served.calm();
    let mut faults = calm(&fleet, &ground)?;
    let mut confirmed = 0;
    if without.is_none() {
        let reachable: Vec<&Answered> = answered.iter().filter(|person| served.mail_to(person.number).is_some()).collect();
        served.storm();
        weather(&fleet, &ground, seed + 1_000, || crowd.confirm(&reachable, |number| served.mail_to(number)))?;
        served.calm();
        faults.extend(calm(&fleet, &ground)?);
        confirmed = u32::try_from(reachable.len()).context("too many")?;
        // Once more, each link: nothing but the same answer.
        crowd.confirm(&reachable, |number| served.mail_to(number))?;
    }
    let deaths = fleet.deaths();
    fleet.end();
    let (mails, more) = verdict::judge(&ground, &fleet.logs()?, &answered, &served.journal(), confirmed, without.is_none())?;
    faults.extend(more);
    let answered = u32::try_from(answered.len()).context("too many")?;
    Ok(Outcome { answered, deaths, mails, confirmed, took: begun.elapsed(), faults })
}

/// Kills servers and stops the database for as long as people are at it.
fn weather<T: Send>(fleet: &Fleet, ground: &Ground, seed: u64, people: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    fleet.storm();
    let done = std::sync::atomic::AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        let outages = scope.spawn(|| ground.outages(seed, &done));
        let outcome = people();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        let stopped = outages.join().map_err(|_| anyhow::anyhow!("whoever stops the database panicked"))?;
        fleet.count_outages(stopped?);
        outcome
    });
    fleet.calm();
    outcome
}

/// Lets pass what a dead server's leases last, until nothing waits to be sent.
fn calm(fleet: &Fleet, ground: &Ground) -> Result<Vec<Fault>> {
    for _ in 0..LEASES_AT_MOST {
        fleet.advance(LEASE)?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if ground.count("outbox WHERE status = 'queued'")? == 0 {
                return Ok(Vec::new());
            }
            // What is held counts as well: only where nothing is due any more has everything been tried.
            if begun.elapsed() > Duration::from_secs(3) && !fleet.has_something_due(ground)? {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let left = ground.count("outbox WHERE status = 'queued'")?;
    Ok(vec![Fault::new(Kind::LeftBehind, format!("{left} deliveries wait for ever"))])
}
