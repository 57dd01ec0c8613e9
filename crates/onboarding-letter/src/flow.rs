//! Text into lines: broken at blanks, within a word where it is longer than a line. Decides nothing about sizes; who
//! shrinks, and how far, says so.

use crate::LetterFault;
use crate::face::{Cut, Faces, Line, MM_PER_PT};

/// Distance of two baselines, as a multiple of the size.
pub(crate) const LEADING: f32 = 1.38;
/// The same in addresses and small print.
pub(crate) const TIGHT: f32 = 1.18;
/// Where in its box a line's baseline lies, from above.
const BASELINE: f32 = 0.77;

/// Height of a line's box in millimetres.
pub(crate) fn height(size: f32, leading: f32) -> f32 {
    size * leading * MM_PER_PT
}

/// From the upper edge of a line's box to its baseline, in millimetres.
pub(crate) fn baseline(size: f32, leading: f32) -> f32 {
    height(size, leading) * BASELINE
}

/// Breaks a text into lines of at most `width` millimetres. All but the last end with a blank, so that the text layer has
/// every gap between words.
pub(crate) fn wrap(faces: &Faces, cut: Cut, size: f32, width: f32, text: &str) -> Result<Vec<Line>, LetterFault> {
    let fits = |text: &str| faces.line(cut, size, text).map(|line| line.width <= width);
    let mut rows: Vec<String> = Vec::new();
    let mut row = String::new();
    // Only the plain blank: one that does not break stays in its word.
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if row.is_empty() { word.to_owned() } else { format!("{row} {word}") };
        if fits(&longer)? {
            row = longer;
            continue;
        }
        if !row.is_empty() {
            rows.push(format!("{row} "));
        }
        word.clone_into(&mut row);
        while !fits(&row)? {
            let cut_at = within(&row, &fits)?;
            let rest = row.split_off(cut_at);
            rows.push(std::mem::replace(&mut row, rest));
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows.iter().map(|row| faces.line(cut, size, row)).collect()
}

/// Where a word is broken that is longer than a line: after a hyphen or dot, or before a part of a link, if one is near, else as
/// late as it fits. Never before a mark that belongs to its letter.
fn within(word: &str, fits: &dyn Fn(&str) -> Result<bool, LetterFault>) -> Result<usize, LetterFault> {
    let first = word.chars().next().map_or(word.len(), char::len_utf8);
    let (mut latest, mut natural) = (first, 0);
    for (at, c) in word.char_indices().skip(1) {
        if is_mark(c) {
            continue;
        }
        if !fits(&word[..at])? {
            break;
        }
        latest = at;
        if "/?&".contains(c) || word[..at].ends_with(['-', '–', '.']) {
            natural = at;
        }
    }
    Ok(if natural * 2 > latest { natural } else { latest })
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(width: f32, text: &str) -> Vec<String> {
        let faces = Faces::new();
        let Ok(lines) = wrap(&faces, Cut::Regular, 10.0, width, text) else { panic!("not broken") };
        assert!(lines.iter().all(|line| faces.line(Cut::Regular, 10.0, line.text.trim_end()).is_ok_and(|line| line.width <= width)));
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_end_at_blanks_and_long_words_within() {
        assert_eq!(rows(30.0, "Anna von und zu  Berg"), ["Anna von und zu ", "Berg"]);
        let broken = rows(20.0, &"Donaudampfschifffahrt".repeat(3));
        assert!(broken.len() > 3, "{broken:?}");
        assert_eq!(broken.concat(), "Donaudampfschifffahrt".repeat(3));
        assert_eq!(rows(20.0, ""), Vec::<String>::new());
    }

    #[test]
    fn a_mark_stays_with_its_letter() {
        let broken = rows(10.0, &"M\u{302}".repeat(30));
        assert!(broken.len() > 1 && broken.iter().all(|row| row.starts_with('M')), "{broken:?}");
    }
}
