//! What happens when a command is given wrongly, and what help there is.

use crate::harness::Installation;

#[test]
fn a_wrong_command_line_is_told_in_one_line_with_exit_code_2() {
    let installation = Installation::empty();
    for args in [
        &["sevre"][..],
        &["serve", "--conf", "x"],
        &["records", "import", "housing"],
        &["demo", "--listen", "8080"],
        &["demo", "--listen", "0.0.0.0:8080"],
        &["check", "--config", "a", "--data", "b"],
    ] {
        let said = installation.run(args);
        assert_eq!((said.code, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{args:?}: {said:?}");
        assert!(said.err.starts_with("error: "), "{args:?}: {said:?}");
    }
    assert!(installation.files().is_empty());
}

#[test]
fn the_demo_refuses_to_listen_to_strangers_and_says_why() {
    let said = Installation::empty().run(&["demo", "--listen", "0.0.0.0:8080"]);
    assert!(said.err.contains("listens on loopback only"), "{said:?}");
}

#[test]
fn every_command_has_its_help() {
    let installation = Installation::empty();
    for command in [&["demo"][..], &["serve"], &["migrate"], &["check"], &["records", "import"], &["openapi"]] {
        let said = installation.run(&[command, &["--help"]].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{command:?}");
        assert!(said.out.contains("Usage: onboarding"), "{command:?}: {said:?}");
        assert!(said.out.contains("--config") || said.out.contains("--data"), "{command:?}: {said:?}");
    }
}

#[test]
fn without_a_command_there_is_help_and_exit_code_2() {
    let said = Installation::empty().run(&[]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("Usage: onboarding"), "{said:?}");
}

#[test]
fn the_openapi_document_needs_no_installation() {
    let said = Installation::empty().run(&["openapi"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."), "{}", document["openapi"]);
    assert!(document["paths"]["/api/v1/portals"]["get"].is_object(), "{:?}", document["paths"].as_object().unwrap().keys());
}
