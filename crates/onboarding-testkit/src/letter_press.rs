//! A letter press that remembers, prints each id at most once, and fails when told to.

use async_trait::async_trait;
use onboarding::ports::{JobRef, JobStatus, LetterError, LetterPress, RenderedLetter};
use onboarding_core::DeliveryId;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What happens to a letter that is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PressFate {
    /// Printed.
    Printed,
    /// Taken; it waits in the queue until [`RecordingPress::finish`].
    Pending,
    /// Not taken, come back later.
    Transient,
    /// Not taken, and never will be.
    Permanent,
    /// The connection broke, and the letter is printed.
    UnknownPrinted,
    /// The connection broke, and the letter was lost.
    UnknownLost,
}

/// Keeps every letter it printed, in order.
#[derive(Default)]
pub struct RecordingPress {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    jobs: Vec<Job>,
    fates: VecDeque<PressFate>,
}

struct Job {
    id: DeliveryId,
    letter: RenderedLetter,
    status: JobStatus,
}

impl RecordingPress {
    /// A press that prints everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next `times` letters not seen before meet this fate, after those already announced.
    pub fn next(&self, fate: PressFate, times: usize) {
        self.lock().fates.extend(std::iter::repeat_n(fate, times));
    }

    /// Ends a job that waits: printed or given up by the press. Tells whether one waited under this id.
    pub fn finish(&self, id: DeliveryId, status: JobStatus) -> bool {
        let mut inner = self.lock();
        let job = inner.jobs.iter_mut().find(|job| job.id == id && job.status == JobStatus::Pending);
        job.map(|job| job.status = status).is_some()
    }

    /// Every letter taken, with its id, oldest first.
    pub fn letters(&self) -> Vec<(DeliveryId, RenderedLetter)> {
        self.lock().jobs.iter().map(|job| (job.id, job.letter.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RecordingPress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordingPress({} letters)", self.lock().jobs.len())
    }
}

#[async_trait]
impl LetterPress for RecordingPress {
    async fn submit(&self, id: DeliveryId, letter: &RenderedLetter) -> Result<JobRef, LetterError> {
        let mut inner = self.lock();
        // The id comes before any fate: a letter that was taken is never printed again.
        if inner.jobs.iter().any(|job| job.id == id) {
            return Ok(job_name(id));
        }
        let fate = inner.fates.pop_front().unwrap_or(PressFate::Printed);
        let status = match fate {
            PressFate::Printed | PressFate::UnknownPrinted => Some(JobStatus::Done),
            PressFate::Pending => Some(JobStatus::Pending),
            PressFate::Transient | PressFate::Permanent | PressFate::UnknownLost => None,
        };
        if let Some(status) = status {
            inner.jobs.push(Job { id, letter: letter.clone(), status });
        }
        match fate {
            PressFate::Printed | PressFate::Pending => Ok(job_name(id)),
            PressFate::Transient => Err(LetterError::Transient("the queue is full".to_owned())),
            PressFate::Permanent => Err(LetterError::Permanent("the format is not supported".to_owned())),
            PressFate::UnknownPrinted | PressFate::UnknownLost => Err(LetterError::Unknown("connection closed".to_owned())),
        }
    }

    async fn status(&self, id: DeliveryId) -> Result<JobStatus, LetterError> {
        Ok(self.lock().jobs.iter().find(|job| job.id == id).map_or(JobStatus::Unknown, |job| job.status))
    }
}

fn job_name(id: DeliveryId) -> JobRef {
    JobRef(format!("job-{id}"))
}
