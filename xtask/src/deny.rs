//! `deny`: licences, sources and banned crates of the whole graph, judged by cargo-deny with `deny.toml`. Decides only where the tool comes
//! from; advisories are left out, because their database is not on the registry (deny.toml says how to check them).

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The series whose configuration format deny.toml is written for.
const SERIES: &str = "0.20.";
const VERSION: &str = "0.20.2";

/// Judges the graph; installs the tool into `target/tools` where neither that folder nor the search path holds it.
pub(crate) fn run(root: &Path) -> Result<()> {
    let own = root.join("target/tools/bin/cargo-deny");
    let tool = if is_usable(&own) {
        own
    } else if is_usable(Path::new("cargo-deny")) {
        "cargo-deny".into()
    } else {
        println!("cargo-deny {VERSION} is missing; compiling it into target/tools (once, about four minutes)");
        process::run(
            process::cargo(root, &["install", "--locked", "--version", VERSION, "--root"]).arg(root.join("target/tools")).arg("cargo-deny"),
        )
        .with_context(|| format!("cargo-deny {VERSION} is needed and could not be installed"))?;
        own
    };
    let graph = ["--workspace", "--all-features", "--locked"];
    let checks = ["check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    process::run(Command::new(tool).current_dir(root).args(graph).args(checks))
}

fn is_usable(tool: &Path) -> bool {
    process::output_of(Command::new(tool).arg("--version")).is_ok_and(|version| is_right_version(&version))
}

fn is_right_version(output: &str) -> bool {
    output.strip_prefix("cargo-deny ").is_some_and(|version| version.starts_with(SERIES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_series_of_the_configuration_is_accepted() {
        assert!(is_right_version("cargo-deny 0.20.2\n"));
        assert!(!is_right_version("cargo-deny 0.19.0\n"));
        assert!(!is_right_version("cargo-deny 0.2.0\n"));
        assert!(!is_right_version("something else 0.20.2\n"));
    }

    #[test]
    fn a_tool_that_is_not_there_is_not_usable() {
        assert!(!is_usable(Path::new("/nowhere/cargo-deny")));
    }
}
