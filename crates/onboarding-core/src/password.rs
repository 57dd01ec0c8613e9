//! What a password must be, and what is done to one as typed: nothing but Unicode's canonical form.

use crate::name::composed;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The 10,000 most used passwords, one a line, lower case.
const COMMON: &str = include_str!("password/common.txt");

static COMMON_SET: LazyLock<HashSet<&'static str>> = LazyLock::new(|| COMMON.lines().collect());

/// A kind of character that a portal's policy may ask for (a deviation from NIST SP 800-63B-4, which asks for none).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum CharacterKind {
    /// A capital letter.
    Upper,
    /// A small letter.
    Lower,
    /// A digit.
    Digit,
    /// Anything that is neither letter, digit nor blank.
    Symbol,
}

impl CharacterKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Upper, Self::Lower, Self::Digit, Self::Symbol];

    /// The word used in declarations and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Digit => "digit",
            Self::Symbol => "symbol",
        }
    }

    fn is(self, c: char) -> bool {
        match self {
            Self::Upper => c.is_uppercase(),
            Self::Lower => c.is_lowercase(),
            Self::Digit => c.is_numeric(),
            Self::Symbol => !c.is_alphanumeric() && !c.is_whitespace(),
        }
    }
}

/// Whom a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// A person for itself.
    Common,
    /// A super admin or a clerk, who decides on others.
    Privileged,
}

/// A portal's rules for passwords. Lengths in characters after NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Shortest for people, 8 to 64. Default 12.
    pub min_length: u32,
    /// Shortest for super admins and staff. Default 15.
    pub min_length_privileged: u32,
    /// Longest, 64 to 1024. Default 128.
    pub max_length: u32,
    /// Kinds that must occur. Default none.
    pub require: Vec<CharacterKind>,
}

impl Default for PasswordPolicy {
    /// # Source
    /// NIST SP 800-63B-4 (length, no composition), ASVS 5.0 6.2 (at least 128 allowed).
    fn default() -> Self {
        Self { min_length: 12, min_length_privileged: 15, max_length: 128, require: Vec::new() }
    }
}

/// Why a password is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Nothing typed.
    Empty,
    /// Fewer than this many characters.
    TooShort(u32),
    /// More than this many characters.
    TooLong(u32),
    /// These kinds are missing.
    Missing(Vec<CharacterKind>),
    /// One of the 10,000 most used.
    Common,
    /// Contains the person's name, address or number.
    Personal,
}

impl PasswordPolicy {
    /// The shortest password for this privilege, in characters.
    pub fn min_for(&self, privilege: Privilege) -> u32 {
        match privilege {
            Privilege::Common => self.min_length,
            Privilege::Privileged => self.min_length_privileged,
        }
    }

    /// Checks a password in its canonical form. `context` are the person's names, address and number.
    ///
    /// # Errors
    /// Every fault, so that one attempt tells all.
    pub fn check(&self, password: &str, privilege: Privilege, context: &[&str]) -> Result<(), Vec<PasswordFault>> {
        let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
        if length == 0 {
            return Err(vec![PasswordFault::Empty]);
        }
        if length > self.max_length {
            return Err(vec![PasswordFault::TooLong(self.max_length)]);
        }
        let mut faults = Vec::new();
        let min = self.min_for(privilege);
        if length < min {
            faults.push(PasswordFault::TooShort(min));
        }
        let missing: Vec<_> = self.require.iter().copied().filter(|kind| !password.chars().any(|c| kind.is(c))).collect();
        if !missing.is_empty() {
            faults.push(PasswordFault::Missing(missing));
        }
        let lower = password.to_lowercase();
        if is_common(&lower) {
            faults.push(PasswordFault::Common);
        }
        if context.iter().any(|word| is_personal(&lower, word)) {
            faults.push(PasswordFault::Personal);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

/// A used password is as weak with a digit or two behind it.
fn is_common(lower: &str) -> bool {
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '!' || c == '.');
    let repeated = lower.chars().all(|c| lower.starts_with(c));
    repeated || COMMON_SET.contains(lower) || (stem.len() >= 4 && lower.len() <= stem.len() + 4 && COMMON_SET.contains(stem))
}

/// Whether one of the words is a telling part of the password: of at least four characters, and most of what is left
/// protects nothing. Words of a long phrase may occur: `mein-name-ist-hase-und-ich-weiss-von-nichts`.
fn is_personal(lower: &str, word: &str) -> bool {
    word.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| part.chars().count() >= 4)
        .any(|part| lower.contains(part) && lower.chars().count() < part.chars().count() + 12)
}

/// A password in its canonical form (NFC): the same keys give the same password on every keyboard. Never trimmed,
/// never truncated.
pub fn canonical(typed: &str) -> String {
    composed(typed)
}

/// A mailed password as typed: blanks at the ends dropped, upper case. Only for a stored credential that was mailed.
pub fn forgiving(typed: &str) -> String {
    typed.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}')).to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters_of_the_canonical_form() {
        let policy = PasswordPolicy::default();
        assert_eq!(policy.check(&canonical("ae\u{301}bcdefghij"), Privilege::Common, &[]), Err(vec![PasswordFault::TooShort(12)]));
        assert_eq!(policy.check(&canonical("ae\u{301}bcdefghijk"), Privilege::Common, &[]), Ok(()));
        assert_eq!(policy.check("grüne Wiese 7", Privilege::Privileged, &[]), Err(vec![PasswordFault::TooShort(15)]));
        assert_eq!(policy.check(&"ab".repeat(65), Privilege::Common, &[]), Err(vec![PasswordFault::TooLong(128)]));
        assert_eq!(policy.check("", Privilege::Common, &[]), Err(vec![PasswordFault::Empty]));
    }

    #[test]
    fn composition_is_asked_for_only_where_declared() {
        let policy = PasswordPolicy { min_length: 8, require: CharacterKind::ALL.to_vec(), ..PasswordPolicy::default() };
        assert_eq!(
            policy.check("kleinbuchstaben", Privilege::Common, &[]),
            Err(vec![PasswordFault::Missing(vec![CharacterKind::Upper, CharacterKind::Digit, CharacterKind::Symbol])])
        );
        assert_eq!(policy.check("Zaun#7gh", Privilege::Common, &[]), Ok(()));
    }

    #[test]
    fn used_and_personal_passwords_are_refused() {
        let policy = PasswordPolicy { min_length: 8, ..PasswordPolicy::default() };
        for password in ["password", "Password1", "qwertyuiop", "aaaaaaaaaaaa", "iloveyou!"] {
            assert_eq!(policy.check(password, Privilege::Common, &[]), Err(vec![PasswordFault::Common]), "{password}");
        }
        assert_eq!(policy.check("lüdenscheidt-77", Privilege::Common, &["Müller-Lüdenscheidt"]), Err(vec![PasswordFault::Personal]));
        assert_eq!(policy.check("wir-wohnen-seit-langem-in-lüdenscheidt", Privilege::Common, &["Müller-Lüdenscheidt"]), Ok(()));
    }

    #[test]
    fn the_list_has_ten_thousand_entries() {
        assert_eq!(COMMON_SET.len(), 10_000);
    }
}
