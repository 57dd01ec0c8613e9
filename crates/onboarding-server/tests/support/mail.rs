//! Mails as outside programs read them: the `.eml` files of the mail folder.

use mail_parser::MessageParser;
use std::fs;
use std::path::{Path, PathBuf};

/// A mail, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) file: PathBuf,
    /// The bare address.
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) message_id: String,
    /// BCP 47.
    pub(crate) language: String,
    /// The text part, lines ending in `\n`.
    pub(crate) text: String,
    pub(crate) html: String,
    /// Everything as it lies in the file.
    pub(crate) raw: String,
}

/// The mails of a folder, oldest first. A folder that is not there yet has none.
pub(super) fn folder(folder: &Path) -> Vec<Mail> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|kind| kind == "eml")).collect();
    // Their names begin with the time of the order.
    files.sort();
    files.into_iter().map(read).collect()
}

fn read(file: PathBuf) -> Mail {
    let bytes = fs::read(&file).unwrap();
    let message = MessageParser::default().parse(&bytes).unwrap();
    let to: Vec<_> = message.to().unwrap().iter().filter_map(|to| to.address()).collect();
    assert_eq!(to.len(), 1, "{to:?} in {}", file.display());
    assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    Mail {
        to: to[0].to_owned(),
        subject: message.subject().unwrap().to_owned(),
        message_id: message.message_id().unwrap().to_owned(),
        language: message.header_raw("Content-Language").unwrap().trim().to_owned(),
        text: message.body_text(0).unwrap().replace("\r\n", "\n"),
        html: message.body_html(0).unwrap().into_owned(),
        raw: String::from_utf8(bytes.clone()).unwrap(),
        file,
    }
}

impl Mail {
    /// The code: alone on its line, in groups of four with a hyphen.
    pub(crate) fn code(&self) -> String {
        self.find_code().unwrap_or_else(|| panic!("no code stands alone on a line of {self:#?}"))
    }

    /// The code, if there is one.
    pub(crate) fn find_code(&self) -> Option<String> {
        let is_code = |line: &&str| {
            let groups: Vec<_> = line.split('-').collect();
            let group = |group: &&str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
            groups.len() >= 2 && groups.iter().all(group)
        };
        let codes: Vec<_> = self.text.lines().filter(is_code).collect();
        assert!(codes.len() <= 1, "{codes:?}");
        codes.first().map(|code| (*code).to_owned())
    }

    /// A mailed password: alone on its line, 14 characters of the codes' alphabet.
    pub(crate) fn password(&self) -> String {
        let is_one = |line: &&str| line.len() == 14 && line.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        let lines: Vec<_> = self.text.lines().filter(is_one).collect();
        assert_eq!(lines.len(), 1, "no password stands alone on a line of {self:#?}");
        lines[0].to_owned()
    }

    /// The link: one line that begins with an origin and ends in `?t=<token>`.
    pub(crate) fn link(&self) -> String {
        self.find_link().unwrap_or_else(|| panic!("no link with a token stands alone on a line of {self:#?}"))
    }

    /// The link with a token, if there is one.
    pub(crate) fn find_link(&self) -> Option<String> {
        let links: Vec<_> = self.text.lines().filter(|line| line.starts_with("http") && line.contains("?t=")).collect();
        assert!(links.len() <= 1, "{links:?}");
        links.first().map(|link| (*link).to_owned())
    }

    /// The token of the link.
    pub(crate) fn token(&self) -> String {
        self.link().split_once("?t=").unwrap().1.to_owned()
    }

    /// The path and query of the link below the base address.
    pub(crate) fn path(&self, base_url: &str) -> String {
        let link = self.link();
        link.strip_prefix(base_url).unwrap_or_else(|| panic!("{link} is not below {base_url}")).to_owned()
    }
}
