//! What the demo's post office shows: the folders that mails and letters are written into, read anew for each page. Decides that a name is
//! looked up in a folder's list and never made into a path; how it is shown is the pages' affair. Beside them the people to be, out of the books.

use super::{picture, sample};
use chrono::{DateTime, NaiveDateTime, Utc};
use mail_parser::{Addr, MessageParser};
use onboarding::Onboarding;
use onboarding_http::post_office::{Branch, Letter, Mail, PostOffice, Sample, Sheet};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many of a folder are listed: enough for an afternoon of trying.
const SHOWN: usize = 200;

/// The demo's folders, and its books.
pub(super) struct Folders {
    pub(super) branches: Vec<Branch>,
    pub(super) engine: Onboarding,
    /// The sample records of each portal, as they were brought in.
    pub(super) records: HashMap<String, String>,
    pub(super) mails: PathBuf,
    pub(super) letters: PathBuf,
}

impl PostOffice for Folders {
    fn branches(&self) -> &[Branch] {
        &self.branches
    }

    fn sample(&self, branch: &Branch) -> io::Result<Option<Sample>> {
        let records = self.records.get(branch.portal.slug.as_str()).map_or("", String::as_str);
        // The pages are written where the runtime can be waited for; the store answers on another thread.
        tokio::runtime::Handle::current().block_on(sample::somebody(&self.engine, &branch.portal, records)).map_err(|error| {
            tracing::error!(%error, "could not find a sample record");
            io::Error::other("a sample record")
        })
    }

    fn mails(&self, branch: &Branch) -> io::Result<Vec<Mail>> {
        let folder = of(&self.mails, branch);
        names(&folder, "eml")?.into_iter().take(SHOWN).map(|name| read(&folder, name)).collect()
    }

    fn letters(&self, branch: &Branch) -> io::Result<Vec<Letter>> {
        let folder = of(&self.letters, branch);
        let letters = names(&folder, "pdf")?.into_iter().map(|name| Ok(Letter { sent: ordered(&folder, &name)?, name }));
        let mut letters = letters.collect::<io::Result<Vec<_>>>()?;
        letters.sort_by_key(|letter| std::cmp::Reverse(letter.sent));
        letters.truncate(SHOWN);
        Ok(letters)
    }

    fn mail(&self, branch: &Branch, name: &str) -> io::Result<Option<Mail>> {
        let folder = of(&self.mails, branch);
        let listed = names(&folder, "eml")?.into_iter().find(|listed| listed == name);
        listed.map(|name| read(&folder, name)).transpose()
    }

    fn letter(&self, branch: &Branch, name: &str) -> io::Result<Option<Vec<u8>>> {
        let folder = of(&self.letters, branch);
        let listed = names(&folder, "pdf")?.into_iter().find(|listed| listed == name);
        listed.map(|name| fs::read(folder.join(name))).transpose()
    }

    fn sheets(&self, pdf: Vec<u8>) -> Vec<Sheet> {
        picture::sheets(pdf)
    }
}

/// A portal's folder: its slug is one of a few plain characters.
fn of(folder: &Path, branch: &Branch) -> PathBuf {
    folder.join(branch.portal.slug.as_str())
}

/// `name` is one of the folder's list.
fn read(folder: &Path, name: String) -> io::Result<Mail> {
    let bytes = fs::read(folder.join(&name))?;
    let message = MessageParser::default().parse(&bytes).ok_or(io::ErrorKind::InvalidData)?;
    let people = |addresses: Option<&mail_parser::Address>| {
        addresses.into_iter().flat_map(mail_parser::Address::iter).map(person).collect::<Vec<_>>().join(", ")
    };
    Ok(Mail {
        sent: moment(&name),
        from: people(message.from()),
        to: people(message.to()),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        name,
    })
}

fn person(person: &Addr<'_>) -> String {
    let address = person.address().unwrap_or_default();
    person.name().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
}

/// The finished files of a kind, newest first: their names begin with the time, drafts with a dot. A folder that is not there yet has none.
fn names(folder: &Path, kind: &str) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().into_string().unwrap_or_default();
        if !name.starts_with('.') && Path::new(&name).extension().is_some_and(|extension| extension == kind) {
            names.push(name);
        }
    }
    names.sort_unstable_by(|one, other| other.cmp(one));
    Ok(names)
}

/// When a letter was ordered, or else when its file was written: the name of a letter with a registration number tells no time.
fn ordered(folder: &Path, name: &str) -> io::Result<DateTime<Utc>> {
    match moment(name) {
        Some(time) => Ok(time),
        None => Ok(fs::metadata(folder.join(name))?.modified()?.into()),
    }
}

/// When a file was ordered, by its name.
fn moment(name: &str) -> Option<DateTime<Utc>> {
    let (stamp, _) = name.split_once('-')?;
    NaiveDateTime::parse_from_str(stamp, "%Y%m%dT%H%M%S%.3fZ").ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_tells_its_moment() {
        let told = moment("20261122T152000.123Z-0193.eml").map(|time| time.to_rfc3339());
        assert_eq!(told.as_deref(), Some("2026-11-22T15:20:00.123+00:00"));
        assert_eq!(moment("0193.pdf"), None);
        assert_eq!(moment("0193-4.pdf"), None);
    }
}
