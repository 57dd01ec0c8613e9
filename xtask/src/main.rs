//! The developer's commands, `cargo xtask <verb>`: one module per verb. This file decides only which verb runs and how a failure is
//! told; what a verb demands stands in its module.

mod arch;
mod bench;
mod chaos;
mod ci;
mod deny;
mod openapi;
mod process;
mod sample;
mod screens;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The developer's commands of this workspace")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run everything a change must pass, stopping at the first red step
    Ci,
    /// Set up what the tests need, run them, and build the core for wasm32-unknown-unknown
    Test,
    /// Prove from the manifests that dependencies point inwards only
    Arch {
        /// The workspace to judge; this one if not given
        #[arg(long, value_name = "PATH")]
        manifest_path: Option<PathBuf>,
    },
    /// Look at every page in a browser: faults are told, pictures lie in target/screens
    Screens,
    /// Check the house rules that no compiler checks
    Tidy,
    /// Measure speed and memory of a release server; prints a table of budgets
    Bench(bench::Options),
    /// Kill servers, their database and the mail's connection while people register; then count what was lost
    Chaos(chaos::Options),
    /// Check licences, sources and banned crates of the whole dependency graph
    Deny,
    /// Write docs/openapi.json from the server's own description
    Openapi {
        /// Write nothing; fail if the file differs
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let root = process::workspace_root();
    let outcome = match Cli::parse().verb {
        Verb::Ci => ci::run(root),
        Verb::Test => test::run(root),
        Verb::Arch { manifest_path } => arch::run(&manifest_path.unwrap_or_else(|| root.join("Cargo.toml"))),
        Verb::Screens => screens::run(root),
        Verb::Tidy => tidy::run(root),
        Verb::Bench(options) => bench::run(root, &options),
        Verb::Chaos(options) => chaos::run(root, &options),
        Verb::Deny => deny::run(root),
        Verb::Openapi { check } => openapi::run(root, if check { openapi::Mode::Check } else { openapi::Mode::Write }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
