//! The tenants in the records, with names that people write in more than one way; the sample records of a portal, and what its letters say.

use super::{PATIENCE, Site, repository, within};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

/// Somebody in the records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    /// Place in the file, from which the number is drawn.
    at: u64,
    pub(crate) first_name: &'static str,
    /// As the master data write it.
    pub(crate) last_name: &'static str,
    /// As the person writes it.
    pub(crate) writes: &'static str,
}

const fn person(at: u64, first_name: &'static str, last_name: &'static str, writes: &'static str) -> Person {
    Person { at, first_name, last_name, writes }
}

/// Everybody.
pub(crate) const PEOPLE: [Person; 16] = [
    person(0, "Jana", "Müller-Lüdenscheidt", "LUEDENSCHEIDT MUELLER"),
    person(1, "Zoë", "Größl", "groessl"),
    person(2, "Ayşe", "Yıldız", "Yildiz"),
    person(3, "Seán", "O’Neill", "ONeill"),
    person(4, "Chiara", "D'Angelo", "d’angelo"),
    person(5, "Đorđe", "Đorđević", "Dordevic"),
    person(6, "Dr. Hans-Jürgen", "von der Heide", "Dr. Vonderheide"),
    person(7, "Thị Minh", "Nguyễn", "NGUYEN"),
    person(8, "Łucja", "Wiśniewska", "wisniewska"),
    person(9, "Åse", "Ångström", "Aangstroem"),
    person(10, "María José", "García Márquez", "Marquez Garcia"),
    person(11, "Élodie", "Lefe\u{300}vre", "Lefèvre"),
    person(12, "İsmet", "İnönü", "inonu"),
    person(13, "Ute", "Weiß", "WEISS"),
    person(14, "Birgit", "Schmidt", " schmidt "),
    person(15, "Prof", "Prof", "prof"),
];

impl Person {
    /// The registration number as the letter prints it: `K7M4-9QXT-2HBP`.
    pub(crate) fn number(&self) -> String {
        const ALPHABET: &[u8; 28] = b"23456789BCDFGHJKMNPQRSTVWXYZ";
        // splitmix64: the same numbers in every run, and none that counts up.
        let mut state = (self.at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut drawn = String::new();
        for place in 0..12 {
            if place > 0 && place % 4 == 0 {
                drawn.push('-');
            }
            state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb).wrapping_add(0x9e37_79b9_7f4a_7c15);
            drawn.push(char::from(ALPHABET[usize::try_from((state >> 33) % 28).unwrap()]));
        }
        drawn
    }

    /// The number as people type it: small letters, and blanks of several kinds instead of hyphens.
    pub(crate) fn types(&self) -> String {
        format!(" {} ", self.number().to_lowercase().replacen('-', "\u{a0}", 1).replacen('-', " – ", 1))
    }
}

/// The records as the company exports them, and a tenant who moved out.
pub(crate) fn csv() -> String {
    let mut csv = String::from("number;name;first_name;last_name;street;postal_code;city;country;email;language;status\n");
    for person in PEOPLE {
        let (number, first, last) = (person.number(), person.first_name, person.last_name);
        writeln!(csv, "{number};;{first};\"{last}\";Am Fließ {};10999;Berlin;DE;;de;open", person.at + 1).unwrap();
    }
    writeln!(csv, "{MOVED_OUT};;Kim;{MOVED_OUT_NAME};Am Fließ 99;10999;Berlin;DE;;de;closed").unwrap();
    csv
}

/// The number of a closed record.
pub(crate) const MOVED_OUT: &str = "GGGG-7777-ZZZZ";
/// Its last name.
pub(crate) const MOVED_OUT_NAME: &str = "Weggezogen";

/// Imports the sample records of a portal; the first one that is open, its columns by name.
pub(crate) fn sample(site: &Site, portal: &str) -> BTreeMap<String, String> {
    samples(site, portal).remove(0)
}

/// Imports the sample records of a portal; those that are open, their columns by name.
pub(crate) fn samples(site: &Site, portal: &str) -> Vec<BTreeMap<String, String>> {
    let file = repository().join("portals").join(portal).join("records.csv");
    site.import(portal, &file);
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let cells = |line: &str| {
        line.split(if line.contains(';') { ';' } else { ',' }).map(|cell| cell.trim_matches('"').to_owned()).collect::<Vec<_>>()
    };
    let head = cells(lines.next().unwrap());
    let is_open = |row: &Vec<String>| !row[0].is_empty() && row.last().is_none_or(|status| status != "closed");
    lines.map(cells).filter(is_open).map(|row| head.iter().cloned().zip(row).collect()).collect()
}

/// The PIN of the only letter of a portal.
pub(crate) fn pin_of_the_letter(site: &Site, portal: &str) -> String {
    let file = within(PATIENCE, "a letter", || {
        let files = fs::read_dir(site.folder().join("letters").join(portal)).ok()?;
        files.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|kind| kind == "pdf"))
    });
    let read = Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
    let group = |group: &str| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let text = String::from_utf8(read.stdout).unwrap();
    let pin = text.lines().map(str::trim).find(|line| line.split([' ', '-']).count() == 3 && line.split([' ', '-']).all(group));
    pin.unwrap_or_else(|| panic!("no PIN in {text}")).to_owned()
}
