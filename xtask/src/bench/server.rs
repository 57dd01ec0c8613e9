//! A server of its own for the measurement: folder, portal, records, process, and what the kernel counts of it.

use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Clock ticks per second in `/proc/<pid>/stat`: fixed at 100 for user space on Linux.
const TICKS: u64 = 100;

/// Its hashing threads.
pub(super) const HASHERS: u32 = 1;
/// How it calls them.
const HASHER: &str = "argon2-";

/// Where the server finds everything.
pub(super) struct Prepared {
    config: PathBuf,
    pub(super) mails: PathBuf,
    /// Removed with everything in it when dropped.
    _post: TempDir,
}

/// A folder in memory. Mails go there, as it is not measured what a file system does with thousands of small files.
const MEMORY: &str = "/dev/shm";

/// Writes a portal that asks for number and last name, and as many records as sign-ups.
pub(super) fn prepare(root: &Path, binary: &Path, dir: &Path, url: &str, records: u32, hashing: &str) -> Result<Prepared> {
    let config = dir.join("onboarding.toml");
    let post = if Path::new(MEMORY).is_dir() { tempfile::tempdir_in(MEMORY) } else { tempfile::tempdir() };
    let post = post.context("could not make a folder for mails")?;
    std::fs::write(
        &config,
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nbase_url = \"http://127.0.0.1\"\n[database]\nurl = \"{url}\"\n[mail]\nfolder = \"{}\"\n[secrets]\nkey_file = \"keys.toml\"\n[hashing]\nthreads = {HASHERS}\n{hashing}\n[portals]\ndirectory = \"portals\"\n[log]\nlevel = \"warn\"\n",
            post.path().display()
        ),
    )?;
    let csv = crate::sample::write(root, dir, records)?;
    let command = |args: &[&str]| crate::process::run(Command::new(binary).args(args).arg("--config").arg(&config).stdout(Stdio::null()));
    command(&["migrate"])?;
    command(&["records", "import", "bench", &csv.to_string_lossy()])?;
    Ok(Prepared { config, mails: post.path().join("bench"), _post: post })
}

/// A running server; killed when dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    figures: SocketAddr,
    /// From the start of the process to the first answer of `/health/ready`.
    pub(super) ready: Duration,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(super) fn start(binary: &Path, prepared: &Prepared) -> Result<Self> {
        // Whoever takes the place in between makes the start fail.
        let figures = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let begun = Instant::now();
        let mut child = Command::new(binary)
            .args(["serve", "--config"])
            .arg(&prepared.config)
            .env("ONBOARDING_METRICS__LISTEN", figures.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start the server")?;
        let out = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(out).lines();
        let address = loop {
            let line = lines.next().context("the server ended before it listened")??;
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.trim().parse().context("could not read the server's address")?;
            }
        };
        let mut client = super::client::Client::connect(address)?;
        client.ready()?;
        Ok(Self { child, address, figures, ready: begun.elapsed() })
    }

    /// CPU time of the process so far, user and system.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let process = self.child.id();
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).context("could not read the process's times")?;
        // The name in parentheses may contain blanks; the fields after it do not.
        let (_, fields) = stat.rsplit_once(')').context("could not read the process's times")?;
        let times: Vec<u64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        Ok(Duration::from_millis(times.iter().sum::<u64>() * 1_000 / TICKS))
    }

    /// What it spent so far.
    pub(super) fn spent(&self) -> Result<Spent> {
        let mut hashing = Duration::ZERO;
        let threads = format!("/proc/{}/task", self.child.id());
        for thread in std::fs::read_dir(threads).context("could not read the server's threads")? {
            let thread = thread?.path();
            // One that ends meanwhile is none of those.
            if std::fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.starts_with(HASHER)) {
                // In nanoseconds: time on a processor, time waited for one, turns.
                let times = std::fs::read_to_string(thread.join("schedstat")).context("the kernel tells no times of threads")?;
                hashing += Duration::from_nanos(times.split(' ').next().context("the kernel tells no times of threads")?.parse()?);
            }
        }
        Ok(Spent { all: self.cpu()?, hashing, hashes: self.hashes()? })
    }

    /// Passwords hashed so far, by its own figures.
    fn hashes(&self) -> Result<u32> {
        let mut stream = TcpStream::connect(self.figures).context("could not connect to the server's figures")?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let hashes = text.lines().find_map(|line| line.strip_prefix("onboarding_hashes_total "));
        Ok(hashes.context("the server does not tell how often it hashed")?.trim().parse()?)
    }

    /// Resident memory, in MiB.
    pub(super) fn resident_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells no resident memory")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; nothing is left to do then.
        if self.child.kill().is_ok() && self.child.wait().is_err() {
            eprintln!("could not wait for the server's end");
        }
    }
}

/// What a server spent.
pub(super) struct Spent {
    all: Duration,
    /// By the threads that do nothing but hash.
    hashing: Duration,
    hashes: u32,
}

impl Spent {
    /// What one of so many cost since an earlier moment.
    pub(super) fn since(&self, before: &Self, many: u32) -> Result<Cost> {
        let hashing = self.hashing.saturating_sub(before.hashing);
        let hashes = self.hashes.saturating_sub(before.hashes);
        ensure!(hashes > 0 && hashing > Duration::ZERO, "the server hashed nothing, or its hashing threads could not be found");
        Ok(Cost { one: self.all.saturating_sub(before.all) / many, hash: hashing / hashes })
    }
}

/// CPU time of one call, or of several that belong together.
pub(super) struct Cost {
    pub(super) one: Duration,
    /// Of one hash: a call that hashed twice costs two of them.
    pub(super) hash: Duration,
}

impl Cost {
    /// How many hashes it cost.
    pub(super) fn hashes(&self) -> f64 {
        self.one.as_secs_f64() / self.hash.as_secs_f64()
    }

    /// All but one hash.
    pub(super) fn rest(&self) -> Duration {
        self.one.saturating_sub(self.hash)
    }
}

/// What all cores did so far.
pub(super) struct Machine {
    pub(super) busy: Duration,
    pub(super) idle: Duration,
}

/// As the kernel counts it: `cpu user nice system idle iowait irq softirq steal …`. Waiting for a disk is idle, and what a host
/// takes away is busy.
pub(super) fn machine() -> Result<Machine> {
    let stat = std::fs::read_to_string("/proc/stat").context("could not read the machine's times")?;
    let line = stat.lines().next().context("the kernel tells no times")?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).take(8).map(str::parse).collect::<Result<_, _>>()?;
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    let span = |ticks: u64| Duration::from_millis(ticks * 1_000 / TICKS);
    Ok(Machine { busy: span(ticks.iter().sum::<u64>() - idle), idle: span(idle) })
}
