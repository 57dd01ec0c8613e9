//! `ci`: what a change must pass, in the order from cheap to dear as far as a later step does not need an earlier one. Decides order and
//! reporting; the checks themselves are the other verbs' or cargo's own.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{arch, deny, openapi, process, test, tidy};

struct Step {
    name: &'static str,
    run: fn(&Path) -> Result<()>,
}

const STEPS: [Step; 8] = [
    Step { name: "fmt", run: |root| process::run(&mut process::cargo(root, &["fmt", "--all", "--check"])) },
    Step { name: "clippy", run: clippy },
    Step { name: "arch", run: |root| arch::run(&root.join("Cargo.toml")) },
    Step { name: "tidy", run: tidy::run },
    Step { name: "deny", run: deny::run },
    Step { name: "test", run: test::run },
    Step { name: "doc", run: doc },
    Step { name: "openapi", run: |root| openapi::run(root, openapi::Mode::Check) },
];

/// Runs every step; the first red one ends the run and is named.
pub(crate) fn run(root: &Path) -> Result<()> {
    run_steps(root, &STEPS)
}

fn run_steps(root: &Path, steps: &[Step]) -> Result<()> {
    let began = Instant::now();
    let mut done: Vec<(&str, Duration)> = Vec::new();
    for step in steps {
        println!("== {}", step.name);
        let step_began = Instant::now();
        let outcome = (step.run)(root);
        done.push((step.name, step_began.elapsed()));
        if let Err(error) = outcome {
            report(&done, began.elapsed());
            bail!("ci is red at `{}`: {error:#}", step.name);
        }
        println!("== {} is green after {:.1} s", step.name, step_began.elapsed().as_secs_f64());
    }
    report(&done, began.elapsed());
    println!("ci is green");
    Ok(())
}

fn report(done: &[(&str, Duration)], total: Duration) {
    for (name, took) in done {
        println!("{name:>10} {:>8.1} s", took.as_secs_f64());
    }
    println!("{:>10} {:>8.1} s", "all", total.as_secs_f64());
}

fn clippy(root: &Path) -> Result<()> {
    process::run(&mut process::cargo(root, &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn doc(root: &Path) -> Result<()> {
    process::run(process::cargo(root, &["doc", "--locked", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-D warnings"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_red_step_is_named_and_ends_the_run() {
        let steps = [
            Step { name: "easy", run: |_| Ok(()) },
            Step { name: "broken", run: |_| bail!("a screw is loose") },
            Step { name: "never", run: |_| panic!("a step ran after a red one") },
        ];
        let error = run_steps(Path::new("."), &steps).expect_err("the second step is red");
        assert_eq!(format!("{error:#}"), "ci is red at `broken`: a screw is loose");
    }

    #[test]
    fn green_steps_all_the_way_are_a_success() {
        let steps = [Step { name: "easy", run: |_| Ok(()) }, Step { name: "easy too", run: |_| Ok(()) }];
        assert!(run_steps(Path::new("."), &steps).is_ok());
    }
}
