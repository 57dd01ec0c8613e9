//! Rust text taken apart into code, strings and comments, and into what ships and what is compiled for tests only. Decides only what a byte
//! belongs to; it does not parse items, and a macro's tokens are code like any other.

use std::ops::Range;

/// One file in three views of equal length: bytes that do not belong to a view are blanks, line breaks stay.
pub(crate) struct Source {
    /// Code without the contents of strings and without comments.
    pub(crate) code: String,
    /// Code with its strings, without comments.
    pub(crate) code_and_strings: String,
    /// Comments, doc comments included.
    pub(crate) comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Code,
    Literal,
    Comment,
}

impl Source {
    /// Takes a file's text apart.
    pub(crate) fn new(text: &str) -> Self {
        let classes = classify(text.as_bytes());
        Self {
            code: view(text, &classes, &[Class::Code]),
            code_and_strings: view(text, &classes, &[Class::Code, Class::Literal]),
            comments: view(text, &classes, &[Class::Comment]),
        }
    }

    /// Where `#[cfg(test)]` items stand, from the attribute to the item's end.
    pub(crate) fn test_items(&self) -> Vec<Range<usize>> {
        let mut items = Vec::new();
        let mut from = 0;
        while let Some(start) = find_test_attribute(&self.code, from) {
            let end = end_of_item(self.code.as_bytes(), start);
            items.push(start..end);
            from = end;
        }
        items
    }
}

/// The text with these ranges blanked, line breaks apart.
pub(crate) fn without(text: &str, ranges: &[Range<usize>]) -> String {
    let bytes = text
        .bytes()
        .enumerate()
        .map(|(at, byte)| if byte != b'\n' && ranges.iter().any(|range| range.contains(&at)) { b' ' } else { byte });
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}

/// The line, counted from 1, of a byte.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn view(text: &str, classes: &[Class], wanted: &[Class]) -> String {
    let bytes = text.bytes().zip(classes).map(|(byte, class)| if byte == b'\n' || wanted.contains(class) { byte } else { b' ' });
    // A character lies within one class, so that it is kept or blanked as a whole.
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}

fn classify(text: &[u8]) -> Vec<Class> {
    let mut classes = vec![Class::Code; text.len()];
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (class, length) = if rest.starts_with(b"//") {
            (Class::Comment, rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()))
        } else if rest.starts_with(b"/*") {
            (Class::Comment, block_comment(rest))
        } else if rest[0] == b'"' {
            (Class::Literal, quoted(rest))
        } else if rest[0] == b'\'' {
            char_literal(rest).map_or((Class::Code, 1), |length| (Class::Literal, length))
        } else if let Some(length) = raw_string(rest).filter(|_| starts_token(text, at)) {
            (Class::Literal, length)
        } else {
            (Class::Code, 1)
        };
        classes[at..at + length].fill(class);
        at += length;
    }
    classes
}

/// Whether a raw string's `r` may begin here: `br"` and `cr"` do, the end of an identifier does not.
fn starts_token(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return true };
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !is_word(text[before]) || (matches!(text[before], b'b' | b'c') && before.checked_sub(1).is_none_or(|earlier| !is_word(text[earlier])))
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn raw_string(rest: &[u8]) -> Option<usize> {
    let after = rest.strip_prefix(b"r")?;
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    if after.get(hashes) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.extend(std::iter::repeat_n(b'#', hashes));
    let body = 1 + hashes + 1;
    let length = rest[body..].windows(end.len()).position(|window| window == end).map_or(rest.len() - body, |at| at + end.len());
    Some(body + length)
}

/// The length of a character literal; none if the quote begins a lifetime.
fn char_literal(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        // The escaped character itself may be a quote.
        return rest.iter().skip(3).position(|byte| *byte == b'\'').map(|at| at + 4);
    }
    let width = rest.get(1).map(|first| match first {
        0x00..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
    })?;
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

fn find_test_attribute(code: &str, from: usize) -> Option<usize> {
    ["#[cfg(test)]", "#[cfg(all(test,"].iter().filter_map(|attribute| code[from..].find(attribute)).min().map(|at| from + at)
}

/// The end of the item that begins, attributes first, at `start`.
fn end_of_item(code: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_code_are_told_apart() {
        let source = Source::new("let a = \"in // a string\"; // in a comment\n/* one /* nested */ still */ b();\n");
        assert!(source.code.contains("let a =") && source.code.contains("b();"));
        assert!(!source.code.contains("string") && !source.code.contains("still"));
        assert!(source.code_and_strings.contains("in // a string") && !source.code_and_strings.contains("in a comment"));
        assert!(source.comments.contains("in a comment") && source.comments.contains("still") && !source.comments.contains("string"));
    }

    #[test]
    fn raw_strings_characters_and_lifetimes_do_not_confuse_it() {
        let text = "fn f<'a>(x: &'a str) { g('\"', '\\'', 'ß', b'\\\\', r#\"a \" // b\"#, br\"c\\\", r#type); } // end\n";
        let source = Source::new(text);
        assert!(source.code.contains("fn f<'a>(x: &'a str)") && source.code.contains("r#type); }"), "{}", source.code);
        assert!(!source.code.contains("// b") && !source.code.contains("ß"), "{}", source.code);
        assert_eq!(source.comments.trim(), "// end");
        assert_eq!(source.code.len(), text.len());
    }

    #[test]
    fn an_identifier_that_ends_in_r_begins_no_raw_string() {
        let source = Source::new("m!(str\"x\"); // after\n");
        assert_eq!(source.comments.trim(), "// after");
    }

    #[test]
    fn a_string_that_continues_over_lines_keeps_its_lines() {
        let source = Source::new("let a = \"one\ntwo\"; b();\n");
        assert_eq!(source.code.lines().count(), 2);
        assert!(source.code.lines().nth(1).is_some_and(|line| line.contains("b();")));
    }

    #[test]
    fn test_items_end_with_their_own_brace_or_semicolon() {
        let text = "a();\n#[cfg(test)]\n#[path = \"x.rs\"]\nmod far;\nb();\n#[cfg(test)]\nmod near { fn f() { \"}\"; } }\nc();\n";
        let source = Source::new(text);
        let rest = without(&source.code, &source.test_items());
        assert!(rest.contains("a();") && rest.contains("b();") && rest.contains("c();"), "{rest}");
        assert!(!rest.contains("far") && !rest.contains("near"), "{rest}");
        assert_eq!(rest.lines().count(), text.lines().count());
    }

    #[test]
    fn a_test_attribute_in_a_string_is_no_test_item() {
        assert!(Source::new("let a = \"#[cfg(test)]\"; fn f() {}\n").test_items().is_empty());
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line_of("a\nb\n", 0), 1);
        assert_eq!(line_of("a\nb\n", 2), 2);
    }
}
