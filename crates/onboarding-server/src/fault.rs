//! What is wrong with what an operator wrote: where, and why. Collected, so that one look mends all of it.

use std::fmt;

/// One place to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// A file with its line, or the name of a variable.
    pub(crate) place: String,
    /// Why, as an English sentence without a full stop.
    pub(crate) reason: String,
}

impl Fault {
    /// A fault at a place.
    pub(crate) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into() }
    }

    /// A fault in a line of a file, counted from 1.
    pub(crate) fn in_line(file: &str, line: usize, reason: impl Into<String>) -> Self {
        Self::new(format!("{file}:{line}"), reason)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// All places to mend, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// The value, unless something is to be mended first.
    pub(crate) fn none_or<T>(faults: Vec<Fault>, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(Self(faults)),
        }
    }

    /// These and others.
    pub(crate) fn and(mut self, mut others: Self) -> Self {
        self.0.append(&mut others.0);
        self
    }

    /// Each place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    /// One place a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}
