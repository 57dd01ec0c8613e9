//! Attacks with repeats: the idempotency key of somebody else, of another portal, with another body, sixteen at once, and after its reply has
//! become dangerous. Row 72 of the threat model, and races for what there is once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use scene::{
    ATTACKER, DAY, MINUTE, NEW, VICTIM, apply, handle, linked_mail, quiet, recipients, reset_token, state, try_sign_in, type_code,
    wrong_code,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::thread;
use support::{Answer, HOUSING, PASSWORD, PEOPLE, Site, TWIN, form};

const KEY: &str = "7f9c24e8-3b1a-4d55-9a0e-1c2b3d4e5f60";
const OTHER_KEY: &str = "00000000-3b1a-4d55-9a0e-1c2b3d4e5f60";

fn keyed(site: &Site, key: &str, path: &str, body: &Value) -> Answer {
    site.http().post(&format!("/api/v1{path}")).header("Idempotency-Key", key).json(body).send()
}

/// The same call so many times at once.
fn at_once(site: &Site, times: usize, call: impl Fn(&Site) -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let calls: Vec<_> = (0..times).map(|_| scope.spawn(|| call(site))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// Every answer is the first one, to the letter.
#[track_caller]
fn one_answer(answers: &[Answer], status: u16) -> Value {
    for answer in answers {
        assert_eq!(answer.status, status, "{answer}");
        assert_eq!(answer.text(), answers[0].text());
    }
    answers[0].json()
}

/// Row 72.
#[test]
fn a_registration_sent_sixteen_times_at_once_is_one_registration_and_one_mail() {
    let site = Site::start();
    let answers = at_once(&site, 16, |site| keyed(site, KEY, "/housing/registrations", &form(&PEOPLE[0], VICTIM)));
    one_answer(&answers, 202);
    quiet(&site);
    assert_eq!(recipients(&site)[VICTIM], 1);
    let mail = site.mail(HOUSING, VICTIM);
    type_code(&site, HOUSING, &handle(&answers[0]), &mail.code()).expect(200);

    // One share of the day is gone, not sixteen.
    for nth in 0..4 {
        let other = format!("{nth}{}", &KEY[1..]);
        keyed(&site, &other, "/housing/registrations", &form(&PEOPLE[1], VICTIM)).expect(202);
    }
    keyed(&site, OTHER_KEY, "/housing/registrations", &form(&PEOPLE[1], VICTIM)).refused(429, "too_many_requests");
}

/// Row 72.
#[test]
fn a_resend_sent_sixteen_times_at_once_is_one_mail() {
    let mut site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    site.advance(MINUTE);
    let path = format!("/housing/registrations/{}/resend", pending.handle);
    one_answer(&at_once(&site, 16, |site| keyed(site, KEY, &path, &json!({}))), 202);
    quiet(&site);
    assert_eq!(recipients(&site)[VICTIM], 2);
    type_code(&site, HOUSING, &pending.handle, &site.mail(HOUSING, VICTIM).code()).expect(200);
}

/// Row 72.
#[test]
fn a_code_a_link_and_a_denial_sent_sixteen_times_at_once_are_each_one_answer() {
    let site = Site::start();
    let [typed, wrong, clicked, denied] = [0, 1, 2, 3].map(|nth| apply(&site, HOUSING, &PEOPLE[nth], &format!("person-{nth}@y.example")));

    let path = format!("/housing/registrations/{}/confirm", wrong.handle);
    let guess = json!({ "code": wrong_code(&wrong.code, 0) });
    assert_eq!(
        at_once(&site, 16, |site| keyed(site, KEY, &path, &guess)).iter().map(Answer::code).collect::<BTreeSet<_>>(),
        BTreeSet::from(["code_wrong".to_owned()])
    );
    assert_eq!(site.get(&format!("/housing/registrations/{}", wrong.handle)).expect(200)["attempts_left"], 4);

    let path = format!("/housing/registrations/{}/confirm", typed.handle);
    let reply = one_answer(&at_once(&site, 16, |site| keyed(site, OTHER_KEY, &path, &json!({ "code": typed.code }))), 200);
    assert_eq!(reply, json!({ "state": "active" }));
    let reply = one_answer(&at_once(&site, 16, |site| keyed(site, KEY, "/housing/confirmations", &json!({ "token": clicked.token }))), 200);
    assert_eq!(reply, json!({ "state": "active" }));
    let reply =
        one_answer(&at_once(&site, 16, |site| keyed(site, KEY, "/housing/confirmations/deny", &json!({ "token": denied.token }))), 200);
    assert_eq!(reply, json!({ "state": "closed" }));
}

/// Row 72.
#[test]
fn a_key_with_another_body_or_at_another_call_is_refused_or_another_command() {
    let site = Site::start();
    let first = keyed(&site, KEY, "/housing/registrations", &form(&PEOPLE[0], VICTIM));
    first.expect(202);
    let mut applications = vec![form(&PEOPLE[0], ATTACKER), form(&PEOPLE[1], VICTIM), form(&PEOPLE[0], &VICTIM.to_uppercase())];
    applications.push(form(&PEOPLE[0], VICTIM));
    applications[3]["language"] = json!("fr");
    for application in &applications {
        keyed(&site, KEY, "/housing/registrations", application).refused(422, "idempotency_mismatch");
    }
    // Even a body that is no application.
    keyed(&site, KEY, "/housing/registrations", &json!({ "email": "x" })).refused(422, "idempotency_mismatch");
    quiet(&site);
    assert_eq!(recipients(&site).into_keys().collect::<Vec<_>>(), [VICTIM]);

    // Another call with the same key is another command; so is the same one on another thing.
    let pending = apply(&site, HOUSING, &PEOPLE[2], "second@y.example");
    let code = json!({ "code": wrong_code(&pending.code, 0) });
    keyed(&site, KEY, &format!("/housing/registrations/{}/confirm", pending.handle), &code).refused(422, "code_wrong");
    let mine = handle(&first);
    let same_body_elsewhere = keyed(&site, KEY, &format!("/housing/registrations/{mine}/confirm"), &code);
    same_body_elsewhere.refused(422, "idempotency_mismatch");
}

/// Row 72.
#[test]
fn a_key_of_another_caller_or_another_portal_shows_nothing_of_its_reply() {
    let site = Site::start();
    let application = form(&PEOPLE[0], VICTIM);
    let first = keyed(&site, KEY, "/housing/registrations", &application);
    let own = handle(&first);
    site.register(HOUSING, &PEOPLE[1], ATTACKER);
    let session = site.sign_in(HOUSING, ATTACKER, PASSWORD);

    let signed =
        site.http().post("/api/v1/housing/registrations").bearer(&session).header("Idempotency-Key", KEY).json(&application).send();
    assert_ne!(handle(&signed), own);
    let forged =
        site.http().post("/api/v1/housing/registrations").bearer("anonymous").header("Idempotency-Key", KEY).json(&application).send();
    assert_ne!(forged.text(), first.text(), "a token that reads like nobody's name is not nobody");
    let neighbour = keyed(&site, KEY, &format!("/{TWIN}/registrations"), &application);
    assert_ne!(handle(&neighbour), own);
    // Who is the first caller, by key and body, is answered like it.
    assert_eq!(handle(&keyed(&site, KEY, "/housing/registrations", &application)), own);
}

#[test]
fn a_repeat_after_the_reset_hands_out_no_session_and_undoes_nothing() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let sign_in = json!({ "login": VICTIM, "password": PASSWORD });
    let before = keyed(&site, KEY, "/housing/sessions", &sign_in).expect(201);
    let again = keyed(&site, KEY, "/housing/sessions", &sign_in).expect(201);
    assert_ne!(before["token"], again["token"], "a session token was stored");

    let token = reset_token(&site, HOUSING, VICTIM);
    let reset = json!({ "token": token, "new": NEW });
    keyed(&site, KEY, "/housing/password-resets/confirm", &reset).expect(200);
    // The old password with the old key, and the used link with its key.
    keyed(&site, KEY, "/housing/sessions", &sign_in).refused(401, "sign_in_failed");
    keyed(&site, KEY, "/housing/password-resets/confirm", &reset).refused(410, "token_used");
    for token in [&before["token"], &again["token"]] {
        site.signed(token.as_str().unwrap(), "GET", "/housing/session", &Value::Null).refused(401, "sign_in_required");
    }
    site.sign_in(HOUSING, VICTIM, NEW);
}

#[test]
fn a_repeat_of_a_confirmation_after_the_account_was_closed_opens_nothing() {
    let site = Site::start();
    let pending = apply(&site, HOUSING, &PEOPLE[0], VICTIM);
    let body = json!({ "token": pending.token });
    keyed(&site, KEY, "/housing/confirmations", &body).expect(200);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    site.signed(&session, "POST", "/housing/account/close", &json!({ "password": PASSWORD })).expect(204);

    keyed(&site, KEY, "/housing/confirmations", &body).expect(200);
    keyed(&site, OTHER_KEY, "/housing/confirmations", &body).expect(200);
    type_code(&site, HOUSING, &pending.handle, &pending.code).expect(200);
    try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(401, "sign_in_failed");
    // The address and the number are free for a new start, with a new mail.
    site.post("/housing/registrations", &form(&PEOPLE[0], VICTIM)).expect(202);
    let token = linked_mail(&site, HOUSING, VICTIM).token();
    keyed(&site, KEY, "/housing/confirmations", &json!({ "token": token })).refused(422, "idempotency_mismatch");
    try_sign_in(&site, HOUSING, VICTIM, PASSWORD).refused(401, "sign_in_failed");
}

#[test]
fn a_short_a_long_a_strange_or_a_second_key_is_refused() {
    let site = Site::start();
    for key in ["1", "short-of-16-byte", "", " ", "7f9c24e8 3b1a 4d55 9a0e", "schlüssel-schlüssel-schlüssel", &"x".repeat(256)] {
        let answer = keyed(&site, key, "/housing/registrations", &form(&PEOPLE[0], VICTIM));
        if key.len() == 16 {
            answer.expect(202);
        } else {
            answer.refused(400, "idempotency_key_invalid");
        }
    }
    let twice = site.http().post("/api/v1/housing/registrations").header("Idempotency-Key", KEY).header("idempotency-key", OTHER_KEY);
    twice.json(&form(&PEOPLE[1], VICTIM)).send().refused(400, "idempotency_key_invalid");
}

#[test]
fn a_key_is_forgotten_after_a_day_and_survives_a_crash_before() {
    let mut site = Site::start();
    let first = handle(&keyed(&site, KEY, "/housing/registrations", &form(&PEOPLE[0], VICTIM)));
    site.mail(HOUSING, VICTIM);
    site.crash();
    assert_eq!(handle(&keyed(&site, KEY, "/housing/registrations", &form(&PEOPLE[0], VICTIM))), first);
    quiet(&site);
    assert_eq!(recipients(&site)[VICTIM], 1);
    site.advance(DAY);
    assert_ne!(handle(&keyed(&site, KEY, "/housing/registrations", &form(&PEOPLE[0], VICTIM))), first);
    assert_eq!(state(&site, HOUSING, &first), "awaiting_email");
}

/// So many different calls at once.
fn race(site: &Site, calls: usize, call: impl Fn(&Site, usize) -> Answer + Sync) -> Vec<Answer> {
    let call = &call;
    thread::scope(|scope| {
        let calls: Vec<_> = (0..calls).map(|nth| scope.spawn(move || call(site, nth))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[test]
fn a_race_for_one_record_opens_one_account() {
    let site = Site::start();
    let email = |nth: usize| format!("racer-{nth}@x.example");
    let pending: Vec<_> = (0..8).map(|nth| apply(&site, HOUSING, &PEOPLE[0], &email(nth))).collect();
    let answers = race(&site, 8, |site, nth| site.post("/housing/confirmations", &json!({ "token": pending[nth].token })));
    assert_eq!(count(&answers, 200), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!(matches!(answer.code().as_str(), "record_taken" | "busy"), "{answer}");
    }
    assert_eq!((0..8).filter(|nth| try_sign_in(&site, HOUSING, &email(*nth), PASSWORD).status == 201).count(), 1);
}

#[test]
fn a_race_for_one_address_opens_one_account_and_leaves_the_other_records_free() {
    let mut site = Site::start();
    let pending: Vec<_> = (0..5).map(|nth| apply(&site, HOUSING, &PEOPLE[nth], VICTIM)).collect();
    let answers = race(&site, 5, |site, nth| type_code(site, HOUSING, &pending[nth].handle, &pending[nth].code));
    assert_eq!(count(&answers, 200), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!(matches!(answer.code().as_str(), "email_taken" | "busy"), "{answer}");
    }
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let memberships = site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200)["memberships"].clone();
    assert_eq!(memberships.as_array().unwrap().len(), 1);
    site.advance(DAY);
    let free = PEOPLE[..5].iter().find(|person| memberships[0]["record"] != person.number()).unwrap();
    site.register(HOUSING, free, "second@y.example");
}

#[test]
fn a_race_with_one_reset_link_or_one_old_password_is_won_once() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let token = reset_token(&site, HOUSING, VICTIM);
    let password = |nth: usize| format!("{NEW} {nth} {nth}");
    let answers =
        race(&site, 8, |site, nth| site.post("/housing/password-resets/confirm", &json!({ "token": token, "new": password(nth) })));
    assert_eq!(count(&answers, 200), 1, "{answers:?}");
    let won = answers.iter().position(|answer| answer.status == 200).unwrap();
    let session = site.sign_in(HOUSING, VICTIM, &password(won));

    let change = |site: &Site, nth: usize| {
        site.signed(
            &session,
            "PUT",
            "/housing/account/password",
            &json!({ "current": password(won), "new": format!("Neun {}", password(nth)) }),
        )
    };
    let answers = race(&site, 5, change);
    assert_eq!(count(&answers, 204), 1, "{answers:?}");
    let last = answers.iter().position(|answer| answer.status == 204).unwrap();
    try_sign_in(&site, HOUSING, VICTIM, &password(won)).refused(401, "sign_in_failed");
    site.sign_in(HOUSING, VICTIM, &format!("Neun {}", password(last)));
}

/// Row 72: the call that ends its own session is answered once more, to whoever holds key and session, and to nobody else.
#[test]
fn an_account_closed_twice_under_one_key_is_closed_once_and_answered_twice() {
    let site = Site::start();
    site.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = site.sign_in(HOUSING, VICTIM, PASSWORD);
    let close = |session: &str, key: &str, body: &Value| {
        site.http().post("/api/v1/housing/account/close").bearer(session).header("Idempotency-Key", key).json(body).send()
    };
    let body = json!({ "password": PASSWORD });
    close(&session, KEY, &body).expect(204);
    close(&session, KEY, &body).expect(204);
    close(&session, KEY, &json!({ "password": NEW })).refused(422, "idempotency_mismatch");
    close(&session, OTHER_KEY, &body).refused(401, "sign_in_required");
    close("A-session-of-nobody", KEY, &body).refused(401, "sign_in_required");
    site.signed(&session, "POST", "/housing/account/close", &body).refused(401, "sign_in_required");
}
