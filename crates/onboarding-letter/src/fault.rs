//! Why a letter is not written, for the operator: never with a name or an address.

/// Why a letter cannot be written. A retry does not help before a person has mended something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterFault {
    /// A character that the fonts do not have.
    #[error("no font has a glyph for U+{0:04X}")]
    Glyph(u32),
    /// A control, direction or invisible character: what is read would not be what is there.
    #[error("the text has a control, direction or invisible character, U+{0:04X}")]
    Character(u32),
    /// Something of the address is not in the master data.
    #[error("the record has no {0}")]
    Missing(&'static str),
    /// The record's country is the code of none.
    #[error("the record's country is none of ISO 3166-1")]
    Country,
    /// Even at its smallest the address is larger than the window.
    #[error("the address does not fit into the window")]
    AddressTooLong,
    /// Even at its smallest the text is longer than the page.
    #[error("the letter does not fit onto its page")]
    TooLong,
    /// A link is too long for a code that can be scanned.
    #[error("a link is too long for a code")]
    Code,
    /// A text that is not there, or that could not be filled.
    #[error("could not take a text: {0}")]
    Text(String),
    /// The library refuses the page.
    #[error("could not write the PDF: {0}")]
    Pdf(String),
}
