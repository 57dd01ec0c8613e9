//! The letter press whose printer is a folder: `DIR/<portal>/<time>-<delivery id>.pdf`, for a printing house to fetch, for the
//! demo and for tests.
//!
//! A letter is there whole or not at all, and each id once: also when two processes submit it together, and when the
//! printing house has taken the file away already. For that the manifest remembers: `manifest.jsonl`, a line of JSON per letter
//! with id, file, pages, SHA-256 and time; no name and no PIN. Its line is laid aside before the file appears, so that a crash
//! between the two loses none: it is added at the next look.
//!
//! Letters carry PINs: folders and files are their owner's only. Taking letters out is left to whoever prints them.

mod manifest;

use async_trait::async_trait;
use chrono::DateTime;
use manifest::{Entry, Manifest};
use onboarding::ports::{Clock, JobRef, JobStatus, LetterError, LetterPress, RenderedLetter};
use onboarding_core::{DeliveryId, PortalSlug};
use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What one process at a time holds while it writes into a portal's folder.
const LOCK: &str = ".lock";

/// Lays each letter into a folder.
#[derive(Clone)]
pub struct SpoolPress {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    /// What is known of each portal's manifest; read on from where it ended.
    manifests: Arc<Mutex<HashMap<PathBuf, Manifest>>>,
}

impl SpoolPress {
    /// Writes into `dir`, which holds a folder per portal. Folders are made when they are needed.
    pub fn new(dir: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self { dir: dir.into(), clock, manifests: Arc::default() }
    }

    /// The folder of a portal's letters.
    pub fn folder(&self, portal: &PortalSlug) -> PathBuf {
        self.dir.join(portal.as_str())
    }

    /// Whether a portal's letter lies in the spool, or did.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn holds(&self, portal: &PortalSlug, id: DeliveryId) -> io::Result<bool> {
        let folder = self.folder(portal);
        if !folder.is_dir() {
            return Ok(false);
        }
        self.locked(&folder, |folder, manifest| {
            manifest.catch_up(folder)?;
            recover(folder, manifest, id)?;
            Ok(manifest.holds(id))
        })
    }

    /// Works in a portal's folder, which nobody else does meanwhile: neither a thread of this process nor another one.
    fn locked<T>(&self, folder: &Path, work: impl FnOnce(&Path, &mut Manifest) -> io::Result<T>) -> io::Result<T> {
        let mut manifests = self.manifests.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = private(OpenOptions::new().create(true).truncate(false).write(true)).open(folder.join(LOCK))?;
        lock.lock()?;
        // Let go when the file is closed.
        work(folder, manifests.entry(folder.to_owned()).or_default())
    }

    fn put(&self, id: DeliveryId, letter: &RenderedLetter) -> Result<JobRef, LetterError> {
        let folder = self.folder(&letter.portal);
        let untaken = |error: &io::Error| LetterError::Transient(format!("could not write into the spool: {}", error.kind()));
        make_folder(&folder).map_err(|error| untaken(&error))?;
        // Whether the file is there when something fails after it.
        let mut placed = false;
        let done = self.locked(&folder, |folder, manifest| {
            manifest.catch_up(folder)?;
            recover(folder, manifest, id)?;
            if manifest.holds(id) {
                return Ok(());
            }
            let name = file_name(id);
            let entry = Entry::of(id, &name, letter, self.clock.now());
            let draft = folder.join(format!(".{id}.draft"));
            write(&draft, &letter.pdf)?;
            write(&row_file(folder, id), entry.line().as_bytes())?;
            std::fs::rename(&draft, folder.join(&name))?;
            placed = true;
            flush(folder)?;
            manifest.append(folder, &entry)?;
            std::fs::remove_file(row_file(folder, id))
        });
        match done {
            Ok(()) => Ok(JobRef(format!("{}/{}", letter.portal, file_name(id)))),
            Err(error) if placed => Err(LetterError::Unknown(format!("could not finish the spool: {}", error.kind()))),
            Err(error) => Err(untaken(&error)),
        }
    }

    /// Looks for an id in every portal's folder.
    fn look(&self, id: DeliveryId) -> io::Result<JobStatus> {
        let folders = match std::fs::read_dir(&self.dir) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(JobStatus::Unknown),
            Err(error) => return Err(error),
        };
        for folder in folders {
            let Some(portal) = folder?.file_name().to_str().and_then(PortalSlug::parse) else { continue };
            if self.holds(&portal, id)? {
                return Ok(JobStatus::Done);
            }
        }
        Ok(JobStatus::Unknown)
    }
}

impl std::fmt::Debug for SpoolPress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpoolPress").field("dir", &self.dir).finish_non_exhaustive()
    }
}

#[async_trait]
impl LetterPress for SpoolPress {
    async fn submit(&self, id: DeliveryId, letter: &RenderedLetter) -> Result<JobRef, LetterError> {
        let (press, letter) = (self.clone(), letter.clone());
        let put = tokio::task::spawn_blocking(move || press.put(id, &letter)).await;
        put.unwrap_or_else(|_| Err(LetterError::Unknown("the writing thread ended".to_owned())))
    }

    async fn status(&self, id: DeliveryId) -> Result<JobStatus, LetterError> {
        let press = self.clone();
        let look = tokio::task::spawn_blocking(move || press.look(id)).await;
        let look = look.map_err(|_| LetterError::Transient("the reading thread ended".to_owned()))?;
        look.map_err(|error| LetterError::Transient(format!("could not read the spool: {}", error.kind())))
    }
}

/// Ends what a crash left of a letter: its file with its line laid aside becomes a letter in the manifest; a line without a
/// file was never a letter.
fn recover(folder: &Path, manifest: &mut Manifest, id: DeliveryId) -> io::Result<()> {
    let row = row_file(folder, id);
    let line = match std::fs::read_to_string(&row) {
        Ok(line) => line,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !manifest.holds(id)
        && folder.join(file_name(id)).exists()
        && let Some(entry) = Entry::read(&line)
    {
        flush(folder)?;
        manifest.append(folder, &entry)?;
    }
    std::fs::remove_file(row)
}

/// Where a letter's line for the manifest waits for its file.
fn row_file(folder: &Path, id: DeliveryId) -> PathBuf {
    folder.join(format!(".{id}.row"))
}

/// `20261122T152000.123Z-<uuid>.pdf`: the time is that of the id (a UUID of version 7), so that names sort by it. An id of
/// another version has no time and stands alone.
fn file_name(id: DeliveryId) -> String {
    let time = (id.0.get_version_num() == 7)
        .then(|| id.0.get_timestamp())
        .flatten()
        .map(|stamp| stamp.to_unix())
        .and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos));
    match time {
        Some(time) => format!("{}-{id}.pdf", time.format("%Y%m%dT%H%M%S%.3fZ")),
        None => format!("{id}.pdf"),
    }
}

/// Writes a whole file and flushes it. One that a crash left behind is overwritten: only the lock's holder writes.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private(OpenOptions::new().create(true).truncate(true).write(true)).open(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all())
}

/// Makes a power cut keep the names in a folder.
fn flush(folder: &Path) -> io::Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all())
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
