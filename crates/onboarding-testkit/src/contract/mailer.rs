//! Mailer: what is handed over arrives as it is, under the same Message-ID every time.

use super::promises;
use crate::{RecordingMailer, sample};
use async_trait::async_trait;
use chrono::DateTime;
use onboarding::ports::{Mailer, RenderedMail};
use onboarding_core::Language;
use std::sync::Arc;

/// A mail as it lies at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedMail {
    /// The one recipient of the envelope, bare.
    pub to: String,
    /// `Subject`, decoded.
    pub subject: String,
    /// `Message-ID` without angle brackets.
    pub message_id: String,
    /// `Content-Language`.
    pub language: String,
    /// The text part, decoded, with `\n` as line ends.
    pub text: String,
    /// The HTML part, decoded, with `\n` as line ends.
    pub html: String,
}

/// The other end.
#[async_trait]
pub trait Postbox: Send + Sync {
    /// Everything that arrived, oldest first.
    async fn arrived(&self) -> Vec<ArrivedMail>;
}

#[async_trait]
impl Postbox for RecordingMailer {
    async fn arrived(&self) -> Vec<ArrivedMail> {
        let arrived = |mail: RenderedMail| ArrivedMail {
            to: mail.to.as_str().to_owned(),
            subject: mail.subject,
            message_id: mail.message_id,
            language: mail.language.tag().to_owned(),
            text: mail.text,
            html: mail.html,
        };
        self.all().into_iter().map(arrived).collect()
    }
}

/// A mailer whose mails are taken, and where they arrive.
pub struct Mailers {
    /// The mailer.
    pub mailer: Arc<dyn Mailer>,
    /// The other end.
    pub postbox: Arc<dyn Postbox>,
}

promises! { Mailers:
    a_mail_arrives_as_it_is,
    long_and_odd_lines_arrive_unbroken,
    a_second_attempt_has_the_same_message_id,
    two_mails_are_two,
    a_receipt_names_nobody,
}

fn mail(n: u64) -> RenderedMail {
    RenderedMail {
        portal: sample::portal(),
        from_name: "Müller & Söhne, Kundenportal".to_owned(),
        from: sample::email("post@sample.example"),
        reply_to: Some(sample::email("hilfe@sample.example")),
        to: sample::email("zoe@mail.example"),
        subject: format!("Ihr Zugang – Übersicht über alles Weitere, was nun zu tun ist, Nummer {n}"),
        text: "Guten Tag Zoë O’Neill\n\n7KQ4-M2XH\n\nhttps://portal.example/sample/confirm?t=q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k\n"
            .to_owned(),
        html: "<!doctype html><html lang=\"de\"><p>Guten Tag Zoë&nbsp;O’Neill</p></html>\n".to_owned(),
        language: Language::De,
        message_id: format!("{}@sample.example", sample::delivery_id(n).0),
        date: DateTime::from_timestamp_nanos(1_767_600_000_000_000_000),
    }
}

fn expected(mail: &RenderedMail) -> ArrivedMail {
    ArrivedMail {
        to: mail.to.as_str().to_owned(),
        subject: mail.subject.clone(),
        message_id: mail.message_id.clone(),
        language: mail.language.tag().to_owned(),
        text: mail.text.clone(),
        html: mail.html.clone(),
    }
}

async fn send(fresh: &Mailers, n: u64, mail: &RenderedMail) {
    fresh.mailer.send(sample::delivery_id(n), mail).await.expect("the mail was not taken");
}

/// Recipient, subject, language, both parts: nothing lost in the encoding.
pub async fn a_mail_arrives_as_it_is(fresh: &Mailers) {
    let mail = mail(1);
    send(fresh, 1, &mail).await;
    assert_eq!(fresh.postbox.arrived().await, [expected(&mail)]);
}

/// A link of 300 characters is one line, a lone dot ends nothing, and a line like a header is none.
pub async fn long_and_odd_lines_arrive_unbroken(fresh: &Mailers) {
    let link = format!("https://portal.example/sample/confirm?t={}", "aB3_-".repeat(60));
    let text = format!("{link}\n.\n..\nBcc: stranger@mail.example\nFrom here on\n=3D=\n\u{1f4ec} 漢字\n");
    let mail = RenderedMail { text, ..mail(1) };
    send(fresh, 1, &mail).await;
    assert_eq!(fresh.postbox.arrived().await, [expected(&mail)]);
}

/// After an unknown outcome it may arrive twice; the reader's mail program sees that it is one.
pub async fn a_second_attempt_has_the_same_message_id(fresh: &Mailers) {
    let mail = mail(1);
    send(fresh, 1, &mail).await;
    send(fresh, 1, &mail).await;
    let arrived = fresh.postbox.arrived().await;
    assert!((1..=2).contains(&arrived.len()), "{} copies", arrived.len());
    assert!(arrived.iter().all(|copy| *copy == expected(&mail)));
}

/// In the order in which they were handed over.
pub async fn two_mails_are_two(fresh: &Mailers) {
    let mails = [mail(1), RenderedMail { to: sample::email("kim@xn--bcher-kva.example"), ..mail(2) }];
    for (n, mail) in (1..).zip(&mails) {
        send(fresh, n, mail).await;
    }
    assert_eq!(fresh.postbox.arrived().await, mails.each_ref().map(expected));
}

/// A receipt is logged: it is short and without addresses.
pub async fn a_receipt_names_nobody(fresh: &Mailers) {
    let receipt = fresh.mailer.send(sample::delivery_id(1), &mail(1)).await.expect("the mail was not taken");
    assert!(receipt.answer.chars().count() <= 200);
    assert!(!receipt.answer.contains("zoe") && !receipt.answer.contains("mail.example"), "{}", receipt.answer);
}
