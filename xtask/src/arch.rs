//! `arch`: proves from the manifests that every arrow of the workspace points inwards. Decides nothing itself: `rings` holds the rules between
//! the crates, `closure` what the core may bring along, and this file reads the workspace and tells the findings.

mod closure;
mod rings;

use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};

use rings::{Arrow, Kind};

/// Judges the workspace of this manifest.
pub(crate) fn run(manifest_path: &Path) -> Result<()> {
    // The declared arrows, not the resolved ones: an optional or platform-bound dependency is an arrow, too.
    let metadata = MetadataCommand::new()
        .manifest_path(manifest_path)
        .no_deps()
        .exec()
        .with_context(|| format!("could not read the workspace of {}", manifest_path.display()))?;
    let packages = metadata.workspace_packages();
    let members: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut arrows = Vec::new();
    for package in &packages {
        for dependency in &package.dependencies {
            arrows.push(Arrow { from: package.name.as_str(), to: &dependency.name, kind: kind_of(dependency.kind) });
        }
    }
    let mut findings = rings::findings(&members, &arrows);
    let mut closure = 0;
    if members.contains(&rings::CORE) {
        let brought = closure::of(manifest_path, rings::CORE)?;
        closure = closure::count(&brought);
        findings.extend(closure::findings(rings::CORE, &brought));
    } else {
        findings.push(format!("there is no `{}` in the workspace, so the rings have no middle", rings::CORE));
    }
    for finding in &findings {
        eprintln!("arch: {finding}");
    }
    if !findings.is_empty() {
        bail!("{} forbidden arrow(s)", findings.len());
    }
    println!(
        "arch: {} crates, {} declared dependencies, {closure} crates in the core's closure: all arrows point inwards",
        members.len(),
        arrows.len()
    );
    Ok(())
}

fn kind_of(kind: DependencyKind) -> Kind {
    // A build script's dependency shapes what is built, so it counts like a normal one; so does a kind that this version does not know.
    if kind == DependencyKind::Development { Kind::Test } else { Kind::Normal }
}
