//! An installation in a folder of its own, the binary run in it, and just enough HTTP to talk to it.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before the test fails; generous, because machines are shared.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder with a configuration that works and the repository's portals, of which the one that is served whole is chosen.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    /// Listens on a free port of loopback; hashes are cheap.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let portals = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portals");
        copy(&portals, &folder.path().join("portals"));
        let installation = Self { folder };
        installation.write(
            "onboarding.toml",
            r#"[server]
listen = "127.0.0.1:0"
base_url = "https://portal.example.org"

[database]
url = "sqlite:onboarding.db"

[mail]
folder = "mail"

[secrets]
key_file = "keys.toml"

[hashing]
memory_kib = 64
passes = 1

[portals]
directory = "portals"
only = ["housing"]
"#,
        );
        installation
    }

    /// Adds a second portal of the same kind, chosen too.
    pub(crate) fn add_twin(&self, slug: &str) {
        copy(&self.path("portals/housing"), &self.path("portals").join(slug));
        self.spoil("onboarding.toml", "only = [\"housing\"]", &format!("only = [\"housing\", {slug:?}]"));
    }

    /// Writes a portal's own layout of its mails.
    pub(crate) fn write_layout(&self, file: &str, text: &str) {
        fs::create_dir_all(self.path("portals/housing/mail")).unwrap();
        self.write(&format!("portals/housing/mail/{file}"), text);
    }

    /// An empty folder, for the demo.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// Replaces a text in a file.
    pub(crate) fn spoil(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{from} in {file}");
        self.write(file, &text.replacen(from, to, 1));
    }

    /// Everything in the folder, by path.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(self.folder.path(), "", &mut found);
        found.sort();
        found
    }

    /// The text of each mail in a folder.
    pub(crate) fn mails(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|kind| kind == "eml"));
        paths.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onboarding"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.run_with(args, &[])
    }

    /// Runs a command to its end, with these variables and no others.
    pub(crate) fn run_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Said {
        let output = self.command(args).envs(environment.iter().copied()).output().unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a server and waits until it says that it is ready.
    pub(crate) fn start(&self, args: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(args);
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on http://").map(str::to_owned) else {
            let output = child.wait_with_output().unwrap();
            panic!("no server: {line}{}", String::from_utf8_lossy(&output.stderr));
        };
        Server { child: Some(child), out, address }
    }

    /// Starts the demo with cheap hashes.
    pub(crate) fn demo(&self) -> Server {
        let cheap = [("ONBOARDING_HASHING__MEMORY_KIB", "64"), ("ONBOARDING_HASHING__PASSES", "1")];
        self.start(&["demo", "--listen", "127.0.0.1:0", "--data", "data"], &cheap)
    }
}

/// A server that runs; it ends with the test in any case.
pub(crate) struct Server {
    child: Option<Child>,
    out: BufReader<ChildStdout>,
    pub(crate) address: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Server {
    /// What it printed after it was ready, up to a line that begins so.
    pub(crate) fn announcement_until(&mut self, last: &str) -> String {
        let mut text = String::new();
        loop {
            let before = text.len();
            assert!(self.out.read_line(&mut text).unwrap() > 0, "ended before {last:?}: {text}");
            if text[before..].starts_with(last) {
                return text;
            }
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.call("POST", path, body)
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !body.is_empty() {
            write!(head, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()).unwrap();
        }
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        Answer { status, body: if chunked { unchunked(body) } else { body.to_owned() } }
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(mut self) -> Said {
        let child = self.child.take().unwrap();
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        let output = child.wait_with_output().unwrap();
        Said { code: output.status.code().expect("ended by itself"), out, err: String::from_utf8(output.stderr).unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Asks again and again until there is an answer: another process is at work.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < until, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn unchunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        text.push_str(&rest[..size]);
        body = rest[size..].strip_prefix("\r\n").unwrap();
        if size == 0 {
            break;
        }
    }
    text
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn list(folder: &Path, below: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push(name);
        }
    }
}
