//! Where a run keeps its data, and how it is looked into from outside: by the databases' own programs, never by ours.

use anyhow::{Context, Result, ensure};
use onboarding_testkit::postgres::Cluster;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A kind of database, with as many servers on it as it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database {
    /// A file.
    Sqlite,
    /// A server of its own.
    Postgres,
}

impl Database {
    pub(super) const SQLITE: Self = Self::Sqlite;
    pub(super) const POSTGRES: Self = Self::Postgres;

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "one server on SQLite",
            Self::Postgres => "two servers on PostgreSQL",
        }
    }

    pub(super) fn servers(self) -> usize {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 2,
        }
    }
}

/// A folder and a database of a run's own.
pub(super) struct Ground {
    folder: TempDir,
    place: Place,
}

enum Place {
    File,
    Server { cluster: Cluster, url: String },
}

/// The file's name in the folder.
const FILE: &str = "chaos.db";

impl Ground {
    /// A new one.
    pub(super) fn prepare(database: Database) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("onboarding-chaos-").tempdir().context("could not make a folder")?;
        let place = match database {
            Database::Sqlite => Place::File,
            Database::Postgres => {
                let cluster = Cluster::start("-c max_connections=60");
                let url = cluster.database();
                Place::Server { cluster, url }
            }
        };
        Ok(Self { folder, place })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn servers(&self) -> usize {
        match self.place {
            Place::File => Database::Sqlite.servers(),
            Place::Server { .. } => Database::Postgres.servers(),
        }
    }

    /// As the configuration names it.
    pub(super) fn url(&self) -> String {
        match &self.place {
            Place::File => format!("sqlite:{}", self.folder().join(FILE).display()),
            Place::Server { url, .. } => url.clone(),
        }
    }

    /// What a query gives: one row a line, its columns with `|` between them.
    pub(super) fn query(&self, sql: &str) -> Result<String> {
        match &self.place {
            Place::File => {
                let mut command = Command::new("sqlite3");
                crate::process::output_of(command.args(["-readonly", "-cmd", ".timeout 5000"]).arg(self.folder().join(FILE)).arg(sql))
            }
            Place::Server { cluster, url } => Ok(cluster.psql(url, sql)),
        }
    }

    /// How many rows there are `FROM` this.
    pub(super) fn count(&self, from: &str) -> Result<u64> {
        let text = self.query(&format!("SELECT COUNT(*) FROM {from}"))?;
        text.trim().parse().with_context(|| format!("`{text}` is no number"))
    }

    /// Stops a database that is a server, at once, and starts it again, now and then until `done`; tells how often.
    pub(super) fn outages(&self, seed: u64, done: &AtomicBool) -> Result<u32> {
        let Place::Server { cluster, .. } = &self.place else { return Ok(0) };
        let mut random = StdRng::seed_from_u64(seed);
        let mut stopped = 0;
        loop {
            let pause = Duration::from_millis(random.random_range(3_000..7_000));
            if waits(pause, done) {
                break;
            }
            cluster.stop();
            stopped += 1;
            std::thread::sleep(Duration::from_millis(random.random_range(50..400)));
            cluster.start_again();
        }
        ensure!(cluster.psql("postgres", "SELECT 1") == "1", "the database did not come back");
        Ok(stopped)
    }
}

/// Waits, but not longer than until `done`; tells whether it is.
pub(super) fn waits(pause: Duration, done: &AtomicBool) -> bool {
    let begun = std::time::Instant::now();
    while begun.elapsed() < pause {
        if done.load(Ordering::Relaxed) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    done.load(Ordering::Relaxed)
}
