//! What a line's end must not tear apart: short words with a hyphen (codes, "E-Mail"), short addresses, the groups of a number.
//!
//! It marks them for the stylesheet and changes no word: what is copied, searched or heard stays as it was. Longer ones may break, as a
//! small phone needs them to.

use minijinja::{HtmlEscape, Value};
use std::fmt::Write as _;

/// The longest word with a hyphen that is kept whole, in characters: at 320 px it fits beside a fault's bar, in bold.
const LONGEST_WORD: usize = 16;
/// The longest number, in bytes.
const LONGEST_NUMBER: usize = 20;
/// The longest address, which stands in bold nowhere.
const LONGEST_ADDRESS: usize = 24;

/// A text as HTML, for the template.
pub(super) fn marked(text: &str) -> Value {
    Value::from_safe_string(whole(text))
}

/// A text as HTML.
pub(super) fn whole(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    let mut words = text.split(' ').peekable();
    let mut first = true;
    while let Some(word) = words.next() {
        let mut kept = word.to_owned();
        while is_number_begun(&kept)
            && let Some(group) = words.next_if(|group| is_group(group))
        {
            kept.push(' ');
            kept.push_str(group);
        }
        if !first {
            html.push(' ');
        }
        first = false;
        let escaped = HtmlEscape(&kept);
        let is_number = kept.len() > word.len() && kept.len() <= LONGEST_NUMBER;
        // Writing into a string does not fail.
        let _ = if is_number || kept == word && is_kept(word) {
            write!(html, "<span class=\"whole\">{escaped}</span>")
        } else {
            write!(html, "{escaped}")
        };
    }
    html
}

/// Groups of digits, with a country's prefix or without: a telephone number, or a date as it is typed.
fn is_number_begun(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ')
}

/// Digits; the last group may end a sentence.
fn is_group(word: &str) -> bool {
    let digits = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_kept(word: &str) -> bool {
    let length = word.chars().count();
    if word.contains('@') {
        return length <= LONGEST_ADDRESS;
    }
    let hyphen = word.trim_matches(|c: char| !c.is_alphanumeric()).contains('-');
    hyphen && length <= LONGEST_WORD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_numbers_and_short_addresses_are_kept_whole_and_no_word_is_changed() {
        for (text, kept) in [
            ("zum Beispiel 7KQ4-M2XH.", "zum Beispiel <span class=\"whole\">7KQ4-M2XH.</span>"),
            ("E-Mail-Adresse ändern", "<span class=\"whole\">E-Mail-Adresse</span> ändern"),
            ("an: +49 30 5550 100, Mo", "an: <span class=\"whole\">+49 30 5550 100,</span> Mo"),
            ("von no-reply@medora.example", "von <span class=\"whole\">no-reply@medora.example</span>"),
            ("von kundenportal@kammer-rheinau.example", "von kundenportal@kammer-rheinau.example"),
            ("Maximiliane-Friederike – Markt- oder", "Maximiliane-Friederike – Markt- oder"),
            ("Beispiel 31 3 1980.", "Beispiel <span class=\"whole\">31 3 1980.</span>"),
            ("1 22 333 4444 55555 666666", "1 22 333 4444 55555 666666"),
            ("3 von 12  Zeichen ", "3 von 12  Zeichen "),
            ("+49 ruft", "+49 ruft"),
            ("", ""),
        ] {
            assert_eq!(whole(text), kept);
        }
        assert!(marked("E-Mail").is_safe());
    }

    #[test]
    fn what_somebody_typed_is_no_markup() {
        assert_eq!(whole("<b>a-b</b> & \"c\""), "<span class=\"whole\">&lt;b&gt;a-b&lt;&#x2f;b&gt;</span> &amp; &quot;c&quot;");
        assert_eq!(whole("<script> x"), "&lt;script&gt; x");
    }
}
