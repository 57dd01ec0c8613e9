//! Accounts that the company opens, at the command line: the whole list is looked at before the first mail is ordered.

use crate::fault::{Fault, Faults};
use crate::wiring::House;
use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use onboarding::core::account::Refusal;
use onboarding::ports::Actor;
use onboarding::{Error, Onboarding};
use std::io::{self, IsTerminal as _};

/// Without a terminal a line is printed each time this many accounts were opened.
const ACCOUNTS_A_LINE: usize = 1_000;

/// Opens the accounts of these records; those that have one are skipped and counted.
///
/// # Errors
/// A line for each number that is none, not in the books, closed or without an address; then nothing was opened.
pub(crate) async fn provision(house: &House, slug: &str, numbers: &[String]) -> Result<String> {
    let portal = house.called(slug)?;
    let mut faults = Vec::new();
    for number in numbers {
        match house.engine.may_provision(slug, number).await {
            Ok(()) | Err(Error::AlreadyProvisioned) => {}
            Err(error) => faults.push(Fault::new(format!("{slug} {number}"), reason(error)?)),
        }
    }
    Faults::none_or(faults, Some(()))?;
    let bar = io::stderr().is_terminal().then(|| ProgressBar::new(numbers.len() as u64));
    if let Some(bar) = &bar {
        bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len}").context("could not draw the progress")?);
    }
    let caller = Onboarding::caller("command line", portal.journey.default_language());
    let (mut opened, mut skipped) = (0_usize, 0_usize);
    for number in numbers {
        match house.engine.provision(&caller, slug, Actor::Operator, number).await {
            Ok(_) => opened += 1,
            Err(Error::AlreadyProvisioned) => skipped += 1,
            Err(error) => {
                let told = format!(
                    "could not open the account of {number}, after {opened} opened and {skipped} skipped; run it again for the rest"
                );
                return Err(anyhow::Error::new(error).context(told));
            }
        }
        match &bar {
            Some(bar) => bar.inc(1),
            None if (opened + skipped) % ACCOUNTS_A_LINE == 0 => eprintln!("{} of {}", opened + skipped, numbers.len()),
            None => {}
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(format!("{slug}: {opened} provisioned, {skipped} had an account already\n"))
}

/// Why a number cannot be provisioned, in a line; a failure of ours is none.
fn reason(error: Error) -> Result<&'static str> {
    match error {
        Error::NotFound => Ok("is not in the books, or closed"),
        Error::Input(faults) if faults.iter().any(|fault| fault.code == "no_email") => Ok("has no e-mail address in the books"),
        Error::Input(_) => Ok("is no number"),
        Error::Account(Refusal::NotInThisJourney) => Ok("this portal's accounts are opened by the people themselves"),
        other => Err(anyhow::Error::new(other).context("could not look the numbers up")),
    }
}
