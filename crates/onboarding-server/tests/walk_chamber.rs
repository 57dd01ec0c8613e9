//! The journey of a craftsman, walked as outside programs walk it: public calls, the commands, the `.eml` files and the letters in the spool,
//! read by `pdftotext`, with records made here.
//!
//! Every test has an installation of its own. What attackers try is tested elsewhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/support.rs"]
mod support;

use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use support::{Answer, PASSWORD, PATIENCE, Setup, Site, within};

const CHAMBER: &str = "chamber";
const NORA: &str = "nora@workshop.example";
const CLERK: &str = "amt@chamber.example";
const WRONG_PIN: &str = "2222-2222-2222";
const DAY: Duration = Duration::from_hours(24);

/// Businesses with other numbers in every run: zeros before them, blanks in them; a foreign one, a closed one, one whose name is markup.
struct Books {
    smith: String,
    foreign: String,
    closed: String,
    markup: String,
}

fn site() -> (Site, Books) {
    let (mut site, books) = prepared();
    site.restart();
    (site, books)
}

/// With its books, and not serving yet.
fn prepared() -> (Site, Books) {
    let site = Site::prepared(&Setup { portals: vec![CHAMBER], twin: false, ..Setup::default() });
    let seed = std::process::id() % 10_000;
    let books = Books {
        smith: format!("000{seed:04}1"),
        foreign: format!("000{seed:04}2"),
        closed: format!("000{seed:04}3"),
        markup: format!("000{seed:04}4"),
    };
    let file = site.folder().join("businesses.csv");
    let rows = [
        "number,name,first_name,last_name,street,postal_code,city,country,email,language,status".to_owned(),
        format!("{},\"=Schmiede Łukasik & Söhne, Inh. Žofie\",Žofie,Łukasik,Am Bächle 3 ½,65189,Wiesbaden,DE,,de,open", books.smith),
        format!("{},Forge O’Neill Ltd,Seán,O’Neill,1 High St,SW1A 1AA,London,GB,,en,open", books.foreign),
        format!("{},Alte Mühle,Uwe,Alt,Mühlweg 1,65195,Wiesbaden,DE,,de,closed", books.closed),
        format!("{},<img src=x onerror=alert(1)>,,,Weg 1,65195,Wiesbaden,DE,,de,open", books.markup),
    ];
    fs::write(&file, rows.join("\n")).unwrap();
    site.import(CHAMBER, &file);
    (site, books)
}

fn form(email: &str) -> Value {
    json!({
        "first_name": "Nora", "last_name": "Öztürk-D’Angelo", "email": email, "birth_date": "1984-05-17",
        "consents": [{ "document": "privacy", "version": "2026-09", "granted": true }],
    })
}

/// Applies and confirms: the mailed password.
fn craftsman(site: &Site, email: &str) -> String {
    site.post("/chamber/registrations", &form(email)).expect(202);
    let token = site.mail(CHAMBER, email).token();
    site.post("/chamber/confirmations", &json!({ "token": token })).expect(200);
    site.mail(CHAMBER, email).password()
}

/// An account that is signed in: password and bearer token.
fn signed_in(site: &Site, email: &str) -> (String, String) {
    let password = craftsman(site, email);
    let token = site.sign_in(CHAMBER, email, &password);
    (password, token)
}

fn ask(site: &Site, token: &str, number: &str) -> Answer {
    site.signed(token, "POST", "/chamber/account/pin-letters", &json!({ "number": number }))
}

fn redeem(site: &Site, token: &str, number: &str, pin: &str) -> Answer {
    site.signed(token, "POST", "/chamber/account/memberships", &json!({ "number": number, "pin": pin }))
}

/// The letters in the spool, oldest first.
fn spool(site: &Site) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(site.folder().join("letters").join(CHAMBER)) else { return Vec::new() };
    let mut files: Vec<_> =
        files.map(|file| file.unwrap().path()).filter(|file| file.extension().is_some_and(|kind| kind == "pdf")).collect();
    files.sort();
    files
}

/// A letter's lines, from the top, once so many lie in the spool.
fn letter(site: &Site, nth: usize) -> Vec<String> {
    let file = within(PATIENCE, "a letter", || spool(site).get(nth - 1).cloned());
    let read = Command::new("pdftotext").args(["-enc", "UTF-8", "-raw"]).arg(&file).arg("-").output().unwrap();
    assert!(read.status.success(), "{read:?}");
    String::from_utf8(read.stdout).unwrap().lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// The PIN: three groups of four on a line of their own.
fn pin(lines: &[String]) -> String {
    let group = |group: &str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let is_pin = |line: &&String| line.split([' ', '-']).count() == 3 && line.split([' ', '-']).all(group);
    let pins: Vec<_> = lines.iter().filter(is_pin).collect();
    assert_eq!(pins.len(), 1, "{lines:#?}");
    pins[0].clone()
}

/// `2026-12-24T…` as German letters write it.
fn german(time: &Value) -> String {
    let parts: Vec<_> = time.as_str().unwrap()[..10].split('-').collect();
    format!("{}.{}.{}", parts[2], parts[1], parts[0])
}

fn office(site: &Site, clerk: &str, id: &Value, doing: &str) -> Answer {
    site.signed(clerk, "POST", &format!("/chamber/staff/letters/{}/{doing}", id.as_str().unwrap()), &Value::Null)
}

fn listed(site: &Site, clerk: &str, state: &str) -> Vec<Value> {
    let page = site.signed(clerk, "GET", &format!("/chamber/staff/letters?state={state}"), &Value::Null).expect(200);
    page["letters"].as_array().unwrap().clone()
}

#[test]
fn a_craftsman_goes_from_the_form_to_the_member_area_past_a_server_that_is_killed_between_the_steps() {
    let (mut site, books) = site();
    for (wrong, code) in [("1984-02-30", "format"), ("17.05.1984", "format"), ("1899-12-31", "not_real"), ("2999-01-01", "not_real")] {
        let mut body = form(NORA);
        body["birth_date"] = json!(wrong);
        let refused = site.post("/chamber/registrations", &body).refused(422, "validation_failed");
        assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!("birth_date"), &json!(code)), "{wrong}");
    }
    let mut without = form(NORA);
    without.as_object_mut().unwrap().remove("birth_date");
    assert_eq!(site.post("/chamber/registrations", &without).refused(422, "validation_failed")["errors"][0]["code"], "required");

    let handle = site.post("/chamber/registrations", &form(NORA)).expect(202)["registration"].as_str().unwrap().to_owned();
    site.crash();
    let mail = site.mail(CHAMBER, NORA);
    assert!(!mail.text.contains("Nora") && !mail.text.contains("Öztürk"), "what was typed is not mailed before the proof: {}", mail.text);
    assert_eq!(mail.find_code(), None);
    let confirm = |site: &Site| site.post("/chamber/confirmations", &json!({ "token": mail.token() })).expect(200);
    assert_eq!(confirm(&site)["state"], "active");
    site.crash();
    assert_eq!(confirm(&site)["state"], "active");
    assert_eq!(site.get(&format!("/chamber/registrations/{handle}")).expect(200)["state"], "active");

    let generated = site.mail(CHAMBER, NORA).password();
    site.crash();
    assert_eq!(site.mails_to(CHAMBER, NORA).len(), 2, "a second click mails no second password");
    assert!(!generated.contains(['l', 'I', '1', 'O', '0']), "{generated}");
    let pasted = format!(" \u{a0}{}\t ", generated.to_lowercase());
    let session = site.post("/chamber/sessions", &json!({ "login": NORA, "password": pasted })).expect(201);
    assert_eq!((&session["access"], &session["must_change_password"]), (&json!("basic"), &json!(false)));
    let token = session["token"].as_str().unwrap().to_owned();
    site.crash();

    let change = json!({ "current": generated, "new": PASSWORD });
    let changed = site.signed(&token, "PUT", "/chamber/account/password", &change);
    changed.expect(204);
    let token = changed.header("x-session-token").unwrap().to_owned();
    let lower = json!({ "login": NORA, "password": PASSWORD.to_lowercase() });
    site.post("/chamber/sessions", &lower).refused(401, "sign_in_failed");
    site.crash();

    let before = site.http().get("/auth/chamber").bearer(&token).send();
    assert_eq!((before.status, before.header("x-access"), before.header("x-memberships")), (204, Some("basic"), Some("")));
    let told = ask(&site, &token, &format!(" {}-{} ", &books.smith[..3], &books.smith[3..])).expect(202);
    site.crash();
    let lines = letter(&site, 1);
    let top = lines.iter().position(|line| line.starts_with("=Schmiede Łukasik")).unwrap_or_else(|| panic!("{lines:#?}"));
    // The business as the books have it, and for whom there; the person who asked is the one thing that the books do not say.
    assert_eq!(lines[top + 1..top + 3], ["Persönlich / Vertraulich", "Nora Öztürk-D’Angelo"], "{lines:#?}");
    assert_eq!(lines[top + 3..top + 5], ["Am Bächle 3 ½", "65189 Wiesbaden"], "{lines:#?}");
    let until = german(&told["valid_until"]);
    let text = lines.join(" ");
    assert!(text.contains(&format!("bis {until}")) && text.contains(&german(&told["requested_at"])), "{until}: {lines:#?}");
    assert!(!text.contains("nora@"), "nobody's mailbox is on paper: {lines:#?}");
    let pin = pin(&lines);

    for (number, left) in [(&books.smith, 4), (&books.smith, 3), (&books.foreign, 4)] {
        assert_eq!(redeem(&site, &token, number, WRONG_PIN).refused(422, "pin_mismatch")["attempts_left"], left);
    }
    assert_eq!(redeem(&site, &token, &books.smith, "1111").refused(422, "validation_failed")["errors"][0]["field"], "pin");
    site.crash();
    let linked = redeem(&site, &token, &books.smith, &format!("  {} ", pin.to_lowercase().replace(' ', "-"))).expect(200);
    assert_eq!(linked["signed_out"], true);
    site.crash();
    site.signed(&token, "GET", "/chamber/session", &Value::Null).refused(401, "sign_in_required");
    assert_eq!(site.http().get("/auth/chamber").bearer(&token).send().status, 401);

    let token = site.sign_in(CHAMBER, NORA, PASSWORD);
    let seen = site.signed(&token, "GET", "/chamber/session", &Value::Null).expect(200);
    assert_eq!((&seen["access"], &seen["memberships"][0]["record"]), (&json!("member"), &json!(books.smith)));
    let admitted = site.http().get("/auth/chamber").bearer(&token).send();
    assert_eq!((admitted.header("x-access"), admitted.header("x-memberships")), (Some("member"), Some(books.smith.as_str())));
    assert_eq!(admitted.header("x-account-id"), seen["account"]["id"].as_str());
    redeem(&site, &token, &books.smith, &pin).refused(409, "already_member");
    ask(&site, &token, &books.smith).refused(409, "already_member");
    let export = site.signed(&token, "GET", "/chamber/account/export", &Value::Null).expect(200);
    assert_eq!((&export["memberships"][0]["record"], &export["memberships"][0]["state"]), (&json!(books.smith), &json!("active")));
    assert_eq!((&export["birth_date"], &export["account"]["last_name"]), (&json!("1984-05-17"), &json!("Öztürk-D’Angelo")));
    assert!(!export.to_string().contains(&pin.replace(' ', "-")) && !export.to_string().contains(&pin));

    // Left, and nothing of the old PIN is left with it.
    let path = format!("/chamber/account/memberships/{}", linked["membership"].as_str().unwrap());
    site.signed(&token, "DELETE", &path, &Value::Null).expect(204);
    assert_eq!(site.signed(&token, "GET", "/chamber/session", &Value::Null).expect(200)["access"], "basic");
    redeem(&site, &token, &books.smith, &pin).refused(422, "pin_mismatch");
    site.advance(DAY * 7);
    ask(&site, &token, &books.smith).expect(202);
    let again = self::pin(&letter(&site, 2));
    redeem(&site, &token, &books.smith, &again).expect(200);
    let token = site.sign_in(CHAMBER, NORA, PASSWORD);
    assert_eq!(site.signed(&token, "GET", "/chamber/session", &Value::Null).expect(200)["access"], "member");
}

#[test]
fn a_letter_for_a_right_an_unknown_and_a_closed_number_is_answered_alike_and_asked_for_once_a_week() {
    let (mut site, books) = site();
    let unknown = "7 654-321".to_owned();
    let mut answers = Vec::new();
    for (n, number) in [&books.foreign, &unknown, &books.closed].into_iter().enumerate() {
        let (_, token) = signed_in(&site, &format!("p{n}@workshop.example"));
        let answer = ask(&site, &token, number);
        let mut told = answer.expect(202);
        assert!(told["valid_until"].as_str().unwrap()[10..].starts_with("T21:59:59"), "the last moment of a day: {told}");
        told["requested_at"] = Value::Null;
        told["next_at"] = Value::Null;
        answers.push((answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), told));
        let early = ask(&site, &token, &books.smith);
        early.refused(429, "too_many_requests");
        let wait: u64 = early.header("retry-after").unwrap().parse().unwrap();
        assert!((6 * 86_400..=7 * 86_400).contains(&wait), "{wait}");
        let own = site.signed(&token, "GET", "/chamber/account/pin-letters", &Value::Null).expect(200);
        assert_eq!(own.as_array().unwrap().len(), 1);
        assert_eq!(redeem(&site, &token, number, WRONG_PIN).refused(422, "pin_mismatch")["attempts_left"], 4);
    }
    assert!(answers[0] == answers[1] && answers[0] == answers[2], "{answers:#?}");
    let lines = letter(&site, 1);
    let place = lines.iter().position(|line| line == "SW1A 1AA").unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!((lines[place - 1].as_str(), &*lines[place + 1].to_lowercase()), ("London", "vereinigtes königreich"), "{lines:#?}");
    // Only the open number has a letter, also when everything that was ordered is done.
    craftsman(&site, "later@workshop.example");
    assert_eq!(spool(&site).len(), 1);
    // Its PIN after its last day, and an open one with five wrong tries behind it.
    let pin = pin(&lines);
    site.advance(DAY * 26);
    let password = site.mails_to(CHAMBER, "p0@workshop.example")[1].password();
    let token = site.sign_in(CHAMBER, "p0@workshop.example", &password);
    redeem(&site, &token, &books.foreign, &pin).refused(410, "pin_expired");
    ask(&site, &token, &books.foreign).expect(202);
    let newer = self::pin(&letter(&site, 2));
    for left in (0..4).rev() {
        // The first of five was typed before the letter came.
        assert_eq!(redeem(&site, &token, &books.foreign, WRONG_PIN).refused(422, "pin_mismatch")["attempts_left"], left);
    }
    redeem(&site, &token, &books.foreign, &newer).refused(410, "pin_used_up");
}

/// Threats row 70, the letter.
#[test]
fn a_business_whose_name_is_markup_is_printed_as_text() {
    let (site, books) = site();
    let (_, token) = signed_in(&site, NORA);
    ask(&site, &token, &books.markup).expect(202);
    let lines = letter(&site, 1);
    assert!(lines.contains(&"<img src=x onerror=alert(1)>".to_owned()), "{lines:#?}");
    redeem(&site, &token, &books.markup, &pin(&lines)).expect(200);
    let told = site.mail(CHAMBER, NORA);
    assert!(!told.html.contains("<img src=x") && told.subject.contains("<img src=x onerror=alert(1)>"), "{told:#?}");
}

#[test]
fn a_notices_pin_is_written_once_into_a_private_file_and_redeemed_once() {
    let (mut site, books) = site();
    let (numbers, out) = (site.folder().join("numbers.txt"), site.folder().join("pins.csv"));
    let issue = |site: &Site, until: &str| {
        let mut command = site.command(&["pins", "issue", CHAMBER, "--valid-until", until]);
        command.arg("--numbers").arg(&numbers).arg("--out").arg(&out).output().unwrap()
    };
    fs::write(&numbers, format!("{}\n{}\n", books.smith, books.closed)).unwrap();
    let refused = issue(&site, "2027-06-30");
    assert!(refused.status.code() == Some(1) && String::from_utf8_lossy(&refused.stderr).contains(&books.closed), "{refused:?}");
    assert!(!out.exists());
    fs::write(&numbers, format!("# this year\n{}\n\n {} \n", books.smith, books.foreign)).unwrap();
    assert_eq!(issue(&site, "2020-01-01").status.code(), Some(1));
    let issued = issue(&site, "2027-06-30");
    assert!(issued.status.success(), "{issued:?}");
    let file = fs::read_to_string(&out).unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&out).unwrap().permissions()) & 0o777, 0o600);
    let rows: Vec<_> = file.split("\r\n").collect();
    assert_eq!((rows.len(), rows[0], rows[3]), (4, "number,name,pin,valid_until", ""), "{file}");
    assert!(rows[1].starts_with(&format!("{},\"'=Schmiede Łukasik & Söhne, Inh. Žofie\",", books.smith)), "{file}");
    assert!(rows[2].starts_with(&format!("{},Forge O’Neill Ltd,", books.foreign)) && rows[2].ends_with(",2027-06-30"), "{file}");
    let again = issue(&site, "2027-06-30");
    assert!(again.status.code() == Some(1) && String::from_utf8_lossy(&again.stderr).contains("is there already"), "{again:?}");
    assert_eq!(fs::read_to_string(&out).unwrap(), file);
    let pin = rows[1].split(',').nth_back(1).unwrap().to_owned();
    for said in [site.log(), String::from_utf8(issued.stdout).unwrap(), String::from_utf8(issued.stderr).unwrap()] {
        assert!(!said.contains(&pin), "{said}");
    }

    site.crash();
    let (password, token) = signed_in(&site, NORA);
    let (_, other) = signed_in(&site, "jo@workshop.example");
    redeem(&site, &token, &books.foreign, &pin).refused(422, "pin_mismatch");
    redeem(&site, &token, &books.smith, &pin).expect(200);
    let token = site.sign_in(CHAMBER, NORA, &password);
    redeem(&site, &token, &books.smith, &pin).refused(409, "already_member");
    redeem(&site, &other, &books.smith, &pin).refused(422, "pin_mismatch");
    // Somebody who is in already uses up no notice's PIN.
    let clerk = site.clerk(CHAMBER, CLERK);
    let batch = json!({ "numbers": [books.smith], "valid_until": "2027-06-30" });
    let csv = site.signed(&clerk, "POST", "/chamber/staff/pin-batches", &batch);
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"), "{csv}");
    let newer = csv.text().lines().nth(1).unwrap().split(',').nth_back(1).unwrap().to_owned();
    redeem(&site, &token, &books.smith, &newer).refused(409, "already_member");
    redeem(&site, &other, &books.smith, &newer).expect(200);
}

#[test]
fn letters_are_posted_returned_and_written_again_and_the_eleventh_waits_for_a_clerk() {
    let (site, books) = site();
    let everybody: Vec<_> = (0..12).map(|n| signed_in(&site, &format!("p{n}@workshop.example")).1).collect();
    for (n, token) in everybody.iter().enumerate() {
        // The answer is the same when the letter is held.
        let told = ask(&site, token, &books.smith).expect(202);
        assert!(told["valid_until"].is_string() && told["next_at"].is_string(), "{n}: {told}");
    }
    let clerk = site.clerk(CHAMBER, CLERK);
    // Of this portal's letters nobody says that they went to the post: they did when they lay in the spool.
    let posted = within(PATIENCE, "ten letters", || Some(listed(&site, &clerk, "posted")).filter(|all| all.len() == 10));
    assert_eq!(spool(&site).len(), 10);
    let held = listed(&site, &clerk, "held");
    assert_eq!(held.len(), 2);
    assert!(held.iter().all(|letter| letter["record"] == json!(books.smith)), "{held:?}");

    // Newest first: the last of the list is the first that was asked for.
    let first = &posted[9];
    let old = pin(&letter(&site, 1));
    assert!(!format!("{posted:?}").contains(&old.replace(' ', "-")), "no clerk sees a PIN");
    assert_eq!(office(&site, &clerk, &first["id"], "posted").expect(200)["state"], "posted");
    office(&site, &clerk, &first["id"], "release").refused(409, "not_in_this_state");
    assert_eq!(office(&site, &clerk, &first["id"], "returned").expect(200)["state"], "returned");
    assert_eq!((listed(&site, &clerk, "posted").len(), listed(&site, &clerk, "returned").len()), (9, 1));
    office(&site, &clerk, &first["id"], "posted").refused(409, "not_in_this_state");
    let reissued = office(&site, &clerk, &first["id"], "reissue").expect(200);
    assert_ne!(reissued["id"], first["id"]);
    let lines = letter(&site, 11);
    assert!(lines.join(" ").contains("neue PIN"), "{lines:#?}");
    redeem(&site, &everybody[0], &books.smith, &old).refused(422, "pin_mismatch");
    redeem(&site, &everybody[0], &books.smith, &pin(&lines)).expect(200);
    office(&site, &clerk, &first["id"], "reissue").refused(404, "not_found");

    let (eleventh, twelfth) = (&held[1], &held[0]);
    office(&site, &clerk, &eleventh["id"], "reissue").refused(409, "not_in_this_state");
    office(&site, &clerk, &eleventh["id"], "posted").refused(409, "not_in_this_state");
    assert_eq!(office(&site, &clerk, &twelfth["id"], "refuse").status, 204);
    office(&site, &clerk, &twelfth["id"], "release").refused(404, "not_found");
    let key = "5a1f0c9d3e7b4286a0c4e8f21b6d7395";
    let release = |key: &str| {
        let path = format!("/api/v1/chamber/staff/letters/{}/release", eleventh["id"].as_str().unwrap());
        site.http().post(&path).bearer(&clerk).header("Idempotency-Key", key).send().expect(200)
    };
    let released = release(key);
    assert_eq!(release(key), released, "a repeat releases nothing more");
    redeem(&site, &everybody[10], &books.smith, &pin(&letter(&site, 12))).expect(200);
    assert_eq!(redeem(&site, &everybody[11], &books.smith, WRONG_PIN).refused(422, "pin_mismatch")["attempts_left"], 4);
    assert!(listed(&site, &clerk, "held").is_empty());
    assert_eq!(spool(&site).len(), 12);
    let strange = site.signed(&clerk, "GET", "/chamber/staff/letters?state=lost", &Value::Null).refused(422, "validation_failed");
    assert_eq!(strange["errors"][0]["field"], "state");
}

#[test]
fn where_a_clerk_posts_the_letters_one_in_the_spool_is_printed_only() {
    let (mut site, books) = prepared();
    let declaration = site.folder().join("portals/chamber/portal.toml");
    let text = fs::read_to_string(&declaration).unwrap();
    assert!(text.contains("dispatch = \"when_spooled\""));
    fs::write(&declaration, text.replace("\"when_spooled\"", "\"when_posted\"")).unwrap();
    site.restart();
    let (_, token) = signed_in(&site, NORA);
    ask(&site, &token, &books.smith).expect(202);
    site.crash();
    let clerk = site.clerk(CHAMBER, CLERK);
    let printed = within(PATIENCE, "the letter", || listed(&site, &clerk, "printed").pop());
    assert!(listed(&site, &clerk, "posted").is_empty());
    assert_eq!(office(&site, &clerk, &printed["id"], "posted").expect(200)["state"], "posted");
    assert_eq!(listed(&site, &clerk, "posted").len(), 1);
    redeem(&site, &token, &books.smith, &pin(&letter(&site, 1))).expect(200);
    assert_eq!(spool(&site).len(), 1, "once, whatever was killed");
}
