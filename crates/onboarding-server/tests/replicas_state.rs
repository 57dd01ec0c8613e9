//! What two servers on one database agree on: which sessions are dead, which command was taken, what a copy of the database is worth, and what
//! one does whose clock is wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use scene::{NEW, VICTIM, handle, try_sign_in, type_code};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Instant;
use support::{Answer, HOUSING, Mail, PASSWORD, PATIENCE, PEOPLE, Setup, Site, TWIN, form, within};

const CHAMBER: &str = "chamber";
const PARTNER: &str = "partner";
const KEY: &str = "7f9c24e8-3b1a-4d55-9a0e-1c2b3d4e5f60";
const RECORDS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0001842,Malerei Köster,Sabine,Köster,Malweg 1,65189,Wiesbaden,DE,first@post.example,de,open\n";

/// Two installations of a portal with the same keys and data, and their database.
fn replicas(portal: &'static str) -> ([Site; 2], String) {
    let database = Cluster::shared().database();
    let setup = || Setup {
        database: database.clone(),
        portals: vec![portal],
        twin: portal == HOUSING,
        trusted_proxies: vec!["127.0.0.1"],
        ..Setup::default()
    };
    let mut first = Site::prepared(&setup());
    if portal != HOUSING {
        let file = first.folder().join("records.csv");
        fs::write(&file, RECORDS).unwrap();
        first.import(portal, &file);
    }
    first.restart();
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
    let (sites, _) = replicas(HOUSING);
    let clerk = sites[0].clerk(HOUSING, "amt@office.example");
    register(&sites, VICTIM);
    let mut password = PASSWORD;
    for ending in ["change", "suspend", "reset"] {
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
                _ => {
                    sites[0].post("/housing/password-resets", &json!({ "login": VICTIM })).expect(202);
                    let reset = token(&sites, HOUSING, VICTIM, "/password/reset");
                    let confirmed = sites[0].post("/housing/password-resets/confirm", &json!({ "token": reset, "new": PASSWORD }));
                    confirmed.expect(200);
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
    let (sites, database) = replicas(HOUSING);
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
}

/// Threat 67: two servers that are asked for one PIN letter at once order one.
#[test]
fn a_pin_asked_for_at_both_at_once_is_one_letter() {
    let (sites, database) = replicas(CHAMBER);
    let email = "nora@workshop.example";
    let body = json!({
        "first_name": "Nora", "last_name": "Beispiel", "email": email, "birth_date": "1984-05-17",
        "consents": [{ "document": "privacy", "version": "2026-09", "granted": true }],
    });
    sites[0].post("/chamber/registrations", &body).expect(202);
    let link = found(&sites, CHAMBER, email, |mail| mail.find_link().map(|_| mail.token()));
    sites[1].post("/chamber/confirmations", &json!({ "token": link })).expect(200);
    let one_is_it = |mail: &Mail| {
        let is_it = |line: &&str| line.len() == 14 && line.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        mail.text.lines().find(is_it).map(str::to_owned)
    };
    let password = found(&sites, CHAMBER, email, one_is_it);
    let session = sites[0].sign_in(CHAMBER, email, &password);
    let asked: Vec<_> =
        at_once(&sites, 16, |site| site.signed(&session, "POST", "/chamber/account/pin-letters", &json!({ "number": "0001842" })))
            .iter()
            .map(|answer| answer.status)
            .collect();
    assert_eq!(asked.iter().filter(|status| **status == 202).count(), 1, "{asked:?}");
    assert!(asked.iter().all(|status| matches!(status, 202 | 409 | 429 | 503)), "{asked:?}");
    let letters = || -> usize {
        let folders = sites.iter().map(|site| site.folder().join("letters").join(CHAMBER));
        let files = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "pdf")).count()
    };
    within(PATIENCE, "the letter", || (letters() > 0).then_some(()));
    sent_everything(&database);
    assert_eq!(letters(), 1);
    assert_eq!(count(&database, "audit WHERE subject_kind = 'membership' AND kind LIKE '%requested%'"), 1);
}

/// Threat 67: two servers that are told one approval at once take one decision and send one mail.
#[test]
fn an_approval_given_at_both_at_once_is_one_decision_and_one_mail() {
    let (sites, database) = replicas(PARTNER);
    let consent = |document: &str, version: &str| json!({ "document": document, "version": version, "granted": true });
    let (chief, robin) = ("chefin@praxis.example", "robin@praxis.example");
    sites[0].run(&["super-admin", PARTNER, "0001842", chief]);
    let body = json!({
        "token": found(&sites, PARTNER, chief, |mail| mail.find_link().map(|_| mail.token())),
        "password": PASSWORD, "first_name": "Ada", "last_name": "Chefin", "consents": [consent("privacy", "3.0"), consent("terms", "3.1")],
    });
    sites[0].post("/partner/completions", &body).expect(200);
    let session = sites[1].sign_in(PARTNER, chief, PASSWORD);
    let body = json!({
        "claim": { "number": "0001842", "postal_code": "65189" }, "email": robin, "first_name": "Robin", "last_name": "Reeder",
        "consents": [consent("privacy", "3.0")],
    });
    sites[0].post("/partner/registrations", &body).expect(202);
    let link = found(&sites, PARTNER, robin, |mail| mail.find_link().map(|_| mail.token()));
    sites[1].post("/partner/confirmations", &json!({ "token": link })).expect(200);
    let listed = sites[0].signed(&session, "GET", "/partner/team", &Value::Null).expect(200);
    let request = &listed["requests"][0];
    let path = format!("/partner/team/requests/{}/approve", request["id"].as_str().unwrap());
    let answers = at_once(&sites, 16, |site| site.signed(&session, "POST", &path, &json!({ "version": request["version"] })));
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!(matches!(answer.code().as_str(), "already_decided" | "busy" | "version_conflict"), "{answer}");
    }
    sent_everything(&database);
    // The confirmation and the approval.
    assert_eq!(mails(&sites, PARTNER, robin).len(), 2);
    assert_eq!(count(&database, "audit WHERE kind = 'registration.approved'"), 1);
}

/// Threat 65: a copy of every table holds no token, code, handle, password or address of a sealed mail in clear, and nothing in it opens a door.
#[test]
fn a_thief_of_all_tables_finds_nothing_that_opens_anything() {
    let (sites, database) = replicas(HOUSING);
    register(&sites, VICTIM);
    let session = sites[0].sign_in(HOUSING, VICTIM, PASSWORD);
    let pending = "pending@y.example";
    let applied = handle(&sites[1].post("/housing/registrations", &form(&PEOPLE[1], pending)));
    let mail = found(&sites, HOUSING, pending, |mail| mail.find_code().map(|_| mail.clone()));
    sites[1].post("/housing/password-resets", &json!({ "login": VICTIM })).expect(202);
    let reset = token(&sites, HOUSING, VICTIM, "/password/reset");
    let claim = json!({ "number": PEOPLE[2].number(), "last_name": PEOPLE[2].last_name });
    let claim = sites[0].post("/housing/claims", &claim).expect(200)["claim"].as_str().unwrap().to_owned();
    let bare = |code: &str| code.replace('-', "");
    let mut secrets = vec![
        PASSWORD.to_owned(),
        session.clone(),
        applied,
        reset,
        claim,
        mail.code(),
        bare(&mail.code()),
        mail.token(),
        bare(&mail.code()).to_lowercase(),
    ];
    // A mail that nobody has seen yet, for an address that nothing else knows.
    for site in &sites {
        stop_mail_of(site);
    }
    let sealed = "sealed-for-nobody@y.example";
    sites[0].post("/housing/password-resets", &json!({ "login": VICTIM })).expect(202);
    sites[0].post("/housing/registrations", &form(&PEOPLE[3], sealed)).expect(202);
    let cluster = Cluster::shared();
    let tables = cluster.psql(&database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
    let copy = |table: &str| cluster.psql(&database, &format!("COPY {table} TO STDOUT"));
    let copies: Vec<_> = tables.lines().map(|table| (table, copy(table))).collect();
    assert!(copies.len() > 8 && copies.iter().map(|(_, copy)| copy.len()).sum::<usize>() > 4_000);
    for name in fs::read_to_string(sites[0].folder().join("keys.toml")).unwrap().split('"').filter(|word| word.len() >= 32) {
        secrets.push(name.to_owned());
    }
    assert!(secrets.len() > 9, "no key was found");
    for (table, copy) in &copies {
        for secret in &secrets {
            assert!(!copy.contains(secret.as_str()), "{secret} can be read in {table}");
            assert!(!copy.contains(&hex(secret.as_bytes())), "{secret} can be read in {table}");
        }
        let outbox = table.contains("outbox");
        assert!(!outbox || !(copy.contains(sealed) || copy.contains(&hex(sealed.as_bytes()))), "an address can be read in {table}");
    }
    // Whatever word or digest is found, as text or as a token would carry its bytes, opens none.
    let mut loot = BTreeSet::new();
    for word in copies.iter().flat_map(|(_, copy)| copy.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))) {
        let word = word.strip_prefix('x').unwrap_or(word);
        if (16..=128).contains(&word.len()) {
            loot.insert(word.to_owned());
            loot.extend(unhex(word).map(|bytes| base64(&bytes)));
        }
    }
    assert!(loot.len() > 60, "{}", loot.len());
    for (nth, found) in loot.iter().enumerate() {
        let site = &sites[nth % 2];
        let opened = |answer: Answer| assert!(matches!(answer.status, 401 | 404 | 422), "{found}: {answer}");
        opened(site.signed(found, "GET", "/housing/session", &Value::Null));
        opened(site.get(&format!("/housing/registrations/{found}")));
        opened(site.post("/housing/confirmations", &json!({ "token": found })));
        opened(site.post("/housing/password-resets/confirm", &json!({ "token": found, "new": NEW })));
    }
    // A stored hash is no password.
    let whole: String = copies.iter().map(|(_, copy)| copy.as_str()).collect();
    let hashes: Vec<_> = whole.split("$argon2id$").skip(1).filter_map(|rest| rest.split(['"', '\\', '\t', '\n']).next()).collect();
    assert!(!hashes.is_empty());
    for (nth, hash) in hashes.iter().take(4).enumerate() {
        let call = sites[0].http().post("/api/v1/housing/sessions").from(&format!("10.0.{nth}.1"));
        call.json(&json!({ "login": VICTIM, "password": format!("$argon2id${hash}") })).send().refused(401, "sign_in_failed");
    }
    sites[1].signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
}

/// Puts a file where the mails' folder is.
fn stop_mail_of(site: &Site) {
    let folder = site.folder().join("mail");
    let _ = fs::rename(&folder, site.folder().join("aside"));
    fs::write(&folder, "no folder").unwrap();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    text.len().is_multiple_of(2).then_some(())?;
    (0..text.len()).step_by(2).map(|at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let sign = |chunk: &[u8], nth: usize| {
        let bits = chunk.iter().chain([0, 0].iter()).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        char::from(ALPHABET[bits >> (18 - 6 * nth) & 63])
    };
    bytes.chunks(3).flat_map(|chunk| (0..=chunk.len()).map(move |nth| sign(chunk, nth))).collect()
}
