//! What can have happened to an account, and what that makes of it. No rules stand here.

use super::state::{Account, Credential, NewEmail, PinTries, Standing};
use crate::audit::{AuditEntry, Audited};
use crate::consent::ConsentGiven;
use crate::{DeliveryId, Digest, EmailAddress, Expiring, Language, PasswordHash, PersonName, Personal};
use chrono::{DateTime, Utc};

/// What happened. Personal data stands behind [`Personal`]; the audit keeps none of it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of the states they make")]
pub enum Event {
    /// It opened, for a registration or a record.
    Opened { account: Box<Account> },
    /// Somebody signed in.
    SignedIn { at: DateTime<Utc> },
    /// A wrong password was typed.
    SignInFailed,
    /// The stored hash was made anew with today's cost.
    Rehashed { hash: PasswordHash },
    /// A password of one's own replaced the credential; every session ended, every link died.
    PasswordChanged { hash: PasswordHash, met: u32 },
    /// A reset link was mailed.
    ResetRequested { link: Expiring },
    /// The reset link was used.
    ResetUsed { link: Digest },
    /// Another initial password was mailed; every session ended.
    InitialPasswordIssued { hash: PasswordHash, delivery: DeliveryId },
    /// The mail with the password was accepted: its life begins.
    PasswordMailed { expires_at: DateTime<Utc> },
    /// Another address waits for its proof.
    EmailRequested { pending: NewEmail },
    /// The new address took effect.
    EmailChanged { email: Personal<EmailAddress>, link: Digest },
    /// The pending address was dropped.
    PendingDropped,
    /// The reset link was dropped, unused.
    ResetDropped,
    /// Name or language changed.
    Amended { first_name: Option<Personal<PersonName>>, last_name: Option<Personal<PersonName>>, language: Option<Language> },
    /// Documents were decided on.
    Consented { given: Vec<ConsentGiven> },
    /// A role that needs longer passwords; every session ended.
    PrivilegeGained,
    /// No such role any more; every session ended.
    PrivilegeLost,
    /// Every session ended.
    SessionsEnded,
    /// A wrong PIN was counted.
    PinRejected { number: Digest, at: DateTime<Utc>, forget_before: DateTime<Utc> },
    /// A PIN letter was asked for.
    LetterRequested { at: DateTime<Utc>, forget_before: DateTime<Utc> },
    /// Suspended; every session ended.
    Suspended { at: DateTime<Utc> },
    /// No longer suspended.
    Unsuspended,
    /// Closed; every session ended.
    Closed { at: DateTime<Utc> },
}

/// The state after an event. Total: an event that fits no state changes nothing.
pub fn evolve(state: Option<Account>, event: &Event) -> Option<Account> {
    if let Event::Opened { account } = event {
        return Some((**account).clone());
    }
    let mut account = state?;
    match event {
        Event::Opened { .. } | Event::SignInFailed => {}
        Event::SignedIn { at } => {
            account.last_sign_in = Some(*at);
            if let Credential::Generated { used, .. } = &mut account.credential {
                *used = true;
            }
        }
        Event::Rehashed { hash: new } => match &mut account.credential {
            Credential::Own { hash, .. } | Credential::Generated { hash, .. } | Credential::Initial { hash, .. } => *hash = new.clone(),
        },
        Event::PasswordChanged { hash, met } => {
            account.credential = Credential::Own { hash: hash.clone(), met: *met };
            account.generation += 1;
            account.reset = None;
            account.new_email = None;
        }
        Event::ResetRequested { link } => account.reset = Some(*link),
        Event::ResetUsed { link } => {
            account.reset = None;
            account.used_reset = Some(*link);
        }
        Event::InitialPasswordIssued { hash, delivery } => {
            account.credential = Credential::Initial { hash: hash.clone(), delivery: *delivery, expires_at: None };
            account.generation += 1;
            account.reset = None;
            account.new_email = None;
        }
        Event::PasswordMailed { expires_at: dies } => match &mut account.credential {
            Credential::Generated { expires_at, .. } | Credential::Initial { expires_at, .. } => *expires_at = Some(*dies),
            Credential::Own { .. } => {}
        },
        Event::EmailRequested { pending } => account.new_email = Some(pending.clone()),
        Event::EmailChanged { email, link } => {
            account.email = email.clone();
            account.used_new_email = Some(*link);
            account.new_email = None;
            account.reset = None;
        }
        Event::PendingDropped => {
            account.lapsed_new_email = account.new_email.take().map(|pending| pending.link.digest).or(account.lapsed_new_email);
        }
        Event::ResetDropped => {
            account.lapsed_reset = account.reset.take().map(|link| link.digest).or(account.lapsed_reset);
        }
        Event::Amended { first_name, last_name, language } => {
            if let Some(name) = first_name {
                account.person.0.first_name = Some(name.0.clone());
            }
            if let Some(name) = last_name {
                account.person.0.last_name = Some(name.0.clone());
            }
            account.language = language.unwrap_or(account.language);
        }
        Event::Consented { given } => given.iter().for_each(|decision| account.consents.record(decision.clone())),
        Event::PrivilegeGained => {
            account.privileged = true;
            account.generation += 1;
        }
        Event::PrivilegeLost => {
            account.privileged = false;
            account.generation += 1;
        }
        Event::SessionsEnded => account.generation += 1,
        Event::PinRejected { number, at, forget_before } => {
            account.pin_tries.iter_mut().for_each(|tries| tries.at.retain(|at| at > forget_before));
            account.pin_tries.retain(|tries| !tries.at.is_empty());
            match account.pin_tries.iter_mut().find(|tries| tries.number == *number) {
                Some(tries) => tries.at.push(*at),
                None => account.pin_tries.push(PinTries { number: *number, at: vec![*at] }),
            }
        }
        Event::LetterRequested { at, forget_before } => {
            account.letters.retain(|at| at > forget_before);
            account.letters.push(*at);
        }
        Event::Suspended { at } => {
            account.standing = Standing::Suspended { at: *at };
            account.generation += 1;
            account.reset = None;
            account.new_email = None;
        }
        Event::Unsuspended => account.standing = Standing::Active,
        Event::Closed { at } => {
            account.standing = Standing::Closed { at: *at };
            account.generation += 1;
            account.reset = None;
            account.new_email = None;
        }
    }
    Some(account)
}

impl Audited for Event {
    fn audit(&self) -> AuditEntry {
        let entry = AuditEntry::new;
        match self {
            Self::Opened { account } => entry("account.opened").with("credential", account.credential.word()),
            Self::SignedIn { .. } => entry("account.signed_in"),
            Self::SignInFailed => entry("account.sign_in_failed"),
            Self::Rehashed { .. } => entry("account.rehashed"),
            Self::PasswordChanged { .. } => entry("account.password_changed"),
            Self::ResetRequested { .. } => entry("account.reset_requested"),
            Self::ResetUsed { .. } => entry("account.reset_used"),
            Self::InitialPasswordIssued { delivery, .. } => entry("account.initial_password_issued").with("delivery", delivery),
            Self::PasswordMailed { .. } => entry("account.password_mailed"),
            Self::EmailRequested { .. } => entry("account.email_requested"),
            Self::EmailChanged { .. } => entry("account.email_changed"),
            Self::PendingDropped => entry("account.pending_dropped"),
            Self::ResetDropped => entry("account.reset_dropped"),
            Self::Amended { .. } => entry("account.amended"),
            Self::Consented { given } => {
                let documents: Vec<_> = given.iter().map(|decision| format!("{}={}", decision.shown.document, decision.granted)).collect();
                entry("account.consented").with("documents", documents.join(","))
            }
            Self::PrivilegeGained => entry("account.privilege_gained"),
            Self::PrivilegeLost => entry("account.privilege_lost"),
            Self::SessionsEnded => entry("account.sessions_ended"),
            Self::PinRejected { .. } => entry("account.pin_rejected"),
            Self::LetterRequested { .. } => entry("account.letter_requested"),
            Self::Suspended { .. } => entry("account.suspended"),
            Self::Unsuspended => entry("account.unsuspended"),
            Self::Closed { .. } => entry("account.closed"),
        }
    }
}
