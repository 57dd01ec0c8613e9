//! What a form carried. A name that its page does not have is refused, and so is one that stands there twice or is no UTF-8.

use crate::problem::Problem;
use onboarding_core::consent::ConsentInput;
use poem::http::StatusCode;
use secrecy::SecretString;

/// What the names of boxes begin with.
const TICKED: &str = "consent_";

/// What every form may carry: what makes a second press the first one, and what binds it to a session.
const ALWAYS: [&str; 2] = ["form", "key"];

/// What is never kept.
const SECRET: [&str; 9] = ["password", "current", "new", "repeat", "pin", "code", "token", "decision", "version"];

/// The most fields that a form is read with: several times those of the longest page.
const MOST: usize = 100;

/// A form as it was sent.
#[derive(Default)]
pub(crate) struct Posted {
    pairs: Vec<(String, String)>,
}

impl Posted {
    /// Reads what a page with these names was sent.
    pub(super) fn read(bytes: &[u8], names: &[&str]) -> Result<Self, Problem> {
        let invalid = |name: &str, code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").field(name.to_owned(), code);
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            let ticks = name.starts_with(TICKED) && names.contains(&TICKED);
            if !(ALWAYS.contains(&&*name) || names.contains(&&*name) || ticks) || name == TICKED {
                return Err(invalid(&name, "unknown_field"));
            }
            // What isn't UTF-8 was replaced by this character, which nobody types.
            if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(invalid(&name, "invalid"));
            }
            if pairs.iter().any(|(before, _)| *before == name) {
                return Err(invalid(&name, "duplicate_field"));
            }
            if pairs.len() == MOST {
                return Err(invalid(&name, "unknown_field"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { pairs })
    }

    /// What may be kept while somebody signs in again: no password, no code, no button that was pressed.
    pub(super) fn open_words(&self) -> Vec<(String, String)> {
        let open = |name: &str| !ALWAYS.contains(&name) && !SECRET.contains(&name) && !name.starts_with(TICKED);
        self.pairs.iter().filter(|(name, _)| open(name)).cloned().collect()
    }

    /// What was kept of a form.
    pub(super) fn of(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// As it was typed; `None` if the form has no such field.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// As it was typed, `""` included.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    /// What was typed, if it is more than blanks.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        self.given(name).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    pub(crate) fn secret(&self, name: &str) -> SecretString {
        SecretString::from(self.text(name))
    }

    /// Which button was pressed.
    pub(crate) fn decision(&self) -> Option<&str> {
        self.given("decision")
    }

    /// The boxes that were ticked, each with the version that stood at it.
    pub(crate) fn ticked(&self) -> Vec<ConsentInput> {
        let ticked = self.pairs.iter().filter_map(|(name, version)| Some((name.strip_prefix(TICKED)?, version)));
        ticked.map(|(document, version)| ConsentInput { document: document.to_owned(), version: version.clone(), granted: true }).collect()
    }

    /// What makes two sendings the same: everything but the keys of the form itself.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(name, _)| name != "key" && name != "form").collect();
        pairs.sort();
        pairs.into_iter().flat_map(|(name, value)| [name.as_bytes(), &[0], value.as_bytes(), &[0]].concat()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_up_to_a_hundred_fields() {
        let form = |many: usize| (0..many).map(|nth| format!("consent_d{nth}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(Posted::read(form(100).as_bytes(), &[TICKED]).map(|posted| posted.ticked().len()).ok(), Some(100));
        assert_eq!(Posted::read(form(101).as_bytes(), &[TICKED]).map(drop).unwrap_err().code(), "validation_failed");
    }
}
