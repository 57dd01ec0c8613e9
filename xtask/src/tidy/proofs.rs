//! The documents that name tests as proofs: every test they name is one. A name is what stands in backticks and reads like a sentence.

use super::Finding;
use std::collections::BTreeSet;

/// Documents whose tables name tests.
pub(crate) const DOCUMENTS: [&str; 3] = ["docs/security.md", "docs/reliability.md", "docs/operating.md"];
/// A sentence has at least this many words; shorter ones in backticks are settings, codes and names of figures.
const WORDS: usize = 5;
/// What names of figures begin with.
const FIGURES: &str = "onboarding_";

/// The names of all functions in a source text.
pub(crate) fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.split("fn ").skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next())
}

/// Tests that a document names and that nobody wrote.
pub(crate) fn findings(document: &str, tests: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in document.lines().enumerate() {
        for name in line.split('`').skip(1).step_by(2) {
            let sentence = name.split('_').count() >= WORDS
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if sentence && !name.starts_with(FIGURES) && !tests.contains(name) {
                findings.push(Finding::fault(index + 1, format!("names the test {name}, which there is not")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_named_and_was_never_written_is_red() {
        let tests: BTreeSet<&str> =
            functions("#[test]\nfn a_thing_that_is_there() {}\nasync fn another_thing_that_is_there() {}").collect();
        let document = "| a | `a_thing_that_is_there`, `another_thing_that_is_there` |\n| b | `a_thing_that_is_not_there`, `onboarding_http_request_duration_seconds`, `max_connections` |\n";
        let told: Vec<_> = findings(document, &tests).into_iter().map(|finding| (finding.line, finding.text)).collect();
        assert_eq!(told, [(Some(2), "names the test a_thing_that_is_not_there, which there is not".to_owned())]);
    }
}
