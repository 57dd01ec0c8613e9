//! What two servers on one database agree on: which sessions are dead, which command was taken, and what one does whose clock is wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use scene::{NEW, VICTIM, apply, handle, reset_token, try_sign_in, type_code};
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};
use support::{Answer, HOUSING, Mail, PASSWORD, PATIENCE, PEOPLE, Setup, Site, TWIN, form, within};

const KEY: &str = "7f9c24e8-3b1a-4d55-9a0e-1c2b3d4e5f60";

/// Two installations with the same keys and data, and their database.
fn replicas() -> ([Site; 2], String) {
    let database = Cluster::shared().database();
    let setup = || Setup { database: database.clone(), trusted_proxies: vec!["127.0.0.1"], ..Setup::default() };
    let first = Site::with(&setup());
    let second = Site::beside(&setup(), &first);
    ([first, second], database)
}

/// Every mail to an address, whichever of them sent it.
fn mails(sites: &[Site; 2], portal: &str, to: &str) -> Vec<Mail> {
    sites.iter().flat_map(|site| site.mails_to(portal, to)).collect()
}

/// The first mail to an address that holds what is looked for.
fn found<T>(sites: &[Site; 2], portal: &str, to: &str, look: impl Fn(&Mail) -> Option<T>) -> T {
    within(PATIENCE, &format!("a mail to {to}"), || mails(sites, portal, to).iter().find_map(&look))
}

/// A link's token, of the mail whose link leads to a page.
fn token(sites: &[Site; 2], portal: &str, to: &str, page: &str) -> String {
    let of = |mail: &Mail| mail.find_link().filter(|link| link.contains(page)).map(|_| mail.token());
    found(sites, portal, to, of)
}

/// So many calls at once, by turns at one and the other.
fn at_once(sites: &[Site; 2], times: usize, call: impl Fn(&Site) -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let call = &call;
        let calls: Vec<_> = (0..times).map(|nth| scope.spawn(move || call(&sites[nth % 2]))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

fn count(database: &str, what: &str) -> usize {
    Cluster::shared().psql(database, &format!("SELECT COUNT(*) FROM {what}")).parse().unwrap()
}

fn register(sites: &[Site; 2], email: &str) {
    let applied = handle(&sites[0].post("/housing/registrations", &form(&PEOPLE[0], email)));
    let code = found(sites, HOUSING, email, Mail::find_code);
    type_code(&sites[1], HOUSING, &applied, &code).expect(200);
}

/// Nothing that was ordered before this call is still to be sent.
fn sent_everything(database: &str) {
    within(PATIENCE, "the outbox to be empty", || (count(database, "outbox WHERE settled_at IS NULL") == 0).then_some(()));
}

/// Threat 40: a session that is ended at one server is dead at the other by the next request.
#[test]
fn a_session_ended_at_one_is_dead_at_the_other_by_the_next_request() {
    let (sites, _) = replicas();
    let clerk = sites[0].clerk(HOUSING, "amt@office.example");
    register(&sites, VICTIM);
    let mut password = PASSWORD;
    for ending in ["change", "suspend", "reset", "close"] {
        let [acting, watched] = [(); 2].map(|()| sites[1].sign_in(HOUSING, VICTIM, password));
        let look = |token: &str| sites[1].signed(token, "GET", "/housing/session", &Value::Null).status;
        assert_eq!(look(&watched), 200);
        thread::scope(|scope| {
            let looking = scope.spawn(|| {
                let end = Instant::now() + PATIENCE;
                let mut seen = Vec::new();
                while seen.last().is_none_or(|(_, status)| *status == 200) {
                    let asked = Instant::now();
                    assert!(asked < end, "it was never ended");
                    seen.push((asked, look(&watched)));
                }
                seen
            });
            match ending {
                "change" => {
                    let change = json!({ "current": password, "new": NEW });
                    let changed = sites[0].signed(&acting, "PUT", "/housing/account/password", &change);
                    assert!((200..300).contains(&changed.status), "{changed}");
                    password = NEW;
                }
                "suspend" => suspend(&sites[0], &clerk, true),
                "close" => {
                    sites[0].signed(&acting, "POST", "/housing/account/close", &json!({ "password": password })).expect(204);
                }
                _ => {
                    sites[0].post("/housing/password-resets", &json!({ "login": VICTIM })).expect(202);
                    let reset = token(&sites, HOUSING, VICTIM, "/password/reset");
                    let confirmed = sites[0].post("/housing/password-resets/confirm", &json!({ "token": reset, "new": PASSWORD }));
                    confirmed.expect(200);
                    password = PASSWORD;
                }
            }
            let ended = Instant::now();
            let seen = looking.join().unwrap();
            assert!(seen.iter().all(|(asked, status)| *status == 401 || *asked <= ended), "{ending}: an ended session was answered");
        });
        for site in &sites {
            site.signed(&watched, "GET", "/housing/account/export", &Value::Null).refused(401, "sign_in_required");
            assert_eq!(site.http().get("/auth/housing").bearer(&watched).send().status, 401);
        }
        if ending == "suspend" {
            try_sign_in(&sites[1], HOUSING, VICTIM, password).refused(403, "account_suspended");
            suspend(&sites[0], &clerk, false);
        }
    }
}

fn suspend(site: &Site, clerk: &str, suspended: bool) {
    let listed = site.signed(clerk, "GET", "/housing/staff/accounts?q=victim", &Value::Null).expect(200);
    let path = format!("/housing/staff/accounts/{}", listed["accounts"][0]["id"].as_str().unwrap());
    site.signed(clerk, "PATCH", &path, &json!({ "suspended": suspended })).expect(200);
}

/// Threat 72: one key at both at once is one registration with one answer; another caller, portal or body has nothing of it.
#[test]
fn one_key_at_both_at_once_is_one_registration() {
    let (sites, database) = replicas();
    let keyed = |site: &Site, path: &str, body: &Value| site.http().post(path).header("Idempotency-Key", KEY).json(body).send();
    let (path, application) = ("/api/v1/housing/registrations", form(&PEOPLE[0], VICTIM));
    let answers = at_once(&sites, 24, |site| keyed(site, path, &application));
    // Whoever came while the first was under way may be told so; everybody else is told the same.
    let own = handle(answers.iter().find(|answer| answer.status == 202).unwrap());
    for answer in &answers {
        match answer.status {
            202 => assert_eq!(handle(answer), own),
            409 => {}
            _ => drop(answer.refused(503, "busy")),
        }
    }
    assert_eq!(count(&database, "registrations"), 1);
    sent_everything(&database);
    assert_eq!(mails(&sites, HOUSING, VICTIM).len(), 1);

    for site in &sites {
        assert_eq!(handle(&keyed(site, path, &application)), own);
        keyed(site, path, &form(&PEOPLE[1], VICTIM)).refused(422, "idempotency_mismatch");
        assert_ne!(handle(&keyed(site, &format!("/api/v1/{TWIN}/registrations"), &application)), own);
    }
    let code = found(&sites, HOUSING, VICTIM, Mail::find_code);
    type_code(&sites[1], HOUSING, &own, &code).expect(200);
    let session = sites[0].sign_in(HOUSING, VICTIM, PASSWORD);
    let signed = sites[1].http().post(path).bearer(&session).header("Idempotency-Key", KEY).json(&application).send();
    assert_ne!(handle(&signed), own);
    // Nobody's name is not nobody.
    let forged = sites[0].http().post(path).bearer("anonymous").header("Idempotency-Key", KEY).json(&application).send();
    assert_ne!(handle(&forged), own);
}

/// Threat 63: one server's machine is two days ahead, then two days behind. Nothing expires or revives, and the other goes on.
#[test]
fn a_server_whose_clock_is_two_days_wrong_is_not_ready_and_neither_ends_nor_revives_anything() {
    for hours in [48, -48] {
        let database = Cluster::shared().database();
        let setup = |machine_ahead| Setup { database: database.clone(), machine_ahead, ..Setup::default() };
        let mut one = Site::with(&setup(0));
        let mut wrong = Site::beside_with_one_postbox(&setup(hours * 3_600), &one);
        let ready = |site: &Site| site.http().get("/health/ready").send().status;
        assert_eq!((ready(&one), ready(&wrong)), (200, 503), "{hours} hours");
        one.register(HOUSING, &PEOPLE[0], VICTIM);
        let reset = reset_token(&one, HOUSING, VICTIM);
        let pending = apply(&one, HOUSING, &PEOPLE[1], "pending@y.example");
        let session = one.sign_in(HOUSING, VICTIM, PASSWORD);
        // Long enough for a sweeper to come by.
        thread::sleep(Duration::from_secs(2));
        // Both judge by the same time: what is alive at one is alive at the other.
        for site in [&one, &wrong] {
            site.signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
            assert_eq!(scene::state(site, HOUSING, &pending.handle), "awaiting_email");
        }
        type_code(&wrong, HOUSING, &pending.handle, &pending.code).expect(200);
        // An hour and a half later the link is dead for both.
        for site in [&mut one, &mut wrong] {
            site.advance(Duration::from_mins(90));
        }
        for site in [&wrong, &one] {
            site.post("/housing/password-resets/confirm", &json!({ "token": reset, "new": NEW })).refused(410, "token_expired");
        }
        assert_eq!((ready(&one), ready(&wrong)), (200, 503), "{hours} hours");
        one.register(TWIN, &PEOPLE[2], "goes-on@y.example");
    }
}
