//! Codes that people type: the alphabet, the grouping, and how forgiving the reading is.

use crate::record::squeeze;
use secrecy::SecretString;

/// The characters of every code, PIN and mailed password: no vowels (no words), and nothing that looks like something
/// else (`0 O`, `1 I l`, `A 4`, `E 3`, `U V`). 28 characters, 4.81 bit each. Source: threats.md "Values".
pub const ALPHABET: &[u8; 28] = b"23456789BCDFGHJKMNPQRSTVWXYZ";

/// Characters that no code contains, as people are told.
pub const ABSENT: &str = "0 1 A E I L O U";

/// Why a typed code cannot be one. It costs no try: nothing was guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeFault {
    /// Nothing but blanks and dashes.
    Empty,
    /// Not the expected number of characters.
    Length,
    /// A character that no code contains.
    Characters,
}

/// Reads a code as typed or pasted: blanks of every width, dashes, dots and zero-width characters are dropped, letters
/// become upper case, compatibility forms are folded. The result has exactly `chars` characters of [`ALPHABET`].
pub fn normalise(text: &str, chars: usize) -> Result<String, CodeFault> {
    let code: String = squeeze(text).chars().filter(|c| !matches!(c, '.' | '\r' | '\n')).flat_map(char::to_uppercase).collect();
    if code.is_empty() {
        return Err(CodeFault::Empty);
    }
    if !code.bytes().all(|b| ALPHABET.contains(&b)) {
        return Err(CodeFault::Characters);
    }
    if code.len() == chars { Ok(code) } else { Err(CodeFault::Length) }
}

/// Draws a code of `chars` characters, each equally likely: bytes beyond the last whole multiple are drawn again.
pub fn draw(chars: usize, mut fill: impl FnMut(&mut [u8])) -> String {
    let bound = 256 - 256 % ALPHABET.len();
    let mut code = String::with_capacity(chars);
    let mut bytes = [0_u8; 32];
    while code.len() < chars {
        fill(&mut bytes);
        for byte in bytes {
            if usize::from(byte) < bound && code.len() < chars {
                code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            }
        }
    }
    code
}

/// Writes a code in groups of four with hyphens: `7KQ4-M2XH`.
pub fn grouped(code: &str) -> SecretString {
    let mut text = String::with_capacity(code.len() + code.len() / 4);
    for (at, c) in code.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(c);
    }
    SecretString::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_pasted_code_is_read_whatever_surrounds_it() {
        for text in ["7KQ4-M2XH", " 7kq4 m2xh\u{a0}", "7KQ4–M2XH\r\n", "７ＫＱ４．Ｍ２ＸＨ", "7KQ4\u{200b}M2XH"] {
            assert_eq!(normalise(text, 8).unwrap(), "7KQ4M2XH", "{text:?}");
        }
        assert_eq!(normalise(" - ", 8), Err(CodeFault::Empty));
        assert_eq!(normalise("7KQ4-M2X", 8), Err(CodeFault::Length));
        assert_eq!(normalise("7KQ4-M2X0", 8), Err(CodeFault::Characters));
    }

    #[test]
    fn drawing_uses_every_character_and_only_those() {
        let mut state = 1_u32;
        let code = draw(20_000, |bytes| {
            for byte in bytes {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (state >> 24) as u8;
            }
        });
        for c in ALPHABET {
            let share = code.bytes().filter(|b| b == c).count();
            assert!((600..900).contains(&share), "{} was drawn {share} times", char::from(*c));
        }
        assert_eq!(code.len(), 20_000);
    }

    #[test]
    fn groups_are_of_four() {
        assert_eq!(grouped("7KQ4M2XH").expose_secret(), "7KQ4-M2XH");
        assert_eq!(grouped("7KQ4M2XHBCDF").expose_secret(), "7KQ4-M2XH-BCDF");
    }
}
