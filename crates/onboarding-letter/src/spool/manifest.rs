//! The manifest of a portal's spool: what a line says, and which ids it has. It is only ever added to; whoever removes it makes
//! the spool forget.

use super::private;
use chrono::{DateTime, SecondsFormat, Utc};
use onboarding::ports::RenderedLetter;
use onboarding_core::{DeliveryId, Uuid};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The file in the portal's folder.
const FILE: &str = "manifest.jsonl";

/// One letter. No name, no address, no PIN.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    id: Uuid,
    /// The file's name in the same folder.
    file: String,
    pages: u32,
    /// Of the whole file, hexadecimal.
    sha256: String,
    /// When it was laid into the spool: RFC 3339, UTC.
    time: String,
}

impl Entry {
    pub(super) fn of(id: DeliveryId, file: &str, letter: &RenderedLetter, at: DateTime<Utc>) -> Self {
        Self {
            id: id.0,
            file: file.to_owned(),
            pages: letter.pages,
            sha256: onboarding::portal::hex(&Sha256::digest(&letter.pdf)),
            time: at.to_rfc3339_opts(SecondsFormat::Micros, true),
        }
    }

    /// One line, with its end.
    pub(super) fn line(&self) -> String {
        let json = serde_json::to_string(self).expect("texts and numbers are always JSON");
        format!("{json}\n")
    }

    /// A line read back; `None` for one that a crash has torn.
    pub(super) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

/// What is known of one manifest.
#[derive(Default)]
pub(super) struct Manifest {
    ids: HashSet<Uuid>,
    /// How much of the file was read: to the end of its last whole line.
    read: u64,
}

impl Manifest {
    pub(super) fn holds(&self, id: DeliveryId) -> bool {
        self.ids.contains(&id.0)
    }

    /// Reads what was added since the last time, by whomever.
    pub(super) fn catch_up(&mut self, folder: &Path) -> io::Result<()> {
        let mut file = match File::open(folder.join(FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *self = Self::default();
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() < self.read {
            // Shorter than before: another file in its place.
            *self = Self::default();
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in bytes[..whole].split(|byte| *byte == b'\n') {
            let entry = std::str::from_utf8(line).ok().and_then(Entry::read);
            self.ids.extend(entry.map(|entry| entry.id));
        }
        self.read += whole as u64;
        Ok(())
    }

    /// Adds a letter and flushes it.
    pub(super) fn append(&mut self, folder: &Path, entry: &Entry) -> io::Result<()> {
        let path = folder.join(FILE);
        let mut file = private(OpenOptions::new().create(true).read(true).append(true)).open(path)?;
        let mut line = entry.line();
        if ends_torn(&mut file)? {
            // A crash left half a line: ours must not become a part of it.
            line.insert(0, '\n');
        }
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        self.ids.insert(entry.id);
        Ok(())
    }
}

fn ends_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0_u8; 1];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
