//! Where a PostgreSQL database is and how it is reached: judged before anything is opened, and told without its password.

use onboarding::ports::{Clock, StoreError};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Statements that a connection keeps prepared: ours, with a few lengths of their lists each.
const PREPARED: usize = 256;

/// Where the database is and how it is reached.
#[derive(Clone)]
pub struct PostgresOptions {
    address: PgConnectOptions,
    /// Whether the address says how far the connection is to be protected.
    names_tls: bool,
    /// The user's password; beside one in the address, this one counts.
    pub password: Option<SecretString>,
    /// A file of PEM certificates that the server's must be signed by. Without it the usual public ones count.
    pub ca_file: Option<PathBuf>,
    /// Connections at most. About 2 for each core of the database's machine.
    pub connections: u32,
    /// How long a caller waits for a connection, and a statement for a lock.
    pub patience: Duration,
    /// The machine's own clock, which the database's is compared with; `None`: the clocks are not compared.
    pub machine: Option<Arc<dyn Clock>>,
}

impl PostgresOptions {
    /// A database by its address, such as `postgres://user@host:5432/database`, with 2 connections for each core of this
    /// machine and 5 seconds of patience. A folder's path as host, percent-encoded, is that of a socket. Of the settings
    /// behind a `?` only `sslmode` is known.
    ///
    /// Without `sslmode` a connection to another machine is encrypted and the server proves its name; one to this machine
    /// is encrypted if the server offers it.
    ///
    /// # Errors
    /// What is wrong with the address, in words that quote nothing of it.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expected postgres:// and user@host:port/database";
        let (scheme, rest) = url.split_once("://").ok_or(FORM)?;
        if scheme != "postgres" && scheme != "postgresql" {
            return Err(FORM);
        }
        let (place, settings) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = place.split_once('/').ok_or("names no database; expected one behind the host, such as /onboarding")?;
        if database.is_empty() || database.contains('/') {
            return Err("names no database; expected one behind the host, such as /onboarding");
        }
        let (user, host) = authority.rsplit_once('@').ok_or("names no user; expected one before the host, such as onboarding@")?;
        if user.is_empty() || user.starts_with(':') {
            return Err("names no user; expected one before the host, such as onboarding@");
        }
        if host.is_empty() || host.starts_with(':') {
            return Err("names no host");
        }
        let mut names_tls = false;
        for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
            match setting.split_once('=') {
                Some(("sslmode", "disable" | "prefer" | "require" | "verify-ca" | "verify-full")) => names_tls = true,
                Some(("sslmode", _)) => return Err("sslmode is one of disable, prefer, require, verify-ca and verify-full"),
                _ => return Err("knows no setting behind the `?` but sslmode"),
            }
        }
        let address = PgConnectOptions::from_str(url).map_err(|_| FORM)?;
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Ok(Self {
            address,
            names_tls,
            password: None,
            ca_file: None,
            connections: u32::try_from(2 * cores).unwrap_or(u32::MAX).max(4),
            patience: Duration::from_secs(5),
            machine: None,
        })
    }

    /// Whether the server is reached without leaving this machine.
    fn is_here(&self) -> bool {
        let host = self.address.get_host().trim_start_matches('[').trim_end_matches(']');
        self.address.get_socket().is_some()
            || host.starts_with('/')
            || host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// For the driver: with password, certificates and what every session of ours has.
    pub(super) async fn connect(&self) -> Result<PgConnectOptions, StoreError> {
        use sea_orm::sqlx::ConnectOptions as _;
        let mut connect = self.address.clone();
        if let Some(password) = &self.password {
            connect = connect.password(password.expose_secret());
        }
        if let Some(path) = &self.ca_file {
            let (path, place) = (path.clone(), path.display().to_string());
            let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
            let pem = read.map_err(|_| std::io::ErrorKind::Other).and_then(|read| read.map_err(|error| error.kind()));
            let pem = pem.map_err(|kind| StoreError::Unavailable(format!("could not read the certificates {place}: {kind}")))?;
            connect = connect.ssl_root_cert_from_pem(pem);
        }
        if !self.names_tls {
            let proven = self.ca_file.is_some() || !self.is_here();
            connect = connect.ssl_mode(if proven { PgSslMode::VerifyFull } else { PgSslMode::Prefer });
        }
        let patience = self.patience.as_millis();
        Ok(connect
            .application_name("onboarding")
            .statement_cache_capacity(PREPARED)
            // Statements carry addresses and names.
            .disable_statement_logging()
            .options([
                // What the proof of our transactions is made for, whatever the server's default is.
                ("default_transaction_isolation", "read committed".to_owned()),
                ("lock_timeout", patience.to_string()),
                // A replica that hangs in the middle of a step must not hold its rows for ever.
                ("idle_in_transaction_session_timeout", (4 * patience).to_string()),
            ]))
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What the driver would print of its options has the password in it.
        write!(f, "{self}")
    }
}

/// The address without user and password.
impl fmt::Display for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.address.get_database().unwrap_or_default();
        match self.address.get_socket() {
            Some(socket) => write!(f, "postgres://{}/{database}", socket.display()),
            None => write!(f, "postgres://{}:{}/{database}", self.address.get_host(), self.address.get_port()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_without_its_password() {
        let options = PostgresOptions::parse("postgres://eva:s3cret@db.example:5433/portal?sslmode=require").unwrap();
        let told = format!("{options} {options:?}");
        assert_eq!(told, "postgres://db.example:5433/portal postgres://db.example:5433/portal");
        let socket = PostgresOptions::parse("postgres://eva@%2Ftmp%2Fpg/portal").unwrap();
        assert_eq!(socket.to_string(), "postgres:///tmp/pg/portal");
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told_without_quoting_it() {
        for (url, reason) in [
            ("mysql://eva:s3cret@db/portal", "expected postgres://"),
            ("postgres:eva:s3cret@db/portal", "expected postgres://"),
            ("postgres://eva:s3cret@db", "names no database"),
            ("postgres://eva:s3cret@db/", "names no database"),
            ("postgres://db/portal", "names no user"),
            ("postgres://:s3cret@db/portal", "names no user"),
            ("postgres://eva:s3cret@/portal", "names no host"),
            ("postgres://eva:s3cret@db/portal?sslmode=s3cret", "sslmode is one of"),
            ("postgres://eva:s3cret@db/portal?options=s3cret", "no setting"),
            ("postgres://eva:s3cret@db:s3cret/portal", "expected postgres://"),
        ] {
            let told = PostgresOptions::parse(url).unwrap_err();
            assert!(told.contains(reason) && !told.contains("s3cret"), "{url}: {told}");
        }
    }

    #[tokio::test]
    async fn a_server_elsewhere_proves_its_name_unless_the_address_says_otherwise() {
        for (url, expected) in [
            ("postgres://eva@db.example/portal", "VerifyFull"),
            ("postgres://eva@db.example/portal?sslmode=require", "Require"),
            ("postgres://eva@localhost/portal", "Prefer"),
            ("postgres://eva@127.0.0.1/portal", "Prefer"),
            ("postgres://eva@[::1]/portal", "Prefer"),
            ("postgres://eva@%2Frun%2Fpostgresql/portal", "Prefer"),
        ] {
            let mode = PostgresOptions::parse(url).unwrap().connect().await.unwrap().get_ssl_mode();
            assert_eq!(format!("{mode:?}"), expected, "{url}");
        }
    }
}
