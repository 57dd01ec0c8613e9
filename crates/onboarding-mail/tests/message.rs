//! Messages as a reader's program takes them apart, and what must not get into their headers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};
use mail_parser::{MessageParser, MimeHeaders};
use onboarding::ports::RenderedMail;
use onboarding_core::{EmailAddress, Language, PortalSlug};
use onboarding_mail::message::{Encoding, MessageError, build};

const LINK: &str = "https://konto.example/bewerbung/confirm?t=Zm9vYmFyYmF6cXV4LWZvb2JhcmJhenF1eC1mb29iYXJiYXpxdXgtMDEyMzQ1Njc4OQ";

fn mail() -> RenderedMail {
    RenderedMail {
        portal: PortalSlug::parse("bewerbung").unwrap(),
        from_name: "Wohnen am See".to_owned(),
        from: EmailAddress::parse("konto@portal.example").unwrap(),
        reply_to: None,
        to: EmailAddress::parse("kim@post.example").unwrap(),
        subject: "Bitte bestätigen Sie Ihre E-Mail-Adresse für das Konto beim Portal „Wohnen am See“".to_owned(),
        text: format!(
            "Guten Tag\n\nIhr Code für die Bestätigung lautet:\n\n7KQ4-M2XH\n\nOder öffnen Sie diesen Link:\n\n{LINK}\n\nFreundliche Grüsse\n"
        ),
        html: format!("<!doctype html><html lang=\"de\"><body><p>Grüezi</p><p><a href=\"{LINK}\">Bestätigen</a></p></body></html>"),
        language: Language::De,
        message_id: "0192f5c0-7d9a-7000-8000-000000000001@portal.example".to_owned(),
        date: DateTime::parse_from_rfc3339("2026-11-22T15:20:07.123456Z").unwrap().to_utc(),
    }
}

fn raw(mail: &RenderedMail) -> String {
    String::from_utf8(build(mail, Encoding::AsItIs).unwrap().formatted()).unwrap()
}

/// Header lines with their continuations, before the first part.
fn headers(raw: &str) -> Vec<(String, String)> {
    let unfolded = raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded.split("\r\n").map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_mail_has_the_headers_that_outside_programs_read() {
    let raw = raw(&mail());
    let headers = headers(&raw);
    let value = |name: &str| {
        let values: Vec<_> = headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str()).collect();
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        values[0].to_owned()
    };
    assert_eq!(value("To"), "kim@post.example");
    assert_eq!(value("From"), "\"Wohnen am See\" <konto@portal.example>");
    assert_eq!(value("Message-ID"), "<0192f5c0-7d9a-7000-8000-000000000001@portal.example>");
    assert_eq!(value("Date"), "Sun, 22 Nov 2026 15:20:07 +0000");
    assert_eq!(value("Content-Language"), "de");
    assert_eq!(value("Auto-Submitted"), "auto-generated");
    assert_eq!(value("X-Auto-Response-Suppress"), "All");
    assert_eq!(value("MIME-Version"), "1.0");
    assert!(value("Content-Type").starts_with("multipart/alternative; boundary="), "{raw}");
    assert!(!headers.iter().any(|(name, _)| name == "Reply-To" || name == "Cc" || name == "Bcc" || name == "Sender"), "{raw}");
    assert_eq!(value("Content-Transfer-Encoding"), "8bit");
    assert!(raw.split("\r\n").all(|line| line.len() <= 998), "{raw}");
    assert!(raw.split("\r\n\r\n").next().unwrap().is_ascii(), "{raw}");
}

#[test]
fn text_and_html_come_out_as_they_went_in() {
    let mail = RenderedMail { reply_to: EmailAddress::parse("hilfe@portal.example").ok(), ..mail() };
    let raw = raw(&mail);
    let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(message.subject(), Some(mail.subject.as_str()));
    assert_eq!(message.from().unwrap().first().unwrap().name(), Some("Wohnen am See"));
    assert_eq!(message.to().unwrap().iter().filter_map(|to| to.address()).collect::<Vec<_>>(), ["kim@post.example"]);
    assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("hilfe@portal.example"));
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    assert_eq!(message.text_part(0).unwrap().content_type().unwrap().subtype(), Some("plain"));
    let text = message.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim_end(), mail.text.trim_end());
    assert_eq!(message.body_html(0).unwrap().trim_end(), mail.html);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.contains(&"7KQ4-M2XH") && lines.contains(&LINK), "code and link stand alone on their lines");
}

#[test]
fn an_ascii_text_lies_in_the_file_as_it_is() {
    let mail = RenderedMail { text: format!("Your code:\n\n7KQ4-M2XH\n\n{LINK}\n"), ..mail() };
    assert!(raw(&mail).contains(&format!("\r\n\r\n7KQ4-M2XH\r\n\r\n{LINK}\r\n")));
}

#[test]
fn a_line_too_long_for_a_message_is_broken_and_joined_again() {
    let mail = RenderedMail { text: format!("{}\nend\n", "x".repeat(3_000)), ..mail() };
    let raw = raw(&mail);
    assert!(raw.split("\r\n").all(|line| line.len() <= 998));
    assert_eq!(
        MessageParser::default().parse(raw.as_bytes()).unwrap().body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
        mail.text.trim_end()
    );
}

#[test]
fn no_part_is_base64() {
    let mail = RenderedMail { text: "ääää öööö üüüü éèàê çñß„“–…\n".repeat(40), ..mail() };
    let raw = raw(&mail);
    assert!(!raw.to_lowercase().contains("transfer-encoding: base64"), "{raw}");
    assert_eq!(
        MessageParser::default().parse(raw.as_bytes()).unwrap().body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
        mail.text.trim_end()
    );
}

#[test]
fn every_attempt_has_the_same_bytes() {
    assert_eq!(raw(&mail()), raw(&mail()));
}

#[test]
fn a_text_that_repeats_the_boundary_does_not_end_its_part() {
    let plain = raw(&mail());
    let boundary = plain.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
    let mail = RenderedMail { text: format!("before\n--{boundary}\n--{boundary}--\nafter\n"), ..mail() };
    let raw = raw(&mail);
    let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), mail.text.trim_end());
    assert_eq!(message.html_body_count(), 1);
}

#[test]
fn a_line_break_in_a_subject_or_name_makes_no_header_and_no_recipient() {
    for end in ["\r\n", "\n", "\r", "\0", "\r\n\r\n", "\u{85}", "\u{2028}", "\u{b}", "\r\n "] {
        let evil = format!("Hallo{end}Bcc: victim@post.example{end}X-Evil: 1{end}.{end}");
        let mail = RenderedMail { subject: evil.clone(), from_name: evil, ..mail() };
        let message = build(&mail, Encoding::AsItIs).unwrap();
        let recipients: Vec<_> = message.envelope().to().iter().map(ToString::to_string).collect();
        assert_eq!(recipients, ["kim@post.example"]);
        let raw = String::from_utf8(message.formatted()).unwrap();
        let names: Vec<_> = headers(&raw).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "Date",
                "From",
                "To",
                "Subject",
                "Message-ID",
                "Content-Language",
                "Auto-Submitted",
                "X-Auto-Response-Suppress",
                "Content-Transfer-Encoding",
                "MIME-Version",
                "Content-Type"
            ],
            "{end:?}: {raw}"
        );
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some("Hallo Bcc: victim@post.example X-Evil: 1 ."), "{end:?}");
        assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("konto@portal.example"), "{end:?}: {raw}");
        assert!(parsed.bcc().is_none() && parsed.body_html(0).is_some());
    }
}

#[test]
fn an_encoded_word_in_a_subject_stays_what_was_typed() {
    let mail = RenderedMail { subject: "=?utf-8?q?Ihr=20Konto=0D=0ABcc?= gesperrt".to_owned(), ..mail() };
    let raw = raw(&mail);
    let subject = MessageParser::default().parse(raw.as_bytes()).unwrap().subject().unwrap().to_owned();
    assert!(subject.contains("utf-8?q?Ihr=20Konto=0D=0ABcc?"), "{subject}");
}

#[test]
fn a_name_with_quotes_commas_and_brackets_stays_one_sender() {
    for name in ["Müller, Meier & \"Söhne\" <info@other.example>", "a@b.example, c@d.example", "back\\slash", "", "Ж".repeat(90).as_str()]
    {
        let mail = RenderedMail { from_name: name.to_owned(), ..mail() };
        let raw = raw(&mail);
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        let from: Vec<_> = parsed.from().unwrap().iter().map(|from| (from.name().unwrap_or_default(), from.address().unwrap())).collect();
        assert_eq!(from, [(name, "konto@portal.example")], "{raw}");
    }
}

#[test]
fn a_lone_dot_stays_a_line_of_its_own() {
    for text in ["above\n.\nbelow\n..\n.x\n", "über\n.\nunter\n..\n.x\n"] {
        let mail = RenderedMail { text: text.to_owned(), ..mail() };
        let raw = raw(&mail);
        let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text.trim_end());
        assert_eq!(message.html_body_count(), 1);
    }
}

#[test]
fn control_characters_of_a_text_do_not_reach_the_reader() {
    let mail = RenderedMail { text: "a\0b\u{1b}[31mc\rd\te\r\nf\u{7}\n".to_owned(), ..mail() };
    let raw = raw(&mail);
    let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(message.body_text(0).unwrap().trim_end(), "ab[31mcd\te\r\nf");
}

#[test]
fn a_message_id_that_is_none_is_refused() {
    for id in ["", "x", "@portal.example", "x@", "a@b@c", "a b@c", "a\r\nBcc: x@y", "<a@b>", "ä@b", "a@b,c@d"] {
        let mail = RenderedMail { message_id: id.to_owned(), ..mail() };
        assert_eq!(build(&mail, Encoding::AsItIs).unwrap_err(), MessageError::MessageId, "{id:?}");
    }
    let mail = RenderedMail { message_id: format!("{}@b", "a".repeat(239)), ..mail() };
    assert_eq!(build(&mail, Encoding::AsItIs).unwrap_err(), MessageError::MessageId);
}

#[test]
fn a_date_that_no_header_can_carry_is_refused() {
    for date in [DateTime::<Utc>::UNIX_EPOCH - TimeDelta::seconds(1), DateTime::<Utc>::MAX_UTC] {
        assert_eq!(build(&RenderedMail { date, ..mail() }, Encoding::AsItIs).unwrap_err(), MessageError::Date);
    }
}

#[test]
fn an_address_outside_ascii_is_written_whole() {
    let mail = RenderedMail { to: EmailAddress::parse("jörg@bücher.example").unwrap(), ..mail() };
    let message = build(&mail, Encoding::AsItIs).unwrap();
    assert_eq!(message.envelope().to()[0].to_string(), "jörg@xn--bcher-kva.example");
    let raw = message.formatted();
    assert_eq!(MessageParser::default().parse(&raw).unwrap().to().unwrap().first().unwrap().address(), Some("jörg@xn--bcher-kva.example"));
}
