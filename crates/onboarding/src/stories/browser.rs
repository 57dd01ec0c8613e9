//! Browsers that have signed in to an account before: strangers' failures at its login, from the same network, do not shut them out.

use crate::engine::Caller;
use crate::portal::hex;
use crate::ports::DigestPurpose;
use crate::stories::sign_in::login_claim;
use crate::{Onboarding, Portal};

/// Hexadecimal digits of a browser's own part.
const ID_DIGITS: usize = 32;

/// The text that a login is counted under: what it means, or what was typed where it cannot be a login.
pub(crate) fn bucket(portal: &Portal, login: &str) -> String {
    login_claim(portal, login).map_or_else(|| login.trim().chars().take(100).collect(), |claim| claim.value().to_owned())
}

impl Onboarding {
    /// What a browser keeps after signing in with this login: worth nothing at any other login or portal, and no proof of anything.
    pub fn browser_mark(&self, portal: &Portal, login: &str, caller: &Caller) -> String {
        let bucket = bucket(portal, login);
        let id = self.known_browser(portal, caller, &bucket).map_or_else(
            || {
                let mut bytes = [0; ID_DIGITS / 2];
                self.ports.entropy.fill(&mut bytes);
                hex(&bytes)
            },
            str::to_owned,
        );
        let proof = self.ports.vault.digest(DigestPurpose::Browser, &parts(portal, &bucket, &id));
        format!("{id}-{}", hex(&proof.bytes))
    }

    /// The browser's own part, if its mark is of this login.
    pub(crate) fn known_browser<'a>(&self, portal: &Portal, caller: &'a Caller, bucket: &str) -> Option<&'a str> {
        let (id, proof) = caller.browser.as_deref()?.split_once('-')?;
        if id.len() != ID_DIGITS || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        // Also under a key that was the newest when it was given.
        let known = self.ports.vault.presented(DigestPurpose::Browser, &parts(portal, bucket, id));
        known.0.iter().any(|digest| hex(&digest.bytes) == proof).then_some(id)
    }
}

fn parts<'a>(portal: &'a Portal, bucket: &'a str, id: &'a str) -> [&'a [u8]; 3] {
    [portal.slug.as_str().as_bytes(), bucket.as_bytes(), id.as_bytes()]
}
