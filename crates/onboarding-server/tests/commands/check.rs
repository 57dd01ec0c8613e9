//! `check` finds what would keep a server from starting, and changes nothing.

use crate::harness::Installation;
use std::fs;

#[test]
fn a_good_installation_is_ok_with_a_line_per_portal() {
    let installation = Installation::new();
    let before = installation.files();
    let said = installation.run(&["check"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert_eq!(installation.files(), before, "nothing was made");
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines[0], "ok");
    assert_eq!(lines.len(), 5, "{said:?}");
    assert!(lines.contains(&"housing: Wohnportal Lindenhof (de en fr it; terms 2026-10, privacy 2026-10, edelivery 2026-10)"), "{said:?}");
    installation.run(&["migrate"]);
    assert_eq!(installation.run(&["check"]).out, said.out);
}

#[test]
fn every_fault_of_portals_keys_and_database_is_told() {
    let installation = Installation::new();
    assert_eq!(installation.run(&["migrate"]).code, 0);
    installation.spoil("portals/partner/portal.toml", "approval = \"super_admin\"", "approval = \"anyone\"");
    fs::remove_file(installation.path("portals/housing/documents/terms.it.md")).unwrap();
    fs::create_dir(installation.path("portals/housing/texts")).unwrap();
    installation.write("portals/housing/texts/en.ftl", "\n\nnothing-like-it = Hello\n");
    fs::remove_file(installation.path("keys.toml")).unwrap();
    installation
        .write("onboarding.db", "no database, but long enough to be taken for one: ................................................");
    let said = installation.run(&["check"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    for start in [
        "error: portals/partner/portal.toml:25: ",
        "error: portals/housing/portal.toml:16: the document terms has no text in it: documents/terms.it.md",
        "error: portals/housing/texts/en.ftl:3: no text is called `nothing-like-it`",
        "error: keys.toml: could not read the key file",
        "error: onboarding.db: ",
    ] {
        assert!(said.err.lines().any(|line| line.starts_with(start)), "{start}: {said:?}");
    }
}

#[cfg(unix)]
#[test]
fn keys_that_others_can_read_are_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let installation = Installation::new();
    installation.run(&["migrate"]);
    fs::set_permissions(installation.path("keys.toml"), fs::Permissions::from_mode(0o644)).unwrap();
    let said = installation.run(&["check"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("mode 0644"), "{said:?}");
}
