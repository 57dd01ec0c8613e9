//! What a broken hand-over means for the letter: later, never, or nobody knows.
//!
//! - Before a byte of the letter went out nothing was printed: later.
//! - An answer that says that no job was made is believed.
//! - Everything else leaves it open: the printer is asked.

use onboarding::ports::LetterError;

/// Why a hand-over ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The printer is not there.
    Unreachable,
    /// Its certificate is not to be trusted, or TLS failed.
    Distrusted,
    /// It said nothing in time.
    Silent,
    /// The connection is gone.
    Gone,
    /// What it said is no HTTP or no IPP, or without end.
    Garbled,
    /// It refused the call, with this status of HTTP.
    Http(u16),
    /// It refused the operation, with this status of IPP.
    Refused(u16),
    /// It took the job and gave it up at once.
    GivenUp,
    /// The request cannot be written.
    Unwritable,
}

impl Broken {
    /// A code, without anything that the printer wrote.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Unreachable => "printer_unreachable".to_owned(),
            Self::Distrusted => "printer_tls_failed".to_owned(),
            Self::Silent => "printer_timeout".to_owned(),
            Self::Gone => "printer_disconnected".to_owned(),
            Self::Garbled => "printer_garbled".to_owned(),
            Self::Http(status) => format!("printer_http_{status}"),
            Self::Refused(code) => format!("printer_ipp_{code:04x}"),
            Self::GivenUp => "printer_gave_up".to_owned(),
            Self::Unwritable => "unwritable".to_owned(),
        }
    }

    /// Whether somebody has to look at the printer or at how it is set up.
    pub(super) fn is_operators(self) -> bool {
        match self {
            Self::Distrusted | Self::Http(400..=499) => true,
            // Not allowed, not there, an operation or a version that it does not have. Source: RFC 8011 appendix B.
            Self::Refused(code) => matches!(code, 0x0401..=0x0403 | 0x0406 | 0x0407 | 0x040c | 0x0501 | 0x0503),
            Self::Unreachable | Self::Silent | Self::Gone | Self::Garbled | Self::Http(_) | Self::GivenUp | Self::Unwritable => false,
        }
    }

    /// `said`: whether anything of the letter went out.
    pub(super) fn of_submit(self, said: bool) -> LetterError {
        let reason = self.reason();
        match self {
            Self::GivenUp | Self::Unwritable => LetterError::Permanent(reason),
            _ if !said => LetterError::Transient(reason),
            Self::Http(400..=499 | 503) => LetterError::Transient(reason),
            Self::Refused(_) if self.is_operators() => LetterError::Transient(reason),
            // Unavailable, a device or temporary error, takes no jobs, busy.
            Self::Refused(0x0502 | 0x0504..=0x0507) => LetterError::Transient(reason),
            // Our letter is not what it prints.
            Self::Refused(0x0400..=0x04ff) => LetterError::Permanent(reason),
            Self::Refused(_) | Self::Http(_) | Self::Unreachable | Self::Distrusted | Self::Silent | Self::Gone | Self::Garbled => {
                LetterError::Unknown(reason)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_out_decides_between_later_and_nobody_knows() {
        for broken in [Broken::Silent, Broken::Gone, Broken::Garbled, Broken::Http(500), Broken::Refused(0x0500), Broken::Refused(0x0508)] {
            assert!(matches!(broken.of_submit(false), LetterError::Transient(_)), "{broken:?}");
            assert!(matches!(broken.of_submit(true), LetterError::Unknown(_)), "{broken:?}");
        }
        for broken in [Broken::Http(401), Broken::Http(503), Broken::Refused(0x0403), Broken::Refused(0x0506), Broken::Refused(0x0507)] {
            assert!(matches!(broken.of_submit(true), LetterError::Transient(_)), "{broken:?}");
        }
        assert_eq!(Broken::Refused(0x040a).of_submit(true), LetterError::Permanent("printer_ipp_040a".to_owned()));
    }
}
