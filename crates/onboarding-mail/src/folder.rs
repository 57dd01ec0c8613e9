//! A folder of `.eml` files: `DIR/<portal>/<time>-<delivery id>.eml`, for the demo and for tests.
//!
//! A mail is there whole or not at all. The file's name depends on nothing but the delivery's id, so a second attempt
//! replaces the first one's file: whatever the outbox does, a reader sees each mail once. The time is that of the id (a
//! UUID of version 7), to the millisecond, in UTC; names sort by it. An id of another version has no time and stands alone.
//!
//! Mails carry codes and links: folders and files are their owner's only.

use crate::message::{self, Encoding};
use async_trait::async_trait;
use chrono::DateTime;
use onboarding::ports::{MailError, Mailer, Receipt, RenderedMail};
use onboarding_core::{DeliveryId, PortalSlug};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes each mail into a file.
#[derive(Debug)]
pub struct FolderMailer {
    dir: PathBuf,
    /// Tells apart what two attempts write at once.
    drafts: AtomicU64,
}

impl FolderMailer {
    /// Writes into `dir`, which holds a folder per portal. Folders are made when they are needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), drafts: AtomicU64::new(0) }
    }

    /// The folder of a portal's mails.
    pub fn folder(&self, portal: &PortalSlug) -> PathBuf {
        self.dir.join(portal.as_str())
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError> {
        let bytes = message::build(mail, Encoding::AsItIs).map_err(|error| MailError::Permanent { reason: error.to_string() })?.formatted();
        let folder = self.folder(&mail.portal);
        let name = file_name(id);
        let draft = format!(".{id}.{}.{}.draft", std::process::id(), self.drafts.fetch_add(1, Ordering::Relaxed));
        let receipt = Receipt { answer: name.clone() };
        let write = move || write(&folder, &name, &draft, &bytes);
        match tokio::task::spawn_blocking(write).await {
            Ok(result) => result.map(|()| receipt),
            Err(_) => Err(MailError::Unknown { reason: "the writing thread ended".to_owned() }),
        }
    }
}

/// `20261122T152000.123Z-<uuid>.eml`.
fn file_name(id: DeliveryId) -> String {
    let time = (id.0.get_version_num() == 7)
        .then(|| id.0.get_timestamp())
        .flatten()
        .map(|stamp| stamp.to_unix())
        .and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos));
    match time {
        Some(time) => format!("{}-{id}.eml", time.format("%Y%m%dT%H%M%S%.3fZ")),
        None => format!("{id}.eml"),
    }
}

fn write(folder: &Path, name: &str, draft: &str, bytes: &[u8]) -> Result<(), MailError> {
    let draft = folder.join(draft);
    let placed = make_folder(folder)
        .and_then(|()| open(&draft))
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&draft, folder.join(name)));
    if let Err(error) = placed {
        if let Err(left) = std::fs::remove_file(&draft)
            && left.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(kind = %left.kind(), "could not remove an unfinished mail file");
        }
        // Nobody sees a draft: the mail was not handed over.
        return Err(MailError::Transient { reason: format!("could not write the mail file: {}", error.kind()), retry_after: None });
    }
    // The file is there, but a power cut may take its name away.
    File::open(folder)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| MailError::Unknown { reason: format!("could not flush the mail folder: {}", error.kind()) })
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

fn open(draft: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(draft)
}
