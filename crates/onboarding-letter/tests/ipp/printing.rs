//! Against `ippeveprinter` of CUPS, on a bus of its own, which keeps what it prints in a folder.

use async_trait::async_trait;
use onboarding::ports::{JobStatus, LetterPress, RenderedLetter};
use onboarding_letter::{IppAddress, IppPatience, IppPress};
use onboarding_testkit::contract::letter_press::{Presses, Tray, run_all};
use onboarding_testkit::sample;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/ippeveprinter";
const PATIENCE: Duration = Duration::from_secs(30);

/// A printer, gone with its folder when it is dropped.
struct Printer {
    dir: TempDir,
    port: u16,
    processes: Vec<Child>,
}

impl Printer {
    fn start() -> Self {
        assert!(Path::new(PROGRAM).is_file(), "the tests need `{PROGRAM}`: install Debian's package cups-ipp-utils");
        let dir = tempfile::tempdir().unwrap();
        let bus = dir.path().join("bus");
        let address = format!("unix:path={}", bus.display());
        let daemon = Command::new("dbus-daemon").args(["--session", "--nofork", "--address", &address]).spawn();
        let daemon = daemon.expect("the tests need `dbus-daemon`: install Debian's package dbus");
        let mut printer = Self { dir, port: free_port(), processes: vec![daemon] };
        printer.until("the bus", || bus.exists());
        for folder in ["spool", "keys"] {
            fs::create_dir(printer.dir.path().join(folder)).unwrap();
        }
        let log = fs::File::create(printer.dir.path().join("log")).unwrap();
        let process = Command::new(PROGRAM)
            .args(["-n", "localhost", "-p", &printer.port.to_string(), "-r", "off", "-k", "-f", "application/pdf", "-v"])
            .arg("-d")
            .arg(printer.dir.path().join("spool"))
            .arg("-K")
            .arg(printer.dir.path().join("keys"))
            // Printing takes no time.
            .args(["-c", "/bin/true"])
            .arg("mail room")
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address)
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        printer.processes.push(process);
        printer.until("the printer", || TcpStream::connect((Ipv4Addr::LOCALHOST, printer.port)).is_ok());
        printer
    }

    fn until(&self, what: &str, there: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !there() {
            let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "waited for {what}: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn press(&self) -> IppPress {
        let address = IppAddress::parse(&format!("ipp://localhost:{}/ipp/print", self.port)).unwrap();
        IppPress::new(address, None, IppPatience::default()).unwrap()
    }

    /// The printed files by the number of their jobs.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<(u32, PathBuf)> = fs::read_dir(self.dir.path().join("spool"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            // Beside each letter lies what the command said of it: nothing.
            .filter(|path| path.extension().is_some_and(|kind| kind == "pdf"))
            .filter_map(|path| Some((path.file_name()?.to_str()?.split('-').next()?.parse().ok()?, path)))
            .collect();
        files.sort();
        files.into_iter().map(|(_, path)| path).collect()
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // Already gone is as good.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Free when it was looked for.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

#[async_trait]
impl Tray for Printer {
    async fn printed(&self) -> Vec<Vec<u8>> {
        self.files().iter().map(|file| fs::read(file).unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_printer_keeps_what_a_letter_press_promises() {
    run_all(async || {
        let printer = Printer::start();
        Presses { press: Arc::new(printer.press()), tray: Arc::new(printer) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_called_after_its_letter_and_found_by_whoever_asks_later() {
    let printer = Printer::start();
    let letter = RenderedLetter { portal: sample::portal(), pdf: b"%PDF-1.7\nZoe 7KQ4\n%%EOF\n".to_vec(), pages: 1 };
    let job = printer.press().submit(sample::delivery_id(1), &letter).await.unwrap();
    assert_eq!(job.0, "job 1");
    // Another process, which knows nothing of the first one.
    let later = printer.press();
    let end = Instant::now() + PATIENCE;
    while later.status(sample::delivery_id(1)).await.unwrap() != JobStatus::Done {
        assert!(Instant::now() < end, "never printed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(later.submit(sample::delivery_id(1), &letter).await.unwrap(), job);
    assert_eq!(printer.files().len(), 1);
    let log = fs::read_to_string(printer.dir.path().join("log")).unwrap();
    assert!(log.contains(&sample::delivery_id(1).to_string()) && !log.contains("7KQ4") && !log.contains("Zoe"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_tls_a_printer_must_be_the_one_that_is_meant() {
    let printer = Printer::start();
    let address = IppAddress::parse(&format!("ipps://localhost:{}/ipp/print", printer.port)).unwrap();
    let letter = RenderedLetter { portal: sample::portal(), pdf: b"%PDF-1.7\n%%EOF\n".to_vec(), pages: 1 };
    let stranger = IppPress::new(address.clone(), None, IppPatience::default()).unwrap();
    let refused = stranger.submit(sample::delivery_id(1), &letter).await.unwrap_err();
    assert_eq!(refused, onboarding::ports::LetterError::Transient("printer_tls_failed".to_owned()));
    assert_eq!(printer.files().len(), 0);
    // The printer made its certificate at the first handshake.
    let certificate = printer.dir.path().join("keys/localhost.crt");
    let trusting = IppPress::new(address, Some(&certificate), IppPatience::default()).unwrap();
    trusting.submit(sample::delivery_id(1), &letter).await.unwrap();
    assert_eq!(printer.files().len(), 1);
}
