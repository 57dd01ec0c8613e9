//! Mails and letters without wording: each value on a line of its own, by the convention that outside programs read.

use onboarding::ports::{MailOrder, RenderedLetter, RenderedMail, Stationery, StationeryError};
use onboarding::{LetterWriter, Portal};
use onboarding_core::{EmailAddress, Param, PinLetterOrder, Record};
use secrecy::ExposeSecret;
use std::fmt::Write;

/// Writes `template` into the subject and every parameter onto a line: codes and passwords alone, a link as
/// `https://portal.example/<slug>/<page path>?t=<token>`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainStationery;

impl PlainStationery {
    /// Where links lead.
    pub const BASE: &str = "https://portal.example";
}

impl Stationery for PlainStationery {
    fn mail(&self, order: &MailOrder) -> Result<RenderedMail, StationeryError> {
        let slug = &order.portal;
        let template = order.template.word();
        let unwritable = |reason: &str| StationeryError::Text { template, reason: reason.to_owned() };
        let from = EmailAddress::parse(&format!("post@{slug}.example")).map_err(|_| unwritable("the portal's slug makes no domain"))?;
        let mut text = format!("{template} ({})\n\n", order.language);
        for param in &order.params {
            let line = match param {
                Param::Code(secret) | Param::Password(secret) => secret.expose_secret().to_owned(),
                Param::Link(page, token) => format!("{}/{slug}/{}?t={}", Self::BASE, page.path(), token.expose_secret()),
                Param::PageLink(page) => format!("{}/{slug}/{}", Self::BASE, page.path()),
                Param::RecordNumber(number) => number.clone(),
                Param::Name(name) => format!("name: {name}"),
                Param::ValidUntil(at) => format!("valid until: {}", at.to_rfc3339()),
                Param::At(at) => format!("at: {}", at.to_rfc3339()),
                Param::Days(days) => format!("days: {days}"),
                Param::Company(name) => format!("company: {name}"),
                Param::Business(name) => format!("business: {name}"),
                Param::Email(address) => format!("email: {address}"),
                Param::Reason(reason) => format!("reason: {reason}"),
                Param::Role(role) => format!("role: {role:?}"),
                Param::Count(count) => format!("count: {count}"),
            };
            // One parameter is one line, whatever it contains: otherwise a name could pose as a code.
            text.push_str(&line.replace(['\r', '\n'], " "));
            text.push('\n');
        }
        Ok(RenderedMail {
            portal: slug.clone(),
            from_name: slug.to_string(),
            from,
            reply_to: None,
            to: order.to.clone(),
            subject: template.to_owned(),
            html: page(&text),
            text,
            language: order.language,
            message_id: order.message_id.clone(),
            date: order.date,
        })
    }
}

/// Writes number, PIN and last day onto a line each, as UTF-8 where a real one writes a PDF.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainLetters;

impl LetterWriter for PlainLetters {
    fn pin_letter(&self, portal: &Portal, _record: &Record, order: &PinLetterOrder) -> Result<RenderedLetter, String> {
        let (slug, number, until) = (&portal.slug, order.record.as_str(), order.valid_until.to_rfc3339());
        let text = format!("{slug} ({})\nnumber: {number}\n{}\nvalid until: {until}\n", order.language, order.pin.expose_secret());
        Ok(RenderedLetter { portal: slug.clone(), pdf: text.into_bytes(), pages: 1 })
    }
}

fn page(text: &str) -> String {
    let mut html = String::from("<!doctype html><title>mail</title><pre>");
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => write!(html, "&#{};", u32::from(c)).expect("a String takes every text"),
            _ => html.push(c),
        }
    }
    html.push_str("</pre>");
    html
}
