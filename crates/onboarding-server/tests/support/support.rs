//! The real binary on data of its own, for tests from outside: public calls, the commands and the `.eml` files, nothing else.
//!
//! A [`Site`] is one installation in a temporary folder: configuration, portals, imported records, a clock that is moved by a file, and
//! the server running on a free port of loopback. Sites know nothing of each other. What a test expects stands in the test.
#![allow(dead_code, unused_imports, reason = "each test file uses its part of the harness")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod browser;
mod http;
mod mail;
pub(crate) mod people;
pub(crate) mod visitor;

pub(crate) use http::{Answer, Call, Client};
pub(crate) use mail::Mail;
pub(crate) use people::{MOVED_OUT, MOVED_OUT_NAME, PEOPLE, Person};
pub(crate) use visitor::Visitor;

use serde_json::{Value, json};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The portal that is walked.
pub(crate) const HOUSING: &str = "housing";
/// A second portal of the same kind with the same records: what belongs to one must mean nothing in the other.
pub(crate) const TWIN: &str = "gartenstadt";
/// A password that every portal takes.
pub(crate) const PASSWORD: &str = "Vier Gänse am Deich 17!";
/// A password that every portal takes of a clerk.
pub(crate) const STAFF_PASSWORD: &str = "Fünf Boote auf dem Fließ 3!";
/// How long anything may take that happens by itself: far more than it needs on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a dead server's delivery stays leased, and a little more.
pub(crate) const LEASE: Duration = Duration::from_secs(31);
/// Between two looks at something that happens by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// What an installation begins with.
pub(crate) struct Setup {
    /// Portals of the repository, by slug.
    pub(crate) portals: Vec<&'static str>,
    /// Whether `TWIN` is there too.
    pub(crate) twin: bool,
    /// Networks whose `X-Forwarded-For` is believed, such as `127.0.0.1`; then tests can speak from anywhere.
    pub(crate) trusted_proxies: Vec<&'static str>,
    /// Under which address people reach it.
    pub(crate) base_url: &'static str,
    /// How much the server logs.
    pub(crate) log_level: &'static str,
    /// Where its data are.
    pub(crate) database: String,
    /// How many seconds its machine's own clock is ahead of the true time; behind it where negative.
    pub(crate) machine_ahead: i64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            portals: vec![HOUSING],
            twin: true,
            trusted_proxies: Vec::new(),
            base_url: "https://portal.example",
            log_level: "debug",
            database: database(),
            machine_ahead: 0,
        }
    }
}

/// The variable that has the same tests run on another database.
const DATABASE: &str = "ONBOARDING_TEST_DATABASE";

/// A file of SQLite's, or a fresh database of a PostgreSQL server where the variable asks for one: the same walks on both.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting, read where it is used")]
fn database() -> String {
    match std::env::var(DATABASE).as_deref() {
        Ok("postgres") => onboarding_testkit::postgres::Cluster::shared().database(),
        Ok(other) => panic!("{DATABASE} is `{other}`; it may be `postgres`, or not there"),
        Err(_) => "sqlite:onboarding.db".to_owned(),
    }
}

/// One installation and its server. The process ends and the data go when it is dropped.
pub(crate) struct Site {
    dir: TempDir,
    base_url: &'static str,
    running: Option<Running>,
    /// Mail files that a test has taken.
    taken: Mutex<HashSet<PathBuf>>,
    /// How far the clock is ahead.
    ahead: Duration,
    starts: u32,
    /// A library that stands between the server and its system: a machine whose clock or disk goes wrong.
    preloaded: Option<PathBuf>,
}

struct Running {
    process: Child,
    address: SocketAddr,
}

impl Site {
    /// With `HOUSING`, `TWIN` and everybody of [`PEOPLE`] in both.
    pub(crate) fn start() -> Self {
        Self::with(&Setup::default())
    }

    /// Prepared as told, migrated, with records, serving.
    pub(crate) fn with(setup: &Setup) -> Self {
        let mut site = Self::prepared(setup);
        site.restart();
        site
    }

    /// Prepared as told, migrated, with records, and not serving yet.
    pub(crate) fn prepared(setup: &Setup) -> Self {
        let site = Self::laid_out(setup);
        site.run(&["migrate"]);
        let records = site.dir.path().join("people.csv");
        fs::write(&records, people::csv()).unwrap();
        for slug in setup.portals.iter().copied().filter(|slug| *slug == HOUSING).chain(setup.twin.then_some(TWIN)) {
            site.import(slug, &records);
        }
        site
    }

    /// The files of an installation.
    fn laid_out(setup: &Setup) -> Self {
        let dir = tempfile::Builder::new().prefix("onboarding-").tempdir().unwrap();
        let portals = dir.path().join("portals");
        for slug in &setup.portals {
            copy(&repository().join("portals").join(slug), &portals.join(slug));
        }
        if setup.twin {
            copy(&repository().join("portals").join(HOUSING), &portals.join(TWIN));
            let declaration = portals.join(TWIN).join("portal.toml");
            let text = fs::read_to_string(&declaration).unwrap();
            let (named, rest) = text.split_once("name = \"").unwrap();
            let (_, rest) = rest.split_once('"').unwrap();
            fs::write(&declaration, format!("{named}name = \"Gartenstadt am Fließ\"{rest}")).unwrap();
        }
        let proxies: Vec<_> = setup.trusted_proxies.iter().map(|network| format!("{network:?}")).collect();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nbase_url = \"{}\"\ntrusted_proxies = [{}]\n\
             [database]\nurl = \"{}\"\n[mail]\nfolder = \"mail\"\n[secrets]\nkey_file = \"keys.toml\"\n\
             [portals]\ndirectory = \"portals\"\n[hashing]\nmemory_kib = 64\npasses = 1\n[log]\nlevel = \"{}\"\n",
            setup.base_url,
            proxies.join(", "),
            setup.database,
            setup.log_level
        );
        fs::write(dir.path().join("onboarding.toml"), config).unwrap();
        fs::write(dir.path().join("clock"), "0").unwrap();
        let preloaded = (setup.machine_ahead != 0).then(|| wrong_clock(dir.path(), setup.machine_ahead));
        Self { dir, base_url: setup.base_url, running: None, taken: Mutex::default(), ahead: Duration::ZERO, starts: 0, preloaded }
    }

    /// A second installation with the keys of the first, which has prepared the database; serving.
    pub(crate) fn beside(setup: &Setup, first: &Self) -> Self {
        let mut site = Self::laid_out(setup);
        fs::copy(first.dir.path().join("keys.toml"), site.dir.path().join("keys.toml")).unwrap();
        site.restart();
        site
    }

    /// The same; what either sends lies in the folders of the first.
    pub(crate) fn beside_with_one_postbox(setup: &Setup, first: &Self) -> Self {
        let mut site = Self::laid_out(setup);
        fs::copy(first.dir.path().join("keys.toml"), site.dir.path().join("keys.toml")).unwrap();
        for folder in ["mail", "letters"] {
            fs::create_dir_all(first.dir.path().join(folder)).unwrap();
            std::os::unix::fs::symlink(first.dir.path().join(folder), site.dir.path().join(folder)).unwrap();
        }
        site.restart();
        site
    }

    /// Imports a file of records into a portal.
    pub(crate) fn import(&self, portal: &str, file: &Path) -> Output {
        self.run(&["records", "import", portal, file.to_str().unwrap()])
    }

    /// A command of the binary on this installation, which must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?} {output:#?}");
        output
    }

    /// A command of the binary on this installation, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onboarding"));
        command.args(arguments).arg("--config").arg(self.dir.path().join("onboarding.toml"));
        // The tests' own variable, which is no setting of the server's.
        // Settings of the tests, not of the server, which knows all of its own.
        command.env_remove(DATABASE).env_remove(onboarding_testkit::postgres::SERVER);
        command.env("ONBOARDING_TEST__CLOCK_FILE", self.clock_file()).stdin(Stdio::null()).current_dir(self.dir.path());
        if let Some(library) = &self.preloaded {
            command.env("LD_PRELOAD", library);
        }
        command
    }

    /// Puts a library, by its source in C, between the server and its system; for the next start.
    pub(crate) fn preload(&mut self, source: &str) {
        self.preloaded = Some(library(self.dir.path(), source));
    }

    /// Changes a word of the configuration, which must be there; for the next start.
    pub(crate) fn reconfigure(&self, old: &str, new: &str) {
        let file = self.dir.path().join("onboarding.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "no {old} in {text}");
        fs::write(file, text.replace(old, new)).unwrap();
    }

    /// Starts the server, if need be after a [`kill`](Self::kill), on the same data.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.starts += 1;
        let log = self.dir.path().join(format!("server-{}.log", self.starts));
        let writer = || fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut process = self.command(&["serve"]).stdout(writer()).stderr(writer()).spawn().unwrap();
        let address = within(PATIENCE, "the server to say where it listens", || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            if let Some(status) = process.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{text}");
            }
            listening(&text)
        });
        self.running = Some(Running { process, address });
        within(PATIENCE, "the server to answer", || self.http().get("/health/live").try_send().ok().filter(|answer| answer.status == 200));
    }

    /// Kills the server (SIGKILL), whatever it is doing.
    pub(crate) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.process.kill().unwrap();
            running.process.wait().unwrap();
        }
    }

    /// Tells the server to stop (SIGTERM) and waits until it has.
    pub(crate) fn stop(&mut self) {
        let mut running = self.running.take().expect("the server runs");
        assert!(Command::new("kill").arg(running.process.id().to_string()).status().unwrap().success());
        let ended = running.process.wait().unwrap();
        assert!(ended.success(), "{ended}");
    }

    /// SIGKILL, start on the same data, and past the lease of what the dead server was sending.
    pub(crate) fn crash(&mut self) {
        self.kill();
        self.advance(LEASE);
        self.restart();
    }

    /// Moves the server's clock on.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead += by;
        // Renamed into place: the server never reads half a number.
        let draft = self.dir.path().join("clock.draft");
        fs::write(&draft, format!("{}.{:06}", self.ahead.as_secs(), self.ahead.subsec_micros())).unwrap();
        fs::rename(&draft, self.clock_file()).unwrap();
    }

    fn clock_file(&self) -> PathBuf {
        self.dir.path().join("clock")
    }

    /// The server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.running.as_ref().expect("the server runs").process.id()
    }

    /// The folder with everything.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// What links in mails begin with.
    pub(crate) fn base_url(&self) -> &'static str {
        self.base_url
    }

    /// Everything that every start of the server has written to its log.
    pub(crate) fn log(&self) -> String {
        (1..=self.starts).fold(String::new(), |mut all, start| {
            let log = self.dir.path().join(format!("server-{start}.log"));
            write!(all, "{}", String::from_utf8_lossy(&fs::read(log).unwrap())).unwrap();
            all
        })
    }

    /// A client of the server. It may be copied into threads.
    pub(crate) fn http(&self) -> Client {
        Client::of(self.running.as_ref().expect("the server runs").address, self.base_url)
    }

    /// `GET /api/v1{path}`.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.http().get(&format!("/api/v1{path}")).send()
    }

    /// `POST /api/v1{path}` with a JSON body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.http().post(&format!("/api/v1{path}")).json(body).send()
    }

    /// Any method on `/api/v1{path}` with a bearer token; without a body where it is null.
    pub(crate) fn signed(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let call = self.http().call(method, &format!("/api/v1{path}")).bearer(token);
        if body.is_null() { call.send() } else { call.json(body).send() }
    }

    /// The next mail to an address that no test step has taken yet, oldest first.
    pub(crate) fn mail(&self, portal: &str, to: &str) -> Mail {
        within(PATIENCE, &format!("a mail to {to}"), || {
            let mut taken = self.taken.lock().unwrap();
            let mail = self.mails(portal).into_iter().find(|mail| mail.to == to && !taken.contains(&mail.file))?;
            taken.insert(mail.file.clone());
            Some(mail)
        })
    }

    /// Every mail to an address so far, oldest first, whether taken or not.
    pub(crate) fn mails_to(&self, portal: &str, to: &str) -> Vec<Mail> {
        self.mails(portal).into_iter().filter(|mail| mail.to == to).collect()
    }

    /// Every mail of a portal so far, oldest first.
    pub(crate) fn mails(&self, portal: &str) -> Vec<Mail> {
        mail::folder(&self.dir.path().join("mail").join(portal))
    }

    /// Waits until everything that was ordered before this call is sent: a mail of lower order cannot be outstanding when a later one is
    /// there. `email` must be an address of its own.
    pub(crate) fn flush_mails(&self, portal: &str, person: &Person, email: &str) {
        assert_eq!(self.post(&format!("/{portal}/registrations"), &form(person, email)).status, 202);
        self.mail(portal, email);
    }

    /// Applies, takes the mail and confirms with its code.
    pub(crate) fn register(&self, portal: &str, person: &Person, email: &str) {
        let applied = self.post(&format!("/{portal}/registrations"), &form(person, email)).expect(202);
        let code = self.mail(portal, email).code();
        let handle = applied["registration"].as_str().unwrap();
        let confirmed = self.post(&format!("/{portal}/registrations/{handle}/confirm"), &json!({ "code": code })).expect(200);
        assert_eq!(confirmed["state"], "active");
    }

    /// A clerk of a portal, named at the command line and set up: the bearer token.
    pub(crate) fn clerk(&self, portal: &str, email: &str) -> String {
        let printed = String::from_utf8(self.run(&["staff", "add", portal, email]).stdout).unwrap();
        let body = json!({ "token": printed.lines().last().unwrap(), "password": STAFF_PASSWORD });
        let session = self.post(&format!("/{portal}/staff/setup"), &body).expect(201);
        session["token"].as_str().unwrap().to_owned()
    }

    /// Signs in and returns the bearer token.
    pub(crate) fn sign_in(&self, portal: &str, email: &str, password: &str) -> String {
        let session = self.post(&format!("/{portal}/sessions"), &json!({ "login": email, "password": password })).expect(201);
        session["token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            // Already gone is as good.
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.log());
        }
    }
}

/// A registration's body as `HOUSING` and `TWIN` ask for it, typed as the record says.
pub(crate) fn form(person: &Person, email: &str) -> Value {
    typed(&person.number(), person.last_name, email)
}

/// A registration's body with number and last name as typed.
pub(crate) fn typed(number: &str, last_name: &str, email: &str) -> Value {
    let consents = ["terms", "privacy", "edelivery"].map(|document| json!({ "document": document, "version": "2026-10", "granted": true }));
    json!({ "claim": { "number": number, "last_name": last_name }, "email": email, "password": PASSWORD, "consents": consents })
}

/// Looks until there is something. Fails when patience ends.
pub(crate) fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {patience:?} for {what}");
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Where the server says it listens: the first address of loopback with a port in a whole line.
fn listening(log: &str) -> Option<SocketAddr> {
    let whole = &log[..=log.rfind('\n')?];
    whole.split("127.0.0.1:").skip(1).find_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|port| *port != 0).map(|port: u16| SocketAddr::from(([127, 0, 0, 1], port)))
    })
}

/// A library that has a process see its machine's clock wrong, and nothing else.
fn wrong_clock(folder: &Path, ahead: i64) -> PathBuf {
    const SOURCE: &str = "#define _GNU_SOURCE\n#include <sys/syscall.h>\n#include <time.h>\n#include <unistd.h>\n\
        int clock_gettime(clockid_t which, struct timespec *shown) {\n\
        int failed = (int) syscall(SYS_clock_gettime, which, shown);\n\
        if (!failed && which == CLOCK_REALTIME) shown->tv_sec += AHEAD;\n\
        return failed;\n}\n";
    library(folder, &format!("#define AHEAD ({ahead})\n{SOURCE}"))
}

/// A library to be loaded before the system's own; built with the compiler that links Rust's programs.
fn library(folder: &Path, text: &str) -> PathBuf {
    let (source, library) = (folder.join("preloaded.c"), folder.join("preloaded.so"));
    fs::write(&source, text).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).output();
    let built = built.expect("a machine that goes wrong needs a C compiler, as linking does: install the package gcc");
    assert!(built.status.success(), "{built:?}");
    library
}

/// The root of the workspace.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target);
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}
