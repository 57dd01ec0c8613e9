//! The portals' files: found in a folder or in the binary, read, and given to those who parse them. Decides which files a portal has and how a
//! fault in one is told; what may stand in them is decided by the engine and the texts.
//!
//! A portal is a folder named after its slug: `portal.toml`, `documents/<name>.<language>.md` and, where it words something otherwise,
//! `texts/<language>.ftl`.

mod document;

use crate::config::PortalSource;
use crate::fault::{Fault, Faults};
use document::document;
use onboarding::{Portal, Portals};
use onboarding_core::journey::declaration::line_of;
use onboarding_core::{Language, PortalSlug};
use onboarding_text::Texts;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// What the folder of every portal has.
const DECLARATION: &str = "portal.toml";

/// The portals in the binary: each with its slug and its files by path.
const EMBEDDED: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/portals.rs"));

/// Portals that can be served, and their words.
pub(crate) struct Loaded {
    pub(crate) portals: Portals,
    pub(crate) texts: Texts,
}

/// One portal's files as found.
pub(crate) struct PortalFolder {
    slug: String,
    /// How its place is told.
    place: String,
    /// By path below the folder.
    files: BTreeMap<String, String>,
}

impl PortalFolder {
    /// The slug.
    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    /// The text of a file.
    pub(crate) fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    fn place_of(&self, path: &str) -> String {
        format!("{}/{path}", self.place)
    }
}

/// The portals in the binary.
pub(crate) fn embedded() -> Vec<PortalFolder> {
    EMBEDDED
        .iter()
        .map(|(slug, files)| PortalFolder {
            slug: (*slug).to_owned(),
            place: format!("portals/{slug}"),
            files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
        })
        .collect()
}

/// The portals that the settings name.
///
/// # Errors
/// Files that cannot be read, folders that no portal can be called by, portals that are not there.
pub(crate) fn found(source: &PortalSource) -> Result<Vec<PortalFolder>, Faults> {
    let mut faults = Vec::new();
    let wanted = |slug: &str| source.only.as_ref().is_none_or(|only| only.iter().any(|one| one == slug));
    let folders = match &source.directory {
        None => embedded().into_iter().filter(|folder| wanted(&folder.slug)).collect(),
        Some(directory) => in_directory(directory, wanted, &mut faults),
    };
    let place = source.directory.as_ref().map_or_else(|| "the portals in the binary".to_owned(), |path| path.display().to_string());
    for slug in source.only.iter().flatten() {
        if !folders.iter().any(|folder| folder.slug == *slug) {
            faults.push(Fault::new(&place, format!("there is no portal `{slug}`, which [portals] only asks for")));
        }
    }
    if folders.is_empty() && faults.is_empty() {
        faults.push(Fault::new(&place, format!("there is no portal: no folder has a {DECLARATION}")));
    }
    Faults::none_or(faults, Some(folders))
}

fn in_directory(directory: &Path, wanted: impl Fn(&str) -> bool, faults: &mut Vec<Fault>) -> Vec<PortalFolder> {
    let mut folders = Vec::new();
    for path in entries(directory, faults) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.is_dir() || !wanted(&name) {
            continue;
        }
        let mut folder = PortalFolder { slug: name, place: path.display().to_string(), files: BTreeMap::new() };
        read_into(&mut folder, &path.join(DECLARATION), DECLARATION, faults);
        for (part, kind) in [("documents", "md"), ("texts", "ftl")] {
            let inner = path.join(part);
            if !inner.exists() {
                continue;
            }
            for file in entries(&inner, faults).into_iter().filter(|file| file.extension().is_some_and(|found| found == kind)) {
                let below = format!("{part}/{}", file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default());
                read_into(&mut folder, &file, &below, faults);
            }
        }
        folders.push(folder);
    }
    folders
}

/// What lies in a folder, by name, without what is hidden.
fn entries(folder: &Path, faults: &mut Vec<Fault>) -> Vec<std::path::PathBuf> {
    let listed =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>());
    match listed {
        Ok(mut paths) => {
            paths.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
            paths.sort();
            paths
        }
        Err(error) => {
            faults.push(Fault::new(folder.display().to_string(), format!("could not read the folder: {}", error.kind())));
            Vec::new()
        }
    }
}

fn read_into(folder: &mut PortalFolder, file: &Path, below: &str, faults: &mut Vec<Fault>) {
    let text = fs::read(file).map_err(|error| Fault::new(folder.place_of(below), format!("could not read the file: {}", error.kind())));
    let text = text.and_then(|bytes| {
        String::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            Fault::in_line(&folder.place_of(below), line_of(&good, good.len()), "is not UTF-8; save the file as UTF-8")
        })
    });
    match text {
        Ok(text) => drop(folder.files.insert(below.to_owned(), text)),
        Err(fault) => faults.push(fault),
    }
}

/// Parses the portals and their words.
///
/// # Errors
/// Every fault of every portal, with file, line and reason.
pub(crate) fn load(folders: &[PortalFolder]) -> Result<Loaded, Faults> {
    let mut faults = Vec::new();
    let mut portals = Vec::new();
    let mut texts = Texts::new();
    for folder in folders {
        let Some(slug) = PortalSlug::parse(&folder.slug) else {
            let shape =
                "no portal can be called so: 2 to 32 of a-z, 0-9 and -, beginning with a letter, and no word the server uses itself";
            faults.push(Fault::new(&folder.place, shape));
            continue;
        };
        if let Some(portal) = portal(folder, slug.clone(), &mut faults) {
            texts = texts.with_country(&slug, &portal.country);
            portals.push(portal);
        }
        texts = wording(texts, folder, &slug, &mut faults);
    }
    Faults::none_or(faults, Some(Loaded { portals: Portals::new(portals), texts }))
}

fn portal(folder: &PortalFolder, slug: PortalSlug, faults: &mut Vec<Fault>) -> Option<Portal> {
    let declaration = folder.file(DECLARATION)?;
    let in_documents = RefCell::new(Vec::new());
    let source = |name: &str, language: Language| {
        let path = format!("documents/{name}.{language}.md");
        let (text, fault) = document(folder.file(&path)?);
        in_documents.borrow_mut().extend(fault.map(|reason| Fault::in_line(&folder.place_of(&path), 1, reason)));
        Some(text)
    };
    let parsed = Portal::parse(slug, declaration, &source);
    let place = folder.place_of(DECLARATION);
    let portal = match parsed {
        Ok(portal) => Some(portal),
        Err(refused) => {
            faults.extend(refused.into_iter().map(|fault| Fault::in_line(&place, fault.line, fault.reason)));
            None
        }
    };
    faults.append(&mut in_documents.into_inner());
    portal
}

/// Lays a portal's own words over the texts. After a fault the texts are only there to find more of them.
fn wording(mut texts: Texts, folder: &PortalFolder, slug: &PortalSlug, faults: &mut Vec<Fault>) -> Texts {
    for (path, source) in &folder.files {
        let Some(name) = path.strip_prefix("texts/").and_then(|file| file.strip_suffix(".ftl")) else { continue };
        let place = folder.place_of(path);
        let Some(language) = Language::ALL.into_iter().find(|language| language.tag() == name) else {
            faults.push(Fault::new(place, "no language is called so: de, fr, it, en"));
            continue;
        };
        texts = texts.with_overrides(slug, language, source).unwrap_or_else(|fault| {
            faults.push(Fault::in_line(&place, fault.line.unwrap_or(1), fault.reason));
            Texts::new()
        });
    }
    texts
}

#[cfg(test)]
mod tests;
