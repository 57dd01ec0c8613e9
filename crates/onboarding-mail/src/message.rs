//! A rendered mail as a MIME message: `multipart/alternative` of text and HTML.
//!
//! It decides how the mail is encoded and what protects its headers. What it says is the stationery's; how it travels,
//! lone dots included, the transport's.
//!
//! The same mail gives the same bytes on every attempt, so that a repeated one is recognisable by everybody.

use chrono::{DateTime, Datelike, Utc};
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use onboarding::ports::RenderedMail;
use onboarding_core::EmailAddress;
use std::time::SystemTime;

/// Longest `Message-ID` without its brackets, in characters: with them it stays on one line of a header.
const MESSAGE_ID_MAX: usize = 240;

/// Longest line of a message, in bytes without its end. Source: RFC 5322 2.1.1.
const LINE_MAX: usize = 998;

/// Why a mail cannot become a message. A retry does not help. No address or text is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// An address that no mail can carry; the word says whose.
    #[error("could not build the mail: the address in {0} cannot be written")]
    Address(&'static str),
    /// Not of the form `id@domain`.
    #[error("could not build the mail: its message id is malformed")]
    MessageId,
    /// Before 1970 or after 9999.
    #[error("could not build the mail: its date cannot be written")]
    Date,
    /// The library refuses it.
    #[error("could not build the mail: its parts do not fit together")]
    Parts,
}

/// How texts outside ASCII travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 8bit where they need it: for a file, or a server that offers `8BITMIME`.
    AsItIs,
    /// Quoted-printable: for the few servers that don't.
    SevenBit,
}

/// Builds the message.
pub fn build(mail: &RenderedMail, encoding: Encoding) -> Result<Message, MessageError> {
    let name = header_text(&mail.from_name);
    let mut builder = Message::builder()
        .date(date(mail.date)?)
        .from(mailbox((!name.is_empty()).then_some(name), &mail.from, "From")?)
        .to(mailbox(None, &mail.to, "To")?);
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(mailbox(None, reply_to, "Reply-To")?);
    }
    builder
        .subject(header_text(&mail.subject))
        .message_id(Some(format!("<{}>", message_id(&mail.message_id)?)))
        .raw_header(header("Content-Language", mail.language.tag()))
        // No "out of office" comes back. Source: RFC 3834 5, [MS-OXCMAIL] 2.2.3.2.14.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        // What holds an 8bit part is 8bit itself. Source: RFC 2045 6.4.
        .header(if encoding == Encoding::SevenBit || (mail.text.is_ascii() && mail.html.is_ascii()) {
            ContentTransferEncoding::SevenBit
        } else {
            ContentTransferEncoding::EightBit
        })
        .multipart(
            MultiPart::alternative()
                .boundary(boundary(mail))
                .singlepart(part(ContentType::TEXT_PLAIN, &mail.text, encoding))
                .singlepart(part(ContentType::TEXT_HTML, &mail.html, encoding)),
        )
        .map_err(|_| MessageError::Parts)
}

fn mailbox(name: Option<String>, address: &EmailAddress, whose: &'static str) -> Result<Mailbox, MessageError> {
    let address = address.as_str().parse().map_err(|_| MessageError::Address(whose))?;
    Ok(Mailbox::new(name, address))
}

/// One line: whatever could end a header, hide in it or be taken for an encoded word becomes a blank.
fn header_text(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    // `=?utf-8?q?…?=` in plain words would be decoded by the reader's program.
    line.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "= ?")
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Refused, not mended: under another id nobody could match an answer.
fn message_id(id: &str) -> Result<&str, MessageError> {
    let shape = id.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains('@'));
    let plain = id.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&byte));
    if shape && plain && id.len() <= MESSAGE_ID_MAX { Ok(id) } else { Err(MessageError::MessageId) }
}

fn date(date: DateTime<Utc>) -> Result<SystemTime, MessageError> {
    // Outside these years the library panics.
    if (1970..=9999).contains(&date.year()) { Ok(date.into()) } else { Err(MessageError::Date) }
}

/// A line that occurs in no part, made from the message id so that every attempt has the same.
fn boundary(mail: &RenderedMail) -> String {
    let mut boundary: String = "part-".chars().chain(mail.message_id.chars().filter(char::is_ascii_alphanumeric).take(48)).collect();
    // At most 70 characters (RFC 2046 5.1.1); a text that foresees all of these is not one of ours.
    while boundary.len() < 70 && (mail.text.contains(&boundary) || mail.html.contains(&boundary)) {
        boundary.push('x');
    }
    boundary
}

/// Texts go as they are, 7bit or 8bit: whoever opens the file reads it, and no link is broken by an encoding. Only a line
/// that no message may carry is quoted-printable.
fn part(kind: ContentType, text: &str, encoding: Encoding) -> SinglePart {
    let ascii = text.is_ascii();
    let travels = encoding == Encoding::AsItIs || ascii;
    let body = if travels && text.split('\n').all(|line| line.len() <= LINE_MAX) {
        // The library would call for quoted-printable from 77 characters on and break the link.
        let encoding = if ascii { ContentTransferEncoding::SevenBit } else { ContentTransferEncoding::EightBit };
        Body::dangerous_pre_encoded(lines(text, "\r\n").into_bytes(), encoding)
    } else {
        // Any text can be quoted-printable: the library refuses only 7bit and 8bit.
        Body::new_with_encoding(lines(text, "\n"), ContentTransferEncoding::QuotedPrintable).unwrap_or_else(Body::new)
    };
    SinglePart::builder().content_type(kind).body(body)
}

/// The lines of a text, each with this end, without what a line cannot show. What ended them before, a carriage return with it, is
/// nothing that could be shown.
fn lines(text: &str, end: &str) -> String {
    let shown = |c: char| !c.is_control() || c == '\t';
    let mut whole = String::with_capacity(text.len() + text.len() / 16);
    for (place, line) in text.split('\n').enumerate() {
        if place > 0 {
            whole.push_str(end);
        }
        // Nearly every line is plain ASCII, and of the others nearly every one is as it should be.
        if is_plain(line) || line.chars().all(shown) { whole.push_str(line) } else { whole.extend(line.chars().filter(|c| shown(*c))) }
    }
    whole
}

/// Nothing but printable ASCII. All bytes are looked at, several at a time: faster than to stop at the first that is not.
fn is_plain(line: &str) -> bool {
    line.bytes().fold(true, |plain, byte| plain & (byte == b' ' || byte.is_ascii_graphic()))
}
