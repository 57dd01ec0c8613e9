//! The rules for one Rust file: heading, size, name, unfinished or skipped work, and portals' names. Comments, strings and code are told
//! apart, so that a rule may be spoken of without being broken.

use std::collections::BTreeSet;
use std::path::Path;

use super::Finding;
use super::source::{Source, line_of, without};

/// Past this many lines a second reason to change is looked for.
const WARN_LINES: usize = 400;
/// Past this many lines it is there.
const MOST_LINES: usize = 600;

/// What this file breaks. `demoted`: the file above declares this one as a test module.
pub(crate) fn findings(path: &Path, text: &str, slugs: &BTreeSet<String>, demoted: bool) -> Vec<Finding> {
    let source = Source::new(text);
    let test_items = source.test_items();
    let is_test = demoted || lies_with_tests(path);
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        findings.push(Finding::fault(1, "begins without `//!`: what it decides, and what it leaves out"));
    }
    if path.file_name().is_some_and(|name| name == "mod.rs") {
        findings.push(Finding::fault(None, "is a `mod.rs`: the module's own name says more (`foo.rs` beside `foo/`)"));
    }
    if !is_test {
        let in_tests: usize = test_items.iter().map(|item| line_of(text, item.end) - line_of(text, item.start) + 1).sum();
        findings.extend(size(text.lines().count().saturating_sub(in_tests)));
    }
    for (at, macro_) in ["todo!", "unimplemented!"].iter().flat_map(|name| words(&source.code, name)) {
        findings.push(Finding::fault(line_of(text, at), format!("`{macro_}` is unfinished work")));
    }
    for (at, _) in source.code.match_indices("#[ignore") {
        findings.push(Finding::fault(line_of(text, at), "an ignored test tests nothing"));
    }
    for (at, mark) in ["TODO", "FIXME"].iter().flat_map(|mark| words(&source.comments, mark)) {
        findings.push(Finding::fault(line_of(text, at), format!("`{mark}` in a comment is unfinished work")));
    }
    if !is_test && is_product(path) {
        let shipped = without(&source.code_and_strings, &test_items).to_lowercase();
        for (at, slug) in slugs.iter().flat_map(|slug| words(&shipped, slug)) {
            findings.push(Finding::fault(line_of(&shipped, at), format!("names the portal `{slug}`: portals are data")));
        }
    }
    findings
}

fn size(lines: usize) -> Option<Finding> {
    if lines > MOST_LINES {
        Some(Finding::fault(None, format!("has {lines} lines without its tests; {MOST_LINES} are the most")))
    } else if lines > WARN_LINES {
        Some(Finding::warning(format!("has {lines} lines without its tests; past {WARN_LINES} look for the second reason to change")))
    } else {
        None
    }
}

fn lies_with_tests(path: &Path) -> bool {
    let in_folder = path.parent().is_some_and(|folder| folder.iter().any(|part| part == "tests" || part == "benches"));
    in_folder || path.file_stem().is_some_and(|stem| stem == "tests")
}

/// Code that ships: below `crates/*/src`, the demonstration with its named portals apart.
fn is_product(path: &Path) -> bool {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let is_demo = parts.iter().any(|part| part == "demo" || part == "demo.rs");
    parts.len() > 3 && parts[0] == "crates" && parts[2] == "src" && !is_demo
}

/// Where `word` stands as a whole word: `customer` is not in `customer_number` nor in `customer-number`.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).filter(move |(at, found)| {
        let before = text[..*at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !before.is_some_and(is_word) && (word.ends_with('!') || !after.is_some_and(is_word))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Gravity;
    use super::*;

    fn told(path: &str, text: &str) -> Vec<String> {
        let slugs = ["harbour".to_owned(), "customer".to_owned()].into();
        let findings = findings(Path::new(path), text, &slugs, false);
        findings.into_iter().map(|finding| format!("{}: {}", finding.line.unwrap_or(0), finding.text)).collect()
    }

    const STORY: &str = "crates/a/src/story.rs";

    #[test]
    fn a_file_without_its_heading_is_red() {
        assert_eq!(told(STORY, "// A story.\n").len(), 1);
        assert_eq!(told(STORY, "\n//! A story.\n").len(), 1);
        assert_eq!(told(STORY, "//! A story.\n").len(), 0);
    }

    #[test]
    fn a_mod_rs_is_red() {
        assert_eq!(told("crates/a/src/story/mod.rs", "//! A story.\n").len(), 1);
    }

    #[test]
    fn unfinished_work_is_red_in_code_and_in_comments_but_may_be_spoken_of() {
        assert!(told(STORY, "//! A story.\nfn f() { todo!(\"later\") }\n")[0].starts_with("2: `todo!`"));
        assert!(told(STORY, "//! A story.\n// TODO: later\n")[0].starts_with("2: `TODO`"));
        assert!(told(STORY, "//! A story.\n\n/// FIXME later\n")[0].starts_with("3: `FIXME`"));
        assert!(told(STORY, "//! A story.\nconst MARKS: [&str; 2] = [\"TODO\", \"todo!\"]; // todo lists, METODO\n").is_empty());
    }

    #[test]
    fn an_ignored_test_is_red_even_among_tests() {
        let text = "//! Tests.\n#[test]\n#[ignore = \"slow\"]\nfn f() {}\n";
        assert!(told("crates/a/tests/story.rs", text)[0].starts_with("3: "));
        assert!(
            told(STORY, &format!("//! A story.\n#[cfg(test)]\nmod tests {{\n{}}}\n", &text["//! Tests.\n".len()..]))[0].starts_with("5: ")
        );
    }

    #[test]
    fn a_long_file_warns_and_a_very_long_one_is_red() {
        let lines = |count: usize| format!("//! A story.\n{}", "fn f() {}\n".repeat(count - 1));
        let gravity = |text: &str| findings(Path::new(STORY), text, &BTreeSet::new(), false).first().map(|finding| finding.gravity);
        assert_eq!(gravity(&lines(400)), None);
        assert_eq!(gravity(&lines(401)), Some(Gravity::Warning));
        assert_eq!(gravity(&lines(600)), Some(Gravity::Warning));
        assert_eq!(gravity(&lines(601)), Some(Gravity::Fault));
    }

    #[test]
    fn tests_do_not_count_as_length() {
        let tests = format!("//! A story.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(700));
        assert!(told(STORY, &tests).is_empty());
        assert!(told("crates/a/tests/story.rs", &format!("//! Tests.\n{}", "fn f() {}\n".repeat(700))).is_empty());
    }

    #[test]
    fn a_portal_s_name_is_red_as_a_word_of_the_code() {
        for code in ["let a = \"customer\";", "Portal::Customer", "let harbour = 1;", "\"the customer number\""] {
            let told = told(STORY, &format!("//! A story.\n\n{code}\n"));
            assert_eq!(told.len(), 1, "{code}: {told:?}");
            assert!(told[0].starts_with("3: names the portal"), "{told:?}");
        }
    }

    #[test]
    fn a_portal_s_name_is_tolerated_inside_identifiers_comments_tests_and_the_demo() {
        assert!(
            told(STORY, "//! A story of a customer.\nlet a = (customer_number, \"customer-number\", Customers); // the customer number\n")
                .is_empty()
        );
        assert!(told(STORY, "//! A story.\n#[cfg(test)]\nmod tests { const A: &str = \"harbour\"; }\n").is_empty());
        assert!(told("crates/a/tests/story.rs", "//! Tests.\nconst A: &str = \"harbour\";\n").is_empty());
        assert!(told("crates/a/src/demo.rs", "//! The demo.\nconst A: &str = \"harbour\";\n").is_empty());
    }

    #[test]
    fn code_behind_a_test_module_is_still_judged() {
        let text = "//! A story.\n#[cfg(test)]\nmod tests { const A: &str = \"harbour\"; }\nconst B: &str = \"harbour\";\n";
        assert_eq!(told(STORY, text).len(), 1);
    }
}
