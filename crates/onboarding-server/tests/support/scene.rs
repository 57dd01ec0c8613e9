//! What attacks begin with: registrations under way, accounts, every secret that a mail or an answer hands out, and how to tell that
//! nothing was sent.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Answer, HOUSING, Mail, PASSWORD, PEOPLE, Person, Site, TWIN, form};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The attacker, with a letter of its own.
pub(crate) const ATTACKER: &str = "attacker@x.example";
/// The victim, known by address and record.
pub(crate) const VICTIM: &str = "victim@y.example";
/// A password that nobody has.
pub(crate) const WRONG: &str = "Drei Kamele am Pol 5!";
/// A password to change to.
pub(crate) const NEW: &str = "Zwölf Boskop im Korb 4!";
/// Past the wait between two mails.
pub(crate) const MINUTE: Duration = Duration::from_secs(61);
/// Past every window of a day.
pub(crate) const DAY: Duration = Duration::from_hours(25);

/// A registration whose mail has come.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) handle: String,
    pub(crate) code: String,
    pub(crate) token: String,
}

/// Applies and waits for the mail.
pub(crate) fn apply(site: &Site, portal: &str, person: &Person, email: &str) -> Pending {
    let handle = handle(&site.post(&format!("/{portal}/registrations"), &form(person, email)));
    let mail = site.mail(portal, email);
    Pending { handle, code: mail.code(), token: mail.token() }
}

/// How far a set-up has come, without what its password must be like.
#[track_caller]
pub(crate) fn so_far(completed: Answer) -> Value {
    let mut told = completed.expect(200);
    assert!(told["password_policy"]["min_length"].is_u64(), "{told}");
    told.as_object_mut().unwrap().remove("password_policy");
    told
}

/// The handle of an accepted application.
#[track_caller]
pub(crate) fn handle(applied: &Answer) -> String {
    applied.expect(202)["registration"].as_str().unwrap().to_owned()
}

/// The next mail to an address that carries a link with a token.
pub(crate) fn linked_mail(site: &Site, portal: &str, to: &str) -> Mail {
    loop {
        let mail = site.mail(portal, to);
        if mail.find_link().is_some() {
            return mail;
        }
    }
}

/// Asks for a reset and returns the token of its mail.
pub(crate) fn reset_token(site: &Site, portal: &str, email: &str) -> String {
    site.post(&format!("/{portal}/password-resets"), &json!({ "login": email })).expect(202);
    linked_mail(site, portal, email).token()
}

/// Asks for another address and returns the token mailed to it.
pub(crate) fn email_token(site: &Site, portal: &str, session: &str, to: &str) -> String {
    site.signed(session, "PUT", &format!("/{portal}/account/email"), &json!({ "email": to, "password": PASSWORD })).expect(202);
    linked_mail(site, portal, to).token()
}

/// Tries to sign in.
pub(crate) fn try_sign_in(site: &Site, portal: &str, login: &str, password: &str) -> Answer {
    site.post(&format!("/{portal}/sessions"), &json!({ "login": login, "password": password }))
}

/// The state of a registration.
#[track_caller]
pub(crate) fn state(site: &Site, portal: &str, handle: &str) -> String {
    site.get(&format!("/{portal}/registrations/{handle}")).expect(200)["state"].as_str().unwrap().to_owned()
}

/// Types a code.
pub(crate) fn type_code(site: &Site, portal: &str, handle: &str, code: &str) -> Answer {
    site.post(&format!("/{portal}/registrations/{handle}/confirm"), &json!({ "code": code }))
}

/// A code of the right shape that is not this one, a different one for each `nth` of 0 to 26.
pub(crate) fn wrong_code(code: &str, nth: usize) -> String {
    const ALPHABET: &[u8; 28] = b"23456789BCDFGHJKMNPQRSTVWXYZ";
    let (kept, last) = code.split_at(code.len() - 1);
    let others: Vec<_> = ALPHABET.iter().map(|byte| char::from(*byte)).filter(|c| !last.contains(*c)).collect();
    format!("{kept}{}", others[nth])
}

/// Waits until every mail that was ordered before this call is out, whatever its urgency: what is not there now will not come.
pub(crate) fn quiet(site: &Site) {
    static ROUND: AtomicUsize = AtomicUsize::new(0);
    // The first mail shares at most its round with what was outstanding; the second one leaves in a later round.
    for _ in 0..2 {
        let email = format!("quiet-{}@quiet.example", ROUND.fetch_add(1, Ordering::Relaxed));
        site.flush_mails(TWIN, &PEOPLE[15], &email);
    }
}

/// Puts a file where the mails' folder was, once nothing is under way: no mail can leave.
pub(crate) fn stop_mail(site: &Site) {
    quiet(site);
    let folder = site.folder().join("mail");
    fs::rename(&folder, site.folder().join("aside")).unwrap();
    fs::write(&folder, "no folder").unwrap();
}

/// Gives the folder back in one move: a server that tries in between would make a new one.
pub(crate) fn let_mail_go(site: &Site) {
    let draft = site.folder().join("mail.draft");
    symlink(site.folder().join("aside"), &draft).unwrap();
    fs::rename(draft, site.folder().join("mail")).unwrap();
}

/// The addresses that got mail from `HOUSING`, with how many.
pub(crate) fn recipients(site: &Site) -> BTreeMap<String, usize> {
    site.mails(HOUSING).into_iter().fold(BTreeMap::new(), |mut counts, mail| {
        *counts.entry(mail.to).or_default() += 1;
        counts
    })
}

/// What of an answer may differ for nobody: status, the headers' names and fixed values, and the body with every value of its own replaced by
/// its kind and length.
pub(crate) fn shape(answer: &Answer) -> (u16, BTreeMap<String, String>, Value) {
    let fixed = |name: &str| !matches!(name, "date" | "x-request-id" | "content-length" | "retry-after");
    let headers = answer.headers.iter().map(|(name, value)| (name.clone(), if fixed(name) { value.clone() } else { String::new() }));
    let body = if answer.body.is_empty() { Value::Null } else { outline("", &answer.json()) };
    (answer.status, headers.collect(), body)
}

fn outline(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), outline(key, value))).collect(),
        Value::Array(items) => items.iter().map(|item| outline(key, item)).collect(),
        Value::String(text) if text.ends_with('Z') && text.contains('T') => json!("a time"),
        Value::String(text) if matches!(key, "registration" | "token" | "claim" | "id" | "request_id") => {
            json!(format!("{} characters", text.chars().count()))
        }
        other => other.clone(),
    }
}

/// Piles up failures at a door until at least `failures` were judged, waiting out each refusal by the clock. Ends within the wait that the last
/// failure brought, which then is far longer than a test takes.
pub(crate) fn pile_up(site: &mut Site, failures: usize, mut fail: impl FnMut(&Site, usize) -> Answer) {
    let mut judged = 0;
    for attempt in 0.. {
        let answer = fail(site, attempt);
        if answer.status == 429 {
            let wait = answer.header("retry-after").unwrap().parse().unwrap();
            site.advance(Duration::from_secs(wait));
        } else {
            assert!(matches!(answer.status, 401 | 422), "{answer}");
            judged += 1;
            if judged == failures {
                return;
            }
        }
        assert!(attempt < 4 * failures, "no failure is judged any more");
    }
}

/// Adds a portal that is `HOUSING` but for its declaration. Before the server is started.
pub(crate) fn add_portal(site: &Site, slug: &str, declare: impl FnOnce(String) -> String) {
    let portals = site.folder().join("portals");
    let (from, to) = (portals.join(HOUSING), portals.join(slug));
    fs::create_dir_all(to.join("documents")).unwrap();
    for entry in fs::read_dir(from.join("documents")).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join("documents").join(entry.file_name())).unwrap();
    }
    let declaration = fs::read_to_string(from.join("portal.toml")).unwrap();
    fs::write(to.join("portal.toml"), declare(declaration)).unwrap();
}

/// Replaces what must be there.
pub(crate) fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no {old} in {text}");
    text.replace(old, new)
}

/// Every door of a portal that takes a secret: which it takes, how the secret is presented, and how a foreign one is refused.
pub(crate) type Door = (&'static str, fn(&Site, &str, &str) -> Answer, u16, &'static str);

pub(crate) const DOORS: [Door; 16] = [
    (
        "confirmation",
        |site, portal, secret| site.post(&format!("/{portal}/confirmations"), &json!({ "token": secret })),
        404,
        "token_unknown",
    ),
    (
        "confirmation",
        |site, portal, secret| site.post(&format!("/{portal}/confirmations/deny"), &json!({ "token": secret })),
        404,
        "token_unknown",
    ),
    (
        "reset",
        |site, portal, secret| site.post(&format!("/{portal}/password-resets/confirm"), &json!({ "token": secret, "new": NEW })),
        404,
        "token_unknown",
    ),
    (
        "new_email",
        |site, portal, secret| site.post(&format!("/{portal}/account/email/confirm"), &json!({ "token": secret })),
        404,
        "token_unknown",
    ),
    (
        "completion",
        |site, portal, secret| site.post(&format!("/{portal}/completions"), &json!({ "token": secret, "password": NEW })),
        404,
        "token_unknown",
    ),
    ("handle", |site, portal, secret| site.get(&format!("/{portal}/registrations/{secret}")), 404, "not_found"),
    ("handle", |site, portal, secret| site.post(&format!("/{portal}/registrations/{secret}/resend"), &json!({})), 404, "not_found"),
    (
        "handle",
        |site, portal, secret| {
            site.http().call("PUT", &format!("/api/v1/{portal}/registrations/{secret}/email")).json(&json!({ "email": ATTACKER })).send()
        },
        404,
        "not_found",
    ),
    ("handle", |site, portal, secret| type_code(site, portal, secret, "2345-6789"), 404, "not_found"),
    ("session", |site, portal, secret| site.signed(secret, "GET", &format!("/{portal}/session"), &Value::Null), 401, "sign_in_required"),
    (
        "session",
        |site, portal, secret| site.signed(secret, "GET", &format!("/{portal}/account/export"), &Value::Null),
        401,
        "sign_in_required",
    ),
    ("session", |site, portal, secret| site.signed(secret, "DELETE", &format!("/{portal}/session"), &Value::Null), 401, "sign_in_required"),
    (
        "claim",
        |site, portal, secret| {
            let mut application = form(&PEOPLE[4], ATTACKER);
            application["claim"] = json!({ "token": secret });
            site.post(&format!("/{portal}/registrations"), &application)
        },
        422,
        "validation_failed",
    ),
    (
        "staff_setup",
        |site, portal, secret| site.post(&format!("/{portal}/staff/setup"), &json!({ "token": secret, "password": PASSWORD })),
        404,
        "token_unknown",
    ),
    (
        "staff_session",
        |site, portal, secret| site.signed(secret, "GET", &format!("/{portal}/staff/session"), &Value::Null),
        401,
        "sign_in_required",
    ),
    (
        "staff_session",
        |site, portal, secret| site.signed(secret, "GET", &format!("/{portal}/staff/registrations"), &Value::Null),
        401,
        "sign_in_required",
    ),
];

/// The pages behind mailed links, with the purpose of each.
pub(crate) const PAGES: [(&str, &str); 5] = [
    ("confirmation", "confirm"),
    ("reset", "password/reset"),
    ("new_email", "account/email/confirm"),
    ("completion", "setup"),
    ("completion", "invite"),
];

/// A secret as somebody gets it who copies badly, or tries. The last characters of a base64 text may carry bits that mean nothing; the text must be
/// the same nevertheless.
pub(crate) fn mangled(secret: &str) -> [String; 8] {
    let swap = |c: char| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    [
        secret.chars().map(swap).collect(),
        format!("{}{}", &secret[..secret.len() - 2], if secret.ends_with("AA") { "BB" } else { "AA" }),
        secret[..secret.len() - 1].to_owned(),
        format!("{secret}A"),
        format!("{secret}{secret}{secret}{secret}"),
        "A".repeat(43),
        "%00".to_owned(),
        "*".to_owned(),
    ]
}
