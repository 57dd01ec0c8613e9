//! Attacks that ask who is known: every answer to a stranger is the same for an address, login or number that somebody has and one that nobody
//! has, also while no mail can leave. Rows 31 and 33 of the threat model. That the same work is done is shown where work can be counted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{
    ATTACKER, DAY, MINUTE, VICTIM, WRONG, apply, handle, let_mail_go, quiet, recipients, replaced, shape, stop_mail, try_sign_in,
    type_code, wrong_code,
};
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};
use support::{Answer, HOUSING, PASSWORD, PATIENCE, PEOPLE, Site, form, typed, within};

/// Nobody has it; as long as [`VICTIM`].
const NOBODY: &str = "nobodys@y.example";

#[track_caller]
fn alike(known: &Answer, unknown: &Answer) {
    assert_eq!(shape(known), shape(unknown), "\n{known}\n{unknown}");
    assert!(known.header("set-cookie").is_none());
}

/// Row 31.
#[test]
fn a_stranger_who_registers_addresses_cannot_tell_which_have_an_account() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    // The account is no news: its own mails count for the same share of the day.
    site.advance(DAY);

    let applications = [VICTIM, NOBODY].map(|email| site.post("/housing/registrations", &form(&PEOPLE[1], email)));
    alike(&applications[0], &applications[1]);
    assert_eq!(applications[0].body.len(), applications[1].body.len());
    let handles = applications.each_ref().map(handle);
    // The owner is told, and gets nothing that opens anything.
    let told = site.mail(HOUSING, VICTIM);
    assert_eq!((told.find_code(), told.find_link()), (None, None), "{}", told.text);
    let genuine = site.mail(HOUSING, NOBODY);
    assert_ne!(told.subject, genuine.subject);

    // Everything the holder of a handle may do, until its end.
    let each = |site: &Site, step: &dyn Fn(&Site, &str, &str) -> Answer| {
        let [known, unknown] = [(&handles[0], VICTIM), (&handles[1], NOBODY)].map(|(handle, email)| step(site, handle, email));
        alike(&known, &unknown);
        known.status
    };
    // Both mails' fates are seen once both are out.
    let look = |site: &Site, handle: &str, _: &str| {
        quiet(site);
        site.get(&format!("/housing/registrations/{handle}"))
    };
    let resend = |site: &Site, handle: &str, _: &str| site.post(&format!("/housing/registrations/{handle}/resend"), &json!({}));
    let correct = |site: &Site, handle: &str, email: &str| {
        site.http().call("PUT", &format!("/api/v1/housing/registrations/{handle}/email")).json(&json!({ "email": email })).send()
    };
    assert_eq!(each(&site, &look), 200);
    assert_eq!(each(&site, &resend), 429);
    assert_eq!(each(&site, &correct), 429);
    site.advance(MINUTE);
    assert_eq!(each(&site, &resend), 202);
    site.advance(MINUTE);
    assert_eq!(each(&site, &correct), 202);
    assert_eq!(each(&site, &look), 200);
    for nth in 0..5 {
        assert_eq!(each(&site, &|site, handle, _| type_code(site, HOUSING, handle, &wrong_code("2222-2222", nth))), 422);
    }
    assert_eq!(each(&site, &|site, handle, _| type_code(site, HOUSING, handle, "2222-2222")), 410);
    site.advance(MINUTE);
    assert_eq!(each(&site, &resend), 202);
    site.advance(MINUTE);
    assert_eq!(each(&site, &resend), 202);
    site.advance(MINUTE);
    // The share of the day is used up for both alike.
    assert_eq!(each(&site, &resend), 429);
    assert_eq!(each(&site, &look), 200);
    site.advance(DAY);
    assert_eq!(each(&site, &look), 200);
    site.advance(8 * DAY);
    assert_eq!(each(&site, &look), 200);
    assert_eq!(each(&site, &resend), 409);
}

/// Row 31.
#[test]
fn a_stranger_who_asks_for_resets_cannot_tell_which_logins_exist() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], "closed@y.example");
    let session = site.sign_in(HOUSING, "closed@y.example", PASSWORD);
    site.signed(&session, "POST", "/housing/account/close", &json!({ "password": PASSWORD })).expect(204);
    apply(&site, HOUSING, &PEOPLE[2], "pending@y.example");
    quiet(&site);
    let before = recipients(&site);

    // Also beyond the share of a day.
    for _ in 0..7 {
        let ask = |login: &str| site.post("/housing/password-resets", &json!({ "login": login }));
        let unknown = ask(NOBODY);
        unknown.expect(202);
        for login in [VICTIM, "closed@y.example", "pending@y.example", "no address", ""] {
            alike(&ask(login), &unknown);
        }
    }
    // The page says what the call says, and leads to the same page.
    let page = |login: &str| {
        let answer = site.http().press("/housing/password/forgot", &[("login", login)]);
        let led = answer.header("location").map(str::to_owned);
        (answer.status, answer.body.len(), led, answer.headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
    };
    let unknown = page(NOBODY);
    assert_eq!((unknown.0, unknown.2.as_deref()), (303, Some("/housing/password/forgot/sent?lang=de")));
    for login in [VICTIM, "closed@y.example", "pending@y.example", "no address"] {
        assert_eq!(page(login), unknown, "{login}");
    }
    quiet(&site);
    let mut after = before;
    *after.get_mut(VICTIM).unwrap() += 5;
    assert_eq!(recipients(&site), after);
}

/// Row 31.
#[test]
fn a_stranger_who_signs_in_cannot_tell_which_logins_exist() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], "closed@y.example");
    let session = site.sign_in(HOUSING, "closed@y.example", PASSWORD);
    site.signed(&session, "POST", "/housing/account/close", &json!({ "password": PASSWORD })).expect(204);
    apply(&site, HOUSING, &PEOPLE[2], "pending@y.example");

    let long = "x".repeat(5000);
    for password in [WRONG, "", "short", long.as_str(), "\u{0}"] {
        let unknown = try_sign_in(&site, HOUSING, NOBODY, password);
        unknown.refused(401, "sign_in_failed");
        for login in [VICTIM, "closed@y.example", "pending@y.example", "no address"] {
            alike(&try_sign_in(&site, HOUSING, login, password), &unknown);
        }
    }
    // The right password of what is not open, too.
    for login in ["closed@y.example", "pending@y.example"] {
        try_sign_in(&site, HOUSING, login, PASSWORD);
    }
    // From here on everybody waits, whether or not there is an account.
    let refused = |login: &str| (0..8).map(|_| try_sign_in(&site, HOUSING, login, WRONG)).find(|answer| answer.status == 429).unwrap();
    let unknown = refused(NOBODY);
    for login in [VICTIM, "closed@y.example", "pending@y.example", "no address"] {
        alike(&refused(login), &unknown);
    }
}

/// Row 31.
#[test]
fn a_stranger_who_tries_claims_cannot_tell_what_was_wrong_or_whether_the_number_has_an_account() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let wrong = [
        typed("2222-2222-2222", "Schmidt", ATTACKER),
        typed(&PEOPLE[0].number(), "Schmidt", ATTACKER),
        typed(&PEOPLE[1].number(), "Schmidt", ATTACKER),
        typed(support::MOVED_OUT, support::MOVED_OUT_NAME, ATTACKER),
    ];
    let answers = wrong.each_ref().map(|application| site.post("/housing/registrations", application));
    answers[0].refused(422, "claim_mismatch");
    for answer in &answers[1..] {
        alike(answer, &answers[0]);
    }
    let claims = wrong.each_ref().map(|application| site.post("/housing/claims", &application["claim"]));
    for answer in &claims[1..] {
        alike(answer, &claims[0]);
    }
    // A right pair is answered alike whether or not it has its one account.
    let right = [&PEOPLE[0], &PEOPLE[1]].map(|person| site.post("/housing/registrations", &form(person, ATTACKER)));
    right[0].expect(202);
    alike(&right[0], &right[1]);
}

/// Row 31.
#[test]
fn a_member_who_asks_for_other_addresses_cannot_tell_which_have_an_account() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], ATTACKER);
    let session = site.sign_in(HOUSING, ATTACKER, PASSWORD);
    let seen = |email: &str| {
        let asked = site.signed(&session, "PUT", "/housing/account/email", &json!({ "email": email, "password": PASSWORD }));
        asked.expect(202);
        quiet(&site);
        let mut account = site.signed(&session, "GET", "/housing/account", &Value::Null);
        account.body = replaced(account.text(), email, "the address").into_bytes();
        let told = site.mails_to(HOUSING, ATTACKER).into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
        (shape(&asked), shape(&account), told.last().cloned())
    };
    assert_eq!(seen(VICTIM), seen(NOBODY));
    assert_eq!(site.mails_to(HOUSING, NOBODY).len(), 1);
    let told = site.mails_to(HOUSING, VICTIM).pop().unwrap();
    assert_eq!((told.find_code(), told.find_link()), (None, None), "{}", told.text);
}

/// Row 31.
#[test]
fn a_stranger_with_guessed_handles_tokens_and_portals_learns_nothing_from_the_refusals() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    let unknown = "A".repeat(43);
    for path in ["", "/resend", "/confirm", "/email"] {
        let method = match path {
            "" => "GET",
            "/email" => "PUT",
            _ => "POST",
        };
        let body = match path {
            "/confirm" => json!({ "code": "2222-2222" }),
            "/email" => json!({ "email": ATTACKER }),
            _ => Value::Null,
        };
        let ask = |portal: &str, handle: &str| {
            let call = site.http().call(method, &format!("/api/v1/{portal}/registrations/{handle}{path}"));
            if body.is_null() { call.send() } else { call.json(&body).send() }
        };
        let reference = ask(HOUSING, &unknown);
        reference.refused(404, "not_found");
        alike(&ask(support::TWIN, &pending.handle), &reference);
        alike(&ask(HOUSING, &pending.token), &reference);
    }
}

/// Row 33. A folder that cannot be written is what a mail server that is down is elsewhere.
#[test]
fn a_stranger_learns_nothing_while_no_mail_can_leave_and_the_mails_leave_later() {
    let mut site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    site.register(HOUSING, &PEOPLE[1], ATTACKER);
    let session = site.sign_in(HOUSING, ATTACKER, PASSWORD);
    site.advance(DAY);
    stop_mail(&site);

    let resets = [VICTIM, NOBODY].map(|login| site.post("/housing/password-resets", &json!({ "login": login })));
    resets[0].expect(202);
    alike(&resets[0], &resets[1]);
    let applications = [VICTIM, NOBODY].map(|email| site.post("/housing/registrations", &form(&PEOPLE[2], email)));
    applications[0].expect(202);
    alike(&applications[0], &applications[1]);
    let changes = [VICTIM, NOBODY]
        .map(|email| site.signed(&session, "PUT", "/housing/account/email", &json!({ "email": email, "password": PASSWORD })));
    changes[0].expect(202);
    alike(&changes[0], &changes[1]);
    let handles = applications.each_ref().map(handle);
    let look = |site: &Site| handles.each_ref().map(|handle| site.get(&format!("/housing/registrations/{handle}")));
    // Attempts fail, and the answers stay alike whatever the mails' fate.
    for _ in 0..6 {
        within(PATIENCE, "the server to go on answering", || (site.http().get("/health/ready").send().status == 200).then_some(()));
        let looks = look(&site);
        looks[0].expect(200);
        alike(&looks[0], &looks[1]);
        site.advance(MINUTE);
        let resent = handles.each_ref().map(|handle| site.post(&format!("/housing/registrations/{handle}/resend"), &json!({})));
        alike(&resent[0], &resent[1]);
    }

    let_mail_go(&site);
    let end = Instant::now() + PATIENCE;
    while site.mails_to(HOUSING, VICTIM).len() < 3 || site.mails_to(HOUSING, NOBODY).len() < 2 {
        assert!(Instant::now() < end, "{:?}", recipients(&site));
        // Past the longest wait between two tries; then the worker has a moment to notice.
        site.advance(11 * MINUTE);
        thread::sleep(Duration::from_millis(100));
    }
    let looks = look(&site);
    alike(&looks[0], &looks[1]);
}
