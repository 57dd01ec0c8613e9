//! Attacks on what two servers of one PostgreSQL share: sessions that end at one, a clock that is wrong at one, a key that both get, a copy
//! of all that stands in the database. Each test names its row of the threat model; what one server alone withstands is tested elsewhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use scene::{ATTACKER, NEW, VICTIM, apply, quiet, recipients, reset_token, try_sign_in, type_code};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};
use support::{Answer, Client, HOUSING, PASSWORD, PEOPLE, Setup, Site, TWIN, form};

const KEY: &str = "7f9c24e8-3b1a-4d55-9a0e-1c2b3d4e5f60";

/// Two servers with the same keys and data, and where those are.
struct Pair {
    one: Site,
    other: Site,
    database: String,
}

impl Pair {
    fn start() -> Self {
        Self::behind(&[])
    }

    /// With proxies that are believed.
    fn behind(trusted_proxies: &[&'static str]) -> Self {
        let database = Cluster::shared().database();
        let setup = || Setup { database: database.clone(), trusted_proxies: trusted_proxies.to_vec(), ..Setup::default() };
        let one = Site::with(&setup());
        let other = Site::beside_with_one_postbox(&setup(), &one);
        Self { one, other, database }
    }

    /// By turns.
    fn nth(&self, nth: usize) -> &Site {
        if nth.is_multiple_of(2) { &self.one } else { &self.other }
    }

    /// So many calls over both, sixteen at a time.
    fn at_once(&self, calls: usize, call: impl Fn(Client, usize) -> Answer + Sync) -> Vec<Answer> {
        let call = &call;
        let (one, other) = (self.one.http(), self.other.http());
        thread::scope(|scope| {
            let crowd: Vec<_> = (0..16.min(calls))
                .map(|first| {
                    let mine = (first..calls).step_by(16);
                    scope.spawn(move || mine.map(|nth| call(if nth.is_multiple_of(2) { one } else { other }, nth)).collect::<Vec<_>>())
                })
                .collect();
            crowd.into_iter().flat_map(|one| one.join().unwrap()).collect()
        })
    }

    fn count(&self, what: &str) -> usize {
        Cluster::shared().psql(&self.database, &format!("SELECT COUNT(*) FROM {what}")).parse().unwrap()
    }
}

/// Ends sessions of whoever has this session and address.
type End<'a> = dyn Fn(&str, &str) + Sync + 'a;

/// Threat 40: whatever ends a session at one server has ended it at the other, for requests that are under way as well.
#[test]
fn a_session_that_one_server_ended_is_dead_on_the_other_at_once() {
    let pair = Pair::start();
    let (one, other) = (&pair.one, &pair.other);
    let clerk = one.clerk(HOUSING, "amt@housing.example");
    let ends: [(&str, &End<'_>); 4] = [
        ("reset@y.example", &|_, email| {
            let token = reset_token(one, HOUSING, email);
            one.post("/housing/password-resets/confirm", &json!({ "token": token, "new": NEW })).expect(200);
        }),
        ("change@y.example", &|session, _| {
            let body = json!({ "current": PASSWORD, "new": NEW });
            one.signed(session, "PUT", "/housing/account/password", &body).expect(204);
        }),
        ("suspend@y.example", &|_, email| {
            let found = one.signed(&clerk, "GET", &format!("/housing/staff/accounts?q={email}"), &Value::Null).expect(200);
            let account = format!("/housing/staff/accounts/{}", found["accounts"][0]["id"].as_str().unwrap());
            assert_eq!(one.signed(&clerk, "PATCH", &account, &json!({ "suspended": true })).expect(200)["state"], "suspended");
        }),
        ("close@y.example", &|session, _| {
            one.signed(session, "POST", "/housing/account/close", &json!({ "password": PASSWORD })).expect(204);
        }),
    ];
    for (person, (email, end)) in PEOPLE.iter().zip(ends) {
        one.register(HOUSING, person, email);
        let [ours, theirs] = [one.sign_in(HOUSING, email, PASSWORD), other.sign_in(HOUSING, email, PASSWORD)];
        let look = |session: &str| other.signed(session, "GET", "/housing/session", &Value::Null);
        look(&theirs).expect(200);
        thread::scope(|scope| {
            // Requests that are under way while it happens: each is before or after, and none comes back to life.
            let crowd: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let start = Instant::now();
                        let mut statuses = Vec::new();
                        while start.elapsed() < Duration::from_millis(700) {
                            statuses.push(look(&theirs).status);
                        }
                        statuses
                    })
                })
                .collect();
            end(&ours, email);
            look(&theirs).refused(401, "sign_in_required");
            for statuses in crowd.into_iter().map(|one| one.join().unwrap()) {
                let died = statuses.iter().position(|status| *status == 401).unwrap_or(statuses.len());
                assert!(statuses[..died].iter().all(|status| *status == 200), "{email}: {statuses:?}");
                assert!(statuses[died..].iter().all(|status| *status == 401), "{email}: {statuses:?}");
            }
        });
        look(&theirs).refused(401, "sign_in_required");
        assert_eq!(other.http().get("/auth/housing").bearer(&theirs).send().status, 401);
    }
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

/// Threat 72: one key at both at once.
#[test]
fn a_key_sent_to_both_servers_at_once_is_one_registration_and_one_mail() {
    let pair = Pair::start();
    let send = |client: Client, portal: &str, body: &Value| {
        client.post(&format!("/api/v1/{portal}/registrations")).header("Idempotency-Key", KEY).json(body).send()
    };
    let application = form(&PEOPLE[0], VICTIM);
    let answers = pair.at_once(16, |client, _| send(client, HOUSING, &application));
    for answer in &answers {
        answer.expect(202);
        assert_eq!(answer.text(), answers[0].text());
    }
    assert_eq!(pair.count("registrations"), 1);
    for site in [&pair.one, &pair.other] {
        assert_eq!(send(site.http(), HOUSING, &application).text(), answers[0].text());
        send(site.http(), HOUSING, &form(&PEOPLE[0], ATTACKER)).refused(422, "idempotency_mismatch");
        // The neighbour knows nothing of it.
        assert_ne!(scene::handle(&send(site.http(), TWIN, &application)), scene::handle(&answers[0]));
        let forged = site.http().post("/api/v1/housing/registrations").bearer("anonymous").header("Idempotency-Key", KEY);
        assert_ne!(forged.json(&application).send().text(), answers[0].text(), "nobody's name is not nobody");
    }
    quiet(&pair.one);
    assert_eq!(recipients(&pair.one)[VICTIM], pair.one.mails_to(HOUSING, VICTIM).len());
}

/// Threat 65: everything that stands in the database, in whatever notation, opens nothing at either server.
#[test]
fn a_copy_of_all_tables_without_the_keys_confirms_resets_and_signs_in_nobody() {
    let pair = Pair::behind(&["127.0.0.1"]);
    let (one, other) = (&pair.one, &pair.other);
    one.register(HOUSING, &PEOPLE[0], VICTIM);
    let session = one.sign_in(HOUSING, VICTIM, PASSWORD);
    let reset = reset_token(other, HOUSING, VICTIM);
    let pending = apply(one, HOUSING, &PEOPLE[1], "pending@y.example");
    let keyed = other.http().post("/api/v1/housing/registrations").header("Idempotency-Key", KEY);
    let handle = scene::handle(&keyed.json(&form(&PEOPLE[2], "keyed@y.example")).send());
    // A mail that waits, with a code and a link that nobody has seen.
    scene::stop_mail(one);
    other.post("/housing/registrations", &form(&PEOPLE[3], "waiting@y.example")).expect(202);
    let psql = |sql: &str| Cluster::shared().psql(&pair.database, sql);
    let tables = psql("SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')");
    assert!(tables.lines().count() >= 12, "{tables}");
    let dump: String = tables.lines().map(|table| psql(&format!("SELECT row_to_json(t)::text FROM \"{table}\" t"))).collect();
    let outbox = psql("SELECT row_to_json(t)::text FROM outbox t");
    assert!(outbox.lines().count() >= 1);
    scene::let_mail_go(one);
    for site in [one, other] {
        assert_eq!(site.http().get("/health/ready").send().status, 200);
    }

    let code = pending.code.replace('-', "");
    for secret in [PASSWORD, &session, &reset, &pending.handle, &pending.code, &code, &code.to_lowercase(), &pending.token, &handle, KEY] {
        let hex = hex(secret);
        assert!(!dump.contains(secret) && !dump.contains(&hex), "{secret} can be read in the database");
    }
    for address in [VICTIM, "pending@y.example", "keyed@y.example", "waiting@y.example"] {
        let hex = hex(address);
        assert!(!outbox.contains(address) && !outbox.contains(&hex), "{address} can be read in the outbox");
    }
    let loot: BTreeSet<&str> = dump
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .filter(|word| (16..=128).contains(&word.len()))
        .collect();
    assert!(loot.len() > 40, "{loot:?}");
    for (nth, found) in loot.iter().take(300).enumerate() {
        let site = pair.nth(nth);
        // As PostgreSQL writes bytes, and without its sign for them.
        let found = found.strip_prefix('x').unwrap_or(found);
        let opened = |answer: Answer| assert!(matches!(answer.status, 401 | 404 | 422), "{found}: {answer}");
        opened(site.signed(found, "GET", "/housing/session", &Value::Null));
        opened(site.get(&format!("/housing/registrations/{found}")));
        opened(site.post("/housing/confirmations", &json!({ "token": found })));
        opened(site.post("/housing/password-resets/confirm", &json!({ "token": found, "new": NEW })));
    }
    let hash = dump.split("$argon2id$").nth(1).and_then(|rest| rest.split(['"', '\\']).next()).unwrap();
    try_sign_in(other, HOUSING, VICTIM, &format!("$argon2id${hash}")).refused(401, "sign_in_failed");
    other.signed(&session, "GET", "/housing/session", &Value::Null).expect(200);
}

/// As PostgreSQL writes bytes.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
