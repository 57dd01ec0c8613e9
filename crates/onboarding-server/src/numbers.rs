//! Lists of numbers for commands: one a line, blank lines and comments aside.

use anyhow::{Result, anyhow, bail};
use std::fs;
use std::path::Path;

/// The numbers of a file, in its order.
///
/// # Errors
/// A file that cannot be read, is no UTF-8, or names nothing.
pub(crate) fn of_file(path: &Path) -> Result<Vec<String>> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| anyhow!("could not read {name}: {}", error.kind()))?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let numbers: Vec<_> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    if numbers.is_empty() {
        bail!("{name} names no number");
    }
    Ok(numbers)
}
