//! PINs for the yearly notice, at the command line: written once into a file that only its owner reads.

use crate::wiring::House;
use anyhow::{Context as _, Result, anyhow};
use onboarding::ports::Actor;
use onboarding::{Error, core::account::Refusal, csv};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Issues a PIN for each number into a new file.
///
/// # Errors
/// A file that is there already, a number that is not in the books, a date that cannot be; then nothing was issued, and no file is left.
pub(crate) async fn issue(house: &House, slug: &str, numbers: &[String], out: &Path, until: Option<&str>) -> Result<String> {
    house.called(slug)?;
    // Made first: PINs that could not be written down would be lost.
    let file = private(out)?;
    let issued = fill(house, slug, numbers, file, until).await;
    if issued.is_err() {
        fs::remove_file(out).with_context(|| format!("could not remove the unfinished file {}", out.display()))?;
    }
    Ok(format!("{slug}: {} PINs in {}; older notices' PINs of these numbers are void\n", issued?, out.display()))
}

async fn fill(house: &House, slug: &str, numbers: &[String], mut file: File, until: Option<&str>) -> Result<usize> {
    let issued = house.engine.issue_notices(slug, Actor::Operator, numbers, until).await.map_err(|error| told(error, numbers))?;
    file.write_all(csv::notices(&issued).as_bytes()).and_then(|()| file.sync_all()).context("could not write the PINs down")?;
    Ok(issued.len())
}

fn private(out: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(out).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => anyhow!("{} is there already; PINs are written once, into a new file", out.display()),
        kind => anyhow!("could not make {}: {kind}", out.display()),
    })
}

/// The first fault, in a line.
fn told(error: Error, numbers: &[String]) -> anyhow::Error {
    match error {
        Error::Input(faults) => {
            let Some(fault) = faults.first() else { return anyhow!("the numbers cannot be used") };
            let place = fault.field.strip_prefix("numbers[").and_then(|rest| rest.strip_suffix(']'));
            let number = place.and_then(|place| place.parse::<usize>().ok()).and_then(|place| numbers.get(place));
            match (number, fault.code) {
                (Some(number), "repeated") => anyhow!("{number} stands twice; nothing was issued"),
                (Some(number), "unknown") => anyhow!("{number} is not in the books, or closed; nothing was issued"),
                (Some(number), _) => anyhow!("{number} is no number; nothing was issued"),
                (None, _) if fault.field == "valid_until" => anyhow!("the last day is a YYYY-MM-DD that lies ahead, at most 400 days"),
                (None, _) => anyhow!("one call takes 1 to 10,000 numbers"),
            }
        }
        Error::Partly { voided, cause } => anyhow::Error::new(*cause).context(format!(
            "stopped on the way: the older PINs of {} are void, and nobody was told the new ones; issue all of them again",
            voided.join(", ")
        )),
        Error::Account(Refusal::NotInThisJourney) => anyhow!("at this portal no PIN leads to a membership"),
        other => anyhow::Error::new(other).context("could not issue the PINs; issue all of them again, nobody was told any"),
    }
}
