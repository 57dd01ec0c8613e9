//! `openapi`: keeps `docs/openapi.json` equal to what the server says of itself, so that a change of the contract is seen in review.
//! What stands in the document, the HTTP crate decides.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;

const DOCUMENT: &str = "docs/openapi.json";

/// What to do with the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Compare with the file; fail where they differ.
    Check,
    /// Write the file.
    Write,
}

/// Asks the server for its description, and compares or writes it.
pub(crate) fn run(root: &Path, mode: Mode) -> Result<()> {
    let said = process::output_of(&mut process::cargo(root, &["run", "--quiet", "--locked", "-p", "onboarding-server", "--", "openapi"]))
        .context("could not ask the server for its OpenAPI document")?;
    settle(&root.join(DOCUMENT), &said, mode)
}

fn settle(file: &Path, said: &str, mode: Mode) -> Result<()> {
    let said = format!("{}\n", said.trim_end());
    if said.trim().is_empty() {
        bail!("the server's OpenAPI document is empty");
    }
    match mode {
        Mode::Write => {
            fs::write(file, said).with_context(|| format!("could not write {}", file.display()))?;
            println!("wrote {}", file.display());
        }
        Mode::Check => {
            let kept =
                fs::read_to_string(file).with_context(|| format!("could not read {}; `cargo xtask openapi` writes it", file.display()))?;
            if let Some(line) = first_difference(&kept, &said) {
                bail!("{} differs from the server's description from line {line} on; `cargo xtask openapi` writes it anew", file.display());
            }
            println!("{DOCUMENT} is what the server says");
        }
    }
    Ok(())
}

/// The first line (counted from 1) in which two texts differ.
fn first_difference(kept: &str, said: &str) -> Option<usize> {
    if kept == said {
        return None;
    }
    let same = kept.split('\n').zip(said.split('\n')).take_while(|(kept, said)| kept == said).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_document_passes_the_check() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("openapi.json");
        settle(&file, "{\n}", Mode::Write).expect("written");
        settle(&file, "{\n}", Mode::Check).expect("equal");
    }

    #[test]
    fn a_changed_contract_is_red_and_names_the_line_and_the_cure() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("openapi.json");
        settle(&file, "{\n  \"a\": 1\n}", Mode::Write).expect("written");
        let error = settle(&file, "{\n  \"a\": 2\n}", Mode::Check).expect_err("the contract changed").to_string();
        assert!(error.contains("from line 2 on"), "{error}");
        assert!(error.contains("cargo xtask openapi"), "{error}");
    }

    #[test]
    fn a_missing_document_is_red() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(settle(&folder.path().join("openapi.json"), "{}", Mode::Check).is_err());
    }

    #[test]
    fn an_empty_description_is_never_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("openapi.json");
        assert!(settle(&file, "\n", Mode::Write).is_err());
        assert!(!file.exists());
    }

    #[test]
    fn a_text_that_only_ends_earlier_differs_after_its_last_line() {
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\n"), None);
    }
}
