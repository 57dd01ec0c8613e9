//! The languages a portal speaks and the slug that names a portal.

use std::fmt;

/// A language of texts, mails, letters and pages. Written as BCP 47: `de`, `fr`, `it`, `en`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Language {
    /// German.
    De,
    /// French.
    Fr,
    /// Italian.
    It,
    /// English.
    En,
}

impl Language {
    /// Every language there is, in the order of the wording table.
    pub const ALL: [Self; 4] = [Self::De, Self::Fr, Self::It, Self::En];

    /// The BCP 47 tag, two lower-case letters.
    pub fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::Fr => "fr",
            Self::It => "it",
            Self::En => "en",
        }
    }

    /// Reads a BCP 47 tag; region and script are ignored (`de-CH` is `de`). `None` for a language not spoken here.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A portal's name in addresses: 2 to 32 of `a`–`z`, `0`–`9` and `-`, beginning with a letter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct PortalSlug(String);

impl PortalSlug {
    /// Words that are paths of the server itself, so no portal can be called so.
    pub const RESERVED: [&str; 12] =
        ["api", "auth", "embed", "health", "metrics", "demo", "assets", "problems", "docs", "static", "well-known", "admin"];

    /// Reads a slug; `None` when it has another form or is [reserved](Self::RESERVED).
    pub fn parse(text: &str) -> Option<Self> {
        let shape = (2..=32).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        (shape && !Self::RESERVED.contains(&text)).then(|| Self(text.to_owned()))
    }

    /// The slug's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PortalSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PortalSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
