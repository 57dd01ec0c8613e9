//! Sample records: brought in once, and one of them handed to whoever tries the demo, with the words to begin; where somebody decides with a
//! super admin who was invited, where the company opens accounts with one that it opened.

use anyhow::{Context as _, Result, anyhow};
use onboarding::core::journey::{AccountsPerRecord, ConsentStage, FieldName, MembershipBy, MustMatch, PasswordOrigin, Start};
use onboarding::core::record::RecordStatus;
use onboarding::core::{Claim, Record, RecordId, Uuid};
use onboarding::ports::{Actor, Lookup};
use onboarding::stories::records_from_csv;
use onboarding::{Onboarding, Portal};
use onboarding_http::post_office::{Detail, Sample};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A password for trying: long enough for every policy, with every kind of character.
const PASSWORD: &str = "Seven lanterns on the stairs, 7";
/// Who decides at the record that is handed out, where somebody decides.
const SUPER_ADMIN: &str = "super-admin@example.org";
/// What a registration is tried with: any mailbox will do.
const ANY_MAILBOX: &str = "you@example.org";

fn read(portal: &Portal, csv: &str) -> Result<Vec<Record>> {
    let told = |error: &dyn std::fmt::Display| anyhow!("the sample records of {}: {error}", portal.slug);
    // The ids are those of no row: these records are only looked at.
    let rows = records_from_csv(csv.as_bytes(), || RecordId(Uuid::nil())).map_err(|error| told(&error))?;
    rows.collect::<Result<_, _>>().map_err(|error| told(&error))
}

/// Brings the sample records in, invites whoever decides at one of them and opens the account of one, as the journey has it; unless the first
/// of them is there: what was imported over them since is not to be turned back.
///
/// # Errors
/// Records that cannot be read, or a store that fails.
pub(super) async fn import(engine: &Onboarding, portal: &Portal, csv: &str) -> Result<()> {
    let Some(first) = read(portal, csv)?.into_iter().next() else { return Ok(()) };
    if engine.ports().directory.find(&portal.slug, &first.number).await?.is_none() {
        let imported = engine.import_records(portal, csv.as_bytes(), |_| ()).await;
        imported.with_context(|| format!("could not bring the sample records of {} in", portal.slug))?;
        if portal.journey.invites()
            && let Some(record) = unused(engine, portal, read(portal, csv)?).await?
        {
            let invited = engine.name_super_admin(portal.slug.as_str(), None, &record.written, SUPER_ADMIN).await;
            invited.with_context(|| format!("could not invite a super admin of {}", portal.slug))?;
        }
        if portal.journey.start == Start::Company
            && let Some(record) = provisioned(engine, portal, read(portal, csv)?).await?
        {
            let caller = Onboarding::caller("demo", portal.journey.default_language());
            let opened = engine.provision(&caller, portal.slug.as_str(), Actor::Operator, &record.written).await;
            opened.with_context(|| format!("could not open the sample account of {}", portal.slug))?;
        }
    }
    Ok(())
}

/// Somebody to be at a portal, as a person would hold it in hands; `None` where every sample record has its account.
///
/// # Errors
/// A store that fails.
pub(super) async fn somebody(engine: &Onboarding, portal: &Portal, csv: &str) -> Result<Option<Sample>> {
    let company = portal.journey.start == Start::Company;
    let samples = read(portal, csv)?;
    let record = if company { provisioned(engine, portal, samples).await? } else { unused(engine, portal, samples).await? };
    let Some(record) = record else { return Ok(None) };
    let mut details = Vec::new();
    let mut tell = |detail, value: &str| {
        if !value.trim().is_empty() {
            details.push((detail, value.trim().to_owned()));
        }
    };
    tell(Detail::Company, &record.name);
    // Where anybody registers, the business in the books says nothing about who that is.
    if company || portal.journey.claim.is_some() {
        tell(Detail::Name, &format!("{} {}", record.first_name, record.last_name));
    }
    tell(Detail::Number, &record.written);
    for second in seconds(portal) {
        let detail = match second {
            MustMatch::LastName => Detail::LastName,
            MustMatch::PostalCode => Detail::PostalCode,
        };
        tell(detail, value(&record, *second));
    }
    if company {
        tell(Detail::Mailbox, record.email.as_ref().map_or("", |email| email.as_str()));
    } else {
        tell(Detail::AnyMailbox, ANY_MAILBOX);
    }
    if portal.journey.invites() {
        tell(Detail::SuperAdmin, SUPER_ADMIN);
    }
    Ok(Some(Sample { details }))
}

/// The record whose letter with the registration number lies ready at the first start.
///
/// # Errors
/// A store that fails.
pub(super) async fn addressee(engine: &Onboarding, portal: &Portal, csv: &str) -> Result<Option<Record>> {
    unused(engine, portal, read(portal, csv)?).await
}

/// One portal's part of the announcement: a sample identity that nobody has used yet, and the call that begins its registration.
///
/// # Errors
/// A store that fails.
pub(super) async fn introduction(engine: &Onboarding, portal: &Portal, csv: &str, base: &str) -> Result<String> {
    let mut text = format!("{} ({base}/api/v1/{})\n", portal.name, portal.slug);
    if portal.journey.start == Start::Company {
        if let Some(record) = provisioned(engine, portal, read(portal, csv)?).await? {
            let number = portal.journey.number.word().replace('_', " ");
            let mailbox = record.email.as_ref().map_or("", |email| email.as_str());
            let body = quoted(&json!({ "login": record.written, "password": "…" }).to_string());
            let _ = writeln!(text, "  {number:<21}{}\n  initial password     in the second of the mails to {mailbox}", record.written);
            let _ = writeln!(
                text,
                "  to begin:\n    curl -sS {base}/api/v1/{}/sessions -H 'Content-Type: application/json' -d {body}",
                portal.slug
            );
        }
        return Ok(text);
    }
    let Some(record) = unused(engine, portal, read(portal, csv)?).await? else {
        text.push_str("  every sample record has its account; another --data folder begins anew\n");
        return Ok(text);
    };
    let mut shown = vec![(portal.journey.number.word(), record.written.as_str())];
    shown.extend(seconds(portal).iter().map(|second| (second.word(), value(&record, *second))));
    for (label, value) in shown {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "  {:<21}{value}", label.replace('_', " "));
    }
    if portal.journey.invites() {
        let _ = writeln!(text, "  super admin          {SUPER_ADMIN}; the invitation lies among the mails");
    }
    if portal.journey.membership == MembershipBy::PostedPin {
        let _ = writeln!(text, "  PIN                  by letter: ask for it once signed in, it lies among the letters");
    }
    if !portal.journey.registration_open {
        return Ok(text);
    }
    let body = quoted(&body(portal, &record).to_string());
    let _ = writeln!(
        text,
        "  to begin:\n    curl -sS {base}/api/v1/{}/registrations -H 'Content-Type: application/json' -d {body}",
        portal.slug
    );
    Ok(text)
}

/// The first sample record whose account the company can open, as it stands in the books today.
async fn provisioned(engine: &Onboarding, portal: &Portal, samples: Vec<Record>) -> Result<Option<Record>> {
    for sample in samples {
        let Some(found) = engine.ports().directory.find(&portal.slug, &sample.number).await? else { continue };
        if found.value.status == RecordStatus::Open && found.value.email.is_some() {
            return Ok(Some(found.value));
        }
    }
    Ok(None)
}

/// The first sample record that can be claimed and that no account holds, as it stands in the books today.
async fn unused(engine: &Onboarding, portal: &Portal, samples: Vec<Record>) -> Result<Option<Record>> {
    let ports = engine.ports();
    for sample in samples {
        let Some(found) = ports.directory.find(&portal.slug, &sample.number).await? else { continue };
        let record = found.value;
        if record.status == RecordStatus::Closed || seconds(portal).iter().any(|second| value(&record, *second).is_empty()) {
            continue;
        }
        let held = match portal.journey.accounts_per_record {
            AccountsPerRecord::Many => false,
            AccountsPerRecord::One => {
                let claim = Claim::Record(portal.slug.clone(), record.number.clone());
                ports.store.find(&Lookup::Claim(claim)).await?.is_some()
            }
        };
        if !held {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

fn seconds(portal: &Portal) -> &[MustMatch] {
    portal.journey.claim.as_ref().map_or(&[], |claim| claim.must_match.as_slice())
}

fn value(record: &Record, second: MustMatch) -> &str {
    match second {
        MustMatch::LastName => &record.last_name,
        MustMatch::PostalCode => &record.postal_code,
    }
}

/// The body of the call that begins a registration, as the journey asks for it.
fn body(portal: &Portal, record: &Record) -> Value {
    let mut body = Map::new();
    if portal.journey.claim.is_some() {
        let mut claim = Map::from_iter([("number".to_owned(), json!(record.written))]);
        claim.extend(seconds(portal).iter().map(|second| (second.word().to_owned(), json!(value(record, *second)))));
        body.insert("claim".to_owned(), claim.into());
    }
    body.insert("email".to_owned(), json!(ANY_MAILBOX));
    for field in portal.journey.fields.iter().filter(|field| field.required) {
        // A company's record names nobody: whoever tries the demo is somebody there.
        let value = match field.name {
            FieldName::FirstName if record.first_name.is_empty() => "Robin",
            FieldName::LastName if record.last_name.is_empty() => "Reeder",
            FieldName::FirstName => &record.first_name,
            FieldName::LastName => &record.last_name,
            FieldName::BirthDate => "1984-05-17",
        };
        body.insert(field.name.word().to_owned(), json!(value));
    }
    if portal.journey.password == PasswordOrigin::AtRegistration {
        body.insert("password".to_owned(), json!(PASSWORD));
    }
    let asked = portal.journey.consents.iter().filter(|rule| rule.stage == ConsentStage::Registration);
    let consents: Vec<_> = asked
        .filter_map(|rule| portal.document(&rule.document))
        .map(|document| json!({ "document": document.name, "version": document.version, "granted": true }))
        .collect();
    body.insert("consents".to_owned(), consents.into());
    body.into()
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_does_not_end_the_word() {
        assert_eq!(quoted("O'Neill"), r"'O'\''Neill'");
    }
}
