//! The folder of `.eml` files: one file per delivery, whole or not at all, its owner's only.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::DateTime;
use onboarding::ports::{MailError, Mailer, RenderedMail};
use onboarding_core::{DeliveryId, EmailAddress, Language, PortalSlug, Uuid};
use onboarding_mail::FolderMailer;
use std::path::Path;
use std::sync::Arc;

fn mail(portal: &str, subject: &str) -> RenderedMail {
    RenderedMail {
        portal: PortalSlug::parse(portal).unwrap(),
        from_name: "Portal".to_owned(),
        from: EmailAddress::parse("konto@portal.example").unwrap(),
        reply_to: None,
        to: EmailAddress::parse("kim@post.example").unwrap(),
        subject: subject.to_owned(),
        text: "Text\n".to_owned(),
        html: "<p>Text</p>".to_owned(),
        language: Language::En,
        message_id: "1@portal.example".to_owned(),
        date: DateTime::from_timestamp(1_795_360_807, 0).unwrap(),
    }
}

/// An id made at this many milliseconds since 1970.
fn id(millis: u64, tail: u8) -> DeliveryId {
    DeliveryId(uuid::Builder::from_unix_timestamp_millis(millis, &[tail; 10]).into_uuid())
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn each_portal_has_a_folder_and_each_mail_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = FolderMailer::new(dir.path().join("mail"));
    let receipt = mailer.send(id(1_795_360_800_123, 1), &mail("north", "one")).await.unwrap();
    mailer.send(id(1_795_360_800_124, 2), &mail("south", "two")).await.unwrap();
    assert_eq!(names(&dir.path().join("mail")), ["north", "south"]);
    let north = names(&dir.path().join("mail/north"));
    assert_eq!(north, [format!("20261122T152000.123Z-{}.eml", id(1_795_360_800_123, 1))]);
    assert_eq!(receipt.answer, north[0]);
    assert_eq!(mailer.folder(&PortalSlug::parse("north").unwrap()), dir.path().join("mail/north"));
    let text = std::fs::read_to_string(dir.path().join("mail/north").join(&north[0])).unwrap();
    assert!(text.contains("\r\nSubject: one\r\n") && text.ends_with("--\r\n"), "{text}");
}

#[tokio::test]
async fn names_sort_by_the_time_of_the_order() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = FolderMailer::new(dir.path());
    for (millis, subject) in [(1_795_360_800_500, "b"), (1_795_360_800_007, "a"), (1_795_447_200_000, "d"), (1_795_360_801_000, "c")] {
        mailer.send(id(millis, 9), &mail("north", subject)).await.unwrap();
    }
    let subjects: Vec<_> = names(&dir.path().join("north"))
        .iter()
        .map(|name| std::fs::read_to_string(dir.path().join("north").join(name)).unwrap())
        .map(|text| text.split_once("\r\nSubject: ").unwrap().1.chars().next().unwrap())
        .collect();
    assert_eq!(subjects, ['a', 'b', 'c', 'd']);
}

#[tokio::test]
async fn a_second_attempt_replaces_the_first_ones_file() {
    let dir = tempfile::tempdir().unwrap();
    for delivery in [id(1_795_360_800_123, 1), DeliveryId(Uuid::from_u128(7))] {
        FolderMailer::new(dir.path()).send(delivery, &mail("north", "first")).await.unwrap();
        let later = RenderedMail { date: DateTime::from_timestamp(1_795_999_999, 0).unwrap(), ..mail("north", "second") };
        // After a restart as well: the name is made from nothing but the id.
        FolderMailer::new(dir.path()).send(delivery, &later).await.unwrap();
        let with_id: Vec<_> =
            names(&dir.path().join("north")).into_iter().filter(|name| name.ends_with(&format!("{delivery}.eml"))).collect();
        assert_eq!(with_id.len(), 1, "{with_id:?}");
        assert!(std::fs::read_to_string(dir.path().join("north").join(&with_id[0])).unwrap().contains("Subject: second"));
    }
    assert_eq!(names(&dir.path().join("north")).len(), 2, "no draft is left behind");
}

#[tokio::test]
async fn attempts_at_once_leave_one_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = Arc::new(FolderMailer::new(dir.path()));
    let attempts: Vec<_> = (0..16)
        .map(|number| {
            let mailer = Arc::clone(&mailer);
            tokio::spawn(async move { mailer.send(id(1_795_360_800_123, 1), &mail("north", &format!("attempt {number}"))).await })
        })
        .collect();
    for attempt in attempts {
        attempt.await.unwrap().unwrap();
    }
    let names = names(&dir.path().join("north"));
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(std::fs::read_to_string(dir.path().join("north").join(&names[0])).unwrap().ends_with("--\r\n"));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_asks_to_try_later_and_names_no_address() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("north"), "a file where the folder should be").unwrap();
    let error = FolderMailer::new(dir.path()).send(id(1, 1), &mail("north", "one")).await.unwrap_err();
    let MailError::Transient { reason, retry_after: None } = error else { panic!("{error:?}") };
    assert!(reason.starts_with("could not write the mail file: ") && !reason.contains('@'), "{reason}");
}

#[tokio::test]
async fn a_mail_that_cannot_be_built_is_refused_for_good_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let broken = RenderedMail { message_id: "a\r\nBcc: victim@post.example".to_owned(), ..mail("north", "one") };
    let error = FolderMailer::new(dir.path()).send(id(1, 1), &broken).await.unwrap_err();
    assert_eq!(error, MailError::Permanent { reason: "could not build the mail: its message id is malformed".to_owned() });
    assert!(names(dir.path()).is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn mails_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    FolderMailer::new(dir.path().join("mail")).send(id(1_795_360_800_123, 1), &mail("north", "one")).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = dir.path().join("mail/north");
    assert_eq!((mode(&dir.path().join("mail")), mode(&folder), mode(&folder.join(&names(&folder)[0]))), (0o700, 0o700, 0o600));
}
