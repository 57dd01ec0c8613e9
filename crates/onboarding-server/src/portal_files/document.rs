//! One document's file as the text that people see. Decides what its title is and which bytes its digest stands for.

use onboarding::portal::DocumentText;
use sha2::{Digest, Sha256};

/// The text of a document's file, and what is wrong with it.
///
/// The text is the file's without a byte order mark and with plain line feeds; the digest is that of this text's bytes. So a checkout with
/// other line ends proves the same text, and whoever fetches the text can compute the digest from what was fetched.
pub(super) fn document(file: &str) -> (DocumentText, Option<&'static str>) {
    let text = file.strip_prefix('\u{feff}').unwrap_or(file).replace("\r\n", "\n");
    let title = text.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim).unwrap_or_default().to_owned();
    let fault = title.is_empty().then_some("has no title: a line that begins with `# `");
    let sha256 = Sha256::digest(text.as_bytes()).into();
    (DocumentText { title, text, sha256 }, fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_first_heading() {
        let (document, fault) = document("<!-- note -->\n# Terms of use \n\n# Second\n");
        assert_eq!((document.title.as_str(), fault), ("Terms of use", None));
    }

    #[test]
    fn a_text_without_title_is_refused() {
        for text in ["", "Terms\n", "#Terms\n", "# \n", "## Terms\n"] {
            assert!(document(text).1.is_some(), "{text:?}");
        }
    }

    #[test]
    fn line_ends_and_marks_of_an_editor_change_no_digest() {
        let (plain, _) = document("# a\nb\n");
        assert_eq!(document("\u{feff}# a\r\nb\r\n").0, plain);
        // Source: sha256sum of the six bytes.
        let digest: Vec<_> = plain.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest.concat(), "001b39bc23a3974bacfb92e07228ff601be5f290359b75a18daa8dd11425debc");
        assert_ne!(document("# a\nb").0.sha256, plain.sha256);
    }
}
