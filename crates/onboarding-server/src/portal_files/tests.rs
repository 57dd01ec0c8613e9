//! What is found in folders, and how faults in them are told.

use super::*;
use std::path::PathBuf;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The repository's portals, each in its folder.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portals")
}

/// A copy of the repository's portals that a test may spoil. Each has another name there: nothing in this crate knows theirs.
fn portals() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let portals = dir.path().join("portals");
    let mut originals: Vec<_> =
        fs::read_dir(repository()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    originals.sort();
    assert_eq!(originals.len(), NAMES.len());
    for (original, name) in originals.iter().zip(NAMES) {
        copy(original, &portals.join(name));
    }
    (dir, portals)
}

/// What the copies are called, in the order of the originals.
const NAMES: [&str; 4] = ["alder", "birch", "cedar", "dogwood"];

fn source(directory: &Path, only: Option<&[&str]>) -> PortalSource {
    PortalSource { directory: Some(directory.to_owned()), only: only.map(|only| only.iter().map(|one| (*one).to_owned()).collect()) }
}

/// Faults without the folder before `portals/`.
fn told(directory: &Path, only: Option<&[&str]>) -> Vec<String> {
    let faults = found(&source(directory, only)).and_then(|folders| load(&folders).map(|_| ())).unwrap_err();
    let before = format!("{}/", directory.parent().unwrap().display());
    faults.iter().map(|fault| fault.to_string().replace(&before, "")).collect()
}

fn spoil(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn the_portals_of_the_binary_are_those_of_the_repository() {
    let (inside, outside) = (embedded(), found(&source(&repository(), None)).unwrap());
    assert_eq!(inside.len(), outside.len());
    for (inside, outside) in inside.iter().zip(&outside) {
        assert_eq!(inside.slug, outside.slug);
        for (path, text) in &outside.files {
            assert_eq!(inside.file(path), Some(text.as_str()), "{path}");
        }
        assert!(inside.file("records.csv").is_some(), "{}", inside.slug);
    }
    let loaded = load(&inside).unwrap();
    assert_eq!(loaded.portals.all().len(), inside.len());
}

#[test]
fn only_some_of_the_portals_are_loaded_where_that_is_asked_for() {
    let (_dir, portals) = portals();
    let folders = found(&source(&portals, Some(&["cedar"]))).unwrap();
    assert_eq!(folders.iter().map(PortalFolder::slug).collect::<Vec<_>>(), ["cedar"]);
    assert_eq!(told(&portals, Some(&["cedar", "harbour"])), ["portals: there is no portal `harbour`, which [portals] only asks for"]);
    let embedded = PortalSource { directory: None, only: Some(vec!["harbour".to_owned()]) };
    assert!(found(&embedded).is_err());
}

#[test]
fn every_fault_of_every_portal_is_told_with_file_line_and_reason() {
    let (_dir, portals) = portals();
    spoil(&portals.join("cedar/portal.toml"), "approval = \"nobody\"", "approval = \"nobody\"\napprovals = 2");
    spoil(&portals.join("dogwood/portal.toml"), "country = \"DE\"", "country = \"Germany\"");
    spoil(&portals.join("dogwood/documents/terms.en.md"), "# Terms of use", "Terms of use");
    fs::remove_file(portals.join("alder/documents/privacy.fr.md")).unwrap();
    fs::create_dir(portals.join("birch/texts")).unwrap();
    fs::write(portals.join("birch/texts/de.ftl"), "# Unser Wortlaut\nno-such-text = Hallo\n").unwrap();
    fs::write(portals.join("birch/texts/nl.ftl"), "help-phone = Tel.\n").unwrap();
    fs::write(portals.join("birch/texts/de.txt"), b"Stra\xdfe").unwrap();
    fs::create_dir_all(portals.join("birch/mail/text.jinja.d")).unwrap();
    fs::write(portals.join("birch/mail/txt.jinja"), "{{ closing }}").unwrap();
    fs::create_dir(portals.join("API")).unwrap();
    fs::write(portals.join("API/portal.toml"), "").unwrap();
    let told = told(&portals, None);
    let expected = [
        "portals/API: no portal can be called so",
        "portals/cedar/portal.toml:31: unknown field `approvals`",
        "portals/dogwood/portal.toml:4: a country is two capital letters",
        "portals/dogwood/documents/terms.en.md:1: has no title",
        "portals/alder/portal.toml:19: the document privacy has no text in fr",
        "portals/birch/texts/de.ftl:2: no text is called `no-such-text`",
        "portals/birch/texts/nl.ftl: nothing reads a file called so, only texts/de.ftl, texts/fr.ftl, texts/it.ftl, texts/en.ftl",
        "portals/birch/texts/de.txt: nothing reads a file called so",
        "portals/birch/mail/text.jinja.d: nothing reads a file called so, only mail/text.jinja, mail/html.jinja",
        "portals/birch/mail/txt.jinja: nothing reads a file called so",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for start in expected {
        assert!(told.iter().any(|fault| fault.starts_with(start)), "{start} in {told:#?}");
    }
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let (_dir, portals) = portals();
    fs::write(portals.join("cedar/documents/terms.de.md"), b"# Titel\nStra\xdfe\n").unwrap();
    fs::remove_file(portals.join("dogwood/portal.toml")).unwrap();
    let told_here = told(&portals, None);
    assert!(told_here.contains(&"portals/cedar/documents/terms.de.md:2: is not UTF-8; save the file as UTF-8".to_owned()), "{told_here:?}");
    assert!(told_here.contains(&"portals/dogwood/portal.toml: could not read the file: entity not found".to_owned()), "{told_here:?}");
    let nowhere = portals.join("nowhere");
    assert_eq!(told(&nowhere, None), ["nowhere: could not read the folder: entity not found"]);
}

#[test]
fn a_folder_without_portals_is_no_installation() {
    let dir = tempfile::tempdir().unwrap();
    let portals = dir.path().join("portals");
    fs::create_dir(&portals).unwrap();
    assert_eq!(told(&portals, None), ["portals: there is no portal: no folder has a portal.toml"]);
}

#[test]
fn a_portal_says_something_otherwise() {
    let (_dir, portals) = portals();
    fs::create_dir(portals.join("cedar/texts")).unwrap();
    fs::write(portals.join("cedar/texts/de.ftl"), "help-phone = Ruf\n").unwrap();
    let loaded = load(&found(&source(&portals, None)).unwrap()).unwrap();
    let say = |slug| loaded.texts.text(PortalSlug::parse(slug).as_ref(), Language::De, "help-phone", &[]).unwrap();
    assert_eq!(say("cedar"), "Ruf");
    assert_ne!(say("dogwood"), "Ruf");
}

#[test]
fn a_portal_brings_its_own_layouts_without_the_marks_of_an_editor() {
    let (_dir, portals) = portals();
    assert!(load(&found(&source(&portals, None)).unwrap()).unwrap().layouts.is_empty());
    fs::create_dir(portals.join("cedar/mail")).unwrap();
    fs::write(portals.join("cedar/mail/text.jinja"), "\u{feff}{{ closing }}\r\n{{ signature }}\r\n").unwrap();
    fs::write(portals.join("cedar/mail/html.jinja"), "<p>{{ closing }}</p>").unwrap();
    fs::write(portals.join("cedar/mail/.text.jinja.swp"), b"\xff").unwrap();
    let loaded = load(&found(&source(&portals, None)).unwrap()).unwrap();
    let told: Vec<_> = loaded.layouts.iter().map(|layout| (layout.portal.as_str(), layout.form, layout.source.as_str())).collect();
    let text = ("cedar", MailForm::Text, "{{ closing }}\n{{ signature }}\n");
    assert_eq!(told, [text, ("cedar", MailForm::Html, "<p>{{ closing }}</p>")]);
}
