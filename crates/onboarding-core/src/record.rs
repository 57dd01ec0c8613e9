//! Master data as the core knows them: numbers, postal codes, records, and whether what was typed fits.
//!
//! Folding takes away how people write a thing differently, never what tells two things apart: no phonetics, no edit
//! distance, because the compared value is half a secret.

mod last_name;

use crate::{EmailAddress, Language, PersonName, RecordId};
pub use last_name::last_names_match;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A record's number in the one form in which numbers are compared: compatibility forms folded, blanks and dashes
/// dropped, letters upper case. Leading zeros count. 1 to 40 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct RecordNumber(String);

/// Why a text is no number or postal code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// Nothing but blanks and dashes.
    Empty,
    /// Too long, or a character no number has.
    Format,
}

/// Drops what people and mail programs put between the characters: blanks of every width, zero-width characters and
/// every dash. Controls stay, so that they are refused.
pub(crate) fn squeeze(text: &str) -> String {
    let between = |c: &char| {
        *c == '\t'
            || (c.is_whitespace() && !c.is_control())
            || matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
    };
    if text.is_ascii() {
        return text.chars().filter(|c| !between(c)).collect();
    }
    text.nfkc().filter(|c| !between(c)).collect()
}

impl RecordNumber {
    /// Longest number, in characters without blanks and dashes.
    pub const MAX_CHARS: usize = 40;

    /// Reads a number as typed or as the master data write it.
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        let number: String = squeeze(text).chars().flat_map(char::to_uppercase).collect();
        if number.is_empty() {
            return Err(NumberFault::Empty);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "./_".contains(c);
        if number.len() <= Self::MAX_CHARS && number.chars().all(allowed) { Ok(Self(number)) } else { Err(NumberFault::Format) }
    }

    /// The number without blanks and dashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecordNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordNumber(…)")
    }
}

/// A postal code in the one form in which codes are compared: blanks and dashes dropped, upper case, a country prefix
/// such as `D-` or `CH-` dropped. 2 to 10 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct PostalCode(String);

impl PostalCode {
    /// Reads a postal code as typed or as the master data write it.
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        let folded: String = text.nfkc().collect();
        let folded = folded.trim();
        // `D-65189`, `CH - 8001`: letters, a dash, then a code that begins with a digit.
        let bare = match folded.split_once(['-', '–']) {
            Some((country, rest))
                if (1..=3).contains(&country.trim().len())
                    && country.trim().chars().all(|c| c.is_ascii_alphabetic())
                    && rest.trim_start().starts_with(|c: char| c.is_ascii_digit()) =>
            {
                rest
            }
            _ => folded,
        };
        let code: String = squeeze(bare).chars().flat_map(char::to_uppercase).collect();
        if code.is_empty() {
            return Err(NumberFault::Empty);
        }
        if (2..=10).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric()) {
            Ok(Self(code))
        } else {
            Err(NumberFault::Format)
        }
    }

    /// The code without blanks and dashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalCode(…)")
    }
}

/// Whether a record still opens doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum RecordStatus {
    /// In the books.
    Open,
    /// No longer: nothing matches it, no membership is written, access ends.
    Closed,
}

/// One row of the master data.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Record {
    /// Its id, for facts and their versions.
    pub id: RecordId,
    /// The number for comparing.
    pub number: RecordNumber,
    /// The number as the company writes it, for mails and letters.
    pub written: String,
    /// The company's or business's name; empty for a person.
    pub name: String,
    /// The person's first name, or empty.
    pub first_name: String,
    /// The person's last name, or empty.
    pub last_name: String,
    /// Street and house number.
    pub street: String,
    /// Postal code as written, or empty.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// ISO 3166-1 alpha-2, or empty for the portal's own.
    pub country: String,
    /// The address known to the company, if any.
    pub email: Option<EmailAddress>,
    /// The language of letters and mails, if known.
    pub language: Option<Language>,
    /// Whether the record still opens doors.
    pub status: RecordStatus,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The second value of a claim, as typed.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SecondValue {
    /// Compared with the record's last name.
    LastName(PersonName),
    /// Compared with the record's postal code.
    PostalCode(PostalCode),
}

impl fmt::Debug for SecondValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LastName(_) => "LastName(…)",
            Self::PostalCode(_) => "PostalCode(…)",
        })
    }
}

impl SecondValue {
    /// The value folded, for counting guesses: two spellings are one bucket.
    pub fn folded(&self) -> String {
        match self {
            Self::LastName(name) => last_name::bucket(name.as_str()),
            Self::PostalCode(code) => code.as_str().to_owned(),
        }
    }
}

impl Record {
    /// Whether the record is open and every typed value fits. A value that is blank in the master data fits nothing,
    /// and a claim without any second value fits nothing.
    pub fn matches(&self, typed: &[SecondValue]) -> bool {
        let fits = |value: &SecondValue| match value {
            SecondValue::LastName(name) => last_names_match(&self.last_name, name.as_str()),
            SecondValue::PostalCode(code) => PostalCode::parse(&self.postal_code).is_ok_and(|own| own == *code),
        };
        self.status == RecordStatus::Open && !typed.is_empty() && typed.iter().all(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_dashes_make_no_difference_and_leading_zeros_do() {
        let number = |text: &str| RecordNumber::parse(text).unwrap();
        assert_eq!(number(" k7m4-9qxt 2hbp\u{a0}"), number("K7M49QXT2HBP"));
        assert_eq!(number("00 17–42"), number("001742"));
        assert_ne!(number("001742"), number("1742"));
        assert_eq!(number("１２３"), number("123"));
        assert_eq!(RecordNumber::parse(" – "), Err(NumberFault::Empty));
        for bad in ["1;2", "1\n2", "%31", "'1", &"1".repeat(41), "1\u{202e}2"] {
            assert_eq!(RecordNumber::parse(bad), Err(NumberFault::Format), "{bad:?}");
        }
    }

    #[test]
    fn postal_codes_of_the_neighbours_are_read() {
        let code = |text: &str| PostalCode::parse(text).unwrap();
        assert_eq!(code("D-65189"), code("65189"));
        assert_eq!(code("CH - 8001"), code(" 8001"));
        assert_eq!(code("sw1a 1aa"), code("SW1A1AA"));
        assert_eq!(code("1234-567"), code("1234567"));
        assert_ne!(code("06110"), code("6110"));
        assert_eq!(PostalCode::parse(" "), Err(NumberFault::Empty));
    }
}
