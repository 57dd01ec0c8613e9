//! A mail's text as a page shows it: links to follow, and what is to be typed in by itself. Relies on what mails promise to programs: a code, a
//! number or a password stands alone on its line, and so does a link.

/// The lengths of what is typed in: the shortest number, and more than the longest password that is mailed.
const TYPED: std::ops::RangeInclusive<usize> = 4..=40;

/// A text with its links apart: a word that begins like an address of a page leads there.
pub(super) fn pieces(text: &str) -> Vec<(&str, Option<&str>)> {
    text.split_inclusive(char::is_whitespace)
        .flat_map(|word| {
            let (bare, space) = word.split_at(word.trim_end().len());
            [(bare, is_link(bare).then_some(bare)), (space, None)]
        })
        .collect()
}

/// The links that stand alone on their line, each once.
pub(super) fn links(text: &str) -> Vec<&str> {
    once(text.lines().map(str::trim).filter(|line| is_link(line) && !line.contains(char::is_whitespace)))
}

/// What stands alone on its line to be typed in: capitals, digits and hyphens, as codes, numbers and mailed passwords are written.
pub(super) fn codes(text: &str) -> Vec<&str> {
    once(text.lines().map(str::trim).filter(|line| is_typed(line)))
}

/// A PIN in the text of a letter: groups of capitals and digits, a blank between them.
pub(super) fn pins(text: &str) -> Vec<&str> {
    let is_group = |group: &str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    once(text.lines().map(str::trim).filter(|line| line.split([' ', '-']).count() == 3 && line.split([' ', '-']).all(is_group)))
}

fn is_link(word: &str) -> bool {
    word.starts_with("http://") || word.starts_with("https://")
}

fn is_typed(line: &str) -> bool {
    TYPED.contains(&line.len())
        && line.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
        && line.bytes().any(|byte| byte != b'-')
}

fn once<'a>(found: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept = Vec::new();
    for one in found {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str =
        "Hello,\n\n  K7M4-9QXT \n\nOr open this:\n\nhttp://a.example/x?t=1\n\nhttp://a.example/x?t=1\n----\nQuestions? 0800\nOK";

    #[test]
    fn links_stand_apart_and_no_character_is_lost() {
        let text = "Hello,\n\nhttp://a.example/x?t=1\njavascript:no (https://b.example) end";
        let found = pieces(text);
        assert_eq!(found.iter().map(|(text, _)| *text).collect::<String>(), text);
        assert_eq!(found.iter().filter_map(|(_, href)| *href).collect::<Vec<_>>(), ["http://a.example/x?t=1"]);
    }

    #[test]
    fn what_is_alone_on_its_line_is_to_be_typed_or_followed_and_named_once() {
        assert_eq!((codes(MAIL), links(MAIL)), (vec!["K7M4-9QXT"], vec!["http://a.example/x?t=1"]));
        assert_eq!(links("see http://a.example/x?t=1\njavascript:alert(1)"), Vec::<&str>::new());
    }

    #[test]
    fn a_letters_pin_is_three_groups_of_four() {
        assert_eq!(
            pins("65189 Wiesbaden\nK7M4 9QXT 2HBP\nK7M4-9QXT-2HBP\nNur 9QXT 2HBP\nDr. Anna Muster"),
            ["K7M4 9QXT 2HBP", "K7M4-9QXT-2HBP"]
        );
    }
}
