//! What was promised against what is there: answers, rows and the mail server's journal, each counted by itself and then compared.

use super::clients::Answered;
use super::ground::Ground;
use super::sink::Taken;
use crate::sample;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// What kind of promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An answer stands for nothing, or for less than it said.
    Lost,
    /// One command was carried out twice.
    Twice,
    /// A step was taken in part.
    Torn,
    /// Something is held by nobody, or waits for ever.
    LeftBehind,
    /// A mail went out too often, or is not the same each time.
    Mail,
    /// A secret stands in a log.
    Told,
}

/// A broken promise.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) text: String,
}

impl Fault {
    pub(super) fn new(kind: Kind, text: String) -> Self {
        Self { kind, text }
    }

    /// All of them in a line.
    pub(super) fn all(faults: &[Self]) -> String {
        faults.iter().map(|fault| format!("{:?}: {}", fault.kind, fault.text)).collect::<Vec<_>>().join("; ")
    }
}

/// How often mails came.
#[derive(Clone, Copy, Default)]
pub(super) struct Mails {
    pub(super) once: usize,
    pub(super) twice: usize,
    /// Parked because two attempts ended in doubt.
    pub(super) doubtful: usize,
}

/// Compares everything; `whole` if people confirmed as well.
pub(super) fn judge(
    ground: &Ground,
    logs: &str,
    answered: &[Answered],
    journal: &[Taken],
    confirmed: u32,
    whole: bool,
) -> Result<(Mails, Vec<Fault>)> {
    let mut faults = registrations(ground, answered)?;
    faults.extend(steps(ground)?);
    if whole {
        faults.extend(accounts(ground, confirmed)?);
    }
    let (mails, more) = mails(ground, journal)?;
    faults.extend(more);
    faults.extend(told(logs, answered, journal));
    Ok((mails, faults))
}

/// An answered key is exactly one registration, and there is no other.
fn registrations(ground: &Ground, answered: &[Answered]) -> Result<Vec<Fault>> {
    let mut stored = BTreeMap::new();
    for line in ground.query("SELECT record, COUNT(*) FROM registrations GROUP BY record")?.lines() {
        let (record, count) = line.split_once('|').context("a row without its columns")?;
        stored.insert(record.to_owned(), count.parse::<u32>().context("a count that is none")?);
    }
    let mut faults = Vec::new();
    for person in answered {
        let record = sample::record(person.number);
        match stored.remove(&record).unwrap_or(0) {
            0 => faults.push(Fault::new(Kind::Lost, format!("{record} was answered and is not there"))),
            1 => {}
            count => faults.push(Fault::new(Kind::Twice, format!("{record} was answered once and is there {count} times"))),
        }
        if person.handle.is_empty() {
            faults.push(Fault::new(Kind::Twice, format!("{record}: the same key was given two registrations")));
        }
    }
    faults.extend(stored.into_keys().map(|record| Fault::new(Kind::Lost, format!("{record} is there, and nobody was answered"))));
    Ok(faults)
}

/// A step is there whole: its state, its audit entry, its mail.
fn steps(ground: &Ground) -> Result<Vec<Fault>> {
    let questions = [
        (
            Kind::Torn,
            "registrations without an audit entry",
            "registrations r WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.subject_id = r.id)",
        ),
        (Kind::Torn, "registrations without a mail", "registrations r WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.owner_id = r.id)"),
        (Kind::Torn, "registrations without a token", "registrations r WHERE NOT EXISTS (SELECT 1 FROM tokens t WHERE t.owner_id = r.id)"),
        (
            Kind::Torn,
            "mails of registrations that are not there",
            "outbox o WHERE o.owner_kind = 'registration' AND NOT EXISTS (SELECT 1 FROM registrations r WHERE r.id = o.owner_id)",
        ),
        (
            Kind::Torn,
            "audit entries of registrations that are not there",
            "audit a WHERE a.subject_kind = 'registration' AND NOT EXISTS (SELECT 1 FROM registrations r WHERE r.id = a.subject_id)",
        ),
        (
            Kind::Torn,
            "active registrations without an account",
            "registrations r WHERE r.state = 'active' AND NOT EXISTS \
             (SELECT 1 FROM accounts a JOIN memberships m ON m.account_id = a.id WHERE m.record = r.record)",
        ),
        (Kind::LeftBehind, "leases that nobody holds any more", "outbox WHERE held_until IS NOT NULL"),
        (Kind::LeftBehind, "deliveries that still wait", "outbox WHERE status = 'queued'"),
    ];
    let mut faults = Vec::new();
    for (kind, what, from) in questions {
        let count = ground.count(from)?;
        if count > 0 {
            faults.push(Fault::new(kind, format!("{count} {what}")));
        }
    }
    Ok(faults)
}

/// A token works once: as many accounts as people who confirmed, with one membership each.
fn accounts(ground: &Ground, confirmed: u32) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for (what, from) in [
        ("active registrations", "registrations WHERE state = 'active'"),
        ("accounts", "accounts"),
        ("memberships", "memberships"),
        ("addresses taken", "claims WHERE kind = 'email'"),
        ("records taken", "claims WHERE kind = 'record'"),
    ] {
        let count = ground.count(from)?;
        if count != u64::from(confirmed) {
            let kind = if count < u64::from(confirmed) { Kind::Lost } else { Kind::Twice };
            faults.push(Fault::new(kind, format!("{confirmed} people confirmed, and there are {count} {what}")));
        }
    }
    Ok(faults)
}

/// A mail comes once, at most twice and then the same; or it is parked, because two attempts ended in doubt.
fn mails(ground: &Ground, journal: &[Taken]) -> Result<(Mails, Vec<Fault>)> {
    let mut copies: BTreeMap<&str, Vec<&Taken>> = BTreeMap::new();
    for taken in journal {
        copies.entry(&taken.message_id).or_default().push(taken);
    }
    let (mut mails, mut faults) = (Mails::default(), Vec::new());
    for line in ground.query("SELECT message_id, status, COALESCE(reason, '') FROM outbox WHERE kind = 'mail'")?.lines() {
        let mut columns = line.split('|');
        let (id, status, reason) =
            (columns.next().unwrap_or_default(), columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        let came = copies.remove(id).unwrap_or_default();
        let same = came.iter().collect::<BTreeSet<_>>().len() <= 1;
        match (status, came.len()) {
            ("sent", 1) => mails.once += 1,
            ("sent", 2) if same => mails.twice += 1,
            ("parked", 0..=2) if reason == "unknown_twice" && same => mails.doubtful += 1,
            // What waits is somebody else's fault.
            ("queued", 0..=2) if same => {}
            (_, count) => {
                let same = if same { "" } else { ", not the same each time" };
                faults.push(Fault::new(Kind::Mail, format!("a mail that is {status} ({reason}) came {count} times{same}")));
            }
        }
    }
    faults.extend(copies.into_keys().map(|id| Fault::new(Kind::Mail, format!("a mail came that nobody ordered: {id}"))));
    Ok((mails, faults))
}

/// Nothing that opens anything, and nobody's address, stands in a log.
fn told(logs: &str, answered: &[Answered], journal: &[Taken]) -> Vec<Fault> {
    let mut secrets = vec![("a password", sample::PASSWORD)];
    secrets.extend(answered.iter().filter(|person| !person.handle.is_empty()).map(|person| ("a handle", person.handle.as_str())));
    for mail in journal {
        secrets.push(("an address", &mail.to));
        secrets.extend(mail.code.as_deref().map(|code| ("a code", code)));
        secrets.extend(mail.token.as_deref().map(|token| ("a token", token)));
    }
    secrets
        .iter()
        .filter(|(_, secret)| logs.contains(secret))
        .map(|(what, _)| Fault::new(Kind::Told, format!("{what} stands in a log")))
        .collect()
}
