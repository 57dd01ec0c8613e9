//! What the demo's post office shows: the folders that mails and letters are written into, read anew for each page. Decides that a name is
//! looked up in a folder's list and never made into a path; how it is shown is the pages' affair.

use chrono::NaiveDateTime;
use mail_parser::{Addr, MessageParser};
use onboarding_http::post_office::{Branch, Letter, Mail, PostOffice};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many of a folder are listed: enough for an afternoon of trying.
const SHOWN: usize = 200;

/// The demo's folders.
pub(super) struct Folders {
    pub(super) branches: Vec<Branch>,
    pub(super) mails: PathBuf,
    pub(super) letters: PathBuf,
}

impl PostOffice for Folders {
    fn branches(&self) -> &[Branch] {
        &self.branches
    }

    fn mails(&self, portal: &Branch) -> io::Result<Vec<Mail>> {
        let names = names(&self.mails.join(&portal.slug), "eml")?;
        names.into_iter().take(SHOWN).map(|name| self.read(portal, name)).collect()
    }

    fn letters(&self, portal: &Branch) -> io::Result<Vec<Letter>> {
        let names = names(&self.letters.join(&portal.slug), "pdf")?;
        Ok(names.into_iter().take(SHOWN).map(|name| Letter { sent: moment(&name), name }).collect())
    }

    fn mail(&self, portal: &Branch, name: &str) -> io::Result<Option<Mail>> {
        let listed = names(&self.mails.join(&portal.slug), "eml")?.into_iter().find(|listed| listed == name);
        listed.map(|name| self.read(portal, name)).transpose()
    }

    fn letter(&self, portal: &Branch, name: &str) -> io::Result<Option<Vec<u8>>> {
        let folder = self.letters.join(&portal.slug);
        let listed = names(&folder, "pdf")?.into_iter().find(|listed| listed == name);
        listed.map(|name| fs::read(folder.join(name))).transpose()
    }
}

impl Folders {
    /// `name` is one of the folder's list.
    fn read(&self, portal: &Branch, name: String) -> io::Result<Mail> {
        let bytes = fs::read(self.mails.join(&portal.slug).join(&name))?;
        let message = MessageParser::default().parse(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        let people = |addresses: Option<&mail_parser::Address>| {
            addresses.into_iter().flat_map(mail_parser::Address::iter).map(person).collect::<Vec<_>>().join(", ")
        };
        Ok(Mail {
            sent: moment(&name),
            from: people(message.from()),
            to: people(message.to()),
            subject: message.subject().unwrap_or("(no subject)").to_owned(),
            text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
            html: message.body_html(0).unwrap_or_default().into_owned(),
            name,
        })
    }
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

/// When a file was ordered, by its name.
fn moment(name: &str) -> String {
    let stamp = name.split_once('-').map_or("", |(stamp, _)| stamp);
    let read = NaiveDateTime::parse_from_str(stamp, "%Y%m%dT%H%M%S%.3fZ");
    read.map_or_else(|_| String::new(), |time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_tells_its_moment() {
        assert_eq!(moment("20261122T152000.123Z-0193.eml"), "2026-11-22 15:20:00 UTC");
        assert_eq!(moment("0193.pdf"), "");
    }
}
