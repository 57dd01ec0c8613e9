//! What the tests write letters with, and how they read them back: `pdftotext`, `pdffonts`, `pdftoppm` and `zbarimg`.

use chrono::{DateTime, Utc};
use onboarding::portal::{DocumentText, LetterLayout};
use onboarding::ports::RenderedLetter;
use onboarding::{LetterWriter, Portal};
use onboarding_core::{Language, Personal, PinLetterOrder, PortalSlug, Record};
use onboarding_letter::{LetterTexts, PdfLetters};
use onboarding_testkit::sample;
use onboarding_text::{Arg, Texts, Zone, moments};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const BASE: &str = "https://portal.example";
pub(crate) const PIN: &str = "7KQ4-M2XH-9BTR";

/// The texts as the server puts them behind the trait.
struct Words(Texts);

impl LetterTexts for Words {
    fn text(&self, portal: &Portal, language: Language, key: &str, args: &[(&str, &str)]) -> Result<String, String> {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, Arg::Text(value))).collect();
        self.0.text(Some(&portal.slug), language, key, &args).map_err(|fault| fault.to_string())
    }

    fn date(&self, portal: &Portal, language: Language, at: DateTime<Utc>) -> String {
        moments::date(language, Zone::of_country(&portal.country), at)
    }
}

pub(crate) fn letters() -> PdfLetters {
    PdfLetters::new(Arc::new(Words(Texts::new())), BASE)
}

/// The texts of a portal that says everything this often.
struct Wordy(Words, usize);

impl LetterTexts for Wordy {
    fn text(&self, portal: &Portal, language: Language, key: &str, args: &[(&str, &str)]) -> Result<String, String> {
        let text = self.0.text(portal, language, key, args)?;
        Ok(if key.starts_with("letter-pin-") && key != "letter-pin-subject" { vec![text; self.1].join(" ") } else { text })
    }

    fn date(&self, portal: &Portal, language: Language, at: DateTime<Utc>) -> String {
        self.0.date(portal, language, at)
    }
}

pub(crate) fn wordy(times: usize, base_url: &str) -> PdfLetters {
    PdfLetters::new(Arc::new(Wordy(Words(Texts::new()), times)), base_url)
}

/// A portal of the repository.
pub(crate) fn portal(slug: &str) -> Portal {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portals").join(slug).join("portal.toml");
    let text = DocumentText { title: "Text".to_owned(), text: "# Text\n".to_owned(), sha256: [0; 32] };
    Portal::parse(PortalSlug::parse(slug).unwrap(), &std::fs::read_to_string(file).unwrap(), &|_, _| Some(text.clone())).unwrap()
}

/// The portal with PINs by post, with an envelope.
pub(crate) fn chamber(layout: LetterLayout) -> Portal {
    let mut portal = portal("chamber");
    portal.letters.layout = layout;
    portal
}

pub(crate) fn record() -> Record {
    let mut record = sample::sample_record("0001842");
    "Malerbetrieb Köster GmbH".clone_into(&mut record.name);
    "Gutenbergstraße 5".clone_into(&mut record.street);
    "65189".clone_into(&mut record.postal_code);
    "Wiesbaden".clone_into(&mut record.city);
    record
}

pub(crate) fn order(language: Language) -> PinLetterOrder {
    PinLetterOrder {
        id: sample::delivery_id(1),
        record: sample::number("0001842"),
        language,
        pin: SecretString::from(PIN),
        requester: Personal("Kim Beispiel".to_owned()),
        requested_at: "2026-11-25T15:20:00Z".parse().unwrap(),
        reissued: false,
        // The end of 19 December in Berlin.
        valid_until: "2026-12-19T23:00:00Z".parse().unwrap(),
        held: false,
    }
}

/// A letter in a folder of its own.
pub(crate) struct Paper {
    dir: TempDir,
}

/// A word and where it stands: left, upper, right and lower edge in millimetres.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl Paper {
    pub(crate) fn of(letter: &RenderedLetter) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("letter.pdf"), &letter.pdf).unwrap();
        Self { dir }
    }

    pub(crate) fn pin(portal: &Portal, record: &Record, order: &PinLetterOrder) -> Self {
        Self::of(&letters().pin_letter(portal, record, order).unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("letter.pdf")
    }

    /// The text layer in reading order, page break apart.
    pub(crate) fn text(&self) -> String {
        tool("pdftotext", &[self.file().to_str().unwrap(), "-"]).trim_end_matches(['\n', '\u{c}']).to_owned()
    }

    /// The text layer in the order in which it was drawn.
    pub(crate) fn raw_lines(&self) -> Vec<String> {
        let text = tool("pdftotext", &["-raw", self.file().to_str().unwrap(), "-"]);
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    pub(crate) fn words(&self) -> Vec<Word> {
        let html = tool("pdftotext", &["-bbox", self.file().to_str().unwrap(), "-"]);
        let attribute = |line: &str, name: &str| {
            let points: f32 = line.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
            points * 25.4 / 72.0
        };
        let words = html.lines().filter(|line| line.trim_start().starts_with("<word "));
        words
            .map(|line| Word {
                text: line
                    .split_once('>')
                    .unwrap()
                    .1
                    .trim_end_matches("</word>")
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&quot;", "\"")
                    .replace("&amp;", "&"),
                left: attribute(line, "xMin"),
                top: attribute(line, "yMin"),
                right: attribute(line, "xMax"),
                bottom: attribute(line, "yMax"),
            })
            .collect()
    }

    /// What a phone reads in the codes, sorted.
    pub(crate) fn codes(&self) -> Vec<String> {
        let picture = self.dir.path().join("page");
        tool("pdftoppm", &["-r", "200", "-png", "-singlefile", self.file().to_str().unwrap(), picture.to_str().unwrap()]);
        let read = tool("zbarimg", &["--quiet", "--raw", picture.with_extension("png").to_str().unwrap()]);
        let mut codes: Vec<_> = read.lines().map(str::to_owned).collect();
        codes.sort_unstable();
        codes
    }
}

/// What a tool says; one that is missing is named.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(name).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{name} is needed (poppler-utils, zbar-tools): {error}"));
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
