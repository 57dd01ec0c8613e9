//! What the speed and memory budgets are measured by: a release server, driven over loopback from here.
//!
//! Every figure is a ratio to one password hash measured in the same run, or CPU time and memory of the server's process
//! as the kernel counts them. The hash is the server's own: two processes that compute the same one differ by some
//! hundredths, by where their memory happens to lie. Bounded in count and time; never a test.

mod client;
mod postgres;
mod server;

use anyhow::{Context, Result};
use client::Client;
use server::{Cost, HASHERS, Prepared, Server};
use std::path::Path;
use std::time::Duration;

/// Sign-ups measured, after a few to warm up.
const SIGN_UPS: u32 = 1_000;
/// Not counted.
const WARM_UP: u32 = 20;
/// Session checks measured.
const CHECKS: u32 = 10_000;
/// Pages measured.
const PAGES: u32 = 2_000;
/// Starts measured; the median counts.
const STARTS: usize = 5;
/// How the server hashes: as it does where nothing is said.
const HASHING: &str = "";
/// How it hashes where that is to take no time.
const QUICK_HASHING: &str = "memory_kib = 64\npasses = 1";

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
    let prepared = server::prepare(root, binary, dir.path(), "sqlite:bench.db", SIGN_UPS + WARM_UP, HASHING)?;

    let mut ready: Vec<Duration> = Vec::new();
    for _ in 0..STARTS {
        let server = Server::start(binary, &prepared)?;
        ready.push(server.ready);
    }
    ready.sort();

    let server = Server::start(binary, &prepared)?;
    let (mut client, sign_up) = sign_ups(&server, &prepared)?;
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

    let (ratio, engine) = (sign_up.hashes(), sign_up.rest());
    let quick = quick(root, binary)?;
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
    println!("one hash (argon2id, 19456 KiB, 2 passes): {:.1} ms CPU", sign_up.hash.as_secs_f64() * 1e3);
    println!("a sign-up without its hash where that takes no time: {:.2} ms CPU", quick.as_secs_f64() * 1e3);
    println!("{SIGN_UPS} sign-ups, one after the other\n");
    Ok(figures)
}

/// Sign-ups one after the other; what one of them costs.
fn sign_ups(server: &Server, prepared: &Prepared) -> Result<(Client, Cost)> {
    let mut client = Client::connect(server.address)?;
    let documents = client.documents("bench")?;
    let mut before = server.spent()?;
    for number in 0..WARM_UP + SIGN_UPS {
        if number == WARM_UP {
            before = server.spent()?;
        }
        client.sign_up("bench", number, &documents, &prepared.mails)?;
    }
    Ok((client, server.spent()?.since(&before, SIGN_UPS)?))
}

/// What a sign-up costs without its hash, where that takes so little time that everything else stays in the processor's caches: on a shared
/// machine nothing does for as long as a hash takes.
fn quick(root: &Path, binary: &Path) -> Result<Duration> {
    let dir = tempfile::tempdir().context("could not make a folder")?;
    let prepared = server::prepare(root, binary, dir.path(), "sqlite:bench.db", SIGN_UPS + WARM_UP, QUICK_HASHING)?;
    let server = Server::start(binary, &prepared)?;
    let (_, sign_up) = sign_ups(&server, &prepared)?;
    Ok(sign_up.rest())
}
