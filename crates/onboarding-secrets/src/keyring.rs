//! The keys of one installation and the file that holds them. Decides who may read the file and how it is replaced; what
//! the keys are used for is the [vault](crate::KeyVault)'s.
//!
//! The file is TOML, newest key first:
//! ```toml
//! [[key]]
//! id = 2
//! created_at = "2026-11-22T15:20:00Z"
//! from = "2026-11-22T15:25:00Z"
//! retired = false
//! secret = "…44 characters of Base64…"
//! ```

mod file;

use base64ct::{Base64, Encoding};
use chrono::{DateTime, SecondsFormat, Utc};
use onboarding::ports::Entropy;
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of a master key.
const MASTER_BYTES: usize = 32;

const HEADER: &str = "\
# The keys of this installation, newest first. Keep a copy apart from the database's: without it nobody can use a link,
# a code or a PIN that is under way; whoever has both can read what waits in the outbox.
# `from`: digests and seals from then on, so that every server has read it before; it opens at once. Without it: at once.
# `retired = true`: still opens what it sealed, but its links, codes, PINs and sessions are dead. Never change a secret.
";

/// Master keys, newest first; at least one, and the newest is not retired.
pub struct KeyRing {
    keys: Vec<MasterKey>,
}

struct MasterKey {
    id: u32,
    created_at: DateTime<Utc>,
    from: Option<DateTime<Utc>>,
    retired: bool,
    secret: Zeroizing<[u8; MASTER_BYTES]>,
}

/// Why there are no keys. Nothing of a secret is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The file could not be read or written.
    #[error("could not {doing} the key file {path}: {source}", path = path.display())]
    File {
        /// `read`, `write`, `replace`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is a file already: another one would make everything under way unreadable.
    #[error("could not make the key file {path}: it exists already", path = .0.display())]
    Exists(PathBuf),
    /// Another change is under way, or was interrupted.
    #[error("could not change the key file: {path} is there, another change is under way or was interrupted; if none is, remove it", path = .0.display())]
    Busy(PathBuf),
    /// Others than its owner may use the file.
    #[error("could not trust the key file {path}: others than its owner may use it (mode {mode:04o}); run chmod 600", path = path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text is no key ring.
    #[error("could not understand the keys{}: {reason}", line.map(|line| format!(" (line {line})")).unwrap_or_default())]
    Text {
        /// Where, counted from 1.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
}

impl KeyRing {
    /// A ring with one key, in memory only.
    pub fn generate(entropy: &dyn Entropy, now: DateTime<Utc>) -> Self {
        Self { keys: vec![MasterKey::draw(1, entropy, now)] }
    }

    /// Puts a new key before the others.
    ///
    /// # Errors
    /// When no id is left.
    pub fn rotated(mut self, entropy: &dyn Entropy, now: DateTime<Utc>) -> Result<Self, KeyRingError> {
        let id = self.newest().checked_add(1).ok_or_else(|| fault("no key id is left"))?;
        self.keys.insert(0, MasterKey::draw(id, entropy, now));
        Ok(self)
    }

    /// The same, with a key that digests and seals from a later moment on.
    fn rotated_from(self, entropy: &dyn Entropy, now: DateTime<Utc>, from: DateTime<Utc>) -> Result<Self, KeyRingError> {
        let mut ring = self.rotated(entropy, now)?;
        ring.keys[0].from = Some(from);
        Ok(ring)
    }

    /// Reads keys from a text, as a secret store hands it over.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let file: RingText = toml::from_str(text).map_err(|error| {
            // Only the message: the error's own text quotes the line, and with it the secret.
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| before.bytes().filter(|byte| *byte == b'\n').count() + 1);
            KeyRingError::Text { line, reason: reason_of(error.message()) }
        })?;
        let keys = file.key.into_iter().map(MasterKey::read).collect::<Result<Vec<_>, _>>()?;
        let Some(newest) = keys.first() else {
            return Err(fault("there is no [[key]]"));
        };
        if newest.retired {
            return Err(fault("the newest key is retired; add one before it"));
        }
        if !keys.is_sorted_by(|newer, older| newer.id > older.id) {
            return Err(fault("the ids do not fall from the newest key to the oldest"));
        }
        Ok(Self { keys })
    }

    /// Reads the file. Only its owner may have access to it.
    pub fn load(path: &Path) -> Result<Self, KeyRingError> {
        Self::parse(&file::read(path)?)
    }

    /// Makes the file with one key, mode 0600. It appears whole or not at all, and never replaces another.
    pub fn create(path: &Path, entropy: &dyn Entropy, now: DateTime<Utc>) -> Result<Self, KeyRingError> {
        let draft = file::Draft::begin(path)?;
        if path.symlink_metadata().is_ok() {
            return Err(KeyRingError::Exists(path.to_owned()));
        }
        let ring = Self::generate(entropy, now);
        draft.finish(&ring.text())?;
        Ok(ring)
    }

    /// Puts a new key before those of the file, which digests and seals from `from` on; the old ones stay. Two rotations at once: one is
    /// refused.
    pub fn rotate(path: &Path, entropy: &dyn Entropy, now: DateTime<Utc>, from: DateTime<Utc>) -> Result<Self, KeyRingError> {
        let draft = file::Draft::begin(path)?;
        let ring = Self::load(path)?.rotated_from(entropy, now, from)?;
        draft.finish(&ring.text())?;
        Ok(ring)
    }

    /// Id of the newest key; it digests and seals once its time has come.
    pub fn newest(&self) -> u32 {
        self.keys[0].id
    }

    /// Every key without its secret, newest first: id, when it was made, whether it is retired.
    pub fn keys(&self) -> impl Iterator<Item = (u32, DateTime<Utc>, bool)> {
        self.keys.iter().map(|key| (key.id, key.created_at, key.retired))
    }

    /// Place of the key that digests and seals at this moment: the newest whose time has come and that is not retired.
    pub(crate) fn active(&self, now: DateTime<Utc>) -> usize {
        let begun = |key: &MasterKey| !key.retired && key.from.is_none_or(|from| from <= now);
        // Where every key's time lies ahead the newest is as good as any.
        self.keys.iter().position(begun).unwrap_or_default()
    }

    /// Every key with its secret, newest first.
    pub(crate) fn masters(&self) -> impl Iterator<Item = (u32, bool, &[u8; MASTER_BYTES])> {
        self.keys.iter().map(|key| (key.id, key.retired, &*key.secret))
    }

    fn text(&self) -> Zeroizing<String> {
        // With room for everything: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + self.keys.len() * 256));
        text.push_str(HEADER);
        for key in &self.keys {
            let created_at = key.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let secret = Zeroizing::new(Base64::encode_string(key.secret.as_ref()));
            let from = key.from.map(|from| format!("from = \"{}\"\n", from.to_rfc3339_opts(SecondsFormat::Secs, true))).unwrap_or_default();
            write!(
                text,
                "\n[[key]]\nid = {}\ncreated_at = \"{created_at}\"\n{from}retired = {}\nsecret = \"{}\"\n",
                key.id, key.retired, *secret
            )
            .expect("writing to a string does not fail");
        }
        text
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing({:?})", self.keys.iter().map(|key| key.id).collect::<Vec<_>>())
    }
}

impl MasterKey {
    fn draw(id: u32, entropy: &dyn Entropy, now: DateTime<Utc>) -> Self {
        let mut secret = Zeroizing::new([0_u8; MASTER_BYTES]);
        entropy.fill(secret.as_mut());
        Self { id, created_at: now, from: None, retired: false, secret }
    }

    fn read(text: KeyText) -> Result<Self, KeyRingError> {
        let typed = Zeroizing::new(text.secret);
        let mut secret = Zeroizing::new([0_u8; MASTER_BYTES]);
        let decoded = Base64::decode(typed.trim().as_bytes(), secret.as_mut()).map(<[u8]>::len);
        // A key of zeros is a placeholder that somebody forgot to fill in.
        if decoded != Ok(MASTER_BYTES) || *secret == [0; MASTER_BYTES] {
            return Err(fault(&format!("the secret of key {} is not {MASTER_BYTES} random bytes in Base64", text.id)));
        }
        let time = |name: &str, typed: &str| {
            let read = DateTime::parse_from_rfc3339(typed).map(|time| time.to_utc());
            read.map_err(|_| fault(&format!("{name} of key {} is no time like 2026-11-22T15:20:00Z", text.id)))
        };
        let created_at = time("created_at", &text.created_at)?;
        let from = text.from.as_deref().map(|from| time("from", from)).transpose()?;
        Ok(Self { id: text.id, created_at, from, retired: text.retired, secret })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RingText {
    #[serde(default)]
    key: Vec<KeyText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyText {
    id: u32,
    created_at: String,
    from: Option<String>,
    #[serde(default)]
    retired: bool,
    secret: String,
}

fn fault(reason: &str) -> KeyRingError {
    KeyRingError::Text { line: None, reason: reason.to_owned() }
}

/// A message may quote the value it did not expect; a quoted one of a key file may be the secret.
fn reason_of(message: &str) -> String {
    if message.starts_with("unknown field") || message.starts_with("missing field") {
        message.to_owned()
    } else {
        "not the expected form".to_owned()
    }
}
