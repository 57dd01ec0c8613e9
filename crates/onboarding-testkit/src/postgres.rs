//! A PostgreSQL server for tests: a cluster in a temporary folder, reached over a socket there, with a fresh database for
//! whoever asks. It speaks no SQL itself: PostgreSQL's own programs do.
//!
//! A watchdog of its own starts the cluster and waits for the end of a pipe whose other end this process holds. When this
//! process ends, however it ends, the watchdog stops the cluster and removes the folder.
//!
//! With the variable `ONBOARDING_TEST_POSTGRES_URL` the databases are made on that server instead; its user must be allowed
//! to make them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names a server.
pub const SERVER: &str = "ONBOARDING_TEST_POSTGRES_URL";

/// Whom a server refuses to run as, and whom it runs as instead: `nobody`.
const ROOT: u32 = 0;
const NOBODY: u32 = 65_534;
/// The password of the cluster's only user. It protects nothing: the socket's folder is its owner's and root's.
const PASSWORD: &str = "sample-password";

/// Arguments: folder of the programs, password, further settings. Says `ready` and the folder, or why not.
const WATCHDOG: &str = r#"
bin=$1; password=$2; settings=$3
trap '' HUP INT TERM
cd /
dir=$(mktemp -d /tmp/onboarding-postgres.XXXXXX) || exit 1
printf '%s' "$password" > "$dir/password"
if "$bin/initdb" -D "$dir/data" -U sample -A scram-sha-256 --pwfile="$dir/password" -E UTF8 --locale=C.UTF-8 -N > "$dir/log" 2>&1 &&
   "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/log" -o "-k $dir -c listen_addresses= $settings" start < /dev/null > /dev/null 2>&1
then
    echo "ready $dir"
    exec > /dev/null
    cat > /dev/null
    "$bin/pg_ctl" -D "$dir/data" -w -m immediate stop < /dev/null > /dev/null 2>&1
else
    tail -n 5 "$dir/log"
fi
rm -rf "$dir"
"#;

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    /// `None`: somebody else's, by its address without a database.
    own: Option<Own>,
    server: String,
    made: AtomicU32,
}

#[derive(Debug)]
struct Own {
    bin: PathBuf,
    folder: PathBuf,
    /// Its standard input is the pipe whose end it waits for.
    watchdog: Child,
}

impl Drop for Own {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // Whoever drops a cluster wants it gone.
        let _ = self.watchdog.wait();
    }
}

impl Cluster {
    /// The one that all tests of this process share.
    ///
    /// # Panics
    /// If there is no PostgreSQL to start, or it does not start: with what is missing.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::started_or_named)
    }

    /// The one that the variable names, else one of one's own.
    ///
    /// # Panics
    /// As [`Cluster::shared`].
    pub fn started_or_named() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the tests' own setting, read where it is used")]
        match std::env::var(SERVER) {
            Ok(url) => Self { own: None, server: without_database(&url), made: AtomicU32::new(0) },
            // What is in memory is enough for a server whose machine does not fail.
            Err(_) => Self::start("-c fsync=off -c max_connections=400"),
        }
    }

    /// One of one's own, with further settings such as `-c max_connections=20`.
    ///
    /// # Panics
    /// If there is no PostgreSQL to start, or it does not start: with what is missing.
    pub fn start(settings: &str) -> Self {
        let bin = programs();
        // A server refuses to run as root.
        let as_nobody = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == ROOT);
        let mut command = if as_nobody {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}")).args(["--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", WATCHDOG, "postgres-watchdog"]).arg(&bin).args([PASSWORD, settings]);
        // A group of its own: what ends this process by its group must not end the watchdog before its work.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut watchdog = command.spawn().unwrap_or_else(|error| panic!("could not start PostgreSQL's watchdog: {error}"));
        let mut answer = String::new();
        if let Some(stdout) = watchdog.stdout.take() {
            let mut lines = BufReader::new(stdout);
            let _ = lines.read_line(&mut answer);
            if !answer.starts_with("ready ") {
                let _ = lines.read_to_string(&mut answer);
            }
        }
        let Some(folder) = answer.strip_prefix("ready ").map(|folder| PathBuf::from(folder.trim_end())) else {
            panic!("PostgreSQL in {} did not start: {answer}", bin.display())
        };
        let socket = folder.display().to_string().replace('/', "%2F");
        let server = format!("postgres://sample:{PASSWORD}@{socket}");
        Self { own: Some(Own { bin, folder, watchdog }), server, made: AtomicU32::new(0) }
    }

    /// The address of a new, empty database.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn database(&self) -> String {
        self.make("")
    }

    /// The address of a new database with everything that another one has, whose name is the last part of its address.
    /// Nobody may be using that one meanwhile.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn copy_of(&self, database: &str) -> String {
        let name = database.rsplit('/').next().unwrap_or_default();
        self.make(&format!(" TEMPLATE \"{name}\""))
    }

    fn make(&self, like: &str) -> String {
        // On a server that is somebody else's there may be those of other processes.
        let name = format!("t_{}_{}", std::process::id(), self.made.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name}{like}"));
        format!("{}/{name}", self.server)
    }

    /// Has PostgreSQL's own client carry something out; gives what it prints, without decoration.
    ///
    /// # Panics
    /// If it fails: with what it says.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let database = database.rsplit('/').next().unwrap_or_default();
        let mut command = Command::new(programs().join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]).arg(format!("{}/{database}", self.server)).args(["-c", sql]);
        printed(&mut command)
    }

    /// The address of a database of this cluster, for PostgreSQL's own programs.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Stops the server at once, as a crash does.
    ///
    /// # Panics
    /// If it is somebody else's, or does not stop.
    pub fn stop(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// Starts it again, with the settings it had.
    ///
    /// # Panics
    /// If it is somebody else's, or does not start.
    pub fn start_again(&self) {
        let own = self.own.as_ref().expect("a server of one's own");
        let options = std::fs::read_to_string(own.folder.join("data/postmaster.opts")).expect("it was started before");
        // The first word is the program, the rest what it was given.
        let given = options.trim_end().split_once(' ').map_or("", |(_, given)| given).replace('"', "");
        let given = given.split(' ').skip_while(|word| *word != "-k").collect::<Vec<_>>().join(" ");
        let log = own.folder.join("log").display().to_string();
        self.control(&["-l", &log, "-o", &given, "start"]);
    }

    fn control(&self, arguments: &[&str]) {
        let own = self.own.as_ref().expect("a server of one's own");
        let control = own.bin.join("pg_ctl");
        let owner = std::fs::metadata(own.folder.join("data")).expect("the cluster's folder").uid();
        let mut command = if owner == NOBODY && std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == ROOT) {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}")).arg("--clear-groups").arg(control);
            command
        } else {
            Command::new(control)
        };
        command.current_dir("/").arg("-D").arg(own.folder.join("data")).args(["-w", "-t", "60"]).args(arguments);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "pg_ctl {arguments:?} failed");
    }
}

fn printed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("could not start {command:?}: {error}"));
    assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The folder of PostgreSQL's programs: that of the newest version which the distribution's packages brought, else the one
/// in the path.
#[expect(clippy::disallowed_methods, reason = "programs are looked for where a shell would")]
fn programs() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let whole = |bin: &Path| ["initdb", "pg_ctl", "psql"].iter().all(|program| bin.join(program).is_file());
    let found = versions.into_iter().rev().map(|(_, bin)| bin).chain(in_path).find(|bin| whole(bin));
    found.expect("the tests need PostgreSQL's server: install the package postgresql-15, or name a server in ONBOARDING_TEST_POSTGRES_URL")
}

fn without_database(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").expect("an address such as postgres://user:password@host");
    let authority = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{authority}")
}
