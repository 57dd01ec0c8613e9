//! `test`: first what the tests need, then the tests, a short storm, and the core without an operating system under it. Nothing is skipped because
//! something is not installed: it is installed, or named and the run is red.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use onboarding_testkit::postgres::{self, Cluster};

use crate::{process, screens};

const WASM: &str = "wasm32-unknown-unknown";

/// Programs that tests read letters and databases with, that they send mails and letters to, and that they look at pages with, each with the
/// Debian package that brings it.
const TOOLS: [(&str, &str); 15] = [
    ("pdftotext", "poppler-utils"),
    ("pdffonts", "poppler-utils"),
    ("pdfinfo", "poppler-utils"),
    ("pdftoppm", "poppler-utils"),
    ("zbarimg", "zbar-tools"),
    ("sqlite3", "sqlite3"),
    ("postfix", "postfix"),
    ("openssl", "openssl"),
    ("/usr/sbin/ippeveprinter", "cups-ipp-utils"),
    ("dbus-daemon", "dbus"),
    ("nginx", "nginx-light"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("node", "nodejs"),
    ("npm", "npm"),
];
/// What goes from outside through whole journeys: once more on PostgreSQL.
const WALKS: [&str; 7] = ["walk", "walk_chamber", "walk_customer", "walk_documents", "walk_partner", "fifth_portal", "staff"];
/// The server that tests of the store start, with the package that brings it; Debian's are in no path.
const SERVER: (&str, &str) = ("initdb", "postgresql-15");

/// Sets up, tests the whole workspace, and builds the core for wasm with and without its features.
pub(crate) fn run(root: &Path) -> Result<()> {
    require_wasm(root)?;
    require_tools()?;
    screens::require_judges(root)?;
    // One server for all of them: each starts one of its own otherwise.
    let cluster = Cluster::started_or_named();
    process::run(process::cargo(root, &["test", "--locked", "--workspace"]).env(postgres::SERVER, cluster.server()))?;
    let mut walks = process::cargo(root, &["test", "--locked", "-p", "onboarding-server"]);
    walks.args(WALKS.iter().flat_map(|walk| ["--test", walk]));
    process::run(walks.env(postgres::SERVER, cluster.server()).env("ONBOARDING_TEST_DATABASE", "postgres"))?;
    drop(cluster);
    crate::chaos::run(root, &crate::chaos::Options::short())?;
    let core = ["check", "--locked", "-p", "onboarding-core", "--target", WASM];
    process::run(&mut process::cargo(root, &core))?;
    process::run(process::cargo(root, &core).args(["--features", "declaration"]))
}

/// Letters are read back with the tools of a desk, and PostgreSQL is started. What is missing is installed with the system's
/// packages, or named.
pub(crate) fn require_tools() -> Result<()> {
    let mut lacking = missing(&TOOLS);
    lacking.extend(Some(SERVER).filter(|_| !has_server(Path::new("/usr/lib/postgresql"))));
    let packages = packages_of(&lacking);
    if packages.is_empty() {
        return Ok(());
    }
    println!("the packages {} are missing; installing them with apt-get", packages.join(" and "));
    let installed = apt_get(&["update"]).and_then(|()| apt_get(&[&["install", "--yes", "--no-install-recommends"], &*packages].concat()));
    installed
        .with_context(|| format!("the tests need the packages {}, which are missing and could not be installed", packages.join(" and ")))?;
    // A package that is called so elsewhere might bring another program.
    match missing(&TOOLS).first() {
        None if !has_server(Path::new("/usr/lib/postgresql")) => {
            bail!("the tests need `{}`, which the package {} did not bring", SERVER.0, SERVER.1)
        }
        None => Ok(()),
        Some((tool, package)) => bail!("the tests need `{tool}`, which the package {package} did not bring"),
    }
}

/// Those that cannot be started.
fn missing<'a>(tools: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    // Not whether it is content with its arguments: only whether it is there.
    let starts = |tool: &str| Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    tools.iter().copied().filter(|(tool, _)| !starts(tool)).collect()
}

/// Whether a server of any version is there, or somebody else's is named.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting, read where it is used")]
fn has_server(versions: &Path) -> bool {
    let installed =
        std::fs::read_dir(versions).into_iter().flatten().flatten().any(|version| version.path().join("bin").join(SERVER.0).is_file());
    installed || missing(&[SERVER]).is_empty() || std::env::var_os("ONBOARDING_TEST_POSTGRES_URL").is_some()
}

fn packages_of<'a>(tools: &[(&'a str, &'a str)]) -> Vec<&'a str> {
    let mut packages: Vec<_> = tools.iter().map(|(_, package)| *package).collect();
    packages.dedup();
    packages
}

/// As root, or as somebody who may become root without being asked.
fn apt_get(arguments: &[&str]) -> Result<()> {
    let is_root = process::output_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if is_root { Command::new("apt-get") } else { Command::new("sudo") };
    if !is_root {
        command.args(["--non-interactive", "apt-get"]);
    }
    process::run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
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
    fn a_tool_that_is_not_there_is_named_with_its_package() {
        let tools = [("cargo", "cargo"), ("no-such-tool", "no-such-package"), ("nor-this-one", "no-such-package")];
        assert_eq!(missing(&tools), tools[1..]);
        assert_eq!(packages_of(&missing(&tools)), ["no-such-package"]);
    }

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
