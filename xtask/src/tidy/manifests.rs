//! The rules for dependencies: the root alone names versions, and every dependency has earned a line in the survey. Which crate may use
//! which is `arch`'s, licences are `deny`'s.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Finding;

/// Where every dependency has its line: a table of name, purpose and what else was looked at.
pub(crate) const SURVEY: &str = "docs/dependencies.md";

/// What the survey misses or keeps too long, given the root's manifest.
pub(crate) fn survey_findings(manifest: &str, survey: &str) -> Result<Vec<Finding>> {
    let manifest: Table = manifest.parse().context("could not read the root's Cargo.toml")?;
    let used = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(Value::as_table);
    let used = used.context("the root's Cargo.toml has no [workspace.dependencies]")?;
    let rows = rows(survey);
    let mut findings = Vec::new();
    for (name, dependency) in used {
        let is_own = dependency.get("path").is_some();
        if !is_own && !rows.contains_key(name.as_str()) {
            findings.push(Finding::fault(None, format!("has no line for `{name}`: what for, and what else was looked at")));
        }
    }
    for (name, (line, cells)) in rows {
        if !used.contains_key(name) {
            findings.push(Finding::fault(line, format!("`{name}` is no dependency any more")));
        }
        if cells.len() != 2 || cells.iter().any(|cell| cell.is_empty()) {
            findings.push(Finding::fault(line, format!("`{name}` needs two cells: what for, and what else was looked at")));
        }
    }
    Ok(findings)
}

/// What a member's manifest breaks.
pub(crate) fn member_findings(manifest: &str) -> Result<Vec<Finding>> {
    let manifest: Table = manifest.parse().context("could not read a member's Cargo.toml")?;
    let mut findings = Vec::new();
    let inherits = |value: Option<&Value>| value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true);
    if !inherits(manifest.get("lints")) {
        findings.push(Finding::fault(None, "does not take the workspace's lints"));
    }
    let platforms =
        manifest.get("target").and_then(Value::as_table).into_iter().flat_map(|targets| targets.values().filter_map(Value::as_table));
    for table in std::iter::once(&manifest).chain(platforms) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, dependency) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                // A crate that tests itself with other features can name itself by its own path only.
                let is_itself = dependency.get("path").and_then(Value::as_str) == Some(".");
                if !is_itself && !inherits(Some(dependency)) {
                    findings.push(Finding::fault(None, format!("`{name}` is not taken from [workspace.dependencies]")));
                }
            }
        }
    }
    Ok(findings)
}

/// The rows of the survey's tables whose first cell is a name in backticks: its line, counted from 1, and the other cells.
fn rows(survey: &str) -> BTreeMap<&str, (usize, Vec<&str>)> {
    let mut rows = BTreeMap::new();
    for (index, line) in survey.lines().enumerate() {
        let Some(inner) = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|')) else { continue };
        let mut cells = inner.split('|').map(str::trim);
        let name = cells.next().and_then(|cell| cell.strip_prefix('`')).and_then(|cell| cell.strip_suffix('`'));
        if let Some(name) = name {
            rows.insert(name, (index + 1, cells.collect()));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace.dependencies]\nours = { path = \"crates/ours\" }\nserde = \"1\"\ntoml = { version = \"1\" }\n";

    fn texts(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn a_dependency_without_a_line_is_red_and_our_own_crates_need_none() {
        let told = texts(survey_findings(ROOT, "| `serde` | reading | by hand |\n").expect("readable"));
        assert_eq!(told, ["has no line for `toml`: what for, and what else was looked at"]);
    }

    #[test]
    fn a_line_that_gives_no_reason_is_red() {
        let told = texts(survey_findings(ROOT, "| `serde` | reading | by hand |\n| `toml` | journeys | |\n").expect("readable"));
        assert_eq!(told, ["`toml` needs two cells: what for, and what else was looked at"]);
    }

    #[test]
    fn a_line_that_outlived_its_dependency_is_red() {
        let survey =
            "| name | for | else |\n|---|---|---|\n| `serde` | reading | by hand |\n| `toml` | journeys | json |\n| `gone` | a | b |\n";
        assert_eq!(survey_findings(ROOT, survey).expect("readable"), [Finding::fault(5, "`gone` is no dependency any more")]);
    }

    #[test]
    fn a_version_in_a_member_is_red_wherever_it_stands() {
        let member = "[dependencies]\na.workspace = true\nb = \"1\"\n[dev-dependencies]\nc = { version = \"1\" }\n\
                      [target.'cfg(unix)'.dependencies]\nd = { path = \"../d\" }\n[lints]\nworkspace = true\n";
        let told = texts(member_findings(member).expect("readable"));
        let names: Vec<_> = told.iter().filter_map(|text| text.split('`').nth(1)).collect();
        assert_eq!(names, ["b", "c", "d"]);
    }

    #[test]
    fn a_crate_may_name_itself_by_its_path() {
        let member = "[dev-dependencies]\nours = { path = \".\", features = [\"mock\"] }\n[lints]\nworkspace = true\n";
        assert!(member_findings(member).expect("readable").is_empty());
    }

    #[test]
    fn a_member_without_the_workspace_s_lints_is_red() {
        assert_eq!(texts(member_findings("[dependencies]\n").expect("readable")), ["does not take the workspace's lints"]);
    }
}
