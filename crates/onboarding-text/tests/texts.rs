//! What translators and operators may not break.

use onboarding_core::{Language, PortalSlug};
use onboarding_text::{Arg, TextFault, Texts};
use std::collections::BTreeSet;

fn portal(slug: &str) -> PortalSlug {
    PortalSlug::parse(slug).expect("a slug")
}

/// Arguments for every placeholder a text has.
fn all_args<'a>(texts: &'a Texts, key: &str) -> Vec<(&'a str, Arg<'static>)> {
    texts.placeholders(key).expect("a known key").iter().map(|name| (name.as_str(), Arg::Text("X"))).collect()
}

#[test]
fn every_text_can_be_read_in_every_language_and_lets_nothing_through_unfilled() {
    let texts = Texts::new();
    let keys: Vec<&str> = texts.keys().collect();
    assert!(keys.len() >= 716, "only {} texts", keys.len());
    for language in Language::ALL {
        for key in &keys {
            let text = texts.text(None, language, key, &all_args(&texts, key)).unwrap();
            assert!(!text.trim().is_empty(), "{language}: {key} is empty");
            assert!(!text.contains(['{', '}', '\u{2068}', '\u{2069}', '\n']), "{language}: {key} reads {text:?}");
            assert_eq!(text, text.trim(), "{language}: {key}");
        }
    }
}

#[test]
fn a_placeholder_left_open_is_a_fault_and_not_a_blank() {
    let texts = Texts::new();
    let mut tried = 0;
    for key in texts.keys().map(str::to_owned).collect::<Vec<_>>() {
        let args = all_args(&texts, &key);
        for open in 0..args.len() {
            let fewer: Vec<_> = args.iter().enumerate().filter(|(at, _)| *at != open).map(|(_, arg)| *arg).collect();
            assert!(texts.text(None, Language::En, &key, &fewer).is_err(), "{key} reads without {}", args[open].0);
            tried += 1;
        }
    }
    assert!(tried > 200, "only {tried} placeholders were tried");
}

#[test]
fn a_key_that_no_text_has_is_a_fault() {
    let fault = Texts::new().text(None, Language::De, "mail-nothing", &[]).unwrap_err();
    assert_eq!(fault, TextFault { line: None, reason: "no text is called `mail-nothing`".to_owned() });
}

#[test]
fn no_key_is_named_after_a_portal() {
    let slugs = BTreeSet::from(["housing", "partner", "customer", "chamber", "j1", "j2", "j3", "j4"]);
    for key in Texts::new().keys() {
        assert!(!key.split('-').any(|part| slugs.contains(part)), "{key}");
    }
}

#[test]
fn texts_are_filled_in_the_readers_language() {
    let texts = Texts::new();
    let step = |language| texts.text(None, language, "common-step", &[("n", 2_u32.into()), ("total", 3_u32.into())]).unwrap();
    assert_eq!(step(Language::De), "Schritt 2 von 3");
    assert_eq!(step(Language::Fr), "Étape 2 sur 3");
    assert_eq!(step(Language::It), "Passaggio 2 di 3");
    assert_eq!(step(Language::En), "Step 2 of 3");
}

#[test]
fn a_country_has_its_own_words_where_the_wording_says_so() {
    let (swiss, german) = (portal("harbour"), portal("meadow"));
    let texts = Texts::new().with_country(&swiss, "CH").with_country(&german, "DE");
    let read = |portal: &PortalSlug, language, key| texts.text(Some(portal), language, key, &[]).unwrap();
    assert_eq!(read(&swiss, Language::Fr, "field-postcode"), "NPA");
    assert_eq!(read(&german, Language::Fr, "field-postcode"), "Code postal");
    assert_eq!(read(&swiss, Language::Fr, "field-email"), read(&german, Language::Fr, "field-email"));
}

#[test]
fn swiss_german_has_no_eszett_but_names_keep_theirs() {
    let swiss = portal("harbour");
    let texts = Texts::new().with_country(&swiss, "CH");
    assert_eq!(texts.text(Some(&swiss), Language::De, "mail-closing", &[]).unwrap(), "Freundliche Grüsse");
    assert_eq!(texts.text(None, Language::De, "mail-closing", &[]).unwrap(), "Freundliche Grüße");
    let signed_in = texts.text(Some(&swiss), Language::De, "common-signedInAs", &[("name", "Ida Groß".into())]).unwrap();
    assert_eq!(signed_in, "Angemeldet als Ida Groß");
    for key in texts.keys() {
        let text = texts.text(Some(&swiss), Language::De, key, &all_args(&texts, key)).unwrap();
        assert!(!text.contains('ß'), "{key}: {text}");
    }
    // In whichever order the two are said.
    let both = texts.with_overrides(&swiss, Language::De, "login-title = Gruß aus dem Hafen\n").unwrap();
    assert_eq!(both.text(Some(&swiss), Language::De, "login-title", &[]).unwrap(), "Gruss aus dem Hafen");
    let both = Texts::new().with_overrides(&swiss, Language::De, "login-title = Gruß aus dem Hafen\n").unwrap().with_country(&swiss, "CH");
    assert_eq!(both.text(Some(&swiss), Language::De, "login-title", &[]).unwrap(), "Gruss aus dem Hafen");
}

#[test]
fn every_error_of_the_api_is_explained_in_every_language() {
    let texts = Texts::new();
    let codes = [
        "validation_failed",
        "unknown_field",
        "claim_mismatch",
        "code_wrong",
        "code_expired",
        "code_used_up",
        "token_unknown",
        "token_expired",
        "token_superseded",
        "token_used",
        "not_in_this_state",
        "sign_in_failed",
        "sign_in_required",
        "account_suspended",
        "initial_password_expired",
        "password_change_required",
        "acceptance_required",
        "too_many_requests",
        "too_large",
        "unsupported_media_type",
        "malformed_body",
        "not_found",
        "method_not_allowed",
        "idempotency_mismatch",
        "busy",
        "internal",
        "unavailable",
        "forbidden",
        "not_acceptable_here",
        "version_outdated",
        "email_taken",
        "record_taken",
        "already_decided",
        "last_super_admin",
        "already_member",
        "pin_mismatch",
        "pin_expired",
        "pin_used_up",
        "registration_closed",
        "already_provisioned",
        "record_without_email",
        "own_request",
    ];
    for language in Language::ALL {
        for code in codes {
            let problem = texts.problem(None, language, code).unwrap();
            assert!(!problem.title.ends_with('.') && problem.title.chars().count() <= 60, "{language} {code}: {}", problem.title);
            assert!(problem.detail.ends_with('.'), "{language} {code}: {}", problem.detail);
        }
    }
    assert!(texts.problem(None, Language::De, "no_such_code").is_err());
}

#[test]
fn a_portals_own_wording_is_its_own() {
    let own = portal("harbour");
    let texts = Texts::new().with_overrides(&own, Language::De, "login-title = Willkommen im Hafen\n").unwrap();
    let title = |portal: Option<&PortalSlug>, language| texts.text(portal, language, "login-title", &[]).unwrap();
    assert_eq!(title(Some(&own), Language::De), "Willkommen im Hafen");
    assert_eq!(title(Some(&own), Language::Fr), Texts::new().text(None, Language::Fr, "login-title", &[]).unwrap());
    assert_eq!(title(Some(&portal("meadow")), Language::De), "Anmelden");
    assert_eq!(title(None, Language::De), "Anmelden");
    // What is not overridden stays.
    assert_eq!(texts.text(Some(&own), Language::De, "login-submit", &[]).unwrap(), "Anmelden");
}

#[test]
fn an_override_may_choose_its_plural_and_share_a_term() {
    let own = portal("harbour");
    let source = "-team = Hafenteam\nmail-guessing-body = Das { -team } meldet: { $count ->\n    [one] ein Versuch\n   *[other] { $count } Versuche\n}.\n";
    let texts = Texts::new().with_overrides(&own, Language::De, source).unwrap();
    let body = |count: u32| texts.text(Some(&own), Language::De, "mail-guessing-body", &[("count", count.into())]).unwrap();
    assert_eq!(body(1), "Das Hafenteam meldet: ein Versuch.");
    assert_eq!(body(7), "Das Hafenteam meldet: 7 Versuche.");
}

#[test]
fn an_override_is_refused_with_its_line_and_reason() {
    let cases = [
        ("login-title = A\nlogin-titel = B\n", 2, "no text is called `login-titel`"),
        ("# Ours\n\nmail-validUntil = Bald ungültig.\n", 3, "the text `mail-validUntil` has lost the placeholder { $datetime }"),
        ("mail-validUntil = Bis { $datetime }, { $name }.\n", 1, "the text `mail-validUntil` has an unknown placeholder { $name }"),
        ("login-title = A\nlogin-submit = B\nlogin-title = C\n", 3, "the text `login-title` is given twice"),
        ("login-title = A\n    .hint = B\n", 1, "the text `login-title` has attributes, which nothing reads"),
        ("login-title =\n    .hint = B\n", 1, "the text `login-title` is empty"),
    ];
    for (source, line, reason) in cases {
        let fault = Texts::new().with_overrides(&portal("harbour"), Language::De, source).err().unwrap();
        assert_eq!((fault.line, fault.reason.as_str()), (Some(line), reason), "{source}");
    }
    for (source, line) in [
        ("login-title = A\nlogin submit = B\n", 2),
        ("login-title = A\nlogin-submit = { -nowhere }\n", 2),
        ("login-title = { login-submit }\nlogin-submit = { login-title }\n", 1),
    ] {
        let fault = Texts::new().with_overrides(&portal("harbour"), Language::De, source).err().unwrap();
        assert_eq!(fault.line, Some(line), "{source}: {fault}");
    }
}

#[test]
fn a_file_saved_on_another_system_is_read_as_well() {
    let own = portal("harbour");
    let texts = Texts::new().with_overrides(&own, Language::En, "\u{feff}login-title = A\r\nlogin-submit = B\r\n").unwrap();
    assert_eq!(texts.text(Some(&own), Language::En, "login-title", &[]).unwrap(), "A");
    let fault = Texts::new().with_overrides(&own, Language::En, "\u{feff}login-title = A\r\nlogin-nothing = B\r\n").err().unwrap();
    assert_eq!(fault.line, Some(2));
}

#[test]
fn what_a_person_typed_is_no_placeholder() {
    let texts = Texts::new();
    let text = texts.text(None, Language::De, "common-signedInAs", &[("name", "{ $portal } { login-title }".into())]).unwrap();
    assert_eq!(text, "Angemeldet als { $portal } { login-title }");
}
