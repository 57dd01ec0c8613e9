//! The colours of mails, light and dark. A pair that cannot be read is refused, not sent.

use onboarding_core::Colour;

/// The colours of one scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// Behind everything.
    pub ground: Colour,
    /// Text.
    pub ink: Colour,
    /// Behind a code or password.
    pub panel: Colour,
    /// Buttons and links.
    pub accent: Colour,
    /// Text on a button.
    pub on_accent: Colour,
}

/// The colours of a portal's mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailTheme {
    /// By day.
    pub light: Scheme,
    /// Where the reader prefers dark.
    pub dark: Scheme,
}

impl Default for MailTheme {
    fn default() -> Self {
        Self {
            light: Scheme {
                ground: Colour::new(0xff, 0xff, 0xff),
                ink: Colour::new(0x1b, 0x1f, 0x24),
                panel: Colour::new(0xf4, 0xf6, 0xf8),
                accent: Colour::new(0x0b, 0x53, 0x94),
                on_accent: Colour::new(0xff, 0xff, 0xff),
            },
            dark: Scheme {
                ground: Colour::new(0x10, 0x15, 0x1c),
                ink: Colour::new(0xf0, 0xf3, 0xf6),
                panel: Colour::new(0x19, 0x21, 0x2b),
                accent: Colour::new(0x8e, 0xc5, 0xff),
                on_accent: Colour::new(0x0c, 0x14, 0x20),
            },
        }
    }
}

impl MailTheme {
    /// The built-in colours with another one for buttons and links by day; the text on buttons is white or black, whichever reads better.
    #[must_use]
    pub fn with_accent(mut self, accent: Colour) -> Self {
        self.light.accent = accent;
        self.light.on_accent = accent.opposite();
        self
    }

    /// The same for readers who prefer dark.
    #[must_use]
    pub fn with_dark_accent(mut self, accent: Colour) -> Self {
        self.dark.accent = accent;
        self.dark.on_accent = accent.opposite();
        self
    }

    /// The first pair with a contrast below 4.5:1. Source: WCAG 2.2, 1.4.3.
    pub(super) fn weak_pair(&self) -> Option<&'static str> {
        let pairs = |scheme: &Scheme| {
            [
                ("ink on ground", scheme.ink.contrast(scheme.ground)),
                ("ink on panel", scheme.ink.contrast(scheme.panel)),
                ("accent on ground", scheme.accent.contrast(scheme.ground)),
                ("on_accent on accent", scheme.on_accent.contrast(scheme.accent)),
            ]
        };
        pairs(&self.light).into_iter().chain(pairs(&self.dark)).find(|(_, contrast)| *contrast < 4.5).map(|(pair, _)| pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_colours_can_be_read() {
        assert_eq!(MailTheme::default().weak_pair(), None);
    }

    #[test]
    fn a_pale_accent_is_refused() {
        let pale = MailTheme::default().with_accent(Colour::parse("#ffd54f").unwrap());
        assert_eq!(pale.weak_pair(), Some("accent on ground"));
        let strong = MailTheme::default().with_accent(Colour::parse("#8a1538").unwrap());
        assert_eq!(strong.weak_pair(), None);
    }
}
