//! Journeys by each setting that decides, and where a fault points.

use super::*;
use crate::config::PortalSource;
use crate::portal_files::{found, load};
use std::fs;

/// A portal declared so, after three lines. `[journey.claim]` is added where it is asked for.
fn read(settings: &str, claim: bool) -> Loaded {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("harbour")).unwrap();
    let claim = if claim { "[journey.claim]\nmust_match = [\"last_name\"]\n" } else { "" };
    let text = format!(
        "name = \"Harbour\"\nlanguages = [\"en\"]\ncountry = \"DE\"\n\
         [journey]\n{settings}\nnumber = \"customer_number\"\nlogin_with = \"email\"\n{claim}\
         [support]\nemail = \"help@harbour.example\"\nphone = \"1\"\n\
         [mail]\nfrom = \"help@harbour.example\"\nfrom_name = \"Harbour\"\n"
    );
    fs::write(dir.path().join("harbour/portal.toml"), text).unwrap();
    load(&found(&PortalSource { directory: Some(dir.path().to_owned()), only: None }).unwrap()).unwrap()
}

fn steps(loaded: &Loaded) -> Option<String> {
    told(&loaded.portals.all()[0].journey)
}

const PERSON: &str = "start = \"person\"\nemail_proof = [\"code\"]\naccounts_per_record = \"many\"\n";

#[test]
fn a_journey_of_form_proof_and_claim_is_served_whole() {
    let loaded = read(&format!("{PERSON}approval = \"nobody\"\npassword = \"at_registration\"\nmembership = \"claim\""), true);
    assert!(is_served_whole(&loaded.portals.all()[0].journey));
    assert_eq!((steps(&loaded), faults(&loaded).len()), (None, 0));
}

#[test]
fn each_setting_that_asks_for_more_is_told_with_its_line() {
    for (settings, claim, expected, line) in [
        ("approval = \"nobody\"\npassword = \"mailed\"\nmembership = \"claim\"", true, "a mailed password", 9),
        ("approval = \"nobody\"\npassword = \"at_registration\"\nmembership = \"posted_pin\"", false, "a posted PIN", 10),
        ("approval = \"nobody\"\npassword = \"mailed\"\nmembership = \"posted_pin\"", true, "a mailed password and a posted PIN", 9),
        ("approval = \"clerk\"\npassword = \"at_registration\"\nmembership = \"approval\"", true, "approval", 8),
        (
            "password = \"at_completion\"\nmembership = \"approval\"\napproval = \"super_admin\"",
            true,
            "approval and a password chosen after it",
            10,
        ),
    ] {
        let loaded = read(&format!("{PERSON}{settings}"), claim);
        assert!(!is_served_whole(&loaded.portals.all()[0].journey), "{settings}");
        assert_eq!(steps(&loaded).as_deref(), Some(expected), "{settings}");
        let told = faults(&loaded);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].place.ends_with(&format!("harbour/portal.toml:{line}")), "{told:?}");
        assert!(told[0].reason.contains(&format!("does not serve yet: {expected};")), "{told:?}");
    }
    let company =
        "approval = \"nobody\"\npassword = \"initial\"\nmembership = \"record\"\naccounts_per_record = \"one\"\nstart = \"company\"";
    let loaded = read(company, false);
    assert_eq!(steps(&loaded).as_deref(), Some("provisioning by the company and a mailed password"));
    assert!(faults(&loaded)[0].place.ends_with("portal.toml:9"), "{:?}", faults(&loaded));
}
