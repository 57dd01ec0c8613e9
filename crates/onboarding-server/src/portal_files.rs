//! The portals' files: found in a folder or in the binary, read, and given to those who parse them. Decides which files a portal has and how a
//! fault in one is told; what may stand in them is decided by the engine and the texts, and a layout is tried where mails are set up.
//!
//! A portal is a folder named after its slug: `portal.toml`, `documents/<name>.<language>.md` and, where it words or shows something
//! otherwise, `look/logo.svg`, `texts/<language>.ftl`, `mail/text.jinja` and `mail/html.jinja`.

mod document;

use crate::config::PortalSource;
use crate::fault::{Fault, Faults};
use document::document;
use onboarding::portal::logo_fault;
use onboarding::{Portal, Portals};
use onboarding_core::journey::declaration::line_of;
use onboarding_core::{Language, PortalSlug};
use onboarding_text::{MailForm, Texts};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What the folder of every portal has.
const DECLARATION: &str = "portal.toml";
/// Where a portal's logo is.
const LOGO: &str = "look/logo.svg";
/// Where a portal's own layouts of its mails are.
const LAYOUTS: [(&str, MailForm); 2] = [("mail/text.jinja", MailForm::Text), ("mail/html.jinja", MailForm::Html)];

/// The portals in the binary: each with its slug and its files by path.
const EMBEDDED: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/portals.rs"));

/// Portals that could be read, with their words and the layouts of their mails.
pub(crate) struct Loaded {
    pub(crate) portals: Portals,
    pub(crate) texts: Arc<Texts>,
    /// Those of portals that have their own, not tried yet.
    pub(crate) layouts: Vec<Layout>,
    declarations: BTreeMap<PortalSlug, String>,
}

impl Loaded {
    /// The file that declares a portal.
    pub(crate) fn declared(&self, portal: &PortalSlug) -> &str {
        self.declarations.get(portal).expect("a portal is read from its declaration")
    }
}

/// A portal's own layout of its mails.
pub(crate) struct Layout {
    pub(crate) portal: PortalSlug,
    pub(crate) form: MailForm,
    /// Its file.
    pub(crate) place: String,
    pub(crate) source: String,
}

/// One portal's files as found.
pub(crate) struct PortalFolder {
    slug: String,
    /// How its place is told.
    place: String,
    /// By path below the folder.
    files: BTreeMap<String, String>,
    /// Paths of files that nothing reads, where each should mean something.
    strangers: Vec<String>,
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
        .map(|(slug, files)| {
            let (strangers, files): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| stranger(path).is_some());
            PortalFolder {
                slug: (*slug).to_owned(),
                place: format!("portals/{slug}"),
                files: files.into_iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
                strangers: strangers.into_iter().map(|(path, _)| (*path).to_owned()).collect(),
            }
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
        let mut folder = PortalFolder { slug: name, place: path.display().to_string(), files: BTreeMap::new(), strangers: Vec::new() };
        read_into(&mut folder, &path.join(DECLARATION), DECLARATION, faults);
        for part in ["documents", "texts", "mail", "look"] {
            let inner = path.join(part);
            if !inner.exists() {
                continue;
            }
            for file in entries(&inner, faults) {
                let below = format!("{part}/{}", file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default());
                if stranger(&below).is_some() {
                    folder.strangers.push(below);
                } else if part != "documents" || file.extension().is_some_and(|kind| kind == "md") {
                    read_into(&mut folder, &file, &below, faults);
                }
            }
        }
        folders.push(folder);
    }
    folders
}

/// Why nothing reads a file, if so. What is overridden is optional, so nobody would miss a file whose name is mistyped.
fn stranger(below: &str) -> Option<String> {
    let (part, _) = below.split_once('/')?;
    let known: Vec<String> = match part {
        "texts" => Language::ALL.iter().map(|language| format!("texts/{language}.ftl")).collect(),
        "look" => vec![LOGO.to_owned()],
        "mail" => LAYOUTS.iter().map(|(path, _)| (*path).to_owned()).collect(),
        _ => return None,
    };
    (!known.iter().any(|path| path == below)).then(|| format!("nothing reads a file called so, only {}", known.join(", ")))
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
    let (loaded, faults) = read(folders);
    Faults::none_or(faults, Some(loaded))
}

/// Parses what can be parsed, and tells every fault of the rest, so that more can be looked for.
pub(crate) fn read(folders: &[PortalFolder]) -> (Loaded, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut portals = Vec::new();
    let mut texts = Texts::new();
    let (mut layouts, mut declarations) = (Vec::new(), BTreeMap::new());
    for folder in folders {
        let Some(slug) = PortalSlug::parse(&folder.slug) else {
            let shape =
                "no portal can be called so: 2 to 32 of a-z, 0-9 and -, beginning with a letter, and no word the server uses itself";
            faults.push(Fault::new(&folder.place, shape));
            continue;
        };
        faults.extend(folder.strangers.iter().filter_map(|path| Some(Fault::new(folder.place_of(path), stranger(path)?))));
        if let Some((portal, declared)) = portal(folder, slug.clone(), &mut faults) {
            texts = texts.with_country(&slug, &portal.country);
            portals.push(portal);
            declarations.insert(slug.clone(), declared);
            layouts.extend(layouts_in(folder, &slug));
        }
        texts = wording(texts, folder, &slug, &mut faults);
    }
    (Loaded { portals: Portals::new(portals), texts: Arc::new(texts), layouts, declarations }, faults)
}

fn portal(folder: &PortalFolder, slug: PortalSlug, faults: &mut Vec<Fault>) -> Option<(Portal, String)> {
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
        Ok(portal) => {
            let fault = folder.file(LOGO).and_then(logo_fault);
            faults.extend(fault.map(|reason| Fault::in_line(&folder.place_of(LOGO), 1, reason)));
            Some(Portal { logo: folder.file(LOGO).map(str::to_owned), ..portal })
        }
        Err(refused) => {
            faults.extend(refused.into_iter().map(|fault| Fault::in_line(&place, fault.line, fault.reason)));
            None
        }
    };
    faults.append(&mut in_documents.into_inner());
    Some((portal?, place))
}

/// A portal's own layouts, without a byte order mark and with plain line feeds: both would arrive in every mail.
fn layouts_in(folder: &PortalFolder, slug: &PortalSlug) -> Vec<Layout> {
    let own = LAYOUTS.iter().filter_map(|(path, form)| {
        let file = folder.file(path)?;
        let source = file.strip_prefix('\u{feff}').unwrap_or(file).replace("\r\n", "\n");
        Some(Layout { portal: slug.clone(), form: *form, place: folder.place_of(path), source })
    });
    own.collect()
}

/// Lays a portal's own words over the texts. After a fault the texts are only there to find more of them.
fn wording(mut texts: Texts, folder: &PortalFolder, slug: &PortalSlug, faults: &mut Vec<Fault>) -> Texts {
    for language in Language::ALL {
        let path = format!("texts/{language}.ftl");
        let Some(source) = folder.file(&path) else { continue };
        let place = folder.place_of(&path);
        texts = texts.with_overrides(slug, language, source).unwrap_or_else(|fault| {
            faults.push(Fault::in_line(&place, fault.line.unwrap_or(1), fault.reason));
            Texts::new()
        });
    }
    texts
}

#[cfg(test)]
mod tests;
