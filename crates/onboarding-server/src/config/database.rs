//! Where an installation keeps its data: a file of SQLite's for one process, or a server of PostgreSQL's.

use super::table::Table;
use onboarding_store::PostgresOptions;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where the data are.
#[derive(Clone, Debug)]
pub(crate) enum DatabasePlace {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Box<Server>),
}

/// A server of PostgreSQL's. The password's file is read when the database is opened.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) options: PostgresOptions,
    pub(crate) password_file: Option<PathBuf>,
}

impl DatabasePlace {
    /// Reads the section.
    pub(super) fn of(table: &mut Table) -> Option<Self> {
        let base = table.base("database", "url");
        let place = table.parsed("database", "url", |url| read(url, &base));
        let place = table.required("database", "url", place);
        let password_file = table.path("database", "password_file");
        let ca_file = table.path("database", "ca_file");
        let connections = table.number("database", "connections", 2..=1_000);
        match place? {
            Self::Sqlite(path) => {
                for (key, given) in
                    [("password_file", password_file.is_some()), ("ca_file", ca_file.is_some()), ("connections", connections.is_some())]
                {
                    if given {
                        table.fault("database", key, "is for a server; SQLite's is a file");
                    }
                }
                Some(Self::Sqlite(path))
            }
            Self::Postgres(mut server) => {
                server.options.ca_file = ca_file;
                if let Some(connections) = connections {
                    server.options.connections = connections;
                }
                Some(Self::Postgres(Box::new(Server { password_file, ..*server })))
            }
        }
    }

    /// Whether it is known, without asking anybody, that there are no data yet.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Sqlite(path) => !path.exists(),
            Self::Postgres(_) => false,
        }
    }
}

/// As it may be told: without user and password.
impl fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(server) => write!(f, "{}", server.options),
        }
    }
}

const FORM: &str =
    "expected sqlite: and a path, such as sqlite:onboarding.db, or a server's address, such as postgres://user@host/onboarding";

/// Nothing of an address is quoted: it may hold a password.
fn read(url: &str, base: &Path) -> Result<DatabasePlace, String> {
    match url.split_once(':') {
        Some(("sqlite", path)) => match path.strip_prefix("//").unwrap_or(path) {
            "" => Err("expected a path".to_owned()),
            ":memory:" => Err("a database in memory would forget everything at the end; name a file".to_owned()),
            path if path.contains('?') => Err("expected sqlite: and a path; options behind a `?` are not known".to_owned()),
            path => Ok(DatabasePlace::Sqlite(base.join(path))),
        },
        Some(("postgres" | "postgresql", _)) => {
            let options = PostgresOptions::parse(url)?;
            Ok(DatabasePlace::Postgres(Box::new(Server { options, password_file: None })))
        }
        _ => Err(FORM.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_file_or_a_server() {
        let told = |url| read(url, Path::new("/base")).map(|place| place.to_string());
        for (url, place) in [
            ("sqlite:a b.db", "/base/a b.db"),
            ("sqlite:///var/a.db", "/var/a.db"),
            ("sqlite://a.db", "/base/a.db"),
            ("sqlite:/a.db", "/a.db"),
            ("postgres://eva@db.example/portal", "postgres://db.example:5432/portal"),
            ("postgresql://eva:s3cret@db.example:5433/portal?sslmode=require", "postgres://db.example:5433/portal"),
        ] {
            assert_eq!(told(url).as_deref(), Ok(place), "{url}");
        }
        for url in [
            "onboarding.db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:a.db?mode=rwc",
            "mysql://eva:s3cret@a",
            "C:\\a.db",
            "postgres://eva:s3cret@db",
        ] {
            let reason = told(url).unwrap_err();
            assert!(!reason.contains("s3cret"), "{reason}");
        }
    }
}
