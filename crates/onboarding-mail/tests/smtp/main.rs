//! Mails by SMTP: what every mailer promises, a mail server that misbehaves at every word, and a real one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod postfix;
mod server;

use async_trait::async_trait;
use mail_parser::MessageParser;
use onboarding::ports::{MailError, Mailer, Receipt, RenderedMail};
use onboarding_mail::smtp::{Login, Patience, Security, SmtpError, SmtpMailer, SmtpSettings};
use onboarding_testkit::contract::mailer::{ArrivedMail, Mailers, Postbox, run_all};
use onboarding_testkit::sample;
use secrecy::SecretString;
use server::{At, Certificate, Does, Manner, Server};
use std::sync::Arc;
use std::time::Duration;

const PASSWORD: &str = "Korn-unter-der-Tür";

/// Short enough for a test, long enough for a busy machine.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    answer: Duration::from_millis(1_500),
    delivery: Duration::from_secs(4),
    idle: Duration::from_secs(10),
};

fn settings(server: &Server, security: Security) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        security,
        login: (security != Security::Loopback).then(|| Login { user: "portal".to_owned(), password: SecretString::from(PASSWORD) }),
        roots: vec![server.root.clone()],
        hello: "portal.example".to_owned(),
        per_minute: None,
        patience: PATIENCE,
    }
}

fn mail(to: &str) -> RenderedMail {
    RenderedMail {
        portal: sample::portal(),
        from_name: "Müller & Söhne".to_owned(),
        from: sample::email("post@sample.example"),
        reply_to: None,
        to: sample::email(to),
        subject: "Ihr Zugang".to_owned(),
        text: "Guten Tag\n\n7KQ4-M2XH\n.\n".to_owned(),
        html: "<p>Grüße</p>\n".to_owned(),
        language: onboarding_core::Language::De,
        message_id: "0192@sample.example".to_owned(),
        date: chrono::DateTime::from_timestamp_nanos(1_767_600_000_000_000_000),
    }
}

async fn send(mailer: &SmtpMailer, to: &str) -> Result<Receipt, MailError> {
    mailer.send(sample::delivery_id(1), &mail(to)).await
}

/// A server of this manner and a mail to it.
async fn sent(manner: Manner, security: Security) -> (Server, Result<Receipt, MailError>) {
    let server = Server::start(manner).await;
    let mailer = SmtpMailer::new(settings(&server, security)).unwrap();
    let outcome = send(&mailer, "zoe@mail.example").await;
    (server, outcome)
}

fn quirk(at: At, does: Does) -> Manner {
    Manner { quirk: Some((at, does)), ..Manner::default() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Later,
    Never,
    NobodyKnows,
}

fn meaning(outcome: &Result<Receipt, MailError>) -> (Meaning, &str) {
    match outcome {
        Ok(_) => panic!("the mail was taken"),
        Err(MailError::Transient { reason, .. }) => (Meaning::Later, reason),
        Err(MailError::Permanent { reason }) => (Meaning::Never, reason),
        Err(MailError::Unknown { reason }) => (Meaning::NobodyKnows, reason),
    }
}

struct Arrived(Server);

#[async_trait]
impl Postbox for Arrived {
    async fn arrived(&self) -> Vec<ArrivedMail> {
        self.0.mails().iter().map(|came| read(&came.bytes, &came.to)).collect()
    }
}

fn read(bytes: &[u8], to: &[String]) -> ArrivedMail {
    let message = MessageParser::default().parse(bytes).unwrap();
    assert_eq!(to.len(), 1, "one recipient");
    assert_eq!(message.to().unwrap().first().unwrap().address().unwrap(), to[0]);
    ArrivedMail {
        to: to[0].clone(),
        subject: message.subject().unwrap().to_owned(),
        message_id: message.message_id().unwrap().to_owned(),
        language: message.header_raw("Content-Language").unwrap().trim().to_owned(),
        text: message.body_text(0).unwrap().replace("\r\n", "\n"),
        html: message.body_html(0).unwrap().replace("\r\n", "\n"),
    }
}

async fn promises(manner: Manner, security: Security) {
    run_all(async || {
        let server = Server::start(manner.clone()).await;
        Mailers { mailer: Arc::new(SmtpMailer::new(settings(&server, security)).unwrap()), postbox: Arc::new(Arrived(server)) }
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_gets_what_a_mailer_promises_after_starttls() {
    promises(Manner::default(), Security::StartTls).await;
}

#[tokio::test]
async fn a_mail_server_gets_what_a_mailer_promises_under_tls_from_the_first_byte() {
    promises(Manner { tls: true, ..Manner::default() }, Security::Tls).await;
}

#[tokio::test]
async fn a_mail_server_on_this_machine_gets_what_a_mailer_promises() {
    promises(Manner { lacks: vec!["STARTTLS"], ..Manner::default() }, Security::Loopback).await;
}

#[tokio::test]
async fn a_server_that_takes_seven_bits_only_gets_the_same_mail() {
    promises(Manner { lacks: vec!["8BITMIME"], ..Manner::default() }, Security::StartTls).await;
}

#[tokio::test]
async fn a_server_that_leaves_after_every_mail_gets_what_a_mailer_promises() {
    promises(Manner { leaves: true, ..Manner::default() }, Security::StartTls).await;
}

#[test]
fn nothing_travels_in_the_clear_but_to_this_machine() {
    let clear = |host: &str, login| SmtpSettings {
        host: host.to_owned(),
        port: 25,
        security: Security::Loopback,
        login,
        roots: Vec::new(),
        hello: "portal.example".to_owned(),
        per_minute: None,
        patience: Patience::default(),
    };
    assert_eq!(SmtpMailer::new(clear("mail.example", None)).unwrap_err(), SmtpError::Plaintext);
    assert_eq!(SmtpMailer::new(clear("192.0.2.7", None)).unwrap_err(), SmtpError::Plaintext);
    let login = Some(Login { user: "portal".to_owned(), password: SecretString::from(PASSWORD) });
    assert_eq!(SmtpMailer::new(clear("127.0.0.1", login)).unwrap_err(), SmtpError::PlaintextLogin);
    assert!(SmtpMailer::new(clear("::1", None)).is_ok());
}

/// The lease that a mail is sent under ends after 30 seconds; an attempt must have ended before.
#[test]
fn a_delivery_ends_before_its_lease() {
    assert!(Patience::default().delivery <= Duration::from_secs(20));
}

#[tokio::test]
async fn before_tls_nobody_on_the_line_reads_more_than_a_greeting() {
    let (server, outcome) = sent(Manner::default(), Security::StartTls).await;
    outcome.unwrap();
    assert_eq!(server.clear(), "EHLO portal.example\r\nSTARTTLS\r\n");
    assert_eq!(server.logins().len(), 1);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn without_tls_no_mail_and_no_password_goes_out() {
    let injecting = Manner { injects: Some("250 trust me\r\n"), ..Manner::default() };
    let cases = [
        (Manner { lacks: vec!["STARTTLS"], ..Manner::default() }, "smtp_no_tls"),
        (injecting, "smtp_no_tls"),
        (quirk(At::StartTls, Does::Say("454 not now\r\n")), "smtp_hello_454"),
        (Manner { certificate: Certificate::WrongName, ..Manner::default() }, "smtp_tls_failed"),
        (Manner { certificate: Certificate::Expired, ..Manner::default() }, "smtp_tls_failed"),
        (Manner { certificate: Certificate::Stranger, ..Manner::default() }, "smtp_tls_failed"),
    ];
    for (manner, reason) in cases {
        let (server, outcome) = sent(manner, Security::StartTls).await;
        assert_eq!(meaning(&outcome), (Meaning::Later, reason));
        assert_eq!(server.logins(), Vec::<String>::new());
        assert_eq!(server.mails().len(), 0);
        assert!(!server.clear().contains("zoe") && !server.clear().contains("AUTH"), "{}", server.clear());
    }
    for certificate in [Certificate::WrongName, Certificate::Expired, Certificate::Stranger] {
        let (server, outcome) = sent(Manner { tls: true, certificate, ..Manner::default() }, Security::Tls).await;
        assert_eq!(meaning(&outcome), (Meaning::Later, "smtp_tls_failed"));
        assert_eq!(server.logins(), Vec::<String>::new());
    }
}

/// The injected words reach the line in a piece of their own as well.
#[tokio::test]
async fn words_put_between_starttls_and_tls_are_noticed() {
    let (server, outcome) = sent(Manner { injects: Some("220 hello\r\n250 ok\r\n"), ..Manner::default() }, Security::StartTls).await;
    assert_eq!(meaning(&outcome).0, Meaning::Later);
    assert!(server.mails().is_empty() && server.logins().is_empty());
}

#[tokio::test]
async fn every_refusal_means_what_it_is_about() {
    use Meaning::{Later, Never};
    let cases = [
        (At::Greeting, "421 busy\r\n", Later, "smtp_hello_421"),
        (At::Greeting, "554 go away\r\n", Later, "smtp_hello_554"),
        (At::Hello, "421 busy\r\n", Later, "smtp_hello_421"),
        (At::Login, "421 busy\r\n", Later, "smtp_login_421"),
        (At::Login, "535 who?\r\n", Later, "smtp_login_535"),
        (At::From, "421 busy\r\n", Later, "smtp_from_421"),
        (At::From, "530 sign in first\r\n", Later, "smtp_from_530"),
        (At::From, "550 not from you\r\n", Later, "smtp_from_550"),
        (At::To, "421 busy\r\n", Later, "smtp_to_421"),
        (At::To, "450 greylisted\r\n", Later, "smtp_to_450"),
        (At::To, "451 try later\r\n", Later, "smtp_to_451"),
        (At::To, "452 full\r\n", Later, "smtp_to_452"),
        (At::To, "550 5.1.1 nobody here\r\n", Never, "smtp_to_550"),
        (At::To, "530 sign in first\r\n", Later, "smtp_to_530"),
        (At::To, "554 5.7.1 <zoe@mail.example>: Relay access denied\r\n", Later, "smtp_to_554"),
        (At::Data, "421 busy\r\n", Later, "smtp_data_421"),
        (At::Data, "451 try later\r\n", Later, "smtp_data_451"),
        (At::Data, "554 no\r\n", Never, "smtp_data_554"),
        (At::Dot, "421 busy\r\n", Later, "smtp_text_421"),
        (At::Dot, "451 try later\r\n", Later, "smtp_text_451"),
        (At::Dot, "452 full\r\n", Later, "smtp_text_452"),
        (At::Dot, "550 spam\r\n", Never, "smtp_text_550"),
        (At::Dot, "554 5.7.1 spam\r\n", Never, "smtp_text_554"),
    ];
    for (at, reply, expected, reason) in cases {
        let (server, outcome) = sent(quirk(at, Does::Say(reply)), Security::StartTls).await;
        assert_eq!(meaning(&outcome), (expected, reason), "{at:?} {reply}");
        assert!(server.mails().is_empty());
    }
}

#[tokio::test]
async fn a_line_that_breaks_or_falls_silent_leaves_no_doubt_before_the_dot_and_doubt_after_it() {
    let mut runs = Vec::new();
    for at in [At::Greeting, At::Hello, At::StartTls, At::Login, At::From, At::To, At::Data, At::Dot] {
        for does in [Does::Drop, Does::Hang] {
            runs.push(async move {
                let (_server, outcome) = sent(quirk(at, does), Security::StartTls).await;
                let expected = if at == At::Dot { Meaning::NobodyKnows } else { Meaning::Later };
                assert_eq!(meaning(&outcome).0, expected, "{at:?} {does:?} {outcome:?}");
                let word = if does == Does::Hang { "_timeout" } else { "_disconnected" };
                let told = meaning(&outcome).1;
                // Where TLS is about to begin, a broken line is a failed handshake.
                assert!(told.ends_with(word) || (at == At::StartTls && told.starts_with("smtp_")), "{at:?} {told}");
            });
        }
    }
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn answers_without_sense_or_end_and_slow_ones_are_bounded_in_time_and_size() {
    let mut runs = Vec::new();
    for at in [At::Greeting, At::Hello, At::From, At::To, At::Data, At::Dot] {
        for does in
            [Does::Say("what?\r\n"), Does::Say("999\r\n"), Does::Say("\u{0}\u{1}\r\n"), Does::Endless, Does::EndlessLine, Does::Drip]
        {
            runs.push(async move {
                let begun = std::time::Instant::now();
                let (_server, outcome) = sent(quirk(at, does), Security::StartTls).await;
                let expected = if at == At::Dot { Meaning::NobodyKnows } else { Meaning::Later };
                assert_eq!(meaning(&outcome).0, expected, "{at:?} {does:?} {outcome:?}");
                assert!(begun.elapsed() < PATIENCE.delivery + Duration::from_secs(8), "{at:?} {does:?}");
            });
        }
    }
    futures_util::future::join_all(runs).await;
}

#[tokio::test]
async fn an_address_outside_ascii_needs_a_server_that_can_write_it() {
    let can = Server::start(Manner::default()).await;
    let mailer = SmtpMailer::new(settings(&can, Security::StartTls)).unwrap();
    send(&mailer, "zoë@mail.example").await.unwrap();
    assert!(can.mails()[0].from.contains("SMTPUTF8"));
    assert_eq!(can.mails()[0].to, ["zoë@mail.example"]);
    let cannot = Server::start(Manner { lacks: vec!["SMTPUTF8"], ..Manner::default() }).await;
    let mailer = SmtpMailer::new(settings(&cannot, Security::StartTls)).unwrap();
    assert_eq!(meaning(&send(&mailer, "zoë@mail.example").await), (Meaning::Never, "smtp_no_smtputf8"));
    send(&mailer, "zoe@mail.example").await.unwrap();
}

#[tokio::test]
async fn one_poisoned_recipient_does_not_spoil_the_others() {
    for does in [Does::Say("550 nobody\r\n"), Does::Say("421 go away\r\n"), Does::Drop, Does::Hang] {
        let manner = Manner { only_for: Some("poison"), ..quirk(At::To, does) };
        let server = Server::start(manner).await;
        let mailer = SmtpMailer::new(settings(&server, Security::StartTls)).unwrap();
        let mut taken = 0;
        for to in ["a@mail.example", "poison@mail.example", "b@mail.example", "c@mail.example"] {
            taken += u32::from(send(&mailer, to).await.is_ok());
        }
        assert_eq!(taken, 3, "{does:?}");
        let to: Vec<_> = server.mails().into_iter().flat_map(|mail| mail.to).collect();
        assert_eq!(to, ["a@mail.example", "b@mail.example", "c@mail.example"], "{does:?}");
    }
}

#[tokio::test]
async fn a_connection_serves_one_mail_after_another() {
    let server = Server::start(Manner::default()).await;
    let mailer = SmtpMailer::new(settings(&server, Security::StartTls)).unwrap();
    for _ in 0..5 {
        send(&mailer, "zoe@mail.example").await.unwrap();
    }
    assert_eq!((server.mails().len(), server.connections()), (5, 1));
}

/// Threat 53: what was typed cannot end a header, a text or a command.
#[tokio::test]
async fn line_breaks_and_lone_dots_in_a_mail_reach_one_recipient_and_add_no_header() {
    let server = Server::start(Manner::default()).await;
    let mailer = SmtpMailer::new(settings(&server, Security::StartTls)).unwrap();
    let odd = RenderedMail {
        from_name: "Evil\r\nBcc: all@mail.example".to_owned(),
        subject: "Hello\r\nBcc: all@mail.example\r\n\r\nbody".to_owned(),
        text: ".\r\n.\nRCPT TO:<all@mail.example>\n.\n\nQUIT\n".to_owned(),
        ..mail("zoe@mail.example")
    };
    mailer.send(sample::delivery_id(1), &odd).await.unwrap();
    let came = server.mails();
    assert_eq!(came.len(), 1);
    assert_eq!(came[0].to, ["zoe@mail.example"]);
    let message = MessageParser::default().parse(&came[0].bytes).unwrap();
    assert!(message.bcc().is_none());
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), ".\n.\nRCPT TO:<all@mail.example>\n.\n\nQUIT\n");
}

#[tokio::test]
async fn a_domain_is_not_flooded() {
    let server = Server::start(Manner::default()).await;
    let mailer = SmtpMailer::new(SmtpSettings { per_minute: Some(6), ..settings(&server, Security::StartTls) }).unwrap();
    let to = sample::email("zoe@mail.example");
    assert_eq!(mailer.hold(&to), None);
    let wait = mailer.hold(&to).unwrap();
    assert!(wait <= Duration::from_secs(10) && wait > Duration::from_secs(5), "{wait:?}");
    assert_eq!(mailer.hold(&sample::email("zoe@other.example")), None);
}
