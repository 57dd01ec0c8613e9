//! Names of people: what may be typed, not what a name is.

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Why a text is not accepted as a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// Nothing but blanks.
    Empty,
    /// More than [`PersonName::MAX_CHARS`] characters.
    TooLong,
    /// A character that is no letter, mark, blank or one of `' ’ - .`.
    Characters,
}

/// A first or last name: letters, marks, blanks and `' ’ - .`, 1 to 80 characters after NFC.
///
/// No digits, controls, bidi marks or zero-width characters: a name is shown to clerks and printed on letters.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct PersonName(String);

/// The text with its characters composed (NFC). ASCII is already, as nearly everything is that people type here.
pub(crate) fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

impl PersonName {
    /// Longest accepted name, in characters after NFC.
    pub const MAX_CHARS: usize = 80;

    /// Reads a name as typed; blanks at the ends are dropped, runs of blanks become one.
    pub fn parse(text: &str) -> Result<Self, NameFault> {
        let text = composed(text);
        // A control character is a fault even at an end, where trimming would hide it.
        if text.chars().any(char::is_control) {
            return Err(NameFault::Characters);
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Err(NameFault::Empty);
        }
        let allowed = |c: char| c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c) || " '’-.".contains(c);
        if !text.chars().all(allowed) || !text.chars().any(char::is_alphabetic) {
            return Err(NameFault::Characters);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(NameFault::TooLong);
        }
        Ok(Self(text))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_peoples_are_accepted() {
        for name in ["Müller-Lüdenscheidt", "O’Neill", "D'Angelo", "Nguyễn", "de la Cruz", "J. R.", "Ørsted", "Šćepanović", "İnönü", "Łoś"]
        {
            assert_eq!(PersonName::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(PersonName::parse("  von   Berg ").unwrap().as_str(), "von Berg");
    }

    #[test]
    fn marks_that_hide_or_steer_are_refused() {
        for name in ["A\u{202e}B", "A\u{200b}B", "A\nB", "A\u{1b}[31m", "<b>A</b>", "A1", "http://a", "…", "-", "A\u{2066}"] {
            assert_eq!(PersonName::parse(name), Err(NameFault::Characters), "{name:?}");
        }
        assert_eq!(PersonName::parse(&"a".repeat(81)), Err(NameFault::TooLong));
        assert_eq!(PersonName::parse(" "), Err(NameFault::Empty));
    }
}
