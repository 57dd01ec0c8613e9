//! Settings as written, before they mean anything: a file's sections with the environment laid over them. Knows where each value stands, and
//! refuses what nobody asked for. What a setting means is left to the caller.

use crate::fault::{Fault, Faults};
use onboarding_core::journey::declaration::line_of;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// What every variable of ours begins with.
const PREFIX: &str = "ONBOARDING_";
/// The section that has no place in a file: it changes how time passes, and only a test may want that.
const ENVIRONMENT_ONLY: &str = "test";

/// The variables of the environment, as they are.
pub(crate) type Environment = Vec<(OsString, OsString)>;

/// A value as written.
enum Raw {
    Text(String),
    Number(i64),
    List(Vec<String>),
    /// From the environment, where everything is a text: it becomes what is asked for.
    Loose(String),
    /// Something no setting is.
    Other(&'static str),
}

struct Entry {
    place: String,
    raw: Raw,
    /// What a relative path starts from.
    base: PathBuf,
}

type Key = (String, String);

/// The settings of one installation.
pub(crate) struct Table {
    /// How a missing setting's place is told: the file's name.
    name: String,
    entries: BTreeMap<Key, Entry>,
    /// Places of what was taken.
    places: BTreeMap<Key, String>,
    asked: BTreeSet<Key>,
    /// Variables and headings that cannot be any setting's.
    strangers: Vec<Fault>,
    faults: Vec<Fault>,
}

impl Table {
    /// No file, only the environment. `name` is told where a setting is missing.
    pub(crate) fn of_environment(name: impl Into<String>, environment: Environment) -> Self {
        let mut table = Self {
            name: name.into(),
            entries: BTreeMap::new(),
            places: BTreeMap::new(),
            asked: BTreeSet::new(),
            strangers: Vec::new(),
            faults: Vec::new(),
        };
        table.lay_over(environment);
        table
    }

    /// A file's text with the environment laid over it.
    ///
    /// # Errors
    /// Every place where the text is no TOML.
    pub(crate) fn read(path: &Path, text: &str, environment: Environment) -> Result<Self, Faults> {
        let name = path.display().to_string();
        let (document, errors) = DeTable::parse_recoverable(text);
        let broken: Vec<_> = errors
            .iter()
            .map(|error| {
                Fault::in_line(&name, line_of(text, error.span().map_or(0, |span| span.start)), error.message().replace('\n', " "))
            })
            .collect();
        Faults::none_or(broken, Some(()))?;
        let mut table = Self::of_environment(name.clone(), Vec::new());
        let base = path.parent().unwrap_or(Path::new(""));
        for (section, content) in document.get_ref() {
            let section_name = section.get_ref().as_ref();
            let line = line_of(text, section.span().start);
            let DeValue::Table(settings) = content.get_ref() else {
                table.strangers.push(Fault::in_line(&name, line, format!("`{section_name}` stands outside of every section")));
                continue;
            };
            if section_name == ENVIRONMENT_ONLY {
                table.strangers.push(Fault::in_line(&name, line, format!("there is no section [{section_name}]")));
                continue;
            }
            if settings.is_empty() {
                // Without an entry nobody would notice that the section's name is mistyped.
                let heading = Entry { place: format!("{name}:{line}"), raw: Raw::Other("an empty section"), base: base.to_owned() };
                table.entries.insert((section_name.to_owned(), String::new()), heading);
            }
            for (key, value) in settings {
                let place = format!("{name}:{}", line_of(text, key.span().start));
                let entry = Entry { place, raw: raw(value.get_ref()), base: base.to_owned() };
                table.entries.insert((section_name.to_owned(), key.get_ref().as_ref().to_owned()), entry);
            }
        }
        table.lay_over(environment);
        Ok(table)
    }

    fn lay_over(&mut self, environment: Environment) {
        for (name, value) in environment {
            let name = name.to_string_lossy();
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let Some((section, key)) = rest.split_once("__").filter(|_| !rest.bytes().any(|byte| byte.is_ascii_lowercase())) else {
                self.strangers.push(Fault::new(name.clone(), "there is no such setting; variables are ONBOARDING_<SECTION>__<KEY>"));
                continue;
            };
            let raw = value.into_string().map_or(Raw::Other("bytes that are not UTF-8"), Raw::Loose);
            // A variable's relative path is relative to where the command is given, as on its command line.
            let entry = Entry { place: name.to_string(), raw, base: PathBuf::new() };
            self.entries.insert((section.to_ascii_lowercase(), key.to_ascii_lowercase()), entry);
        }
    }

    fn take(&mut self, section: &str, key: &str) -> Option<Entry> {
        let id = (section.to_owned(), key.to_owned());
        let entry = self.entries.remove(&id);
        if let Some(entry) = &entry {
            self.places.insert(id.clone(), entry.place.clone());
        }
        self.asked.insert(id);
        entry
    }

    /// A setting, read by `read` from its text.
    pub(crate) fn parsed<T>(&mut self, section: &str, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(section, key)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.fault(section, key, reason);
                None
            }
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, section: &str, key: &str) -> Option<String> {
        match self.take(section, key)?.raw {
            Raw::Text(text) | Raw::Loose(text) => Some(text),
            other => self.unexpected(section, key, "a text in quotes", &other),
        }
    }

    /// A whole number within a range.
    pub(crate) fn number(&mut self, section: &str, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let number = match self.take(section, key)?.raw {
            Raw::Number(number) => Some(number),
            Raw::Loose(text) if text.trim().parse::<i64>().is_ok() => text.trim().parse().ok(),
            other => return self.unexpected(section, key, "a whole number", &other),
        };
        let fitting = number.and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number));
        if fitting.is_none() {
            self.fault(section, key, format!("expected a whole number from {} to {}", range.start(), range.end()));
        }
        fitting
    }

    /// A list of texts; in the environment with commas in between.
    pub(crate) fn list(&mut self, section: &str, key: &str) -> Option<Vec<String>> {
        match self.take(section, key)?.raw {
            Raw::List(texts) => Some(texts),
            Raw::Loose(text) => Some(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()),
            other => self.unexpected(section, key, "a list of texts in quotes", &other),
        }
    }

    /// A path. A relative one starts from the file's folder.
    pub(crate) fn path(&mut self, section: &str, key: &str) -> Option<PathBuf> {
        let base = self.base(section, key);
        self.parsed(section, key, |path| if path.is_empty() { Err("expected a path".to_owned()) } else { Ok(base.join(path)) })
    }

    /// What a relative path in a setting that was not read yet starts from.
    pub(crate) fn base(&self, section: &str, key: &str) -> PathBuf {
        self.entries.get(&(section.to_owned(), key.to_owned())).map(|entry| entry.base.clone()).unwrap_or_default()
    }

    /// What a setting has to be there for.
    pub(crate) fn required<T>(&mut self, section: &str, key: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.places.contains_key(&(section.to_owned(), key.to_owned())) {
            self.fault(section, key, "this setting is missing");
        }
        value
    }

    /// A setting that is decided elsewhere, and therefore refused here.
    pub(crate) fn decided_elsewhere(&mut self, section: &str, key: &str, reason: &str) {
        if self.take(section, key).is_some() {
            self.fault(section, key, reason);
        }
    }

    /// Notes that a setting cannot be used.
    pub(crate) fn fault(&mut self, section: &str, key: &str, reason: impl Into<String>) {
        let place = self.places.get(&(section.to_owned(), key.to_owned())).cloned();
        self.faults.push(Fault::new(place.unwrap_or_else(|| format!("{}: [{section}] {key}", self.name)), reason));
    }

    fn unexpected<T>(&mut self, section: &str, key: &str, expected: &str, found: &Raw) -> Option<T> {
        let found = match found {
            Raw::Text(_) => "a text",
            Raw::Number(_) => "a number",
            Raw::List(_) => "a list",
            Raw::Loose(_) => "something else",
            Raw::Other(kind) => kind,
        };
        self.fault(section, key, format!("expected {expected}, found {found}"));
        None
    }

    /// Everything that is to be mended; what nobody asked for is part of it.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Faults> {
        self.faults.append(&mut self.strangers);
        for ((section, key), entry) in &self.entries {
            let known: Vec<_> = self.asked.iter().filter(|(of, _)| of == section).map(|(_, key)| key.as_str()).collect();
            let reason = match (known.is_empty(), key.is_empty()) {
                (true, _) => format!("there is no section [{section}]"),
                (false, true) => continue,
                (false, false) => format!("[{section}] has no setting `{key}`, only {}", known.join(", ")),
            };
            self.faults.push(Fault::new(entry.place.clone(), reason));
        }
        Faults::none_or(self.faults, value)
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Raw::Other("a number beyond every range"), Raw::Number)
        }
        DeValue::Array(values) => {
            let texts = values.iter().map(|value| match value.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            });
            texts.collect::<Option<Vec<_>>>().map_or(Raw::Other("a list with something else in it"), Raw::List)
        }
        DeValue::Float(_) => Raw::Other("a broken number"),
        DeValue::Boolean(_) => Raw::Other("true or false"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a section"),
    }
}
