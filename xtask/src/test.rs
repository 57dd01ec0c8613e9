//! `test`: first what the tests need, then the tests, then the core without an operating system under it. Nothing is skipped because
//! something is not installed: it is installed, or named and the run is red.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

const WASM: &str = "wasm32-unknown-unknown";

/// Sets up, tests the whole workspace, and builds the core for wasm with and without its features.
pub(crate) fn run(root: &Path) -> Result<()> {
    require_wasm(root)?;
    process::run(&mut process::cargo(root, &["test", "--locked", "--workspace"]))?;
    let core = ["check", "--locked", "-p", "onboarding-core", "--target", WASM];
    process::run(&mut process::cargo(root, &core))?;
    process::run(process::cargo(root, &core).args(["--features", "declaration"]))
}

/// The target's standard library is what counts: it may come from rustup or from a distribution's package.
fn require_wasm(root: &Path) -> Result<()> {
    if has_target(root, WASM)? {
        return Ok(());
    }
    println!("the Rust target {WASM} is missing; adding it with rustup");
    process::run(Command::new("rustup").current_dir(root).args(["target", "add", WASM]))
        .with_context(|| format!("the tests need the Rust target {WASM}, which is missing and could not be added"))
}

fn has_target(root: &Path, target: &str) -> Result<bool> {
    let libraries = process::output_of(Command::new("rustc").current_dir(root).args(["--print", "target-libdir", "--target", target]))
        .with_context(|| format!("could not ask rustc for the libraries of {target}"))?;
    let Ok(entries) = std::fs::read_dir(libraries.trim()) else { return Ok(false) };
    for entry in entries {
        let name = entry.with_context(|| format!("could not list the libraries of {target}"))?.file_name();
        if name.to_string_lossy().starts_with("libcore-") {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_without_libraries_is_seen_as_missing() {
        let root = process::workspace_root();
        // Known to rustc, but shipped by nobody: there is never a compiled core for it.
        assert!(!has_target(root, "armv7-sony-vita-newlibeabihf").expect("rustc answers"));
    }

    #[test]
    fn the_machines_own_target_is_seen_as_present() {
        let root = process::workspace_root();
        let version = process::output_of(Command::new("rustc").current_dir(root).arg("-vV")).expect("rustc answers");
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
        assert!(has_target(root, host).expect("rustc answers"));
    }
}
