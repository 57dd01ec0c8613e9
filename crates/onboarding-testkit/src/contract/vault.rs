//! Vault: digests that say what they are for, boxes that notice every touch, and keys that rotate.

use super::promises;
use onboarding::ports::{DigestPurpose, Sealed, Vault, VaultError};
use std::sync::Arc;

/// A fresh vault with one key, and how it gets another.
pub struct Vaults {
    /// The vault.
    pub vault: Arc<dyn Vault>,
    /// Adds a key and makes it the newest; gives the vault that knows both, the same or a newly read one.
    pub rotate: Box<dyn Fn() -> Arc<dyn Vault> + Send + Sync>,
}

promises! { Vaults:
    equal_texts_have_equal_digests,
    no_purpose_knows_the_digest_of_another,
    parts_cannot_be_shifted_into_each_other,
    the_newest_key_digests_and_comes_first,
    a_rotation_still_presents_the_older_digests,
    a_box_opens_in_its_context,
    a_box_stays_shut_in_another_context,
    an_altered_box_stays_shut,
    a_box_tells_nothing_but_its_length,
    a_rotation_still_opens_the_older_boxes,
    a_box_of_an_unknown_key_stays_shut,
}

const ALL: [DigestPurpose; 16] = [
    DigestPurpose::Handle,
    DigestPurpose::Confirmation,
    DigestPurpose::Completion,
    DigestPurpose::PasswordReset,
    DigestPurpose::NewEmail,
    DigestPurpose::Marketing,
    DigestPurpose::Session,
    DigestPurpose::Code,
    DigestPurpose::Pin,
    DigestPurpose::Command,
    DigestPurpose::CommandBody,
    DigestPurpose::Throttle,
    DigestPurpose::TypedNumber,
    DigestPurpose::Form,
    DigestPurpose::StaffSetup,
    DigestPurpose::Browser,
];

/// Otherwise nothing would ever be found again.
pub async fn equal_texts_have_equal_digests(fresh: &Vaults) {
    let digest = |text: &str| fresh.vault.digest(DigestPurpose::Code, &[b"row", text.as_bytes()]);
    assert_eq!(digest("7KQ4M2XH"), digest("7KQ4M2XH"));
    assert_ne!(digest("7KQ4M2XH"), digest("7KQ4M2XJ"));
    assert_ne!(digest(""), digest("\0"));
}

/// A token of one purpose is unknown to every other.
pub async fn no_purpose_knows_the_digest_of_another(fresh: &Vaults) {
    let digests = ALL.map(|purpose| fresh.vault.digest(purpose, &[b"same"]));
    for (at, digest) in digests.iter().enumerate() {
        for (other, later) in digests.iter().enumerate().skip(at + 1) {
            assert_ne!(digest, later, "{:?} and {:?}", ALL[at], ALL[other]);
        }
    }
}

/// `("ab", "c")` is neither `("a", "bc")` nor `("abc")`: each part goes in with its length.
pub async fn parts_cannot_be_shifted_into_each_other(fresh: &Vaults) {
    let splits: [&[&[u8]]; 9] = [
        &[b"ab", b"c"],
        &[b"a", b"bc"],
        &[b"abc"],
        &[b"", b"abc"],
        &[b"abc", b""],
        &[b"a", b"b", b"c"],
        &[b"c", b"ab"],
        &[b"ab\0", b"c"],
        &[b"ab", b"\0c"],
    ];
    for (at, parts) in splits.iter().enumerate() {
        for other in &splits[at + 1..] {
            let digest = |parts: &[&[u8]]| fresh.vault.digest(DigestPurpose::Throttle, parts);
            assert_ne!(digest(parts), digest(other), "{parts:?} and {other:?}");
        }
    }
}

/// What is kept is what a look-up tries first.
pub async fn the_newest_key_digests_and_comes_first(fresh: &Vaults) {
    let parts: &[&[u8]] = &[b"token"];
    let before = fresh.vault.digest(DigestPurpose::Session, parts);
    assert_eq!(fresh.vault.presented(DigestPurpose::Session, parts).0, [before]);
    let rotated = (fresh.rotate)();
    let after = rotated.digest(DigestPurpose::Session, parts);
    assert!(after.key > before.key, "a rotation raises the key's number");
    assert_ne!(after.bytes, before.bytes, "the newer key is another key");
    assert_eq!(rotated.presented(DigestPurpose::Session, parts).0, [after, before]);
}

/// A session of yesterday signs in after a rotation; a wrong token does not.
pub async fn a_rotation_still_presents_the_older_digests(fresh: &Vaults) {
    let kept = fresh.vault.digest(DigestPurpose::Session, &[b"token"]);
    (fresh.rotate)();
    let rotated = (fresh.rotate)();
    assert!(rotated.presented(DigestPurpose::Session, &[b"token"]).matches(&kept));
    assert!(!rotated.presented(DigestPurpose::Session, &[b"tokem"]).matches(&kept));
    assert!(!rotated.presented(DigestPurpose::Form, &[b"token"]).matches(&kept));
}

/// Every length, the empty text too.
pub async fn a_box_opens_in_its_context(fresh: &Vaults) {
    for length in [0, 1, 31, 32, 33, 5_000] {
        let plain: Vec<u8> = (0..=255).cycle().take(length).collect();
        let sealed = fresh.vault.seal(b"row", &plain);
        assert_eq!(*fresh.vault.open(b"row", &sealed).expect("its own box opens"), plain);
    }
}

/// A box that was moved to another row is of no use there.
pub async fn a_box_stays_shut_in_another_context(fresh: &Vaults) {
    let sealed = fresh.vault.seal(b"row 1", b"text");
    for context in [&b"row 2"[..], b"", b"row 1 ", b"row 1text", b"row"] {
        assert_eq!(fresh.vault.open(context, &sealed).unwrap_err(), VaultError::Altered);
    }
    let empty = fresh.vault.seal(b"", b"text");
    assert_eq!(fresh.vault.open(b"t", &empty).unwrap_err(), VaultError::Altered);
}

/// Every byte counts; so does the length.
pub async fn an_altered_box_stays_shut(fresh: &Vaults) {
    let sealed = fresh.vault.seal(b"row", b"text");
    for at in 0..sealed.bytes.len() {
        let mut altered = sealed.clone();
        altered.bytes[at] ^= 1;
        assert_eq!(fresh.vault.open(b"row", &altered).unwrap_err(), VaultError::Altered, "byte {at}");
        let cut = Sealed { bytes: sealed.bytes[..at].to_vec(), ..sealed.clone() };
        assert_eq!(fresh.vault.open(b"row", &cut).unwrap_err(), VaultError::Altered, "cut to {at} bytes");
    }
    let mut longer = sealed;
    longer.bytes.push(0);
    assert_eq!(fresh.vault.open(b"row", &longer).unwrap_err(), VaultError::Altered);
}

/// Two boxes of one text differ, and neither contains it.
pub async fn a_box_tells_nothing_but_its_length(fresh: &Vaults) {
    let plain = b"Zo\xc3\xab wohnt in der Heidestra\xc3\x9fe";
    let boxes = [fresh.vault.seal(b"row", plain), fresh.vault.seal(b"row", plain)];
    assert!(boxes[0] != boxes[1], "two boxes of one text are equal");
    for sealed in &boxes {
        assert!(!sealed.bytes.windows(5).any(|window| plain.windows(5).any(|part| part == window)));
    }
    assert_eq!(boxes[0].bytes.len(), fresh.vault.seal(b"another row", &plain[..]).bytes.len());
}

/// What was sealed before still opens; what is sealed now carries the new key's number.
pub async fn a_rotation_still_opens_the_older_boxes(fresh: &Vaults) {
    let old = fresh.vault.seal(b"row", b"old");
    (fresh.rotate)();
    let rotated = (fresh.rotate)();
    assert_eq!(**rotated.open(b"row", &old).expect("an older key still opens"), *b"old");
    let new = rotated.seal(b"row", b"new");
    assert!(new.key > old.key);
    assert_eq!(**rotated.open(b"row", &new).expect("the newest key opens"), *b"new");
    let claimed = Sealed { key: new.key, bytes: old.bytes };
    assert_eq!(rotated.open(b"row", &claimed).unwrap_err(), VaultError::Altered, "a box under a wrong key's number");
}

/// And says so: a backup without its key file is no puzzle.
pub async fn a_box_of_an_unknown_key_stays_shut(fresh: &Vaults) {
    let sealed = fresh.vault.seal(b"row", b"text");
    let unknown = Sealed { key: sealed.key + 1_000, bytes: sealed.bytes };
    assert_eq!(fresh.vault.open(b"row", &unknown).unwrap_err(), VaultError::UnknownKey);
}
