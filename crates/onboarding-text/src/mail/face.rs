//! How a portal shows itself in mails: its name, addresses, contact and colours. Data from the configuration, checked once.

use super::theme::MailTheme;
use crate::moments::Zone;
use crate::texts::{TextFault, Texts};
use onboarding_core::journey::NumberName;
use onboarding_core::{EmailAddress, Language, PortalSlug};
use std::collections::BTreeMap;

/// Whom to turn to.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Answers go there.
    pub email: EmailAddress,
    /// As people write it, with blanks.
    pub phone: Option<String>,
    /// When somebody answers, by language; left out where the reader's language is missing.
    pub hours: BTreeMap<Language, String>,
}

impl Contact {
    /// The contact in one line, as texts take it for `{contact}`: address, then telephone.
    ///
    /// # Errors
    /// A broken override of the word for telephone.
    pub fn line(&self, texts: &Texts, portal: &PortalSlug, language: Language) -> Result<String, TextFault> {
        let email = self.email.as_str();
        match &self.phone {
            None => Ok(email.to_owned()),
            // A number that is torn at a line's end is read as two.
            Some(phone) => {
                Ok(format!("{email} · {} {}", texts.text(Some(portal), language, "help-phone", &[])?, phone.replace(' ', "\u{a0}")))
            }
        }
    }
}

/// A portal's face in its mails.
#[derive(Clone, Debug)]
pub struct MailFace {
    /// Whose.
    pub slug: PortalSlug,
    /// The proper name, without an article.
    pub name: String,
    /// The sender's display name.
    pub from_name: String,
    /// Where pages are reached from outside, without the slug: `https://portal.example.org`. The only origin of links.
    pub base_url: String,
    /// The sender.
    pub from: EmailAddress,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<EmailAddress>,
    /// Whom to turn to.
    pub contact: Contact,
    /// Where the clocks stand.
    pub zone: Zone,
    /// The number that people are asked to quote, where the portal wants it.
    pub quote: Option<NumberName>,
    /// The colours.
    pub theme: MailTheme,
}

/// Why a portal cannot write mails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaceFault {
    /// Two portals of one name.
    #[error("the portal {0} is given twice")]
    Twice(PortalSlug),
    /// Not `https://host[:port][/path]` (or `http://`, for a demo) of plain characters.
    #[error("the base address of the portal {0} is no address that links can be built on")]
    BaseUrl(PortalSlug),
    /// A name that is blank or has control characters.
    #[error("a name of the portal {0} is blank or has control characters")]
    Name(PortalSlug),
    /// Two colours that people with weak eyes cannot tell apart.
    #[error("the colours {pair} of the portal {portal} have a contrast below 4.5:1")]
    Contrast {
        /// Whose.
        portal: PortalSlug,
        /// Which pair.
        pair: &'static str,
    },
}

impl MailFace {
    /// The face, if mails can be written with it.
    pub(super) fn checked(mut self) -> Result<Self, FaceFault> {
        let trimmed = self.base_url.trim_end_matches('/').len();
        self.base_url.truncate(trimmed);
        let host = self.base_url.strip_prefix("https://").or_else(|| self.base_url.strip_prefix("http://")).unwrap_or_default();
        // The characters that need no escaping in HTML, in a mail's line, or in an address.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]".contains(c);
        if host.is_empty() || host.starts_with('/') || !host.chars().all(plain) {
            return Err(FaceFault::BaseUrl(self.slug));
        }
        if [&self.name, &self.from_name].iter().any(|name| name.trim().is_empty() || name.chars().any(char::is_control)) {
            return Err(FaceFault::Name(self.slug));
        }
        match self.theme.weak_pair() {
            Some(pair) => Err(FaceFault::Contrast { portal: self.slug, pair }),
            None => Ok(self),
        }
    }

    /// The address of a page, with a token where there is one. It has no character that HTML would escape.
    pub(super) fn link(&self, path: &str, token: Option<&str>) -> Result<String, String> {
        let page = format!("{}/{}/{path}", self.base_url, self.slug);
        match token {
            None => Ok(page),
            Some(token) if !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)) => {
                Ok(format!("{page}?t={token}"))
            }
            Some(_) => Err("the token has characters that do not belong in a link".to_owned()),
        }
    }
}
