//! PasswordHasher: the right one, the wrong ones, and the same work for nobody.

use super::{at_once, promises};
use onboarding::ports::{HasherError, PasswordHasher, Verification};
use onboarding_core::PasswordHash;
use secrecy::SecretString;
use std::sync::Arc;

/// A fresh hasher with room for eight at once, and what its suite needs to know of it.
pub struct Hashers {
    /// The hasher.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The same kind with cheaper parameters: its hashes are outdated.
    pub cheaper: Arc<dyn PasswordHasher>,
    /// How many comparisons `hasher` has computed, if it tells: shows that the dummy is work too.
    pub computed: Option<Box<dyn Fn() -> u64 + Send + Sync>>,
}

promises! { Hashers:
    the_right_password_matches,
    a_wrong_password_does_not_match,
    a_hash_is_a_short_salted_text,
    nobody_costs_as_much_as_somebody,
    a_cheaper_hash_matches_and_is_outdated,
    a_hash_of_another_kind_is_an_error,
    a_password_is_never_cut,
    passwords_at_once_do_not_mix,
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

async fn hash(hasher: &Arc<dyn PasswordHasher>, text: &str) -> PasswordHash {
    hasher.hash(secret(text)).await.expect("could not hash")
}

async fn verify(fresh: &Hashers, text: &str, stored: Option<&PasswordHash>) -> Verification {
    fresh.hasher.verify(secret(text), stored.cloned()).await.expect("could not compare")
}

/// And is not outdated at once.
pub async fn the_right_password_matches(fresh: &Hashers) {
    for password in ["correct horse battery staple", "ñandú-Straße-7", " blanks at the ends ", ""] {
        let stored = hash(&fresh.hasher, password).await;
        assert_eq!(verify(fresh, password, Some(&stored)).await, Verification { matches: true, outdated: false }, "{password:?}");
    }
}

/// Not even nearly.
pub async fn a_wrong_password_does_not_match(fresh: &Hashers) {
    let stored = hash(&fresh.hasher, "correct horse").await;
    for wrong in ["Correct horse", "correct horse ", "correct hors", "correct horse\0", ""] {
        assert!(!verify(fresh, wrong, Some(&stored)).await.matches, "{wrong:?}");
    }
}

/// Two people with one password have two hashes; a column of 512 bytes holds it; the password is not in it.
pub async fn a_hash_is_a_short_salted_text(fresh: &Hashers) {
    let (one, other) = (hash(&fresh.hasher, "correct horse").await, hash(&fresh.hasher, "correct horse").await);
    assert!(one != other, "two hashes of one password are equal");
    assert!(one.expose().starts_with('$') && one.expose().is_ascii() && one.expose().len() <= 512);
    assert!(!one.expose().contains("horse"));
}

/// An unknown account is compared with a dummy: no match, and the same work.
pub async fn nobody_costs_as_much_as_somebody(fresh: &Hashers) {
    let computed = || fresh.computed.as_ref().map(|computed| computed());
    let before = computed();
    for text in ["correct horse", ""] {
        assert_eq!(verify(fresh, text, None).await, Verification { matches: false, outdated: false });
    }
    assert_eq!(computed(), before.map(|before| before + 2), "a comparison with nobody was not computed");
}

/// It is made anew at the next sign-in, which it must not prevent.
pub async fn a_cheaper_hash_matches_and_is_outdated(fresh: &Hashers) {
    let stored = hash(&fresh.cheaper, "correct horse").await;
    assert_eq!(verify(fresh, "correct horse", Some(&stored)).await, Verification { matches: true, outdated: true });
    assert!(!verify(fresh, "wrong horse", Some(&stored)).await.matches);
}

/// An unreadable hash matches nothing and is told: it is a fault of the store, not of the person.
pub async fn a_hash_of_another_kind_is_an_error(fresh: &Hashers) {
    for text in ["", "plain", "$", "$argon2id$", "$unknown$v=1$AAAA$AAAA"] {
        let answer = fresh.hasher.verify(secret("plain"), Some(PasswordHash::new(text.to_owned()))).await;
        assert!(matches!(answer, Err(HasherError::Failed(_))), "{text:?}: {answer:?}");
    }
}

/// Bytes beyond the 72nd count, and those beyond the 1,000th.
pub async fn a_password_is_never_cut(fresh: &Hashers) {
    let long = "ä".repeat(600);
    let stored = hash(&fresh.hasher, &long).await;
    assert!(verify(fresh, &long, Some(&stored)).await.matches);
    assert!(!verify(fresh, &format!("{long}!"), Some(&stored)).await.matches);
    assert!(!verify(fresh, &"ä".repeat(36), Some(&stored)).await.matches);
}

/// Eight at once: each gets its own answer.
pub async fn passwords_at_once_do_not_mix(fresh: &Hashers) {
    let tasks = (0..8).map(|n| {
        let hasher = fresh.hasher.clone();
        async move {
            let stored = hash(&hasher, &format!("password {n}")).await;
            let right = hasher.verify(secret(&format!("password {n}")), Some(stored.clone())).await.expect("could not compare");
            let wrong = hasher.verify(secret(&format!("password {}", n + 1)), Some(stored)).await.expect("could not compare");
            right.matches && !wrong.matches
        }
    });
    assert_eq!(at_once(tasks).await, [true; 8]);
}
