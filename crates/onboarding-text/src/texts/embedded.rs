//! The texts as compiled in: one list of files, the same for every language.

use onboarding_core::Language;

macro_rules! locale {
    ($language:literal: $($file:literal),* $(,)?) => {
        &[$(include_str!(concat!("../../locales/", $language, "/", $file, ".ftl"))),*]
    };
}

macro_rules! locales {
    ($files:tt) => {
        /// The Fluent sources of a language.
        pub(super) fn sources(language: Language) -> &'static [&'static str] {
            match language {
                Language::De => locales!(@ "de" $files),
                Language::Fr => locales!(@ "fr" $files),
                Language::It => locales!(@ "it" $files),
                Language::En => locales!(@ "en" $files),
            }
        }

        /// The names of the files, for a test that none lies there unread.
        #[cfg(test)]
        pub(super) const FILES: &[&str] = &$files;
    };
    (@ $language:literal [$($file:literal),* $(,)?]) => { locale!($language: $($file),*) };
}

locales!([
    "account",
    "demo",
    "errors",
    "fields",
    "general",
    "help",
    "letters",
    "mails",
    "problems",
    "registration",
    "sign-in",
    "staff",
    "team"
]);
