//! A portal to measure and to break: one of the shipped ones under another name, with records made up by number. Which one, what it asks
//! decides.

use anyhow::{Result, bail};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The portal's slug.
pub(crate) const PORTAL: &str = "bench";
/// Every person's password.
pub(crate) const PASSWORD: &str = "zwölf Möwen über dem Deich";

/// Writes a portal that asks for number, last name and password, below `dir/portals`, and as many records; gives their file.
pub(crate) fn write(root: &Path, dir: &Path, records: u32) -> Result<PathBuf> {
    let portal = dir.join("portals").join(PORTAL);
    std::fs::create_dir_all(portal.join("documents"))?;
    // The first of the shipped portals that asks for a claim and a password stands model; only its name is changed.
    let model = model(&root.join("portals"))?;
    std::fs::copy(model.join("portal.toml"), portal.join("portal.toml"))?;
    for document in std::fs::read_dir(model.join("documents"))? {
        let document = document?;
        std::fs::copy(document.path(), portal.join("documents").join(document.file_name()))?;
    }
    let mut rows = String::from("number,name,first_name,last_name,street,postal_code,city,country,email,language\n");
    for number in 0..records {
        writeln!(rows, "{},,Kim,{},Weg 1,12345,Ort,DE,,de", record(number), last_name(number))?;
    }
    let csv = dir.join("records.csv");
    std::fs::write(&csv, rows)?;
    Ok(csv)
}

/// The number in the letter.
pub(crate) fn record(number: u32) -> String {
    format!("R{number:06}")
}

/// The address a person registers with.
pub(crate) fn email(number: u32) -> String {
    format!("p{number}@bench.example")
}

/// Some name without a digit, different enough.
pub(crate) fn last_name(number: u32) -> String {
    let syllables = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru"];
    let mut name = String::from("M");
    for digit in number.to_string().bytes() {
        name.push_str(syllables[usize::from(digit - b'0')]);
    }
    name
}

fn model(portals: &Path) -> Result<PathBuf> {
    for entry in std::fs::read_dir(portals)? {
        let path = entry?.path();
        let text = std::fs::read_to_string(path.join("portal.toml")).unwrap_or_default();
        if text.contains("password = \"at_registration\"") && text.contains("must_match = [\"last_name\"]") {
            return Ok(path);
        }
    }
    bail!("no portal asks for a number, a last name and a password")
}
