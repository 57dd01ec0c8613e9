//! A clerk has a parked mail or letter go out again: whether what it carries still opens something.
//!
//! Pure like every decision. What was handed over, refused for good or ran out is wiped: its text is gone, and the way on is another one with
//! another secret, which has its own command.

use crate::account::{Account, Credential, Standing};
use crate::membership::{LetterFate, Membership};
use crate::registration::{Registration, Stage};
use crate::{DeliveryId, MailTemplate, Presented};
use chrono::{DateTime, Utc};

/// Why it does not go out again. Nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not wait for a clerk; where it stands, by its word.
    #[error("it does not wait for a clerk")]
    NotInThisState(&'static str),
    /// The code, link, password or PIN inside has run out.
    #[error("what it carries has run out")]
    SecretExpired,
    /// A newer one took its place, or what it opened is closed.
    #[error("what it carries opens nothing any more")]
    SecretReplaced,
}

/// What the owner of a delivery says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// A word, or a secret that still opens what it is for.
    Something,
    /// A secret that opens nothing any more.
    Nothing,
}

impl Carries {
    fn if_alive(alive: bool) -> Self {
        if alive { Self::Something } else { Self::Nothing }
    }
}

/// Whether a delivery may go out again. `parked`, or its state's word; `not_after` is when its secret dies.
///
/// # Errors
/// Why not; a new secret helps, a retry does not.
pub fn decide(
    parked: Result<(), &'static str>,
    not_after: Option<DateTime<Utc>>,
    carries: Carries,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    parked.map_err(Refusal::NotInThisState)?;
    if not_after.is_some_and(|end| end <= now) {
        return Err(Refusal::SecretExpired);
    }
    match carries {
        Carries::Something => Ok(()),
        Carries::Nothing => Err(Refusal::SecretReplaced),
    }
}

/// What a registration says of a mail of its own.
pub fn of_registration(registration: &Registration, delivery: DeliveryId, template: MailTemplate) -> Carries {
    use MailTemplate::{ActivationCode, Approved, CompletionReminder, ConfirmLink, Invitation, InvitationExisting};
    let latest = registration.dossier().mail.is_some_and(|mail| mail.delivery == delivery);
    let proves = matches!(template, ActivationCode | ConfirmLink);
    let completes = matches!(template, Approved | CompletionReminder | Invitation | InvitationExisting);
    let waits_for_it = match registration.stage() {
        Stage::AwaitingEmail(_) => proves,
        Stage::AwaitingCompletion(_) => completes,
        Stage::AwaitingApproval(_) | Stage::Active { .. } | Stage::Rejected { .. } | Stage::Expired { .. } | Stage::Closed { .. } => false,
    };
    Carries::if_alive(latest && waits_for_it || !proves && !completes)
}

/// What an account says of a mail of its own; `link` is the token in it, where it has one.
pub fn of_account(
    account: &Account,
    delivery: DeliveryId,
    template: MailTemplate,
    link: Option<&Presented>,
    now: DateTime<Utc>,
) -> Carries {
    use MailTemplate::{CustomerNumber, GeneratedPassword, InitialPassword, NewEmailConfirm, PasswordReset};
    let open = !matches!(account.standing(), Standing::Closed { .. });
    let mailed = match account.credential() {
        Credential::Initial { delivery: latest, .. } | Credential::Generated { delivery: latest, .. } => *latest == delivery,
        Credential::Own { .. } => false,
    };
    let pending = || account.new_email().zip(link).is_some_and(|(pending, link)| link.matches(&pending.link.digest));
    Carries::if_alive(if matches!(template, InitialPassword | GeneratedPassword) {
        open && mailed
    } else if template == CustomerNumber {
        open
    } else if template == PasswordReset {
        link.is_some_and(|link| account.reset_lives(link, now).is_ok())
    } else {
        template != NewEmailConfirm || open && pending()
    })
}

/// What a membership says of a letter: only its latest, while nobody holds it in hand.
pub fn of_letter(membership: &Membership, delivery: DeliveryId) -> Carries {
    Carries::if_alive(membership.pin().is_some_and(|pin| pin.delivery == delivery && pin.fate == LetterFate::Parked))
}
