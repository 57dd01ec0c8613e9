//! What a letter asks of the texts: its words and its dates. Which wording a portal has, and in which zone its clocks stand,
//! is decided behind the trait.

use chrono::{DateTime, Utc};
use onboarding::Portal;
use onboarding_core::Language;

/// The words of letters.
pub trait LetterTexts: Send + Sync {
    /// A text of a portal, filled; keys are those of the wording with hyphens for dots (`letter-pin-subject`).
    ///
    /// # Errors
    /// An unknown key or a placeholder that is left open, for the operator; a retry does not help.
    fn text(&self, portal: &Portal, language: Language, key: &str, args: &[(&str, &str)]) -> Result<String, String>;

    /// The day of a moment as the reader writes it, by the portal's clocks.
    fn date(&self, portal: &Portal, language: Language, at: DateTime<Utc>) -> String;
}
