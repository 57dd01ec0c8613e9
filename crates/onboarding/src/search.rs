//! What clerks find people by: text folded the same way when it is stored and when it is searched for.
//!
//! Folded here and not by a database: their ideas of upper and lower case differ, and end at ASCII in some.

use onboarding_core::{PersonName, RecordNumber, account::Account, registration::Registration};
use unicode_normalization::UnicodeNormalization;

/// Lower case, composed, compatible forms taken for one another.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfc().collect()
}

fn joined<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> String {
    // A line each: nothing that is searched for reaches from one into the next.
    let texts: Vec<String> = texts.into_iter().flatten().map(folded).collect();
    texts.join("\n")
}

/// Both names as one line, so that a whole name is found too.
fn name(first: Option<&PersonName>, last: Option<&PersonName>) -> Option<String> {
    let names: Vec<&str> = [first, last].into_iter().flatten().map(PersonName::as_str).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

pub(crate) fn registration(state: &Registration) -> String {
    let person = &state.dossier().applicant;
    let name = name(person.first_name.as_ref(), person.last_name.as_ref());
    joined([Some(state.email().as_str()), name.as_deref(), state.record().map(RecordNumber::as_str)])
}

pub(crate) fn account(state: &Account) -> String {
    let person = state.person();
    let name = name(person.first_name.as_ref(), person.last_name.as_ref());
    joined([Some(state.email().as_str()), name.as_deref(), state.record().map(RecordNumber::as_str)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_text_fold_alike() {
        for (one, other) in
            [("MÜLLER", "mu\u{308}ller"), ("Straße", "STRAßE"), ("ﬁsch", "FISCH"), ("Ｋ－１", "k－1".nfkc().collect::<String>().as_str())]
        {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_ne!(folded("Muller"), folded("Müller"));
    }
}
