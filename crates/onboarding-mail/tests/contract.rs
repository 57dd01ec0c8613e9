//! What every mailer promises, kept by the folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use mail_parser::MessageParser;
use onboarding_mail::FolderMailer;
use onboarding_testkit::contract::mailer::{ArrivedMail, Mailers, Postbox, run_all};
use onboarding_testkit::sample;
use std::sync::Arc;
use tempfile::TempDir;

/// Reads the files in the order of their names.
struct Folder(TempDir);

#[async_trait]
impl Postbox for Folder {
    async fn arrived(&self) -> Vec<ArrivedMail> {
        let folder = FolderMailer::new(self.0.path()).folder(&sample::portal());
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort_unstable();
        files.iter().map(|file| read(&std::fs::read(file).unwrap())).collect()
    }
}

fn read(bytes: &[u8]) -> ArrivedMail {
    let message = MessageParser::default().parse(bytes).unwrap();
    let to: Vec<_> = message.to().unwrap().iter().map(|to| to.address().unwrap().to_owned()).collect();
    assert_eq!(to.len(), 1, "one recipient");
    ArrivedMail {
        to: to[0].clone(),
        subject: message.subject().unwrap().to_owned(),
        message_id: message.message_id().unwrap().to_owned(),
        language: message.header_raw("Content-Language").unwrap().trim().to_owned(),
        text: message.body_text(0).unwrap().replace("\r\n", "\n"),
        html: message.body_html(0).unwrap().replace("\r\n", "\n"),
    }
}

#[tokio::test]
async fn the_folder_keeps_what_a_mailer_promises() {
    run_all(async || {
        let dir = tempfile::tempdir().unwrap();
        Mailers { mailer: Arc::new(FolderMailer::new(dir.path())), postbox: Arc::new(Folder(dir)) }
    })
    .await;
}
