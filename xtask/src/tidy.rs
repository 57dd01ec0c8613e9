//! `tidy`: the house rules that no compiler checks. Decides which files are read and how findings are told; the rules stand in the modules
//! below. Formatting is left to rustfmt, and everything that clippy knows to clippy.

mod demoted;
mod manifests;
mod proofs;
mod prose;
mod rust;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gravity {
    /// Told, but green.
    Warning,
    /// Red.
    Fault,
}

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    gravity: Gravity,
    /// Counted from 1; none where the whole file is meant.
    line: Option<usize>,
    text: String,
}

impl Finding {
    fn fault(line: impl Into<Option<usize>>, text: impl Into<String>) -> Self {
        Self { gravity: Gravity::Fault, line: line.into(), text: text.into() }
    }

    fn warning(text: impl Into<String>) -> Self {
        Self { gravity: Gravity::Warning, line: None, text: text.into() }
    }
}

/// Checks every file of the workspace.
pub(crate) fn run(root: &Path) -> Result<()> {
    let (files, findings) = inspect(root)?;
    let mut faults = 0;
    for (path, finding) in &findings {
        let place = finding.line.map_or_else(|| path.display().to_string(), |line| format!("{}:{line}", path.display()));
        match finding.gravity {
            Gravity::Warning => eprintln!("tidy: warning: {place}: {}", finding.text),
            Gravity::Fault => {
                faults += 1;
                eprintln!("tidy: {place}: {}", finding.text);
            }
        }
    }
    if faults > 0 {
        bail!("{faults} place(s) break the house rules");
    }
    println!("tidy: {files} files, {} warning(s), no fault", findings.len());
    Ok(())
}

/// The number of files read, and what was found, with paths below `root`.
fn inspect(root: &Path) -> Result<(usize, Vec<(PathBuf, Finding)>)> {
    let slugs = slugs(root)?;
    let mut paths = Vec::new();
    walk(root, Path::new(""), &mut paths)?;
    let mut texts = Vec::new();
    for path in paths.into_iter().filter(|path| is_read(path)) {
        let text = fs::read_to_string(root.join(&path)).with_context(|| format!("could not read {}", path.display()))?;
        texts.push((path, text));
    }

    let mut findings = Vec::new();
    if slugs.is_empty() {
        findings.push((PathBuf::from("portals"), Finding::fault(None, "holds no portal, so no slug can be looked for")));
    }
    let demoted =
        demoted::test_modules(texts.iter().filter(|(path, _)| is(path, "rs")).map(|(path, text)| (path.as_path(), text.as_str())));
    for (path, text) in &texts {
        let mut of_file = Vec::new();
        if is(path, "rs") {
            of_file.extend(rust::findings(path, text, &slugs, demoted.covers(path)));
        } else {
            of_file.extend(prose::findings(text));
        }
        if path.file_name().is_some_and(|name| name == "Cargo.toml") && path != Path::new("Cargo.toml") {
            of_file.extend(manifests::member_findings(text)?);
        }
        findings.extend(of_file.into_iter().map(|finding| (path.clone(), finding)));
    }
    let tests: BTreeSet<&str> = texts.iter().filter(|(path, _)| is(path, "rs")).flat_map(|(_, text)| proofs::functions(text)).collect();
    for (path, text) in texts.iter().filter(|(path, _)| proofs::DOCUMENTS.iter().any(|document| path == Path::new(document))) {
        findings.extend(proofs::findings(text, &tests).into_iter().map(|finding| (path.clone(), finding)));
    }
    let text_of = |name: &str| texts.iter().find(|(path, _)| path == Path::new(name)).map(|(_, text)| text.as_str());
    let manifest = text_of("Cargo.toml").context("there is no Cargo.toml at the root")?;
    let survey = text_of(manifests::SURVEY).unwrap_or_default();
    findings.extend(manifests::survey_findings(manifest, survey)?.into_iter().map(|finding| (PathBuf::from(manifests::SURVEY), finding)));
    Ok((texts.len(), findings))
}

/// The portals' names: the folders in `portals/`.
fn slugs(root: &Path) -> Result<BTreeSet<String>> {
    let folder = root.join("portals");
    let mut slugs = BTreeSet::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
        if entry.path().is_dir() {
            slugs.insert(entry.file_name().to_string_lossy().to_lowercase());
        }
    }
    Ok(slugs)
}

/// Every file below `root`, sorted, without what is built or kept by the version control.
fn walk(root: &Path, below: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let folder = root.join(below);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
        let kind = entry.file_type().with_context(|| format!("could not look at {}", entry.path().display()))?;
        names.push((entry.file_name(), kind));
    }
    names.sort_by(|left, right| left.0.cmp(&right.0));
    for (name, kind) in names {
        let path = below.join(&name);
        if kind.is_dir() && ![".git", "target", "onboarding-data", "node_modules"].iter().any(|skipped| name == *skipped) {
            walk(root, &path, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        }
    }
    Ok(())
}

fn is_read(path: &Path) -> bool {
    ["rs", "ftl", "md", "toml"].iter().any(|extension| is(path, extension))
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    fn house() -> tempfile::TempDir {
        let house = tempfile::tempdir().expect("a folder");
        write(house.path(), "Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n");
        write(house.path(), "docs/dependencies.md", "| `serde` | reading | writing by hand |\n");
        write(house.path(), "portals/harbour/portal.toml", "slug = \"harbour\"\n");
        write(house.path(), "crates/a/Cargo.toml", "[dependencies]\nserde.workspace = true\n\n[lints]\nworkspace = true\n");
        write(house.path(), "crates/a/src/lib.rs", "//! A crate.\n");
        house
    }

    fn told(root: &Path) -> Vec<String> {
        let (_, findings) = inspect(root).expect("a readable house");
        findings.into_iter().map(|(path, finding)| format!("{}: {}", path.display(), finding.text)).collect()
    }

    #[test]
    fn a_clean_house_is_green() {
        let house = house();
        assert_eq!(told(house.path()), Vec::<String>::new());
        assert!(run(house.path()).is_ok());
    }

    #[test]
    fn a_portal_s_name_in_the_code_of_a_crate_is_red() {
        let house = house();
        write(house.path(), "crates/a/src/lib.rs", "//! A crate.\nconst SLUG: &str = \"harbour\";\n");
        let told = told(house.path());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("crates/a/src/lib.rs: ") && told[0].contains("harbour"), "{told:?}");
        assert!(run(house.path()).is_err());
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_may_name_a_portal() {
        let house = house();
        write(house.path(), "crates/a/src/lib.rs", "//! A crate.\n#[cfg(test)]\nmod walks;\n");
        write(house.path(), "crates/a/src/walks.rs", "//! Walks.\nconst SLUG: &str = \"harbour\";\n");
        assert_eq!(told(house.path()), Vec::<String>::new());
    }

    #[test]
    fn the_data_of_a_portal_may_name_it() {
        let house = house();
        write(house.path(), "portals/harbour/texts/de.ftl", "name = harbour\n");
        assert_eq!(told(house.path()), Vec::<String>::new());
    }

    #[test]
    fn what_is_built_is_not_read() {
        let house = house();
        write(house.path(), "target/debug/out.rs", "no heading");
        assert_eq!(told(house.path()), Vec::<String>::new());
    }

    #[test]
    fn a_house_without_portals_is_red_because_nothing_could_be_looked_for() {
        let house = house();
        fs::remove_dir_all(house.path().join("portals/harbour")).expect("removed");
        assert_eq!(told(house.path()).len(), 1);
    }

    #[test]
    fn warnings_alone_stay_green() {
        let house = house();
        write(house.path(), "crates/a/src/lib.rs", &format!("//! A crate.\n{}", "const A: () = ();\n".repeat(450)));
        assert_eq!(told(house.path()).len(), 1);
        assert!(run(house.path()).is_ok());
    }
}
