//! Reads a mail the way a person or an outside program does: by the text part, never by what the test knows.

use onboarding::ports::RenderedMail;
use onboarding_core::code::ALPHABET;

/// What stands in a mail's text part.
pub trait ReadMail {
    /// The first line that is a code and nothing else: groups of four characters with hyphens, `7KQ4-M2XH`.
    fn code(&self) -> Option<String>;

    /// The first line that is a mailed password and nothing else: at least 12 characters of the code alphabet, hyphens
    /// not counted, as written.
    fn password(&self) -> Option<String>;

    /// The first line that is a link with a token and nothing else.
    fn link(&self) -> Option<String>;

    /// The token of [`ReadMail::link`]: what stands behind `?t=`.
    fn link_token(&self) -> Option<String>;
}

fn of_alphabet(text: &str) -> bool {
    text.bytes().all(|b| ALPHABET.contains(&b))
}

fn is_code(line: &str) -> bool {
    let mut groups = line.split('-');
    line.contains('-') && groups.all(|group| group.len() == 4 && of_alphabet(group))
}

fn is_password(line: &str) -> bool {
    let bare = line.replace('-', "");
    bare.len() >= 12 && of_alphabet(&bare)
}

/// Link and token, if the line is a link that ends in a token.
fn token(line: &str) -> Option<&str> {
    let (page, token) = line.split_once("?t=")?;
    let opaque = !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let address = page.starts_with("https://") || page.starts_with("http://");
    (address && opaque && !page.contains(char::is_whitespace)).then_some(token)
}

impl ReadMail for str {
    fn code(&self) -> Option<String> {
        self.lines().find(|line| is_code(line)).map(str::to_owned)
    }

    fn password(&self) -> Option<String> {
        self.lines().find(|line| is_password(line)).map(str::to_owned)
    }

    fn link(&self) -> Option<String> {
        self.lines().find(|line| token(line).is_some()).map(str::to_owned)
    }

    fn link_token(&self) -> Option<String> {
        self.lines().find_map(token).map(str::to_owned)
    }
}

impl ReadMail for RenderedMail {
    fn code(&self) -> Option<String> {
        self.text.code()
    }

    fn password(&self) -> Option<String> {
        self.text.password()
    }

    fn link(&self) -> Option<String> {
        self.text.link()
    }

    fn link_token(&self) -> Option<String> {
        self.text.link_token()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_of_its_own_is_read() {
        let text = "Your code is 2222-3333.\r\n7KQ4-M2XH\r\nOr: https://p.example/x?t=no.\r\nhttps://p.example/x/confirm?t=aB_-9\r\n23456789BCDFGH\r\n";
        assert_eq!(text.code().as_deref(), Some("7KQ4-M2XH"));
        assert_eq!(text.link().as_deref(), Some("https://p.example/x/confirm?t=aB_-9"));
        assert_eq!(text.link_token().as_deref(), Some("aB_-9"));
        assert_eq!(text.password().as_deref(), Some("23456789BCDFGH"));
        let text = "see https://p.example/x?t=a\n7KQ4M2XH\nhttps://p.example/x?t=a!\n7KQ4-M2X\nhttps://p.example/x?t=";
        assert_eq!((text.code(), text.link(), text.password()), (None, None, None));
    }
}
