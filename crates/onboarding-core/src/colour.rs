//! A colour as a portal declares it, and whether people can read one on another.

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

    /// Of its three parts.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
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

    /// White or black, whichever reads better on it.
    #[must_use]
    pub fn opposite(self) -> Self {
        let (white, black) = (Self::new(0xff, 0xff, 0xff), Self::new(0, 0, 0));
        if self.contrast(white) >= self.contrast(black) { white } else { black }
    }

    /// A quarter of the way to another colour.
    #[must_use]
    pub fn towards(self, other: Self) -> Self {
        let [red, green, blue] = [0, 1, 2].map(|part| {
            let sum = 3 * u16::from(self.0[part]) + u16::from(other.0[part]);
            u8::try_from(sum / 4).unwrap_or(u8::MAX)
        });
        Self([red, green, blue])
    }

    /// Red, green, blue.
    pub fn parts(self) -> [u8; 3] {
        self.0
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_is_the_most_there_is() {
        let (black, white) = (Colour::new(0, 0, 0), Colour::parse("#FFFFFF").unwrap());
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert_eq!((black.opposite(), white.opposite()), (white, black));
        assert_eq!(white.towards(black).to_string(), "#bfbfbf");
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        for text in ["0b5394", "#0b539", "#0b53940", "#0b539g", "red", "#é1234"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
        assert_eq!(Colour::parse("#0B5394").unwrap().to_string(), "#0b5394");
    }
}
