//! `check` finds what would keep a server from starting, and changes nothing.

use crate::harness::Installation;
use std::fs;

#[test]
fn a_good_installation_is_ok_with_a_line_per_portal() {
    let installation = Installation::new();
    installation.add_twin("gartenstadt");
    let before = installation.files();
    let said = installation.run(&["check"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert_eq!(installation.files(), before, "nothing was made");
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(lines[0], "ok");
    assert_eq!(lines.len(), 3, "{said:?}");
    for slug in ["gartenstadt", "housing"] {
        let line = format!("{slug}: Wohnportal Lindenhof (de en fr it; terms 2026-10, privacy 2026-10, edelivery 2026-10)");
        assert!(lines.contains(&line.as_str()), "{said:?}");
    }
    installation.run(&["migrate"]);
    assert_eq!(installation.run(&["check"]).out, said.out);
}

#[test]
fn every_fault_of_portals_keys_and_database_is_told() {
    let installation = Installation::new();
    assert_eq!(installation.run(&["migrate"]).code, 0);
    installation.add_twin("gartenstadt");
    installation.spoil("onboarding.toml", "only = [", "only = [\"partner\", \"chamber\", ");
    installation.spoil("portals/partner/portal.toml", "approval = \"super_admin\"", "approval = \"anyone\"");
    fs::create_dir(installation.path("portals/gartenstadt/mail")).unwrap();
    installation.write("portals/gartenstadt/mail/html.jinja", "<p>\n{{ sender }}\n</p>");
    installation.write("portals/gartenstadt/mail/html.jinja.bak", "");
    fs::remove_file(installation.path("portals/housing/documents/terms.it.md")).unwrap();
    fs::create_dir(installation.path("portals/housing/texts")).unwrap();
    installation.write("portals/housing/texts/en.ftl", "\n\nnothing-like-it = Hello\n");
    fs::remove_file(installation.path("keys.toml")).unwrap();
    installation
        .write("onboarding.db", "no database, but long enough to be taken for one: ................................................");
    let said = installation.run(&["check"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    for start in [
        "error: portals/partner/portal.toml:27: ",
        "error: portals/housing/portal.toml:18: the document terms has no text in it: documents/terms.it.md",
        "error: portals/housing/texts/en.ftl:3: no text is called `nothing-like-it`",
        "error: portals/gartenstadt/mail/html.jinja:2: could not set the mail: undefined",
        "error: portals/gartenstadt/mail/html.jinja.bak: nothing reads a file called so, only mail/text.jinja, mail/html.jinja",
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

#[test]
fn a_layout_that_works_is_ok() {
    let installation = Installation::new();
    installation.write_layout(
        "text.jinja",
        "{% for block in blocks %}\n{{ block.url if block.kind == 'link' else block.text }}\n{% endfor %}\nLindenhof\n",
    );
    let said = installation.run(&["check"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
}

#[test]
fn every_layout_that_does_not_work_is_told_by_check_and_by_serve() {
    let installation = Installation::new();
    assert_eq!(installation.run(&["migrate"]).code, 0);
    installation.write_layout("text.jinja", "{% for block in blocks %}\n{{ block.text }}\n{% endif %}\n");
    // Compiles, and shows neither code nor link: a fault of no line.
    installation.write_layout("html.jinja", "<p>{{ closing }}</p>\n");
    for command in ["check", "serve"] {
        let said = installation.run(&[command]);
        assert_eq!((said.code, said.out.as_str(), said.err.lines().count()), (1, "", 2), "{said:?}");
        let (text, html) = said.err.split_once('\n').unwrap();
        assert!(text.starts_with("error: portals/housing/mail/text.jinja:3: could not set the mail: syntax error"), "{said:?}");
        assert!(html.starts_with("error: portals/housing/mail/html.jinja: text and HTML of the mail "), "{said:?}");
    }
}

#[test]
fn a_portal_that_cannot_write_mails_is_told_where_it_is_declared() {
    let installation = Installation::new();
    installation.spoil("portals/housing/portal.toml", "from_name = \"Wohnportal Lindenhof\"", "from_name = \" \"");
    let said = installation.run(&["check"]);
    let expected = "error: portals/housing/portal.toml: a name of the portal housing is blank or has control characters\n";
    assert_eq!((said.code, said.err.as_str()), (1, expected), "{said:?}");
}
