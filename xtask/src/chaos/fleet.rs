//! The servers of a run: started, killed, and started again on the same address and data. When, a seed decides.

use super::ground::{Ground, waits};
use crate::sample;
use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a server lives in the storm, in milliseconds after its first answer.
const LIFE: std::ops::Range<u64> = 50..400;
/// The moments it dies at by itself, with their chances in a thousand.
const MOMENTS: &str = "before-commit=4,after-commit=4,after-lease=20";
/// Without a guard each moment counts: a step that is torn in two shows only if a server dies in between, and that must not be left to luck
/// where few people register.
const MANY_MOMENTS: &str = "before-commit=4,after-commit=150,after-lease=60";

/// How servers died, and the database under them.
#[derive(Clone, Copy, Default)]
pub(super) struct Deaths {
    pub(super) killed: u32,
    pub(super) by_themselves: u32,
    pub(super) plugs: u32,
    pub(super) outages: u32,
}

/// All servers of a run.
pub(super) struct Fleet {
    seats: Vec<Arc<Seat>>,
    clock: PathBuf,
    ahead: Mutex<Duration>,
    outages: AtomicU32,
    plugs: AtomicU32,
    keepers: Mutex<Vec<JoinHandle<()>>>,
}

struct Seat {
    binary: PathBuf,
    config: PathBuf,
    clock: PathBuf,
    log: PathBuf,
    address: SocketAddr,
    /// What it does to itself in the storm, and what it lacks at all times.
    moments: &'static str,
    lacks: &'static str,
    seed: u64,
    process: Mutex<Option<Child>>,
    stormy: AtomicBool,
    over: AtomicBool,
    killed: AtomicU32,
    by_themselves: AtomicU32,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fleet {
    /// Writes everything that servers need, and starts none.
    pub(super) fn prepare(
        root: &Path,
        binary: &Path,
        ground: &Ground,
        mail: SocketAddr,
        records: u32,
        seed: u64,
        without: Option<&'static str>,
    ) -> Result<Self> {
        let dir = ground.folder();
        let csv = sample::write(root, dir, records)?;
        let clock = dir.join("clock");
        std::fs::write(&clock, "0")?;
        let mut seats = Vec::new();
        for number in 0..ground.servers() {
            // Taken once to learn of a free one; a server takes it over and over again.
            let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).context("no address is free")?;
            let config = dir.join(format!("server-{number}.toml"));
            let text = format!(
                "[server]\nlisten = \"{address}\"\nbase_url = \"https://portal.example\"\ntrusted_proxies = [\"127.0.0.1\"]\n[database]\nurl = \"{}\"\n[mail]\nsmtp = \"smtp+plain://{mail}\"\n\
                 [secrets]\nkey_file = \"keys.toml\"\n[hashing]\nmemory_kib = 64\npasses = 1\n[portals]\ndirectory = \"portals\"\n\
                 [log]\nlevel = \"debug\"\n",
                ground.url()
            );
            std::fs::write(&config, text)?;
            seats.push(Arc::new(Seat {
                binary: binary.to_owned(),
                config,
                clock: clock.clone(),
                log: dir.join(format!("server-{number}.log")),
                address,
                moments: if without.is_some() { MANY_MOMENTS } else { MOMENTS },
                lacks: without.unwrap_or_default(),
                seed: seed.wrapping_mul(1_000_003).wrapping_add(number as u64),
                process: Mutex::new(None),
                stormy: AtomicBool::new(false),
                over: AtomicBool::new(false),
                killed: AtomicU32::new(0),
                by_themselves: AtomicU32::new(0),
            }));
        }
        let command = |arguments: &[&str]| {
            crate::process::run(Command::new(binary).args(arguments).arg("--config").arg(&seats[0].config).stdout(Stdio::null()))
        };
        command(&["migrate"])?;
        command(&["records", "import", sample::PORTAL, &csv.to_string_lossy()])?;
        Ok(Self { seats, clock, ahead: Mutex::default(), outages: AtomicU32::new(0), plugs: AtomicU32::new(0), keepers: Mutex::default() })
    }

    /// Starts every server, and has it started again whenever it ends.
    pub(super) fn begin(&self) {
        let keepers = self.seats.iter().map(|seat| {
            let seat = Arc::clone(seat);
            std::thread::spawn(move || seat.keep())
        });
        held(&self.keepers).extend(keepers);
    }

    /// From now on they are killed.
    pub(super) fn storm(&self) {
        self.seats.iter().for_each(|seat| seat.stormy.store(true, Ordering::Relaxed));
    }

    /// From now on they live, each as a new process that does nothing to itself.
    pub(super) fn calm(&self) {
        for seat in &self.seats {
            seat.stormy.store(false, Ordering::Relaxed);
            seat.kill();
        }
    }

    /// Kills all at once, if there is a storm: whoever was talking is cut off in the middle of a word.
    pub(super) fn pull_the_plug(&self) {
        self.plugs.fetch_add(1, Ordering::Relaxed);
        for seat in self.seats.iter().filter(|seat| seat.stormy.load(Ordering::Relaxed)) {
            seat.kill();
        }
    }

    /// Ends all, for good.
    pub(super) fn end(&self) {
        for seat in &self.seats {
            seat.over.store(true, Ordering::Relaxed);
            seat.kill();
        }
        for keeper in held(&self.keepers).drain(..) {
            // A keeper that panicked has said so on standard error, and its server is dead.
            drop(keeper.join());
        }
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.seats.iter().map(|seat| seat.address).collect()
    }

    pub(super) fn count_outages(&self, outages: u32) {
        self.outages.fetch_add(outages, Ordering::Relaxed);
    }

    pub(super) fn deaths(&self) -> Deaths {
        let sum = |of: fn(&Seat) -> &AtomicU32| self.seats.iter().map(|seat| of(seat).load(Ordering::Relaxed)).sum();
        Deaths {
            killed: sum(|seat| &seat.killed),
            by_themselves: sum(|seat| &seat.by_themselves),
            plugs: self.plugs.load(Ordering::Relaxed),
            outages: self.outages.load(Ordering::Relaxed),
        }
    }

    /// Everything the servers have logged.
    pub(super) fn logs(&self) -> Result<String> {
        let mut all = String::new();
        for seat in &self.seats {
            all.push_str(&std::fs::read_to_string(&seat.log).context("could not read a server's log")?);
        }
        Ok(all)
    }

    /// How the first server's log ends: for whoever wonders why nobody answers.
    pub(super) fn last_words(&self) -> String {
        let log = self.seats.first().and_then(|seat| std::fs::read_to_string(&seat.log).ok()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("the server's log ends:\n{}", lines[lines.len().saturating_sub(8)..].join("\n"))
    }

    /// Moves the servers' clocks on.
    pub(super) fn advance(&self, by: Duration) -> Result<()> {
        let mut ahead = held(&self.ahead);
        *ahead += by;
        // Renamed into place: a server never reads half a number.
        let draft = self.clock.with_extension("draft");
        std::fs::write(&draft, ahead.as_secs().to_string())?;
        std::fs::rename(&draft, &self.clock).context("could not move the clock")
    }

    /// Whether a delivery is due that nobody has taken yet.
    pub(super) fn has_something_due(&self, ground: &Ground) -> Result<bool> {
        let now = std::time::UNIX_EPOCH.elapsed().context("the clock stands before 1970")? + *held(&self.ahead);
        Ok(ground.count(&format!("outbox WHERE status = 'queued' AND due_at <= {}", now.as_micros()))? > 0)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.end();
    }
}

impl Seat {
    fn keep(&self) {
        let mut random = StdRng::seed_from_u64(self.seed);
        while !self.over.load(Ordering::Relaxed) {
            let stormy = self.stormy.load(Ordering::Relaxed);
            if let Err(error) = self.start(stormy) {
                eprintln!("{error:#}");
                return;
            }
            let life = Duration::from_millis(random.random_range(LIFE));
            let mut lived = None;
            loop {
                if self.has_ended() {
                    // One that never answered found no database, and died of nothing else.
                    self.by_themselves.fetch_add(u32::from(lived.is_some()), Ordering::Relaxed);
                    break;
                }
                if lived.is_none() && self.answers() {
                    lived = Some(std::time::Instant::now());
                }
                if stormy && lived.is_some_and(|since| since.elapsed() >= life) {
                    self.killed.fetch_add(1, Ordering::Relaxed);
                    self.kill();
                    break;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            if lived.is_none() {
                // Its database is away.
                waits(Duration::from_millis(50), &self.over);
            }
        }
    }

    fn start(&self, stormy: bool) -> Result<()> {
        let log = || File::options().create(true).append(true).open(&self.log).context("could not open a server's log");
        let plan = if stormy { format!("{},{}", self.moments, self.lacks) } else { self.lacks.to_owned() };
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--config"]).arg(&self.config).env("ONBOARDING_TEST__CLOCK_FILE", &self.clock).env("CHAOS_PLAN", plan);
        let mut process = held(&self.process);
        if self.over.load(Ordering::Relaxed) {
            return Ok(());
        }
        *process = Some(command.stdin(Stdio::null()).stdout(log()?).stderr(log()?).spawn().context("could not start a server")?);
        Ok(())
    }

    /// Whether it ended, by itself or killed.
    fn has_ended(&self) -> bool {
        let mut process = held(&self.process);
        let Some(child) = process.as_mut() else { return true };
        if matches!(child.try_wait(), Ok(None)) {
            return false;
        }
        *process = None;
        true
    }

    /// Whether it serves. That it has taken its address is not enough: connections wait in the kernel's queue meanwhile.
    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(Duration::from_millis(250)))?;
            stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: chaos\r\nConnection: close\r\n\r\n")?;
            let mut head = [0; 12];
            stream.read_exact(&mut head)?;
            Ok(head.ends_with(b"200"))
        };
        ask().unwrap_or(false)
    }

    fn kill(&self) {
        if let Some(mut child) = held(&self.process).take() {
            // It may have ended by itself a moment ago.
            drop(child.kill());
            drop(child.wait());
        }
    }
}
