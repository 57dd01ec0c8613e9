//! Letters to a printer, from the request of a PIN to the paper: the real binary, and a printer of ours that is away, busy, silent and back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Output;
use std::sync::{Arc, Mutex};
use support::{PATIENCE, Setup, Site, within};

const CHAMBER: &str = "chamber";

/// What a printer does with a letter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    /// "Not accepting jobs".
    OutOfPaper,
    /// Prints it and says nothing.
    PrintsAndHangsUp,
}

/// A job's name, and its letter.
type Printed = (String, Vec<u8>);

/// A printer that knows just enough of IPP.
#[derive(Clone)]
struct Printer {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    /// Names of the jobs with what was printed.
    jobs: Arc<Mutex<Vec<Printed>>>,
}

impl Printer {
    fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let printer = Self { address: listener.local_addr().unwrap(), mood: Arc::new(Mutex::new(mood)), jobs: Arc::default() };
        let served = printer.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = served.serve(&mut stream.unwrap());
            }
        });
        printer
    }

    fn mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn printed(&self) -> Vec<Vec<u8>> {
        self.jobs.lock().unwrap().iter().map(|(_, letter)| letter.clone()).collect()
    }

    fn serve(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        let body = loop {
            let mut chunk = [0; 8192];
            let count = stream.read(&mut chunk)?;
            bytes.extend_from_slice(&chunk[..count]);
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length: usize = head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
            if bytes.len() == end + 4 + length {
                break bytes[end + 4..].to_vec();
            }
        };
        let mut jobs = self.jobs.lock().unwrap();
        if body[2..4] == [0, 0x0a] {
            let finished = body.windows(13).any(|window| window == b"not-completed") == jobs.is_empty();
            let told: Vec<u8> = if finished { jobs.iter().flat_map(|(name, _)| job(name)).collect() } else { Vec::new() };
            return respond(stream, 0, &told);
        }
        let at = body.windows(8).position(|window| window == b"job-name").unwrap() + 8;
        let length = usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
        let name = String::from_utf8(body[at + 2..at + 2 + length].to_vec()).unwrap();
        let letter = body[body.windows(5).position(|window| window == b"%PDF-").unwrap()..].to_vec();
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::OutOfPaper {
            return respond(stream, 0x0506, &[]);
        }
        jobs.push((name.clone(), letter));
        if mood == Mood::PrintsAndHangsUp { Ok(()) } else { respond(stream, 0, &job(&name)) }
    }
}

fn respond(stream: &mut TcpStream, status: u16, attributes: &[u8]) -> std::io::Result<()> {
    let head = [&[2, 0][..], &status.to_be_bytes(), &[0, 0, 0, 1, 1]].concat();
    let body = [head, value(0x47, "attributes-charset", b"utf-8"), value(0x48, "attributes-natural-language", b"en")].concat();
    let body = [&body[..], attributes, &[3]].concat();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

fn job(name: &str) -> Vec<u8> {
    let id = value(0x21, "job-id", &1_u32.to_be_bytes());
    [vec![2], id, value(0x42, "job-name", name.as_bytes()), value(0x23, "job-state", &9_u32.to_be_bytes())].concat()
}

fn value(tag: u8, name: &str, value: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    [vec![tag], length(name.as_bytes()), name.as_bytes().to_vec(), length(value), value.to_vec()].concat()
}

/// A portal whose letters go to this printer, and a craftswoman who is signed in: her bearer token.
fn site(printer: &Printer) -> (Site, String) {
    let mut site = Site::prepared(&Setup { portals: vec![CHAMBER], twin: false, ..Setup::default() });
    let config = site.folder().join("onboarding.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}[letters]\nprinter = \"ipp://{}/printers/post\"\n", printer.address)).unwrap();
    let file = site.folder().join("businesses.csv");
    let head = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status";
    let row = |n| format!("000771{n},Werkstatt {n},Nora,Beispiel,Weg {n},65189,Wiesbaden,DE,,de,open");
    fs::write(&file, [head.to_owned(), row(1), row(2), row(3)].join("\n")).unwrap();
    site.import(CHAMBER, &file);
    site.restart();
    let token = craftswoman(&site, "nora@workshop.example");
    (site, token)
}

fn craftswoman(site: &Site, email: &str) -> String {
    let form = json!({
        "first_name": "Nora", "last_name": "Beispiel", "email": email, "birth_date": "1984-05-17",
        "consents": [{ "document": "privacy", "version": "2026-09", "granted": true }],
    });
    site.post("/chamber/registrations", &form).expect(202);
    let token = site.mail(CHAMBER, email).token();
    site.post("/chamber/confirmations", &json!({ "token": token })).expect(200);
    site.sign_in(CHAMBER, email, &site.mail(CHAMBER, email).password())
}

fn ask(site: &Site, token: &str, number: &str) -> Value {
    site.signed(token, "POST", "/chamber/account/pin-letters", &json!({ "number": number })).expect(202)
}

fn print(site: &Site) -> Output {
    site.command(&["letters", "print", CHAMBER]).output().unwrap()
}

#[track_caller]
fn said(output: &Output, code: i32, text: &str) {
    assert_eq!((output.status.code(), told(output).as_str()), (Some(code), text));
}

/// The one line that is said, whatever is logged before it.
fn told(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned());
    if out.is_empty() { err.lines().last().map(|line| format!("{line}\n")).unwrap_or_default() } else { out }
}

/// Waits until the server has tried in vain.
fn tried(site: &Site) {
    within(PATIENCE, "the printer's refusal to be written down", || told(&print(site)).contains("wait on: printer_").then_some(()));
}

#[test]
fn a_letter_goes_to_the_printer_and_nowhere_else() {
    let printer = Printer::start(Mood::Well);
    let (site, token) = site(&printer);
    ask(&site, &token, "0007711");
    let letter = within(PATIENCE, "a printed letter", || printer.printed().pop());
    assert!(letter.starts_with(b"%PDF-1.") && letter.trim_ascii_end().ends_with(b"%%EOF"));
    said(&print(&site), 0, "chamber: 0 letters printed\n");
    assert_eq!(printer.printed().len(), 1);
    assert!(!site.folder().join("letters").exists(), "nothing lies in the spool");
}

#[test]
fn letters_that_wait_for_paper_are_printed_at_a_word_and_once() {
    let printer = Printer::start(Mood::OutOfPaper);
    let (site, nora) = site(&printer);
    ask(&site, &nora, "0007711");
    ask(&site, &craftswoman(&site, "kim@workshop.example"), "0007712");
    tried(&site);
    let waits = "error: chamber: 0 letters printed, 2 wait on: printer_ipp_0506\n";
    // While the server is at one of them nobody else tries it.
    within(PATIENCE, "both to wait", || (told(&print(&site)) == waits).then_some(()));
    printer.mood(Mood::Well);
    // The server may be at one of them: then it prints that one.
    within(PATIENCE, "both letters", || {
        print(&site);
        (printer.printed().len() >= 2).then_some(())
    });
    within(PATIENCE, "an empty outbox", || (print(&site).status.code() == Some(0)).then_some(()));
    said(&print(&site), 0, "chamber: 0 letters printed\n");
    assert_eq!(printer.printed().len(), 2);
    assert_ne!(printer.printed()[0], printer.printed()[1]);
}

#[test]
fn a_printer_that_prints_and_says_nothing_is_asked_and_prints_nothing_twice() {
    let printer = Printer::start(Mood::PrintsAndHangsUp);
    let (site, nora) = site(&printer);
    ask(&site, &nora, "0007711");
    within(PATIENCE, "the letter", || printer.printed().pop());
    printer.mood(Mood::Well);
    // It waits for its next try, in which the printer says what became of it.
    within(PATIENCE, "the letter to be settled", || (print(&site).status.code() == Some(0)).then_some(()));
    assert_eq!(printer.printed().len(), 1);
}

#[test]
fn printing_is_for_portals_that_there_are() {
    let printer = Printer::start(Mood::Well);
    let (site, _) = site(&printer);
    said(&site.command(&["letters", "print", "harbour"]).output().unwrap(), 1, "error: there is no portal `harbour`, only chamber\n");
}
