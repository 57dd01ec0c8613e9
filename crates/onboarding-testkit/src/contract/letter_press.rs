//! LetterPress: at most once by id.

use super::{at_once, promises};
use crate::{RecordingPress, sample};
use async_trait::async_trait;
use onboarding::ports::{JobStatus, LetterPress, RenderedLetter};
use std::sync::Arc;

/// Where the letters come out.
#[async_trait]
pub trait Tray: Send + Sync {
    /// The PDF of every letter printed or spooled, oldest first.
    async fn printed(&self) -> Vec<Vec<u8>>;
}

#[async_trait]
impl Tray for RecordingPress {
    async fn printed(&self) -> Vec<Vec<u8>> {
        self.letters().into_iter().map(|(_, letter)| letter.pdf).collect()
    }
}

/// A press that works, and where its letters come out.
pub struct Presses {
    /// The press.
    pub press: Arc<dyn LetterPress>,
    /// The tray.
    pub tray: Arc<dyn Tray>,
}

promises! { Presses:
    a_letter_comes_out_as_it_is,
    the_same_id_prints_once,
    many_submits_at_once_print_once,
    two_ids_are_two_letters,
    a_job_nobody_submitted_is_unknown,
}

fn letter(n: u8) -> RenderedLetter {
    RenderedLetter { portal: sample::portal(), pdf: [b"%PDF-1.7\n", &[0xe2, 0xe3, 0xcf, 0xd3, n][..], b"\n%%EOF\n"].concat(), pages: 1 }
}

/// Byte by byte, and the press knows of it.
pub async fn a_letter_comes_out_as_it_is(fresh: &Presses) {
    let job = fresh.press.submit(sample::delivery_id(1), &letter(1)).await.expect("the letter was not taken");
    assert!(!job.0.is_empty());
    assert_eq!(fresh.tray.printed().await, [letter(1).pdf]);
    let status = fresh.press.status(sample::delivery_id(1)).await.expect("the press does not answer");
    assert!(matches!(status, JobStatus::Pending | JobStatus::Done), "{status:?}");
}

/// A second submit gives the first job's name and prints nothing, even with another text.
pub async fn the_same_id_prints_once(fresh: &Presses) {
    let first = fresh.press.submit(sample::delivery_id(1), &letter(1)).await.expect("the letter was not taken");
    for again in [letter(1), letter(2)] {
        let job = fresh.press.submit(sample::delivery_id(1), &again).await.expect("a repeat was refused");
        assert_eq!(job, first);
    }
    assert_eq!(fresh.tray.printed().await, [letter(1).pdf]);
}

/// Two workers with one letter print it once.
pub async fn many_submits_at_once_print_once(fresh: &Presses) {
    let tasks = (0..8).map(|_| {
        let press = fresh.press.clone();
        async move { press.submit(sample::delivery_id(1), &letter(1)).await }
    });
    let answers = at_once(tasks).await;
    let jobs: Vec<_> = answers.into_iter().map(|answer| answer.expect("a repeat was refused")).collect();
    assert!(jobs.iter().all(|job| *job == jobs[0]), "{jobs:?}");
    assert_eq!(fresh.tray.printed().await, [letter(1).pdf]);
}

/// Equal letters to two people are two letters.
pub async fn two_ids_are_two_letters(fresh: &Presses) {
    let mut jobs = Vec::new();
    for n in 1..=2 {
        jobs.push(fresh.press.submit(sample::delivery_id(n), &letter(1)).await.expect("the letter was not taken"));
    }
    assert_ne!(jobs[0], jobs[1]);
    assert_eq!(fresh.tray.printed().await.len(), 2);
}

/// That is how a lost submit is told from one that printed.
pub async fn a_job_nobody_submitted_is_unknown(fresh: &Presses) {
    fresh.press.submit(sample::delivery_id(1), &letter(1)).await.expect("the letter was not taken");
    assert_eq!(fresh.press.status(sample::delivery_id(2)).await, Ok(JobStatus::Unknown));
}
