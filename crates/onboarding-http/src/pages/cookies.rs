//! The cookies of pages: the session, the flow, the language, a browser that is known. Bound to their portal by their name, to this host by their prefix.

use poem::http::{HeaderMap, HeaderValue, header};

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The session's token.
    Session,
    /// What the pages of one registration hand on, sealed. One hour.
    Flow,
    /// The language that was chosen. A year.
    Language,
    /// That somebody has signed in with this browser before. A year, and no proof of anything.
    Browser,
}

impl Purpose {
    fn letter(self) -> char {
        match self {
            Self::Session => 's',
            Self::Flow => 'f',
            Self::Language => 'l',
            Self::Browser => 'd',
        }
    }

    /// Seconds; `None`: until the browser is closed.
    fn life(self) -> Option<u32> {
        match self {
            Self::Session => None,
            Self::Flow => Some(3_600),
            Self::Language | Self::Browser => Some(365 * 86_400),
        }
    }
}

/// How cookies are written here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jar {
    /// Plain http on this machine: browsers keep no `__Host-` cookie there.
    pub(crate) secure: bool,
}

impl Jar {
    fn name(self, purpose: Purpose, slug: &str) -> String {
        format!("{}{}-{slug}", if self.secure { "__Host-" } else { "" }, purpose.letter())
    }

    /// The value, if the browser sent exactly one. Two of one name come from somebody who could set one and not replace ours.
    pub(crate) fn get(self, headers: &HeaderMap, purpose: Purpose, slug: &str) -> Option<String> {
        let name = self.name(purpose, slug);
        let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
        let mut found = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(value), None) if !value.is_empty() => Some(value.to_owned()),
            _ => None,
        }
    }

    pub(crate) fn set(self, purpose: Purpose, slug: &str, value: &str) -> HeaderValue {
        let life = purpose.life().map(|life| format!("; Max-Age={life}")).unwrap_or_default();
        self.write(&format!("{}={value}; Path=/{life}", self.name(purpose, slug)))
    }

    pub(super) fn delete(self, purpose: Purpose, slug: &str) -> HeaderValue {
        self.write(&format!("{}=; Path=/; Max-Age=0", self.name(purpose, slug)))
    }

    fn write(self, start: &str) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        // Slugs, tokens and sealed texts are of a few plain characters.
        HeaderValue::from_str(&format!("{start}{secure}; HttpOnly; SameSite=Lax")).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_bound_to_host_and_portal_and_a_second_one_of_its_name_is_none() {
        let jar = Jar { secure: true };
        let set = jar.set(Purpose::Session, "garden", "abc");
        assert_eq!(set, "__Host-s-garden=abc; Path=/; Secure; HttpOnly; SameSite=Lax");
        let headers = |text: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]);
        assert_eq!(jar.get(&headers("a=b; __Host-s-garden=abc"), Purpose::Session, "garden").as_deref(), Some("abc"));
        assert_eq!(jar.get(&headers("__Host-s-garden=abc; __Host-s-garden=def"), Purpose::Session, "garden"), None);
        assert_eq!(jar.get(&headers("s-garden=abc; __Host-s-other=abc"), Purpose::Session, "garden"), None);
        assert_eq!(jar.get(&headers("__Host-s-garden="), Purpose::Session, "garden"), None);
    }
}
