//! A printer of the tests' own that breaks where it is told to: what may be tried again, what never, and what is asked of it.

use ipp::attribute::{IppAttribute, IppAttributes};
use ipp::model::DelimiterTag;
use ipp::parser::IppParser;
use ipp::reader::IppReader;
use ipp::value::IppValue;
use onboarding::ports::{JobStatus, LetterError, LetterPress, RenderedLetter};
use onboarding_letter::{IppAddress, IppPatience, IppPress};
use onboarding_testkit::sample;
use std::io::{Cursor, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a hand-over goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    /// The job is made, and the connection closed without an answer.
    TakenThenClosed,
    /// Closed without a job.
    Closed,
    /// The job is made, and nothing is said.
    TakenThenSilent,
    /// Refused with a status of IPP.
    Refused(u16),
    /// Refused with a status of HTTP.
    Http(u16),
    /// Answers with something else.
    Garbled,
    /// Answers without end.
    Endless,
    /// The job is made and given up at once.
    GivenUp,
}

#[derive(Default)]
struct Known {
    /// Names of jobs with their states.
    jobs: Vec<(String, i32)>,
    documents: Vec<Vec<u8>>,
    mood: Option<Mood>,
    /// Whether questions are answered with nothing but a closed connection.
    deaf: bool,
}

#[derive(Clone, Default)]
struct Printer(Arc<Mutex<Known>>);

impl Printer {
    fn start(mood: Mood) -> (Self, IppPress) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let printer = Self::default();
        printer.0.lock().unwrap().mood = Some(mood);
        let served = printer.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (served, stream) = (served.clone(), stream.unwrap());
                std::thread::spawn(move || served.serve(stream));
            }
        });
        let address = IppAddress::parse(&format!("ipp://{address}/printers/post")).unwrap();
        let patience = IppPatience { connect: Duration::from_secs(2), busy: Duration::from_millis(300), whole: Duration::from_secs(3) };
        (printer, IppPress::new(address, None, patience).unwrap())
    }

    fn mood(&self, mood: Mood) {
        self.0.lock().unwrap().mood = Some(mood);
    }

    fn printed(&self) -> usize {
        self.0.lock().unwrap().documents.len()
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some(body) = request(&mut stream) else { return };
        let (header, attributes, reader) = IppParser::new(IppReader::new(Cursor::new(body))).parse_parts().unwrap();
        let mut document = Vec::new();
        reader.into_inner().read_to_end(&mut document).unwrap();
        let mut known = self.0.lock().unwrap();
        if header.operation_or_status == 0x0a {
            if known.deaf {
                return;
            }
            let finished = text(&attributes, "which-jobs") == "completed";
            let jobs: Vec<_> = known.jobs.iter().enumerate().filter(|(_, (_, state))| (*state >= 7) == finished).collect();
            let answer = jobs.iter().map(|(at, (name, state))| job(*at, name, *state)).collect::<Vec<_>>().concat();
            return respond(&mut stream, 0, &answer);
        }
        let name = text(&attributes, "job-name");
        let mood = known.mood.unwrap_or(Mood::Well);
        let state = match mood {
            Mood::Well | Mood::TakenThenClosed | Mood::TakenThenSilent => Some(9),
            Mood::GivenUp => Some(8),
            Mood::Closed | Mood::Refused(_) | Mood::Http(_) | Mood::Garbled | Mood::Endless => None,
        };
        if let Some(state) = state {
            known.jobs.push((name.clone(), state));
            known.documents.push(document);
        }
        let at = known.jobs.len();
        drop(known);
        match mood {
            Mood::Well | Mood::GivenUp => respond(&mut stream, 0, &job(at - 1, &name, state.unwrap())),
            Mood::TakenThenClosed | Mood::Closed => {}
            Mood::TakenThenSilent => std::thread::sleep(Duration::from_secs(10)),
            Mood::Refused(status) => respond(&mut stream, status, &[]),
            Mood::Http(status) => write!(stream, "HTTP/1.1 {status} no\r\nContent-Length: 0\r\n\r\n").unwrap(),
            Mood::Garbled => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap(),
            Mood::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(&[b'x'; 8_192]).is_ok() {}
            }
        }
    }
}

fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        assert!(head.starts_with("POST /printers/post HTTP/1.1\r\n") && head.contains("\r\nContent-Type: application/ipp\r\n"), "{head}");
        let length: usize = head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
        if bytes.len() - end - 4 == length {
            return Some(bytes[end + 4..].to_vec());
        }
    }
}

fn respond(stream: &mut TcpStream, status: u16, attributes: &[u8]) {
    let mut body = vec![2, 0];
    body.extend_from_slice(&status.to_be_bytes());
    body.extend_from_slice(&[0, 0, 0, 1, 1]);
    body.extend_from_slice(&value(0x47, "attributes-charset", b"utf-8"));
    body.extend_from_slice(&value(0x48, "attributes-natural-language", b"en"));
    body.extend_from_slice(attributes);
    body.push(3);
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(&body).unwrap();
}

/// A group of a job's attributes.
fn job(at: usize, name: &str, state: i32) -> Vec<u8> {
    let id = i32::try_from(at + 1).unwrap();
    [
        vec![2],
        value(0x21, "job-id", &id.to_be_bytes()),
        value(0x42, "job-name", name.as_bytes()),
        value(0x23, "job-state", &state.to_be_bytes()),
    ]
    .concat()
}

fn value(tag: u8, name: &str, value: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    [vec![tag], length(name.as_bytes()), name.as_bytes().to_vec(), length(value), value.to_vec()].concat()
}

fn text(attributes: &IppAttributes, name: &str) -> String {
    let group = attributes.first_of(DelimiterTag::OperationAttributes).unwrap();
    match group.get(name).map(IppAttribute::value) {
        Some(IppValue::NameWithoutLanguage(text)) => text.as_str().to_owned(),
        Some(IppValue::Keyword(text)) => text.as_str().to_owned(),
        other => panic!("{name}: {other:?}"),
    }
}

fn letter() -> RenderedLetter {
    RenderedLetter { portal: sample::portal(), pdf: b"%PDF-1.7\nZoe 7KQ4\n%%EOF\n".to_vec(), pages: 1 }
}

#[tokio::test]
async fn after_an_end_that_tells_nothing_the_printer_knows() {
    for (mood, status) in [
        (Mood::TakenThenClosed, JobStatus::Done),
        (Mood::TakenThenSilent, JobStatus::Done),
        (Mood::Closed, JobStatus::Unknown),
        (Mood::Garbled, JobStatus::Unknown),
        (Mood::Endless, JobStatus::Unknown),
        (Mood::Refused(0x0500), JobStatus::Unknown),
        (Mood::Http(500), JobStatus::Unknown),
    ] {
        let (printer, press) = Printer::start(mood);
        let id = sample::delivery_id(1);
        let ended = press.submit(id, &letter()).await.unwrap_err();
        assert!(matches!(ended, LetterError::Unknown(_)), "{mood:?}: {ended:?}");
        assert_eq!(press.status(id).await, Ok(status), "{mood:?}");
        if status == JobStatus::Done {
            printer.mood(Mood::Well);
            press.submit(id, &letter()).await.unwrap();
            assert_eq!(printer.printed(), 1, "{mood:?}: once");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_believed() {
    for (mood, reason) in [
        (Mood::Refused(0x0506), "printer_ipp_0506"),
        (Mood::Refused(0x0507), "printer_ipp_0507"),
        (Mood::Refused(0x0401), "printer_ipp_0401"),
        (Mood::Http(401), "printer_http_401"),
        (Mood::Http(503), "printer_http_503"),
    ] {
        let (printer, press) = Printer::start(mood);
        let refused = press.submit(sample::delivery_id(1), &letter()).await.unwrap_err();
        assert_eq!(refused, LetterError::Transient(reason.to_owned()));
        printer.mood(Mood::Well);
        press.submit(sample::delivery_id(1), &letter()).await.unwrap();
        assert_eq!(printer.printed(), 1);
    }
    for (mood, reason) in [(Mood::Refused(0x040a), "printer_ipp_040a"), (Mood::GivenUp, "printer_gave_up")] {
        let (_printer, press) = Printer::start(mood);
        let refused = press.submit(sample::delivery_id(1), &letter()).await.unwrap_err();
        assert_eq!(refused, LetterError::Permanent(reason.to_owned()));
    }
}

#[tokio::test]
async fn a_printer_that_is_not_there_or_does_not_answer_gets_no_letter() {
    let (printer, press) = Printer::start(Mood::Well);
    printer.0.lock().unwrap().deaf = true;
    let id = sample::delivery_id(1);
    // Whether it has the letter already is not known: it is not given it.
    assert!(matches!(press.submit(id, &letter()).await, Err(LetterError::Transient(_))));
    assert!(matches!(press.status(id).await, Err(LetterError::Transient(_))));
    assert_eq!(printer.printed(), 0);
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let nobody = IppPress::new(IppAddress::parse(&format!("ipp://{free}/")).unwrap(), None, IppPatience::default()).unwrap();
    assert_eq!(nobody.submit(id, &letter()).await, Err(LetterError::Transient("printer_unreachable".to_owned())));
}

#[tokio::test]
async fn a_printer_that_is_busy_for_a_moment_is_waited_for() {
    let (printer, press) = Printer::start(Mood::Refused(0x0507));
    let free = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        printer.mood(Mood::Well);
    };
    let letter = letter();
    let (job, ()) = tokio::join!(press.submit(sample::delivery_id(1), &letter), free);
    job.unwrap();
    assert_eq!(printer.printed(), 1);
}

#[tokio::test]
async fn a_job_is_told_by_its_state() {
    let (printer, press) = Printer::start(Mood::Well);
    for (state, status) in [
        (3, JobStatus::Pending),
        (4, JobStatus::Pending),
        (5, JobStatus::Pending),
        (6, JobStatus::Pending),
        (7, JobStatus::Failed),
        (8, JobStatus::Failed),
        (9, JobStatus::Done),
    ] {
        printer.0.lock().unwrap().jobs = vec![("another".to_owned(), 9), (sample::delivery_id(1).to_string(), state)];
        assert_eq!(press.status(sample::delivery_id(1)).await, Ok(status), "{state}");
        assert_eq!(press.submit(sample::delivery_id(1), &letter()).await.unwrap().0, "job 2", "{state}");
    }
    assert_eq!(printer.printed(), 0);
}
