//! The rules for texts (`.ftl`, `.md`, `.toml`): they end with one line break, and no line ends with a blank. Rust files are rustfmt's.

use super::Finding;

/// What this text breaks.
pub(crate) fn findings(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(Finding::fault(text.lines().count(), "ends without a line break"));
    }
    for (index, line) in text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            findings.push(Finding::fault(index + 1, "a line ends with a blank"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_ends_properly_is_green() {
        assert!(findings("one\n\ntwo\n").is_empty());
        assert!(findings("").is_empty());
    }

    #[test]
    fn a_missing_last_line_break_is_red() {
        assert_eq!(findings("one\ntwo"), [Finding::fault(2, "ends without a line break")]);
    }

    #[test]
    fn blanks_and_carriage_returns_at_a_line_s_end_are_red() {
        assert_eq!(findings("one \ntwo\n"), [Finding::fault(1, "a line ends with a blank")]);
        assert_eq!(findings("one\r\ntwo\n"), [Finding::fault(1, "a line ends with a blank")]);
        assert_eq!(findings("one\ntwo\t"), [Finding::fault(2, "ends without a line break"), Finding::fault(2, "a line ends with a blank")]);
    }
}
