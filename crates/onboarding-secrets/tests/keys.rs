//! Keys from their file to digests and boxes, through a rotation, and what a thief of the database can do without them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chrono::{DateTime, Utc};
use onboarding::ports::{DigestPurpose, Entropy, Vault, VaultError};
use onboarding_secrets::{FileVault, KeyRing, KeyRingError, KeyVault, OsEntropy};
use std::path::Path;
use std::sync::Arc;

/// Key 1 with the bytes 0 to 31.
const KNOWN: &str = "[[key]]\nid = 1\ncreated_at = \"2026-11-22T15:20:00Z\"\nsecret = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_360_800, 0).unwrap()
}

fn vault(ring: &KeyRing) -> KeyVault {
    KeyVault::new(ring, Arc::new(OsEntropy))
}

fn bytes(hex: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

#[test]
fn a_digest_of_today_is_that_of_every_release() {
    // Computed apart from this code: HMAC under HMAC(master, "onboarding digest 1" 01) of 8-byte lengths and parts.
    let vault = vault(&KeyRing::parse(KNOWN).unwrap());
    let digest = vault.digest(DigestPurpose::Pin, &[b"record 7", b"7KQ4M2XHBCDF"]);
    assert_eq!((digest.key, digest.bytes), (1, bytes("68936727503d41cd8ae4d9938d425fa06c4025f820655dc48a7c14f52b0f1a13")));
}

#[test]
fn a_box_of_today_opens_in_every_release() {
    let sealed = vault(&KeyRing::parse(KNOWN).unwrap()).seal(b"row 1", b"to a@b.example");
    let key = bytes("a5ac0862bc0f0a46d88c4f47370b9040dff5308359b186dfe2304ddf89b7a8e3");
    let cipher = chacha20poly1305::XChaCha20Poly1305::new(&key.into());
    let (nonce, text) = sealed.bytes.split_at(24);
    let plain = cipher.decrypt(&nonce.try_into().unwrap(), Payload { msg: text, aad: b"\0\0\0\x01row 1" }).unwrap();
    assert_eq!(plain, b"to a@b.example");
}

#[test]
fn parts_and_purposes_do_not_run_into_one_another() {
    let vault = vault(&KeyRing::generate(&OsEntropy, now()));
    let digests = [
        vault.digest(DigestPurpose::Code, &[b"ab", b"c"]),
        vault.digest(DigestPurpose::Code, &[b"a", b"bc"]),
        vault.digest(DigestPurpose::Code, &[b"abc"]),
        vault.digest(DigestPurpose::Code, &[b"abc", b""]),
        vault.digest(DigestPurpose::Code, &[]),
        vault.digest(DigestPurpose::Pin, &[b"ab", b"c"]),
        vault.digest(DigestPurpose::Command, &[b"-body"]),
        vault.digest(DigestPurpose::CommandBody, &[]),
    ];
    for (at, digest) in digests.iter().enumerate() {
        assert!(!digests[..at].contains(digest), "{at}");
    }
    assert_eq!(digests[0], vault.digest(DigestPurpose::Code, &[b"ab", b"c"]));
}

#[test]
fn a_box_moved_altered_or_cut_stays_shut() {
    let vault = vault(&KeyRing::generate(&OsEntropy, now()));
    let sealed = vault.seal(b"row 1", b"a secret");
    assert_eq!(vault.open(b"row 1", &sealed).unwrap().as_slice(), b"a secret");
    assert_eq!(vault.open(b"row 2", &sealed), Err(VaultError::Altered));
    for at in 0..sealed.bytes.len() {
        let mut altered = sealed.clone();
        altered.bytes[at] ^= 1;
        assert_eq!(vault.open(b"row 1", &altered), Err(VaultError::Altered), "byte {at}");
        altered.bytes = sealed.bytes[..at].to_vec();
        assert_eq!(vault.open(b"row 1", &altered), Err(VaultError::Altered), "cut to {at}");
    }
    let mut foreign = sealed;
    foreign.key = 2;
    assert_eq!(vault.open(b"row 1", &foreign), Err(VaultError::UnknownKey));
}

#[test]
fn a_box_relabelled_with_another_key_of_the_ring_stays_shut() {
    let ring = KeyRing::generate(&OsEntropy, now()).rotated(&OsEntropy, now()).unwrap();
    let vault = vault(&ring);
    let mut sealed = vault.seal(b"row 1", b"a secret");
    assert_eq!(sealed.key, 2);
    sealed.key = 1;
    assert_eq!(vault.open(b"row 1", &sealed), Err(VaultError::Altered));
}

#[test]
fn the_same_text_never_gives_the_same_box() {
    let vault = vault(&KeyRing::generate(&OsEntropy, now()));
    let (first, second) = (vault.seal(b"row 1", b"a secret"), vault.seal(b"row 1", b"a secret"));
    assert_ne!(first.bytes, second.bytes);
    assert_eq!(first.bytes.len(), 24 + 8 + 16);
    assert!(vault.open(b"row 1", &vault.seal(b"row 1", b"")).unwrap().is_empty());
}

#[test]
fn a_thief_of_the_database_without_its_keys_opens_nothing_and_guesses_no_code() {
    let (ours, thief) = (vault(&KeyRing::generate(&OsEntropy, now())), vault(&KeyRing::generate(&OsEntropy, now())));
    let sealed = ours.seal(b"row 1", b"code 7KQ4-M2XH for a@b.example");
    assert_eq!(thief.open(b"row 1", &sealed), Err(VaultError::Altered));
    assert!(!sealed.bytes.windows(4).any(|window| window == b"7KQ4"));
    // The right code, digested with all the thief has, is not what stands in the row.
    assert_ne!(thief.digest(DigestPurpose::Code, &[b"7KQ4M2XH"]), ours.digest(DigestPurpose::Code, &[b"7KQ4M2XH"]));
    assert!(!format!("{sealed:?} {ours:?}").contains("7KQ4"));
}

#[test]
fn after_a_rotation_old_digests_match_and_old_boxes_open() {
    let old = KeyRing::parse(KNOWN).unwrap();
    let before = vault(&old);
    let (digest, sealed) = (before.digest(DigestPurpose::Session, &[b"token"]), before.seal(b"row", b"text"));
    let after = vault(&old.rotated(&OsEntropy, now()).unwrap());
    let presented = after.presented(DigestPurpose::Session, &[b"token"]);
    assert_eq!(presented.0.iter().map(|digest| digest.key).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(presented.0[0], after.digest(DigestPurpose::Session, &[b"token"]));
    assert!(presented.matches(&digest));
    assert!(!after.presented(DigestPurpose::Session, &[b"other"]).matches(&digest));
    assert_eq!(after.open(b"row", &sealed).unwrap().as_slice(), b"text");
    assert_eq!(after.seal(b"row", b"text").key, 2);
    // A process that has not read the new file yet says what is wrong.
    assert_eq!(before.open(b"row", &after.seal(b"row", b"text")), Err(VaultError::UnknownKey));
}

#[test]
fn a_retired_key_opens_boxes_and_knows_no_digest() {
    let retired = "id = 1\nretired = true\n";
    let new = "[[key]]\nid = 2\ncreated_at = \"2026-11-23T00:00:00+01:00\"\nsecret = \"//////////////////////////////////////////8=\"\n";
    let before = vault(&KeyRing::parse(KNOWN).unwrap());
    let after = vault(&KeyRing::parse(&format!("{new}{}", KNOWN.replace("id = 1\n", retired))).unwrap());
    let digest = before.digest(DigestPurpose::Session, &[b"token"]);
    assert!(!after.presented(DigestPurpose::Session, &[b"token"]).matches(&digest));
    assert_eq!(after.open(b"row", &before.seal(b"row", b"text")).unwrap().as_slice(), b"text");
}

#[test]
fn the_file_is_made_once_for_its_owner_only_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    let made = KeyRing::create(&path, &OsEntropy, now()).unwrap();
    let read = KeyRing::load(&path).unwrap();
    assert_eq!(read.keys().collect::<Vec<_>>(), [(1, now(), false)]);
    let sealed = vault(&made).seal(b"row", b"text");
    assert_eq!(vault(&read).open(b"row", &sealed).unwrap().as_slice(), b"text");
    assert_eq!(mode(&path), 0o600);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(KeyRing::create(&path, &OsEntropy, now()), Err(KeyRingError::Exists(_))));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(names(dir.path()), ["keys.toml"], "no draft is left behind");
}

#[test]
fn a_rotation_replaces_the_file_and_keeps_what_it_held() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    let old = vault(&KeyRing::create(&path, &OsEntropy, now()).unwrap());
    let later = now() + chrono::TimeDelta::days(90);
    let ring = KeyRing::rotate(&path, &OsEntropy, later, later).unwrap();
    assert_eq!(ring.newest(), 2);
    let read = KeyRing::load(&path).unwrap();
    assert_eq!(read.keys().collect::<Vec<_>>(), [(2, later, false), (1, now(), false)]);
    assert_eq!(vault(&read).open(b"row", &old.seal(b"row", b"text")).unwrap().as_slice(), b"text");
    assert_eq!(vault(&ring).digest(DigestPurpose::Pin, &[b"x"]), vault(&read).digest(DigestPurpose::Pin, &[b"x"]));
    assert_eq!((mode(&path), names(dir.path())), (0o600, vec!["keys.toml".to_owned()]));
}

#[test]
fn two_rotations_at_once_do_not_lose_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    KeyRing::create(&path, &OsEntropy, now()).unwrap();
    let draft = dir.path().join("keys.toml.new");
    std::fs::write(&draft, "another rotation writes this").unwrap();
    let Err(error) = KeyRing::rotate(&path, &OsEntropy, now(), now()) else { panic!("rotated beside another rotation") };
    assert!(matches!(error, KeyRingError::Busy(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&draft).unwrap(), "another rotation writes this");
    assert_eq!(KeyRing::load(&path).unwrap().newest(), 1);
}

#[test]
fn a_failed_rotation_leaves_no_draft() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    assert!(matches!(KeyRing::rotate(&path, &OsEntropy, now(), now()), Err(KeyRingError::File { doing: "read", .. })));
    assert!(names(dir.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_use_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.toml");
    KeyRing::create(&path, &OsEntropy, now()).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o601, 0o644, 0o777] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let Err(error) = KeyRing::load(&path) else { panic!("mode {mode:o} was trusted") };
        let text = error.to_string();
        assert!(text.contains("keys.toml") && text.contains(&format!("mode {mode:04o}")) && text.contains("chmod 600"), "{text}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(KeyRing::load(&path).is_ok());
}

#[test]
fn a_broken_file_is_told_with_its_line_and_without_its_secret() {
    let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    for (text, expected) in [
        (String::new(), "no [[key]]"),
        (KNOWN.replace("secret = ", "secrets = "), "unknown field `secrets`"),
        (KNOWN.replace("id = 1\n", ""), "missing field `id`"),
        (KNOWN.replace("secret = \"", "secret = "), "line 4"),
        (KNOWN.replace("id = 1", &format!("id = \"{secret}\"")), "line 2"),
        (KNOWN.replace("AAEC", "!!!!"), "32 random bytes"),
        (KNOWN.replace(secret, &secret[4..]), "32 random bytes"),
        (KNOWN.replace(secret, &"A".repeat(43)), "32 random bytes"),
        (KNOWN.replace(secret, &format!("{}=", "A".repeat(43))), "32 random bytes"),
        (KNOWN.replace("2026-11-22T15:20:00Z", "yesterday"), "created_at of key 1"),
        (format!("{KNOWN}{KNOWN}"), "ids do not fall"),
        (KNOWN.replace("id = 1\n", "id = 1\nretired = true\n"), "newest key is retired"),
    ] {
        let Err(error) = KeyRing::parse(&text) else { panic!("{expected}: was understood") };
        let message = format!("{error} {error:?}");
        assert!(message.contains(expected), "{expected}: {message}");
        assert!(!message.contains(&secret[4..]), "{message}");
    }
}

#[test]
fn keys_do_not_show() {
    struct Letter;
    impl Entropy for Letter {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(b'A');
        }
    }
    let ring = KeyRing::generate(&Letter, now());
    assert_eq!(format!("{ring:?} {:?}", vault(&ring)), "KeyRing([1]) KeyVault(keys [1])");
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Path) -> u32 {
    0o600
}

fn names(dir: &Path) -> Vec<String> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_new_key_opens_at_once_and_seals_from_its_time_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    KeyRing::create(&path, &OsEntropy, now()).unwrap();
    let [one, other] = [(); 2].map(|()| FileVault::open(&path, now(), Arc::new(OsEntropy)).unwrap());
    let old = one.digest(DigestPurpose::Session, &[b"token"]);
    let from = now() + chrono::TimeDelta::minutes(2);
    KeyRing::rotate(&path, &OsEntropy, now(), from).unwrap();
    assert!(one.refresh(now()).unwrap() && !one.refresh(now()).unwrap(), "taken over once");
    assert_eq!((one.active(), one.seal(b"row", b"text").key), (1, 1), "the other server has not read it yet");
    assert!(other.refresh(from).unwrap());
    let sealed = other.seal(b"row", b"text");
    assert_eq!((other.active(), sealed.key), (2, 2));
    assert_eq!(one.open(b"row", &sealed).unwrap().as_slice(), b"text", "who still seals with the old key opens the new one's");
    assert!(one.presented(DigestPurpose::Session, &[b"token"]).matches(&other.digest(DigestPurpose::Session, &[b"token"])));
    assert!(other.presented(DigestPurpose::Session, &[b"token"]).matches(&old));
    assert!(one.refresh(from).unwrap());
    assert_eq!(one.active(), 2);
}

#[test]
fn a_key_file_that_cannot_be_read_leaves_a_running_server_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    KeyRing::create(&path, &OsEntropy, now()).unwrap();
    let vault = FileVault::open(&path, now(), Arc::new(OsEntropy)).unwrap();
    let sealed = vault.seal(b"row", b"text");
    std::fs::write(&path, "half a").unwrap();
    assert!(vault.refresh(now()).is_err());
    assert_eq!(vault.open(b"row", &sealed).unwrap().as_slice(), b"text");
}
