//! From an order to blocks: the outline's pieces, filled with the order's parameters in the reader's language.
//!
//! What the outline needs and the order lacks is a fault; what the order has and the outline does not ask for stays unsaid.

use super::face::MailFace;
use super::outline::{self, Piece, Reader};
use crate::moments;
use crate::texts::{Arg, Texts};
use chrono::{DateTime, Utc};
use onboarding::ports::MailOrder;
use onboarding_core::journey::NumberName;
use onboarding_core::{Language, MailTemplate, Page, Param, Role, policy};
use secrecy::ExposeSecret;

/// A mail, ready to be set.
pub(super) struct Sheet {
    pub(super) language: Language,
    pub(super) subject: String,
    pub(super) preheader: String,
    pub(super) blocks: Vec<Block>,
    pub(super) notes: Vec<String>,
    pub(super) closing: String,
    pub(super) signature: String,
    pub(super) foot: Vec<String>,
    /// What stands before a link that can be copied.
    pub(super) copy_link: String,
}

/// A block of a mail's body.
pub(super) enum Block {
    Paragraph(String),
    /// A code, password or number, alone on its line.
    Secret(String),
    /// A link: `lead` introduces it, `label` stands on the button. With a token it must be usable by copying too.
    Link {
        lead: Option<String>,
        label: String,
        url: String,
        token: bool,
    },
}

/// Fills a mail's outline.
pub(super) fn fill(texts: &Texts, face: &MailFace, order: &MailOrder) -> Result<Sheet, String> {
    let outline = outline::of(order.template);
    let pen = Pen::new(texts, face, order, outline.reader)?;
    let mut blocks = vec![Block::Paragraph(pen.greeting()?)];
    let mut notes = Vec::new();
    for piece in outline.body {
        match *piece {
            Piece::Note(key) => notes.push(pen.say(&[key])?),
            piece => blocks.extend(pen.block(piece)?),
        }
    }
    Ok(Sheet {
        language: order.language,
        subject: pen.say(outline.subject)?,
        preheader: pen.say(outline.preheader)?,
        blocks,
        notes,
        closing: pen.say(&["mail-closing"])?,
        signature: face.name.clone(),
        foot: pen.foot(outline.reader)?,
        copy_link: pen.say(&["mail-linkFallback"])?,
    })
}

/// Writes sentences of one mail.
struct Pen<'a> {
    texts: &'a Texts,
    face: &'a MailFace,
    language: Language,
    template: MailTemplate,
    params: &'a [Param],
    name: Option<String>,
    args: Vec<(&'static str, Value)>,
}

enum Value {
    Text(String),
    Number(u64),
}

impl<'a> Pen<'a> {
    fn new(texts: &'a Texts, face: &'a MailFace, order: &'a MailOrder, reader: Reader) -> Result<Self, String> {
        let mut pen =
            Self { texts, face, language: order.language, template: order.template, params: &order.params, name: None, args: Vec::new() };
        let contact = face.contact.line(texts, &face.slug, order.language).map_err(|fault| fault.to_string())?;
        pen.args.push(("portal", Value::Text(one_line(&face.name))));
        pen.args.push(("contact", Value::Text(contact)));
        let mut happened = None;
        let mut until = None;
        for param in &order.params {
            match param {
                Param::Name(_) | Param::Email(_) | Param::Reason(_) if reader == Reader::Unproven => {}
                Param::Name(name) => pen.name = Some(one_line(name)),
                Param::Email(email) => pen.args.push(("email", Value::Text(one_line(email)))),
                Param::Reason(reason) => pen.args.push(("reason", Value::Text(one_line(reason)))),
                Param::Company(name) => pen.args.push(("company", Value::Text(one_line(name)))),
                Param::Business(name) => pen.args.push(("business", Value::Text(one_line(name)))),
                Param::Days(days) => pen.args.push(("days", Value::Number((*days).into()))),
                Param::Count(count) => pen.args.push(("count", Value::Number((*count).into()))),
                Param::Role(role) => {
                    let key = match role {
                        Role::Member => "admin-role-member",
                        Role::SuperAdmin => "admin-role-super",
                    };
                    let word = pen.say(&[key])?;
                    pen.args.push(("role", Value::Text(word)));
                }
                Param::At(at) => happened = Some(*at),
                Param::ValidUntil(at) => until = Some(*at),
                // Set as blocks of their own, never inside a sentence.
                Param::Code(_) | Param::Password(_) | Param::RecordNumber(_) | Param::Link(..) | Param::PageLink(_) => {}
            }
        }
        // A mailed initial password lives from the mail server's acceptance: at the order nobody knows that moment.
        if order.template == MailTemplate::InitialPassword && pen.arg("days").is_none() {
            pen.args.push(("days", Value::Number(policy::MAILED_PASSWORD_LIFE.num_days().unsigned_abs())));
        }
        if let Some(at) = happened.or(until) {
            pen.args.push(("datetime", Value::Text(pen.datetime(at))));
            pen.args.push(("date", Value::Text(moments::date(pen.language, face.zone, at))));
        }
        Ok(pen)
    }

    fn datetime(&self, at: DateTime<Utc>) -> String {
        moments::datetime(self.language, self.face.zone, at)
    }

    /// The first wording that the order fills.
    fn say(&self, wording: &[&str]) -> Result<String, String> {
        let filled = |key: &&str| self.texts.placeholders(key).is_some_and(|names| names.iter().all(|name| self.arg(name).is_some()));
        let key = wording.iter().copied().find(filled).or(wording.last().copied()).unwrap_or_default();
        let args: Vec<(&str, Arg<'_>)> = self.args.iter().map(|(name, value)| (*name, value.arg())).collect();
        self.write(key, &args)
    }

    fn arg(&self, name: &str) -> Option<Arg<'_>> {
        self.args.iter().find(|(known, _)| *known == name).map(|(_, value)| value.arg())
    }

    fn write(&self, key: &str, args: &[(&str, Arg<'_>)]) -> Result<String, String> {
        let text = self.texts.text(Some(&self.face.slug), self.language, key, args).map_err(|fault| fault.to_string())?;
        // An override may run over several lines; a mail's paragraph is one, and a subject must be.
        Ok(one_line(&text))
    }

    fn greeting(&self) -> Result<String, String> {
        match &self.name {
            Some(name) => self.write("mail-greeting", &[("name", name.into())]),
            None => self.say(&["mail-greeting-noName"]),
        }
    }

    fn block(&self, piece: Piece) -> Result<Option<Block>, String> {
        let secret = |found: Option<String>, what: &str| found.map(|text| Some(Block::Secret(text))).ok_or_else(|| self.lacks(what));
        match piece {
            Piece::Say(wording) => Ok(Some(Block::Paragraph(self.say(wording)?))),
            // Notes stand after the blocks; the caller has taken them out.
            Piece::Note(_) => Ok(None),
            Piece::Code => secret(self.find(code), "code"),
            Piece::Password => secret(self.find(password), "password"),
            Piece::Number => secret(self.find(number), "record number"),
            Piece::Link { page, button } => self.token_link(page, button, None)?.map(Some).ok_or_else(|| self.lacks("link")),
            Piece::LinkTo { pages, button } => {
                for page in pages {
                    if let Some(link) = self.token_link(page, button, None)? {
                        return Ok(Some(link));
                    }
                }
                Err(self.lacks("link"))
            }
            Piece::AlsoLink { page, button, lead } => self.token_link(page, button, Some(lead)),
            Piece::PageLink { page, button } => self.page_link(page, button),
            Piece::ValidUntil => self.valid_until()?.map(Some).ok_or_else(|| self.lacks("end of validity")),
            Piece::AlsoValidUntil => self.valid_until(),
        }
    }

    fn valid_until(&self) -> Result<Option<Block>, String> {
        let Some(until) = self.find(valid_until) else { return Ok(None) };
        let until = self.datetime(until);
        Ok(Some(Block::Paragraph(self.write("mail-validUntil", &[("datetime", (&until).into())])?)))
    }

    fn page_link(&self, page: Page, button: &'static str) -> Result<Option<Block>, String> {
        let ordered = |param: &Param| matches!(param, Param::PageLink(found) if *found == page);
        if !self.params.iter().any(ordered) {
            return Ok(None);
        }
        Ok(Some(Block::Link { lead: None, label: self.say(&[button])?, url: self.face.link(page.path(), None)?, token: false }))
    }

    fn token_link(&self, page: Page, button: &'static str, lead: Option<&'static str>) -> Result<Option<Block>, String> {
        let found = self.find(|param| match param {
            Param::Link(to, token) if *to == page => Some(token.expose_secret().to_owned()),
            _ => None,
        });
        let Some(token) = found else { return Ok(None) };
        let lead = lead.map(|key| self.say(&[key])).transpose()?;
        Ok(Some(Block::Link { lead, label: self.say(&[button])?, url: self.face.link(page.path(), Some(&token))?, token: true }))
    }

    /// Contact, hours and the number to quote: how every mail ends.
    fn foot(&self, reader: Reader) -> Result<Vec<String>, String> {
        let mut foot = vec![self.say(&["mail-auto"])?];
        foot.extend(self.face.contact.hours.get(&self.language).map(|hours| one_line(hours)));
        if let (Some(number), false) = (self.face.quote, reader == Reader::Clerk) {
            foot.push(self.say(&[match number {
                NumberName::RegistrationNumber => "help-quote-registrationNumber",
                NumberName::CustomerNumber => "help-quote-customerNumber",
                NumberName::BusinessNumber => "help-quote-businessNumber",
            }])?);
        }
        Ok(foot)
    }

    fn find<T>(&self, pick: impl Fn(&Param) -> Option<T>) -> Option<T> {
        self.params.iter().find_map(pick)
    }

    fn lacks(&self, what: &str) -> String {
        format!("the order of the mail {} lacks a {what}", self.template.word())
    }
}

fn code(param: &Param) -> Option<String> {
    if let Param::Code(code) = param { Some(code.expose_secret().to_owned()) } else { None }
}

fn password(param: &Param) -> Option<String> {
    if let Param::Password(password) = param { Some(password.expose_secret().to_owned()) } else { None }
}

fn number(param: &Param) -> Option<String> {
    if let Param::RecordNumber(number) = param { Some(one_line(number)) } else { None }
}

fn valid_until(param: &Param) -> Option<DateTime<Utc>> {
    if let Param::ValidUntil(at) = param { Some(*at) } else { None }
}

impl Value {
    fn arg(&self) -> Arg<'_> {
        match self {
            Self::Text(text) => Arg::Text(text),
            Self::Number(number) => Arg::Number(*number),
        }
    }
}

/// Blanks, line breaks and controls become single blanks: nothing typed can begin a line or a header of its own, nor steer
/// the direction of what follows.
fn one_line(text: &str) -> String {
    let steers =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    let breaks = |c: char| c.is_control() || c == ' ' || steers(c);
    // Nearly every text is one line as it is.
    let mut after_blank = true;
    let is_one = text.chars().all(|c| {
        let blank = std::mem::replace(&mut after_blank, c == ' ');
        c.is_ascii_graphic() || if c == ' ' { !blank } else { !breaks(c) }
    });
    if is_one && !after_blank {
        return text.to_owned();
    }
    text.split(breaks).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_could_begin_another_line_is_one_blank() {
        for (text, line) in [
            ("Kim Moser", "Kim Moser"),
            ("Zoë  Müller", "Zoë Müller"),
            (" Kim", "Kim"),
            ("Kim ", "Kim"),
            ("Kim\r\nBcc: x", "Kim Bcc: x"),
            ("a\tb\u{85}c", "a b c"),
            ("a\u{2028}b\u{202e}c", "a b c"),
            (" ", ""),
            ("", ""),
        ] {
            assert_eq!(one_line(text), line, "{text:?}");
        }
    }
}
