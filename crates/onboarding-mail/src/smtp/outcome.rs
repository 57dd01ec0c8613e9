//! What a broken conversation means for the mail: later, never, or nobody knows.
//!
//! - Before the final dot was sent nothing was taken: later.
//! - A reply is believed: 4xx later; 5xx never, if it is about this mail or its recipient. A 5xx to our greeting, login or sender is the
//!   operator's affair: the mail waits for them and is parked in the end, never failed.
//! - Silence after the dot: nobody knows.

use lettre::transport::smtp::Error;
use onboarding::ports::MailError;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// How far a conversation came: what was said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Connect,
    Hello,
    Tls,
    Login,
    From,
    To,
    Data,
    Text,
}

impl Stage {
    const ALL: [Self; 8] = [Self::Connect, Self::Hello, Self::Tls, Self::Login, Self::From, Self::To, Self::Data, Self::Text];

    fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Hello => "hello",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::From => "from",
            Self::To => "to",
            Self::Data => "data",
            Self::Text => "text",
        }
    }

    /// Whether a refusal here is about this mail.
    fn is_about_the_mail(self) -> bool {
        match self {
            Self::Connect | Self::Hello | Self::Tls | Self::Login | Self::From => false,
            Self::To | Self::Data | Self::Text => true,
        }
    }
}

/// What was said so far; also where the conversation was cut off from outside.
#[derive(Debug, Default)]
pub(super) struct Told {
    stage: AtomicU8,
    dot: AtomicBool,
}

impl Told {
    pub(super) fn reached(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    pub(super) fn stage(&self) -> Stage {
        Stage::ALL.get(usize::from(self.stage.load(Ordering::Relaxed))).copied().unwrap_or(Stage::Text)
    }

    /// The final dot is about to go out: from here on the server may have the mail.
    pub(super) fn dot(&self) {
        self.dot.store(true, Ordering::Relaxed);
    }
}

/// Why a conversation ended early.
#[derive(Debug)]
pub(super) enum Broken {
    /// The server said no, with this code.
    Refused(u16),
    /// It said no to us, whatever the recipient: no sign-in, no relaying, a command that it does not know.
    RefusedUs(u16),
    /// It said nothing in time.
    Silent,
    /// The connection is gone.
    Gone,
    /// What it said is no SMTP, or without end.
    Garbled,
    /// It does not offer TLS, or spoke before it began.
    NoTls,
    /// Its certificate is not to be trusted, or TLS failed.
    Distrusted,
    /// It offers no way to sign in that we know.
    NoLogin,
    /// It cannot write to an address outside ASCII.
    NoSuchAlphabet,
    /// The mail cannot be written as a message.
    Unwritable,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        match error.status() {
            Some(code) => match code.into() {
                // Source: RFC 4954 6, RFC 5321 4.2.2, and RFC 3463 3.8 for what stands behind the code.
                code @ (500 | 502 | 503 | 530 | 534 | 535 | 538) => Self::RefusedUs(code),
                code if error.to_string().contains("): 5.7.") => Self::RefusedUs(code),
                code => Self::Refused(code),
            },
            None if error.is_timeout() => Self::Silent,
            // "incomplete response": the connection ended in the middle.
            None if error.is_response() && error.to_string().contains("incomplete") => Self::Gone,
            None if error.is_response() => Self::Garbled,
            None if error.is_client() => Self::NoLogin,
            None => Self::Gone,
        }
    }
}

impl Broken {
    /// Whether the server was simply gone: what happens to a connection that was idle for too long.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self, Self::Gone | Self::Refused(421))
    }

    /// Whether the operator has to look: at the server, or at how it is set up. Mails wait for it.
    pub(super) fn is_operators(&self, stage: Stage) -> bool {
        match self {
            Self::RefusedUs(_) => stage != Stage::Text,
            Self::Refused(code) => *code >= 500 && !stage.is_about_the_mail(),
            Self::NoTls | Self::Distrusted | Self::NoLogin => true,
            Self::Silent | Self::Gone | Self::Garbled | Self::NoSuchAlphabet | Self::Unwritable => false,
        }
    }

    /// What it means, with the stage that was reached. The reason is a code: no address, no text of the server's.
    pub(super) fn meaning(self, told: &Told) -> MailError {
        let stage = told.stage();
        let reason = match &self {
            Self::Refused(code) | Self::RefusedUs(code) => format!("smtp_{}_{code}", stage.word()),
            Self::Silent => format!("smtp_{}_timeout", stage.word()),
            Self::Gone => format!("smtp_{}_disconnected", stage.word()),
            Self::Garbled => format!("smtp_{}_garbled", stage.word()),
            Self::NoTls => "smtp_no_tls".to_owned(),
            Self::Distrusted => "smtp_tls_failed".to_owned(),
            Self::NoLogin => "smtp_no_login".to_owned(),
            Self::NoSuchAlphabet => "smtp_no_smtputf8".to_owned(),
            Self::Unwritable => "unwritable".to_owned(),
        };
        match self {
            Self::Refused(500..) if stage.is_about_the_mail() => MailError::Permanent { reason },
            // A text that was read and refused for a policy is refused for good.
            Self::RefusedUs(_) if stage == Stage::Text => MailError::Permanent { reason },
            Self::NoSuchAlphabet | Self::Unwritable => MailError::Permanent { reason },
            Self::Silent | Self::Gone | Self::Garbled if told.dot.load(Ordering::Relaxed) => MailError::Unknown { reason },
            Self::Refused(_)
            | Self::RefusedUs(_)
            | Self::Silent
            | Self::Gone
            | Self::Garbled
            | Self::NoTls
            | Self::Distrusted
            | Self::NoLogin => MailError::Transient { reason, retry_after: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_as_they_were_written() {
        let told = Told::default();
        for stage in Stage::ALL {
            told.reached(stage);
            assert_eq!(told.stage(), stage);
        }
    }

    #[test]
    fn a_refusal_of_the_sender_is_nobodys_failure_and_one_of_the_recipient_is_final() {
        let told = Told::default();
        told.reached(Stage::From);
        assert!(matches!(Broken::Refused(550).meaning(&told), MailError::Transient { reason, .. } if reason == "smtp_from_550"));
        told.reached(Stage::To);
        assert!(matches!(Broken::Refused(550).meaning(&told), MailError::Permanent { reason } if reason == "smtp_to_550"));
        assert!(matches!(Broken::Refused(452).meaning(&told), MailError::Transient { .. }));
        told.reached(Stage::Text);
        assert!(matches!(Broken::Gone.meaning(&told), MailError::Transient { .. }));
        told.dot();
        assert!(matches!(Broken::Gone.meaning(&told), MailError::Unknown { .. }));
        assert!(matches!(Broken::Refused(554).meaning(&told), MailError::Permanent { .. }));
        assert!(matches!(Broken::Refused(451).meaning(&told), MailError::Transient { .. }));
    }
}
