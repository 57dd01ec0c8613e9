//! The letter press that is a printer, spoken to by IPP.
//!
//! A letter's job is called after its delivery, and nothing else is told of it. Before a letter is handed over the printer is
//! asked whether it has a job of that name, so that the same letter is printed once; after an end that tells nothing it is asked
//! again. What it says is what counts: a printer that has forgotten its jobs leaves the question to a person.
//!
//! Letters carry PINs: without TLS they go to a printer, or a print server, on this very machine only.

mod address;
mod http;
mod outcome;

pub use address::IppAddress;

use async_trait::async_trait;
use http::{Line, Tls};
use ipp::attribute::{IppAttribute, IppAttributeGroup, IppAttributeName, IppAttributes};
use ipp::model::{DelimiterTag, IppVersion, Operation};
use ipp::parser::{IppParseError, IppParser};
use ipp::reader::IppReader;
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;
use onboarding::ports::{JobRef, JobStatus, LetterError, LetterPress, RenderedLetter};
use onboarding_core::DeliveryId;
use outcome::Broken;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Whose jobs they are, to the printer.
const USER: &str = "onboarding";

/// `server-error-busy`. Source: RFC 8011 appendix B.1.5.8.
const BUSY: u16 = 0x0507;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IppPatience {
    /// Until a connection stands.
    pub connect: Duration,
    /// How long a printer may be busy before the letter is given back.
    pub busy: Duration,
    /// For a whole hand-over, its questions included: less than the lease that the outbox gives, 30 seconds.
    pub whole: Duration,
}

impl Default for IppPatience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), busy: Duration::from_secs(3), whole: Duration::from_secs(20) }
    }
}

/// Why a printer cannot be spoken to as it is set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IppError {
    /// The file is not there, is not PEM, or holds no certificate.
    #[error("could not read certificates from {}", .0.display())]
    Certificates(PathBuf),
    /// A certificate for a printer without TLS.
    #[error("without TLS there is no certificate")]
    NoTls,
    /// The library knows no protocol that we do.
    #[error("could not set TLS up")]
    Setup,
}

/// Prints letters.
pub struct IppPress {
    line: Line,
    patience: IppPatience,
    /// One hand-over at a time: between the question and the job nobody else may make the same job.
    turn: Mutex<()>,
}

/// A job as the printer tells it.
struct Job {
    id: i32,
    status: JobStatus,
}

impl IppPress {
    /// For one printer. Nothing is connected before the first letter. `ca_file`: whose certificates are believed, in PEM; without
    /// it those that browsers believe.
    ///
    /// # Errors
    /// Certificates that cannot be read.
    pub fn new(address: IppAddress, ca_file: Option<&Path>, patience: IppPatience) -> Result<Self, IppError> {
        let tls = match (address.has_tls(), ca_file) {
            (true, ca_file) => Some(Tls::new(ca_file)?),
            (false, Some(_)) => return Err(IppError::NoTls),
            (false, None) => None,
        };
        Ok(Self { line: Line { address, tls, connect: patience.connect }, patience, turn: Mutex::default() })
    }

    /// Looks for a letter's job. Among those to be done first: what is finished meanwhile is among the finished ones then.
    async fn find(&self, id: DeliveryId) -> Result<Option<Job>, Broken> {
        let name = id.to_string();
        for which in ["not-completed", "completed"] {
            let attributes = self.ask(self.question(which)?, &AtomicBool::default()).await?;
            let found = attributes.groups_of(DelimiterTag::JobAttributes).find(|job| {
                job.get(IppAttribute::JOB_NAME).is_some_and(|own| match own.value() {
                    IppValue::NameWithoutLanguage(text) => text.as_str() == name,
                    IppValue::NameWithLanguage { name: text, .. } => text.as_str() == name,
                    _ => false,
                })
            });
            if let Some(job) = found {
                return Ok(Some(told(job)));
            }
        }
        Ok(None)
    }

    /// `said`: whether anything of the letter went out.
    async fn print(&self, id: DeliveryId, letter: &RenderedLetter, said: &AtomicBool) -> Result<JobRef, Broken> {
        let _turn = self.turn.lock().await;
        if let Some(job) = self.find(id).await? {
            return Ok(called(job.id));
        }
        let attributes = self.order_when_free(id, &letter.pdf, said).await?;
        let job = attributes.first_of(DelimiterTag::JobAttributes).ok_or(Broken::Garbled)?;
        let job = told(job);
        if job.status == JobStatus::Failed { Err(Broken::GivenUp) } else { Ok(called(job.id)) }
    }

    /// Small printers take one job at a time, and letters come in heaps: one that is busy is borne for a moment. It says so instead
    /// of making a job.
    async fn order_when_free(&self, id: DeliveryId, pdf: &[u8], said: &AtomicBool) -> Result<IppAttributes, Broken> {
        let begun = Instant::now();
        loop {
            match self.ask(self.order(id, pdf)?, said).await {
                Err(Broken::Refused(BUSY)) if begun.elapsed() < self.patience.busy => tokio::time::sleep(self.patience.busy / 10).await,
                answer => return answer,
            }
        }
    }

    fn question(&self, which: &str) -> Result<Vec<u8>, Broken> {
        let mut request = self.request(Operation::GetJobs)?;
        add(&mut request, IppAttributeName::WHICH_JOBS.into(), IppValue::new_keyword(which)?);
        let wanted = ["job-id", "job-name", "job-state"].map(IppValue::new_keyword).into_iter().collect::<Result<_, _>>()?;
        add(&mut request, IppAttributeName::REQUESTED_ATTRIBUTES.into(), IppValue::Array(wanted));
        Ok(request.to_bytes().to_vec())
    }

    fn order(&self, id: DeliveryId, pdf: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut request = self.request(Operation::PrintJob)?;
        add(&mut request, IppAttributeName::JOB_NAME.into(), IppValue::new_name_without_language(id.to_string())?);
        add(&mut request, IppAttributeName::DOCUMENT_FORMAT.into(), IppValue::new_mime_media_type("application/pdf")?);
        Ok([&request.to_bytes()[..], pdf].concat())
    }

    fn request(&self, operation: Operation) -> Result<IppRequestResponse, Broken> {
        let mut request = IppRequestResponse::new(IppVersion::v2_0(), operation, None)?;
        add(&mut request, IppAttributeName::PRINTER_URI.into(), IppValue::new_uri(self.line.address.uri())?);
        add(&mut request, IppAttributeName::REQUESTING_USER_NAME.into(), IppValue::new_name_without_language(USER)?);
        Ok(request)
    }

    /// Asks, and takes a successful answer's attributes.
    async fn ask(&self, request: Vec<u8>, said: &AtomicBool) -> Result<IppAttributes, Broken> {
        let answer = Box::pin(self.line.post(&request, said)).await?;
        let (header, attributes, _) = IppParser::new(IppReader::new(Cursor::new(answer))).parse_parts().map_err(|_| Broken::Garbled)?;
        match u16::from_ne_bytes(header.operation_or_status.to_ne_bytes()) {
            0..=0xff => Ok(attributes),
            code => Err(Broken::Refused(code)),
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Broken>>) -> Result<T, Broken> {
        tokio::time::timeout(self.patience.whole, work).await.unwrap_or(Err(Broken::Silent))
    }
}

impl std::fmt::Debug for IppPress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IppPress").field("address", &self.line.address).finish_non_exhaustive()
    }
}

#[async_trait]
impl LetterPress for IppPress {
    async fn submit(&self, id: DeliveryId, letter: &RenderedLetter) -> Result<JobRef, LetterError> {
        let said = AtomicBool::default();
        let printed = self.in_time(self.print(id, letter, &said)).await;
        printed.map_err(|broken| {
            if broken.is_operators() {
                tracing::error!(delivery = %id, reason = %broken.reason(), "the printer cannot be used as it is set up");
            }
            broken.of_submit(said.load(Ordering::SeqCst))
        })
    }

    async fn status(&self, id: DeliveryId) -> Result<JobStatus, LetterError> {
        let found = self.in_time(self.find(id)).await.map_err(|broken| LetterError::Transient(broken.reason()))?;
        Ok(found.map_or(JobStatus::Unknown, |job| job.status))
    }
}

impl From<IppParseError> for Broken {
    fn from(_: IppParseError) -> Self {
        // Only a request is written with `?`; it is made of our own words.
        Self::Unwritable
    }
}

fn add(request: &mut IppRequestResponse, name: ipp::value::IppName, value: IppValue) {
    request.attributes_mut().add(DelimiterTag::OperationAttributes, IppAttribute::new(name, value));
}

/// A job without an id or a state that we know is one that is still being worked on: it is there.
fn told(job: &IppAttributeGroup) -> Job {
    let number = |name| match job.get(name).map(IppAttribute::value) {
        Some(IppValue::Integer(number) | IppValue::Enum(number)) => Some(*number),
        _ => None,
    };
    // Source: RFC 8011 5.3.7.
    let status = match number(IppAttribute::JOB_STATE) {
        Some(7 | 8) => JobStatus::Failed,
        Some(9) => JobStatus::Done,
        Some(_) | None => JobStatus::Pending,
    };
    Job { id: number(IppAttribute::JOB_ID).unwrap_or_default(), status }
}

fn called(job: i32) -> JobRef {
    JobRef(format!("job {job}"))
}
