//! Attacks by guessing: codes, passwords, numbers and what belongs to them, from one network and from many. Rows 21, 23, 25, 26, 28, 29 and 30
//! of the threat model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{
    ATTACKER, DAY, MINUTE, NEW, VICTIM, WRONG, add_portal, apply, pile_up, quiet, recipients, replaced, shape, state, try_sign_in,
    type_code, wrong_code,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};
use support::{Answer, HOUSING, PASSWORD, PEOPLE, Person, Setup, Site};

/// A site that believes us where a call comes from.
fn seen_from_anywhere() -> Site {
    Site::with(&Setup { trusted_proxies: vec!["127.0.0.1"], ..Setup::default() })
}

/// An address in the `nth` network, 0 to 65,535.
fn network(nth: usize) -> String {
    format!("10.{}.{}.{}", nth / 256, nth % 256, 1 + nth % 200)
}

fn sign_in_from(site: &Site, from: &str, login: &str, password: &str) -> Answer {
    site.http().post("/api/v1/housing/sessions").from(from).json(&json!({ "login": login, "password": password })).send()
}

// --- Codes ---

/// Row 21.
#[test]
fn a_right_code_after_five_wrong_ones_is_refused_for_good() {
    let mut site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    for nth in 0..5 {
        let problem = type_code(&site, HOUSING, &pending.handle, &wrong_code(&pending.code, nth)).refused(422, "code_wrong");
        assert_eq!(problem["attempts_left"], 4 - nth);
    }
    type_code(&site, HOUSING, &pending.handle, &pending.code).refused(410, "code_used_up");
    for wait in [MINUTE, 60 * MINUTE, DAY, 2 * DAY] {
        site.advance(wait);
        type_code(&site, HOUSING, &pending.handle, &pending.code).refused(410, "code_used_up");
    }
    site.crash();
    type_code(&site, HOUSING, &pending.handle, &pending.code).refused(410, "code_used_up");
    assert_eq!(state(&site, HOUSING, &pending.handle), "awaiting_email");
    try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(401, "sign_in_failed");
}

/// Row 21.
#[test]
fn a_volley_of_parallel_guesses_is_no_more_than_five_and_shuts_the_right_code_out() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    let answers: Vec<_> = thread::scope(|scope| {
        let guesses: Vec<_> = (0..24)
            .map(|nth| {
                let (site, pending) = (&site, &pending);
                scope.spawn(move || type_code(site, HOUSING, &pending.handle, &wrong_code(&pending.code, nth)))
            })
            .collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let mut left = BTreeSet::new();
    for answer in &answers {
        match answer.status {
            422 => assert!(left.insert(answer.refused(422, "code_wrong")["attempts_left"].as_u64().unwrap()), "one try was given twice"),
            410 => drop(answer.refused(410, "code_used_up")),
            _ => drop(answer.refused(503, "busy")),
        }
    }
    assert!(left.len() <= 5, "{left:?}");
    // Those that were too busy were not judged; what is left of the five is used up one by one.
    for nth in 24..24 + 5 - left.len() {
        type_code(&site, HOUSING, &pending.handle, &wrong_code(&pending.code, nth % 27)).refused(422, "code_wrong");
    }
    type_code(&site, HOUSING, &pending.handle, &pending.code).refused(410, "code_used_up");
}

/// Row 23.
#[test]
fn a_new_mail_gives_no_new_tries() {
    let mut site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    for nth in 0..4 {
        type_code(&site, HOUSING, &pending.handle, &wrong_code(&pending.code, nth)).refused(422, "code_wrong");
    }
    site.advance(MINUTE);
    let resent = site.post(&format!("/housing/registrations/{}/resend", pending.handle), &json!({})).expect(202);
    assert_eq!(resent["attempts_left"], 1);
    let second = site.mail(HOUSING, VICTIM);
    let problem = type_code(&site, HOUSING, &pending.handle, &wrong_code(&second.code(), 0)).refused(422, "code_wrong");
    assert_eq!(problem["attempts_left"], 0);
    type_code(&site, HOUSING, &pending.handle, &second.code()).refused(410, "code_used_up");

    // Neither another mail, nor another address, nor the way back to the first one opens the door again.
    for address in [None, Some("victim-2@y.example"), Some(VICTIM)] {
        site.advance(MINUTE);
        let answer = match address {
            None => site.post(&format!("/housing/registrations/{}/resend", pending.handle), &json!({})),
            Some(email) => site
                .http()
                .call("PUT", &format!("/api/v1/housing/registrations/{}/email", pending.handle))
                .json(&json!({ "email": email }))
                .send(),
        };
        assert_eq!(answer.expect(202)["attempts_left"], 0);
        let mail = site.mail(HOUSING, address.unwrap_or(VICTIM));
        assert_eq!(mail.find_code(), None, "a code that opens nothing: {}", mail.text);
        type_code(&site, HOUSING, &pending.handle, &second.code()).refused(410, "code_used_up");
    }
    assert_eq!(state(&site, HOUSING, &pending.handle), "awaiting_email");
}

/// Row 23.
#[test]
fn an_expired_and_renewed_link_gives_no_new_tries() {
    let mut site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    for nth in 0..5 {
        type_code(&site, HOUSING, &pending.handle, &wrong_code(&pending.code, nth)).refused(422, "code_wrong");
    }
    site.advance(DAY);
    site.post("/housing/links/renew", &json!({ "token": pending.token })).expect(202);
    assert_eq!(site.mail(HOUSING, VICTIM).find_code(), None);
    type_code(&site, HOUSING, &pending.handle, &pending.code).refused(410, "code_used_up");
}

#[test]
fn a_malformed_code_is_no_try_and_no_way_around_one() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    for code in [
        "",
        " ",
        "0000-0000",
        "AEIO-UAEI",
        "234",
        "23456789B",
        "%",
        "*",
        "null",
        "{}",
        "2345-678\u{ff19}9",
        &format!("{},{}", pending.code, pending.code),
    ] {
        let answer = type_code(&site, HOUSING, &pending.handle, code);
        assert_eq!(answer.status, 422, "{code}: {answer}");
        assert_eq!(answer.code(), "validation_failed", "{code}: {answer}");
    }
    let left = site.get(&format!("/housing/registrations/{}", pending.handle)).expect(200)["attempts_left"].clone();
    assert_eq!(left, 5);
    for body in [
        json!({ "code": [pending.code] }),
        json!({ "code": { "$ne": "" } }),
        json!({ "code": true }),
        json!({ "code": null }),
        json!({ "code": 23_456_789 }),
    ] {
        site.post(&format!("/housing/registrations/{}/confirm", pending.handle), &body).refused(422, "validation_failed");
    }
    assert_eq!(state(&site, HOUSING, &pending.handle), "awaiting_email");
}

// --- Passwords ---

/// Row 25.
#[test]
fn a_new_forwarded_address_with_each_try_makes_no_stranger_of_the_guesser() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let headers = [
        "X-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "Client-IP",
        "Via",
    ];
    for header in headers {
        let limited = (0..14).any(|nth| {
            let value = if header == "Forwarded" { format!("for={}", network(nth)) } else { network(nth) };
            let call = site.http().post("/api/v1/housing/sessions").header(header, &value);
            call.json(&json!({ "login": VICTIM, "password": WRONG })).send().status == 429
        });
        assert!(limited, "{header}");
    }
}

/// Row 25.
#[test]
fn an_address_that_the_guesser_writes_in_front_of_the_proxys_is_not_believed() {
    let mut site = seen_from_anywhere();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let real = "203.0.113.9";
    pile_up(&mut site, 11, |site, nth| sign_in_from(site, &format!("{}, {real}", network(nth)), VICTIM, WRONG));
    for forged in [
        format!("198.51.100.7, {real}"),
        format!("::1, {real}"),
        format!("127.0.0.1, {real}"),
        format!("unknown,{real}"),
        format!(" , {real}:4711"),
        real.to_owned(),
        "203.0.113.200".to_owned(),
    ] {
        sign_in_from(&site, &forged, VICTIM, PASSWORD).refused(429, "too_many_requests");
    }
    // Two lines of the header are one list.
    let call = site.http().post("/api/v1/housing/sessions").from("198.51.100.7").from(real);
    call.json(&json!({ "login": VICTIM, "password": PASSWORD })).send().refused(429, "too_many_requests");
    // A header that this proxy does not write.
    let call =
        site.http().post("/api/v1/housing/sessions").from(real).header("Forwarded", "for=198.51.100.7").header("X-Real-IP", "198.51.100.7");
    call.json(&json!({ "login": VICTIM, "password": PASSWORD })).send().refused(429, "too_many_requests");
    // Whoever really comes from elsewhere gets in.
    sign_in_from(&site, "198.51.100.7", VICTIM, PASSWORD).expect(201);
}

/// Row 25.
#[test]
fn a_guesser_who_walks_through_the_addresses_of_one_network_stays_one_guesser() {
    let mut site = seen_from_anywhere();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    pile_up(&mut site, 11, |site, nth| sign_in_from(site, &format!("203.0.113.{nth}"), VICTIM, WRONG));
    sign_in_from(&site, "203.0.113.250", VICTIM, PASSWORD).refused(429, "too_many_requests");
    sign_in_from(&site, "::ffff:203.0.113.251", VICTIM, PASSWORD).refused(429, "too_many_requests");
    pile_up(&mut site, 11, |site, nth| sign_in_from(site, &format!("2001:db8:1:2:{nth:x}::{nth:x}"), VICTIM, WRONG));
    sign_in_from(&site, "[2001:db8:1:2:ffff::1]:443", VICTIM, PASSWORD).refused(429, "too_many_requests");
    sign_in_from(&site, "2001:db8:1:3::1", VICTIM, PASSWORD).expect(201);
}

/// Row 26.
#[test]
fn a_login_in_other_letters_and_blanks_is_counted_as_the_same() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let spellings = [
        "victim@y.example",
        "VICTIM@Y.EXAMPLE",
        " victim@y.example",
        "victim@y.example\t",
        "v\u{131}ctim@y.example",
        "\u{ff56}ictim@y.example",
        "victim@y\u{3002}example",
        "Victim@Y.Example ",
    ];
    pile_up(&mut site, 11, |site, nth| try_sign_in(site, HOUSING, spellings[nth % spellings.len()], WRONG));
    for login in spellings {
        try_sign_in(&site, HOUSING, login, PASSWORD).refused(429, "too_many_requests");
    }
}

/// Row 26.
#[test]
fn a_victim_in_other_letters_gets_no_more_reset_mails_than_the_share_of_a_day() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    for _ in 0..4 {
        for login in ["victim@y.example", "VICTIM@y.example", " Victim@Y.example ", "v\u{131}ctim@y.example"] {
            site.post("/housing/password-resets", &json!({ "login": login })).expect(202);
        }
    }
    quiet(&site);
    assert_eq!(recipients(&site)[VICTIM], 1 + 5);
    // What a stranger used up comes back the next day.
    site.advance(DAY);
    scene::reset_token(&site, HOUSING, VICTIM);
}

/// Row 29.
#[test]
fn a_thousand_failures_of_strangers_do_not_keep_the_victim_out() {
    const STRANGERS: usize = 500;
    let site = seen_from_anywhere();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    // Two failures each, below what makes one network wait: the way to a lock over all networks, if there were one.
    let answers: Vec<u16> = thread::scope(|scope| {
        let strangers: Vec<_> = (0..STRANGERS)
            .map(|nth| {
                let site = &site;
                let stranger = move || {
                    let tries: Vec<_> = (0..2).map(|_| sign_in_from(site, &network(nth), VICTIM, WRONG).status).collect();
                    tries
                };
                thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, stranger).unwrap()
            })
            .collect();
        strangers.into_iter().flat_map(|stranger| stranger.join().unwrap()).collect()
    });
    assert_eq!(answers.len(), 2 * STRANGERS);
    assert!(answers.iter().all(|status| matches!(status, 401 | 503)), "{answers:?}");
    assert!(answers.iter().filter(|status| **status == 401).count() > 200, "hardly any try was judged");

    let began = Instant::now();
    sign_in_from(&site, "198.51.100.7", VICTIM, PASSWORD).expect(201);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

/// Row 29.
#[test]
fn a_victim_whose_own_network_was_made_to_wait_gets_in_within_a_quarter_of_an_hour() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    pile_up(&mut site, 18, |site, _| try_sign_in(site, HOUSING, VICTIM, WRONG));
    let answer = try_sign_in(&site, HOUSING, VICTIM, PASSWORD);
    answer.refused(429, "too_many_requests");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait <= 900, "{wait}");
    // Being refused makes nobody wait longer.
    for _ in 0..10 {
        try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(429, "too_many_requests");
    }
    site.advance(Duration::from_secs(wait));
    site.sign_in(HOUSING, VICTIM, PASSWORD);
}

/// Method, path, and a body that carries this password.
type PasswordDoor = (&'static str, &'static str, fn(&str) -> Value);

/// Every door of an account that asks for its password.
const PASSWORD_DOORS: [PasswordDoor; 3] = [
    ("PUT", "/housing/account/password", |password| json!({ "current": password, "new": NEW })),
    ("PUT", "/housing/account/email", |password| json!({ "email": ATTACKER, "password": password })),
    ("POST", "/housing/account/close", |password| json!({ "password": password })),
];

/// Row 30.
#[test]
fn a_guesser_with_a_stolen_session_finds_one_limit_at_every_door_that_asks_for_the_password() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let stolen = site.sign_in(HOUSING, VICTIM, PASSWORD);
    pile_up(&mut site, 11, |site, nth| match nth % 4 {
        0 => try_sign_in(site, HOUSING, "Victim@Y.example", WRONG),
        door => {
            let (method, path, body) = PASSWORD_DOORS[door - 1];
            site.signed(&stolen, method, path, &body(WRONG))
        }
    });
    // The right one is not even looked at: a 429 tells nothing.
    for (method, path, body) in PASSWORD_DOORS {
        site.signed(&stolen, method, path, &body(PASSWORD)).refused(429, "too_many_requests");
        site.signed(&stolen, method, path, &body(WRONG)).refused(429, "too_many_requests");
    }
    try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(429, "too_many_requests");
}

/// Row 30.
#[test]
fn a_guesser_at_any_single_door_shuts_all_of_them() {
    for (method, path, body) in PASSWORD_DOORS {
        let mut site = Site::start();
        site.register(HOUSING, &PEOPLE[0], VICTIM);
        let stolen = site.sign_in(HOUSING, VICTIM, PASSWORD);
        pile_up(&mut site, 11, |site, _| site.signed(&stolen, method, path, &body(WRONG)));
        try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(429, "too_many_requests");
    }
}

// --- Records ---

const WORKS: &str = "stadtwerk";

/// A portal that asks for number and postal code, with one record a number: `100000` to `100029`, postal code `56068`.
fn books() -> Site {
    let mut site = Site::prepared(&Setup { trusted_proxies: vec!["127.0.0.1"], ..Setup::default() });
    add_portal(&site, WORKS, |declaration| {
        let declaration = replaced(&declaration, r#"must_match = ["last_name"]"#, r#"must_match = ["postal_code"]"#);
        replaced(&replaced(&declaration, "registration_number", "customer_number"), "service@lindenhof.example", "clerks@werk.example")
    });
    let header = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n";
    let rows: Vec<_> = (0..30).map(|nth| format!("{},Werkstatt {nth} GmbH,,,Am Markt 1,56068,Koblenz,DE,,de\n", 100_000 + nth)).collect();
    let file = site.folder().join("businesses.csv");
    fs::write(&file, header.to_owned() + &rows.concat()).unwrap();
    site.import(WORKS, &file);
    site.restart();
    site
}

fn claim(site: &Site, from: &str, number: &str, postal_code: &str) -> Answer {
    let body = json!({ "number": number, "postal_code": postal_code });
    site.http().post("/api/v1/stadtwerk/claims").from(from).json(&body).send()
}

/// Row 28.
#[test]
fn a_guesser_who_tries_postal_codes_for_a_number_is_stopped_and_learns_nothing_of_the_number() {
    let site = books();
    let series = |number: &str, from: &str| -> Vec<_> {
        (0..14).map(|nth| shape(&claim(&site, from, number, &format!("{}", 10_000 + nth)))).collect()
    };
    let (known, unknown) = (series("100000", "192.0.2.1"), series("999999", "198.51.100.1"));
    assert_eq!(known, unknown);
    assert_eq!(known.iter().map(|(status, ..)| *status).collect::<Vec<_>>(), [[422; 10].as_slice(), &[429; 4]].concat());
    // The right pair is not looked at any more, for this number or any other.
    for number in ["100000", "100001", "999999"] {
        claim(&site, "192.0.2.250", number, "56068").refused(429, "too_many_requests");
    }
}

/// Row 28.
#[test]
fn a_guesser_who_tries_numbers_for_a_postal_code_is_stopped() {
    let site = books();
    // Existing and unknown numbers by turns, and the postal code in its spellings.
    let codes = ["99999", "D-99999", " 99999 ", "D - 99999"];
    let answers: Vec<_> =
        (0..14).map(|nth| claim(&site, "192.0.2.1", &format!("{}", [100_000, 900_000][nth % 2] + nth), codes[nth % 4]).status).collect();
    assert_eq!(answers, [[422; 10].as_slice(), &[429; 4]].concat());
    claim(&site, "192.0.2.1", "100029", "56068").refused(429, "too_many_requests");
}

/// Row 28.
#[test]
fn a_number_that_many_networks_guess_at_keeps_one_try_a_day_for_each_and_its_owner_gets_in() {
    let mut site = books();
    let series = |number: &str| -> Vec<_> {
        // Blanks and dashes make no other number.
        let spelled = [number.to_owned(), format!(" {number} "), format!("{}-{}", &number[..3], &number[3..])];
        (0..14)
            .flat_map(|nth| [0, 1].map(|_| shape(&claim(&site, &network(nth), &spelled[nth % 3], &format!("{}", 10_000 + nth)))))
            .collect()
    };
    let (known, unknown) = (series("100000"), series("999999"));
    assert_eq!(known, unknown);
    let statuses: Vec<_> = known.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [[422; 10].as_slice(), &[422, 429].repeat(9)].concat());

    // The owner, from a network of its own: the right pair uses nothing up.
    for _ in 0..3 {
        claim(&site, "198.51.100.7", "100000", "56068").expect(200);
    }
    // A guesser's second try of the day is refused though it would be right.
    claim(&site, &network(13), "100000", "56068").refused(429, "too_many_requests");
    // The clerks are told once for each number.
    quiet(&site);
    let told: Vec<_> = site.mails(WORKS).into_iter().map(|mail| mail.to).collect();
    assert_eq!(told, ["clerks@werk.example", "clerks@werk.example"]);
    site.advance(DAY);
    claim(&site, &network(13), "100000", "56068").expect(200);
}

/// Row 28.
#[test]
fn a_guesser_who_uses_the_register_form_and_the_claim_by_turns_has_one_budget() {
    let site = Site::start();
    let guess = |nth: usize, person: &Person| {
        if nth.is_multiple_of(2) {
            let body = json!({ "number": person.number(), "last_name": format!("Falsch{}", "a".repeat(nth + 1)) });
            site.post("/housing/claims", &body)
        } else {
            site.post("/housing/registrations", &support::typed(&person.number(), &format!("Falsch{}", "b".repeat(nth + 1)), ATTACKER))
        }
    };
    let answers: Vec<_> = (0..14).map(|nth| guess(nth, &PEOPLE[nth]).status).collect();
    assert_eq!(answers, [[422; 10].as_slice(), &[429; 4]].concat());
    // The neighbour portal has a budget of its own, and the guesser got no mail.
    quiet(&site);
    assert_eq!(recipients(&site), BTreeMap::new());
}

/// Row 28.
#[test]
fn a_guesser_with_one_right_pair_does_not_win_tries_back_by_using_it() {
    let site = books();
    for nth in 0..10 {
        claim(&site, "192.0.2.1", "100000", &format!("{}", 10_000 + nth)).refused(422, "claim_mismatch");
        if nth < 9 {
            claim(&site, "192.0.2.1", "100001", "56068").expect(200);
        }
    }
    claim(&site, "192.0.2.1", "100000", "10010").refused(429, "too_many_requests");
    claim(&site, "192.0.2.1", "100001", "56068").refused(429, "too_many_requests");
}

#[test]
fn a_volley_of_parallel_claims_is_no_more_than_ten_guesses() {
    let site = books();
    let statuses: Vec<_> = thread::scope(|scope| {
        let guesses: Vec<_> = (0..40)
            .map(|nth| {
                let site = &site;
                scope.spawn(move || claim(site, "192.0.2.1", "100000", &format!("{}", 10_000 + nth)).status)
            })
            .collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 30, "{statuses:?}");
    claim(&site, "192.0.2.1", "100000", "56068").refused(429, "too_many_requests");
}

/// A company registers from one network: whoever is right is nobody's guess less, whatever else was guessed there.
#[test]
fn right_pairs_at_once_are_all_let_in_beside_nine_wrong_ones() {
    let site = books();
    for nth in 0..9 {
        claim(&site, "192.0.2.1", "100000", &format!("{}", 10_000 + nth)).refused(422, "claim_mismatch");
    }
    let statuses: Vec<_> = thread::scope(|scope| {
        let right: Vec<_> = (0..20).map(|_| scope.spawn(|| claim(&site, "192.0.2.1", "100000", "56068").status)).collect();
        right.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200; 20]);
    claim(&site, "192.0.2.1", "100000", "10010").refused(422, "claim_mismatch");
    claim(&site, "192.0.2.1", "100000", "56068").refused(429, "too_many_requests");
}

#[test]
fn a_blank_or_wild_second_value_matches_nobody() {
    let site = books();
    let blank = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n200000,Ohne Ort GmbH,,,,,,DE,,de\n";
    let file = site.folder().join("blank.csv");
    fs::write(&file, blank).unwrap();
    site.import(WORKS, &file);
    for (nth, postal_code) in ["", " ", "-", "%", "*", "_____", "null", "D-"].into_iter().enumerate() {
        for number in ["200000", "100000"] {
            let answer = claim(&site, &network(nth), number, postal_code);
            assert_eq!(answer.status, 422, "{postal_code:?}: {answer}");
        }
    }
    let answer = site.http().post("/api/v1/stadtwerk/claims").from(&network(99)).json(&json!({ "number": "200000" })).send();
    answer.refused(422, "validation_failed");
    let answer =
        site.http().post("/api/v1/stadtwerk/claims").from(&network(99)).json(&json!({ "number": "200000", "last_name": "" })).send();
    answer.refused(422, "validation_failed");
}
