//! A server does not start with settings that are wrong, and says where they stand.

use crate::harness::Installation;

#[test]
fn a_wrong_value_is_told_with_file_line_and_reason() {
    let installation = Installation::new();
    installation.spoil("onboarding.toml", "sqlite:onboarding.db", "mongodb://db");
    for command in
        [&["serve"][..], &["migrate"], &["check"], &["records", "import", "housing", "x.csv"], &["openapi", "--config", "onboarding.toml"]]
    {
        let said = installation.run(command);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{command:?}: {said:?}");
        assert_eq!(
            said.err,
            "error: onboarding.toml:6: expected sqlite: and a path, such as sqlite:onboarding.db, or a server's address, such as postgres://user@host/onboarding\n"
        );
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let installation = Installation::new();
    installation.spoil("onboarding.toml", "base_url = \"https:", "base_url = \"http:");
    installation.spoil("onboarding.toml", "passes = 1", "passes = 0\nlanes = 1");
    let said = installation.run_with(&["serve"], &[("ONBOARDING_SERVER__PORT", "80")]);
    let told: Vec<_> = said.err.lines().collect();
    assert_eq!(told.len(), 4, "{said:?}");
    assert!(told[0].starts_with("error: onboarding.toml:3: must begin with https://"), "{said:?}");
    assert!(told[1].starts_with("error: onboarding.toml:16: expected a whole number from 1 to 64"), "{said:?}");
    assert!(told[2..].iter().any(|line| line.starts_with("error: onboarding.toml:17: [hashing] has no setting `lanes`")), "{said:?}");
    assert!(told[2..].iter().any(|line| line.starts_with("error: ONBOARDING_SERVER__PORT: [server] has no setting `port`")), "{said:?}");
}

#[test]
fn a_configuration_that_is_not_there_is_told_by_name() {
    let said = Installation::empty().run(&["serve", "--config", "etc/onboarding.toml"]);
    assert_eq!((said.code, said.err.as_str()), (1, "error: etc/onboarding.toml: could not read the configuration: entity not found\n"));
}

#[test]
fn an_unknown_variable_is_refused_by_name() {
    let installation = Installation::new();
    for command in [&["serve"][..], &["demo", "--listen", "127.0.0.1:0"], &["migrate", "--data", "data"]] {
        let said = installation.run_with(command, &[("ONBOARDING_SEVRER__LISTEN", "127.0.0.1:0")]);
        assert_eq!((said.code, said.err.as_str()), (1, "error: ONBOARDING_SEVRER__LISTEN: there is no section [sevrer]\n"), "{command:?}");
    }
}

#[test]
fn a_moved_clock_is_refused_where_strangers_can_reach_the_server() {
    let installation = Installation::new();
    installation.spoil("onboarding.toml", "127.0.0.1:0", "0.0.0.0:0");
    installation.spoil("onboarding.toml", "memory_kib = 64\npasses = 1\n", "");
    let said = installation.run_with(&["serve"], &[("ONBOARDING_TEST__CLOCK_FILE", "/tmp/clock")]);
    assert_eq!(said.code, 1);
    assert_eq!(said.err, "error: ONBOARDING_TEST__CLOCK_FILE: moving the clock is for tests: refused unless every listener is loopback\n");
}

#[test]
fn a_cheap_hash_is_refused_where_strangers_can_reach_the_server() {
    let installation = Installation::new();
    installation.spoil("onboarding.toml", "127.0.0.1:0", "0.0.0.0:0");
    let said = installation.run(&["check"]);
    assert_eq!((said.code, said.err.lines().count()), (1, 2), "{said:?}");
    assert!(said.err.starts_with("error: onboarding.toml:15: at least 19456 KiB"), "{said:?}");
}
