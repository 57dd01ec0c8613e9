//! One demo at a time on a folder. Decides how the second one is told; the system gives the lock back when the process ends, however it ends.

use anyhow::{Result, anyhow, bail};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// The file that is locked. It stays in the folder: who removed it could remove another demo's.
const FILE: &str = "demo.lock";

/// Takes the folder for this process, until the file is dropped.
///
/// # Errors
/// A folder that another demo uses, or that cannot be written.
pub(super) fn take(dir: &Path) -> Result<File> {
    let path = dir.join(FILE);
    let failed = |error: std::io::Error| anyhow!("could not lock {}: {}", path.display(), error.kind());
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    // Whoever can open the file can hold its lock.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("the folder {} is in use by another demo: end that one, or name another folder with --data", dir.display())
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_and_free_again_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let held = take(dir.path()).unwrap();
        let refused = take(dir.path()).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("the folder {} is in use by another demo", dir.path().display())), "{refused}");
        drop(held);
        take(dir.path()).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let dir = tempfile::tempdir().unwrap().path().join("nowhere");
        let refused = take(&dir).unwrap_err().to_string();
        assert_eq!(refused, format!("could not lock {}: entity not found", dir.join("demo.lock").display()));
    }
}
