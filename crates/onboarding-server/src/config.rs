//! The settings of one installation: what each means, what it may be, and which of them do not go together.
//!
//! A file (`onboarding.toml`) with the environment laid over it: `ONBOARDING_<SECTION>__<KEY>` wins over the file. Every wrong value is told
//! with its place, all of them at once. Relative paths start from the file's folder; those of a variable from the working directory.
//! The portals' own files are read elsewhere.

mod base_url;
mod database;
mod letters;
mod mail;
mod table;

pub(crate) use base_url::BaseUrl;
pub(crate) use database::DatabasePlace;
pub(crate) use letters::LetterPlaces;
pub(crate) use mail::MailPlace;
pub(crate) use table::Environment;

use crate::fault::{Fault, Faults};
use onboarding_core::policy::{self, Retention};
use onboarding_http::edge::{
    EdgeLimits,
    client::{ForwardedHeader, Network, TrustedProxies},
};
use onboarding_secrets::{Cost, PoolSettings};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use table::Table;
use tracing::level_filters::LevelFilter;

/// The settings, each within its bounds.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) database: DatabasePlace,
    pub(crate) mail: MailPlace,
    pub(crate) letters: LetterPlaces,
    pub(crate) key_file: PathBuf,
    pub(crate) hashing: PoolSettings,
    pub(crate) portals: PortalSource,
    pub(crate) log: LogSettings,
    /// Where figures are told; `None`: nowhere.
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) retention: Retention,
    /// A file with seconds to add to the clock, for tests against a running server on loopback.
    pub(crate) clock_file: Option<PathBuf>,
}

/// The door to the network.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    pub(crate) base_url: BaseUrl,
    pub(crate) proxies: TrustedProxies,
    pub(crate) limits: EdgeLimits,
}

/// Where the portals' files are.
#[derive(Clone, Debug)]
pub(crate) struct PortalSource {
    /// A folder with a sub-folder per portal; `None`: those in the binary.
    pub(crate) directory: Option<PathBuf>,
    /// The only ones to load; `None`: all.
    pub(crate) only: Option<Vec<String>>,
}

/// What is logged, on the standard error stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSettings {
    pub(crate) format: LogFormat,
    pub(crate) level: LevelFilter,
}

/// How a line of log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The variables of this process. Read once, at the start.
pub(crate) fn environment() -> Environment {
    std::env::vars_os().collect()
}

impl Settings {
    /// Reads the file at `path`.
    pub(crate) fn of_file(path: &Path, environment: Environment) -> Result<Self, Faults> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let reason = if error.kind() == std::io::ErrorKind::InvalidData { "is not UTF-8".to_owned() } else { error.kind().to_string() };
            Fault::new(path.display().to_string(), format!("could not read the configuration: {reason}"))
        })?;
        Self::of_table(Table::read(path, &text, environment)?, LevelFilter::INFO, |table| {
            let listen = table.parsed("server", "listen", listener);
            let listen = table.required("server", "listen", listen);
            let base_url = table.parsed("server", "base_url", BaseUrl::parse);
            let base_url = table.required("server", "base_url", base_url);
            let database = DatabasePlace::of(table);
            let mail = MailPlace::of(table);
            // Not every installation sends letters; where they would lie is settled all the same.
            let letters = LetterPlaces::of(table, path.with_file_name("letters"));
            let key_file = table.path("secrets", "key_file");
            let key_file = table.required("secrets", "key_file", key_file);
            let directory = table.path("portals", "directory");
            let directory = table.required("portals", "directory", directory);
            Some(Fixed {
                listen: listen?,
                base_url: base_url?,
                database: database?,
                mail: mail?,
                letters,
                key_file: key_file?,
                directory: Some(directory?),
            })
        })
    }

    /// The demo's: everything in one folder, plain http on loopback. The environment may still set what is left open.
    pub(crate) fn of_demo(dir: &Path, listen: SocketAddr, environment: Environment) -> Result<Self, Faults> {
        let table = Table::of_environment("the environment", environment);
        Self::of_table(table, LevelFilter::WARN, |table| {
            for (section, key, instead) in [
                ("server", "listen", "the demo takes its address from --listen"),
                ("server", "base_url", "the demo's links lead to where it listens"),
                ("database", "url", "the demo keeps everything in the folder given by --data"),
                ("database", "password_file", "the demo keeps everything in the folder given by --data"),
                ("database", "ca_file", "the demo keeps everything in the folder given by --data"),
                ("database", "connections", "the demo keeps everything in the folder given by --data"),
                ("mail", "folder", "the demo keeps everything in the folder given by --data"),
                ("mail", "smtp", "the demo's mails are files"),
                ("mail", "username", "the demo's mails are files"),
                ("mail", "password", "the demo's mails are files"),
                ("mail", "password_file", "the demo's mails are files"),
                ("mail", "ca_file", "the demo's mails are files"),
                ("mail", "hello_name", "the demo's mails are files"),
                ("mail", "per_minute", "the demo's mails are files"),
                ("letters", "folder", "the demo keeps everything in the folder given by --data"),
                ("letters", "printer", "the demo's letters are files"),
                ("letters", "ca_file", "the demo's letters are files"),
                ("secrets", "key_file", "the demo keeps everything in the folder given by --data"),
                ("portals", "directory", "the demo's portals are those in the binary"),
                ("metrics", "listen", "the demo tells no figures"),
            ] {
                table.decided_elsewhere(section, key, instead);
            }
            Some(Fixed {
                listen,
                base_url: BaseUrl::of_listener(listen),
                database: DatabasePlace::Sqlite(dir.join("onboarding.db")),
                mail: MailPlace::Folder(dir.join("mail")),
                letters: LetterPlaces { folder: dir.join("letters"), printer: None },
                key_file: dir.join("keys.toml"),
                directory: None,
            })
        })
    }

    /// Says where the demo listens in fact: with port 0 only the listener knows.
    pub(crate) fn listens_on(&mut self, listener: SocketAddr) {
        self.server.listen = listener;
        self.server.base_url = BaseUrl::of_listener(listener);
    }

    fn of_table(mut table: Table, level: LevelFilter, fix: impl FnOnce(&mut Table) -> Option<Fixed>) -> Result<Self, Faults> {
        let fixed = fix(&mut table);
        // An address that could not be read is told already; what depends on it is judged once it can be.
        let metrics = table.parsed("metrics", "listen", listener);
        let exposed = metrics.is_some_and(|address| !address.ip().is_loopback())
            || fixed.as_ref().is_some_and(|fixed| !fixed.listen.ip().is_loopback());
        let proxies = proxies(&mut table);
        let mut limits = EdgeLimits::default();
        if let Some(most) = table.number("server", "max_connections", 1..=65_535) {
            limits.connections = most as usize;
        }
        let hashing = hashing(&mut table, exposed);
        let clock_file = table.path("test", "clock_file");
        if clock_file.is_some() && exposed {
            table.fault("test", "clock_file", "moving the clock is for tests: refused unless every listener is loopback");
        }
        let only = table.list("portals", "only");
        if only.as_ref().is_some_and(Vec::is_empty) {
            table.fault("portals", "only", "names no portal; without this setting all of them are served");
        }
        let log = log(&mut table, level);
        let retention = retention(&mut table);
        let settings = fixed.map(|fixed| Self {
            server: Server { listen: fixed.listen, base_url: fixed.base_url, proxies, limits },
            database: fixed.database,
            mail: fixed.mail,
            letters: fixed.letters,
            key_file: fixed.key_file,
            hashing,
            portals: PortalSource { directory: fixed.directory, only },
            log,
            metrics,
            retention,
            clock_file,
        });
        table.finish(settings)
    }
}

/// What a file has to name and the demo decides itself.
struct Fixed {
    listen: SocketAddr,
    base_url: BaseUrl,
    database: DatabasePlace,
    mail: MailPlace,
    letters: LetterPlaces,
    key_file: PathBuf,
    directory: Option<PathBuf>,
}

fn listener(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned())
}

fn proxies(table: &mut Table) -> TrustedProxies {
    let mut networks = Vec::new();
    for text in table.list("server", "trusted_proxies").unwrap_or_default() {
        match text.parse::<Network>() {
            Ok(network) => networks.push(network),
            Err(_) => table.fault("server", "trusted_proxies", format!("`{text}` is neither an address nor a network such as 10.0.0.0/8")),
        }
    }
    let header = table.parsed("server", "forwarded_header", |text| match text {
        "x-forwarded-for" => Ok(ForwardedHeader::XForwardedFor),
        "forwarded" => Ok(ForwardedHeader::Forwarded),
        _ => Err("expected x-forwarded-for or forwarded".to_owned()),
    });
    TrustedProxies::new(networks, header.unwrap_or_default())
}

fn hashing(table: &mut Table, exposed: bool) -> PoolSettings {
    let memory = table.number("hashing", "memory_kib", Cost::MIN_KIB..=Cost::MAX_KIB);
    let passes = table.number("hashing", "passes", 1..=Cost::MAX_PASSES);
    let threads = table.number("hashing", "threads", 1..=64).map(|threads| threads as usize);
    let queue = table.number("hashing", "queue", 1..=10_000).map(|queue| queue as usize);
    let floor = Cost::FLOOR;
    for (key, given, least, unit) in
        [("memory_kib", memory, floor.kib(), "KiB of memory"), ("passes", passes, floor.passes(), "passes over the memory")]
    {
        if exposed && given.is_some_and(|given| given < least) {
            table.fault("hashing", key, format!("at least {least} {unit}; less is for tests: refused unless every listener is loopback"));
        }
    }
    // Both numbers are within the bounds of `Cost::new`, or were told as faults and stand at the floor here.
    let cost = Cost::new(memory.unwrap_or(floor.kib()), passes.unwrap_or(floor.passes())).unwrap_or(floor);
    PoolSettings { cost, threads, queue }
}

/// How long things are kept, in days.
fn retention(table: &mut Table) -> Retention {
    let usual = Retention::default();
    let mut given = |key, most| table.number("retention", key, 1..=most).map(policy::days);
    let (registrations, outbox) = (given("registrations", 365), given("outbox", 365));
    let (audit, consents) = (given("audit", 3_650), given("consents", 3_650));
    let kept = Retention {
        registrations: registrations.unwrap_or(usual.registrations),
        outbox: outbox.unwrap_or(usual.outbox),
        audit: audit.unwrap_or(usual.audit),
        consents: consents.unwrap_or(usual.consents),
    };
    if kept.audit > kept.consents {
        let key = if audit.is_some() { "audit" } else { "consents" };
        table.fault(
            "retention",
            key,
            "the audit trail must not outlive the owners of proofs of consent: it would still tell whose they were",
        );
    }
    kept
}

fn log(table: &mut Table, default: LevelFilter) -> LogSettings {
    let format = table.parsed("log", "format", |text| match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("expected text or json".to_owned()),
    });
    let level = table.parsed("log", "level", |text| match text {
        "off" | "error" | "warn" | "info" | "debug" | "trace" => text.parse().map_err(|_| "could not read the level".to_owned()),
        _ => Err("expected off, error, warn, info, debug or trace".to_owned()),
    });
    LogSettings { format: format.unwrap_or(LogFormat::Text), level: level.unwrap_or(default) }
}

#[cfg(test)]
mod tests;
