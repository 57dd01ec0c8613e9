//! The colours of mails, light and dark. A pair that cannot be read is refused, not sent.

/// A colour of the form `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// Relative luminance, 0 to 1. Source: WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast with another colour, 1 to 21. Source: WCAG 2.2, "contrast ratio".
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

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
        let (white, black) = (Colour::new(0xff, 0xff, 0xff), Colour::new(0, 0, 0));
        self.light.accent = accent;
        self.light.on_accent = if accent.contrast(white) >= accent.contrast(black) { white } else { black };
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
        let contrast = Colour::parse("#000000").unwrap().contrast(Colour::parse("#FFFFFF").unwrap());
        assert!((contrast - 21.0).abs() < 1e-9);
    }

    #[test]
    fn a_pale_accent_is_refused() {
        let pale = MailTheme::default().with_accent(Colour::parse("#ffd54f").unwrap());
        assert_eq!(pale.weak_pair(), Some("accent on ground"));
        let strong = MailTheme::default().with_accent(Colour::parse("#8a1538").unwrap());
        assert_eq!(strong.weak_pair(), None);
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        for text in ["0b5394", "#0b539", "#0b53940", "#0b539g", "red", "#é1234"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
        assert_eq!(Colour::parse("#0B5394").unwrap().to_string(), "#0b5394");
    }
}
