//! What a copy of the database is worth to whoever took it without the keys, at two servers that go on: nothing. Row 65 of the threat model on
//! PostgreSQL; the file of SQLite, with what is deleted in it, is read elsewhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/scene.rs"]
mod scene;
#[path = "support/support.rs"]
mod support;

use onboarding_testkit::postgres::Cluster;
use scene::{MINUTE, NEW, VICTIM, email_token, handle, linked_mail, reset_token, type_code};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use support::{Answer, HOUSING, PASSWORD, PATIENCE, PEOPLE, STAFF_PASSWORD, Setup, Site, form, within};

const CHAMBER: &str = "chamber";
const NORA: &str = "nora@workshop.example";
const KEY: &str = "7f9c24e8-3b1a-4d55-9a0e-1c2b3d4e5f60";
/// A business that gets a letter, and one that got a notice.
const RECORDS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0001842,Malerei Köster,Sabine,Köster,Malweg 1,65189,Wiesbaden,DE,,de,open\n\
    0001843,Schreinerei Weiß,Johannes,Weiß,Holzweg 3,65195,Wiesbaden,DE,,de,open\n";

/// Two servers of both portals with one folder of mails and one of letters, and their database.
fn replicas() -> ([Site; 2], String) {
    let database = Cluster::shared().database();
    let setup = || Setup {
        database: database.clone(),
        portals: vec![HOUSING, CHAMBER],
        twin: false,
        trusted_proxies: vec!["127.0.0.1"],
        ..Setup::default()
    };
    let mut first = Site::prepared(&setup());
    let file = first.folder().join("records.csv");
    fs::write(&file, RECORDS).unwrap();
    first.import(CHAMBER, &file);
    first.restart();
    let second = Site::beside_with_one_postbox(&setup(), &first);
    ([first, second], database)
}

/// Nora's password and session, once she has registered.
fn nora(sites: &[Site; 2]) -> [String; 2] {
    let body = json!({
        "first_name": "Nora", "last_name": "Beispiel", "email": NORA, "birth_date": "1984-05-17",
        "consents": [{ "document": "privacy", "version": "2026-09", "granted": true }],
    });
    sites[0].post("/chamber/registrations", &body).expect(202);
    let link = sites[0].mail(CHAMBER, NORA).token();
    sites[1].post("/chamber/confirmations", &json!({ "token": link })).expect(200);
    let password = sites[0].mail(CHAMBER, NORA).password();
    let session = sites[0].sign_in(CHAMBER, NORA, &password);
    [password, session]
}

/// The PIN of a business's notice.
fn notice(site: &Site, number: &str) -> String {
    let (numbers, out) = (site.folder().join("numbers.txt"), site.folder().join("pins.csv"));
    fs::write(&numbers, format!("{number}\n")).unwrap();
    site.run(&["pins", "issue", CHAMBER, "--numbers", numbers.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let file = fs::read_to_string(&out).unwrap();
    file.lines().nth(1).unwrap().split(',').nth_back(1).unwrap().trim_matches('"').to_owned()
}

/// The PIN of the only letter: three groups of four on a line of their own.
fn printed(site: &Site) -> String {
    let file = within(PATIENCE, "the letter", || {
        let files = fs::read_dir(site.folder().join("letters").join(CHAMBER)).ok()?;
        files.map(|file| file.unwrap().path()).find(|file| file.extension().is_some_and(|kind| kind == "pdf"))
    });
    let read = Command::new("pdftotext").args(["-enc", "UTF-8", "-raw"]).arg(&file).arg("-").output().unwrap();
    assert!(read.status.success(), "{read:?}");
    let group = |group: &str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let text = String::from_utf8(read.stdout).unwrap();
    let is_pin = |line: &&str| line.split([' ', '-']).count() == 3 && line.split([' ', '-']).all(group);
    text.lines().map(str::trim).find(is_pin).unwrap_or_else(|| panic!("no PIN in {text}")).to_owned()
}

fn redeem(site: &Site, session: &str, number: &str, pin: &str) -> Answer {
    site.signed(session, "POST", "/chamber/account/memberships", &json!({ "number": number, "pin": pin }))
}

/// The folders whose contents leave the house.
const POST: [&str; 2] = ["mail", "letters"];

/// Puts files where the folders were, once all is sent: nothing can leave.
fn stop_post(sites: &[Site; 2], database: &str) {
    let waiting = || Cluster::shared().psql(database, "SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL");
    within(PATIENCE, "the outbox to be empty", || (waiting() == "0").then_some(()));
    for name in POST {
        let folder = sites[0].folder().join(name);
        fs::rename(&folder, sites[0].folder().join(format!("{name}.aside"))).unwrap();
        fs::write(&folder, "no folder").unwrap();
    }
}

/// Gives each folder back in one move, and has what waits tried again.
fn let_post_go(sites: &mut [Site; 2]) {
    for name in POST {
        let draft = sites[0].folder().join(format!("{name}.draft"));
        symlink(sites[0].folder().join(format!("{name}.aside")), &draft).unwrap();
        fs::rename(draft, sites[0].folder().join(name)).unwrap();
    }
    for site in sites {
        site.advance(11 * MINUTE);
    }
}

/// Threat 65: no copy of any table holds a token, code, PIN, handle, password, key or waiting mail's address, in any notation; nothing in one opens
/// a door; and what was looked for was alive, for it opens its own.
#[test]
fn a_thief_of_all_tables_finds_nothing_that_confirms_resets_redeems_or_signs_in() {
    let (mut sites, database) = replicas();
    // Something of every kind, alive.
    sites[0].register(HOUSING, &PEOPLE[0], VICTIM);
    sites[0].register(HOUSING, &PEOPLE[1], "other@y.example");
    let session = sites[1].sign_in(HOUSING, VICTIM, PASSWORD);
    let change = email_token(&sites[0], HOUSING, &session, "changed@y.example");
    let reset = reset_token(&sites[0], HOUSING, "other@y.example");
    let keyed = sites[1].http().post("/api/v1/housing/registrations").header("Idempotency-Key", KEY);
    let applied = handle(&keyed.json(&form(&PEOPLE[2], "pending@y.example")).send());
    let pending = sites[0].mail(HOUSING, "pending@y.example");
    let claim = json!({ "number": PEOPLE[3].number(), "last_name": PEOPLE[3].last_name });
    let claim = sites[0].post("/housing/claims", &claim).expect(200)["claim"].as_str().unwrap().to_owned();
    let printed_setup = String::from_utf8(sites[0].run(&["staff", "add", HOUSING, "amt@housing.example"]).stdout).unwrap();
    let setup = printed_setup.lines().last().unwrap().to_owned();
    let [mailed, business] = nora(&sites);
    let noticed = notice(&sites[0], "0001843");
    let mut secrets = [
        PASSWORD,
        KEY,
        &mailed,
        &session,
        &change,
        &reset,
        &applied,
        &claim,
        &setup,
        &business,
        &noticed,
        &pending.code(),
        &pending.token(),
    ]
    .map(str::to_owned)
    .to_vec();

    // And what waits in the outbox, which nobody has seen yet.
    stop_post(&sites, &database);
    let [sealed, moved] = ["sealed@y.example", "moved@y.example"];
    sites[0].post("/housing/password-resets", &json!({ "login": VICTIM })).expect(202);
    let waiting = handle(&sites[1].post("/housing/registrations", &form(&PEOPLE[4], sealed)));
    let other = sites[1].sign_in(HOUSING, "other@y.example", PASSWORD);
    sites[0].signed(&other, "PUT", "/housing/account/email", &json!({ "email": moved, "password": PASSWORD })).expect(202);
    sites[1].signed(&business, "POST", "/chamber/account/pin-letters", &json!({ "number": "0001842" })).expect(202);
    let cluster = Cluster::shared();
    let tables = cluster.psql(&database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
    let copy = |table: &str| cluster.psql(&database, &format!("COPY {table} TO STDOUT"));
    let copies: Vec<_> = tables.lines().map(|table| (table, copy(table))).collect();
    assert!(copies.len() > 8 && copies.iter().map(|(_, copy)| copy.len()).sum::<usize>() > 4_000);
    let_post_go(&mut sites);
    let unseen = sites[0].mail(HOUSING, sealed);
    let moving = linked_mail(&sites[0], HOUSING, moved).token();
    let second_reset = linked_mail(&sites[0], HOUSING, VICTIM).token();
    let posted = printed(&sites[0]);
    secrets.extend([waiting.clone(), other, unseen.code(), unseen.token(), moving, second_reset.clone(), posted.clone()]);
    let keys = fs::read_to_string(sites[0].folder().join("keys.toml")).unwrap();
    let before = secrets.len();
    secrets.extend(keys.split('"').filter(|word| word.len() >= 32).map(str::to_owned));
    assert!(secrets.len() > before, "no key was found");

    for (table, copy) in &copies {
        for secret in &secrets {
            for notation in notations(secret) {
                assert!(!copy.contains(&notation), "{secret} can be read as {notation} in {table}");
            }
        }
        for address in [sealed, moved].iter().filter(|_| table.contains("outbox")) {
            assert!(!copy.contains(address) && !copy.contains(&hex(address.as_bytes())), "{address} can be read in {table}");
        }
    }
    // The search finds what does stand there.
    let finds = |text: &str| copies.iter().any(|(_, copy)| notations(text).iter().any(|notation| copy.contains(notation)));
    assert!(finds(VICTIM) && finds(&PEOPLE[0].number()), "the copies were not understood");
    nothing_opens(&sites, &copies, &business);

    // All of it was alive.
    redeem(&sites[1], &business, "0001843", &noticed).expect(200);
    // A link to a business ends the sessions.
    let business = sites[1].sign_in(CHAMBER, NORA, &mailed);
    redeem(&sites[0], &business, "0001842", &posted).expect(200);
    type_code(&sites[0], HOUSING, &applied, &pending.code()).expect(200);
    type_code(&sites[1], HOUSING, &waiting, &unseen.code()).expect(200);
    sites[1].post("/housing/account/email/confirm", &json!({ "token": change })).expect(204);
    sites[0].post("/housing/password-resets/confirm", &json!({ "token": reset, "new": NEW })).expect(200);
    sites[1].post("/housing/staff/setup", &json!({ "token": setup, "password": STAFF_PASSWORD })).expect(201);
}

/// Whatever word or digest is found, as text or as a token would carry its bytes, opens nothing at either.
fn nothing_opens(sites: &[Site; 2], copies: &[(&str, String)], business: &str) {
    let mut loot = BTreeSet::new();
    for word in copies.iter().flat_map(|(_, copy)| copy.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))) {
        let word = word.strip_prefix('x').unwrap_or(word);
        if (16..=128).contains(&word.len()) {
            loot.insert(word.to_owned());
            loot.extend(unhex(word).map(|bytes| base64(&bytes)));
        }
    }
    assert!(loot.len() > 60, "{}", loot.len());
    let sent = |site: &Site, path: &str, body: Value| site.post(path, &body);
    for (nth, found) in loot.iter().enumerate() {
        let site = &sites[nth % 2];
        for answer in [
            site.signed(found, "GET", "/housing/session", &Value::Null),
            site.signed(found, "GET", "/chamber/session", &Value::Null),
            site.signed(found, "GET", "/housing/staff/session", &Value::Null),
            site.get(&format!("/housing/registrations/{found}")),
            sent(site, "/housing/confirmations", json!({ "token": found })),
            sent(site, "/housing/password-resets/confirm", json!({ "token": found, "new": NEW })),
            sent(site, "/housing/account/email/confirm", json!({ "token": found })),
            sent(site, "/housing/staff/setup", json!({ "token": found, "password": STAFF_PASSWORD })),
        ] {
            assert!(matches!(answer.status, 401 | 404 | 422), "{found}: {answer}");
        }
    }
    // Four tries at a PIN, of five that there are, go to what stands in the rows about PINs.
    let rows = copies.iter().filter(|(table, _)| table.contains("membership") || table.contains("pin"));
    let words = rows.flat_map(|(_, copy)| copy.split(|c: char| !c.is_ascii_alphanumeric())).filter(|word| word.len() >= 12);
    let tries: BTreeSet<_> = words.map(|word| word.strip_prefix('x').unwrap_or(word)[..12].to_uppercase()).collect();
    assert!(!tries.is_empty(), "nothing stands there about PINs");
    for pin in tries.iter().take(4) {
        let refused = redeem(&sites[0], business, "0001843", pin);
        assert!(matches!(refused.code().as_str(), "pin_mismatch" | "validation_failed"), "{pin}: {refused}");
    }
    // A stored hash is no password.
    let whole: String = copies.iter().map(|(_, copy)| copy.as_str()).collect();
    let hashes: Vec<_> = whole.split("$argon2id$").skip(1).filter_map(|rest| rest.split(['"', '\\', '\t', '\n']).next()).collect();
    assert!(!hashes.is_empty());
    for (nth, hash) in hashes.iter().take(4).enumerate() {
        let call = sites[0].http().post("/api/v1/housing/sessions").from(&format!("10.0.{nth}.1"));
        call.json(&json!({ "login": VICTIM, "password": format!("$argon2id${hash}") })).send().refused(401, "sign_in_failed");
    }
}

/// How a secret may be written down: as it is, without its groups, in small letters, as PostgreSQL writes the bytes of each, and those that a token
/// stands for.
fn notations(secret: &str) -> BTreeSet<String> {
    let bare = secret.replace(['-', ' '], "");
    let texts = [secret.to_owned(), secret.replace(' ', "-"), bare.clone(), bare.to_lowercase()];
    let bytes = texts.iter().map(|text| hex(text.as_bytes()));
    let decoded = unbase64(secret).filter(|bytes| bytes.len() >= 16).map(|bytes| hex(&bytes));
    texts.iter().cloned().chain(bytes).chain(decoded).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    text.len().is_multiple_of(2).then_some(())?;
    (0..text.len()).step_by(2).map(|at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(bytes: &[u8]) -> String {
    let sign = |chunk: &[u8], nth: usize| {
        let bits = chunk.iter().chain([0, 0].iter()).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        char::from(BASE64[bits >> (18 - 6 * nth) & 63])
    };
    bytes.chunks(3).flat_map(|chunk| (0..=chunk.len()).map(move |nth| sign(chunk, nth))).collect()
}

/// The bytes behind a text in either alphabet of base64; `None` where it is none.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let sextets: Vec<_> = plain.bytes().map(|byte| BASE64.iter().position(|letter| *letter == byte)).collect::<Option<_>>()?;
    let whole = sextets.chunks(4).flat_map(|chunk| {
        let bits = chunk.iter().fold(0, |bits, sextet| bits << 6 | sextet) << (6 * (4 - chunk.len()));
        (1..chunk.len()).map(move |nth| u8::try_from(bits >> (24 - 8 * nth) & 255).unwrap())
    });
    Some(whole.collect())
}
