//! Whether two last names are one, written by two people.
//!
//! Case, accents, hyphens, apostrophes, blanks, titles and the order of a double name make no difference; umlauts and
//! their kin match in both spellings (`ü` is `ue` and `u`). One half of a double name is not the name.

use std::collections::BTreeSet;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Words before or after a name that are no part of it, in folded form.
const TITLES: [&str; 25] = [
    "dr",
    "prof",
    "professor",
    "doktor",
    "med",
    "dent",
    "vet",
    "jur",
    "phil",
    "rer",
    "nat",
    "hc",
    "habil",
    "dipl",
    "ing",
    "mag",
    "ma",
    "ba",
    "msc",
    "bsc",
    "mba",
    "phd",
    "herr",
    "frau",
    "lic",
];

/// Compares the record's last name with the typed one. A blank name matches nothing.
pub fn last_names_match(recorded: &str, typed: &str) -> bool {
    let (recorded, typed) = (spellings(recorded), spellings(typed));
    recorded.intersection(&typed).next().is_some()
}

/// One bucket for every spelling of a name, for counting guesses.
pub(super) fn bucket(name: &str) -> String {
    spellings(name).into_iter().next().unwrap_or_default()
}

/// The comparable spellings of a name: umlauts opened (`ue`) and bare (`u`), its words in one order, and run together
/// as they stand.
fn spellings(name: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for opened in [true, false] {
        let words = words(name, opened);
        let mut sorted = words.clone();
        sorted.sort_unstable();
        // The bar keeps `von Berg` (two words in any order) apart from a single word; run together both are `vonberg`.
        all.insert(sorted.join("|"));
        all.insert(words.concat());
    }
    all.remove("");
    all
}

/// The folded words of a name without titles; a name made of titles alone keeps them (there are people called Prof).
fn words(name: &str, opened: bool) -> Vec<String> {
    let folded: Vec<String> = name
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '.' | ',' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}'))
        .map(|word| fold(word, opened))
        .filter(|word| !word.is_empty())
        .collect();
    let names: Vec<String> = folded.iter().filter(|word| !TITLES.contains(&word.as_str())).cloned().collect();
    if names.is_empty() { folded } else { names }
}

/// Letters only, lower case, without marks.
fn fold(word: &str, opened: bool) -> String {
    if word.is_ascii() {
        // Every form of it is the same.
        return word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    }
    let mut folded = String::new();
    for c in word.nfkc().flat_map(char::to_lowercase).nfc() {
        let replaced = match (c, opened) {
            ('ä' | 'æ', true) => "ae",
            ('ö' | 'œ' | 'ø', true) => "oe",
            ('ü', true) => "ue",
            ('å', true) => "aa",
            ('ø', false) => "o",
            ('æ', false) => "ae",
            ('œ', false) => "oe",
            ('ß', _) => "ss",
            ('ł', _) => "l",
            ('đ' | 'ð', _) => "d",
            ('þ', _) => "th",
            ('ı', _) => "i",
            ('ħ', _) => "h",
            _ => {
                folded.extend(std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c) && c.is_alphanumeric()));
                continue;
            }
        };
        folded.push_str(replaced);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::last_names_match;

    /// Recorded, typed, verdict.
    const TABLE: &[(&str, &str, bool)] = &[
        // Case and blanks.
        ("Schmidt", "schmidt", true),
        ("SCHMIDT", "Schmidt", true),
        ("Schmidt", "  Schmidt ", true),
        ("Mac Donald", "MacDonald", true),
        ("MacDonald", "Mac Donald", true),
        ("von Berg", "VON BERG", true),
        ("von Berg", "vonBerg", true),
        ("de la Cruz", "De La Cruz", true),
        ("de la Cruz", "delacruz", true),
        ("van der Meer", "Van Der Meer", true),
        // Umlauts in both spellings, from both sides.
        ("Müller", "Mueller", true),
        ("Mueller", "Müller", true),
        ("Müller", "Muller", true),
        ("Muller", "Müller", true),
        ("Müller", "mu\u{308}ller", true),
        ("MÜLLER", "müller", true),
        ("Größl", "Groessl", true),
        ("Groessl", "Größl", true),
        ("Jäger", "Jaeger", true),
        ("Jaeger", "Jäger", true),
        ("Öztürk", "Oeztuerk", true),
        ("Öztürk", "Ozturk", true),
        ("Bäcker", "Baecker", true),
        ("Löwe", "Loewe", true),
        // ß.
        ("Weiß", "Weiss", true),
        ("Weiss", "Weiß", true),
        ("WEIẞ", "Weiss", true),
        ("Strauß", "STRAUSS", true),
        ("Groß", "Gross", true),
        // Accents and letters of the neighbours.
        ("Lefèvre", "Lefevre", true),
        ("Nguyễn", "Nguyen", true),
        ("Łoś", "Los", true),
        ("Šarić", "Saric", true),
        ("Ørsted", "Orsted", true),
        ("Ørsted", "Oersted", true),
        ("Ångström", "Angstrom", true),
        ("Ångström", "Aangstroem", true),
        ("Yıldız", "Yildiz", true),
        ("İnönü", "Inonu", true),
        ("Đorđević", "Dordevic", true),
        ("Þór", "Thor", true),
        ("Cœur", "Coeur", true),
        ("Muñoz", "Munoz", true),
        // Hyphens and apostrophes.
        ("Müller-Lüdenscheidt", "Müller Lüdenscheidt", true),
        ("Müller-Lüdenscheidt", "Mueller–Luedenscheidt", true),
        ("O'Brien", "O’Brien", true),
        ("O'Brien", "OBrien", true),
        ("O'Brien", "O Brien", true),
        ("D’Angelo", "D'Angelo", true),
        // Order of a double name.
        ("Müller-Lüdenscheidt", "Lüdenscheidt-Müller", true),
        ("Lüdenscheidt Müller", "Mueller-Luedenscheidt", true),
        ("García Márquez", "Marquez Garcia", true),
        // Titles.
        ("Dr. Schmidt", "Schmidt", true),
        ("Schmidt", "Prof. Dr. Schmidt", true),
        ("Dr. med. Weiß", "Weiss", true),
        ("Dipl.-Ing. Huber", "Huber", true),
        ("Mag. Gruber", "Gruber", true),
        ("Frau Klein", "Klein", true),
        ("Prof", "Prof", true),
        // What stays different.
        ("Schmidt", "Schmitt", false),
        ("Schmidt", "Schmid", false),
        ("Meier", "Meyer", false),
        ("Maier", "Mayer", false),
        ("Müller", "Möller", false),
        ("Mueller", "Muller", false),
        ("Weiß", "Weis", false),
        ("Müller-Lüdenscheidt", "Müller", false),
        ("Müller", "Müller-Lüdenscheidt", false),
        ("Müller-Lüdenscheidt", "Lüdenscheidt", false),
        ("von Berg", "Berg", false),
        ("Schmidt", "Schmidt-Schmidt", false),
        ("Klein", "Kleine", false),
        ("Thomas", "Tomas", false),
        ("Philipp", "Filipp", false),
        ("Schmidt", "", false),
        ("", "Schmidt", false),
        ("", "", false),
        ("  ", " ", false),
        ("-", "-", false),
        ("Dr. Schmidt", "Dr.", false),
        ("Schmidt", "Prof", false),
        ("Lee", "Li", false),
        ("Fischer", "Vischer", false),
        ("Jäger", "Jager-Jager", false),
        ("O'Brien", "Brien", false),
        ("Orsted", "Oersted", false),
        ("Nguyen", "Nguyeen", false),
    ];

    #[test]
    fn the_table_of_pairs_holds() {
        assert!(TABLE.len() >= 60);
        for (recorded, typed, verdict) in TABLE {
            assert_eq!(last_names_match(recorded, typed), *verdict, "{recorded:?} and {typed:?}");
        }
    }
}
