//! The key file on disk: read only if nobody else can, replaced whole or not at all.

use super::KeyRingError;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Longest key file, in bytes: hundreds of keys.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads the file after a look at the permissions of what was opened.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, KeyRingError> {
    let failed = |source| KeyRingError::File { doing: "read", path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() || about.len() > MAX_BYTES {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a small regular file")));
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyRingError::Exposed { path: path.to_owned(), mode });
        }
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1));
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// A new version beside the file. While it is there, nobody else changes the file; it goes when it is dropped.
pub(super) struct Draft<'a> {
    path: &'a Path,
    place: PathBuf,
    file: File,
    placed: bool,
}

impl<'a> Draft<'a> {
    /// Begins a new version of the file at `path`.
    pub(super) fn begin(path: &'a Path) -> Result<Self, KeyRingError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let draft = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&draft) {
            Ok(file) => Ok(Self { path, place: draft, file, placed: false }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(KeyRingError::Busy(draft)),
            Err(source) => Err(KeyRingError::File { doing: "write", path: draft, source }),
        }
    }

    /// Writes it and puts it in the file's place, on disk before this returns.
    pub(super) fn finish(mut self, text: &str) -> Result<(), KeyRingError> {
        self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_all()).map_err(|source| KeyRingError::File {
            doing: "write",
            path: self.place.clone(),
            source,
        })?;
        let replaced = |source| KeyRingError::File { doing: "replace", path: self.path.to_owned(), source };
        std::fs::rename(&self.place, self.path).map_err(replaced)?;
        self.placed = true;
        // Sealing with a key whose file a power cut takes back would lose what was sealed.
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(|source| KeyRingError::File {
            doing: "replace",
            path: self.path.to_owned(),
            source,
        })
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.placed
            && let Err(error) = std::fs::remove_file(&self.place)
        {
            tracing::warn!(path = %self.place.display(), kind = %error.kind(), "could not remove the unfinished key file");
        }
    }
}
