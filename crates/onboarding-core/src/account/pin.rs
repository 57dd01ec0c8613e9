//! How often an account may try a PIN or ask for a letter.

use super::event::Event;
use super::state::{Account, PinTries};
use super::{Refusal, Reply};
use crate::{Decision, Digest, Presented, policy};
use chrono::{DateTime, Utc};

/// A number as typed with a PIN, digested under every living key.
#[derive(Clone, Debug)]
pub struct TypedNumber(pub Presented);

/// What is left for one typed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinBudget {
    /// So many tries.
    Left(u32),
    /// None: five wrong ones in 30 days.
    UsedUp,
    /// Twenty other numbers were tried in 30 days; the account waits until then.
    TooManyNumbers(DateTime<Utc>),
}

impl Account {
    /// What is left for this number: alike for numbers that exist and numbers that do not.
    pub fn pin_budget(&self, number: &TypedNumber, now: DateTime<Utc>) -> PinBudget {
        let since = now - policy::PIN_WINDOW;
        let recent = |tries: &PinTries| tries.at.iter().filter(|at| **at > since).count();
        if let Some(tries) = self.pin_tries.iter().find(|tries| recent(tries) > 0 && number.0.matches(&tries.number)) {
            let used = u32::try_from(recent(tries)).unwrap_or(u32::MAX);
            return if used >= policy::PIN_TRIES { PinBudget::UsedUp } else { PinBudget::Left(policy::PIN_TRIES - used) };
        }
        let others: Vec<_> = self.pin_tries.iter().filter(|tries| recent(tries) > 0).collect();
        if others.len() >= policy::PIN_NUMBERS {
            let oldest = others.iter().filter_map(|tries| tries.at.last()).min().copied().unwrap_or(now);
            return PinBudget::TooManyNumbers(oldest + policy::PIN_WINDOW);
        }
        PinBudget::Left(policy::PIN_TRIES)
    }

    /// Whether wrong PINs stand counted under this very digest.
    pub fn counts_pins_of(&self, number: &Digest) -> bool {
        self.pin_tries.iter().any(|tries| tries.number == *number)
    }

    /// When letters were asked for in the last 30 days, oldest first.
    pub fn letters_since(&self, now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        self.letters.iter().copied().filter(move |at| *at > now - policy::PIN_WINDOW)
    }

    /// When this account may ask for the next letter; `None`: at once.
    pub fn next_letter_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let recent: Vec<_> = self.letters_since(now).collect();
        let spaced = recent.last().map(|at| *at + policy::PIN_LETTER_EVERY);
        let counted = (recent.len() >= policy::PIN_LETTERS_PER_ACCOUNT)
            .then(|| recent[recent.len() - policy::PIN_LETTERS_PER_ACCOUNT] + policy::PIN_WINDOW);
        spaced.into_iter().chain(counted).max().filter(|at| *at > now)
    }
}

pub(super) fn reject(account: &Account, number: Digest, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match account.pin_budget(&TypedNumber(number.into()), now) {
        PinBudget::Left(_) => {
            Ok(Decision::events(vec![Event::PinRejected { number, at: now, forget_before: now - policy::PIN_WINDOW }], Reply::Failed))
        }
        PinBudget::UsedUp => Err(Refusal::PinUsedUp),
        PinBudget::TooManyNumbers(until) => Err(Refusal::TooSoon(until)),
    }
}

pub(super) fn request_letter(account: &Account, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match account.next_letter_at(now) {
        Some(at) => Err(Refusal::TooSoon(at)),
        None => Ok(Decision::events(vec![Event::LetterRequested { at: now, forget_before: now - policy::PIN_WINDOW }], Reply::Done)),
    }
}
