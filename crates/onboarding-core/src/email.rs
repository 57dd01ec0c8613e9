//! E-mail addresses: what is accepted, what mails are sent to, and the key under which two spellings are one.

mod typo;

use crate::name::composed;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Why a text is no e-mail address. One answer for all causes but absence: the causes help nobody to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailFault {
    /// Nothing but blanks.
    Empty,
    /// Not one address of the form `local@domain.tld`.
    Format,
}

/// One e-mail address: local part of at most 64 bytes, domain in its ASCII form (`xn--…`), at most 254 bytes in all.
///
/// Quoted local parts, comments, address literals and lists are refused: nobody registers with them, and every parser
/// behind us reads them differently.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address as typed; blanks at both ends are dropped.
    ///
    /// # Source
    /// RFC 5321 4.5.3.1 (lengths), RFC 5322 3.2.3 (`atext`), UTS 46 (domain).
    pub fn parse(text: &str) -> Result<Self, EmailFault> {
        // A control character is a fault even at an end, where trimming would hide it; a pasted tab is a blank.
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(EmailFault::Format);
        }
        let text = composed(text.trim());
        if text.is_empty() {
            return Err(EmailFault::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailFault::Format)?;
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c) || (!c.is_ascii() && c.is_alphanumeric());
        let dotted = !local.is_empty() && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom));
        if !dotted || local.len() > 64 {
            return Err(EmailFault::Format);
        }
        let domain = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::URL).map_err(|_| EmailFault::Format)?;
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let labels: Vec<&str> = domain.split('.').collect();
        let named = labels.len() >= 2
            && labels.iter().all(|part| label(part))
            && labels.last().is_some_and(|top| top.len() >= 2 && !top.bytes().all(|b| b.is_ascii_digit()));
        let address = format!("{local}@{domain}");
        if named && address.len() <= 254 { Ok(Self(address)) } else { Err(EmailFault::Format) }
    }

    /// The address mails go to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain in its ASCII form, for pacing by destination.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address that was probably meant, where the domain is one slip away from one that many people have.
    pub fn suggestion(&self) -> Option<String> {
        let (local, domain) = self.0.rsplit_once('@')?;
        typo::meant(domain).map(|meant| format!("{local}@{meant}"))
    }

    /// The key under which twins are one account: compatibility forms, case, the dotless `ı` and the long `ſ` folded.
    /// Mail never goes to a key, only to a stored address (CVE-2019-19844).
    pub fn key(&self) -> EmailKey {
        if self.0.is_ascii() {
            return EmailKey(self.0.to_ascii_lowercase());
        }
        let folded: String = self.0.nfkc().flat_map(char::to_lowercase).nfkc().map(|c| if c == 'ı' { 'i' } else { c }).collect();
        // Lower-casing `İ` leaves a combining dot behind.
        EmailKey(folded.replace('\u{307}', ""))
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

/// The folded form of an address: for comparing and for unique indexes only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct EmailKey(String);

impl EmailKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_the_ends_are_dropped_and_the_domain_is_ascii() {
        assert_eq!(EmailAddress::parse(" Kim@Bücher.example\t").unwrap().as_str(), "Kim@xn--bcher-kva.example");
    }

    #[test]
    fn lists_controls_quotes_and_half_addresses_are_refused() {
        for text in [
            "a@b.example,c@d.example",
            "a@b.example c@d.example",
            "a@b.example\r\nBcc: c@d.example",
            "a\0@b.example",
            "a@b.example\r\n",
            "\0a@b.example",
            "a@b.example\n",
            "\"a\"@b.example",
            "a@[127.0.0.1]",
            "a@b",
            "@b.example",
            "a@",
            "a@@b.example",
            "a@b..example",
            ".a@b.example",
            "a.@b.example",
            "a@-b.example",
            "a@127.0.0.1",
            "<a@b.example>",
            "a@b.example;",
            "a@b.c%0a",
            "a\u{202e}@b.example",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(EmailFault::Format), "{text:?}");
        }
        assert_eq!(EmailAddress::parse(" \t"), Err(EmailFault::Empty));
        assert!(EmailAddress::parse(&format!("{}@b.example", "a".repeat(65))).is_err());
    }

    #[test]
    fn twins_share_a_key() {
        let key = |text: &str| EmailAddress::parse(text).unwrap().key();
        let plain = key("mike.strasse@bucher.example");
        for twin in
            ["Mike.Strasse@Bucher.example", "mıke.strasse@bucher.example", "mike.ſtrasse@bucher.example", "MİKE.strasse@bucher.example"]
        {
            assert_eq!(key(twin), plain, "{twin}");
        }
        assert_eq!(key("jos\u{e9}@b.example"), key("jose\u{301}@b.example"));
        assert_eq!(key("a@bücher.example"), key("a@xn--bcher-kva.example"));
        assert_ne!(key("josé@b.example"), key("jose@b.example"));
    }
}
