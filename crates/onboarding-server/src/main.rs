//! The binary `onboarding`: a command line over the engine. This file decides which command runs and how its failure is told; what a command
//! does stands in its module.

#[cfg(feature = "chaos")]
mod chaos;
mod check;
mod cli;
mod config;
mod demo;
mod fault;
mod letters;
mod logging;
mod mailer;
mod metrics;
mod numbers;
mod pins;
mod portal_files;
mod prepare;
mod printing;
mod provision;
mod records;
mod secrets;
mod serve;
mod served;
mod staff;
mod super_admin;
mod wiring;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use clap::error::ErrorKind;
use cli::{Cli, Command, Installation, Letters, Pins, Records, Secrets, Staff};
use config::Settings;
use fault::Faults;
use std::io::{self, Write as _};
use std::process::ExitCode;
use wiring::House;

/// Most threads for what waits on the net or the disk; hashing has its own.
const MOST_WORKERS: usize = 4;

fn main() -> ExitCode {
    // Whatever a panic carries may have been typed by somebody: only its place is told.
    onboarding_http::middleware::quiet_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error);
            ExitCode::FAILURE
        }
    }
}

/// A usage error in one line; help and version as they are.
fn usage(error: &clap::Error) -> ExitCode {
    let told = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => error.print(),
        _ => {
            let text = error.to_string();
            let first = text.split("\n\n").next().unwrap_or_default();
            let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(io::stderr(), "{line} (--help tells more)")
        }
    };
    let code = if told.is_ok() { error.exit_code() } else { 1 };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// What is wrong: a line, or a line for each place to mend.
fn tell(error: &anyhow::Error) {
    let mut err = io::stderr().lock();
    let lines: Vec<String> = match error.downcast_ref::<Faults>() {
        Some(faults) => faults.iter().map(ToString::to_string).collect(),
        None => vec![format!("{error:#}").replace('\n', " ")],
    };
    for line in lines {
        if writeln!(err, "error: {line}").is_err() {
            // Nobody listens any more; the exit code still tells.
            return;
        }
    }
}

fn run(command: Command) -> Result<()> {
    let environment = config::environment();
    match command {
        Command::Demo { listen, data } => {
            let settings = Settings::of_demo(&data, listen, environment)?;
            logging::start(settings.log)?;
            block_on(demo::run(&data, settings))
        }
        Command::Serve { config } => {
            let settings = Settings::of_file(&config, environment)?;
            logging::start(settings.log)?;
            block_on(serve_configured(&settings))
        }
        Command::Migrate(installation) => {
            let settings = installation.settings(environment)?;
            logging::start(settings.log)?;
            let prepared = block_on(prepare::prepare(&settings))?;
            let keys = if prepared.keys_made { format!("keys made: {}\n", settings.key_file.display()) } else { String::new() };
            print(&match prepared.steps {
                0 => format!("{keys}the database is at the newest step already\n"),
                steps => format!("{keys}{steps} steps taken, the database is at the newest step\n"),
            })
        }
        Command::Check(installation) => check(&installation, environment),
        Command::Records(Records::Import { portal, file, installation }) => {
            at(&installation, environment, async |house, _| records::import(house, &portal, &file).await)
        }
        Command::Staff(Staff::Add { portal, email, installation }) => {
            at(&installation, environment, async |house, _| staff::add(house, &portal, &email).await)
        }
        Command::Provision { portal, number, numbers, installation } => {
            let numbers = numbers.map_or(Ok(number), |file| numbers::of_file(&file))?;
            at(&installation, environment, async |house, _| provision::provision(house, &portal, &numbers).await)
        }
        Command::Pins(Pins::Issue { portal, numbers, out, valid_until, installation }) => {
            let numbers = numbers::of_file(&numbers)?;
            at(&installation, environment, async |house, _| pins::issue(house, &portal, &numbers, &out, valid_until.as_deref()).await)
        }
        Command::SuperAdmin { portal, number, email, installation } => {
            at(&installation, environment, async |house, _| super_admin::invite(house, &portal, &number, &email).await)
        }
        Command::Letters(Letters::Print { portal, installation }) => {
            at(&installation, environment, async |house, settings| Box::pin(printing::waiting(house, settings, &portal)).await)
        }
        Command::Letters(Letters::Registration { portal, numbers, installation }) => {
            at(&installation, environment, async |house, settings| {
                Box::pin(letters::registration(house, settings, &portal, &numbers)).await
            })
        }
        Command::Secrets(Secrets::Rotate { wait, installation }) => {
            let settings = installation.settings(environment)?;
            logging::start(settings.log)?;
            print(&secrets::rotate(&settings, wait)?)
        }
        Command::Openapi { config } => {
            if let Some(config) = config {
                Settings::of_file(&config, environment)?;
            }
            print(&format!("{:#}\n", serve::openapi()))
        }
    }
}

async fn serve_configured(settings: &Settings) -> Result<()> {
    let (loaded, stationery) = served::portals(settings)?;
    let listener = serve::bind(settings.server.listen).await?;
    let address = listener.local_addr().context("could not tell where the server listens")?;
    let mut announcement = format!("listening on http://{address}\n");
    let figures = match settings.metrics {
        None => None,
        Some(address) => {
            let listener = serve::bind(address).await?;
            let address = listener.local_addr().context("could not tell where the metrics listen")?;
            announcement = format!("{announcement}metrics on http://{address}/metrics\n");
            Some(listener)
        }
    };
    let house = wiring::open(settings, loaded).await?;
    serve::run(house, stationery, settings, serve::Listeners { door: listener, figures }, &announcement).await
}

fn check(installation: &Installation, environment: config::Environment) -> Result<()> {
    let settings = installation.settings(environment)?;
    logging::start(settings.log)?;
    let served = if installation.is_demo() {
        demo::portals(&settings).map(|portals| portals.loaded)
    } else {
        served::portals(&settings).map(|(loaded, _)| loaded)
    };
    let served = served.and_then(|loaded| letters::proof(&loaded, &settings).map(|()| loaded));
    let rest = block_on(async { Ok(check::installation(&settings).await) })?;
    match (served, rest) {
        (Ok(loaded), Ok(())) => print(&check::summary(&loaded)),
        (Ok(_), Err(faults)) | (Err(faults), Ok(())) => Err(faults.into()),
        (Err(faults), Err(more)) => Err(faults.and(more).into()),
    }
}

/// A command on an installation that is ready: opened, worked on, closed whatever came of it, and what it says printed.
fn at(
    installation: &Installation,
    environment: config::Environment,
    work: impl AsyncFnOnce(&House, &Settings) -> Result<String>,
) -> Result<()> {
    let settings = installation.settings(environment)?;
    logging::start(settings.log)?;
    let loaded = if installation.is_demo() { demo::portals(&settings)?.loaded } else { served::readable(&settings)? };
    print(&block_on(async {
        let house = wiring::open(&settings, loaded).await?;
        let told = work(&house, &settings).await;
        house.store.close().await;
        told
    })?)
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let workers = std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, MOST_WORKERS));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().context("could not start the runtime")?;
    runtime.block_on(work)
}

fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("could not print the result")
}
