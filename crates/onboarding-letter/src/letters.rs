//! The two letters: the one with a PIN and the one with a registration number. Decides what they say, in which order, and
//! how far they shrink before they are refused. Who gets one is the engine's affair.

mod page;

use crate::address;
use crate::face::{Cut, Faces};
use crate::sheet::{self, Cover};
use crate::{LetterFault, LetterTexts};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::RenderedLetter;
use onboarding::{LetterWriter, Portal};
use onboarding_core::code::ALPHABET;
use onboarding_core::journey::NumberName;
use onboarding_core::record::RecordStatus;
use onboarding_core::{DeliveryId, Language, Personal, PinLetterOrder, Record, RecordId, RecordNumber, Uuid};
use page::{Body, Page};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Sizes of the body, from the usual one to the smallest that is still read.
const SIZES: [f32; 4] = [10.5, 9.5, 8.5, 7.5];

/// Writes letters as PDF.
pub struct PdfLetters {
    texts: Arc<dyn LetterTexts>,
    /// Without a slash at its end.
    base_url: String,
    faces: Faces,
}

/// What every letter of one portal in one language draws on.
struct Desk<'a> {
    letters: &'a PdfLetters,
    portal: &'a Portal,
    language: Language,
}

impl Desk<'_> {
    fn text(&self, key: &str, args: &[(&str, &str)]) -> Result<String, LetterFault> {
        let mut text = self.letters.texts.text(self.portal, self.language, key, args).map_err(LetterFault::Text)?;
        // A name that ends with a dot (`e. V.`, `S.r.l.`) at the end of a sentence.
        if text.ends_with("..") && !text.ends_with("...") {
            text.pop();
        }
        Ok(text)
    }

    fn date(&self, at: DateTime<Utc>) -> String {
        self.letters.texts.date(self.portal, self.language, at)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.portal.base_url(&self.letters.base_url), self.portal.slug)
    }

    /// What the portal calls its numbers.
    fn number_label(&self) -> Result<String, LetterFault> {
        let key = match self.portal.journey.number {
            NumberName::RegistrationNumber => "field-registrationNumber",
            NumberName::CustomerNumber => "field-customerNumber",
            NumberName::BusinessNumber => "field-businessNumber",
        };
        self.text(key, &[])
    }
}

impl PdfLetters {
    /// A writer whose links lead below `base_url`.
    pub fn new(texts: Arc<dyn LetterTexts>, base_url: &str) -> Self {
        Self { texts, base_url: base_url.trim_end_matches('/').to_owned(), faces: Faces::new() }
    }

    /// The letter with a registration number: the number in groups, and codes for the app (where the portal has one) and
    /// the web. `at` is the date it bears.
    ///
    /// # Errors
    /// An address or a text that cannot be printed. A retry does not help.
    pub fn registration_letter(
        &self,
        portal: &Portal,
        record: &Record,
        language: Language,
        at: DateTime<Utc>,
    ) -> Result<RenderedLetter, LetterFault> {
        let desk = Desk { letters: self, portal, language };
        let address = [address::lines(portal, record, &[])?];
        let subject = desk.text("letter-reg-subject", &[("portal", &portal.name)])?;
        let link = format!("{}?n={}", desk.url("register"), record.number.as_str());
        let number = in_groups(written(record));
        let mut last = LetterFault::TooLong;
        for size in SIZES {
            let mut page = Page::begin(&desk, &address, written(record), at)?;
            page.subject(&subject)?;
            let mut body = Body::below(page, &self.faces, size);
            body.paragraph(&desk.text("letter-greeting", &[])?)?;
            body.paragraph(&desk.text("letter-reg-body", &[("url", &desk.url("register"))])?)?;
            body.framed(&desk.number_label()?, &number)?;
            body.paragraph(&desk.text("letter-reg-next", &[])?)?;
            let mut codes = Vec::new();
            if let Some(app) = &portal.letters.app_url {
                codes.push((desk.text("letter-reg-app", &[])?, app.clone()));
            }
            codes.push((desk.text("letter-reg-web", &[])?, link.clone()));
            body.codes(&codes)?;
            match body.end(&desk) {
                Ok(blocks) => return self.finish(&desk, &subject, at, &format!("{}/{}", portal.slug, record.number.as_str()), &blocks),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    /// Writes both letters of a portal to a person of no name in particular and throws them away, to find what cannot be printed before
    /// anybody waits for it: a sender, a text of the portal's own.
    ///
    /// # Errors
    /// What is to be mended.
    pub fn proof(&self, portal: &Portal, language: Language) -> Result<(), LetterFault> {
        let number = RecordNumber::parse("000000").map_err(|_| LetterFault::Missing("number"))?;
        let word = || "Muster".to_owned();
        let record = Record {
            id: RecordId(Uuid::nil()),
            number: number.clone(),
            written: number.as_str().to_owned(),
            name: word(),
            first_name: word(),
            last_name: word(),
            street: word(),
            postal_code: "00000".to_owned(),
            city: word(),
            country: String::new(),
            email: None,
            language: None,
            status: RecordStatus::Open,
        };
        let order = PinLetterOrder {
            id: DeliveryId(Uuid::nil()),
            record: number,
            language,
            pin: SecretString::from("XXXX-XXXX-XXXX"),
            requester: Personal(word()),
            requested_at: DateTime::UNIX_EPOCH,
            reissued: false,
            valid_until: DateTime::UNIX_EPOCH,
            held: false,
        };
        self.registration_letter(portal, &record, language, order.requested_at)?;
        self.pin(portal, &record, &order)?;
        self.pin(portal, &record, &PinLetterOrder { reissued: true, ..order }).map(|_| ())
    }

    fn pin(&self, portal: &Portal, record: &Record, order: &PinLetterOrder) -> Result<RenderedLetter, LetterFault> {
        let desk = Desk { letters: self, portal, language: order.language };
        let personal = desk.text("letter-personal", &[])?;
        let attention = attention(portal, &self.faces, &personal, &order.requester)?;
        let address = attention.iter().map(|lines| address::lines(portal, record, lines)).collect::<Result<Vec<_>, _>>()?;
        let subject = desk.text("letter-pin-subject", &[("portal", &portal.name)])?;
        let pin = order.pin.expose_secret().replace('-', " ");
        let asked = [("date", &*desk.date(order.requested_at)), ("name", &order.requester), ("business", &address::called(record))];
        let body_key = if order.reissued { "letter-pin-reissued" } else { "letter-pin-body" };
        // The PIN dies at this moment, so the last day is that of the moment before.
        let last_day = desk.date(order.valid_until - TimeDelta::microseconds(1));
        let link = desk.url("business/link");
        let mut last = LetterFault::TooLong;
        for size in SIZES {
            let mut page = Page::begin(&desk, &address, written(record), order.requested_at)?;
            page.subject(&subject)?;
            let mut body = Body::below(page, &self.faces, size);
            body.paragraph(&desk.text("letter-greeting", &[])?)?;
            body.paragraph(&desk.text(body_key, &asked)?)?;
            body.framed(&desk.text("letter-pin-label", &[])?, &pin)?;
            body.paragraph(&desk.text("letter-valid", &[("date", &last_day)])?)?;
            body.paragraph(&desk.text("letter-replaces", &[])?)?;
            let login = desk.url("login");
            let steps = [("letter-pin-step1", &[("url", &*login)][..]), ("letter-pin-step2", &[]), ("letter-pin-step3", &[])];
            let steps = steps.into_iter().map(|(key, args)| desk.text(key, args)).collect::<Result<Vec<_>, _>>()?;
            body.steps(&steps)?;
            body.codes(&[(desk.text("letter-qr", &[])?, link.clone())])?;
            body.paragraph(&desk.text("letter-chars", &[("chars", &never())])?)?;
            body.paragraph(&desk.text("letter-secret", &[])?)?;
            let phone = portal.support.phone.trim();
            if !phone.is_empty() {
                body.paragraph(&desk.text("letter-notYou", &[("phone", phone)])?)?;
            }
            match body.end(&desk) {
                Ok(blocks) => return self.finish(&desk, &subject, order.requested_at, &order.id.to_string(), &blocks),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    fn finish(
        &self,
        desk: &Desk<'_>,
        title: &str,
        written_at: DateTime<Utc>,
        id: &str,
        blocks: &[sheet::Block],
    ) -> Result<RenderedLetter, LetterFault> {
        let author = desk.portal.letters.sender.first().unwrap_or(&desk.portal.name);
        let cover = Cover { title, language: desk.language, author, written_at, id };
        let pdf = sheet::pdf(&self.faces, &cover, blocks)?;
        Ok(RenderedLetter { portal: desk.portal.slug.clone(), pdf, pages: 1 })
    }
}

impl LetterWriter for PdfLetters {
    fn pin_letter(&self, portal: &Portal, record: &Record, order: &PinLetterOrder) -> Result<RenderedLetter, String> {
        self.pin(portal, record, order).map_err(|fault| fault.to_string())
    }
}

/// For whom at the business the letter is: on one line or on two, the better way first. It is one line where the window is wide
/// enough.
fn attention(portal: &Portal, faces: &Faces, personal: &str, requester: &str) -> Result<[Vec<String>; 2], LetterFault> {
    let together = format!("{personal} – {requester}");
    let width = crate::Window::of(portal.letters.layout).text_width();
    let fits = faces.line(Cut::Regular, page::ADDRESS_SIZES[0], &together)?.width <= width;
    let (one, two) = (vec![together], vec![personal.to_owned(), requester.to_owned()]);
    Ok(if fits { [one, two] } else { [two, one] })
}

/// A number as the company writes it, or in its plain form where that has signs of another script.
fn written(record: &Record) -> &str {
    if record.written.is_ascii() { &record.written } else { record.number.as_str() }
}

/// A number as the company writes it; a long one without any gap in groups of four.
fn in_groups(written: &str) -> String {
    if written.len() < 8 || !written.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return written.to_owned();
    }
    let characters: Vec<char> = written.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Digits and letters that no PIN has.
fn never() -> String {
    let all = (b'0'..=b'9').chain(b'A'..=b'Z');
    let never: Vec<_> = all.filter(|byte| !ALPHABET.contains(byte)).map(|byte| char::from(byte).to_string()).collect();
    never.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_groups() {
        assert_eq!(in_groups("K7M4-9QXT-2HBP"), "K7M4-9QXT-2HBP");
        assert_eq!(in_groups("K7M49QXT2HBP"), "K7M4 9QXT 2HBP");
        assert_eq!(in_groups("0001842"), "0001842");
    }

    #[test]
    fn what_a_pin_never_has_follows_from_its_alphabet() {
        assert_eq!(never(), "0, 1, A, E, I, L, O, U");
    }
}
