//! Master data from a file, with its progress: a bar on a terminal, else a line now and then. What a row must look like is the engine's.

use crate::wiring::House;
use anyhow::{Context as _, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use onboarding::stories::ImportError;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::Path;

/// Without a terminal a line is printed each time this many rows were read.
const ROWS_A_LINE: u64 = 100_000;

/// Takes a file over, all of it or nothing; tells what it did.
///
/// # Errors
/// The first fault with row, column and reason.
pub(crate) async fn import(house: &House, portal: &str, path: &Path) -> Result<String> {
    let portal = house.called(portal)?;
    let name = path.display();
    let file = File::open(path).map_err(|error| anyhow!("could not read {name}: {}", error.kind()))?;
    let bytes = file.metadata().map_err(|error| anyhow!("could not read {name}: {}", error.kind()))?.len();
    let report = if io::stderr().is_terminal() {
        let bar = ProgressBar::new(bytes);
        bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}").context("could not draw the progress")?);
        let report = house.engine.import_records(&portal, bar.wrap_read(file), |rows| bar.set_message(format!("{rows} rows"))).await;
        bar.finish_and_clear();
        report
    } else {
        let mut told = 0;
        let progress = |rows| {
            if rows / ROWS_A_LINE > told {
                told = rows / ROWS_A_LINE;
                eprintln!("{rows} rows read");
            }
        };
        house.engine.import_records(&portal, file, progress).await
    };
    let report = report.map_err(|error| match error {
        ImportError::Header(_) | ImportError::Row(_) => anyhow!("{name}: {error}; nothing was taken over"),
        ImportError::Engine(error) => anyhow::Error::new(error).context(format!("could not take {name} over")),
    })?;
    Ok(format!("{}: {} added, {} updated, {} unchanged\n", portal.slug, report.added, report.updated, report.unchanged))
}
