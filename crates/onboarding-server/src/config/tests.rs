//! Every wrong value is refused with its place, and no place is told twice.

use super::*;
use std::ffi::OsString;

const GOOD: &str = r#"
[server]
listen = "0.0.0.0:8080"
base_url = "https://portal.example.org"

[database]
url = "sqlite:data/onboarding.db"

[mail]
folder = "mail"

[secrets]
key_file = "/etc/onboarding/keys.toml"

[portals]
directory = "portals"
"#;

fn variables(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Settings, Faults> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("onboarding.toml");
    std::fs::write(&path, text).unwrap();
    Settings::of_file(&path, variables(environment))
}

/// Every fault without the folder before the file's name.
fn told(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let faults = read(text, environment).map(|_| ()).unwrap_err();
    let short = |fault: String| fault.rsplit_once("/onboarding.toml").map_or_else(|| fault.clone(), |(_, rest)| rest.to_owned());
    faults.iter().map(|fault| short(fault.to_string())).collect()
}

/// The good file with one line replaced.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    GOOD.replace(line, instead)
}

#[test]
fn a_good_file_is_taken_and_its_relative_paths_start_beside_it() {
    let settings = read(GOOD, &[]).unwrap();
    assert_eq!(settings.server.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(settings.server.base_url.as_str(), "https://portal.example.org");
    let DatabasePlace::Sqlite(database) = &settings.database else { panic!("{}", settings.database) };
    assert!(database.is_absolute() && database.ends_with("data/onboarding.db"));
    assert_eq!(settings.key_file, Path::new("/etc/onboarding/keys.toml"));
    assert!(settings.letters.folder.is_absolute() && settings.letters.folder.ends_with("letters"));
    let elsewhere = read(GOOD, &[("ONBOARDING_LETTERS__FOLDER", "/srv/spool")]).unwrap();
    assert_eq!(elsewhere.letters.folder, Path::new("/srv/spool"));
    assert_eq!(settings.hashing.cost, Cost::FLOOR);
    assert_eq!(settings.server.limits.connections, EdgeLimits::default().connections);
    assert_eq!(settings.portals.only, None);
}

#[test]
fn the_environment_wins_over_the_file() {
    let settings = read(
        GOOD,
        &[
            ("ONBOARDING_SERVER__LISTEN", "127.0.0.1:9090"),
            ("ONBOARDING_SERVER__MAX_CONNECTIONS", "17"),
            ("ONBOARDING_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("ONBOARDING_PORTALS__ONLY", "one,two"),
            ("ONBOARDING_DATABASE__URL", "sqlite:/var/lib/onboarding.db"),
            ("HOME", "/root"),
        ],
    )
    .unwrap();
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:9090");
    assert_eq!(settings.server.limits.connections, 17);
    assert!(settings.server.proxies.include("10.1.2.3".parse().unwrap()) && settings.server.proxies.include("::1".parse().unwrap()));
    assert_eq!(settings.portals.only.unwrap(), ["one", "two"]);
    assert_eq!(settings.database.to_string(), "/var/lib/onboarding.db");
}

#[test]
fn every_wrong_value_is_told_at_once_with_line_and_reason() {
    let text = r#"
[server]
listen = "8080"
base_url = "http://portal.example.org"
trusted_proxies = ["10.0.0.0/33"]
max_connections = 0

[database]
url = "postgres://db/onboarding"

[mail]
folder = 5

[secrets]
key_file = ""

[portals]
directory = "portals"

[log]
level = "loud"
"#;
    let told = told(text, &[]);
    let expected = [
        ":3: expected an address and a port",
        ":4: must begin with https://",
        ":5: `10.0.0.0/33` is neither",
        ":6: expected a whole number from 1 to 65535",
        ":9: names no user; expected one before the host",
        ":12: expected a text in quotes, found a number",
        ":15: expected a path",
        ":21: expected off, error",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for start in expected {
        assert!(told.iter().any(|fault| fault.starts_with(start)), "{start} in {told:#?}");
    }
}

#[test]
fn what_no_setting_is_called_is_refused_with_its_line() {
    let misspelt = with("base_url", "base_uri");
    let told_here = told(&misspelt, &[]);
    assert!(told_here[0].ends_with(": [server] base_url: this setting is missing"), "{told_here:?}");
    assert!(told_here[1].starts_with(":4: [server] has no setting `base_uri`, only base_url, "), "{told_here:?}");
    assert_eq!(told(&format!("{GOOD}[servers]\n"), &[]), [":17: there is no section [servers]"]);
    assert_eq!(told(&format!("port = 1{GOOD}"), &[]), [":1: `port` stands outside of every section"]);
    assert_eq!(told(&format!("{GOOD}only = []\n"), &[]), [":17: names no portal; without this setting all of them are served"]);
    assert_eq!(told(&format!("{GOOD}[test]\nclock_file = \"x\"\n"), &[]), [":17: there is no section [test]"]);
}

#[test]
fn every_break_of_the_syntax_is_told_with_its_line() {
    let told = told("[server\nlisten = \"a\"\nlisten = \"b\"\n[log]\nlevel = loud\n", &[]);
    assert!(told.iter().any(|fault| fault.starts_with(":1: ")), "{told:?}");
    assert!(told.iter().any(|fault| fault.starts_with(":5: ")), "{told:?}");
}

#[test]
fn an_unknown_variable_is_refused_by_name() {
    for name in
        ["ONBOARDING_SERVER__LISTNE", "ONBOARDING_CONFIG", "ONBOARDING_SERVER_LISTEN", "ONBOARDING_server__listen", "ONBOARDING_SMTP__HOST"]
    {
        let told = told(GOOD, &[(name, "x")]);
        assert!(told.len() == 1 && told[0].starts_with(&format!("{name}: ")), "{told:?}");
    }
}

#[test]
fn a_wrong_variable_is_told_by_name() {
    let told = told(GOOD, &[("ONBOARDING_SERVER__LISTEN", "8080")]);
    assert!(told.len() == 1 && told[0].starts_with("ONBOARDING_SERVER__LISTEN: expected an address"), "{told:?}");
}

#[test]
fn a_moved_clock_is_refused_where_strangers_can_reach_the_server() {
    let clock = [("ONBOARDING_TEST__CLOCK_FILE", "/tmp/clock")];
    let told = told(GOOD, &clock);
    assert!(told.len() == 1 && told[0].starts_with("ONBOARDING_TEST__CLOCK_FILE: moving the clock is for tests"), "{told:?}");
    for loopback in ["127.0.0.1:0", "[::1]:8080"] {
        assert!(read(&with("0.0.0.0:8080", loopback), &clock).unwrap().clock_file.is_some());
    }
}

#[test]
fn a_cheap_hash_is_refused_where_strangers_can_reach_the_server() {
    let cheap = "[hashing]\nmemory_kib = 64\npasses = 1\n";
    let told = told(&format!("{GOOD}{cheap}"), &[]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with(":18: at least 19456 KiB") && told[1].starts_with(":19: at least 2 passes"), "{told:?}");
    let loopback = with("0.0.0.0:8080", "127.0.0.1:8080");
    let settings = read(&format!("{loopback}{cheap}"), &[]).unwrap();
    assert_eq!(settings.hashing.cost, Cost::new(64, 1).unwrap());
}

#[test]
fn a_servers_settings_are_read_beside_its_address_and_are_no_files() {
    let server = with("sqlite:data/onboarding.db", "postgres://eva@db.example/portal")
        .replace("[mail]", "password_file = \"secret\"\nca_file = \"/etc/ca.pem\"\nconnections = 12\n[mail]");
    let settings = read(&server, &[("ONBOARDING_DATABASE__PASSWORD_FILE", "/run/secret")]).unwrap();
    let DatabasePlace::Postgres(database) = settings.database else { panic!("{}", settings.database) };
    assert_eq!(database.options.to_string(), "postgres://db.example:5432/portal");
    assert_eq!((database.options.connections, database.options.ca_file.as_deref()), (12, Some(Path::new("/etc/ca.pem"))));
    assert_eq!(database.password_file.as_deref(), Some(Path::new("/run/secret")));
    let file = with("[mail]", "password_file = \"secret\"\nconnections = 1\n[mail]");
    let mut told = told(&file, &[]);
    told.sort();
    assert_eq!(told, [":10: expected a whole number from 2 to 1000", ":9: is for a server; SQLite's is a file"]);
}

#[test]
fn the_demo_decides_where_its_data_lie() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let demo = |environment| Settings::of_demo(Path::new("dir"), listen, variables(environment));
    let settings = demo(&[("ONBOARDING_HASHING__MEMORY_KIB", "64"), ("ONBOARDING_LOG__LEVEL", "debug")]).unwrap();
    assert_eq!(settings.database.to_string(), "dir/onboarding.db");
    assert_eq!(settings.hashing.cost.kib(), 64);
    assert_eq!(settings.log.level, LevelFilter::DEBUG);
    let refused = demo(&[("ONBOARDING_MAIL__FOLDER", "/tmp")]).unwrap_err();
    assert_eq!(refused.to_string(), "ONBOARDING_MAIL__FOLDER: the demo keeps everything in the folder given by --data");
    assert!(demo(&[("ONBOARDING_SERVER__PORT", "1")]).is_err());
}

#[test]
fn things_are_kept_as_long_as_the_installation_says_within_bounds() {
    let usual = read(GOOD, &[]).unwrap().retention;
    assert_eq!(usual, Retention::default());
    let own = read(&format!("{GOOD}[retention]\nregistrations = 7\nconsents = 1000\n"), &[("ONBOARDING_RETENTION__OUTBOX", "14")]).unwrap();
    let expected = Retention { registrations: policy::days(7), outbox: policy::days(14), consents: policy::days(1_000), ..usual };
    assert_eq!(own.retention, expected);
    let lines = GOOD.lines().count();
    assert_eq!(
        told(&format!("{GOOD}[retention]\nregistrations = 0\naudit = 2000\noutbox = \"long\"\n"), &[]),
        [
            format!(":{}: expected a whole number from 1 to 365", lines + 2),
            format!(":{}: expected a whole number, found a text", lines + 4),
            format!(
                ":{}: the audit trail must not outlive the owners of proofs of consent: it would still tell whose they were",
                lines + 3
            ),
        ]
    );
}

#[test]
fn letters_go_to_a_printer_inside_tls_or_on_this_machine() {
    let printed = |lines: &str| with("[secrets]", &format!("[letters]\n{lines}\n[secrets]"));
    let settings = read(&printed("printer = \"ipps://printer.example/ipp/print\"\nca_file = \"ca.pem\""), &[]).unwrap();
    let printer = settings.letters.printer.unwrap();
    assert_eq!(printer.address.to_string(), "ipps://printer.example:631/ipp/print");
    assert!(printer.ca_file.unwrap().is_absolute() && settings.letters.folder.ends_with("letters"));
    assert!(read(GOOD, &[("ONBOARDING_LETTERS__PRINTER", "ipp://localhost/printers/post")]).unwrap().letters.printer.is_some());
    let faults = told(&printed("printer = \"ipp://eva:s3cret@printer.example/\"\nca_file = \"ca.pem\""), &[]);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with(":13: ") || faults[1].starts_with(":13: "), "{faults:?}");
    assert!(!faults.concat().contains("s3cret"), "{faults:?}");
}
