//! What the speed and memory budgets are measured by: a release server, driven over loopback from here.
//!
//! Every figure is a ratio to one password hash measured in the same run, or CPU time and memory of the server's process
//! as the kernel counts them. Bounded in count and time; never a test.

mod client;
mod postgres;
mod server;

use anyhow::{Context, Result, ensure};
use client::Client;
use onboarding_secrets::{ArgonPool, OsEntropy, PoolSettings};
use secrecy::SecretString;
use server::Server;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sign-ups measured, after a few to warm up.
const SIGN_UPS: u32 = 1_000;
/// Not counted.
const WARM_UP: u32 = 20;
/// Session checks measured.
const CHECKS: u32 = 10_000;
/// Pages measured.
const PAGES: u32 = 2_000;
/// Rounds in which sign-ups and reference hashes alternate: what slows the machine down slows both. The figure is the small difference
/// of two large ones, of which each has to be measured as well as the other.
const ROUNDS: u32 = 50;
/// Hashes measured in each round, before its sign-ups and after them.
const HASHES: u32 = 20;
/// Starts measured; the median counts.
const STARTS: usize = 5;
/// Hashing threads of the server.
const HASHERS: u32 = 1;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The database under the server
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

struct Figure {
    what: &'static str,
    value: String,
    budget: &'static str,
    kept: bool,
}

/// Builds, runs, prints the table. Fails only where something could not be measured.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    crate::process::run(&mut crate::process::cargo(root, &["build", "--release", "--locked", "-p", "onboarding-server"]))?;
    let binary = root.join("target/release/onboarding");
    let figures = match options.database {
        Database::Sqlite => sqlite(root, &binary)?,
        Database::Postgres => postgres::run(root, &binary)?,
    };
    println!("| what | measured | budget | |\n|---|---|---|---|");
    for figure in figures {
        println!("| {} | {} | {} | {} |", figure.what, figure.value, figure.budget, if figure.kept { "kept" } else { "missed" });
    }
    Ok(())
}

/// A sign-up, a session check, memory and start with the embedded database.
fn sqlite(root: &Path, binary: &Path) -> Result<Vec<Figure>> {
    let dir = tempfile::tempdir().context("could not make a folder")?;
    let prepared = server::prepare(root, binary, dir.path(), "sqlite:bench.db", SIGN_UPS + WARM_UP, HASHERS)?;

    let reference = Reference::start()?;
    let mut ready: Vec<Duration> = Vec::new();
    for _ in 0..STARTS {
        let server = Server::start(binary, &prepared)?;
        ready.push(server.ready);
    }
    ready.sort();

    let server = Server::start(binary, &prepared)?;
    let mut client = Client::connect(server.address)?;
    let documents = client.documents("bench")?;
    for number in 0..WARM_UP {
        client.sign_up("bench", number, &documents, &prepared.mails)?;
    }
    let (mut sign_up, mut hash) = (Duration::ZERO, Duration::ZERO);
    let begun = Instant::now();
    for round in 0..ROUNDS {
        let first = WARM_UP + round * (SIGN_UPS / ROUNDS);
        hash += reference.hashes(HASHES / 2)?;
        let before = server.cpu()?;
        for number in first..first + SIGN_UPS / ROUNDS {
            client.sign_up("bench", number, &documents, &prepared.mails)?;
        }
        sign_up += server.cpu()?.saturating_sub(before);
        hash += reference.hashes(HASHES - HASHES / 2)?;
    }
    let wall = begun.elapsed();
    let (sign_up, hash) = (sign_up / SIGN_UPS, hash / (ROUNDS * HASHES));
    let resident = server.resident_mib()?;

    let token = client.sign_in("bench", WARM_UP)?;
    let before = server.cpu()?;
    for _ in 0..CHECKS {
        client.check("bench", &token)?;
    }
    let check = server.cpu()?.saturating_sub(before) / CHECKS;
    let before = server.cpu()?;
    for _ in 0..PAGES {
        client.page("bench")?;
    }
    let page = server.cpu()?.saturating_sub(before) / PAGES;
    drop(server);

    let ratio = sign_up.as_secs_f64() / hash.as_secs_f64();
    let engine = sign_up.saturating_sub(hash);
    let start = ready[STARTS / 2];
    let room = 40.0 + 20.0 * f64::from(HASHERS);
    let figures = vec![
        Figure {
            what: "sign-up with proof, CPU",
            value: format!("{ratio:.2} × one hash"),
            budget: "≤ 1.10 × one hash",
            kept: ratio <= 1.10,
        },
        Figure {
            what: "the same without its hash",
            value: format!("{:.2} ms", engine.as_secs_f64() * 1e3),
            budget: "≤ 2.3 ms",
            kept: engine <= Duration::from_micros(2_300),
        },
        Figure {
            what: "session check, CPU",
            value: format!("{:.3} ms", check.as_secs_f64() * 1e3),
            budget: "≤ 0.25 ms",
            kept: check <= Duration::from_micros(250),
        },
        Figure {
            what: "register page, CPU",
            value: format!("{:.3} ms", page.as_secs_f64() * 1e3),
            budget: "≤ 1 ms",
            kept: page <= Duration::from_millis(1),
        },
        Figure {
            what: "resident memory after 1,000 sign-ups",
            value: format!("{resident:.0} MiB"),
            budget: "≤ 40 MiB + 20 MiB per hasher",
            kept: resident <= room,
        },
        Figure {
            what: "ready after start, migrated database",
            value: format!("{:.0} ms", start.as_secs_f64() * 1e3),
            budget: "≤ 300 ms",
            kept: start <= Duration::from_millis(300),
        },
    ];
    println!("one hash (argon2id, 19456 KiB, 2 passes, pooled): {:.1} ms CPU", hash.as_secs_f64() * 1e3);
    println!("{SIGN_UPS} sign-ups and {} hashes took {:.1} s, one after the other", ROUNDS * HASHES, wall.as_secs_f64());
    println!();
    Ok(figures)
}

/// The server's hash, computed here: on a pool of one thread as the server's.
struct Reference {
    pool: ArgonPool,
    runtime: tokio::runtime::Runtime,
}

impl Reference {
    fn start() -> Result<Self> {
        let pool = ArgonPool::start(PoolSettings { threads: Some(1), ..PoolSettings::default() }, Arc::new(OsEntropy))
            .context("could not start the pool")?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().context("could not start a runtime")?;
        let reference = Self { pool, runtime };
        reference.hashes(HASHES)?;
        Ok(reference)
    }

    /// CPU of so many hashes.
    fn hashes(&self, many: u32) -> Result<Duration> {
        let before = server::cpu_of("self")?;
        for _ in 0..many {
            let password = SecretString::from("correct horse battery staple");
            self.runtime.block_on(onboarding::ports::PasswordHasher::hash(&self.pool, password)).context("could not hash")?;
        }
        let spent = server::cpu_of("self")?.saturating_sub(before);
        ensure!(spent > Duration::ZERO, "hashes took no time: the kernel's clock is too coarse");
        Ok(spent)
    }
}
