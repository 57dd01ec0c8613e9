//! `cargo xtask arch` as a whole: on this workspace, and on small workspaces that are made here, one with a forbidden arrow each. They hold
//! crates by path only, so that no registry is asked.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A workspace of empty crates below `house/`; third-party crates lie beside it, where they are no members.
struct Workspace(TempDir);

impl Workspace {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = Self(folder);
        workspace.write("house/Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
        workspace.member("onboarding-core", "");
        workspace
    }

    fn member(&self, name: &str, dependencies: &str) {
        self.package(&format!("house/crates/{name}"), name, dependencies);
    }

    fn third_party(&self, name: &str, dependencies: &str) {
        self.package(&format!("beside/{name}"), name, dependencies);
    }

    fn package(&self, folder: &str, name: &str, dependencies: &str) {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{dependencies}\n");
        self.write(&format!("{folder}/Cargo.toml"), &manifest);
        self.write(&format!("{folder}/src/lib.rs"), "//! Empty.\n");
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    fn judged(&self) -> Verdict {
        judged(&self.0.path().join("house/Cargo.toml"))
    }
}

struct Verdict {
    green: bool,
    told: String,
}

impl Verdict {
    fn assert_red_naming(&self, from: &str, to: &str) {
        assert!(!self.green, "green: {}", self.told);
        assert!(self.told.contains(&format!("`{from}` -> `{to}`")), "{}", self.told);
    }
}

fn judged(manifest: &Path) -> Verdict {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("arch").arg("--manifest-path").arg(manifest).output().expect("xtask runs");
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Verdict { green: output.status.success(), told }
}

#[test]
fn this_workspace_is_green() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root");
    let verdict = judged(&root.join("Cargo.toml"));
    assert!(verdict.green, "{}", verdict.told);
}

#[test]
fn a_house_with_inward_arrows_is_green() {
    let workspace = Workspace::new();
    workspace.member("onboarding", "[dependencies]\nonboarding-core = { path = \"../onboarding-core\" }");
    workspace.member("onboarding-store", "[dependencies]\nonboarding = { path = \"../onboarding\" }");
    let verdict = workspace.judged();
    assert!(verdict.green, "{}", verdict.told);
    assert!(verdict.told.contains("3 crates"), "{}", verdict.told);
}

#[test]
fn an_adapter_that_knows_another_adapter_is_red_and_both_are_named() {
    let workspace = Workspace::new();
    workspace.member("onboarding-store", "");
    workspace.member("onboarding-mail", "[dependencies]\nonboarding-store = { path = \"../onboarding-store\" }");
    workspace.judged().assert_red_naming("onboarding-mail", "onboarding-store");
}

#[test]
fn a_core_that_knows_the_engine_is_red_and_both_are_named() {
    let workspace = Workspace::new();
    workspace.member("onboarding", "");
    workspace.member("onboarding-core", "[dependencies]\nonboarding = { path = \"../onboarding\" }");
    workspace.judged().assert_red_naming("onboarding-core", "onboarding");
}

#[test]
fn an_optional_arrow_is_an_arrow() {
    let workspace = Workspace::new();
    workspace.member("onboarding-store", "");
    workspace.member("onboarding", "[dependencies]\nonboarding-store = { path = \"../onboarding-store\", optional = true }");
    workspace.judged().assert_red_naming("onboarding", "onboarding-store");
}

#[test]
fn a_runtime_that_reaches_the_core_through_another_crate_is_red_with_its_way() {
    let workspace = Workspace::new();
    workspace.third_party("tokio", "");
    workspace.third_party("harmless", "[dependencies]\ntokio = { path = \"../tokio\" }");
    workspace.member("onboarding-core", "[dependencies]\nharmless = { path = \"../../../beside/harmless\" }");
    workspace.judged().assert_red_naming("harmless", "tokio");
}

#[test]
fn a_runtime_behind_a_feature_of_the_core_is_red() {
    let workspace = Workspace::new();
    workspace.third_party("rand", "");
    workspace.member("onboarding-core", "[dependencies]\nrand = { path = \"../../../beside/rand\", optional = true }");
    workspace.judged().assert_red_naming("onboarding-core", "rand");
}

#[test]
fn a_runtime_in_the_core_s_tests_is_allowed() {
    let workspace = Workspace::new();
    workspace.third_party("rand", "");
    workspace.member("onboarding-core", "[dev-dependencies]\nrand = { path = \"../../../beside/rand\" }");
    let verdict = workspace.judged();
    assert!(verdict.green, "{}", verdict.told);
}

#[test]
fn another_crate_s_clock_is_not_charged_to_the_core() {
    let workspace = Workspace::new();
    workspace.third_party("chrono", "[features]\nclock = []");
    workspace.member("onboarding-core", "[dependencies]\nchrono = { path = \"../../../beside/chrono\" }");
    workspace.member("onboarding-server", "[dependencies]\nchrono = { path = \"../../../beside/chrono\", features = [\"clock\"] }");
    let verdict = workspace.judged();
    assert!(verdict.green, "{}", verdict.told);
}

#[test]
fn a_clock_that_the_core_asks_for_itself_is_red() {
    let workspace = Workspace::new();
    workspace.third_party("chrono", "[features]\nclock = []");
    workspace.member("onboarding-core", "[dependencies]\nchrono = { path = \"../../../beside/chrono\", features = [\"clock\"] }");
    workspace.judged().assert_red_naming("onboarding-core", "chrono");
}

#[test]
fn sql_outside_of_the_store_is_red_and_both_are_named() {
    let workspace = Workspace::new();
    workspace.third_party("sea-orm", "");
    workspace.member("onboarding-http", "[dependencies]\nsea-orm = { path = \"../../../beside/sea-orm\" }");
    workspace.judged().assert_red_naming("onboarding-http", "sea-orm");
}

#[test]
fn a_new_crate_without_a_ring_is_red() {
    let workspace = Workspace::new();
    workspace.member("onboarding-carrier-pigeon", "");
    let verdict = workspace.judged();
    assert!(!verdict.green && verdict.told.contains("`onboarding-carrier-pigeon` has no ring"), "{}", verdict.told);
}

#[test]
fn a_workspace_without_a_core_is_red() {
    let workspace = Workspace::new();
    workspace.member("onboarding", "");
    fs::remove_dir_all(workspace.0.path().join("house/crates/onboarding-core")).expect("removed");
    let verdict = workspace.judged();
    assert!(!verdict.green && verdict.told.contains("onboarding-core"), "{}", verdict.told);
}
