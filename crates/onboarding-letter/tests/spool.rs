//! The spool: one file per letter, whole or not at all, remembered by the manifest; its owner's only.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use onboarding::ports::{JobStatus, LetterError, LetterPress, RenderedLetter};
use onboarding_letter::SpoolPress;
use onboarding_testkit::contract::letter_press::{Presses, Tray, run_all};
use onboarding_testkit::{FixedClock, sample};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Reads the files in the order of their names.
struct Folder(TempDir);

fn files(dir: &Path, kind: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir.join(sample::portal().as_str())) else { return Vec::new() };
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|own| own == kind)).collect();
    files.sort_unstable();
    files
}

#[async_trait]
impl Tray for Folder {
    async fn printed(&self) -> Vec<Vec<u8>> {
        files(self.0.path(), "pdf").iter().map(|file| std::fs::read(file).unwrap()).collect()
    }
}

fn press(dir: &Path) -> SpoolPress {
    SpoolPress::new(dir, Arc::new(FixedClock::default()))
}

fn letter(text: &str) -> RenderedLetter {
    RenderedLetter { portal: sample::portal(), pdf: text.as_bytes().to_vec(), pages: 1 }
}

fn manifest(dir: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(dir.join(sample::portal().as_str()).join("manifest.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spool_keeps_what_a_letter_press_promises() {
    run_all(async || {
        let dir = tempfile::tempdir().unwrap();
        Presses { press: Arc::new(press(dir.path())), tray: Arc::new(Folder(dir)) }
    })
    .await;
}

#[tokio::test]
async fn the_manifest_has_a_line_for_each_letter_and_tells_nobody_s_name() {
    let dir = tempfile::tempdir().unwrap();
    let spool = press(dir.path());
    let job = spool.submit(sample::delivery_id(1), &letter("Kim 7KQ4")).await.unwrap();
    spool.submit(sample::delivery_id(2), &letter("Lee 9BTR")).await.unwrap();
    spool.submit(sample::delivery_id(1), &letter("Kim 7KQ4")).await.unwrap();
    let lines = manifest(dir.path());
    assert_eq!(lines.len(), 2);
    assert_eq!(job.0, format!("{}/{}", sample::portal(), lines[0]["file"].as_str().unwrap()));
    assert_eq!(lines[0]["id"], sample::delivery_id(1).to_string());
    assert_eq!(lines[0]["pages"], 1);
    // Source: printf 'Kim 7KQ4' | sha256sum
    assert_eq!(lines[0]["sha256"], "58a48c4a6fea16c2f016768afa654e3596e86d3e82b2575d66ea6b2a0351abe3");
    assert!(lines[0]["time"].as_str().unwrap().ends_with('Z'), "{lines:?}");
    assert_eq!(lines[0].as_object().unwrap().len(), 5, "{lines:?}");
    let text = lines.iter().map(ToString::to_string).collect::<String>();
    assert!(!text.contains("Kim") && !text.contains("7KQ4"), "{text}");
}

#[tokio::test]
async fn a_letter_that_was_fetched_is_not_laid_down_again() {
    let dir = tempfile::tempdir().unwrap();
    let first = press(dir.path()).submit(sample::delivery_id(1), &letter("one")).await.unwrap();
    std::fs::remove_file(&files(dir.path(), "pdf")[0]).unwrap();
    // Another process, later.
    let later = press(dir.path());
    assert_eq!(later.submit(sample::delivery_id(1), &letter("one")).await.unwrap(), first);
    assert_eq!(files(dir.path(), "pdf").len(), 0);
    assert_eq!(later.status(sample::delivery_id(1)).await, Ok(JobStatus::Done));
}

#[tokio::test]
async fn a_crash_between_file_and_manifest_loses_no_letter() {
    for torn in ["", "{\"id\":\"019"] {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(sample::portal().as_str());
        press(dir.path()).submit(sample::delivery_id(1), &letter("one")).await.unwrap();
        // As the crash left it: the file, its line laid aside, and half a line in the manifest.
        let line = std::fs::read_to_string(folder.join("manifest.jsonl")).unwrap();
        std::fs::write(folder.join(format!(".{}.row", sample::delivery_id(1))), line).unwrap();
        std::fs::write(folder.join("manifest.jsonl"), torn).unwrap();
        let later = press(dir.path());
        assert_eq!(later.status(sample::delivery_id(1)).await, Ok(JobStatus::Done), "{torn}");
        later.submit(sample::delivery_id(1), &letter("another")).await.unwrap();
        later.submit(sample::delivery_id(2), &letter("two")).await.unwrap();
        assert_eq!(manifest(dir.path()).len(), 2, "{torn}");
        let printed: Vec<_> = files(dir.path(), "pdf").iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        assert_eq!(printed, ["one", "two"], "{torn}");
        assert_eq!(files(dir.path(), "row").len() + files(dir.path(), "draft").len(), 0);
    }
}

#[tokio::test]
async fn a_crash_before_the_file_appeared_leaves_no_letter_behind() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(sample::portal().as_str());
    press(dir.path()).submit(sample::delivery_id(2), &letter("two")).await.unwrap();
    std::fs::write(folder.join(format!(".{}.draft", sample::delivery_id(1))), "on").unwrap();
    std::fs::write(folder.join(format!(".{}.row", sample::delivery_id(1))), "{}").unwrap();
    let later = press(dir.path());
    assert_eq!(later.status(sample::delivery_id(1)).await, Ok(JobStatus::Unknown));
    later.submit(sample::delivery_id(1), &letter("one")).await.unwrap();
    assert_eq!(files(dir.path(), "pdf").len(), 2);
    assert_eq!(manifest(dir.path()).len(), 2);
}

#[tokio::test]
async fn two_processes_with_one_letter_lay_it_down_once() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (press(dir.path()), press(dir.path()));
    one.submit(sample::delivery_id(1), &letter("one")).await.unwrap();
    other.submit(sample::delivery_id(2), &letter("two")).await.unwrap();
    one.submit(sample::delivery_id(2), &letter("not two")).await.unwrap();
    other.submit(sample::delivery_id(1), &letter("not one")).await.unwrap();
    assert_eq!(manifest(dir.path()).len(), 2);
    let printed: Vec<_> = files(dir.path(), "pdf").iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert_eq!(printed, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_at_once_lay_one_letter_down_once() {
    let dir = tempfile::tempdir().unwrap();
    let tasks: Vec<_> = (0..8_u64)
        .map(|n| {
            let spool = press(dir.path());
            tokio::spawn(async move { spool.submit(sample::delivery_id(n % 2), &letter("a letter")).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(manifest(dir.path()).len(), 2);
    assert_eq!(files(dir.path(), "pdf").len(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_the_owner_reads_a_letter() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let spool = press(&dir.path().join("letters"));
    spool.submit(sample::delivery_id(1), &letter("one")).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = spool.folder(&sample::portal());
    assert_eq!((mode(&folder), mode(&dir.path().join("letters"))), (0o700, 0o700));
    for entry in std::fs::read_dir(folder).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn a_spool_that_cannot_be_written_asks_to_come_again() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("letters"), "a file").unwrap();
    let refused = press(&dir.path().join("letters")).submit(sample::delivery_id(1), &letter("one")).await.unwrap_err();
    assert!(matches!(refused, LetterError::Transient(_)), "{refused}");
}
