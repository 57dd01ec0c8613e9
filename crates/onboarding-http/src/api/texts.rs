//! The texts of problems, from the wording files.

use crate::problem::{Facts, FieldError, ProblemText, ProblemTexts};
use onboarding_core::Language;
use onboarding_text::{Arg, Texts};
use std::sync::Arc;

/// Problem texts over the wording files.
pub struct ApiTexts(Arc<Texts>);

impl ApiTexts {
    /// Over these texts.
    pub fn new(texts: Arc<Texts>) -> Self {
        Self(texts)
    }
}

impl ProblemTexts for ApiTexts {
    fn problem(&self, language: Language, code: &str, _facts: &Facts) -> ProblemText {
        match self.0.problem(None, language, code) {
            Ok(problem) => ProblemText { title: problem.title, detail: Some(problem.detail) },
            Err(fault) => {
                // A code without words still reaches the client; a test keeps this from happening.
                tracing::error!(code, %fault, "could not word a problem");
                ProblemText { title: code.to_owned(), detail: None }
            }
        }
    }

    fn field(&self, language: Language, error: &FieldError) -> String {
        let missing = error.args.iter().find(|(name, _)| *name == "missing").map(|(_, kinds)| self.kinds(language, kinds));
        let args: Vec<(&str, Arg<'_>)> = error
            .args
            .iter()
            .map(|(name, value)| (*name, Arg::from(if *name == "missing" { missing.as_deref().unwrap_or(value) } else { value.as_str() })))
            .collect();
        // A box that was not ticked is not a field that is missing.
        let worded = match error.field.strip_prefix("consents.") {
            Some(document) if error.code == "required" => self.0.text(None, language, "err-consent", &[("document", Arg::from(document))]),
            Some(_) | None => self.0.text(None, language, &format!("fault-{}", error.code), &args),
        };
        match worded {
            Ok(text) => text,
            Err(fault) => {
                tracing::error!(code = error.code, %fault, "could not word a field's fault");
                error.code.to_owned()
            }
        }
    }
}

impl ApiTexts {
    /// Kinds of characters, in words.
    fn kinds(&self, language: Language, kinds: &str) -> String {
        let word = |kind: &str| {
            let key = match kind {
                "symbol" => "pw-special",
                "upper" => "pw-upper",
                "lower" => "pw-lower",
                _ => "pw-digit",
            };
            self.0.text(None, language, key, &[]).unwrap_or_else(|_| kind.to_owned())
        };
        kinds.split(',').map(word).collect::<Vec<_>>().join(", ")
    }
}
