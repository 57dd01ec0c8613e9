//! What the core brings along: its whole closure of normal dependencies, with the features that it itself asks for. Decides which crates and
//! features would give it a runtime, a clock, randomness or I/O. Procedural macros run in the compiler and are left out.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::rings::is_of_family;
use crate::process;

/// Families that bring a runtime, I/O or randomness.
const RUNTIMES: [&str; 30] = [
    "async-executor",
    "async-io",
    "async-std",
    "async-trait",
    "fastrand",
    "futures",
    "getrandom",
    "h2",
    "hyper",
    "lettre",
    "mio",
    "native-tls",
    "openssl",
    "poem",
    "polling",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "sea-orm",
    "sea-query",
    "signal-hook",
    "smol",
    "socket2",
    "sqlx",
    "tokio",
    "tower",
    "tracing",
    "ureq",
    "wasm-bindgen",
];

/// Features that give an otherwise pure crate a clock or randomness.
const FEATURES: [(&str, &[&str]); 2] = [("chrono", &["clock", "now", "wasmbind"]), ("uuid", &["rng", "v1", "v4", "v6", "v7"])];

/// One crate of the closure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    /// From the root's own dependency to the crate itself.
    path: Vec<String>,
    features: Vec<String>,
}

/// The closure of `member`. Asked of `cargo tree`, because the graph of `cargo metadata` carries the features that all members ask for together:
/// another crate's clock would be charged to the core.
pub(crate) fn of(manifest_path: &Path, member: &str) -> Result<Vec<Brought>> {
    let folder = manifest_path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let manifest = manifest_path.file_name().and_then(|name| name.to_str()).context("the manifest's path names no file")?;
    let mut tree = process::cargo(folder, &["tree", "--manifest-path", manifest, "-p", member, "--all-features", "--target", "all"]);
    tree.args(["-e", "normal,no-proc-macro", "--prefix", "depth", "--format", "{p}|{f}"]);
    parse(&process::output_of(&mut tree).with_context(|| format!("could not list what {member} brings along"))?)
}

/// Every crate of the closure that is forbidden, with the way by which it comes in.
pub(crate) fn findings(member: &str, closure: &[Brought]) -> Vec<String> {
    let mut findings = Vec::new();
    for brought in closure {
        let Some(name) = brought.path.last() else { continue };
        let way = brought.path.join("` -> `");
        if is_of_family(name, &RUNTIMES) {
            findings.push(format!("forbidden arrow: `{member}` -> `{way}`: the core has no runtime, no I/O and no randomness"));
        }
        for (krate, features) in FEATURES {
            for feature in brought.features.iter().filter(|feature| name == krate && features.contains(&feature.as_str())) {
                findings.push(format!("forbidden arrow: `{member}` -> `{way}` with `{feature}`: the core has no clock and no randomness"));
            }
        }
    }
    findings
}

/// How many different crates these are; a crate that comes in by two ways stands there twice.
pub(crate) fn count(closure: &[Brought]) -> usize {
    closure.iter().filter_map(|brought| brought.path.last()).collect::<BTreeSet<_>>().len()
}

/// Reads lines like `2num-traits v0.2.19|std,libm (*)`.
fn parse(tree: &str) -> Result<Vec<Brought>> {
    let mut way: Vec<String> = Vec::new();
    let mut closure = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (depth, rest) = line.split_at(digits);
        let Ok(depth) = depth.parse::<usize>() else { bail!("could not read the line `{line}` of the tree") };
        let (package, features) = rest.rsplit_once('|').with_context(|| format!("could not read the line `{line}` of the tree"))?;
        let name = package.split(' ').next().unwrap_or(package);
        // Depth 0 is the member itself.
        let Some(above) = depth.checked_sub(1) else { continue };
        way.truncate(above);
        way.push(name.to_owned());
        let features = features.trim_end_matches("(*)").trim().split(',').filter(|feature| !feature.is_empty()).map(str::to_owned);
        closure.push(Brought { path: way.clone(), features: features.collect() });
    }
    Ok(closure)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0onboarding-core v0.1.0 (/a/place)|serde\n1chrono v0.4.45|alloc\n2num-traits v0.2.19|\n1uuid v1.29.3|serde,v4\n\
                        2getrandom v0.4.1|\n1toml v1.2.1|std (*)\n";

    #[test]
    fn the_tree_is_read_with_ways_and_features() {
        let closure = parse(TREE).expect("a tree");
        assert_eq!(closure.len(), 5);
        assert_eq!(closure[1], Brought { path: vec!["chrono".into(), "num-traits".into()], features: vec![] });
        assert_eq!(closure[2], Brought { path: vec!["uuid".into()], features: vec!["serde".into(), "v4".into()] });
        assert_eq!(closure[4], Brought { path: vec!["toml".into()], features: vec!["std".into()] });
    }

    #[test]
    fn randomness_through_the_back_door_is_named_with_its_way() {
        let told = findings("onboarding-core", &parse(TREE).expect("a tree"));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("`onboarding-core` -> `uuid` with `v4`"), "{told:?}");
        assert!(told[1].contains("`onboarding-core` -> `uuid` -> `getrandom`"), "{told:?}");
    }

    #[test]
    fn a_crate_that_comes_in_twice_counts_once() {
        let tree = "0onboarding-core v0.1.0 (/a/place)|\n1a v1.0.0|\n2b v1.0.0|\n1b v1.0.0| (*)\n";
        assert_eq!(count(&parse(tree).expect("a tree")), 2);
    }

    #[test]
    fn a_pure_closure_is_green() {
        let tree = "0onboarding-core v0.1.0 (/a/place)|\n1chrono v0.4.45|alloc\n";
        assert!(findings("onboarding-core", &parse(tree).expect("a tree")).is_empty());
    }

    #[test]
    fn a_line_that_is_no_tree_is_an_error() {
        assert!(parse("warning: something\n").is_err());
    }
}
