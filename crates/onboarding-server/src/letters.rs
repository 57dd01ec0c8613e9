//! Letters from the command line and for the worker: texts put behind the letters' trait, a spool or a printer as the press, and the letters with
//! registration numbers. Decides that a list is printed whole or not at all, and each number once; how a letter looks is the letters' crate's.

use crate::config::Settings;
use crate::fault::{Fault, Faults};
use crate::portal_files::Loaded;
use crate::wiring::House;
use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use onboarding::Portal;
use onboarding::ports::{Clock, LetterPress};
use onboarding_core::journey::{MembershipBy, MustMatch};
use onboarding_core::record::RecordStatus;
use onboarding_core::{DeliveryId, Language, Record, RecordNumber, Uuid};
use onboarding_letter::{IppPatience, IppPress, LetterTexts, PdfLetters, SpoolPress};
use onboarding_text::{Arg, Texts, Zone, moments};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;

/// The texts behind the letters' trait.
struct Words(Arc<Texts>);

impl LetterTexts for Words {
    fn text(&self, portal: &Portal, language: Language, key: &str, args: &[(&str, &str)]) -> Result<String, String> {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, Arg::Text(value))).collect();
        self.0.text(Some(&portal.slug), language, key, &args).map_err(|fault| fault.to_string())
    }

    fn date(&self, portal: &Portal, language: Language, at: DateTime<Utc>) -> String {
        moments::date(language, Zone::of_country(&portal.country), at)
    }
}

/// Who writes the letters.
pub(crate) fn writer(texts: &Arc<Texts>, settings: &Settings) -> PdfLetters {
    PdfLetters::new(Arc::new(Words(Arc::clone(texts))), settings.server.base_url.as_str())
}

/// The spool's folder.
fn spool(settings: &Settings, clock: Arc<dyn Clock>) -> SpoolPress {
    SpoolPress::new(&settings.letters.folder, clock)
}

/// Where letters with PINs are printed. Nothing is connected yet.
///
/// # Errors
/// Certificates that cannot be read.
pub(crate) fn press(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Arc<dyn LetterPress>> {
    let Some(printer) = &settings.letters.printer else { return Ok(Arc::new(spool(settings, clock))) };
    let press = IppPress::new(printer.address.clone(), printer.ca_file.as_deref(), IppPatience::default());
    Ok(Arc::new(press.with_context(|| format!("could not use the printer {}", printer.address))?))
}

/// Writes a letter in every language for each portal that sends some, and throws it away: what could not be printed is found before anybody
/// waits for it.
pub(crate) fn proof(loaded: &Loaded, settings: &Settings) -> Result<(), Faults> {
    let writer = writer(&loaded.texts, settings);
    let mut faults = Vec::new();
    for portal in loaded.portals.all() {
        if portal.journey.membership != MembershipBy::PostedPin && !has_registration_letter(portal) {
            continue;
        }
        for language in &portal.journey.languages {
            if let Err(fault) = writer.proof(portal, *language) {
                faults.push(Fault::new(loaded.declared(&portal.slug), format!("no letter can be written in {language}: {fault}")));
            }
        }
    }
    Faults::none_or(faults, Some(()))
}

/// Whether people of this portal register with what the letter tells them to: a number and their last name.
fn has_registration_letter(portal: &Portal) -> bool {
    portal.journey.registration_open && portal.journey.claim.as_ref().is_some_and(|claim| claim.must_match == [MustMatch::LastName])
}

/// Prints the letter with the registration number for each number of a file, one a line; tells how many.
///
/// # Errors
/// A portal without such a letter; every line that cannot be printed, and then nothing was.
pub(crate) async fn registration(house: &House, settings: &Settings, slug: &str, file: &Path) -> Result<String> {
    let portal = house.called(slug)?;
    if !has_registration_letter(&portal) {
        bail!("{slug} has no letters with registration numbers: nobody registers there with a number and a last name");
    }
    let (writer, now) = (writer(&house.texts, settings), house.engine.ports().store.now().await?);
    let orders = checked(house, &portal, file, &writer, now).await?;
    let press = spool(settings, Arc::clone(&house.engine.ports().clock));
    let bar = if io::stderr().is_terminal() { ProgressBar::new(orders.len() as u64) } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len}").context("could not draw the progress")?);
    let (mut printed, mut before) = (0_u64, 0_u64);
    for (record, language) in orders {
        let id = delivery(&portal, &record.number);
        if press.holds(&portal.slug, id).with_context(|| format!("could not read {}", press.folder(&portal.slug).display()))? {
            before += 1;
        } else {
            let letter = writer.registration_letter(&portal, &record, language, now)?;
            press.submit(id, &letter).await?;
            printed += 1;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(format!("{}: {printed} letters laid into {}, {before} were there before\n", portal.slug, press.folder(&portal.slug).display()))
}

/// Prints the one letter that tells a person their registration number, once; a portal without such letters sends none.
///
/// # Errors
/// A letter that cannot be written or laid into the spool.
pub(crate) async fn introduce(house: &House, settings: &Settings, portal: &Portal, record: &Record) -> Result<()> {
    let (id, press) = (delivery(portal, &record.number), spool(settings, Arc::clone(&house.engine.ports().clock)));
    if !has_registration_letter(portal) || press.holds(&portal.slug, id)? {
        return Ok(());
    }
    let (writer, now) = (writer(&house.texts, settings), house.engine.ports().store.now().await?);
    let letter = writer.registration_letter(portal, record, spoken(portal, record), now)?;
    press.submit(id, &letter).await?;
    Ok(())
}

/// The language of a record's letter.
fn spoken(portal: &Portal, record: &Record) -> Language {
    let own = record.language.filter(|language| portal.journey.languages.contains(language));
    own.unwrap_or(portal.journey.default_language())
}

/// Every record of the file with the language of its letter. Each letter is written once on trial, so that a list with a name that cannot be
/// printed prints nothing.
async fn checked(house: &House, portal: &Portal, file: &Path, writer: &PdfLetters, now: DateTime<Utc>) -> Result<Vec<(Record, Language)>> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| anyhow!("could not read {name}: {}", error.kind()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut orders, mut faults, mut lines) = (Vec::new(), Vec::new(), HashMap::new());
    for (line, typed) in (1..).zip(text.lines()).filter(|(_, typed)| !typed.trim().is_empty()) {
        let mut fault = |reason: String| faults.push(Fault::in_line(&name, line, reason));
        let Ok(number) = RecordNumber::parse(typed) else {
            fault("this is no number: letters, digits, blanks and dashes, at most 40".to_owned());
            continue;
        };
        if let Some(first) = lines.insert(number.clone(), line) {
            fault(format!("this number stands in line {first} already"));
            continue;
        }
        let Some(record) = house.engine.ports().directory.find(&portal.slug, &number).await?.map(|found| found.value) else {
            fault("no record has this number".to_owned());
            continue;
        };
        if record.status == RecordStatus::Closed {
            fault("the record is closed".to_owned());
            continue;
        }
        let language = spoken(portal, &record);
        match writer.registration_letter(portal, &record, language, now) {
            Ok(_) => orders.push((record, language)),
            Err(refused) => fault(refused.to_string()),
        }
    }
    if orders.is_empty() && faults.is_empty() {
        bail!("{name} has no number in it");
    }
    Ok(Faults::none_or(faults, Some(orders))?)
}

/// The letter of a number, the same each time: so the spool prints it once.
fn delivery(portal: &Portal, number: &RecordNumber) -> DeliveryId {
    let digest = Sha256::digest(format!("registration letter\n{}\n{}", portal.slug, number.as_str()).as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    // A UUID of version 8 (RFC 9562): made from something of one's own.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    DeliveryId(Uuid::from_bytes(bytes))
}
